"""Holds: money set aside until it is decided whether it is paid.

pending(d to c, x) is a flow d to held(d); posting y of x is held(d) to c of y and held(d) to d of x - y; voiding is held(d) to d.
A balance that a mechanism reads excludes what is held. The ledger's pending transfer is the same thing.
"""

from __future__ import annotations

from typing import Any

from .accounts import Account
from .flows import Flow


def held(place: Account) -> Account:
    """The account where `place`'s held money rests."""
    return Account(f"{place.kind}_held", place.asset)


def pend(debit: Account, amount: Any, reason: str = "pend", at: Any = None) -> list[Flow]:
    """Set `amount` of `debit` aside."""
    return [Flow(debit, held(debit), amount, reason, at, at)]


def post_hold(debit: Account, credit: Account, held_amount: Any, posted: Any, reason: str = "post", at: Any = None, credit_at: Any = None) -> list[Flow]:
    """Pay `posted` of what was held to `credit` and give the rest back."""
    return [Flow(held(debit), credit, posted, reason, at, credit_at), Flow(held(debit), debit, held_amount - posted, f"{reason}_rest", at, at)]


def void_hold(debit: Account, held_amount: Any, reason: str = "void", at: Any = None) -> list[Flow]:
    """Give all that was held back: also what the journaled `expire` event does."""
    return [Flow(held(debit), debit, held_amount, reason, at, at)]
