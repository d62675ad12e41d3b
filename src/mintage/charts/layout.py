"""Where the boxes and ribbons of a sankey lie: a graph without cycles, columns, heights. Pure arithmetic; `sankey` draws it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ..accounts import OUTSIDE
from ..evaluate.document import Link

HEIGHT = 340  # [px] of the fullest column
SLOT = 34  # [px] least height for a box, so that two lines of label fit beside it
GAP = 8  # [px] between slots


@dataclass
class Box:
    """A kind of account: `value` [fiat] is the larger of what enters and leaves; `layer` its column; `y` and `height` [px]."""

    key: str
    name: str
    value: float = 0.0
    layer: int = 0
    y: float = 0.0
    height: float = 0.0


@dataclass
class Ribbon:
    """All flows of one asset between two boxes: `value` [fiat], middle of each end `y0`, `y1` and `width` [px]."""

    source: str
    target: str
    asset: str
    value: float
    amount: float
    reasons: list[str] = field(default_factory=list)
    y0: float = 0.0
    y1: float = 0.0
    width: float = 0.0


def layout(links: list[Link]) -> tuple[list[Box], list[Ribbon]]:
    """Boxes and ribbons with their places; links must have a finite value above zero."""
    ribbons = without_cycles(merge(links))
    keys = list(dict.fromkeys(k for r in ribbons for k in (r.source, r.target)))
    boxes = {k: Box(k, k.partition(":")[2]) for k in keys}
    for key, box in boxes.items():
        box.value = max(sum(r.value for r in ribbons if r.source == key), sum(r.value for r in ribbons if r.target == key))
    for key, layer in layers(keys, ribbons).items():
        boxes[key].layer = layer
    place_boxes(boxes, ribbons)
    place_ends(boxes, ribbons)
    return list(boxes.values()), ribbons


def merge(links: list[Link]) -> list[Ribbon]:
    """One ribbon per pair of kinds and asset, largest first. A kind outside the economy is two boxes: what comes from it, what goes to it."""
    found: dict[tuple[str, str, str], Ribbon] = {}
    for link in links:
        source, target = key(link.source, "from"), key(link.target, "to")
        ribbon = found.setdefault((source, target, link.asset), Ribbon(source, target, link.asset, 0.0, 0.0))
        ribbon.value += link.value_fiat
        ribbon.amount += link.amount
        ribbon.reasons = list(dict.fromkeys([*ribbon.reasons, link.reason]))
    return sorted(found.values(), key=lambda r: -r.value)


def key(account: str, side: str) -> str:
    """The box of an account written kind/ASSET, or of a kind alone: `in:kind` inside the economy, `side:kind` outside."""
    kind = account.partition("/")[0]
    return f"{side if kind in OUTSIDE else 'in'}:{kind}"


def without_cycles(ribbons: list[Ribbon]) -> list[Ribbon]:
    """The same ribbons; one that would lead back to where its money came from ends in a box of its own, `back:`. Large ones keep their way."""
    after: dict[str, set[str]] = defaultdict(set)
    for ribbon in ribbons:
        if ribbon.source in reach(ribbon.target, after):
            ribbon.target = f"back:{ribbon.target.partition(':')[2]}"
        after[ribbon.source].add(ribbon.target)
    return ribbons


def reach(start: str, after: dict[str, set[str]]) -> set[str]:
    """Every box that money from `start` can come to, itself included."""
    seen, todo = {start}, [start]
    while todo:
        new = after.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def layers(keys: list[str], ribbons: list[Ribbon]) -> dict[str, int]:
    """Columns: each box right of all that pays it; ends of the line in the last; a pure source just left of the first it pays."""
    column = dict.fromkeys(keys, 0)
    for _ in keys:
        for r in ribbons:
            column[r.target] = max(column[r.target], column[r.source] + 1)
    last = max(column.values(), default=0)
    payers, paid = {r.source for r in ribbons}, {r.target for r in ribbons}
    column |= {k: last for k in keys if k not in payers}
    return column | {k: min(column[r.target] for r in ribbons if r.source == k) - 1 for k in keys if k not in paid}


def place_boxes(boxes: dict[str, Box], ribbons: list[Ribbon]) -> None:
    """Stack each column in slots that never overlap, in an order that follows the neighbours, centred on the fullest."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in sorted(boxes.values(), key=lambda b: -b.value):
        columns[box.layer].append(box)
    scale = min(HEIGHT / sum(b.value for b in column) for column in columns.values())
    for box in boxes.values():
        box.height = max(2.0, box.value * scale)
    for ribbon in ribbons:
        ribbon.width = max(1.0, ribbon.value * scale)
    tallest = max(sum(slot(b) for b in column) for column in columns.values())
    for sweep in range(4):
        for column in columns.values():
            stack(sorted(column, key=lambda b: pull(b, boxes, ribbons)) if sweep else column, tallest)


def slot(box: Box) -> float:
    return max(SLOT, box.height) + GAP


def stack(column: list[Box], tallest: float) -> None:
    y = (tallest - sum(slot(b) for b in column)) / 2
    for box in column:
        box.y = y + (slot(box) - GAP - box.height) / 2
        y += slot(box)


def pull(box: Box, boxes: dict[str, Box], ribbons: list[Ribbon]) -> float:
    """The mean height of a box's neighbours, weighted by value: where it would like to lie."""
    near = [(boxes[r.target if r.source == box.key else r.source], r.value) for r in ribbons if box.key in (r.source, r.target)]
    return sum((b.y + b.height / 2) * v for b, v in near) / sum(v for _, v in near)


def place_ends(boxes: dict[str, Box], ribbons: list[Ribbon]) -> None:
    """Ribbons leave and enter a box side by side, in the order of their other ends, so that they do not cross at the box."""
    for key, box in boxes.items():
        out = y_in = box.y
        for r in sorted((r for r in ribbons if r.source == key), key=lambda r: boxes[r.target].y):
            r.y0, out = out + r.width / 2, out + r.width
        for r in sorted((r for r in ribbons if r.target == key), key=lambda r: boxes[r.source].y):
            r.y1, y_in = y_in + r.width / 2, y_in + r.width
