"""Sankey of one epoch: who pays whom, in what asset, as wide as its value in fiat."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Document
from .layout import SLOT, Box, Ribbon, layout
from .theme import GREY, VEGA, WIDTH, Spec, categories, empty, heading
from .values import finite, short

MOST = 60  # ribbons in the picture; more cannot be told apart
COLUMN = 92  # [px] least distance of columns: narrower, labels are cut; the page lets the picture scroll instead
BOX = 10  # [px] width of a box
SIZE = f"isFinite(containerSize()[0]) ? containerSize()[0] : {WIDTH}"


def sankey(document: Document) -> Spec:
    """A Vega spec; widths are values in fiat, colours are assets, money that returns ends in a box `back to`."""
    links = sorted((x for x in document.sankey if (finite(x.value_fiat) or 0) > 0), key=lambda x: -x.value_fiat)
    if not links:
        return empty("No flow with a value in fiat was kept for an epoch.")
    boxes, ribbons = layout(links[:MOST])
    last = max(b.layer for b in boxes)
    note = f"the {MOST} largest of {len(links)} flows" if len(links) > MOST else ""
    return {
        "$schema": VEGA,
        "description": f"{document.sankey_title}: flows between kinds of accounts, wide as their value in {document.fiat}.",
        "height": round(max(b.y + max(b.height, SLOT) for b in boxes)),
        "padding": 5,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "title": heading(f"{document.sankey_title} [{document.fiat}]", note),
        "signals": [{"name": "width", "init": size(last), "on": [{"update": size(last), "events": "window:resize"}]}],
        "data": [
            {"name": "boxes", "values": [box_row(b, last) for b in boxes]},
            {"name": "ribbons", "values": [ribbon_row(r, boxes, last) for r in ribbons], "transform": PATHS},
        ],
        "scales": [{"name": "asset", "type": "ordinal", **categories(list(dict.fromkeys(r.asset for r in ribbons)))}],
        "legends": [{"fill": "asset", "symbolType": "square"}],
        "marks": [RIBBONS, BOXES, label("name", -6, 600), label("text", 8, 400)],
    }


def size(last: int) -> str:
    return f"max({SIZE}, {(last + 1) * COLUMN})"


def box_row(box: Box, last: int) -> dict[str, Any]:
    mark = "back to " if box.key.startswith("back:") else ""
    return {
        "name": mark + box.name,
        "text": short(box.value),
        "u": box.layer / max(last, 1),
        "y": round(box.y, 1),
        "height": round(box.height, 1),
        "last": box.layer == last,
        "room": 1 / max(last, 1),
    }


def ribbon_row(ribbon: Ribbon, boxes: list[Box], last: int) -> dict[str, Any]:
    ends = {b.key: b for b in boxes}
    source, target = ends[ribbon.source], ends[ribbon.target]
    about = {
        "source": source.name,
        "target": target.name,
        "asset": ribbon.asset,
        "reasons": ", ".join(ribbon.reasons),
        "value": short(ribbon.value),
        "amount": short(ribbon.amount),
    }
    return {
        **about,
        "u0": source.layer / max(last, 1),
        "u1": target.layer / max(last, 1),
        "y0": round(ribbon.y0, 1),
        "y1": round(ribbon.y1, 1),
        "wide": round(ribbon.width, 1),
    }


def edge(x0: str, y0: str, x1: str, y1: str, sign: str) -> str:
    """The expression of one long side of a ribbon: a Bezier curve that leaves and arrives level."""
    middle = "(datum.x0 + datum.x1) / 2"
    ys = [f"(datum.{y} {sign} datum.wide / 2)" for y in (y0, y1)]
    points = [f"datum.{x0}", ys[0], "'C'", middle, ys[0], middle, ys[1], f"datum.{x1}", ys[1]]
    return " + ' ' + ".join(points)


PATHS: list[Spec] = [
    {"type": "formula", "as": "x0", "expr": f"datum.u0 * (width - {BOX}) + {BOX}"},
    {"type": "formula", "as": "x1", "expr": f"datum.u1 * (width - {BOX})"},
    # A filled shape and not a thick stroke: a stroke bulges out of the picture where a wide ribbon climbs steeply.
    {"type": "formula", "as": "path", "expr": f"'M' + {edge('x0', 'y0', 'x1', 'y1', '-')} + 'L' + {edge('x1', 'y1', 'x0', 'y0', '+')} + 'Z'"},
]
TOOLTIP = "{'from': datum.source, 'to': datum.target, 'asset': datum.asset, 'value': datum.value, 'amount': datum.amount, 'by': datum.reasons}"
RIBBONS: Spec = {
    "type": "path",
    "from": {"data": "ribbons"},
    "encode": {
        "update": {"path": {"field": "path"}, "fill": {"scale": "asset", "field": "asset"}, "fillOpacity": {"value": 0.4}, "tooltip": {"signal": TOOLTIP}},
        "hover": {"fillOpacity": {"value": 0.7}},
    },
}
X: Spec = {"signal": f"datum.u * (width - {BOX})"}
BOXES: Spec = {
    "type": "rect",
    "from": {"data": "boxes"},
    "encode": {
        "update": {
            "x": X,
            "width": {"value": BOX},
            "y": {"field": "y"},
            "height": {"field": "height"},
            "fill": {"value": GREY},
            "tooltip": {"signal": "{'account': datum.name, 'value': datum.text}"},
        }
    },
}


def label(field: str, dy: int, weight: int) -> Spec:
    """One line of a box's label, right of it; left of it in the last column. It is cut before it reaches the next column."""
    beside = {"signal": f"datum.u * (width - {BOX}) + (datum.last ? -5 : {BOX + 5})"}
    limit = {"signal": f"datum.room * (width - {BOX}) - {BOX + 14}"}
    place: Spec = {
        "x": beside,
        "y": {"signal": f"datum.y + datum.height / 2 + {dy}"},
        "align": {"signal": "datum.last ? 'right' : 'left'"},
        "baseline": {"value": "middle"},
    }
    return {
        "type": "text",
        "from": {"data": "boxes"},
        "interactive": False,
        "encode": {"update": {**place, "text": {"field": field}, "fontWeight": {"value": weight}, "limit": limit}},
    }
