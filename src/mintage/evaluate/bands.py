"""Series for the eye: quantiles over paths of what a reader wants to see, and the flows of one epoch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..save import Save
from ..simulate import simulate
from .document import Band, Bar, Link
from .measure import Array, Measured

LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
ROLE_TITLES = {
    "price": "Token price",
    "demand": "Demand",
    "providers": "Active providers",
    "utilisation": "Utilisation",
    "quality": "Service quality",
    "served": "Service delivered",
    "cost": "Cost of compute",
}


def band(name: str, title: str, unit: str, day: Array, values: Array) -> Band:
    """Quantiles and mean over paths of [save, path]; None where no path has a value."""
    finite = np.where(np.isfinite(values), values, np.nan)
    known = ~np.isnan(finite).all(axis=1)
    quantiles, mean = np.full((len(LEVELS), len(day)), np.nan), np.full(len(day), np.nan)
    if known.any():
        quantiles[:, known] = np.nanquantile(finite[known], LEVELS, axis=1)
        mean[known] = np.nanmean(finite[known], axis=1)
    rows = [[None if np.isnan(x) else float(x) for x in row] for row in (*quantiles, mean)]
    return Band(name=name, title=title, unit=unit, day=[float(d) for d in day], q05=rows[0], q25=rows[1], q50=rows[2], q75=rows[3], q95=rows[4], mean=rows[5])


def bands(m: Measured) -> list[Band]:
    """Fan charts: the watched signals, supply and float, and per epoch what is minted, burned, earned and emitted in value."""
    t, f, day = m.token, m.fiat, m.run.day
    per = f"{m.days[0]:g} days" if m.days[0] != 7 else "week"
    out = []
    for role, title in ROLE_TITLES.items():
        series = m.signal(role)
        if series is not None:
            out.append(band(role, title, m.economy.signals[getattr(m.spec.evaluation, role)].unit, day, series))
    out.append(band("supply", "Supply outstanding", t, day, m.run[f"supply/{t}"]))
    out.append(band("circulating", "Circulating supply", t, day, m.run[f"circulating/{t}"]))
    whole = np.isclose(m.days, m.days[0])  # a last, shorter period would look like a fall
    later = day[1:][whole]
    minted, burned, revenue, value = (x[whole] for x in (m.minted, m.burned, m.revenue, m.emission_value))
    out.append(band("minted", "Minted", f"{t}/{per}", later, minted))
    out.append(band("burned", "Burned", f"{t}/{per}", later, burned))
    out.append(band("revenue", "External revenue", f"{f}/{per}", later, revenue))
    out.append(band("emission_value", "Value of emission", f"{f}/{per}", later, value))
    with np.errstate(all="ignore"):
        out.append(band("ratio", "Emission to external revenue", "1", later, value / np.where(revenue > 0, revenue, np.nan)))
    return out


def waterfall(m: Measured) -> list[Bar]:
    """From the opening supply to the end's: minted, burned, and what of it circulates [token], means over paths."""
    t = m.token
    supply, circulating = m.run[f"supply/{t}"], m.run[f"circulating/{t}"]
    return [
        Bar(label="Opening supply", amount=float(supply[0].mean()), total=True),
        Bar(label="Minted", amount=float(m.minted.sum(axis=0).mean())),
        Bar(label="Burned", amount=0.0 - float(m.burned.sum(axis=0).mean())),
        Bar(label="Closing supply", amount=float(supply[-1].mean()), total=True),
        Bar(label="Locked or reserved", amount=0.0 - float((supply[-1] - circulating[-1]).mean())),
        Bar(label="Circulating", amount=float(circulating[-1].mean()), total=True),
    ]


SANKEY_PATHS = 512


def sankey(m: Measured, seed: int) -> list[Link]:
    """Mean flows of one evaluation epoch over the run's last year, each valued at its own path's price. A small run of its own, where the run has no
    arrows: a record has."""
    e = m.economy
    every = max(1, round(float(m.days[0]) / float(e.dt)))
    names, price = {f"flow:{i.arrow}": i for i in e.flow_table}, m.spec.evaluation.price
    save = Save(every=every, vars=(*names, *([price] if price else [])), paths=True)
    run = m.run if names.keys() <= m.run.series.keys() else simulate(e, min(SANKEY_PATHS, m.paths), m.run.manifest.steps, seed, save)
    year = m.last_year
    worth = {m.token: run[price][1:][year] if price else 0.0, m.fiat: 1.0}
    links = []
    for name, info in names.items():
        moved = run[name][1:][year]
        if moved.any():
            links.append(
                Link(
                    source=info.src.kind,
                    target=info.dst.kind,
                    asset=info.src.asset,
                    reason=f"{info.call}: {info.reason}",
                    amount=float(moved.mean()),
                    value_fiat=float((moved * worth.get(info.src.asset, 0.0)).mean()),
                )
            )
    return sorted(links, key=lambda x: -x.value_fiat)


def periods(day: Array, length: float) -> Iterator[slice]:
    """Consecutive whole windows of `length` [day] over the saves."""
    edges = np.arange(0.0, day[-1] + 1e-9, length)
    marks = np.searchsorted(day, edges - 1e-9)
    for a, b in itertools.pairwise(marks):
        yield slice(int(a), int(b))
