"""Files, texts and presets to a Spec; and `check`, which finds every fault in one go."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path as File
from typing import Any

from ..check import growth, inspect_economy, sample
from ..errors import Fault, SpecError, UsageError, nearest
from . import build, hostile, paths, references
from .faults import Faults, Key
from .history import Records
from .lines import Path, locate
from .model import Contents
from .spec import Spec, chain, examine
from .standins import whole

Change = tuple[Path, Any, Path]


def presets() -> list[str]:
    """The networks that ship with Mintage, by name."""
    return sorted(f.name.removesuffix(".toml") for f in files("mintage.networks").iterdir() if f.name.endswith(".toml"))


def load(name: str | File) -> Spec:
    """The spec in a file, or the preset of that name (no suffix, no slash).

    Errors: SpecError with all its faults; MT124 for an unknown preset, MT101 to MT103 for a file that cannot be read as text.
    """
    text, file, folder = source(name)
    return loads(text, file, folder)


def source(name: str | File) -> tuple[str, str, File | None]:
    """Text, shown name and folder of a file or preset. Errors: as for `load`."""
    path = File(name)
    if path.suffix or len(path.parts) > 1 or isinstance(name, File):
        return hostile.read(path), str(name), path.parent
    if name not in presets():
        raise SpecError(
            Fault("MT124", name[:80], "no network of this name ships with Mintage", "a preset, or a file such as ./mine.toml", nearest(name, presets()))
        )
    return (files("mintage.networks") / f"{name}.toml").read_text("utf-8"), f"{name}.toml", None


def loads(text: str, file: str = "<text>", folder: File | None = None) -> Spec:
    """The spec in a text. `folder` is where its history files may be. Errors: SpecError with all faults."""
    tree, contents, faults = _examined(text, file, folder)
    if faults or contents is None:
        raise SpecError(*faults)
    return Spec(tree, contents, text, file, folder)


def check(text: str, file: str = "<text>", folder: File | None = None) -> list[Fault]:
    """Everything that is wrong with a text, in the order of its lines; empty when it is sound."""
    return _examined(text, file, folder)[2]


def _examined(text: str, file: str, folder: File | None) -> tuple[dict[str, Any], Contents | None, list[Fault]]:
    if fault := hostile.scan(text, file):
        return {}, None, [fault]
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        return {}, None, [_syntax(error, text, file)]
    faults, records = Faults(file, text, locate(text)), Records(folder)
    made = examine(tree, faults, records)
    if made is not None:
        base = faults.keys()
        if not faults.full:
            references.guarded(faults, lambda: _deep(made, tree, faults))
        _scenarios(made, tree, faults, records, base)
    return tree, made, faults.sorted()


def _syntax(error: Exception, text: str, file: str) -> Fault:
    said, _, place = str(error).partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    rows = text.split("\n")
    line = int(number) if number.isdecimal() else len(rows) if "end of document" in place else 0
    row = rows[line - 1].strip()[:160] if line else ""
    return Fault("MT105", "file", hostile.visible(said[:200]), "TOML", "", file, line, hostile.visible(row))


def _deep(made: Contents, tree: Mapping[str, Any], faults: Faults) -> None:
    """The rules themselves, run once; their faults stand at the line of the part that uses them, and name the rule's own line."""
    c = whole(made, tree, faults)
    if not {c.network.token, c.network.fiat} <= c.assets.keys() or any(f.code == "MT102" for _, f in faults.found):
        return  # no economy, or one that takes more memory than it may
    economy = build.economy(c)
    found = inspect_economy(economy, references.unsound(c, economy, faults)).faults
    for f in found if found or faults.found else growth(economy) or sample(economy):
        if not references.cascades(c, tree, faults, f):
            faults.append(references.place_of(made, f), f)


def _scenarios(made: Contents, tree: Mapping[str, Any], faults: Faults, records: Records, base: set[Key]) -> None:
    """Each scenario's circle, its paths, and what is wrong with the variant it makes that is not wrong with what it builds on."""
    if len(made.scenario) > hostile.SCENARIOS:
        faults.add("MT102", ("scenario",), f"{len(made.scenario)} scenarios", f"at most {hostile.SCENARIOS}")
        return
    places, known = {}, {}
    for name, table in made.scenario.items():
        at = ("scenario", name)
        if table.extends and table.extends not in tree["scenario"]:
            faults.add("MT117", (*at, "extends"), f"no scenario '{table.extends[:60]}'", "a scenario", near=(table.extends, made.scenario))
        first = chain(made.scenario, name)[0]
        if made.scenario[first].extends in made.scenario:
            faults.add("MT117", (*at, "extends"), f"'{name}' extends itself, in a circle", "a chain of scenarios that ends")
        else:
            known[name] = base
        places[name] = list(_places(made, tree, name, faults))
    for name in sorted(known, key=lambda n: len(chain(made.scenario, n))):
        if not faults.full:
            known[name] = _variant(made, tree, name, faults, records, known.get(made.scenario[name].extends, base), places)


def _places(made: Contents, tree: Mapping[str, Any], name: str, faults: Faults) -> Iterator[Change]:
    """(place in the file, value, place in the scenario) of each value that a scenario sets; one that names nothing is a fault."""
    for path, value, place in paths.flat(made.scenario[name].set):
        here = ("scenario", name, "set", *place)
        try:
            at = references.place_in(made, tree, path, faults)
            paths.assign(deepcopy(dict(tree)), at, value)
        except UsageError as error:
            for f in error.faults:
                faults.append(here, replace(f, code="MT116", where=path[:80]))
        else:
            yield at, value, here


def _variant(
    made: Contents, tree: Mapping[str, Any], name: str, faults: Faults, records: Records, known: set[Key], places: Mapping[str, list[Change]]
) -> set[Key]:
    """Add the faults of the file with a scenario's values, placed at the value that brings them, but for `known` ones; all of them."""
    changed, brought = deepcopy({k: v for k, v in tree.items() if k != "scenario"}), {}
    for at, value, here in (change for step in chain(made.scenario, name) for change in places[step]):
        paths.assign(changed, at, value)
        brought[at] = here
    variant = Faults(faults.file, "", {}, dict(faults.names), known=known)
    examine(changed, variant, records)
    for at, f in variant.found:
        if (at, f.code, f.found) not in known:
            near = next((here for n in range(len(at), 0, -1) for target, here in brought.items() if target[:n] == at[:n]), ("scenario", name))
            faults.append(near, replace(f, where=f"{name}: {f.where}"))
    return variant.keys()
