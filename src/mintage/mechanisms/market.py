"""Price formation: impact of net orders, and a constant-product pool through which real tokens flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..accounts import Account
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, reads, refuse_unless, writes
from .sharing import pro_rata


class ImpactPrice(Mechanism):
    """A price that the outside world and the market's own orders move:

        P' = P exp(return + impact net / depth),   or with an outside price X:   P = X exp(I),  I' = I + impact net / depth

    net [token] is what left the market's account since the step began (bought less sold), depth what it held then: so whatever
    buys, burns or sells there counts, once, without being named. Call it at every step. Shapes [1, path]. Impact in proportion to net flow is an
    assumption; its size is for calibration.
    """

    name = "impact_price"
    breaks = "Impact in proportion to orders holds for small ones. In a market that holds little, any sale moves the price without bound."
    behaviour = True

    class Params(Parameters):
        price: Ref = writes("price", "fiat/token", "the price; its start is the opening price")
        returns: Ref = reads("", "1", "log return a step from the outside world, such as `gbm_return` writes; empty: `outside` is given")
        outside: Ref = reads("", "fiat/token", "the price without this network's flows; empty: `returns` are given")
        market: Ref = account("market/token", "the holders who trade")
        impact: Number = number("1", "1", "change of log price for net buying of all that the market holds", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        named = [name for name in (p.returns, p.outside) if name]
        return [] if len(named) == 1 else [("returns", f"{len(named)} of returns and outside are named", "one of the two")]

    def memory(self, p: Any, make: Any) -> dict[str, Any]:
        return {"moved": make(0)} if p.outside else {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        before = ctx.xp.total(ctx.opening[p.market])
        push = ctx.xp.div((before - ctx.xp.total(state[p.market])) * p.impact, before, 0)  # a market that held nothing has no depth to speak of
        if p.returns:
            return [], {p.price: signals[p.price] * ctx.xp.exp(signals[p.returns] + push)}
        moved = state["moved"] + push
        return [], {"moved": moved, p.price: signals[p.outside] * ctx.xp.exp(moved)}


class OrderFlowPrice(Mechanism):
    """Price from a constant-product pool of x tokens and y fiat: price = y / x.

    Paying a fiat takes out x a (1 - fee) / (y + a (1 - fee)) tokens; selling q tokens takes out y q (1 - fee) / (x + q (1 - fee)) fiat. Each call:

        wanted = flow_share x net + strength x (x - x sqrt(y / (x outside)))       [token], clipped to +/- limit x

    net is what left the market's account since the step began; the second part is arbitrage towards the outside price. What the market
    buys arrives there; the fiat of both sides is the traders', who trade in proportion to what they have. Shapes [1, path]. Source of
    the pool: Angeris et al. 2019, constant product.
    """

    name = "order_flow_price"
    breaks = "Its depth is what was put in: liquidity leaves in a fall, when it is needed, and arbitrage takes from the pool what its price lags behind."
    behaviour = True
    tags: Mapping[str, Tag] = {"buy": "trade", "bought": "trade", "sell": "trade", "sold": "trade"}

    class Params(Parameters):
        price: Ref = writes("price", "fiat/tokens", "the pool's price after the trades")
        outside: Ref = reads("outside", "fiat/tokens", "the price elsewhere")
        pool_tokens: Ref = account("pool/token", "the pool's tokens")
        pool_fiat: Ref = account("pool/fiat", "the pool's fiat")
        tokens: Ref = account("market/token", "traders' tokens")
        fiat: Ref = account("external/fiat", "traders' fiat")
        fee: Number = number("0.003", "1", "of what is paid in, kept by the pool", ge="0", lt="1", source="common pool fee of 0.3 %", date="2020-05-18")
        flow_share: Number = number("1", "1", "share of net orders that reaches the pool", ge="0", le="1")
        strength: Number = number("0.5", "1", "share of the gap to the outside price that arbitrage closes in a call", ge="0", le="1")
        limit: Number = number("0.1", "1", "tokens traded in a call, at most this share of the pool's", gt="0", lt="1")

    def price_of(self, p: Any, xp: Any, tokens: Any, fiat: Any) -> Any:
        """The pool's price [fiat/token] at reserves of `tokens` and `fiat`; like all below 0 for an empty pool."""
        return xp.div(fiat, tokens, 0)

    def swapped(self, p: Any, xp: Any, paid: Any, reserve_in: Any, reserve_out: Any, selling: bool) -> Any:
        """What the pool gives for `paid`, fee taken; `selling` tokens or buying them."""
        return swap(xp, paid, reserve_in, reserve_out, p.fee)

    def cost(self, p: Any, xp: Any, bought: Any, tokens: Any, fiat: Any) -> Any:
        """What must be paid, fee and all, for `bought` tokens."""
        return xp.div(fiat * bought, tokens - bought, 0) / (1 - p.fee)

    def gap(self, p: Any, xp: Any, tokens: Any, ratio: Any) -> Any:
        """Tokens that take the pool's price to the outside one; `ratio` [1] is the pool's over the outside's."""
        return tokens - tokens * xp.sqrt(ratio)

    @event(roles={"trader": "fiat"}, arguments={"amount": "fiat"})
    def buy(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Pay `amount` of fiat, take the tokens it buys."""
        there, x, y = reserves(p, state, ctx.xp)
        refuse_unless(ctx, there, f"{self.name}.buy", "the pool is empty", "a pool that holds both sides")
        got, at = self.swapped(p, ctx.xp, amount, y, x, selling=False), rows["trader"]
        flows = [Flow(p.fiat, p.pool_fiat, amount, "buy", at), Flow(p.pool_tokens, p.tokens, got, "bought", None, of_trader(state, p.tokens, at))]
        return flows, {p.price: self.price_of(p, ctx.xp, x - ctx.xp.total(got), y + ctx.xp.total(amount))}

    @event(roles={"trader": "tokens"}, arguments={"amount": "tokens"})
    def sell(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Give `amount` of tokens, take the fiat it fetches."""
        there, x, y = reserves(p, state, ctx.xp)
        refuse_unless(ctx, there, f"{self.name}.sell", "the pool is empty", "a pool that holds both sides")
        got, at = self.swapped(p, ctx.xp, amount, x, y, selling=True), rows["trader"]
        flows = [Flow(p.tokens, p.pool_tokens, amount, "sell", at), Flow(p.pool_fiat, p.fiat, got, "sold", None, of_trader(state, p.fiat, at))]
        return flows, {p.price: self.price_of(p, ctx.xp, x + ctx.xp.total(amount), y - ctx.xp.total(got))}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, (there, x, y) = ctx.xp, reserves(p, state, ctx.xp)
        net = xp.total(ctx.opening[p.tokens] - state[p.tokens]) * p.flow_share
        gap = self.gap(p, xp, x, self.price_of(p, xp, x, y) / signals[p.outside]) * p.strength
        wanted = xp.where(there, xp.clip(net + gap, -p.limit * x, p.limit * x), 0)
        bought = xp.maximum(wanted, 0 * x)
        sold = xp.minimum(xp.maximum(-wanted, 0 * x), xp.total(state[p.tokens]))
        paid = self.cost(p, xp, bought, x, y)
        fetched = self.swapped(p, xp, sold, x, y, selling=True)
        flows = [
            Flow(p.fiat, p.pool_fiat, of_traders(xp, state, p.fiat, p.fiat, paid), "buy"),
            Flow(p.pool_tokens, p.tokens, of_traders(xp, state, p.tokens, p.fiat, bought), "bought"),
            Flow(p.tokens, p.pool_tokens, of_traders(xp, state, p.tokens, p.tokens, sold), "sell"),
            Flow(p.pool_fiat, p.fiat, of_traders(xp, state, p.fiat, p.tokens, fetched), "sold"),
        ]
        return flows, {p.price: xp.where(there, self.price_of(p, xp, x - bought + sold, y + paid - fetched), signals[p.price])}


class WeightedPool(OrderFlowPrice):
    """Price from a weighted constant-mean pool, x^w y^(1-w) kept: P = (y / (1 - w)) / (x / w), w the share of value that is held in tokens.

        out = y (1 - (x / (x + paid (1 - fee)))^(w / (1 - w)))                 selling tokens; buying, the exponent is (1 - w) / w
        arbitrage takes the reserve of tokens to   x (P / outside)^(1 - w)

    With w = 1/2 it is the constant product. Events, orders and arbitrage as in `order_flow_price`. [fiat], [token], shapes [1, path].
    Source: Martinelli and Mushegian 2019 (Balancer white paper).
    """

    name = "weighted_pool"
    breaks = (
        "A pool that holds little of one side moves far with every order that takes from it; weights that change in steps give the change to whoever trades "
        "first."
    )

    class Params(OrderFlowPrice.Params):
        weight: Number = number("0.8", "1", "w: share of the pool's value that is held in tokens", gt="0", lt="1")

    def price_of(self, p: Any, xp: Any, tokens: Any, fiat: Any) -> Any:
        return xp.div(fiat * p.weight, tokens * (1 - p.weight), 0)

    def swapped(self, p: Any, xp: Any, paid: Any, reserve_in: Any, reserve_out: Any, selling: bool) -> Any:
        exponent = p.weight / (1 - p.weight) if selling else (1 - p.weight) / p.weight
        return -reserve_out * xp.expm1(-exponent * xp.log1p(xp.div(paid * (1 - p.fee), reserve_in, 0)))

    def cost(self, p: Any, xp: Any, bought: Any, tokens: Any, fiat: Any) -> Any:
        return fiat * xp.expm1(-p.weight / (1 - p.weight) * xp.log1p(-xp.div(bought, tokens, 0))) / (1 - p.fee)

    def gap(self, p: Any, xp: Any, tokens: Any, ratio: Any) -> Any:
        return -tokens * xp.expm1((1 - p.weight) * xp.log(xp.where(xp.gt(ratio, 0), ratio, 1)))


def reserves(p: Any, state: State, xp: Any) -> tuple[Any, Any, Any]:
    """Whether the pool holds both sides, and its reserves of tokens and fiat."""
    x, y = state[p.pool_tokens], state[p.pool_fiat]
    return xp.logical_and(xp.gt(x, 0), xp.gt(y, 0)), x, y


def of_trader(state: State, place: Account, at: Any) -> Any:
    """The trader's rows in `place`; None when all share one."""
    return at if state[place].shape[-2] > 1 else None


def of_traders(xp: Any, state: State, place: Account, giver: Account, amount: Any) -> Any:
    """`amount` over the traders of `place`: who gives more gets more, so by what they have of `giver`'s asset where it has their rows."""
    same = state[place].shape[-2] == state[giver].shape[-2]
    return pro_rata(xp, state, giver if same else place, amount)


def swap(xp: Any, paid: Any, reserve_in: Any, reserve_out: Any, fee: Any) -> Any:
    """What a constant-product pool gives for `paid`: out kept (1 - fee) paid / (in + (1 - fee) paid)."""
    kept = paid * (1 - fee)
    return xp.div(reserve_out * kept, reserve_in + kept, 0)
