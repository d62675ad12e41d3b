"""What a share is worth beside the token that its company holds, and who trades the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...flows import Flow
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, number, reads, writes
from ..sharing import supply


class SharePrice(Mechanism):
    """Price of a share: its part of what the company is worth, times a premium that wanders inside a band.

        NAV = (operating + cash + n_tok P (1 - haircut)) / shares,        P_s = NAV exp(m)
        m' = keep m + shock;   beyond +/- band a share `strength` of the excess is traded away

    The law of one price holds only inside the band of costs: fees, borrowing, the lag of settlement. Royal Dutch and Shell, Palm and 3Com stayed outside
    theirs for years, so an arbitrage without limits is wrong. [fiat], [token], [share]; shapes [1, path]. All shares that were issued count.
    Sources: Froot and Dabora 1999; Lamont and Thaler 2003; Shleifer and Vishny 1997.
    """

    name = "share_price"
    breaks = "NAV counts tokens at a price that would not hold if they were sold. A premium that rests on being able to issue at a premium ends all at once."

    class Params(Parameters):
        price: Ref = writes("share_price", "cash/shares", "P_s")
        shares: Ref = account("shareholders/EQUITY", "whose asset the shares are: all issued ones count")
        cash: Ref = account("company/fiat", "the company's money")
        tokens: Ref = account("company/token", "tokens that it holds")
        token_price: Ref = reads("price", "cash/tokens", "P")
        operating: Ref = reads("operating_value", "cash", "what its business is worth without cash and tokens")
        shock: Ref = reads("", "1", "what moves the premium each call, such as `gbm_return` writes; empty: nothing")
        haircut: Number = number("0", "1", "off the tokens' value", ge="0", lt="1")
        keep: Number = number("0.98", "1", "part of the premium that is left after a call", ge="0", le="1")
        band: Number = number("0.05", "1", "premium or discount that costs protect", ge="0")
        strength: Number = number("0.3", "1", "share of the excess over the band that is traded away in a call", ge="0", le="1")
        premium: Ref = writes("", "1", "signal that shows m; empty: none")
        nav: Ref = writes("", "cash/shares", "signal that shows NAV; empty: none")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"above": make(0)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        held = xp.total(state[p.tokens]) * signals[p.token_price] * (1 - p.haircut)
        nav = xp.div(signals[p.operating] + xp.total(state[p.cash]) + held, supply(state, p.shares), 0)  # no share is worth nothing
        m = state["above"] * p.keep + (signals[p.shock] if p.shock else 0)
        m = m - p.strength * beyond(xp, m, p.band)
        shown = {p.price: nav * xp.exp(m), p.premium: m, p.nav: nav}
        return [], {"above": m, **{name: value for name, value in shown.items() if name}}


class ShareArbitrage(Mechanism):
    """Bots that buy what is cheap of share and token and sell the other, as seen `lag` calls ago.

        v = depth beyond(m(t - lag), band)    [fiat]:    m above the band buys v of tokens from the market, below it sells as much

    as far as the bots' money and tokens go.

    What they trade in tokens meets the market's holders, so that a price that answers to orders answers to them: measured late and traded hard, they overshoot
    (stable while gain K < 2 cos(lag pi / (2 lag + 1))). Their trades in shares are inside `share_price`'s strength. [fiat], [token], shapes [1, path].
    """

    name = "share_arbitrage"
    behaviour = True
    breaks = "Bots that all watch the same lagged quote sell into their own fall: a flash crash is arbitrage that arrives together."
    tags: Mapping[str, Tag] = {"buy": "trade", "bought": "trade", "sell": "trade", "sold": "trade"}

    class Params(Parameters):
        premium: Ref = reads("premium", "1", "m, as `share_price` shows it")
        token_price: Ref = reads("price", "money/tokens", "price of the token")
        money: Ref = account("bots/fiat", "the bots' dollars")
        tokens: Ref = account("bots/token", "the bots' tokens")
        market: Ref = account("market/token", "who sells and buys tokens")
        proceeds: Ref = account("market/fiat", "the market's dollars")
        depth: Number = number(None, "money", "traded in a call for a premium of one beyond the band", ge="0")
        band: Number = number("0.05", "1", "premium or discount that costs protect", ge="0")
        lag: int = count(0, "calls between what is seen and what is traded", le=64)

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"past": make(0, lots=p.lag)} if p.lag else {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.token_price]
        seen = state["past"][-1] if p.lag else signals[p.premium]
        wanted = p.depth * beyond(xp, seen, p.band)
        none = 0 * wanted
        buy = xp.minimum(xp.minimum(xp.maximum(wanted, none), xp.total(state[p.money])), xp.total(state[p.market]) * price)
        sell = xp.minimum(xp.minimum(xp.maximum(-wanted, none), xp.total(state[p.tokens]) * price), xp.total(state[p.proceeds]))
        flows = [
            Flow(p.money, p.proceeds, buy, "buy"),
            Flow(p.market, p.tokens, buy / price, "bought"),
            Flow(p.tokens, p.market, sell / price, "sell"),
            Flow(p.proceeds, p.money, sell, "sold"),
        ]
        return flows, {"past": xp.concatenate([signals[p.premium][None], state["past"][:-1]], 0)} if p.lag else {}


def beyond(xp: Any, m: Any, band: Any) -> Any:
    """How far m lies outside +/- band, with its sign; 0 inside."""
    none = 0 * m
    return xp.maximum(m - band, none) - xp.maximum(-m - band, none)
