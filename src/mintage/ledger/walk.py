"""The journal read from its beginning, with names instead of numbers: what an export writes and a page shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from .codec import Note, decode
from .store import Record
from .types import Account, Form
from .unfold import Unfold

GENESIS_NOTE = "genesis"  # its body may say {"decimals": {"RENDER": 8}}


class Step(NamedTuple):
    """A transfer with the names it stands for. `moved` is what changed hands for good: nothing for a PENDING, VOID or EXPIRE."""

    seq: int
    idx: int
    time_ns: int
    id: int
    form: Form
    debit: int
    credit: int
    amount: int
    reason: str
    epoch: int
    linked: bool
    pending: int
    timeout: int

    @property
    def moved(self) -> int:
        return self.amount if self.form in (Form.MOVE, Form.POST) else 0


class Walk:
    """One pass over the records, which remembers names, decimals and totals. Memory grows with accounts and open pending transfers only."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.accounts: dict[int, Account] = {}
        self.reasons: dict[int, str] = {0: ""}
        self.decimals: dict[str, int] = {}
        self.unfold = Unfold()
        self.seq, self.time_ns = 0, 0

    def steps(self) -> Iterator[Step]:
        """Every transfer, in order."""
        for record in self._records:
            batch = decode(record.body)
            seq, time_ns = self.seq, self.time_ns = record.seq, batch.time_ns
            self.accounts.update((number, account) for number, account, _ in batch.opened)
            self.reasons.update(batch.reasons)
            self.decimals.update(decimals(batch.notes))
            for idx, t, debit, credit, _, _ in self.unfold.each(batch.transfers):
                reason = self.reasons[t.reason]
                yield Step(seq, idx, time_ns, t.id, Form(t.form), debit, credit, t.amount, reason, t.epoch, t.linked, t.pending, t.timeout)


def decimals(notes: Iterable[Note]) -> dict[str, int]:
    """The decimals of assets, where a note of the genesis names them."""
    return decimals_of(note.body for note in notes if note.topic == GENESIS_NOTE)


def decimals_of(bodies: Iterable[bytes]) -> dict[str, int]:
    """The decimals that the bodies of genesis notes name."""
    found: dict[str, int] = {}
    for body in bodies:
        try:
            said = json.loads(body).get("decimals", {})
            found.update((str(asset), places) for asset, places in said.items() if type(places) is int and 0 <= places <= 77)
        except (ValueError, AttributeError):
            continue  # the note is the application's: it need not speak of decimals
    return found


def units(value: int, places: int) -> str:
    """Base units in whole units, exactly: 150000000 with 8 places is 1.50000000."""
    if not places:
        return str(value)
    digits = f"{abs(value):0{places + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def clock(time_ns: int) -> str:
    """A time as 2026-11-21T12:00:00.000000000Z."""
    seconds, rest = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
