"""How few hold how much. Holdings are [holder] or [holder, path], in any unit, at least one above zero on each path.

Count entities, not addresses: wallets are free. Weight is not power: see `voting`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, numbers, refuse, share


def shares(holdings: ArrayLike) -> Array:
    """x_i / sum x [1], shape of the input. Errors: MT420-MT422; holdings that sum to zero have no shares."""
    x = numbers(holdings, "holdings", low=0)
    largest = x.max(axis=0) if x.ndim else x
    if (largest <= 0).any():
        refuse("MT422", "holdings", "nobody holds anything", "a total above zero on each path", "report concentration as not shown")
    scaled = x / largest  # neither tiny nor huge holdings under- or overflow the sum
    return np.asarray(scaled / scaled.sum(axis=0))


def gini(holdings: ArrayLike) -> Array:
    """sum_i (2i - n - 1) x_(i) / (n sum x) [1], x sorted upwards: 0 equal, 1 - 1/n one holds all. -> [path]. Source: Gini 1912. Errors: MT420-MT422."""
    w = np.sort(shares(holdings), axis=0)
    n = len(w)
    rank = 2 * np.arange(1, n + 1) - n - 1
    return np.asarray(np.tensordot(rank, w, axes=1) / n)


def herfindahl(holdings: ArrayLike) -> Array:
    """HHI = sum w_i^2 [1], from 1/n to 1. -> [path]. Source: Herfindahl 1950; Hirschman 1945. Errors: MT420-MT422."""
    return np.asarray((shares(holdings) ** 2).sum(axis=0))


def effective_number(holdings: ArrayLike) -> Array:
    """1/HHI [1]: how many equal holders would be as concentrated. -> [path]. Errors: MT420-MT422."""
    return np.asarray(1 / herfindahl(holdings))


def nakamoto(holdings: ArrayLike, threshold: float = 0.5) -> Array:
    """Fewest holders whose shares sum to more than `threshold` [1]. -> [path]. Exactly the threshold does not suffice.

    Source: Srinivasan and Lee 2017. Errors: MT420-MT422.
    """
    w = -np.sort(-shares(holdings), axis=0)
    held = np.cumsum(w, axis=0)
    return np.asarray((held <= share(threshold, "threshold") + 1e-12).sum(axis=0) + 1)  # rounding may not turn half into more than half
