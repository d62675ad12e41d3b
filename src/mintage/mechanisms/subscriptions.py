"""Subscriptions: a fee a period, people who come and go, and how many of those who were there stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless, writes
from .emission import calls_before
from .sharing import spread


class Subscription(Mechanism):
    """Access for a fee a period: one call is one period.

        leaving: a subscriber of age a (periods) leaves with chance h_a = min(1, churn_a satisfaction^-sensitivity),   those of the last age on alike
        retention = those who were there `window` periods ago and still are, over all who were there then                [1], shape [1, path]

    Modelled people come as `joining` says and pay from outside. Owners subscribe with an event, pay at once for the rest of the period and then at each call;
    who cannot pay is out. Live, `joining` is measured as 0 and there are owners only. `member` shows who is in good standing, to admit by.

    Beside a stake: a subscriber loses nothing by leaving, and its retention is what satisfaction makes of it; a staker first waits to get its tokens back
    (compare `retention` of `staking_choice`).
    """

    name = "subscription"
    breaks: ClassVar[str] = (
        "Revenue is as old as the youngest habit: where new subscribers leave soon, growth hides it until joining slows. A fee in dollars ties no user to the "
        "token, which may be the better design and is then the reason not to have one."
    )
    tags: Mapping[str, Tag] = {"pay": "revenue", "join": "revenue"}

    class Params(Parameters):
        customers: Ref = account("external/fiat", "where modelled people's money comes from")
        wallets: Ref = account("", "owners' own money; empty: nobody subscribes by event")
        payee: Ref = account("service/fiat", "who is paid")
        fee: Number = number(None, "payee", "price of a period, for one subscriber", ge="0")
        joining: Ref = reads("", "1/day", "modelled people who subscribe; empty: none")
        satisfaction: Ref = reads("", "1", "what users think of the service, 1 as usual; empty: 1")
        churn: tuple[Number, ...] = number(None, "1", "chance to leave in a period, by age in periods; the last holds from there on")
        sensitivity: Number = number("1", "1", "elasticity of leaving to satisfaction", ge="0")
        window: int = count(12, "periods that retention looks back", ge=1, le=512)
        founding: Number = number("0", "1", "modelled subscribers at the start, who have just joined", ge="0")
        subscribers: Ref = writes("subscribers", "1", "all who have paid for the period")
        retention: Ref = writes("", "1", "signal that shows retention, 1 until the window has passed; empty: none")
        member: Ref = writes("", "1", "1 for each owner in good standing, else 0; empty: not shown")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        sound = p.churn and all(0 <= c <= 1 for c in p.churn)
        return [] if sound else [("churn", f"chances of {', '.join(map(str, p.churn)) or 'nothing'}", "one or more, from 0 to 1")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        ages = max(p.window, len(p.churn)) + 1
        return {"hazard": xp.concatenate([xp.full((1, 1, 1), p.churn[min(a, len(p.churn) - 1)]) for a in range(ages)], 0)}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        own = {name: make(0, of=p.wallets or None) for name in ("active", "periods")}
        return {"crowd": make(0, lots=max(p.window, len(p.churn)) + 1), "was": make(0, lots=p.window), "founders": make(p.founding), **own}

    @event(roles={"customer": "wallets"}, arguments={})
    def subscribe(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner subscribes, and pays for the steps that are left of the period, this one included."""
        if not p.wallets:
            return [], {}
        at, active = rows["customer"], state["active"][rows["customer"]]
        refuse_unless(ctx, ctx.xp.eq(active, 0), "subscription.subscribe", "the owner has subscribed", "an owner who has not")
        rest = ctx.xp.num((ctx.offset - ctx.t) % ctx.every + 1) / ctx.every  # this step counts too, else whoever cancels before each call has it for nothing
        return [Flow(p.wallets, p.payee, p.fee * rest + 0 * state[p.wallets][at], "join", at)], standing(p, state, signals, ctx.xp, at, active + 1)

    @event(roles={"customer": "wallets"}, arguments={})
    def cancel(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner ends its subscription. What it has paid is not given back."""
        if not p.wallets:
            return [], {}
        active = state["active"][rows["customer"]]
        refuse_unless(ctx, ctx.xp.eq(active, 1), "subscription.cancel", "the owner has no subscription", "an owner who has one")
        return [], standing(p, state, signals, ctx.xp, rows["customer"], 0 * active)

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, n, crowd, flows = ctx.xp, calls_before(ctx.t, ctx), state["crowd"], []
        hazard = xp.div(p.hazard, xp.power(signals[p.satisfaction], p.sensitivity), 1) if p.satisfaction else p.hazard  # with 0 all leave
        stay = crowd * (1 - xp.minimum(hazard, xp.num(1)))
        come = state["founders"] + (signals[p.joining] * ctx.dt if p.joining else 0)
        crowd = xp.concatenate([come[None], stay[:-2], (stay[-2] + stay[-1])[None]], 0)
        paid = xp.sum(crowd, 0)[0] * p.fee
        flows.append(Flow(p.customers, p.payee, spread(xp, state, p.payee, paid), "pay"))
        kept = {"crowd": crowd, "founders": 0 * come}
        total, stayed = xp.sum(crowd, 0)[0], xp.sum(crowd[p.window :], 0)[0]
        if p.wallets:
            good = state["active"] * xp.where(xp.ge(state[p.wallets], p.fee), 1, 0)
            flows.append(Flow(p.wallets, p.payee, xp.minimum(good * p.fee, state[p.wallets]), "pay"))
            periods = (state["periods"] + 1) * good
            kept |= {"active": good, "periods": periods, **({p.member: good} if p.member else {})}
            total, stayed = total + xp.total(good), stayed + xp.total(good * xp.where(xp.gt(periods, p.window), 1, 0))
        kept |= {"was": xp.put(state["was"], n % p.window, total), p.subscribers: total}
        return flows, {**kept, **({p.retention: xp.div(stayed, state["was"][n % p.window], 1)} if p.retention else {})}


def standing(p: Any, state: State, signals: Mapping[str, Any], xp: Any, at: Any, active: Any) -> dict[str, Any]:
    """What becomes of an owner's subscription: 1 begun, 0 ended."""
    kept = {"active": xp.put(state["active"], at, active), "periods": xp.put(state["periods"], at, 0 * active)}
    return {**kept, p.member: xp.put(signals[p.member], at, active)} if p.member else kept
