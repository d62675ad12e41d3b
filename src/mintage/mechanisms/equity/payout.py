"""What a company that holds tokens does for its holders: dividends in tokens, burns that answer to the stock, a treasury under two classes of votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...flows import Flow, burn
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, reads, writes
from ..market import of_traders
from ..sharing import passed, pro_rata, spread


class TokenDividend(Mechanism):
    """Pay shareholders in tokens: payout share x reserve a call, by shares; who may not hold tokens sells at once.

        d_i = payout reserve shares_i / sum(shares),        sold_i = barred d_i at P        [token], [fiat], [holder, path]

    Each pay-day is a sale of barred x payout x reserve into the market, whatever the price is.
    """

    name = "token_dividend"
    breaks = "Funds that may not hold tokens sell on the same day, every pay-day: the dividend is paid by whoever holds the token."
    tags: Mapping[str, Tag] = {"dividend": "reward", "sold": "trade", "proceeds": "trade"}

    class Params(Parameters):
        reserve: Ref = account("company/token", "what dividends are paid from")
        shares: Ref = account("shareholders/EQUITY", "by which they are paid")
        holders: Ref = account("shareholders/token", "who receives them")
        cash: Ref = account("shareholders/fiat", "what the sellers among them get")
        market: Ref = account("market/token", "who buys")
        buyers: Ref = account("external/fiat", "what buyers pay with")
        price: Ref = reads("price", "cash/holders", "P")
        payout: Number = number("0.02", "1", "share of the reserve paid in a call", ge="0", le="1")
        barred: Number = number("0.5", "1", "share of holders who may not hold tokens", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        paid = pro_rata(xp, state, p.shares, xp.total(state[p.reserve]) * p.payout)
        sold = paid * p.barred
        one = sold.shape[-2] == 1 or state[p.market].shape[-2] == 1
        parts = [(None, sold)] if one else [(slice(i, i + 1), spread(xp, state, p.market, sold[i : i + 1])) for i in range(sold.shape[-2])]
        return [
            *passed(xp, state, p.reserve, p.holders, paid, "dividend"),
            *[Flow(p.holders, p.market, part, "sold", at) for at, part in parts],
            Flow(p.buyers, p.cash, sold * signals[p.price], "proceeds"),
        ], {}


class ShareBurnRule(Mechanism):
    """Burn tokens when the stock falls: a fall of delta from the reference burns 1 - (1 - delta)^(phi / (beta theta)) of supply.

    That is what offsets the share phi of the fall if the stock moves by beta for each move of the token, and the token's price by theta against supply. The
    reference is the price at the last burn, or the highest since. [token], [fiat/share], shapes [1, path]. At delta = 10 %, phi = 1, beta = 0.5, theta = 1 it
    burns 19 % an event, and ten events leave an eighth of supply: it is here so that nobody runs it by accident.
    """

    name = "share_burn_rule"
    breaks = "It answers a fall that it did not cause with supply that it cannot give back: ten falls of a tenth destroy 87.8 % of the token."
    tags: Mapping[str, Tag] = {"burn": "transfer"}

    class Params(Parameters):
        tokens: Ref = account("company/token", "what is burned")
        price: Ref = reads("share_price", "*", "price of the share")
        trigger: Number = number("0.1", "1", "delta: a fall that burns", gt="0", lt="1")
        offsets: Number = number("1", "1", "phi: share of the fall that the burn shall offset", ge="0", le="1")
        beta: Number = number("0.5", "1", "of the stock to the token", gt="0")
        theta: Number = number("1", "1", "of the token's price to supply: P goes with S^-theta", gt="0")
        of_supply: Number = number("1", "1", "tokens that count as supply, over those in the account", gt="0")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"reference": make(0, "price")}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        high = xp.maximum(state["reference"], price)
        fallen = xp.ge(1 - price / high, p.trigger + 0 * (price / high))
        share = -xp.expm1(p.offsets / (p.beta * p.theta) * xp.log(price / high))
        held = state[p.tokens]
        burned = held * xp.minimum(xp.where(fallen, share, 0 * share) * p.of_supply, 1)
        return [burn(p.tokens, burned, "burn")], {"reference": xp.where(fallen, price, high)}


class DualClassTreasury(Mechanism):
    """Income split between shareholders and token holders by the votes of two classes of shares.

        s = (A a + k B b) / (A + k B)       of the pot buys tokens, which are burned; 1 - s is paid to shares, by number

    A, B shares with one vote and with k; a, b what each class would give to token holders. What each side gains beyond its part of value,
    V_tok / (V_tok + V_eq), is shown: the two sum to zero, so what one kind of holders wins is read off as what the other loses. [fiat], [token],
    [share]; shapes [1, path].
    """

    name = "dual_class_treasury"
    breaks = "Ten votes a share decide against nine tenths of the money: holders of the token have no vote at all, and read what they got in the accounts."
    tags: Mapping[str, Tag] = {"dividend": "transfer", "buy": "trade", "burn": "trade"}

    class Params(Parameters):
        pot: Ref = account("company/fiat", "income to be split")
        common: Ref = account("shareholders/EQUITY", "A: shares with one vote")
        founders: Ref = account("founders/EQUITY", "B: shares with `votes` votes")
        common_cash: Ref = account("shareholders/fiat", "where dividends of A arrive")
        founders_cash: Ref = account("founders/fiat", "where dividends of B arrive")
        market: Ref = account("market/token", "who sells tokens to be burned")
        proceeds: Ref = account("market/fiat", "what they are paid")
        price: Ref = reads("price", "pot/market", "price of the token")
        share_price: Ref = reads("share_price", "pot/common", "price of a share")
        share: Number = number("0.1", "1", "of the pot, split in a call", ge="0", le="1")
        votes: Number = number("10", "1", "k: votes of a founder's share", ge="1")
        common_gives: Number = number("0.2", "1", "a: what holders of A would give to token holders", ge="0", le="1")
        founders_give: Number = number("0.8", "1", "b: what founders would give to them", ge="0", le="1")
        tokens_gain: Ref = writes("tokens_gain", "pot", "what token holders have gained so far beyond their part of value; shareholders lost as much")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        a, b, pot = xp.total(state[p.common]), xp.total(state[p.founders]), xp.total(state[p.pot]) * p.share
        side = xp.div(a * p.common_gives + b * p.votes * p.founders_give, a + b * p.votes, 0)
        to_tokens = xp.minimum(pot * side, xp.total(state[p.market]) * price)
        to_shares = pot - to_tokens
        of_a = xp.div(a, a + b, 0)
        in_tokens = xp.total(state[p.market]) * price
        entitled = pot * xp.div(in_tokens, in_tokens + (a + b) * signals[p.share_price], 0)
        flows = [
            *passed(xp, state, p.pot, p.proceeds, of_traders(xp, state, p.proceeds, p.market, to_tokens), "buy"),
            burn(p.market, pro_rata(xp, state, p.market, to_tokens / price), "burn"),
            *passed(xp, state, p.pot, p.common_cash, pro_rata(xp, state, p.common, to_shares * of_a), "dividend"),
            *passed(xp, state, p.pot, p.founders_cash, pro_rata(xp, state, p.founders, to_shares * (1 - of_a)), "dividend"),
        ]
        return flows, {p.tokens_gain: signals[p.tokens_gain] + to_tokens - entitled}
