"""What is sound of a file that is not: tables with a fault stood in for, so that the rest can be examined and one mistake is told once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..binding import Binder
from ..check import caught
from ..errors import Fault
from ..mechanisms.base import Mechanism, Use
from .faults import Faults
from .hostile import CELLS
from .lines import Path
from .model import ASSET, KIND, AccountTable, AssetTable, Contents, Part, SignalTable


def struck(faults: Faults) -> set[Path]:
    """The tables that have a fault: ("accounts", "market"), ("mechanism", 2), ("evaluation",)."""
    return {at[:n] for at, _ in faults.found for n in (1, 2)}


def whole(c: Contents, tree: Mapping[str, Any], faults: Faults) -> Contents:
    """Contents with the tables that an economy needs, each with what is sound of it; mechanisms whose accounts cannot be told are out."""
    assets = dict(c.assets)
    for name, raw in _tables(tree, "assets"):
        form: Any = raw.get("form") if raw.get("form") in ("fiat", "share") else "token"
        if name not in assets and re.fullmatch(ASSET, name):
            assets[name] = AssetTable(form=form)
    accounts = {kind: _account(c, c.accounts.get(kind), raw, assets) for kind, raw in _tables(tree, "accounts") if re.fullmatch(KIND, kind)}
    signals = {name: _signal(c.signals.get(name), c.units[name], raw, accounts) for name, raw in _tables(tree, "signals") if name in c.units}
    made = replace(c, assets=assets, accounts=accounts, signals=signals)
    binder = Binder(None, c.network.step, c.aliases, {n: s.unit for n, s in signals.items()})
    made.process, made.mechanism = ({i: p for i, p in parts.items() if _places(binder, p, faults)} for parts in (c.process, c.mechanism))
    return made


def _tables(tree: Mapping[str, Any], section: str) -> list[tuple[str, dict[str, Any]]]:
    tables = tree.get(section)
    return [(name, raw) for name, raw in tables.items() if isinstance(raw, dict)] if isinstance(tables, dict) else []


def _account(c: Contents, sound: AccountTable | None, raw: Mapping[str, Any], assets: Mapping[str, Any]) -> AccountTable:
    held = raw.get("holds") if isinstance(raw.get("holds"), list) else []
    holders = raw.get("holders")
    table = sound or AccountTable(holds=tuple(a for a in held or () if isinstance(a, str)))
    if sound is None and type(holders) is int and 1 < holders <= CELLS:
        table = table.model_copy(update={"holders": holders})
    holds = tuple(a for a in table.holds if c.asset(a) in assets)
    known = {c.asset(a) for a in holds}
    return table.model_copy(update={"holds": holds, "opening": {a: v for a, v in table.opening.items() if c.asset(a) in known}})


def _signal(sound: SignalTable | None, unit: str, raw: Mapping[str, Any], accounts: Mapping[str, AccountTable]) -> SignalTable:
    table = sound or SignalTable(unit=unit, start=Decimal(1), per=str(raw.get("per", "")))
    per = table.per if table.per in accounts else ""
    fits = not isinstance(table.start, tuple) or len(table.start) == (accounts[per].holders if per else 1)
    return table.model_copy(update={"per": per, "start": table.start if fits else Decimal(1)})


def _places(binder: Binder, part: Part, faults: Faults) -> bool:
    """Whether a mechanism can say which accounts it makes."""
    found: list[Fault] = []
    for what in ("lots", "holds"):
        if getattr(type(part.mechanism), what) is getattr(Mechanism, what):
            continue
        with caught(found, Use(part.name, part.mechanism, part.params), what, "MT122", "parameters that it can work with"):
            dict.fromkeys(getattr(part.mechanism, what)(binder.bind(part.params)))
    for fault in found:
        faults.append(part.at, fault)
    return not found
