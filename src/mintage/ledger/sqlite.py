"""The journal in one SQLite file: one packed row a record, flushed before `append` returns. One process at a time.

The lock is a file beside the database, `NAME.lock`, held open by whoever writes; it is free the moment that process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import RLock
from typing import TypeVar

from mintage.errors import Fault, LedgerError
from mintage.ledger.migrations import MIGRATIONS, migrate
from mintage.ledger.store import GENESIS, Record

T = TypeVar("T")
PAGE_SIZE = 8192  # fewer overflow pages a record than with 4,096, and a lone transfer is still one page
CHECKPOINT = 4000  # pages of the write-ahead log (32 MB): seldom enough to cost little, often enough to open fast
READ_ROWS = 16
DAMAGE = ("malformed", "not a database", "corrupt", "decode to UTF-8")


class SqliteStore:
    """A store in the file `path`, made when it is not there. Errors of opening: LedgerError MT701, MT702, MT703, MT708."""

    def __init__(self, path: str | Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self.path = Path(path).resolve()
        self.name = str(path)
        self._held = _hold(self.path, self.name)
        self._write_lock, self._read_lock = RLock(), RLock()  # two connections, so that a reader does not wait for a flush
        try:
            self._db = self._open(migrations)
            self._reader = self._open(migrations)
        except BaseException:
            os.close(self._held)
            raise

    def _open(self, migrations: Sequence[Sequence[str]]) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        try:
            db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            migrate(db, self.name, migrations)
        except sqlite3.Error as error:
            db.close()
            raise self._failed(error) from error
        except BaseException:
            db.close()
            raise
        return db

    def turn(self) -> AbstractContextManager[None]:
        """Nothing to wait for: nobody else can write as long as this is open."""
        return nullcontext()

    def head(self) -> tuple[int, bytes]:
        row = self._do(lambda db: db.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone())
        return (row[0], row[1]) if row else (0, GENESIS)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """In pages, each in a transaction of its own: a slow reader holds up neither the writer nor the clearing of the log."""
        query = "SELECT seq, hash, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        end = 2**63 - 1 if upto is None else upto
        while after < end:
            bounds = (after, end, READ_ROWS)
            rows = self._look(lambda db, bounds=bounds: db.execute(query, bounds).fetchall())  # type: ignore[misc]
            for seq, hash, body in rows:
                if type(hash) is not bytes or type(body) is not bytes:  # SQLite keeps the type beside each value, where damage can reach it
                    raise LedgerError(Fault("MT702", f"record {seq}", "is not kept as bytes", hint="restore the last backup"))
                yield Record(seq, hash, body)
            if len(rows) < READ_ROWS:
                return
            after = rows[-1][0]

    def append(self, record: Record) -> None:
        self._do(lambda db: db.execute("INSERT INTO journal VALUES (?, ?, ?)", record))

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        def save(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)", (seq, hash, body))
                db.execute("DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 2)")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

        self._do(save)

    def snapshots(self) -> Iterator[Record]:
        seqs = [seq for (seq,) in self._look(lambda db: db.execute("SELECT seq FROM snapshots ORDER BY seq DESC").fetchall())]
        for seq in seqs:
            row = self._look(lambda db, seq=seq: db.execute("SELECT seq, hash, body FROM snapshots WHERE seq = ?", (seq,)).fetchone())  # type: ignore[misc]
            if row:
                yield Record(*row)

    def close(self) -> None:
        """Give the file free. A second call does nothing."""
        with self._write_lock, self._read_lock:
            if self._held >= 0:
                self._reader.close()
                self._db.close()
                os.close(self._held)
                self._held = -1

    def _do(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """On the connection that writes."""
        try:
            with self._write_lock:
                return act(self._db)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _look(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """On the connection that reads."""
        try:
            with self._read_lock:
                return act(self._reader)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> LedgerError:
        text = str(error)
        if any(word in text for word in DAMAGE):
            return LedgerError(Fault("MT702", self.name, f"SQLite says: {text}", hint="nothing was changed; restore the last backup"))
        hint = "make room" if "full" in text else "see that the file and its folder can be written to" if "readonly" in text or "unable" in text else ""
        return LedgerError(Fault("MT703", self.name, f"SQLite says: {text}", hint=hint or "retry with the same ids: nothing is posted twice"))


def _hold(path: Path, name: str) -> int:
    """The lock beside `path`. Errors: LedgerError MT701 with the process that has it, MT703."""
    beside = path.with_name(path.name + ".lock")
    try:
        held = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LedgerError(Fault("MT703", name, f"the lock {beside.name} cannot be written: {error.strerror}", hint="see that the folder is there")) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(held, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(held)
        who = "this process" if holder == str(os.getpid()) else f"process {holder}"
        raise LedgerError(Fault("MT701", name, f"is open in {who}", hint="stop it, or use PostgreSQL, which several processes may share")) from None
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
    return held
