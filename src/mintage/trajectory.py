"""What a run left behind: labelled series, the end of every path, and the manifest that lets it be run again."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import __version__
from .errors import Fault, Interrupted, RunError, UsageError, nearest
from .noise import BLOCK
from .save import Observer, Save
from .sketch import QuantileSketch

if TYPE_CHECKING:
    import xarray

    from .economy import World
    from .simulate import Job

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Manifest:
    """What ran: spec hash, version, seed, engine, sizes, platform. `partial` when an interrupt cut the run short."""

    economy: str
    spec_hash: str
    seed: int
    paths: int
    steps: int
    step_days: float
    engine: str
    partial: bool = False
    asked_paths: int = 0
    version: str = __version__
    numpy: str = np.__version__
    python: str = platform.python_version()
    platform: str = platform.platform()
    first_step: int = 0  # what the run began with: days and saves count from there
    start: str = ""  # digest of the state it went on from; "" for the opening


@dataclass
class Chunk:
    """The result of a range of paths: `end` [path], `series` [save, path], `moments` [3, save, block] (count, mean, M2)."""

    first: int
    paths: int
    steps: int
    end: dict[str, Array]
    series: dict[str, Array] = field(default_factory=dict)
    moments: dict[str, Array] = field(default_factory=dict)
    sketches: dict[str, list[QuantileSketch]] = field(default_factory=dict)


class Collector:
    """Takes what `Save` asks for out of a running chunk."""

    def __init__(self, save: Save, steps: int, observer: Observer, first: int, number: int, first_step: int = 0) -> None:
        self.save, self.observer, self.number, self.first_step = save, observer, number, first_step
        self.rows = {s: i for i, s in enumerate(save.steps(steps))}
        self.chunk = Chunk(first, number, steps, {})
        self.totals: dict[str, Any] = {}  # of amounts, over the whole run
        n, blocks, names = len(self.rows), -(-number // BLOCK), list(observer.read)
        if save.paths:
            self.chunk.series = {v: np.empty((n, number)) for v in names}
        if save.moments:
            self.chunk.moments = {v: np.empty((3, n, blocks)) for v in names}
        if save.quantiles:
            self.chunk.sketches = {v: [QuantileSketch() for _ in range(n)] for v in names}

    def __call__(self, step: int, world: World, flows: Mapping[Any, Any]) -> None:
        row, c = self.rows[step], self.chunk
        for name, value in self.observer(world, flows).items():
            x = self.cut(value)
            if not np.isfinite(x.sum()):  # one pass; a value that is not finite never reaches a result
                where = f"{name}, after step {self.first_step + step - 1}, path {self.chunk.first + int(np.argmax(~np.isfinite(x)))}"
                raise RunError(Fault("MT306", where, "not a finite number", "a finite number"))
            if name in self.observer.amounts:
                self.totals[name] = self.totals.get(name, 0) + x
            if c.series:
                c.series[name][row] = x
            if c.moments:
                c.moments[name][:, row] = block_moments(x)
            if c.sketches:
                c.sketches[name][row].add(x)

    def finish(self, world: World, flows: Mapping[Any, Any]) -> Chunk:
        """The end of every path; an amount's end is its total over the run."""
        for name, value in self.observer(world, flows).items():
            self.chunk.end[name] = np.array(self.cut(value) + self.totals.get(name, 0))
        return self.chunk

    def cut(self, value: Any) -> Any:
        """A [path] array of the chunk's own paths: surplus of the last block cut, constants spread."""
        return value[: self.number] if len(value) > 1 else np.broadcast_to(value, (self.number,))


def block_moments(x: Array) -> Array:
    """Count, mean and sum of squared deviations of each block of 256 paths: [3, block]. By block, so that no chunking changes a bit."""
    whole = len(x) // BLOCK * BLOCK
    parts = [p for p in (x[:whole].reshape(-1, BLOCK), x[whole:].reshape(1, -1)) if p.size]
    count = np.concatenate([np.full(len(p), float(p.shape[1])) for p in parts])
    mean = np.concatenate([p.mean(axis=1) for p in parts])
    gaps = [p - p.mean(axis=1, keepdims=True) for p in parts]
    return np.array([count, mean, np.concatenate([(g * g).sum(axis=1) for g in gaps])])


def combine(moments: Array) -> tuple[Array, Array]:
    """Mean and variance [save] of all blocks, merged in path order (Chan, Golub and LeVeque 1983)."""
    n, mean, m2 = moments[0, :, 0], moments[1, :, 0], moments[2, :, 0]
    for b in range(1, moments.shape[2]):
        k, step = moments[0, :, b], moments[1, :, b] - mean
        m2 = m2 + moments[2, :, b] + step**2 * n * k / (n + k)
        mean, n = mean + step * k / (n + k), n + k
    return mean, m2 / np.maximum(n - 1, 1)


@dataclass(frozen=True)
class Trajectory:
    """A run: `end[name]` [path]; `series[name]` [save, path] when paths were kept; `mean`, `variance` [save] and `quantiles[q][name]` [save]
    when asked for; `day` [save] says when."""

    manifest: Manifest
    day: Array
    end: dict[str, Array]
    series: dict[str, Array] = field(default_factory=dict)
    mean: dict[str, Array] = field(default_factory=dict)
    variance: dict[str, Array] = field(default_factory=dict)
    quantiles: dict[float, dict[str, Array]] = field(default_factory=dict)

    def __repr__(self) -> str:
        m = self.manifest
        cut = f" (partial, of {m.asked_paths:,})" if m.partial else ""
        return f"<Trajectory of {m.economy}: {m.paths:,} paths{cut} x {m.steps:,} steps, {len(self.end)} variables, {len(self.day)} saves, seed {m.seed}>"

    def __getitem__(self, name: str) -> Array:
        """The saved paths [save, path] of a variable."""
        if name not in self.series:
            have = self.series or self.end
            hint = nearest(name, have) if self.series else "simulate with Save(every=..., paths=True)"
            raise UsageError(Fault("MT502", name, "was not kept", "a saved variable", hint))
        return self.series[name]

    def to_xarray(self) -> xarray.Dataset:
        """Labelled: dims (day, path) for series, (path) for ends named `end:NAME`, (quantile, day) for quantiles; the manifest as attributes."""
        import xarray

        data: dict[str, Any] = {f"end:{k}": ("path", v) for k, v in self.end.items()}
        data |= {k: (("day", "path"), v) for k, v in self.series.items()}
        data |= {f"mean:{k}": ("day", v) for k, v in self.mean.items()} | {f"variance:{k}": ("day", v) for k, v in self.variance.items()}
        coords: dict[str, Any] = {"day": self.day, "path": np.arange(self.manifest.paths)}
        if self.quantiles:
            coords["quantile"] = list(self.quantiles)
            names = next(iter(self.quantiles.values()))
            data |= {f"quantile:{k}": (("quantile", "day"), np.array([q[k] for q in self.quantiles.values()])) for k in names}
        attrs = {k: int(v) if isinstance(v, bool) else v for k, v in asdict(self.manifest).items()}
        return xarray.Dataset(data, coords, attrs | {"seed": str(self.manifest.seed)})


def merge(job: Job, chunks: list[Chunk], asked: int, partial: bool) -> Trajectory:
    """Chunks, in path order, to one result."""
    if not chunks:
        raise Interrupted(
            Fault("MT505", "simulate", "interrupted before any chunk of paths was finished", "at least one", "a run folder (--out) stores smaller chunks")
        )
    e, paths = job.economy, sum(c.paths for c in chunks)
    start = job.begin.digest() if job.begin else ""
    manifest = Manifest(e.name, e.digest(), job.seed, paths, job.steps, float(e.dt), job.engine, partial, asked, first_step=job.first_step, start=start)

    def stack(pick: Callable[[Chunk], dict[str, Array]]) -> dict[str, Array]:
        if len(chunks) == 1:
            return pick(chunks[0])  # no second copy of what may be most of the memory
        return {k: np.concatenate([pick(c)[k] for c in chunks], axis=-1) for k in pick(chunks[0])}

    moments = {k: combine(v) for k, v in stack(lambda c: c.moments).items()}
    quantiles: dict[float, dict[str, Array]] = {q: {} for q in job.save.quantiles}
    for name in chunks[0].sketches:
        for row in range(len(chunks[0].sketches[name])):
            sketch = QuantileSketch()
            for c in chunks:
                sketch.merge(c.sketches[name][row])
            for q, x in zip(job.save.quantiles, sketch.quantile(list(job.save.quantiles)), strict=True):
                quantiles[q].setdefault(name, np.empty(len(chunks[0].sketches[name])))[row] = x
    return Trajectory(
        manifest,
        np.array(job.save.steps(job.steps)) * float(e.dt),
        stack(lambda c: c.end),
        stack(lambda c: c.series),
        {k: m for k, (m, _) in moments.items()},
        {k: v for k, (_, v) in moments.items()},
        quantiles,
    )
