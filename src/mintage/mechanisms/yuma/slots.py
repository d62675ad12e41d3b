"""Which miner makes room for a newcomer."""

from __future__ import annotations

from typing import Any


def next_out(xp: Any, score: Any, since: Any, now: Any, immunity: Any) -> Any:
    """1 for the slot that a newcomer takes, else 0 [slot, path]: the least score of those registered `immunity` ago or longer, or of all where there is
    none; of equals the oldest, then the lowest row. Scores are at most 1."""
    old = xp.ge(now - since, immunity)
    some = xp.gt(xp.total(xp.where(old, 1, 0)), 0)
    able = xp.logical_or(old, xp.logical_not(some))
    ranked = xp.where(able, score, 2)
    worst = xp.eq(ranked, -xp.max(-ranked, -2))
    first = xp.where(worst, since, now + 1)
    oldest = xp.logical_and(worst, xp.eq(first, -xp.max(-first, -2)))
    return xp.where(xp.logical_and(oldest, xp.eq(xp.cumsum(xp.where(oldest, 1, 0), -2), 1)), 1, 0)
