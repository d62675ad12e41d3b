"""The six points as bullet bars: the score in the colour of its verdict, on the share that could be shown, on the whole."""

from __future__ import annotations

from ..evaluate.document import Document
from .theme import BELOW, GREY, LINE, VERDICTS, Spec, caption, empty, line, lite, verdict_colour
from .values import finite

BAR = {"type": "bar", "height": 18, "yOffset": BELOW, "color": GREY}


def points(document: Document) -> Spec:
    """Three bars on each line, from 0 to 1, and the verdict in words: score [1] in front of shown [1] in front of the whole."""
    rows = [
        {
            "title": f"{p.number} {p.title}",
            "label": f"{p.number} {p.title} – {VERDICTS[p.verdict][0]}",
            "score": finite(p.score),
            "shown": finite(p.shown),
            "word": VERDICTS[p.verdict][0],
        }
        for p in document.points
    ]
    if not rows:
        return empty("No point was judged.")
    x = {
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": "score on the share of evidence shown", "format": ".0%", "tickCount": 5, "grid": False},
    }
    numbers = [
        {"field": "title"},
        {"field": "word", "title": "verdict"},
        {"field": "score", "type": "quantitative", "format": ".0%"},
        {"field": "shown", "type": "quantitative", "format": ".0%"},
    ]
    whole = {"mark": {**BAR, "opacity": 0.15}, "encoding": {"x": {**x, "datum": 1}}}
    shown = {"mark": {**BAR, "opacity": 0.3}, "encoding": {"x": {**x, "field": "shown"}}}
    score = {
        "mark": {"type": "bar", "height": 8, "yOffset": BELOW},
        "encoding": {"x": {**x, "field": "score"}, "color": {**verdict_colour(), "legend": None}, "tooltip": numbers},
    }
    return lite(
        "Score and share of evidence shown of each of the six points.",
        LINE * len(rows),
        data={"values": rows},
        encoding={"y": line("title")},
        layer=[whole, shown, score, caption("label")],
    )
