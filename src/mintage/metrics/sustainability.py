"""Can the economy pay for itself: emission against external revenue, when they meet, how long the treasury lasts, burn-mint steady states."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, fit, numbers, ratio


class SteadyState(NamedTuple):
    """Where a burn-mint equilibrium rests: supply [token] and price [currency/token]."""

    supply: float
    price: float


def emission_ratio(emission: ArrayLike, revenue: ArrayLike) -> Array:
    """rho_t = E_t/R_t [1], both [currency/period] >= 0 and of one shape; rho <= 1 sustains itself.

    Nothing emitted is 0; emission without revenue is infinite. R is external revenue net of circular payments: gross revenue improves
    when it is faked. Errors: MT420-MT423.
    """
    emitted, earned = _pair(emission, revenue)
    return ratio(emitted, earned)


def subsidy(emission: ArrayLike, revenue: ArrayLike) -> Array:
    """E_t - R_t [currency/period]: what holders pay through dilution beyond what customers pay; negative is a surplus. Errors: MT420-MT423."""
    emitted, earned = _pair(emission, revenue)
    return emitted - earned


def parity_time(emission: ArrayLike, revenue: ArrayLike, dt: float = 1.0, *, stays: bool = True) -> Array:
    """First time from which R >= E holds to the end of the run, in units of dt: [step, path] -> [path]; infinite when never.

    With `stays` False, the first crossing, even when it is lost again. Step 0 is time 0. Errors: MT420-MT423.
    """
    emitted, earned = _pair(emission, revenue)
    covered = earned >= emitted
    if stays:
        covered = np.logical_and.accumulate(covered[::-1], axis=0)[::-1]
    return np.where(covered.any(axis=0), covered.argmax(axis=0) * float(numbers(dt, "dt", above=0)), np.inf)


def parity_closed_form(ratio0: float, growth: float, halving: float) -> float:
    """T = ln(rho_0)/(g + ln 2/H) [year]: smooth halving each H [year], revenue growing at log rate g [1/year].

    0 when rho_0 <= 1, infinite when the ratio does not fall. Errors: MT421, MT422.
    """
    start, g, years = _parity_inputs(ratio0, growth, halving)
    fall = g + math.log(2) / years
    if start <= 0:
        return 0.0
    return start / fall if fall > 0 else math.inf


def parity_stepped(ratio0: float, growth: float, halving: float) -> float:
    """First T [year] with ln(rho_0) - g T - floor(T/H) ln 2 <= 0: halvings at H, 2H, ... Errors: MT421, MT422.

    The era whose start is below parity is the first k with k (g H + ln 2) >= ln(rho_0); growth may reach parity in the era before.
    """
    start, g, years = _parity_inputs(ratio0, growth, halving)
    fall = g * years + math.log(2)
    if start <= 0:
        return 0.0
    if fall <= 0:
        return math.inf
    era = math.ceil(start / fall - 1e-9)  # ln 8 / ln 2 is three
    inside = (start - (era - 1) * math.log(2)) / g if g > 0 else math.inf
    return min(era * years, inside)


def runway(treasury: ArrayLike, outflow: ArrayLike, inflow: ArrayLike = 0.0) -> Array:
    """Treasury / (outflow - inflow), elementwise [period]: how long it lasts at these rates; infinite when inflow covers outflow.

    Treasury [asset], rates [asset/period]. Errors: MT420-MT422.
    """
    rest = numbers(treasury, "treasury", low=0)
    net = numbers(outflow, "outflow", low=0) - numbers(inflow, "inflow", low=0)
    rest, net = np.broadcast_arrays(rest, net)
    with np.errstate(over="ignore"):
        return np.asarray(np.divide(rest, net, out=np.full(net.shape, np.inf), where=net > 0))


def burn_mint_residual(supply: ArrayLike, price: ArrayLike, spend: ArrayLike, mint: ArrayLike) -> Array:
    """S_{t+1} - (S_t - D_t/P_t + M_t) [token], [step] of D, P, M; supply has one step more. Zero when the flows are kept.

    The identity of burn-and-mint, whatever sets the price. Errors: MT420-MT423.
    """
    before, after = numbers(supply, "supply", low=0, least=2)[:-1], numbers(supply, "supply", low=0, least=2)[1:]
    burned = numbers(spend, "spend", low=0) / numbers(price, "price", above=0)
    minted = numbers(mint, "mint", low=0)
    fit(before, burned, "burn_mint_residual")
    fit(burned, minted, "burn_mint_residual")
    return after - (before - burned + minted)


def burn_mint_steady_state(spend: float, mint: float, holding: float, remint: float = 0.0) -> SteadyState:
    """S* = kappa (M + C), P* = D/(M + C): spend D [currency/epoch], mint M and re-mint C while its cap binds [token/epoch].

    kappa = `holding` [epoch], at least 1, is how long a token is held (quantity theory: market cap = kappa D). Errors: MT421, MT422.
    """
    issued = float(numbers(mint, "mint", low=0)) + float(numbers(remint, "remint", low=0))
    numbers(issued, "mint and remint", above=0)
    return SteadyState(float(numbers(holding, "holding", low=1)) * issued, float(numbers(spend, "spend", low=0)) / issued)


def burn_mint_supply(start: float, mint: float, holding: float, epochs: ArrayLike) -> Array:
    """S_t = S* + (S_0 - S*)(1 - 1/kappa)^t [token], S* = kappa M, at `epochs` of any shape. Errors: MT420-MT422."""
    kappa = float(numbers(holding, "holding", low=1))
    rest = kappa * float(numbers(mint, "mint", low=0))
    return rest + (float(numbers(start, "start", low=0)) - rest) * (1 - 1 / kappa) ** numbers(epochs, "epochs", low=0)


def burn_mint_half_life(holding: float) -> float:
    """ln(1/2)/ln(1 - 1/kappa) [epoch]: how long the distance to S* takes to halve, kappa > 1. Errors: MT421, MT422."""
    return -math.log(2) / math.log1p(-1 / float(numbers(holding, "holding", above=1)))


def _pair(emission: ArrayLike, revenue: ArrayLike) -> tuple[Array, Array]:
    emitted, earned = numbers(emission, "emission", low=0), numbers(revenue, "revenue", low=0)
    fit(emitted, earned, "emission and revenue")
    return emitted, earned


def _parity_inputs(ratio0: float, growth: float, halving: float) -> tuple[float, float, float]:
    return math.log(float(numbers(ratio0, "ratio0", above=0))), float(numbers(growth, "growth")), float(numbers(halving, "halving", above=0))
