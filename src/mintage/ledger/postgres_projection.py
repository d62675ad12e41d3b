"""Every transfer, account and running balance as indexed rows in PostgreSQL, beside the journal in the schema of the ledger.

The tables hold nothing that the journal does not say; any program may read them, with exact numbers. They note the record they stand at;
when that is not a record of the journal they are made anew. Several processes may catch up at once: each chunk is one transaction that
holds an advisory lock and begins where the tables stand. A crash may lose the last chunks, never the order of what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import RLock
from typing import Any
from uuid import UUID

from ..errors import Fault, LedgerError
from .codec import Batch, decode
from .postgres_answers import TOTALS, Answers, plain
from .postgres_schema import has_table, lock_key, make_schema
from .postgres_session import DatabaseError, address, connect, failed, lost, said, unusable
from .store import GENESIS, Record, Store
from .types import Form
from .unfold import Aside, Totals, Unfold
from .views import Progress

VERSION = 1
CHUNK = 20_000  # transfers a transaction, roughly
NAMES = ("index_meta", "records", "accounts", "reasons", "transfers", "entries", "notes", "sums")
# An id is a uuid, which is what PostgreSQL calls 128 bits. An epoch has 64 bits without a sign, one more than bigint.
TABLES = """
CREATE TABLE index_meta (one int PRIMARY KEY CHECK (one = 1), version int NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL);
CREATE TABLE records (seq bigint PRIMARY KEY, time_ns bigint NOT NULL);
CREATE INDEX records_time ON records (time_ns, seq);
CREATE TABLE accounts (number bigint PRIMARY KEY, asset text NOT NULL, kind text NOT NULL, owner text NOT NULL, lot int NOT NULL, limits int NOT NULL);
CREATE INDEX accounts_name ON accounts (asset, kind, owner, lot);
CREATE TABLE reasons (number bigint PRIMARY KEY, text text NOT NULL);
CREATE TABLE transfers (seq bigint, idx int, id uuid NOT NULL UNIQUE, debit bigint NOT NULL, credit bigint NOT NULL, amount numeric(78,0) NOT NULL,
  reason bigint NOT NULL, epoch numeric(20,0) NOT NULL, form smallint NOT NULL, linked bool NOT NULL, pending uuid, timeout bigint NOT NULL,
  time_ns bigint NOT NULL, PRIMARY KEY (seq, idx));
CREATE INDEX transfers_pending ON transfers (pending) WHERE pending IS NOT NULL;
CREATE INDEX transfers_reason ON transfers (reason, seq, idx);
CREATE INDEX transfers_epoch ON transfers (epoch, seq, idx);
CREATE TABLE entries (account bigint, seq bigint, idx int, debits numeric(78,0) NOT NULL, credits numeric(78,0) NOT NULL,
  debits_pending numeric(78,0) NOT NULL, credits_pending numeric(78,0) NOT NULL, PRIMARY KEY (account, seq, idx));
CREATE TABLE notes (seq bigint, idx int, topic text NOT NULL, body bytea NOT NULL, first bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (seq, idx));
CREATE INDEX notes_topic ON notes (topic, seq, idx);
CREATE TABLE sums (epoch numeric(20,0), reason bigint, asset text, count bigint NOT NULL, amount numeric NOT NULL, PRIMARY KEY (epoch, reason, asset));
"""
SUMS = """
INSERT INTO sums SELECT * FROM unnest(%s::numeric[], %s::bigint[], %s::text[], %s::bigint[], %s::numeric[])
ON CONFLICT (epoch, reason, asset) DO UPDATE SET count = sums.count + excluded.count, amount = sums.amount + excluded.amount
"""
NEWEST = f"""
SELECT number, {TOTALS} FROM unnest(%s::bigint[]) AS number
CROSS JOIN LATERAL (SELECT {TOTALS} FROM entries WHERE account = number ORDER BY seq DESC, idx DESC LIMIT 1) AS newest
"""


class PostgresProjection(Answers):
    """The index of the ledger at `dsn`, made when it is not there. `read_only` opens what is there and never changes it.

    Errors: ServiceError MT703 when the database cannot be used, LedgerError MT708 when a newer Mintage wrote the index. Of all methods:
    LedgerError MT703 when the connection is lost; the next call makes a new one.
    """

    def __init__(self, dsn: str, schema: str | None = None, read_only: bool = False) -> None:
        self._address = address(dsn, schema)
        self.name, self.schema, self.read_only = self._address.name, self._address.schema, read_only
        self.lock = RLock()
        self._connection: Any = None
        self._inside = False  # a transaction of ours is open
        self._assets: dict[int, str] = {}
        self._at = (-1, GENESIS)  # what is in memory fits the tables as long as they stand here
        self._forget()
        try:
            self._connection = connect(self._address)
            if not read_only:
                self._make()
        except DatabaseError as error:
            self.close()
            raise unusable(self._address, error) from error
        except BaseException:
            self.close()
            raise

    def catch_up(self, store: Store, progress: Progress | None = None) -> int:
        """Read what the journal has gained, and make the tables anew when they do not fit the journal. Returns the number of transfers read."""
        with self.lock:
            if not self._fits(store):
                return self.rebuild(store, progress)
            count, head = 0, store.head()[0]
            while True:
                with self.writing() as db:
                    done, seq = self._chunk(db, store)
                count += done
                if progress:
                    progress(seq, head)
                if seq >= head:
                    return count

    def rebuild(self, store: Store, progress: Progress | None = None) -> int:
        """Make the tables anew in one transaction: others see the old rows until then. Returns the number of transfers."""
        with self.lock, self.writing() as db:
            for name in NAMES[1:]:
                db.execute(f"DELETE FROM {name}")
            db.execute("UPDATE index_meta SET seq = 0, hash = %s", [GENESIS])
            count, head = 0, store.head()[0]
            while True:
                done, seq = self._chunk(db, store)
                count += done
                if progress:
                    progress(seq, head)
                if seq >= head:
                    return count

    # --- writing

    def _chunk(self, db: Any, store: Store) -> tuple[int, int]:
        """Some records: how many transfers they held, and the seq they led to."""
        seq, last = self.stands(db)
        if (seq, last) != self._at:  # another process went on, or ours was undone
            self._forget()
            self._assets = dict(db.execute("SELECT number, asset FROM accounts").fetchall())
        rows = Rows()
        for record in store.read(seq):
            seq, last = follows(record, seq, last)
            batch = decode(record.body)
            self._assets.update((number, account.asset) for number, account, _ in batch.opened)
            self._fetch(db, batch)
            rows.add(seq, batch, self._unfold, self._assets)
            if len(rows.transfers) + len(rows.records) >= CHUNK:
                break
        if rows.records:
            rows.write(db)
            db.execute("UPDATE index_meta SET seq = %s, hash = %s", (seq, last))
        self._at = (seq, last)
        return len(rows.transfers), seq

    def _fetch(self, db: Any, batch: Batch) -> None:
        """Ask for the totals of all accounts of a batch at once: one by one costs more than all the rest."""
        running = self._unfold.running
        missing = {t.debit for t in batch.transfers if t.form <= Form.PENDING} | {t.credit for t in batch.transfers if t.form <= Form.PENDING}
        missing -= running.keys()
        if missing:
            found = {row[0]: [int(total) for total in row[1:]] for row in db.execute(NEWEST, [list(missing)]).fetchall()}
            running.update((number, found.get(number) or [0, 0, 0, 0]) for number in missing)

    def _forget(self) -> None:
        self._unfold = Unfold(self._last_totals, self._last_aside)
        self._assets, self._at = {}, (-1, GENESIS)

    def _last_totals(self, number: int) -> Totals:
        row = self._connection.execute(NEWEST, [[number]]).fetchone()
        return [int(total) for total in row[1:]] if row else [0, 0, 0, 0]

    def _last_aside(self, pending: int) -> Aside:
        row = self._connection.execute("SELECT debit, credit, amount FROM transfers WHERE id = %s", [UUID(int=pending)]).fetchone()
        assert row, "a pending transfer ends that never began"
        return row[0], row[1], int(row[2])

    def _fits(self, store: Store) -> bool:
        """Whether the record that the tables stand at is in the journal."""
        mark = self.mark()
        if not mark[0]:
            return True
        found = next(iter(store.read(mark[0] - 1, mark[0])), None)
        return found is not None and found.hash == mark[1]

    # --- the database

    def _make(self) -> None:
        """Make the tables, or make them anew when an older Mintage did."""
        db = self._connection
        if self._version() == VERSION:
            return
        with db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(self.schema, "schema")])
            if (found := self._version()) == VERSION:
                return
            make_schema(db, self.schema)
            if found is not None:
                db.execute(f"DROP TABLE IF EXISTS {', '.join(NAMES)}")
            db.execute(TABLES)
            db.execute("INSERT INTO index_meta VALUES (1, %s, 0, %s)", (VERSION, GENESIS))

    def _version(self) -> int | None:
        if not has_table(self._connection, self.schema, "index_meta"):
            return None
        found = int(self._connection.execute("SELECT version FROM index_meta").fetchone()[0])
        if found > VERSION:
            raise LedgerError(Fault("MT708", f"the index at {self.name}", f"has version {found}", f"at most {VERSION}", "open it with a newer Mintage"))
        return found

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """One snapshot: what is read from this connection is of one moment."""
        with self.lock:
            if self._inside:
                yield self._connection
                return
            with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
                yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """One transaction that no other process writes beside. It need not be on the disk at once: the journal is."""
        if self.read_only:
            raise failed(self._address, "this index is opened for reading only")
        with self.lock, self._transaction("BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = 600000; SET LOCAL statement_timeout = 600000"):
            try:
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(self.schema, "index")])
                yield self._connection
            except BaseException:
                self._forget()  # what is in memory is ahead of the tables
                raise

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        try:
            self._begin(begin)
            self._inside = True
            yield
            self._connection.execute("COMMIT")
        except DatabaseError as error:
            self.close()
            raise failed(self._address, said(error)) from error
        except BaseException:
            if self._connection is not None:
                with suppress(DatabaseError):
                    self._connection.execute("ROLLBACK")
            raise
        finally:
            self._inside = False

    def _begin(self, statement: str) -> None:
        """Twice when the connection turns out to be lost: a server may have been restarted since it was last asked."""
        for last in (False, True):
            try:
                self._connection = self._connection or connect(self._address)
                self._connection.execute(statement)
                return
            except DatabaseError as error:
                self.close()
                if last or not lost(error):
                    raise

    def close(self) -> None:
        with self.lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(DatabaseError):
                    connection.close()


class Rows:
    """Rows to insert, gathered over some records, as COPY takes them."""

    def __init__(self) -> None:
        self.records: list[tuple[int, int]] = []
        self.accounts: list[tuple[Any, ...]] = []
        self.limits: list[tuple[int, int]] = []
        self.reasons: list[tuple[int, str]] = []
        self.notes: list[tuple[Any, ...]] = []
        self.transfers: list[str] = []
        self.entries: list[str] = []
        self.sums: dict[tuple[int, int, str], list[int]] = {}

    def add(self, seq: int, batch: Batch, unfold: Unfold, assets: dict[int, str]) -> None:
        """The rows of record `seq`."""
        time_ns = batch.time_ns
        self.records.append((seq, time_ns))
        self.accounts += [(number, plain(a.asset), plain(a.kind), plain(a.owner), a.lot, int(limit)) for number, a, limit in batch.opened]
        self.limits += [(int(limiting.limits), limiting.number) for limiting in batch.limits]
        self.reasons += [(number, plain(text)) for number, text in batch.reasons]
        self.notes += [(seq, i, plain(topic), body, first, count) for i, (topic, body, first, count) in enumerate(batch.notes)]
        add_transfer, add_entry, sums = self.transfers.append, self.entries.append, self.sums
        for idx, t, debit, credit, d, c in unfold.each(batch.transfers):
            form = t.form
            ends = f"{t.pending:032x}" if t.pending else "\\N"
            linked = "t" if t.linked else "f"
            add_transfer(
                f"{seq}\t{idx}\t{t.id:032x}\t{debit}\t{credit}\t{t.amount}\t{t.reason}\t{t.epoch}\t{form:d}\t{linked}\t{ends}\t{t.timeout}\t{time_ns}\n"
            )
            add_entry(f"{debit}\t{seq}\t{idx}\t{d[0]}\t{d[1]}\t{d[2]}\t{d[3]}\n")
            add_entry(f"{credit}\t{seq}\t{idx}\t{c[0]}\t{c[1]}\t{c[2]}\t{c[3]}\n")
            if form == Form.MOVE or form == Form.POST:
                total = sums.setdefault((t.epoch, t.reason, plain(assets[debit])), [0, 0])
                total[0] += 1
                total[1] += t.amount

    def write(self, db: Any) -> None:
        """Insert them all."""
        with db.cursor() as cursor:
            for name in ("records", "accounts", "reasons", "notes"):
                if rows := getattr(self, name):
                    with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
            if self.limits:
                cursor.executemany("UPDATE accounts SET limits = %s WHERE number = %s", self.limits)
            for name, lines in (("transfers", self.transfers), ("entries", self.entries)):
                if lines:
                    with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                        copy.write("".join(lines))
            if self.sums:
                keys, values = zip(*self.sums, strict=True), zip(*self.sums.values(), strict=True)
                cursor.execute(SUMS, [list(column) for column in (*keys, *values)])


def follows(record: Record, seq: int, last: bytes) -> tuple[int, bytes]:
    """The record's seq and hash. Errors: LedgerError MT702 when it is not the next one."""
    if record.seq != seq + 1 or sha256(last + record.body).digest() != record.hash:
        raise LedgerError(Fault("MT702", f"record {record.seq}", "does not follow from the one before", f"record {seq + 1} with the hash of its content"))
    return record.seq, record.hash
