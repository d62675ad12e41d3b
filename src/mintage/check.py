"""`Economy.check()`: the composition, and each rule run once on quantities that carry units, before anything else runs.

One dry call of a rule in the CHECK arithmetic finds what neither NumPy nor JAX would say: adding tokens to dollars, a raw `<`,
an `if` on an array, a float literal, an in-place write, an unknown account. It also tells which flows the rule can emit.
"""

from __future__ import annotations

import inspect
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from . import units
from .accounts import EXTERNAL, ISSUANCE, Account
from .arithmetic import NUMPY
from .binding import Binder
from .dimensions import CHECK, ContractBreach, Quantity
from .economy import Call, Economy, World, rows_in_amount
from .errors import Fault, MintageError, nearest
from .flows import Flow
from .mechanisms.base import Context, Event, State, Use

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
    """All faults of composition, then of the rules, then of a short sample run; empty when sound."""
    faults = list(composition(economy))
    if faults:
        return faults
    faults = inspect_economy(economy).faults
    if faults:
        return faults
    from .simulate import simulate

    steps = min(max((u.every for u in economy.uses), default=1), 40) + 1
    try:
        simulate(economy, PATHS, steps)
    except MintageError as error:
        return list(error.faults)
    return []


def composition(economy: Economy) -> Iterator[Fault]:
    """Names, writers, units of signals and each mechanism's own cross-field rules."""
    for name, times in Counter(u.name for u in economy.uses).items():
        if times > 1:
            yield Fault("MT201", name, f"{times} mechanisms or processes have this name", "names that differ")
    binder, writers = economy.binder(None), Counter[str]()
    for use in economy.uses:
        writers.update(binder.writes(use.params))
        for kind in ("reads", "writes"):
            for signal, unit, words in binder.signals(use.params, kind):
                yield from signal_fault(economy, use, kind, signal, units.resolve(unit, words))
        for where, found, expected in use.mechanism.validate(binder.bind(use.params)):
            yield Fault("MT202", f"{use.name}.{where}", found, expected)
    for signal, times in writers.items():
        if times > 1:
            who = ", ".join(u.name for u in economy.uses if signal in binder.writes(u.params))
            yield Fault("MT205", f"signal {signal}", f"has {times} writers ({who})", "one writer")


def signal_fault(economy: Economy, use: Use, kind: str, signal: str, unit: str) -> Iterator[Fault]:
    if signal not in economy.signals:
        yield Fault("MT206", f"{use.name} {kind} '{signal}'", "no such signal", "a declared signal", nearest(signal, economy.signals))
    elif unit != "*" and not units.parse(economy.signals[signal].unit).same(units.parse(unit)):
        yield Fault("MT207", f"{use.name} {kind} '{signal}'", f"the signal is in {economy.signals[signal].unit}", f"{unit}")


def inspect_economy(economy: Economy) -> Inspection:
    """Run every step and every event once on quantities."""
    out = Inspection()
    binder = UnitBinder(CHECK, economy.dt, economy.aliases, economy.signal_units)
    try:
        with np.errstate(all="ignore"):
            bound = economy.bind(NUMPY)
            world = quantities(economy, bound.start(PATHS))
            noise = bound.noise()
            for call in bound.calls:
                p = binder.bind(call.use.params)
                vars(p).update(call.use.mechanism.derive(p, CHECK))
                _dry(out, economy, call, p, world, {n: Quantity(np.full((rows, PATHS), 0.5), units.ONE) for n, (_, rows) in noise[call.name].items()})
    except MintageError as error:
        out.faults.extend(error.faults)
    return out


def quantities(economy: Economy, start: World) -> World:
    """The opening world with units: balances in their asset, signals in theirs."""
    balances = Known("account", {a: Quantity(v, units.parse(a.asset)) for a, v in start.balances.items()})
    signals = Known("signal", {n: Quantity(v, units.parse(economy.signals[n].unit)) for n, v in start.signals.items()})
    return World(balances, signals, {})


def _dry(out: Inspection, economy: Economy, call: Call, p: Any, world: World, noise: dict[str, Any]) -> None:
    """One call's step and events, on quantities; every breach becomes a fault with the mechanism's file and line."""
    mechanism, use = call.use.mechanism, call.use

    def make(value: Any, unit: str = "1", of: Account | None = None) -> Any:
        words = UnitBinder(None, economy.dt, economy.aliases, economy.signal_units).siblings(use.params)
        raw = value.value if isinstance(value, Quantity) else float(value)
        return Quantity(np.full((economy.holders(of) if of else 1, PATHS), raw), units.parse(units.resolve(unit, words)))

    def attempt(what: str, run: Any) -> None:
        try:
            flows, updates = run()
            for flow in flows:
                _flow(economy, world, flow)
                if what == "step":
                    info = FlowInfo(use.name, flow.reason, flow.src, flow.dst, tag(economy, use, flow), functional(economy, use, flow))
                    out.found[info.key] = info
            _updates(call, memory, world, updates)
        except ContractBreach as breach:
            out.faults.append(located(breach.code, use, what, breach.found, breach.expected, breach))
        except MintageError as error:
            out.faults.extend(error.faults)
        except Exception as error:
            out.faults.append(located("MT210", use, what, f"{type(error).__name__}: {error}", "a rule that runs on arrays", error))

    memory: dict[str, Any] = {}
    try:
        memory = mechanism.memory(p, make)
    except ContractBreach as breach:
        out.faults.append(located(breach.code, use, "memory", breach.found, breach.expected, breach))
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
    """A fault at the innermost line of the mechanism's own file, named from the package or folder on."""
    try:
        home = inspect.getfile(type(use.mechanism))
    except (OSError, TypeError):
        home = ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == home]
    last = frames[-1] if frames else None
    where = f"{use.name} ({use.mechanism.name}.{what})"
    return Fault(code, where, found, expected, "", home.rsplit("/", 1)[-1], last.lineno or 0 if last else 0, last.line or "" if last else "")
