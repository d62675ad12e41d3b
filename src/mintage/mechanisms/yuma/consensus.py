"""Whom validators agree on: permits, weights that count, the stake-weighted median of the weights on each miner, incentives.

Shapes: weights [miner, validator, path], stake [validator, path], what a miner has [miner, 1, path]: a sum over validators is one over holders.
Source: opentensor/subtensor at 14bc6f9f (30 June 2026), pallets/subtensor/src/epoch.
"""

from __future__ import annotations

from typing import Any

U16 = 65535  # the chain keeps proportions as whole numbers of 1/65535


def normalised(xp: Any, x: Any, axis: int) -> Any:
    """x over its sum along `axis`; what sums to 0 stays 0."""
    return x * xp.div(1, xp.sum(x, axis), 0)


def to_u16(xp: Any, x: Any) -> Any:
    """A proportion as the chain stores it: floor(65535 x)."""
    return xp.floor(x * U16)


def upscaled(xp: Any, x: Any, axis: int) -> Any:
    """A row of weights as validators submit it: the largest becomes 65535, the others keep their ratio to it, rounded."""
    return xp.floor(x * xp.div(U16, xp.max(x, axis), 0) + xp.num("0.5"))


def permits(xp: Any, stake: Any, most: int) -> Any:
    """1 for the `most` largest stakes that are not 0, else 0; of equal stakes the higher row comes first. [validator, path]."""
    rows = stake.shape[-2]
    order = xp.argsort(stake)
    place = xp.cumsum(0 * xp.div(stake, stake, 0) + 1, -2)  # 1, 2, ... on each path
    back = xp.argsort(xp.take_along_axis(place, order, -2))
    high = xp.gt(xp.take_along_axis(place, back, -2), rows - most)
    return xp.where(xp.logical_and(high, xp.gt(stake, 0)), 1, 0)


def active_stake(xp: Any, stake: Any, permit: Any) -> Any:
    """Shares of the stake whose owners have a permit and are active (`permit` is 1): [validator, path], summing to 1, or all 0."""
    return normalised(xp, stake * permit, -2)


def counted(xp: Any, weights: Any, permit: Any, own: Any = None, updated: Any = None, registered: Any = None, committed: Any = None) -> Any:
    """The weights that count: of validators with a permit [validator, path]; not on themselves, where `own` [miner, validator, 1] is 1; set after
    the miner registered (`updated` [validator, path] > `registered` [miner, 1, path]); and under commit-reveal not committed before it did.
    """
    weights = weights * permit
    if own is not None:
        weights = weights * (1 - own)
    if updated is not None:
        weights = xp.where(xp.gt(updated, registered), weights, 0)
    if committed is not None:
        weights = xp.where(xp.ge(committed, registered), weights, 0)
    return weights


def consensus(xp: Any, weights: Any, stake: Any, kappa: Any) -> Any:
    """C_j = min { w : sum_i a_i [W_ij <= w] > 1 - kappa }: the largest weight on miner j that at least kappa of the stake backs. [miner, 1, path]."""
    return xp.quantile(weights, stake, 1 - kappa)


def emission(xp: Any, incentive: Any, dividends: Any, active: Any, stake: Any) -> tuple[Any, Any]:
    """Shares of an epoch's emission, of miners [miner, 1, path] and validators [validator, path]: I and D over their common sum; where nobody earned
    anything all goes to validators by active stake, or by stake where none is active. `stake` sums to 1."""
    one = xp.sum(incentive, 0)[0] + xp.total(dividends)
    spare = xp.where(xp.gt(xp.total(active), 0), active, stake)
    return incentive * xp.div(1, one, 0), xp.where(xp.gt(one, 0), dividends * xp.div(1, one, 0), spare)
