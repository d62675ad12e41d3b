"""The population's way to a network in the same process: no HTTP, the same entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from .catalog import EventInfo
from .driver import Flow
from .entries import Event, Join, Report
from .service import LiveNetwork


class Direct:
    """A `Door` (see `driver`) onto a LiveNetwork. `prefix` keeps the ids of one population apart from those of another."""

    def __init__(self, live: LiveNetwork, prefix: str = "d") -> None:
        self.live, self.numbers, self.prefix = live, count(), prefix

    def _id(self) -> str:
        return f"{self.prefix}{next(self.numbers)}"

    def catalog(self) -> Sequence[EventInfo]:
        return self.live.catalog()

    def kinds(self) -> Mapping[str, int]:
        return {kind: self.live.network.members.spec.kinds[kind].holders for kind in self.live.kinds_open()}

    def step(self) -> int:
        return self.live.step

    def join(self, kind: str, owner: str, row: int) -> None:
        self.live.do(Join(id=self._id(), by=owner, kind=kind, owner=owner, row=row))

    def balances(self, owner: str) -> Mapping[str, str]:
        return self.live.balances(owner)

    def event(self, info: EventInfo, roles: Mapping[str, str], arguments: Mapping[str, str], actor: str) -> Sequence[Flow]:
        return self.live.do(Event(id=self._id(), by=actor, call=info.call, event=info.event, roles=roles, arguments=arguments)).flows

    def feeds(self) -> Mapping[str, int]:
        return {name: m.reporters for name, m in self.live.network.measures.plan.items() if m.by == "feed"}

    def report(self, signal: str, values: Sequence[str], reporter: str) -> None:
        self.live.do(Report(id=self._id(), by=reporter, signal=signal, values=tuple(values)))

    def tick(self) -> None:
        self.live.tick()
