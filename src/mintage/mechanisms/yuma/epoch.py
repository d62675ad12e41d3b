"""Yuma Consensus: one epoch, from weights, stake and bonds to incentives, dividends and new bonds. Pure functions of any arithmetic.

    W = N(weights),  C_j = kappa-weighted median,  Wc = min(W, C),  T_i = sum_j Wc_ij,  R_j = sum_i a_i Wc_ij,  I = R / sum(R)
    Wb = W + penalty (Wc - W),  B = bonds after an epoch at `rate`,  D_i = dividends of B and I

Shapes: weights and bonds [miner, validator, path], stake a [validator, path]. Source: opentensor/subtensor at 14bc6f9f (30 June 2026).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, NamedTuple

from .bonds import Liquid, dividends, liquid_rate, original, relative, stored, stored_by_column
from .consensus import U16, consensus, normalised


class Rules(NamedTuple):
    """What a subnet may set; numbers of the arithmetic. `rate` is 1 less the moving average of the chain's parameters (0.9: 0.1).

    Bonds are stored in whole numbers of 1/65535, as on the chain, or as they are.
    """

    kappa: Any
    penalty: Any
    rate: Any
    version: Literal["original", "relative"] = "original"
    liquid: Liquid | None = None
    stored: Literal["u16", "exact"] = "u16"


class Epoch(NamedTuple):
    """What an epoch finds: [miner, 1, path] of miners, [validator, path] of validators, bonds [miner, validator, path] as stored."""

    consensus: Any
    trust: Any
    incentive: Any
    dividends: Any
    bonds: Any


def epoch(xp: Any, weights: Any, stake: Any, bonds: Any, rules: Rules, present: Any = None) -> Epoch:
    """One epoch on weights that count and active stake that sums to 1. `bonds` are those the last epoch stored, 0 before the first.

    `present` [miner, validator, path] is 1 where a validator names the miner, be it with 0, for liquid alpha: a bond on a miner that is left out
    vanishes at once, one on a miner with weight 0 decays. None: every miner is named.
    """
    agreed, clipped, backed = clip(xp, weights, stake, rules)
    rank, trust = xp.dot(clipped, stake), xp.sum(clipped, 0)[0]
    incentive = xp.div(rank, xp.sum(rank, 0), 0)
    cut = rules.stored == "u16"
    if rules.version == "original":
        held = original(xp, backed, stake, bonds, rules.rate, rank if backed is clipped else xp.dot(backed, stake))
        new = stored_by_column(xp, held.bonds) if cut else held.bonds * xp.div(1, held.sums, 0)
        return Epoch(agreed, trust, incentive, dividends(xp, held, incentive), new)
    old, rate = bonds / U16 if cut else bonds, rules.rate
    if rules.liquid is not None:
        agree = xp.gt(xp.max(agreed, 0), 0)  # with no consensus at all liquid alpha is off
        rate = xp.where(agree, liquid_rate(xp, backed, agreed, old, rules.liquid), rate)
        old = old if present is None else xp.where(agree, old * present, old)
    held = relative(xp, backed, old, rate)
    return Epoch(agreed, trust, incentive, dividends(xp, held, incentive, stake), stored(xp, held.bonds) if cut else held.bonds)


def clip(xp: Any, weights: Any, stake: Any, rules: Rules) -> tuple[Any, Any, Any]:
    """Consensus, weights clipped at it, and the weights that buy bonds."""
    whole = normalised(xp, weights, 0)
    agreed = consensus(xp, whole, stake, rules.kappa)
    clipped = xp.minimum(whole, agreed)
    return agreed, clipped, mixed(whole, clipped, rules.penalty)


def mixed(whole: Any, clipped: Any, penalty: Any) -> Any:
    """Weights that buy bonds: W + penalty (Wc - W); at the ends, where they are known, without a pass over the matrix."""
    if type(penalty) in (int, float, Decimal) and penalty in (0, 1):
        return clipped if penalty else whole
    return whole + penalty * (clipped - whole)
