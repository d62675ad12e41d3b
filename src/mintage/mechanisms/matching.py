"""Matching: users who say what work is worth to them, nodes that say what it costs, and the trades that leave the most for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .ranking import curve, filled, from_the_end
from .sharing import column, peak


class Offer(Parameters):
    """What a node asks for where it has not said otherwise."""

    cost: Number = number(None, "fiat/job", "cost of a job", ge="0")
    capacity: Number = number(None, "job/day", "jobs it can do", ge="0")


class SurplusMatch(Mechanism):
    """Match work so that the sum of what it is worth to users less what it costs nodes is largest:

        maximise sum(v_i x_i) - sum(c_j y_j),   sum(x) = sum(y),   0 <= x_i <= q_i,   0 <= y_j <= k_j        v, c [fiat/job], x, y, q, k [job]

    The best users meet the cheapest nodes until the next user would pay less than the next node asks. All pay and get one price, in the middle between the
    bounds that those who trade and those who do not set for it: nobody pays more than work is worth to it or gets less than it costs, and what users pay is
    what nodes get, so nothing stays with the network. A node whose cost rises with its load is several rows.

    An order is a deposit b_i for q_i jobs, v_i = b_i / q_i; what it does not spend goes back at once. Nodes are paid at the next call, when the work is done.
    Modelled users say `values` and `wanted` and pay from outside; live these are measured as 0. Shapes [user, path] and [node, path].

    Compare Ritual's Resonance: a user's valuation, nodes' cost functions of bundles, a broker who maximises sum v - sum c, individual rationality and no margin
    of the protocol. There bundles are of different work; here all jobs are alike.
    """

    name = "surplus_match"
    breaks: ClassVar[str] = (
        "Without a margin, and with nobody made to trade, no rule makes telling the truth best for all (Myerson and Satterthwaite 1983): the user and the node "
        "at the edge move the price by saying less or asking more. With few of either that costs trades."
    )
    tags: Mapping[str, Tag] = {"pay": "revenue", "bought": "revenue", "order": "transfer", "refund": "transfer", "earn": "reward"}

    class Params(Parameters):
        wallets: Ref = account("wallets/fiat", "users' own money")
        orders: Ref = account("orders/fiat", "their deposits: the same rows")
        clearing: Ref = account("clearing/fiat", "what was paid and is earned by the next call")
        nodes: Ref = account("nodes/fiat", "where nodes are paid, one row each")
        offers: tuple[Offer, ...] = option(..., "what nodes ask for: one for each row of them, or one for all", rows="nodes")
        index: Ref = reads("", "1", "level of costs, by which offers are multiplied; empty: 1")
        customers: Ref = account("external/fiat", "where modelled users' money comes from")
        values: Ref = reads("", "fiat/job", "what a job is worth to modelled users, by row; empty: none are modelled")
        wanted: Ref = reads("", "job/day", "jobs that they want, by row")
        price: Ref = writes("match_price", "fiat/job", "price at the last call that had a trade")
        matched: Ref = writes("", "job/day", "signal that shows the work matched; empty: none")
        surplus: Ref = writes("", "fiat/day", "signal that shows what it leaves for both sides; empty: none")
        work: Ref = writes("", "job/day", "signal that shows the work of each node; empty: none")
        income: Ref = writes("", "nodes/day", "signal that shows what each node earns; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if bool(p.values) == bool(p.wanted) else [("wanted", f"values '{p.values}' and wanted '{p.wanted}'", "both or neither")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"cost": column(xp, [o.cost for o in p.offers]), "capacity": column(xp, [o.capacity for o in p.offers])}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        own = {"told": make(0, of=p.nodes), "asks": make(0, "nodes/job", p.nodes), "can": make(0, "job/day", p.nodes)}
        return {**own, "quantity": make(1, "job", p.orders), "earns": make(0, of=p.nodes)}

    @event(roles={"user": "wallets"}, arguments={"amount": "orders", "work": "job"})
    def order(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, work: Any) -> Emitted:
        """A user adds `amount` to its order, which is for `work` from here on: a job is worth the whole deposit over it."""
        refuse_unless(ctx, ctx.xp.gt(work, 0 * work), "surplus_match.order, argument 'work'", "no work", "more than 0")
        at = rows["user"]
        return [Flow(p.wallets, p.orders, amount, "order", at, at)], {"quantity": ctx.xp.put(state["quantity"], at, work)}

    @event(roles={"user": "wallets"}, arguments={})
    def cancel(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A user takes its order back."""
        at = rows["user"]
        return [Flow(p.orders, p.wallets, state[p.orders][at], "refund", at, at)], {}

    @event(roles={"node": "nodes"}, arguments={"cost": "nodes/job", "capacity": "job/day"})
    def offer(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], cost: Any, capacity: Any) -> Emitted:
        """A node says what a job costs it and how many it can do, from here on; capacity 0 takes it off."""
        said = {"told": ctx.xp.where(ctx.xp.ge(capacity, 0 * capacity), 1, 0), "asks": cost, "can": capacity}
        return [], {name: ctx.xp.put(state[name], rows["node"], value) for name, value in said.items()}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, deposit, told = ctx.xp, state[p.orders], ctx.xp.eq(state["told"], 1)
        cost = xp.where(told, state["asks"], p.cost * signals[p.index] if p.index else p.cost)
        capacity = xp.where(told, state["can"], p.capacity) * ctx.dt
        value, wanted = deposit / state["quantity"], state["quantity"] * xp.where(xp.gt(deposit, 0 * deposit), 1, 0)
        if p.values:
            value, wanted = xp.concatenate([value, signals[p.values]]), xp.concatenate([wanted, signals[p.wanted] * ctx.dt])
        price, bought, done = cleared(xp, value, wanted, cost, capacity)
        price = xp.where(xp.gt(xp.total(done), 0 * xp.total(done)), price, signals[p.price])
        own = deposit.shape[-2]
        spent = xp.minimum(price * bought[:own], deposit)
        flows = [
            Flow(p.clearing, p.nodes, state[p.clearing] * state["earns"], "earn"),
            Flow(p.orders, p.clearing, spent, "pay"),
            Flow(p.orders, p.wallets, deposit - spent, "refund"),
        ]
        if p.values:
            flows.append(Flow(p.customers, p.clearing, xp.total(price * bought[own:]), "bought"))
        surplus = xp.total(value * bought) - xp.total(cost * done)
        shown = {p.price: price, p.matched: xp.total(done) / ctx.dt, p.surplus: surplus / ctx.dt, p.work: done / ctx.dt}
        shown[p.income] = price * done / ctx.dt
        return flows, {"earns": xp.div(done, xp.total(done), 0), **{name: shown[name] for name in shown if name}}


def cleared(xp: Any, value: Any, wanted: Any, cost: Any, capacity: Any) -> tuple[Any, Any, Any]:
    """(price, what each user gets, what each node does) of the match with the largest surplus."""
    number = volume(xp, value, wanted, cost, capacity)
    dearest = peak(xp, cost)
    cheap = dearest - cost  # the cheapest node first, as `curve` counts from the highest value
    last_user, last_node = curve(xp, value, wanted, number), curve(xp, cheap, capacity, number)
    next_user, next_node = curve(xp, value, wanted, number, past=True), dearest - curve(xp, cheap, capacity, number, past=True)
    low = xp.maximum(dearest - last_node, next_user)
    high = xp.minimum(last_user, xp.where(xp.gt(xp.total(capacity), number), next_node, last_user))
    return (low + high) / 2, filled(xp, value, wanted, last_user, number), filled(xp, cheap, capacity, last_node, number)


def volume(xp: Any, value: Any, wanted: Any, cost: Any, capacity: Any) -> Any:
    """Work [1, path] up to which the next user still pays at least what the next node asks: the most that supply and demand meet at any price."""
    order = xp.argsort(xp.concatenate([value, cost]))
    demand = xp.take_along_axis(xp.concatenate([wanted, 0 * capacity]), order, -2)
    supply = xp.take_along_axis(xp.concatenate([0 * wanted, capacity]), order, -2)
    return peak(xp, xp.minimum(from_the_end(xp, demand), xp.cumsum(supply, -2)))
