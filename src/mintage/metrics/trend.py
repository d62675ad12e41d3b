"""Is a series rising: Theil-Sen slope and Mann-Kendall test, for one series or for many paths at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .checks import Array, numbers, refuse, share

BLOCK = 256  # paths at a time: all pairwise slopes of 160 steps then take 26 MB


class MannKendall(NamedTuple):
    """S, its variance, Z, the two-sided p and `p_rising`, the one-sided p against a rise: each [path]."""

    s: Array
    variance: Array
    z: Array
    p: Array
    p_rising: Array


class Trend(NamedTuple):
    """Slope [unit/period] with its interval, and the Mann-Kendall test of the same series."""

    slope: float
    low: float
    high: float
    p: float
    p_rising: float
    periods: int


def mann_kendall(x: ArrayLike) -> MannKendall:
    """S = sum_{i<j} sign(x_j - x_i); var = (n(n-1)(2n+5) - sum_ties t(t-1)(2t+5))/18; Z = (S -+ 1)/sqrt(var): [step, path] -> [path].

    The normal law is good from about eight periods on. A constant series has Z = 0 and p = 1. Infinity is the largest value, which an
    emission ratio without revenue needs. Errors: MT421, MT424 (fewer than three). Source: Mann 1945; Kendall 1975.
    """
    series = numbers(x, "series", least=3, infinite=True)
    n, s = len(series), np.zeros(series.shape[1:])
    for i in range(n - 1):
        s += (series[i + 1 :] > series[i]).sum(0, dtype=np.int32)
        s -= (series[i + 1 :] < series[i]).sum(0, dtype=np.int32)
    variance = (n * (n - 1) * (2 * n + 5) - _ties(series)) / 18
    z = np.divide(s - np.sign(s), np.sqrt(variance), out=np.zeros_like(s), where=variance > 0)
    return MannKendall(s, variance, z, np.asarray(2 * stats.norm.sf(np.abs(z))), np.asarray(stats.norm.sf(z)))


def theil_sen(x: ArrayLike, dt: float = 1.0) -> Array:
    """Median of (x_j - x_i)/(t_j - t_i) over all i < j [unit/dt]: [step, path] -> [path]. Errors: MT421, MT422, MT424.

    Source: Theil 1950; Sen 1968. 10,000 paths of 160 steps are 127 million slopes, a few seconds: sum days to weeks or months first.
    """
    series = numbers(x, "series", least=2)
    i, j = np.triu_indices(len(series), 1)
    span = ((j - i) * float(numbers(dt, "dt", above=0)))[:, None]
    paths = series.reshape(len(series), -1)
    blocks = [paths[:, k : k + BLOCK] for k in range(0, paths.shape[1], BLOCK)]
    slopes = [np.median((b[j] - b[i]) / span, axis=0, overwrite_input=True) for b in blocks]
    return np.concatenate(slopes).reshape(series.shape[1:])


def trend(x: ArrayLike, dt: float = 1.0, level: float = 0.9) -> Trend:
    """Theil-Sen slope of one series [step] with Sen's interval, and its Mann-Kendall p. Errors: MT421, MT422, MT424.

    Flag of a worsening emission ratio: slope > 0 and p < 0.10 over at least eight periods.
    """
    series = numbers(x, "series", least=3)
    if series.ndim != 1:
        refuse("MT423", "trend", f"shape {series.shape}", "one series [step]", "take mann_kendall and theil_sen for many paths")
    times = np.arange(len(series)) * float(numbers(dt, "dt", above=0))
    test = mann_kendall(series)
    if (series == series[0]).all():  # Sen's interval has no ranks where every pair is tied
        return Trend(0.0, 0.0, 0.0, float(test.p), float(test.p_rising), len(series))
    fit = stats.theilslopes(series, times, alpha=share(level, "level"))
    return Trend(float(fit.slope), float(fit.low_slope), float(fit.high_slope), float(test.p), float(test.p_rising), len(series))


def _ties(series: Array) -> Array:
    """Sum over groups of t equal values of t(t-1)(2t+5), [path]."""
    ranked = np.sort(series, axis=0)
    row = np.arange(len(ranked)).reshape((-1,) + (1,) * (ranked.ndim - 1))
    new = np.ones(ranked.shape, bool)
    new[1:] = ranked[1:] != ranked[:-1]
    first = np.maximum.accumulate(np.where(new, row, 0), axis=0)
    place = row - first  # within its group, from 0; the member at p adds the increment 6p(p+2) of t(t-1)(2t+5)
    return np.asarray((6 * place * (place + 2)).sum(0), np.float64)
