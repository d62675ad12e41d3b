"""Pictures of what a mechanism does, made by running the example that bears its name.

The first line of examples/mechanisms/NAME.toml says what is shown, the second what to see in it. `# shows:` simulates 64 futures; `# shows live:`
runs a network with people in it, for mechanisms that do nothing until somebody acts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import mintage as mt
from mintage.charts import Spec, to_svg
from mintage.charts.theme import BLUE, SERIES, SHORT, VEGA_LITE
from mintage.ledger.codec import decode
from mintage.live.direct import Direct
from mintage.live.driver import Driver
from mintage.live.record import recorded
from mintage.live.service import LiveNetwork

FOLDER = Path(__file__).parents[1] / "examples" / "mechanisms"
SHOWS = re.compile(r"# shows( live)?: (.+)")
PATHS, POINTS, LIVE_STEPS = 64, 48, 60
AMOUNTS = ("mint/", "burn/", "functional/", "flow:", "tag:", "out:")  # what moved since the day before: on the first day nothing has
BANDS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Exhibit:
    """An example, what it shows, and the sentence under its picture."""

    name: str
    file: Path
    live: bool
    shows: tuple[str, ...]
    caption: str


def exhibit(name: str) -> Exhibit | None:
    """The example of a mechanism; None where there is none."""
    file = FOLDER / f"{name}.toml"
    if not file.is_file():
        return None
    first, second, *_ = file.read_text("utf-8").split("\n")
    found = SHOWS.fullmatch(first)
    assert found and second.startswith("# "), f"{file.name} begins with '# shows: SERIES, ...' and a sentence"
    return Exhibit(name, file, bool(found[1]), tuple(n.strip() for n in found[2].split(",")), second.removeprefix("# "))


@cache
def run(shown: Exhibit) -> tuple[list[float], dict[str, Any]]:
    """Days, and of each series its 5 %, 50 % and 95 % quantiles [quantile, day]; of a live run there is one path."""
    spec = mt.load(shown.file)
    if shown.live:
        with LiveNetwork.open("memory:", spec, secret=b"exhibit") as live:
            Driver(Direct(live), spec, seed=1, owners=6, events=12).run(LIVE_STEPS)
            kept = recorded(((r.seq, decode(r.body)) for r in live.ledger.records(0)), 1).trajectory(shown.shows)
    else:
        every = max(1, spec.steps // POINTS)
        kept = mt.simulate(spec, PATHS, seed=1, save=mt.Save(every=every, vars=shown.shows, paths=True))
    days = [float(d) for d in kept.day]
    return days, {name: np.quantile(np.asarray(kept[name], dtype=float), BANDS, axis=-1) for name in shown.shows}


def table(shown: Exhibit) -> list[tuple[str, ...]]:
    """Start, middle and end of each series' median: the picture in numbers, by which a test sees that it is still true."""
    days, series = run(shown)
    return [(f"`{name}`", *(f"{q[1][i]:,.4g}" for i in (int(name.startswith(AMOUNTS)), len(days) // 2, -1))) for name, q in series.items()]


def panels(shown: Exhibit) -> Spec:
    """One panel a quantity: rows of one population share theirs; several futures are a band with its median."""
    days, series = run(shown)
    units = mt.load(shown.file).economy().signal_units
    groups: dict[str, list[str]] = {}
    for name in series:
        groups.setdefault(re.sub(r"\[\d+\]$", "", name), []).append(name)
    titles = {base: f"{base} [{units[base]}]" if base in units else base for base in groups}
    drawn = [panel(days, {n: series[n] for n in names}, titles[base], base == list(groups)[-1]) for base, names in groups.items()]
    return {"$schema": VEGA_LITE, "description": shown.caption, "vconcat": drawn, "spacing": 14, "resolve": {"scale": {"color": "independent"}}}


def svg(shown: Exhibit) -> str:
    """The picture, its coordinates to a tenth of a pixel."""
    return re.sub(r"(\d\.\d)\d+", r"\1", to_svg(panels(shown))) + "\n"


def panel(days: Sequence[float], series: Mapping[str, Any], title: str, last: bool) -> Spec:
    """Lines over days; a single line stands in its band."""
    first = int(next(iter(series)).startswith(AMOUNTS))
    rows = [
        {"day": days[i], "name": n, "low": digits(q[0][i]), "mid": digits(q[1][i]), "high": digits(q[2][i])}
        for n, q in series.items()
        for i in range(first, len(days))
    ]
    x = {"field": "day", "type": "quantitative", "axis": {"title": "day" if last else None, "grid": False}, "scale": {"nice": False}}
    y = {"field": "mid", "type": "quantitative", "axis": {"title": None, "tickCount": 4, "labelExpr": SHORT}, "scale": {"zero": False}}
    if len(series) == 1:
        band = {"mark": {"type": "area", "color": BLUE, "opacity": 0.2}, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}}
        line = {"mark": {"type": "line", "color": BLUE, "strokeWidth": 2}, "encoding": {"x": x, "y": y}}
        layers = [band, line]
    else:
        colour = {"field": "name", "type": "nominal", "sort": list(series), "title": None, "scale": {"range": list(SERIES)}}
        layers = [{"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "color": colour}}]
    return {"width": 640, "height": 130, "title": {"text": title, "frame": "group"}, "data": {"values": rows}, "layer": layers}


def digits(value: float) -> float:
    """Six digits are more than a picture shows, and fewer than processors differ in."""
    return float(f"{value:.6g}")
