"""Unlock calendar: what each allocation sets free in each period of 30 days."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ..evaluate.document import Document
from .theme import BLUE, SHORT, Spec, categories, empty, lite
from .values import axis, finite, short, times

PERIOD_DAYS = 30.0
DRAWN_DAYS = 27.0  # of each period, so that bars stand apart
MOST_HOLDERS = 8  # as many as there are colours; beyond, a heatmap has a line for each


def unlocks(document: Document) -> Spec:
    """Stacked bars by period; with more holders than colours, a heatmap of holder by period."""
    rows = periods(document)
    if not rows:
        return empty("Nothing unlocks within this horizon.")
    holders = list(dict.fromkeys(r["holder"] for r in rows))
    x = axis([r["time"] for r in rows])
    about = [{"field": "holder"}, {"field": "role"}, {"field": "time", "type": "nominal", "title": "from"}, {"field": "text", "title": document.token}]
    draw = stack if len(holders) <= MOST_HOLDERS else heat
    words = f"Tokens unlocked in each {PERIOD_DAYS:.0f} days, by holder."
    return lite(words, 200 if draw is stack else 18 * len(holders), data={"values": rows}, **draw(document, holders, x, about))


def periods(document: Document) -> list[dict[str, Any]]:
    """One row per holder and period with an amount above zero, and where its piece of the bar lies."""
    found = sorted((u for u in document.unlocks if (finite(u.amount) or 0) > 0), key=lambda u: u.day)
    rows: list[dict[str, Any]] = []
    for day, group in groupby(found, key=lambda u: u.day):
        start, end = times(document, [day, day + DRAWN_DAYS])
        level = 0.0
        for u in group:
            rows.append(
                {
                    "time": start,
                    "until": end,
                    "holder": u.holder,
                    "role": u.role,
                    "amount": u.amount,
                    "low": level,
                    "high": level + u.amount,
                    "text": short(u.amount),
                }
            )
            level += u.amount
    return rows


def stack(document: Document, holders: list[str], x: Spec, about: list[Spec]) -> Spec:
    y = {"field": "low", "type": "quantitative", "axis": {"title": f"{document.token} per {PERIOD_DAYS:.0f} days", "tickCount": 4, "labelExpr": SHORT}}
    colour = {"field": "holder", "type": "nominal", "title": None, "scale": categories(holders)}
    return {
        "mark": {"type": "rect", "strokeWidth": 0},
        "encoding": {"x": x, "x2": {"field": "until"}, "y": y, "y2": {"field": "high"}, "color": colour, "tooltip": about},
    }


def heat(document: Document, holders: list[str], x: Spec, about: list[Spec]) -> Spec:
    y = {"field": "holder", "type": "nominal", "sort": None, "scale": {"domain": holders}, "axis": {"title": None}}
    # Opacity, not a colour ramp: no end of it vanishes into a light or a dark ground.
    depth = {
        "field": "amount",
        "type": "quantitative",
        "title": f"{document.token} per {PERIOD_DAYS:.0f} days",
        "scale": {"range": [0.15, 1]},
        "legend": {"labelExpr": SHORT},
    }
    return {"mark": {"type": "rect", "color": BLUE}, "encoding": {"x": x, "x2": {"field": "until"}, "y": y, "opacity": depth, "tooltip": about}}
