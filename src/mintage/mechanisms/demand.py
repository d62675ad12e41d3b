"""Demand that answers to price and quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Emitted, Mechanism, Number, Parameters, Ref, State, number, reads, writes


class ElasticDemand(Mechanism):
    """Customers' spending: D = level (fee / reference)^(1 - elasticity) (quality / quality_ref)^quality_elasticity.

    The volume of work falls as fee^-elasticity; spending is volume times fee, hence 1 - elasticity. [fiat/day], shape [1, path]. `level` is what would be
    spent at the reference fee and quality. The default elasticity is an assumption: published estimates disagree.
    """

    name = "elastic_demand"
    breaks = "Elasticities measured in calm weeks do not hold in a collapse, and quality that is only simulated hides how fast customers really leave."
    behaviour = True

    class Params(Parameters):
        level: Ref = reads("demand_level", "fiat/day", "spending at the reference fee and quality")
        fee: Ref = reads("fee", "fiat/job", "list price of work")
        quality: Ref = reads("", "1", "quality of work; empty: no matter")
        demand: Ref = writes("demand", "fiat/day", "what customers would spend")
        reference: Number = number(None, "fiat/job", "fee at which spending is the level", gt="0")
        elasticity: Number = number("1.1", "1", "of volume to fee", ge="0")
        quality_ref: Number = number("1", "1", "quality at which spending is the level", gt="0")
        quality_elasticity: Number = number("0", "1", "of spending to quality", ge="0")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        demand = signals[p.level] * xp.power(signals[p.fee] / p.reference, 1 - p.elasticity)
        if p.quality:
            demand = demand * xp.power(signals[p.quality] / p.quality_ref, p.quality_elasticity)
        return [], {p.demand: demand}
