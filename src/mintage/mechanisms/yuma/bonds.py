"""What validators hold in miners: bonds of original Yuma and of Yuma 3, liquid alpha, dividends.

Shapes as in `consensus`. Bonds are stored as whole numbers up to 65535, as the chain does, or as they are; a little is lost to that each epoch.
Source: opentensor/subtensor at 14bc6f9f (30 June 2026), pallets/subtensor/src/epoch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .consensus import U16


class Liquid(NamedTuple):
    """Liquid alpha: the rate of a pair lies between `low` and `high`, on a sigmoid of `steepness`."""

    low: Any
    high: Any
    steepness: Any


class Held(NamedTuple):
    """Bonds [miner, validator, path], of any scale a miner, and their sums over validators [miner, 1, path]."""

    bonds: Any
    sums: Any


def original(xp: Any, weights: Any, stake: Any, bonds: Any, rate: Any, bought: Any) -> Held:
    """B = rate N(a W) + (1 - rate) N(B0), where N makes each miner's column sum to 1; `bought` are the sums of a W.

    A column's scale does not matter to dividends, nor to what is stored, so that a W stays as it is and B0 is brought to its scale: in one pass.
    """
    kept = xp.total(bonds)
    scale = xp.where(xp.gt(bought, 0), xp.div((1 - rate) * bought, kept, 0), 1)
    return Held(xp.mix(weights, rate * stake, bonds, scale), rate * bought + scale * kept)


def relative(xp: Any, weights: Any, bonds: Any, rate: Any) -> Held:
    """Yuma 3: B = (1 - rate) B0 + rate W for each pair, without stake. `rate` is one for all, or one a pair. At most 1, as both are."""
    new = xp.mix(bonds, 1 - rate, weights, rate)
    return Held(new, xp.total(new))


def liquid_rate(xp: Any, weights: Any, consensus: Any, bonds: Any, liquid: Liquid) -> Any:
    """rate_ij = low + (high - low) / (1 + exp(-steepness (d - 1/2))), d = W - C where W >= B0 (buying), else B0 - W, from 0 to 1."""
    gap = xp.clip(xp.where(xp.ge(weights, bonds), weights - consensus, bonds - weights), 0, 1)
    return liquid.low + (liquid.high - liquid.low) / (1 + xp.exp(liquid.steepness * (xp.num("0.5") - gap)))


def dividends(xp: Any, held: Held, incentive: Any, stake: Any = None) -> Any:
    """D_i proportional to sum_j N(B)_ij I_j, times a_i where `stake` is given (Yuma 3); they sum to 1, or are all 0. [validator, path]."""
    earned = xp.dot(held.bonds, xp.div(incentive, held.sums, 0), 0)[0]
    earned = earned if stake is None else earned * stake
    return xp.div(earned, xp.total(earned), 0)


def stored(xp: Any, bonds: Any) -> Any:
    """Bonds of Yuma 3 in whole numbers of 1/65535: floor(65535 B - 2^-15).

    The chain's products are cut to 32 bits after the point, so that a bond which decays to just a whole number falls below it: of 40 at a rate of 1/40
    it keeps 38. What is taken off here is as much as it loses.
    """
    return xp.floor(xp.clip(bonds * U16 - xp.num(1) / 2**15, 0, U16))


def stored_by_column(xp: Any, bonds: Any) -> Any:
    """Bonds of original Yuma as stored: a miner's largest is 65535, and the others fall short of their ratio to it as the chain's do."""
    loss = xp.num(1) / 2**12
    return xp.floor(xp.clip(bonds * xp.div(U16 + loss, xp.max(bonds, -2), 0) - loss, 0, U16))
