"""A live network on its ledger: entries are done one after another, each with its transfers in one durable record, or not at all."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..accounts import BURNED
from ..amounts import from_units, to_units
from ..arithmetic_exact import exact
from ..economy import supply
from ..errors import Fault, LedgerError, MintageError, RunError, UsageError
from ..ledger import Ledger, open_ledger
from ..ledger.follow import Follower
from ..ledger.types import Account as Place
from ..ledger.types import Limit, Result
from . import seeds
from .catalog import EventInfo, catalog
from .entries import Entry, Epoch, Genesis, Trip
from .machine import Machine, transfers
from .network import Done, Line, Network, Prepared

if TYPE_CHECKING:
    from ..ledger.writer import Draft
    from ..spec import Spec


CHECKED = 1_000  # rows of a flow whose balances are compared after each entry; the auditor compares all
WAITS = ("MT807", "MT812", "MT813")  # the epoch waits: for reports, for a reset, or for nothing because another process ran it


@dataclass(frozen=True)
class Receipt:
    """What became of an entry. `flows` are its first transfers, `transfers` counts all; `repeated` says that it had been done before."""

    id: str
    seq: int
    time_ns: int
    step: int
    transfers: int
    flows: tuple[Line, ...]
    repeated: bool = False


class LiveNetwork:
    """One network, running. Safe to use from several threads; of several processes when its ledger is on PostgreSQL."""

    def __init__(self, ledger: Ledger, machine: Machine, clock: Callable[[], int], seconds_per_step: float | None, secret: bytes) -> None:
        self.ledger, self.machine, self.clock, self.secret = ledger, machine, clock, secret
        self.follower: Follower | None = None
        self.seconds = seconds_per_step if seconds_per_step is not None else float(self.network.economy.dt) * 86_400

    @classmethod
    def open(
        cls,
        url: str,
        spec: Spec | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
        seconds_per_step: float | None = None,
        secret: bytes = b"",
        index: bool = False,
    ) -> LiveNetwork:
        """Open the ledger at `url`. A new one begins with `spec`; one in use goes on with its own, and `spec` must then be the same.

        `secret` is what the seeds of noise follow from; without one a new secret is drawn, and networks whose mechanisms draw noise need their own
        back after a restart. `index` keeps the ledger's index behind it, so that memory may let go of old ids. Errors: UsageError MT821, MT822; LedgerError.
        """
        machine, secret = Machine(), secret or secrets.token_bytes(32)
        ledger = open_ledger(url, clock=clock, machine=machine)
        try:
            if machine.network is None:
                if spec is None:
                    raise UsageError(Fault("MT821", url.split("?")[0].rpartition("@")[2], "holds no network yet", "a spec to begin one with"))
                begin(ledger, machine, spec, secret)
            elif spec is not None and spec.hash != machine.network.base.hash:
                hint = "changes of a running network go through `changes`, or run it in shadow first"
                raise UsageError(Fault("MT822", spec.name, "is not the spec that this ledger runs", machine.network.base.name, hint))
            live = cls(ledger, machine, clock, seconds_per_step, secret)
            if index and url != "memory:":
                live.follower = Follower(ledger, url)
            return live
        except BaseException:
            ledger.close()
            raise

    def close(self) -> None:
        self.ledger.close()
        if self.follower:
            self.follower.close()

    def __enter__(self) -> LiveNetwork:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- doing ------------------------------------------------------------------------------------------------------

    def do(self, entry: Entry) -> Receipt:
        """Do an entry, durably. Errors: RunError and SpecError of the entry, with nothing changed; LedgerError."""
        return self.ledger.execute(lambda draft: perform(self.machine, draft, entry))

    async def do_async(self, entry: Entry) -> Receipt:
        """As `do`, for many callers at once."""
        return await self.ledger.execute_async(lambda draft: perform(self.machine, draft, entry))

    def tick(self, steps: int = 1) -> list[Receipt]:
        """Run the next epochs. One that breaks a law, a cap or a bound is refused whole, trips the breaker, and raises what it broke; one that lacks
        reports waits for them."""
        out = []
        for _ in range(steps):
            try:
                out.append(self.ledger.execute(self._epoch))
            except RunError as error:
                if error.faults[0].code not in WAITS:
                    self.do(Trip(id=f"trip:{self.step}:{self.clock()}", by="epoch engine", reason=str(error)[:1000], code=error.faults[0].code))
                raise
        return out

    def _epoch(self, draft: Draft) -> Receipt:
        n = self.network
        draws = seeds.needed(n.economy)
        seed = seeds.seed_of(self.secret, n.step) if draws else ""
        promise = seeds.commitment(seeds.seed_of(self.secret, n.step + 1)) if draws else ""
        entry = Epoch(id=f"epoch:{n.step}", by="epoch engine", step=n.step, signals=n.measured(), seed=seed, commitment=promise)
        done = perform(self.machine, draft, entry)
        for change in n.adopted():
            try:
                perform(self.machine, draft, change)
            except MintageError as error:  # another change came first, and the two do not go together
                perform(self.machine, draft, Trip(id=f"trip:{change.id}", by="governance", reason=f"{change.id} cannot be made: {error}"[:1000]))
        return done

    def due(self) -> int:
        """Epochs that the clock says should have run and have not."""
        if self.seconds <= 0:
            return 0
        return max(0, int((self.clock() - self.machine.began) / 1e9 / self.seconds) - self.step)

    # --- seeing -----------------------------------------------------------------------------------------------------

    @property
    def network(self) -> Network:
        return self.machine.running

    @property
    def spec(self) -> Spec:
        return self.network.spec

    @property
    def step(self) -> int:
        """The step of the next epoch."""
        return self.network.step

    @property
    def tripped(self) -> str:
        return self.network.tripped

    def catalog(self) -> tuple[EventInfo, ...]:
        """Every event that can be caused, from the mechanisms' own declarations."""
        return catalog(self.network)

    def kinds_open(self) -> tuple[str, ...]:
        """Kinds that anyone may join."""
        return tuple(self.network.members.owners)

    def owner_of(self, key: str) -> str:
        """Whom a key acts for: "" for an unknown one."""
        known = self.network.keys.get(key)
        return known.owner if known else ""

    def scopes(self, key: str) -> frozenset[str]:
        known = self.network.keys.get(key)
        return frozenset(known.scopes) if known and not known.revoked else frozenset()

    def revoked(self, key: str) -> bool:
        known = self.network.keys.get(key)
        return bool(known and known.revoked)

    def last_nonce(self, key: str) -> int:
        return self.network.nonces.get(key, 0)

    def rows(self, owner: str) -> dict[str, int]:
        """The rows an owner has, by kind."""
        members = self.network.members
        return {kind: row for kind in members.owners if (row := members.rows.get((kind, owner))) is not None}

    def balances(self, owner: str) -> dict[str, str]:
        """What an owner has, by `kind/ASSET`; lots of one account together."""
        members, world = self.network.members, self.network.world
        out = {}
        for place, value in world.balances.items():
            row = members.rows.get((members.root(place.kind), owner))
            if row is not None and row < value.shape[-2]:
                out[str(place)] = f"{value[..., row, 0].sum():f}"
        return out

    def signals(self) -> dict[str, list[str]]:
        return {name: [f"{v:.18g}" for v in value[:, 0]] for name, value in self.network.world.signals.items()}

    def totals(self) -> dict[str, str]:
        """All owners together, by `kind/ASSET`."""
        return {str(a): f"{v.sum():f}" for a, v in self.network.world.balances.items()}

    def supply(self, asset: str) -> str:
        return f"{supply(self.network.world.balances, self.network.economy.aliases.get(asset, asset))[0, 0]:f}"

    def burned(self, asset: str) -> str:
        return self.totals()[f"{BURNED}/{asset}"]

    def feeds(self) -> dict[str, dict[str, Any]]:
        """Signals that are reported, with the reports there are."""
        n = self.network
        out = {}
        for name, m in n.measures.plan.items():
            if m.by == "feed":
                reports = [{"by": by, "values": [f"{v:f}" for v in values], "step": at} for by, (values, at) in n.measures.reports.get(name, {}).items()]
                now = [f"{v:.18g}" for v in n.world.signals[name][:, 0]]
                traits = {"stale_days": f"{m.stale:f}", "deviation": f"{m.deviation:f}", "reporters": m.reporters, "required": m.required}
                out[name] = {"unit": n.economy.signals[name].unit, "values": now, "reports": reports, **traits}
        return out

    def posted(self) -> tuple[int, int]:
        """Records and transfers of the journal so far."""
        return self.ledger.head[0], self.network.posted

    def subscribe(self, callback: Callable[[Happened], None]) -> Callable[[], None]:
        """Call back after each durable record; the returned function ends it."""
        return self.ledger.on_commit(lambda record, batch: callback(happened(self, record.seq, batch)))

    def history(self, after: int = 0, limit: int = 100) -> Iterator[Happened]:
        """Records of the journal after `after`, at most `limit`."""
        from ..ledger.codec import decode

        for i, record in enumerate(self.ledger.records(after)):
            if i >= limit:
                return
            yield happened(self, record.seq, decode(record.body))


@dataclass(frozen=True)
class Happened:
    """A record of the journal, to be read: entries with their transfers."""

    seq: int
    time_ns: int
    entries: tuple[tuple[Entry, tuple[Line, ...]], ...]


def happened(live: LiveNetwork, seq: int, batch: Any) -> Happened:
    """What a record says. Transfers are named by the ledger's accounts."""
    from .entries import decode

    out = []
    for note in batch.notes:
        lines = []
        for t in batch.transfers[note.first : note.first + note.count]:
            debit, credit = live.ledger.account(t.debit), live.ledger.account(t.credit)
            decimals = live.network.economy.assets[debit.asset].decimals
            lines.append(Line(live.ledger.reason_text(t.reason), str(debit), str(credit), f"{from_units(t.amount, decimals):f}"))
        out.append((decode(note.topic, note.body), tuple(lines)))
    return Happened(seq, batch.time_ns, tuple(out))


def begin(ledger: Ledger, machine: Machine, spec: Spec, secret: bytes) -> None:
    """Write the first entry: the spec, and the opening balances."""
    economy = spec.economy()
    decimals = {name: asset.decimals for name, asset in economy.assets.items()}
    promise = seeds.commitment(seeds.seed_of(secret, 0)) if seeds.needed(economy) else ""
    entry = Genesis(id="genesis", text=spec.text, file=spec.file, digest=spec.hash, decimals=decimals, version=__version__, seed=promise)
    ledger.execute(lambda draft: perform(machine, draft, entry))


def perform(machine: Machine, draft: Draft, entry: Entry) -> Receipt:
    """One entry within the ledger's turn: prepare, post, check, commit. Whatever raises leaves neither ledger nor network changed."""
    if isinstance(entry, Genesis) and machine.network is None:
        machine.begin(entry, draft.time_ns)
    n = machine.running
    if (done := n.repeat(entry)) is not None:
        return receipt(entry, done, repeated=True)
    prepared, names = n.prepare(entry), Names(machine, draft)
    chain = transfers(n, prepared, names.number, names.reason)
    for t, result in zip(chain, draft.post(chain), strict=True):
        if result is not Result.OK and result is not Result.LINKED_FAILED:
            where = f"entry '{entry.id[:60]}', transfer {t.debit} to {t.credit}"
            raise LedgerError(Fault("MT704", where, result.name.lower(), "a transfer that both accounts allow"))
    draft.note(entry.topic, entry.encode())
    agree(n, draft, prepared, names)
    names.keep()
    return receipt(entry, n.commit(prepared, draft.seq, draft.time_ns))


def receipt(entry: Entry, done: Done, *, repeated: bool = False) -> Receipt:
    return Receipt(entry.id, done.seq, done.time_ns, done.step, done.transfers, done.lines, repeated)


class Names:
    """Numbers of accounts and reasons in the ledger; what one entry opens is kept when that entry is done, and else forgotten."""

    def __init__(self, machine: Machine, draft: Draft) -> None:
        self.machine, self.draft = machine, draft
        self.numbers: dict[Place, int] = {}
        self.reasons: dict[str, int] = {}

    def number(self, place: Place) -> int:
        """An account is opened at its first transfer."""
        found = self.machine.numbers.get(place) or self.numbers.get(place)
        if found is None:
            kind = self.machine.running.economy.kinds[place.kind]
            limits = Limit.NONE if kind.overdraft else Limit.CREDITS_ONLY if place.kind == BURNED else Limit.NO_OVERDRAFT
            found = self.numbers[place] = self.draft.open(place, limits)
        return found

    def reason(self, text: str) -> int:
        found = self.machine.reasons.get(text) or self.reasons.get(text)
        if found is None:
            found = self.reasons[text] = self.draft.reason(text)
        return found

    def keep(self) -> None:
        self.machine.numbers.update(self.numbers)
        self.machine.reasons.update(self.reasons)


def agree(n: Network, draft: Draft, prepared: Prepared, numbers: Names) -> None:
    """The ledger and the network say the same of every account that was touched. An AssertionError is a mistake of ours, and nothing is kept."""
    names, seen = prepared.members.names, set()
    for m in prepared.movements:
        decimals = n.economy.assets[m.src.asset].decimals
        for place, cells in ((m.src, m.src_cells), (m.dst, m.dst_cells)):
            for lot, row in cells[:CHECKED]:
                if (place, lot, row) not in seen:
                    seen.add((place, lot, row))
                    value = prepared.world.balances[place]
                    ours = value[row, 0] if lot < 0 else value[lot, row, 0]
                    theirs = draft.balance(numbers.number(Place(place.asset, place.kind, names(place.kind)[row], lot))).posted
                    with exact():
                        sign = -1 if ours < 0 else 1
                        assert sign * to_units(abs(ours), decimals) == theirs, f"{place} {lot} {row}: the network has {ours}, the ledger {theirs} units"


__all__ = ["EventInfo", "Happened", "LiveNetwork", "MintageError", "Receipt"]
