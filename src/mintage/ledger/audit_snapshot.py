"""The auditor's look at a snapshot: it must say what the journal says up to its record, down to each pending transfer."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Protocol

from ..errors import LedgerError
from .audit_replay import Replay
from .codec import HEAD, TRANSFER, decode
from .past import Filter
from .snapshot import split, unseal
from .store import Record
from .types import Balance

TOTALS, HOLD = struct.Struct(">32s32s32s32s"), struct.Struct(">16sQQ32sQ")
DROP = "a snapshot can be deleted: the journal alone is the ledger"


class Source(Protocol):
    """The journal."""

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]: ...


def compare_snapshot(fault: Callable[[str, str], None], replay: Replay, here: Record, snapshot: Record, journal: Source) -> None:
    """`replay` stands at the snapshot's record, `here`. `fault(found, expected)` is called for what differs."""
    if snapshot.hash != here.hash:
        fault("belongs to another journal", "the hash of its record")
        return
    parts = unseal(snapshot.body)
    if parts is None:
        fault("does not have the digest that its content demands", "")
        return
    try:
        _compare(fault, replay, parts[0], journal)
    except (LedgerError, struct.error, ValueError, IndexError) as error:
        fault(f"cannot be read: {error}", "a snapshot as this ledger writes them")


def _compare(fault: Callable[[str, str], None], replay: Replay, body: bytes, journal: Source) -> None:
    names, totals, holds, forgotten, old = split(body)
    batch = decode(names)
    if batch.time_ns != replay.time_ns:
        fault(f"has the time {batch.time_ns}", str(replay.time_ns))
    known = [(n, replay.accounts[n], replay.totals[n][5]) for n in range(1, len(replay.accounts))]
    if [(number, account, int(limits)) for number, account, limits in batch.opened] != known:
        fault("has other accounts or limits", "those of the journal")
    if len(batch.reasons) != replay.reasons or {text for _, text in batch.reasons} != replay.texts:
        fault("has other reasons", "those of the journal")
    for number, row in enumerate(TOTALS.iter_unpack(totals)):
        says = tuple(int.from_bytes(x, "big") for x in row)
        ours = tuple(replay.balance(number)) if number < len(replay.accounts) else tuple(Balance())
        if says != ours:
            fault(f"says that {replay.accounts[number] if number < len(replay.accounts) else number} has {says}", str(ours))
    if len(totals) != TOTALS.size * len(replay.accounts):
        fault(f"has {len(totals) // TOTALS.size} balances", str(len(replay.accounts)))
    aside = {int.from_bytes(id, "big"): (debit, credit, int.from_bytes(amount, "big"), until) for id, debit, credit, amount, until in HOLD.iter_unpack(holds)}
    if aside != replay.open:
        fault(f"has {len(aside)} pending transfers", f"the {len(replay.open)} that the journal has, with their accounts, amounts and ends")
    _remembers(fault, Filter.load(old), int.from_bytes(forgotten, "big"), journal)


def _remembers(fault: Callable[[str, str], None], old: Filter, forgotten: int, journal: Source) -> None:
    """Every id up to record `forgotten` is in the filter, or it could be used again."""
    for record in journal.read(0, forgotten):
        count = int.from_bytes(record.body[14:18], "big")
        ids = b"".join(record.body[at : at + 16] for at in range(HEAD.size, HEAD.size + count * TRANSFER.size, TRANSFER.size))
        if count and len(old.perhaps(ids)) < count:
            fault(f"does not remember the ids of record {record.seq}", "every id that was used")
            return
