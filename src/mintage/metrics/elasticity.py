"""Does usage reach the token: elasticity of token demand, and how much of it a stablecoin could replace."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, fit, numbers, ratio, refuse
from .estimate import Estimate, mean_estimate


def demand_elasticity(lower: ArrayLike, upper: ArrayLike, change: float = 0.05, level: float = 0.9) -> Estimate:
    """eta = ln(D+/D-)/ln((1+h)/(1-h)) [1], mean over [path] with interval.

    D- and D+ [currency] are the token demand of each path with usage scaled by 1-h and 1+h under common random numbers. 1: demand moves with
    usage; 0: no link. A path without token demand in either run has eta 0; in only one run it has none (MT422). Errors: MT420-MT423.
    """
    below, over = numbers(lower, "lower run", low=0), numbers(upper, "upper run", low=0)
    fit(below, over, "demand_elasticity")
    if ((below > 0) != (over > 0)).any():
        refuse("MT422", "demand_elasticity", "a path with token demand in one run only", "demand in both or in neither", "sum demand over a longer span")
    h = float(numbers(change, "change", above=0, below=1))
    none = below == 0
    log = np.log(np.where(none, 1.0, over)) - np.log(np.where(none, 1.0, below))
    return mean_estimate(log / np.log((1 + h) / (1 - h)), level)


def functional_share(functional: ArrayLike, speculative: ArrayLike) -> Array:
    """u = D_func/(D_func + D_spec) [1], mean over the steps that have any demand: [step, path] -> [path]; 0 without any. Errors: MT420-MT423."""
    use, trade = numbers(functional, "functional demand", low=0, least=1), numbers(speculative, "speculative demand", low=0)
    fit(use, trade, "functional_share")
    active = (use + trade > 0).sum(axis=0)
    return ratio(ratio(use, use + trade).sum(axis=0), active)


def stablecoin_survival(base: ArrayLike, ablated: ArrayLike, level: float = 0.9) -> Estimate:
    """s = min(Q', Q)/Q [1], mean over [path]: share of service volume that survives when a stablecoin replaces each token payment.

    Q and Q' are the same paths with and without the token. A path without volume shows no use of the token: s = 1. Errors: MT420-MT423.
    """
    volume, left = numbers(base, "base volume", low=0), numbers(ablated, "ablated volume", low=0)
    fit(volume, left, "stablecoin_survival")
    return mean_estimate(np.where(volume > 0, ratio(np.minimum(left, volume), volume), 1.0), level)


def utility_depth(functional: ArrayLike, survival: ArrayLike) -> Array:
    """U = u (1 - s) [1], both in [0, 1]: share of token demand that is functional and that nothing else could serve. Errors: MT420-MT422."""
    return numbers(functional, "functional share", low=0, high=1) * (1 - numbers(survival, "survival", low=0, high=1))
