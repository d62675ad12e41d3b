"""`xp`: one formula, three arithmetics. NumPy to explore, JAX for gradients and accelerators, exact Decimals to settle.

A rule sees one facade object and calls the same methods on it. Discrete decisions snap: values within 1e-9 relative count as
equal, so that arrays and Decimals take the same branch. On the hot path the facade's attributes are the ufuncs themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Fault, ServiceError

if TYPE_CHECKING:
    from .arithmetic_exact import ExactArithmetic

# glibc gives the memory of each large array back as it is freed, and pays for every page when the next is made: on arrays of 2 MiB that is most of
# the time. It stops for arrays below the largest block that was ever freed, 32 MiB at most. This block is never touched, so it takes none.
np.empty(31 << 17)

all_true = np.logical_and.reduce
SNAP = "1e-9"
MILLION = np.array(1e6).view(np.uint64).item()  # bits of numbers up to it, and of no negative one, are at most these
LIFT = "1e-3"  # `floor` never lifts a value by more, so that it stays a floor above 1e6


def _hard(width: Any) -> bool:
    """A width of 0, known now. A traced width counts as soft."""
    return isinstance(width, int | float | Decimal) and width == 0


def _zero(x: Any) -> bool:
    """A literal 0, near which is only 0 itself."""
    return type(x) is int and not x


class Arithmetic:
    """What the three share: everything that follows from a subclass's basic operations. Shapes are [..., holder, path]."""

    name: str
    snap: Any
    _lift: Any
    where: Any
    minimum: Any
    maximum: Any
    exp: Any
    abs: Any
    num: Any
    zeros: Any
    full: Any
    logical_and: Any
    logical_or: Any
    logical_not: Any
    take_along_axis: Any
    gather: Any
    cumsum: Any
    total: Any
    sum: Any
    _nearest: Any
    _below: Any
    _order: Any
    _sorted: Any
    clip: Any

    def _between(self, x: Any, low: Any, high: Any) -> Any:
        """min(max(x, low), high)."""
        return self.minimum(self.maximum(x, low), high)

    def near(self, a: Any, b: Any) -> Any:
        """|a - b| <= 1e-9 max(|a|, |b|)."""
        if _zero(a) or _zero(b):
            return a == b
        return self.abs(a - b) <= self.snap * self.maximum(self.abs(a), self.abs(b))

    def freeze(self, x: Any) -> Any:
        """The same array, which nobody can write any more: what a rule reads is the world's own."""
        if type(x) is np.ndarray:
            x.setflags(write=False)
        return x

    def below_zero(self, x: Any) -> bool:
        """Whether any element is negative or not a number; never known of traced values."""
        return not np.all(np.asarray(x) >= 0)

    def eq(self, a: Any, b: Any) -> Any:
        return self.near(a, b)

    def lt(self, a: Any, b: Any) -> Any:
        if _zero(a) or _zero(b):
            return a < b
        return self.logical_and(a < b, self.logical_not(self.near(a, b)))

    def le(self, a: Any, b: Any) -> Any:
        return self.logical_or(a < b, self.near(a, b))

    def gt(self, a: Any, b: Any) -> Any:
        return self.lt(b, a)

    def ge(self, a: Any, b: Any) -> Any:
        return self.le(b, a)

    def gate(self, x: Any, width: Any) -> Any:
        """1 where x >= 0, else 0 when width is 0; 1 / (1 + exp(-x / width)) when width > 0, so that gradients see the threshold.

        Zero has no scale to snap to: for a difference of two computed values use `after` or `ge`.
        """
        if _hard(width):
            return self._step(x >= 0)
        z = x / width
        small = self.exp(self.where(z < 0, z, -z))  # at most 1: neither it nor its gradient overflows far from the threshold
        return self.where(z < 0, small, self.num(1)) / (1 + small)

    def after(self, t: Any, t0: Any, width: Any) -> Any:
        """gate(t - t0, width), snapped: equal times count as reached."""
        return self._step(self.ge(t, t0)) if _hard(width) else self.gate(t - t0, width)

    def _step(self, mask: Any) -> Any:
        return self.where(mask, self.num(1), self.num(0))

    def floor(self, x: Any) -> Any:
        """Largest whole number not above x, where x within 1e-9 relative (1e-3 at most) below a whole number counts as that number."""
        near = self._nearest(x)
        return self.where(self.abs(x - near) <= self.minimum(self.snap * self.abs(near), self._lift), near, self._below(x))

    def argsort(self, x: Any, axis: int = -2) -> Any:
        """Stable order along `axis` (holders). In it, a value within 1e-9 of its run's first is a tie, and ties go to the lower row."""
        order = self._order(x, axis)
        runs, n = self._runs(self.take_along_axis(x, order, axis), axis), x.shape[axis]
        return self._sorted(runs * n + order, axis) % n

    def sort(self, x: Any, axis: int = -2) -> Any:
        return self.take_along_axis(x, self.argsort(x, axis), axis)

    def dot(self, x: Any, y: Any, axis: int = -2) -> Any:
        """Sum of x y along `axis` (holders), which is kept."""
        return self.sum(x * y, axis)

    def mix(self, x: Any, a: Any, y: Any, b: Any) -> Any:
        """a x + b y."""
        return x * a + y * b

    def quantile(self, x: Any, w: Any, q: Any) -> Any:
        """The least value over holders at or below which more than `q` of the weight w [holder, path] lies: [..., 1, path]. The largest if none is, and
        0 where there is no weight."""
        order, whole = self._order(x, -2), self.total(w)
        below = self.le(self.cumsum(self.take_along_axis(w + self.zeros(x.shape), order, -2), -2), q * whole)
        place = self.minimum(self.sum(self._step(below), -2), x.shape[-2] - 1)
        return self.where(self.gt(whole, 0), self.gather(self.take_along_axis(x, order, -2), place), 0)

    def mod(self, t: Any, n: Any) -> Any:
        """Remainder with the sign of n; not snapped, so for whole numbers (steps, slots)."""
        return t % n

    def uniform(self, k: Any) -> Any:
        """k / 2^32: a uniform that is the same number in every arithmetic."""
        return k / self.num(2**32)

    def _runs(self, ordered: Any, axis: int) -> Any:
        """The number of the run of ties that each sorted value belongs to."""
        rows = np.moveaxis(ordered, axis, 0)
        runs, first = np.zeros(rows.shape, dtype=np.int64), rows[0]
        for i in range(1, len(rows)):
            tie = self.near(rows[i], first)
            runs[i] = runs[i - 1] + self.logical_not(tie)
            first = np.where(tie, first, rows[i])
        return np.moveaxis(runs, 0, axis)


@lru_cache(maxsize=64)
def _ones(number: int) -> Any:
    return np.ones(number)


class NumpyArithmetic(Arithmetic):
    """float64 arrays."""

    name = "numpy"
    snap, _lift = float(SNAP), float(LIFT)
    num = staticmethod(float)
    zeros, full, where = staticmethod(np.zeros), staticmethod(partial(np.full, dtype=np.float64)), staticmethod(np.where)
    minimum, maximum = np.minimum, np.maximum
    exp, expm1, log, log1p, power, sqrt, abs, cos, sin = np.exp, np.expm1, np.log, np.log1p, np.power, np.sqrt, np.absolute, np.cos, np.sin
    logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
    concatenate, take_along_axis = staticmethod(np.concatenate), staticmethod(np.take_along_axis)
    _nearest, _below = staticmethod(np.round), np.floor
    _order, _sorted = staticmethod(partial(np.argsort, kind="stable")), staticmethod(np.sort)

    @staticmethod
    def clip(x: Any, low: Any, high: Any) -> Any:
        """One pass: a third of the time of minimum and maximum with scalars, and the method half of the function on few paths."""
        return np.asarray(x).clip(low, high)

    @staticmethod
    def array(x: Any) -> Any:
        return np.asarray(x, dtype=np.float64)

    @staticmethod
    def _step(mask: Any) -> Any:
        """1.0 and 0.0 are what truth is as a number: a tenth of the time of choosing where both come in turns."""
        return mask.astype(np.float64) if type(mask) is np.ndarray else np.multiply(mask, 1.0)

    @staticmethod
    def total(x: Any) -> Any:
        """Sum over holders, axis kept: [..., holder, path] -> [..., 1, path]; one holder is its own sum."""
        return x if x.shape[-2] == 1 else NumpyArithmetic.sum(x, -2)

    @staticmethod
    def sum(x: Any, axis: int) -> Any:
        if x.size > 4096 and x.shape[-1] == 1 and x.ndim == 3 and x.dtype == np.float64:  # a matrix on one path: half the time
            one = _ones(x.shape[axis])
            return (x[..., 0] @ one)[:, None, None] if axis == -2 else (one @ x[..., 0])[None, :, None]
        return np.add.reduce(x, axis=axis, keepdims=True)

    @staticmethod
    def max(x: Any, axis: int) -> Any:
        """Found by its place, which on one path takes half the time of `maximum.reduce`."""
        if axis != -2 or x.shape[-1] != 1:
            return np.maximum.reduce(x, axis=axis, keepdims=True)
        rows = x.reshape(-1, x.shape[-2])
        return rows.take(rows.argmax(-1) + rows.shape[1] * np.arange(len(rows))).reshape(*x.shape[:-2], 1, 1)

    @staticmethod
    def dot(x: Any, y: Any, axis: int = -2) -> Any:
        """On one path a product of a matrix with a vector, which takes a third of the time of a product that is then summed."""
        if x.ndim == 3 and x.shape[-1] == 1 and y.shape[axis] == y.size == x.shape[axis]:
            each = x[..., 0] @ y.reshape(-1) if axis == -2 else y.reshape(-1) @ x[..., 0]
            return each[:, None, None] if axis == -2 else each[None, :, None]
        return np.add.reduce(x * y, axis=axis, keepdims=True)

    @staticmethod
    def mix(x: Any, a: Any, y: Any, b: Any) -> Any:
        """The second product is added to the first where that is."""
        out, other = x * a, y * b
        return np.add(out, other, out=out) if type(out) is np.ndarray and out.shape == np.shape(other) else out + other

    def quantile(self, x: Any, w: Any, q: Any) -> Any:
        """Each value carries its row in its last bits, so that one sort orders both; weights are whole numbers, 2^40 in all, so that one sum runs over
        everything and a search finds each lane's place in it."""
        lanes, rows = np.ascontiguousarray(x.swapaxes(-2, -1)), x.shape[-2]
        whole = np.add.reduce(w, axis=0)
        alone = whole.item() if whole.size == 1 else None  # of one path, in plain numbers
        parts = (w.T / ((whole + (whole == 0))[:, None] if alone is None else alone or 1.0) * 2.0**40).astype(np.int64)  # a total may be too small to divide by
        last, own = (1 << (rows - 1).bit_length()) - 1, np.arange(rows)
        keys = lanes.view(np.int64) & ~last
        keys |= own
        keys.sort(axis=-1)
        if keys[..., 0].min() < 0:  # the order of negative numbers is not that of their bits
            keys.view(np.float64).sort(axis=-1)
        keys &= last
        run = parts.take(keys if len(parts) == 1 else keys + rows * np.arange(len(parts))[:, None])
        flat = run.reshape(-1)
        np.add.accumulate(flat, out=flat)
        limit = int(q * (1 + self.snap) * 2.0**40) - np.add.reduce(parts, axis=1)
        ends = np.arange(rows - 1, flat.size, rows)
        at = np.minimum(flat.searchsorted((run[..., -1] + limit).reshape(-1), "right"), ends)
        found = lanes.take(ends + (keys.take(at) - (rows - 1))).reshape(*lanes.shape[:-2], 1, -1)
        return found if alone else found * (whole != 0)

    def floor(self, x: Any) -> Any:
        """What is less than the tolerance below a whole number is lifted over it; in two passes where none is negative or above 1e6."""
        if type(x) is np.ndarray and x.dtype == np.float64 and x.ndim and x.size and x.view(np.uint64).max().item() <= MILLION:
            lifted = x * (1 + self.snap)
            return np.floor(lifted, out=lifted)
        return np.floor(x + np.minimum(np.abs(x) * self.snap, self._lift))

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
        if all_true(b, None):  # the common case; NaN is not 0
            return a / b
        with np.errstate(divide="ignore", invalid="ignore"):
            out = np.asarray(np.true_divide(a, b))
        if np.ndim(default):
            return np.where(np.equal(b, 0), default, out)
        np.copyto(out, default, where=np.equal(b, 0))  # a tenth of the time of choosing element by element
        return out

    @staticmethod
    def put(a: Any, index: Any, value: Any) -> Any:
        out = np.array(a, dtype=np.float64)
        out[index] = value
        return out

    @staticmethod
    def add_at(a: Any, index: Any, value: Any) -> Any:
        """a with value added at index; rows named twice are added twice."""
        out = np.array(a, dtype=np.float64)
        np.add.at(out, index, value)
        return out

    @staticmethod
    def gather(a: Any, index: Any) -> Any:
        """a's rows at the whole numbers of `index` [row, path], path by path: out[r, p] = a[index[r, p], p]."""
        return np.take_along_axis(a, index.astype(np.int64), -2)

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
