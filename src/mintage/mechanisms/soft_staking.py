"""Soft staking: leave at any time and lose the rewards that were not paid yet; and the run that this invites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow, burn
from .base import (
    Emitted,
    Mechanism,
    Number,
    Parameters,
    Ref,
    Schedule,
    State,
    Tag,
    account,
    count,
    event,
    number,
    option,
    reads,
    refuse_unless,
    schedule,
    writes,
)
from .emission import calls_before
from .sharing import by_owner


class SoftStaking(Mechanism):
    """Stake without a lock: rewards accrue, are paid out every `period` calls, and who leaves before loses them.

        accrues:  pay_i = min(budget, pool) stake_i / sum(stake),   paid to group g = row mod groups at calls n with (n + g period / groups) mod period = 0
        leave a:  a staked -> liquid,   accrued_i a / stake_i -> back to the pool, or burned             [staked], shapes [holder, path]

    What binds an owner is a = accrued / stake alone, and right after a payout that is 0. With one group all owners are free to run at the same moment; with
    as many groups as calls in a period only a part of them is, at any time.
    """

    name = "soft_staking"
    breaks: ClassVar[str] = (
        "Right after a payout nobody has anything to lose, so an owner who expects the price to fall by more than a / (1 + a) leaves, and expects it of the "
        "others: pay out in turns, not to all at once. Rewards that accrue for long bind better and please less."
    )
    tags: Mapping[str, Tag] = {"accrue": "reward", "pay": "transfer", "stake": "transfer", "leave": "transfer", "forfeit": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "their stake")
        accrued: Ref = account("accrued/token", "rewards that are not paid out yet: the same rows")
        pool: Ref = account("pool/token", "where rewards come from")
        budget: Schedule = schedule("staked", "tokens that accrue in one call, from that day on")
        period: int = count(30, "calls from payout to payout", ge=1, le=4096)
        groups: int = count(1, "groups of owners who are paid out in turn; 1: all at once", ge=1, le=4096)
        forfeits: Literal["pool", "burn"] = option("pool", "where lost rewards go")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.groups <= p.period else [("groups", f"{p.groups} groups in {p.period} calls", "at most one a call of the period")]

    @event(roles={"staker": "liquid"}, arguments={"amount": "liquid"}, order_free=True)
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner stakes `amount`."""
        return [Flow(p.liquid, p.staked, amount, "stake", rows["staker"], rows["staker"])], {}

    @event(roles={"staker": "staked"}, arguments={"amount": "staked"})
    def leave(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner takes `amount` of its stake out at once, and loses as large a part of what has accrued."""
        stake = state[p.staked][rows["staker"]]
        refuse_unless(ctx, ctx.xp.le(amount, stake), "soft_staking.leave, argument 'amount'", "more than is staked", "at most the stake")
        return left(p, state, ctx.xp, amount, rows["staker"]), {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake = ctx.xp, state[p.staked]
        row = xp.cumsum(xp.full((stake.shape[-2], 1), xp.num(1)), -2) - 1
        turn = xp.mod(calls_before(ctx.t, ctx) + 1 + xp.mod(row, p.groups) * (p.period // p.groups), p.period)
        due = xp.where(xp.eq(turn, 0), 1, 0)
        pay = xp.minimum(p.budget.at(ctx), xp.total(state[p.pool])) * xp.div(stake, xp.total(stake), 0)
        return [
            Flow(p.accrued, p.liquid, state[p.accrued] * due, "pay"),
            Flow(p.pool, p.liquid, pay * due, "accrue"),
            Flow(p.pool, p.accrued, pay * (1 - due), "accrue"),
        ], {}


def left(p: Any, state: State, xp: Any, amount: Any, at: Any) -> list[Flow]:
    """The flows of owners `at` who take `amount` out: the stake, and what they lose of their accrued rewards."""
    accrued, stake = (state[a] if at is None else state[a][at] for a in (p.accrued, p.staked))
    lost, out = accrued * xp.div(amount, stake, 0), Flow(p.staked, p.liquid, amount, "leave", at, at)
    if p.forfeits == "burn":
        return [out, burn(p.accrued, lost, "forfeit", at)]
    return [out, *(Flow(p.accrued, p.pool, part, "forfeit", row) for row, part in by_owner(xp, state, p.pool, at, lost))]


class SoftRun(Mechanism):
    """Owners of a soft stake run when they fear to lose more by staying than by leaving.

        leaves when   f > a / (1 + a),   f = fear + contagion x (share of all stake that left at the last call),   a = accrued / stake            [1]

    f is the fall of the price that an owner expects before the next payout: staying is worth (1 + a) (1 - f) of the stake, leaving 1. Of a row's owners a part
    `speed` acts in one call. Who is out comes back, `back` of it a call, while f is below `calm`. Shapes [holder, path].
    """

    name = "soft_run"
    behaviour = True
    breaks: ClassVar[str] = (
        "With contagion of 1 or more each leaver makes at least one other leave, and any spark empties the stake right after a payout. Owners are taken to see "
        "each other's exits at once and to fear alike."
    )
    tags: Mapping[str, Tag] = {"leave": "transfer", "forfeit": "transfer", "enter": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "their stake")
        accrued: Ref = account("accrued/token", "rewards that are not paid out yet: the same rows")
        pool: Ref = account("pool/token", "where rewards come from")
        forfeits: Literal["pool", "burn"] = option("pool", "where lost rewards go: as of `soft_staking`")
        fear: Ref = reads("fear", "1", "fall of the price expected before the next payout, by outside news")
        exits: Ref = writes("exits", "1", "share of all stake that left at this call")
        contagion: Number = number("0.5", "1", "fall expected for each unit of stake that left", ge="0")
        speed: Number = number("0.5", "1", "part of a row's owners who act in one call", gt="0", le="1")
        back: Number = number("0.05", "1", "part of free tokens that comes back in one call when it is calm", ge="0", le="1")
        calm: Number = number("0.01", "1", "expected fall below which owners come back", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, free = ctx.xp, state[p.staked], state[p.liquid]
        fall = signals[p.fear] + p.contagion * signals[p.exits]
        a = xp.div(state[p.accrued], stake, 0)
        out = stake * p.speed * xp.where(xp.gt(fall + 0 * a, a / (1 + a)), 1, 0)
        enter = free * p.back * xp.where(xp.lt(fall, p.calm), 1, 0)
        gone = xp.div(xp.total(out), xp.total(stake), 0)
        return [*left(p, state, xp, out, None), Flow(p.liquid, p.staked, enter, "enter")], {p.exits: gone}
