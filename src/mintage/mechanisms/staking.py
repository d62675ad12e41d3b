"""Staking: tokens are locked by their owner, leave over an unbonding period, and can be slashed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..accounts import Account
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Parameters, Ref, State, Tag, account, count, event, option, refuse_unless
from .emission import calls_before
from .sharing import by_owner


class Staking(Mechanism):
    """Stake, and unbond through a ring of lots.

        stake: liquid -> staked,   unstake before call n: staked -> unbonding[n mod slots],   call n: unbonding[(n + 1) mod slots] -> liquid

    [liquid], shapes [holder, path]; the three accounts have the same holders. What is unstaked before call n comes back at call n + slots - 1,
    whole: after slots - 1 calls at least and slots at most, whatever was unstaked since. Rewards are left to other mechanisms, which may pay into
    any of the accounts. `slash` takes a share of a holder's stake, and of what it has on the way out where `slash_unbonding` says so, lest
    leaving early be a way out.
    """

    name = "staking"
    tags: Mapping[str, Tag] = {"stake": "transfer", "unstake": "transfer", "return": "transfer", "slash": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "what they have staked")
        unbonding: Ref = account("unbonding/token", "what is on its way out, a lot for each call to come")
        slots: int = count(8, "lots of the ring: unbonding takes one call less, at least", ge=2, le=4096)
        slashed: Literal["burn", "treasury"] = option("burn", "where slashed tokens go")
        treasury: Ref = account("", "who receives them, when they are not burned")
        slash_unbonding: bool = option(True, "slashing reaches what is on its way out")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if (p.slashed == "treasury") == bool(p.treasury):
            return []
        return [("treasury", f"{p.treasury or 'none is named'}, and slashed tokens go to {p.slashed}", "an account for `treasury`, none for `burn`")]

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.unbonding: p.slots}

    @event(roles={"staker": "liquid"}, arguments={"amount": "liquid"}, order_free=True)
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner locks `amount` of its free tokens."""
        return [Flow(p.liquid, p.staked, amount, "stake", rows["staker"], rows["staker"])], {}

    @event(roles={"staker": "staked"}, arguments={"amount": "liquid"}, order_free=True)
    def unstake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner begins to take `amount` out; it is free when unbonding is over."""
        lot, at = calls_before(ctx.t, ctx) % p.slots, rows["staker"]
        return [Flow(p.staked, p.unbonding, amount, "unstake", at, lot if at is None else (lot, at))], {}

    @event(roles={"staker": "staked"}, arguments={"share": "1"}, authority="operator")
    def slash(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """An owner loses `share` of its stake, from 0 to 1, for what an operator saw it do."""
        xp, at = ctx.xp, rows["staker"]
        refuse_unless(ctx, xp.le(share, 1), "staking.slash, argument 'share'", "more than all", "a share from 0 to 1")
        places: list[tuple[Account, Any]] = [(p.staked, at)]
        if p.slash_unbonding:
            places += [(p.unbonding, i if at is None else (i, at)) for i in range(p.slots)]
        return [flow for place, index in places for flow in self.taken(p, state, xp, place, index, share)], {}

    def taken(self, p: Any, state: State, xp: Any, place: Account, index: Any, share: Any) -> list[Flow]:
        """The flows that take `share` of what lies at `index` of `place`."""
        lost = (state[place] if index is None else state[place][index]) * share
        if p.slashed == "burn":
            return [burn(place, lost, "slash", index)]
        lot, rows = index if type(index) is tuple else (None, index)
        if rows is None or type(rows) is int:
            return [Flow(place, p.treasury, lost, "slash", index)]
        return [Flow(place, p.treasury, part, "slash", at if lot is None else (lot, at)) for at, part in by_owner(xp, state, p.treasury, rows, lost)]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        ripe = (calls_before(ctx.t, ctx) + 1) % p.slots
        return [Flow(p.unbonding, p.liquid, state[p.unbonding][ripe], "return", ripe, None)], {}
