"""Fan chart: where the paths go. The median as a line, half of all paths in the inner band, nine in ten in the outer one."""

from __future__ import annotations

import math
from typing import Any

from ..evaluate.document import Band, Document
from .theme import BLUE, SHORT, Spec, empty, heading, lite
from .values import axis, finite, times

WIDE = 50  # largest over smallest value from which a linear axis would hide the small ones
NARROW = 0.25  # spread over largest value under which an axis from zero would show a flat line
ENDS = (("q05", "q95", 2), ("q25", "q75", 6))
QUANTILES = ("q05", "q25", "q50", "q75", "q95")


def fan(document: Document, name: str = "") -> Spec:
    """The fan of the band called `name`, of the first one when no name is given."""
    band = next((b for b in document.bands if b.name == name or not name), None)
    rows = [] if band is None else points(document, band)
    if band is None or not any(r["q50"] is not None for r in rows):
        return empty(f"{band.title}: not shown, a price or another number it needs is missing." if band else "No path was kept for this series.")
    scale, note = span(rows)
    title = heading(f"{band.title} [{band.unit}]", note)
    x = axis([r["time"] for r in rows])
    y: Spec = {"field": "q50", "type": "quantitative", "scale": scale, "axis": {"title": None, "tickCount": 5, "labelExpr": SHORT, **decades(rows, scale)}}
    words = f"{band.title}: median and the ranges of half and nine tenths of {document.manifest.paths:,} paths over time."
    return lite(
        words,
        220,
        title=title,
        data={"values": rows},
        encoding={"x": x},
        layer=[cloud(y, "q05", "q95", 0.18), cloud(y, "q25", "q75", 0.32), middle(y), reader(y)] if len(rows) > 1 else single(y),
    )


def single(y: Spec) -> list[Spec]:
    """One day alone: a line would not be seen."""
    ends = [{"mark": {"type": "rule", "strokeWidth": w, "color": BLUE}, "encoding": {"y": {**y, "field": a}, "y2": {"field": b}}} for a, b, w in ENDS]
    return [*ends, {"mark": {"type": "point", "filled": True, "size": 60, "color": BLUE, "tooltip": True}, "encoding": {"y": y}}]


def points(document: Document, band: Band) -> list[dict[str, Any]]:
    """One row per saved day: its place in time and the five quantiles."""
    columns = zip(times(document, band.day), *(getattr(band, q) for q in QUANTILES), strict=True)
    return [{"time": t, **{q: finite(v) for q, v in zip(QUANTILES, row, strict=True)}} for t, *row in columns]


def span(rows: list[dict[str, Any]]) -> tuple[Spec, str]:
    """The honest scale: logarithmic for wide positive ranges, from zero otherwise; an axis that must be cut says so."""
    values = [v for r in rows for q in QUANTILES if (v := r[q]) is not None]
    low, high = min(values), max(values)
    if low > 0 and high / low > WIDE:
        return {"type": "log", "nice": False}, "log scale"
    if low > 0 and high - low < NARROW * high:
        return {"zero": False}, "axis not from zero"
    return {"zero": True}, ""


def decades(rows: list[dict[str, Any]], scale: Spec) -> Spec:
    """The ticks of a logarithmic axis: powers of ten, with 2 and 5 between them while there are few; left to itself it draws a line for each digit,
    and thins given values to its own count.
    """
    if scale.get("type") != "log":
        return {}
    low, high = (math.log10(f(v for r in rows for q in QUANTILES if (v := r[q]) is not None)) for f in (min, max))
    digits = (1, 2, 5) if high - low < 3 else (1,)
    every = max(1, math.ceil((high - low) / 8))
    return {
        "labelOverlap": False,
        "tickCount": 100,
        "values": [float(f"{d}e{e}") for e in range(math.floor(low), min(math.ceil(high), 308), every) for d in digits],
    }


def cloud(y: Spec, low: str, high: str, opacity: float) -> Spec:
    return {"mark": {"type": "area", "color": BLUE, "opacity": opacity}, "encoding": {"y": {**y, "field": low}, "y2": {"field": high}}}


def middle(y: Spec) -> Spec:
    return {"mark": {"type": "line", "color": BLUE, "strokeWidth": 2}, "encoding": {"y": y}}


def reader(y: Spec) -> Spec:
    """The nearest day under the pointer, with its five numbers."""
    when = {"field": "time", "type": "nominal", "title": "day"}
    numbers = [
        {"field": q, "type": "quantitative", "title": t, "format": ",.4~g"}
        for q, t in zip(reversed(QUANTILES), ("95 %", "75 %", "median", "25 %", "5 %"), strict=True)
    ]
    hover = {"name": "hover", "select": {"type": "point", "on": "pointerover", "clear": "pointerout", "nearest": True, "encodings": ["x"]}}
    shown = {"condition": {"param": "hover", "empty": False, "value": 1}, "value": 0}
    return {
        "params": [hover],
        "mark": {"type": "point", "filled": True, "size": 50, "color": BLUE, "aria": False},
        "encoding": {"y": y, "opacity": shown, "tooltip": [when, *numbers]},
    }
