"""Liquidity: shares of a constant-product pool as an asset of their own, and shares that count as stake while they earn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, refuse_unless, writes
from .sharing import supply
from .stakers import in_all_lots


class LiquidityPool(Mechanism):
    """Put tokens and fiat into a pool and hold shares of it; what traders pay as fees makes a share worth more.

        add a:     a tokens and a y / x fiat in,   L a / x shares out           x [token], y [fiat] in the pool, L [share] out
        remove s:  s shares in,   x s / L tokens and y s / L fiat out

    So neither moves the price nor what anybody else's shares are worth. Trades are another mechanism's on the same two accounts (`order_flow_price`), whose
    fee stays in the pool. An empty pool begins at `first_price`, with `unit` shares for a token. Signals: `value`, a share's part of both sides at the
    pool's price, 2 y / L [fiat/share]; `growth`, sqrt(x y) / L over what it is as a pool begins, which fees alone move [1]; shapes [1, path].

    Holding shares while the price moves by a factor r loses 1 - 2 sqrt(r) / (1 + r) against holding the two sides, and at least sigma^2 / 8 of the pool's
    value a unit of time to whoever trades it back to the outside price. Sources: Angeris et al. 2019; Milionis, Moallemi, Roughgarden and Zhang 2022.
    """

    name = "liquidity_pool"
    breaks: ClassVar[str] = (
        "When the price moves more than fees earn, providers leave, the pool gets thin, and each trade moves the price more. Liquidity that was bought with "
        "rewards leaves with them. Who adds just before a large trade and removes after it takes fees from those who stay."
    )
    tags: Mapping[str, Tag] = {"add": "transfer", "remove": "transfer"}

    class Params(Parameters):
        tokens: Ref = account("providers/token", "providers' tokens")
        fiat: Ref = account("providers/fiat", "their money: the same rows")
        shares: Ref = account(None, "their shares: the same rows; an asset of its own, of form `share`")
        pool_tokens: Ref = account("pool/token", "the pool's tokens")
        pool_fiat: Ref = account("pool/fiat", "the pool's fiat")
        first_price: Number = number("1", "pool_fiat/pool_tokens", "price at which an empty pool begins", gt="0")
        unit: Number = number("1", "shares/pool_tokens", "shares for a token in an empty pool", gt="0")
        value: Ref = writes("", "pool_fiat/shares", "signal that shows what a share is worth; empty: none")
        growth: Ref = writes("", "1", "signal that shows what fees have made of a share; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if p.shares.asset in (p.pool_tokens.asset, p.pool_fiat.asset):
            return [("shares", str(p.shares), "an asset of its own, of form `share`")]
        return []

    @event(roles={"provider": "tokens"}, arguments={"amount": "tokens"})
    def add(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A provider adds `amount` of tokens and as much fiat as the pool holds for so many."""
        xp, at, out = ctx.xp, rows["provider"], supply(state, p.shares)
        x, y = state[p.pool_tokens], state[p.pool_fiat]
        begun, filled = xp.gt(out, 0 * out), xp.logical_and(xp.gt(x, 0 * x), xp.gt(y, 0 * y))
        refuse_unless(
            ctx, xp.eq(xp.where(begun, 1, 0), xp.where(filled, 1, 0)), "liquidity_pool.add", "a pool without shares, or shares without a pool", "both"
        )
        money = amount * xp.where(begun, xp.div(y, x, 0), p.first_price)
        minted = amount * xp.where(begun, xp.div(out, x, 0), p.unit)
        return [Flow(p.tokens, p.pool_tokens, amount, "add", at), Flow(p.fiat, p.pool_fiat, money, "add", at), mint(p.shares, minted, "add", at)], {}

    @event(roles={"provider": "tokens"}, arguments={"amount": "shares"})
    def remove(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A provider gives `amount` of its shares back, for their part of both sides."""
        at, part = rows["provider"], ctx.xp.div(amount, supply(state, p.shares), 0)
        sides = ((p.pool_tokens, p.tokens), (p.pool_fiat, p.fiat))
        return [burn(p.shares, amount, "remove", at), *(Flow(pool, to, state[pool] * part, "remove", None, at) for pool, to in sides)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, out, shown = ctx.xp, supply(state, p.shares), {}
        x, y = state[p.pool_tokens], state[p.pool_fiat]
        if p.value:
            shown[p.value] = xp.div(2 * y, out, 0)
        if p.growth:
            shown[p.growth] = xp.sqrt(xp.div(x * p.unit, out, 0) * xp.div(y * p.unit, out * p.first_price, 0))
        return [], shown


class LpStake(Mechanism):
    """Pool shares count as stake while they earn.

        weight_i = counts s_i x / L

    [pool_tokens], shape [holder, path]. s_i shares of L that are out stand for their part of the pool's x tokens: a share counts for the tokens behind it, or
    with `counts` 2 for both sides at the pool's price. The shares stay where they are and keep earning the pool's fees: free ones, or those that `staking`
    holds. What has been written is read by `access_tiers`, `priority_slots` or `stake_rewards` beside the stake in tokens. The count is taken once a call, so
    shares that were bought and sold between two calls count for nothing.

    Source: article on Ritual, which says that stake in a pool also opens access; the form is an assumption.
    """

    name = "lp_stake"
    breaks: ClassVar[str] = (
        "The tokens behind a share fall when the token rises and rise when it falls, so a holder loses weight in a rally without selling; whoever moves the "
        "pool's price at the moment of the count moves everybody's weight. One token opens access and fills the pool: a fall empties both at once."
    )

    class Params(Parameters):
        shares: Ref = account(None, "pool shares that count, one row a holder")
        pool_tokens: Ref = account("pool/token", "the pool's tokens")
        counts: Number = number("1", "1", "1: a share counts for its tokens; 2: for its fiat at the pool's price too", ge="0", le="2")
        weight: Ref = writes("lp_weight", "pool_tokens", "what each holder's shares count for")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        held = in_all_lots(xp, state[p.shares])
        return [], {p.weight: xp.div(held * state[p.pool_tokens], supply(state, p.shares), 0) * p.counts}
