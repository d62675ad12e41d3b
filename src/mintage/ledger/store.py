"""What a store is to the ledger: an append-only, durable list of records, the right to append, a place for snapshots.

A record is (seq, hash, body): seq counts from 1 without a gap, hash = SHA-256(previous hash + body), body as `codec` writes it. All
that a ledger knows follows from its records. A store of another kind is one file like `sqlite.py`; tests/ledger runs every law on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

GENESIS = bytes(32)  # the hash before the first record


class Record(NamedTuple):
    """One entry of the journal."""

    seq: int
    hash: bytes
    body: bytes


class Store(Protocol):
    """Errors of all methods: LedgerError MT703 when the store fails, MT701 when another process has it."""

    name: str  # for messages: no password in it

    def turn(self) -> AbstractContextManager[None]:
        """The right to append: within it nobody else does. SQLite holds it as long as it is open, PostgreSQL for a batch."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Seq and hash of the last record; (0, GENESIS) of an empty journal."""
        ...

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Records in order, after < seq <= upto."""
        ...

    def append(self, record: Record) -> None:
        """Durable when it returns. When it raises, the record may be there or not: `read` tells."""
        ...

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        """Keep a snapshot of the state after `seq`; the last two are kept."""
        ...

    def snapshots(self) -> Iterator[Record]:
        """Snapshots, the newest first."""
        ...

    def close(self) -> None: ...
