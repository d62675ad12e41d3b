"""Entry and exit of providers by profit, their costs in fiat, and the tokens they sell to pay them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..accounts import EXTERNAL, Account
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, writes
from .sharing import column, pro_rata, spread, total_of


class ProviderTier(Parameters):
    """One class of providers."""

    cost: Number = number(None, "fiat/node/day", "cost of one node: energy, hardware, bandwidth", gt="0")
    floor: Number = number("1", "node", "nodes that stay whatever happens", gt="0")
    ceiling: Number = number("1000000000", "node", "most nodes there can be", gt="0")


class ProviderEntry(Mechanism):
    """Nodes enter when revenue exceeds cost and leave when it does not.

        revenue_i = price sum(income_i) / nodes_i,   nodes_i' = clip(nodes_i (1 + speed clip(revenue_i / (cost_i index) - 1, -1, 1)), floor_i, ceiling_i)

    [fiat/node/day], [node]; shapes [tier, path]; a call moves once, whatever its length. A row without nodes, such as an owner who joined and brought
    none, stays without. With `tokens` set, providers sell what costs need,
    or `sell_share` of the epoch's income when that is more, to buyers who bring fiat from outside, and pay costs as far as their fiat goes.
    """

    name = "provider_entry"
    breaks = (
        "Providers who look at today's revenue enter late and leave late, so capacity swings behind price; those with sunk hardware stay below "
        "cost longer than the rule says."
    )
    behaviour = True
    tags: Mapping[str, Tag] = {"sell": "trade", "proceeds": "trade", "cost": "cost"}

    class Params(Parameters):
        income: tuple[Ref, ...] = reads(("rewards",), "token/day", "signals of what each tier earns in tokens")
        fiat_income: tuple[Ref, ...] = reads((), "fiat/day", "signals of what each tier earns in fiat")
        price: Ref = reads("price", "fiat/token", "the token's price")
        index: Ref = reads("", "1", "level of compute cost; empty: constant")
        nodes: Ref = writes("nodes", "node", "nodes of each tier; its start is the opening number")
        total: Ref = writes("", "node", "nodes of all tiers; empty: none")
        revenue: Ref = writes("", "fiat/node/day", "revenue of a node; empty: none")
        spending: Ref = writes("", "fiat/day", "what all nodes cost, paid or not; empty: none")
        tiers: tuple[ProviderTier, ...] = option(..., "one for each row of providers, or one for all", rows="nodes")
        speed: Number = number("0.01", "1", "largest change of a tier in one call", ge="0", lt="1")
        tokens: Ref = account("", "providers' tokens; empty: costs and sales are not modelled")
        fiat: Ref = account("providers/fiat", "providers' fiat")
        market: Ref = account("market/token", "who buys the tokens")
        buyers: Ref = account("external/fiat", "where buyers' money comes from")
        sell_share: Number = number("0", "1", "share of income sold at least", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.income or p.fiat_income else [("income", "no income is named", "a signal in income or fiat_income")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {name: column(xp, [getattr(t, name) for t in p.tiers]) for name in ("cost", "floor", "ceiling")}

    @event(roles={"provider": "fiat"}, arguments={"number": "node"}, order_free=True)
    def register(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], number: Any) -> Emitted:
        """A provider brings nodes."""
        return [], {p.nodes: ctx.xp.add_at(signals[p.nodes], rows["provider"], number)}

    @event(roles={"provider": "fiat"}, arguments={"number": "node"})
    def leave(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], number: Any) -> Emitted:
        """A provider takes nodes away, at most those it has."""
        gone = ctx.xp.minimum(number, signals[p.nodes][rows["provider"]])
        return [], {p.nodes: ctx.xp.add_at(signals[p.nodes], rows["provider"], -gone)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, nodes, price = ctx.xp, signals[p.nodes], signals[p.price]
        cost = p.cost * signals[p.index] if p.index else p.cost
        tokens = [total_of([signals[name] for name in p.income])] if p.income else []
        income = total_of([*(earned * price for earned in tokens), *(signals[name] for name in p.fiat_income)])
        revenue = xp.div(income, nodes, 0)
        growth = xp.clip(revenue * (p.speed / cost) + (1 - p.speed), 1 - p.speed, 1 + p.speed)  # 1 + speed clip(...), with an operation less
        number = xp.where(xp.gt(nodes, 0), xp.clip(nodes * growth, p.floor, p.ceiling), 0 * nodes)
        shown = {p.nodes: number}
        if p.total:
            shown[p.total] = xp.total(number)
        if p.revenue:
            shown[p.revenue] = revenue
        if not (p.spending or p.tokens):
            return [], shown
        spent = cost * nodes
        if p.spending:
            shown[p.spending] = xp.total(spent)
        earned = tokens[0] if tokens else 0 * income / price
        return accounts(p, state, xp, spent * ctx.dt, earned * ctx.dt, price) if p.tokens else [], shown


def accounts(p: Any, state: State, xp: Any, need: Any, earned: Any, price: Any) -> list[Flow]:
    """Sell tokens, take the proceeds, pay costs: `need` [fiat], `earned` [token]."""
    need, earned = (x if x.shape[-2] > 1 else spread(xp, state, p.tokens, x) for x in (need, earned))  # one row of nodes, many owners
    sold = xp.minimum(state[p.tokens], xp.maximum(need / price, p.sell_share * earned))
    proceeds = sold * price
    paid = xp.minimum(need, state[p.fiat] + proceeds)
    outside = Account(EXTERNAL, p.fiat.asset)
    arriving = sold if sold.shape[-2] > 1 else pro_rata(xp, state, p.market, sold)
    return [Flow(p.tokens, p.market, arriving, "sell"), Flow(p.buyers, p.fiat, proceeds, "proceeds"), Flow(p.fiat, outside, paid, "cost")]
