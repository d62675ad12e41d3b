"""Sales of tokens: rounds at a price with locks of their own, and warrants on tokens to come."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ..accounts import EXTERNAL
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, reads, refuse_unless
from .sharing import by_owner, pro_rata, spread
from .vesting import unlocked


class SaleRound(Parameters):
    """A round of a sale: who sells what to whom, at which price, when, and how what was sold unlocks, counted from `close`."""

    reserve: Ref = account("round/token", "the round's tokens: what is left of them is left of the round")
    money: Ref = account("buyers/fiat", "what buyers pay with")
    treasury: Ref = account("treasury/fiat", "who receives it")
    locked: Ref = account("round_locked/token", "what was bought in this round and is not free yet")
    bought: Ref = account("buyers/token", "where unlocked tokens arrive")
    price: Number = number(None, "money/bought", "what a token costs", gt="0")
    opens: Number = number("0", "day", "first day of the round", ge="0")
    close: Number = number(None, "day", "day on which it is over", gt="0")
    tge: Number = number("0", "1", "share unlocked when the round is over", ge="0", le="1")
    cliff: Number = number("0", "day", "nothing unlocks before, then all that has accrued", ge="0", le="36500")
    duration: Number = number("0", "day", "length of linear unlocking, the cliff included; 0: all at the cliff", ge="0", le="36500")
    period: Number = number("0", "day", "unlock in equal parts of this length; 0: at every call", ge="0", le="36500")


class TokenSale(Mechanism):
    """Sell a round of tokens at a price; what was sold is locked, and unlocks by the round's schedule for each buyer alike.

        buy m:   m   money -> treasury,   m / price   reserve -> locked[buyer],   while opens <= day < close
        a call:  locked (V(now) - V(last)) / (1 - V(last)) -> bought,   V as in `vesting`, counted from `close`

    [fiat], [token], shapes [buyer, path]. Each round is a mechanism with a reserve and a locked account of its own, so that who holds what, and what is
    left, is read off the accounts. More than the reserve has is refused.
    """

    name = "token_sale"
    breaks = (
        "A cheap early round with a short lock sells to the later one: whoever paid a tenth of the price is first at the door. A round that one buyer "
        "fills makes an owner, not a community."
    )
    tags: Mapping[str, Tag] = {"pay": "trade", "sold": "trade", "unlock": "unlock"}
    Params = SaleRound

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.opens < p.close else [("close", f"{p.close} days, opened on {p.opens}", "a later day")]

    @event(roles={"buyer": "money"}, arguments={"amount": "money"}, order_free=True)
    def buy(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A buyer pays `amount` into the round while it is open."""
        refuse_unless(ctx, ctx.xp.eq(open_on(p, ctx.day, ctx.xp), 1), "token_sale.buy", "the round is not open", f"a day from {p.opens} to {p.close}")
        at, tokens = rows["buyer"], amount / p.price
        paid = [Flow(p.money, p.treasury, part, "pay", where) for where, part in by_owner(ctx.xp, state, p.treasury, at, amount)]
        return [*paid, Flow(p.reserve, p.locked, tokens, "sold", None, at)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        before, after = (released(p, day, xp) for day in (ctx.day - ctx.dt, ctx.day))
        return [Flow(p.locked, p.bought, state[p.locked] * xp.div(after - before, 1 - before, xp.num(1)), "unlock")], {}


class SaleDemand(Mechanism):
    """Buyers of a simulated round: each day they pay what they bring, as far as the pace of the round, its reserve and their money go. Live they buy by
    `token_sale`.

    tokens = min(demand dt / price, limit amount dt / (close - opens), reserve, money / price)        while opens <= day < close        [token], [buyer, path]
    """

    name = "sale_demand"
    behaviour = True
    breaks = "Demand that was announced is not demand: rounds are oversubscribed by those who would sell the same day, and empty a month later."
    tags: Mapping[str, Tag] = {"pay": "trade", "sold": "trade"}

    class Params(SaleRound):
        demand: Ref = reads("sale_demand", "money/day", "what buyers bring a day")
        amount: Number = number(None, "bought", "tokens of the round", gt="0")
        limit: Number = number("1", "1", "most that is sold in a call, over an even pace", gt="0")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        left, pace = xp.total(state[p.reserve]), p.limit * p.amount * ctx.dt / (p.close - p.opens)
        got = xp.minimum(xp.minimum(signals[p.demand] * ctx.dt / p.price, pace + 0 * left), left) * open_on(p, ctx.day - ctx.dt, xp)
        if p.money.kind == EXTERNAL:
            paid, sold = spread(xp, state, p.money, got * p.price), spread(xp, state, p.locked, got)
        else:
            got = xp.minimum(got, xp.total(state[p.money]) / p.price)
            paid, sold = pro_rata(xp, state, p.money, got * p.price), pro_rata(xp, state, p.money, got)
            sold = sold if sold.shape[-2] > 1 else spread(xp, state, p.locked, got)
        return [Flow(p.money, p.treasury, paid, "pay"), Flow(p.reserve, p.locked, sold, "sold")], {}


def open_on(p: Any, day: Any, xp: Any) -> Any:
    """1 while the round is open."""
    return xp.after(day, p.opens, 0) * (1 - xp.after(day, p.close, 0))


def released(p: Any, day: Any, xp: Any) -> Any:
    """V of a round: nothing before it is over, then its schedule."""
    begun = SimpleNamespace(begin=p.close, tge=p.tge, cliff=p.cliff, duration=p.duration, period=p.period)
    return xp.after(day, p.close, 0) * unlocked(begun, day, xp)


class TokenWarrants(Mechanism):
    """Warrants: the right to buy tokens at a strike until a day, held as an asset of their own.

        exercise w:   warrants w -> burned,   w ratio strike   money -> treasury,   w ratio tokens   reserve -> holders          before `expiry`
        at expiry:    what is in the money is settled without cash,   w ratio max(0, 1 - strike / price) tokens;   all warrants are burned

    [warrant], [fiat], [token]; shapes [holder, path]. In a simulation nobody exercises early, as a right on what pays nothing is worth more alive, and expiry
    settles, as far as the reserve goes. Dilution is what the reserve gives.
    """

    name = "token_warrants"
    breaks = "Warrants that nobody counted: a fully diluted supply without them is wrong by all of them on the day the price passes the strike."
    tags: Mapping[str, Tag] = {"strike": "trade", "exercise": "trade", "settle": "trade", "lapse": "transfer"}

    class Params(Parameters):
        warrants: Ref = account("investors/WARRANT", "the rights")
        holders: Ref = account("investors/token", "where tokens arrive")
        money: Ref = account("investors/fiat", "what is paid with")
        reserve: Ref = account("reserve/token", "tokens set aside for warrants")
        treasury: Ref = account("treasury/fiat", "who receives the strike")
        price: Ref = reads("price", "money/holders", "price of the token")
        strike: Number = number(None, "money/holders", "what a token costs by warrant", gt="0")
        expiry: Number = number(None, "day", "day from which they are worth nothing", gt="0")
        ratio: Number = number("1", "holders/warrants", "tokens that a warrant buys", gt="0")

    @event(roles={"holder": "warrants"}, arguments={"amount": "warrants"}, order_free=True)
    def exercise(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A holder pays the strike for `amount` of warrants, and gets their tokens."""
        xp, at, tokens = ctx.xp, rows["holder"], amount * p.ratio
        refuse_unless(ctx, xp.eq(xp.after(ctx.day, p.expiry, 0), 0), "token_warrants.exercise", "the warrants have expired", f"a day before {p.expiry}")
        got = Flow(p.reserve, p.holders, tokens, "exercise", None, at)
        paid = [Flow(p.money, p.treasury, part, "strike", where) for where, part in by_owner(xp, state, p.treasury, at, tokens * p.strike)]
        return [burn(p.warrants, amount, "exercise", at), *paid, got], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, held = ctx.xp, state[p.warrants]
        now = xp.after(ctx.day, p.expiry, 0) * (1 - xp.after(ctx.day - ctx.dt, p.expiry, 0))
        due = held * p.ratio * xp.clip(1 - p.strike / signals[p.price], 0, 1) * now
        paid = due * xp.minimum(xp.div(xp.total(state[p.reserve]), xp.total(due), 1), 1)
        return [Flow(p.reserve, p.holders, paid, "settle"), burn(p.warrants, held * now, "lapse")], {}
