"""Exact formulas of the two common makers of markets: a bonding curve with reserve (Bancor) and a constant-product pool. All elementwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, numbers, refuse


def bancor_price(reserve: ArrayLike, supply: ArrayLike, ratio: ArrayLike) -> Array:
    """P = R/(F S) [currency/token]: reserve R [currency], supply S [token], reserve ratio F in (0, 1]. Errors: MT420-MT422."""
    return _reserve(reserve) / (_ratio(ratio) * _supply(supply))


def bancor_mint(reserve: ArrayLike, supply: ArrayLike, ratio: ArrayLike, deposit: ArrayLike) -> Array:
    """dS = S((1 + dR/R)^F - 1) [token] minted for a deposit dR [currency]. Source: Zargham, Shorish and Paruch 2019. Errors: MT420-MT422."""
    grown = numbers(deposit, "deposit", low=0) / _reserve(reserve)
    return _supply(supply) * np.expm1(_ratio(ratio) * np.log1p(grown))  # a plain power loses seven digits on small deposits


def bancor_redeem(reserve: ArrayLike, supply: ArrayLike, ratio: ArrayLike, tokens: ArrayLike) -> Array:
    """dR = R(1 - (1 - dS/S)^(1/F)) [currency] paid for burning dS <= S [token]. Source: as `bancor_mint`. Errors: MT420-MT422."""
    sold = numbers(tokens, "tokens", low=0) / _supply(supply)
    if (sold > 1).any():
        refuse("MT422", "tokens", "more tokens than the supply", "at most the supply")
    with np.errstate(divide="ignore"):  # selling all: ln 0 = -infinity, and expm1 makes of it -1, the whole reserve
        return -_reserve(reserve) * np.expm1(np.log1p(-sold) / _ratio(ratio))


def bancor_invariant(reserve: ArrayLike, supply: ArrayLike, ratio: ArrayLike) -> Array:
    """ln V = ln S/F - ln R, V = S^(1/F)/R: constant under every mint and burn. As a logarithm, since V itself overflows for small F.

    Source: Zargham, Shorish and Paruch 2019. Errors: MT420-MT422.
    """
    return np.log(_supply(supply)) / _ratio(ratio) - np.log(_reserve(reserve))


def pool_out(reserve_in: ArrayLike, reserve_out: ArrayLike, amount: ArrayLike, fee: ArrayLike = 0.0) -> Array:
    """y a(1 - f)/(x + a(1 - f)): what `amount` a of the asset with reserve x buys of the one with reserve y. Errors: MT420-MT422.

    The fee f [1] in [0, 1) stays in the pool. Source: Angeris and Chitra 2020.
    """
    paid = numbers(amount, "amount", low=0) * _kept(fee)
    return _pool(reserve_out) * (paid / (_pool(reserve_in) + paid))


def pool_cost(reserve_in: ArrayLike, reserve_out: ArrayLike, wanted: ArrayLike, fee: ArrayLike = 0.0) -> Array:
    """x q/((y - q)(1 - f)): what must be paid of the asset with reserve x for q < y of the other; the inverse of `pool_out`. Errors: MT420-MT422."""
    q, y = numbers(wanted, "wanted", low=0), _pool(reserve_out)
    if (q >= y).any():
        refuse("MT422", "wanted", "the whole pool or more", "less than the pool holds", "no price buys the last token")
    return _pool(reserve_in) * (q / (y - q)) / _kept(fee)


def _reserve(x: ArrayLike) -> Array:
    return numbers(x, "reserve", above=0)


def _supply(x: ArrayLike) -> Array:
    return numbers(x, "supply", above=0)


def _ratio(x: ArrayLike) -> Array:
    return numbers(x, "reserve ratio", above=0, high=1)


def _pool(x: ArrayLike) -> Array:
    return numbers(x, "pool reserve", above=0)


def _kept(fee: ArrayLike) -> Array:
    return 1 - numbers(fee, "fee", low=0, below=1)
