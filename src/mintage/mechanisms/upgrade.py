"""Upgrade: an old token is given up for a new one, once and for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..flows import Flow, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option
from .sharing import by_owner


class Upgrade(Mechanism):
    """Holders swap legacy tokens for new ones at a fixed rate.

        new = floor(rate amount 10^places) / 10^places  [tokens],   locked = new / rate  [legacy]

    So each new token has its legacy tokens locked behind it, to the base unit, and what is finer than the new token can show stays with its
    owner. There is no way back. `source` "mint" issues the new tokens, within the asset's cap; "reserve" releases tokens that supply counts
    already, so that an upgrade changes nobody's share: then the swap ends where the reserve does.

    Source of the one-way swap, one for one: RNDR to RENDER (RNP-018 and RNP-022 tell how much was upgraded).
    """

    name = "upgrade"
    breaks = "Legacy tokens that were thought lost come back years later; a rate fixed on the day of the vote pays whoever bought the cheaper side."
    tags: Mapping[str, Tag] = {"lock": "transfer", "upgrade": "transfer"}

    class Params(Parameters):
        legacy: Ref = account(None, "owners' legacy tokens")
        tokens: Ref = account("holders/token", "where owners receive the new ones: the same rows")
        locked: Ref = account(None, "where legacy tokens stay for ever")
        source: Literal["mint", "reserve"] = option("mint", "where new tokens come from")
        reserve: Ref = account("", "the tokens that are released, when they are minted already")
        rate: Number = number("1", "tokens/legacy", "new tokens for one legacy token", gt="0")
        places: int = count(8, "decimal places of the new token", le=36)

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = []
        if (p.source == "reserve") != bool(p.reserve):
            faults.append(("reserve", f"{p.reserve or 'none is named'}, and tokens come from {p.source}", "an account for `reserve`, none for `mint`"))
        elif p.reserve and p.reserve.asset != p.tokens.asset:
            faults.append(("reserve", str(p.reserve), f"{p.tokens.asset}, which owners receive"))
        if p.locked == p.legacy or p.locked.asset != p.legacy.asset:
            faults.append(("locked", str(p.locked), f"another account of {p.legacy.asset}"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"grains": xp.num(10**p.places)}

    @event(roles={"owner": "legacy"}, arguments={"amount": "legacy"})
    def upgrade(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner gives `amount` of legacy tokens for new ones."""
        xp, at = ctx.xp, rows["owner"]
        new = xp.floor(amount * p.rate * p.grains) / p.grains
        flows = [Flow(p.legacy, p.locked, new / p.rate, "lock", at)]
        if p.source == "mint":
            return [*flows, mint(p.tokens, new, "upgrade", at)], {}
        return flows + [Flow(p.reserve, p.tokens, share, "upgrade", None, to) for to, share in by_owner(xp, state, p.reserve, at, new)], {}
