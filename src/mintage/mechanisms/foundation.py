"""What a foundation may do by itself, and how long it must say so before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..accounts import Account
from ..flows import Flow, burn, mint
from ..holds import held, pend, void_hold
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .sharing import flag, spread, supply
from .voting import after

OPEN, WAITING = 1, 2  # what `proposal_status` says of a proposal that can still be vetoed


class Plan(Parameters):
    """A mint that is announced on a day known beforehand."""

    day: Number = number(None, "day", "day of the announcement", ge="0")
    amount: Number = number(None, "mint_to", "tokens to be minted", ge="0")


class FoundationPowers(Mechanism):
    """Declared powers under notice: announce, wait, execute. What is announced in step t happens at the first call in step t + notice or later.

        mint: min(amount, most x supply) -> mint_to;   freeze: all of an owner's free tokens -> held;   rule' = value;   veto of a waiting proposal
        exit, in the steps t .. t + window - 1 after any announcement: x tokens are burned and paid fund x / supply        [fund]

    A power that is not named does not exist. Of each there is one announcement at a time, for freezing one an owner, for the veto one a slot; announcing
    anew replaces it and begins the notice anew, so a mint of 0 or the rule in force withdraws one, and `release` withdraws or ends a freeze. An owner whom
    a freeze is announced for can move its tokens meanwhile: a freeze takes what is there when it comes. Shapes [1, path], [owner, path], [slot, path].

    Compare Moloch's ragequit, exit with a share of the treasury, and Compound's timelock of 2 days: the exit is what makes a notice worth having.
    """

    name = "foundation_powers"
    tags: Mapping[str, Tag] = {"mint": "unlock", "exit": "transfer", "paid": "transfer", "freeze": "transfer", "release": "transfer"}
    breaks: ClassVar[str] = (
        "A power that is declared is still a power: notice helps only those who read it, and an exit pays what the fund holds for a token, which may be far "
        "below its price. A freeze under notice catches nobody who is awake."
    )

    class Params(Parameters):
        notice: int = count(14, "steps between an announcement and its execution, at least", ge=1, unit="step")
        window: int = count(14, "steps after an announcement in which owners may exit, at most the notice", unit="step")
        mint_to: Ref = account("", "where it may mint; empty: it cannot")
        most: Number = number("0.02", "1", "share of supply that one announcement mints, at most", ge="0", le="1")
        plans: tuple[Plan, ...] = option((), "mints that are announced on given days")
        freezes: Ref = account("", "whose free tokens it may freeze; empty: nobody's")
        rule: Ref = writes("", "*", "the number that it may set, for other rules to read; empty: none")
        low: Number = number("0", "rule", "least it may be set to")
        high: Number = number("1", "rule", "most it may be set to")
        proposals: Ref = account("", "slots of the proposals that it may veto; empty: none")
        status: Ref = reads("", "1", "what became of each slot's proposal")
        vetoes: Ref = writes("", "1", "1 for each slot that is vetoed, which `liquid_democracy` reads")
        holders: Ref = account("holders/token", "owners' free tokens, which an exit burns")
        fund: Ref = account("", "what an exit is paid from: one holder; empty: there is none")
        proceeds: Ref = account("", "where owners are paid, in the same rows")
        running: Ref = writes("", "1", "signal that shows how many announcements run; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.window <= p.notice else [("window", f"{p.window} steps of a notice of {p.notice}", "at most the notice: who leaves, leaves before")]
        if bool(p.fund) != bool(p.proceeds):
            faults.append(("fund", f"{p.fund or 'no fund'} and {p.proceeds or 'no proceeds'}", "both, or none"))
        if len({bool(x) for x in (p.proposals, p.status, p.vetoes)}) > 1:
            faults.append(("vetoes", "some of proposals, status and vetoes are named", "all three, or none"))
        return faults + ([("plans", "a mint is planned, and mint_to is empty", "an account that it may mint to")] if p.plans and not p.mint_to else [])

    def holds(self, p: Any) -> tuple[Account, ...]:
        return (p.freezes,) if p.freezes else ()

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        rows = {name: make(0, of=place) for name, place in (("freeze_at", p.freezes), ("veto_at", p.proposals)) if place}
        amounts = ({"mint": make(0, "mint_to")} if p.mint_to else {}) | ({"rule_to": make(0, "rule")} if p.rule else {})
        return {**rows, **amounts, **{name: make(0) for name in ("mint_at", "rule_at", "exit_until")}}

    # --- what it says -----------------------------------------------------------------------------------------------

    @event(roles={"treasury": "mint_to"}, arguments={"amount": "mint_to"}, authority="operator")
    def announce_mint(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The foundation will mint `amount`, in place of what it announced before."""
        return ([], {"mint": 0 * state["mint"] + amount, **said(p, state, ctx, "mint_at")}) if p.mint_to else ([], {})

    @event(roles={}, arguments={"value": "rule"}, authority="operator")
    def announce_rule(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], value: Any) -> Emitted:
        """The foundation will set its number to `value`."""
        none = state["rule_at"]
        if not p.rule:
            refuse_unless(ctx, ctx.xp.lt(none, none), "foundation_powers.announce_rule", "the foundation may not change rules here", "a power that it has")
            return [], {}
        allowed = ctx.xp.logical_and(ctx.xp.ge(value, p.low), ctx.xp.le(value, p.high))
        refuse_unless(ctx, allowed, "foundation_powers.announce_rule", "beyond its bounds", f"{p.low} to {p.high}")
        return [], {"rule_to": 0 * state["rule_to"] + value, **said(p, state, ctx, "rule_at")}

    @event(roles={"owner": "freezes"}, arguments={}, authority="operator")
    def announce_freeze(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The foundation will freeze what an owner then has."""
        return [], said(p, state, ctx, "freeze_at", rows["owner"]) if p.freezes else {}

    @event(roles={"owner": "freezes"}, arguments={}, authority="operator")
    def release(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner has its frozen tokens back, and a freeze that was announced does not come."""
        if not p.freezes:
            return [], {}
        at, due = rows["owner"], state["freeze_at"]
        return void_hold(p.freezes, state[held(p.freezes)][at], "release", at), {"freeze_at": ctx.xp.put(due, at, 0 * due[at])}

    @event(roles={"proposal": "proposals"}, arguments={}, authority="operator")
    def announce_veto(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The foundation will veto a proposal, if it still waits then."""
        if not p.proposals:
            return [], {}
        at = rows["proposal"]
        refuse_unless(ctx, ctx.xp.eq(pending(ctx.xp, signals[p.status][at]), 1), "foundation_powers.announce_veto", "no proposal runs there", "one that does")
        return [], said(p, state, ctx, "veto_at", at)

    @event(roles={"owner": "holders"}, arguments={"amount": "holders"})
    def exit(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner who will not wait for what was announced burns `amount` of its tokens for its part of the fund."""
        until, at = state["exit_until"], rows["owner"]
        refuse_unless(ctx, ctx.xp.gt(until, ctx.t), "foundation_powers.exit", "no announcement's window is open", "an exit within it")
        if not p.fund:
            return [], {}
        paid = state[p.fund] * (amount / supply(state, p.holders))
        return [burn(p.holders, amount, "exit", at), Flow(p.fund, p.proceeds, paid, "paid", None, at)], {}

    # --- what it does -----------------------------------------------------------------------------------------------

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, flows, updates = ctx.xp, list[Flow](), dict[str, Any]()
        due = {name: ripe(state[name], ctx) for name in ("mint_at", "rule_at", "freeze_at", "veto_at") if name in state.memory}
        updates = {name: state[name] * (1 - now) for name, now in due.items()}
        if p.mint_to:
            amount = xp.minimum(state["mint"], p.most * supply(state, p.mint_to)) * due["mint_at"]
            flows.append(mint(p.mint_to, spread(xp, state, p.mint_to, amount), "mint"))
            updates |= planned(p, after(state, updates), ctx)
        if p.freezes:
            flows += pend(p.freezes, state[p.freezes] * due["freeze_at"], "freeze")
        if p.rule:
            updates[p.rule] = signals[p.rule] + due["rule_at"] * (state["rule_to"] - signals[p.rule])
        if p.proposals:
            runs = pending(xp, signals[p.status])
            updates[p.vetoes] = due["veto_at"] * runs
            updates["veto_at"] = state["veto_at"] * runs
        if p.running:
            waits = [flag(xp, xp.gt(updates[name], 0)) for name in due]
            updates[p.running] = sum((xp.total(w) for w in waits[1:]), waits[0])
        return flows, updates


def said(p: Any, state: State, ctx: Any, name: str, at: Any = None) -> dict[str, Any]:
    """The updates of an announcement: when it is due, and how long the exit stays open."""
    old = state[name] if at is None else state[name][at]
    new = 0 * old + ctx.t + p.notice
    opened = ctx.xp.maximum(state["exit_until"], 0 * state["exit_until"] + ctx.t + p.window)
    return {name: new if at is None else ctx.xp.put(state[name], at, new), "exit_until": opened}


def ripe(due: Any, ctx: Any) -> Any:
    """1 where an announcement's notice is over at this call; 0 stands for none."""
    return flag(ctx.xp, ctx.xp.gt(due, 0)) * ctx.xp.gate(ctx.t - due, 0)


def pending(xp: Any, status: Any) -> Any:
    """1 for slots whose proposal can still be vetoed."""
    return flag(xp, xp.logical_or(xp.eq(status, OPEN), xp.eq(status, WAITING)))


def planned(p: Any, state: State, ctx: Any) -> dict[str, Any]:
    """The updates of mints that are announced at this call: the first at whose beginning their day has come."""
    xp, amount, due, until = ctx.xp, state["mint"], state["mint_at"], state["exit_until"]
    for plan in p.plans:
        now = xp.after(ctx.day - ctx.dt, plan.day, 0) - xp.after(ctx.day - 2 * ctx.dt, plan.day, 0)
        amount = amount + now * (plan.amount - amount)
        due, until = due + now * (ctx.t + p.notice - due), xp.maximum(until, now * (0 * until + ctx.t + p.window))
    return {"mint": amount, "mint_at": due, "exit_until": until}
