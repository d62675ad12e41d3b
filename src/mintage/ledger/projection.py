"""Every transfer, account and running balance as indexed rows in a SQLite file beside the ledger: `net.db` has `net.index.db`.

The file holds nothing that the journal does not say and can be deleted at any time. It notes the record it stands at, by seq and hash;
when that is no record of the journal it is made anew. Several processes may read and catch up at once: a chunk is one transaction that
begins where the file stands. A loss of power may cost the file, never an entry of the journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

from ..errors import Fault, LedgerError
from .answers import PLACE, Answers, failed, signed, wide
from .codec import Batch, decode
from .store import GENESIS, Record, Store
from .types import Form
from .unfold import Aside, Totals, Unfold
from .views import Progress

VERSION = 1
CHUNK = 20_000  # transfers a transaction, roughly
SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072; PRAGMA busy_timeout = 60000; PRAGMA foreign_keys = OFF"
TABLES = """
CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER, hash BLOB);
INSERT INTO meta VALUES (1, 0, zeroblob(32));
CREATE TABLE records(seq INTEGER PRIMARY KEY, time_ns INTEGER);
CREATE INDEX records_time ON records(time_ns);
CREATE TABLE accounts(number INTEGER PRIMARY KEY, asset TEXT, kind TEXT, owner TEXT, lot INTEGER, limits INTEGER);
CREATE UNIQUE INDEX accounts_name ON accounts(asset, kind, owner, lot);
CREATE TABLE reasons(number INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE transfers(at INTEGER PRIMARY KEY, id BLOB, debit INTEGER, credit INTEGER, amount BLOB, reason INTEGER, epoch INTEGER, form INTEGER,
  linked INTEGER, pending BLOB, timeout INTEGER);
CREATE UNIQUE INDEX transfers_id ON transfers(id);
CREATE INDEX transfers_pending ON transfers(pending) WHERE pending IS NOT NULL;
CREATE INDEX transfers_reason ON transfers(reason);
CREATE INDEX transfers_epoch ON transfers(epoch);
CREATE TABLE entries(account INTEGER, at INTEGER, debits BLOB, credits BLOB, debits_pending BLOB, credits_pending BLOB,
  PRIMARY KEY (account, at)) WITHOUT ROWID;
CREATE TABLE notes(at INTEGER PRIMARY KEY, topic TEXT, body BLOB, first INTEGER, count INTEGER);
CREATE INDEX notes_topic ON notes(topic);
CREATE TABLE sums(epoch INTEGER, reason INTEGER, asset TEXT, count INTEGER, amount BLOB, PRIMARY KEY (epoch, reason, asset)) WITHOUT ROWID;
"""
NAMES = ("meta", "records", "accounts", "reasons", "transfers", "entries", "notes", "sums")


class Projection(Answers):
    """The index in `path`, made when it is not there. `read_only` opens what is there and never changes it.

    Errors: LedgerError MT703 when the file cannot be opened, MT708 when a newer Mintage wrote it and it may not be made anew.
    """

    def __init__(self, path: Path | str, read_only: bool = False, aside: bool = False) -> None:
        self.path, self.read_only = Path(path), read_only
        self._log = "OFF" if aside else "WAL"  # aside: nobody else looks, and what is left of a failure is thrown away
        self.lock, self.closed = RLock(), False
        self.connection = self._open()
        self._unfold, self._at = self._fresh(), (-1, GENESIS)
        self._assets: dict[int, str] = {}  # what is in memory fits the file as long as it stands at `_at`

    def mark(self) -> tuple[int, bytes]:
        """Seq and hash of the record that the file stands at; (0, GENESIS) of an empty one."""
        with self.reading() as db:
            return self.stands(db)

    def catch_up(self, store: Store, progress: Progress | None = None) -> int:
        """Read what the journal has gained, and make the file anew when it does not fit the journal. Returns the number of transfers read."""
        with self.lock:
            if not self._fits(store):
                return self.rebuild(store, progress)
            count, head = 0, store.head()[0]
            while True:
                done, seq = self._chunk(store)
                count += done
                if progress:
                    progress(seq, head)
                if seq >= head:
                    return count

    def rebuild(self, store: Store, progress: Progress | None = None) -> int:
        """Make the file anew, aside, and put it in place in one transaction: other processes see the old one until then. Returns the number of transfers."""
        part = self.path.with_name(self.path.name + ".part")
        remove(part)
        try:
            with self.lock, closing(Projection(part, aside=True)) as fresh:
                count = fresh.catch_up(store, progress)
                with self._named():
                    fresh.connection.backup(self.connection)
                return count
        finally:
            remove(part)

    # --- writing

    def _chunk(self, store: Store) -> tuple[int, int]:
        """Some records in one transaction: how many transfers they held, and the seq it led to."""
        with self.writing() as db:
            seq, last = self.stands(db)
            if (seq, last) != self._at:  # another process went on, or ours was undone
                self._unfold, self._assets = self._fresh(), dict(db.execute("SELECT number, asset FROM accounts"))
            count = 0
            rows = Rows()
            for record in store.read(seq):
                seq, last = self._follows(record, seq, last)
                batch = decode(record.body)
                self._assets.update((number, account.asset) for number, account, _ in batch.opened)
                rows.add(seq, batch, self._unfold, self._assets)
                count += len(batch.transfers)
                if len(rows.transfers) + len(rows.records) >= CHUNK:
                    break
            rows.write(db)
            db.execute("UPDATE meta SET seq = ?, hash = ?", (seq, last))
        self._at = (seq, last)
        return count, seq

    def _follows(self, record: Record, seq: int, last: bytes) -> tuple[int, bytes]:
        if record.seq != seq + 1 or chained(last, record.body) != record.hash:
            raise LedgerError(Fault("MT702", f"record {record.seq}", "does not follow from the one before", f"record {seq + 1} with the hash of its content"))
        return record.seq, record.hash

    def _fits(self, store: Store) -> bool:
        """Whether the record that the file stands at is in the journal."""
        mark = self.mark()
        if not mark[0]:
            return True
        found = next(iter(store.read(mark[0] - 1, mark[0])), None)
        return found is not None and found.hash == mark[1]

    def _fresh(self) -> Unfold:
        return Unfold(self._last_totals, self._last_aside)

    def _last_totals(self, number: int) -> Totals:
        return list(self.newest_entry(self.connection, number))

    def _last_aside(self, pending: int) -> Aside:
        row = self.connection.execute("SELECT debit, credit, amount FROM transfers WHERE id = ?", (pending.to_bytes(16, "big"),)).fetchone()
        assert row, "a pending transfer ends that never began"
        return row[0], row[1], int.from_bytes(row[2], "big")

    # --- the file

    def _open(self) -> sqlite3.Connection:
        if self.read_only:
            return self._connected(f"{self.path.absolute().as_uri()}?mode=ro")
        try:
            return self._connected(self.path.absolute().as_uri())
        except LedgerError:
            remove(self.path)  # damaged, or of another version: it can be made anew
            return self._connected(self.path.absolute().as_uri())

    def _connected(self, uri: str) -> sqlite3.Connection:
        """Errors: LedgerError MT703 when this is no index of this version."""
        try:
            db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)
            db.executescript("PRAGMA busy_timeout = 60000; PRAGMA cache_size = -131072; PRAGMA synchronous = OFF")
            if not self.read_only:
                db.execute(f"PRAGMA journal_mode = {self._log}")
                db.execute("BEGIN IMMEDIATE")
                if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in TABLES.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION}")
                db.execute("COMMIT")
            if (found := db.execute("PRAGMA user_version").fetchone()[0]) != VERSION:
                raise sqlite3.DatabaseError(f"has version {found} and not {VERSION}")
            db.execute("SELECT seq FROM meta").fetchone()
            return db
        except sqlite3.Error as error:
            raise failed(self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, that no other process writes beside."""
        with self.lock, self._named():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.execute("ROLLBACK")
                self._at = (-1, GENESIS)  # what is in memory is ahead of the file
                raise

    def close(self) -> None:
        with self.lock:
            self.connection.close()


class Rows:
    """Rows to insert, gathered over some records."""

    def __init__(self) -> None:
        self.records: list[tuple[int, int]] = []
        self.accounts: list[tuple[Any, ...]] = []
        self.limits: list[tuple[int, int]] = []
        self.reasons: list[tuple[int, str]] = []
        self.transfers: list[tuple[Any, ...]] = []
        self.entries: list[tuple[Any, ...]] = []
        self.notes: list[tuple[Any, ...]] = []
        self.sums: dict[tuple[int, int, str], list[int]] = {}

    def add(self, seq: int, batch: Batch, unfold: Unfold, assets: dict[int, str]) -> None:
        """The rows of record `seq`."""
        self.records.append((seq, batch.time_ns))
        self.accounts += [(number, *account, int(limit)) for number, account, limit in batch.opened]
        self.limits += [(int(limit), number) for number, limit, _, _ in batch.limits]
        self.reasons += batch.reasons
        base = seq << PLACE
        self.notes += [(base | i, *note) for i, note in enumerate(batch.notes)]
        add_transfer, add_entry, sums = self.transfers.append, self.entries.append, self.sums
        for idx, t, debit, credit, d, c in unfold.each(batch.transfers):
            at, form, epoch = base | idx, t.form, signed(t.epoch)
            ends = t.pending.to_bytes(16, "big") if t.pending else None
            add_transfer((at, t.id.to_bytes(16, "big"), debit, credit, t.amount.to_bytes(32, "big"), t.reason, epoch, form, t.linked, ends, t.timeout))
            add_entry((debit, at, wide(d[0]), wide(d[1]), wide(d[2]), wide(d[3])))
            add_entry((credit, at, wide(c[0]), wide(c[1]), wide(c[2]), wide(c[3])))
            if form == Form.MOVE or form == Form.POST:
                total = sums.setdefault((epoch, t.reason, assets[debit]), [0, 0])
                total[0] += 1
                total[1] += t.amount

    def write(self, db: sqlite3.Connection) -> None:
        """Insert them all. Entries go in sorted: that is the order they rest in."""
        db.executemany("INSERT INTO records VALUES (?, ?)", self.records)
        db.executemany("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)", self.accounts)
        db.executemany("UPDATE accounts SET limits = ? WHERE number = ?", self.limits)
        db.executemany("INSERT INTO reasons VALUES (?, ?)", self.reasons)
        db.executemany("INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self.transfers)
        self.entries.sort()
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", self.entries)
        db.executemany("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", self.notes)
        for key, (count, amount) in self.sums.items():
            row = db.execute("SELECT count, amount FROM sums WHERE epoch = ? AND reason = ? AND asset = ?", key).fetchone() or (0, b"")
            new = (row[0] + count, number_bytes(int.from_bytes(row[1], "big") + amount))
            db.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?, ?, ?)", (*key, *new))


def chained(last: bytes, body: bytes) -> bytes:
    """The hash that a record with this body has behind `last`."""
    return sha256(last + body).digest()


def number_bytes(value: int) -> bytes:
    """As long as it needs: a sum of amounts may pass 2^256."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def remove(path: Path) -> None:
    """The file and what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
