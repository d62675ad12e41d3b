"""Supply waterfall: how the supply got from its start to its end, one bar a cause."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Document
from .fan import NARROW
from .theme import BELOW, BLUE, GREEN, LINE, ORANGE, SHORT, Spec, caption, empty, line, lite
from .values import finite, short


def waterfall(document: Document) -> Spec:
    """Mean over paths [token]; totals stand on the ground, the others begin where the one before ended."""
    rows = steps(document)
    if not rows:
        return empty("No supply was kept for this run.")
    ground = floor(rows)
    rows = [{**r, "start": ground} if r["kind"] == "stock" else r for r in rows]
    note = ", axis not from zero" if ground else ""
    colour = {"field": "kind", "type": "nominal", "title": None, "scale": {"domain": ["stock", "adds", "removes"], "range": [BLUE, GREEN, ORANGE]}}
    x = {
        "field": "start",
        "type": "quantitative",
        "scale": {"zero": not ground, "nice": False},
        "axis": {"title": f"{document.token}{note}", "tickCount": 4, "labelExpr": SHORT},
    }
    about = [{"field": "label"}, {"field": "text", "title": document.token}]
    bar = {"mark": {"type": "bar", "height": 16, "yOffset": BELOW}, "encoding": {"x": x, "x2": {"field": "end"}, "color": colour, "tooltip": about}}
    number = {"mark": {"type": "text", "align": "left", "dx": 5, "dy": BELOW}, "encoding": {"x": {**x, "field": "edge"}, "text": {"field": "text"}}}
    return lite(
        "Supply from start to end by cause, mean over paths.",
        LINE * len(rows),
        data={"values": rows},
        encoding={"y": line("label")},
        layer=[bar, number, caption("label")],
    )


def floor(rows: list[dict[str, Any]]) -> float:
    """Where the axis begins [token]: zero, or just under the lowest level when the changes would be slivers beside the totals."""
    ends = [r["end"] for r in rows]
    low, spread = min(ends), max(ends) - min(ends)
    return low - spread / 2 if low > 0 and 0 < spread < NARROW * max(ends) else 0.0


def steps(document: Document) -> list[dict[str, Any]]:
    """One row per bar with finite amount: from, to, and the right edge where its number stands."""
    rows: list[dict[str, Any]] = []
    level = 0.0
    for bar in document.waterfall:
        if (amount := finite(bar.amount)) is None:
            continue
        start = 0.0 if bar.total else level
        level = start + amount
        kind = "stock" if bar.total else "adds" if amount >= 0 else "removes"
        sign = "+" if kind == "adds" else ""
        rows.append({"label": once(bar.label, rows), "kind": kind, "start": start, "end": level, "edge": max(start, level), "text": sign + short(amount)})
    return rows


def once(label: str, rows: list[dict[str, Any]]) -> str:
    """Bars that share a label keep a line each."""
    same = sum(r["label"] == label or str(r["label"]).startswith(f"{label} (") for r in rows)
    return f"{label} ({same + 1})" if same else label
