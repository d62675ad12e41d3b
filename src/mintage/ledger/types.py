"""The nouns of the ledger: account, transfer, result. Money is whole base units, from 0 to 2^256 - 1.

An account is (asset, kind, owner, lot) and never closed or deleted; a transfer moves an amount from its debit account to its credit
account and is never changed: a mistake is corrected by another transfer. Minting debits `issuance`, burning credits `burned`, so the
balances of an asset, credits less debits, sum to zero at all times.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

AMOUNT_MAX = 2**256 - 1
ID_MAX = 2**128 - 1


class Account(NamedTuple):
    """Where an asset rests: a kind of the chart, whose it is, and which lot (-1: none). Written `kind/ASSET`, `kind/ASSET:owner`, `kind/ASSET:owner#3`."""

    asset: str
    kind: str
    owner: str = ""
    lot: int = -1

    def __str__(self) -> str:
        return f"{self.kind}/{self.asset}" + (f":{self.owner}" if self.owner else "") + (f"#{self.lot}" if self.lot >= 0 else "")


class Limit(IntFlag):
    """What an account refuses. NO_OVERDRAFT: posted and pending debits stay within posted credits. CREDITS_ONLY and DEBITS_ONLY: only
    that side ever grows. FROZEN: no transfer at all, but the end of a pending one (void, expire)."""

    NONE = 0
    NO_OVERDRAFT = 1
    CREDITS_ONLY = 2
    DEBITS_ONLY = 4
    FROZEN = 8


class Form(IntEnum):
    """What a transfer does. PENDING sets the amount aside on both accounts; POST moves `amount`, at most what was set aside, and gives the
    rest back; VOID gives all back; EXPIRE is a VOID that the ledger itself enters when the timeout is over."""

    MOVE = 0
    PENDING = 1
    POST = 2
    VOID = 3
    EXPIRE = 4


class Transfer(NamedTuple):
    """`id` is the caller's, of 128 bits and above 0: the same transfer sent again changes nothing and answers EXISTS.

    `debit` and `credit` are account numbers (POST, VOID: 0 or the pending one's), `reason` the number of an interned text. `linked` ties it to
    the next one of its batch: a chain succeeds or fails together. `pending` is the id of the pending transfer that a POST or VOID ends.
    `timeout` [s], of a PENDING, counts from the record's time; 0: never.
    """

    id: int
    debit: int
    credit: int
    amount: int
    reason: int = 0
    epoch: int = 0
    form: int = Form.MOVE
    linked: bool = False
    pending: int = 0
    timeout: int = 0


class Result(IntEnum):
    """What became of a transfer. OK and EXISTS mean that it is in the journal."""

    OK = 0
    EXISTS = 1
    EXISTS_DIFFERENT = 2  # the id was used for another transfer
    LINKED_FAILED = 3  # another of its chain was refused
    CHAIN_OPEN = 4  # the last of a batch is linked to nothing
    ID_INVALID = 5
    AMOUNT_INVALID = 6  # not from 1 to 2^256 - 1
    NO_ACCOUNT = 7
    SAME_ACCOUNT = 8
    ASSETS_DIFFER = 9
    EXCEEDS_CREDITS = 10  # NO_OVERDRAFT
    CREDITS_ONLY = 11
    DEBITS_ONLY = 12
    FROZEN = 13
    OVERFLOW = 14  # a total would pass 2^256 - 1
    PENDING_NOT_FOUND = 15
    PENDING_DIFFERENT = 16  # other accounts than the pending one's
    PENDING_EXCEEDED = 17  # posts more than was set aside
    PENDING_POSTED = 18
    PENDING_VOIDED = 19
    PENDING_EXPIRED = 20
    FIELD_INVALID = 21  # a field outside its size, or one that its form does not have


class Balance(NamedTuple):
    """The four totals of an account, in base units; each only grows, but the pending ones."""

    debits: int = 0
    credits: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    @property
    def posted(self) -> int:
        """Credits less debits: below zero for `issuance` and `external`."""
        return self.credits - self.debits

    @property
    def available(self) -> int:
        """What may still be debited: posted less what is set aside."""
        return self.credits - self.debits - self.debits_pending
