"""Many variants of one spec on common random numbers: grids, lists and Sobol samples over parameters and initial states."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .errors import Fault, MintageError, ServiceError, UsageError, nearest
from .evaluate.figures import METRICS
from .evaluate.measure import measure
from .simulate import Progress

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

    def to_csv(self) -> str:
        """The table as CSV text."""
        rows = self.table()
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]) if rows else ["error"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    def to_xarray(self) -> xarray.Dataset:
        """One dimension `point`; parameters are coordinates."""
        import xarray

        rows = self.table()
        columns = {k: [r[k] for r in rows] for k in rows[0]} if rows else {}
        parameters = list(self.rows[0].parameters) if self.rows else []
        coords = {p: ("point", [float(x) if isinstance(x, Decimal | int | float) else str(x) for x in columns[p]]) for p in parameters}
        data = {k: ("point", v) for k, v in columns.items() if k not in parameters}
        return xarray.Dataset(data, coords, {"spec": self.spec, "paths": self.paths, "seed": str(self.seed), "partial": int(self.partial)})


def points(over: Mapping[str, Sequence[Any]], sample: Literal["grid", "list", "sobol"] = "grid", count: int = 64, seed: int = 1) -> list[dict[str, Any]]:
    """The variants: every combination (grid), row by row (list, equal lengths), or a scrambled Sobol sample between (low, high)."""
    if not over:
        raise UsageError(Fault("MT514", "sweep", "nothing to sweep", "a path and its values, such as jobs.burn_share=0.5,0.95"))
    if sample == "list":
        lengths = {len(v) for v in over.values()}
        if len(lengths) > 1:
            raise UsageError(
                Fault(
                    "MT515",
                    "sweep",
                    "lists of lengths " + ", ".join(map(str, sorted(lengths))),
                    "lists of one length",
                    "use sample 'grid' for every combination",
                )
            )
        rows = [dict(zip(over, row, strict=True)) for row in zip(*over.values(), strict=True)]
    elif sample == "sobol":
        bad = [p for p, v in over.items() if len(v) != 2 or not float(v[0]) < float(v[1])]
        if bad:
            raise UsageError(Fault("MT516", bad[0], f"{list(over[bad[0]])}", "(low, high) with low < high for a Sobol sample"))
        rows = sobol(over, count, seed)
    elif sample == "grid":
        rows = [dict(zip(over, row, strict=True)) for row in itertools.product(*over.values())]
    else:
        raise UsageError(Fault("MT516", "sample", f"'{sample}'", "'grid', 'list' or 'sobol'"))
    if not 0 < len(rows) <= MOST:
        raise UsageError(Fault("MT514", "sweep", f"{len(rows):,} variants", f"1 to {MOST:,}"))
    return rows


def sobol(over: Mapping[str, Sequence[Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Scrambled Sobol points (Sobol 1967, Owen 1995), six significant digits."""
    from scipy.stats import qmc

    if not 1 <= count <= MOST:
        raise UsageError(Fault("MT514", "sweep", f"{count} points", f"1 to {MOST:,}"))
    low, high = ([float(v[i]) for v in over.values()] for i in (0, 1))
    unit = qmc.Sobol(len(over), scramble=True, rng=np.random.default_rng(seed)).random_base2(max(0, (count - 1).bit_length()))[:count]
    return [dict(zip(over, (Decimal(f"{x:.6g}") for x in row), strict=True)) for row in qmc.scale(unit, low, high)]


def one(spec: Spec, parameters: dict[str, Any], paths: int, seed: int, steps: int | None, metrics: tuple[str, ...]) -> Row:
    """One variant, measured; a spec that is not sound becomes a row that says so."""
    try:
        run = measure(spec.with_values(parameters), paths, seed, steps)
    except MintageError as error:
        return Row(parameters, {}, str(error.faults[0]).split("\n")[0])
    found = {}
    for name in metrics:
        value = run.metric(name)
        known = value[~np.isnan(value)]
        mid, low, high = np.quantile(known, [0.5, 0.05, 0.95]) if len(known) else (np.nan,) * 3
        found[name] = (float(mid), float(low), float(high))
    return Row(parameters, found)


def sweep(
    spec: Any,
    over: Mapping[str, Sequence[Any]],
    sample: Literal["grid", "list", "sobol"] = "grid",
    *,
    count: int = 64,
    paths: int = 1000,
    seed: int = 1,
    steps: int | None = None,
    metrics: Sequence[str] = DEFAULT,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Run every variant on the same random numbers.

    `over` maps paths of the spec (`jobs.burn_share`, `signals.price.start`, `accounts.market.opening.RENDER`) to values, or to (low, high) for
    `sobol`. `executor` is any standard Executor (a Dask client's `get_executor()` too); else `workers` processes. An invalid variant is a row
    with its error; an interrupt keeps what was done.
    """
    from .compare import resolve

    name, base = resolve(spec)
    unknown = [m for m in metrics if m not in METRICS]
    if unknown:
        raise UsageError(Fault("MT506", unknown[0], "no such metric", "a metric's name", nearest(unknown[0], METRICS)))
    variants = points(over, sample, count, seed)
    for path in over:
        base.value(path)  # an unknown path is the caller's mistake, not a variant's
    jobs = [(base, p, paths, seed, steps, tuple(metrics)) for p in variants]
    done: dict[int, Row] = {}
    pool = executor or (ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn")) if workers > 1 else None)
    partial = False
    try:
        for i, row in _run(jobs, pool):
            done[i] = row
            if progress:
                progress(len(done), len(jobs))
    except KeyboardInterrupt:
        partial = True
    except BrokenExecutor:
        hint = "a script that starts workers needs `if __name__ == '__main__':` around its calls"
        raise ServiceError(Fault("MT310", "workers", "a worker process ended early", "processes that can start", hint)) from None
    finally:
        if pool is not None and executor is None:
            pool.shutdown(wait=True, cancel_futures=True)
    return SweepResult(name, paths, seed, tuple(done[i] for i in sorted(done)), partial)


def _run(jobs: list[tuple[Any, ...]], pool: Executor | None) -> Any:
    """(index, row) as they finish."""
    if pool is None:
        yield from ((i, one(*job)) for i, job in enumerate(jobs))
        return
    futures = {pool.submit(one, *job): i for i, job in enumerate(jobs)}
    for future in as_completed(futures) if hasattr(next(iter(futures)), "_condition") else futures:
        yield futures[future], future.result()
