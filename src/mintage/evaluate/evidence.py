"""Everything the judgement may look at: the base run and the runs beside it under common random numbers.

Comparison runs are made with fewer paths than the base run; the base run's first paths stand against them (a path is the same
whatever the number of paths), so that a difference is never a difference of dice. `counts` says how many paths each run had.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..simulate import Progress, Standing
from .measure import Measured, measure, measure_whole

if TYPE_CHECKING:
    from ..spec import Spec

USAGE_STEP = Decimal("0.05")
Report = Callable[[str, int, int], None]
Stand = Callable[["Spec"], "Standing | None"]


@dataclass(frozen=True)
class Evidence:
    """`usage_down` and `usage_up` scale the usage drivers by 1 -/+ 5 %; `ablated` pays the service in a stablecoin; `partial`: cut short.

    `recorded`: the base run is not simulated but the record of a live network, and the others go on from its end.
    """

    spec: Spec
    base: Measured
    beside: Measured  # the base run's first paths, as many as the comparison runs have
    usage_down: Measured | None
    usage_up: Measured | None
    ablated: Measured | None
    scenarios: dict[str, Measured] = field(default_factory=dict)
    partial: bool = False
    recorded: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Paths of every run made, by name."""
        named = {
            "base": self.base,
            "futures": self.beside if self.recorded else None,
            "usage -5 %": self.usage_down,
            "usage +5 %": self.usage_up,
            "stablecoin": self.ablated,
            **self.scenarios,
        }
        return {name: m.paths for name, m in named.items() if m is not None}


def ablation(spec: Spec) -> dict[str, object]:
    """Parameter paths that replace every token payment leg by a stablecoin; empty when there is none."""
    return {f"{u.name}.{key}": value for u in spec.economy().uses if u.active for key, value in u.mechanism.ablation.items()}


def ablated(spec: Spec) -> Spec | None:
    """The spec paid in a stablecoin; None when nothing is paid in tokens, or the chart has no accounts to pay dollars to."""
    values = ablation(spec)
    try:
        return spec.with_values(values) if values else None
    except SpecError:
        return None


def usage(spec: Spec, factor: Decimal) -> dict[str, object]:
    """The spec's usage drivers, scaled."""
    return {path: spec.value(path) * factor for path in spec.evaluation.usage}


def variants(spec: Spec) -> dict[str, Spec]:
    """The runs beside the base run, by what a reader calls them."""
    out = {}
    if spec.evaluation.usage:
        out = {f"usage {sign}5 %": spec.with_values(usage(spec, 1 + step)) for sign, step in (("-", -USAGE_STEP), ("+", USAGE_STEP))}
    if (paid := ablated(spec)) is not None:
        out["stablecoin"] = paid
    return out | {f"scenario {name}": spec.scenario(name) for name, table in spec.scenarios.items() if name != "base" and table.judged}


def gather(
    spec: Spec,
    paths: int,
    beside: int,
    seed: int,
    *,
    workers: int = 1,
    progress: Report | None = None,
    record: Measured | None = None,
    stand: Stand | None = None,
) -> Evidence:
    """Make all runs: the base, the usage pair, the ablation, each scenario.

    With `record`, a live network's, that is the base, and `stand` says where a variant of the spec goes on from: a variant that cannot (None) is left
    out, and the runs stand beside the spec's own futures from there.

    After an interrupt no further run is begun, and a run beside the base that was cut short is left out: its paths could not be paired.
    """

    def tick(name: str) -> Progress | None:
        return (lambda done, total: progress(name, done, total)) if progress else None

    base = measure(spec, paths, seed, workers=workers, progress=tick("base"), start=stand(spec) if stand else None)
    partial, number = base.run.manifest.partial, min(beside, base.paths)
    made: dict[str, Measured] = {}
    for name, variant in variants(spec).items():
        start = stand(variant) if stand else None
        if stand and start is None:
            continue
        found = None if partial else measure_whole(variant, number, seed, workers=workers, progress=tick(name), start=start)
        if found is None:
            partial = True
        else:
            made[name] = found
    scenarios = {name: made[f"scenario {name}"] for name in spec.scenarios if f"scenario {name}" in made}
    pair, paid = (made.get("usage -5 %"), made.get("usage +5 %")), made.get("stablecoin")
    return Evidence(spec, record or base, base.head(number), *pair, paid, scenarios, partial, record is not None)
