"""The live network as a pure state machine: entries in, movements of whole base units out.

`prepare` computes what an entry does and changes nothing; `commit` makes it so. Between the two the ledger posts the movements, and may refuse.
The mechanisms are those of the simulation, bound to exact arithmetic on one path; the rows are the members'. No file, clock or dice is
known here: time is the journal's, measured values and noise stand in the entry.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..accounts import Account
from ..amounts import from_units
from ..arithmetic_exact import EXACT, exact
from ..economy import Bound, Call, Economy, World
from ..errors import Fault, RunError, nearest
from ..flows import Flow
from ..mechanisms import base
from ..mechanisms.base import runs
from ..mechanisms.governance import Governance
from ..members import Members, grown
from ..spec import Spec, loads
from ..units import resolve
from . import bounds, seeds
from .book import LiveBook, Movement
from .entries import Change, Entry, Epoch, Event, Genesis, Join, Key, Move, Proposal, Report, Reset, Trip
from .measures import Measures, number
from .mechanics import act, altered, column, opened, plain

RECEIPTS = 10_000  # entries whose repeat is answered with the first receipt
ROWS_SHOWN = 64  # transfers that a receipt lists


@dataclass(frozen=True)
class Line:
    """One transfer as a receipt shows it: amount in the asset, as text."""

    reason: str
    debit: str
    credit: str
    amount: str


@dataclass(frozen=True)
class Done:
    """What an entry did: its record and time, the step it fell in, and its transfers (the first 64 of them; `transfers` counts all)."""

    digest: str
    seq: int
    time_ns: int
    step: int
    transfers: int
    lines: tuple[Line, ...]


@dataclass
class Prepared:
    """An entry's effect before it is one."""

    entry: Entry
    world: World
    members: Members
    movements: list[Movement] = field(default_factory=list)
    effects: list[Callable[[], None]] = field(default_factory=list)


class Network:
    """State: members, world, step, queued joins and changes, reports, keys, nonces, the breaker, receipts."""

    def __init__(self, genesis: Genesis) -> None:
        self.genesis = genesis
        self.values: dict[str, str] = dict(genesis.values)
        self.base: Spec = loads(genesis.text, genesis.file)
        self.spec: Spec = self.base.with_values(plain(self.values)) if self.values else self.base
        self.members = Members(self.spec.economy())
        self.step, self.tripped, self.posted = 0, "", 0  # transfers, ever
        self.joins: list[Join] = []
        self.waiting: set[tuple[str, str]] = set()
        self.changes: list[Change] = []
        self.proposals: dict[str, Proposal] = {}
        self.keys: dict[str, Key] = {}
        self.nonces: dict[str, int] = {}
        self.receipts: OrderedDict[str, Done] = OrderedDict()
        self.commitment = ""
        self.economy: Economy
        self.bound: Bound
        self.calls: dict[str, Call] = {}
        self.amounts: dict[tuple[str, str], dict[str, int]] = {}  # by call and event, as `whole` found them: assets of accounts never change
        self._bind(self.members.economy())
        with exact():
            self.world, self.opening = opened(self.bound)
        self.measures = Measures(self.economy, self.spec.live)

    # --- entries ----------------------------------------------------------------------------------------------------

    def repeat(self, entry: Entry) -> Done | None:
        """The receipt of an entry that was done already. Errors: RunError MT808 when the id was used for another one."""
        done = self.receipts.get(entry.id)
        if done is not None and done.digest != digest(entry):
            raise RunError(Fault("MT808", f"id '{entry.id[:80]}'", "was used for another entry", "an id of its own for each entry"))
        return done

    def prepare(self, entry: Entry) -> Prepared:
        """What the entry would do. Errors: RunError, with nothing changed."""
        if entry.key:
            self._key(entry)
        with exact():
            return _RULES[type(entry)](self, entry)

    def commit(self, prepared: Prepared, seq: int = 0, time_ns: int = 0) -> Done:
        """Make it so, as record `seq` of the journal."""
        entry, lines, count = prepared.entry, list[Line](), 0
        self.world = prepared.world
        for effect in prepared.effects:
            effect()
        for m in prepared.movements:
            count += len(m.units)
            lines += self.lines(m, ROWS_SHOWN - len(lines))
            with exact():
                self.measures.count(m.name, m.total(self.economy.assets[m.src.asset].decimals), self.step)
        if entry.key and entry.nonce:
            self.nonces[entry.key] = entry.nonce
        self.posted += count
        done = Done(digest(entry), seq, time_ns, self.step, count, tuple(lines))
        self.receipts[entry.id] = done
        while len(self.receipts) > RECEIPTS:
            self.receipts.popitem(last=False)
        return done

    def lines(self, m: Movement, most: int) -> list[Line]:
        """The first transfers of a movement, to be read."""
        decimals = self.economy.assets[m.src.asset].decimals
        return [
            Line(m.name, self.account(m.src, a), self.account(m.dst, b), f"{from_units(u, decimals):f}")
            for a, b, u in zip(m.src_cells[:most], m.dst_cells[:most], m.units[:most], strict=True)
        ]

    def account(self, place: Account, cell: tuple[int, int]) -> str:
        owner = self.members.names(place.kind)[cell[1]]
        return f"{place}" + (f":{owner}" if owner else "") + (f"#{cell[0]}" if cell[0] >= 0 else "")

    def _key(self, entry: Entry) -> None:
        known = self.keys.get(entry.key)
        if known and known.revoked:
            raise RunError(Fault("MT809", f"key '{entry.key[:16]}'", "is revoked", "a key in force"))
        last = self.nonces.get(entry.key, 0)
        if entry.nonce and entry.nonce <= last:
            raise RunError(Fault("MT810", f"nonce of key '{entry.key[:16]}'", str(entry.nonce), f"more than {last}: nonces of a key rise"))

    # --- one rule an entry ------------------------------------------------------------------------------------------

    def _event(self, e: Event) -> Prepared:
        call, declared = self.declared(e.call, e.event)
        if set(e.roles) != set(declared.roles) or set(e.arguments) != set(declared.arguments):
            told = ", ".join((*e.roles, *e.arguments))[:120] or "nothing"
            raise RunError(Fault("MT811", f"event {e.call}.{e.event}", f"names {told}", ", ".join((*declared.roles, *declared.arguments))))
        rows = {role: np.array([self.members.row(self.role(call, declared.roles[role]).kind, owner)]) for role, owner in e.roles.items()}
        given = {name: EXACT.full((1, 1), number(value)) for name, value in e.arguments.items()}
        for name, decimals in self.whole(call, declared).items():
            if not is_whole(given[name][0, 0], decimals):
                where, expected = f"event {e.call}.{e.event}, argument '{name}'", f"an amount of at most {decimals} decimals"
                raise RunError(Fault("MT806", where, e.arguments[name][:60], expected))
        world = self.world.copy()
        book = LiveBook(self.bound)
        flows, updates = act(self.bound, call, e.event, world, self.step, rows, given)
        if flows:
            book(world.balances, call, flows)
        self.bound.keep(call, world, updates)
        return Prepared(e, world, self.members, book.movements)

    def _join(self, e: Join) -> Prepared:
        self.members.check(e.kind, e.owner, e.row)
        if (e.kind, e.owner) in self.waiting:
            raise RunError(Fault("MT803", f"'{e.owner}'", f"waits for its row of '{e.kind}'", "an owner without one"))
        return Prepared(e, self.world, self.members, effects=[lambda: self.wait(e)])

    def wait(self, e: Join) -> None:
        """The join is made before the next epoch."""
        self.joins.append(e)
        self.waiting.add((e.kind, e.owner))

    def _report(self, e: Report) -> Prepared:
        values = self.measures.checked(e.signal, e.values)
        return Prepared(e, self.world, self.members, effects=[lambda: self.measures.report(e.signal, e.by, values, self.step)])

    def _epoch(self, e: Epoch) -> Prepared:
        if self.tripped:
            raise RunError(Fault("MT812", "epoch", f"the breaker is open: {self.tripped}", "an operator who resets it"))
        if e.step != self.step:
            raise RunError(Fault("MT813", "epoch", f"step {e.step}", f"step {self.step}, the next one"))
        seeds.check(self.commitment, e)
        after = Turn(self)
        after.turn(e)
        return Prepared(e, after.world, after.members, after.movements, [lambda: after.adopt(self, e)])

    def _change(self, e: Change) -> Prepared:
        altered(self.base, self.spec, {**self.values, **self.queued(), **e.values})
        if e.step and e.step < self.step:
            raise RunError(Fault("MT814", "change", f"takes effect at step {e.step}", f"{self.step} or later"))
        return Prepared(e, self.world, self.members, effects=[lambda: self.changes.append(e)])

    def queued(self) -> dict[str, str]:
        """Values of changes that wait, in the order in which they will be made."""
        return {path: value for c in self.changes for path, value in c.values.items()}

    def _proposal(self, e: Proposal) -> Prepared:
        """The proposer says what the proposal would change, once, and not after others may have voted on something else: in the step in which it opened it,
        or while nobody has voted."""
        call, _ = self.declared(e.call, "propose")
        memory = self.world.memory[call.name]
        if not isinstance(call.use.mechanism, Governance) or not 0 <= e.slot < len(memory["open"]) or not memory["open"][e.slot, 0]:
            raise RunError(Fault("MT823", f"proposal {e.call}#{e.slot}", "is not open", "the slot of an open proposal"))
        owner = self.members.names(call.p.liquid.kind)[int(memory["proposer"][e.slot, 0])]
        if e.by != owner:
            raise RunError(Fault("MT823", f"proposal {e.call}#{e.slot}", f"is not that of '{e.by[:60]}'", "the owner who opened it"))
        key = self.proposal_key(call, e.slot)
        if key in self.proposals:
            raise RunError(Fault("MT823", f"proposal {e.call}#{e.slot}", "has said what it would change", "one answer: votes are about it"))
        if memory["opened"][e.slot, 0] != self.step and (memory["yes"][e.slot] + memory["no"][e.slot]).any():
            raise RunError(Fault("MT823", f"proposal {e.call}#{e.slot}", "has votes, which are about what was known", "an answer before the first vote"))
        altered(self.base, self.spec, {**self.values, **e.values})
        return Prepared(e, self.world, self.members, effects=[lambda: self.proposals.__setitem__(key, e)])

    def proposal_key(self, call: Call, slot: int) -> str:
        """`CALL#NUMBER`: a slot is used again, a number is not."""
        return f"{call.name}#{int(self.world.memory[call.name]['number'][slot, 0])}"

    def adopted(self) -> list[Change]:
        """The changes of proposals that the epoch just run adopted."""
        out = []
        for call in self.calls.values():
            if isinstance(call.use.mechanism, Governance):
                status = self.world.signals[call.p.status][:, 0]
                for slot in [i for i, s in enumerate(status) if s == 3]:
                    key = self.proposal_key(call, slot)
                    if e := self.proposals.get(key):
                        out.append(Change(id=f"adopted:{key}", by="governance", values=e.values, reason=e.text or f"proposal {key}", proposal=key))
        return out

    def _move(self, e: Move) -> Prepared:
        (src, a), (dst, b) = self.place(e.debit), self.place(e.credit)
        if src.asset != dst.asset:
            raise RunError(Fault("MT815", "move", f"{src.asset} to {dst.asset}", "one asset"))
        decimals, amount = self.economy.assets[src.asset].decimals, number(e.amount)
        if amount <= 0 or not is_whole(amount, decimals):
            raise RunError(Fault("MT815", "move", f"amount {e.amount[:60]}", f"above 0, of at most {decimals} decimals"))
        world, flow = self.world.copy(), Flow(src, dst, EXACT.full((1, 1), amount), "correction", np.array([a]), np.array([b]))
        book = LiveBook(self.bound)
        book(world.balances, _OPERATOR, [flow])
        return Prepared(e, world, self.members, book.movements)

    def _set(self, e: Key) -> Prepared:
        if (known := self.keys.get(e.name)) and known.revoked and not e.revoked:
            raise RunError(Fault("MT809", f"key '{e.name[:16]}'", "is revoked", "another key: a revoked one never comes back"))
        return Prepared(e, self.world, self.members, effects=[lambda: self.keys.__setitem__(e.name, e)])

    def _trip(self, e: Trip) -> Prepared:
        return Prepared(e, self.world, self.members, effects=[lambda: setattr(self, "tripped", e.reason or "without a reason")])

    def _reset(self, e: Reset) -> Prepared:
        def reset() -> None:
            self.tripped, self.commitment = "", e.commitment or self.commitment

        return Prepared(e, self.world, self.members, effects=[reset])

    def _genesis(self, e: Genesis) -> Prepared:
        """The opening balances and genesis flows."""
        return Prepared(e, self.world, self.members, self.opening, [lambda: setattr(self, "commitment", e.seed)])

    # --- what others ask --------------------------------------------------------------------------------------------

    def declared(self, call: str, event: str) -> tuple[Call, Any]:
        """A call and one of its events. Errors: RunError MT811."""
        found = self.calls.get(call)
        if found is None or not found.use.mechanism.events:
            with_events = [c.name for c in self.calls.values() if c.use.mechanism.events]
            raise RunError(Fault("MT811", f"mechanism '{call[:60]}'", "has no events here", "one that has", nearest(call, with_events)))
        events = found.use.mechanism.events
        if event not in events:
            raise RunError(Fault("MT811", f"event '{call}.{event[:60]}'", "is not declared", "an event of it", nearest(event, events)))
        return found, events[event]

    def whole(self, call: Call, declared: base.Event) -> dict[str, int]:
        """Decimals of the asset of each argument that is an amount of one. A part of a base unit would round to nothing on one side of a rule, where it
        pays for shares or cycles, and be worth something on the other."""
        known = self.amounts.get((call.name, declared.name))
        if known is None:
            words, assets = self.economy.binder(None).siblings(call.use.params), self.economy.assets
            units = {name: resolve(unit, words) for name, unit in declared.arguments.items()}
            known = self.amounts[call.name, declared.name] = {name: assets[unit].decimals for name, unit in units.items() if unit in assets}
        return known

    def role(self, call: Call, parameter: str) -> Account:
        """The account that a role's parameter names; of several, `wallets|customers`, the first that this network names."""
        for name in parameter.split("|"):
            if isinstance(place := getattr(call.p, name), Account):
                return place
        raise RunError(Fault("MT811", f"{call.name}.{parameter}", "names no account in this network", "an account, so that the event has a payer"))

    def place(self, written: str) -> tuple[Account, int]:
        """`kind/ASSET` or `kind/ASSET:owner` as an account and a row. Errors: RunError MT815, MT804."""
        name, _, owner = written.partition(":")
        kind, _, asset = name.partition("/")
        place = Account(kind, self.economy.aliases.get(asset, asset))
        if place not in self.world.balances or place in self.economy.lots:
            valid = [str(a) for a in self.world.balances if a not in self.economy.lots]
            raise RunError(Fault("MT815", f"'{written[:80]}'", "is no account that can be moved by hand", "kind/ASSET:owner", nearest(name, valid)))
        return place, self.members.row(kind, owner)

    def measured(self) -> dict[str, tuple[str, ...]]:
        """Text of every measured signal, as the next epoch reads it."""
        with exact():
            return self.measures.measured(self.world.signals, self.step)

    def restore(self, values: dict[str, str], owners: dict[str, list[str]], classes: dict[str, list[int]]) -> None:
        """Take the values and members of a snapshot."""
        if values != self.values:
            self.values, self.spec = values, altered(self.base, self.spec, values)
            self.members = Members(self.spec.economy())
        for kind, names in owners.items():
            known = len(self.members.owners[kind])
            for owner, row in zip(names[known:], classes[kind][known:], strict=True):
                self.members.join(kind, owner, row)
        self._bind(self.members.economy())

    def _bind(self, economy: Economy) -> None:
        self.economy = economy
        with exact():
            self.bound = economy.bind(EXACT)
        self.bound.stepping = [c for c in self.bound.stepping if runs(c.use)]
        self.calls = {c.name: c for c in self.bound.calls if c.use.active}


class Turn:
    """One epoch, computed beside the running state: joins and changes first, then measured signals, then each rule in order."""

    def __init__(self, network: Network) -> None:
        self.members, self.values, self.spec = network.members, network.values, network.spec
        self.economy, self.bound, self.world = network.economy, network.bound, network.world
        self.network, self.measures, self.movements = network, network.measures, list[Movement]()
        self.due = [c for c in network.changes if c.step <= network.step]

    def turn(self, e: Epoch) -> None:
        n = self.network
        if n.joins or self.due:
            self._grow()
        before, world = self.world, self.world.copy()
        for name, values in e.signals.items():
            world.signals[name] = column(values, world.signals[name].shape[-2])
        book = LiveBook(self.bound)
        self.bound.step(world, e.step, seeds.Noise(self.bound, e), book)
        bounds.check(self.spec.live, self.economy, before, world)
        self.world, self.movements = world, book.movements

    def _grow(self) -> None:
        n = self.network
        self.members = n.members.copy()
        for join in n.joins:
            self.members.join(join.kind, join.owner, join.row)
        if self.due:
            self.values = {**n.values, **{path: v for c in self.due for path, v in c.values.items()}}
            self.spec = altered(n.base, n.spec, self.values)
            self.members.spec = self.spec.economy()
        self.economy = self.members.economy()
        self.bound = self.economy.bind(EXACT)
        self.bound.stepping = [c for c in self.bound.stepping if runs(c.use)]
        self.world = grown(self.bound, self.world)

    def adopt(self, network: Network, e: Epoch) -> None:
        """The running state takes what the turn computed."""
        network.changes = [c for c in network.changes if c not in self.due]
        network.joins, network.waiting = [], set()
        if self.economy is not network.economy:
            network.members, network.values, network.spec = self.members, self.values, self.spec
            network.economy, network.bound = self.economy, self.bound
            network.calls = {c.name: c for c in self.bound.calls if c.use.active}
            network.measures = network.measures.again(self.economy, self.spec.live)
        network.step += 1
        network.measures.forget(network.step)
        network.commitment = e.commitment or network.commitment


def is_whole(amount: Any, decimals: int) -> bool:
    """Whether an amount is whole base units. Texts of it have no more digits than the context."""
    units = amount.scaleb(decimals)
    return bool(units == units.to_integral_value())


def digest(entry: Entry) -> str:
    """SHA-256 of what an entry asks for: signed anew, with another nonce, it is the same."""
    return hashlib.sha256(entry.topic.encode() + b"\0" + replace(entry, nonce=0).encode()).hexdigest()


class _Operator:
    """Stands for a call where an operator moves money by hand."""

    name = "operator"


_OPERATOR: Any = _Operator()
_RULES: dict[type[Entry], Callable[[Network, Any], Prepared]] = {
    Event: Network._event,
    Join: Network._join,
    Report: Network._report,
    Epoch: Network._epoch,
    Change: Network._change,
    Proposal: Network._proposal,
    Move: Network._move,
    Key: Network._set,
    Trip: Network._trip,
    Reset: Network._reset,
    Genesis: Network._genesis,
}
