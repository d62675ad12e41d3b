"""Numbers and dates as charts and tables write them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from ..evaluate.document import Document


def finite(x: float | None, digits: int = 7) -> float | None:
    """`x` to `digits` significant digits, or None when it is missing, NaN or infinite: JSON has no word for these."""
    return float(f"{x:.{digits}g}") if x is not None and math.isfinite(x) else None


def short(x: float | None) -> str:
    """A number for a label: 1234567 is 1.23M, 0.00012 is 0.00012, nothing is a dash."""
    if x is None or not math.isfinite(x):
        return "–"
    if abs(x) >= 1e15:
        return f"{x:.2e}"
    for size, sign in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size * 0.9995:
            return f"{plain(x / size)}{sign}"
    return plain(x) if abs(x) >= 1e-6 else f"{x:.3g}"


def plain(x: float) -> str:
    """Three significant digits without an exponent and without trailing zeros."""
    places = max(0, 2 - math.floor(math.log10(abs(x)))) if x else 0
    text = f"{x:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def date(document: Document, day: float) -> str | None:
    """The ISO date `day` days after the start, or None when the start is no date or the day is past the calendar's end."""
    try:
        return (datetime.fromisoformat(document.start).replace(tzinfo=UTC) + timedelta(days=day)).date().isoformat()
    except (ValueError, OverflowError):
        return None


def times(document: Document, days: list[float]) -> list[str] | list[float]:
    """Where on the time axis these days lie: dates when all can be dated, days since the start otherwise."""
    dates = [d for day in days if (d := date(document, day)) is not None]
    return dates if len(dates) == len(days) else days


def days(dates: list[Any]) -> int:
    """How many days lie between the first and the last date."""
    return (datetime.fromisoformat(dates[-1]) - datetime.fromisoformat(dates[0])).days


def axis(points: list[str] | list[float]) -> dict[str, Any]:
    """The x encoding for `times`: UTC, because a reader's time zone must not move a date."""
    if points and isinstance(points[0], str):
        # Labels that would overlap on a narrow screen are left out by the fit; few are asked for to begin with.
        return {
            "field": "time",
            "type": "temporal",
            "scale": {"type": "utc"},
            "axis": {
                "title": None,
                "grid": False,
                "tickCount": 6,
                "format": "%d %b %Y" if days(points) < 100 else "%b %Y",  # a label alone says which year
                "labelOverlap": "greedy",
                "labelSeparation": 8,
                "labelFlush": True,
            },
        }
    return {"field": "time", "type": "quantitative", "axis": {"title": "days since the start", "grid": False, "tickCount": 6, "labelOverlap": "greedy"}}
