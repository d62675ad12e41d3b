"""The exact arithmetic: object arrays of Decimal under a local context of 100 digits. No posted amount passes through a float."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import MAX_EMAX, MIN_EMIN, ROUND_FLOOR, Context, Decimal, DivisionByZero, FloatOperation, InvalidOperation, localcontext
from typing import Any

import numpy as np

from .arithmetic import LIFT, SNAP, Arithmetic, NumpyArithmetic
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


def _whole(x: Any) -> Any:
    """A literal whole number of a rule as a Decimal: two ints left among the values would divide to a float."""
    return Decimal(x) if type(x) is int else x


def _literal(rule: Callable[..., Any]) -> Callable[..., Any]:
    def with_literals(*args: Any) -> Any:
        return rule(*(_whole(a) for a in args))

    return with_literals


def _guarded(rule: Callable[..., Decimal]) -> Callable[..., Decimal]:
    def with_guard(*args: Any) -> Decimal:
        with localcontext() as c:
            c.prec += GUARD
            out = rule(*(_number(a) for a in args))
        return +out

    return with_guard


def _expm1(x: Decimal) -> Decimal:
    if not x or x.adjusted() < -PRECISION:
        return x + x * x / 2  # the next term is below the last digit
    with localcontext() as c:  # the subtraction loses as many digits as x has leading zeros
        c.prec += max(0, -x.adjusted())
        return x.exp() - 1


def _log1p(x: Decimal) -> Decimal:
    if not x or x.adjusted() < -PRECISION:
        return x - x * x / 2
    with localcontext() as c:
        c.prec += max(0, -x.adjusted())
        return (1 + x).ln()


def _power(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        return Decimal(1)  # 0^0 too, as in floats
    if not a:
        return Decimal(0) if b > 0 else 1 / a  # which raises
    if b == b.to_integral_value() and abs(b) < 10**6:
        return a ** int(b)
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


def _mod(t: Any, n: Any) -> Any:
    rest = t % n  # Decimals take the sign of t
    return rest + n if rest and (rest < 0) != (n < 0) else rest


class ExactArithmetic(Arithmetic):
    """Decimals. `where`, `minimum` and their like let a float slip through in silence: `check_values` does not."""

    name = "exact"
    clip = Arithmetic._between
    snap, _lift = Decimal(SNAP), Decimal(LIFT)
    where = staticmethod(lambda mask, a, b: np.where(mask, _whole(a), _whole(b))[()])
    num = staticmethod(_number)
    exp, expm1, log, log1p = (staticmethod(_each(_guarded(f))) for f in (Decimal.exp, _expm1, Decimal.ln, _log1p))
    sqrt, cos = staticmethod(_each(_guarded(Decimal.sqrt))), staticmethod(_each(_guarded(_cos)))
    sin = staticmethod(_each(_guarded(lambda x: _cos(x - PI / 2))))
    power = staticmethod(_each(_guarded(_power), 2))
    abs = staticmethod(_each(abs))
    minimum = staticmethod(_literal(_each(lambda a, b: a if a <= b else b, 2)))
    maximum = staticmethod(_literal(_each(lambda a, b: a if a >= b else b, 2)))
    div, mod = staticmethod(_literal(_each(_div, 3))), staticmethod(_each(_mod, 2))
    logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
    total, sum, max, lookup = (staticmethod(f) for f in (NumpyArithmetic.total, NumpyArithmetic.sum, NumpyArithmetic.max, NumpyArithmetic.lookup))
    concatenate, take_along_axis, gather = staticmethod(np.concatenate), staticmethod(np.take_along_axis), staticmethod(NumpyArithmetic.gather)
    _nearest = staticmethod(_each(lambda v: v.to_integral_value()))
    _below = staticmethod(_each(lambda v: v.to_integral_value(rounding=ROUND_FLOOR)))
    _order, _sorted = (staticmethod(f) for f in (NumpyArithmetic._order, NumpyArithmetic._sorted))

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

    @staticmethod
    def put(a: Any, index: Any, value: Any) -> Any:
        out = a.copy()
        out[index] = _whole(value)
        return out

    @staticmethod
    def add_at(a: Any, index: Any, value: Any) -> Any:
        out = a.copy()
        np.add.at(out, index, value)
        return out

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
    """Exact numbers as float64."""
    return np.asarray(x).astype(np.float64)


EXACT = ExactArithmetic()
