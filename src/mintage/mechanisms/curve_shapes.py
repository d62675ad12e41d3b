"""Shapes of bonding curves: price, what a deposit buys, what tokens fetch, and the area under the curve, each in closed form.

s [token] is supply, r [currency] the reserve, V(s) the area under the price from 0 to s. Differences V(s + q) - V(s) are never taken of two large numbers:
each has a form that keeps all digits of a small trade.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from .base import Number, Parameters, number, option

Rule = Callable[[Any, Any, Any, Any, Any], Any]


class CurveShape(Parameters):
    """What every curve has: its shape, and the numbers that the shape needs. Units: `currency` and `tokens` are the mechanism's accounts."""

    shape: Literal["linear", "power", "reserve_ratio", "sigmoid"] = option("reserve_ratio", "how price follows supply")
    level: Number = number("1", "currency/tokens", "price of the first token (linear), or at supply `scale` (power; sigmoid: half its ceiling)", gt="0")
    slope: Number = number("0", "currency/tokens^2", "linear: rise of the price with each token", ge="0")
    scale: Number = number("1", "tokens", "power, sigmoid: the supply at which the price is `level`", gt="0")
    exponent: Number = number("1", "1", "power: elasticity of price to supply", ge="0")
    width: Number = number("1", "tokens", "sigmoid: how gently the price turns around `scale`", gt="0")
    ratio: Number = number("0.5", "1", "reserve_ratio: the reserve over the market value of all tokens", gt="0", le="1")


class Shape(NamedTuple):
    """`price(p, xp, s, r)`; of a trade `bought(p, xp, s, r, deposit)` [token], `fetched(p, xp, s, r, tokens)` and `cost(p, xp, s, r, tokens)` [currency]."""

    price: Callable[[Any, Any, Any, Any], Any]
    bought: Rule
    fetched: Rule
    cost: Rule


def area(p: Any, xp: Any, supply: Any, reserve: Any, tokens: Any) -> Any:
    """Area under the curve over the next `tokens` [currency]: what they cost, and what who bought the ones before gains from them.

    `p` has the fields of CurveShape as numbers of `xp`; any of the three arithmetics.
    """
    return SHAPES[p.shape].cost(p, xp, supply, reserve, tokens)


# --- linear: p = level + slope s ------------------------------------------------------------------------------------


def linear_price(p: Any, xp: Any, s: Any, r: Any) -> Any:
    return p.level + p.slope * s


def linear_bought(p: Any, xp: Any, s: Any, r: Any, deposit: Any) -> Any:
    """The root of slope x^2 / 2 + price x = deposit, in the form that does not cancel."""
    price = p.level + p.slope * s
    return 2 * deposit / (price * (1 + xp.sqrt(1 + 2 * p.slope * deposit / (price * price))))


def linear_fetched(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    return tokens * (p.level + p.slope * (s - tokens / 2))


def linear_cost(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    return tokens * (p.level + p.slope * (s + tokens / 2))


# --- power: p = level (s / scale)^exponent, so V = level scale (s / scale)^(exponent + 1) / (exponent + 1) -------------


def power_price(p: Any, xp: Any, s: Any, r: Any) -> Any:
    return p.level * xp.power(s / p.scale, p.exponent)


def power_value(p: Any, xp: Any, s: Any) -> Any:
    return p.level * p.scale * xp.power(s / p.scale, p.exponent + 1) / (p.exponent + 1)


def power_bought(p: Any, xp: Any, s: Any, r: Any, deposit: Any) -> Any:
    value = power_value(p, xp, s)
    first = p.scale * xp.power(deposit * (p.exponent + 1) / (p.level * p.scale), 1 / (p.exponent + 1))
    return xp.where(xp.gt(value, 0), s * grown(xp, deposit, value, 1 / (p.exponent + 1)), first)


def power_fetched(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    return power_value(p, xp, s) * shrunk(xp, tokens, s, p.exponent + 1)


def power_cost(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    value = power_value(p, xp, s)
    return xp.where(xp.gt(value, 0), value * grown(xp, tokens, s, p.exponent + 1), power_value(p, xp, tokens))


# --- reserve ratio (Bancor): p = r / (ratio s), so s^(1 / ratio) / r stays what it is ----------------------------------


def ratio_price(p: Any, xp: Any, s: Any, r: Any) -> Any:
    return xp.div(r, p.ratio * s, 0)


def ratio_bought(p: Any, xp: Any, s: Any, r: Any, deposit: Any) -> Any:
    return s * grown(xp, deposit, r, p.ratio)


def ratio_fetched(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    return r * shrunk(xp, tokens, s, 1 / p.ratio)


def ratio_cost(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    return r * grown(xp, tokens, s, 1 / p.ratio)


def grown(xp: Any, more: Any, base: Any, exponent: Any) -> Any:
    """(1 + more / base)^exponent - 1, and 0 where there is no base."""
    return xp.expm1(exponent * xp.log1p(xp.div(more, base, 0)))


def shrunk(xp: Any, less: Any, base: Any, exponent: Any) -> Any:
    """1 - (1 - less / base)^exponent for less <= base: by logarithms below a half, where the power would cancel, and by the power above."""
    part = xp.minimum(xp.div(less, base, 0), 1)
    half = xp.num(1) / 2
    small = -xp.expm1(exponent * xp.log1p(-xp.minimum(part, half)))
    return xp.where(xp.gt(part, half), 1 - xp.power(1 - part, exponent), small)


# --- sigmoid: p = level (u / root + 1), u = s - scale, root = sqrt(width^2 + u^2), so V = level (y(s) - y(0)), y = root + u --------


def turned(p: Any, xp: Any, s: Any) -> tuple[Any, Any, Any]:
    """(u, root, y) [token]; far below the middle y is width^2 / (root - u), which does not cancel."""
    u = s - p.scale
    root = p.width * xp.sqrt(1 + (u / p.width) * (u / p.width))
    far = root + xp.abs(u)
    return u, root, xp.where(xp.lt(u, 0), p.width * p.width / far, far)


def sigmoid_price(p: Any, xp: Any, s: Any, r: Any) -> Any:
    _, root, y = turned(p, xp, s)
    return p.level * y / root


def sigmoid_bought(p: Any, xp: Any, s: Any, r: Any, deposit: Any) -> Any:
    _, _, y = turned(p, xp, s)
    rise = deposit / p.level
    return rise / 2 * (1 + p.width * p.width / (y * (y + rise)))


def sigmoid_fetched(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    (_, root, y), (_, root_after, y_after) = turned(p, xp, s), turned(p, xp, s - tokens)
    return p.level * tokens * (y + y_after) / (root + root_after)


def sigmoid_cost(p: Any, xp: Any, s: Any, r: Any, tokens: Any) -> Any:
    (_, root, y), (_, root_after, y_after) = turned(p, xp, s), turned(p, xp, s + tokens)
    return p.level * tokens * (y + y_after) / (root + root_after)


SHAPES: Mapping[str, Shape] = {
    "linear": Shape(linear_price, linear_bought, linear_fetched, linear_cost),
    "power": Shape(power_price, power_bought, power_fetched, power_cost),
    "reserve_ratio": Shape(ratio_price, ratio_bought, ratio_fetched, ratio_cost),
    "sigmoid": Shape(sigmoid_price, sigmoid_bought, sigmoid_fetched, sigmoid_cost),
}
