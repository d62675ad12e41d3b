"""What a projection answers with: lines of a statement, pages, totals, and how an account is found by what is written.

A projection stands behind the journal and can be made anew from it at any time. Every answer names the record it stands at (`head`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ..errors import Fault, LedgerError, UsageError, nearest
from .store import Store
from .types import Account, Balance, Limit, Transfer

Row = TypeVar("Row")
Progress = Callable[[int, int], None]  # records done, of how many
Moment = int | tuple[int, int] | None  # a time [ns since 1970]; a place (seq, idx); None: now


class Known(NamedTuple):
    """An account that the ledger has opened."""

    number: int
    account: Account
    limit: Limit


class Posted(NamedTuple):
    """A transfer where it stands: the idx-th, from 0, of record `seq`. A POST, VOID or EXPIRE has the accounts of the pending one it ends."""

    seq: int
    idx: int
    time_ns: int
    transfer: Transfer


class Line(NamedTuple):
    """One transfer as one of its accounts sees it: `sign` is +1 on the credit side and -1 on the debit side, `after` the account's totals behind it.

    `counter` is the number of the account on the other side. `amount` is the transfer's: of a PENDING it is only set aside, and a VOID or
    EXPIRE has none.
    """

    seq: int
    idx: int
    time_ns: int
    id: int
    counter: int
    reason: int
    epoch: int
    form: int
    sign: int
    amount: int
    after: Balance


class Written(NamedTuple):
    """A note where it stands: `first` and `count` say which transfers of record `seq` it is about."""

    seq: int
    topic: str
    body: bytes
    first: int
    count: int  # type: ignore[assignment]  # hides a method of tuple that nobody asks for


class Total(NamedTuple):
    """What moved (MOVE and POST) under one key: the number of a reason or account, or an epoch. By reason or epoch, debits are credits."""

    key: int
    asset: str
    count: int  # type: ignore[assignment]  # hides a method of tuple that nobody asks for
    debits: int
    credits: int


class Page(NamedTuple, Generic[Row]):
    """Some rows, the `cursor` to ask for the next ones with ("" at the end), and the record that the answer stands at."""

    rows: list[Row]
    cursor: str
    head: int


class Views(Protocol):
    """What every projection answers, whatever it stands in. Accounts and reasons are numbers; since <= time < until [ns since 1970].

    Errors of all methods: LedgerError MT707 (no such account), MT703 (the store failed); UsageError MT710 (no cursor of this ledger).
    """

    def mark(self) -> tuple[int, bytes]: ...
    def catch_up(self, store: Store, progress: Progress | None = None) -> int: ...
    def rebuild(self, store: Store, progress: Progress | None = None) -> int: ...
    def find(self, id: int) -> Transfer | None: ...
    def ending(self, pending: int) -> Transfer | None: ...
    def where(self, id: int) -> Posted | None: ...
    def accounts(self) -> list[Known]: ...
    def number(self, text: str) -> int: ...
    def reasons(self) -> dict[int, str]: ...
    def notes(self, topic: str | None = None, limit: int = 100, cursor: str = "") -> Page[Written]: ...
    def balance_at(self, account: int, moment: Moment = None) -> Balance: ...
    def statement(
        self, account: int, since: int | None = None, until: int | None = None, limit: int = 100, cursor: str = "", newest: bool = False
    ) -> Page[Line]: ...
    def transfers(
        self,
        account: int | None = None,
        reason: int | None = None,
        epoch: int | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 100,
        cursor: str = "",
        newest: bool = False,
    ) -> Page[Posted]: ...
    def totals(self, by: str, reason: int | None = None, epoch: int | None = None) -> list[Total]: ...
    def close(self) -> None: ...


def readings(text: str) -> list[Account]:
    """The accounts that a text may mean: `kind/ASSET:owner#3` is lot 3 of an owner, or an owner with a # in the name."""
    kind, slash, rest = text.partition("/")
    asset, _, owner = rest.partition(":")
    if not slash:
        return []
    found = [Account(asset, kind, owner)]
    if match := re.fullmatch(r"(.*)#(\d{1,9})", owner if owner else asset, re.DOTALL):
        found.append(Account(asset, kind, match[1], int(match[2])) if owner else Account(match[1], kind, "", int(match[2])))
    return found


def no_account(text: str, known: Iterable[Any]) -> LedgerError:
    """MT707 with the nearest name."""
    names = [str(k) for k in known]
    return LedgerError(Fault("MT707", text, "was never opened", "an account as `kind/ASSET:owner`", nearest(text, names[:20_000]) if names else ""))


def at_cursor(cursor: str) -> tuple[int, int] | None:
    """The place a page ended at. Errors: UsageError MT710."""
    if not cursor:
        return None
    match = re.fullmatch(r"(\d{1,12})\.(\d{1,8})", cursor)
    if not match:
        raise UsageError(Fault("MT710", f"cursor '{cursor[:40]}'", "is none that a page of this ledger ended with", "the cursor of the page before, or none"))
    return int(match[1]), int(match[2])
