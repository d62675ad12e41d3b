"""Who comes first: the highest of many, the value at which a demand curve reaches a number, and what each gets of it. Helpers; no mechanism of its own."""

from __future__ import annotations

from typing import Any

from .sharing import peak


def highest(xp: Any, x: Any, number: int) -> Any:
    """1 for the `number` highest values above 0 of [holder, path], else 0; of equal ones at the edge the lower rows."""
    rows = x.shape[-2]
    edge = xp.sort(x)[rows - number : rows - number + 1] if rows > number else 0 * x[:1]
    won = filled(xp, x, xp.where(xp.ge(x, 0 * x), 1, 0), edge, number)
    return won * xp.where(xp.gt(x, 0 * x), 1, 0)


def curve(xp: Any, value: Any, wanted: Any, number: Any, *, past: bool = False) -> Any:
    """The value [1, path] at which so much is `wanted` [holder, path] at this value or more that it reaches `number`, or with `past` exceeds it; 0 where
    it never does. Values are not negative."""
    order = xp.argsort(value)
    v, q = xp.take_along_axis(value, order, -2), xp.take_along_axis(wanted, order, -2)
    demand = from_the_end(xp, q)
    reached = xp.gt(demand, number) if past else xp.ge(demand, number)
    return peak(xp, v * xp.where(xp.logical_and(reached, xp.gt(q, 0 * q)), 1, 0))


def filled(xp: Any, value: Any, wanted: Any, edge: Any, number: Any) -> Any:
    """What each gets of `number`: all that it wants above `edge`, and at the edge what is left, in the order of rows. [holder, path]"""
    above, level = wanted * xp.where(xp.gt(value, edge), 1, 0), wanted * xp.where(xp.eq(value, edge), 1, 0)
    return above + xp.clip(number - xp.total(above) - (xp.cumsum(level, -2) - level), 0 * level, level)


def from_the_end(xp: Any, x: Any) -> Any:
    """Sums of each row of [row, path] and all after it: of what is sorted, how much there is at this value or more."""
    return xp.cumsum(x[::-1], -2)[::-1]
