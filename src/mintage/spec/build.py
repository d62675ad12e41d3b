"""A parsed file to checked contents, section by section; then contents to an Economy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date as Date
from functools import lru_cache
from typing import Any, TypeVar

from .. import mechanisms
from .. import processes as _processes  # noqa: F401  (registers the processes)
from ..accounts import OUTSIDE, Account, Asset, Kind
from ..economy import Economy, SignalDecl
from ..errors import MintageError, nearest
from ..mechanisms.base import KEYS, REGISTRY, Mechanism, Parameters, Use
from ..mechanisms.vesting import Tranche, Vesting
from ..units import PLURAL, SCALED, SYMBOLS, resolve
from . import hostile
from .disclosure import Disclosure
from .faults import Faults, called, show
from .history import ROWS, History, Records
from .lines import Path
from .live import Live
from .model import ASSET, KIND, NAME, AccountTable, AssetTable, Contents, Evaluation, Network, Part, ScenarioTable, SignalTable, Source
from .reader import Reader
from .values import BAD, Values

P = TypeVar("P", bound=Parameters)
SECTIONS = ("network", "assets", "accounts", "signals", "process", "allocation", "mechanism", "scenario", "evaluation", "disclosure", "live", "sources")
TAKEN = {*SECTIONS, "vesting"}


def contents(tree: Mapping[str, Any], faults: Faults, records: Records) -> Contents | None:
    """All sections of a file. None when there is no sound [network], without which nothing else has a meaning."""
    faults.unknown(tree, SECTIONS, ())
    for at, odd in hostile.unseen(tree):
        faults.add("MT109", at, f"the character U+{ord(odd):04X}", "a text that a terminal shows as it is written")
    bare = Reader(faults, Values(faults, {}, {}), hostile.ONE_DAY, None, {})
    sources = dict(_tables(bare, tree, "sources", Source, NAME))
    network = _network(bare, tree)
    if network is None:
        return None
    aliases = {n: n for n in _table(faults, tree, "assets")} | {"token": network.token, "fiat": network.fiat}
    values = Values(faults, aliases, {k: s.date for k, s in sources.items()})
    units = _signal_units(tree, values)
    reader = Reader(faults, values, network.step, network.start, units)
    out = Contents(network, units, sources=sources)
    out.assets = dict(_tables(reader, tree, "assets", AssetTable, ASSET, lambda name, _: {"cap": name, "genesis": name}))
    out.accounts = dict(_tables(reader, tree, "accounts", AccountTable, KIND))
    sound = {n: t for n, t in _table(faults, tree, "signals").items() if n in units or not isinstance(t, dict) or "unit" not in t}
    out.signals = dict(_tables(reader, {"signals": sound}, "signals", SignalTable, NAME, lambda name, _: {"start": units.get(name, "1")}))
    out.process = dict(_parts(reader, tree, "process", records))
    out.allocation = dict(_allocation(reader, tree))
    out.mechanism = dict(_parts(reader, tree, "mechanism", records))
    out.scenario = dict(_tables(reader, tree, "scenario", ScenarioTable, NAME))
    out.evaluation = reader.model(Evaluation, tree.get("evaluation", {}), ("evaluation",), listed=False) or out.evaluation
    out.disclosure = reader.model(Disclosure, tree.get("disclosure", {}), ("disclosure",)) or out.disclosure
    out.live = reader.model(Live, tree.get("live", {}), ("live",), listed=False) or out.live
    out.provenance = reader.listed
    return out


def _network(reader: Reader, tree: Mapping[str, Any]) -> Network | None:
    """The network; one with a fault is stood in for by what is sound of it, so that its mistakes do not multiply below."""
    if "network" not in tree:
        reader.faults.add("MT107", ("network",), "is missing", "a table [network] with a name, a token and a horizon")
        return None
    raw, assets = tree["network"], _table(reader.faults, tree, "assets")
    made = reader.model(Network, raw, ("network",), listed=False)
    told = raw if isinstance(raw, dict) else {}
    start = told["start"] if type(told.get("start")) is Date else Date(2000, 1, 1)
    made = made or Network.model_construct(name="unsound", token=str(told.get("token", "")), fiat=str(told.get("fiat", "USD")), start=start)
    for key, fiat in (("token", False), ("fiat", True)):
        if (name := getattr(made, key)) not in assets:
            reader.faults.add("MT113", ("network", key), f"no asset '{name[:60]}'", f"a table [assets.{name[:60]}]", near=(name, assets))
            likely = (n for n, t in assets.items() if isinstance(t, dict) and (t.get("form") == "fiat") == fiat)
            made = made.model_copy(update={key: next(likely, name)})
    return made


def _table(faults: Faults, tree: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    raw = tree.get(section, {})
    if isinstance(raw, dict):
        return raw
    faults.add("MT108", (section,), f"{show(raw)} is {called(raw)}", f"tables [{section}.NAME]")
    return {}


def _list(faults: Faults, tree: Mapping[str, Any], section: str) -> list[Any]:
    raw = tree.get(section, [])
    if not isinstance(raw, list):
        faults.add("MT108", (section,), f"{show(raw)} is {called(raw)}", f"tables [[{section}]], in double brackets")
        return []
    if len(raw) > hostile.PARTS:
        faults.add("MT102", (section,), f"{len(raw):,} tables", f"at most {hostile.PARTS:,}")
    return raw[: hostile.PARTS]


def _tables(reader: Reader, tree: Mapping[str, Any], section: str, cls: type[P], pattern: str, units: Any = None) -> Iterator[tuple[str, P]]:
    """The sound tables of a section of named tables."""
    taken = {*SCALED, *PLURAL, *SYMBOLS} if cls is AssetTable else set(OUTSIDE) if cls is AccountTable else set()
    for name, raw in _table(reader.faults, tree, section).items():
        at = (section, name)
        if not re.fullmatch(pattern, name) or name in taken:
            reader.faults.add(
                "MT118", at, f"'{name[:60]}' cannot be a name here", "a name that is not a reserved word" if name in taken else f"the pattern {pattern}"
            )
        elif (made := reader.model(cls, raw, at, None, units(name, raw) if units else None, listed=cls is not Source)) is not None:
            yield name, made


def _signal_units(tree: Mapping[str, Any], values: Values) -> dict[str, str]:
    raw = tree.get("signals", {})
    tables = raw.items() if isinstance(raw, dict) else ()
    found = {n: values.unit(t["unit"], ("signals", n, "unit")) for n, t in tables if isinstance(t, dict) and "unit" in t}
    return {n: unit for n, unit in found.items() if unit}


def _allocation(reader: Reader, tree: Mapping[str, Any]) -> Iterator[tuple[int, Tranche]]:
    for i, raw in enumerate(_list(reader.faults, tree, "allocation")):
        if isinstance(raw, dict) and isinstance(raw.get("holder"), str) and re.fullmatch(NAME, raw["holder"]):
            reader.faults.names["allocation", i] = f"allocation.{raw['holder']}"
        tranche = reader.model(Tranche, raw, ("allocation", i))
        if tranche is not None:
            yield i, tranche


def _parts(reader: Reader, tree: Mapping[str, Any], section: str, records: Records) -> Iterator[tuple[int, Part]]:
    for i, raw in enumerate(_list(reader.faults, tree, section)):
        if not isinstance(raw, dict):
            reader.faults.add("MT108", (section, i), f"{show(raw)} is {called(raw)}", "a table")
            continue
        name = raw.get("name", raw.get("use"))
        if isinstance(name, str):
            reader.faults.names[section, i] = name[:60]
        part = _part(reader, section, dict(raw), (section, i), records)
        if part is not None:
            yield i, part


def _part(reader: Reader, section: str, raw: dict[str, Any], at: Path, records: Records) -> Part | None:
    faults, before = reader.faults, len(reader.faults.found)
    kind = _kind(faults, section, raw, at)
    name, doc = raw.get("name", raw.get("use", "")), raw.get("doc", "")
    for key, value in (("name", name), ("doc", doc)):
        if not isinstance(value, str):
            faults.add("MT108", (*at, key), f"{show(value)} is {called(value)}", "a text in quotes")
    if isinstance(name, str) and (not re.fullmatch(NAME, name) or name in TAKEN):
        faults.add("MT118", (*at, "name"), f"'{name[:60]}' cannot be a name here", f"the pattern {NAME}, and no section of the file")
    every, offset = reader.valued(raw.get("every", 1), (*at, "every"), "step", "size"), raw.get("offset", 0)
    if every is not BAD and (type(every) is not int or every < 1):
        faults.add("MT108", (*at, "every"), show(every), "a whole number of steps, or a duration such as '7 days'")
    elif type(offset) is not int or not (every is BAD or 0 <= offset < every):
        faults.add("MT109", (*at, "offset"), show(offset), "a whole number of steps, less than every")
    if type(active := raw.get("active", True)) is not bool:
        faults.add("MT108", (*at, "active"), f"{show(active)} is {called(active)}", "true or false")
    if kind is None:
        return None
    given = {key: value for key, value in raw.items() if key not in KEYS}
    if "history" in raw:
        given |= _history(reader, kind, raw["history"], at, records)
    params = reader.model(kind.Params, given, at)
    return Part(name, kind(), params, every, offset, doc, at, active) if params is not None and len(faults.found) == before else None


def _kind(faults: Faults, section: str, raw: Mapping[str, Any], at: Path) -> type[Mechanism] | None:
    """The mechanism that `use` names; only registered names are looked up, nothing is imported by a name from a file."""
    use = raw.get("use")
    if not isinstance(use, str):
        found = "is missing" if use is None else f"{show(use)} is {called(use)}"
        faults.add("MT107" if use is None else "MT108", (*at, "use"), found, f"the name of a {section}")
        return None
    told = f"'{use[:60]}' is no {section}"
    if faults.full or ((*at, "use"), "MT111", told) in faults.known:  # to look through what is installed for each unknown name is dear
        faults.add("MT111", (*at, "use"), told, f"a {section}")
        return None
    kind = mechanisms.find(use) if re.fullmatch(NAME, use) else None
    if kind is None or (kind.family == "process") != (section == "process"):
        mechanisms.names()
        valid = sorted(n for n, k in REGISTRY.items() if (k.family == "process") == (section == "process"))
        other = "" if kind is None else f", it belongs under [[{'process' if kind.family == 'process' else 'mechanism'}]]"
        hint = "" if other else _near(use[:60], tuple(valid)) or "one of another package must be installed; `mintage mechanisms` lists those that are"
        faults.add("MT111", (*at, "use"), f"{told}{other}", f"a {section}", hint)
        return None
    return kind


@lru_cache(maxsize=1024)
def _near(use: str, valid: tuple[str, ...]) -> str:
    """`nearest`, once for all variants of a spec."""
    return nearest(use, valid)


def _history(reader: Reader, kind: type[Mechanism], raw: Any, at: Path, records: Records) -> dict[str, Any]:
    """The parameters `values` and `hold` of a process, from a recorded series."""
    faults, where = reader.faults, (*at, "history")
    if not {"values", "hold"} <= kind.Params.model_fields.keys():
        faults.add("MT104", where, f"'{kind.name}' replays no history", "the process `history`")
        return {}
    told = reader.model(History, raw, where, listed=False)
    if told is None:
        return {"values": []}
    try:
        found = records.record(told)
    except MintageError as error:
        for f in error.faults:
            faults.add(f.code, (*where, "file"), f"{f.where}: {f.found}", f.expected, f.hint)
        return {"values": []}
    before, reader.rows = reader.rows, reader.rows + len(found.cells)
    if reader.rows > ROWS:
        reader.rows = before
        others = f" beside the {before:,} of other records" if before else ""
        faults.add("MT121", (*where, "file"), f"{told.file[:80]}: {len(found.cells):,} rows{others}", f"at most {ROWS:,} in all records of a spec together")
        return {"values": []}
    beside = {key: value for key in ("unit", "source", "note") if (value := getattr(told, key))}
    return {"values": {"value": found, **beside}, "hold": told.every}


def economy(c: Contents) -> Economy:
    """The economy that the contents describe: processes, then vesting, then mechanisms in order."""
    kinds = {n: Kind(n, tuple(map(c.asset, a.holds)), a.holders, a.overdraft, a.circulating, a.role, a.members) for n, a in c.accounts.items()}
    assets = {n: Asset(n, a.decimals, a.form, a.cap) for n, a in c.assets.items()}
    signals = {n: SignalDecl(n, resolve(s.unit, c.aliases), s.start, s.doc, s.per, s.join) for n, s in c.signals.items()}
    opening = {Account(n, c.asset(a)): amount for n, table in c.accounts.items() for a, amount in table.opening.items() if amount}
    vesting = [Use("vesting", Vesting(), Vesting.Params(tranches=tuple(c.allocation.values())))] if c.allocation else []
    uses = [*(p.use for p in c.process.values()), *vesting, *(p.use for p in c.mechanism.values())]
    return Economy(c.network.name, assets, kinds, signals, uses, c.network.step, c.network.start, opening, c.network.token, c.network.fiat)
