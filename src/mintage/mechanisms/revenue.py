"""What becomes of revenue: split as it gathers or payment by payment, spent on the market and burned, or burned as it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal

from ..accounts import Account
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads
from .burn_mint import to_sellers
from .sharing import Share, not_one, passed, pro_rata, spread


class Cut(Share):
    """A recipient, its share of a whole, and how its holders divide what it gets. `burned/ASSET` as a recipient burns."""

    by: Ref = account("", "its holders share by what they have here, such as their stake: the same rows as `to`; empty: in equal parts")


PARTIES = ("author", "contributor", "host", "validator")


class RevenueSplit(Mechanism):
    """Revenue sharing: what has gathered in an account is divided among fixed shares.

        x_j = share_j released pot, of which stakers get by stake, others in equal parts        [source], [holder, path]

    Recipients may be stakers, a treasury, providers, or `burned/ASSET`. Whatever pays into `source` (fees, payments, penalties) is so divided once a call.
    What is not `released` waits and smooths what recipients receive.
    """

    name = "revenue_split"
    tags: Mapping[str, Tag] = {"split": "transfer"}
    breaks: ClassVar[str] = (
        "Shares for stakers pay whoever holds stake at the call: without a lock one can stake before it and leave after it. "
        "A share that is burned or kept by a treasury helps holders only as long as revenue is real: payments that circle back to the payer look the same."
    )

    class Params(Parameters):
        source: Ref = account("fees/fiat", "where revenue gathers")
        shares: tuple[Cut, ...] = option(..., "who receives which share; shares sum to 1")
        released: Number = number("1", "1", "share of what has gathered that a call divides", gt="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("shares", sum((s.share for s in p.shares), Decimal(0)))

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        pot = ctx.xp.total(state[p.source]) * p.released
        return [f for s in p.shares for f in given(ctx.xp, state, p.source, None, s, pot * s.share, "split")], {}


class PaymentSplit(Mechanism):
    """Royalties: each payment for the use of a model is divided as it is made.

    So much goes to its author, to who contributed the data, to the host that ran it and to the
    validator that checked it, each named by the payment; the rest to general shares, such as a fund and stakers.  [customers], [payer, path]

    In a simulation `demand` is paid, and each party's share goes to its holders in equal parts, to hosts by work where that is measured.
    The parties are those that source article 001 names beside users (data contributors, providers, validators); the sizes are a network's own.
    """

    name = "payment_split"
    behaviour = True
    tags: Mapping[str, Tag] = {**dict.fromkeys(PARTIES, "revenue"), "share": "revenue"}
    breaks: ClassVar[str] = (
        "One who is payer, host, validator and author at once gets back all but the general shares: where rewards follow payments, faking them costs no more. "
        "Fixed shares do not follow worth: data that added nothing is paid like data that made the model."
    )

    class Params(Parameters):
        demand: Ref = reads("demand", "customers/day", "what customers pay")
        work: Ref = reads("", "job/day", "work by host, by which hosts are paid where nobody is named; empty: in equal parts")
        customers: Ref = account("external/fiat", "where customers' money comes from")
        wallets: Ref = account("", "customers' own money, which events draw on; empty: events draw on `customers`")
        authors: Ref = account("authors/fiat", "authors of models")
        contributors: Ref = account("contributors/fiat", "who contributed data")
        hosts: Ref = account("hosts/fiat", "who runs models")
        validators: Ref = account("validators/fiat", "who checks results")
        author: Number = number(None, "1", "the author's share", ge="0", le="1")
        contributor: Number = number(None, "1", "the data contributor's share", ge="0", le="1")
        host: Number = number(None, "1", "the host's share", ge="0", le="1")
        validator: Number = number(None, "1", "the validator's share", ge="0", le="1")
        shares: tuple[Cut, ...] = option((), "who receives the rest; all shares sum to 1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("shares", sum((s.share for s in p.shares), p.author + p.contributor + p.host + p.validator))

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, paid = ctx.xp, signals[p.demand] * ctx.dt
        flows = []
        for party in PARTIES:
            place, amount = getattr(p, f"{party}s"), paid * getattr(p, party)
            rows = spread(xp, state, place, amount)
            if party == "host" and p.work:
                rows = amount * xp.div(signals[p.work], xp.total(signals[p.work]), xp.num(1) / state[place].shape[-2])
            flows.append(Flow(p.customers, place, rows, party))
        return flows + [f for s in p.shares for f in given(xp, state, p.customers, None, s, paid * s.share, "share")], {}

    @event(
        roles={"payer": "wallets|customers", "author": "authors", "contributor": "contributors", "host": "hosts", "validator": "validators"},
        arguments={"amount": "customers"},
        order_free=True,
    )
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays `amount` for one use of a model, and names who made, fed, ran and checked it."""
        purse, payer = p.wallets or p.customers, rows["payer"]
        flows = [Flow(purse, getattr(p, f"{party}s"), amount * getattr(p, party), party, payer, rows[party]) for party in PARTIES]
        return flows + [f for s in p.shares for f in given(ctx.xp, state, purse, payer, s, amount * s.share, "share")], {}


class BuybackBurn(Mechanism):
    """Buy-back and burn: a treasury buys tokens on the market and burns them.

        spent = min(share x, what it has above its reserve, limit market price),   burned = spent / price        [fiat], [token]; [1, path]

    x is the revenue since the last call where `revenue` is read, else what the treasury has above its reserve. Sellers give tokens by what they have and are
    paid so. With `keep` set, the tokens are kept there instead. Source: io.net, whose revenue buys back and burns IO (documentation of the IO coin).
    """

    name = "buyback_burn"
    tags: Mapping[str, Tag] = {"buy": "trade", "bought": "trade"}
    breaks: ClassVar[str] = (
        "It buys at a known time and without a limit price, so others buy before it and sell to it; a thin market moves against it by more than it burns. "
        "It buys most when revenue, and mostly price, is high, and has no money when the price has fallen."
    )

    class Params(Parameters):
        treasury: Ref = account("treasury/fiat", "who buys")
        tokens: Ref = account("market/token", "holders who sell")
        proceeds: Ref = account("market/fiat", "what they are paid")
        price: Ref = reads("price", "proceeds/tokens", "the market's price")
        revenue: Ref = reads("", "proceeds/day", "revenue of which a share is spent; empty: a share of what the treasury has")
        share: Number = number("1", "1", "share that is spent", gt="0", le="1")
        reserve: Number = number("0", "treasury", "what the treasury keeps", ge="0")
        limit: Number = number("1", "1", "tokens bought in one call, at most this share of what the market has", gt="0", le="1")
        keep: Ref = account("", "where the tokens are kept; empty: they are burned")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        free = xp.maximum(xp.total(state[p.treasury]) - p.reserve, 0)
        wanted = xp.minimum((signals[p.revenue] * ctx.dt if p.revenue else free) * p.share, free)
        spent = xp.minimum(wanted, xp.total(state[p.tokens]) * p.limit * price)
        bought = pro_rata(xp, state, p.tokens, xp.div(spent, price, xp.num(0)))
        paid = to_sellers(p, state, xp, spent)
        return [
            *passed(xp, state, p.treasury, p.proceeds, paid, "buy"),
            Flow(p.tokens, p.keep, bought, "bought") if p.keep else burn(p.tokens, bought, "bought"),
        ], {}


class RevenueBurn(Mechanism):
    """Revenue burn: a fixed percentage of each payment is burned, in the token; the rest goes in the token to who served it.

        tokens = min(fx demand dt / price, limit market),   burned = burn_share tokens,   recipient j gets share_j tokens        [token]; [1, path]

    Customers buy the tokens that they pay with from holders at the oracle's price, or bring their own. Unlike in burn-mint equilibrium, who serves is
    paid in tokens out of the payment, and nothing is minted for it. `settlement` "stablecoin" pays `recipients` in fiat without any
    token, and of the payments a share `survives` is then still made. Source: Mission 70 white paper of the Internet Computer (2026-01-14), cloud engines:
    80 % to the node provider, 20 % burned.
    """

    name = "revenue_burn"
    behaviour = True
    tags: Mapping[str, Tag] = {"buy": "revenue", "pay": "revenue", "burn": "revenue"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}
    breaks: ClassVar[str] = (
        "A high percentage is a tax on use: customers and providers settle outside when they can. Priced in fiat, it burns few tokens when the price is high "
        "and many when it is low, so the share of supply that it burns says little about use."
    )

    class Params(Parameters):
        demand: Ref = reads("demand", "proceeds/day", "what customers pay, in the currency of jobs")
        price: Ref = reads("price", "proceeds/tokens", "the oracle's price of the token")
        fx: Ref = reads("", "1", "fiat for one unit of the jobs' currency; empty: jobs are priced in fiat")
        customers: Ref = account("external/fiat", "where customers' money comes from")
        wallets: Ref = account("", "customers' own money, which events draw on; empty: events draw on `customers`")
        purses: Ref = account("", "customers' own tokens; empty: nobody brings any")
        tokens: Ref = account("market/token", "holders who sell the tokens")
        proceeds: Ref = account("market/fiat", "what they are paid")
        burn_share: Number = number("0.2", "1", "share of a payment that is burned", ge="0", le="1", source="Mission 70 white paper", date="2026-01-14")
        payees: tuple[Cut, ...] = option((), "who receives the rest; with burn_share the shares sum to 1")
        limit: Number = number("1", "1", "tokens bought in one call, at most this share of what holders have", gt="0", le="1")
        settlement: Literal["token", "stablecoin"] = option("token", "what payments are made in")
        recipients: Ref = account("providers/fiat", "who is paid, when no token is used")
        survives: Number = number("1", "1", "share of payments that would still be made if no token were needed (stablecoin)", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("payees", sum((s.share for s in p.payees), Decimal(p.burn_share)))

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, wanted = ctx.xp, signals[p.price], signals[p.demand] * ctx.dt
        if p.fx:
            wanted = wanted * signals[p.fx]
        if p.settlement == "stablecoin":
            return passed(xp, state, p.customers, p.recipients, spread(xp, state, p.recipients, wanted * p.survives), "buy"), {}
        return bought(p, state, xp, price, xp.minimum(wanted, xp.total(state[p.tokens]) * p.limit * price), p.customers, None), {}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays `amount` of fiat, which buys the tokens."""
        return bought(p, state, ctx.xp, signals[p.price], amount, p.wallets or p.customers, rows["payer"]), {}

    @event(roles={"payer": "purses"}, arguments={"amount": "tokens"}, order_free=True)
    def pay_in_tokens(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays `amount` of its own tokens."""
        return settled(p, state, ctx.xp, p.purses, rows["payer"], amount) if p.purses else [], {}


def bought(p: Any, state: State, xp: Any, price: Any, paid: Any, purse: Account, payers: Any) -> list[Flow]:
    """The flows of a payment of `paid` [fiat] out of `purse`, and of the tokens that it buys."""
    buy = Flow(purse, p.proceeds, paid if paid.shape[-2] > 1 else to_sellers(p, state, xp, paid), "buy", payers)
    return [buy, *settled(p, state, xp, p.tokens, None, xp.div(xp.total(paid), price, xp.num(0)))]


def settled(p: Any, state: State, xp: Any, purse: Account, payers: Any, tokens: Any) -> list[Flow]:
    """The flows of a payment of `tokens` out of `purse`, of the rows `payers` or of all by what they have."""
    lost = tokens * p.burn_share
    burned = burn(purse, pro_rata(xp, state, purse, lost) if payers is None else lost, "burn", payers)
    return [f for s in p.payees for f in given(xp, state, purse, payers, s, tokens * s.share, "pay")] + [burned]


def given(xp: Any, state: State, src: Account, rows: Any, cut: Any, amount: Any, reason: str) -> list[Flow]:
    """The flows of `amount` [payer, path] to a recipient's holders, out of `rows` of `src`, or of all its rows by what they have."""

    def parted(whole: Any) -> Any:
        return pro_rata(xp, state, cut.by, whole) if cut.by else spread(xp, state, cut.to, whole)

    if rows is None:
        return passed(xp, state, src, cut.to, parted(amount), reason)
    if state[cut.to].shape[-2] == 1:
        return [Flow(src, cut.to, amount, reason, rows)]
    return [Flow(src, cut.to, parted(amount[i : i + 1]), reason, rows[i : i + 1]) for i in range(len(rows))]
