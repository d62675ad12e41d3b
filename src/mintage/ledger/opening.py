"""How a ledger comes to know its state: the newest snapshot that belongs to the journal, and the records behind it, each checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple, Protocol

from mintage.errors import LedgerError
from mintage.ledger import snapshot
from mintage.ledger.books import Books
from mintage.ledger.codec import Batch, damaged, decode, packed_transfers
from mintage.ledger.past import Past, Scan
from mintage.ledger.store import GENESIS, Record, Store


class Machine(Protocol):
    """An application that is kept in step with the journal. Its own commands change it as they run; `apply` brings it what others wrote."""

    def load(self, body: bytes | None) -> None:
        """Begin at what `dump` gave, or anew."""
        ...

    def apply(self, batch: Batch, seq: int) -> None:
        """Follow a record that was read from the journal."""
        ...

    def dump(self) -> bytes: ...


class State(NamedTuple):
    """Where a ledger stands: its books, the last record, and when it was last kept."""

    books: Books
    seq: int
    hash: bytes
    kept: int  # seq of the newest snapshot
    since: int  # transfers since then
    foreign: bool  # that snapshot has the part of a machine, and this ledger has no machine


def check(record: Record, seq: int, before: bytes) -> None:
    """Errors: LedgerError MT702 when the record does not follow. An empty `before` is not known: only the number is checked."""
    where = f"record {seq}"
    if record.seq != seq:
        raise damaged(f"is missing: record {record.seq} comes next", where)
    if before and sha256(before + record.body).digest() != record.hash:
        raise damaged("does not have the hash that its content demands", where)


def follow(books: Books, record: Record, before: tuple[int, bytes], machine: Machine | None) -> Batch:
    """Enter a record of the journal that follows `before`. Errors: LedgerError MT702, and what the machine raises."""
    check(record, before[0] + 1, before[1])
    batch = decode(record.body)
    books.replay(batch, record.seq)
    if machine is not None:
        machine.apply(batch, record.seq)
    return batch


def restore(store: Store, machine: Machine | None, past: Past | None, each: Callable[[Record, Batch], None] | None = None) -> State:
    """The state after the last record; `each` is called for records behind the snapshot. Errors: LedgerError MT702, MT703."""
    head, head_hash = store.head()
    books, machine_part, seq, hash, foreign = _kept(store, head, machine is not None)
    books.past = past or Scan(lambda: store.read(0, books.forgotten))
    if machine is not None:
        machine.load(machine_part)
    kept = seq
    since = 0
    for record in store.read(seq, head):
        batch = follow(books, record, (seq, hash), machine)
        seq, hash, since = record.seq, record.hash, since + len(batch.transfers)
        if each:
            each(record, batch)
    if (seq, hash) != (head, head_hash):
        raise damaged(f"is missing: the last one is {head}", f"record {seq + 1}")
    return State(books, seq, hash, kept, since, foreign)


def _kept(store: Store, head: int, with_machine: bool) -> tuple[Books, bytes | None, int, bytes, bool]:
    """Books and machine of the newest snapshot that is whole and belongs to this journal; else empty ones."""
    foreign = False
    for kept in store.snapshots():
        parts = snapshot.unseal(kept.body)
        if parts is None or kept.seq < 1:
            continue
        if kept.seq > head:  # of a record that another process wrote meanwhile, or the journal lost its end
            if kept.seq > store.head()[0]:
                raise damaged(f"is missing: a snapshot of record {kept.seq} is there", f"record {head + 1}")
            continue
        foreign = foreign or (parts[1] is not None and not with_machine)
        if with_machine and parts[1] is None:
            continue  # written by a ledger without this application
        try:
            books = snapshot.load(parts[0])
        except LedgerError:
            continue
        if _recall(store, books, kept):
            return books, parts[1], kept.seq, kept.hash, foreign
    return Books(), None, 0, GENESIS, foreign


def _recall(store: Store, books: Books, kept: Record) -> bool:
    """Know the recent ids before the snapshot again; False when the snapshot is of another journal. Errors: LedgerError MT702."""
    last: Record | None = None
    for record in chained(store, min(books.forgotten, kept.seq - 1), kept.seq):
        if record.seq > books.forgotten:
            books.recall(record.seq, packed_transfers(record.body))
        last = record
    return last is not None and (last.seq, last.hash) == (kept.seq, kept.hash)


def chained(store: Store, after: int, upto: int | None = None) -> Iterator[Record]:
    """Records behind `after`, none missing, each with the hash that follows from the one before; the first is taken as it is unless it is record 1.

    Errors: LedgerError MT702.
    """
    seq, before = after, GENESIS if after == 0 else b""
    for record in store.read(after, upto):
        check(record, seq + 1, before)
        yield record
        seq, before = record.seq, record.hash


def records(store: Store, after: int) -> Iterator[Record]:
    """Records behind `after`, each checked. Errors: LedgerError MT702."""
    return (record for record in chained(store, max(after - 1, 0)) if record.seq > after)
