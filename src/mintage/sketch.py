"""A quantile sketch: a stream of numbers in bounded memory, with bounded relative error, whatever the order it came in.

A value x is kept as the count of its bucket k = ceil(ln|x| / ln g), g = (1 + a)/(1 - a), and a bucket is read back as
2 g^k/(g + 1), which lies within a share `a` of everything in it (Masson, Rim and Lee 2019, DDSketch). Counts add, so sketches of
chunks merge in any order to identical counts. Nothing is ever collapsed: the bound holds for every quantile, and memory grows with
the logarithm of the range, about 1,150 buckets per factor of ten at a = 0.001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import Fault, UsageError

Array = NDArray[np.float64]
TINY = float(np.finfo(np.float64).tiny)  # below it a float has lost digits, so no relative error can be kept


class QuantileSketch:
    """Counts of values by logarithmic bucket, relative error `alpha` [1] in (0, 1).

    Values nearer to zero than 2.2e-308 count as zero. The smallest and largest value are kept exactly, so quantiles 0 and 1 are exact.
    Raises UsageError MT421 on NaN or infinity, MT422 on an alpha or a quantile out of range, MT420 on a quantile of nothing.
    """

    __slots__ = ("alpha", "counts", "high", "keys", "low")

    def __init__(self, alpha: float = 0.001) -> None:
        if not 1e-9 <= alpha < 1:
            raise UsageError(Fault("MT422", "QuantileSketch alpha", f"{alpha!r}", "a relative error from 1e-9 to below 1"))
        self.alpha = alpha
        self.keys: NDArray[np.int64] = np.empty(0, np.int64)  # rising with the value: -(k + shift), 0, k + shift
        self.counts: NDArray[np.int64] = np.empty(0, np.int64)
        self.low, self.high = float("inf"), float("-inf")

    @property
    def width(self) -> float:
        """ln g: the width of a bucket on the logarithmic scale."""
        return float(np.log1p(self.alpha) - np.log1p(-self.alpha))

    @property
    def shift(self) -> int:
        """Makes every index of a normal float positive (ln of the smallest is -708.4), so that the sign of a key is the sign of the value."""
        return int(710 / self.width) + 1

    @property
    def count(self) -> int:
        """How many values were added."""
        return int(self.counts.sum())

    def add(self, x: ArrayLike) -> None:
        """Count every value of `x`, any shape."""
        values = np.asarray(x, np.float64).ravel()
        if not np.isfinite(values).all():
            raise UsageError(Fault("MT421", "QuantileSketch.add", "NaN or infinity", "finite numbers"))
        if not values.size:
            return
        keys, counts = np.unique(self._keys(values), return_counts=True)
        self._fold(keys, counts)
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def merge(self, other: QuantileSketch) -> None:
        """Add the counts of a sketch of the same alpha."""
        if other.alpha != self.alpha:
            raise UsageError(Fault("MT423", "QuantileSketch.merge", f"alpha {other.alpha} beside {self.alpha}", "sketches of one alpha"))
        self._fold(other.keys, other.counts)
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def quantile(self, q: float | Sequence[float] | Array) -> Array:
        """Quantiles, in the shape of `q`: linear between the order statistics at floor and ceil of q (n - 1), as NumPy's default is.

        Each order statistic is within the share alpha of the true one, so the error is at most alpha times the larger of the two.
        """
        levels = np.asarray(q, np.float64)
        if not ((levels >= 0) & (levels <= 1)).all():
            raise UsageError(Fault("MT422", "QuantileSketch.quantile", f"{q!r}", "quantiles from 0 to 1"))
        if not self.counts.size:
            raise UsageError(Fault("MT420", "QuantileSketch.quantile", "an empty sketch", "at least one value"))
        rank = levels * (self.count - 1)
        below = np.floor(rank)
        lower, upper = self._order_statistic(below), self._order_statistic(np.ceil(rank))
        share = rank - below
        return lower * (1 - share) + upper * share

    def state(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """All of the sketch as arrays, for storing."""
        return {"keys": self.keys, "counts": self.counts, "ends": np.array([self.alpha, self.low, self.high])}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> QuantileSketch:
        """The sketch of `state()`."""
        alpha, low, high = (float(v) for v in state["ends"])
        out = cls(alpha)
        out.keys, out.counts, out.low, out.high = state["keys"].astype(np.int64), state["counts"].astype(np.int64), low, high
        return out

    def _keys(self, values: Array) -> NDArray[np.int64]:
        size = np.abs(values)
        zero = size < TINY
        k = np.ceil(np.log(np.where(zero, 1.0, size)) / self.width).astype(np.int64) + self.shift
        return np.where(zero, 0, np.where(values < 0, -k, k))

    def _fold(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        merged, where = np.unique(np.concatenate((self.keys, keys)), return_inverse=True)
        weights = np.concatenate((self.counts, counts))
        self.keys, self.counts = merged, np.bincount(where, weights).astype(np.int64)  # exact below 2^53 values

    def _order_statistic(self, rank: Array) -> Array:
        key = self.keys[np.searchsorted(np.cumsum(self.counts), rank, side="right")]
        middle = np.log1p(-self.alpha)  # ln 2/(g + 1) = ln(1 - a)
        with np.errstate(over="ignore"):  # the last bucket may end beyond the largest float: the largest value seen bounds it
            size = np.exp((np.abs(key) - self.shift) * self.width + middle)
        inner = np.clip(np.where(key == 0, 0.0, np.sign(key) * size), self.low, self.high)
        return np.where(rank <= 0, self.low, np.where(rank >= self.count - 1, self.high, inner))
