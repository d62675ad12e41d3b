"""Pools of subnets: TAO against each subnet's alpha, a weighted balancer, and stakers who hold shares of what is staked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...accounts import Account
from ...errors import Fault, SpecError
from ...flows import Flow, burn, mint
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless
from ..sharing import by_owner

CODE, DATE = "subtensor 14bc6f9f964b", "2026-06-30"


class SubnetPools(Mechanism):
    """Stake TAO into a subnet's alpha and back, through its pool. Subnets are the rows of `tao` and `alpha`: reserves y [TAO] and x [alpha].

        price = (w1 y) / (w2 x),   w1 = 1 - w2
        stake:   out = x (1 - (y / (y + d))^(w2 / w1)),   d = paid (1 - fee)          [alpha]
        unstake: out = y (1 - (x / (x + d))^(w1 / w2)),   d = alpha sold (1 - fee)    [TAO]

    With w2 = 1/2, where no `weight` is named, this is the constant product. What is paid in is at most `limit` times the reserve. The fee goes to
    block authors, in TAO: that of a sale is sold too. Alpha bought is staked with the subnet's validators: a staker holds shares of the row of
    `staked`, worth staked / shares alpha each, so dividends paid there reach all without touching anyone's row. `crowd` are shares of those who
    have no row of their own. Reserves and shares [subnet, path], positions [subnet, holder, path].

    Source: Bittensor, subtensor pallets/swap/src/pallet/balancer.rs and swap_step.rs at 14bc6f9f964b.
    """

    name = "subnet_pools"
    tags: Mapping[str, Tag] = {"stake": "trade", "bought": "trade", "unstake": "trade", "sold": "trade", "move": "trade", "fee": "fee", "share": "transfer"}
    breaks: ClassVar[str] = (
        "Price moves with each order, so a thin pool is bought up and sold out by whoever comes first, and stakers of one subnet leave through the same "
        "door: the last of them find little TAO in it. Orders seen before they are made can be sandwiched; the fee of 0.05 % does not deter that."
    )

    class Params(Parameters):
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        staked: Ref = account("staked/ALPHA", "alpha staked with each subnet's validators, the same rows")
        liquid: Ref = account("holders/token", "stakers' free TAO")
        positions: Ref = account("holders/SHARE", "their shares of what is staked: a lot a subnet, a row a staker as in `liquid`")
        crowd: Ref = account("", "shares of all who have no row of their own, a row a subnet; empty: there are none")
        authors: Ref = account("authors/token", "block authors, who receive the fees")
        slots: int = count(128, "subnets there are rows for", ge=1, le=4096)
        weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
        running: Ref = reads("", "1", "1 for subnets that run, whose pools can be used; empty: all do")
        fee: Number = number("0.00050354772259098", "1", "share of what is paid in, 33 of 65535", ge="0", lt="1", source=CODE, date=DATE)
        limit: Number = number("1000", "1", "what is paid in, over the reserve, at most", gt="0", source=CODE, date=DATE)
        minimum: Number = number("0.002", "tao", "least TAO that can be staked", ge="0", source=CODE, date=DATE)
        founding: Number = number("0", "tao", "TAO in pools at the start, issued beside the opening balances: in whole TAO, row i as i^-rank", ge="0")
        rank: Number = number("0.7", "1", "how unequal those parts are; 0: equal", ge="0")
        par: Number = number("1", "positions/alpha", "shares that an alpha receives where nobody has any", gt="0")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.positions: p.slots}

    def genesis(self, p: Any, xp: Any) -> list[Flow]:
        if not p.founding:
            return []
        by_rank = xp.power(xp.cumsum(xp.full((p.slots, 1), xp.num(1)), -2), -p.rank)
        whole = xp.floor(by_rank * (p.founding / xp.total(by_rank)))
        return [mint(p.tao, xp.add_at(whole, slice(0, 1), p.founding - xp.total(whole)), "genesis")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        rows = make(0, of=p.tao).shape[-2]
        if rows != p.slots:
            raise SpecError(Fault("MT202", "subnet_pools.slots", f"{p.slots}, and {p.tao} has {rows} rows", "as many slots as rows"))
        return {}

    @event(roles={"staker": "liquid", "subnet": "tao"}, arguments={"amount": "tao"})
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner swaps `amount` of its TAO into a subnet's alpha and stakes it: it receives shares."""
        xp, who, at = ctx.xp, rows["staker"], rows["subnet"]
        open_to(p, signals, ctx, at, "stake")
        refuse_unless(ctx, xp.ge(amount, p.minimum), "subnet_pools.stake", "the amount is below the minimum", f"{p.minimum} or more")
        return buy(p, state, signals, ctx, (p.liquid, who, "stake"), (who, at), amount), {}

    @event(roles={"staker": "liquid", "subnet": "tao"}, arguments={"shares": "positions"})
    def unstake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], shares: Any) -> Emitted:
        """An owner gives up `shares` and receives the TAO that their alpha fetches."""
        who, at = rows["staker"], rows["subnet"]
        open_to(p, signals, ctx, at, "unstake")
        flows, own = sell(p, state, signals, ctx, (who, at), shares)
        return [*flows, Flow(p.tao, p.liquid, own, "sold", at, who)], {}

    @event(roles={"staker": "liquid", "subnet": "tao", "target": "tao"}, arguments={"shares": "positions"})
    def move(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], shares: Any) -> Emitted:
        """An owner moves `shares` of one subnet into another: alpha is sold there and bought here, both with the fee."""
        xp, who, at, to = ctx.xp, rows["staker"], rows["subnet"], rows["target"]
        same = xp.eq(xp.array(at)[:, None], xp.array(to)[:, None])
        refuse_unless(ctx, xp.logical_not(same), "subnet_pools.move", "both subnets are the same", "two subnets")
        for place in (at, to):
            open_to(p, signals, ctx, place, "move")
        flows, own = sell(p, state, signals, ctx, (who, at), shares)
        return flows + buy(p, state, signals, ctx, (p.tao, at, "move"), (who, to), own), {}


def open_to(p: Any, signals: Mapping[str, Any], ctx: Any, at: Any, what: str) -> None:
    """Refuse what is done in a subnet that does not run."""
    if p.running:
        refuse_unless(ctx, ctx.xp.eq(signals[p.running][at], 1), f"subnet_pools.{what}", "the subnet does not run", "a subnet that runs")


def buy(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, source: tuple[Account, Any, str], to: tuple[Any, Any], amount: Any) -> list[Flow]:
    """Flows of `amount` [TAO] out of rows of `source` into alpha of subnets `at`, for shares of holders `who`; `to` is (who, at)."""
    xp, (place, rows, reason), (who, at) = ctx.xp, source, to
    y, x, fee = state[p.tao][at], state[p.alpha][at], amount * p.fee
    refuse_unless(ctx, xp.le(amount - fee, p.limit * y), f"subnet_pools.{reason}", "the order is too large for the pool", f"{p.limit} times its TAO at most")
    got = swapped(xp, y, x, amount - fee, leans(p, signals, at)[0])
    flows = [Flow(place, p.tao, amount - fee, reason, rows, at), Flow(p.alpha, p.staked, got, "bought", at, at)]
    flows += [Flow(place, p.authors, part, "fee", row) for row, part in by_owner(xp, state, p.authors, rows, fee)]
    return [*flows, mint(p.positions, got * shares_per_alpha(p, state, xp)[at], "share", (at, who))]


def sell(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, of: tuple[Any, Any], shares: Any) -> tuple[list[Flow], Any]:
    """(flows, TAO for the seller) of `shares` of subnets `at` that holders `who` give up; `of` is (who, at)."""
    xp, (who, at) = ctx.xp, of
    y, x = state[p.tao][at], state[p.alpha][at]
    alpha = shares * xp.div(state[p.staked][at], all_shares(p, state, xp)[at], 0)
    refuse_unless(ctx, xp.le(alpha, p.limit * x), "subnet_pools.unstake", "the order is too large for the pool", f"{p.limit} times its alpha at most")
    lean = leans(p, signals, at)[1]
    own, all_ = (swapped(xp, x, y, part, lean) for part in (alpha * (1 - p.fee), alpha))
    flows = [burn(p.positions, shares, "share", (at, who)), Flow(p.staked, p.alpha, alpha, "unstake", at, at)]
    return flows + [Flow(p.tao, p.authors, part, "fee", row) for row, part in by_owner(xp, state, p.authors, at, all_ - own)], own


def all_shares(p: Any, state: State, xp: Any) -> Any:
    """Shares of each subnet's stakers together [subnet, path]."""
    own = xp.total(state[p.positions])[:, 0]
    return own + state[p.crowd] if p.crowd else own


def shares_per_alpha(p: Any, state: State, xp: Any) -> Any:
    """Shares that an alpha staked now receives [subnet, path]."""
    return rate(xp, all_shares(p, state, xp), state[p.staked], p.par)


def rate(xp: Any, shares: Any, pool: Any, par: Any) -> Any:
    """Shares for a unit that is added to `pool`: shares / pool, and `par` while nobody has a share."""
    return xp.div(shares, pool, 0) + par * (1 - xp.div(shares, shares, 0))


# --- the balancer -------------------------------------------------------------------------------------------------


def swapped(xp: Any, into: Any, out_of: Any, paid: Any, lean: Any = None) -> Any:
    """What a pool gives for `paid`: out (1 - (in / (in + paid))^lean), `lean` the weight of what is paid over that of what is given; None: 1."""
    if lean is None:
        return paid * xp.div(out_of, into + paid, 0)
    return out_of * -xp.expm1(-lean * xp.log1p(xp.div(paid, into, 0)))


def given(xp: Any, into: Any, out_of: Any, paid: Any, lean: Any = None) -> Any:
    """What a pool gives for each unit of `paid`, on average; at the margin where nothing is paid."""
    if lean is None:
        return xp.div(out_of, into + paid, 0)
    return xp.div(swapped(xp, into, out_of, paid, lean), paid, xp.div(out_of, into, 0) * lean)


def leans(p: Any, signals: Mapping[str, Any], at: Any = None) -> tuple[Any, Any]:
    """(w2 / w1, w1 / w2), for buying and for selling alpha; None and None where weights are equal."""
    if not p.weight:
        return None, None
    weight = signals[p.weight] if at is None else signals[p.weight][at]
    return weight / (1 - weight), (1 - weight) / weight


def spot(xp: Any, tao: Any, alpha: Any, weight: Any = None) -> Any:
    """(w1 y) / (w2 x) [TAO/alpha]; 0 for a pool without alpha."""
    price = xp.div(tao, alpha, 0)
    return price if weight is None else price * ((1 - weight) / weight)


def reweighted(xp: Any, tao: Any, alpha: Any, more_tao: Any, more_alpha: Any, weight: Any) -> Any:
    """w2' = (y + dy) / (p (x + dx) + y + dy): the weight with which an injection leaves the price where it is; 1/2 for an empty pool."""
    base, quote = (1 - weight) * tao * (alpha + more_alpha), weight * alpha * (tao + more_tao)
    return xp.div(quote, base + quote, xp.num("0.5"))
