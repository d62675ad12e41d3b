"""`mintage sweep`: many variants of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import Fault, UsageError
from .common import AS_JSON, QUIET, console, emit, figure, open_spec, progress, say, settle, sizes, stopped, twin, writable
from .words import metrics as known
from .words import specs


def values(text: str) -> tuple[str, list[Any]]:
    """`PATH=1,2,3` (values) or `PATH=0.1..0.9` (a range) or `PATH=0.1..0.9/5` (five values of a range)."""
    from decimal import Decimal, InvalidOperation

    path, equals, given = text.partition("=")
    try:
        if not equals or not given:
            raise InvalidOperation
        if ".." in given:
            ends, _, number = given.partition("/")
            low, high = (Decimal(x) for x in ends.split("..", 1))
            n = int(number) if number else 0
            if not number:
                return path, [low, high]
            if not 2 <= n <= 10_000:
                raise InvalidOperation
            return path, [low + (high - low) * i / (n - 1) for i in range(n)]
        return path, [Decimal(x) for x in given.split(",")]
    except (InvalidOperation, ValueError):
        expected = "PATH=1,2,3 or PATH=low..high/points (PATH=low..high for a Sobol sample)"
        raise UsageError(Fault("MT516", f"'{text[:60]}'", "cannot be read", expected)) from None


def distinct(axes: list[tuple[str, list[Any]]]) -> dict[str, list[Any]]:
    """Values by path; a path that is given twice would lose its first values. Errors: UsageError MT516."""
    out: dict[str, list[Any]] = {}
    for path, given in axes:
        if path in out:
            raise UsageError(Fault("MT516", path[:80], "is given twice", "each path once", f"write {path[:80]}=1,2 for two values"))
        out[path] = given
    return out


@click.command(
    "sweep", epilog=twin('import mintage as mt\nfound = mt.sweep("render", {"price.volatility": [0.5, 1]}, paths=64, steps=364)\nprint(found.table()[0])')
)
@click.argument("spec", metavar="SPEC", shell_complete=specs)
@click.argument("over", nargs=-1, required=True, metavar="PATH=VALUES...")
@click.option(
    "--sample", type=click.Choice(["grid", "list", "sobol"]), default="grid", show_default=True, help="Every combination, row by row, or a Sobol sample."
)
@click.option("--points", type=click.IntRange(1, 100_000), default=64, show_default=True, help="Points of a Sobol sample.")
@sizes(1000)
@click.option("--metric", "metrics", multiple=True, shell_complete=known, help="A metric to keep (repeat).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table: .csv or .parquet.")
@AS_JSON
@QUIET
def command(
    spec: str,
    over: tuple[str, ...],
    sample: Any,
    points: int,
    paths: int,
    seed: int,
    steps: int | None,
    workers: int,
    metrics: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run variants of SPEC: PATH=1,2,3 or PATH=low..high/points, over parameters and initial states.

    Paths are those of the spec: price.volatility, signals.price.start, signals.demand_level.start. All variants see the same futures. Exit code 3
    when none of them could be run.
    """
    from ..runs import TABLES, ending, write_table
    from ..sweep import DEFAULT, sweep

    writable(out)
    if out:
        ending(out, TABLES)
    axes = distinct([values(o) for o in over])
    bare = next((o for o in over if ".." in o and "/" not in o.partition("..")[2]), None)
    if bare and sample != "sobol":
        raise UsageError(
            Fault("MT516", f"'{bare[:60]}'", "is a range without a number of points", f"{bare[:60]}/5 for five values", "--sample sobol takes ranges")
        )
    with progress(quiet) as tick:
        found = sweep(
            open_spec(spec),
            axes,
            sample,
            points=points,
            paths=paths,
            seed=seed,
            steps=steps,
            metrics=metrics or DEFAULT,
            workers=workers,
            progress=lambda d, t: tick("sweep", d, t),
        )
    failed = bool(found.rows) and all(r.error for r in found.rows)
    status = settle(130 if found.partial else 3 if failed else 0)
    if out:
        write_table(found.table(), out)
        say(f"wrote {out}", quiet)
    if as_json:
        emit({"spec": spec, "paths": found.paths, "seed": found.seed, "partial": found.partial, "rows": found.table()})
    elif not out:
        show(found, spec)
    if failed:
        say(f"none of {len(found.rows)} variants could be run; the first: {found.rows[0].error}")
    stopped(found.partial, count(len(found.rows), "variant"))
    return status


def count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def show(found: Any, spec: str) -> None:
    """Parameters and medians, a row a variant."""
    from rich.markup import escape
    from rich.table import Table

    out, table = console(), Table(box=None, pad_edge=False)
    out.print(f"{spec}: {count(len(found.rows), 'variant')}, {found.paths:,} futures each, medians", markup=False)
    parameters = list(found.rows[0].parameters) if found.rows else []
    metrics = list(dict.fromkeys(m for r in found.rows for m in r.metrics))
    for head in (*parameters, *metrics):
        table.add_column(head, justify="right")
    for r in found.rows:
        cells = [figure(r.metrics[m][0]) for m in metrics] if r.metrics else [f"[red]{escape(r.error)}[/]", *[""] * (len(metrics) - 1)]
        table.add_row(*(figure(float(v)) for v in r.parameters.values()), *cells)
    out.print(table)
