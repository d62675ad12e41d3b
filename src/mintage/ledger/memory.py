"""A store in memory: for tests, and for shadow work that nobody will ask for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from mintage.ledger.store import GENESIS, Record


class MemoryStore:
    """Records in a list. It outlives its `close`, so that a test can open the ledger again."""

    def __init__(self) -> None:
        self.name = "memory"
        self.records: list[Record] = []
        self.kept: list[Record] = []
        self._turn = RLock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._turn:
            yield

    def head(self) -> tuple[int, bytes]:
        return self.records[-1][:2] if self.records else (0, GENESIS)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        yield from self.records[after:upto]

    def append(self, record: Record) -> None:
        assert record.seq == len(self.records) + 1
        self.records.append(record)

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        self.kept = [Record(seq, hash, body), *(kept for kept in self.kept if kept.seq != seq)][:2]

    def snapshots(self) -> Iterator[Record]:
        yield from self.kept

    def close(self) -> None:
        pass
