"""How every chart looks: colours, marks of verdicts, fonts, axes, and the frame of a spec.

Marks keep one colour in both modes: each has a contrast of at least 3:1 against the light and the dark ground (WCAG 2.2, 1.4.11), and the
hues stay apart for colour-blind readers (after Okabe and Ito, 2008, moved to middle brightness). Only ink and grid change with the mode, so a
page can switch by CSS alone. No meaning hangs on colour alone: verdicts have a shape and a word too.
"""

from __future__ import annotations

from typing import Any, Literal

Spec = dict[str, Any]
Mode = Literal["light", "dark"]

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA = "https://vega.github.io/schema/vega/v6.json"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"

BLUE, ORANGE, GREEN, PURPLE, OCHRE, GREY = "#2b7bba", "#d55e00", "#0f9373", "#a868b5", "#a87900", "#7d848e"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, OCHRE, "#2a8fa3", "#c8558f", "#9a6b4f")
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right", "triangle-left")

VERDICTS = {  # verdict: (word, colour, shape)
    "pass": ("passed", GREEN, "circle"),
    "warn": ("warning", OCHRE, "triangle-up"),
    "fail": ("failed", ORANGE, "cross"),
    "not_shown": ("not shown", GREY, "diamond"),
}
GROUND = {"light": "#ffffff", "dark": "#1a2029"}
INK = {"light": "#1b2026", "dark": "#e6e9ee"}
SOFT_INK = {"light": "#57606b", "dark": "#a3adb9"}
GRID = {"light": "#e3e6ea", "dark": "#313a46"}

# d3 writes "G" for 1e9 and "m" for a thousandth; readers of money expect B and plain decimals.
SHORT = "datum.value && abs(datum.value) < 1 ? format(datum.value, '.3~g') : replace(format(datum.value, '.4~s'), 'G', 'B')"
LINE = 42  # [px] height of a named line
BELOW = 7  # [px] its marks lie this far under its middle
WIDTH = 720  # [px] of a picture; in a page the width is the container's


def config(mode: Mode) -> Spec:
    """The Vega and Vega-Lite config of one mode."""
    text = {"labelColor": SOFT_INK[mode], "titleColor": SOFT_INK[mode], "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}
    return {
        "background": GROUND[mode],
        "font": FONT,
        "axis": {**text, "gridColor": GRID[mode], "domainColor": GRID[mode], "tickColor": GRID[mode], "labelLimit": 150, "labelPadding": 6},
        "legend": {**text, "orient": "top", "labelLimit": 150, "symbolSize": 90, "symbolOpacity": 1, "columns": 3, "rowPadding": 4},
        "text": {"fill": INK[mode], "color": INK[mode], "fontSize": 11},
        "title": {"color": INK[mode], "subtitleColor": SOFT_INK[mode], "anchor": "start", "fontSize": 12, "fontWeight": "normal"},
        "view": {"stroke": None, "continuousWidth": WIDTH, "discreteWidth": WIDTH},
        "range": {"category": list(SERIES)},
    }


def lite(description: str, height: int, **parts: Any) -> Spec:
    """The frame of a Vega-Lite chart as wide as its container; `description` is read aloud in place of the picture."""
    return {
        "$schema": VEGA_LITE,
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **parts,
    }


def empty(why: str) -> Spec:
    """What stands where a chart has no data: the reason, so that a blank is never mistaken for a zero."""
    mark = {"type": "text", "text": why, "align": "left", "x": 0, "fontSize": 13}
    return lite(why, 40, data={"values": [{}]}, mark=mark)


def categories(names: list[str]) -> Spec:
    """A colour scale that gives each name its place in SERIES, in the order given."""
    return {"domain": names, "range": [SERIES[i % len(SERIES)] for i in range(len(names))]}


def shapes(names: list[str]) -> Spec:
    """A shape scale in the same order as `categories`."""
    return {"domain": names, "range": [SHAPES[i % len(SHAPES)] for i in range(len(names))]}


def heading(text: str, note: str = "") -> Spec:
    """A title, and under it what the reader must know about the axes. A page may take it out and set it as text."""
    return {"text": text, "subtitle": note} if note else {"text": text}


def line(field: str) -> Spec:
    """The y encoding of one line per name, in the order of the rows. It has no axis: `caption` names the line."""
    return {"field": field, "type": "nominal", "sort": None, "axis": None}


def caption(field: str, dy: int = -13, **parts: Any) -> Spec:
    """The name of each line above it, from the left edge: beside it, names would leave no room for marks on a phone."""
    mark = {"type": "text", "align": "left", "baseline": "middle", "dy": dy, "limit": {"expr": "width"}, "aria": False}
    return {**parts, "mark": mark, "encoding": {"x": {"value": 0}, "text": {"field": field}}}


def verdict_colour() -> Spec:
    """Encoding of the field `word` by the colour of its verdict."""
    words, colours, _ = zip(*VERDICTS.values(), strict=True)
    return {"field": "word", "type": "nominal", "title": None, "scale": {"domain": list(words), "range": list(colours)}, "legend": {"columns": 2}}
