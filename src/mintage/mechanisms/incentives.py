"""Incentives in dollars: suppliers are owed money, paid in tokens as far as there are some, and what customers leave over buys tokens back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..flows import Flow, burn
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .burn_mint import to_sellers
from .sharing import column, pro_rata


class Hardware(Parameters):
    """One class of devices."""

    price: Number = number(None, "providers_fiat/node", "what a device is taken to cost", gt="0")


class IncentiveEngine(Mechanism):
    """Pay suppliers a target in money out of two vaults, and move the target when the vaults cannot bear it.

        owed_i = price_i scale roi dt / year  x nodes_i eligible_i                                        [fiat]
        rewards pay min(owed, vault price) in tokens at the price of the day, fees pay the rest in tokens and money as far as they go   ("rewards_first")
        sustainability = earnings / owed, a day;   surplus = max(earnings dt - owed, 0), of which `burn_share` or more buys tokens and burns them
        drain = max(owed - earnings - emission price, 0) a day;   reserves = rewards price + fees
        reserves < low drain:  roi, scale fall by `stride` within their bounds;   reserves > high drain:  they rise by it

    So more tokens leave the vault when they are cheap, and never more than it holds: what cannot be paid is not paid, nor owed later. `begin` is the day
    from which suppliers are paid so. Surplus "vault" counts what the fee vault has beyond `buffer` days of payouts, instead of the call's own. Shapes
    [provider, path] and [1, path]. `roi` and `scale` (of hardware prices) are the parameters that governance moves; an operator may set the first by hand.

    Source: io.net's Incentive Dynamic Engine, live since 2026-06-11, as its announcement and CoinDesk Research describe it; its litepaper is not stored
    anywhere, so by how much and how fast parameters move are assumptions.
    """

    name = "incentive_engine"
    tags: Mapping[str, Tag] = {"release": "reward", "payout": "reward", "pass_on": "reward", "buyback": "trade"}
    breaks: ClassVar[str] = (
        "A target in money makes emission rise as the price falls: with a thin market the tokens that pay suppliers push it further down, until the vault is "
        "empty or the target is cut. Suppliers of idle machines are owed as much as those of busy ones, so the target draws machines whether or not "
        "customers come. Who sets hardware prices sets payouts."
    )

    class Params(Parameters):
        providers: Ref = account("providers/token", "who is paid in tokens")
        providers_fiat: Ref = account("providers/fiat", "who is paid in money: the same rows")
        rewards: Ref = account("reward_vault/token", "tokens for suppliers")
        fees: Ref = account("fee_vault/fiat", "what customers paid in money")
        fees_tokens: Ref = account("", "what they paid in tokens, which goes before the money; empty: nothing")
        tokens: Ref = account("market/token", "holders who sell the tokens that are burned")
        proceeds: Ref = account("market/fiat", "what they are paid")
        nodes: Ref = reads("nodes", "node", "devices of each provider")
        eligible: Ref = reads("", "1", "share of each provider's devices that is paid; empty: all")
        earnings: Ref = reads("earnings", "fees/day", "what customers pay into the fee vault")
        emission: Ref = reads("", "providers/day", "tokens that are minted into the reward vault; empty: none")
        price: Ref = reads("price", "fees/providers", "the market's price of the token")
        roi: Ref = writes("target_roi", "1", "return on hardware that suppliers are owed, a year; its start is the opening target")
        scale: Ref = writes("hardware_scale", "1", "factor of all hardware prices; its start is the opening factor")
        ratio: Ref = writes("sustainability", "1", "earnings over payouts owed; 1 where nothing is owed")
        payouts: Ref = writes("", "fees/day", "what each provider is paid, in money; empty: not shown")
        funded: Ref = writes("", "1", "share of what is owed that was paid; empty: not shown")
        devices: tuple[Hardware, ...] = option(..., "one for each row of providers, or one for all", rows="nodes")
        begin: Number = number("0", "day", "day from which it pays", ge="0")
        order: Literal["rewards_first", "fees_first"] = option("rewards_first", "which vault pays first")
        roi_low: Number = number("0.2", "1", "least target return, a year", ge="0")
        roi_high: Number = number("1", "1", "largest target return, a year: what suppliers were promised", ge="0")
        scale_low: Number = number("0.5", "1", "least factor of hardware prices", gt="0")
        scale_high: Number = number("1", "1", "largest factor of hardware prices", gt="0")
        stride: Number = number("0.01", "1", "change of both in one call, relative", ge="0", lt="1")
        low: Number = number("90", "day", "reserves that last less, at the rate at which they drain, make them fall", ge="0")
        high: Number = number("365", "day", "reserves that last longer make them rise", ge="0")
        surplus: Literal["earnings", "vault"] = option("earnings", "what is left over: of a call's earnings, or in the vault beyond its buffer")
        buffer: Number = number("90", "day", "payouts that the fee vault keeps (surplus of the vault)", ge="0")
        burn_share: Number = number(
            "0.5", "1", "share of the surplus that buys and burns tokens", ge="0.5", le="1", source="at least half: CoinDesk Research", date="2026-06-11"
        )
        limit: Number = number("0.01", "1", "tokens bought in one call, at most this share of what the market has", gt="0", le="1")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        pairs = (("roi_low", p.roi_low, p.roi_high), ("scale_low", p.scale_low, p.scale_high), ("low", p.low, p.high))
        return [(field, f"{a} above {b}", "at most its upper bound") for field, a, b in pairs if a > b]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"prices": column(xp, [d.price for d in p.devices])}

    @event(roles={}, arguments={"roi": "1"}, authority="operator")
    def set_target(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], roi: Any) -> Emitted:
        """Governance sets the target return, within its bounds."""
        xp = ctx.xp
        within = xp.logical_and(xp.ge(roi, p.roi_low), xp.le(roi, p.roi_high))
        refuse_unless(ctx, within, "incentive_engine.set_target", "a target out of bounds", f"from {p.roi_low} to {p.roi_high}")
        return [], {p.roi: 0 * signals[p.roi] + roi}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, earnings = ctx.xp, signals[p.price], signals[p.earnings] * ctx.dt
        on = xp.after(ctx.day - ctx.dt, p.begin, 0)
        owed = p.prices * signals[p.nodes] * (signals[p.scale] * signals[p.roi] * (ctx.dt / p.year) * on)
        if p.eligible:
            owed = owed * signals[p.eligible]
        whole, rewards, fees = xp.total(owed), xp.total(state[p.rewards]), xp.total(state[p.fees])
        tokens = xp.total(state[p.fees_tokens]) if p.fees_tokens else 0 * rewards
        from_rewards, from_tokens, from_fees = funding(p, xp, whole, rewards * price, tokens * price, fees)
        share = xp.div(owed, whole, 0)
        flows = [
            Flow(p.rewards, p.providers, share * xp.div(from_rewards, price, 0), "release"),
            Flow(p.fees, p.providers_fiat, share * from_fees, "payout"),
        ]
        if p.fees_tokens:
            flows.append(Flow(p.fees_tokens, p.providers, share * xp.div(from_tokens, price, 0), "pass_on"))

        left = fees - from_fees
        spare = xp.maximum(earnings - whole, 0) if p.surplus == "earnings" else left - whole * (p.buffer / ctx.dt)
        bought = xp.minimum(xp.div(xp.clip(spare, 0 * left, left) * p.burn_share * on, price, 0), xp.total(state[p.tokens]) * p.limit)
        flows += [Flow(p.fees, p.proceeds, to_sellers(p, state, xp, bought * price), "buyback"), burn(p.tokens, pro_rata(xp, state, p.tokens, bought))]

        missing = whole / ctx.dt - signals[p.earnings]
        if p.emission:
            missing = missing - signals[p.emission] * price
        paid = from_rewards + from_tokens + from_fees
        move = moved(p, xp, (rewards + tokens) * price + fees - paid, xp.maximum(missing, 0), on)
        shown = {
            p.ratio: xp.div(earnings, whole, xp.num(1)),
            p.payouts: share * paid / ctx.dt,
            p.funded: xp.div(paid, whole, xp.num(1)),
            p.roi: xp.clip(signals[p.roi] * move, p.roi_low, p.roi_high),
            p.scale: xp.clip(signals[p.scale] * move, p.scale_low, p.scale_high),
        }
        return flows, {name: value for name, value in shown.items() if name}


def funding(p: Any, xp: Any, owed: Any, rewards: Any, tokens: Any, fees: Any) -> tuple[Any, Any, Any]:
    """What the reward vault, customers' tokens and their money pay of `owed` [fiat]."""
    first = xp.minimum(owed, rewards) if p.order == "rewards_first" else 0 * owed
    second = xp.minimum(owed - first, tokens)
    third = xp.minimum(owed - first - second, fees)
    return first if p.order == "rewards_first" else xp.minimum(owed - second - third, rewards), second, third


def moved(p: Any, xp: Any, reserves: Any, drain: Any, on: Any) -> Any:
    """The factor by which governance's parameters move: 1 where reserves last neither too short nor long enough."""
    short, ample = xp.lt(reserves, p.low * drain), xp.gt(reserves, p.high * drain)
    return 1 + on * (xp.where(ample, p.stride, 0 * p.stride) - xp.where(short, p.stride, 0 * p.stride))
