"""Leases: money in escrow that drains while a provider serves, until it is empty or a side ends it; and how a population pays for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Point, Ref, Schedule, State, Tag, account, number, reads, refuse_unless, schedule, writes
from .sharing import pro_rata, spread, to_owner

FREE, OPEN, LEASED, RECLAIMING, ENDING = range(5)  # of a slot: nothing, an order that waits for bids, a lease, one announced to end, one that ends


class LeaseParams(Parameters):
    """What every kind of lease needs."""

    tenants: Ref = account("tenants/token", "tenants' free money")
    escrow: Ref = account("orders/token", "a holder for each order that can be open or leased at once: its money")
    providers: Ref = account("providers/token", "who is paid")
    pool: Ref = account("", "who receives the take, one holder; empty: nothing is taken")
    status: Ref = writes("order_status", "1", "of each order: 0 none, 1 open, 2 leased, 3 announced to end, 4 ends at the next call")
    minimum: Number = number("0.5", "escrow", "smallest deposit of an order", ge="0", source="Akash chain-sdk, deployment parameters", date="2026-07-02")
    blocks: Number = number("14400", "1/day", "how often in a day a price falls due: blocks", gt="0", source="Akash: a block in about 6 s", date="2026-07-02")
    take: Schedule = schedule("1", "share of a payment that `pool` receives, from that day on", default=(Point(value="0"),))
    shortest: Number = number("0.0416666666666666667", "day", "shortest window of reclamation: an hour", gt="0", source="AEP-82", date="2026-06-11")
    longest: Number = number("30", "day", "longest window of reclamation", gt="0", source="AEP-82", date="2026-06-11")


def faults(p: Any) -> list[tuple[str, str, str]]:
    """What is wrong with the parameters of a lease beyond each of them."""
    found = [("take", "a take that nobody receives", "an account in `pool`, or none")] if not p.pool and any(v != 0 for v in p.take.values) else []
    if any(not 0 <= v <= 1 for v in p.take.values):
        found.append(("take", "a share outside 0 to 1", "shares from 0 to 1"))
    return found if p.shortest <= p.longest else [*found, ("shortest", f"{p.shortest} above the longest {p.longest}", "at most the longest")]


def remembered(p: Any, make: Any) -> dict[str, Any]:
    """What a slot remembers of its lease: whose it is, who serves, at what price a block, up to which step it is paid, what window was agreed, and
    when its end was announced or, as it ends, up to which step it is to be paid."""
    numbers = {name: make(0, of=p.escrow) for name in ("tenant", "provider", "since", "notice")}
    return {**numbers, "price": make(0, "escrow", p.escrow), "window": make(0, "day", p.escrow)}


def settled(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> tuple[list[Flow], Any, Any]:
    """One settlement of all leases: the flows, the new status [slot, path], and 1 in the slots whose lease is over."""
    xp, status, held = ctx.xp, signals[p.status], state[p.escrow]
    leased, ending = xp.gate(status - LEASED, 0), xp.gate(status - ENDING, 0)
    until = ctx.t + 1 + ending * (state["notice"] - ctx.t - 1)
    blocks = (until - state["since"]) * (p.blocks * ctx.dt / ctx.every)
    due = leased * state["price"] * blocks
    paid = xp.minimum(due, held)
    empty = leased * xp.where(xp.le(held, due), 1, 0)
    over = xp.maximum(ending, empty)
    take = p.take.at(ctx)
    few = state[p.tenants].shape[-2] + state[p.providers].shape[-2] <= 2 * held.shape[-2]  # classes of a simulation, or owners of a running network
    flows = to_owner(xp, state, p.escrow, p.providers, paid * (1 - take) if p.pool else paid, state["provider"], "pay", few)
    if p.pool:  # slot by slot where the other flows are, so that a slot is emptied to the base unit
        slots = [None] if few else [slice(i, i + 1) for i in range(paid.shape[-2])]
        flows += [Flow(p.escrow, p.pool, (paid if i is None else paid[i]) * take, "take", i) for i in slots]
    back = to_owner(xp, state, p.escrow, p.tenants, (held - paid) * over, state["tenant"], "return", few)
    return flows + back, status * (1 - over), over


def ending(ctx: Any, p: Any, state: State, signals: Mapping[str, Any], at: Any, where: Any) -> dict[str, Any]:
    """The updates that end the leases in slots `at`, where the mask `where` is 1: they are paid up to this step and with it."""
    xp, notice = ctx.xp, state["notice"][at]
    kept = {"notice": xp.put(state["notice"], at, notice + where * (ctx.t + 1 - notice))}
    return {**kept, p.status: xp.put(signals[p.status], at, ENDING * where)}


def of_owner(ctx: Any, memory: Any, at: Any, rows: Any, where: str, what: str) -> None:
    """Refuse unless the slots `at` belong to the owners `rows`."""
    refuse_unless(ctx, ctx.xp.eq(memory[at], ctx.xp.array(rows)[:, None]), where, f"the {what} is somebody else's", f"one's own {what}")


def in_state(ctx: Any, status: Any, low: int, high: int, where: str, found: str, expected: str) -> None:
    """Refuse unless every status is from `low` to `high`."""
    xp = ctx.xp
    refuse_unless(ctx, xp.logical_and(xp.ge(status, low), xp.le(status, high)), where, found, expected)


class LeasePayments(Mechanism):
    """What a population of tenants pays for its leases, in tokens or in fiat, less what the network takes of each.

        spending_i = earned_i dt,   tokens_i = x spending_i / price,   provider i: (1 - take_token) tokens_i and (1 - take_fiat)(1 - x) spending_i

    [fiat], [token]; shapes [provider, path]. x is the share of spending paid in tokens, which tenants buy from `market` at the price of the day and
    which nobody burns. All spending is cut in one proportion where the market has not the tokens. In a running network `reverse_auction` moves this
    money out of each order's escrow instead. Source: AEP-23 (4 % of what is paid in AKT, 20 % of USDC, taken from the provider).
    """

    name = "lease_payments"
    breaks = (
        "A take of 20 % on one currency against 4 % on another moves payers to the cheaper one: the split then is not a constant. "
        "Providers who sell tokens as they get them leave no lasting demand for the token, whatever the volume."
    )
    behaviour = True
    tags: Mapping[str, Tag] = {"pay": "revenue", "buy": "revenue", "settle": "trade", "take": "fee", "fee": "revenue"}
    ablation: Mapping[str, Any] = {"token_share": "0"}

    class Params(Parameters):
        earned: Ref = reads("earned", "fiat/day", "what the leases of each provider cost their tenants")
        price: Ref = reads("price", "fiat/tokens", "the token's price")
        customers: Ref = account("external/fiat", "where tenants' money comes from")
        tokens: Ref = account("market/token", "who sells the tokens")
        proceeds: Ref = account("market/fiat", "what sellers are paid")
        providers: Ref = account("providers/token", "who is paid in tokens")
        providers_fiat: Ref = account("providers/fiat", "who is paid in fiat: the same rows")
        pool: Ref = account("pool/token", "who receives the take of tokens")
        pool_fiat: Ref = account("pool/fiat", "who receives the take of fiat")
        token_share: Number = number("1", "1", "x: share of spending that is paid in tokens", ge="0", le="1")
        take_token: Schedule = schedule("1", "share of a payment in tokens that is taken, from that day on", default=(Point(value="0.04"),))
        take_fiat: Schedule = schedule("1", "share of a payment in fiat that is taken, from that day on", default=(Point(value="0.20"),))

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        takes = {"take_token": p.take_token, "take_fiat": p.take_fiat}
        return [(name, "a share outside 0 to 1", "shares from 0 to 1") for name, take in takes.items() if any(not 0 <= v <= 1 for v in take.values)]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, wanted = ctx.xp, signals[p.price], signals[p.earned] * ctx.dt
        bought = xp.total(wanted) * p.token_share / price
        able = xp.div(xp.minimum(bought, xp.total(state[p.tokens])), bought, xp.num(1))
        paid = wanted * able
        tokens, fiat = paid * p.token_share / price, paid * (1 - p.token_share)
        take, take_fiat = p.take_token.at(ctx), p.take_fiat.at(ctx)
        flows = [Flow(p.customers, p.proceeds, spread(xp, state, p.proceeds, xp.total(paid) * p.token_share), "buy")]
        for i in [slice(i, i + 1) for i in range(paid.shape[-2])]:
            flows += [Flow(p.tokens, p.providers, pro_rata(xp, state, p.tokens, tokens[i] * (1 - take)), "settle", None, i)]
            flows += [Flow(p.customers, p.providers_fiat, fiat[i] * (1 - take_fiat), "pay", None, i)]
        flows.append(Flow(p.tokens, p.pool, pro_rata(xp, state, p.tokens, xp.total(tokens) * take), "take"))
        return [*flows, Flow(p.customers, p.pool_fiat, spread(xp, state, p.pool_fiat, xp.total(fiat) * take_fiat), "fee")], {}
