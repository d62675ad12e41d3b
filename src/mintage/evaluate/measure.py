"""A run, measured: series read off flows, and one number per path for every metric. Definitions are in `mintage.metrics`.

Nothing here knows a network: emission is what leaves `issuance`, burn is what reaches `burned`, revenue is the fiat that flows
tagged `revenue` bring in from outside. A metric that needs data the spec does not give is NaN on every path, never a guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..accounts import ISSUANCE, Account
from ..economy import Economy
from ..errors import Fault, Interrupted, UsageError, nearest
from ..save import Save
from ..simulate import Progress, Standing, simulate
from ..trajectory import Trajectory

if TYPE_CHECKING:
    from ..check import FlowInfo
    from ..spec import Spec

Array = NDArray[np.float64]
YEAR = 365.0


@dataclass(frozen=True)
class Metric:
    """A number per path: what it is called, its unit, which direction is good, and how it is read off a measured run."""

    name: str
    title: str
    unit: str
    better: Literal["up", "down", ""]
    read: Callable[[Measured], Any]


METRICS: dict[str, Metric] = {}


def metric(title: str, unit: str, better: Literal["up", "down", ""] = "") -> Callable[[Callable[[Measured], Any]], Callable[[Measured], Any]]:
    """Register a function Measured -> [path] under its own name. `unit` may say `token` and `fiat`."""

    def keep(read: Callable[[Measured], Any]) -> Callable[[Measured], Any]:
        METRICS[read.__name__] = Metric(read.__name__, title, unit, better, read)
        return read

    return keep


class Measured:
    """A run with its series [period, path]; `metric(name)` is [path]."""

    def __init__(self, spec: Spec, economy: Economy, run: Trajectory) -> None:
        self.spec, self.economy, self.run = spec, economy, run
        self.paths, self.token, self.fiat = run.manifest.paths, economy.token, economy.fiat

    def head(self, paths: int) -> Measured:
        """The first `paths` paths: the same futures that a run of that size would have."""
        cut = replace(
            self.run,
            manifest=replace(self.run.manifest, paths=paths),
            series={k: v[:, :paths] for k, v in self.run.series.items()},
            end={k: v[:paths] for k, v in self.run.end.items()},
        )
        return Measured(self.spec, self.economy, cut)

    @cached_property
    def days(self) -> Array:
        """Length of each period [day]."""
        return np.diff(self.run.day)

    @property
    def horizon(self) -> float:
        """[day]"""
        return float(self.run.day[-1])

    def level(self, name: str) -> Array:
        """A level at the end of each period [period, path]."""
        return self.run[name][1:]

    def amount(self, name: str) -> Array:
        """An amount of each period [period, path]; zero when the economy has no such flow."""
        return self.run[name][1:] if name in self.run.series else np.zeros((len(self.days), self.paths))

    def signal(self, role: str) -> Array | None:
        """The series, opening included, of the signal that plays `role` in `[evaluation]`, or None."""
        name = getattr(self.spec.evaluation, role, None)
        return self.run.series.get(name) if name else None

    @cached_property
    def price(self) -> Array:
        """[fiat/token] at the end of each period; NaN when the spec names no price."""
        p = self.signal("price")
        return p[1:] if p is not None else np.full((len(self.days), self.paths), np.nan)

    @cached_property
    def minted(self) -> Array:
        return self.amount(f"mint/{self.token}")

    @cached_property
    def burned(self) -> Array:
        return self.amount(f"burn/{self.token}")

    @cached_property
    def revenue(self) -> Array:
        """External revenue [fiat] of each period."""
        return self.amount(f"tag:revenue/{self.fiat}")

    @cached_property
    def emitted(self) -> Array:
        """Tokens minted, and what rewards took out of reserves beyond all that was minted into those so far: a network that minted everything at the
        start pays its rewards out of that, which dilutes whoever holds the float as much as minting does."""
        filled = self.arrows(lambda i: into_reserve(self.economy, i))
        paid = self.arrows(lambda i: from_reserve(self.economy, i))
        beyond = np.maximum(np.cumsum(paid, axis=0) - np.cumsum(filled, axis=0), 0.0)
        return self.minted + np.diff(beyond, axis=0, prepend=0.0) if beyond.any() else self.minted

    @cached_property
    def emission_value(self) -> Array:
        """[fiat]: tokens emitted times the price at the period's end."""
        return self.emitted * self.price

    @cached_property
    def two_years(self) -> bool:
        """Whether the first and the last year are two."""
        return bool(self.years[0].stop <= self.years[1].start)

    @cached_property
    def years(self) -> tuple[slice, slice]:
        """The first and the last year in whole periods, as many in each: a period that the horizon cuts short would bias their comparison."""
        whole = int(np.isclose(self.days, self.days[0]).sum())
        number = min(whole, max(1, round(YEAR / float(self.days[0]))))
        return slice(0, number), slice(whole - number, whole)

    @property
    def first_year(self) -> slice:
        return self.years[0]

    @property
    def last_year(self) -> slice:
        return self.years[1]

    def by_role(self, role: str) -> list[Account]:
        return [a for a in self.economy.accounts if self.economy.kinds[a.kind].role == role and a.asset == self.token]

    def held(self, role: str) -> Array:
        """Tokens in all accounts of a role at the end of each period."""
        return sum((self.level(str(a)) for a in self.by_role(role)), np.zeros((len(self.days), self.paths)))

    def worth(self, role: str) -> Array:
        """What all accounts of a role hold at the start [fiat], tokens at the price."""
        price = self.signal("price")
        first = price[0] if price is not None else np.full(self.paths, np.nan)
        places = [a for a in self.economy.accounts if self.economy.kinds[a.kind].role == role]
        value = {self.token: first, self.fiat: 1.0}
        return sum((self.run[str(a)][0] * value[a.asset] for a in places if a.asset in value), np.zeros(self.paths))

    def arrows(self, chosen: Callable[[FlowInfo], bool], asset: str = "") -> Array:
        """Amounts of the token, or of `asset`, that moved along the chosen flows in each period."""
        names = [f"flow:{i.arrow}" for i in self.economy.flow_table if i.src.asset == (asset or self.token) and chosen(i)]
        return sum((self.amount(n) for n in names), np.zeros((len(self.days), self.paths)))

    def metric(self, name: str) -> Array:
        """One number per path: NaN where the run has no such number, infinite where it is (a ratio without revenue, a parity never reached)."""
        from . import figures  # noqa: F401  (registers METRICS)

        if name not in METRICS:
            raise UsageError(Fault("MT506", name, "no such metric", "a metric's name", nearest(name, METRICS)))
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(METRICS[name].read(self), dtype=float), (self.paths,))

    def median(self, name: str) -> float | None:
        """Median over the paths where there is such a number; None when on none, infinite when it is so on half of them."""
        return quantiles(self.metric(name), (0.5,))[0]


def quantiles(value: Array, levels: Sequence[float]) -> list[float | None]:
    """Quantiles over the paths that have a number; None when none has. Infinity counts as the largest: dropping it would flatter."""
    known = np.sort(value[~np.isnan(value)])
    if not len(known):
        return [None] * len(levels)
    at = np.asarray(levels) * (len(known) - 1)
    low, high = known[np.floor(at).astype(int)], known[np.ceil(at).astype(int)]
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * (at - np.floor(at))
    return [float(x) for x in np.where(low == high, low, np.where(np.isfinite(high), between, high))]


def finite(value: float | None) -> float | None:
    """For a document: a number, or None where there is none or it is infinite."""
    return value if value is not None and math.isfinite(value) else None


def to_providers(economy: Economy, flow: FlowInfo) -> bool:
    """A reward that reaches those who provide: not what is minted into a pool, nor what others are given."""
    return flow.tag == "reward" and economy.kinds[flow.dst.kind].role == "provider"


def straight(economy: Economy, flow: FlowInfo) -> bool:
    """Revenue that customers pay to those who provide, not to the network or a market."""
    return flow.tag == "revenue" and economy.kinds[flow.dst.kind].role == "provider"


def is_reserve(economy: Economy, kind: str) -> bool:
    """The network's own tokens that do not circulate: not a stake, nor an escrow that holds no more than what was put into it."""
    k = economy.kinds[kind]
    if k.circulating or k.role in ("outside", "staked"):
        return False
    opened = any(a.kind == kind and x for a, x in economy.opening.items()) or any(i.tag == "unlock" and i.dst.kind == kind for i in economy.flow_table)
    return k.role != "escrow" or opened


def from_reserve(economy: Economy, flow: FlowInfo) -> bool:
    """A reward out of what was minted before and did not circulate."""
    return flow.tag == "reward" and is_reserve(economy, flow.src.kind) and not is_reserve(economy, flow.dst.kind)


def into_reserve(economy: Economy, flow: FlowInfo) -> bool:
    """Minted, and not in circulation yet."""
    return flow.src.kind == ISSUANCE and is_reserve(economy, flow.dst.kind)


def subsidy(economy: Economy, flow: FlowInfo) -> bool:
    """What providers are paid out of new tokens, reserves, or a pool that new tokens fill, not by customers."""
    pooled = economy.kinds[flow.src.kind].role == "liquidity"
    return to_providers(economy, flow) and (flow.src.kind == ISSUANCE or pooled or from_reserve(economy, flow))


def to_insiders(economy: Economy, flow: FlowInfo) -> bool:
    """New tokens for the team or investors."""
    return flow.src.kind == ISSUANCE and economy.kinds[flow.dst.kind].role in ("insider", "investor")


def watched(spec: Spec, economy: Economy) -> tuple[str, ...]:
    """What a measured run has to save."""
    t, f = economy.token, economy.fiat
    roles = ("price", "providers", "utilisation", "quality", "demand", "served", "cost", "spending")
    signals = [s for r in roles if (s := getattr(spec.evaluation, r, None))]
    tags = {f"tag:{i.tag}/{i.src.asset}" for i in economy.flow_table if i.tag}
    accounts = [str(a) for a in economy.accounts if a.asset == t and economy.kinds[a.kind].role in ("treasury", "staked", "insider", "investor", "provider")]
    treasury = [str(a) for a in economy.accounts if a.asset == f and economy.kinds[a.kind].role in ("treasury", "provider")]
    wanted = (to_providers, to_insiders, from_reserve, into_reserve)
    arrows = [f"flow:{i.arrow}" for i in economy.flow_table if i.src.asset == t and any(is_one(economy, i) for is_one in wanted)]
    arrows += [f"flow:{i.arrow}" for i in economy.flow_table if i.functional or (i.src.asset == f and straight(economy, i))]
    out = [f"out:{k.name}/{a}" for k in economy.kinds.values() if k.role == "treasury" for a in k.assets if a in (t, f)]
    return tuple(
        dict.fromkeys(
            [*signals, f"supply/{t}", f"circulating/{t}", f"mint/{t}", f"burn/{t}", f"functional/{t}", *sorted(tags), *accounts, *treasury, *out, *arrows]
        )
    )


def measure(
    spec: Spec,
    paths: int = 2000,
    seed: int = 1,
    steps: int | None = None,
    *,
    workers: int = 1,
    executor: Any = None,
    progress: Progress | None = None,
    start: Standing | None = None,
) -> Measured:
    """Simulate a spec and keep what the metrics need: one value per variable, path and evaluation epoch. `start`: where a live network under it stands."""
    economy = start.economy if start else spec.economy()
    every = max(1, round(float(spec.evaluation.epoch) / float(economy.dt)))
    save = Save(every=every, vars=watched(spec, economy), paths=True)
    run = simulate(start or economy, paths, steps or spec.steps, seed, save, workers=workers, executor=executor, progress=progress)
    return Measured(spec, economy, run)


def measure_whole(
    spec: Spec, paths: int, seed: int, steps: int | None = None, *, workers: int = 1, progress: Progress | None = None, start: Standing | None = None
) -> Measured | None:
    """As `measure`, but None when an interrupt left out paths: half a run cannot be paired with another."""
    try:
        found = measure(spec, paths, seed, steps, workers=workers, progress=progress, start=start)
    except Interrupted:
        return None
    return None if found.run.manifest.partial else found


def summary(measured: Measured, names: Mapping[str, Metric] | None = None) -> dict[str, float | None]:
    """Medians of all metrics; None where one is infinite."""
    return {n: finite(measured.median(n)) for n in (names or METRICS)}
