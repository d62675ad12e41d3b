"""Charts: pure functions from a Document to Vega-Lite or Vega specs (plain dicts), which page, notebook and picture share."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Fault, UsageError, nearest
from ..evaluate.document import Document
from .claims import caps, volatilities
from .fan import fan
from .parity import parity
from .points import points
from .sankey import sankey
from .scenarios import scenarios
from .still import to_png, to_svg
from .tests import tests
from .theme import Spec, config
from .unlocks import unlocks
from .waterfall import waterfall

CHARTS: dict[str, tuple[str, Callable[[Document], Spec]]] = {
    "fan": ("Where the paths go", fan),
    "sankey": ("Who pays whom in one epoch", sankey),
    "waterfall": ("How supply moves", waterfall),
    "parity": ("Emissions against revenue", parity),
    "unlocks": ("What unlocks when", unlocks),
    "points": ("The six points", points),
    "tests": ("All tests", tests),
    "scenarios": ("Scenarios beside the base run", scenarios),
    "caps": ("Market caps that articles print", caps),
    "volatilities": ("Volatilities that articles print", volatilities),
}
__all__ = ["CHARTS", "Spec", "chart", "config", "names", "to_png", "to_svg"]


def names(document: Document) -> list[str]:
    """Every chart of this document; a fan for each band, `fan:supply`."""
    return [*(f"fan:{b.name}" for b in document.bands), *(n for n in CHARTS if n != "fan")]


def chart(document: Document, name: str) -> Spec:
    """The spec of the chart called `name`: a key of CHARTS, or `fan:BAND`. Raises UsageError MT602 for any other."""
    family, _, band = name.partition(":")
    if name in CHARTS:
        return CHARTS[name][1](document)
    if family == "fan" and any(b.name == band for b in document.bands):
        return fan(document, band)
    valid = [*CHARTS, *names(document)]
    raise UsageError(Fault("MT602", "chart", f"there is no chart '{name}'", "the name of a chart", nearest(name, valid)))
