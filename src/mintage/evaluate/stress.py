"""Does a stress scenario stress? One that moves nothing would pass every test made for it."""

from __future__ import annotations

import numpy as np

from .evidence import Evidence
from .measure import Array, Measured

# scenario -> (roles of [evaluation], the first that is named counts; the least or most change of its mean; what it should do)
STRESS: dict[str, tuple[tuple[str, ...], float, str]] = {
    "demand_collapse": (("demand", "served"), 0.75, "lower mean demand by a quarter"),
    "compute_cost_spike": (("cost", "spending"), 1.2, "raise mean costs by a fifth"),
    "bear": (("price", "demand"), 0.85, "lower the mean price by 15 %"),
}


def stressed(e: Evidence, scenario: str) -> bool:
    """Whether the scenario moves what it is named for by as much as it should, in its mean over time or in the mean of its part of the base run's:
    where use grows manifold, the last years would outweigh a collapse of the first."""
    roles, bound, _ = STRESS[scenario]
    role = next((r for r in roles if e.beside.signal(r) is not None), None)
    if role is None:
        return True  # nothing to see it by: the tests themselves ask for what they need
    before, after = (middle(m, role) for m in (e.beside, e.scenarios[scenario]))
    there = before > 0
    changes = [float(after.mean()) / max(float(before.mean()), 1e-300), *([float((after[there] / before[there]).mean())] if there.any() else [])]
    return min(changes) <= bound if bound < 1 else max(changes) >= bound


def middle(m: Measured, role: str) -> Array:
    """The median path [save]."""
    series = m.signal(role)
    assert series is not None
    return np.asarray(np.median(series[1:], axis=1))
