"""A number with its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .checks import numbers, share


class Estimate(NamedTuple):
    """`value` between `low` and `high`, all in one unit. An end that the sample cannot bound is infinite."""

    value: float
    low: float
    high: float


def mean_estimate(x: ArrayLike, level: float = 0.9, name: str = "sample") -> Estimate:
    """Mean over [path] with Student's interval: m +- t_{n-1} s/sqrt(n) (Student 1908). One path bounds nothing: the ends are infinite.

    Raises UsageError MT420-MT422.
    """
    values = numbers(x, name).ravel()
    mean, tail = float(values.mean()), (1 + share(level, "level")) / 2
    if len(values) < 2:
        return Estimate(mean, -np.inf, np.inf)
    half = float(stats.t.ppf(tail, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Estimate(mean, mean - half, mean + half)
