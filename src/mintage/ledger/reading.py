"""The reading half of a ledger: what is durable, and nothing else.

A record is in the books before it is flushed; a reader meanwhile sees the state before it. Readers wait for the writer's arithmetic, never
for the disk.
"""

from __future__ import annotations

import threading

from mintage.errors import Fault, LedgerError
from mintage.ledger.books import Books
from mintage.ledger.draft import no_account
from mintage.ledger.types import Account, Balance, Limit


class Reading:
    """Questions to the books of a ledger, from any thread."""

    _books: Books
    _seq: int
    _hash: bytes
    _state: threading.Lock  # held while the books change, but not while a record is flushed

    @property
    def head(self) -> tuple[int, bytes]:
        """Seq and hash of the last durable record that this ledger knows."""
        with self._state:
            return self._seq, self._hash

    @property
    def time_ns(self) -> int:
        """The time of that record."""
        with self._state:
            return self._books.time_ns

    def _durable(self) -> int:
        return len(self._books.accounts) - len(self._books.opened)

    def number(self, account: Account) -> int | None:
        """The account's number, None when it was never opened."""
        with self._state:
            number = self._books.numbers.get(account)
            return number if number is not None and number < self._durable() else None

    def account(self, number: int) -> Account:
        """The account of a number. Errors: LedgerError MT707."""
        with self._state:
            if not 0 < number < self._durable():
                raise no_account(self._books, number)
            return self._books.accounts[number]

    def accounts(self) -> list[Account]:
        """All accounts; the one with number n stands at n - 1."""
        with self._state:
            return self._books.accounts[1 : self._durable()]

    def limits(self, account: Account | int) -> Limit:
        """What an account refuses. Errors: LedgerError MT707."""
        with self._state:
            number = self._known(account)
            changed = {change.number: before for change, before in reversed(list(self._books.limits_before()))}
            return Limit(changed.get(number, self._books.limits[number]))

    def balance(self, account: Account | int) -> Balance:
        """The four totals of an account. Errors: LedgerError MT707."""
        with self._state:
            return self._books.settled(self._known(account))

    def total(self, asset: str) -> int:
        """The sum of all balances of an asset: zero, always."""
        with self._state:
            books = self._books
            return sum(books.credits[n] - books.debits[n] for n, account in enumerate(books.accounts) if account.asset == asset)

    def reason_text(self, number: int) -> str:
        """The text of a reason. Errors: LedgerError MT707."""
        with self._state:
            if not 0 <= number < len(self._books.reasons):
                raise LedgerError(Fault("MT707", f"reason {number}", "was never named", f"a number up to {len(self._books.reasons) - 1}"))
            return self._books.reasons[number]

    def _known(self, account: Account | int) -> int:
        number = account if isinstance(account, int) else self._books.numbers.get(account, 0)
        if not 0 < number < self._durable():
            raise no_account(self._books, account)
        return number
