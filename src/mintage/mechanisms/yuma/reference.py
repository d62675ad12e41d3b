"""The variant of the Python package yuma-simulation, whose numbers differ from the chain's by up to 1 %: to compare with results that it made.

It brings C to a sum of 1 and cuts it to whole numbers of 1/65535 before it clips, adds 1e-6 to sums before it divides by them, and stores bonds
as they are. Its Yuma 1 takes new bonds alone, its Yuma 2 does not bring the average back to 1, its Yuma 3 is the chain's but for that.
Source: bactensor/yuma-simulation at 2b976fd5 (package 0.1.1, June 2025).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from .bonds import Liquid, liquid_rate
from .consensus import U16
from .epoch import Epoch, mixed

NOTHING = -(2**31)  # what the package makes of 0 / 0 where validators agree on no miner: all miners then have the same rank


class Reference(NamedTuple):
    """Its parameters; `rate` is 1 less its `bond_moving_avg`, `steepness` of `liquid` its own. `winner` gives all incentive to the highest rank."""

    kappa: Any
    penalty: Any
    rate: Any
    version: Literal[1, 2, 3]
    liquid: Liquid | None = None
    winner: bool = False


def reference_epoch(xp: Any, weights: Any, stake: Any, bonds: Any, rules: Reference) -> Epoch:
    """One epoch of the package. `bonds` None: the first, in which bonds are new and liquid alpha is off. Shapes as in `epoch`."""
    dust, sums = xp.num("0.000001"), xp.sum(weights, 0)
    part, share = 1 / (sums + dust), xp.div(stake, xp.total(stake), 0)
    whole = weights * part
    median = xp.quantile(whole, share, 1 - rules.kappa)
    agreed = xp.floor(xp.div(median * U16, xp.sum(median, 0), NOTHING)) / U16
    clipped = xp.minimum(whole, agreed)
    rank = xp.dot(clipped, share)
    earning = xp.where(xp.ge(rank, xp.max(rank, 0)), 1, 0) * xp.div(rank, rank, 0) if rules.winner else rank
    incentive = xp.div(earning, xp.sum(earning, 0), 0)
    trust = xp.div(xp.sum(clipped, 0), sums * part, 0)[0]
    rate = rules.rate
    if rules.liquid is not None and bonds is not None:
        rate = liquid_rate(xp, whole, agreed, bonds, rules.liquid)
    if rules.version == 3:
        new = rate * whole if bonds is None else xp.mix(bonds, 1 - rate, whole, rate)
        earned = xp.dot(new, incentive / (xp.total(new) + dust), 0)[0] * share
    else:
        backed = mixed(whole, clipped, rules.penalty)
        new = averaged(xp, backed, share, rank if backed is clipped else xp.dot(backed, share), bonds, rate, rules, dust)
        earned = xp.dot(new, incentive, 0)[0]
    return Epoch(agreed, trust, incentive, earned / (xp.total(earned) + dust), new)


def averaged(xp: Any, weights: Any, stake: Any, bought: Any, bonds: Any, rate: Any, rules: Reference, dust: Any) -> Any:
    """Bonds of its Yuma 1, which has an average under liquid alpha only, and of its Yuma 2; `bought` are the sums of weights times stake."""
    first = rules.version == 1
    scale = 1 / (bought + dust) if first else xp.div(1, bought, 0)
    if bonds is None or (first and rules.liquid is None):
        return weights * (stake * (scale / (bought * scale + dust) if first else scale))
    both = xp.mix(weights, stake * (rate * scale), bonds, 1 - rate)
    return both * (1 / (xp.total(both) + dust)) if first else both
