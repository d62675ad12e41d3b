"""A population for a live network: seeded owners who join, act and report, so that a network can be watched, tested and replayed.

It knows no mechanism by name. What can be done it reads from the catalogue; how large the world is it reads from one simulated path of the same
spec: reporters tell that path's prices and levels, and whoever brings money brings what its customers spent that day. Each owner then acts by
what it has. Some requests are wrong on purpose (too much, too little, somebody else's): a network must refuse them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from ..accounts import EXTERNAL
from ..errors import MintageError
from ..save import Save
from ..simulate import simulate
from ..spec import Spec
from .catalog import EventInfo

WRONG = 0.03  # share of requests that ask for more than there is
ROW_SLOTS = 16


class Door(Protocol):
    """How the population reaches the network: over HTTP, or in process."""

    def catalog(self) -> Sequence[EventInfo]: ...

    def kinds(self) -> Mapping[str, int]:
        """Open kinds, and how many classes each has."""
        ...

    def join(self, kind: str, owner: str, row: int) -> None: ...

    def balances(self, owner: str) -> Mapping[str, str]: ...

    def event(self, info: EventInfo, roles: Mapping[str, str], arguments: Mapping[str, str], actor: str) -> None: ...

    def feeds(self) -> Mapping[str, int]:
        """Signals that are reported, and how many reporters each needs."""
        ...

    def report(self, signal: str, values: Sequence[str], reporter: str) -> None: ...

    def tick(self) -> None: ...


@dataclass
class Tally:
    """What became of the requests."""

    done: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # by code
    epochs: int = 0


class Driver:
    """`owners` join each open kind; each step brings about `events` requests."""

    def __init__(
        self, door: Door, spec: Spec, *, seed: int = 1, owners: int = 8, events: int = 40, steps: int = 400, name: Callable[[int], str] | None = None
    ) -> None:
        self.door, self.spec, self.events = door, spec, events
        self.rng = np.random.default_rng(seed)
        self.catalogue = list(door.catalog())
        self.kinds, self.needed = dict(door.kinds()), dict(door.feeds())
        self.owners = [(name or "owner-{}".format)(i) for i in range(owners)]
        first = {f"@{i}" for classes in self.kinds.values() for i in range(classes)}  # who is there from the start acts too
        self.actors = [*self.owners, *sorted(first)]
        self.path = Path(spec, sorted(self.needed), steps, seed)
        self.tally, self.step = Tally(), 0

    def settle_in(self) -> None:
        """Everyone joins every open kind, a class drawn for each; they have their rows after the first epoch."""
        for kind, classes in self.kinds.items():
            for owner in self.owners:
                self.attempt(self.door.join, kind, owner, int(self.rng.integers(classes)))

    def run(self, steps: int) -> Tally:
        for _ in range(steps):
            self.once()
        return self.tally

    def once(self) -> None:
        """One step: reports, then requests, then the epoch."""
        if self.step == 0:
            self.settle_in()
        for signal, reporters in self.needed.items():
            for i in range(reporters):
                self.attempt(self.door.report, signal, self.path.values(signal, self.step, self.rng), f"reporter-{i}")
        if self.step and self.catalogue:
            for _ in range(int(self.rng.poisson(self.events))):
                self.request()
        if self.attempt(self.door.tick):
            self.tally.epochs += 1
        self.step += 1

    def request(self) -> None:
        """One owner does something that it can, as a rule."""
        info = self.catalogue[int(self.rng.choice(len(self.catalogue), p=self.weights()))]
        owner = self.actors[int(self.rng.integers(len(self.actors)))]
        roles = {role: self.named(kind, owner) for role, kind in info.rows.items()}
        balances = self.door.balances(owner)
        arguments = {name: self.amount(info, unit, balances) for name, unit in info.arguments.items()}
        self.attempt(self.door.event, info, roles, arguments, owner)

    def weights(self) -> Any:
        """Money arrives and is spent more often than rules are voted on."""
        w = np.array([3.0 if any(u in self.spec.economy().assets for u in i.arguments.values()) else 1.0 for i in self.catalogue])
        return w / w.sum()

    def named(self, row: str, owner: str) -> str:
        return owner if row == "owner" else f"@{int(self.rng.integers(ROW_SLOTS))}" if row == "slot" else ""

    def amount(self, info: EventInfo, unit: str, balances: Mapping[str, str]) -> str:
        """What is asked for: of an asset a share of what the owner has, or what customers spent where it comes from outside."""
        assets = self.spec.economy().assets
        draw = float(self.rng.random())
        if unit not in assets:
            return text(draw if unit == "1" else 10.0 ** (3 * draw - 1), 6)
        decimals = assets[unit].decimals
        has = Decimal(balances.get(next(iter(info.roles.values())), "0"))
        if info.authority == "operator" or not has:
            size = self.path.spent(self.step) / max(1.0, self.events / 8) if assets[unit].form == "fiat" else 1000.0
            return text(size * (0.5 + draw), decimals)
        if draw < WRONG:
            return str(has + 1)
        share = Decimal(repr(round(draw**2, 9)))
        return str((has * share).quantize(Decimal(1).scaleb(-decimals)))

    def attempt(self, run: Callable[..., Any], *arguments: Any) -> bool:
        """Count what is done and what is refused; a refusal is an answer, not a failure."""
        try:
            run(*arguments)
        except MintageError as error:
            code = error.faults[0].code
            self.tally.refused[code] = self.tally.refused.get(code, 0) + 1
            return False
        self.tally.done += 1
        return True


class Path:
    """One simulated future of the spec: the world that the reporters see."""

    def __init__(self, spec: Spec, signals: list[str], steps: int, seed: int) -> None:
        economy = spec.economy()
        flows = [
            f for f in economy.flow_table if f.tag == "revenue" and f.src.kind in (EXTERNAL, *(k.name for k in economy.kinds.values() if k.role == "customer"))
        ]
        self.flows = sorted({f"flow:{f.call}.{f.reason}" for f in flows if economy.assets[f.src.asset].form == "fiat"})
        names = tuple(dict.fromkeys([*signals, *self.flows]))
        run = simulate(economy, 1, steps, seed, Save(every=1, vars=names, paths=True))
        self.series = {name: run[name] for name in names}
        self.signals, self.steps, self.rows = set(signals), steps, {s: economy.kinds[d.per].holders if d.per else 1 for s, d in economy.signals.items()}

    def values(self, signal: str, step: int, rng: Any) -> list[str]:
        """What a reporter saw: the path's value, within a thousandth."""
        value = float(np.ravel(self.series[signal][min(step, self.steps)])[0])
        return [text(value * (1 + 0.001 * float(rng.standard_normal())), 12)]

    def spent(self, step: int) -> float:
        """What customers spent in a step [fiat]; at least 1."""
        return max(1.0, sum(float(np.ravel(self.series[f][min(step + 1, self.steps)])[0]) for f in self.flows))


def text(value: float, decimals: int) -> str:
    return f"{Decimal(repr(value)):.{min(decimals, 12)}f}"
