"""A fan of paths: quantile bands and mean at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, numbers, refuse

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Fan(NamedTuple):
    """`quantiles` [level, step] for `levels` [level], and `mean` [step]; the median path and the mean path differ under multiplicative noise."""

    levels: tuple[float, ...]
    quantiles: Array
    mean: Array


def fan(series: ArrayLike, levels: Sequence[float] = LEVELS) -> Fan:
    """Quantiles over paths of [step, path] at each step, linear between order statistics, unit of the series. Errors: MT420-MT423."""
    x = numbers(series, "series")
    if x.ndim != 2:
        refuse("MT423", "fan", f"shape {x.shape}", "[step, path]")
    at = numbers(levels, "levels", low=0, high=1)
    return Fan(tuple(float(q) for q in at), np.quantile(x, at, axis=1), x.mean(axis=1))
