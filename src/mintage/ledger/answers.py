"""Questions to a SQLite index of the journal. Each answer is read in one transaction, so that it stands at one record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from ..errors import Fault, LedgerError, UsageError
from .types import ID_MAX, Account, Balance, Form, Limit, Transfer
from .views import Known, Line, Moment, Page, Posted, Total, Written, at_cursor, no_account, readings

PLACE = 24  # bits of the index within a record: `at` = seq << 24 | idx, so that one integer orders all transfers
IDX = (1 << PLACE) - 1
END = 2**63 - 1
TRANSFER = "t.at, r.time_ns, t.id, t.debit, t.credit, t.amount, t.reason, t.epoch, t.form, t.linked, t.pending, t.timeout"
JOINED = "transfers t JOIN records r ON r.seq = t.at >> 24"


class Answers:
    """The reading half of a projection."""

    connection: sqlite3.Connection
    lock: RLock
    path: Path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One transaction: what it reads is of one moment."""
        with self.lock, self._named():
            if self.connection.in_transaction:  # inside a larger one
                yield self.connection
                return
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                self.connection.execute("ROLLBACK")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise failed(self.path, error) from error

    @staticmethod
    def stands(db: sqlite3.Connection) -> tuple[int, bytes]:
        row = db.execute("SELECT seq, hash FROM meta").fetchone()
        return row[0], row[1]

    # --- one transfer

    def find(self, id: int) -> Transfer | None:
        """The transfer with this id in the records up to `mark()`, with the accounts of what it ends."""
        found = self.where(id)
        return found.transfer if found else None

    def ending(self, pending: int) -> Transfer | None:
        """The POST, VOID or EXPIRE that ended this pending transfer."""
        found = self._where("pending", pending)
        return found.transfer if found else None

    def where(self, id: int) -> Posted | None:
        """The transfer with this id, its place and time."""
        return self._where("id", id)

    def _where(self, column: str, id: int) -> Posted | None:
        if not 0 < id <= ID_MAX:
            return None
        with self.reading() as db:
            row = db.execute(f"SELECT {TRANSFER} FROM {JOINED} WHERE t.{column} = ?", (id.to_bytes(16, "big"),)).fetchone()
        return posted(row) if row else None

    # --- accounts and reasons

    def accounts(self) -> list[Known]:
        """All of them, by number."""
        with self.reading() as db:
            rows = db.execute("SELECT number, asset, kind, owner, lot, limits FROM accounts ORDER BY number").fetchall()
        return [Known(n, Account(asset, kind, owner, lot), Limit(limits)) for n, asset, kind, owner, lot, limits in rows]

    def number(self, text: str) -> int:
        """The number of the account written `kind/ASSET:owner#lot`. Errors: LedgerError MT707 with the nearest."""
        with self.reading() as db:
            for account in readings(text):
                row = db.execute("SELECT number FROM accounts WHERE asset = ? AND kind = ? AND owner = ? AND lot = ?", account).fetchone()
                if row:
                    return int(row[0])
        raise no_account(text, (known.account for known in self.accounts()))

    def reasons(self) -> dict[int, str]:
        with self.reading() as db:
            return dict(db.execute("SELECT number, text FROM reasons ORDER BY number"))

    # --- balances

    def balance_at(self, account: int, moment: Moment = None) -> Balance:
        """The totals of an account now, behind all records up to a time [ns], or behind the transfer at (seq, idx)."""
        with self.reading() as db:
            if not db.execute("SELECT 1 FROM accounts WHERE number = ?", (account,)).fetchone():
                raise no_account(str(account), ())
            if moment is None:
                return self.newest_entry(db, account)
            if isinstance(moment, tuple):
                return self.newest_entry(db, account, min(moment[0] << PLACE | min(moment[1], IDX), END))
            return self.newest_entry(db, account, begin(db, moment + 1) - 1)

    @staticmethod
    def newest_entry(db: sqlite3.Connection, account: int, at: int = END) -> Balance:
        """The totals of an account behind the last transfer up to place `at`."""
        columns = "debits, credits, debits_pending, credits_pending"
        row = db.execute(f"SELECT {columns} FROM entries WHERE account = ? AND at <= ? ORDER BY at DESC LIMIT 1", (account, at)).fetchone()
        return Balance(*map(narrow, row)) if row else Balance()

    def statement(
        self, account: int, since: int | None = None, until: int | None = None, limit: int = 100, cursor: str = "", newest: bool = False
    ) -> Page[Line]:
        """What moved on an account, oldest first unless `newest`, each with the account's totals behind it."""
        with self.reading() as db:
            low, high = span(db, since, until, cursor, newest)
            rows = db.execute(
                f"SELECT {TRANSFER}, e.debits, e.credits, e.debits_pending, e.credits_pending "
                "FROM entries e JOIN transfers t ON t.at = e.at JOIN records r ON r.seq = t.at >> 24 "
                f"WHERE e.account = ? AND e.at > ? AND e.at < ? ORDER BY e.at {'DESC' if newest else ''} LIMIT ?",
                (account, low, high, limit + 1),
            ).fetchall()
            head = self.stands(db)[0]
        return page([line(row, account) for row in rows], limit, head)

    # --- transfers

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
    ) -> Page[Posted]:
        """Transfers that fit all that is given, oldest first unless `newest`."""
        where = [f"t.{name} = ?" for name, value in (("reason", reason), ("epoch", epoch)) if value is not None]
        values: list[int] = [signed(value) for value in (reason, epoch) if value is not None]
        source, at = JOINED, "t.at"
        if account is not None:  # begin with its entries, whatever SQLite thinks of the other indexes
            source, at = "entries e CROSS JOIN transfers t CROSS JOIN records r", "e.at"
            where = ["t.at = e.at", "r.seq = t.at >> 24", "e.account = ?", *where]
            values.insert(0, account)
        with self.reading() as db:
            low, high = span(db, since, until, cursor, newest)
            condition = " AND ".join([*where, f"{at} > ?", f"{at} < ?"])
            query = f"SELECT {TRANSFER} FROM {source} WHERE {condition} ORDER BY {at} {'DESC' if newest else ''} LIMIT ?"
            rows = db.execute(query, (*values, low, high, limit + 1)).fetchall()
            head = self.stands(db)[0]
        return page([posted(row) for row in rows], limit, head)

    def totals(self, by: str, reason: int | None = None, epoch: int | None = None) -> list[Total]:
        """What moved, `by` reason, epoch or account, of one reason or epoch when given. Errors: UsageError MT710 for another `by`."""
        if by not in ("reason", "epoch", "account"):
            raise UsageError(Fault("MT710", f"totals by '{by}'", "is not kept", "reason, epoch or account"))
        given = [(name, value) for name, value in (("reason", reason), ("epoch", epoch)) if value is not None]
        where, values = "".join(f" AND {name} = ?" for name, _ in given), [signed(value) for _, value in given]
        found: dict[tuple[int, str], list[int]] = {}
        with self.reading() as db:
            if by == "account":
                assets = dict(db.execute("SELECT number, asset FROM accounts"))
                moved = (int(Form.MOVE), int(Form.POST))
                for debit, credit, amount in db.execute(f"SELECT debit, credit, amount FROM transfers WHERE form IN (?, ?){where}", (*moved, *values)):
                    units = narrow(amount)
                    for number, side in ((debit, 1), (credit, 2)):
                        total = found.setdefault((number, assets[number]), [0, 0, 0])
                        total[0] += 1
                        total[side] += units
            else:
                for key, asset, count, amount in db.execute(f"SELECT {by}, asset, count, amount FROM sums WHERE 1{where}", values):
                    total = found.setdefault((key, asset), [0, 0, 0])
                    total[0] += count
                    total[1] += narrow(amount)
                    total[2] = total[1]
        return [Total(key % 2**64, asset, *total) for (key, asset), total in sorted(found.items(), key=lambda item: (item[0][0] % 2**64, item[0][1]))]

    def notes(self, topic: str | None = None, limit: int = 100, cursor: str = "") -> Page[Written]:
        """What was noted, oldest first."""
        with self.reading() as db:
            low, high = span(db, None, None, cursor, False)
            rows = db.execute(
                f"SELECT at, topic, body, first, count FROM notes WHERE at > ? AND at < ? {'AND topic = ?' if topic is not None else ''} ORDER BY at LIMIT ?",
                (low, high, *([topic] if topic is not None else []), limit + 1),
            ).fetchall()
            head = self.stands(db)[0]
        places = [(at >> PLACE, at & IDX) for at, *_ in rows]
        cursor = "{}.{}".format(*places[limit - 1]) if len(rows) > limit else ""
        return Page([Written(seq, *row[1:]) for (seq, _), row in zip(places, rows, strict=True)][:limit], cursor, head)


def begin(db: sqlite3.Connection, time_ns: int) -> int:
    """The place where the first record of that time or later begins."""
    row = db.execute("SELECT min(seq) FROM records WHERE time_ns >= ?", (max(-END, min(time_ns, END)),)).fetchone()
    return END if row[0] is None else row[0] << PLACE


def span(db: sqlite3.Connection, since: int | None, until: int | None, cursor: str, newest: bool) -> tuple[int, int]:
    """The places between which to look, both left out."""
    low = -1 if since is None else begin(db, since) - 1
    high = END if until is None else begin(db, until)
    if place := at_cursor(cursor):
        at = min(place[0] << PLACE, END) | min(place[1], IDX)
        low, high = (low, min(high, at)) if newest else (max(low, at), high)
    return low, high


def page(rows: list[Any], limit: int, head: int) -> Page[Any]:
    """The first `limit` of rows that were read one too many."""
    return Page(rows[:limit], f"{rows[limit - 1].seq}.{rows[limit - 1].idx}" if len(rows) > limit else "", head)


def posted(row: tuple[Any, ...]) -> Posted:
    at, time_ns, id, debit, credit, amount, reason, epoch, form, linked, pending, timeout = row[:12]
    transfer = Transfer(narrow(id), debit, credit, narrow(amount), reason, epoch % 2**64, form, bool(linked), narrow(pending), timeout)
    return Posted(at >> PLACE, at & IDX, time_ns, transfer)


def line(row: tuple[Any, ...], account: int) -> Line:
    seq, idx, time_ns, t = posted(row)
    sign, counter = (-1, t.credit) if t.debit == account else (1, t.debit)
    return Line(seq, idx, time_ns, t.id, counter, t.reason, t.epoch, t.form, sign, t.amount, Balance(*map(narrow, row[12:])))


def wide(value: int) -> bytes | None:
    """An amount as 32 bytes, which sort as numbers do; nothing for zero, which most pending totals are."""
    return value.to_bytes(32, "big") if value else None


def signed(value: int) -> int:
    """64 bits as SQLite holds them: from 2^63 on they read as below zero."""
    return value if value <= END else value - 2**64


def narrow(value: bytes | None) -> int:
    return int.from_bytes(value, "big") if value else 0


def failed(path: Path, error: sqlite3.Error) -> LedgerError:
    """MT703 with what SQLite says of the index."""
    return LedgerError(Fault("MT703", str(path), str(error), "an index of this ledger", "`mintage ledger rebuild` makes it anew from the journal"))
