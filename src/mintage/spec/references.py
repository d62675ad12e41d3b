"""What no table alone can show: names that point to each other, sums, sizes, and the rules of composition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..binding import field_kind, resolve_account
from ..check import composition
from ..economy import Economy
from ..errors import Fault, UsageError
from ..mechanisms.base import Parameters
from ..units import parse, resolve
from . import build, hostile, paths
from .faults import Faults, show
from .lines import Path
from .model import ROLE_UNITS, ROLES, Contents
from .sizes import sizes
from .standins import struck, whole

SINGLE = {("network",), ("evaluation",), ("disclosure",)}  # sections of one table


def references(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    """Add every fault between tables. Names whose own table has a fault are passed over, so that one mistake is told once."""
    _assets(c, tree, faults)
    _accounts(c, tree, faults)
    if len(c.accounts) == len(tree.get("accounts", {})) and len(c.allocation) == len(tree.get("allocation", [])):
        _supply(c, faults)
    _evaluation(c, tree, faults)
    _live(c, tree, faults)
    if c.steps > hostile.STEPS or c.network.horizon < c.network.step:
        faults.add("MT120", ("network", "horizon"), f"{c.steps:,} steps", f"from 1 to {hostile.STEPS:,}")
    guarded(faults, lambda: _composition(whole(c, tree, faults), tree, faults))


def guarded(faults: Faults, run: Callable[[], None]) -> None:
    """Run code that calls mechanisms, which may be anybody's: whatever they raise is a fault of the spec that names them."""
    try:
        run()
    except Exception as error:
        faults.add("MT122", (), f"{type(error).__name__}: {str(error)[:200]}", "parameters that its mechanisms can work with")


def _assets(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    """Every asset that an account names is declared and held."""
    declared = tree.get("assets", {})
    for kind, table in c.accounts.items():
        for i, asset in enumerate(table.holds):
            if c.asset(asset) not in declared:
                faults.add("MT113", ("accounts", kind, "holds", i), f"no asset '{asset[:60]}'", "an asset", near=(asset, declared))
        held = set(map(c.asset, table.holds))
        for asset in table.opening:
            if c.asset(asset) not in held:
                faults.add("MT113", ("accounts", kind, "opening", asset), f"it does not hold '{asset[:60]}'", "an asset that it holds", near=(asset, held))


def _accounts(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    for name, signal in c.signals.items():
        if signal.per and signal.per not in tree.get("accounts", {}):
            faults.add("MT112", ("signals", name, "per"), f"no kind of account '{signal.per[:60]}'", "a key of [accounts]", near=(signal.per, c.accounts))
        rows = c.accounts[signal.per].holders if signal.per in c.accounts else 1
        if isinstance(signal.start, tuple) and len(signal.start) != rows:
            faults.add("MT109", ("signals", name, "start"), f"{len(signal.start)} values", f"one, or {rows}: one a row")


def _supply(c: Contents, faults: Faults) -> None:
    """A cap that genesis already passes, and a genesis that its parts do not add up to."""
    for name, asset in c.assets.items():
        total = c.genesis(name)
        if asset.cap is not None and total > asset.cap:
            faults.add("MT119", ("assets", name, "cap"), f"a cap of {show(asset.cap)}", f"at least {show(total)}: opening balances and allocations")
        if asset.genesis is not None and total != asset.genesis:
            faults.add("MT119", ("assets", name, "genesis"), show(asset.genesis), f"{show(total)}: the sum of opening balances and allocations")


def _evaluation(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    for role in ROLES:
        if (name := getattr(c.evaluation, role)) and name not in tree.get("signals", {}):
            faults.add("MT114", ("evaluation", role), f"no signal '{name[:60]}'", "a key of [signals]", near=(name, c.signals))
        elif name in c.signals and role in ROLE_UNITS:
            _role(c, role, name, faults)
    for i, path in enumerate(c.evaluation.usage):
        at, place = ("evaluation", "usage", i), paths.find(c, path)
        if place is None:
            try:
                place_in(c, tree, path, faults)
            except UsageError as error:
                for fault in error.faults:
                    faults.append(at, replace(fault, code="MT116"))
        elif not isinstance(value := paths.reach(c, place), Decimal):
            faults.add("MT116", at, f"{path} is {show(value)}", "a parameter that is one number")


def _live(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    """Signals, flows and assets that [live] names exist; members follow a kind that is open."""
    signals, calls = tree.get("signals", {}), {p.name: p.mechanism for p in c.parts} | {"vesting": None}
    for i, measure in enumerate(c.live.measure):
        if measure.signal not in signals:
            faults.add("MT114", ("live", "measure", i, "signal"), f"no signal '{measure.signal[:60]}'", "a key of [signals]", near=(measure.signal, c.signals))
        for k, flow in enumerate(measure.flows):
            if flow.partition(".")[0] not in calls:
                faults.add("MT114", ("live", "measure", i, "flows", k), f"no mechanism '{flow[:60]}'", "MECHANISM.REASON", near=(flow.partition(".")[0], calls))
    totals = {f"{word}/{asset}" for word in ("supply", "minted", "burned") for asset in tree.get("assets", {})}
    for i, bound in enumerate(c.live.bound):
        word, _, asset = bound.of.partition("/")
        if bound.of not in signals and f"{word}/{c.asset(asset)}" not in totals:
            valid = {*signals, *totals}
            faults.add("MT114", ("live", "bound", i, "of"), f"nothing is called '{bound.of[:60]}'", "a signal, or supply/ASSET", near=(bound.of, valid))
    for kind, table in c.accounts.items():
        followed = c.accounts.get(table.members)
        if table.members and table.members != "open" and not (followed and followed.members == "open" and followed.holders == table.holders):
            open_ = [n for n, a in c.accounts.items() if a.members == "open" and a.holders == table.holders]
            faults.add(
                "MT112", ("accounts", kind, "members"), f"'{table.members[:60]}'", "`open`, or an open kind of as many holders", near=(table.members, open_)
            )


def _role(c: Contents, role: str, name: str, faults: Faults) -> None:
    """A role's signal has the role's unit, and its price is the one that the mechanisms go by: a verdict rests on them."""
    unit, wanted = resolve(c.signals[name].unit, c.aliases), resolve(ROLE_UNITS[role], c.aliases)
    if not parse(unit).same(parse(wanted)):
        faults.add("MT132", ("evaluation", role), f"'{name}' is in {unit}", wanted)
    elif role == "price":
        used = {s for part in c.mechanism.values() for s in _prices(c, part.params, wanted)}
        if used and name not in used:
            faults.add("MT114", ("evaluation", role), f"no mechanism goes by '{name}'", "the price that they use: " + ", ".join(sorted(used))[:120])


def _prices(c: Contents, params: Parameters, unit: str) -> Iterator[str]:
    """Signals in the price's unit that a mechanism reads or writes."""
    for field in type(params).model_fields:
        if field_kind(type(params), field).get("kind") in ("reads", "writes"):
            for name in _several(getattr(params, field)):
                if name in c.signals and parse(resolve(c.signals[name].unit, c.aliases)).same(parse(unit)):
                    yield name


def place_in(c: Contents, tree: Mapping[str, Any], path: str, faults: Faults) -> Path:
    """Where the value that `path` names stands, also in a table that has a fault of its own. Errors: UsageError MT510."""
    tables = struck(faults)
    at = paths.find(c, path) or next((at for at in paths.written(tree, path) if at[:1] in SINGLE & tables or at[:2] in tables), None)
    return at or paths.resolve(c, path)


def _composition(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    if not {c.network.token, c.network.fiat} <= c.assets.keys():
        return  # without its money an economy is none
    economy = build.economy(c)
    if sizes(c, economy, faults):
        return
    _places(c, tree, economy, faults)
    for fault in composition(economy, unsound(c, economy, faults)):
        if faults.full:
            return
        if not cascades(c, tree, faults, fault):
            at = place_of(c, fault)
            faults.append(at, replace(fault, where=faults.where(at)) if at[:1] == ("allocation",) else fault)


def unsound(c: Contents, economy: Economy, faults: Faults) -> set[str]:
    """The names of uses that cannot be run: with a fault of their own, or with an account or signal that has one."""
    tables, chart, binder = struck(faults), set(economy.accounts), economy.binder(None)
    tranches = (resolve_account(t.account, economy.aliases) for t in c.allocation.values())
    out = {"vesting"} if ("allocation",) in tables or not chart.issuperset(tranches) else set()
    for use, at in ((p.use, p.at) for p in c.parts):
        places = (resolve_account(text, economy.aliases) for text, _ in _named(use.params, at))
        if at in tables or not chart.issuperset(places) or not economy.signals.keys() >= {*binder.reads(use.params), *binder.writes(use.params)}:
            out.add(use.name)
    return out


def cascades(c: Contents, tree: Mapping[str, Any], faults: Faults, fault: Fault) -> bool:
    """Whether a fault only says that something is missing whose table has a fault of its own."""
    if any(f"'{name}'" in fault.where for name in set(tree.get("signals", {})) - set(c.signals)):
        return True
    return fault.code == "MT203" and any(f"{name}/" in fault.found for section, name in _tables(faults) if section == "accounts")


def _tables(faults: Faults) -> Iterator[tuple[str | int, str | int]]:
    yield from ((at[0], at[1]) for at in struck(faults) if len(at) == 2)


def _places(c: Contents, tree: Mapping[str, Any], economy: Economy, faults: Faults) -> None:
    """Every account that a parameter names must be in the chart."""
    chart, valid = set(economy.accounts), [str(a) for a in economy.accounts]
    broken = {name for section, name in _tables(faults) if section == "accounts"}
    tables = [*((p.params, p.at) for p in c.parts), *((t, ("allocation", i)) for i, t in c.allocation.items())]
    for text, at in (found for params, where in tables for found in _named(params, where)):
        place = resolve_account(text, economy.aliases)
        if place not in chart and place.kind not in broken:
            faults.add("MT112", at, f"no account '{text[:80]}'", "an account of the chart", near=(str(place), valid))


def _named(params: Parameters, at: Path) -> Iterator[tuple[str, Path]]:
    for name in type(params).model_fields:
        value, where = getattr(params, name), (*at, name)
        kind = field_kind(type(params), name).get("kind")
        if kind == "account" and value:
            yield value, where
        if kind in ("number", "count", "schedule"):
            continue
        for i, inner in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(inner, Parameters):
                yield from _named(inner, (*where, i))


def place_of(c: Contents, fault: Fault) -> Path:
    """The place in the file that a fault of the economy speaks of: `jobs.payees`, `jobs reads 'price'`, `signal price`."""
    words = re.findall(r"\w+", fault.where)
    if words[:2] == ["vesting", "tranches"] and len(words) > 2:
        return ("allocation", list(c.allocation)[int(words[2])], *words[3:])
    parts = {p.name: p for p in c.parts}
    if words[:1] == ["vesting"] and "vesting" not in parts:
        return ("allocation",)
    part = parts.get(words[0]) if words else None
    if part is None:
        told = [parts[w] for w in re.findall(r"\w+", fault.found) if w in parts]
        return told[-1].at if told else ()
    signal = fault.where.partition("'")[2].rstrip("'")
    fields = [n for n in type(part.params).model_fields if signal and signal in _several(getattr(part.params, n))]
    inner: list[Any] = fields[:1] or [int(w) if w.isdecimal() else w for w in words[1:]]
    return (*part.at, *inner)


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
