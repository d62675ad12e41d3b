"""What anchors share: a text or a preset run on one path, some of a preset's rules alone, and events caused one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..accounts import Account
from ..arithmetic import NUMPY
from ..economy import Economy
from ..guard import Guard
from ..mechanisms.base import Context, State
from ..save import Save
from ..simulate import simulate
from ..spec import Spec, load, loads

Array = NDArray[Any]
Source = str | Spec | Economy  # a text in the file format, a preset, or some of its rules


@cache
def preset(name: str) -> Spec:
    """A preset, read once."""
    return load(name)


def built(source: Source) -> Economy:
    return source if isinstance(source, Economy) else (loads(source) if isinstance(source, str) else source).economy()


def series(source: Source, steps: int, *names: str, every: int = 1) -> list[Array]:
    """Each name's values on one path: levels at the end of each period, amounts of each period; the first is the opening."""
    run = simulate(built(source), 1, steps, save=Save(every=every, vars=names, paths=True))
    return [np.asarray(run[name])[:, 0] for name in names]


def end(source: Source, steps: int, name: str) -> float:
    """A level at the end of a run, or an amount of the whole of it."""
    return float(simulate(built(source), 1, steps, save=Save(vars=(name,))).end[name][0])


def only(spec: Spec, *calls: str, opening: Mapping[str, Any] | None = None) -> Economy:
    """The preset with no rules but these, and another opening if one is given: what they say, whatever people do."""
    e = spec.economy()
    held = e.opening if opening is None else {Account.parse(place): Decimal(amount) for place, amount in opening.items()}
    return Economy(e.name, e.assets, e.kinds, e.signals, [u for u in e.uses if u.name in calls], e.dt, e.start, held, e.token, e.fiat)


def told(spec: Spec, call: str) -> Any:
    """The parameters of one of a preset's rules."""
    return next(u.params for u in spec.economy().uses if u.name == call)


def edge(holds: Callable[[float], bool], low: float, high: float, halvings: int) -> float:
    """Where `holds` turns true between `low`, where it is not, and `high`, where it is."""
    for _ in range(halvings):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


class Acts:
    """A network in which nothing happens but what is asked for: events of its owners, and time that passes."""

    def __init__(self, source: Source) -> None:
        self.bound, self.t = built(source).bind(NUMPY), 0
        self.world = self.bound.start(1)
        self.book = Guard(self.bound)

    def act(self, call: str, event: str, /, **given: Any) -> Acts:
        """Cause an event; rows (whole numbers) of its roles, and amounts of its arguments, by name."""
        found = next(c for c in self.bound.calls if c.name == call)
        roles = found.use.mechanism.events[event].roles
        rows = {k: np.atleast_1d(v) for k, v in given.items() if k in roles}
        amounts = {k: np.full((1, 1), float(v)) for k, v in given.items() if k not in roles}
        world = self.world.copy()
        ctx = Context(NUMPY, self.t, found.dt, {}, world.balances, self.t * self.bound.dt, found.every, found.offset)
        rule = getattr(found.use.mechanism, event)
        flows, updates = rule(found.p, State(world.balances, world.memory[call]), world.signals, ctx, rows, **amounts)
        self.book(world.balances, found, flows)
        self.bound.keep(found, world, updates)
        self.world = world
        return self

    def at(self, day: int) -> Acts:
        """Go on to a day without a step, as a running network does where people act themselves."""
        self.t = day
        return self

    def steps(self, number: int) -> Acts:
        """Let time pass, step by step."""
        for _ in range(number):
            self.bound.step(self.world, self.t, Silence(), self.book)
            self.t += 1
        return self

    def set(self, signal: str, value: float) -> Acts:
        """What nobody in the network decides."""
        self.world.signals[signal] = np.full((1, 1), value)
        return self

    def held(self, place: str, row: int = 0) -> float:
        return float(self.world.balances[Account.parse(place)][row, 0])

    def signal(self, name: str, row: int = 0) -> float:
        return float(self.world.signals[name][row, 0])


class Silence:
    """No noise."""

    def take(self, call: str) -> dict[str, Any]:
        return {}
