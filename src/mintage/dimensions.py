"""The CHECK arithmetic: numbers that carry units and refuse what a rule must not do.

A rule run once on quantities shows unit errors, raw comparisons, `if` on arrays, float literals, in-place writes and NumPy called
behind the facade's back, each as a `ContractBreach` at the line that did it. See docs/decisions/0004.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from .arithmetic import NUMPY
from .units import ONE, Unit

Operand = Any


class ContractBreach(Exception):
    """What a rule did that the protocol forbids; `check` adds mechanism, file and line."""

    def __init__(self, code: str, found: str, expected: str) -> None:
        super().__init__(f"{found}, expected {expected}")
        self.code, self.found, self.expected = code, found, expected


def _refuse(code: str, found: str, expected: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise ContractBreach(code, found, expected)

    return refused


def _behind_the_facade(self: Any, ufunc: Any, method: str, *inputs: Any, **__: Any) -> NoReturn:
    """NumPy asks here for `np.exp(q)` and, because it cannot tell them apart, for `ndarray * q`."""
    for x in inputs:
        if isinstance(x, np.ndarray | np.generic | float):
            lift(x)
    raise ContractBreach("MT223", f"NumPy called directly (np.{ufunc.__name__})", "the methods of ctx.xp")


class Quantity:
    """Values [..., holder, path] with a unit."""

    __slots__ = ("unit", "value")
    __array_ufunc__ = _behind_the_facade

    def __init__(self, value: Any, unit: Unit = ONE) -> None:
        self.value, self.unit = np.asarray(value, dtype=np.float64), unit

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)  # NumPy, copy and others ask for protocols
        raise ContractBreach("MT223", f"`.{name}` of an array", "the methods of ctx.xp")

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> Quantity:
        return Quantity(self.value[index], self.unit)

    def __add__(self, other: Operand) -> Quantity:
        return _same(self, other, "add", np.add)

    def __sub__(self, other: Operand) -> Quantity:
        return _same(self, other, "subtract", np.subtract)

    def __rsub__(self, other: Operand) -> Quantity:
        return _same(lift(other), self, "subtract", np.subtract)

    def __mul__(self, other: Operand) -> Quantity:
        b = lift(other)
        return Quantity(self.value * b.value, self.unit * b.unit)

    def __truediv__(self, other: Operand) -> Quantity:
        b = lift(other)
        return Quantity(self.value / b.value, self.unit / b.unit)

    def __rtruediv__(self, other: Operand) -> Quantity:
        return lift(other) / self

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.unit)

    def __abs__(self) -> Quantity:
        return Quantity(np.abs(self.value), self.unit)

    def __mod__(self, other: Operand) -> Quantity:
        return _same(self, other, "take the remainder of", np.mod)

    def __pow__(self, exponent: Any) -> Quantity:
        if isinstance(exponent, int):
            return Quantity(self.value**exponent, self.unit**exponent)
        raise ContractBreach("MT222", "`**` with an exponent that is no whole number", "xp.power(a, b)")

    __radd__, __rmul__ = __add__, __mul__
    __lt__ = __le__ = __gt__ = __ge__ = _refuse("MT220", "a raw comparison", "xp.lt, xp.le, xp.gt, xp.ge or xp.gate, which snap")
    __eq__ = __ne__ = _refuse("MT220", "a raw comparison", "xp.eq, which snaps")
    __bool__ = _refuse("MT221", "an `if`, `and`, `or` or `not` on an array", "xp.where, xp.gate or xp.logical_and")
    __float__ = __int__ = __index__ = __array__ = _refuse("MT223", "a conversion to a plain number or NumPy array", "the methods of ctx.xp")
    __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __floor__ = __ceil__ = __round__ = __trunc__ = _refuse(
        "MT222", "a raw floor or rounding", "xp.floor, which snaps"
    )
    __rpow__ = _refuse("MT222", "`**` with an exponent that is no whole number", "xp.power(a, b)")
    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ifloordiv__ = __imod__ = __ipow__ = _refuse(
        "MT224", "an in-place change of an array", "a new value: x = x + y"
    )
    __setitem__ = __delitem__ = _refuse("MT224", "an in-place write to an array", "xp.put(a, index, value)")
    __hash__ = None  # type: ignore[assignment]


class Truth:
    """The result of a comparison: a mask, for `xp.where` and `xp.logical_*` only."""

    __slots__ = ("value",)
    __array_ufunc__ = _behind_the_facade

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value, dtype=bool)

    __bool__ = _refuse("MT221", "an `if`, `and`, `or` or `not` on an array", "xp.where, xp.gate or xp.logical_and")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse("MT225", "a mask compared as a number", "xp.logical_and, xp.logical_or, xp.logical_not")
    __iand__ = __ior__ = __ixor__ = _refuse("MT224", "an in-place change of a mask", "a new value: m = m & n")
    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: Operand) -> Truth:
        return Truth(self.value & _mask(other).value)

    def __or__(self, other: Operand) -> Truth:
        return Truth(self.value | _mask(other).value)

    def __invert__(self) -> Truth:
        return Truth(~self.value)


def lift(x: Operand) -> Quantity:
    """A plain number as a quantity without unit; floats are refused, because they do not mix with Decimals."""
    if isinstance(x, Quantity):
        return x
    if isinstance(x, Truth):
        raise ContractBreach("MT225", "a mask used as a number", "xp.where(mask, a, b)")
    if isinstance(x, bool | int | np.integer):
        return Quantity(float(x))
    if isinstance(x, float | np.floating | np.ndarray):
        raise ContractBreach("MT226", f"a float or NumPy literal ({x!r:.40})", "a parameter, a whole number, or xp.num('0.5')")
    raise ContractBreach("MT223", f"a {type(x).__name__} in a formula", "numbers of ctx.xp")


def _mask(x: Operand) -> Truth:
    if isinstance(x, Truth):
        return x
    raise ContractBreach("MT225", f"a {type(x).__name__} used as a mask", "a mask made by xp.lt, xp.ge, xp.eq, ...")


def is_zero(x: Operand) -> bool:
    return isinstance(x, int) and x == 0


def _same(a: Operand, b: Operand, verb: str, rule: Any) -> Quantity:
    """Both in the same unit; a literal 0 fits any."""
    unit = b.unit if is_zero(a) and isinstance(b, Quantity) else lift(a).unit
    left, right = lift(a), lift(b)
    if not (is_zero(a) or is_zero(b)) and not left.unit.same(right.unit):
        raise ContractBreach("MT207", f"cannot {verb} {left.unit} and {right.unit}", "equal units")
    return Quantity(rule(left.value, right.value), unit)


def _pure(x: Operand, what: str) -> Quantity:
    q = lift(x)
    if not q.unit.same(ONE):
        raise ContractBreach("MT207", f"{what} of {q.unit}", "a pure number")
    return q


class CheckArithmetic:
    """The facade on quantities; same methods as the three arithmetics."""

    name = "check"

    def num(self, x: Any) -> Quantity:
        return Quantity(float(x))

    def with_unit(self, value: Any, unit: Unit) -> Quantity:
        return Quantity(value, unit)

    def freeze(self, x: Operand) -> Operand:
        """Quantities are values: there is nothing to write to."""
        return x

    def below_zero(self, x: Operand) -> bool:
        """Whether an event's argument is negative: the sample arguments of a check are not."""
        return False

    def array(self, x: Any) -> Quantity:
        return Quantity([float(v) for v in x])

    def zeros(self, shape: Any) -> Quantity:
        return Quantity(np.zeros(shape))

    def full(self, shape: Any, value: Any) -> Quantity:
        q = lift(value)
        return Quantity(np.full(shape, q.value), q.unit)

    def where(self, mask: Any, a: Operand, b: Operand) -> Quantity:
        return _same(a, b, "choose between", lambda x, y: np.where(_mask(mask).value, x, y))

    def minimum(self, a: Operand, b: Operand) -> Quantity:
        return _same(a, b, "compare", np.minimum)

    def maximum(self, a: Operand, b: Operand) -> Quantity:
        return _same(a, b, "compare", np.maximum)

    def clip(self, x: Operand, low: Operand, high: Operand) -> Quantity:
        return self.minimum(self.maximum(x, low), high)

    def abs(self, x: Operand) -> Quantity:
        return Quantity(np.abs(lift(x).value), lift(x).unit)

    def sqrt(self, x: Operand) -> Quantity:
        return Quantity(np.sqrt(_pure(x, "square root").value))

    def div(self, a: Operand, b: Operand, default: Operand) -> Quantity:
        out, spare = lift(a) / lift(b), lift(default)
        if not is_zero(default) and not spare.unit.same(out.unit) and spare.value.any():
            raise ContractBreach("MT207", f"the default of a division is in {spare.unit}", str(out.unit))
        return Quantity(np.where(lift(b).value == 0, spare.value, out.value), out.unit)

    def power(self, a: Operand, b: Any) -> Quantity:
        if isinstance(b, int):
            return lift(a) ** b
        return Quantity(np.power(_pure(a, "power").value, _pure(b, "exponent").value))

    def gate(self, x: Operand, width: Operand) -> Quantity:
        _same(x, width, "compare", np.add) if lift(width).value.any() else lift(x)
        return Quantity((lift(x).value >= 0) * 1.0)

    def after(self, t: Any, t0: Any, width: Any) -> Quantity:
        return self.gate(_same(t, t0, "subtract", np.subtract), width)

    def floor(self, x: Operand) -> Quantity:
        return Quantity(NUMPY.floor(lift(x).value), lift(x).unit)

    def mod(self, t: Any, n: Any) -> Any:
        return t % n

    def uniform(self, k: Any) -> Quantity:
        return Quantity(lift(k).value / 2**32)

    def total(self, x: Quantity) -> Quantity:
        return Quantity(NUMPY.total(x.value), x.unit)

    def sum(self, x: Quantity, axis: int) -> Quantity:
        return Quantity(NUMPY.sum(x.value, axis), x.unit)

    def max(self, x: Quantity, axis: int) -> Quantity:
        return Quantity(NUMPY.max(x.value, axis), x.unit)

    def dot(self, x: Operand, y: Operand, axis: int = -2) -> Quantity:
        return self.sum(lift(x) * y, axis)

    def mix(self, x: Operand, a: Operand, y: Operand, b: Operand) -> Quantity:
        return _same(lift(x) * a, lift(y) * b, "add", np.add)

    def quantile(self, x: Quantity, w: Quantity, q: Operand) -> Quantity:
        return Quantity(NUMPY.quantile(x.value, w.value, _pure(q, "share").value), x.unit)

    def cumsum(self, x: Quantity, axis: int) -> Quantity:
        return Quantity(np.cumsum(x.value, axis=axis), x.unit)

    def sort(self, x: Quantity, axis: int = -2) -> Quantity:
        return Quantity(NUMPY.sort(x.value, axis), x.unit)

    def argsort(self, x: Quantity, axis: int = -2) -> Any:
        return NUMPY.argsort(x.value, axis)

    def take_along_axis(self, x: Quantity, index: Any, axis: int) -> Quantity:
        return Quantity(np.take_along_axis(x.value, index, axis), x.unit)

    def gather(self, a: Quantity, index: Operand) -> Quantity:
        return Quantity(NUMPY.gather(a.value, _pure(index, "row number").value), a.unit)

    def concatenate(self, parts: Sequence[Quantity], axis: int = 0) -> Quantity:
        for other in parts[1:]:
            _same(parts[0][:1], other[:1], "join", lambda x, y: x)
        return Quantity(np.concatenate([p.value for p in parts], axis=axis), parts[0].unit)

    def lookup(self, breaks: Sequence[Any], values: Sequence[Any], t: Any) -> Any:
        """The first value; breaks and t in one unit, all values in one unit."""
        first, kind = values[0], type(t)
        for value in values:
            if not (type(value) is Quantity and type(first) is Quantity and value.unit is first.unit):  # of a long record all are one unit's
                _same(first, value, "look up", lambda x, y: x)
        for place in breaks:
            if not (type(place) is kind is int):
                _same(place, t, "look up", lambda x, y: x)
        return first

    def put(self, a: Quantity, index: Any, value: Operand) -> Quantity:
        _same(a[index], value, "put together", lambda x, y: x)
        return Quantity(NUMPY.put(a.value, index, lift(value).value), a.unit)

    def add_at(self, a: Quantity, index: Any, value: Operand) -> Quantity:
        _same(a[index], value, "add", lambda x, y: x)
        return Quantity(NUMPY.add_at(a.value, index, lift(value).value), a.unit)

    def logical_and(self, a: Operand, b: Operand) -> Truth:
        return _mask(a) & _mask(b)

    def logical_or(self, a: Operand, b: Operand) -> Truth:
        return _mask(a) | _mask(b)

    def logical_not(self, a: Operand) -> Truth:
        return ~_mask(a)

    def check_values(self, x: Any) -> None:
        """Quantities are checked as they are made."""


def _dimensionless(name: str) -> Callable[[Any, Operand], Quantity]:
    def rule(self: CheckArithmetic, x: Operand) -> Quantity:
        return Quantity(getattr(np, name)(_pure(x, name).value))

    rule.__name__ = name
    return rule


def _comparison(name: str) -> Callable[[Any, Operand, Operand], Truth]:
    def rule(self: CheckArithmetic, a: Operand, b: Operand) -> Truth:
        return Truth(_same(a, b, "compare", getattr(NUMPY, name)).value)

    rule.__name__ = name
    return rule


for _name in ("exp", "expm1", "log", "log1p", "cos", "sin"):
    setattr(CheckArithmetic, _name, _dimensionless(_name))
for _name in ("lt", "le", "gt", "ge", "eq"):
    setattr(CheckArithmetic, _name, _comparison(_name))

CHECK = CheckArithmetic()
