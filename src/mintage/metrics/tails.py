"""The bad end of a distribution: VaR and CVaR of losses (larger is worse), each with an interval, and what a count of failures proves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .checks import numbers, refuse, share
from .estimate import Estimate


def quantile_interval(x: ArrayLike, q: float, level: float = 0.9) -> Estimate:
    """The ceil(n q)-th smallest of [path], between order statistics l and u with P(l <= Bin(n, q) < u) >= level.

    Free of any law of x. An end that the sample is too small to hold is infinite. Source: David and Nagaraja 2003, 7.1. Errors: MT420-MT422.
    """
    ordered = np.sort(numbers(x, "sample").ravel())
    n, chance, tail = len(ordered), share(q, "quantile"), (1 - share(level, "level")) / 2
    low, high = int(stats.binom.ppf(tail, n, chance)), int(stats.binom.isf(tail, n, chance)) + 1
    return Estimate(float(ordered[_rank(n, chance)]), float(ordered[low - 1]) if low >= 1 else -np.inf, float(ordered[high - 1]) if high <= n else np.inf)


def value_at_risk(losses: ArrayLike, q: float = 0.95, level: float = 0.9) -> Estimate:
    """VaR_q = min{a: F(a) >= q} of [path], unit of the losses, with its order-statistic interval. Errors: MT420-MT422."""
    return quantile_interval(losses, q, level)


def conditional_value_at_risk(losses: ArrayLike, q: float = 0.95, level: float = 0.9) -> Estimate:
    """CVaR_q = VaR_q + E[(L - VaR_q)+]/(1 - q): mean of the worst share 1 - q, unit of the losses, >= VaR.

    Interval: normal, from the variance of the bracketed mean (Manistre and Hancock 2005); with few losses beyond VaR it is too narrow, so
    below ten expected ones its upper end is infinite. Source: Rockafellar and Uryasev 2000. Errors: MT420-MT422.
    """
    x = numbers(losses, "losses").ravel()
    n, chance = len(x), share(q, "quantile")
    var = float(np.partition(x, _rank(n, chance))[_rank(n, chance)])
    excess = np.maximum(x - var, 0) / (1 - chance)
    value = var + float(excess.mean())
    half = float(stats.norm.ppf((1 + share(level, "level")) / 2) * excess.std() / math.sqrt(n))
    few = n * (1 - chance) < 10 - 1e-9
    return Estimate(value, max(value - half, var) if not few else var, math.inf if few else value + half)


def failure_interval(failures: int, runs: int, level: float = 0.9) -> Estimate:
    """Failure probability k/n with the exact interval of Clopper and Pearson 1934 [1]. No failure still leaves an upper end. Errors: MT422."""
    n = int(numbers(runs, "runs", low=1))
    k, tail = int(numbers(failures, "failures", low=0, high=n)), (1 - share(level, "level")) / 2
    low = float(stats.beta.ppf(tail, k, n - k + 1)) if k else 0.0
    return Estimate(k / n, low, float(stats.beta.isf(tail, k + 1, n - k)) if k < n else 1.0)


def wilks_runs(epsilon: float, beta: float, failures: int = 0) -> int:
    """Smallest n with P(Bin(n, epsilon) <= failures) <= beta: runs that, with no more failures, show a probability below epsilon at
    confidence 1 - beta. With none allowed it is ceil(ln beta / ln(1 - epsilon)). Source: Wilks 1941. Errors: MT421, MT422."""
    e, b, k = share(epsilon, "epsilon"), share(beta, "beta"), int(numbers(failures, "failures", low=0, high=1e6))
    if e < 1e-9:
        refuse("MT422", "epsilon", f"{e:g}", "at least 1e-9", "no number of runs in reach would show it")
    low, high = k, k + 1
    while stats.binom.cdf(k, high, e) > b:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stats.binom.cdf(k, middle, e) > b else (low, middle)
    return high


def _rank(n: int, q: float) -> int:
    """Row of the ceil(n q)-th smallest; n q a whole number but for rounding counts as whole."""
    return min(max(math.ceil(n * q - 1e-9) - 1, 0), n - 1)
