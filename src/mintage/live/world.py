"""The world that a population sees: one simulated future of the spec, made longer when it ends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from ..accounts import EXTERNAL
from ..save import Save
from ..simulate import simulate
from ..spec import Spec

HANDFUL = 1e-6  # of an asset's supply: what an owner brings at once


class Path:
    """Prices and levels that are reported, what customers spend, how much of a unit is usual."""

    def __init__(self, spec: Spec, feeds: list[str], seed: int, steps: int = 64) -> None:
        self.economy, self.seed, self.steps = spec.economy(), seed, 0
        e = self.economy
        payers = (EXTERNAL, *(k.name for k in e.kinds.values() if k.role == "customer"))
        self.revenue = frozenset(
            f"{f.call}.{f.reason}" for f in e.flow_table if f.tag == "revenue" and f.src.kind in payers and e.assets[f.src.asset].form == "fiat"
        )
        self.supplies = [f"supply/{a.name}" for a in e.assets.values() if a.form != "fiat"]
        self.flows = [f"flow:{name}" for name in sorted(self.revenue)]
        self.names = tuple(dict.fromkeys([*feeds, *self.supplies, *self.flows]))
        self.series: dict[str, Any] = {}
        self.reach(steps)

    def reach(self, step: int) -> None:
        """Simulate as far as `step`. A path is the same whatever its horizon, so a longer one goes on where the shorter ended."""
        if step >= self.steps:
            self.steps = max(2 * self.steps, step + 64)
            run = simulate(self.economy, 1, self.steps, self.seed, Save(every=1, vars=self.names, paths=True))
            self.series = {name: run[name] for name in self.names}

    def at(self, name: str, step: int) -> Any:
        """All rows of a variable."""
        self.reach(step)
        return np.ravel(self.series[name][step])

    def values(self, signal: str, step: int, rng: Any) -> list[str]:
        """What a reporter saw: the path's value of each row, within a thousandth."""
        return [f"{Decimal(repr(float(v) * (1 + 0.001 * float(rng.standard_normal())))):.12f}" for v in self.at(signal, step)]

    def spent(self, step: int) -> float:
        """What customers spend in a step [fiat]; at least 1."""
        return max(1.0, sum(float(self.at(f, step + 1)[0]) for f in self.flows))

    def handful(self, asset: str) -> float:
        """What an owner brings of an asset: a share of its supply, or of the largest supply where it has none of its own yet."""
        most = {name: float(self.at(name, 0)[0]) for name in self.supplies}
        return HANDFUL * (most.get(f"supply/{asset}") or max(most.values(), default=0.0)) or 1000.0

    def usual(self, unit: str) -> float:
        """How much of a unit, such as a job, a day of the whole network has: what the spec's signals in it begin with."""
        told = [s.start for s in self.economy.signals.values() if s.unit in (unit, f"{unit}/day")]
        return max((float(sum(v)) if isinstance(v, tuple) else float(v) for v in told), default=100.0)
