"""Compute-backed token: minted for compute that was contributed, burned for compute that was paid, and meant to be worth a fixed amount of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .burn_mint import by_work, to_sellers
from .sharing import column, pro_rata, supply


class Machine(Parameters):
    """One class of devices."""

    hours: Number = number(None, "GPU*h/node/day", "compute that a device contributes", ge="0")


class ComputePeg(Mechanism):
    """A token pegged to the cost of compute.

        peg' = peg + (1 - 2^(-dt / half_life)) (unit index - peg)                                  [fiat/token]
        minted_i = m hours_i index / peg for verified hours,   burned = demand / quote for paid ones            [token]
        m = clip(1 + gain gap + integral z, low, high),   gap = price / peg - 1,   z' = clip((1 - leak) z + gap, -wind, wind)
        bid = peg (1 - band),   ask = peg (1 + band) where the window is open, else 0

    `unit` is the compute that a token stands for; verified hours are approved by events, measured by a signal, or those of machines that are there.
    A token pays for compute at `quote`: at its peg, which is what makes it a unit of account, or at the market's price. The controller mints less while
    the token is below its peg. At the window anybody may have tokens issued for the ask, which goes to the reserve, and redeem them for the bid, as long
    as the reserve lasts.
    Shapes [provider, path] and [1, path]. `coverage` = reserve / (supply peg).

    The article that describes this (io.net as a compute-backed token) also expects upward price pressure from the burn. Both cannot hold: while the
    window issues at the ask, buying ends there and becomes reserve; without it the price is the market's and the peg only a rule of accounting. And
    supply falls only where paid hours x fee exceed verified hours x index: minting for all contributed compute, idle or not, outruns burning for the used.
    """

    name = "compute_peg"
    tags: Mapping[str, Tag] = {"pay": "revenue", "mint": "reward", "issue": "trade", "redeem": "trade"}
    breaks: ClassVar[str] = (
        "Above the peg issuing is unlimited, below it the reserve is not: a run ends the peg on the day the reserve is empty. "
        "Tokens minted for idle machines are claims on compute that nobody asked for; at low use they outgrow any reserve. "
        "With a cap the peg ends upwards too, on the day it is reached. Whoever sets the cost index sets the price of all debts."
    )

    class Params(Parameters):
        providers: Ref = account("providers/token", "who contributes compute")
        tokens: Ref = account("market/token", "holders who sell tokens to those who pay in money")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        reserve: Ref = account("reserve/fiat", "what redeems tokens")
        wallets: Ref = account("", "owners' money; empty: nobody pays, issues or redeems by an event")
        holders: Ref = account("", "owners' tokens, the same rows; empty: as for wallets")
        index: Ref = reads("compute_index", "fiat/GPU/h", "cost of an hour of compute")
        price: Ref = reads("price", "fiat/providers", "the market's price of the token")
        verified: Ref = reads("", "GPU*h/day", "hours contributed and verified, by provider; empty: none are measured")
        nodes: Ref = reads("", "node", "machines of each provider that contribute all their hours; empty: none are counted")
        eligible: Ref = reads("", "1", "share of the machines that is verified; empty: all")
        machines: tuple[Machine, ...] = option((), "one for each row of nodes, or one for all", rows="nodes")
        peg: Ref = writes("peg", "fiat/providers", "what a token is meant to be worth; its start is the opening peg")
        quote: Ref = writes("", "fiat/providers", "what a token pays for; empty: not shown")
        bid: Ref = writes("", "fiat/providers", "what the window pays; empty: not shown")
        ask: Ref = writes("", "fiat/providers", "what the window asks; empty: not shown")
        factor: Ref = writes("", "1", "m, the controller's factor of minting; empty: not shown")
        rate: Ref = writes("", "providers/day", "what is minted for each provider; empty: not shown")
        coverage: Ref = writes("", "1", "reserve over what all tokens are meant to be worth; empty: not shown")
        unit: Number = number(None, "GPU*h/providers", "compute that a token stands for", gt="0")
        half_life: Number = number("7", "day", "time in which the peg follows half of a change of the index", gt="0")
        accepted: Literal["peg", "market"] = option("peg", "at what a token pays for compute")
        gain: Number = number("0", "1", "change of minting for each 1 of gap", ge="0")
        integral: Number = number("0", "1", "change of minting for each 1 of summed gap", ge="0")
        leak: Number = number("0", "1", "share of the sum that is forgotten in a call", ge="0", le="1")
        wind: Number = number("10", "1", "the sum is kept within this, so that it does not wind up", ge="0")
        low: Number = number("0", "1", "least factor of minting", ge="0")
        high: Number = number("1", "1", "largest factor of minting", ge="0")
        window: bool = option(True, "whether tokens are issued and redeemed at the peg")
        band: Number = number("0.01", "1", "half of the distance between bid and ask, relative", ge="0", lt="1")
        cap: Number = number("0", "providers", "most tokens there can be; 0: no cap", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.low <= 1 <= p.high else [("low", f"from {p.low} to {p.high}", "bounds around 1, which is minting as verified")]
        if bool(p.nodes) != bool(p.machines):
            faults.append(("machines", "nodes and machines are not both named", "both, or none"))
        if bool(p.wallets) != bool(p.holders):
            faults.append(("holders", "wallets and holders are not both named", "both, or none"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2)), **({"hours": column(xp, [m.hours for m in p.machines])} if p.machines else {})}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"approved": make(0, "GPU*h", p.providers), "sum": make(0)}

    @event(roles={"provider": "providers"}, arguments={"hours": "GPU*h"}, order_free=True, authority="operator")
    def verify(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], hours: Any) -> Emitted:
        """A provider contributed `hours` of compute, as an operator verified; the next call mints for them."""
        return [], {"approved": ctx.xp.add_at(state["approved"], rows["provider"], hours)}

    @event(roles={"payer": "wallets"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner pays for compute: `amount` of money buys tokens from the market, which are burned. It is worth their quote."""
        if not p.wallets:
            return [], {}
        xp = ctx.xp
        paid = amount if amount.shape[-2] > 1 else to_sellers(p, state, xp, amount)
        bought = pro_rata(xp, state, p.tokens, xp.total(amount) / signals[p.price])
        return [Flow(p.wallets, p.proceeds, paid, "pay", rows["payer"]), burn(p.tokens, bought)], {}

    @event(roles={"payer": "holders"}, arguments={"amount": "holders"}, order_free=True)
    def pay_tokens(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner pays for compute with `amount` of its own tokens, which are burned."""
        return [burn(p.holders, amount, "burn", rows["payer"])] if p.holders else [], {}

    @event(roles={"buyer": "wallets"}, arguments={"amount": "reserve"}, order_free=True)
    def issue(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner pays `amount` into the reserve and has tokens issued at the ask; beyond the cap nothing is issued."""
        if not (p.wallets and p.window):
            return [], {}
        xp, at, issued = ctx.xp, rows["buyer"], amount / (signals[p.peg] * (1 + p.band))
        whole = xp.total(issued)
        within = xp.ge(capped(p, xp, whole, supply(state, p.holders)), whole)
        refuse_unless(ctx, within, "compute_peg.issue", "more than the cap leaves", "at most what it leaves")
        return [Flow(p.wallets, p.reserve, amount, "issue", at), mint(p.holders, issued, "issued", at)], {}

    @event(roles={"seller": "holders"}, arguments={"amount": "holders"}, order_free=True)
    def redeem(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner gives `amount` of tokens for the bid; more than the reserve can pay is refused."""
        if not (p.holders and p.window):
            return [], {}
        at = rows["seller"]
        return [burn(p.holders, amount, "redeemed", at), Flow(p.reserve, p.wallets, amount * signals[p.peg] * (1 - p.band), "redeem", None, at)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, index, price = ctx.xp, signals[p.index], signals[p.price]
        follows = -xp.expm1(-p.ln2 * ctx.dt / p.half_life)
        peg = signals[p.peg] + follows * (p.unit * index - signals[p.peg])
        gap = price / peg - 1
        summed = xp.clip((1 - p.leak) * state["sum"] + gap, -p.wind, p.wind)
        factor = xp.clip(1 + p.gain * gap + p.integral * summed, p.low, p.high)
        hours = state["approved"]
        if p.verified:
            hours = hours + signals[p.verified] * ctx.dt
        if p.nodes:
            there = signals[p.nodes] * p.hours * ctx.dt
            hours = hours + (there * signals[p.eligible] if p.eligible else there)
        wanted = hours * index / peg * factor
        minted = wanted * xp.div(capped(p, xp, xp.total(wanted), supply(state, p.providers)), xp.total(wanted), 0)
        window = xp.num(1 if p.window else 0)
        shown = {
            p.rate: minted / ctx.dt,
            p.quote: peg if p.accepted == "peg" else price,
            p.bid: peg * (1 - p.band) * window,
            p.ask: peg * (1 + p.band) * window,
            p.factor: factor,
            p.coverage: xp.div(xp.total(state[p.reserve]), supply(state, p.providers) * peg, 0),
        }
        updates = {name: value for name, value in shown.items() if name}
        return [mint(p.providers, minted)], {**updates, p.peg: peg, "approved": 0 * hours, "sum": summed}


def capped(p: Any, xp: Any, wanted: Any, there: Any) -> Any:
    """What the cap leaves of `wanted` [1, path]."""
    return xp.where(xp.eq(p.cap, 0), wanted, xp.minimum(wanted, xp.maximum(p.cap - there, 0)))


class PegTraders(Mechanism):
    """Who buys a pegged token: those who pay for compute with it, and those who trade between the market and the window.

        burned = min(demand dt / quote, limit market)  [token], bought at the market's price; demand is paid hours x list price
        issued = strength max(ln(price / ask), 0) market, sold there for the ask;   redeemed = strength max(ln(bid / price), 0) market, while the reserve lasts

    [fiat], [token]; shapes [1, path]. Trading moves the market's account, and with it a price such as `impact_price`: a gap shrinks by the share
    impact x strength in a call, so it closes while that is below 2 and swings ever wider above (a proportional controller without delay). `settlement`
    "stablecoin" pays providers in money instead of tokens; a share `survives` of it is then still paid.
    """

    name = "peg_traders"
    behaviour = True
    tags: Mapping[str, Tag] = {"pay": "revenue", "issue": "trade", "issued": "trade", "redeem": "trade"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}
    breaks: ClassVar[str] = "Arbitrage holds a peg as long as somebody pays for it: below the peg that is the reserve, and everybody knows how much is left."

    class Params(Parameters):
        demand: Ref = reads("demand", "fiat/day", "compute that customers pay for, at list price")
        price: Ref = reads("price", "fiat/tokens", "the market's price of the token")
        quote: Ref = reads("quote", "fiat/tokens", "what a token pays for")
        bid: Ref = reads("", "fiat/tokens", "what the window pays, 0 while it is shut; empty: there is none")
        ask: Ref = reads("", "fiat/tokens", "what the window asks, 0 while it is shut; empty: there is none")
        work: Ref = reads("", "job/day", "work by provider (stablecoin); empty: equal parts")
        customers: Ref = account("external/fiat", "where customers' and traders' money comes from")
        tokens: Ref = account("market/token", "holders who sell and buy tokens")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        reserve: Ref = account("reserve/fiat", "the window's money")
        providers_fiat: Ref = account("providers/fiat", "who is paid when no token is used")
        strength: Number = number("0.2", "1", "share of the market's tokens that is traded for each 1 of logarithmic gap", ge="0")
        limit: Number = number("0.1", "1", "tokens traded or burned in a call, at most this share of what the market has", gt="0", le="1")
        cap: Number = number("0", "tokens", "most tokens there can be, so that none are issued beyond; 0: no cap", ge="0")
        settlement: Literal["tokens", "stablecoin"] = option("tokens", "what compute is paid in")
        survives: Number = number("1", "1", "share of payments that would still be made if no token were needed (stablecoin)", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, whole = ctx.xp, signals[p.price], ctx.xp.total(state[p.tokens])
        most = whole * p.limit
        due = signals[p.demand] * ctx.dt
        if p.settlement == "stablecoin":
            parts = by_work(p, state, signals, xp, p.providers_fiat)
            return [Flow(p.customers, p.providers_fiat, due * p.survives * part, "pay", None, at) for at, part in parts], {}
        burned = xp.minimum(xp.div(due, signals[p.quote], 0), most)
        flows = [Flow(p.customers, p.proceeds, to_sellers(p, state, xp, burned * price), "pay"), burn(p.tokens, pro_rata(xp, state, p.tokens, burned))]
        if p.ask:
            gap = log_ratio(xp, price, signals[p.ask])
            issued = capped(p, xp, xp.minimum(p.strength * gap * whole, most), supply(state, p.tokens) - burned)
            flows += [Flow(p.customers, p.reserve, issued * signals[p.ask], "issue"), mint(p.tokens, pro_rata(xp, state, p.tokens, issued), "issued")]
        if p.bid:
            wanted = xp.minimum(p.strength * log_ratio(xp, signals[p.bid], price) * whole, most - burned)
            redeemed = xp.minimum(wanted, xp.div(xp.total(state[p.reserve]), signals[p.bid], 0))
            paid = to_sellers(p, state, xp, redeemed * signals[p.bid])
            flows += [burn(p.tokens, pro_rata(xp, state, p.tokens, redeemed), "redeemed"), Flow(p.reserve, p.proceeds, paid, "redeem")]
        return flows, {}


def log_ratio(xp: Any, above: Any, below: Any) -> Any:
    """ln(above / below) where that is more than 0, else 0; 0 where either is 0: a window that is shut."""
    open_ = xp.logical_and(xp.gt(above, below), xp.gt(below, 0 * below))
    return xp.log(xp.where(open_, xp.div(above, below, xp.num(1)), xp.num(1)))
