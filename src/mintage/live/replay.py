"""The twin: a live journal run again by the simulator.

Three legs. The exact leg steps the simulator's own `Bound` on its own balances, from the recorded events, measured signals and noise, and
demands the journal's transfers to the base unit, entry by entry. The array leg takes each single call from the recorded state in float64 and
demands |difference| <= 1e-12 max(|flow|, balances it touches). The third is the ledger, whose auditor reads the journal by itself.
Nothing here knows the live engine's state: only the journal, the spec in its first entry, and the simulator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arithmetic import NUMPY
from ..arithmetic_exact import EXACT, exact, to_float
from ..binding import resolve_account
from ..economy import Bound, Call, Economy, World
from ..errors import RunError
from ..exact import ExactBook
from ..flows import Flow
from ..ledger.codec import Batch
from ..ledger.types import Account as Place
from ..mechanisms.base import runs
from ..members import Members, grown
from ..spec import Spec, loads
from . import seeds
from .book import movement
from .entries import Change, Entry, Epoch, Event, Genesis, Join, Move, decode
from .measures import number
from .mechanics import act, column, opened, plain

TOLERANCE = 1e-12  # of flows, against what they touch
NEAR = 1e-9  # of signals and memory, against their own size
Key = tuple[str, Place, Place]


@dataclass(frozen=True)
class Difference:
    """Where simulator and journal part: `leg` is exact or array."""

    leg: str
    seq: int
    entry: str
    what: str
    simulated: str
    journal: str

    def __str__(self) -> str:
        return f"record {self.seq}, entry {self.entry}, {self.what}: {self.leg} simulator {self.simulated}, journal {self.journal}"


@dataclass
class Summary:
    """What was replayed."""

    entries: int = 0
    epochs: int = 0
    events: int = 0
    transfers: int = 0
    calls: int = 0
    worst: float = 0.0  # largest difference of the array leg, over what it is measured against
    differences: list[Difference] = field(default_factory=list)


class Replay:
    """Feed it the batches of a journal in order; `summary` says what it found, `world` is where the simulator stands."""

    def __init__(self, *, arrays: bool = True) -> None:
        self.arrays, self.summary = arrays, Summary()
        self.places: dict[int, Place] = {}
        self.reasons: dict[int, str] = {}
        self.joins: list[Join] = []
        self.changes: list[Change] = []
        self.values: dict[str, str] = {}
        self.base: Spec
        self.spec: Spec
        self.members: Members
        self.economy: Economy
        self.bound: Bound
        self.floats: Bound
        self.world: World
        self.step = 0
        self.at: tuple[int, str] = (0, "")

    def run(self, batches: Iterable[tuple[int, Batch]], most: int = 20) -> Summary:
        """Replay until the end, or until `most` differences are found."""
        for seq, batch in batches:
            self.feed(seq, batch)
            if len(self.summary.differences) >= most:
                break
        return self.summary

    def feed(self, seq: int, batch: Batch) -> None:
        """One record."""
        self.places.update({o.number: o.account for o in batch.opened})
        self.reasons.update(dict(batch.reasons))
        for note in batch.notes:
            entry = decode(note.topic, note.body)
            self.at = (seq, f"{entry.topic} {entry.id}"[:80])
            found = Counter[Key]()
            for t in batch.transfers[note.first : note.first + note.count]:
                found[self.reasons[t.reason], self.places[t.debit], self.places[t.credit]] += t.amount
            self.summary.entries += 1
            self.summary.transfers += note.count
            try:
                with exact():
                    made = self.entry(entry)
            except RunError as error:
                self.differ("exact", "the entry", f"refuses it: {error}", "did it")
                continue
            for key in sorted(k for k in made.keys() | found.keys() if made[k] != found[k]):
                self.differ("exact", f"{key[0]} from {key[1]} to {key[2]}", str(made[key]), str(found[key]))

    def differ(self, leg: str, what: str, simulated: str, journal: str) -> None:
        self.summary.differences.append(Difference(leg, *self.at, what, simulated, journal))

    # --- entries ----------------------------------------------------------------------------------------------------

    def entry(self, e: Entry) -> Counter[Key]:
        """The simulator's movements for an entry, in base units."""
        if isinstance(e, Genesis):
            return self.genesis(e)
        if isinstance(e, Event):
            return self.event(e)
        if isinstance(e, Epoch):
            return self.epoch(e)
        if isinstance(e, Join):
            self.joins.append(e)
        if isinstance(e, Change):
            self.changes.append(e)
        return self.move(e) if isinstance(e, Move) else Counter()

    def genesis(self, e: Genesis) -> Counter[Key]:
        self.values = dict(e.values)
        self.base = loads(e.text, e.file)
        self.spec = self.base.with_values(plain(self.values)) if self.values else self.base
        self.members = Members(self.spec.economy())
        self.bind()
        self.world, movements = opened(self.bound)
        return self.counted(movements)

    def bind(self) -> None:
        self.economy = self.members.economy()
        self.bound, self.floats = self.economy.bind(EXACT), self.economy.bind(NUMPY)
        self.bound.stepping = [c for c in self.bound.stepping if runs(c.use)]
        if self.arrays:
            self.bound.emit = self.watched  # type: ignore[method-assign]

    def event(self, e: Event) -> Counter[Key]:
        call = next(c for c in self.bound.calls if c.name == e.call)
        roles = call.use.mechanism.events[e.event].roles
        rows = {role: np.array([self.members.row(place_of(call, roles[role]), owner)]) for role, owner in e.roles.items()}
        given = {name: EXACT.full((1, 1), number(value)) for name, value in e.arguments.items()}
        book = ExactBook(self.bound)
        flows, updates = act(self.bound, call, e.event, self.world, self.step, rows, given)
        if self.arrays:
            world = floating(self.world)
            twin = next(c for c in self.floats.calls if c.name == e.call)
            theirs = act(self.floats, twin, e.event, world, self.step, rows, {n: to_float(v) for n, v in given.items()})
            self.compare(call, self.world, (flows, updates), theirs)
        if flows:
            book(self.world.balances, call, flows)
        self.bound.keep(call, self.world, updates)
        self.summary.events += 1
        return self.booked(book)

    def epoch(self, e: Epoch) -> Counter[Key]:
        due = [c for c in self.changes if c.step <= e.step]
        if self.joins or due:
            for join in self.joins:
                self.members.join(join.kind, join.owner, join.row)
            if due:
                self.values |= {path: v for c in due for path, v in c.values.items()}
                self.spec = self.base.with_values(plain(self.values))
                self.members.spec = self.spec.economy()
            self.joins, self.changes = [], [c for c in self.changes if c not in due]
            self.bind()
            self.world = grown(self.bound, self.world)
        for name, values in e.signals.items():
            self.world.signals[name] = column(values, self.world.signals[name].shape[-2])
        book = ExactBook(self.bound)
        self.bound.step(self.world, e.step, seeds.Noise(self.bound, e), book)
        self.step = e.step + 1
        self.summary.epochs += 1
        return self.booked(book)

    def move(self, e: Move) -> Counter[Key]:
        sides, rows = [], []
        for written in (e.debit, e.credit):
            name, _, owner = written.partition(":")
            sides.append(resolve_account(name, self.economy.aliases))
            rows.append(np.array([self.members.row(sides[-1].kind, owner)]))
        (src, dst) = sides
        book = ExactBook(self.bound)
        named: Any = type("Operator", (), {"name": "operator"})()
        book(self.world.balances, named, [Flow(src, dst, EXACT.full((1, 1), number(e.amount)), "correction", *rows)])
        return self.booked(book)

    def booked(self, book: ExactBook) -> Counter[Key]:
        return self.counted(movement(f"{name}.{flow.reason}", self.world.balances, flow, units) for name, flow, units in book.posted)

    def counted(self, movements: Iterable[Any]) -> Counter[Key]:
        """Units by name, debit and credit account."""
        out = Counter[Key]()
        for m in movements:
            names = [self.members.names(side.kind) for side in (m.src, m.dst)]
            for (la, a), (lb, b), units in zip(m.src_cells, m.dst_cells, m.units, strict=True):
                key = m.name, Place(m.src.asset, m.src.kind, names[0][a], la), Place(m.dst.asset, m.dst.kind, names[1][b], lb)
                out[key] += units
        return out

    # --- the array leg ----------------------------------------------------------------------------------------------

    def watched(self, call: Call, world: World, t: Any, noise: Mapping[str, Any], opening: Mapping[Any, Any]) -> Any:
        """`Bound.emit`, and beside it the same call in float64 from the same state."""
        ours = Bound.emit(self.bound, call, world, t, noise, opening)
        twin = next(c for c in self.floats.calls if c.name == call.name)
        theirs = Bound.emit(self.floats, twin, floating(world), t, {n: to_float(v) for n, v in noise.items()}, Floats(opening))
        self.compare(call, world, ours, theirs)
        return ours

    def compare(self, call: Call, world: World, ours: Any, theirs: Any) -> None:
        self.summary.calls += 1
        (flows, updates), (array_flows, array_updates) = ours, theirs
        if [(f.src, f.dst, f.reason) for f in flows] != [(f.src, f.dst, f.reason) for f in array_flows]:
            self.differ("array", f"flows of {call.name}", str([f.reason for f in array_flows]), str([f.reason for f in flows]))
            return
        for ours_, theirs_ in zip(flows, array_flows, strict=True):
            touched = max(float(abs(v).max()) for v in (world.balances[ours_.src], world.balances[ours_.dst]))
            self.gap(f"flow {call.name}.{ours_.reason}", to_float(ours_.amount), theirs_.amount, touched, TOLERANCE)
        for name, value in updates.items():
            self.gap(f"{call.name} '{name}'", to_float(value), array_updates[name], 0.0, NEAR)

    def gap(self, what: str, ours: Any, theirs: Any, touched: float, most: float) -> None:
        ours, theirs = np.broadcast_arrays(ours, np.asarray(theirs, dtype=float))
        scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), touched)
        off = np.divide(np.abs(ours - theirs), scale, out=np.zeros(ours.shape), where=scale > 0)
        worst = float(off.max(initial=0.0))
        if most == TOLERANCE:
            self.summary.worst = max(self.summary.worst, worst)
        if not worst <= most:
            i = np.unravel_index(int(np.argmax(off)), off.shape)
            self.differ("array", what, repr(float(theirs[i])), repr(float(ours[i])))


class Floats(dict[Any, Any]):
    """A world's exact arrays as float64, each converted when it is read."""

    def __init__(self, source: Mapping[Any, Any]) -> None:
        super().__init__()
        self.source = source

    def __missing__(self, key: Any) -> Any:
        self[key] = NUMPY.freeze(to_float(self.source[key]))
        return self[key]

    def __contains__(self, key: object) -> bool:
        return key in self.source

    def __iter__(self) -> Iterator[Any]:
        return iter(self.source)


def floating(world: World) -> World:
    return World(Floats(world.balances), Floats(world.signals), {call: Floats(m) for call, m in world.memory.items()})


def place_of(call: Call, parameter: str) -> str:
    """The kind of the first account that a role names."""
    return str(next(p.kind for name in parameter.split("|") if (p := getattr(call.p, name))))
