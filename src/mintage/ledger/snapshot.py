"""A snapshot: the state after a record as bytes, so that opening need not begin at the first one. Equal books have equal bytes.

It is an aid and never the truth: one that is damaged, or does not belong to the journal, is passed over.
"""

from __future__ import annotations

import struct
from hashlib import sha256

from mintage.errors import LedgerError
from mintage.ledger.books import Books, Hold
from mintage.ledger.codec import Batch, Opened, damaged, decode, encode
from mintage.ledger.past import Filter
from mintage.ledger.types import Limit

MAGIC = b"MTGS\x00\x01"

_TOTALS = struct.Struct(">32s32s32s32s")
_HOLD = struct.Struct(">16sQQ32sQ")
_SIZE = struct.Struct(">Q")


def dump(books: Books) -> bytes:
    """The books without an open record, and without recent ids: those are read from the journal again."""
    assert not books.dirty
    opened = [Opened(n, account, Limit(books.limits[n])) for n, account in enumerate(books.accounts) if n]
    names = encode(Batch(books.time_ns, opened, list(enumerate(books.reasons))[1:], [], [], []))
    columns = (books.debits, books.credits, books.debits_pending, books.credits_pending)
    totals = b"".join(_TOTALS.pack(*(x.to_bytes(32, "big") for x in row)) for row in zip(*columns, strict=True))
    holds = b"".join(_HOLD.pack(id.to_bytes(16, "big"), d, c, amount.to_bytes(32, "big"), until) for id, (d, c, amount, until) in sorted(books.holds.items()))
    return join(names, totals, holds, _SIZE.pack(books.forgotten), books.old.dump())


def load(data: bytes) -> Books:
    """The books of such bytes. Errors: LedgerError MT702."""
    try:
        names, totals, holds, forgotten, old = split(data)
        batch, books = decode(names), Books()
        for number, account, limits in batch.opened:
            if books.open(account, limits) != number:
                raise damaged("a snapshot opens an account with another number")
        for number, text in batch.reasons:
            if books.reason(text) != number:
                raise damaged("a snapshot names a reason with another number")
        books.now = batch.time_ns
        books.settle(0)
        rows = [[int.from_bytes(x, "big") for x in row] for row in _TOTALS.iter_unpack(totals)]
        if len(rows) != len(books.accounts):
            raise damaged("a snapshot has not one balance an account")
        for column, values in zip((books.debits, books.credits, books.debits_pending, books.credits_pending), zip(*rows, strict=True), strict=True):
            column[:] = values
        for id, debit, credit, amount, until in _HOLD.iter_unpack(holds):
            books.holds[int.from_bytes(id, "big")] = Hold(debit, credit, int.from_bytes(amount, "big"), until)
        books.restore_deadlines()
        books.forgotten = _SIZE.unpack(forgotten)[0]
        books.old = Filter.load(old)
    except (struct.error, ValueError, IndexError) as error:
        raise damaged(f"a snapshot cannot be read: {error}") from None
    return books


def join(*parts: bytes) -> bytes:
    """Parts in one, each with its size before it."""
    return b"".join(piece for part in parts for piece in (_SIZE.pack(len(part)), part))


def split(data: bytes) -> list[bytes]:
    """The parts again. Errors: LedgerError MT702."""
    at, parts = 0, []
    while at < len(data):
        if at + _SIZE.size > len(data):
            raise damaged("a snapshot ends too early")
        end = at + _SIZE.size + _SIZE.unpack_from(data, at)[0]
        if end > len(data):
            raise damaged("a snapshot ends too early")
        parts.append(data[at + _SIZE.size : end])
        at = end
    return parts


def seal(books: bytes, machine: bytes | None) -> bytes:
    """The body that a store keeps: with a digest, so that damage is seen. `machine` is the application's own part, None when it has none."""
    content = join(books) if machine is None else join(books, machine)
    return MAGIC + sha256(content).digest() + content


def unseal(body: bytes) -> tuple[bytes, bytes | None] | None:
    """Books and machine of a body; None when it is damaged, or from another version."""
    digest, content = body[len(MAGIC) : len(MAGIC) + 32], body[len(MAGIC) + 32 :]
    if not body.startswith(MAGIC) or sha256(content).digest() != digest:
        return None
    try:
        parts = split(content)
    except LedgerError:
        return None
    return (parts[0], parts[1] if len(parts) == 2 else None) if len(parts) in (1, 2) else None
