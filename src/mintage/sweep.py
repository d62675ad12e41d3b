"""Many variants of one spec on common random numbers: grids, lists and Sobol samples over parameters and initial states."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, as_completed
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .compare import known, resolve
from .errors import Fault, Interrupted, MintageError, UsageError
from .evaluate.measure import measure_whole, quantiles
from .runs import write_table
from .simulate import Progress, broken, processes
from .spec.paths import resolve as place

if TYPE_CHECKING:
    import xarray

    from .spec import Spec

MOST = 100_000
DEFAULT = ("ratio_last_year", "price_end", "supply_end", "revenue", "burned", "minted")


@dataclass(frozen=True)
class Row:
    """One variant: its parameters, and (median, 5 %, 95 %) of each metric; `error` says why it could not run."""

    parameters: dict[str, Any]
    metrics: dict[str, tuple[float, float, float]]
    error: str = ""


@dataclass(frozen=True)
class SweepResult:
    """All variants in order, parameters beside results. `partial`: an interrupt left some out."""

    spec: str
    paths: int
    seed: int
    rows: tuple[Row, ...]
    partial: bool = False

    def table(self) -> list[dict[str, Any]]:
        """Flat rows: parameters, then metric, metric_low and metric_high, then error."""
        names = list(dict.fromkeys(m for r in self.rows for m in r.metrics))
        out = []
        for r in self.rows:
            flat: dict[str, Any] = dict(r.parameters)
            for name in names:
                flat[name], flat[f"{name}_low"], flat[f"{name}_high"] = r.metrics.get(name, (np.nan,) * 3)
            out.append({**flat, "error": r.error})
        return out

    def to_csv(self, path: Path | str) -> None:
        """Write the table as CSV. Errors: UsageError MT519."""
        write_table(self.table(), Path(path), ".csv")

    def to_parquet(self, path: Path | str) -> None:
        """Write the table as parquet. Errors: ServiceError MT532 without the extra [data], UsageError MT519."""
        write_table(self.table(), Path(path), ".parquet")

    def to_xarray(self) -> xarray.Dataset:
        """One dimension `point`; parameters are coordinates."""
        import xarray

        rows = self.table()
        columns = {k: [r[k] for r in rows] for k in rows[0]} if rows else {}
        parameters = list(self.rows[0].parameters) if self.rows else []
        coords = {p: ("point", [float(x) if isinstance(x, Decimal | int | float) else str(x) for x in columns[p]]) for p in parameters}
        data = {k: ("point", v) for k, v in columns.items() if k not in parameters}
        return xarray.Dataset(data, coords, {"spec": self.spec, "paths": self.paths, "seed": str(self.seed), "partial": int(self.partial)})


def variants(over: Mapping[str, Sequence[Any]], sample: Literal["grid", "list", "sobol"] = "grid", points: int = 64, seed: int = 1) -> list[dict[str, Any]]:
    """Every combination (grid), row by row (list, equal lengths), or a scrambled Sobol sample between (low, high).

    Errors: UsageError MT514 (none, or more than MOST), MT515 (lists of different lengths), MT516 (no range, no such sample).
    """
    if not over:
        raise UsageError(Fault("MT514", "sweep", "nothing to sweep", "a path and its values, such as price.volatility=0.5,0.9"))
    if sample == "sobol":
        return sobol(over, points, seed)
    lengths = [len(v) for v in over.values()]
    if sample == "list" and len(set(lengths)) > 1:
        found = "lists of lengths " + ", ".join(map(str, lengths))
        raise UsageError(Fault("MT515", "sweep", found, "lists of one length", "sample 'grid' runs every combination of values"))
    if sample not in ("grid", "list"):
        raise UsageError(Fault("MT516", "sample", f"'{sample}'", "'grid', 'list' or 'sobol'"))
    bounded(lengths[0] if sample == "list" else math.prod(lengths))
    rows = zip(*over.values(), strict=True) if sample == "list" else itertools.product(*over.values())
    return [dict(zip(over, row, strict=True)) for row in rows]


def bounded(number: int) -> None:
    """Refuse nothing, and more than anybody would wait for, before it is made."""
    if not 0 < number <= MOST:
        raise UsageError(Fault("MT514", "sweep", f"{number:,} variants", f"1 to {MOST:,}"))


def sobol(over: Mapping[str, Sequence[Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Scrambled Sobol points (Sobol 1967, Owen 1995), six significant digits."""
    from scipy.stats import qmc

    bounded(count)
    for path, ends in over.items():
        if len(ends) != 2 or not float(ends[0]) < float(ends[1]):
            raise UsageError(Fault("MT516", path, ", ".join(map(str, ends))[:80], "(low, high) with low < high for a Sobol sample"))
    low, high = ([float(v[i]) for v in over.values()] for i in (0, 1))
    unit = qmc.Sobol(len(over), scramble=True, rng=np.random.default_rng(seed)).random_base2(max(0, (count - 1).bit_length()))[:count]
    return [dict(zip(over, (Decimal(f"{x:.6g}") for x in row), strict=True)) for row in qmc.scale(unit, low, high)]


def one(spec: Spec, parameters: dict[str, Any], paths: int, seed: int, steps: int | None, metrics: tuple[str, ...]) -> Row:
    """One variant, measured; a spec that is not sound, or a run that breaks a law, becomes a row that says so."""
    try:
        run = measure_whole(spec.with_values(parameters), paths, seed, steps)
    except MintageError as error:
        return Row(parameters, {}, str(error.faults[0]).split("\n")[0])
    if run is None:
        raise KeyboardInterrupt
    found = {}
    for name in metrics:
        mid, low, high = (math.nan if q is None else q for q in quantiles(run.metric(name), (0.5, 0.05, 0.95)))
        found[name] = (mid, low, high)
    return Row(parameters, found)


def sweep(
    spec: Any,
    over: Mapping[str, Sequence[Any]],
    sample: Literal["grid", "list", "sobol"] = "grid",
    *,
    points: int = 64,
    paths: int = 1000,
    seed: int = 1,
    steps: int | None = None,
    metrics: Sequence[str] = DEFAULT,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Run every variant on the same random numbers.

    `over` maps paths of the spec (`price.volatility`, `signals.price.start`) to values, or to (low, high) for
    `sobol`, which draws `points` of them. `executor` is any standard Executor (a Dask client's `get_executor()` too); else `workers`
    processes. An invalid variant is a row with its error; an interrupt keeps what was done. `progress(done, total)` counts variants.

    Errors: UsageError MT506 (metric), MT510 (path), MT514 to MT516 (values), Interrupted MT505.
    """
    for metric in metrics:
        known(metric)
    name, base = resolve(spec)
    places: dict[Any, str] = {}
    for path in over:
        base.value(path)  # an unknown path is the caller's mistake, not a variant's
        first = places.setdefault(place(base.contents, path), path)
        if first != path:
            raise UsageError(Fault("MT516", path, f"is the same value as {first}", "each value once"))
    jobs = [(base, p, paths, seed, steps, tuple(metrics)) for p in variants(over, sample, points, seed)]
    done: dict[int, Row] = {}
    try:
        for i, row in run(jobs, workers, executor):
            done[i] = row
            if progress:
                progress(len(done), len(jobs))
    except KeyboardInterrupt:
        if not done:
            raise Interrupted(Fault("MT505", "sweep", "interrupted before any variant was finished", "at least one")) from None
    return SweepResult(name, paths, seed, tuple(done[i] for i in sorted(done)), len(done) < len(jobs))


def run(jobs: list[tuple[Any, ...]], workers: int, executor: Executor | None) -> Iterator[tuple[int, Row]]:
    """(index, row) as they finish: here, in own processes, or on the given executor."""
    if executor is None and workers <= 1:
        yield from ((i, one(*job)) for i, job in enumerate(jobs))
        return
    pool = executor or processes(min(workers, len(jobs)))
    futures = {pool.submit(one, *job): i for i, job in enumerate(jobs)}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenExecutor:
        raise broken() from None
    finally:
        for future in futures:
            future.cancel()
        if executor is None:
            pool.shutdown(wait=True, cancel_futures=True)
