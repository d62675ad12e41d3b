"""A number as an author writes it, and where it comes from.

    burn_share = 0.95
    demand = "3000 USD/week"
    cliff = { value = 12, unit = "month", source = "S1", date = 2023-12-20 }

A bare number is in the parameter's own unit. A number without a source is an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from numbers import Real
from typing import Any

from .. import units
from ..errors import MintageError
from .faults import Faults, called, show
from .history import Record
from .hostile import DIGITS, unreasonable
from .lines import Path

TABLE = ("value", "unit", "source", "date", "assumption", "note")
QUANTITY = re.compile(r"\s*([+-]?(?:[0-9][0-9_]*)?\.?[0-9][0-9_]*(?:[eE][+-]?[0-9]{1,6})?)\s*(.*)")
BAD: Any = object()  # a value that has its fault already


@dataclass(frozen=True)
class Provenance:
    """One number of a spec: its path, value [unit], and who vouches for it. `assumed` when nobody but the author does."""

    path: str
    value: str
    unit: str
    source: str
    date: Date | None
    assumed: bool
    doc: str


@dataclass(frozen=True)
class Given:
    """A value with what was written beside it."""

    value: Any
    unit: str = ""
    source: str = ""
    date: Date | None = None
    note: str = ""


class Values:
    """Reads values and checks their words: units may name `assets`, sources are the keys of `sources` (key -> date)."""

    def __init__(self, faults: Faults, assets: Mapping[str, str], sources: Mapping[str, Date | None]) -> None:
        self.faults, self.assets, self.sources = faults, assets, sources

    def unwrap(self, raw: Any, at: Path) -> Given:
        """A value, out of its table when it stands in one; `value` is BAD after a fault."""
        if not isinstance(raw, dict):
            return Given(raw)
        before = len(self.faults.found)
        self.faults.unknown(raw, TABLE, at)
        if "value" not in raw:
            self.faults.add("MT107", (*at, "value"), "is missing", "a value beside its source")
        for key, kind in (("unit", str), ("source", str), ("date", Date), ("assumption", bool | str), ("note", str)):
            if key in raw and (not isinstance(raw[key], kind) or isinstance(raw[key], datetime)):
                wanted = "a date" if kind is Date else "true or a text" if key == "assumption" else "a text in quotes"
                self.faults.add("MT108", (*at, key), f"{show(raw[key])} is {called(raw[key])}", wanted)
        source = raw.get("source", "")
        if isinstance(source, str) and source and source not in self.sources:
            self.faults.add("MT115", (*at, "source"), f"no source '{source[:60]}'", "a key of [sources]", near=(source, self.sources))
        if source and raw.get("assumption"):
            self.faults.add("MT123", (*at, "assumption"), "has a source and is called an assumption", "one of the two")
        if len(self.faults.found) > before:
            return Given(BAD)
        note = str(raw.get("note") or (raw["assumption"] if isinstance(raw.get("assumption"), str) else ""))
        return Given(raw["value"], raw.get("unit", ""), source, raw.get("date") or self.sources.get(source), note)

    def number(self, raw: Any, unit: str, stated: str, at: Path) -> Any:
        """A Decimal in `unit` from what was written, in the `stated` unit when there is one; BAD after a fault."""
        if isinstance(raw, str) and (match := QUANTITY.fullmatch(raw[:200])) and len(match[1]) <= DIGITS:
            value, stated = Decimal(match[1].replace("_", "")), match[2].strip() or stated
        elif isinstance(raw, Real | Decimal) and not isinstance(raw, bool):
            value = Decimal(str(raw))
        else:
            example = "95 %" if unit == "1" else f"12 {unit}"
            self.faults.add("MT108", at, f"{show(raw)} is {called(raw)}", f"a number [{unit}], or one with its unit such as '{example}'")
            return BAD
        if reason := unreasonable(value):
            self.faults.add("MT110", at, reason, f"a finite number of at most {DIGITS} digits")
            return BAD
        out = self.converted((value,), stated, unit, at)
        return out if out is BAD else out[0]

    def record(self, record: Record, unit: str, stated: str, at: Path) -> Any:
        """A record's numbers in `unit`; BAD after a fault, which is told once for all when it is the unit's."""
        if (stated, unit) in record.kept:
            return record.kept[stated, unit]
        odd = [(i, reason) for i, value in enumerate(record.cells) if (reason := unreasonable(value))]
        for i, reason in odd:
            self.faults.add("MT110", (*at, i), reason, f"a finite number of at most {DIGITS} digits")
        if odd:
            return BAD
        out = self.converted(tuple(record.cells), stated, unit, at)
        if out is not BAD:
            record.kept[stated, unit] = out
        return out

    def converted(self, values: tuple[Decimal, ...], stated: str, unit: str, at: Path) -> Any:
        """Values of the `stated` unit, if any, in `unit`: the units are looked at once for all."""
        if not stated:
            return values
        try:
            units.parse(stated)
            units.check_words(stated, {*self.assets, *self.assets.values()})
            if not set(units.words(unit)) <= {*units.SCALED, *units.PLURAL, *units.SYMBOLS, *self.assets.values()}:
                return values  # the unit depends on an account or signal that has its own fault
            source = units.resolve(stated, self.assets)
            return tuple(units.convert(value, source, unit) for value in values)
        except MintageError as error:
            for f in error.faults:
                self.faults.add(f.code, at, f.found, f.expected, f.hint)
            return BAD

    def unit(self, text: Any, at: Path) -> str:
        """A unit's text with `token` and `fiat` replaced; empty after a fault."""
        if not isinstance(text, str):
            self.faults.add("MT108", at, f"{show(text)} is {called(text)}", "a unit in quotes, such as 'fiat/token'")
            return ""
        try:
            units.parse(text)
            units.check_words(text, {*self.assets, *self.assets.values()})
        except MintageError as error:
            for f in error.faults:
                self.faults.add(f.code, at, f.found, f.expected, f.hint)
            return ""
        return units.resolve(text, self.assets)
