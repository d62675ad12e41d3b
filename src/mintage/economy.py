"""An economy: accounts, signals, and mechanisms in order. Only here do balances change.

`bind(xp)` turns parameters into numbers of one arithmetic; `Bound.step` runs processes and mechanisms in order, each seeing what
the earlier ones left, and applies their flows. Flows conserve by construction: what leaves one account arrives at another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .accounts import BURNED, EXTERNAL, ISSUANCE, Account, Asset, Kind, standard_kinds
from .binding import Binder
from .errors import Fault, MintageError, RunError, SpecError, nearest
from .flows import Flow
from .holds import held
from .mechanisms.base import Context, Emitted, Mechanism, State, Use

if TYPE_CHECKING:
    from .arithmetic import Arithmetic
    from .check import FlowInfo

Balances = dict[Account, Any]
Settle = Callable[["Bound", Balances, list[Flow]], list[Flow]]


@dataclass(frozen=True)
class SignalDecl:
    """A signal of the economy: its unit, its value before the first step, the kind whose holders it has a row for (`per`), and the value of the
    row of an owner who joins that kind live (`join`)."""

    name: str
    unit: str
    start: Decimal | tuple[Decimal, ...]
    doc: str = ""
    per: str = ""
    join: Decimal = Decimal(0)


@dataclass
class World:
    """Everything that changes: balances [..., holder, path], signals [holder, path], each mechanism's memory."""

    balances: Balances
    signals: dict[str, Any]
    memory: dict[str, dict[str, Any]]

    def copy(self) -> World:
        return World(dict(self.balances), dict(self.signals), {k: dict(v) for k, v in self.memory.items()})

    def digest(self) -> str:
        """SHA-256 of all names and values, the values as float64."""
        tables: list[tuple[str, Mapping[Any, Any]]] = [("balance", self.balances), ("signal", self.signals), *self.memory.items()]
        parts = [(f"{head} {k}", v) for head, table in tables for k, v in table.items()]
        whole = hashlib.sha256()
        for name, value in sorted(parts, key=lambda p: p[0]):
            whole.update(f"{name} {value.shape} ".encode() + np.asarray(value, dtype=float).tobytes())
        return whole.hexdigest()


class Economy:
    """The chart of accounts, the signals and the mechanisms of one network. Immutable; cheap to send to another process."""

    def __init__(
        self,
        name: str,
        assets: Mapping[str, Asset],
        kinds: Mapping[str, Kind],
        signals: Mapping[str, SignalDecl],
        uses: Iterable[Use],
        dt: Decimal,
        start: date | None = None,
        opening: Mapping[Account, Decimal] | None = None,
        token: str | None = None,
        fiat: str | None = None,
    ) -> None:
        self.name, self.assets, self.signals, self.dt, self.start = name, dict(assets), dict(signals), Decimal(dt), start
        self.token = token or next((a.name for a in self.assets.values() if a.form == "token"), next(iter(self.assets)))
        self.fiat = fiat or next((a.name for a in self.assets.values() if a.form == "fiat"), self.token)
        self.uses = tuple(uses)
        self.opening = dict(opening or {})
        self.kinds = {**{k.name: k for k in standard_kinds(tuple(self.assets))}, **kinds}
        binder = self.binder(None)
        self.lots: dict[Account, int] = {}
        for use in self.uses:
            p = binder.bind(use.params)
            for place, number in use.mechanism.lots(p).items():
                self.lots[place] = number
                self._ensure(place, role="escrow", circulating=False)
            for place in use.mechanism.holds(p):
                owner = self.kinds.get(place.kind)
                follow = place.kind if owner and owner.members else ""
                self._ensure(held(place), role="escrow", circulating=False, holders=owner.holders if owner else 1, members=follow)

    def _ensure(self, place: Account, **traits: Any) -> None:
        known = self.kinds.get(place.kind)
        if known is None:
            self.kinds[place.kind] = Kind(place.kind, (place.asset,), **traits)
        elif place.asset not in known.assets:
            self.kinds[place.kind] = replace(known, assets=(*known.assets, place.asset))

    @property
    def aliases(self) -> dict[str, str]:
        """`token` and `fiat` stand for the network's own."""
        return {"token": self.token, "fiat": self.fiat}

    @property
    def signal_units(self) -> dict[str, str]:
        return {n: s.unit for n, s in self.signals.items()}

    def binder(self, xp: Any) -> Binder:
        return Binder(xp, self.dt, self.aliases, self.signal_units)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Every account of the chart."""
        return tuple(Account(k.name, a) for k in self.kinds.values() for a in k.assets)

    def holders(self, place: Account) -> int:
        """Rows of an account's population."""
        if place.kind not in self.kinds or place.asset not in self.kinds[place.kind].assets:
            valid = [str(a) for a in self.accounts]
            raise SpecError(Fault("MT203", str(place), "no such account", "an account of the chart", nearest(str(place), valid)))
        return self.kinds[place.kind].holders

    def shape(self, place: Account, paths: int) -> tuple[int, ...]:
        rows = (self.holders(place), paths)
        return (self.lots[place], *rows) if place in self.lots else rows

    @cached_property
    def flow_table(self) -> tuple[FlowInfo, ...]:
        """Every flow the mechanisms can emit, found by running each once."""
        from .check import inspect_economy

        return inspect_economy(self).flows

    def check(self) -> list[Fault]:
        """All that is wrong with the composition and with each rule, in plain words; empty when sound."""
        from .check import check_economy

        return check_economy(self)

    def digest(self) -> str:
        """SHA-256 over everything that decides a result but the seed: chart, signals, mechanisms, parameters, order."""
        uses = [(u.name, u.mechanism.name, u.every, u.offset, u.params.model_dump_json(), *(() if u.active else ("inactive",))) for u in self.uses]
        opening = sorted((str(a), str(v)) for a, v in self.opening.items())
        whole = (
            self.name,
            sorted(map(str, self.assets.values())),
            sorted(map(str, self.kinds.values())),
            sorted(map(str, self.signals.values())),
            uses,
            opening,
        )
        return hashlib.sha256(repr((whole, str(self.dt), str(self.start))).encode()).hexdigest()

    def bind(self, xp: Arithmetic) -> Bound:
        """Parameters as numbers of arithmetic `xp`, ready to step."""
        return Bound(self, xp)


@dataclass(slots=True)
class Call:
    """One use, bound: what the engine's loop needs, looked up once."""

    name: str
    step: Any
    p: Any
    dt: Any
    every: int
    offset: int
    writes: frozenset[str]
    use: Use
    ctx: Context


class Bound:
    """An economy in one arithmetic."""

    def __init__(self, economy: Economy, xp: Any) -> None:
        self.economy, self.xp, self.dt = economy, xp, xp.num(economy.dt)
        binder = economy.binder(xp)
        self.calls = []
        for use in economy.uses:
            p = binder.bind(use.params)
            vars(p).update(use.mechanism.derive(p, xp))
            writes = frozenset(binder.writes(use.params))
            dt = xp.num(economy.dt * use.every)
            ctx = Context(xp, 0, dt, {}, {}, None, use.every, use.offset)
            self.calls.append(Call(use.name, use.mechanism.step, p, dt, use.every, use.offset, writes, use, ctx))
        self.stepping = [c for c in self.calls if c.use.active and type(c.use.mechanism).step is not Mechanism.step]
        self.overdraft = frozenset(a for a in economy.accounts if economy.kinds[a.kind].overdraft)
        self.caps = {n: xp.num(a.cap) for n, a in economy.assets.items() if a.cap is not None}

    def noise(self) -> dict[str, dict[str, tuple[str, int]]]:
        """What noise each call declares: call -> name -> (form, rows)."""
        out: dict[str, dict[str, tuple[str, int]]] = {}
        for call in self.calls:
            declared = call.use.mechanism.noise
            rows = {n: self.economy.holders(getattr(call.p, d.per)) if d.per else 1 for n, d in declared.items()}
            out[call.name] = {n: (d.form, rows[n]) for n, d in declared.items()}
        return out

    def start(self, paths: int, settle: Settle | None = None) -> World:
        """The world before the first step: opening balances, genesis flows, signals at their start, fresh memory.

        `settle(bound, balances, flows)` makes whole base units of them: `exact.settle` for exact work, nothing for arrays.
        """
        e, xp = self.economy, self.xp
        balances: Balances = {a: xp.zeros(e.shape(a, paths)) for a in e.accounts}
        signals = {s.name: rows_of(xp, e.kinds[s.per].holders if s.per else 1, paths, s.start) for s in e.signals.values()}
        opening = []
        for place, amount in e.opening.items():
            source = Account(EXTERNAL if e.assets[place.asset].form == "fiat" else ISSUANCE, place.asset)
            opening.append(spread_equally(xp, Flow(source, place, xp.full((1, paths), xp.num(amount)), "opening"), e.holders(place)))
        memory = {}
        for call in self.calls:

            def make(value: Any, unit: str = "1", of: Account | None = None, lots: int = 0) -> Any:
                return xp.full(memory_shape(e, of, lots, paths), xp.num(value))

            memory[call.name] = call.use.mechanism.memory(call.p, make)
            genesis = call.use.mechanism.genesis(call.p, xp) if call.use.active else []
            opening += [spread_equally(xp, f, e.holders(f.dst)) if rows_in_amount(f.amount) == 1 else f for f in genesis]
        for flow in settle(self, balances, opening) if settle and opening else opening:
            post(xp, balances, flow)
        world = World(balances, signals, memory)
        for value in (*balances.values(), *signals.values(), *(v for m in memory.values() for v in m.values())):
            xp.freeze(value)
        return world

    def step(self, world: World, t: Any, noise: Any, apply: Any) -> None:
        """One step in place of `world`'s dicts (arrays are never written): each due call reads, its flows are applied, its updates kept.

        `apply(balances, call, flows)` moves the money; `noise.take(name)` gives a call's noise.
        """
        opening, emit, take = dict(world.balances), self.emit, noise.take
        for call in self.stepping:
            if call.every == 1 or (t - call.offset) % call.every == 0:
                flows, updates = emit(call, world, t, take(call.name), opening)
                if flows:
                    apply(world.balances, call, flows)
                if updates:
                    self.keep(call, world, updates)

    def emit(self, call: Call, world: World, t: Any, noise: Mapping[str, Any], opening: Mapping[Account, Any]) -> Emitted:
        """What one call emits; nothing is changed."""
        ctx = call.ctx  # one object a call: making a new one each step costs more than a rule's arithmetic on few paths
        ctx.t, ctx.noise, ctx.opening, ctx.day = t, noise, opening, (t + 1) * self.dt
        try:
            return call.step(call.p, State(world.balances, world.memory[call.name]), world.signals, ctx)  # type: ignore[no-any-return]
        except MintageError:
            raise
        except Exception as error:
            raise RunError(rule_failed(call, t, error)) from error

    def keep(self, call: Call, world: World, updates: Mapping[str, Any]) -> None:
        """Signals a call writes and memory it owns take their new values."""
        freeze = self.xp.freeze
        for name, value in updates.items():
            freeze(value)
            if name in call.writes:
                world.signals[name] = value
            else:
                world.memory[call.name][name] = value


def memory_shape(economy: Economy, of: Account | None, lots: int, paths: int) -> tuple[int, ...]:
    """[holder, path] of `make`, behind a fixed leading axis where `lots` asks for one."""
    rows = (economy.holders(of) if of else 1, paths)
    return (lots, *rows) if lots else rows


def rule_failed(call: Call, t: Any, error: Exception) -> Fault:
    """What a rule raised, with its mechanism, step and the innermost line that is its own."""
    where = f"{call.name} ({call.use.mechanism.name}.step), step {t}"
    if isinstance(error, ValueError) and "read-only" in str(error):
        return Fault("MT204", where, "writes an array in place", "updates returned beside the flows")
    return Fault("MT210", where, f"{type(error).__name__}: {error}"[:300], "a rule that runs on every state it can meet")


def post(xp: Any, balances: Balances, flow: Flow) -> None:
    """Move one flow: source minus, destination plus; a one-holder side takes the sum over the other's holders."""
    amount = flow.amount
    rows_out, rows_in = balances[flow.src], balances[flow.dst]
    out = rows_out if flow.src_at is None else rows_out[flow.src_at]
    into = rows_in if flow.dst_at is None else rows_in[flow.dst_at]
    if rows_in_amount(amount) != max(out.shape[-2], into.shape[-2]):
        raise misshapen(flow, max(out.shape[-2], into.shape[-2]))
    if out.shape[-2] != into.shape[-2]:
        # the amount is [holder, path] of the larger side; the other side moves their sum
        total = xp.total(amount)
        less, more = (total, amount) if out.shape[-2] < into.shape[-2] else (amount, total)
    else:
        less = more = amount
    balances[flow.src] = xp.freeze(rows_out - less if flow.src_at is None else xp.add_at(rows_out, flow.src_at, -less))
    rows_in = balances[flow.dst]  # read again: source and destination may be rows or lots of one account
    balances[flow.dst] = xp.freeze(rows_in + more if flow.dst_at is None else xp.add_at(rows_in, flow.dst_at, more))


def rows_in_amount(amount: Any) -> int:
    """Holders that an amount [..., holder, path] speaks of; a scalar speaks of one."""
    shape: tuple[int, ...] = getattr(amount, "shape", ())
    return shape[-2] if len(shape) > 1 else 1


def misshapen(flow: Flow, rows: int) -> RunError:
    """An amount for one holder must not move that much at each holder of a population, nor the other way round."""
    found = f"the amount has {rows_in_amount(flow.amount)} rows"
    return RunError(Fault("MT214", f"flow '{flow.reason}' ({flow.src} to {flow.dst})", found, f"{rows}, one a holder of the larger side"))


def spread_equally(xp: Any, flow: Flow, rows: int) -> Flow:
    """A flow of one row in equal parts over `rows` holders."""
    return flow if rows == 1 else flow._replace(amount=flow.amount * xp.full((rows, 1), xp.num(1) / rows))


def rows_of(xp: Any, rows: int, paths: int, start: Decimal | tuple[Decimal, ...]) -> Any:
    """[row, path] filled with one value, or with one value a row."""
    values = start if isinstance(start, tuple) else (start,) * rows
    if len(values) != rows:
        raise SpecError(Fault("MT213", "signal", f"{len(values)} starting values", f"1 or {rows}, one a holder"))
    return xp.concatenate([xp.full((1, paths), xp.num(v)) for v in values])


def supply(balances: Mapping[Account, Any], asset: str) -> Any:
    """Outstanding supply [asset] = -(issuance) - burned, read off the outside accounts."""
    return -balances[Account(ISSUANCE, asset)] - balances[Account(BURNED, asset)]
