"""A live journal as a run of one path: the series, flows and tags that a simulation of the same spec has, read by the same Observer and Collector.

The journal is replayed by the simulator, in exact amounts, which are turned to float64 where they are read. A flow counts in the step it fell in, an
event's too; what happened after the last epoch is in no step yet and left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from ..amounts import from_units
from ..check import FlowInfo, functional, tag
from ..economy import Economy, World
from ..errors import Fault, LedgerError, UsageError
from ..flows import Flow
from ..guard import FlowKey
from ..save import Observer, Save
from ..simulate import Job
from ..trajectory import Collector, Trajectory, merge
from .replay import Replay
from .standing import floats

if TYPE_CHECKING:
    from ..exact import ExactBook
    from ..ledger.codec import Batch
    from .entries import Epoch

ENGINE = "live"


class Recorder(Replay):
    """A replay that keeps the state at every `every`-th step, and what each flow moved since the one before."""

    def __init__(self, every: int | None = None) -> None:
        """`every` [step]; None: the spec's evaluation epoch."""
        super().__init__(arrays=False)
        self.every = every
        self.kept: list[tuple[int, World, dict[FlowKey, Any]]] = []
        self.now: dict[FlowKey, Decimal] = defaultdict(Decimal)  # in the step that is not over
        self.moved: dict[FlowKey, Decimal] = defaultdict(Decimal)  # in whole steps since the last save
        self.seen: dict[FlowKey, Flow] = {}
        self.last: World

    def genesis(self, e: Any) -> Any:
        out = super().genesis(e)
        if self.every is None:
            self.every = max(1, round(float(self.spec.evaluation.epoch) / float(self.economy.dt)))
        self.keep()
        return out

    def booked(self, book: ExactBook) -> Any:
        for name, flow, units in book.posted:
            key = (name, flow.reason, flow.src, flow.dst)
            self.seen.setdefault(key, flow)
            self.now[key] += from_units(int(sum(units.reshape(-1))), self.economy.assets[flow.src.asset].decimals)
        return super().booked(book)

    def epoch(self, e: Epoch) -> Any:
        out = super().epoch(e)
        for key, amount in self.now.items():
            self.moved[key] += amount
        self.now.clear()
        self.last = self.world.copy()
        if self.step % (self.every or 1) == 0:
            self.keep()
        return out

    def keep(self) -> None:
        w = self.last = self.world.copy()
        self.save(w)

    def save(self, w: World) -> None:
        """The state as floats, and what was moved."""
        world = World(floats(w.balances), floats(w.signals), {})
        self.kept.append((self.step, world, {k: np.full((1, 1), float(v)) for k, v in self.moved.items()}))
        self.moved.clear()

    def finish(self) -> None:
        """The last step, where it is no save of its own. Errors: LedgerError MT820 for a journal that the simulator does not repeat, UsageError MT825."""
        if self.summary.differences:
            found = str(self.summary.differences[0])[:300]
            raise LedgerError(Fault("MT820", "the journal", found, "what its entries lead to", "`mintage replay` lists every difference"))
        if not self.step:
            raise UsageError(Fault("MT825", "the journal", "no epoch has run", "one at least"))
        if self.kept[-1][0] != self.step:
            self.save(self.last)

    def trajectory(self, names: Iterable[str]) -> Trajectory:
        """The run of one path, `names` saved; its manifest's engine is "live"."""
        assert self.every is not None
        economy, save = self.known(), Save(every=self.every, vars=tuple(names), paths=True)
        observer = Observer(economy, save.vars)
        collect = Collector(save, self.step, observer, 0, 1)
        assert list(collect.rows) == [step for step, _, _ in self.kept], "epochs run one after another"
        for step, world, flows in self.kept:
            collect(step, world, flows)
        chunk = collect.finish(self.kept[-1][1], {})
        return merge(Job(economy, self.step, 0, save, ENGINE), [chunk], 1, False)

    def known(self) -> Economy:
        """The economy as it stands, its flow table with what events moved: a simulation, where nobody causes events, has no need of these."""
        economy, uses = copy(self.economy), {u.name: u for u in self.economy.uses}
        table = {info.key: info for info in self.economy.flow_table}
        for (name, reason, src, dst), flow in self.seen.items():
            use = uses.get(name)
            info = FlowInfo(name, reason, src, dst, tag(economy, use, flow) if use else "", bool(use) and functional(economy, uses[name], flow))
            table.setdefault(info.key, info)
        vars(economy)["flow_table"] = tuple(table.values())
        return economy


def recorded(batches: Iterable[tuple[int, Batch]], every: int | None = None) -> Recorder:
    """The journal, kept step by step. Errors: as for `Recorder.finish`."""
    out = Recorder(every)
    out.run(batches, most=1)
    out.finish()
    return out
