"""Emissions against revenue: what the network pays out in new tokens beside what customers pay in, both in fiat, and the day they meet."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Band, Document
from .fan import decades, points, span
from .theme import BLUE, GREY, ORANGE, SHORT, Spec, empty, heading, lite
from .values import axis, short, times

EMISSIONS, REVENUE = "emission_value", "revenue"  # names of the two bands, in the same unit
NAMES = {EMISSIONS: "emissions", REVENUE: "revenue"}


def parity(document: Document) -> Spec:
    """Medians with the range of half the paths, and a rule on the parity day."""
    pair = bands(document)
    rows = [{"series": NAMES[b.name], **r} for b in pair for r in points(document, b)]
    if len(pair) < 2 or not any(r["q50"] is not None for r in rows):
        return empty("Not both emissions and revenue were kept for this run.")
    scale, note = span([{q: r["q50"] for q in r if q.startswith("q")} for r in rows if r["q50"] is not None])
    x = axis([r["time"] for r in rows])
    y = {"field": "q50", "type": "quantitative", "scale": scale, "axis": {"title": None, "tickCount": 5, "labelExpr": SHORT, **decades(rows, scale)}}
    colour = {"field": "series", "type": "nominal", "title": None, "scale": {"domain": list(NAMES.values()), "range": [ORANGE, BLUE]}}
    cloud = {"mark": {"type": "area", "opacity": 0.22, "clip": True}, "encoding": {"y": {**y, "field": "q25"}, "y2": {"field": "q75"}}}
    numbers = [
        {"field": "series"},
        {"field": "time", "type": "nominal", "title": "day"},
        {"field": "q50", "type": "quantitative", "title": "median", "format": ",.4~g"},
    ]
    line = {"mark": {"type": "line", "strokeWidth": 2, "tooltip": True}, "encoding": {"y": y, "tooltip": numbers}}
    title = heading(sentence(document), f"{pair[0].unit}, {note}" if note else pair[0].unit)
    return lite(
        "Value of emissions against external revenue over time.",
        240,
        title=title,
        data={"values": rows},
        encoding={"x": x, "color": colour},
        layer=[cloud, line, *marker(document, x)],
    )


def bands(document: Document) -> list[Band]:
    """The bands of emissions and revenue, as many as were kept, in that order."""
    return [b for name in NAMES for b in document.bands if b.name == name]


def parity_day(document: Document) -> float | None:
    """The first day from which the median revenue is at least the median value of emissions and both are above nothing, or None.

    T: R(T) >= E(T) (evaluation reference, section 1, point 2), read off the medians.
    """
    pair = bands(document)
    if len(pair) < 2:
        return None
    for day, emitted, earned in zip(pair[0].day, pair[0].q50, pair[1].q50, strict=False):
        if emitted is not None and earned is not None and earned >= emitted and earned > 0:
            return day
    return None


def sentence(document: Document) -> str:
    """What the chart shows, in words."""
    day = parity_day(document)
    if day is not None:
        when = times(document, [day])[0]
        return f"Median revenue first covers emissions on {when if isinstance(when, str) else f'day {short(when)}'}."
    emitted = next((b for b in bands(document) if b.name == EMISSIONS), None)
    if emitted is None or all(v is None for v in emitted.q50):
        return "Whether revenue covers emissions is not shown: emissions have no value without a price."
    return f"Median revenue does not cover emissions within {document.horizon_days:,.0f} days."


def marker(document: Document, x: Spec) -> list[dict[str, Any]]:
    """The parity rule, when there is a parity day."""
    day = parity_day(document)
    if day is None:
        return []
    return [
        {
            "data": {"values": [{"time": times(document, [day])[0]}]},
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": GREY},
            "encoding": {"x": x, "color": {"value": GREY}},
        }
    ]
