"""What a command sees of the ledger: the open record, in which it reads and writes, and which it leaves whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from mintage.errors import Fault, LedgerError, nearest
from mintage.ledger.books import Books
from mintage.ledger.codec import Note
from mintage.ledger.types import Account, Balance, Limit, Result, Transfer


class Draft:
    """Given to a command for as long as it runs. All that is done through it stands in one record, at `time_ns`, as number `seq`.

    When the command raises, all that it did here is undone. Nothing is durable before `execute` returns.
    """

    def __init__(self, books: Books, seq: int) -> None:
        self._books = books
        self._since = len(books.accepted)
        self._over = False
        self.seq = seq

    def _open_books(self) -> Books:
        assert not self._over, "a draft is of use only as long as its command runs"
        return self._books

    def end(self) -> None:
        """Of no use from here on."""
        self._over = True

    @property
    def time_ns(self) -> int:
        """The record's time."""
        return self._open_books().now

    def number(self, account: Account) -> int | None:
        """The account's number, None when it was never opened."""
        return self._open_books().numbers.get(account)

    def open(self, account: Account, limits: Limit = Limit.NO_OVERDRAFT) -> int:
        """The account's number; a new account gets these limits, one that is there keeps its own. Errors: LedgerError MT704 for an impossible name."""
        return self._open_books().open(account, limits)

    def limit(self, number: int, limits: Limit, reason: str) -> None:
        """Change what an account refuses. Errors: LedgerError MT704 when it is overdrawn and may no longer be, MT707."""
        self._open_books().limit(self._there(number), limits, reason)

    def reason(self, text: str) -> int:
        """The number of a reason, for `Transfer.reason`."""
        return self._open_books().reason(text)

    def post(self, transfers: Sequence[Transfer]) -> list[Result]:
        """Judge transfers and enter the good ones. A refusal is an answer, not an exception: raise when all should be undone."""
        return self._open_books().apply(transfers)

    def note(self, topic: str, body: bytes) -> None:
        """Keep a record of the application, tied to what this command posted since its last note."""
        books = self._open_books()
        if not 0 < len(topic.encode()) <= 255:
            raise LedgerError(Fault("MT704", repr(topic[:60]), "cannot be the topic of a note", "1 to 255 bytes"))
        books.notes.append(Note(topic, bytes(body), self._since, len(books.accepted) - self._since))
        self._since = len(books.accepted)

    def balance(self, number: int) -> Balance:
        """The account's totals, with what this command has done so far. Errors: LedgerError MT707."""
        return self._open_books().balance(self._there(number))

    def _there(self, number: int) -> int:
        if not 0 < number < len(self._open_books().accounts):
            raise no_account(self._books, number)
        return number


def no_account(books: Books, wanted: Account | int) -> LedgerError:
    """MT707 with the nearest name."""
    names = [str(a) for a in books.accounts[1:20_001]]
    if isinstance(wanted, int):
        return LedgerError(Fault("MT707", f"account {wanted}", "was never opened", f"a number from 1 to {len(books.accounts) - 1}"))
    return LedgerError(Fault("MT707", str(wanted), "was never opened", hint=nearest(str(wanted), names) if names else ""))
