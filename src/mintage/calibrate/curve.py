"""Fit a bonding curve to a history of use: the steepest one whose price would have stayed within a volatility, whatever the order of weeks.

    e = d ln p / d ln S at the supply at hand:   linear 1 - level / price,   power exponent,   reserve ratio 1 / (1 + e),   sigmoid supply / width

Futures of use are drawn from the record's own log changes, in blocks of random length (stationary bootstrap, Politis and Romano 1994), from its last level
on. In each period people buy tokens for what they use, and sell a share of those bought in the period before: providers who were paid in them. The price
moves by the mechanism's own formulas. A steeper curve rewards early buyers more and swings more with use; the one found is the steepest of which, with the
confidence asked for, a window's realised volatility stays within the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from ..arithmetic import NUMPY
from ..economy import supply as outstanding
from ..errors import Fault, UsageError, nearest
from ..mechanisms.curve_shapes import SHAPES
from ..mechanisms.curves import BondingCurve
from ..metrics import realised_volatility
from ..spec import Spec
from . import logs
from .level import Array, robust

Form = Literal["linear", "power", "reserve_ratio", "sigmoid"]
HALF_YEAR = 182.5
BLOCK = 8  # periods: mean length of a block
RECENT = 8  # periods whose median is the level that futures start from
FLATTEST, STEEPEST, MOST = 1e-6, 50.0, 0.999  # of the elasticity; a line's is below 1, where its first token is free
HALVINGS = 48


@dataclass(frozen=True)
class CurveFit:
    """The curve found. `volatility` (median) and `high` (at the confidence) are annualised, as are `bound` and the recorded `market`'s, NaN without
    one. `reserve` is what the curve must hold at the supply it was fitted at; `bounded` is False where even the steepest curve tried stays within."""

    shape: Form
    elasticity: float
    volatility: float
    high: float
    bound: float
    confidence: float
    window_days: float
    market: float
    reserve: float
    bounded: bool
    values: dict[str, Decimal]

    def over_window(self, annualised: float) -> float:
        """A volatility as articles often state it: of the whole window, not of a year."""
        return annualised * float(np.sqrt(self.window_days / 365))

    def overlay(self, mechanism: str) -> dict[str, Decimal]:
        """Values for a spec's `bonding_curve` of that name."""
        return {f"{mechanism}.{field}": value for field, value in self.values.items()}

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "values": {k: str(v) for k, v in self.values.items()}}


def fit_curve(
    history: Mapping[str, Sequence[Any]],
    *,
    shape: Form,
    price: float,
    supply: float,
    usage: str = "burned_usd",
    market: str = "",
    target: float = 0.15,
    window_days: float = HALF_YEAR,
    annualised: bool = False,
    period_days: float = 7.0,
    sold_share: float = 1.0,
    confidence: float = 0.9,
    windows: int = 400,
    seed: int = 1,
) -> CurveFit:
    """The steepest curve through `price` at `supply` that keeps a window's volatility within `target`, with that confidence.

    `target` is of the window unless `annualised`: 15 % over six months are 21.2 % a year. `usage` and `market` name columns of the record: currency spent
    in a period, and the price of a market to compare with. Errors: UsageError MT430 to MT432 for the record, MT433 for sizes that make no sense.
    """
    periods = round(window_days / period_days)
    for name, value, fine in (
        ("price", price, price > 0),
        ("supply", supply, supply > 0),
        ("target", target, target > 0),
        ("window", periods, 4 <= periods <= 520),
        ("sold share", sold_share, 0 <= sold_share <= 1),
        ("confidence", confidence, 0 < confidence < 1),
    ):
        if not fine:
            raise UsageError(Fault("MT433", f"curve, {name}", f"{value:g}", "a price, a supply and a target above 0, 4 to 520 periods, shares of 1"))
    spent = futures(logs(history, usage, []), periods, windows, seed)
    bound = target if annualised else target * float(np.sqrt(365 / window_days))

    def high(elasticity: float) -> float:
        return float(np.quantile(volatilities(shape, elasticity, price, supply, spent, sold_share, period_days), confidence))

    low, top = FLATTEST, MOST if shape == "linear" else STEEPEST
    bounded = high(top) > bound
    for _ in range(HALVINGS if bounded else 0):
        middle = float(np.sqrt(low * top))
        low, top = (middle, top) if high(middle) <= bound else (low, middle)
    found = low if bounded else top
    each = volatilities(shape, found, price, supply, spent, sold_share, period_days)
    recorded = recorded_volatility(logs(history, market, []), period_days) if market else float("nan")
    at_quantile = float(np.quantile(each, confidence))
    reserve = reserve_at(shape, found, price, supply)
    return CurveFit(
        shape, found, float(np.median(each)), at_quantile, bound, confidence, window_days, recorded, reserve, bounded, values(shape, found, price, supply)
    )


def fit_spec(spec: Spec, mechanism: str, history: Mapping[str, Sequence[Any]], **how: Any) -> CurveFit:
    """`fit_curve` for a spec's bonding curve as it opens: its shape, its price's start and the supply of its token, unless `how` says otherwise.

    Errors: UsageError MT433 where the spec has no such curve, or its token no supply yet, and those of `fit_curve`.
    """
    economy = spec.economy()
    curves = {u.name: u for u in economy.uses if isinstance(u.mechanism, BondingCurve)}
    if mechanism not in curves:
        raise UsageError(Fault("MT433", mechanism, "no bonding curve of that name", "the name of one", nearest(mechanism, curves)))
    p = economy.binder(NUMPY).bind(curves[mechanism].params)
    held = float(np.sum(outstanding(economy.bind(NUMPY).start(1).balances, p.tokens.asset)))
    start = economy.signals[p.price].start
    return fit_curve(history, **{"shape": p.shape, "price": float(start if isinstance(start, Decimal) else start[0]), "supply": held, **how})


def futures(y: Array, periods: int, windows: int, seed: int) -> Array:
    """Currency spent [period, window]: drawn blocks of the record's log changes, from the median of its last rows on."""
    known = y[~np.isnan(y)]
    changes = np.diff(known)
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
    fresh = rng.random((periods, windows)) < 1 / BLOCK
    starts = rng.integers(len(changes), size=(periods, windows))
    row, rows = starts[0], []
    for t in range(periods):
        row = np.where(fresh[t], starts[t], (row + 1) % len(changes))
        rows.append(changes[row])
    out: Array = np.exp(np.median(known[-RECENT:]) + np.cumsum(rows, axis=0))
    return out


def values(shape: Form, e: float, price: float, supply: float) -> dict[str, Decimal]:
    """The parameters of `bonding_curve` of that shape and elasticity at that price and supply."""
    found = {
        "linear": {"level": price * (1 - e), "slope": price * e / supply},
        "power": {"level": price, "scale": supply, "exponent": e},
        "reserve_ratio": {"ratio": 1 / (1 + e)},
        "sigmoid": {"level": price, "scale": supply, "width": supply / e},
    }[shape]
    return {k: Decimal(f"{v:.9g}") for k, v in found.items()}


def parameters(shape: Form, e: float, price: float, supply: float) -> Any:
    """The same as a rule sees them."""
    return SimpleNamespace(shape=shape, **{k: float(v) for k, v in values(shape, e, price, supply).items()})


def reserve_at(shape: Form, e: float, price: float, supply: float) -> float:
    """What the reserve holds there: the area under the curve, or its ratio of the market value."""
    if shape == "reserve_ratio":
        return price * supply / (1 + e)
    return float(SHAPES[shape].fetched(parameters(shape, e, price, supply), NUMPY, supply, 0.0, supply))


def volatilities(shape: Form, e: float, price: float, supply: float, spent: Array, sold_share: float, period_days: float) -> Array:
    """Realised volatility of each window, annualised [window]."""
    p, rule = parameters(shape, e, price, supply), SHAPES[shape]
    s, r = np.full(spent.shape[1], supply), np.full(spent.shape[1], reserve_at(shape, e, price, supply))
    path, waiting = [rule.price(p, NUMPY, s, r)], np.zeros(spent.shape[1])
    for deposit in spent:
        got = rule.bought(p, NUMPY, s, r, deposit)
        s, r = s + got, r + deposit
        sold = np.minimum(waiting * sold_share, s)
        out = np.minimum(rule.fetched(p, NUMPY, s, r, sold), r)
        s, r, waiting = s - sold, r - out, got
        path.append(rule.price(p, NUMPY, s, r))
    out_: Array = realised_volatility(np.array(path[1:]), period_days)
    return out_


def recorded_volatility(y: Array, period_days: float) -> float:
    """Of a recorded price, annualised, by a robust scale: odd rows and missing ones do little."""
    changes = np.diff(y)
    return robust(changes[~np.isnan(changes)]) * float(np.sqrt(365 / period_days))
