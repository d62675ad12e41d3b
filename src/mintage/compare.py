"""Two or more designs on the same futures: paired differences under common random numbers, each with its interval."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Fault, Interrupted, UsageError, nearest
from .evaluate.figures import METRICS
from .evaluate.measure import Measured, finite, measure_whole, quantiles
from .metrics import paired_difference
from .simulate import Progress

if TYPE_CHECKING:
    from .spec import Spec

LEVEL = 0.95
ROUNDING = 1e-12  # relative: two sums of the same flows in another order differ by this and mean nothing


@dataclass(frozen=True)
class Row:
    """One metric of B beside A. Differences are over the `pairs` of paths where both have a finite one; `better` counts infinities too.

    `a`, `b`: medians over all paths (None: none, or infinite). `difference`: mean of B - A on the same path, between `low` and `high` (95 %);
    `middle`: its median. `better` [1]: share of paths on which B is better (None: neither direction is good). `correlation` [1] of A and B
    (None when one does not vary), and
    `variance_kept` [1] = Var(B - A) / (Var A + Var B): 1 when pairing did not help, 0 when it took all noise away.
    """

    metric: str
    title: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    middle: float | None = None
    better: float | None = None
    correlation: float | None = None
    variance_kept: float | None = None
    pairs: int = 0


@dataclass(frozen=True)
class Comparison:
    """A against B on `paths` common futures; `changed` lists the spec's values that differ (path, A, B).

    `partial`: an interrupt left out designs after this one.
    """

    a: str
    b: str
    paths: int
    seed: int
    changed: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    partial: bool = False

    def __repr__(self) -> str:
        return f"<Comparison of {self.b} against {self.a} on {self.paths:,} paths: {len(self.changed)} values differ, {len(self.rows)} metrics>"

    def __getitem__(self, metric: str) -> Row:
        """The row of a metric. Errors: UsageError MT506."""
        known(metric, [r.metric for r in self.rows])
        return next(r for r in self.rows if r.metric == metric)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)


def known(metric: str, names: Collection[str] = METRICS) -> None:
    """Errors: UsageError MT506 for a metric that is not one of `names`."""
    if metric not in names:
        raise UsageError(Fault("MT506", metric[:80], "no such metric", "a name of `mintage explain metrics`", nearest(metric, names)))


def resolve(design: Any) -> tuple[str, Spec]:
    """A Spec, a preset, a file, or any of these with a scenario behind a colon: `render:bear`."""
    from .spec import Spec, load

    if isinstance(design, Spec):
        return design.name, design
    if not isinstance(design, str):
        return str(design), load(design)
    name, colon, scenario = design.rpartition(":")
    if not colon or {*scenario} & {*"./\\"}:  # a colon of a path, not of a scenario
        return design, load(design)
    return design, load(name).scenario(scenario)


def compare(
    a: Any,
    b: Any,
    paths: int = 2000,
    seed: int = 1,
    *,
    metrics: Sequence[str] | None = None,
    steps: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """B against A on the same futures. Designs are Specs, presets, files or `NAME:SCENARIO`. Errors: as for `compare_all`."""
    return compare_all([a, b], paths, seed, metrics=metrics, steps=steps, workers=workers, progress=progress)[0]


def compare_all(
    designs: Sequence[Any],
    paths: int = 2000,
    seed: int = 1,
    *,
    metrics: Sequence[str] | None = None,
    steps: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Comparison]:
    """Each design after the first against the first, over the shortest horizon; `progress(done, total)` counts path-steps of all designs.

    An interrupt keeps the designs that were finished. Errors: UsageError MT506 (no such metric), MT507 (fewer than two designs), MT513 (steps
    of different length), Interrupted MT505.
    """
    if len(designs) < 2:
        raise UsageError(Fault("MT507", "compare", f"{len(designs)} design", "two or more"))
    chosen = list(metrics or METRICS)
    for name in chosen:
        known(name)
    named = [resolve(d) for d in designs]
    spans = {spec.economy().dt for _, spec in named}
    if len(spans) > 1:
        raise UsageError(Fault("MT513", "compare", "steps of different lengths: " + ", ".join(f"{d} days" for d in sorted(spans)), "one length of a step"))
    horizon = steps or min(spec.steps for _, spec in named)
    runs = finished([spec for _, spec in named], paths, seed, horizon, workers, progress)
    (first_name, first), partial = named[0], len(runs) < len(named)
    return [
        Comparison(first_name, name, paths, seed, tuple(changed(first, spec)), tuple(row(m, runs[0], run) for m in chosen), partial)
        for (name, spec), run in zip(named[1:], runs[1:], strict=False)
    ]


def finished(specs: list[Spec], paths: int, seed: int, steps: int, workers: int, progress: Progress | None) -> list[Measured]:
    """The designs measured one after another; those before an interrupt. Errors: Interrupted MT505 when that leaves nothing to compare."""
    runs: list[Measured] = []
    total, each = len(specs) * paths * steps, paths * steps
    for spec in specs:
        tick = partial_tick(progress, len(runs) * each, total)
        run = measure_whole(spec, paths, seed, steps, workers=workers, progress=tick)
        if run is None:
            break
        runs.append(run)
    if len(runs) < 2:
        raise Interrupted(Fault("MT505", "compare", "interrupted before two designs were finished", "at least two"))
    return runs


def partial_tick(progress: Progress | None, before: int, total: int) -> Progress | None:
    """One run's progress as a share of several."""
    return (lambda done, _: progress(before + done, total)) if progress else None


def row(metric: str, a: Measured, b: Measured) -> Row:
    """One metric on the paths where both have it."""
    x, y = a.metric(metric), b.metric(metric)
    meta = METRICS[metric]
    unit = meta.unit.replace("token", a.token).replace("fiat", a.fiat)
    known, both = ~(np.isnan(x) | np.isnan(y)), np.isfinite(x) & np.isfinite(y)
    mid_a, mid_b = (finite(quantiles(v, (0.5,))[0]) for v in (x, y))
    with np.errstate(invalid="ignore"):
        y = np.where(both & (np.abs(y - x) <= ROUNDING * np.abs(x)), x, y)
    good = None  # never reaching parity, or emitting against nothing, loses to any number
    if meta.better and known.any():
        good = float((y > x if meta.better == "up" else y < x)[known].mean())
    pairs = int(both.sum())
    if pairs < 2:
        return Row(metric, meta.title, unit, mid_a, mid_b, better=good, pairs=pairs)
    x, y = x[both], y[both]
    found, gap = paired_difference(x, y, LEVEL), y - x
    mean, low, high = (float(v) for v in found.difference)
    varies = all(v.std() > ROUNDING * np.abs(v).max() for v in (x, y))
    correlation = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1)) if varies else None
    kept = float(found.variance / found.variance_unpaired) if found.variance_unpaired > 0 else None
    return Row(metric, meta.title, unit, mid_a, mid_b, mean, low, high, float(np.median(gap)), good, correlation, kept, pairs)


def changed(a: Spec, b: Spec) -> list[tuple[str, str, str]]:
    """Values that differ, by path; empty on one side where the other has no such value."""
    left, right = ({p.path: f"{p.value} {p.unit if p.unit != '1' else ''}".strip() for p in s.provenance} for s in (a, b))
    paths = list(dict.fromkeys([*left, *right]))
    return [(p, left.get(p, ""), right.get(p, "")) for p in paths if left.get(p) != right.get(p)]
