"""Closed forms of three common controllers, against which a simulated one is held: a fee, inflation towards a goal, a utilisation band."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, numbers


def fee_multiplier(gain: ArrayLike, elasticity: ArrayLike) -> Array:
    """1 - phi eps [1]: factor on a small deviation per step of b <- b(1 + phi(g(b)/T - 1)), eps the demand elasticity at target.

    Stable iff its size is below 1, that is phi < 2/eps; below 0 it alternates. Source: Leonardos et al. 2021. Errors: MT420-MT422.
    """
    return 1 - numbers(gain, "gain", above=0) * numbers(elasticity, "elasticity", low=0)


def goal_inflation(rate: ArrayLike, bonded: ArrayLike, goal: float, change: float, low: float, high: float, dt: float = 0.0) -> tuple[Array, Array]:
    """d pi/dt = (1 - bonded/goal) change [1/year^2], and the rate after dt [year], clipped to [low, high] [1/year].

    At rest the bonded share is at goal or inflation is at a bound. Source: Cosmos SDK mint module. Errors: MT420-MT422.
    """
    speed = (1 - numbers(bonded, "bonded", low=0, high=1) / float(numbers(goal, "goal", above=0, high=1))) * float(numbers(change, "change", low=0))
    floor, ceiling = float(numbers(low, "low")), float(numbers(high, "high", low=low))
    return speed, np.clip(numbers(rate, "rate") + speed * float(numbers(dt, "dt", low=0)), floor, ceiling)


def band_path(start: float, lower: float, upper: float, effect: float, steps: int) -> Array:
    """Utilisation [step] under a band rule: below `lower` it is raised by `effect`, above `upper` lowered by it, inside left alone [1].

    It comes to rest from every start iff effect <= upper - lower; beyond that some starts cycle between two values for ever. Errors: MT421, MT422.
    """
    floor, ceiling = float(numbers(lower, "lower", low=0)), float(numbers(upper, "upper", low=lower))
    size, path = float(numbers(effect, "effect", above=0)), np.empty(int(numbers(steps, "steps", low=0, high=1e6)) + 1)
    path[0] = float(numbers(start, "start"))
    for t in range(1, len(path)):
        now = float(path[t - 1])
        path[t] = now + size * ((now < floor) - (now > ceiling))
    return path
