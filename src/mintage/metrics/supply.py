"""Supply: whether declared numbers fit each other, who gets what when, and how fast the float grows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, fit, numbers, ratio, refuse

MONTH = 365 / 12  # [day]


class Consistency(NamedTuple):
    """`implied` = price x supply [currency]; `gap` = declared/implied - 1 [1]; whether the gap is within tolerance."""

    implied: float
    gap: float
    within: bool


def cap_consistency(declared: float, price: float, supply: float, tolerance: float = 0.01) -> Consistency:
    """Does a declared market cap [currency] equal price x supply within `tolerance` [1]? Errors: MT421, MT422."""
    implied = float(numbers(price, "price", above=0)) * float(numbers(supply, "supply", above=0))
    gap = float(numbers(declared, "declared cap", low=0)) / implied - 1
    return Consistency(implied, gap, abs(gap) <= float(numbers(tolerance, "tolerance", low=0)))


def annual_issuance(per_day: ArrayLike, circulating: ArrayLike) -> Array:
    """365 M/S [1/year]: a year's emission at `per_day` [token/day] as a share of supply [token], not compounded. Errors: MT420-MT422."""
    return ratio(365 * numbers(per_day, "per_day", low=0), numbers(circulating, "circulating supply", low=0))


def insider_share(insiders: ArrayLike, supply: ArrayLike) -> Array:
    """Tokens of team and investors over total or circulating supply [1], elementwise. Errors: MT420-MT422 when insiders hold more than all."""
    held, total = numbers(insiders, "insiders", low=0), numbers(supply, "supply", low=0)
    if (held > total * (1 + 1e-9)).any():
        refuse("MT422", "insiders", "more than the supply", "at most the supply", "take total supply when insiders' tokens are locked")
    return np.minimum(ratio(held, total), 1.0)


def unlock_days_of_volume(unlock: ArrayLike, daily_volume: ArrayLike) -> Array:
    """Tokens unlocked over tokens traded a day [day]: how long the market needs to take them in; infinite without a market. Errors: MT420-MT422."""
    return ratio(numbers(unlock, "unlock", low=0), numbers(daily_volume, "daily volume", low=0))


def mean_time_to_unlock(days: ArrayLike, tokens: ArrayLike) -> float:
    """sum_k x_k t_k / sum_k x_k [day] over unlocks [event] of x_k tokens in t_k days; 0 when nothing is locked. Errors: MT420-MT423."""
    times, amounts = numbers(days, "days", low=0), numbers(tokens, "tokens", low=0)
    fit(times, amounts, "mean_time_to_unlock")
    return float(ratio((times * amounts).sum(), amounts.sum()))


def monthly_float_growth(circulating: ArrayLike, dt: float = 1.0) -> Array:
    """Growth over each rolling month, (S_{t+k}/S_t)^(m/(k dt)) - 1 [1/month]: [step, path] -> [step - k, path].

    k is the whole number of steps of dt [day] nearest a month m = 365/12 days, at least one. Its maximum over axis 0 is the worst month,
    where cliffs show. Errors: MT420-MT422, MT424 (a run of less than a month).
    """
    span = float(numbers(dt, "dt", above=0))
    k = max(1, round(MONTH / span))
    supply = numbers(circulating, "circulating supply", above=0, least=k + 1)
    return np.asarray((supply[k:] / supply[:-k]) ** (MONTH / (k * span)) - 1)
