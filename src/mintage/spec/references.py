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
from . import build, hostile, paths
from .faults import Faults, show
from .lines import Path
from .model import ROLES, Contents
from .sizes import sizes


def references(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    """Add every fault between tables. Names whose own table has a fault are passed over, so that one mistake is told once."""
    known = _assets(c, tree, faults)
    _accounts(c, tree, faults)
    if len(c.accounts) == len(tree.get("accounts", {})) and len(c.allocation) == len(tree.get("allocation", [])):
        _supply(c, faults)
    _evaluation(c, tree, faults)
    if c.steps > hostile.STEPS or c.network.horizon < c.network.step:
        faults.add("MT120", ("network", "horizon"), f"{c.steps:,} steps", f"from 1 to {hostile.STEPS:,}")
    if known:
        guarded(faults, lambda: _composition(c, tree, faults))


def guarded(faults: Faults, run: Callable[[], None]) -> None:
    """Run code that calls mechanisms, which may be anybody's: whatever they raise is a fault of the spec that names them."""
    try:
        run()
    except Exception as error:
        faults.add("MT122", (), f"{type(error).__name__}: {str(error)[:200]}", "parameters that its mechanisms can work with")


def _assets(c: Contents, tree: Mapping[str, Any], faults: Faults) -> bool:
    """Whether every asset that the file names is there and sound."""
    before, declared = len(faults.found), tree.get("assets", {})
    for kind, table in c.accounts.items():
        for i, asset in enumerate(table.holds):
            if c.asset(asset) not in declared:
                faults.add("MT113", ("accounts", kind, "holds", i), f"no asset '{asset[:60]}'", "an asset", near=(asset, declared))
        held = set(map(c.asset, table.holds))
        for asset in table.opening:
            if c.asset(asset) not in held:
                faults.add("MT113", ("accounts", kind, "opening", asset), f"it does not hold '{asset[:60]}'", "an asset that it holds", near=(asset, held))
    return len(faults.found) == before and len(declared) == len(c.assets)


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
    for i, path in enumerate(c.evaluation.usage):
        at, place = ("evaluation", "usage", i), paths.find(c, path)
        if place is None:
            for fault in path_faults(c, tree, path):
                faults.append(at, fault)
        elif not isinstance(value := paths.reach(c, place), Decimal):
            faults.add("MT116", at, f"{path} is {show(value)}", "a parameter that is one number")


def path_faults(c: Contents, tree: Mapping[str, Any], path: str) -> Iterator[Fault]:
    """The fault of a path that names nothing; silent when the table it names has a fault of its own."""
    try:
        paths.resolve(c, path)
    except UsageError as error:
        lost = {str(t.get("name", t.get("use"))) for s in ("process", "mechanism") for t in tree.get(s, []) if isinstance(t, dict)} - {p.name for p in c.parts}
        if path.partition(".")[0] not in lost:
            yield from (replace(f, code="MT116") for f in error.faults)


def _composition(c: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    economy = build.economy(c)
    if sizes(c, economy, faults):
        return
    _places(c, tree, economy, faults)
    whole = {section: set(tree.get(section, {})) - set(getattr(c, section)) for section in ("signals", "accounts")}
    for fault in composition(economy):
        if not any(f"'{name}'" in fault.where for name in whole["signals"]):
            at = place_of(c, fault)
            faults.append(at, replace(fault, where=faults.where(at)) if at[:1] == ("allocation",) else fault)


def _places(c: Contents, tree: Mapping[str, Any], economy: Economy, faults: Faults) -> None:
    """Every account that a parameter names must be in the chart."""
    chart, valid = set(economy.accounts), [str(a) for a in economy.accounts]
    broken = set(tree.get("accounts", {})) - set(c.accounts)
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
