"""The tables of a spec beside mechanisms: network, assets, accounts, signals, scenarios, evaluation, sources.

They are parameter sets like a mechanism's, so that numbers, units, faults and the schema are handled in one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ..accounts import Role
from ..mechanisms.base import Mechanism, Number, Parameters, Use, number, option
from .disclosure import Disclosure
from .hostile import CELLS
from .lines import Path
from .live import Live, design
from .values import Provenance

KIND = r"^[a-z][a-z0-9_]{0,47}$"
ASSET = r"^[A-Z][A-Za-z0-9_]{0,31}$"
NAME = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"


def named(default: str | None, pattern: str, doc: str) -> Any:
    """A name that follows a pattern."""
    return Field(... if default is None else default, description=doc, pattern=pattern, json_schema_extra={"kind": "option"})


def fact(unit: str, doc: str) -> Any:
    """A number that may be left out."""
    return Field(None, description=doc, ge=0, json_schema_extra={"kind": "number", "unit": unit})


def size(default: int, doc: str, *, ge: int, le: int) -> Any:
    """A whole number that is the author's design and needs no source."""
    return Field(default, description=doc, ge=ge, le=le, json_schema_extra={"kind": "size", "unit": "1"})


class Network(Parameters):
    """What is modelled, in which money, over which time."""

    name: str = named(None, r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}$", "short name, used in file names and results")
    title: str = option("", "name for the reader; the name when empty")
    doc: str = option("", "a sentence about the network")
    token: str = named(None, ASSET, "the network's token; `token` stands for it everywhere")
    fiat: str = named("USD", ASSET, "the money that prices are in; `fiat` stands for it everywhere")
    start: Date | None = option(None, "the date of day 0")
    step: Number = number("1", "day", "length of a step, a second at least", ge="0.00001", le="366")
    horizon: Number = number("1095", "day", "length of a run", gt="0", le="36600")


class AssetTable(Parameters):
    """An asset. `cap` bounds what may be outstanding; `genesis` is what opening balances and allocations must sum to."""

    form: Literal["token", "fiat", "share"] = option("token", "what it is")
    decimals: int = size(18, "places of a base unit", ge=0, le=36)
    cap: Number | None = fact("1", "most that may ever be outstanding")
    genesis: Number | None = fact("1", "supply at the start; checked against opening balances and allocations")


class AccountTable(Parameters):
    """A kind of account: which assets it holds, for how many holders, who stands behind it, what it opens with (all holders together)."""

    holds: tuple[str, ...] = option(..., "assets; `token` and `fiat` stand for the network's own")
    role: Role = option("public", "who stands behind it")
    holders: int = size(1, "size of the population", ge=1, le=CELLS)
    circulating: bool = option(True, "counts as float")
    overdraft: bool = option(False, "may go below zero")
    members: str = option("", "who may join live with a row of their own: nobody when empty, `open` for anyone, or the kind whose members these are")
    opening: dict[str, Number] = Field(default={}, description="opening balance by asset", json_schema_extra={"kind": "amounts", "unit": "1"})
    doc: str = option("", "a sentence for the reader")


class SignalTable(Parameters):
    """A number about the world that is not money: its unit and its value before the first step."""

    unit: str = option(..., "its unit, such as fiat/token")
    start: Number | tuple[Number, ...] = Field(
        ..., description="value before the first step, one for all rows or one a row", json_schema_extra={"kind": "number", "unit": "1"}
    )
    per: str = option("", "kind of account for whose holders it has a row each; empty: one row")
    join: Number = design("0", "1", "live: value of the row of an owner who joins")
    doc: str = option("", "a sentence for the reader")


class ScenarioTable(Parameters):
    """A variant of the network: parameter paths with other values, on top of another scenario when it extends one."""

    doc: str = option("", "a sentence for the reader")
    extends: str = option("", "a scenario that is applied first")
    judged: bool = option(True, "run beside the base run when the network is judged")
    set: dict[str, Any] = Field(default={}, description="parameter path -> value", json_schema_extra={"kind": "values"})


class Evaluation(Parameters):
    """What the judgement needs to know: which parameters scale usage, which signals play which role."""

    usage: tuple[str, ...] = option((), "parameter paths that scale usage")
    epoch: Number = number("7", "day", "length of an accounting epoch", gt="0", le="31")
    price: str = option("", "signal: price of the token [fiat/token]")
    providers: str = option("", "signal: number of providers [node]")
    utilisation: str = option("", "signal: share of capacity in use [1]")
    quality: str = option("", "signal: quality of service [1]")
    demand: str = option("", "signal: what customers would spend [fiat/day]")
    served: str = option("", "signal: what they do spend [fiat/day]")
    cost: str = option("", "signal: cost of compute")
    spending: str = option("", "signal: what all providers' service costs them, paid or not [fiat/day]")


ROLE_UNITS = {
    "price": "fiat/token",
    "providers": "node",
    "utilisation": "1",
    "quality": "1",
    "demand": "fiat/day",
    "served": "fiat/day",
    "spending": "fiat/day",
}
ROLES = tuple(n for n in Evaluation.model_fields if n not in ("usage", "epoch"))


class Source(Parameters):
    """Where a number comes from."""

    title: str = option(..., "name of the document")
    date: Date | None = option(None, "its date; numbers that cite it inherit it")
    url: str = option("", "where it is found")
    note: str = option("", "what to know about it")

    def __str__(self) -> str:
        return ", ".join(part for part in (self.title, str(self.date or ""), self.url, self.note) if part)


@dataclass(frozen=True)
class Part:
    """A process or mechanism of the file, checked. `at` is where its table stands."""

    name: str
    mechanism: Mechanism
    params: Parameters
    every: int
    offset: int
    doc: str
    at: Path
    active: bool = True

    @property
    def use(self) -> Use:
        return Use(self.name, self.mechanism, self.params, self.every, self.offset, active=self.active)


@dataclass
class Contents:
    """All that a file says, checked table by table. A table with a fault is absent."""

    network: Network
    units: dict[str, str] = field(default_factory=dict)  # of signals, of those with a fault elsewhere too
    assets: dict[str, AssetTable] = field(default_factory=dict)
    accounts: dict[str, AccountTable] = field(default_factory=dict)
    signals: dict[str, SignalTable] = field(default_factory=dict)
    process: dict[int, Part] = field(default_factory=dict)
    allocation: dict[int, Any] = field(default_factory=dict)
    mechanism: dict[int, Part] = field(default_factory=dict)
    scenario: dict[str, ScenarioTable] = field(default_factory=dict)
    evaluation: Evaluation = field(default_factory=Evaluation)
    disclosure: Disclosure = field(default_factory=Disclosure)
    live: Live = field(default_factory=Live)
    sources: dict[str, Source] = field(default_factory=dict)
    provenance: list[Provenance] = field(default_factory=list)

    @property
    def aliases(self) -> dict[str, str]:
        return {"token": self.network.token, "fiat": self.network.fiat}

    @property
    def parts(self) -> list[Part]:
        """Processes, then mechanisms."""
        return [*self.process.values(), *self.mechanism.values()]

    @property
    def steps(self) -> int:
        return int((self.network.horizon / self.network.step).to_integral_value())

    def asset(self, name: str) -> str:
        return self.aliases.get(name, name)

    def genesis(self, asset: str) -> Decimal:
        """Opening balances and allocations of an asset together."""
        opened = sum((v for a in self.accounts.values() for n, v in a.opening.items() if self.asset(n) == asset), Decimal(0))
        return opened + sum((t.amount for t in self.allocation.values() if self.asset(t.account.partition("/")[2]) == asset), Decimal(0))
