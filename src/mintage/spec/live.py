"""`[live]`: what only a running network needs to know: how signals are measured that a process or a behaviour writes in simulation, and bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ..mechanisms.base import Number, Parameters, option


def design(default: str | None, unit: str, doc: str, **bounds: Any) -> Any:
    """A number that is the operator's design: it needs no source and is no assumption about the world."""
    start = None if default is None else Decimal(default)
    return Field(start, description=doc, json_schema_extra={"kind": "moment", "unit": unit}, **bounds)


class Measure(Parameters):
    """How one signal is measured. Without an entry a signal that no running rule writes is a feed: it keeps its start until it is reported.

    feed    the median of the reporters' fresh values; one that deviates too far from the value in force is kept aside
    flow    what flows of these names moved in the last `over`, by day
    fixed   `value`, or its start, always
    """

    signal: str = option(..., "the signal")
    by: Literal["feed", "flow", "fixed"] = option("feed", "where the number comes from")
    flows: tuple[str, ...] = option((), "flow: names such as jobs.pay")
    over: Number = design("1", "day", "flow: the time that is looked back over", gt=0, le=366)
    reporters: int = Field(default=1, description="feed: fresh reports that a median needs", ge=1, le=101, json_schema_extra={"kind": "size", "unit": "1"})
    stale: Number = design("1", "day", "feed: age at which a report no longer counts", gt=0, le=366)
    deviation: Number = design("0.5", "1", "feed: largest change against the value in force, relative; 0: any", ge=0)
    value: Number | None = design(None, "1", "fixed: the value, in the signal's own unit; its start when left out")
    required: bool = option(False, "feed: an epoch without fresh reports is refused; else the last value holds")


class Bound(Parameters):
    """A bound that no epoch may break: it is refused whole and the breaker trips.

    `of` is a signal, `supply/ASSET`, `minted/ASSET` (in one epoch) or `burned/ASSET` (in one epoch).
    """

    of: str = option(..., "what is bounded")
    low: Number | None = design(None, "1", "at least this")
    high: Number | None = design(None, "1", "at most this")
    change: Number | None = design(None, "1", "largest relative change in one epoch", ge=0)


class Live(Parameters):
    """What a running network needs to know."""

    measure: tuple[Measure, ...] = option((), "how signals are measured")
    bound: tuple[Bound, ...] = option((), "what no epoch may break")
