"""Where a live network stands, for the simulator: thousands of futures begin at today's balances, signals, memory, members and step.

Behaviours and processes, which live are people and the world, run again from there as the spec has them. A signal that is reported starts at the
reports' median, others at the value in force. What a process remembers of itself, such as its regime, live nobody wrote: it is as at genesis.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from ..accounts import Account
from ..arithmetic import NUMPY
from ..arithmetic_exact import exact, to_float
from ..economy import Economy, World
from ..errors import MintageError
from ..simulate import Standing, fits
from ..spec import Spec
from .network import Network

Start = Decimal | tuple[Decimal, ...]


def standing(network: Network, variant: Spec | None = None) -> Standing:
    """Where the network stands, under its own spec with every change that was made, or under a variant of that. `mintage.simulate` takes it.

    A variant in which a signal starts 5 % higher begins 5 % above today's value of it. Days count from the network's start, a scenario's too.

    Errors: UsageError MT824 for a variant of another chart.
    """
    if variant is None:
        return Standing(network.economy, today(network), network.step, network.spec.steps)
    members = network.members.copy()
    members.spec = variant.economy()
    economy = members.economy()
    world = carried(economy, today(network))
    for name, declared in economy.signals.items():
        known = network.economy.signals.get(name)
        if known is not None and known.start != declared.start:
            world.signals[name] = rescaled(world.signals[name], known.start, declared.start)
    return Standing(economy, world, network.step, variant.steps)


def rescaled(now: Any, old: Start, new: Start) -> Any:
    """Today's value [row, 1] times what its start was changed by; the new start where the old one is zero."""
    rows = len(now)
    a, b = (np.reshape([float(v) for v in (s if isinstance(s, tuple) else (s,) * rows)], (rows, 1)) for s in (old, new))
    return np.where(a != 0, now * b / np.where(a != 0, a, 1.0), b)


def stands(network: Network, variant: Spec) -> Standing | None:
    """As `standing`, but None for a variant that cannot go on from the network's state."""
    try:
        return standing(network, variant)
    except MintageError:
        return None


def today(network: Network) -> World:
    """The state in float64; signals as the next epoch would read them where they are reported."""
    w, signals = network.world, dict(network.world.signals)
    with exact():
        for name, m in network.measures.plan.items():
            if m.by == "feed":
                in_force = [row[0] for row in signals[name]]
                signals[name] = column(network.measures.median(m, in_force, network.step) if fresh(network, name) else in_force)
    return World(floats(w.balances), floats(signals), {call: floats(m) for call, m in w.memory.items()})


def fresh(network: Network, signal: str) -> bool:
    """Whether a feed has as many fresh reports as it needs: with fewer the value in force stays, also where an epoch would be refused."""
    m, measures = network.measures.plan[signal], network.measures
    ages: list[Decimal] = [(network.step - at) * network.economy.dt for _, at in measures.reports.get(signal, {}).values()]
    return len([age for age in ages if age <= m.stale]) >= int(m.reporters)


def column(values: Any) -> Any:
    """Values as [row, 1]."""
    out = np.empty((len(values), 1), dtype=object)
    out[:, 0] = values
    return out


def floats(exact_arrays: Any) -> dict[Any, Any]:
    """A table of exact arrays in float64."""
    return {name: NUMPY.freeze(to_float(value)) for name, value in exact_arrays.items()}


def carried(economy: Economy, world: World) -> World:
    """A state under another economy of the same chart: what that one has and the state lacks begins as at genesis, accounts at zero; what it
    lacks must hold nothing. Errors: UsageError MT824."""
    new = economy.bind(NUMPY).start(1)

    def held(place: Account) -> bool:
        return place in new.balances or bool(np.asarray(world.balances[place]).any())

    balances = {place: np.zeros_like(value) for place, value in new.balances.items()} | {p: v for p, v in world.balances.items() if held(p)}
    signals = {name: world.signals.get(name, value) for name, value in new.signals.items()}
    memory = {call: {name: world.memory.get(call, {}).get(name, value) for name, value in m.items()} for call, m in new.memory.items()}
    out = World(balances, signals, memory)
    fits(economy, out)
    return out
