"""Staking: tokens are locked by their owner, for as long as it likes or for a term, leave over an unbonding period, and can be slashed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ..accounts import Account
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, refuse_unless, writes
from .emission import calls_before
from .sharing import by_owner


class Staking(Mechanism):
    """Stake, and unbond through a ring of lots.

        stake: liquid -> staked,   unstake before call n: staked -> unbonding[n mod slots],   call n: unbonding[(n + 1) mod slots] -> liquid

    [liquid], shapes [holder, path]; the three accounts have the same holders. What is unstaked before call n comes back at call n + slots - 1,
    whole: after slots - 1 calls at least and slots at most, whatever was unstaked since. Rewards are left to other mechanisms, which may pay into
    any of the accounts. `slash` takes a share of a holder's stake, and of what it has on the way out where `slash_unbonding` says so, lest
    leaving early be a way out.
    """

    name = "staking"
    breaks: ClassVar[str] = (
        "Stake counts until it is unstaked, so a short unbonding period lets it vote or qualify and be gone before it can be slashed. A long one locks "
        "owners in while the price falls, and all who queue for the same day sell on the same day."
    )
    tags: Mapping[str, Tag] = {"stake": "transfer", "unstake": "transfer", "return": "transfer", "slash": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "what they have staked")
        unbonding: Ref = account("unbonding/token", "what is on its way out, a lot for each call to come")
        slots: int = count(8, "lots of the ring: unbonding takes one call less, at least", ge=2, le=4096)
        slashed: Literal["burn", "treasury"] = option("burn", "where slashed tokens go")
        treasury: Ref = account("", "who receives them, when they are not burned")
        slash_unbonding: bool = option(True, "slashing reaches what is on its way out")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if (p.slashed == "treasury") == bool(p.treasury):
            return []
        return [("treasury", f"{p.treasury or 'none is named'}, and slashed tokens go to {p.slashed}", "an account for `treasury`, none for `burn`")]

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.unbonding: p.slots}

    @event(roles={"staker": "liquid"}, arguments={"amount": "liquid"}, order_free=True)
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner locks `amount` of its free tokens."""
        return [Flow(p.liquid, p.staked, amount, "stake", rows["staker"], rows["staker"])], {}

    @event(roles={"staker": "staked"}, arguments={"amount": "liquid"}, order_free=True)
    def unstake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner begins to take `amount` out; it is free when unbonding is over."""
        lot, at = calls_before(ctx.t, ctx) % p.slots, rows["staker"]
        return [Flow(p.staked, p.unbonding, amount, "unstake", at, lot if at is None else (lot, at))], {}

    @event(roles={"staker": "staked"}, arguments={"share": "1"}, authority="operator")
    def slash(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """An owner loses `share` of its stake, from 0 to 1, for what an operator saw it do."""
        xp, at = ctx.xp, rows["staker"]
        refuse_unless(ctx, xp.le(share, 1), "staking.slash, argument 'share'", "more than all", "a share from 0 to 1")
        places: list[tuple[Account, Any]] = [(p.staked, at)]
        if p.slash_unbonding:
            places += [(p.unbonding, i if at is None else (i, at)) for i in range(p.slots)]
        return [flow for place, index in places for flow in self.taken(p, state, xp, place, index, share)], {}

    def taken(self, p: Any, state: State, xp: Any, place: Account, index: Any, share: Any) -> list[Flow]:
        """The flows that take `share` of what lies at `index` of `place`."""
        lost = (state[place] if index is None else state[place][index]) * share
        if p.slashed == "burn":
            return [burn(place, lost, "slash", index)]
        lot, rows = index if type(index) is tuple else (None, index)
        if rows is None or type(rows) is int:
            return [Flow(place, p.treasury, lost, "slash", index)]
        return [Flow(place, p.treasury, part, "slash", at if lot is None else (lot, at)) for at, part in by_owner(xp, state, p.treasury, rows, lost)]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        ripe = (calls_before(ctx.t, ctx) + 1) % p.slots
        return [Flow(p.unbonding, p.liquid, state[p.unbonding][ripe], "return", ripe, None)], {}


class Term(Parameters):
    """A term that is offered."""

    calls: int = count(None, "calls it lasts, at least", ge=1, le=4096)


class LockStaking(Mechanism):
    """Lock tokens for a fixed term; what is locked longer weighs more.

        lock for T_k before call n: liquid -> locked[k, n mod (T_k + 1)],   call n + T_k: back to liquid, whole
        weight_i = sum over k of gamma_k locked_i,k,   gamma_k = base + (1 - base) min(T_k, full) / full            [locked], shape [holder, path]

    An owner asks for a time and gets the shortest term that is as long. There is no way out before the end. `weigh` "term" counts the term that was
    chosen, until it ends; "remaining" counts what is left of it, as vote escrow does, so that weight melts away towards the end. `weight` is what
    rewards and votes may go by (see `stake_rewards`).

    Source of gamma, with base 0.5 and full 1 year: Akash white paper (AEP-5), which the live chain does not use.
    """

    name = "lock_staking"
    breaks: ClassVar[str] = (
        "A lock cannot answer to bad news, so owners who see a fall coming do not lock, and those who are locked hedge or sell claims on their lock. "
        "Terms that were all begun together end together, and what they free is sold at once."
    )
    tags: Mapping[str, Tag] = {"lock": "transfer", "unlock": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        locked: Ref = account("locked/token", "what is locked: for each term a ring of lots, one a call")
        terms: tuple[Term, ...] = option(..., "the terms on offer, the shortest first")
        weight: Ref = writes("lock_weight", "locked", "weighted stake of each owner, as the last call left it")
        weigh: Literal["term", "remaining"] = option("term", "what weight goes by")
        base: Number = number("0.5", "1", "weight of a token locked for no time", ge="0", le="1", source="Akash white paper, AEP-5", date="2020-01-31")
        full: Number = number("365", "day", "time from which a token weighs 1", gt="0", source="Akash white paper, AEP-5", date="2020-01-31")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        rising = all(a.calls < b.calls for a, b in pairwise(p.terms))
        return [] if p.terms and rising else [("terms", f"terms of {', '.join(str(t.calls) for t in p.terms) or 'no'} calls", "one or more, rising")]

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.locked: sum(t.calls + 1 for t in p.terms)}

    @event(roles={"staker": "liquid"}, arguments={"amount": "liquid", "time": "day"}, order_free=True)
    def lock(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, time: Any) -> Emitted:
        """An owner locks `amount` for the shortest term of `time` or more."""
        xp, at, flows = ctx.xp, rows["staker"], []
        longer = xp.where(xp.ge(time, 0 * time), 1, 0)
        for first, term in rings(p):
            enough = longer * xp.where(xp.le(time, term.calls * ctx.dt), 1, 0)
            lot = first + calls_before(ctx.t, ctx) % (term.calls + 1)
            flows.append(Flow(p.liquid, p.locked, amount * enough, "lock", at, lot if at is None else (lot, at)))
            longer = longer - enough
        refuse_unless(ctx, xp.eq(longer, 0), "lock_staking.lock, argument 'time'", "longer than any term", "a time that is on offer")
        return flows, {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        flows, weight, n = [], 0 * state[p.liquid], calls_before(ctx.t, ctx)
        for first, term in rings(p):
            slots = term.calls + 1
            ripe = first + (n + 1) % slots
            flows.append(Flow(p.locked, p.liquid, state[p.locked][ripe], "unlock", ripe, None))
            age = ctx.xp.mod(n - (ctx.xp.cumsum(ctx.xp.full((slots, 1, 1), ctx.xp.num(1)), 0) - 1), slots)  # calls since a lot was filled, by lot
            left = (term.calls - age) * ctx.dt
            time = left if p.weigh == "remaining" else term.calls * ctx.dt
            gamma = ctx.xp.where(ctx.xp.gt(left, 0 * left), p.base + (1 - p.base) * ctx.xp.minimum(time, p.full) / p.full, 0)
            weight = weight + ctx.xp.sum(state[p.locked][first : first + slots] * gamma, 0)[0]
        return flows, {p.weight: weight}


def rings(p: Any) -> list[tuple[int, Any]]:
    """(first lot, term) of each term."""
    out, first = [], 0
    for term in p.terms:
        out.append((first, term))
        first += term.calls + 1
    return out
