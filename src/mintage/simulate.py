"""Many futures of one economy. Chunks of whole blocks fit the cache; a path is the same in any chunking, order and process count.

Cost grows with paths x steps x mechanisms; memory with what `Save` keeps. An interrupt leaves the chunks that were finished, and
says that the result is partial.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal
from typing import Any

import numpy as np

from .arithmetic import NUMPY
from .economy import Economy, World
from .errors import Fault, RunError, ServiceError, UsageError
from .guard import Guard
from .noise import BLOCK, NoiseSource
from .save import Observer, Save, whole
from .trajectory import Chunk, Collector, Trajectory, merge

CHUNK_BLOCKS = 40  # 10,240 paths: measured fastest, Python overhead against cache (2 MiB L2); no number depends on it
LEAST, PIECES = 8, 8  # blocks of a chunk, and chunks of a run, that somebody watches: an interrupt loses about an eighth
LANES = 64  # paths are simulated in whole vectors, so that none is in another instruction's remainder when there are more or fewer
CHECKED = 56  # steps between two full audits of the accounts; each flow is checked as it moves
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One run, without its paths: what every chunk shares."""

    economy: Economy
    steps: int
    seed: int
    save: Save
    engine: str = "numpy"
    begin: World | None = None  # a world [.., path=1] to start from instead of the opening
    first_step: int = 0


@dataclass(frozen=True)
class Standing:
    """An economy and where it stands: its world [.., path=1] as `step` is about to run. `simulate` goes on from there, by default for `steps`."""

    economy: Economy
    world: World = field(repr=False)
    step: int
    steps: int

    def __post_init__(self) -> None:
        fits(self.economy, self.world)

    def digest(self) -> str:
        """The step and the SHA-256 of the world: what a run folder knows its start by."""
        return f"{self.step}:{self.world.digest()}"


def simulate(
    economy: Any,
    paths: int = 1000,
    steps: int | None = None,
    seed: int = 1,
    save: Save | None = None,
    *,
    engine: str = "numpy",
    workers: int = 1,
    executor: Executor | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
    finished: Mapping[int, Chunk] | None = None,
    on_chunk: Callable[[Chunk], None] | None = None,
    start: World | None = None,
    first_step: int = 0,
) -> Trajectory:
    """Simulate `paths` futures of `steps` steps.

    `economy` is an Economy, a Spec (whose horizon is the default for `steps`) or a Standing. `engine` is "numpy" or "jax". `workers` > 1 starts
    that many processes (spawned); `executor` is any standard Executor to use instead. `chunk` [path] is rounded up to whole blocks
    of 256. `progress(done, total)` counts path-steps. `finished` holds chunks of an earlier, interrupted run (by first path);
    `on_chunk` sees each new one, so that a caller can store it.

    `start` is a world of one path that all futures go on from, before step `first_step`; a Standing brings both. Noise belongs to the step: a run from
    step t draws what a whole run of that seed draws from t on, so that with the same rows it goes on as that run did. Saves, days and
    ends count from `first_step`; what a rule reads as the day counts from the network's start.

    Errors: UsageError for impossible sizes, and a `start` that is not of this economy (MT824); RunError when a law is broken.
    """
    if isinstance(economy, Standing):
        steps, start, first_step, economy = economy.steps if steps is None else steps, economy.world, economy.step, economy.economy
    if not isinstance(economy, Economy):
        if not hasattr(economy, "economy"):
            raise UsageError(
                Fault("MT503", "simulate", f"economy is {economy!r:.60}", "an Economy, a Spec or a Standing", "mintage.load(NAME or FILE) gives a Spec")
            )
        steps = economy.steps if steps is None else steps
        economy = economy.economy()
    steps, paths = whole("MT503", "simulate", "steps", steps, 1, 10**7), whole("MT503", "simulate", "paths", paths, 1, 10**9)
    seed, workers = whole("MT503", "simulate", "seed", seed, 0, 2**128 - 1, "2^128 - 1"), whole("MT503", "simulate", "workers", workers, 1, 10**4)
    chunk = None if chunk is None else whole("MT503", "simulate", "chunk", chunk, 1, 10**9)
    first_step = whole("MT503", "simulate", "first_step", first_step, 0, 10**9)
    if start is not None:
        fits(economy, start)
    if engine not in ("numpy", "jax"):
        raise UsageError(Fault("MT504", "simulate", f"engine is '{engine}'", "'numpy' or 'jax'"))
    job = Job(economy, steps, seed, save or Save(), engine, start, first_step)
    parts = plan(paths, workers if executor is None else 2, chunk)
    done = {c.first: c for c in (finished or {}).values() if (c.first, c.paths) in parts and c.steps == steps}
    todo = [p for p in parts if p[0] not in done]
    total, partial_run = paths * steps, False
    base = sum(c.paths for c in done.values()) * steps
    try:
        for piece in execute(job, todo, workers, executor, lambda n: progress(base + n, total) if progress else None):
            done[piece.first] = piece
            if on_chunk:
                on_chunk(piece)
    except KeyboardInterrupt:
        partial_run = True
    return merge(job, [done[f] for f in sorted(done)], paths, partial_run)


def plan(paths: int, workers: int = 1, chunk: int | None = None) -> list[tuple[int, int]]:
    """Cut paths into (first, number) of whole blocks: evenly over the workers, or as `chunk` says, whatever the workers."""
    blocks = -(-paths // BLOCK)
    pieces = -(-blocks // (-(-chunk // BLOCK) if chunk else CHUNK_BLOCKS))
    if not chunk:
        pieces = min(blocks, -(-pieces // workers) * workers)
    edges = [blocks * i // pieces * BLOCK for i in range(pieces + 1)]
    return [(a, min(b, paths) - a) for a, b in itertools.pairwise(edges)]


def watched(paths: int, workers: int = 1) -> int | None:
    """`chunk` [path] for a run that somebody watches and may stop: about eight, or `workers` of them if more, of 2,048 paths or more.

    None where `plan` cuts as finely by itself, and where one chunk holds all.
    """
    blocks = -(-paths // BLOCK)
    pieces = min(-(-PIECES // workers) * workers, blocks // LEAST)
    if blocks <= CHUNK_BLOCKS or blocks >= pieces * CHUNK_BLOCKS:
        return None
    return -(-blocks // pieces) * BLOCK


def execute(job: Job, parts: list[tuple[int, int]], workers: int, executor: Executor | None, tick: Callable[[int], None]) -> Iterator[Chunk]:
    """Run the parts here, in own processes, or on a given executor; yield chunks as they finish."""
    if executor is None and (workers <= 1 or len(parts) <= 1):
        before = 0
        for first, number in parts:
            yield run_chunk(job, first, number, partial(_shifted, tick, before))
            before += number * job.steps
        return
    own = executor is None
    pool = executor or processes(min(workers, len(parts)))
    futures = {pool.submit(run_chunk, job, first, number): number for first, number in parts}
    done = 0
    try:
        for future in as_completed(futures):
            done += futures[future] * job.steps
            tick(done)
            yield future.result()
    except BrokenExecutor:
        raise broken() from None
    finally:
        for future in futures:
            future.cancel()
        if own:
            pool.shutdown(wait=True, cancel_futures=True)


def processes(workers: int) -> ProcessPoolExecutor:
    """Own worker processes, spawned, deaf to Ctrl-C: the caller hears it and stops them."""
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=partial(signal, SIGINT, SIG_IGN))


def broken() -> ServiceError:
    """What to say when a worker died."""
    hint = "a script that starts workers needs `if __name__ == '__main__':` around its calls"
    return ServiceError(Fault("MT310", "workers", "a worker process ended early", "processes that can start", hint))


def _shifted(tick: Callable[[int], None], before: int, n: int) -> None:
    tick(before + n)


def run_chunk(job: Job, first: int, number: int, tick: Callable[[int], None] | None = None) -> Chunk:
    """Paths first .. first + number - 1, whole blocks simulated and the surplus cut."""
    if job.engine == "jax":
        from .engine_jax import run_chunk_jax

        return run_chunk_jax(job, first, number)
    blocks = -(-number // BLOCK)
    bound = job.economy.bind(NUMPY)
    observer = Observer(job.economy, job.save.vars)
    width = -(-number // LANES) * LANES
    noise = NoiseSource(job.seed, bound.noise(), first // BLOCK, blocks, width)
    noise.skip(drawn(bound, job.first_step))
    guard = Guard(bound, frozenset(observer.wanted), first, number)
    world = begin(job, bound, width)
    collect = Collector(job.save, job.steps, observer, first, number, job.first_step)
    due = set(job.save.steps(job.steps))
    with np.errstate(all="ignore"):  # divisions that `where` discards; what reaches a flow is checked there
        if 0 in due:
            collect(0, world, guard.sums)
        for done, t in enumerate(range(job.first_step, job.first_step + job.steps), 1):
            guard.t = t
            bound.step(world, t, noise, guard)
            if not done % CHECKED:
                conserved(job.economy, world, t, first, number)
            if done in due:
                collect(done, world, guard.sums)
                guard.sums = {}
            if tick and done % 64 == 1:
                tick(number * (done - 1))
    conserved(job.economy, world, job.first_step + job.steps - 1, first, number)
    return collect.finish(world, guard.sums)


def begin(job: Job, bound: Any, width: int) -> World:
    """The opening world [.., path = width] of a job: the bound economy's own, or the one path it is to go on from."""
    if job.begin is None:
        return bound.start(width)  # type: ignore[no-any-return]
    b = job.begin

    def wide(a: Any) -> Any:
        return np.repeat(a, width, axis=-1)

    return World(
        {k: wide(v) for k, v in b.balances.items()},
        {k: wide(v) for k, v in b.signals.items()},
        {c: {k: wide(v) for k, v in m.items()} for c, m in b.memory.items()},
    )


def drawn(bound: Any, step: int) -> dict[str, int]:
    """How often each call has drawn its noise before `step`: at each step of which it was due."""
    return {c.name: max(0, -(-(step - c.offset % c.every) // c.every)) for c in bound.calls}


def fits(economy: Economy, world: World) -> None:
    """Errors: UsageError MT824 unless a world has one path and just the accounts, signals and memory of the economy, each with its rows."""
    fresh = economy.bind(NUMPY).start(1)
    tables: list[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]] = [("account", fresh.balances, world.balances), ("signal", fresh.signals, world.signals)]
    tables += [(f"memory of {c},", m, world.memory.get(c, {})) for c, m in fresh.memory.items()]
    for what, ours, theirs in tables:
        for name in (*ours, *(n for n in theirs if n not in ours)):
            shapes = [f"shape {v[name].shape}" if name in v else "nothing" for v in (ours, theirs)]
            if shapes[0] != shapes[1]:
                raise UsageError(Fault("MT824", f"{what} {name}"[:120], f"the state to start from has {shapes[1]}", f"{shapes[0]}, as the economy has"))


def conserved(economy: Economy, world: World, t: int, first: int, number: int) -> None:
    """All accounts of an asset sum to zero, to rounding; every balance and signal is finite. Checked every 56 steps and at the end.

    Rounding is 1e-9 of what rests on the accounts, and a millionth or a base unit where that is more: of money that only passes through, as customers'
    dollars do on their way to what work costs, nothing rests but the dust of all that passed.
    """
    for asset, declared in economy.assets.items():
        dust = 10.0 ** -min(declared.decimals, 6)
        parts = [world.balances[a].reshape(-1, world.balances[a].shape[-1])[:, :number] for a in economy.accounts if a.asset == asset]
        total, gross = sum(p.sum(axis=0) for p in parts), sum(np.abs(p).sum(axis=0) for p in parts)
        sound = np.abs(total) <= np.maximum(1e-9 * gross, dust)
        if not sound.all():  # also catches NaN and infinity
            path = first + int(np.argmax(~sound))
            raise RunError(
                Fault("MT305", f"{asset}, step {t}, path {path}", "the accounts do not sum to zero", "every flow to leave one account and reach another")
            )
    for name, value in world.signals.items():
        value = value[..., :number]
        if not np.isfinite(value).all():
            path = first + int(np.argmax(~np.isfinite(value).all(axis=0)))
            raise RunError(Fault("MT306", f"signal {name}, step {t}, path {path}", "not a finite number", "a finite number"))
