"""Shadow: a second network fed with the same entries under other parameters. It computes and shows, and posts nothing.

So a change is tried against the running network before it is adopted: what would each flow have moved, which requests would have been refused
that were not, and would an epoch have broken a bound?
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..amounts import from_units
from ..errors import MintageError
from ..ledger.codec import Batch
from . import snapshot
from .book import Movement
from .entries import Change, Entry, Epoch, Genesis, decode
from .network import Network


@dataclass
class Totals:
    """What each flow moved, by name and asset, live and in shadow; and the entries that only one of the two refused."""

    live: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    shadow: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    refused: list[tuple[int, str, str]] = field(default_factory=list)  # step, entry, why
    epochs: int = 0

    def rows(self) -> list[tuple[str, str, Decimal, Decimal]]:
        """(flow, asset, live, shadow), the largest relative change first."""

        def change(row: tuple[str, str, Decimal, Decimal]) -> Decimal:
            return abs(row[3] - row[2]) / max(abs(row[2]), abs(row[3]), Decimal(1))

        keys = self.live.keys() | self.shadow.keys()
        return sorted(((*k, self.live.get(k, Decimal(0)), self.shadow.get(k, Decimal(0))) for k in keys), key=lambda r: (-change(r), r[0], r[1]))


class Shadow:
    """A copy of a running network under `values`. Feed it every entry that the network does, with the movements it made."""

    def __init__(self, network: Network, values: Mapping[str, str]) -> None:
        """Errors: UsageError, SpecError or RunError of values that the network could not take."""
        self.network = snapshot.load(snapshot.dump(network))
        change = Change(id="shadow", by="shadow", values=dict(values), reason="tried in shadow", step=0)
        if values:
            self.network.commit(self.network.prepare(change))
        self.totals = Totals()

    def feed(self, entry: Entry, live: Iterable[Movement]) -> None:
        """An entry that was done, and what it moved."""
        assets = self.network.economy.assets
        for m in live:
            self.totals.live[m.name, m.src.asset] += m.total(assets[m.src.asset].decimals)
        self.follow(entry)

    def follow(self, entry: Entry) -> None:
        """Do the entry in shadow; a refusal is noted, and a refused epoch lets the next one come."""
        n = self.network
        try:
            prepared = n.prepare(entry)
        except MintageError as error:
            self.totals.refused.append((n.step, f"{entry.topic} {entry.id}"[:80], str(error).splitlines()[0]))
            if isinstance(entry, Epoch):
                n.step += 1
            return
        for m in prepared.movements:
            self.totals.shadow[m.name, m.src.asset] += m.total(n.economy.assets[m.src.asset].decimals)
        n.commit(prepared)
        self.totals.epochs += isinstance(entry, Epoch)


def fork(batches: Iterable[Batch], values: Mapping[str, str], first: int = 0) -> Totals:
    """A journal from the epoch of step `first` on as it was, beside what it would have been under `values`. What came before is run, and not kept.

    From the first step on (`first` 0) the change stands before all but the genesis: what people joined and did in that step is compared too.
    """
    fork = _Fork(values, first)
    for batch in batches:
        fork.feed(batch)
    return fork.shadow.totals if fork.shadow else Totals()


class _Fork:
    """One pass over a journal: the network until `first`, then its shadow."""

    def __init__(self, values: Mapping[str, str], first: int) -> None:
        self.values, self.first = values, first
        self.network: Network | None = None
        self.shadow: Shadow | None = None
        self.assets: dict[int, str] = {}
        self.reasons: dict[int, str] = {}

    def feed(self, batch: Batch) -> None:
        self.assets.update({o.number: o.account.asset for o in batch.opened})
        self.reasons.update(dict(batch.reasons))
        for note in batch.notes:
            entry = decode(note.topic, note.body)
            if self.shadow is None:
                self.alone(entry)
                continue
            live, assets = self.shadow.totals.live, self.shadow.network.economy.assets
            for t in batch.transfers[note.first : note.first + note.count]:
                asset = self.assets[t.debit]
                live[self.reasons[t.reason], asset] += from_units(t.amount, assets[asset].decimals)
            self.shadow.follow(entry)

    def alone(self, entry: Entry) -> None:
        """An entry before the fork; the shadow begins behind it when the next epoch is that of `first`."""
        if isinstance(entry, Genesis):
            self.network = Network(entry)
        assert self.network is not None, "the first entry of a network is its genesis"
        self.network.commit(self.network.prepare(entry))
        if self.network.step >= self.first:
            self.shadow = Shadow(self.network, self.values)
            self.network = None
