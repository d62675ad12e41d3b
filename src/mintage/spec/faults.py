"""Collecting every fault of a file, each with its line, and saying pydantic's findings in our words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from ..errors import Fault, nearest
from .hostile import visible
from .lines import Path

Key = tuple[Path, str, str]
LIMIT = 100
BOUNDS = {"greater_than": "more than {gt}", "greater_than_equal": "at least {ge}", "less_than": "less than {lt}", "less_than_equal": "at most {le}"}
SIZES = {"too_short": "at least {min_length} items", "too_long": "at most {max_length} items", "string_too_long": "at most {max_length} characters"}
TYPES = {
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "tuple_type": "a list in [ ]",
    "date_type": "a date such as 2023-12-20, without quotes",
    "date_from_datetime_inexact": "a date without a time",
    "decimal_type": "a number",
    "is_instance_of": "a number",
}


@dataclass
class Faults:
    """The faults found so far. `lines` tells where a path stands; `names` gives a table its instance's name, for the reader."""

    file: str
    text: str
    lines: Mapping[Path, int]
    names: dict[Path, str] = field(default_factory=dict)
    found: list[tuple[Path, Fault]] = field(default_factory=list)
    known: Collection[Key] = ()  # of these the nearest name is not looked for again

    @cached_property
    def rows(self) -> list[str]:
        return self.text.split("\n")

    def add(self, code: str, at: Path, found: str, expected: str = "", hint: str = "", *, near: tuple[Any, Iterable[str]] | None = None) -> None:
        """Note a fault at `at`; `near` is a name and the valid ones, from which the hint follows."""
        if not self.full:  # finding the nearest of many names is dear, and nobody reads a thousand faults
            if near and (at, code, visible(found)) not in self.known:
                hint = nearest(str(near[0])[:60], near[1])
            self.append(at, Fault(code, self.where(at), found, expected, hint))

    def append(self, at: Path, fault: Fault) -> None:
        """Keep a fault that was found elsewhere, placed at the line of `at`; a line of its own, in the code of a mechanism, becomes its hint."""
        if fault.file and fault.line:
            own = f"See {fault.file}:{fault.line}" + (f": {fault.text.strip()}" if fault.text.strip() else "")
            fault = replace(fault, hint=f"{fault.hint} {own}".strip())
        line = self.line(at)
        source = self.rows[line - 1].strip()[:160] if line else ""
        told = {part: visible(getattr(fault, part)) for part in ("where", "found", "expected", "hint")}
        self.found.append((at, replace(fault, **told, file=self.file, line=line, text=visible(source))))

    @property
    def full(self) -> bool:
        """Whether there are as many as anybody is told."""
        return len(self.found) >= LIMIT

    def keys(self) -> set[Key]:
        """What tells one fault from another, whatever the values around it."""
        return {(at, fault.code, fault.found) for at, fault in self.found}

    def line(self, at: Path) -> int:
        """The line of `at`, or of the nearest table around it that is written down; 0 when there is none."""
        return next((self.lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in self.lines), 0)

    def where(self, at: Path) -> str:
        """A path as the reader writes it: ("mechanism", 2, "burn_share") is jobs.burn_share."""
        for n in range(len(at), 0, -1):
            if at[:n] in self.names:
                return ".".join([self.names[at[:n]], *map(str, at[n:])])
        return ".".join(map(str, at)) or "file"

    def sorted(self) -> list[Fault]:
        """In the order of the file, each once."""
        found = list(dict.fromkeys(f for _, f in sorted(self.found, key=lambda item: item[1].line)))
        more = Fault("MT102", "file", f"more than {LIMIT} faults", "fewer: only the first are shown", file=self.file)
        return [*found[:LIMIT], more] if self.full else found

    def unknown(self, keys: Iterable[str], valid: Collection[str], at: Path) -> None:
        """A fault for each key that is not valid here."""
        for key in keys:
            if key not in valid:
                self.add("MT104", (*at, key), f"'{key[:60]}' is not known here", "a known key", near=(key, valid))

    def of_model(self, error: ValidationError, at: Path, given: Mapping[str, Any], skip: Collection[str]) -> None:
        """Pydantic's findings on the fields of the table at `at`, but for fields that already have a fault."""
        for item in error.errors(include_url=False):
            if str(item["loc"][0]) not in skip:
                self.of_field(item, (*at, *item["loc"]))

    def of_field(self, item: Any, at: Path) -> None:
        kind, context, value = item["type"], item.get("ctx", {}), item["input"]
        if kind == "missing":
            self.add("MT107", at, "is missing", "a value: it has no default")
        elif kind in BOUNDS:
            self.add("MT109", at, show(value), BOUNDS[kind].format(**context))
        elif kind in SIZES:
            self.add("MT109", at, f"{len(value)} given", SIZES[kind].format(**context))
        elif kind in ("literal_error", "string_pattern_mismatch"):
            expected = context.get("expected") or f"a name such as my_name2 (pattern {context['pattern']})"
            choices = [c.strip(" '") for c in str(context.get("expected", "")).replace(" or ", ",").split(",")]
            close = get_close_matches(str(value)[:60], choices, n=1)
            self.add("MT109", at, show(value), expected, f"did you mean '{close[0]}'?" if close else "")
        else:
            self.add("MT108", at, f"{show(value)} is {called(value)}", TYPES.get(kind, item["msg"]))


def show(value: Any) -> str:
    """A value, short enough to read."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict | list | tuple):
        text = called(value)
    elif isinstance(value, Decimal):
        text = str(value) if abs(value.adjusted()) > 15 else f"{value:f}"
    else:
        text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def called(value: Any) -> str:
    """What kind of TOML value it is."""
    names = {
        bool: "true or false",
        str: "a text",
        int: "a whole number",
        Decimal: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
        tuple: "a list",
    }
    return names.get(type(value), f"a {type(value).__name__}")
