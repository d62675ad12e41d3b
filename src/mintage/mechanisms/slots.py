"""A few slots and many who want one: drawn by weight without replacement, or sold at one price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .ranking import curve, filled, highest
from .stakers import in_all_lots, sum_of


class PrioritySlots(Mechanism):
    """Draw n holders by weight, without replacement: each draw takes one of those who are left with chance w_i / sum(w).

        t_i = -ln(u_i) / w_i,   the n smallest win            u_i uniform on (0, 1), w_i [staked], shapes [holder, path]

    These are exponential races: the first to finish is i with chance w_i / sum(w), and so on among the rest. The same law as successive draws, or as
    the keys u_i^(1 / w_i) of Efraimidis and Spirakis (2006), by one sort. Who has no weight, or less than `least`, never wins; where fewer than n have
    some, all of them do. The uniform is that of the holder's row: live, its seed is committed to before the epoch and revealed in it.
    """

    name = "priority_slots"
    breaks: ClassVar[str] = (
        "Chances are close to proportional to stake only while nobody has much of it: a holder that would win nearly always gains by splitting its stake "
        "over many names, up to one slot each. Whoever can choose to withhold the seed, or to join after it is known, draws as often as it likes."
    )
    noise: Mapping[str, Noise] = {"luck": Noise("uniform", per="staked")}

    class Params(Parameters):
        staked: Ref = account("staked/token", "stake, which is the weight")
        counted: tuple[Ref, ...] = reads((), "staked", "signals that count as stake beside it, such as what `lp_stake` writes")
        winners: int = count(None, "slots of each draw", ge=1, le=10**6)
        least: Number = number("0", "staked", "stake below which nobody takes part", ge="0")
        slots: Ref = writes("slots", "1", "1 for each holder that has a slot until the next draw, else 0")
        waiting: Ref = writes("", "day", "signal that shows how long each holder has been without a slot; empty: none")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, weight = ctx.xp, in_all_lots(ctx.xp, state[p.staked])
        if p.counted:
            weight = weight + sum_of(signals, p.counted)
        weight = xp.where(xp.ge(weight, p.least), weight, 0)
        # 2^-33 keeps a uniform of k / 2^32 off 0; the largest weight over time is the smallest time, and 0 without weight
        pace = weight / -xp.log(ctx.noise["luck"] + xp.uniform(xp.num(1)) / 2)
        won = highest(xp, pace, p.winners)
        return [], {p.slots: won, **({p.waiting: (signals[p.waiting] + ctx.dt) * (1 - won)} if p.waiting else {})}


class SlotAuction(Mechanism):
    """Sell n slots to the highest bids, all at one price, for the time from one call to the next.

        a bid for q_i slots is a deposit b_i,   v_i = b_i / q_i,   D(v) = sum of q over bids of v or more
        price = v of the last slot sold, or of the first wanted beyond them,   not below the reserve;   who pays q_i price gets q_i slots   [bids] a slot

    Bids at the price itself share what is left in the order of their rows, the last one in part. What a bid holds above its price goes back at once, and
    so do bids that won nothing. `paid` "stake" locks the price until the next call and then gives it back, which is what the slot costs: the use of that
    stake; "seller" pays it for good. Shapes [holder, path]. With the first rejected bid as the price, and one slot a bidder, to bid one's value is best
    whatever others bid (Vickrey 1961); with the last accepted one, or several slots a bidder, it pays to bid less.

    Source of number and least stake: Fetch.ai's staking of 2019, 200 slots by a uniform-price auction, 200,000 FET each, locked for about a month.
    """

    name = "slot_auction"
    breaks: ClassVar[str] = (
        "Bidders who agree to bid low share the slots at the reserve, and one who wants several shades its bids to keep the price down. A stake that comes "
        "back costs its holder only the time, so slots go to who has idle tokens, not to who makes the most of a slot."
    )
    tags: Mapping[str, Tag] = {"bid": "transfer", "lock": "transfer", "refund": "transfer", "unlock": "transfer", "pay": "revenue"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "bidders' free tokens")
        bids: Ref = account("bids/token", "their deposits: the same rows")
        won: Ref = account("slots/token", "what holders of slots have locked: the same rows")
        supply: Number = number("200", "node", "slots", gt="0", source="Fetch.ai token overview 2.0.J", date="2019-02-28")
        reserve: Number = number("200000", "bids/node", "lowest price", ge="0", source="Fetch.ai token overview 2.0.J", date="2019-02-28")
        priced: Literal["last_accepted", "first_rejected"] = option("last_accepted", "which bid sets the price")
        paid: Literal["stake", "seller"] = option("stake", "whether the price is locked or spent")
        seller: Ref = account("", "who receives it, where it is spent")
        slots: Ref = writes("slots", "node", "slots of each holder until the next call")
        price: Ref = writes("slot_price", "bids/node", "price of a slot at the last call")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if (p.paid == "seller") == bool(p.seller):
            return []
        return [("seller", f"{p.seller or 'none is named'}, and the price is {p.paid}", "an account for `seller`, none for `stake`")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"wanted": make(1, "node", p.bids)}

    @event(roles={"bidder": "liquid"}, arguments={"amount": "bids", "slots": "node"})
    def bid(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, slots: Any) -> Emitted:
        """An owner adds `amount` to its bid, and says how many slots it bids for, from here on."""
        xp, at = ctx.xp, rows["bidder"]
        whole = xp.logical_and(xp.eq(slots, xp.floor(slots)), xp.gt(slots, 0 * slots))
        refuse_unless(ctx, whole, "slot_auction.bid, argument 'slots'", "not a number of slots", "1, 2, 3 ...")
        return [Flow(p.liquid, p.bids, amount, "bid", at, at)], {"wanted": xp.put(state["wanted"], at, slots)}

    @event(roles={"bidder": "liquid"}, arguments={})
    def withdraw(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner takes its bid back."""
        at = rows["bidder"]
        return [Flow(p.bids, p.liquid, state[p.bids][at], "refund", at, at)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, deposit, wanted = ctx.xp, state[p.bids], state["wanted"]
        value = deposit / wanted
        wanted = wanted * xp.where(xp.logical_and(xp.ge(value, p.reserve), xp.gt(deposit, 0 * deposit)), 1, 0)
        edge = curve(xp, value, wanted, p.supply)
        got = filled(xp, value, wanted, edge, p.supply)
        price = xp.maximum(edge if p.priced == "last_accepted" else curve(xp, value, wanted, p.supply, past=True), p.reserve)
        due = xp.minimum(got * price, deposit)
        flows = [Flow(p.won, p.liquid, state[p.won], "unlock"), Flow(p.bids, p.liquid, deposit - due, "refund")]
        flows.append(Flow(p.bids, p.won, due, "lock") if p.paid == "stake" else Flow(p.bids, p.seller, due, "pay"))
        return flows, {p.slots: got, p.price: price}


class SlotBidders(Mechanism):
    """Owners bid for a slot each what it is worth to them: b_i' = max(b_i, min(value_i / price, free_i + b_i)).

    [bids], shape [holder, path].
    """

    name = "slot_bidders"
    behaviour = True
    breaks: ClassVar[str] = "Bidders here tell the truth and do not collude; what a slot is worth to them is told from outside and not found by using it."
    tags: Mapping[str, Tag] = {"bid": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "bidders' free tokens")
        bids: Ref = account("bids/token", "their deposits: the same rows")
        value: Ref = reads("slot_value", "fiat", "what a slot until the next call is worth, to the owners of each row")
        price: Ref = reads("price", "fiat/liquid", "price of the token")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        more = ctx.xp.div(signals[p.value], signals[p.price], 0) - state[p.bids]
        return [Flow(p.liquid, p.bids, ctx.xp.minimum(ctx.xp.maximum(more, 0 * more), state[p.liquid]), "bid")], {}
