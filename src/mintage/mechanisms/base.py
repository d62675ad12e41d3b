"""The protocol of a mechanism: parameters with units, the signals it reads and writes, the noise it needs, a step, named events.

A mechanism is a pure function from state to flows. It reads, applies its rule, emits; it never writes in place, draws noise,
opens a file or knows on which arithmetic (`xp`) it runs. Subclassing `Mechanism` with a `name` registers it: schema, checks,
docs page and command line follow from the declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..accounts import Account
from ..errors import Fault, RunError, SpecError
from ..flows import Flow

if TYPE_CHECKING:
    Number = Any  # a Decimal in the spec, an array or Decimal of the arithmetic when a rule sees it
    Ref = Any
else:
    Number = Decimal
    Ref = str

Authority = Literal["owner", "operator"]
Tag = Literal["revenue", "cost", "reward", "trade", "unlock", "fee", "transfer"]
Emitted = tuple[list[Flow], dict[str, Any]]


class Parameters(BaseModel):
    """Base of every parameter set: frozen, strict about names. Fields are made with the functions below."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def number(
    default: str | None,
    unit: str,
    doc: str,
    *,
    ge: str | None = None,
    gt: str | None = None,
    le: str | None = None,
    lt: str | None = None,
    source: str = "",
    date: str = "",
) -> Any:
    """A quantity: Decimal in the spec, [unit], bounded. `default` None makes it required; a default without source is an assumption.

    `unit` may name the parameter's siblings: in `"currency/payout"` each word that is an account or asset field stands for its asset.
    """
    bounds: dict[str, Any] = {k: Decimal(v) for k, v in (("ge", ge), ("gt", gt), ("le", le), ("lt", lt)) if v is not None}
    extra: Any = {"kind": "number", "unit": unit, "source": source, "date": date}
    return Field(... if default is None else Decimal(default), description=doc, json_schema_extra=extra, **bounds)


def count(default: int | None, doc: str, *, ge: int = 0, le: int = 10**9, unit: str = "1") -> Any:
    """A whole number that stays a Python int: sizes, periods in steps, numbers of slots. Never traced, never swept by gradients."""
    return Field(... if default is None else default, description=doc, ge=ge, le=le, json_schema_extra={"kind": "count", "unit": unit})


def account(default: str | None, doc: str) -> Any:
    """An account, `kind/ASSET`; `token` and `fiat` stand for the network's own assets. A rule sees an `Account`."""
    return Field(... if default is None else default, description=doc, json_schema_extra={"kind": "account"})


def reads(default: str | tuple[str, ...] | None, unit: str, doc: str) -> Any:
    """The name of a signal this mechanism reads (or names: annotate with tuple[Ref, ...]), and the unit it must have."""
    return Field(... if default is None else default, description=doc, json_schema_extra={"kind": "reads", "unit": unit})


def writes(default: Any, unit: str, doc: str) -> Any:
    """The name of a signal this mechanism writes (its one writer), and the unit it has."""
    return Field(... if default is None else default, description=doc, json_schema_extra={"kind": "writes", "unit": unit})


def option(default: Any, doc: str, *, rows: str = "") -> Any:
    """A choice between named variants (annotate with Literal) or a bool. Python `if` on it is allowed.

    `rows` says that a list has one entry for each row of what the parameter of that name, an account or a signal, stands for: live, where
    owners join, a newcomer takes the entry of its class.
    """
    return Field(default, description=doc, json_schema_extra={"kind": "option", **({"rows": rows} if rows else {})})


class Point(Parameters):
    """One step of a schedule: from `day` [day since start] on, the value is `value`."""

    day: Number = number("0", "day", "days since the network's start", ge="0")
    value: Number = number(None, "1", "the value from that day on")


def schedule(unit: str, doc: str, *, default: tuple[Point, ...] | None = None) -> Any:
    """A value that changes on given days: a list of {day, value}, days strictly rising from 0. A rule reads `p.name.at(ctx)`."""
    extra: Any = {"kind": "schedule", "unit": unit}
    start: Any = ... if default is None else default
    return Field(start, description=doc, min_length=1, max_length=4096, json_schema_extra=extra)


if TYPE_CHECKING:
    Schedule = Any
else:
    Schedule = tuple[Point, ...]


@dataclass(frozen=True)
class Noise:
    """Noise a mechanism needs each call: `uniform` on k / 2^32, or `normal` (processes only). One row per holder of the account that
    parameter `per` names, else one row."""

    form: Literal["uniform", "normal"] = "uniform"
    per: str | None = None


@dataclass(slots=True)
class Context:
    """What a rule may know besides state and signals: arithmetic, step number, span since its last call [day], noise, opening balances.

    `day` is the end of this step [day since the start]; a call covers the span from `day - dt` to `day`. Calls fall on steps t with
    t mod `every` = `offset`.
    """

    xp: Any
    t: Any
    dt: Any
    noise: Mapping[str, Any]
    opening: Mapping[Account, Any]
    day: Any = None
    every: int = 1
    offset: int = 0


@dataclass(slots=True)
class State:
    """`state[account]` is a balance [..., holder, path]; `state["name"]` is this mechanism's own memory."""

    balances: Mapping[Account, Any]
    memory: Mapping[str, Any]

    def __getitem__(self, key: Account | str) -> Any:
        return self.memory[key] if type(key) is str else self.balances[key]  # type: ignore[index]


@dataclass(frozen=True)
class Event:
    """Something a user causes. `roles` maps a role (payer, provider) to the account parameter whose rows it names (`wallets|customers`: the first of
    the two that is named); `arguments` maps an argument to its unit; `order_free` says that many at once equal one after another. `authority` says
    who may cause it live: the "owner" of the row in its first role, or an "operator", who vouches for what the network cannot see (work that was
    good, dollars that arrived)."""

    name: str
    roles: Mapping[str, str]
    arguments: Mapping[str, str]
    order_free: bool
    doc: str = ""
    authority: Authority = "owner"


def event(*, roles: Mapping[str, str], arguments: Mapping[str, str], order_free: bool = False, authority: Authority = "owner") -> Callable[[Any], Any]:
    """Mark a method `name(self, p, state, signals, ctx, rows, **arguments)` as an event; `rows` maps each role to rows of its account.

    Arguments are amounts: one below zero, or not a number, is refused (RunError MT311) before the rule sees it.
    """

    def mark(method: Any) -> Any:
        @wraps(method)
        def guarded(self: Any, p: Any, state: Any, signals: Any, ctx: Any, rows: Any, *values: Any, **named: Any) -> Emitted:
            for name, value in (*zip(arguments, values, strict=False), *named.items()):
                if ctx.xp.below_zero(value):
                    raise RunError(Fault("MT311", f"{self.name}.{method.__name__}, argument '{name}'", "a negative amount, or not a number", "0 or more"))
            return method(self, p, state, signals, ctx, rows, *values, **named)  # type: ignore[no-any-return]

        guarded.event = Event(method.__name__, dict(roles), dict(arguments), order_free, (method.__doc__ or "").strip(), authority)  # type: ignore[attr-defined]
        return guarded

    return mark


def refuse_unless(ctx: Any, allowed: Any, where: str, found: str, expected: str) -> None:
    """Refuse the event at hand unless the mask `allowed` holds in every row, on every path: RunError MT312, and nothing moves.

    For what no overdraft shows, such as a vote after the end. Inside a compiled loop values are not known and nothing is refused, as with MT311.
    """
    if ctx.xp.below_zero(ctx.xp.where(allowed, 0, -1)):
        raise RunError(Fault("MT312", where, found, expected))


REGISTRY: dict[str, type[Mechanism]] = {}
KEYS = ("use", "name", "every", "offset", "active", "doc", "history")  # of every process and mechanism in a spec, beside its parameters


class Mechanism:
    """Base of all mechanisms and processes. Subclass, name it, give it `Params` and a `step`."""

    name: ClassVar[str] = ""
    family: ClassVar[str] = "mechanism"
    Params: ClassVar[type[Parameters]] = Parameters
    noise: Mapping[str, Noise] = {}
    tags: Mapping[str, Tag] = {}
    ablation: Mapping[str, Any] = {}  # parameter values that replace this mechanism's token payment leg by a stablecoin
    events: ClassVar[Mapping[str, Event]] = {}
    breaks: ClassVar[str] = ""  # what breaks it in practice, in a sentence or three: for its page
    behaviour: ClassVar[bool] = False  # its step says what people do where nobody is there to do it: live they do it, and it is not called

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        found = {k: m.event for k in dir(cls) if (m := getattr(cls, k, None)) is not None and hasattr(m, "event")}
        cls.events = found
        if taken := sorted(set(cls.Params.model_fields) & set(KEYS)):
            told = f"has a parameter named {', '.join(taken)}"
            raise SpecError(Fault("MT217", f"mechanism '{cls.name or cls.__name__}'", told, "another name: every table of a spec has this key"))
        if cls.name:
            known = REGISTRY.get(cls.name, cls)
            ours, theirs = (f"{c.__module__}.{c.__qualname__}" for c in (cls, known))
            if ours != theirs:  # the same one defined again, as a notebook does, takes the place of the first
                raise SpecError(Fault("MT216", f"mechanism '{cls.name}'", f"is {theirs} and {ours}", "one mechanism a name"))
            REGISTRY[cls.name] = cls

    def lots(self, p: Any) -> Mapping[Account, int]:
        """Accounts that need an extra leading axis of lots (tranches, queue slots), with their number."""
        return {}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        """Constants computed once from the parameters, in the run's arithmetic; a rule finds them beside its parameters."""
        return {}

    def holds(self, p: Any) -> tuple[Account, ...]:
        """Accounts whose money this mechanism may put on hold: each gets a twin kind `NAME_held` (see `holds.py`)."""
        return ()

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        """Initial memory besides money: `make(value, unit="1", of=None, lots=0)` gives an array with one row per holder of account `of`, behind a
        leading axis of fixed length where `lots` asks for one ([lots, holder, path]: weights of validators on miners, say)."""
        return {}

    def genesis(self, p: Any, xp: Any) -> list[Flow]:
        """Flows before the first step (genesis allocation). Amounts as scalars [1, 1]."""
        return []

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        """Faults that one field alone cannot show: (field, what was found, what was expected)."""
        return []

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Context) -> Emitted:
        """One epoch: flows, and updates of signals it writes and memory it owns. A mechanism without a step has events only."""
        return [], {}


@dataclass(frozen=True)
class Use:
    """A mechanism in an economy: which, under which name, with what parameters, called each `every` steps from step `offset`."""

    name: str
    mechanism: Mechanism
    params: Parameters
    every: int = 1
    offset: int = 0
    where: str = field(default="", compare=False)
    active: bool = True  # one that is not has its accounts and its memory, but no step, no events and no genesis: a variant may switch it on


def runs(use: Use) -> bool:
    """Whether a use's step runs live: rules do; processes are the world, and behaviours are people, who act themselves."""
    return use.active and use.mechanism.family != "process" and not use.mechanism.behaviour
