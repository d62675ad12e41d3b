"""What a controller would do: policies behind one interface, (observations, memory) -> proposal. What is allowed is for the shield to say.

A policy sees how far each observation is from its target and proposes a level. A learned one is a subclass like any other: its weights are
parameters, its memory is declared, and the shield around it is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from ..sharing import total_of

Memory = dict[str, Any]
POLICIES: dict[str, type[Policy]] = {}


class Policy:
    """Base of all policies. `propose` is pure; shapes [1, path]. Subclass and name it: a spec's `policy` then knows it."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if cls.name:
            POLICIES[cls.name] = cls

    def memory(self, p: Any, make: Callable[..., Any]) -> Memory:
        """What it remembers between calls; names are the policy's own."""
        return {}

    def propose(self, p: Any, xp: Any, errors: Sequence[Any], level: Any, memory: Mapping[str, Any]) -> tuple[Any, Memory]:
        """The level it wants, and its memory if that is what becomes of it. `errors` [1] are weighted relative distances from target."""
        raise NotImplementedError

    def settle(self, p: Any, xp: Any, before: Mapping[str, Any], after: Memory, proposed: Any, allowed: Any) -> Memory:
        """Its memory once the shield has spoken; one that did not get its way may take back what it added up."""
        return after


class Rule(Policy):
    """Proportional to the level: y' = y (1 + gain e), e = sum of the weighted errors. EIP-1559's rule with gain 1/8."""

    name = "rule"

    def propose(self, p: Any, xp: Any, errors: Sequence[Any], level: Any, memory: Mapping[str, Any]) -> tuple[Any, Memory]:
        return level * (1 + p.gain * total_of(errors)), {}


class Bands(Policy):
    """Steps: y' = y (1 + step s), s the sum of each observation's sign outside its band [low, high] times the sign of its weight, from -1 to 1; 0 holds."""

    name = "bands"

    def propose(self, p: Any, xp: Any, errors: Sequence[Any], level: Any, memory: Mapping[str, Any]) -> tuple[Any, Memory]:
        none = 0 * errors[0]
        votes = total_of([xp.where(xp.gt(e, none + p.band), none + 1, none) - xp.where(xp.lt(e, none - p.band), none + 1, none) for e in errors])
        return level * (1 + p.step * xp.clip(votes, -1, 1)), {}


class Pi(Policy):
    """Proportional and integral: y' = base (1 + gain e + integral z), z' = leak z + e.

    Anti-windup: where the shield cut the proposal and the error still pushes that way, z stays as it was, so that recovery does not depend on how
    long the bound held. RAI ran proportional alone for about a year before a small leaking integral was tried: the integral is off by default.
    """

    name = "pi"

    def memory(self, p: Any, make: Callable[..., Any]) -> Memory:
        return {"integral": make(0)}

    def propose(self, p: Any, xp: Any, errors: Sequence[Any], level: Any, memory: Mapping[str, Any]) -> tuple[Any, Memory]:
        error = total_of(errors)
        integral = p.leak * memory["integral"] + error
        return p.base * (1 + p.gain * error + p.integral * integral), {"integral": integral}

    def settle(self, p: Any, xp: Any, before: Mapping[str, Any], after: Memory, proposed: Any, allowed: Any) -> Memory:
        pushed = (after["integral"] - before["integral"]) * (proposed - allowed) / p.base
        return {"integral": xp.where(xp.gt(pushed, 0 * pushed), before["integral"], after["integral"])}
