"""A fee that moves with utilisation, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Emitted, Mechanism, Number, Parameters, Ref, State, number, reads, writes


class DynamicFee(Mechanism):
    """A fee that rises while utilisation g is above its target T, and falls below it.

        b' = clip(b (1 + phi (g / T - 1)), low, high)

    [fiat/job], shape [1, path]. Source: the base-fee rule of EIP-1559 (2019-04-13), there with phi = 1/8 and g / T from 0 to 2.
    """

    name = "dynamic_fee"
    breaks = (
        "Too large a step for how elastic demand is makes the fee swing for ever: stable only while phi is under 2 over the elasticity. Measured "
        "late, half of that."
    )

    class Params(Parameters):
        fee: Ref = writes("fee", "fiat/job", "the list price of work; its start is the opening fee")
        utilisation: Ref = reads("utilisation", "1", "g: how much of capacity is used")
        target: Number = number("0.5", "1", "T: utilisation at which the fee rests", gt="0", le="1")
        phi: Number = number("0.125", "1", "largest fall in one call", ge="0", lt="1", source="EIP-1559", date="2019-04-13")
        low: Number = number(None, "fiat/job", "lowest fee", gt="0")
        high: Number = number(None, "fiat/job", "highest fee", gt="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.low <= p.high else [("low", f"{p.low} above the highest fee {p.high}", "at most the highest fee")]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        fee = signals[p.fee] * (1 + p.phi * (signals[p.utilisation] / p.target - 1))
        return [], {p.fee: ctx.xp.clip(fee, p.low, p.high)}
