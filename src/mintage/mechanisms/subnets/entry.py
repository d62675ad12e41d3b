"""Entry and exit of subnets: a lock that doubles and wears off, a limit, and the pruning of the weakest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...accounts import Account
from ...errors import Fault, SpecError
from ...flows import Flow, mint
from ..base import Emitted, Mechanism, Noise, Number, Ref, State, Tag, account, count, event, number, reads, refuse_unless, writes
from .pools import rate
from .slots import Slots, dissolved, in_use, median_price, next_slot, opened, price_of_entry

TAGS: Mapping[str, Tag] = {"lock": "transfer", "open": "transfer", "pay_out": "transfer", "recycle": "transfer", "void": "transfer"}


class SubnetRegistration(Mechanism):
    """The register of subnets: one slot each, taken for a lock of TAO; at the limit in place of the weakest, which is dissolved.

        cost = max(least, m last - floor(last / T) x blocks since),   m = 2 (1 before any),   T = interval x emission / full        [TAO]
        the lock becomes the new pool's TAO, with alpha = lock / median price of the other subnets (`par` without any)
        pruned is the lowest average price among subnets older than `immunity`; of equals the oldest, then the lowest slot
        of a dissolved pool's TAO a holder of alpha a gets a / (all alpha staked and held + the protocol's + the pool's own); the rest is recycled

    Registrations are `spacing` apart. A subnet runs `start_delay` after it registered, and is paid TAO `enable_delay` after that; what does not run
    has no average price, flows or weights, so call this at least once in a `start_delay`. `founded` takes note of what `subnet_founders` did in
    this step. Shapes [slot, path], of the cost [1, path].

    Source: Bittensor, subtensor pallets/subtensor/src/subnets/subnet.rs, coinbase/root.rs and staking/remove_stake.rs at 14bc6f9f964b, where T
    follows the emission of a block, so that the lock wears off in 7 days since the first halving, not in 14.
    """

    name = "subnet_registration"
    tags: Mapping[str, Tag] = {**TAGS, "collect": "transfer", "share": "transfer"}
    breaks: ClassVar[str] = (
        "A lock that comes back when the subnet is dissolved costs little more than the wait, so slots are worth squatting on. Pruning by price "
        "takes the subnet that the market likes least now, good or bad, and its stakers pay for it."
    )

    class Params(Slots):
        owners: Ref = account("owners/ALPHA", "owners' cuts, a row a slot")
        founded: Ref = reads("", "1", "1 for slots that `subnet_founders` took in this step; empty: only events take one")
        running: Ref = writes("running", "1", "1 for subnets that run; its start says which do")
        enabled: Ref = writes("enabled", "1", "1 for subnets that may be paid TAO")
        started: Ref = writes("started", "day", "the day from which each subnet runs, below 0 for old ones; `never` for free slots")
        generation: Ref = writes("generation", "1", "how many subnets each slot has had")
        cost: Ref = writes("lock_cost", "tao", "what the next registration costs")
        last: Ref = writes("last_lock", "tao", "the last lock; half the least where there was none")
        locked_on: Ref = writes("locked_on", "day", "the day of that")
        enable_delay: Number = number("0", "day", "from a subnet's start until it may be paid TAO", ge="0")
        stake_par: Number = number("1", "positions/owners", "shares that an alpha receives where nobody has any", gt="0")
        slots: int = count(128, "slots: most subnets there can be besides root", ge=1, le=4096)

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.positions: p.slots}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        owner = make(-1, of=p.tao)
        if owner.shape[-2] != p.slots:
            raise SpecError(Fault("MT202", "subnet_registration.slots", f"{p.slots}, and {p.tao} has {owner.shape[-2]} rows", "as many slots as rows"))
        return {"owner": owner}

    @event(roles={"founder": "liquid", "subnet": "tao"}, arguments={})
    def register(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner locks the cost and takes the next slot: a free one, else that of the weakest subnet, which is dissolved."""
        xp, who, at, day = ctx.xp, rows["founder"], rows["subnet"], ctx.day
        last, on = signals[p.last], signals[p.locked_on]
        slot = next_slot(p, signals[p.started], signals[p.price], day, xp)
        refuse_unless(ctx, xp.eq(slot[at], 1), "subnet_registration.register", "not the slot that is next", "a free one, else that of the weakest to prune")
        refuse_unless(ctx, xp.ge(day - on, p.spacing), "subnet_registration.register", "too soon after the last", f"{p.spacing} days between two")
        cost, gone = price_of_entry(p, last, on, day, signals, xp), slot * in_use(p, signals[p.started], xp)
        price = median_price(p, state, signals, slot, xp)
        flows = dissolved(p, state, xp, gone, range(int(at[0]), int(at[0]) + 1))
        flows += [Flow(p.liquid, p.tao, cost, "lock", who, at), mint(p.alpha, cost / price, "open", at)]
        owner = xp.put(state["owner"], at, xp.array(who)[:, None] + 0 * state["owner"][at])
        return flows, {**noted(p, signals, slot, cost, day, xp), "owner": owner}

    @event(roles={"subnet": "tao"}, arguments={}, authority="operator")
    def dissolve(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An operator dissolves a subnet that is no longer immune; its slot is free."""
        xp, at, started = ctx.xp, rows["subnet"], signals[p.started]
        used = in_use(p, started, xp)
        old = xp.ge(ctx.day - started[at] + p.start_delay, p.immunity)
        refuse_unless(ctx, xp.eq(used[at], 1), "subnet_registration.dissolve", "no subnet is there", "a slot in use")
        refuse_unless(ctx, old, "subnet_registration.dissolve", "the subnet is immune", f"one that is {p.immunity} days old")
        gone = xp.put(0 * used, at, 1 + 0 * used[at])
        left = 1 - gone
        shown = {p.running: signals[p.running] * left, p.enabled: signals[p.enabled] * left, p.started: started * left + p.never * gone}
        return dissolved(p, state, xp, gone, range(int(at[0]), int(at[0]) + 1)), {**shown, "owner": state["owner"] * left - gone}

    @event(roles={"subnet": "tao"}, arguments={"share": "1"}, authority="operator")
    def enable(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """An operator lets a subnet be paid TAO (`share` 1) or not (0)."""
        refuse_unless(ctx, ctx.xp.le(share, 1), "subnet_registration.enable, argument 'share'", "more than all", "0 or 1")
        return [], {p.enabled: ctx.xp.put(signals[p.enabled], rows["subnet"], ctx.xp.floor(share))}

    @event(roles={"owner": "liquid", "subnet": "tao"}, arguments={"amount": "owners"})
    def collect(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The owner of a subnet stakes some of its cut there, for shares."""
        xp, who, at = ctx.xp, rows["owner"], rows["subnet"]
        own = xp.eq(state["owner"][at], xp.array(who)[:, None])
        refuse_unless(ctx, own, "subnet_registration.collect", "somebody else's subnet", "the owner of the subnet")
        shares = state[p.crowd] + xp.total(state[p.positions])[:, 0]
        new = amount * rate(xp, shares, state[p.staked], p.stake_par)[at]
        return [Flow(p.owners, p.staked, amount, "collect", at, at), mint(p.positions, new, "share", (at, who))], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, day, told = ctx.xp, ctx.day, {p.started: signals[p.started], p.enabled: signals[p.enabled]}
        if p.founded:
            paid = price_of_entry(p, signals[p.last], signals[p.locked_on], day, signals, xp)
            told = noted(p, signals, signals[p.founded], paid, day, xp)
            told["owner"] = state["owner"] * (1 - signals[p.founded]) - signals[p.founded]
        started = told[p.started]
        told[p.running] = xp.after(day, started, 0)
        paid_from = started + p.enable_delay
        due = xp.after(day, paid_from, 0) - xp.after(day - ctx.dt, paid_from, 0)
        told[p.enabled] = xp.maximum(told[p.enabled], due)
        told[p.cost] = price_of_entry(p, told.get(p.last, signals[p.last]), told.get(p.locked_on, signals[p.locked_on]), day, signals, xp)
        return [], told


def noted(p: Any, signals: Mapping[str, Any], slot: Any, cost: Any, day: Any, xp: Any) -> dict[str, Any]:
    """The register once the slots that `slot` marks were taken for `cost` on `day`; nothing changes where none was."""
    one, left = xp.total(slot), 1 - slot
    last, on = signals[p.last], signals[p.locked_on]
    return {
        p.running: signals[p.running] * left,
        p.enabled: signals[p.enabled] * left,
        p.started: signals[p.started] * left + (day + p.start_delay) * slot,
        p.generation: signals[p.generation] + slot,
        p.last: last + (cost - last) * one,
        p.locked_on: on + (day - on) * one,
    }


class SubnetFounders(Mechanism):
    """Who registers subnets where nobody is there to do it: they take the next slot, pay its lock, and what was there is dissolved.

        chance of one in a call = 1 - exp(-founders (cost / reference)^-elasticity dt), where the crowd can pay and the last one is `spacing` ago

    Call it in the steps of `subnet_registration` and just before it, which takes note. Shapes [slot, path]. The form is an assumption.
    """

    name = "subnet_founders"
    behaviour = True
    noise = {"founder": Noise("uniform")}
    tags: Mapping[str, Tag] = TAGS
    breaks: ClassVar[str] = (
        "Founders come when alpha is dear and leave stakers with what is left of a pool when it is not. Whoever expects a lower lock tomorrow waits, so "
        "registrations come in bursts that this chance does not know."
    )

    class Params(Slots):
        founders: Ref = reads("founders", "1/day", "who would register at the reference cost")
        started: Ref = reads("started", "day", "the day from which each subnet runs")
        last: Ref = reads("last_lock", "tao", "the last lock")
        locked_on: Ref = reads("locked_on", "day", "the day of that")
        founded: Ref = writes("founded", "1", "1 for the slot that was just taken")
        reference: Number = number("1000", "tao", "cost at which `founders` would register", gt="0")
        elasticity: Number = number("1", "1", "of their number to the cost", ge="0")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, day, started = ctx.xp, ctx.day, signals[p.started]
        cost = price_of_entry(p, signals[p.last], signals[p.locked_on], day, signals, xp)
        wanted = signals[p.founders] * xp.power(cost / p.reference, -p.elasticity) * ctx.dt
        come = xp.where(xp.lt(ctx.noise["founder"], -xp.expm1(-wanted)), xp.num(1), xp.num(0))
        may = xp.after(day - signals[p.locked_on], p.spacing, 0) * xp.after(state[p.money], cost, 0)
        slot = next_slot(p, started, signals[p.price], day, xp) * (come * may)
        gone = slot * in_use(p, started, xp)
        people = state[p.positions].shape  # lots, rows: without members there is one row, which is nobody's
        flows = dissolved(p, state, xp, gone, range(people[0] if people[1] > 1 else 0))
        return flows + opened(p, slot, cost, median_price(p, state, signals, slot, xp), p.money), {p.founded: slot}
