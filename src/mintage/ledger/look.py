"""A ledger opened to be read: while another process writes to it, without its lock, and without changing it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from ..errors import Fault, LedgerError, UsageError, nearest
from .migrations import APPLICATION_ID, MIGRATIONS
from .projection import Projection
from .store import GENESIS, Record
from .views import Known, Line, Posted, Progress, Views
from .walk import clock, decimals_of, units

T = TypeVar("T")
ROWS = 64  # records read at once
POSTGRES = ("postgres://", "postgresql://")


class ReadOnly:
    """The journal of a SQLite ledger, in use or not. Errors: UsageError MT709 when there is none; LedgerError MT702, MT703, MT708."""

    def __init__(self, path: Path | str) -> None:
        self.path, self.name = Path(path), str(path)
        self._lock = RLock()
        if not self.path.is_file():
            raise UsageError(Fault("MT709", self.name, "is not there", "the file of a ledger, or postgresql://user@host/database"))
        try:
            try:
                self._connect("mode=ro")
            except sqlite3.OperationalError:
                # In a folder that may not be written SQLite cannot share the file. Then nobody writes to it there, and it can be read as it lies.
                self._connect("mode=ro&immutable=1")
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _connect(self, mode: str) -> None:
        self.connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA busy_timeout = 10000")
        self._known()

    def _known(self) -> None:
        if self.connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise UsageError(Fault("MT709", self.name, "is a database of another program, or an empty one", "the file of a ledger"))
        row = self.connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if int(row[0]) > len(MIGRATIONS):
            raise LedgerError(Fault("MT708", self.name, f"has schema {row[0]}", f"at most {len(MIGRATIONS)}", "a newer version of Mintage wrote it"))

    def head(self) -> tuple[int, bytes]:
        row = self._do("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        return row[0] if row else (0, GENESIS)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Records in order, after < seq <= upto, in pages: a writer never waits for a reader, nor its log for being cleared."""
        end = 2**63 - 1 if upto is None else upto
        while after < end:
            rows = self._do("SELECT seq, hash, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", after, end, ROWS)
            yield from (Record(*row) for row in rows)
            if len(rows) < ROWS:
                return
            after = rows[-1][0]

    def snapshots(self) -> Iterator[Record]:
        """Snapshots, the newest first."""
        return iter([Record(*row) for row in self._do("SELECT seq, hash, body FROM snapshots ORDER BY seq DESC")])

    def close(self) -> None:
        with self._lock:
            self.connection.close()

    def _do(self, query: str, *values: Any) -> list[Any]:
        try:
            with self._lock:
                return self.connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> LedgerError | UsageError:
        if "not a database" in str(error):
            return UsageError(Fault("MT709", self.name, "is no SQLite file", "the file of a ledger"))
        code = "MT702" if "malformed" in str(error) else "MT703"
        return LedgerError(Fault(code, self.name, f"cannot be read: {error}", "a readable ledger", "restore the last backup" if code == "MT702" else ""))


def index_path(path: Path | str) -> Path:
    """Where the index of a ledger lies: net.db has net.index.db."""
    path = Path(path)
    return path.with_name(f"{path.stem if path.suffix == '.db' else path.name}.index.db")


class Look:
    """A journal and what an index answers about it, with names and whole units. Closes what it opened when its `with` ends."""

    def __init__(self, name: str) -> None:
        self.name = name.removeprefix("sqlite:")
        self.postgres = name.startswith(POSTGRES)
        self.journal: Any = self._postgres_journal() if self.postgres else ReadOnly(self.name)
        self._views: Views | None = None

    def __enter__(self) -> Look:
        return self

    def __exit__(self, *error: object) -> None:
        if self._views is not None:
            self._views.close()
        self.journal.close()

    def _postgres_journal(self) -> Any:
        from .postgres import PostgresStore
        from .postgres_schema import has_table
        from .postgres_session import DatabaseError, address, connect, unusable

        where = address(self.name, None)
        try:
            with connect(where) as connection:
                there = has_table(connection, where.schema, "journal")
        except DatabaseError as error:
            raise unusable(where, error) from error
        if not there:
            raise UsageError(
                Fault("MT709", where.name, "holds no ledger in this schema", "the address of a ledger, with ?schema=NAME if it has one of its own")
            )
        return PostgresStore(self.name)

    def _open(self, read_only: bool) -> Views:
        if self.postgres:
            from .postgres_projection import PostgresProjection

            return PostgresProjection(self.name, read_only=read_only)
        return Projection(index_path(self.name), read_only)

    # --- the index

    def index(self, progress: Progress | None = None) -> Views:
        """The index, brought up to the journal; where it may not be written, as it is."""
        if self._views is None:
            try:
                self._views = self._open(read_only=False)
                self._views.catch_up(self.journal, progress)
            except LedgerError as error:
                if error.faults[0].code != "MT703" or not self._exists():
                    raise
                if self._views is not None:
                    self._views.close()
                self._views = self._open(read_only=True)
        return self._views

    def index_as_it_is(self) -> Views | None:
        """The index untouched, for who wants to judge it; None when there is none."""
        if self._views is None and self._exists():
            self._views = self._open(read_only=True)
        return self._views

    def _exists(self) -> bool:
        if not self.postgres:
            return index_path(self.name).is_file()
        from .postgres_schema import has_table
        from .postgres_session import address, connect

        where = address(self.name, None)
        with connect(where) as connection:
            return has_table(connection, where.schema, "index_meta")

    def rebuild(self, progress: Progress | None = None) -> int:
        """Make the index anew. Returns the number of transfers."""
        self._views = self._open(read_only=False)
        return self._views.rebuild(self.journal, progress)

    @property
    def views(self) -> Views:
        return self.index()

    # --- names and units

    def accounts(self) -> dict[int, Known]:
        return self._once("_accounts", lambda: {known.number: known for known in self.views.accounts()})

    def reasons(self) -> dict[int, str]:
        return self._once("_reasons", lambda: {0: "", **self.views.reasons()})

    def decimals(self) -> dict[str, int]:
        """The decimals of assets as the genesis notes them."""
        return self._once("_decimals", lambda: decimals_of(note.body for note in self.views.notes("genesis").rows))

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self.__dict__:
            self.__dict__[name] = make()
        found: T = self.__dict__[name]
        return found

    def units(self, value: int, asset: str) -> str:
        """In whole units where the journal knows the asset's decimals."""
        return units(value, self.decimals().get(asset, 0))

    def reason(self, text: str) -> int:
        """The number of a reason. Errors: UsageError MT710 with the nearest."""
        for number, known in self.reasons().items():
            if known == text:
                return number
        raise UsageError(
            Fault("MT710", f"reason '{text[:60]}'", "was never given", "a reason of this ledger", nearest(text, filter(None, self.reasons().values())))
        )

    def transfer(self, row: Posted) -> dict[str, Any]:
        """A transfer as a reader wants it."""
        t, accounts = row.transfer, self.accounts()
        debit, credit = accounts[t.debit].account, accounts[t.credit].account
        amount = self.units(t.amount, debit.asset)
        what = {"debit": str(debit), "credit": str(credit), "amount": amount, "form": name_of(t.form), "reason": self.reasons()[t.reason], "epoch": t.epoch}
        return {"time": clock(row.time_ns)[:23] + "Z", "place": f"{row.seq}.{row.idx}", **what, "id": f"{t.id:032x}"}

    def line(self, row: Line, asset: str) -> dict[str, Any]:
        """A line of a statement as a reader wants it: what was posted has its sign, what was only set aside or given back says so by its form."""
        amount = self.units(row.sign * row.amount, asset)
        what = {"other": str(self.accounts()[row.counter].account), "form": name_of(row.form), "reason": self.reasons()[row.reason], "epoch": row.epoch}
        after = {"balance": self.units(row.after.posted, asset), "available": self.units(row.after.available, asset)}
        return {"time": clock(row.time_ns)[:23] + "Z", "place": f"{row.seq}.{row.idx}", **what, "amount": amount, **after, "id": f"{row.id:032x}"}


def name_of(form: int) -> str:
    return ("move", "pending", "post", "void", "expire")[form]


def moment(text: str) -> int:
    """A time as nanoseconds since 1970; without an offset it is UTC, and a date is its beginning. Errors: UsageError MT710."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", text.strip())
    try:
        if not match:
            raise ValueError
        at = datetime.fromisoformat(match[1] + (match[3] or "").replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(Fault("MT710", f"time '{text[:40]}'", "cannot be read", "2026-11-21 or 2026-11-21T12:00:00Z")) from None
    seconds = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    return seconds * 10**9 + int((match[2] or ".0")[1:].ljust(9, "0"))
