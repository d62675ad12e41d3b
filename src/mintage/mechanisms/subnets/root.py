"""Root: TAO staked one for one, and its claims on every subnet's alpha, swapped into more TAO or kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...accounts import Account
from ...errors import Fault, SpecError
from ...flows import Flow, burn, mint
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless, writes
from .pools import CODE, DATE, leans, rate, swapped


class RootStaking(Mechanism):
    """Stake TAO on root, and pay each call what subnets set aside for root in `claims` [alpha].

        swapping stakers hold shares of `root`: their part of the claims is sold through the pools, without a fee, and the TAO joins `root`
        keepers hold TAO one for one: their part moves to `kept`, and rate_i' = rate_i + kept alpha / keepers' TAO        [alpha/TAO]
        owed_i to a keeper = rate_i x TAO - claimed_i;   a claim moves it into the keeper's stake in subnet i, for shares

    So neither pay-out touches a staker's row until the staker asks. Who keeps, and when it began, does not matter to others: `claimed` starts at rate x TAO.
    Of a subnet that stops running, rates and claims are forgotten. Shapes [subnet, path]; `claimed` [subnet, holder, path].

    Source: Bittensor, subtensor pallets/subtensor/src/staking/claim_root.rs at 14bc6f9f964b.
    """

    name = "root_staking"
    tags: Mapping[str, Tag] = {"stake": "transfer", "unstake": "transfer", "keep": "transfer", "swap": "trade", "swapped": "reward", "kept": "transfer"}
    breaks: ClassVar[str] = (
        "Root stakers sell every subnet's alpha, the good with the bad, whatever its price: the more TAO is on root, the heavier the selling that its yield "
        "comes from. The yield is dilution of alpha holders and ends where their TAO does."
    )

    class Params(Parameters):
        liquid: Ref = account("holders/token", "stakers' free TAO")
        root: Ref = account("root/token", "TAO of swapping stakers, one row")
        shares: Ref = account("holders/ROOT", "their shares of it, rows as in `liquid`")
        crowd: Ref = account("market/ROOT", "shares of it of all who have no row of their own, one row")
        keepers: Ref = account("keepers/token", "TAO of keepers, rows as in `liquid`")
        claims: Ref = account("root_claims/ALPHA", "alpha set aside for root, a row a subnet")
        kept: Ref = account("kept/ALPHA", "alpha that keepers may claim, the same rows")
        tao: Ref = account("pools/token", "the pools' TAO, the same rows")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        staked: Ref = account("staked/ALPHA", "alpha staked with validators, the same rows")
        positions: Ref = account("holders/SHARE", "owners' shares of it, a lot a subnet")
        stakers: Ref = account("stakers/SHARE", "the crowd's shares of it, a row a subnet")
        weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        sold: Ref = writes("root_sold", "tao/day", "TAO that claims took out of each pool")
        slots: int = count(128, "subnets there are rows for", ge=1, le=4096)
        par: Number = number("1", "shares/root", "shares that a TAO on root receives where nobody has any", gt="0")
        stake_par: Number = number("1", "positions/staked", "shares that an alpha receives where nobody has any", gt="0")
        minimum: Number = number("0.002", "root", "least TAO that can be staked", ge="0", source=CODE, date=DATE)

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.positions: p.slots}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        per_tao = make(0, "claims/root", p.tao)
        if per_tao.shape[-2] != p.slots:
            raise SpecError(Fault("MT202", "root_staking.slots", f"{p.slots}, and {p.tao} has {per_tao.shape[-2]} rows", "as many slots as rows"))
        return {"rate": per_tao, "claimed": make(0, "claims", p.keepers, lots=p.slots)}

    @event(roles={"staker": "liquid"}, arguments={"amount": "root"})
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner stakes TAO on root; its claims will be swapped for TAO."""
        at = rows["staker"]
        refuse_unless(ctx, ctx.xp.ge(amount, p.minimum), "root_staking.stake", "the amount is below the minimum", f"{p.minimum} or more")
        got = amount * rate(ctx.xp, all_shares(p, state, ctx.xp), state[p.root], p.par)
        return [Flow(p.liquid, p.root, amount, "stake", at), mint(p.shares, got, "share", at)], {}

    @event(roles={"staker": "liquid"}, arguments={"shares": "shares"})
    def unstake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], shares: Any) -> Emitted:
        """An owner gives up shares of root and receives their TAO."""
        at = rows["staker"]
        back = shares * ctx.xp.div(state[p.root], all_shares(p, state, ctx.xp), 0)
        return [burn(p.shares, shares, "share", at), Flow(p.root, p.liquid, back, "unstake", None, at)], {}

    @event(roles={"staker": "liquid"}, arguments={"amount": "root"})
    def keep(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner stakes TAO on root and keeps its claims in alpha."""
        at = rows["staker"]
        refuse_unless(ctx, ctx.xp.ge(amount, p.minimum), "root_staking.keep", "the amount is below the minimum", f"{p.minimum} or more")
        return [Flow(p.liquid, p.keepers, amount, "keep", at, at)], {"claimed": reckoned(state, ctx.xp, at, amount)}

    @event(roles={"staker": "liquid"}, arguments={"amount": "root"})
    def leave(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A keeper takes TAO off root; what it is owed stays owed."""
        at = rows["staker"]
        return [Flow(p.keepers, p.liquid, amount, "unstake", at, at)], {"claimed": reckoned(state, ctx.xp, at, -amount)}

    @event(roles={"staker": "liquid", "subnet": "tao"}, arguments={})
    def claim(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A keeper claims a subnet's alpha, which joins its stake there."""
        xp, at, i = ctx.xp, rows["staker"], rows["subnet"]
        owed = xp.maximum(state["rate"][i] * state[p.keepers][at] - state["claimed"][(i, at)], 0)
        owed = xp.minimum(owed, state[p.kept][i])  # base units that payment in whole ones has left over
        every = state[p.stakers] + xp.total(state[p.positions])[:, 0]
        new = owed * rate(xp, every, state[p.staked], p.stake_par)[i]
        flows = [Flow(p.kept, p.staked, owed, "claim", i, i), mint(p.positions, new, "share", (i, at))]
        return flows, {"claimed": xp.add_at(state["claimed"], (i, at), owed)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, claims = ctx.xp, state[p.claims]
        keeping, swapping = xp.total(state[p.keepers]), xp.total(state[p.root])
        to_keepers = claims * xp.div(keeping, keeping + swapping, 0)
        sold = claims - to_keepers
        fetched = swapped(xp, state[p.alpha], state[p.tao], sold, leans(p, signals)[1])
        flows = [Flow(p.claims, p.kept, to_keepers, "kept"), Flow(p.claims, p.alpha, sold, "swap"), Flow(p.tao, p.root, fetched, "swapped")]
        per_tao, claimed = state["rate"] + xp.div(to_keepers, keeping, 0), state["claimed"]
        if p.running:
            per_tao, claimed = per_tao * signals[p.running], claimed * signals[p.running][:, None]
        return flows, {p.sold: fetched / ctx.dt, "rate": per_tao, "claimed": claimed}


def all_shares(p: Any, state: State, xp: Any) -> Any:
    """Shares of root [1, path]."""
    return state[p.crowd] + xp.total(state[p.shares])


def reckoned(state: State, xp: Any, at: Any, amount: Any) -> Any:
    """What counts as claimed once a keeper's TAO changes by `amount`: of what is owed nothing changes."""
    old = state["claimed"]
    return xp.add_at(old, (slice(None), at), state["rate"][:, None] * amount)
