"""Burn-mint equilibrium: work is priced in fiat, paid in tokens that are burned, and rewarded apart from the burn."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from ..accounts import Account
from ..flows import Flow, burn, mint
from ..holds import pend, void_hold
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads
from .sharing import Share, not_one, pro_rata, spread


class BurnMint(Mechanism):
    """Customers pay fiat; a share buys tokens from holders at the oracle's price, and those are burned; the rest goes to payees in fiat.

        revenue = min(fx demand dt, burn_limit holders price / burn_share),   paid = burn_share revenue,   tokens = paid / price

    [fiat], [token]; shapes [1, path]. Payee j receives share_j x revenue, so a limited burn limits the whole payment. Of several holders each sells in
    proportion to what it has, and is paid so. With `rewards` set, work is
    also rewarded at its price when measured: reward_share / burn_share x tokens are minted. `settlement` "pay_providers" hands the tokens to
    providers instead of burning them; "stablecoin" pays providers in fiat without any token, and of the payments a share `survives` is then
    still made: what customers would buy without the discount, access or collateral that only the token gives (an assumption about them).

    Where customers have `wallets`, events pay out of them, and a job may be posted first: its money is then set aside until the job is paid or cancelled.

    Sources: RNP-001 and RNP-006 (95 % burned, 5 % to the service provider), RNP-023 (revenue share rewarded in tokens).
    """

    name = "burn_mint"
    breaks = (
        "A price oracle that lags lets customers burn too few tokens after a fall, and a thin market cannot supply what must be burned, so "
        "payments are cut. Burning what emission mints anew is no scarcity: compare burned with minted."
    )
    behaviour = True
    tags: Mapping[str, Tag] = {"pay": "revenue", "fee": "revenue", "settle": "trade", "reward": "reward"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}

    class Params(Parameters):
        demand: Ref = reads("demand", "proceeds/day", "what customers pay, in the currency of jobs")
        price: Ref = reads("price", "proceeds/tokens", "the oracle's price of the token")
        work: Ref = reads("", "job/day", "work by holder, by which providers are paid; empty: equal parts")
        fx: Ref = reads("", "1", "fiat for one unit of the jobs' currency; empty: jobs are priced in fiat")
        customers: Ref = account("external/fiat", "where customers' money comes from")
        wallets: Ref = account("", "customers' own money, which events draw on; empty: events draw on `customers`, whose money is never set aside")
        tokens: Ref = account("market/token", "holders who sell the tokens")
        proceeds: Ref = account("market/fiat", "what holders are paid")
        providers: Ref = account("", "providers, when tokens are not burned")
        providers_fiat: Ref = account("providers/fiat", "providers, when no token is used")
        settlement: Literal["burn", "pay_providers", "stablecoin"] = option("burn", "what becomes of the payment")
        burn_share: Number = number("1", "1", "share of a payment that buys tokens", gt="0", le="1")
        payees: tuple[Share, ...] = option((), "who receives the rest in fiat; with burn_share the shares sum to 1")
        burn_limit: Number = number("1", "1", "tokens bought in one call, at most this share of what holders have", gt="0", le="1")
        survives: Number = number("1", "1", "share of payments that would still be made if no token were needed (stablecoin)", ge="0", le="1")
        rewards: Ref = account("", "who receives minted work rewards; empty: none are minted here")
        reward_share: Number = number("0", "1", "value of minted rewards over the payment", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        unpaid = (
            [("providers", "none are named", "an account, when providers are paid in tokens")] if p.settlement == "pay_providers" and not p.providers else []
        )
        return not_one("payees", sum((s.share for s in p.payees), Decimal(p.burn_share))) + unpaid

    def holds(self, p: Any) -> tuple[Account, ...]:
        return (p.wallets,) if p.wallets else ()

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return settle(p, state, signals, ctx.xp, asked(p, state, signals, ctx), p.customers, None), {}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays `amount` for a job. No limit applies: a burn that holders cannot cover is refused, never cut."""
        return settle(p, state, signals, ctx.xp, amount, p.wallets or p.customers, rows["payer"]), {}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def post_job(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer posts a job: `amount` of its money is set aside until the job is paid or cancelled."""
        return pend(p.wallets, amount, "post_job", rows["payer"]) if p.wallets else [], {}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def cancel_job(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer takes back `amount` of what it set aside; more than that is refused."""
        return void_hold(p.wallets, amount, "cancel_job", rows["payer"]) if p.wallets else [], {}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay_job(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A posted job is paid: `amount` of what was set aside, as by `pay`; more than that is refused, the rest stays set aside."""
        released = void_hold(p.wallets, amount, "release", rows["payer"]) if p.wallets else []
        return released + settle(p, state, signals, ctx.xp, amount, p.wallets or p.customers, rows["payer"]), {}


def asked(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Any:
    """What customers pay in one call [proceeds], as far as holders have tokens to burn for it."""
    wanted = signals[p.demand] * ctx.dt
    if p.fx:
        wanted = wanted * signals[p.fx]
    if p.settlement == "stablecoin":
        wanted = wanted * p.survives
    return ctx.xp.minimum(wanted, ctx.xp.total(state[p.tokens]) * (p.burn_limit / p.burn_share) * signals[p.price])


def settle(p: Any, state: State, signals: Mapping[str, Any], xp: Any, revenue: Any, purse: Account, payers: Any) -> list[Flow]:
    """The flows of payments of `revenue` [payer, path] out of `purse`. Fiat is never got back from tokens: shares of a whole amount then stay whole."""
    paid = revenue * p.burn_share
    flows = [Flow(purse, s.to, spread(xp, state, s.to, revenue * s.share) if revenue.shape[-2] == 1 else revenue * s.share, "fee", payers) for s in p.payees]
    if p.settlement == "stablecoin":
        parts = by_work(p, state, signals, xp, p.providers_fiat)
        return flows + [Flow(purse, p.providers_fiat, paid * part, "pay", payers, at) for at, part in parts]
    flows.append(Flow(purse, p.proceeds, paid if paid.shape[-2] > 1 else to_sellers(p, state, xp, paid), "pay", payers))
    bought = xp.total(paid) / signals[p.price]
    sold = pro_rata(xp, state, p.tokens, bought)
    if p.settlement == "burn":
        flows.append(burn(p.tokens, sold, "settle"))
    else:
        flows += [Flow(p.tokens, p.providers, sold * part, "settle", None, at) for at, part in by_work(p, state, signals, xp, p.providers)]
    if p.rewards:
        minted = bought * (p.reward_share / p.burn_share)
        flows += [mint(p.rewards, minted * part, "reward", at) for at, part in by_work(p, state, signals, xp, p.rewards)]
    return flows


def to_sellers(p: Any, state: State, xp: Any, paid: Any) -> Any:
    """Proceeds by holder: in proportion to the tokens sold, or in equal parts when fiat rests with other holders than tokens do."""
    same = state[p.proceeds].shape[-2] == state[p.tokens].shape[-2]
    return pro_rata(xp, state, p.tokens, paid) if same else spread(xp, state, p.proceeds, paid)


def by_work(p: Any, state: State, signals: Mapping[str, Any], xp: Any, place: Account) -> list[tuple[Any, Any]]:
    """(row, share) of each holder of `place`: pro rata to the work signal, in equal parts without one or without work."""
    holders = state[place].shape[-2]
    if holders == 1:
        return [(None, xp.num(1))]
    equal = xp.num(1) / holders
    share = xp.div(signals[p.work], xp.total(signals[p.work]), equal) if p.work else xp.full((holders, 1), equal)
    return [(slice(i, i + 1), share[i : i + 1]) for i in range(holders)]
