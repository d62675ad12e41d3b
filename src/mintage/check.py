"""`Economy.check()`: the composition, and each rule run once on quantities that carry units, before anything else runs.

One dry call of a rule in the CHECK arithmetic finds what neither NumPy nor JAX would say: adding tokens to dollars, a raw `<`,
an `if` on an array, a float literal, an in-place write, an unknown account. It also tells which flows the rule can emit.
"""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from . import units
from .accounts import EXTERNAL, ISSUANCE, Account
from .arithmetic import NUMPY
from .binding import Binder
from .dimensions import CHECK, ContractBreach, Quantity
from .economy import Call, Economy, World, memory_shape, rows_in_amount
from .errors import Fault, MintageError, nearest
from .flows import Flow
from .mechanisms.base import Context, Event, Mechanism, State, Use, runs
from .members import Members

PATHS = 2


@dataclass(frozen=True)
class FlowInfo:
    """An arrow that a call can emit. `functional`: a token leg of a payment for the service (an ablation replaces it)."""

    call: str
    reason: str
    src: Account
    dst: Account
    tag: str
    functional: bool

    @property
    def key(self) -> tuple[str, str, Account, Account]:
        return self.call, self.reason, self.src, self.dst

    @property
    def arrow(self) -> str:
        return f"{self.call}.{self.reason}:{self.src}>{self.dst}"


@dataclass
class Inspection:
    """What the dry calls showed."""

    faults: list[Fault] = field(default_factory=list)
    found: dict[tuple[Any, ...], FlowInfo] = field(default_factory=dict)

    @property
    def flows(self) -> tuple[FlowInfo, ...]:
        return tuple(self.found.values())


class UnitBinder(Binder):
    """Binds numbers as quantities with their declared unit."""

    def number(self, value: Decimal, unit: str, words: Mapping[str, str]) -> Any:
        return Quantity(float(value), units.parse(units.resolve(unit, words)))

    def numbers(self, values: tuple[Decimal, ...], unit: str, words: Mapping[str, str]) -> tuple[Any, ...]:
        one = units.parse(units.resolve(unit, words))
        return tuple(Quantity(float(value), one) for value in values)


class Known(dict[Any, Any]):
    """A mapping whose missing keys are a breach with the nearest name, and which a rule cannot write."""

    def __init__(self, what: str, items: Mapping[Any, Any]) -> None:
        super().__init__(items)
        self.what = what

    def __missing__(self, key: Any) -> Any:
        raise ContractBreach("MT203", f"no {self.what} '{key}'", nearest(str(key), map(str, self)) or f"a known {self.what}")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise ContractBreach("MT204", f"writes {self.what} '{key}' in place", "updates returned beside the flows")


def check_economy(economy: Economy) -> list[Fault]:
    """All faults of composition, and of the rules that have none there; when all are sound, of the rules once somebody joined, and of a short sample run."""
    faults = list(composition(economy))
    lost = {u.name for u in economy.uses if any(f.where == u.name or f.where.startswith((f"{u.name}.", f"{u.name} ")) for f in faults)}
    faults += inspect_economy(economy, lost).faults
    return faults or growth(economy) or sample(economy)


def growth(economy: Economy) -> list[Fault]:
    """The faults that the first newcomer to each open kind would bring to the rules that run live: of accounts that must grow together and do not."""
    members = Members(economy)
    if not members.owners:
        return []
    for kind in members.owners:
        members.join(kind, "newcomer", 0)
    found = inspect_economy(members.economy(), {u.name for u in economy.uses if not runs(u)}).faults
    return [replace(f, found=f"once somebody joins an open kind: {f.found}") for f in found]


def sample(economy: Economy) -> list[Fault]:
    """The faults of a short run of few paths."""
    from .simulate import simulate

    steps = min(max((u.every for u in economy.uses), default=1), 40) + 1
    try:
        simulate(economy, PATHS, steps)
    except MintageError as error:
        return [_own_line(economy, f, error) for f in error.faults]
    return []


def _own_line(economy: Economy, fault: Fault, error: MintageError) -> Fault:
    """A fault of a run with the line of the rule that raised it, when one did."""
    use = next((u for u in economy.uses if fault.where.startswith(f"{u.name} (")), None)
    if use is None or error.__cause__ is None:
        return fault
    at = located(fault.code, use, "step", fault.found, fault.expected, error.__cause__)
    return replace(fault, file=at.file, line=at.line, text=at.text)


def composition(economy: Economy, lost: Collection[str] = ()) -> Iterator[Fault]:
    """Names, writers, units of signals, each mechanism's own cross-field rules and what it makes of its parameters; that not of `lost` ones."""
    for name, times in Counter(u.name for u in economy.uses).items():
        if times > 1:
            yield Fault("MT201", name, f"{times} mechanisms or processes have this name", "names that differ")
    for place in economy.opening.keys() & economy.lots.keys():
        yield Fault("MT218", f"accounts.{place.kind}.opening.{place.asset}", f"{place} is kept in {economy.lots[place]} lots", "an opening balance elsewhere")
    binder, numbers, writers = economy.binder(None), economy.binder(NUMPY), Counter[str]()
    for use in economy.uses:
        writers.update(binder.writes(use.params) if use.active else ())
        for kind in ("reads", "writes"):
            for signal, unit, words in binder.signals(use.params, kind):
                yield from signal_fault(economy, use, kind, signal, units.resolve(unit, words))
        found: list[Fault] = []
        with caught(found, use, "validate", "MT122", "parameters that it can work with"):
            found += [Fault("MT202", f"{use.name}.{where}", said, expected) for where, said, expected in use.mechanism.validate(binder.bind(use.params))]
        if not found and use.name not in lost:
            _prepare(economy, use, numbers, found)
        yield from found
    for signal, times in writers.items():
        if times > 1:
            who = ", ".join(u.name for u in economy.uses if u.active and signal in binder.writes(u.params))
            yield Fault("MT205", f"signal {signal}", f"has {times} writers ({who})", "one writer")


def _prepare(economy: Economy, use: Use, binder: Binder, out: list[Fault]) -> None:
    """What a mechanism does before the first step, on one path: constants, noise, memory, genesis."""
    told = "MT122", "parameters that it can work with"
    mechanism = use.mechanism
    if not mechanism.noise and all(getattr(type(mechanism), hook) is getattr(Mechanism, hook) for hook in ("derive", "memory", "genesis")):
        return
    p = binder.bind(use.params)

    def make(value: Any, unit: str = "1", of: Account | None = None, lots: int = 0) -> Any:
        return np.broadcast_to(NUMPY.num(value), memory_shape(economy, of, lots, 1))  # takes no memory

    with np.errstate(all="ignore"):
        with caught(out, use, "derive", *told):
            vars(p).update(mechanism.derive(p, NUMPY))
        if out:
            return
        with caught(out, use, "noise", *told):
            for noise in mechanism.noise.values():
                economy.holders(getattr(p, noise.per)) if noise.per else 1
        with caught(out, use, "memory", *told):
            for name in mechanism.memory(p, make).keys() & set(binder.writes(use.params)):
                found = f"writes the signal '{name}', and remembers something of that name"
                out.append(Fault("MT202", use.name, found, "a signal of another name: an update could not tell which is meant"))
        with caught(out, use, "genesis", *told):
            for flow in mechanism.genesis(p, NUMPY):
                economy.holders(flow.src), economy.holders(flow.dst)


@contextmanager
def caught(out: list[Fault], use: Use, what: str, code: str = "MT210", expected: str = "a rule that runs on arrays") -> Iterator[None]:
    """Whatever a mechanism's code raises is a fault of its use, at its own line."""
    try:
        yield
    except ContractBreach as breach:
        out.append(located(breach.code, use, what, breach.found, breach.expected, breach))
    except MintageError as error:
        for f in error.faults:
            out.append(replace(located(f.code, use, what, f"{f.where}: {f.found}", f.expected, error), hint=f.hint))
    except Exception as error:
        out.append(located(code, use, what, f"{type(error).__name__}: {error}"[:300], expected, error))


@lru_cache(maxsize=1024)
def _near(name: str, valid: tuple[str, ...]) -> str:
    """`nearest`, once for all variants of a spec: among thousands of names it is dear."""
    return nearest(name, valid)


def signal_fault(economy: Economy, use: Use, kind: str, signal: str, unit: str) -> Iterator[Fault]:
    if signal not in economy.signals:
        yield Fault("MT206", f"{use.name} {kind} '{signal}'", "no such signal", "a declared signal", _near(signal, tuple(economy.signals)))
    elif unit != "*" and not units.parse(economy.signals[signal].unit).same(units.parse(unit)):
        yield Fault("MT207", f"{use.name} {kind} '{signal}'", f"the signal is in {economy.signals[signal].unit}", f"{unit}")


def inspect_economy(economy: Economy, lost: Collection[str] = ()) -> Inspection:
    """Run every step and every event once on quantities, but for those of the uses named in `lost`."""
    out = Inspection()
    binder = UnitBinder(CHECK, economy.dt, economy.aliases, economy.signal_units)
    part = only(economy, lost) if lost else economy
    with np.errstate(all="ignore"):
        try:
            bound = part.bind(NUMPY)
            world, noise = quantities(economy, bound.start(PATHS)), bound.noise()
        except MintageError as error:
            out.faults.extend(error.faults)
            return out
        for call in bound.calls:
            with caught(out.faults, call.use, "derive"):
                p = binder.bind(call.use.params)
                vars(p).update(call.use.mechanism.derive(p, CHECK))
                _dry(out, economy, call, p, world, {n: Quantity(np.full((rows, PATHS), 0.5), units.ONE) for n, (_, rows) in noise[call.name].items()})
    return out


def only(economy: Economy, lost: Collection[str]) -> Economy:
    """The economy without the uses named in `lost`; their accounts stay."""
    part = copy(economy)
    part.uses = tuple(u for u in economy.uses if u.name not in lost)
    vars(part).pop("flow_table", None)
    return part


def quantities(economy: Economy, start: World) -> World:
    """The opening world with units: balances in their asset, signals in theirs."""
    balances = Known("account", {a: Quantity(v, units.parse(a.asset)) for a, v in start.balances.items()})
    signals = Known("signal", {n: Quantity(v, units.parse(economy.signals[n].unit)) for n, v in start.signals.items()})
    return World(balances, signals, {})


def _dry(out: Inspection, economy: Economy, call: Call, p: Any, world: World, noise: dict[str, Any]) -> None:
    """One call's step and events, on quantities; every breach becomes a fault with the mechanism's file and line."""
    mechanism, use = call.use.mechanism, call.use

    def make(value: Any, unit: str = "1", of: Account | None = None, lots: int = 0) -> Any:
        words = UnitBinder(None, economy.dt, economy.aliases, economy.signal_units).siblings(use.params)
        raw = value.value if isinstance(value, Quantity) else float(value)
        return Quantity(np.full(memory_shape(economy, of, lots, PATHS), raw), units.parse(units.resolve(unit, words)))

    def attempt(what: str, run: Any) -> None:
        with caught(out.faults, use, what):
            flows, updates = run()
            for flow in flows:
                _flow(economy, world, flow)
                if what == "step" and use.active:
                    info = FlowInfo(use.name, flow.reason, flow.src, flow.dst, tag(economy, use, flow), functional(economy, use, flow))
                    out.found[info.key] = info
            _updates(call, memory, world, updates)

    before, memory = len(out.faults), dict[str, Any]()
    with caught(out.faults, use, "memory"):
        memory = mechanism.memory(p, make)
    if len(out.faults) > before:
        return
    span, day = (Quantity(float(economy.dt * n), units.parse("day")) for n in (use.every, 1))
    ctx = Context(CHECK, 0, span, noise, world.balances, day, use.every, use.offset)
    state = State(world.balances, Known("memory", memory))
    attempt("step", lambda: mechanism.step(p, state, world.signals, ctx))
    words = economy.binder(None).siblings(use.params)
    for name, declared in mechanism.events.items():
        arguments = {a: Quantity(np.ones((1, PATHS)), units.parse(units.resolve(u, words))) for a, u in declared.arguments.items()}
        attempt(name, lambda n=name, d=declared, a=arguments: getattr(mechanism, n)(p, state, world.signals, ctx, rows(d), **a))


def rows(declared: Event) -> dict[str, Any]:
    """The first row for every role."""
    return {role: np.array([0]) for role in declared.roles}


def tag(economy: Economy, use: Use, flow: Flow) -> str:
    """What the mechanism calls the flow; a payment is revenue only when customers or the world outside pay it, never the network itself."""
    named = use.mechanism.tags.get(flow.reason, "")
    inside = flow.src.kind != EXTERNAL and economy.kinds[flow.src.kind].role not in ("customer", "outside")
    return "transfer" if named == "revenue" and inside else named


def functional(economy: Economy, use: Use, flow: Flow) -> bool:
    """Whether a flow is a token leg of a payment for the service: of a mechanism that can be paid without the token."""
    return bool(use.mechanism.ablation) and flow.src.kind != ISSUANCE and economy.assets[flow.src.asset].form == "token"


def _flow(economy: Economy, world: World, flow: Flow) -> None:
    """A flow's accounts exist, hold the same asset, and its amount is in that asset and has the larger side's rows."""
    if not isinstance(flow, Flow):
        raise ContractBreach("MT208", f"emits {type(flow).__name__}", "Flow(...), mint(...) or burn(...)")
    for place in (flow.src, flow.dst):
        economy.holders(place)
    if flow.src.asset != flow.dst.asset:
        raise ContractBreach("MT211", f"moves {flow.src} to {flow.dst}", "the same asset on both sides")
    if not isinstance(flow.reason, str) or not flow.reason:
        raise ContractBreach("MT208", f"reason {flow.reason!r}", "a fixed, non-empty text")
    unit = getattr(flow.amount, "unit", units.ONE)
    if not (isinstance(flow.amount, int) and flow.amount == 0) and not unit.same(units.parse(flow.src.asset)):
        raise ContractBreach("MT207", f"flow '{flow.reason}' of {flow.src} has an amount in {unit}", flow.src.asset)
    if (
        flow.src_at is None
        and flow.dst_at is None
        and min(economy.holders(flow.src), economy.holders(flow.dst)) > 1
        and economy.holders(flow.src) != economy.holders(flow.dst)
    ):
        raise ContractBreach(
            "MT212",
            f"flow '{flow.reason}' joins {economy.holders(flow.src)} holders of {flow.src} to {economy.holders(flow.dst)} of {flow.dst}",
            "an explicit index",
        )
    rows = max(world.balances[a].value[... if at is None else at].shape[-2] for a, at in ((flow.src, flow.src_at), (flow.dst, flow.dst_at)))
    if (found := rows_in_amount(getattr(flow.amount, "value", flow.amount))) != rows:
        raise ContractBreach(
            "MT214", f"flow '{flow.reason}' ({flow.src} to {flow.dst}) has an amount of {found} rows", f"{rows}, one a holder of the larger side"
        )


def _updates(call: Call, memory: Mapping[str, Any], world: World, updates: Mapping[str, Any]) -> None:
    """Updates name a written signal or own memory and keep its unit."""
    for name, value in updates.items():
        if name not in call.writes and name not in memory:
            raise ContractBreach("MT209", f"updates '{name}'", nearest(name, [*call.writes, *memory]) or "a signal it writes or memory it made")
        old = world.signals[name] if name in call.writes else memory[name]
        unit = getattr(value, "unit", units.ONE)
        if not unit.same(old.unit) and not (isinstance(value, int) and value == 0):
            raise ContractBreach("MT207", f"'{name}' becomes {unit}", str(old.unit))
        rows = [np.shape(getattr(v, "value", v))[-2:-1] for v in (value, old)]
        if rows[0] != rows[1] and rows[0]:
            raise ContractBreach("MT214", f"'{name}' becomes an array of {rows[0][0]} rows", f"{rows[1][0]}, as it had")


def located(code: str, use: Use, what: str, found: str, expected: str, error: BaseException) -> Fault:
    """A fault at the innermost line of the mechanism's own file, or where the rule begins when what it returned is at fault."""
    try:
        home = inspect.getfile(type(use.mechanism))
    except (OSError, TypeError):
        home = ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == home]
    rule = getattr(inspect.unwrap(getattr(type(use.mechanism), what, located)), "__code__", None)
    line = frames[-1].lineno or 0 if frames else rule.co_firstlineno if rule and rule.co_filename == home else 0
    text = linecache.getline(home, line).strip() if line else ""
    return Fault(code, f"{use.name} ({use.mechanism.name}.{what})", found, expected, "", home.rsplit("/", 1)[-1], line, text)
