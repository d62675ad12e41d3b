"""The journal in PostgreSQL: several processes write to one ledger, one at a time, under the same laws.

A turn is a transaction that holds an advisory lock of this ledger; `append` inserts the record and commits, which flushes and ends the lock.
That no record is lost or forked does not rest on the lock alone: `seq` is unique, and the database takes only the successor of its last record.

When the connection is lost in the middle of a commit, nobody knows yet whether the record is there, and the server may still be about to
write it. So the next connection first waits for the lock that the lost one held; what it then reads is final.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import RLock
from typing import Any, TypeVar

from ..errors import ServiceError
from .postgres_schema import lock_key, migrate
from .postgres_session import DatabaseError, address, connect, failed, lost, said, unusable
from .store import GENESIS, Record

T = TypeVar("T")
PAGE = 16 * 2**20  # bytes of journal or snapshot moved at once
HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"


class PostgresStore:
    """A store in schema `schema` (or `?schema=` of the address; else `mintage`) of a PostgreSQL database, 14 or later.

    `patience` [s] is how long a lost connection is sought anew. Errors of opening: ServiceError MT703 when the database cannot be used
    (not there, wrong password, fsync off), LedgerError MT708 when a newer Mintage wrote it.
    """

    def __init__(self, dsn: str, schema: str | None = None, patience: float = 10.0) -> None:
        self._address = address(dsn, schema)
        self.name, self.schema, self.patience = self._address.name, self._address.schema, patience
        self._turn_key, self._snapshot_key = (lock_key(self.schema, purpose) for purpose in ("turn", "snapshot"))
        self._lock = RLock()  # one thread at a time uses the connection; a turn keeps it
        self._connection: Any = None
        self._last: tuple[int, bytes] | None = None  # the head, while a transaction of ours holds the turn
        self._doubt = self._closed = False  # doubt: a record of ours may still be on its way
        try:
            self._connection = connect(self._address)
            migrate(self._connection, self.schema, self.name)
        except DatabaseError as error:
            self._drop()
            raise unusable(self._address, error) from error
        except BaseException:
            self._drop()
            raise

    # --- the turn

    def turn(self) -> AbstractContextManager[None]:
        """The right to append, for one record: it ends with the commit of `append`, or here."""
        return self._turn()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            self._last = self._try(self._take)
            try:
                yield
            finally:
                self._leave()

    def _take(self, connection: Any) -> tuple[int, bytes]:
        # Three statements in one message. The head is read by one of its own: its snapshot must be younger than the lock.
        cursor = connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({self._turn_key}); {HEAD}")
        while cursor.nextset():
            pass
        return head_of(cursor)

    def _leave(self) -> None:
        if self._last is not None:  # nothing was appended
            self._last = None
            try:
                self._connection.execute("ROLLBACK")
            except DatabaseError:
                self._drop()

    def append(self, record: Record) -> None:
        """Insert and commit. A second one in a turn takes the turn again."""
        with self._lock:
            if self._last is None:
                self._last = self._try(self._take)
            if self._last[0] + 1 != record.seq:
                raise failed(self._address, f"record {record.seq} does not follow record {self._last[0]}: another process was first")
            try:
                self._doubt = True
                self._connection.execute("INSERT INTO journal VALUES (%s, %s, %s)", tuple(record))
                done = self._connection.execute("COMMIT").statusmessage
                self._last = None
            except DatabaseError as error:
                self._drop()
                raise failed(self._address, said(error)) from error
            except BaseException:
                self._drop()
                raise
            if done != "COMMIT":  # so PostgreSQL answers a transaction that failed
                raise failed(self._address, f"the server answered {done} to COMMIT")
            self._doubt = False

    # --- reading

    def head(self) -> tuple[int, bytes]:
        with self._lock:
            return self._last or self._try(lambda connection: head_of(connection.execute(HEAD, binary=True)))

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Page by page, so that a long journal is never in memory as a whole."""
        query, limit = "SELECT seq, hash, body FROM journal WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s", 16
        end = 2**63 - 1 if upto is None else upto
        while after < end:
            with self._lock:
                if self._last is not None and after >= self._last[0]:
                    return  # in a turn nothing new can come: the common case costs no question
                bounds = (after, end, limit)
                page = self._try(lambda connection, bounds=bounds: connection.execute(query, bounds, binary=True).fetchall())  # type: ignore[misc]
            for row in page:
                yield Record(*row)
            if len(page) < limit:
                return
            after = page[-1][0]
            limit = max(1, min(4096, PAGE * len(page) // (1 + sum(len(row[2]) for row in page))))

    # --- snapshots, on a connection of their own: they are large and must not hold up a turn

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        with self._aside() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [self._snapshot_key])
            if connection.execute("SELECT 1 FROM snapshots WHERE seq = %s LIMIT 1", [seq]).fetchone():
                return  # another process was first; what follows from the same records is the same
            for part, start in enumerate(range(0, max(len(body), 1), PAGE)):
                connection.execute("INSERT INTO snapshots VALUES (%s, %s, %s, %s)", (seq, part, hash, body[start : start + PAGE]))
            connection.execute("DELETE FROM snapshots WHERE seq NOT IN (SELECT DISTINCT seq FROM snapshots ORDER BY seq DESC LIMIT 2)")

    def snapshots(self) -> Iterator[Record]:
        with self._aside() as connection:
            seqs = [row[0] for row in connection.execute("SELECT DISTINCT seq FROM snapshots ORDER BY seq DESC")]
        for seq in seqs:
            with self._aside() as connection:
                parts = connection.execute("SELECT hash, body FROM snapshots WHERE seq = %s ORDER BY part", [seq], binary=True).fetchall()
            if parts:
                yield Record(seq, parts[0][0], b"".join(body for _, body in parts))

    @contextmanager
    def _aside(self) -> Iterator[Any]:
        try:
            connection = connect(self._address)
            with connection:
                yield connection
        except DatabaseError as error:
            raise failed(self._address, said(error)) from error

    # --- connections

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        connection, self._connection, self._last = self._connection, None, None
        if connection is not None:
            with suppress(DatabaseError):
                connection.close()

    def _try(self, act: Callable[[Any], T]) -> T:
        """Do what may be done twice; on a new connection when the old one is lost, for `patience` seconds."""
        if self._closed:
            raise failed(self._address, "this store is closed")
        end, pause = time.monotonic() + self.patience, 0.02
        while True:
            try:
                if self._connection is None:
                    self._connection = connect(self._address)
                if self._doubt:  # who held the turn for us is gone when we get it
                    self._connection.execute(f"SELECT pg_advisory_xact_lock({self._turn_key})")
                    self._doubt = False
                return act(self._connection)
            except (DatabaseError, ServiceError) as error:
                self._drop()
                if not lost(error) or time.monotonic() + pause > end:
                    raise failed(self._address, said(error)) from error
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
            except BaseException:
                self._drop()
                raise


def head_of(cursor: Any) -> tuple[int, bytes]:
    row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)
