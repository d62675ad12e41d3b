"""Parameters of a spec (Decimals, names) into what a rule sees: numbers of one arithmetic, accounts, schedules in steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any

from .accounts import Account
from .mechanisms.base import Parameters, Point


def field_kind(params: type[Parameters], name: str) -> Mapping[str, Any]:
    """The declaration behind a field: its kind (number, count, account, reads, writes, option, schedule) and unit."""
    return _kinds(params)[name]


@lru_cache(maxsize=1024)
def _kinds(params: type[Parameters]) -> Mapping[str, Mapping[str, Any]]:
    extras = {name: info.json_schema_extra for name, info in params.model_fields.items()}
    return {name: MappingProxyType(dict(extra) if isinstance(extra, dict) else {}) for name, extra in extras.items()}


def resolve_account(text: str, aliases: Mapping[str, str]) -> Account:
    """`kind/token` and `kind/fiat` stand for the network's own assets."""
    place = Account.parse(text)
    return Account(place.kind, aliases.get(place.asset, place.asset))


def field_words(params: type[Parameters], value: Callable[[str], Any], aliases: Mapping[str, str], signal_units: Mapping[str, str]) -> dict[str, str]:
    """What field names stand for in units: an account's asset, a signal's unit."""
    words = {}
    for name in params.model_fields:
        kind, text = field_kind(params, name).get("kind"), value(name)
        if kind == "account" and isinstance(text, str) and "/" in text:
            asset = text.partition("/")[2]
            words[name] = aliases.get(asset, asset)
        elif kind in ("reads", "writes") and isinstance(text, str) and text in signal_units:
            words[name] = signal_units[text]
    return words


class BoundSchedule:
    """A value that changes at given steps; `at(ctx)` is the value in force at ctx.t."""

    __slots__ = ("breaks", "values")

    def __init__(self, breaks: tuple[int, ...], values: tuple[Any, ...]) -> None:
        self.breaks, self.values = breaks, values

    def at(self, ctx: Any) -> Any:
        return ctx.xp.lookup(self.breaks, self.values, ctx.t)


class Binder:
    """Binds parameter sets for one arithmetic; with `xp` None numbers stay Decimals (for names and shapes only)."""

    def __init__(self, xp: Any, dt: Decimal, aliases: Mapping[str, str], signal_units: Mapping[str, str] | None = None) -> None:
        self.xp, self.dt, self.aliases, self.signal_units = xp, dt, aliases, signal_units or {}

    def bind(self, params: Parameters, outer: Mapping[str, str] | None = None) -> Any:
        bound, words = SimpleNamespace(), self.siblings(params, outer)
        for name in type(params).model_fields:
            setattr(bound, name, self.value(getattr(params, name), field_kind(type(params), name), words))
        return bound

    def siblings(self, params: Parameters, outer: Mapping[str, str] | None = None) -> dict[str, str]:
        """Words that unit strings of `params` may use: account fields stand for their asset, signal fields for their signal's unit, aliases
        for theirs; nested sets see the outer's."""
        return {**self.aliases, **(outer or {}), **field_words(type(params), lambda n: getattr(params, n), self.aliases, self.signal_units)}

    def value(self, value: Any, extra: Mapping[str, Any], words: Mapping[str, str]) -> Any:
        kind = extra.get("kind")
        if kind == "schedule":
            return BoundSchedule(tuple(self.step_of(p.day) for p in value), tuple(self.number(p.value, extra["unit"], words) for p in value))
        if isinstance(value, Parameters):
            return self.bind(value, words)
        if isinstance(value, tuple):
            if set(map(type, value)) == {Decimal}:
                return self.numbers(value, str(extra.get("unit", "1")), words)
            return tuple(self.value(v, extra, words) for v in value)
        if kind == "account" and value:
            return resolve_account(value, self.aliases)
        if isinstance(value, Decimal):
            return self.number(value, str(extra.get("unit", "1")), words)
        return value

    def number(self, value: Decimal, unit: str, words: Mapping[str, str]) -> Any:
        return value if self.xp is None else self.xp.num(value)

    def numbers(self, values: tuple[Decimal, ...], unit: str, words: Mapping[str, str]) -> tuple[Any, ...]:
        """Numbers of one unit: a record may have a hundred thousand."""
        return values if self.xp is None else tuple(map(self.xp.num, values))

    def step_of(self, day: Decimal) -> int:
        """The first step that lies on or after `day`."""
        return int((day / self.dt).to_integral_value(ROUND_CEILING))

    def signals(self, params: Parameters, kind: str, outer: Mapping[str, str] | None = None) -> Iterator[tuple[str, str, dict[str, str]]]:
        """(signal, unit, words) of each field of `params` that reads or writes, nested sets included."""
        words = self.siblings(params, outer)
        for name in type(params).model_fields:
            value, extra = getattr(params, name), field_kind(type(params), name)
            if extra.get("kind") == kind and value:
                for signal in value if isinstance(value, tuple) else (value,):
                    yield signal, str(extra["unit"]), words
            several = () if extra.get("kind") in ("number", "count", "schedule") else value if isinstance(value, tuple) else (value,)
            for inner in several:
                if isinstance(inner, Parameters) and not isinstance(inner, Point):
                    yield from self.signals(inner, kind, words)

    def writes(self, params: Parameters) -> list[str]:
        return [name for name, _, _ in self.signals(params, "writes")]

    def reads(self, params: Parameters) -> list[str]:
        return [name for name, _, _ in self.signals(params, "reads")]
