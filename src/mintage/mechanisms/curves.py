"""Bonding curves: a token that a reserve sells and takes back, at a price that follows its supply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..accounts import EXTERNAL
from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .curve_shapes import SHAPES, CurveShape
from .market import of_trader, of_traders
from .sharing import Share, not_one, pro_rata, supply, to_payees

TAGS: Mapping[str, Tag] = {"buy": "trade", "bought": "trade", "sell": "trade", "sold": "trade", "fee": "fee"}


class CurveAccounts(Parameters):
    """Where the money of a curve rests, and what people do with it where nobody is there to do it."""

    currency: Ref = account("traders/fiat", "what traders pay with and are paid in")
    tokens: Ref = account("traders/token", "the curve's token, in the same rows")
    reserve: Ref = account("curve/fiat", "the reserve behind the tokens")
    price: Ref = writes("price", "currency/tokens", "the price of the next token; its start is the opening price")
    demand: Ref = reads("", "currency/day", "what people bring to buy with, in a simulation; empty: nothing")
    supply: Ref = reads("", "tokens/day", "what people sell, in a simulation; empty: nothing but the turnover")
    turnover: Number = number("0", "1/day", "share of their tokens that people sell, in a simulation", ge="0")
    sellers: Ref = account("", "whose tokens those are, in a simulation, such as providers who were paid in them; empty: traders'")
    proceeds: Ref = account("", "where sellers are paid; empty: `currency`")


class Curve(Mechanism):
    """What curves have in common: trades by people's events and by a simulated crowd. `entry` and `exit` are the shares of each that `payees` take."""

    behaviour = True
    tags = TAGS

    def trading(self, p: Any, state: State, xp: Any) -> Any:
        """1 where the curve trades, else 0."""
        return xp.num(1)

    def room(self, p: Any, state: State, xp: Any, amount: Any) -> Any:
        """Of a deposit, what the curve takes."""
        return amount

    def full(self, p: Any, xp: Any, r: Any) -> Any:
        """1 where trading ends at a reserve `r`, else 0."""
        return xp.num(0)

    def after(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any, flows: list[Flow], s: Any, r: Any) -> Emitted:
        """What follows from supply `s` and reserve `r`: the price."""
        return flows, {p.price: SHAPES[p.shape].price(p, xp, s, r)}

    @event(roles={"trader": "currency"}, arguments={"amount": "currency"})
    def buy(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Pay `amount`, take the tokens it buys at whatever price."""
        done: Emitted = self.buy_limited(p, state, signals, ctx, rows, amount, 0)
        return done

    @event(roles={"trader": "currency"}, arguments={"amount": "currency", "least": "tokens"})
    def buy_limited(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, least: Any) -> Emitted:
        """Pay `amount`, take the tokens it buys, or do nothing when they are fewer than `least`."""
        xp, at = ctx.xp, rows["trader"]
        refuse_unless(ctx, xp.gt(self.trading(p, state, xp), 0), f"{self.name}.buy", "the curve does not trade", "one that is open")
        s, r, amount = supply(state, p.tokens), state[p.reserve], self.room(p, state, xp, amount)
        kept = amount * (1 - p.entry)
        got = SHAPES[p.shape].bought(p, xp, s, r, kept)
        refuse_unless(ctx, xp.gt(got, 0), f"{self.name}.buy", "the deposit buys nothing", "a deposit, and a reserve to start from")
        refuse_unless(ctx, xp.ge(got, least), f"{self.name}.buy_limited", "the deposit buys fewer tokens", "at least what was asked for")
        flows = [Flow(p.currency, p.reserve, kept, "buy", at), *to_payees(xp, state, p.currency, p.payees, amount * p.entry, at)]
        return self.after(p, state, signals, xp, [*flows, mint(p.tokens, got, "bought", of_trader(state, p.tokens, at))], s + got, r + kept)

    @event(roles={"trader": "tokens"}, arguments={"amount": "tokens"})
    def sell(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Give `amount` of tokens back, take what they fetch."""
        done: Emitted = self.sell_limited(p, state, signals, ctx, rows, amount, 0)
        return done

    @event(roles={"trader": "tokens"}, arguments={"amount": "tokens", "least": "currency"})
    def sell_limited(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, least: Any) -> Emitted:
        """Give `amount` of tokens back, take what they fetch, or do nothing when that is less than `least`."""
        xp, at = ctx.xp, rows["trader"]
        refuse_unless(ctx, xp.gt(self.trading(p, state, xp), 0), f"{self.name}.sell", "the curve does not trade", "one that is open")
        s, r = supply(state, p.tokens), state[p.reserve]
        refuse_unless(ctx, xp.le(amount, s), f"{self.name}.sell", "more than all tokens", "tokens of this curve")
        out = xp.minimum(SHAPES[p.shape].fetched(p, xp, s, r, amount), r)
        fee = out * p.exit
        refuse_unless(ctx, xp.ge(out - fee, least), f"{self.name}.sell_limited", "the tokens fetch less", "at least what was asked for")
        flows = [burn(p.tokens, amount, "sell", at), Flow(p.reserve, p.currency, out - fee, "sold", None, of_trader(state, p.currency, at))]
        return self.after(p, state, signals, xp, flows + to_payees(xp, state, p.reserve, p.payees, fee, None), s - amount, r - out)

    def crowd(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, trading: Any) -> tuple[list[Flow], Any, Any]:
        """Where `trading` is 1 people buy what `demand` brings, then sell: flows, and what supply and reserve are afterwards."""
        xp, shape, flows = ctx.xp, SHAPES[p.shape], list[Flow]()
        sellers, proceeds = p.sellers or p.tokens, p.proceeds or p.currency
        s, r, held = supply(state, p.tokens), state[p.reserve], xp.total(state[sellers])
        if p.demand:
            kept = self.room(p, state, xp, brought(p, state, signals, ctx)) * trading * (1 - p.entry)
            got = shape.bought(p, xp, s, r, kept)
            kept = xp.where(xp.gt(got, 0), kept, 0 * kept)  # a reserve ratio without a reserve sells nothing
            flows = [Flow(p.currency, p.reserve, of_traders(xp, state, p.currency, p.currency, kept), "buy")]
            flows += to_payees(xp, state, p.currency, p.payees, of_traders(xp, state, p.currency, p.currency, kept * (p.entry / (1 - p.entry))), None)
            flows.append(mint(p.tokens, of_traders(xp, state, p.tokens, p.currency, got), "bought"))
            s, r, held = s + got, r + kept, held if p.sellers else held + got
        sold = held * xp.minimum(p.turnover * ctx.dt, 1)
        if p.supply:
            sold = xp.minimum(sold + signals[p.supply] * ctx.dt, held)
        sold = sold * trading * (1 - self.full(p, xp, r))
        out = xp.minimum(shape.fetched(p, xp, s, r, sold), r)
        flows.append(burn(sellers, of_traders(xp, state, sellers, sellers, sold), "sell"))
        flows.append(Flow(p.reserve, proceeds, of_traders(xp, state, proceeds, sellers, out * (1 - p.exit)), "sold"))
        return flows + to_payees(xp, state, p.reserve, p.payees, out * p.exit, None), s - sold, r - out


class BondingCurve(Curve):
    """Automated market maker with a reserve: tokens are minted on a buy and burned on a sale, at a price that follows supply.

        linear         p = level + slope S                    power    p = level (S / scale)^exponent
        reserve_ratio  p = R / (ratio S)                      sigmoid  p = level (1 + u / sqrt(width^2 + u^2)),  u = S - scale
        buy d:   dR = (1 - fee) d,  V(S + dS) - V(S) = dR;    of the reserve ratio   dS = S ((1 + dR / R)^ratio - 1)
        sell q:  dR = V(S) - V(S - q),  (1 - fee) dR is paid; of the reserve ratio   dR = R (1 - (1 - q / S)^(1 / ratio))

    S [tokens] is all that is outstanding, R [currency] the reserve, V the area under the price. So trading is path independent, a round trip without a
    fee returns the deposit, and S^(1 / ratio) / R stays what it is. A reserve ratio needs tokens and a reserve to start from. A sale never pays more than
    the reserve has: that may be less than the curve says where tokens were minted elsewhere. The fee of each trade goes to `payees`; one that is
    `burned/...` burns it.

    Where `creator` is named, trading begins when it has paid `deploy_fee`. Where `pool_currency` is, trading ends as the reserve reaches `target`: a buy
    takes what is missing and no more, the reserve moves to the pool, `listed` tokens are minted beside it, and the price stays at its last value. In a
    simulation `demand` buys first, then `supply` [tokens/day] and a share `turnover` of what traders hold are sold. Shapes [1, path].

    Sources: Bancor protocol (reserve ratio); Zargham, Shorish and Paruch 2019 (invariant); Balasanov 2018 (sigmoid); agent-launch-toolkit 2026-04-24 (closing).
    """

    name = "bonding_curve"
    breaks = (
        "Who buys first sells to who buys later: sniping a launch is worth the area under the curve between, and a visible order can be sandwiched up to its "
        "limit. A steep curve turns one large exit into a crash for all who stay. Tokens minted elsewhere leave the reserve short of what the curve owes."
    )
    tags: Mapping[str, Tag] = {**TAGS, "deploy": "fee", "list": "transfer"}

    class Params(CurveShape, CurveAccounts):
        fee: Number = number("0", "1", "share of a deposit, and of what a sale fetches, that goes to payees", ge="0", lt="1")
        payees: tuple[Share, ...] = option((), "who receives the fees; shares sum to 1")
        creator: Ref = account("", "who deploys the curve, and pays for it; empty: it trades from the start")
        deploy_fee: Number = number("0", "currency", "what deploying costs", ge="0")
        target: Number = number("0", "currency", "the reserve at which trading closes", ge="0")
        pool_currency: Ref = account("", "where the reserve goes as the token is listed; empty: trading never closes")
        pool_tokens: Ref = account("", "the pool's tokens beside it")
        listed: Number = number("0", "tokens", "tokens minted for the pool as trading closes", ge="0")
        graduated: Ref = writes("", "1", "signal that is 1 once trading has closed; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = not_one("payees", sum((s.share for s in p.payees), Decimal(0))) if p.payees or p.fee or p.deploy_fee else []
        if len({bool(p.pool_currency), bool(p.pool_tokens), bool(p.target)}) > 1:
            faults.append(("pool_currency", "one of pool_currency, pool_tokens and target is missing", "all three, or none"))
        return faults + alike(p)

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"entry": p.fee, "exit": p.fee}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return ({"deployed": make(0)} if p.creator else {}) | ({"closed": make(0)} if p.pool_currency else {})

    @event(roles={"creator": "creator"}, arguments={})
    def deploy(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """Its creator pays for the curve; trading begins."""
        if not p.creator:
            return [], {}
        at = rows["creator"]
        refuse_unless(ctx, ctx.xp.eq(state["deployed"], 0), "bonding_curve.deploy", "the curve is deployed", "one that is not")
        paid = 0 * state[p.creator][at] + p.deploy_fee
        return to_payees(ctx.xp, state, p.creator, p.payees, paid, at, "deploy"), {"deployed": 0 * state["deployed"] + 1}

    def trading(self, p: Any, state: State, xp: Any) -> Any:
        deployed = state["deployed"] if p.creator else xp.num(1)
        return deployed * (1 - state["closed"]) if p.pool_currency else deployed

    def room(self, p: Any, state: State, xp: Any, amount: Any) -> Any:
        if not p.pool_currency:
            return amount
        return xp.minimum(amount, xp.maximum(p.target - state[p.reserve], 0) / (1 - p.fee))

    def full(self, p: Any, xp: Any, r: Any) -> Any:
        return xp.after(r, p.target, 0) if p.pool_currency else xp.num(0)

    def after(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any, flows: list[Flow], s: Any, r: Any) -> Emitted:
        emitted, told = super().after(p, state, signals, xp, flows, s, r)
        if not p.pool_currency:
            return emitted, told
        closed = state["closed"]
        now = self.full(p, xp, r) * (1 - closed)
        told = {p.price: xp.where(xp.gt(closed, 0), signals[p.price], told[p.price]), "closed": closed + now}
        if p.graduated:
            told[p.graduated] = told["closed"]
        return [*emitted, Flow(p.reserve, p.pool_currency, r * now, "list"), mint(p.pool_tokens, p.listed * now, "list")], told

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, first, told = ctx.xp, list[Flow](), dict[str, Any]()
        if p.creator:
            able = (1 - state["deployed"]) * xp.after(xp.total(state[p.creator]), p.deploy_fee, 0)
            first = to_payees(xp, state, p.creator, p.payees, pro_rata(xp, state, p.creator, able * p.deploy_fee), None, "deploy")
            told = {"deployed": state["deployed"] + able}
        flows, s, r = self.crowd(p, state, signals, ctx, self.trading(p, state, xp))
        emitted, updates = self.after(p, state, signals, xp, [*first, *flows], s, r)
        return emitted, told | updates


def brought(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Any:
    """What people bring in a call [1, path]: no more than they have, unless they come from outside."""
    wanted = signals[p.demand] * ctx.dt
    return wanted if p.currency.kind == EXTERNAL else ctx.xp.minimum(wanted, ctx.xp.total(state[p.currency]))


def alike(p: Any) -> list[tuple[str, str, str]]:
    """Faults of accounts that do not fit each other."""
    pairs = (("reserve", p.reserve, p.currency), ("proceeds", p.proceeds, p.currency), ("sellers", p.sellers, p.tokens))
    return [(name, str(place), f"an account of {other.asset}") for name, place, other in pairs if place and place.asset != other.asset]
