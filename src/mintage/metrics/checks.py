"""What the metrics accept: finite numbers in range, in shapes that fit. Anything else is a fault with a place, never a silent NaN."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Fault, UsageError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


def refuse(code: str, where: str, found: str, expected: str, hint: str = "") -> NoReturn:
    """Raise the UsageError of one fault."""
    raise UsageError(Fault(code, where, found, expected, hint))


def numbers(
    x: ArrayLike,
    name: str,
    *,
    low: float = -np.inf,
    above: float = -np.inf,
    high: float = np.inf,
    below: float = np.inf,
    least: int = 1,
    infinite: bool = False,
) -> Array:
    """`x` as float64, of any shape, checked: at least `least` entries on axis 0, low <= x <= high, above < x < below, no NaN.

    Infinity passes only with `infinite`. Raises UsageError MT420 (nothing), MT421 (NaN, infinity), MT422 (range), MT424 (too short).
    """
    out = np.asarray(x, np.float64)
    if out.size == 0:
        refuse("MT420", name, "no values", "at least one")
    if np.isnan(out).any() or not (infinite or np.isfinite(out).all()):
        refuse("MT421", name, "NaN" if np.isnan(out).any() else "infinity", "numbers" if infinite else "finite numbers")
    wrong = (out < low) | (out > high) | ((out <= above) & (above > -np.inf)) | ((out >= below) & (below < np.inf))
    if wrong.any():
        refuse("MT422", name, f"{out[wrong].flat[0]:g}", _range(low, above, high, below))
    if least > 1 and (out.ndim == 0 or len(out) < least):
        refuse("MT424", name, f"{out.shape[0] if out.ndim else 1} values", f"at least {least}")
    return out


def share(x: float, name: str) -> float:
    """A probability or level strictly between 0 and 1 [1]."""
    return float(numbers(x, name, above=0, below=1))


def fit(first: Array, second: Array, name: str) -> None:
    """Both arrays have one shape. Raises UsageError MT423."""
    if first.shape != second.shape:
        refuse("MT423", name, f"shapes {first.shape} and {second.shape}", "the same shape")


def ratio(above: ArrayLike, below: ArrayLike) -> Array:
    """above / below for numbers >= 0, with 0/0 = 0 (nothing asked, nothing missing) and x/0 = infinity."""
    a, b = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    with np.errstate(over="ignore"):
        return np.asarray(np.divide(a, b, out=np.where(a > 0, np.inf, 0.0), where=b > 0))


def _range(low: float, above: float, high: float, below: float) -> str:
    parts = (("at least", low), ("above", above), ("at most", high), ("below", below))
    return " and ".join(f"{word} {bound:g}" for word, bound in parts if np.isfinite(bound))
