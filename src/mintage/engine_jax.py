"""The same economy on JAX: one compiled scan, fed the very numbers that NumPy draws.

Optional (`pip install mintage[jax]`). Nothing can be raised inside a compiled loop, so breaches are counted in the state and
reported when the chunk ends; run the NumPy engine to see where.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import arithmetic
from .accounts import ISSUANCE
from .economy import Balances, Bound, Call, World, post, supply
from .errors import Fault, RunError
from .flows import Flow
from .guard import DUST, FlowKey, cut
from .noise import BLOCK, NoiseSource
from .save import Observer
from .trajectory import Chunk, Collector

if TYPE_CHECKING:
    from .simulate import Job

SEGMENT = 64  # steps compiled into one scan when nothing is saved between


class Fed:
    """Noise of one step, given as arrays."""

    def __init__(self, arrays: Mapping[str, Mapping[str, Any]]) -> None:
        self.arrays = arrays

    def take(self, call: str) -> Mapping[str, Any]:
        return self.arrays[call]


class TracedGuard:
    """`apply` inside a compiled loop: posts, counts breaches, sums wanted flows. A call that is not due moves nothing."""

    def __init__(self, bound: Bound, wanted: frozenset[FlowKey], sums: dict[FlowKey, Any], t: Any, number: int) -> None:
        self.bound, self.wanted, self.sums, self.t, self.number, self.breaches = bound, wanted, dict(sums), t, number, 0

    def __call__(self, balances: Balances, call: Call, flows: list[Flow]) -> None:
        xp = self.bound.xp
        due = xp.eq((self.t - call.offset) % call.every, 0)
        for raw in flows:
            flow = raw._replace(amount=xp.where(due, raw.amount, xp.zeros(())))
            scale = abs(balances[flow.src]).max() + abs(balances[flow.dst]).max()
            post(xp, balances, flow)
            low = cut(flow.amount, self.number).min()
            if flow.src not in self.bound.overdraft:
                low = xp.minimum(low, cut(balances[flow.src], self.number).min())
            self.breaches = self.breaches + ~(low >= -DUST * scale)
            if flow.src.kind == ISSUANCE and flow.src.asset in self.bound.caps:
                self.breaches = self.breaches + ~(cut(supply(balances, flow.src.asset), self.number).max() <= self.bound.caps[flow.src.asset] * (1 + DUST))
            key = (call.name, flow.reason, flow.src, flow.dst)
            if key in self.wanted:
                self.sums[key] = self.sums[key] + (flow.amount if flow.amount.ndim == 0 else xp.total(flow.amount))


class TracedBound(Bound):
    """`Bound` whose step number is traced: every call runs, and the updates of one that is not due are discarded."""

    def step(self, world: World, t: Any, noise: Any, apply: Any) -> None:
        opening = dict(world.balances)
        for call in self.stepping:
            flows, updates = self.emit(call, world, t, noise.take(call.name), opening)
            apply(world.balances, call, flows)
            due = self.xp.eq((t - call.offset) % call.every, 0)
            old = {**world.memory[call.name], **{n: world.signals[n] for n in call.writes}}
            self.keep(call, world, {n: self.xp.where(due, v, old[n]) for n, v in updates.items()})


def run_chunk_jax(job: Job, first: int, number: int) -> Chunk:
    """The twin of `simulate.run_chunk`: same blocks, same noise, same result to 1e-12 per call."""
    from .simulate import begin, conserved, drawn

    xp = arithmetic.jax()
    import jax

    blocks = -(-number // BLOCK)
    bound = TracedBound(job.economy, xp)
    observer = Observer(job.economy, job.save.vars)
    wanted = frozenset(observer.wanted)
    source = NoiseSource(job.seed, bound.noise(), first // BLOCK, blocks)
    source.skip(drawn(bound, job.first_step))
    world = begin(job, bound, blocks * BLOCK)
    collect = Collector(job.save, job.steps, observer, first, number, job.first_step)

    def one(carry: Any, x: Any) -> Any:
        balances, signals, memory, sums, breaches = carry
        t, noise = x
        inner = World(dict(balances), dict(signals), {k: dict(v) for k, v in memory.items()})
        guard = TracedGuard(bound, wanted, sums, t, number)
        bound.step(inner, t, Fed(noise), guard)
        shaped = jax.tree.map(lambda new, old: xp.where(True, new, old), (inner.balances, inner.signals, inner.memory), (balances, signals, memory))
        return (*shaped, guard.sums, breaches + guard.breaches), None

    segment = jax.jit(lambda carry, xs: jax.lax.scan(one, carry, xs)[0])
    zero = {k: xp.zeros((1, blocks * BLOCK)) for k in wanted}
    carry = (world.balances, world.signals, world.memory, zero, np.int64(0))
    saves = job.save.steps(job.steps)
    edges = sorted({0, *(saves or range(0, job.steps, SEGMENT)), job.steps})
    if saves:
        collect(0, world, {k: np.asarray(v) for k, v in zero.items()})
    for done, (a, b) in ((b, (job.first_step + a, job.first_step + b)) for a, b in itertools.pairwise(edges)):
        carry = segment(carry, (np.arange(a, b), draw(bound, source, a, b)))
        host = jax.tree.map(np.asarray, carry)
        world = World(*host[:3])
        conserved(job.economy, world, b - 1, first, number)
        if int(host[4]):
            found = f"{int(host[4])} flows broke a law in steps {a} to {b - 1}, paths {first} to {first + number - 1}"
            raise RunError(Fault("MT307", job.economy.name, found, "none", "run the NumPy engine: it names mechanism, step and path"))
        if saves:
            collect(done, world, host[3])
            carry = (*carry[:3], zero, carry[4])
    return collect.finish(world, {} if saves else {k: np.asarray(v) for k, v in carry[3].items()})


def draw(bound: Bound, source: NoiseSource, a: int, b: int) -> dict[str, dict[str, Any]]:
    """Noise of steps a .. b - 1 as [step, row, path]; zeros where a call is not due, so that streams advance as NumPy's do."""
    out: dict[str, dict[str, Any]] = {}
    for call in bound.calls:
        streams = source.streams.get(call.name, {})
        rows = [source.take(call.name) if (t - call.offset) % call.every == 0 else None for t in range(a, b)]
        blank = {n: np.zeros((s.rows, s.blocks * BLOCK)) for n, s in streams.items()}
        out[call.name] = {n: np.stack([(r or blank)[n] for r in rows]) for n in streams}
    return out
