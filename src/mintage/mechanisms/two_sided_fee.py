"""A marketplace that charges both sides: renters pay a little more, suppliers get a little less, and payment in the token is cheaper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, event, number, option, reads, schedule, writes
from .burn_mint import by_work, to_sellers
from .sharing import pro_rata

DOCS = {"source": "docs.io.net, IO tokenomics", "date": "2024-06-11"}


class TwoSidedFee(Mechanism):
    """Rentals of V, of which a share m is paid in money and the rest in tokens.

        renters pay      V (1 + r + m f)            r = reservation, a side;   f = payment, a side, on what is paid in money
        suppliers earn   V (1 - r - m f)
        the network has  2 V (r + m f)                                                                     [fiat], shapes [1, path]

    `direct` is the share of suppliers' earnings that they get at once, a schedule; the rest goes to the network's vaults, out of which it pays them
    otherwise (see `incentive_engine`). Tokens come from the market at its price. `payout` "tokens" turns into tokens what was paid in money, too, before
    suppliers get it. Fees of payments in tokens are tokens. `settlement` "stablecoin" is all in money; a share `survives` of rentals is then still made.

    Source: io.net, 0.25 % a side, and 2 % a side if paid in USDC, none in IO.
    """

    name = "two_sided_fee"
    behaviour = True
    tags: Mapping[str, Tag] = {"pay": "revenue", "fee": "revenue", "earn": "revenue", "buy": "revenue", "tokens": "trade"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}
    breaks: ClassVar[str] = (
        "Both sides can meet elsewhere once they know each other, and the larger the fee the sooner they do. A discount for the token is worth nothing "
        "to who must buy the token first and bear its price until the next payment."
    )

    class Params(Parameters):
        demand: Ref = reads("demand", "fiat/day", "rentals at list price")
        price: Ref = reads("price", "fiat/tokens", "the market's price of the token")
        work: Ref = reads("", "job/day", "work by provider, by which they earn; empty: equal parts")
        earnings: Ref = writes("", "fiat/day", "suppliers' earnings in money that the network keeps; empty: not shown")
        income: Ref = writes("", "fiat/day", "what each provider gets at once, tokens at their price; empty: not shown")
        customers: Ref = account("external/fiat", "where renters' money comes from")
        wallets: Ref = account("", "renters' own money, for events; empty: there is none")
        purses: Ref = account("", "renters' own tokens, the same rows; empty: there are none")
        providers: Ref = account("providers/token", "who is paid in tokens")
        providers_fiat: Ref = account("providers/fiat", "who is paid in money: the same rows")
        fees: Ref = account("fees/fiat", "the network's fees in money")
        fees_tokens: Ref = account("fees/token", "the network's fees in tokens")
        vault: Ref = account("fee_vault/fiat", "earnings in money that the network keeps")
        vault_tokens: Ref = account("fee_vault/token", "earnings in tokens that it keeps")
        tokens: Ref = account("market/token", "who sells tokens")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        reservation: Number = number("0.0025", "1", "r: charge on a rental, each side", ge="0", lt="1", **DOCS)
        payment: Number = number("0.02", "1", "f: charge on a payment in money, each side", ge="0", lt="1", **DOCS)
        money: Number = number("1", "1", "m: share of rentals that is paid in money", ge="0", le="1")
        direct: Schedule = schedule("1", "share of earnings that suppliers get at once, from that day on")
        payout: Literal["as_paid", "tokens"] = option("as_paid", "what suppliers get for rentals that were paid in money")
        limit: Number = number("1", "1", "tokens bought in a call, at most this share of what the market has", gt="0", le="1")
        settlement: Literal["tokens", "stablecoin"] = option("tokens", "as above, or all in money")
        survives: Number = number("1", "1", "share of rentals that would still be made if no token were needed (stablecoin)", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        taken = p.reservation + p.payment
        faults = [("direct", f"{v} from some day on", "0 to 1") for v in p.direct.values if not 0 <= v <= 1]
        return faults if taken < 1 else [*faults, ("payment", f"with the reservation {taken} of a rental", "less than all of it")]

    @event(roles={"renter": "wallets", "supplier": "providers"}, arguments={"amount": "fees"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A renter pays a supplier for a rental of `amount`, in money, and the fees of both sides."""
        if not p.wallets:
            return [], {}
        xp, at, to, direct = ctx.xp, rows["renter"], rows["supplier"], p.direct.at(ctx)
        net = amount * (1 - p.reservation - p.payment)
        now = net * direct
        flows = [Flow(p.wallets, p.fees, amount * 2 * (p.reservation + p.payment), "fee", at), Flow(p.wallets, p.vault, net - now, "earn", at)]
        if p.payout == "as_paid" or p.settlement == "stablecoin":
            return [*flows, Flow(p.wallets, p.providers_fiat, now, "pay", at, to)], {}
        if state[p.tokens].shape[-2] == 1:
            bought = Flow(p.tokens, p.providers, now / signals[p.price], "tokens", None, to)
            return [*flows, Flow(p.wallets, p.proceeds, now, "buy", at), bought], {}
        for i in (slice(i, i + 1) for i in range(len(at))):  # of several sellers each sells, and is paid, by what it has
            money = pro_rata(xp, state, p.tokens, now[i])
            flows += [Flow(p.wallets, p.proceeds, money, "buy", at[i]), Flow(p.tokens, p.providers, money / signals[p.price], "tokens", None, to[i])]
        return flows, {}

    @event(roles={"renter": "purses", "supplier": "providers"}, arguments={"amount": "purses"}, order_free=True)
    def pay_tokens(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A renter pays a supplier for a rental of `amount` of tokens, with the reservation of both sides and no other fee."""
        if not p.purses:
            return [], {}
        net = amount * (1 - p.reservation)
        now = net * p.direct.at(ctx)
        at = rows["renter"]
        flows = [Flow(p.purses, p.providers, now, "tokens", at, rows["supplier"]), Flow(p.purses, p.vault_tokens, net - now, "earn_tokens", at)]
        return [*flows, Flow(p.purses, p.fees_tokens, amount * 2 * p.reservation, "fee_tokens", at)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, direct = ctx.xp, signals[p.price], p.direct.at(ctx)
        plain = p.settlement == "stablecoin"
        share = xp.num(1) if plain else p.money
        convert = xp.num(0) if plain or p.payout == "as_paid" else share * (1 - p.reservation - p.payment) * direct
        bought = (1 - share) * (1 + p.reservation) + convert  # of a rental, at the market: what the market can sell limits rentals
        wanted = signals[p.demand] * ctx.dt * (p.survives if plain else xp.num(1))
        rented = xp.minimum(wanted, xp.div(xp.total(state[p.tokens]) * p.limit * price, bought, wanted))

        net, net_tokens = share * (1 - p.reservation - p.payment), (1 - share) * (1 - p.reservation)
        fee, earned = rented * (2 * share * (p.reservation + p.payment)), rented * (net * (1 - direct))
        parts = by_work(p, state, signals, xp, p.providers)
        flows = [Flow(p.customers, p.fees, fee, "fee"), Flow(p.customers, p.vault, earned, "earn")]
        flows += [Flow(p.customers, p.providers_fiat, rented * (net * direct - convert) * part, "pay", None, at) for at, part in parts]
        flows.append(Flow(p.customers, p.proceeds, to_sellers(p, state, xp, rented * bought), "buy"))
        tokens = xp.div(rented, price, 0)
        for amount, to, reason in (
            (net_tokens * (1 - direct), p.vault_tokens, "earn_tokens"),
            ((1 - share) * 2 * p.reservation, p.fees_tokens, "fee_tokens"),
        ):
            flows.append(Flow(p.tokens, to, pro_rata(xp, state, p.tokens, tokens * amount), reason))
        now = tokens * (convert + net_tokens * direct)
        flows += [Flow(p.tokens, p.providers, pro_rata(xp, state, p.tokens, now * part), "tokens", None, at) for at, part in parts]
        shown = {p.earnings: earned / ctx.dt}
        if p.income:
            each = rented * ((net + net_tokens) * direct) / ctx.dt
            shown[p.income] = xp.concatenate([each * part for _, part in parts], -2)
        return flows, {name: value for name, value in shown.items() if name}
