"""What articles print about AI networks: one line a subject, one mark a claim, so that contradictions are seen."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Claim, Document
from .theme import SHORT, Spec, caption, categories, empty, heading, line, lite, shapes

HEIGHT = 40  # [px] of a line


def caps(document: Document) -> Spec:
    """Market caps by subject, on a log scale; a range is a bar between its ends."""
    rows = [row(c, c.subject + (f", {c.period}" if c.period else "")) for c in document.claims if c.quantity == "market cap"]
    scale = {"type": "log", "nice": False, "padding": 12}
    axis = {"title": "market cap [USD]", "labelExpr": SHORT, "labelOverlap": True, "values": [float(f"{d}e{e}") for e in range(6, 14) for d in (1, 2, 5)]}
    return drawn(rows, "Market caps as printed", "log scale", scale, axis, "Market caps of AI tokens as four articles print them.")


def volatilities(document: Document) -> Spec:
    """Volatilities over the window that most claims share; those over others, or over none that is stated, stand in the table alone."""
    said = [c for c in document.claims if c.quantity == "volatility"]
    windows = [c.window for c in said if c.window is not None]
    window = max(set(windows), key=windows.count, default=None)
    rows = [row(c, c.subject, 100) for c in said if c.window is not None and c.window == window]
    axis = {"title": f"volatility over {window:g} days [%]" if window else "", "labelOverlap": True}
    note = f"{len(said) - len(rows)} claims over other windows, or over none that is stated, are not drawn: nothing could be compared"
    return drawn(rows, "Volatilities as printed", note, {"zero": True}, axis, "Volatilities of AI tokens as articles print them, all over one window.")


def row(claim: Claim, name: str, times: float = 1) -> dict[str, Any]:
    """One mark: where it stands, and what was printed."""
    ends = {"low": round(claim.low * times, 6), "high": round(claim.high * times, 6)}
    return {"name": name, "article": f"article {claim.article}", "printed": claim.printed, **ends}


def drawn(rows: list[dict[str, Any]], title: str, note: str, scale: Spec, axis: Spec, words: str) -> Spec:
    if not rows:
        return empty("No article's table is at hand.")
    names, articles = list(dict.fromkeys(r["name"] for r in rows)), sorted({r["article"] for r in rows})
    x = {"field": "low", "type": "quantitative", "scale": scale, "axis": axis}
    looks: Spec = {
        "color": {"field": "article", "type": "nominal", "scale": categories(articles), "legend": {"columns": 2, "title": None}},
        "shape": {"field": "article", "type": "nominal", "scale": shapes(articles), "legend": {"columns": 2, "title": None}},
    }
    about = [{"field": "name", "title": "of"}, {"field": "printed"}, {"field": "article"}]
    bar = {"mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.5}, "encoding": {"x": x, "x2": {"field": "high"}, "color": looks["color"], "tooltip": about}}
    low = {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1}, "encoding": {"x": x, **looks, "tooltip": about}}
    high = {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1}, "encoding": {"x": {**x, "field": "high"}, **looks, "tooltip": about}}
    titles = caption("name", data={"values": [{"name": n} for n in names]})
    layers = [bar, low, high, titles]
    return lite(words, HEIGHT * len(names), title=heading(title, note), data={"values": rows}, encoding={"y": line("name")}, layer=layers)
