"""Two designs on the same random numbers: their difference, and what the pairing was worth."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from .checks import fit, numbers
from .estimate import Estimate, mean_estimate


class Paired(NamedTuple):
    """Mean of b - a with its interval; variance of the difference; sum of the two variances, which independent runs would have."""

    difference: Estimate
    variance: float
    variance_unpaired: float

    @property
    def gain(self) -> float:
        """1 - Var(b - a)/(Var a + Var b) [1]: share of the variance that pairing took away; negative when it hurt; 0 when nothing varies."""
        return 1 - self.variance / self.variance_unpaired if self.variance_unpaired > 0 else 0.0


def paired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.9) -> Paired:
    """E[b - a] over [path], path i of both under the same random numbers, with Student's interval. Errors: MT420-MT423, MT424 (fewer than two paths)."""
    first, second = numbers(a, "a", least=2), numbers(b, "b", least=2)
    fit(first, second, "paired_difference")
    difference = second - first
    return Paired(mean_estimate(difference, level), float(difference.var(ddof=1)), float(first.var(ddof=1) + second.var(ddof=1)))
