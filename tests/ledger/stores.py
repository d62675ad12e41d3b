"""Stores for the tests: one that fails when it is told to, over any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from mintage.errors import Fault, LedgerError
from mintage.ledger.store import Record, Store

Open = Callable[[], Store]


def broken() -> LedgerError:
    return LedgerError(Fault("MT703", "store", "failed as the test asked"))


class Failing:
    """`fail` is when the next append fails: "before" it is written, or "after"; `dead`: nothing works from then on; `down`: nothing works now."""

    def __init__(self, store: Store) -> None:
        self.inner, self.name = store, store.name
        self.fail = ""
        self.dead = self.down = False
        self.error: Callable[[], BaseException] = broken

    def _check(self) -> None:
        if self.down:
            raise broken()

    def turn(self) -> AbstractContextManager[None]:
        self._check()
        return self.inner.turn()

    def head(self) -> tuple[int, bytes]:
        self._check()
        return self.inner.head()

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        self._check()
        return self.inner.read(after, upto)

    def append(self, record: Record) -> None:
        self._check()
        fail, self.fail = self.fail, ""
        if fail != "before":
            self.inner.append(record)
        if fail:
            self.down = self.dead
            raise self.error()

    def save_snapshot(self, seq: int, hash: bytes, body: bytes) -> None:
        self._check()
        self.inner.save_snapshot(seq, hash, body)

    def snapshots(self) -> Iterator[Record]:
        self._check()
        return self.inner.snapshots()

    def close(self) -> None:
        self.inner.close()
