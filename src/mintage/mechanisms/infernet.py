"""Infernet: subscriptions to off-chain work, paid at each delivery, or after a verifier has judged its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .sharing import chosen, pro_rata, spread, to_owner


class Infernet(Mechanism):
    """A consumer subscribes to an answer from n nodes in each interval; each answer is paid P out of the subscription's own money.

        without a verifier:  protocol 2 f P,   node P - 2 f P
        with one:            protocol 2 f P + f V,   verifier V - f V,   the rest P - 2 f P - V waits, and so does P of the node's own
            valid: both to the node,   invalid: the rest back to the subscription and the node's P with it,   no verdict within `window`: as if valid

    f is the fee for one side, V the verifier's fee [token]. A subscription is a slot: a row of `budgets`, which its consumer fills and empties; a proof that
    waits is one too, a row of `proofs` and of `bonds`. Interval k runs from `period` after the order, k periods on; period 0 is a single request. A node
    answers once an interval.

    Source: infernet-sdk, Coordinator and Fee (2024-10-28): fee in basis points taken once for each side, one week for a verdict.
    """

    name = "infernet"
    breaks: ClassVar[str] = (
        "Silence pays the node: a verifier that can be kept from answering for a week approves everything. A node must lock as much as it is paid, which "
        "keeps small ones out; and without a verifier any answer is paid, whatever it says."
    )
    tags: Mapping[str, Tag] = {
        "fee": "fee",
        "verify": "fee",
        "pay": "reward",
        **dict.fromkeys(("fund", "withdraw", "escrow", "bond", "unbond", "return", "slash"), "transfer"),
    }

    class Params(Parameters):
        wallets: Ref = account("consumers/token", "consumers' free money")
        budgets: Ref = account("subscriptions/token", "what each subscription may spend: one holder a subscription")
        nodes: Ref = account("nodes/token", "nodes' own money, where they are paid")
        proofs: Ref = account("proofs/token", "payments that wait for a verdict, one holder each")
        bonds: Ref = account("bonds/token", "what nodes have locked for them: as many holders")
        protocol: Ref = account("protocol/token", "who receives the fee")
        verifier: Ref = account("", "who judges proofs and is paid for it; empty: answers are paid at once")
        fee: Number = number("0.05", "1", "f: for one side; the contract's deployer sets it", ge="0", le="0.5")
        verifier_fee: Number = number("0", "budgets", "V: what a verdict costs", ge="0")
        unit: Number = number("1", "job", "work of one answer, in which a consumer says for how many intervals it subscribes", gt="0")
        window: Number = number("7", "day", "time for a verdict", gt="0", source="infernet-sdk Coordinator, 1 weeks", date="2024-10-28")

        rate: Ref = writes("", "job/day", "signal that shows how much was answered since the call before; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if p.verifier_fee and not p.verifier:
            return [("verifier_fee", f"{p.verifier_fee} for nobody", "a verifier, or no fee")]
        return []

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        subs = make(0, of=p.budgets).shape[-2]
        terms = {"price": make(0, "budgets", p.budgets), "period": make(0, "day", p.budgets), "begin": make(0, "day", p.budgets)}
        flags = {n: make(0, of=p.budgets) for n in ("open", "intervals", "copies", "interval", "answers", "waiting")}
        cases = {"node": make(0, of=p.proofs), "sub": make(0, of=p.proofs), "pending": make(0, of=p.proofs), "due": make(0, "day", p.proofs)}
        return {**terms, **flags, **cases, "owner": make(-1, of=p.budgets), "count": make(0), "answered": make(0, of=p.nodes, lots=subs)}

    @event(
        roles={"consumer": "wallets", "subscription": "budgets"},
        arguments={"price": "budgets", "deposit": "budgets", "period": "day", "intervals": "job", "copies": "1"},
    )
    def create(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], **asked: Any) -> Emitted:
        """A consumer subscribes in a free slot: `copies` answers in each of `intervals`, `price` for each; and fills its budget with `deposit`. Numbers of
        intervals and copies are rounded up."""
        xp, at = ctx.xp, rows["subscription"]
        used = state["open"][at] + state["waiting"][at]
        refuse_unless(ctx, xp.logical_and(xp.eq(used, 0), xp.eq(state[p.budgets][at], 0)), "infernet.create", "the slot is in use or not empty", "a free slot")
        refuse_unless(ctx, xp.ge(asked["price"] * (1 - 2 * p.fee), p.verifier_fee), "infernet.create, argument 'price'", "fees exceed it", "more than all fees")
        none = 0 * used
        new = {"price": asked["price"], "period": asked["period"], "begin": asked["period"] + ctx.day, "open": none + 1, "interval": none, "answers": none}
        new["intervals"], new["copies"] = -xp.floor(-asked["intervals"] / p.unit), -xp.floor(-asked["copies"])
        new["owner"] = none + xp.array(rows["consumer"])[:, None]
        kept = {name: xp.put(state[name], at, value) for name, value in new.items()}
        kept["answered"] = xp.put(state["answered"], at, 0 * state["answered"][at])
        return [Flow(p.wallets, p.budgets, asked["deposit"], "fund", rows["consumer"], at)], kept

    @event(roles={"consumer": "wallets", "subscription": "budgets"}, arguments={"amount": "budgets"})
    def fund(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A consumer adds `amount` to the budget of its subscription."""
        own(state, ctx, rows)
        return [Flow(p.wallets, p.budgets, amount, "fund", rows["consumer"], rows["subscription"])], {}

    @event(roles={"consumer": "wallets", "subscription": "budgets"}, arguments={"amount": "budgets"})
    def withdraw(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A consumer takes `amount` out of the budget of its subscription, also after its end."""
        own(state, ctx, rows)
        return [Flow(p.budgets, p.wallets, amount, "withdraw", rows["subscription"], rows["consumer"])], {}

    @event(roles={"consumer": "wallets", "subscription": "budgets"}, arguments={})
    def cancel(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A consumer ends its subscription and takes out what is left; what waits for a verdict goes on waiting."""
        own(state, ctx, rows)
        at = rows["subscription"]
        back = Flow(p.budgets, p.wallets, state[p.budgets][at], "withdraw", at, rows["consumer"])
        return [back], {"open": ctx.xp.put(state["open"], at, 0 * state["open"][at])}

    @event(roles={"node": "nodes", "subscription": "budgets", "proof": "proofs"}, arguments={})
    def deliver(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A node answers a subscription in its present interval. With a verifier the payment waits in the slot `proof`; else that is not used."""
        xp, at, node, case = ctx.xp, rows["subscription"], rows["node"], rows["proof"]
        interval = xp.floor(xp.div(ctx.day - state["begin"][at], state["period"][at], 0)) + 1
        before = state["answers"][at] * xp.where(xp.eq(state["interval"][at], interval), 1, 0)
        last = state["answered"][at, node]
        for allowed, found, expected in (
            (xp.eq(state["open"][at], 1), "no subscription is in the slot", "an open subscription"),
            (xp.ge(ctx.day, state["begin"][at]), "it has not begun", "its first interval"),
            (xp.le(interval, state["intervals"][at]), "it is complete", "one of its intervals"),
            (xp.lt(before, state["copies"][at]), "the interval has all its answers", "the next interval"),
            (xp.lt(last, interval), "the node has answered in this interval", "another node, or the next interval"),
        ):
            refuse_unless(ctx, allowed, "infernet.deliver", found, expected)
        kept = {"interval": xp.put(state["interval"], at, interval), "answers": xp.put(state["answers"], at, before + 1)}
        kept |= {"answered": xp.put(state["answered"], (at, node), interval), "count": state["count"] + 1}
        price, fee = state["price"][at], 2 * p.fee * state["price"][at]
        if not p.verifier:
            return [Flow(p.budgets, p.protocol, fee, "fee", at), Flow(p.budgets, p.nodes, price - fee, "pay", at, node)], kept
        refuse_unless(ctx, xp.eq(state["pending"][case], 0), "infernet.deliver", "another proof waits in the slot", "a free slot")
        toll, v = p.verifier_fee * p.fee, p.verifier_fee + 0 * price
        flows = [
            Flow(p.budgets, p.protocol, fee + toll, "fee", at),
            Flow(p.budgets, p.verifier, v - toll, "verify", at),
            Flow(p.budgets, p.proofs, price - fee - v, "escrow", at, case),
            Flow(p.nodes, p.bonds, price, "bond", node, case),
        ]
        none = 0 * before
        new = {"node": none + xp.array(node)[:, None], "sub": none + xp.array(at)[:, None], "pending": none + 1}
        new["due"] = 0 * state["due"][case] + ctx.day + p.window
        kept |= {name: xp.put(state[name], case, value) for name, value in new.items()}
        return flows, {**kept, "waiting": xp.put(state["waiting"], at, state["waiting"][at] + 1)}

    @event(roles={"proof": "proofs"}, arguments={}, authority="operator")
    def approve(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The verifier finds a proof valid: the node is paid and has its own money back."""
        at = judged(state, ctx, rows, "approve")
        to = chosen(ctx.xp, state[p.nodes].shape[-2], state["node"][at])
        flows = [Flow(a, p.nodes, state[a][at] * to, why, at) for a, why in ((p.proofs, "pay"), (p.bonds, "unbond"))]
        return flows, closed(p, state, ctx.xp, at)

    @event(roles={"proof": "proofs"}, arguments={}, authority="operator")
    def reject(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The verifier finds a proof invalid: the subscription has its money back, and what the node had locked."""
        at = judged(state, ctx, rows, "reject")
        to = chosen(ctx.xp, state[p.budgets].shape[-2], state["sub"][at])
        flows = [Flow(a, p.budgets, state[a][at] * to, why, at) for a, why in ((p.proofs, "return"), (p.bonds, "slash"))]
        return flows, closed(p, state, ctx.xp, at)

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, pending, waiting = ctx.xp, state["pending"], state["waiting"]
        shown = {"count": 0 * state["count"], **({p.rate: state["count"] * p.unit / ctx.dt} if p.rate else {})}
        if not p.verifier:
            return [], shown
        late = pending * xp.where(xp.ge(ctx.day, state["due"]), 1, 0)
        flows = [f for a, why in ((p.proofs, "pay"), (p.bonds, "unbond")) for f in to_owner(xp, state, a, p.nodes, state[a] * late, state["node"], why)]
        for i in range(late.shape[-2]):
            waiting = waiting - late[i : i + 1] * chosen(xp, waiting.shape[-2], state["sub"][i : i + 1])
        return flows, {**shown, "pending": pending - late, "waiting": waiting}


def own(state: State, ctx: Any, rows: Mapping[str, Any]) -> None:
    """Refuse whoever is not the subscription's consumer."""
    mine = ctx.xp.eq(state["owner"][rows["subscription"]], ctx.xp.array(rows["consumer"])[:, None])
    refuse_unless(ctx, mine, "infernet, role 'subscription'", "another's", "a subscription of one's own")


def judged(state: State, ctx: Any, rows: Mapping[str, Any], name: str) -> Any:
    """The slot of a proof that waits; refuses one that is empty."""
    refuse_unless(ctx, ctx.xp.eq(state["pending"][rows["proof"]], 1), f"infernet.{name}", "no proof waits in the slot", "one that does")
    return rows["proof"]


def closed(p: Any, state: State, xp: Any, at: Any) -> dict[str, Any]:
    """Memory once a proof is judged."""
    waiting = state["waiting"] - chosen(xp, state["waiting"].shape[-2], state["sub"][at])
    return {"pending": xp.put(state["pending"], at, 0 * state["pending"][at]), "waiting": waiting}


class InfernetDemand(Mechanism):
    """What customers spend on answers, all subscriptions together: they buy tokens, of which the protocol, the verifier and nodes get their parts.

        paid = demand dt (1 - r (1 - 2 f - v)),   tokens = demand dt / price                                      [fiat], [token], shapes [1, path]
        protocol (2 f + f v) tokens,   verifier (v - f v) tokens,   nodes (1 - r) (1 - 2 f - v) tokens, less r tokens that they lose

    v is the verifier's fee over the price of an answer, r the share of answers that it rejects: their price stays with customers, and nodes pay as much
    again out of what they have. Payments that wait for a verdict are not modelled; at most a week's is under way. `settlement` "stablecoin" pays nodes in
    fiat without a token, and of the demand a share `survives`.
    """

    name = "infernet_demand"
    behaviour = True
    breaks: ClassVar[str] = (
        "Tokens that customers buy and nodes sell at once turn over without being held: demand for the service is then hardly demand for the token. "
        "Nodes that lose more bonds than they earn leave, which this rule does not know."
    )
    tags: Mapping[str, Tag] = {"pay": "revenue", "buy": "trade", "fee": "fee", "verify": "fee", "earn": "reward", "slash": "transfer"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}

    class Params(Parameters):
        demand: Ref = reads("demand", "proceeds/day", "what customers would spend")
        price: Ref = reads("price", "proceeds/market", "price of the token")
        customers: Ref = account("external/fiat", "where customers' money comes from")
        market: Ref = account("market/token", "who sells the tokens")
        proceeds: Ref = account("market/fiat", "what sellers are paid")
        nodes: Ref = account("nodes/token", "nodes")
        nodes_fiat: Ref = account("nodes/fiat", "nodes, where no token is used")
        protocol: Ref = account("protocol/token", "who receives the fee")
        verifier: Ref = account("", "who judges proofs; empty: nobody, and nothing is rejected")
        fee: Number = number("0.05", "1", "f: for one side", ge="0", le="0.5")
        verifier_share: Number = number("0", "1", "v: its fee over the price of an answer", ge="0", le="1")
        rejected: Number = number("0", "1", "r: share of answers that are rejected", ge="0", le="1")
        limit: Number = number("1", "1", "tokens bought in one call, at most this share of what the market has", gt="0", le="1")
        work: Ref = reads("", "job/day", "work of each node, by which they share; empty: equal parts")
        rate: Ref = writes("", "nodes/day", "signal that shows what each node earns in tokens; empty: none")
        fiat_rate: Ref = writes("", "nodes_fiat/day", "signal that shows what each node earns in fiat; empty: none")
        settlement: Literal["token", "stablecoin"] = option("token", "what nodes are paid in")
        survives: Number = number("1", "1", "share of demand that would still be there without a token (stablecoin)", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = []
        if (p.verifier_share or p.rejected) and not p.verifier:
            faults.append(("verifier", "none is named", "an account, where a fee is paid or answers are rejected"))
        if 2 * p.fee + p.verifier_share > 1:
            faults.append(("fee", f"all fees are {2 * p.fee + p.verifier_share} of the price", "at most the price"))
        return faults

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, rest = ctx.xp, signals[p.price], 1 - 2 * p.fee - p.verifier_share
        equal = xp.num(1) / state[p.nodes].shape[-2]
        part = xp.div(signals[p.work], xp.total(signals[p.work]), equal) if p.work else xp.full((state[p.nodes].shape[-2], 1), equal)
        if p.settlement == "stablecoin":
            paid = signals[p.demand] * ctx.dt * p.survives * (1 - p.rejected * rest) * part
            return [Flow(p.customers, p.nodes_fiat, paid, "pay")], self.shown(p, 0 * (paid / price), paid, ctx)
        tokens = xp.minimum(signals[p.demand] * ctx.dt / price, p.limit * xp.total(state[p.market]))
        paid, toll, earned = tokens * price * (1 - p.rejected * rest), p.fee * p.verifier_share, tokens * (1 - p.rejected) * rest * part
        flows = [
            Flow(p.customers, p.proceeds, spread(xp, state, p.proceeds, paid), "pay"),
            Flow(p.market, p.protocol, pro_rata(xp, state, p.market, tokens * (2 * p.fee + toll)), "fee"),
            Flow(p.market, p.nodes, earned, "earn"),
        ]
        if p.verifier:
            flows.append(Flow(p.market, p.verifier, pro_rata(xp, state, p.market, tokens * (p.verifier_share - toll)), "verify"))
            flows.append(Flow(p.nodes, p.market, xp.minimum(tokens * p.rejected * part, state[p.nodes] + earned), "slash"))
        return flows, self.shown(p, earned, 0 * (earned * price), ctx)

    def shown(self, p: Any, tokens: Any, fiat: Any, ctx: Any) -> dict[str, Any]:
        """The signals that are wanted."""
        return {name: value / ctx.dt for name, value in ((p.rate, tokens), (p.fiat_rate, fiat)) if name}
