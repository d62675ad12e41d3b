"""The exact arithmetic: object arrays of Decimal under a local context of 100 digits. No posted amount passes through a float."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, FloatOperation, InvalidOperation, localcontext
from typing import Any

import numpy as np

from .arithmetic import SNAP, Arithmetic, NumpyArithmetic
from .errors import Fault, RunError

PRECISION = 100  # 50 digits cannot hold 2^256 - 1
GUARD = 15
PI = Decimal("3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117067982148086513282306647")


@contextmanager
def exact() -> Iterator[None]:
    """The context of all exact work; a new thread otherwise starts with 28 digits and silent floats."""
    with localcontext(Context(prec=PRECISION, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[FloatOperation, InvalidOperation, DivisionByZero])):
        yield


def _number(x: Any) -> Decimal:
    if isinstance(x, float):
        return Decimal(repr(float(x)))
    return Decimal(int(x)) if isinstance(x, np.integer) else Decimal(x)


def _each(rule: Callable[..., Any], inputs: int = 1) -> Callable[..., Any]:
    """A rule on Decimals as a ufunc over object arrays; scalars stay scalars."""
    each: Callable[..., Any] = np.frompyfunc(rule, inputs, 1)
    return each


def _guarded(rule: Callable[..., Decimal]) -> Callable[..., Decimal]:
    def with_guard(*args: Any) -> Decimal:
        with localcontext() as c:
            c.prec += GUARD
            out = rule(*(_number(a) for a in args))
        return +out

    return with_guard


def _expm1(x: Decimal) -> Decimal:
    if abs(x) >= Decimal("0.1"):
        return x.exp() - 1
    with localcontext() as c:  # the subtraction loses as many digits as x has leading zeros
        c.prec += max(0, -x.adjusted())
        return x.exp() - 1


def _log1p(x: Decimal) -> Decimal:
    with localcontext() as c:
        c.prec += max(0, -x.adjusted()) if x else 0
        return (1 + x).ln()


def _power(a: Decimal, b: Decimal) -> Decimal:
    if b == b.to_integral_value() and abs(b) < 10**6:
        return a ** int(b)
    if a == 0:
        return Decimal(0)
    return (b * a.ln()).exp()


def _cos(x: Decimal) -> Decimal:
    """Taylor series after reduction to one turn."""
    x = x % (2 * PI)
    term = total = Decimal(1)
    n, small = 0, Decimal(10) ** -(PRECISION + 5)
    while abs(term) > small:
        n += 2
        term *= -x * x / (n * (n - 1))
        total += term
    return total


def _div(a: Any, b: Any, default: Any) -> Any:
    return a / b if b else default


class ExactArithmetic(Arithmetic):
    """Decimals. `where`, `minimum` and their like let a float slip through in silence: `check_values` does not."""

    name = "exact"
    clip = Arithmetic._between
    snap = Decimal(SNAP)
    where = staticmethod(np.where)
    num = staticmethod(_number)
    exp, expm1, log, log1p = (staticmethod(_each(_guarded(f))) for f in (Decimal.exp, _expm1, Decimal.ln, _log1p))
    sqrt, cos = staticmethod(_each(_guarded(Decimal.sqrt))), staticmethod(_each(_guarded(_cos)))
    sin = staticmethod(_each(_guarded(lambda x: _cos(x - PI / 2))))
    power = staticmethod(_each(_guarded(_power), 2))
    abs = staticmethod(_each(abs))
    minimum = staticmethod(_each(lambda a, b: a if a <= b else b, 2))
    maximum = staticmethod(_each(lambda a, b: a if a >= b else b, 2))
    div = staticmethod(_each(_div, 3))
    logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
    total, sum, lookup = (staticmethod(f) for f in (NumpyArithmetic.total, NumpyArithmetic.sum, NumpyArithmetic.lookup))
    put, add_at = staticmethod(NumpyArithmetic.put), staticmethod(NumpyArithmetic.add_at)
    concatenate, take_along_axis = staticmethod(np.concatenate), staticmethod(np.take_along_axis)
    argsort, sort = NumpyArithmetic.argsort, NumpyArithmetic.sort

    @staticmethod
    def array(x: Any) -> Any:
        return to_exact(np.asarray(x))

    @staticmethod
    def zeros(shape: Any) -> Any:
        return np.full(shape, Decimal(0), dtype=object)

    @staticmethod
    def full(shape: Any, value: Any) -> Any:
        return np.full(shape, _number(value) if np.ndim(value) == 0 else value, dtype=object)

    @staticmethod
    def cumsum(x: Any, axis: int) -> Any:
        return np.cumsum(x, axis=axis, dtype=object)

    def near(self, a: Any, b: Any) -> Any:
        return np.asarray(_each(lambda x, y: abs(x - y) <= self.snap * max(abs(x), abs(y)), 2)(a, b), dtype=bool)

    def lt(self, a: Any, b: Any) -> Any:
        return np.asarray(_each(lambda x, y: x < y, 2)(a, b), dtype=bool) & ~self.near(a, b)

    def le(self, a: Any, b: Any) -> Any:
        return np.asarray(_each(lambda x, y: x < y, 2)(a, b), dtype=bool) | self.near(a, b)

    def floor(self, x: Any) -> Any:
        def one(v: Decimal) -> Decimal:
            near = v.to_integral_value()
            return near if abs(v - near) <= self.snap * max(abs(v), abs(near)) else v.to_integral_value(rounding="ROUND_FLOOR")

        return _each(one)(x)

    @staticmethod
    def check_values(x: Any) -> None:
        """Every element is a Decimal. Errors: RunError MT308."""
        for v in np.asarray(x, dtype=object).reshape(-1):
            if not isinstance(v, Decimal):
                raise RunError(
                    Fault(
                        "MT308",
                        "exact arithmetic",
                        f"{type(v).__name__} {v!r} among the values",
                        "Decimals only",
                        "make constants parameters, or xp.num('0.5')",
                    )
                )


def to_exact(x: Any) -> Any:
    """Array of float64 to Decimals, by the shortest text that reads back as the same float."""
    return np.asarray(_each(_number)(np.asarray(x)), dtype=object).reshape(np.shape(x))


def to_float(x: Any) -> Any:
    return np.asarray(x).astype(np.float64)


EXACT = ExactArithmetic()
