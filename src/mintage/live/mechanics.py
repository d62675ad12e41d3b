"""What the live engine and its replay both do with a bound economy: open it, cause an event, take other values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ..arithmetic_exact import EXACT, exact
from ..economy import Balances, Bound, Call, Economy, World
from ..errors import Fault, MintageError, RunError
from ..exact import whole
from ..flows import Flow
from ..mechanisms.base import State
from ..members import maker
from ..spec import Spec
from .book import Movement, movement


def opened(bound: Bound) -> tuple[World, list[Movement]]:
    """The world before the first step, and the movements that made it: opening balances and genesis flows."""
    movements: list[Movement] = []

    def settle(bound: Bound, balances: Balances, flows: list[Flow]) -> list[Flow]:
        out = []
        for flow, units in whole(bound, balances, flows):
            moved = movement(f"genesis.{flow.reason}", balances, flow, units)
            movements.extend([moved] if moved.units else [])
            out.append(flow)
        return out

    world = bound.start(1, settle)
    return world, movements


def act(bound: Bound, call: Call, event: str, world: World, step: int, rows: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Flows and updates of an event, in the step that is about to come. Errors: RunError, MT210 for a rule that fails."""
    ctx = call.ctx
    ctx.t, ctx.noise, ctx.opening, ctx.day = step, {}, world.balances, step * bound.dt
    try:
        return getattr(call.use.mechanism, event)(call.p, State(world.balances, world.memory[call.name]), world.signals, ctx, rows, **given)
    except MintageError:
        raise
    except Exception as error:
        where = f"{call.name} ({call.use.mechanism.name}.{event}), step {step}"
        raise RunError(Fault("MT210", where, f"{type(error).__name__}: {error}"[:300], "a rule that runs on every state it can meet")) from error


def altered(base: Spec, now: Spec, values: Mapping[str, str]) -> Spec:
    """`base` with these values, for a network that runs as `now`. Errors: SpecError or UsageError of the values; RunError MT816 when the chart would change."""
    spec = base.with_values(plain(values))
    old, new = now.economy(), spec.economy()
    same = (
        old.kinds == new.kinds
        and old.assets == new.assets
        and old.signals.keys() == new.signals.keys()
        and old.lots == new.lots
        and old.dt == new.dt
        and [(u.name, u.mechanism.name, u.active) for u in old.uses] == [(u.name, u.mechanism.name, u.active) for u in new.uses]
        and _memory(old) == _memory(new)
    )
    if not same:
        expected = "values of parameters: accounts, assets, lots and memory stay as they are"
        raise RunError(Fault("MT816", "change", f"{', '.join(values)[:120]} would change the chart", expected))
    return spec


def _memory(economy: Economy) -> dict[str, dict[str, Any]]:
    with exact():
        bound = economy.bind(EXACT)
        return {c.name: {n: v.shape for n, v in c.use.mechanism.memory(c.p, maker(bound)).items()} for c in bound.calls}


def plain(values: Mapping[str, str]) -> dict[str, Any]:
    """Texts as a spec's parser would read them: whole numbers, Decimals, else texts."""
    out: dict[str, Any] = {}
    for path, value in values.items():
        try:
            read = Decimal(value)
            out[path] = int(value) if value.lstrip("-").isdigit() else read
        except ArithmeticError:
            out[path] = value
    return out


def column(values: tuple[str, ...], rows: int) -> Any:
    """Texts as [row, 1]; one for all rows is repeated."""
    numbers = [Decimal(v) for v in values]
    out = np.empty((rows, 1), dtype=object)
    out[:, 0] = numbers * rows if len(numbers) == 1 else numbers + numbers[-1:] * (rows - len(numbers))
    return EXACT.freeze(out)
