"""From a table of the file to a checked parameter set: names, units, sources, types and ranges, each fault at its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date as Date
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from ..accounts import Account
from ..binding import field_kind, field_words
from ..mechanisms.base import Parameters, Point
from ..units import resolve
from .faults import Faults, called, show
from .history import Record
from .hostile import unreasonable
from .lines import Path
from .values import BAD, Given, Provenance, Values

P = TypeVar("P", bound=Parameters)
MOMENTS = ("day", "begin")  # days counted from the start: a date may stand for them
SNAP = Decimal("1e-12")  # a step of an hour is no finite decimal of a day
LONGEST = Decimal(1_000_000)  # [day]


class Reader:
    """Reads parameter sets. `words` are what unit strings may say beside times: aliases, sibling accounts, units of signals."""

    def __init__(self, faults: Faults, values: Values, step: Decimal, start: Date | None, signals: Mapping[str, str]) -> None:
        self.faults, self.values, self.step, self.start, self.signals = faults, values, step, start, signals
        self.listed: list[Provenance] = []
        self.rows = 0  # of records so far

    def model(
        self, cls: type[P], raw: Any, at: Path, words: Mapping[str, str] | None = None, units: Mapping[str, str] | None = None, *, listed: bool = True
    ) -> P | None:
        """The parameter set of class `cls` that the table `raw` at `at` says, or None after a fault.

        `units` replaces declared units of fields; with `listed` its numbers, defaults too, go to the provenance.
        """
        if not isinstance(raw, dict):
            self.faults.add("MT108", at, f"{show(raw)} is {called(raw)}", "a table")
            return None
        self.faults.unknown(raw, cls.model_fields, at)
        known = {name: value for name, value in raw.items() if name in cls.model_fields}
        words = self.words(cls, known, {**self.values.assets, **(words or {})})
        plain, start = {}, len(self.listed)
        for name, value in known.items():
            unit = (units or {}).get(name) or resolve(str(field_kind(cls, name).get("unit", "1")), words)
            plain[name] = self.field(cls, name, value, (*at, name), unit, words)
        good = {name: value for name, value in plain.items() if value is not BAD}
        out = self.checked(cls, good, at, set(plain) - set(good))
        if not listed:
            del self.listed[start:]
        elif out is not None:
            self.defaults(out, known, at, words)
        return out

    def checked(self, cls: type[P], plain: Mapping[str, Any], at: Path, bad: set[str]) -> P | None:
        try:
            out = cls.model_validate(plain, strict=True)
        except ValidationError as error:
            self.faults.of_model(error, at, plain, bad)
            return None
        return None if bad else out

    def words(self, cls: type[Parameters], raw: Mapping[str, Any], outer: Mapping[str, str]) -> dict[str, str]:
        """What the words of unit strings stand for here: sibling accounts and signals, then the outer table's, then token and fiat."""

        def written_or_default(name: str) -> Any:
            return raw.get(name, cls.model_fields[name].default)

        return {**outer, **field_words(cls, written_or_default, self.values.assets, self.signals)}

    def field(self, cls: type[Parameters], name: str, raw: Any, at: Path, unit: str, words: Mapping[str, str]) -> Any:
        """One field's value as pydantic wants it, or BAD."""
        kind, inner = field_kind(cls, name).get("kind"), inner_set(cls.model_fields[name].annotation)
        if inner is Point:
            return self.schedule(raw, at, unit, words)
        if inner is not None:
            return self.nested(cls, name, inner, raw, at, words)
        if kind == "amounts":
            return self.each(raw, at, lambda item, asset: self.valued(item, (*at, asset), self.values.assets.get(asset, asset), doc="opening balance"))
        if kind == "values":
            return raw
        if kind in ("account", "reads", "writes"):
            return self.reference(str(kind), raw, at, needed=cls.model_fields[name].is_required())
        doc = cls.model_fields[name].description or ""
        return self.valued(raw, at, unit, "moment" if cls is Point and name == "day" else str(kind), doc)

    def each(self, raw: Any, at: Path, read: Callable[[Any, str], Any]) -> Any:
        if not isinstance(raw, dict):
            self.faults.add("MT108", at, f"{show(raw)} is {called(raw)}", "a table of amounts by asset")
            return BAD
        out = {key: read(value, key) for key, value in raw.items()}
        return BAD if any(v is BAD for v in out.values()) else out

    def valued(self, raw: Any, at: Path, unit: str, kind: str = "number", doc: str = "") -> Any:
        """A number, count or choice, with its source beside it. Sizes and moments of a schedule are design, not facts: they are not listed."""
        given = self.values.unwrap(raw, at)
        if given.value is BAD:
            return BAD
        if isinstance(given.value, Record):
            out: Any = self.values.record(given.value, unit, given.unit, at)
        elif kind == "number" and isinstance(given.value, list) and set(map(type, given.value)) <= {Decimal, int}:
            out = self.values.record(Record([v if type(v) is Decimal else Decimal(v) for v in given.value]), unit, given.unit, at)
        elif kind in ("number", "moment") and isinstance(given.value, list):
            items = [
                self.number(v.value, unit, v.unit or given.unit, (*at, i))
                for i, v in enumerate(self.values.unwrap(x, (*at, i)) for i, x in enumerate(given.value))
            ]
            out = BAD if BAD in items else tuple(items)
        elif kind in ("number", "moment"):
            out = self.number(given.value, unit, given.unit, at)
        elif kind in ("count", "size"):
            out = self.count(given, unit, at)
        else:
            out = tuple(given.value) if isinstance(given.value, list) else given.value
        if out is not BAD and (kind in ("number", "count") or given.source):
            self.list(at, out, unit, given, doc)
        return out

    def number(self, raw: Any, unit: str, stated: str, at: Path) -> Any:
        if raw is BAD:
            return BAD
        if type(raw) is Date and at[-1] in MOMENTS:
            if self.start is None:
                self.faults.add("MT107", at, "is a date, and network.start is missing", "a start, or days since it")
                return BAD
            raw = (raw - self.start).days
        value = self.values.number(raw, unit, stated, at)
        if value is not BAD and at[-1] in MOMENTS and abs(value) > LONGEST:
            self.faults.add("MT109", at, show(value), f"at most {LONGEST} days")
            return BAD
        return value

    def count(self, given: Given, unit: str, at: Path) -> Any:
        """A whole number; a count of steps may be a duration."""
        if unit == "step" and (isinstance(given.value, str) or given.unit):
            return self.steps(given, at)
        if isinstance(given.value, int) and (reason := unreasonable(Decimal(given.value))):
            self.faults.add("MT110", at, reason, "a smaller whole number")
            return BAD
        return given.value

    def steps(self, given: Given, at: Path) -> Any:
        """A duration as a whole number of steps."""
        days = self.number(given.value, "day", given.unit, at)
        if days is BAD:
            return BAD
        steps = days / self.step if 0 < days <= LONGEST else Decimal(0)
        whole = steps.to_integral_value()
        if whole < 1 or abs(steps - whole) > SNAP * steps:
            self.faults.add("MT120", at, f"{show(days)} days", f"a whole number of steps ({show(self.step)} day each), at least one")
            return BAD
        return int(whole)

    def schedule(self, raw: Any, at: Path, unit: str, words: Mapping[str, str]) -> Any:
        """A list of {day, value}; a single value holds from day 0."""
        if not isinstance(raw, list):
            value = self.valued(raw, at, unit)
            point = None if value is BAD else self.checked(Point, {"value": value}, at, set())
            return BAD if point is None else (point,)
        points = [self.model(Point, item, (*at, i), words, {"value": unit}) for i, item in enumerate(raw)]
        return BAD if None in points else tuple(points)

    def nested(self, cls: type[Parameters], name: str, inner: type[Parameters], raw: Any, at: Path, words: Mapping[str, str]) -> Any:
        if not many(cls.model_fields[name].annotation):
            out = self.model(inner, raw, at, words)
            return BAD if out is None else out
        if not isinstance(raw, list):
            self.faults.add("MT108", at, f"{show(raw)} is {called(raw)}", "a list of tables")
            return BAD
        items = [self.model(inner, item, (*at, i), words) for i, item in enumerate(raw)]
        return BAD if None in items else tuple(items)

    def reference(self, kind: str, raw: Any, at: Path, *, needed: bool) -> Any:
        """An account as `kind/ASSET`, or names of signals; whether they exist is asked when all is read."""
        if kind == "account" and isinstance(raw, str) and (raw or needed) and not _account(raw):
            self.faults.add("MT112", at, f"{show(raw)} is not an account", "kind/ASSET, such as providers/token")
            return BAD
        return tuple(raw) if isinstance(raw, list) else raw

    def list(self, at: Path, value: Any, unit: str, given: Given, doc: str) -> None:
        self.listed.append(Provenance(self.faults.where(at), written(value), unit, given.source, given.date, not given.source, given.note or doc))

    def defaults(self, params: Parameters, raw: Mapping[str, Any], at: Path, words: Mapping[str, str]) -> None:
        """List the numbers that the author left as they are, with the source the mechanism gives."""
        for name, info in type(params).model_fields.items():
            extra, value = field_kind(type(params), name), getattr(params, name)
            if name in raw or extra.get("kind") not in ("number", "count", "schedule") or value is None:
                continue
            source, when = str(extra.get("source", "")), str(extra.get("date", ""))
            unit = resolve(str(extra.get("unit", "1")), words)
            date = Date.fromisoformat(when) if when else None
            self.listed.append(Provenance(self.faults.where((*at, name)), written(value), unit, source, date, not source, info.description or ""))


def written(value: Any) -> str:
    """A value as one short text."""
    if isinstance(value, tuple) and all(isinstance(v, Point) for v in value):
        return ", ".join(f"{show(p.value)} from day {show(p.day)}" for p in value) if len(value) <= 8 else f"{len(value)} points"
    if isinstance(value, tuple):
        return ", ".join(v if isinstance(v, str) else show(v) for v in value) if len(value) <= 8 else f"{len(value)} values"
    return show(value) if isinstance(value, Decimal) else str(value)


def inner_set(annotation: Any) -> type[Parameters] | None:
    """The parameter set inside a field's annotation (`tuple[Tranche, ...]`, `Audit | None`), or None."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, Parameters) else None
    return next((found for part in get_args(annotation) if (found := inner_set(part))), None)


def many(annotation: Any) -> bool:
    """Whether a field holds several values."""
    return get_origin(annotation) is tuple or any(many(part) for part in get_args(annotation))


def _account(text: str) -> bool:
    try:
        return bool(Account.parse(text))
    except ValueError:
        return False
