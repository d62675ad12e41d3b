"""Burn-mint equilibrium: work is priced in fiat, paid in tokens that are burned, and rewarded apart from the burn."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from ..accounts import Account
from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads
from .sharing import Share, not_one


class BurnMint(Mechanism):
    """Customers pay fiat; a share buys tokens from holders at the oracle's price, and those are burned; the rest goes to payees in fiat.

        revenue = fx demand dt,   tokens = min(burn_share revenue / price, burn_limit holders),   paid = tokens price

    [fiat], [token]; shapes [1, path]. Payee j receives share_j / burn_share x paid, so a limited burn limits the whole payment. With `rewards` set, work is
    also rewarded at its price when measured: reward_share / burn_share x tokens are minted. `settlement` "pay_providers" hands the tokens to
    providers instead of burning them; "stablecoin" pays providers in fiat without any token, and of the payments a share `survives` is then
    still made: what customers would buy without the discount, access or collateral that only the token gives (an assumption about them).

    Sources: RNP-001 and RNP-006 (95 % burned, 5 % to the service provider), RNP-023 (revenue share rewarded in tokens).
    """

    name = "burn_mint"
    tags: Mapping[str, Tag] = {"pay": "revenue", "fee": "revenue", "settle": "trade", "reward": "reward"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}

    class Params(Parameters):
        demand: Ref = reads("demand", "proceeds/day", "what customers pay, in the currency of jobs")
        price: Ref = reads("price", "proceeds/tokens", "the oracle's price of the token")
        work: Ref = reads("", "job/day", "work by holder, by which providers are paid; empty: equal parts")
        fx: Ref = reads("", "1", "fiat for one unit of the jobs' currency; empty: jobs are priced in fiat")
        customers: Ref = account("external/fiat", "where customers' money comes from")
        tokens: Ref = account("market/token", "holders who sell the tokens")
        proceeds: Ref = account("market/fiat", "what holders are paid")
        providers: Ref = account("providers/token", "providers, when tokens are not burned")
        providers_fiat: Ref = account("providers/fiat", "providers, when no token is used")
        settlement: Literal["burn", "pay_providers", "stablecoin"] = option("burn", "what becomes of the payment")
        burn_share: Number = number("1", "1", "share of a payment that buys tokens", gt="0", le="1")
        payees: tuple[Share, ...] = option((), "who receives the rest in fiat; with burn_share the shares sum to 1")
        burn_limit: Number = number("1", "1", "tokens bought in one call, at most this share of what holders have", gt="0", le="1")
        survives: Number = number("1", "1", "share of payments that would still be made if no token were needed (stablecoin)", ge="0", le="1")
        rewards: Ref = account("", "who receives minted work rewards; empty: none are minted here")
        reward_share: Number = number("0", "1", "value of minted rewards over the payment", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("payees", sum((s.share for s in p.payees), Decimal(p.burn_share)))

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        wanted = signals[p.demand] * (p.burn_share * ctx.dt) / signals[p.price]
        if p.fx:
            wanted = wanted * signals[p.fx]
        if p.settlement == "stablecoin":
            wanted = wanted * p.survives
        tokens = ctx.xp.minimum(wanted, p.burn_limit * ctx.xp.total(state[p.tokens]))
        return settle(p, state, signals, ctx.xp, tokens, None), {}

    @event(roles={"payer": "customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays `amount` for a job. No limit applies: a burn that holders cannot cover is refused, never cut."""
        return settle(p, state, signals, ctx.xp, amount * p.burn_share / signals[p.price], rows["payer"]), {}


def settle(p: Any, state: State, signals: Mapping[str, Any], xp: Any, tokens: Any, payers: Any) -> list[Flow]:
    """The flows of payments that buy `tokens` [payer, path]."""
    paid = tokens * signals[p.price]
    flows = [Flow(p.customers, s.to, paid * (s.share / p.burn_share), "fee", payers) for s in p.payees]
    if p.settlement == "stablecoin":
        parts = by_work(p, state, signals, xp, p.providers_fiat)
        return flows + [Flow(p.customers, p.providers_fiat, paid * part, "pay", payers, at) for at, part in parts]
    flows.append(Flow(p.customers, p.proceeds, paid, "pay", payers))
    bought = tokens if tokens.shape[-2] == 1 else xp.total(tokens)
    if p.settlement == "burn":
        flows.append(burn(p.tokens, bought, "settle"))
    else:
        flows += [Flow(p.tokens, p.providers, bought * part, "settle", None, at) for at, part in by_work(p, state, signals, xp, p.providers)]
    if p.rewards:
        minted = bought * (p.reward_share / p.burn_share)
        flows += [mint(p.rewards, minted * part, "reward", at) for at, part in by_work(p, state, signals, xp, p.rewards)]
    return flows


def by_work(p: Any, state: State, signals: Mapping[str, Any], xp: Any, place: Account) -> list[tuple[Any, Any]]:
    """(row, share) of each holder of `place`: pro rata to the work signal, in equal parts without one or without work."""
    holders = state[place].shape[-2]
    if holders == 1:
        return [(None, xp.num(1))]
    equal = xp.num(1) / holders
    share = xp.div(signals[p.work], xp.total(signals[p.work]), equal) if p.work else xp.full((holders, 1), equal)
    return [(slice(i, i + 1), share[i : i + 1]) for i in range(holders)]
