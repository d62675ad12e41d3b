"""`Spec`: a checked file. It gives the economy, its variants, and where every number comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from functools import cached_property
from numbers import Real
from pathlib import Path as File
from typing import Any

from ..economy import Economy
from ..errors import Fault, SpecError, UsageError, nearest
from . import build, paths
from .disclosure import Disclosure
from .faults import Faults
from .history import Records
from .lines import Path
from .live import Live
from .model import Contents, Evaluation, ScenarioTable, Source
from .references import references
from .values import Provenance


class Spec:
    """What an author wrote, checked. Immutable; variants are made with `with_values` and `scenario`.

    `text` is the author's text, `file` its name, `tree` the parsed values with what a variant changed.
    """

    def __init__(self, tree: Mapping[str, Any], contents: Contents, text: str, file: str, folder: File | None) -> None:
        self.tree, self.contents, self.text, self.file, self.folder = tree, contents, text, file, folder

    def __repr__(self) -> str:
        return f"<Spec {self.name}: {self.steps:,} steps, {len(self.provenance)} numbers, scenarios {', '.join(self.scenarios) or 'none'}>"

    @property
    def name(self) -> str:
        return self.contents.network.name

    @property
    def title(self) -> str:
        return self.contents.network.title or self.name

    @property
    def steps(self) -> int:
        """Steps of a run over the whole horizon."""
        return self.contents.steps

    @property
    def evaluation(self) -> Evaluation:
        return self.contents.evaluation

    @property
    def disclosure(self) -> Disclosure:
        return self.contents.disclosure

    @property
    def live(self) -> Live:
        return self.contents.live

    @property
    def scenarios(self) -> dict[str, ScenarioTable]:
        return self.contents.scenario

    @property
    def sources(self) -> dict[str, Source]:
        return self.contents.sources

    @property
    def provenance(self) -> list[Provenance]:
        """Every number of the file, and every default it leaves as it is, with its source or as an assumption."""
        return self.contents.provenance

    @cached_property
    def _economy(self) -> Economy:
        return build.economy(self.contents)

    def economy(self) -> Economy:
        """The economy that this spec describes."""
        return self._economy

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the content: the same for the same values, however they are spaced, ordered or commented."""
        histories = [p.params for p in self.contents.process.values() if "values" in type(p.params).model_fields]
        whole = [canonical(self.tree), [canonical(p.model_dump()) for p in histories]]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def value(self, path: str) -> Any:
        """The value at a parameter path, in the parameter's own unit. Errors: UsageError MT510."""
        return paths.reach(self.contents, paths.resolve(self.contents, path))

    def with_values(self, values: Mapping[str, Any]) -> Spec:
        """A variant with other values by parameter path; a bare number is in the parameter's own unit.

        Errors: UsageError MT510 for an unknown path, MT511 inside a list left at its default; SpecError when the variant is not sound.
        """
        tree = deepcopy(dict(self.tree))
        for path, value in values.items():
            paths.assign(tree, paths.resolve(self.contents, path), value)
        faults = Faults(self.file, "", {})
        made = examine(tree, faults, Records(self.folder))
        if made is None or faults.found:
            raise SpecError(*faults.sorted())
        return Spec(tree, made, self.text, self.file, self.folder)

    def scenario(self, name: str) -> Spec:
        """The variant that `[scenario.NAME]` describes; "base" is this spec itself. Errors: UsageError MT512."""
        if name == "base" and name not in self.scenarios:
            return self
        if name not in self.scenarios:
            raise UsageError(Fault("MT512", name, "no such scenario", "a scenario of the spec", nearest(name, {"base", *self.scenarios})))
        return self.with_values({path: value for step in chain(self.scenarios, name) for path, value, _ in paths.flat(self.scenarios[step].set)})


def examine(tree: Mapping[str, Any], faults: Faults, records: Records) -> Contents | None:
    """Contents of a parsed file; everything that is wrong goes to `faults`."""
    made = build.contents(tree, faults, records)
    if made is not None:
        references(made, tree, faults)
    return made


def chain(scenarios: Mapping[str, ScenarioTable], name: str) -> list[str]:
    """A scenario behind those it extends, the first ancestor first; ends at a circle."""
    out: list[str] = []
    while name in scenarios and name not in out:
        out.insert(0, name)
        name = scenarios[name].extends
    return out


def canonical(value: Any) -> Any:
    """Plain data in which equal numbers are equal, whatever type or notation they came in."""
    if isinstance(value, dict):
        return {str(k): canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(v) for v in value]
    if isinstance(value, Real | Decimal) and not isinstance(value, bool):
        return {"number": str(Decimal(str(value)).normalize())}
    return value.isoformat() if isinstance(value, date) else value


__all__ = ["Path", "Spec", "chain", "examine"]
