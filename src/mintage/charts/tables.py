"""The numbers behind each chart as a table: for readers who do not see the picture, on paper, or without scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..evaluate.document import Band, Document, Unlock
from .fan import QUANTILES
from .parity import bands
from .values import short, times

MOST = 12  # rows of a time series


@dataclass(frozen=True)
class Table:
    """A caption, the columns' heads, and rows of text as long as the heads; the first cell names its row."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


def sampled(count: int) -> list[int]:
    """At most MOST of `count` places, evenly spread, the first and the last among them."""
    if count <= MOST:
        return list(range(count))
    return sorted({round(i * (count - 1) / (MOST - 1)) for i in range(MOST)})


def days(document: Document, band: Band, places: list[int]) -> list[str]:
    return [t if isinstance(t, str) else short(t) for t in times(document, [band.day[i] for i in places])]


def fan(document: Document, band: Band) -> Table:
    """Quantiles over paths of one band."""
    places = sampled(len(band.day))
    rows = [[day, *(short(getattr(band, q)[i]) for q in QUANTILES)] for day, i in zip(days(document, band, places), places, strict=True)]
    return Table(f"{band.title} [{band.unit}], quantiles over paths", ["day", "5 %", "25 %", "median", "75 %", "95 %"], rows)


def sankey(document: Document) -> Table:
    """Every flow of the epoch."""
    rows = [[x.source, x.target, x.reason, f"{short(x.amount)} {x.asset}", short(x.value_fiat)] for x in document.sankey]
    return Table(document.sankey_title, ["from", "to", "reason", "amount", f"value [{document.fiat}]"], rows)


def waterfall(document: Document) -> Table:
    """Every bar."""
    rows = [[b.label, "total" if b.total else "change", short(b.amount)] for b in document.waterfall]
    return Table(f"Supply [{document.token}], mean over paths", ["part", "kind", "amount"], rows)


def parity(document: Document) -> Table:
    """Medians of emissions and revenue."""
    pair = bands(document)
    if len(pair) < 2:
        return Table("Emissions and revenue", ["day", "emissions", "revenue"], [])
    emitted, earned = pair
    places = sampled(min(len(emitted.day), len(earned.day)))
    rows = [[day, short(emitted.q50[i]), short(earned.q50[i])] for day, i in zip(days(document, emitted, places), places, strict=True)]
    return Table(f"Emissions and revenue [{emitted.unit}], medians over paths", ["day", "emissions", "revenue"], rows)


def unlocks(document: Document) -> Table:
    """Each holder's sum, first and last period."""
    holders: dict[str, list[Unlock]] = {}
    for u in sorted(document.unlocks, key=lambda u: u.day):
        if u.amount > 0:
            holders.setdefault(u.holder, []).append(u)
    rows = [[name, us[0].role, us[0].date, us[-1].date, short(sum(u.amount for u in us))] for name, us in holders.items()]
    return Table(f"Unlocks [{document.token}]", ["holder", "role", "first from", "last from", "in all"], rows)


def scenarios(document: Document) -> Table:
    """Medians of each metric in each comparison run."""
    titles = {m.name: f"{m.title} [{m.unit}]" for m in document.metrics}
    found = dict.fromkeys(name for run in document.comparisons for name in run.metrics)
    rows = [
        [titles.get(n, n), *(short(run.metrics.get(n)) for run in document.comparisons)]
        for n in sorted(found, key=lambda n: list(titles).index(n) if n in titles else len(titles))
    ]
    return Table("Medians by run", ["metric", *(run.title for run in document.comparisons)], rows)


def caps(document: Document) -> Table:
    """Market caps as printed."""
    return claimed(document, "market cap", "Market caps as printed")


def volatilities(document: Document) -> Table:
    """Volatilities as printed, each with its window."""
    return claimed(document, "volatility", "Volatilities as printed")


def claimed(document: Document, quantity: str, title: str) -> Table:
    """What articles print of a quantity."""
    said = [c for c in document.claims if c.quantity == quantity]
    windows = ["not stated" if c.window is None else f"{c.window:g} days" for c in said] if quantity == "volatility" else ["" for _ in said]
    rows = [[c.subject, c.printed, w, c.period, c.article] for c, w in zip(said, windows, strict=True)]
    return Table(title, ["of", "printed", "window", "when", "article"], rows)


TABLES: dict[str, Callable[[Document], Table]] = {
    "sankey": sankey,
    "waterfall": waterfall,
    "parity": parity,
    "unlocks": unlocks,
    "scenarios": scenarios,
    "caps": caps,
    "volatilities": volatilities,
}
