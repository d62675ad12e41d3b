"""Delegation: owners back validators through a pool of shares for each, and validators take their part of the rewards first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..accounts import Account
from ..errors import Fault, SpecError
from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, count, event, number, reads, refuse_unless, schedule, writes
from .emission import calls_before
from .stakers import in_all_lots


class Delegation(Mechanism):
    """Delegated stake. Validator v's pool holds D_v tokens, against which S_v shares are out; a share is worth D_v / S_v.

        delegate a: a tokens in, a S_v / D_v shares out,   undelegate s: s shares in, s D_v / S_v tokens out, free when unbonding is over
        reward_v = min(budget, pool) D_v q_v / sum(D q),   of it first take_v to the validator, then the rest into D_v    [delegated], [validator, path]

    So rewards and slashing touch one number a validator, however many delegators it has, and each delegator has its part of it, whenever it came. Shares
    are an asset, a lot of `shares` for each validator, one row a delegator. q_v is `score`, 1 without one. A validator backs itself by delegating to
    itself. To slash, use `slashing` with `staked` on the pools, and name its accounts here: what an appeal may bring back belongs to those who held
    shares before, so nobody may enter while a case is open; nor a pool that was slashed to nothing while shares of it are out.
    """

    name = "delegation"
    breaks: ClassVar[str] = (
        "Delegators go where take is low and where others are, so a few validators gather most stake. A validator may attract stake with a low take and "
        "raise it when delegators no longer look. What is slashed is mostly other people's money. Where nobody else is staked, whoever holds a base unit of "
        "shares is paid all rewards, until a share is worth more than others bring: begin with a `founding` stake."
    )
    tags: Mapping[str, Tag] = {
        "take": "reward",
        "reward": "reward",
        "delegate": "transfer",
        "undelegate": "transfer",
        "unbond": "transfer",
        "redelegate": "transfer",
        "return": "transfer",
    }

    class Params(Parameters):
        liquid: Ref = account("holders/token", "delegators' free tokens")
        delegated: Ref = account("delegated/token", "pools, one holder a validator")
        shares: Ref = account(None, "delegators' shares: their own asset, a lot a validator, the same rows as `liquid`")
        slots: int = count(None, "validators: holders of `delegated`", ge=1, le=1024)
        unbonding: Ref = account("unbonding/token", "what is on its way out, a lot for each call to come")
        ring: int = count(8, "lots of `unbonding`: it takes one call less, at least", ge=2, le=4096)
        pool: Ref = account("pool/token", "where rewards come from")
        validators: Ref = account("validators/token", "where validators are paid their take: one holder each")
        budget: Schedule = schedule("delegated", "tokens paid in one call, from that day on")
        accused: Ref = account("", "what of the pools is accused, as of `slashing`: a holder a validator; empty: nothing can be")
        appealed: Ref = account("", "the same of appeals")
        score: Ref = reads("", "1", "weight of each validator's stake; empty: equal")
        take: Number = number(
            "0.18", "1", "validators' take at the start", ge="0", le="1", source="Bittensor, most that a delegate may take", date="2025-12-14"
        )
        most: Number = number("0.18", "1", "largest take that a validator may set", ge="0", le="1", source="Bittensor", date="2025-12-14")
        unit: Number = number("1", "shares/delegated", "shares for a token where a pool begins", gt="0")
        founding: Number = number(
            "0", "delegated", "delegated at the start by all owners to all validators, in equal parts, and issued beside the opening balances", ge="0"
        )
        price: Ref = writes("", "delegated/shares", "signal that shows what a share of each validator is worth; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [("take", f"{p.take}, more than {p.most}", "at most `most`")] if p.take > p.most else []
        if p.shares.asset == p.delegated.asset:
            faults.append(("shares", str(p.shares), "an asset of its own, of form `share`"))
        return faults

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.shares: p.slots, p.unbonding: p.ring}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        take = make(p.take, of=p.delegated)
        if take.shape[-2] != p.slots:
            raise SpecError(Fault("MT202", "delegation.slots", f"{p.slots} for {take.shape[-2]} holders of {p.delegated}", "one a validator"))
        return {"take": take}

    def genesis(self, p: Any, xp: Any) -> list[Flow]:
        if not p.founding:
            return []
        each = xp.full((1, 1), p.founding / p.slots * p.unit)
        return [mint(p.delegated, xp.full((1, 1), p.founding), "genesis"), *(mint(p.shares, each, "genesis", v) for v in range(p.slots))]

    @event(roles={"delegator": "liquid", "validator": "delegated"}, arguments={"amount": "delegated"})
    def delegate(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner backs a validator with `amount`."""
        at, v = rows["delegator"], rows["validator"]
        flows = [Flow(p.liquid, p.delegated, amount, "delegate", at, v), mint(p.shares, amount * shares_a_token(p, state, ctx, v), "delegate", (v, at))]
        return flows, {}

    @event(roles={"delegator": "liquid", "validator": "delegated"}, arguments={"amount": "shares"})
    def undelegate(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner gives `amount` of its shares of a validator back; the tokens are free when unbonding is over."""
        at, v, lot = rows["delegator"], rows["validator"], calls_before(ctx.t, ctx) % p.ring
        tokens = amount * ctx.xp.div(state[p.delegated][v], shares_of(p, state, ctx.xp, v), 0)
        return [burn(p.shares, amount, "undelegate", (v, at)), Flow(p.delegated, p.unbonding, tokens, "unbond", v, (lot, at))], {}

    @event(roles={"delegator": "liquid", "validator": "delegated", "target": "delegated"}, arguments={"amount": "shares"})
    def redelegate(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner moves `amount` of its shares of a validator to another, without unbonding."""
        at, v, to = rows["delegator"], rows["validator"], rows["target"]
        apart = ctx.xp.logical_not(ctx.xp.eq(ctx.xp.array(v), ctx.xp.array(to)))
        refuse_unless(ctx, apart, "delegation.redelegate", "from a validator to itself", "another validator")
        tokens = amount * ctx.xp.div(state[p.delegated][v], shares_of(p, state, ctx.xp, v), 0)
        flows = [burn(p.shares, amount, "redelegate", (v, at)), Flow(p.delegated, p.delegated, tokens, "redelegate", v, to)]
        return [*flows, mint(p.shares, tokens * shares_a_token(p, state, ctx, to), "redelegate", (to, at))], {}

    @event(roles={"validator": "validators"}, arguments={"take": "1"})
    def set_take(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], take: Any) -> Emitted:
        """A validator sets its take of the rewards from here on, at most `most`."""
        refuse_unless(ctx, ctx.xp.le(take, p.most), "delegation.set_take, argument 'take'", "more than a validator may take", f"{p.most} or less")
        return [], {"take": ctx.xp.put(state["take"], rows["validator"], take)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, ripe = ctx.xp, state[p.delegated], (calls_before(ctx.t, ctx) + 1) % p.ring
        weight = stake * signals[p.score] if p.score else stake
        pot = xp.minimum(p.budget.at(ctx), xp.total(state[p.pool]))
        reward = pot * xp.div(weight, xp.total(weight), xp.num(0))
        taken = reward * state["take"]
        flows = [
            Flow(p.pool, p.validators, taken, "take"),
            Flow(p.pool, p.delegated, reward - taken, "reward"),
            Flow(p.unbonding, p.liquid, state[p.unbonding][ripe], "return", ripe, None),
        ]
        if not p.price:
            return flows, {}
        out = xp.total(state[p.shares])[..., 0, :]
        return flows, {p.price: xp.where(xp.gt(out, 0 * out), xp.div(stake + reward - taken, out, 0), xp.full(out.shape, 1 / p.unit))}


def shares_of(p: Any, state: State, xp: Any, v: Any) -> Any:
    """Shares that are out of validators `v` [validator, path]."""
    return xp.total(state[p.shares][v])[..., 0, :]


def shares_a_token(p: Any, state: State, ctx: Any, v: Any) -> Any:
    """Shares for a token that enters the pools of `v`. Refuses a pool that was emptied under its shares, or is about to have some of its stake back."""
    xp, held, out = ctx.xp, state[p.delegated][v], shares_of(p, state, ctx.xp, v)
    for place in (p.accused, p.appealed):
        if place:
            still = xp.eq(in_all_lots(xp, state[place])[v], 0)
            refuse_unless(ctx, still, "delegation", "some of the pool's stake is accused and may come back", "another validator, until it is decided")
    begun, filled = xp.gt(out, 0 * out), xp.gt(held, 0 * held)
    sound = xp.logical_or(xp.logical_not(begun), filled)
    refuse_unless(ctx, sound, "delegation", "the pool was slashed to nothing", "another validator, until its shares are given back")
    return xp.where(begun, xp.div(out, held, 0), xp.full(out.shape, p.unit))
