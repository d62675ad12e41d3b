"""The network kept in step with the journal: what the ledger loads, follows and dumps.

A record that another process wrote, or that was written before a restart, is not believed but run again: the movements that follow from its
entry must be the transfers that it holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b

from ..errors import Fault, RunError
from ..ledger.codec import Batch
from ..ledger.types import Account as Place
from ..ledger.types import Transfer
from . import snapshot
from .book import Cell
from .entries import Entry, Genesis, decode
from .network import Network, Prepared


class Machine:
    """Holds the network, and which number each of its rows has in the ledger."""

    def __init__(self) -> None:
        self.network: Network | None = None
        self.began = 0  # time of genesis [ns]
        self.numbers: dict[Place, int] = {}
        self.reasons: dict[str, int] = {}

    @property
    def running(self) -> Network:
        assert self.network is not None, "the ledger holds no network yet"
        return self.network

    def load(self, body: bytes | None) -> None:
        self.__init__()  # type: ignore[misc]
        if body:
            plain = json.loads(body)
            self.network, self.began, self.reasons = snapshot.load(plain["network"]), plain["began"], plain["reasons"]
            self.numbers = {Place(*place): number for *place, number in plain["numbers"]}

    def dump(self) -> bytes:
        if self.network is None:
            return b""
        numbers = [[*place, number] for place, number in self.numbers.items()]
        return snapshot.encode({"network": snapshot.dump(self.network), "began": self.began, "reasons": self.reasons, "numbers": numbers})

    def apply(self, batch: Batch, seq: int) -> None:
        """Run the entries of a record again. Errors: RunError MT820 when its transfers are not what follows from them."""
        for number, place, *_ in batch.opened:
            self.numbers[place] = number
        self.reasons.update({text: number for number, text in batch.reasons})
        for note in batch.notes:
            entry = decode(note.topic, note.body)
            self.begin(entry, batch.time_ns)
            prepared = self.running.prepare(entry)
            made = transfers(self.running, prepared, self.numbers.__getitem__, self.reasons.__getitem__)
            found = batch.transfers[note.first : note.first + note.count]
            if made != found:
                raise RunError(differs(seq, entry, made, found))
            self.running.commit(prepared, seq, batch.time_ns)

    def begin(self, entry: Entry, time_ns: int) -> None:
        """The first entry makes the network."""
        if isinstance(entry, Genesis):
            self.network, self.began = Network(entry), time_ns


def transfers(network: Network, prepared: Prepared, number: Callable[[Place], int], reason: Callable[[str], int]) -> list[Transfer]:
    """The movements as one chain of transfers. Ids follow from the entry's id, so that no entry is ever posted twice."""
    out, next_id, step = list[Transfer](), first_id(prepared.entry.id), network.step
    for m in prepared.movements:
        sides = []
        for place, cells in ((m.src, m.src_cells), (m.dst, m.dst_cells)):
            names, known = prepared.members.names(place.kind), dict[Cell, int]()
            for lot, row in cells:
                if (lot, row) not in known:
                    known[lot, row] = number(Place(place.asset, place.kind, names[row], lot))
            sides.append([known[cell] for cell in cells])
        why = reason(m.name)
        for debit, credit, units in zip(*sides, m.units, strict=True):
            out.append(Transfer(next_id, debit, credit, units, why, step, 0, True))
            next_id = next_id % ID_TOP + 1
    if out:
        out[-1] = out[-1]._replace(linked=False)
    return out


ID_TOP = 2**128 - 1


def first_id(entry: str) -> int:
    """128 bits of BLAKE2b of the entry's id; never 0."""
    return int.from_bytes(blake2b(entry.encode(), digest_size=16).digest(), "big") % ID_TOP + 1


def differs(seq: int, entry: Entry, made: Sequence[Transfer], found: Sequence[Transfer]) -> Fault:
    """The first transfer that is not what the entry leads to."""
    for i, (a, b) in enumerate(zip(made, found, strict=False)):
        if a != b:
            told = f"its transfer {i} moves {b.amount} from {b.debit} to {b.credit}"
            return Fault("MT820", f"record {seq}, entry '{entry.id[:60]}'", told, f"{a.amount} from {a.debit} to {a.credit}: what the entry leads to")
    return Fault("MT820", f"record {seq}, entry '{entry.id[:60]}'", f"{len(found)} transfers", f"{len(made)}: what the entry leads to")
