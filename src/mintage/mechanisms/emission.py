"""Emission: what every rule that mints has, and the one by schedule: a budget a period, cut evenly over its epochs, split among recipients, under a cap."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, count, number, option, reads, schedule, writes
from .sharing import Share, not_one, spread, supply

FOREVER = 10**9  # steps: the length of a last period that has no end, as of any other count


class Issue(Parameters):
    """What every rule that mints has: out of which issuance, for whom, within which limit, and a signal that shows it."""

    issuance: Ref = account("issuance/token", "the asset's issuance")
    recipients: tuple[Share, ...] = option(..., "who receives which share; shares sum to 1")
    limit: Literal["none", "issued", "outstanding"] = option("none", "what the cap bounds: nothing, all ever minted, or minted less burned")
    cap: Number = number("0", "issuance", "the cap", ge="0")
    remint_share: Number = number("0", "1", "re-minted tokens, at most this share of what the rule gives", ge="0", le="1")
    factor: Ref = reads("", "1", "what the rule's amount is multiplied by, such as a `supply_controller` writes; empty: 1")
    rate: Ref = writes("", "issuance/day", "signal that shows the emission; empty: none")


class EmissionSchedule(Mechanism):
    """Mint each period's budget in equal parts, one a call.

    Period i runs from the day of point i to that of point i + 1. A call in it mints

        m(t) = base value_i decay^n / calls_i

    with calls_i the number of calls that fall in the period, so a year of 52 or 53 weekly epochs sums to its budget, and m depends on
    nothing but t. The last point's period lasts `tail` steps and repeats; n counts the repeats (n = 0 before). With `tail` 0 emission ends there.

    `limit` bounds m: "issued" by cap - all ever minted; "outstanding" also lets burned tokens be minted again ("net emissions"), as far as
    minted - burned stays under the cap and at most `remint_share` of the schedule. Amounts [token], shape [1, path] or a scalar.

    Source: RNP-001 and RNP-006 (Render Network Proposals) for budgets by year, cap and net emissions.
    """

    name = "emission_schedule"
    tags: Mapping[str, Tag] = {"emit": "reward"}
    breaks: ClassVar[str] = (
        "It mints the same whether the network is used or not, so that rewards outrun revenue wherever use comes late, and those who are paid sell. "
        "A last budget that repeats without decay has no end but the cap."
    )

    class Params(Issue):
        budgets: Schedule = schedule("1", "budget of the period from that day to the next point's day, in multiples of base")
        base: Number = number("1", "issuance", "what budgets are multiples of: 1 token, or a total when budgets are shares of it", ge="0")
        tail: int = count(0, "steps of each period after the last point; 0: nothing is minted from there on", unit="step")
        decay: Number = number("1", "1", "budget of each repeated last period over the one before", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = wrongly_shared(p)
        breaks = p.budgets.breaks
        if not p.tail and p.budgets.values[-1] != 0:
            faults.append(("budgets", "the last budget has no end", "a last value of 0, or a tail"))
        if breaks[0] != 0 or any(b <= a for a, b in pairwise(breaks)):
            faults.append(("budgets", f"points at steps {', '.join(map(str, breaks[:8]))}", "days that rise from 0, a step apart at least"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        breaks, last = p.budgets.breaks, p.tail or FOREVER
        return {"repeating": (0,) * (len(breaks) - 1) + (1,), "ends": (*breaks[1:], breaks[-1] + last), "last": last}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return issue(p, state, signals, ctx, scheduled(p, ctx))


def wrongly_shared(p: Any) -> list[tuple[str, str, str]]:
    """The fault of recipients whose shares do not sum to one."""
    return not_one("recipients", sum((r.share for r in p.recipients), Decimal(0)))


def issue(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, amount: Any) -> Emitted:
    """What mints `amount` [token], a scalar or [1, path], as far as factor and limit of `Issue` allow: its flows, and the signal that shows it."""
    if p.factor:
        amount = amount * signals[p.factor]
    if p.limit != "none":
        amount = ctx.xp.minimum(amount, room(p, state, amount, ctx.xp))
    flows = [Flow(p.issuance, r.to, spread(ctx.xp, state, r.to, amount * r.share), "emit") for r in p.recipients]
    return flows, {p.rate: ctx.xp.full((1, state[p.issuance].shape[-1]), amount / ctx.dt)} if p.rate else {}


def scheduled(p: Any, ctx: Any) -> Any:
    """m(t) before any cap [token], a scalar."""
    look, breaks, t = ctx.xp.lookup, p.budgets.breaks, ctx.t
    repeats = look(breaks, p.repeating, t) * ((t - breaks[-1]) // p.last)
    first, after = look(breaks, breaks, t), look(breaks, p.ends, t)
    calls = calls_before(after + repeats * p.last, ctx) - calls_before(first + repeats * p.last, ctx)
    return p.base * p.budgets.at(ctx) * p.decay**repeats / calls


def calls_before(step: Any, ctx: Any) -> Any:
    """Number of calls on steps 0 .. step - 1."""
    return -((ctx.offset - step) // ctx.every)


def room(p: Any, state: State, wanted: Any, xp: Any) -> Any:
    """What the cap leaves [token]: fresh tokens, and a part of burned ones where net emissions are allowed."""
    issued, none = -state[p.issuance], xp.num(0) * p.cap
    fresh = xp.maximum(p.cap - issued, none)
    if p.limit == "issued":
        return fresh
    burned = xp.maximum(p.cap - supply(state, p.issuance), none) - fresh
    return fresh + xp.minimum(burned, p.remint_share * wanted)
