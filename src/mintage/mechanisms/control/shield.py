"""What a controller may do, whatever it wants: level, rate and window bounds, a staleness gate, a latched breaker, a person's override.

All of it stands outside the policy and in this order: staleness, shield, breaker, override (which is shielded too). `BINDING` says which of them
decided, so that every decision can be explained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BINDING = ("none", "stale", "level", "rate", "window", "breaker", "hold", "override")
NORMAL, HALTED, COOLING = 0, 1, 2


def bounds(p: Any, xp: Any, level: Any, window: Any) -> dict[str, tuple[Any, Any]]:
    """(low, high) of each constraint for the next level, `window` [call, 1, path] the levels of the calls that a window spans, the present one among them:

    level    low <= y' <= high
    rate     y (1 - rate) <= y' <= y (1 + rate)
    window   max(window) (1 - total) <= y' <= min(window) (1 + total)
    """
    top, bottom = xp.max(window, 0)[0], -xp.max(-window, 0)[0]
    return {
        "level": (0 * level + p.low, 0 * level + p.high),
        "rate": (level * (1 - p.rate), level * (1 + p.rate)),
        "window": (top * (1 - p.total), bottom * (1 + p.total)),
    }


def project(xp: Any, proposal: Any, limits: Mapping[str, tuple[Any, Any]]) -> tuple[Any, Any]:
    """The proposal on the set that all limits allow, and the number in BINDING of the one that bound last; 0 where none did.

    The level bounds come last and win: where the others leave nothing between them, the level is the nearest to what they allow.
    """
    x, bound = proposal, xp.where(xp.eq(proposal, proposal), 0, 0)
    for name in ("window", "rate", "level"):
        cut = xp.clip(x, *limits[name])
        x, bound = cut, xp.where(xp.eq(cut, x), bound, BINDING.index(name))
    return x, bound


def breaker(p: Any, xp: Any, memory: Mapping[str, Any], t: Any, tripped: Any) -> tuple[Any, Any]:
    """(mode, until): normal trips to halted for `halt` steps, halted passes to cool-down for `cooldown` steps, cool-down to normal; a trip in cool-down,
    or as a halt ends, halts again. `until` [step] is when the present mode ends. Latched: the mode is memory, and no quiet observation ends it early.
    """
    mode, until = memory["breaker"], memory["until"]
    over = xp.after(0 * mode + t, until, 0)
    halted, cooling = xp.where(xp.eq(mode, HALTED), 1, 0), xp.where(xp.eq(mode, COOLING), 1, 0)
    trip = tripped * (1 - halted * (1 - over))  # a halt that ends while the alarm goes on is another halt: the policy gets no call in between
    after = mode + over * (halted * (COOLING - HALTED) - cooling * COOLING)
    rest = until + over * halted * (t + p.cooldown - until)
    return after + trip * (HALTED - after), rest + trip * (t + p.halt - rest)
