"""A live network read from its journal, by whoever does not run it: also while another process serves it, without its lock, changing nothing.

`Journal("net.db")` gives the records, the network as it stands or as it stood, the proof of it (`replay`), and what would have been (`shadow`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import Fault, UsageError
from ..ledger import Ledger, snapshot
from ..ledger.codec import Batch, decode
from ..ledger.look import Look
from ..ledger.opening import records
from .entries import Epoch
from .entries import decode as entry_of
from .machine import Machine
from .network import Network
from .replay import Replay, Summary
from .shadow import Totals, fork

Progress = Callable[[int, int], None]


class Journal:
    """The records of a ledger up to its head as it is now; what is written later is not seen.

    `source` is the address of a ledger (a file, postgresql://...), or a Ledger that is open in this process. Errors: UsageError MT709 (no ledger
    there), MT821 (one that holds no network); LedgerError MT702, MT703, MT708.
    """

    def __init__(self, source: str | Ledger, progress: Progress | None = None) -> None:
        self.look = None if isinstance(source, Ledger) else Look(source)
        store: Any = source.store if isinstance(source, Ledger) else self.look and self.look.journal
        self.store, self.name = store, str(store.name)
        self.head, self.progress = int(self.store.head()[0]), progress
        try:
            self.begun()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was opened here; a Ledger that was given stays open."""
        if self.look:
            self.look.__exit__()

    def begun(self) -> None:
        """Errors: UsageError MT821 unless the first record that says anything begins a network."""
        for _, batch in self.batches(tell=False):
            for note in batch.notes:
                if note.topic == "genesis":
                    return
            break
        raise UsageError(Fault("MT821", self.name, "holds no network", "the ledger of a network", "`mintage serve SPEC --ledger ...` begins one"))

    def batches(self, after: int = 0, upto: int | None = None, *, tell: bool = True) -> Iterator[tuple[int, Batch]]:
        """(seq, batch) of the records after < seq <= upto, each with the hash that its content demands."""
        end = self.head if upto is None else min(upto, self.head)
        for record in records(self.store, after) if after < end else ():
            if record.seq > end:
                return
            yield record.seq, decode(record.body)
            if tell and self.progress:
                self.progress(record.seq, self.head)
            if record.seq == end:
                return

    def network(self, upto: int | None = None, step: int | None = None) -> Network:
        """The network after record `upto`, or as the epoch of `step` was about to run: from the newest snapshot before, else from genesis.

        A snapshot is an aid that whoever runs the network trusts too; `replay` is the proof. Errors: UsageError MT825 for a step that is not reached.
        """
        end = self.head if upto is None else min(upto, self.head)
        machine = Machine()
        seq = self._restored(machine, end, step)
        if step is not None and machine.network is not None and machine.network.step == step:
            return machine.network
        for number, batch in self.batches(seq, end):
            if step is None:
                machine.apply(batch, number)
            elif self._until(machine, number, batch, step):
                return machine.running
        if machine.network is None or (step is not None and machine.running.step != step):
            reached = machine.network.step if machine.network else 0
            raise UsageError(
                Fault("MT825", self.name, f"step {step} is not reached" if step is not None else f"no network at record {upto}", f"up to {reached}")
            )
        return machine.network

    def _restored(self, machine: Machine, end: int, step: int | None) -> int:
        """Load the newest snapshot that is not past the end; returns the record it stands at."""
        for kept in self.store.snapshots():
            parts = snapshot.unseal(kept.body) if kept.seq <= end else None
            if parts is not None and parts[1]:
                machine.load(parts[1])
                if step is None or machine.running.step <= step:
                    return int(kept.seq)
        machine.load(None)
        return 0

    @staticmethod
    def _until(machine: Machine, seq: int, batch: Batch, step: int) -> bool:
        """Run the entries of a record up to the epoch of `step`; True when that is next."""
        for note in batch.notes:
            entry = entry_of(note.topic, note.body)
            if isinstance(entry, Epoch) and entry.step == step:
                return True
            machine.begin(entry, batch.time_ns)
            machine.running.commit(machine.running.prepare(entry), seq, batch.time_ns)
        return False

    def replay(self, *, arrays: bool = True, epochs: int | None = None, most: int = 20) -> Summary:
        """The journal run again by the simulator, from genesis; of the first `epochs` when given."""
        return Replay(arrays=arrays).run(self.upto(epochs), most)

    def upto(self, epochs: int | None = None) -> Iterator[tuple[int, Batch]]:
        """Batches up to the record in which the epoch number `epochs` ran."""
        done = 0
        for seq, batch in self.batches():
            if epochs is not None and done >= epochs:
                return
            yield seq, batch
            done += sum(note.topic == Epoch.topic for note in batch.notes)

    def shadow(self, values: Mapping[str, str], epochs: int | None = None) -> Totals:
        """The last `epochs`, all when None, as they were beside what they would have been under `values`."""
        first = 0 if epochs is None else max(0, self.network().step - epochs)
        return fork((batch for _, batch in self.batches()), values, first)


def network_of(source: str | Ledger, upto: int | None = None, step: int | None = None) -> Network:
    """The network of a ledger as it stands, after record `upto`, or as the epoch of `step` was about to run. Errors: as for `Journal`."""
    with Journal(source) as journal:
        return journal.network(upto, step)


def replay(source: str | Ledger, *, arrays: bool = True, progress: Progress | None = None) -> Summary:
    """The proof of a network: its journal run again by the simulator. Errors: as for `Journal`."""
    with Journal(source, progress) as journal:
        return journal.replay(arrays=arrays)
