"""Bounds that no epoch may break, and the laws that hold for every network: conservation, no overdraft, caps."""

from __future__ import annotations

from decimal import Decimal

from ..accounts import BURNED, ISSUANCE, Account
from ..economy import Economy, World, supply
from ..errors import Fault, RunError
from ..spec.live import Bound, Live


def check(live: Live, economy: Economy, before: World, after: World) -> None:
    """Errors: RunError MT817 for a bound that the epoch would break, MT818 for an asset whose accounts do not sum to zero."""
    for asset in economy.assets:
        rest = sum((v.sum() for a, v in after.balances.items() if a.asset == asset), Decimal(0))
        if rest:
            raise RunError(Fault("MT818", f"asset {asset}", f"accounts sum to {rest}", "zero: what leaves one account arrives at another"))
    for bound in live.bound:
        _bound(bound, value(bound.of, economy, before, after), None if bound.change is None else value(bound.of, economy, before, before))


def value(of: str, economy: Economy, before: World, after: World) -> Decimal:
    """What is bounded: a signal (its largest row), supply, or what the epoch minted or burned."""
    word, _, asset = of.partition("/")
    asset = economy.aliases.get(asset, asset)
    if word == "supply":
        return Decimal(supply(after.balances, asset)[0, 0])
    if word in ("minted", "burned"):
        place, sign = (Account(ISSUANCE, asset), -1) if word == "minted" else (Account(BURNED, asset), 1)
        return Decimal(sign * (after.balances[place].sum() - before.balances[place].sum()))
    return Decimal(max(after.signals[of][:, 0]))


def _bound(bound: Bound, found: Decimal, was: Decimal | None) -> None:
    if (bound.low is not None and found < bound.low) or (bound.high is not None and found > bound.high):
        low, high = ("" if v is None else f"{v:f}" for v in (bound.low, bound.high))
        raise RunError(
            Fault(
                "MT817", bound.of, f"would be {found:.12g}", f"{f'at least {low}' if low else ''}{' and ' if low and high else ''}{high and f'at most {high}'}"
            )
        )
    if was and bound.change is not None and abs(found - was) > bound.change * abs(was):
        raise RunError(Fault("MT817", bound.of, f"would move from {was:.12g} to {found:.12g}", f"a change of at most {bound.change:f} of it"))
