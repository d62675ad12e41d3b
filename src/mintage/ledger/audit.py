"""An audit: the journal read from its beginning, every rule checked again, every balance computed again, and compared with all that claims to know it.

Nothing here is shared with the state machine but the decoding of records. A record whose hash does not fit (MT702) ends the reading of
contents: what stands behind a gap means nothing. The chain is checked to the end all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import NamedTuple, Protocol

from ..errors import Fault, LedgerError
from .audit_ids import Ids, folded, twice
from .audit_index import compare_index
from .audit_replay import Replay
from .audit_snapshot import DROP, compare_snapshot
from .codec import decode
from .store import GENESIS, Record
from .types import Balance
from .views import Progress, Views
from .walk import decimals

MOST = 100  # findings that are kept; the rest is counted


class Journal(Protocol):
    """What the auditor needs of a store."""

    name: str

    def head(self) -> tuple[int, bytes]: ...
    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]: ...
    def snapshots(self) -> Iterator[Record]: ...


class Supply(NamedTuple):
    """Of one asset, in base units: what left `issuance`, what reached `burned`, and what is left. The sum of all accounts is zero."""

    issued: int
    burned: int
    supply: int


class Claim(NamedTuple):
    """What a running ledger says of itself: its balances behind record `seq`."""

    seq: int
    balances: Mapping[int, Balance]


@dataclass
class Audit:
    """What was looked at and what was found. `compared` names what agreed or was found wanting: snapshots, index, ledger."""

    name: str
    seq: int = 0
    hash: bytes = GENESIS
    records: int = 0
    transfers: int = 0
    accounts: int = 0
    pending: int = 0
    decimals: dict[str, int] = field(default_factory=dict)
    supply: dict[str, Supply] = field(default_factory=dict)
    compared: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    more: int = 0

    @property
    def sound(self) -> bool:
        return not self.faults

    def fault(self, code: str, where: str, found: str, expected: str = "", hint: str = "") -> None:
        if len(self.faults) < MOST:
            self.faults.append(Fault(code, where, found, expected, hint))
        else:
            self.more += 1

    def demand(self) -> None:
        """Errors: LedgerError with all that was found."""
        if self.faults:
            raise LedgerError(*self.faults)


def audit(journal: Journal, index: Views | None = None, ledger: Claim | None = None, progress: Progress | None = None) -> Audit:
    """Check a journal, its snapshots, and when given its index and what a running ledger says. Never raises for what it finds: `faults` has it.

    Memory grows with accounts and open pending transfers. Errors: LedgerError MT703 when the store cannot be read.
    """
    found = Audit(journal.name)
    replay = Replay(lambda where, what, expected: found.fault("MT706", where, what, expected))
    ids, snapshots = Ids(), {record.seq: record for record in journal.snapshots()}
    try:
        _read(journal, found, replay, ids, snapshots, ledger, progress)
        _twice(journal, found, ids.suspects())
    finally:
        ids.close()
    for seq in sorted(snapshots):
        found.fault("MT706", f"snapshot {seq}", "stands at a record that was not read", f"one of the {found.records} records that are sound", DROP)
    _sums(found, replay)
    if index is not None:
        found.compared.append("index")
        compare_index(found, journal, index, progress)
    if ledger is not None and ledger.seq > replay.seq:
        found.fault("MT706", "running ledger", f"stands at record {ledger.seq}", f"at most {replay.seq}, the last that is sound")
    return found


def _read(journal: Journal, found: Audit, replay: Replay, ids: Ids, snapshots: dict[int, Record], ledger: Claim | None, progress: Progress | None) -> None:
    """The journal to its head as it is now. What was compared is taken out of `snapshots`."""
    head = journal.head()[0]
    last, seq, whole = GENESIS, 0, True
    for record in journal.read(0, head):
        whole = _chain(found, record, seq, last) and whole
        seq, last = record.seq, record.hash
        found.records += 1
        if whole:
            whole = _contents(found, replay, ids, record)
        if whole:
            found.seq, found.hash = seq, last
            if seq in snapshots:
                found.compared.append(f"snapshot {seq}")
                say = partial(found.fault, "MT706", f"snapshot {seq}", hint=DROP)
                compare_snapshot(say, replay, record, snapshots.pop(seq), journal)
            if ledger is not None and ledger.seq == seq:
                found.compared.append("ledger")
                _claim(found, replay, ledger)
        if progress:
            progress(record.seq, head)
    if seq < head:
        found.fault("MT702", f"record {head}", f"the journal ends at record {seq}", f"records up to {head}")


def _chain(found: Audit, record: Record, seq: int, last: bytes) -> bool:
    """Whether a record follows from the one before it."""
    if record.seq != seq + 1:
        gap = f"record {seq + 1} is missing" if record.seq == seq + 2 else f"records {seq + 1} to {record.seq - 1} are missing"
        found.fault("MT702", f"record {record.seq}", gap if record.seq > seq else f"stands behind record {seq}", f"record {seq + 1}", RESTORE)
        return False
    if sha256(last + record.body).digest() != record.hash:
        found.fault("MT702", f"record {record.seq}", "does not have the hash that its content and the record before demand", "", RESTORE)
        return False
    return True


RESTORE = "its contents and what follows were not judged; restore a backup"


def _contents(found: Audit, replay: Replay, ids: Ids, record: Record) -> bool:
    """Replay a record. False when it cannot be read."""
    try:
        batch = decode(record.body)
    except LedgerError as error:
        found.fault("MT702", f"record {record.seq}", error.faults[0].found, "a record as this ledger writes them", RESTORE)
        return False
    replay.add(record.seq, batch)
    found.decimals.update(decimals(batch.notes))
    ids.add(folded(record.body, len(batch.transfers)))
    return True


def _twice(journal: Journal, found: Audit, suspects: set[int]) -> None:
    if suspects:
        for id, seq, idx, other, place in twice(journal.read(0, found.seq), suspects):
            found.fault("MT706", f"record {other}, transfer {place}", f"has the id {id:x} of record {seq}, transfer {idx}", "an id of its own")


def _claim(found: Audit, replay: Replay, ledger: Claim) -> None:
    """A running ledger's balances against ours, at the same record."""
    if len(ledger.balances) != len(replay.accounts) - 1:
        found.fault("MT706", "running ledger", f"has {len(ledger.balances)} accounts", str(len(replay.accounts) - 1))
    for number in range(1, len(replay.accounts)):
        says, ours = ledger.balances.get(number, Balance()), replay.balance(number)
        if tuple(says) != tuple(ours):
            found.fault("MT706", f"running ledger, {replay.accounts[number]}", f"says {tuple(says)}", f"{tuple(ours)} as the journal has it")


def _sums(found: Audit, replay: Replay) -> None:
    """All accounts of an asset sum to zero, and its supply is what was issued less what was burned."""
    found.transfers, found.accounts, found.pending = replay.count, len(replay.accounts) - 1, len(replay.open)
    posted, aside = dict.fromkeys(replay.assets, 0), dict.fromkeys(replay.assets, 0)
    issued, burned, inside = dict(posted), dict(posted), dict(posted)
    for account, (debits, credits, debits_pending, credits_pending, _, _) in zip(replay.accounts[1:], replay.totals[1:], strict=True):
        posted[account.asset] += credits - debits
        aside[account.asset] += credits_pending - debits_pending
        if account.kind == "issuance":
            issued[account.asset] += debits - credits
        elif account.kind == "burned":
            burned[account.asset] += credits - debits
        else:
            inside[account.asset] += credits - debits
    for asset in replay.assets:
        if posted[asset] or aside[asset]:
            found.fault("MT706", f"asset {asset}", f"its accounts sum to {posted[asset]}, and what is pending to {aside[asset]}", "zero")
        if issued[asset] - burned[asset] != inside[asset]:
            found.fault("MT706", f"asset {asset}", f"accounts hold {inside[asset]}", f"{issued[asset] - burned[asset]}, issued less burned")
        found.supply[asset] = Supply(issued[asset], burned[asset], issued[asset] - burned[asset])
