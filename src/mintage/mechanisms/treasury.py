"""What adopted proposals do: grants out of a treasury, and values that governance moves within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..errors import Fault, SpecError
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, reads, writes
from .sharing import chosen, flag

ADOPTED = 3  # what `proposal_status` says of a proposal at the call that adopts it


class Carrier(Mechanism):
    """Base of what carries out adopted proposals: each once, however often it is called before governance is called again."""

    class Params(Parameters):
        proposals: Ref = account("proposals/token", "the slots of the mechanism whose proposals these are")
        status: Ref = reads("proposal_status", "1", "what became of each slot's proposal")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"done": make(0, of=p.proposals)}

    def adopted(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any) -> tuple[Any, dict[str, Any]]:
        """1 for each slot [slot, path] whose proposal was adopted since the last call, and the memory of it."""
        now = flag(xp, xp.eq(signals[p.status], ADOPTED))
        return now * (1 - state["done"]), {"done": now}


class TreasuryGrant(Carrier):
    """Pay what adopted proposals ask for out of a treasury, each once.

        paid_s = min(ask_s, most x treasury)       for each slot s that was adopted since the last call, one after another

    [treasury], shape [1, path] a slot. Where recipients have rows like proposers, the owner who opened the proposal is paid; a motion that an
    `electorate` brought pays all rows in equal parts. Let the mechanism whose proposals these are stand before this one.
    """

    name = "treasury_grant"
    tags: Mapping[str, Tag] = {"grant": "reward"}
    breaks: ClassVar[str] = (
        "Whoever can win one vote can ask for all that `most` allows, again and again: a treasury is safe only while a majority at the usual turnout "
        "costs more than it holds."
    )

    class Params(Carrier.Params):
        treasury: Ref = account("treasury/token", "what grants are paid from: one holder")
        recipients: Ref = account("holders/token", "who is paid: proposers' rows, or one aggregate")
        asks: Ref = reads("proposal_asks", "treasury", "what each proposal asks for")
        proposers: Ref = reads("", "1", "row of the owner who opened each; empty: all recipients are paid in equal parts")
        most: Number = number("0.05", "1", "share of the treasury that one grant takes at most", ge="0", le="1")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        if (found := make(0, of=p.treasury).shape[-2]) != 1:
            raise SpecError(Fault("MT202", "treasury_grant.treasury", f"{found} holders of {p.treasury}, each of whom would pay all", "one holder"))
        return super().memory(p, make)

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, asks = ctx.xp, signals[p.asks]
        adopted, updates = self.adopted(p, state, signals, xp)
        flows, left, rows = [], state[p.treasury], state[p.recipients].shape[-2]
        for i in range(asks.shape[-2]):
            paid = adopted[i : i + 1] * xp.minimum(xp.maximum(asks[i : i + 1], 0), p.most * left)
            left = left - paid
            flows.append(Flow(p.treasury, p.recipients, paid * whose(p, signals, xp, rows, i), "grant"))
        return flows, updates


def whose(p: Any, signals: Mapping[str, Any], xp: Any, rows: int, slot: int) -> Any:
    """Part of a grant for each row: all for who proposed it, equal parts where nobody in particular did."""
    equal = xp.full((rows, 1), xp.num(1) / rows)
    if not p.proposers or rows == 1:
        return equal
    row = signals[p.proposers][slot : slot + 1]
    nobody = flag(xp, xp.lt(row, 0))
    return nobody * equal + (1 - nobody) * chosen(xp, rows, row)


class GovernedValue(Carrier):
    """A number that proposals move: each adopted one sets it to what it asked for, within bounds and a largest step.

        v' = clip(clip(ask_s, v - stride, v + stride), low, high)       for each slot s that was adopted since the last call, one after another

    [value], shape [1, path]. Other mechanisms read it as a signal: a rate, a share, a price of work. Whose proposals are about this number is a matter of
    whose signals are named: one topic, one number. A live network can change any other parameter by proposal too; this one also moves in a simulation.
    """

    name = "governed_value"
    breaks: ClassVar[str] = "Bounds are the whole defence: what lies within them is for a majority to take, and small steps only make it wait."

    class Params(Carrier.Params):
        value: Ref = writes("value", "*", "the governed number; its start is where it begins")
        asks: Ref = reads("proposal_asks", "value", "the value that each proposal asks for")
        low: Number = number(None, "value", "least it can be")
        high: Number = number(None, "value", "most it can be")
        stride: Number = number(None, "value", "largest change by one proposal", gt="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.low <= p.high else [("low", f"{p.low} above the most, {p.high}", "at most what `high` says")]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, value, asks = ctx.xp, signals[p.value], signals[p.asks]
        adopted, updates = self.adopted(p, state, signals, xp)
        for i in range(asks.shape[-2]):
            moved = xp.clip(xp.clip(asks[i : i + 1], value - p.stride, value + p.stride), p.low, p.high)
            value = value + adopted[i : i + 1] * (moved - value)
        return [], {**updates, p.value: value}
