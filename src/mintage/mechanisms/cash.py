"""The door of a running network: money and tokens that come in from outside, and go out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flows import Flow
from .base import Emitted, Mechanism, Parameters, Ref, State, Tag, account, event
from .sharing import by_owner


class CashDesk(Mechanism):
    """Owners bring an asset in and take it out, one for one.

        deposit: outside -> wallet,   withdraw: wallet -> outside        [wallet]

    What arrives outside (a bank transfer, a payment on a chain) the network cannot see, so an operator vouches for each deposit; an owner
    withdraws what is free in its own row, never more. Neither is income: revenue is what customers pay, not what they bring. `outside` is
    `external` for what the network does not hold yet, or the aggregate account in which the owner's tokens were counted until now.
    """

    name = "cash_desk"
    breaks = "It believes its operator: dollars that never arrived are as good as those that did. Bound what one operator may vouch for."
    tags: Mapping[str, Tag] = {"deposit": "transfer", "withdraw": "transfer"}

    class Params(Parameters):
        wallet: Ref = account("customers/fiat", "owners' free money")
        outside: Ref = account("external/fiat", "where it comes from and goes to")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [("outside", f"{p.outside} for {p.wallet}", "the wallet's asset in another account")] if twisted(p) else []

    @event(roles={"owner": "wallet"}, arguments={"amount": "wallet"}, order_free=True, authority="operator")
    def deposit(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """`amount` has arrived from outside for an owner, as an operator saw."""
        return [Flow(p.outside, p.wallet, share, "deposit", None, at) for at, share in by_owner(ctx.xp, state, p.outside, rows["owner"], amount)], {}

    @event(roles={"owner": "wallet"}, arguments={"amount": "wallet"}, order_free=True)
    def withdraw(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner takes `amount` of its free money out of the network."""
        return [Flow(p.wallet, p.outside, share, "withdraw", at) for at, share in by_owner(ctx.xp, state, p.outside, rows["owner"], amount)], {}


def twisted(p: Any) -> bool:
    """Whether the two sides are one account or hold two assets."""
    return bool(p.wallet == p.outside or p.wallet.asset != p.outside.asset)
