"""Many futures of one economy. Chunks of whole blocks fit the cache; a path is the same in any chunking, order and process count.

Cost grows with paths x steps x mechanisms; memory with what `Save` keeps. An interrupt leaves the chunks that were finished, and
says that the result is partial.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
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
) -> Trajectory:
    """Simulate `paths` futures of `steps` steps.

    `economy` is an Economy or a Spec (whose horizon is the default for `steps`). `engine` is "numpy" or "jax". `workers` > 1 starts
    that many processes (spawned); `executor` is any standard Executor to use instead. `chunk` [path] is rounded up to whole blocks
    of 256. `progress(done, total)` counts path-steps. `finished` holds chunks of an earlier, interrupted run (by first path);
    `on_chunk` sees each new one, so that a caller can store it.

    Errors: UsageError for impossible sizes, RunError when a law is broken.
    """
    if not isinstance(economy, Economy):
        if not hasattr(economy, "economy"):
            raise UsageError(Fault("MT503", "simulate", f"economy is {economy!r:.60}", "an Economy or a Spec", "mintage.load(NAME or FILE) gives a Spec"))
        steps = economy.steps if steps is None else steps
        economy = economy.economy()
    steps, paths = whole("MT503", "simulate", "steps", steps, 1, 10**7), whole("MT503", "simulate", "paths", paths, 1, 10**9)
    seed, workers = whole("MT503", "simulate", "seed", seed, 0, 2**128 - 1, "2^128 - 1"), whole("MT503", "simulate", "workers", workers, 1, 10**4)
    chunk = None if chunk is None else whole("MT503", "simulate", "chunk", chunk, 1, 10**9)
    if engine not in ("numpy", "jax"):
        raise UsageError(Fault("MT504", "simulate", f"engine is '{engine}'", "'numpy' or 'jax'"))
    job = Job(economy, steps, seed, save or Save(), engine)
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
    guard = Guard(bound, frozenset(observer.wanted), first, number)
    world = begin(job, bound, width)
    collect = Collector(job.save, job.steps, observer, first, number)
    due = set(job.save.steps(job.steps))
    with np.errstate(all="ignore"):  # divisions that `where` discards; what reaches a flow is checked there
        if 0 in due:
            collect(0, world, guard.sums)
        for t in range(job.steps):
            guard.t = t
            bound.step(world, t, noise, guard)
            if not (t + 1) % CHECKED:
                conserved(job.economy, world, t, first, number)
            if t + 1 in due:
                collect(t + 1, world, guard.sums)
                guard.sums = {}
            if tick and not t % 64:
                tick(number * t)
    conserved(job.economy, world, job.steps - 1, first, number)
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


def conserved(economy: Economy, world: World, t: int, first: int, number: int) -> None:
    """All accounts of an asset sum to zero, to rounding; every balance and signal is finite. Checked every 56 steps and at the end."""
    for asset in economy.assets:
        parts = [world.balances[a].reshape(-1, world.balances[a].shape[-1])[:, :number] for a in economy.accounts if a.asset == asset]
        total, gross = sum(p.sum(axis=0) for p in parts), sum(np.abs(p).sum(axis=0) for p in parts)
        if not (np.abs(total) <= 1e-9 * gross).all():  # also catches NaN and infinity
            path = first + int(np.argmax(~(np.abs(total) <= 1e-9 * gross)))
            raise RunError(
                Fault("MT305", f"{asset}, step {t}, path {path}", "the accounts do not sum to zero", "every flow to leave one account and reach another")
            )
    for name, value in world.signals.items():
        value = value[..., :number]
        if not np.isfinite(value).all():
            path = first + int(np.argmax(~np.isfinite(value).all(axis=0)))
            raise RunError(Fault("MT306", f"signal {name}, step {t}, path {path}", "not a finite number", "a finite number"))
