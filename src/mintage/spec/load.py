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

from ..errors import Fault, SpecError, UsageError, nearest
from . import hostile, paths, references
from .faults import Faults
from .history import Records
from .lines import locate
from .model import Contents
from .spec import Spec, chain, examine


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
        _scenarios(made, tree, faults, records)
    if made is not None and not faults.found:
        references.guarded(faults, lambda: _deep(made, faults))
    return tree, made, faults.sorted()


def _syntax(error: Exception, text: str, file: str) -> Fault:
    said, _, place = str(error).partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    rows = text.split("\n")
    line = int(number) if number.isdecimal() else len(rows) if "end of document" in place else 0
    row = rows[line - 1].strip()[:160] if line else ""
    return Fault("MT105", "file", hostile.visible(said[:200]), "TOML", "", file, line, hostile.visible(row))


def _deep(made: Contents, faults: Faults) -> None:
    """The rules themselves, run once; their faults stand at the line of the part that uses them, and name the rule's own line."""
    from .build import economy

    for f in economy(made).check():
        code = f"See {f.file}:{f.line}: {f.text.strip()}" if f.file and f.line else f.hint
        faults.append(references.place_of(made, f), replace(f, hint=code))


def _scenarios(made: Contents, tree: Mapping[str, Any], faults: Faults, records: Records) -> None:
    """Each scenario's circle, paths, and the variant it makes."""
    if len(made.scenario) > hostile.SCENARIOS:
        faults.add("MT102", ("scenario",), f"{len(made.scenario)} scenarios", f"at most {hostile.SCENARIOS}")
        return
    for name, table in made.scenario.items():
        at = ("scenario", name)
        if table.extends and table.extends not in tree["scenario"]:
            faults.add("MT117", (*at, "extends"), f"no scenario '{table.extends[:60]}'", "a scenario", near=(table.extends, made.scenario))
        first = chain(made.scenario, name)[0]
        if made.scenario[first].extends in made.scenario:
            faults.add("MT117", (*at, "extends"), f"'{name}' extends itself, in a circle", "a chain of scenarios that ends")
        unknown = [(f, place) for path, _, place in paths.flat(table.set) for f in references.path_faults(made, tree, path)]
        for f, place in unknown:
            faults.append((*at, "set", *place), f)
        if not unknown and not faults.found:
            for f, place in _variant(made, tree, name, faults, records):
                faults.append(place, replace(f, where=f"{name}: {f.where}"))
            if faults.found:
                return


def _variant(made: Contents, tree: Mapping[str, Any], name: str, faults: Faults, records: Records) -> Iterator[tuple[Fault, tuple[str | int, ...]]]:
    """The faults of the file with a scenario's values, placed at the value that brings them."""
    changed, brought = deepcopy(dict(tree)), {}
    for step in chain(made.scenario, name):
        for path, value, place in paths.flat(made.scenario[step].set):
            try:
                at = paths.resolve(made, path)
                paths.assign(changed, at, value)
            except UsageError as error:
                yield from ((replace(f, code="MT116"), ("scenario", step, "set", *place)) for f in error.faults)
                return
            brought[at] = ("scenario", step, "set", *place)
    variant = Faults(faults.file, "", {}, dict(faults.names))
    examine(changed, variant, records)
    for at, f in variant.found:
        near = next((place for n in range(len(at), 0, -1) for target, place in brought.items() if target[:n] == at[:n]), ("scenario", name))
        yield f, near
