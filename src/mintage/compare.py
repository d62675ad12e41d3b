"""Two or more designs on the same futures: paired differences under common random numbers, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Fault, UsageError
from .evaluate.figures import METRICS
from .evaluate.measure import Measured, measure
from .metrics import paired_difference
from .simulate import Progress

if TYPE_CHECKING:
    from .spec import Spec

LEVEL = 0.95


@dataclass(frozen=True)
class Row:
    """One metric of B beside A: medians, mean paired difference B - A with its 95 % interval, share of paths on which B is better (None:
    neither direction is good), and how much pairing shrank the variance (1: not at all)."""

    metric: str
    title: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    better: float | None
    variance_kept: float | None


@dataclass(frozen=True)
class Comparison:
    """A against B on `paths` common futures; `changed` lists the spec's values that differ (path, A, B)."""

    a: str
    b: str
    paths: int
    seed: int
    changed: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def resolve(design: Any) -> tuple[str, Spec]:
    """A Spec, a preset, a file, or any of these with a scenario behind a colon: `render:bear`."""
    if not isinstance(design, str):
        return design.name, design
    from .spec import load

    name, colon, scenario = design.partition(":")
    spec = load(name)
    return design, spec.scenario(scenario) if colon else spec


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
    """B against A on the same futures. Designs are Specs, presets, files or `NAME:SCENARIO`."""
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
    """Each design after the first against the first."""
    if len(designs) < 2:
        raise UsageError(Fault("MT512", "compare", f"{len(designs)} design", "two or more"))
    named = [resolve(d) for d in designs]
    horizon = steps or min(spec.steps for _, spec in named)
    spans = {spec.economy().dt for _, spec in named}
    if len(spans) > 1:
        raise UsageError(Fault("MT513", "compare", "steps of different lengths: " + ", ".join(f"{d} days" for d in sorted(spans)), "one length of a step"))
    runs = [measure(spec, paths, seed, horizon, workers=workers, progress=progress) for _, spec in named]
    chosen = list(metrics) if metrics else list(METRICS)
    first_name, first = named[0]
    return [
        Comparison(first_name, name, paths, seed, tuple(changed(first, spec)), tuple(row(m, runs[0], run) for m in chosen))
        for (name, spec), run in zip(named[1:], runs[1:], strict=True)
    ]


def row(metric: str, a: Measured, b: Measured) -> Row:
    """One metric on the paths where both have it."""
    x, y = a.metric(metric), b.metric(metric)
    meta = METRICS[metric]
    unit = meta.unit.replace("token", a.token).replace("fiat", a.fiat)
    both = ~(np.isnan(x) | np.isnan(y))
    mid_a, mid_b = (float(np.median(v[~np.isnan(v)])) if (~np.isnan(v)).any() else None for v in (x, y))
    if both.sum() < 2:
        return Row(metric, meta.title, unit, mid_a, mid_b, None, None, None, None, None)
    x, y = x[both], y[both]
    found = paired_difference(x, y, LEVEL)
    good = None if not meta.better else float(((y > x) if meta.better == "up" else (y < x)).mean())
    apart = float(found.variance_unpaired)
    mean, low, high = (float(v) for v in found.difference)
    return Row(metric, meta.title, unit, mid_a, mid_b, mean, low, high, good, float(found.variance) / apart if apart > 0 else None)


def changed(a: Spec, b: Spec) -> list[tuple[str, str, str]]:
    """Values that differ, by path; empty on one side where the other has no such value."""
    left, right = ({p.path: f"{p.value} {p.unit}".strip() for p in s.provenance} for s in (a, b))
    paths = list(dict.fromkeys([*left, *right]))
    return [(p, left.get(p, ""), right.get(p, "")) for p in paths if left.get(p) != right.get(p)]
