"""`xp`: one formula, three arithmetics. NumPy to explore, JAX for gradients and accelerators, exact Decimals to settle.

A rule sees one facade object and calls the same methods on it. Discrete decisions snap: values within 1e-9 relative count as
equal, so that arrays and Decimals take the same branch. On the hot path the facade's attributes are the ufuncs themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Fault, ServiceError

if TYPE_CHECKING:
    from .arithmetic_exact import ExactArithmetic

SNAP = "1e-9"


class Arithmetic:
    """What the three share: everything that follows from a subclass's basic operations. Shapes are [..., holder, path]."""

    name: str
    snap: Any
    where: Any
    minimum: Any
    maximum: Any
    exp: Any
    abs: Any
    num: Any
    zeros: Any
    full: Any
    clip: Any

    def _between(self, x: Any, low: Any, high: Any) -> Any:
        """min(max(x, low), high)."""
        return self.minimum(self.maximum(x, low), high)

    def near(self, a: Any, b: Any) -> Any:
        """|a - b| <= 1e-9 max(|a|, |b|)."""
        return self.abs(a - b) <= self.snap * self.maximum(self.abs(a), self.abs(b))

    def eq(self, a: Any, b: Any) -> Any:
        return self.near(a, b)

    def lt(self, a: Any, b: Any) -> Any:
        return (a < b) & ~self.near(a, b)

    def le(self, a: Any, b: Any) -> Any:
        return (a < b) | self.near(a, b)

    def gt(self, a: Any, b: Any) -> Any:
        return self.lt(b, a)

    def ge(self, a: Any, b: Any) -> Any:
        return self.le(b, a)

    def gate(self, x: Any, width: Any) -> Any:
        """1 where x >= 0, else 0 when width is 0; 1 / (1 + exp(-x / width)) when width > 0, so that gradients see the threshold."""
        if (isinstance(width, float | int) and width == 0) or getattr(width, "is_zero", lambda: False)():
            return self.where(self.ge(x, self.num(0)), self.num(1), self.num(0))
        return 1 / (1 + self.exp(-x / width))

    def after(self, t: Any, t0: Any, width: Any) -> Any:
        """gate(t - t0, width), exact on equal times."""
        return self.gate(t - t0, width)

    def mod(self, t: Any, n: Any) -> Any:
        return t % n

    def uniform(self, k: Any) -> Any:
        """k / 2^32: a uniform that is the same number in every arithmetic."""
        return k / self.num(2**32)

    def _ties(self, ordered: Any, order: Any) -> Any:
        """Rows of an argsort, with runs of values within 1e-9 of the run's first put back in row order."""
        out = np.array(order)
        for index in np.ndindex(out.shape[1:]):
            column, rows, start = ordered[(slice(None), *index)], out[(slice(None), *index)], 0
            for i in range(1, len(rows) + 1):
                if i == len(rows) or not self.near(column[i], column[start]):
                    rows[start:i] = np.sort(rows[start:i])
                    start = i
        return out


class NumpyArithmetic(Arithmetic):
    """float64 arrays."""

    name = "numpy"
    snap = 1e-9
    num = staticmethod(float)
    zeros, full, where = staticmethod(np.zeros), staticmethod(np.full), staticmethod(np.where)
    minimum, maximum = np.minimum, np.maximum
    clip = staticmethod(np.clip)  # one pass: a third of the time of minimum and maximum with scalars
    exp, expm1, log, log1p, power, sqrt, abs, cos, sin = np.exp, np.expm1, np.log, np.log1p, np.power, np.sqrt, np.absolute, np.cos, np.sin
    logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
    concatenate, take_along_axis = staticmethod(np.concatenate), staticmethod(np.take_along_axis)

    @staticmethod
    def array(x: Any) -> Any:
        return np.asarray(x, dtype=np.float64)

    @staticmethod
    def total(x: Any) -> Any:
        """Sum over holders, axis kept: [..., holder, path] -> [..., 1, path]; one holder is its own sum."""
        return x if x.shape[-2] == 1 else np.add.reduce(x, axis=-2, keepdims=True)

    @staticmethod
    def sum(x: Any, axis: int) -> Any:
        return np.add.reduce(x, axis=axis, keepdims=True)

    @staticmethod
    def cumsum(x: Any, axis: int) -> Any:
        return np.cumsum(x, axis=axis)

    @staticmethod
    def lookup(breaks: Sequence[int], values: Sequence[Any], t: int) -> Any:
        """values[i] for the last breaks[i] <= t; the first value before the first break."""
        return values[max(bisect_right(breaks, t) - 1, 0)]

    @staticmethod
    def div(a: Any, b: Any, default: Any) -> Any:
        """a / b, and `default` where b is 0."""
        some = b != 0
        if np.all(some):  # the common case, at a third of the cost
            return a / b
        return np.where(some, a / np.where(some, b, 1.0), default)

    def floor(self, x: Any) -> Any:
        """Largest whole number not above x, where x within 1e-9 below a whole number counts as that number."""
        near = np.round(x)
        return np.where(self.near(x, near), near, np.floor(x))

    def argsort(self, x: Any, axis: int = 0) -> Any:
        """Stable order of rows (axis 0), ties within 1e-9 to the lower row."""
        order = np.argsort(x, axis=axis, kind="stable")
        return self._ties(np.take_along_axis(x, order, axis), order)

    def sort(self, x: Any, axis: int = 0) -> Any:
        return np.take_along_axis(x, self.argsort(x, axis), axis)

    @staticmethod
    def put(a: Any, index: Any, value: Any) -> Any:
        out = a.copy()
        out[index] = value
        return out

    @staticmethod
    def add_at(a: Any, index: Any, value: Any) -> Any:
        """a with value added at index; rows named twice are added twice."""
        out = a.copy()
        np.add.at(out, index, value)
        return out

    @staticmethod
    def check_values(x: Any) -> None:
        """Floats need no check of type."""


NUMPY = NumpyArithmetic()


@cache
def jax() -> Arithmetic:
    """The JAX arithmetic, float64. ServiceError when the extra is not installed."""
    try:
        from .arithmetic_jax import JaxArithmetic
    except ImportError as missing:
        raise ServiceError(Fault("MT508", "JAX", f"is not installed ({missing})", "the extra", "pip install 'mintage[jax]'")) from missing
    return JaxArithmetic()


def __getattr__(name: str) -> ExactArithmetic:
    """`EXACT` and `exact`, imported when asked for."""
    if name in ("EXACT", "exact"):
        from . import arithmetic_exact

        return getattr(arithmetic_exact, name)  # type: ignore[no-any-return]
    raise AttributeError(name)
