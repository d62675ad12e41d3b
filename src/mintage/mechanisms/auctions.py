"""Reverse auctions: tenants post orders, providers bid down to win a lease; and what a population of bidders makes of demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .leases import FREE, LEASED, OPEN, RECLAIMING, LeaseParams, ending, faults, in_state, of_owner, remembered, settled
from .sharing import column, peak, to_owner

NO_BID, LIVE, WON, LOST = range(4)  # of a bid's slot: nothing, waiting, serving a lease, its deposit returns at the next call
FEATURES = 16  # bits of an attribute


class ReverseAuction(Mechanism):
    """A tenant posts an order with its money in escrow; providers whose attributes pass bid a price a block; one of the bids becomes a lease.

        eligible:  features_p has all bits of features_o,   level_p >= level_o,   trust_p >= trust_o,   window_b >= window_o,   price_b <= ceiling_o
        a call:    due_o = price_o blocks dt_o,   paid_o = min(due_o, escrow_o),   provider: (1 - take) paid_o,   pool: take paid_o        [escrow]

    dt_o [day] counts the steps from the one in which the lease began to the one in which it ends, both whole, so what a lease costs does not depend on
    how often it is settled. A lease whose money runs out pays what is left and is over; so is one that a side closes, and the rest returns to the tenant.
    A provider closes at once, unless its bid offered a window of reclamation: then it announces the end, is paid on, and may leave when the window has
    passed. With `choice` "lowest" the lowest bid, of equal ones the first slot's, wins at the first call `patience` steps after the order, if the tenant
    has not chosen before; else the tenant chooses.

    Orders and bids are slots, rows of `escrow` and `bonds`. Each bid holds a deposit, which returns at the call after it lost, was withdrawn, or its lease
    ended. An operator (Akash: an auditor) attests attributes: region, model and the like as bits of one whole number, a minimum such as GPU memory as
    `level`; `trust` is what the signal `reputation` says at the time of the bid. On Akash one escrow serves all leases of a deployment and a provider asks
    for its payment; here each order has its own, and each call pays.

    Sources: Akash chain-sdk, market and deployment parameters (deposits, 20 bids, 500 at most), AEP-23 (take), AEP-82 (reclamation).
    """

    name = "reverse_auction"
    breaks = (
        "Few bidders: with two providers for a rare GPU the lowest bid is whatever they agree on. Providers that bid low to win and serve badly, where "
        "attributes are claimed and not checked. Prices fixed in a volatile token: the cost of a lease moves with it."
    )
    tags: Mapping[str, Tag] = {"order": "transfer", "bond": "transfer", "top_up": "transfer", "pay": "revenue", "take": "revenue", "return": "transfer"}

    class Params(LeaseParams):
        bidders: Ref = account("providers/token", "providers' free money for deposits: the same rows as `providers`")
        bonds: Ref = account("bids/token", "a holder for each bid that can stand at once: its deposit")
        bond: Number = number("0.5", "bonds", "deposit of a bid", ge="0", source="Akash chain-sdk, market parameters", date="2026-07-02")
        most: int = count(20, "bids on one order, at most", ge=1, le=500)
        features: Ref = writes("", "1", "what each provider has, as bits of a whole number, kept by `attest`; empty: nothing")
        level: Ref = writes("", "1", "how much of what counts, such as GPU memory, each provider has, kept by `attest`; empty: 0")
        reputation: Ref = reads("", "1", "of each provider, from 0 to 1; empty: 0")
        choice: Literal["tenant", "lowest"] = option("tenant", "who chooses the bid")
        patience: int = count(1, "steps that an order waits for bids before the lowest wins, at least", ge=1, unit="step")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        same = p.bidders.kind == p.providers.kind
        return faults(p) + ([] if same else [("bidders", f"{p.bidders} for {p.providers}", "an account of the same kind")])

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        wanted = {name: make(0, of=p.escrow) for name in ("asked_features", "asked_level", "asked_trust", "opened")}
        wanted |= {"ceiling": make(0, "escrow", p.escrow), "least": make(0, "day", p.escrow)}
        bids = {"bid": make(0, of=p.bonds), "bid_order": make(0, of=p.bonds), "bidder": make(0, of=p.bonds)}
        bids |= {"bid_price": make(0, "escrow", p.bonds), "bid_window": make(0, "day", p.bonds)}
        return {**remembered(p, make), **wanted, **bids}

    # --- tenants -----------------------------------------------------------------------------------------------------

    @event(
        roles={"tenant": "tenants", "order": "escrow"},
        arguments={"deposit": "escrow", "ceiling": "escrow", "features": "1", "level": "1", "trust": "1", "window": "day"},
    )
    def order(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], **asked: Any) -> Emitted:
        """A tenant posts an order in a free slot: at most `ceiling` a block, from providers with all `features` (bits of a whole number), this `level`
        and `trust` at least, and a window of reclamation of at least `window` (0: none is needed). The deposit is what the lease is paid from."""
        xp, at, where = ctx.xp, rows["order"], "reverse_auction.order"
        in_state(ctx, signals[p.status][at], FREE, FREE, where, "the slot holds another order", "a free slot")
        deposit, ceiling, level = asked["deposit"], asked["ceiling"], asked["level"]
        refuse_unless(ctx, xp.ge(deposit, p.minimum), where, "the deposit is below the minimum", f"a deposit of {p.minimum} or more")
        refuse_unless(ctx, xp.gt(ceiling, 0), where, "the ceiling is 0", "a price above 0")
        refuse_unless(ctx, xp.lt(asked["features"], 2**FEATURES), where, "more features than there are", f"{FEATURES} bits")
        refuse_unless(ctx, xp.le(asked["window"], p.longest), where, "the window is too long", f"at most {p.longest} days")
        new = {"asked_features": xp.floor(asked["features"]), "asked_level": level, "asked_trust": asked["trust"], "ceiling": ceiling, "least": asked["window"]}
        new |= {"opened": 0 * level + ctx.t, "tenant": 0 * level + xp.array(rows["tenant"])[:, None]}
        kept = {name: xp.put(state[name], at, value) for name, value in new.items()}
        return [Flow(p.tenants, p.escrow, deposit, "order", rows["tenant"], at)], {**kept, p.status: xp.put(signals[p.status], at, OPEN + 0 * level)}

    @event(roles={"tenant": "tenants", "order": "escrow", "bid": "bonds"}, arguments={})
    def accept(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A tenant chooses one of the bids on its order: the lease begins with this step, and the other bids have lost."""
        xp, at, b, where = ctx.xp, rows["order"], rows["bid"], "reverse_auction.accept"
        of_owner(ctx, state["tenant"], at, rows["tenant"], where, "order")
        in_state(ctx, signals[p.status][at], OPEN, OPEN, where, "the order is not open", "an open order")
        row = xp.array(at)[:, None]
        in_state(ctx, state["bid"][b], LIVE, LIVE, where, "no such bid stands", "a bid that waits")
        refuse_unless(ctx, xp.eq(state["bid_order"][b], row), where, "the bid is on another order", "a bid on this order")
        new = {"price": state["bid_price"][b], "window": state["bid_window"][b], "provider": state["bidder"][b], "since": 0 * state["since"][at] + ctx.t}
        kept = {name: xp.put(state[name], at, value) for name, value in new.items()}
        lost = xp.put(ended(xp, state, row), b, WON + 0 * state["bid"][b])
        return [], {**kept, "bid": lost, p.status: xp.put(signals[p.status], at, LEASED + 0 * state["since"][at])}

    @event(roles={"tenant": "tenants", "order": "escrow"}, arguments={"amount": "escrow"})
    def top_up(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A tenant adds money to its order."""
        at, where = rows["order"], "reverse_auction.top_up"
        in_state(ctx, signals[p.status][at], OPEN, RECLAIMING, where, "the order is over", "an order that is open or leased")
        of_owner(ctx, state["tenant"], at, rows["tenant"], where, "order")
        return [Flow(p.tenants, p.escrow, amount, "top_up", rows["tenant"], at)], {}

    @event(roles={"tenant": "tenants", "order": "escrow"}, arguments={})
    def close(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A tenant ends its order: without a lease its money returns at once, else when this step is paid."""
        xp, at, where = ctx.xp, rows["order"], "reverse_auction.close"
        status = signals[p.status][at]
        in_state(ctx, status, OPEN, RECLAIMING, where, "the order is over", "an order that is open or leased")
        of_owner(ctx, state["tenant"], at, rows["tenant"], where, "order")
        leased = xp.gate(status - LEASED, 0)
        updates = {**ending(ctx, p, state, signals, at, leased), "bid": ended(xp, state, xp.array(at)[:, None])}
        return [Flow(p.escrow, p.tenants, state[p.escrow][at] * (1 - leased), "return", at, rows["tenant"])], updates

    # --- providers ---------------------------------------------------------------------------------------------------

    @event(roles={"provider": "providers"}, arguments={"features": "1", "level": "1"}, authority="operator")
    def attest(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], features: Any, level: Any) -> Emitted:
        """An auditor saw which features a provider has, as bits of a whole number, and at which level."""
        xp, at, where = ctx.xp, rows["provider"], "reverse_auction.attest"
        refuse_unless(ctx, xp.lt(features, 2**FEATURES), where, "more features than there are", f"{FEATURES} bits")
        seen = {p.features: xp.floor(features), p.level: level}
        return [], {name: xp.put(signals[name], at, value) for name, value in seen.items() if name}

    @event(roles={"provider": "bidders", "bid": "bonds", "order": "escrow"}, arguments={"price": "escrow", "window": "day"})
    def bid(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], price: Any, window: Any) -> Emitted:
        """A provider that the order allows bids a price a block in a free slot, with a deposit; `window` above 0 offers reclamation."""
        xp, at, b, where = ctx.xp, rows["order"], rows["bid"], "reverse_auction.bid"
        in_state(ctx, signals[p.status][at], OPEN, OPEN, where, "the order is not open", "an open order")
        in_state(ctx, state["bid"][b], NO_BID, NO_BID, where, "the slot holds another bid", "a free slot")
        refuse_unless(
            ctx, xp.logical_and(xp.gt(price, 0), xp.le(price, state["ceiling"][at])), where, "the price is 0 or above the ceiling", "a price within it"
        )
        offered = xp.logical_and(xp.ge(window, p.shortest), xp.le(window, p.longest))
        refuse_unless(ctx, xp.logical_or(xp.eq(window, 0), offered), where, "a window that the network does not allow", "none, or one within its bounds")
        self.qualified(p, state, signals, ctx, rows, window)
        who = xp.array(rows["provider"])[:, None]
        on_it = standing(xp, state, xp.array(at)[:, None])
        refuse_unless(ctx, xp.lt(xp.total(on_it), p.most), where, "the order has as many bids as it may have", f"fewer than {p.most}")
        its_own = on_it * same(xp, state["bidder"], who)
        refuse_unless(ctx, xp.eq(xp.total(its_own), 0), where, "the provider has a bid on this order", "one bid an order")
        new = {"bid": LIVE + 0 * who, "bid_order": xp.array(at)[:, None], "bidder": who, "bid_price": price, "bid_window": window}
        return [Flow(p.bidders, p.bonds, p.bond, "bond", rows["provider"], b)], {name: xp.put(state[name], b, value) for name, value in new.items()}

    def qualified(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], window: Any) -> None:
        """Refuse a bid of a provider that has not what the order asks for."""
        xp, at, who = ctx.xp, rows["order"], rows["provider"]
        none = 0 * state["asked_level"][at]
        has, level, trust = (signals[name][who] if name else none for name in (p.features, p.level, p.reputation))
        missing = none
        for i in range(FEATURES):
            missing = missing + xp.maximum(bit(xp, state["asked_features"][at], i) - bit(xp, has, i), 0)
        passes = xp.logical_and(xp.eq(missing, 0), xp.ge(level, state["asked_level"][at]))
        passes = xp.logical_and(passes, xp.logical_and(xp.ge(trust, state["asked_trust"][at]), xp.ge(window, state["least"][at])))
        refuse_unless(ctx, passes, "reverse_auction.bid", "the provider lacks what the order asks for", "its features, level, trust and window")

    @event(roles={"provider": "bidders", "bid": "bonds"}, arguments={})
    def withdraw(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A provider takes a bid back that nobody has accepted."""
        b, where = rows["bid"], "reverse_auction.withdraw"
        in_state(ctx, state["bid"][b], LIVE, LIVE, where, "no such bid stands", "a bid that waits")
        of_owner(ctx, state["bidder"], b, rows["provider"], where, "bid")
        return [], {"bid": ctx.xp.put(state["bid"], b, LOST + 0 * state["bid"][b])}

    @event(roles={"provider": "providers", "order": "escrow"}, arguments={})
    def reclaim(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A provider whose bid offered a window announces that it will end the lease when the window has passed; until then it is paid."""
        xp, at, where = ctx.xp, rows["order"], "reverse_auction.reclaim"
        status = signals[p.status][at]
        in_state(ctx, status, LEASED, LEASED, where, "no lease runs, or its end is announced", "a lease that runs")
        of_owner(ctx, state["provider"], at, rows["provider"], where, "lease")
        refuse_unless(ctx, xp.gt(state["window"][at], 0), where, "the bid offered no window", "a bid with one")
        return [], {p.status: xp.put(signals[p.status], at, RECLAIMING + 0 * status), "notice": xp.put(state["notice"], at, 0 * status + ctx.t)}

    @event(roles={"provider": "providers", "order": "escrow"}, arguments={})
    def leave(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A provider ends its lease: at once where it offered no window, else when the window has passed since it announced the end."""
        xp, at, where = ctx.xp, rows["order"], "reverse_auction.leave"
        status, window = signals[p.status][at], state["window"][at]
        in_state(ctx, status, LEASED, RECLAIMING, where, "no lease runs", "a lease that runs")
        of_owner(ctx, state["provider"], at, rows["provider"], where, "lease")
        waited = (ctx.t - state["notice"][at]) * (ctx.dt / ctx.every) * xp.gate(status - RECLAIMING, 0)
        refuse_unless(ctx, xp.ge(waited, window), where, "the window has not passed", "an end announced so long ago")
        return [], ending(ctx, p, state, signals, at, 1 + 0 * status)

    # --- a call ------------------------------------------------------------------------------------------------------

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, bid = ctx.xp, state["bid"]
        flows, status, over = settled(p, state, signals, ctx)
        slots, bidders = status.shape[-2], state[p.bidders].shape[-2]
        orders = xp.cumsum(xp.full((slots, 1, 1), xp.num(1)), 0) - 1
        served = xp.sum(over[:, None] * same(xp, state["bid_order"][None], orders), 0)[0]
        done = xp.minimum(same(xp, bid, LOST) + same(xp, bid, WON) * served, 1)
        flows += to_owner(xp, state, p.bonds, p.bidders, state[p.bonds] * done, state["bidder"], "return", bidders <= bid.shape[-2])
        updates = {p.status: status, "since": state["since"] + (ctx.t + 1 - state["since"]) * xp.gate(status - LEASED, 0), "bid": bid * (1 - done)}
        if p.choice == "lowest":
            known = {name: state[name] for name in ("opened", "ceiling", "bid_order", "bid_price", "bidder", "bid_window", "price", "provider", "window")}
            for i in range(slots):
                updates |= self.awarded(p, {**known, **updates}, ctx, i)
        return flows, updates

    def awarded(self, p: Any, state: Mapping[str, Any], ctx: Any, i: int) -> dict[str, Any]:
        """What changes when the lowest bid on order i wins, where it has waited long enough."""
        xp, at, b, status = ctx.xp, slice(i, i + 1), state["bid"], state[p.status]
        waited = same(xp, status[at], OPEN) * xp.gate(ctx.t + 1 - state["opened"][at] - p.patience, 0)
        live, price = standing(xp, state, i) * waited, state["bid_price"]
        offered = price * live + 2 * state["ceiling"][at] * (1 - live)
        first = live * xp.where(xp.eq(offered, -peak(xp, -offered)), 1, 0)
        first = first * (1 - xp.minimum(xp.cumsum(first, -2) - first, 1))
        won = xp.total(first)
        new = {"price": price, "provider": state["bidder"], "window": state["bid_window"]}
        kept = {name: xp.put(state[name], at, state[name][at] * (1 - won) + xp.total(first * value)) for name, value in new.items()}
        kept["since"] = xp.put(state["since"], at, state["since"][at] * (1 - won) + (ctx.t + 1) * won)
        kept["bid"] = b + won * (first * (WON - LIVE) + (live - first) * (LOST - LIVE))
        return {**kept, p.status: xp.put(status, at, status[at] + won * (LEASED - OPEN))}


def same(xp: Any, x: Any, n: Any) -> Any:
    """1 where the whole numbers x and n are equal, else 0."""
    return 1 - xp.minimum(xp.abs(x - n), 1)


def bit(xp: Any, x: Any, i: int) -> Any:
    """Bit i of a whole number."""
    return xp.mod(xp.floor(x / 2**i), 2)


def standing(xp: Any, state: State | Mapping[str, Any], order: Any) -> Any:
    """1 for the bids that wait on an order: [bid, path]."""
    return same(xp, state["bid"], LIVE) * same(xp, state["bid_order"], order)


def ended(xp: Any, state: State, order: Any) -> Any:
    """The bids' states when those that wait on an order have lost."""
    return state["bid"] + (LOST - LIVE) * standing(xp, state, order)


class BidderClass(Parameters):
    """One class of providers that bid alike."""

    cost: Number = number(None, "fiat/job", "what a unit of work costs it", gt="0")
    throughput: Number = number("24", "job/node/day", "work that one node can do", gt="0")
    nodes: Number = number("1", "node", "nodes of one bidder", gt="0")
    markup: Number = number("0", "1", "lowest bid over cost, less 1", ge="0")
    spread: Number = number("0.5", "1", "highest bid over cost, less 1 and less the markup", ge="0")


class BiddingMarket(Mechanism):
    """A population of providers that bids for a population of orders; the lowest bid wins, so the price falls with competition.

        k_i = free_i nodes_i / nodes of one bidder, all together at most `most`                                                  bidders a class
        bid_i = cost_i index (1 + markup_i + spread_i (1 - (1 - u_i)^(1 / k_i))),   u_i uniform                                  [fiat/job]

    Each bidder of a class asks for its cost and a surplus, uniform between markup and markup + spread; bid_i is the lowest of k_i such bids, drawn from
    its own distribution. Leases last: in a call a share dt / duration of them ends and is offered again with new demand, and old ones keep their price.
    What is wanted is demand / price [job/day]; if less is wanted than is leased, all leases shrink alike. New work goes to the lowest bid up to the
    class's free capacity, then to the next, none above `ceiling`; a class whose reputation is below `trust` is not asked.
    Shapes [class, path]; price is the mean over leases. Uniform bids are an assumption. Source of the auction: as `reverse_auction`.
    """

    name = "bidding_market"
    breaks = (
        "Where capacity is scarce few bid and the lowest bid nears the highest: price jumps at full use. Where one class is far cheaper it takes all until "
        "it is full, and the next class earns nothing on average. Bidders who collude are not modelled: a spread that the auction cannot push down is theirs."
    )
    behaviour = True
    noise: Mapping[str, Noise] = {"luck": Noise("uniform", per="providers")}

    class Params(Parameters):
        providers: Ref = account("providers/fiat", "the classes: a row each")
        demand: Ref = reads("demand", "fiat/day", "what tenants would spend at the price now")
        nodes: Ref = reads("nodes", "node", "nodes of each class")
        index: Ref = reads("", "1", "level of compute cost; empty: constant")
        reputation: Ref = reads("", "1", "of each class; empty: all may bid")
        price: Ref = writes("fee", "fiat/job", "mean price of leased work; its start is the opening price")
        earned: Ref = writes("earned", "fiat/day", "what the leases of each class cost their tenants")
        bid: Ref = writes("", "fiat/job", "lowest bid of the last call, at most the ceiling; empty: none")
        work: Ref = writes("", "job/day", "leased work of each class; empty: none")
        served: Ref = writes("", "fiat/day", "what all leases cost; empty: none")
        unserved: Ref = writes("", "fiat/day", "demand that finds no acceptable bid, at the price now; empty: none")
        utilisation: Ref = writes("", "1", "leased work over capacity; empty: none")
        bidders: Ref = writes("", "1", "bidders of all classes in the last call; empty: none")
        classes: tuple[BidderClass, ...] = option(..., "one for each row of nodes, or one for all", rows="nodes")
        duration: Number = number("7", "day", "mean time that a lease lasts", gt="0")
        ceiling: Number = number(None, "fiat/job", "highest price that tenants accept", gt="0")
        most: Number = number("20", "1", "bids on one order, at most", ge="1", source="Akash chain-sdk, market parameters", date="2026-07-02")
        trust: Number = number("0", "1", "lowest reputation that tenants accept", ge="0", le="1")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"leased": make(0, "job/day", p.providers), "paid": make(0, "fiat/day", p.providers)}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {f"of_{name}": column(xp, [getattr(c, name) for c in p.classes]) for name in ("cost", "throughput", "nodes", "markup", "spread")}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, nodes, price = ctx.xp, signals[p.nodes], signals[p.price]
        capacity, wanted = nodes * p.of_throughput, signals[p.demand] / price
        kept = xp.minimum(state["leased"] * (1 - xp.minimum(ctx.dt / p.duration, 1)), capacity)
        kept = kept * xp.minimum(xp.div(wanted, xp.total(kept), xp.num(1)), 1)
        old = xp.div(state["paid"], state["leased"], 0 * price) * kept
        free = capacity - kept
        asked = xp.where(xp.ge(signals[p.reputation], p.trust), 1, 0) if p.reputation else 1
        k = xp.div(free, capacity, xp.num(0)) * (nodes / p.of_nodes) * asked
        k = k * xp.minimum(xp.div(p.most + 0 * xp.total(k), xp.total(k), xp.num(1)), 1)
        bid = self.lowest(p, signals, ctx, k)
        able = free * asked * xp.where(xp.le(bid, p.ceiling), 1, 0)
        new = merit(xp, bid, able, xp.maximum(wanted - xp.total(kept), 0 * wanted))
        work, paid = kept + new, old + new * bid
        done, cost = xp.total(work), xp.total(paid)
        now = xp.where(xp.gt(done, 0), xp.div(cost, done, 0 * price), price)
        shown = {p.price: now, p.earned: paid, p.work: work, p.served: cost, p.bidders: xp.total(k)}
        shown |= {p.unserved: xp.maximum(wanted - done, 0 * wanted) * price, p.utilisation: xp.div(done, xp.total(capacity), xp.num(0))}
        shown[p.bid] = -peak(xp, -xp.where(xp.gt(able, 0), bid, p.ceiling + 0 * bid))
        return [], {"leased": work, "paid": paid, **{name: value for name, value in shown.items() if name}}

    def lowest(self, p: Any, signals: Mapping[str, Any], ctx: Any, k: Any) -> Any:
        """The lowest of k bids of each class [fiat/job]."""
        xp = ctx.xp
        cost = p.of_cost * signals[p.index] if p.index else p.of_cost
        above = 1 - xp.power(1 - ctx.noise["luck"], xp.div(1 + 0 * k, k, 0 * k))
        return cost * (1 + p.of_markup + p.of_spread * above)


def merit(xp: Any, bid: Any, able: Any, wanted: Any) -> Any:
    """`wanted` [1, path] to the lowest bid as far as it is able, then to the next: [class, path]. Of equal bids the first row's comes first."""
    order = xp.argsort(bid)
    first = xp.take_along_axis(able, order, -2)
    given = xp.clip(wanted - (xp.cumsum(first, -2) - first), 0 * first, first)
    rows = xp.cumsum(xp.full((bid.shape[-2], 1), xp.num(1)), -2) - 1
    return xp.take_along_axis(given, xp.argsort(xp.take_along_axis(rows, order, -2)), -2)
