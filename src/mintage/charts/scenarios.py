"""Scenarios beside the base run: by how much each metric's median moves."""

from __future__ import annotations

from typing import Any

from ..evaluate.document import Document
from .theme import GREY, Spec, caption, categories, empty, heading, line, lite, shapes
from .values import finite, short

BASE = "base"
MOST = 12  # lines; a longer picture is a worse table


def scenarios(document: Document) -> Spec:
    """One line a metric, one dot a scenario, at its change from the base run [%] under common random numbers."""
    found = changes(document)
    rows = most_moved(found)
    if not rows:
        return empty("No run was compared with the base run.")
    names = list(dict.fromkeys(r["scenario"] for r in rows))
    metrics, every = (list(dict.fromkeys(r["metric"] for r in x)) for x in (rows, found))
    title = heading(f"The {MOST} of {len(every)} metrics that move most" if len(every) > MOST else "Change of each metric's median")
    height = 32 + 5 * len(names)
    offset = {"field": "scenario", "type": "nominal", "scale": {"domain": names, "range": [22, height - 8]}}
    # symlog: a fall cannot pass -100 % while a rise has no end, and zero has to be on the axis.
    scale = {"type": "symlog", "constant": 20, "nice": True}
    x = {
        "field": "change",
        "type": "quantitative",
        "scale": scale,
        "axis": {"title": "change from the base run [%]", "values": TICKS, "labelExpr": "datum.value ? format(datum.value, '+,d') : '0'", "labelOverlap": True},
    }
    legend = {"columns": 3, "title": None}
    about = [
        {"field": "run"},
        {"field": "metric"},
        {"field": "change", "type": "quantitative", "format": "+,.1f", "title": "change [%]"},
        {"field": "value", "title": "median"},
        {"field": "base"},
    ]
    looks = {
        "color": {"field": "scenario", "type": "nominal", "scale": categories(names), "legend": legend},
        "shape": {"field": "scenario", "type": "nominal", "scale": shapes(names), "legend": legend},
    }
    dot = {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1}, "encoding": {"x": x, "yOffset": offset, **looks, "tooltip": about}}
    words = f"Change of {len(metrics)} metrics from the base run in {len(names)} comparison runs."
    titles = caption("metric", 10 - height // 2, data={"values": [{"metric": m} for m in metrics]})
    return lite(words, height * len(metrics), title=title, data={"values": rows}, encoding={"y": line("metric")}, layer=[zero(), dot, titles])


TICKS = [-100, -50, -20, 0, 20, 50, 100, 200, 500, 1000, 10000, 100000]


def zero() -> Spec:
    return {
        "data": {"values": [{"change": 0}]},
        "mark": {"type": "rule", "color": GREY},
        "encoding": {"y": {"value": 0}, "y2": {"value": "height"}, "x": {"field": "change", "type": "quantitative"}},
    }


def base_values(document: Document) -> dict[str, float]:
    """The base medians that a change can be measured against: from the comparison run named base, else from the metrics."""
    run = next((c for c in document.comparisons if c.name == BASE), None)
    found = run.metrics if run else {m.name: m.median for m in document.metrics}
    return {k: v for k, x in found.items() if (v := finite(x)) is not None and v != 0}


def changes(document: Document) -> list[dict[str, Any]]:
    """One row per metric and scenario with both numbers; a base of zero has no relative change and stays out (the table has it)."""
    base = base_values(document)
    titles = {m.name: m.title for m in document.metrics}
    rows = []
    for name in dict.fromkeys([*titles, *base]):
        for run in document.comparisons:
            value = finite(run.metrics.get(name))
            if run.name == BASE or name not in base or value is None:
                continue
            change = finite(100 * (value - base[name]) / abs(base[name]), 4)
            if change is None:
                continue
            told = {"metric": titles.get(name, name), "scenario": run.name.replace("_", " "), "run": run.title}
            rows.append({**told, "change": change, "value": short(value), "base": short(base[name])})
    return rows


def most_moved(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the MOST metrics with the largest change in any scenario, in the order given."""
    reach: dict[str, float] = {}
    for r in rows:
        reach[r["metric"]] = max(reach.get(r["metric"], 0.0), abs(r["change"]))
    kept = sorted(reach, key=lambda m: -reach[m])[:MOST]
    return [r for r in rows if r["metric"] in kept]
