"""All tests as a strip of dots: a line for each point, failures first, size by weight."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Document
from .theme import BELOW, LINE, VERDICTS, Spec, caption, empty, line, lite, verdict_colour

WORST_FIRST = ("fail", "warn", "not_shown", "pass")


def tests(document: Document) -> Spec:
    """One dot a test, coloured and shaped by its verdict, with its sentence under the pointer."""
    rows = dots(document)
    if not rows:
        return empty("No test was made.")
    longest = max(r["place"] for r in rows)
    titles = [f"{p.number} {p.title}" for p in document.points]
    lines = list(dict.fromkeys(titles + [r["point"] for r in rows]))
    y = {**line("point"), "scale": {"domain": lines}}
    x = {"field": "place", "type": "quantitative", "scale": {"domain": [0.4, max(longest, 12) + 0.6], "nice": False}, "axis": None}
    words, _, marks = zip(*VERDICTS.values(), strict=True)
    shape = {"field": "word", "type": "nominal", "title": None, "scale": {"domain": list(words), "range": list(marks)}, "legend": {"columns": 2}}
    size = {"field": "weight", "type": "quantitative", "scale": {"range": [60, 170], "zero": False}, "legend": None}
    about = [
        {"field": "code"},
        {"field": "title"},
        {"field": "word", "title": "verdict"},
        {"field": "sentence", "title": "found"},
        {"field": "weight", "type": "quantitative"},
    ]
    dot = {
        "mark": {"type": "point", "filled": True, "opacity": 1, "yOffset": BELOW},
        "encoding": {"x": x, "color": verdict_colour(), "shape": shape, "size": size, "tooltip": about},
    }
    names = caption("point", data={"values": [{"point": name} for name in lines]})
    return lite(f"{len(rows)} tests by point and verdict.", LINE * len(lines), data={"values": rows}, encoding={"y": y}, layer=[dot, names])


def dots(document: Document) -> list[dict[str, Any]]:
    """One row per test: its line, and its place on the line, the worst first."""
    titles = {p.number: f"{p.number} {p.title}" for p in document.points}
    rows: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for t in sorted(document.tests, key=lambda t: (t.point, WORST_FIRST.index(t.verdict), t.code)):
        places[t.point] = places.get(t.point, 0) + 1
        about = {"code": t.code, "title": t.title, "weight": t.weight, "sentence": t.sentence}
        rows.append({"point": titles.get(t.point, str(t.point)), "place": places[t.point], "word": VERDICTS[t.verdict][0], **about})
    return rows
