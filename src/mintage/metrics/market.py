"""The market of a token: value, float, turnover, volatility, drawdown, and what it costs to provide its liquidity.

Series are [step, path] or [step]; what is said per path comes back as [path] (or a number of shape ()).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, fit, numbers, ratio, refuse

DAYS_PER_YEAR = 365.0  # tokens trade every day: annualising with 252 is 17 % too low


def market_cap(price: ArrayLike, circulating: ArrayLike) -> Array:
    """P S_circ [currency], elementwise. Errors: MT420-MT422. Treasury and locked tokens are not circulating."""
    return numbers(price, "price", low=0) * numbers(circulating, "circulating supply", low=0)


def fully_diluted_value(price: ArrayLike, maximum: ArrayLike) -> Array:
    """P S_max [currency], elementwise: the market cap if all that may ever exist were outstanding. Errors: MT420-MT422."""
    return numbers(price, "price", low=0) * numbers(maximum, "maximum supply", low=0)


def free_float(supply: ArrayLike, *held_back: ArrayLike) -> Array:
    """Supply less what cannot trade (staked, locked, treasury) [token], elementwise. Errors: MT420-MT422 when more is held back than exists."""
    left = numbers(supply, "supply", low=0)
    total = left
    for held in held_back:
        left = left - numbers(held, "held back", low=0)
    if (left < -1e-9 * total).any():
        refuse("MT422", "free float", f"{left.min():g} left", "no more held back than exists", "an account may be counted twice")
    return np.maximum(left, 0.0)


def turnover(volume: ArrayLike, cap: ArrayLike) -> Array:
    """Volume per period over market cap, both [currency]: [1/period]. Volume on a cap of zero is infinite. Errors: MT420-MT422."""
    return ratio(numbers(volume, "volume", low=0), numbers(cap, "market cap", low=0))


def velocity(spend: ArrayLike, price: ArrayLike, circulating: ArrayLike) -> Array:
    """V = D/(P S_float) [1/period], from M V = P Q with D [currency/period] (Fisher 1911). Errors: MT420-MT422."""
    return turnover(numbers(spend, "spend", low=0), market_cap(price, circulating))


def annualised(sigma: ArrayLike, days: float) -> Array:
    """sigma sqrt(365/days): volatility over `days` [day] brought to a year. Never compare two volatilities of different spans."""
    return np.asarray(numbers(sigma, "volatility", low=0) * np.sqrt(DAYS_PER_YEAR / float(numbers(days, "days", above=0))))


def realised_volatility(price: ArrayLike, dt: float = 1.0) -> Array:
    """sd(ln P_t/P_{t-1}) sqrt(365/dt) [1/sqrt(year)]: price [step, path] -> [path], dt [day], divisor n - 1.

    Errors: MT421, MT422 (a price of zero has no return), MT424 (fewer than three prices).
    """
    returns = np.diff(np.log(numbers(price, "price", above=0, least=3)), axis=0)
    return annualised(returns.std(axis=0, ddof=1), dt)


def drawdown(price: ArrayLike) -> Array:
    """1 - P_t / max_{s<=t} P_s [1], shape of the input. A price that never rose above zero has fallen by nothing. Errors: MT420-MT422."""
    prices = numbers(price, "price", low=0)
    peak = np.maximum.accumulate(prices, axis=0)
    return np.divide(peak - prices, peak, out=np.zeros_like(prices), where=peak > 0)


def max_drawdown(price: ArrayLike) -> Array:
    """max_t of `drawdown` [1]: [step, path] -> [path]. Report its distribution over paths, never that of one path."""
    return np.asarray(drawdown(price).max(axis=0))


def impermanent_loss(price_ratio: ArrayLike) -> Array:
    """2 sqrt(r)/(1 + r) - 1 <= 0 [1]: value of a constant-product position against holding, after the price moved by the factor r >= 0."""
    r = numbers(price_ratio, "price ratio", low=0)
    return -((1 - np.sqrt(r)) ** 2) / (1 + r)  # the same, without cancelling near r = 1


def loss_versus_rebalancing(sigma: ArrayLike) -> Array:
    """sigma^2/8 per unit of pool value and span, sigma per root of that span, constant product (Milionis, Moallemi, Roughgarden and Zhang 2022)."""
    return numbers(sigma, "volatility", low=0) ** 2 / 8


def real_yield(reward_rate: ArrayLike, inflation: ArrayLike) -> Array:
    """Reward rate less inflation [1/year], elementwise: what a staker gains in share of supply, to first order (Cong, He and Tang 2022)."""
    rewards, growth = numbers(reward_rate, "reward rate"), numbers(inflation, "inflation")
    fit(rewards, growth, "real yield")
    return rewards - growth
