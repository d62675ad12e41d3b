"""How a batch is written in the journal: one body of bytes, the same on every machine, read back strictly.

Layout, big-endian: head (magic, version, time, five counts), transfers of 98 bytes each, accounts opened, reasons, limits, notes. Transfers
come first and have one size, so an id is found in a body without reading the rest. A body that `encode` would not write is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from mintage.errors import Fault, LedgerError
from mintage.ledger.types import Account, Form, Limit, Transfer

MAGIC = b"MTGB"
VERSION = 1
HEAD = struct.Struct(">4sHQIIIII")  # magic, version, time_ns, transfers, opened, reasons, limits, notes
TRANSFER = struct.Struct(">16s32s16sQQQIIBB")  # id, amount, pending, debit, credit, epoch, reason, timeout, form, linked
ZERO16 = bytes(16)

_OPENED = struct.Struct(">QiBHHH")  # number, lot, limits, sizes of asset, kind, owner
_REASON = struct.Struct(">IH")
_LIMIT = struct.Struct(">QBIH")
_NOTE = struct.Struct(">HIII")
_LIMITS = int(Limit.NO_OVERDRAFT | Limit.CREDITS_ONLY | Limit.DEBITS_ONLY | Limit.FROZEN)


class Note(NamedTuple):
    """A record of the application above the ledger, tied to `count` transfers of its batch, from index `first` on."""

    topic: str
    body: bytes
    first: int = 0
    count: int = 0  # type: ignore[assignment]  # tuple has a method of this name


class Opened(NamedTuple):
    """A new account. Numbers count from 1 without a gap; 0 is no account."""

    number: int
    account: Account
    limits: Limit


class Limiting(NamedTuple):
    """A change of an account's limits and why. It holds from the transfer with index `at` of its batch on."""

    number: int
    limits: Limit
    why: str
    at: int = 0


class Batch(NamedTuple):
    """What one record of the journal holds: all of it happened at `time_ns`, in one step. Reasons are (number, text), numbered from 1."""

    time_ns: int
    opened: list[Opened]
    reasons: list[tuple[int, str]]
    limits: list[Limiting]
    transfers: list[Transfer]
    notes: list[Note]


def pack(t: Transfer) -> bytes:
    """A transfer in its 98 bytes; OverflowError or struct.error when a field does not fit its size."""
    return TRANSFER.pack(
        t.id.to_bytes(16, "big"), t.amount.to_bytes(32, "big"), t.pending.to_bytes(16, "big"), t.debit, t.credit, t.epoch, t.reason, t.timeout, t.form, t.linked
    )


def unpack(data: bytes | memoryview) -> list[Transfer]:
    """The transfers of packed bytes, one after another."""
    make, whole = Transfer._make, int.from_bytes
    try:
        rows = [
            make((whole(i, "big"), debit, credit, whole(amount, "big"), reason, epoch, form, _LINKED[linked], whole(pending, "big"), timeout))
            for i, amount, pending, debit, credit, epoch, reason, timeout, form, linked in TRANSFER.iter_unpack(data)
        ]
    except (IndexError, struct.error):
        raise damaged("a transfer is not written as transfers are") from None
    if rows and max(t.form for t in rows) > Form.EXPIRE:
        raise damaged("a transfer has a form that there is not")
    return rows


_LINKED = (False, True)


def damaged(found: str, where: str = "journal") -> LedgerError:
    """The error of a journal that is not what this ledger writes."""
    return LedgerError(Fault("MT702", where, found, hint="nothing was changed; `mintage ledger verify` shows where the chain breaks"))


def encode(batch: Batch, packed: Iterable[bytes] | None = None) -> bytes:
    """The body of a batch. `packed` are its transfers where they are packed already."""
    head = HEAD.pack(MAGIC, VERSION, batch.time_ns, *(len(part) for part in (batch.transfers, batch.opened, batch.reasons, batch.limits, batch.notes)))
    parts = [head, *(map(pack, batch.transfers) if packed is None else packed)]
    for number, account, limits in batch.opened:
        asset, kind, owner = account.asset.encode(), account.kind.encode(), account.owner.encode()
        parts += (_OPENED.pack(number, account.lot, limits, len(asset), len(kind), len(owner)), asset, kind, owner)
    for number, text in batch.reasons:
        parts += (_REASON.pack(number, len(text.encode())), text.encode())
    for number, limits, why, at in batch.limits:
        parts += (_LIMIT.pack(number, limits, at, len(why.encode())), why.encode())
    for topic, body, first, count in batch.notes:
        parts += (_NOTE.pack(len(topic.encode()), len(body), first, count), topic.encode(), body)
    return b"".join(parts)


class _Reader:
    """Takes pieces off a body and refuses to go past its end."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        at, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise damaged("a record ends too early")
        return self.data[at : self.at]

    def text(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError:
            raise damaged("a text of a record is no UTF-8") from None

    def opened(self) -> Opened:
        number, lot, limits, asset, kind, owner = _OPENED.unpack(self.take(_OPENED.size))
        account = Account(self.text(asset), self.text(kind), self.text(owner), lot)
        return Opened(number, account, _limits(limits))

    def reason(self) -> tuple[int, str]:
        number, size = _REASON.unpack(self.take(_REASON.size))
        return number, self.text(size)

    def limiting(self, transfers: int) -> Limiting:
        number, limits, at, size = _LIMIT.unpack(self.take(_LIMIT.size))
        if at > transfers:
            raise damaged("a limit of a record holds from a transfer on that it has not")
        return Limiting(number, _limits(limits), self.text(size), at)

    def note(self, transfers: int) -> Note:
        topic, size, first, count = _NOTE.unpack(self.take(_NOTE.size))
        if first + count > transfers:
            raise damaged("a note of a record belongs to transfers that it has not")
        return Note(self.text(topic), self.take(size), first, count)


def _limits(value: int) -> Limit:
    if value & ~_LIMITS:
        raise damaged("an account has a limit that there is not")
    return Limit(value)


def _head(data: bytes) -> tuple[int, ...]:
    """Time and counts of a body: transfers, opened, reasons, limits, notes."""
    if len(data) < HEAD.size or data[:4] != MAGIC:
        raise damaged("a record does not begin as records do")
    _, version, *rest = HEAD.unpack_from(data)
    if version != VERSION:
        raise damaged(f"a record has format {version}, and this program reads {VERSION}")
    return tuple(rest)


def packed_transfers(data: bytes) -> list[bytes]:
    """The transfers of a body, still packed; nothing else of it is read."""
    _, count, *_ = _head(data)
    end = HEAD.size + count * TRANSFER.size
    if end > len(data):
        raise damaged("a record ends too early")
    return [data[at : at + TRANSFER.size] for at in range(HEAD.size, end, TRANSFER.size)]


def decode(data: bytes) -> Batch:
    """The batch of a body; LedgerError MT702 when it is not exactly as `encode` writes it."""
    time_ns, transfers, opened, reasons, limits, notes = _head(data)
    reader = _Reader(data, HEAD.size)
    rows = unpack(reader.take(transfers * TRANSFER.size))
    batch = Batch(
        time_ns,
        [reader.opened() for _ in range(opened)],
        [reader.reason() for _ in range(reasons)],
        [reader.limiting(transfers) for _ in range(limits)],
        rows,
        [reader.note(transfers) for _ in range(notes)],
    )
    if reader.at != len(data):
        raise damaged(f"{len(data) - reader.at} bytes follow the end of a record")
    return batch
