"""The journal in PostgreSQL: several processes write to one ledger, one at a time, under the same laws.

A turn is a transaction that holds an advisory lock of this ledger; `append` inserts the record and commits, which flushes and ends the lock.
That no record is lost or forked does not rest on the lock alone: `seq` is unique, and the database takes only the successor of its last record.

When the connection is lost in the middle of a commit, nobody knows yet whether the record is there, and the server may still be about to
write it. So the next connection first waits for the lock that the lost one held; what it then reads is final, and `append` goes on from there:
a server that is restarted is a pause, not an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import get_ident
from typing import Any, TypeVar

from .postgres_schema import lock_key, migrate
from .postgres_session import DatabaseError, Link, address, connect, failed, lost, said, unusable
from .store import GENESIS, Record

T = TypeVar("T")
PAGE = 16 * 2**20  # bytes of journal or snapshot moved at once
HEAD = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"


class PostgresStore:
    """A store in schema `schema` (or `?schema=` of the address; else `mintage`) of a PostgreSQL database, 14 or later.

    `patience` [s] is how long a lost connection is sought anew. Errors of opening: ServiceError MT703 when the database cannot be used
    (not there, wrong password, fsync off), LedgerError MT708 when a newer Mintage wrote it.
    """

    def __init__(self, dsn: str, schema: str | None = None, patience: float = 20.0) -> None:
        self._address = address(dsn, schema)
        self.name, self.schema, self.patience = self._address.name, self._address.schema, patience
        self._turn_key, self._snapshot_key = (lock_key(self.schema, purpose) for purpose in ("turn", "snapshot"))
        self._link, self._view = Link(self._address, patience), Link(self._address, patience)  # the turn's, and one for those who only read
        self._owner = 0  # the thread that has the turn
        self._last: tuple[int, bytes] | None = None  # the head, while a transaction of ours holds the turn
        self._doubt = False  # a record of ours may still be on its way
        try:
            self._link.connection = connect(self._address)
            migrate(self._link.connection, self.schema, self.name)
        except DatabaseError as error:
            self.close()
            raise unusable(self._address, error) from error
        except BaseException:
            self.close()
            raise

    # --- the turn

    def turn(self) -> AbstractContextManager[None]:
        """The right to append, for one record: it ends with the commit of `append`, or here."""
        return self._turn()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._link.lock:
            self._owner, self._last = get_ident(), None
            try:
                self._last = self._surely(self._take)
                yield
            finally:
                self._leave()
                self._owner = 0

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
                self._link.connection.execute("ROLLBACK")
            except DatabaseError:
                self._link.drop()

    def append(self, record: Record) -> None:
        """Insert and commit. When the connection is lost on the way, look on a new one and go on from what is there, for `patience` seconds."""
        with self._link.lock:
            end = time.monotonic() + self.patience
            while not self._is_there(record):
                try:
                    self._link.connection.execute("INSERT INTO journal VALUES (%s, %s, %s)", tuple(record))
                    done = self._link.connection.execute("COMMIT").statusmessage
                    if done != "COMMIT":  # so PostgreSQL answers a transaction that failed
                        raise failed(self._address, f"the server answered {done} to COMMIT")
                    self._last = None
                    return
                except BaseException as error:
                    self._doubt, self._last = True, None
                    self._link.drop()
                    if not isinstance(error, DatabaseError):
                        raise
                    if not lost(error) or time.monotonic() > end:
                        raise failed(self._address, said(error)) from error

    def _is_there(self, record: Record) -> bool:
        """Whether an earlier try of ours wrote the record; if not, the turn is ours again. Errors: MT703 when another process was first."""
        if self._last is None:
            self._last = self._surely(self._take)
        if self._last[0] + 1 == record.seq:
            return False
        self._leave()
        query = "SELECT 1 FROM journal WHERE seq = %s AND hash = %s"
        if not self._link.ask(lambda connection: connection.execute(query, (record.seq, record.hash)).fetchone()):
            raise failed(self._address, f"record {record.seq} does not follow from what is there: another process was first")
        return True

    # --- reading

    def _ask(self, act: Callable[[Any], T]) -> T:
        """Who has the turn asks on its connection, others on another one, so that they wait for no flush."""
        if self._owner == get_ident():
            before = self._link.connection
            try:
                return self._surely(act)
            finally:
                if self._link.connection is not before:
                    self._last = None  # the transaction went with the connection
        if self._doubt:
            with self._link.lock:
                self._surely(lambda connection: None)
        with self._view.lock:
            return self._view.ask(act)

    def _surely(self, act: Callable[[Any], T]) -> T:
        """On the turn's connection, when it is settled what became of our last record: whoever held the turn for it is gone when we get the lock."""

        def both(connection: Any) -> T:
            if self._doubt:
                connection.execute(f"SELECT pg_advisory_xact_lock({self._turn_key})")
                self._doubt = False
            return act(connection)

        return self._link.ask(both)

    def head(self) -> tuple[int, bytes]:
        if self._owner == get_ident() and self._last is not None:
            return self._last
        return self._ask(lambda connection: head_of(connection.execute(HEAD, binary=True)))

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Page by page, so that a long journal is never in memory as a whole."""
        query, limit = "SELECT seq, hash, body FROM journal WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s", 16
        end = 2**63 - 1 if upto is None else upto
        while after < end:
            if self._owner == get_ident() and self._last is not None and after >= self._last[0]:
                return  # in a turn nothing new can come: the common case costs no question
            bounds = (after, end, limit)
            page = self._ask(lambda connection, bounds=bounds: connection.execute(query, bounds, binary=True).fetchall())  # type: ignore[misc]
            for row in page:
                yield Record(*row)
            if len(page) < limit:
                return
            after = page[-1][0]
            limit = max(1, min(4096, PAGE * len(page) // (1 + sum(len(row[2]) for row in page))))

    # --- snapshots, on a connection of their own: they are large and must not hold up a turn

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        def save(connection: Any) -> None:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [self._snapshot_key])
                if connection.execute("SELECT 1 FROM snapshots WHERE seq = %s LIMIT 1", [seq]).fetchone():
                    return  # another process was first; what follows from the same records is the same
                for part, start in enumerate(range(0, max(len(body), 1), PAGE)):
                    connection.execute("INSERT INTO snapshots VALUES (%s, %s, %s, %s)", (seq, part, hash, body[start : start + PAGE]))
                connection.execute("DELETE FROM snapshots WHERE seq NOT IN (SELECT DISTINCT seq FROM snapshots ORDER BY seq DESC LIMIT 2)")

        self._aside(save)

    def snapshots(self) -> Iterator[Record]:
        seqs = self._aside(lambda connection: connection.execute("SELECT DISTINCT seq FROM snapshots ORDER BY seq DESC").fetchall())
        query = "SELECT hash, body FROM snapshots WHERE seq = %s ORDER BY part"
        for (seq,) in seqs:
            parts = self._aside(lambda connection, seq=seq: connection.execute(query, [seq], binary=True).fetchall())  # type: ignore[misc]
            if parts:
                yield Record(seq, parts[0][0], b"".join(body for _, body in parts))

    def _aside(self, act: Callable[[Any], T]) -> T:
        link = Link(self._address, self.patience)
        try:
            return link.ask(act)
        finally:
            link.close()

    def close(self) -> None:
        self._link.close()
        self._view.close()


def head_of(cursor: Any) -> tuple[int, bytes]:
    row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)
