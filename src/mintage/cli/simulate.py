"""`mintage simulate`: many futures, printed as a summary, or kept in a run folder that can be resumed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .common import AS_JSON, QUIET, SPEC_OR_LEDGER, console, emit, figure, one_of, open_spec, progress, say, settle, shown, sizes, stopped, twin, writable

DUST = 1e-9  # of an amount: what additions of floats leave of nothing


@click.command("simulate", epilog=twin('import mintage as mt\nrun = mt.simulate(mt.load("render"), paths=256, steps=28)\nprint(run.end["price"].mean())'))
@SPEC_OR_LEDGER
@sizes(1000)
@click.option("--every", default=0, type=click.IntRange(0), help="Keep series each so many steps (0: only the end).")
@click.option("--var", "names", multiple=True, help="A variable to keep: price, supply/RENDER, flow:jobs.settle ... (repeat).")
@click.option("--engine", type=click.Choice(["numpy", "jax"]), default="numpy", show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Run folder: finished chunks are stored and an interrupted run can go on.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result: .npz or .zarr (all of it), .parquet or .csv (a row a path; with --every a row a kept step and path).",
)
@click.option("--from-live", "ledger", metavar="LEDGER", help="Start where this live network stands, under its own spec, and not at the opening.")
@AS_JSON
@QUIET
def command(
    spec: str | None,
    paths: int,
    seed: int,
    steps: int | None,
    workers: int,
    every: int,
    names: tuple[str, ...],
    engine: str,
    out: Path | None,
    resume: bool,
    export: Path | None,
    ledger: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Simulate SPEC (a file, a preset, or either with :SCENARIO) and print where its futures end.

    With --from-live the futures begin with today's balances, signals, members and step of a network, which may be running.
    An interrupt (Ctrl-C) leaves what was finished, labelled partial, and exits with 130.
    """
    from ..runs import CHUNK, Folder, ending, write
    from ..save import Save
    from ..simulate import simulate, watched

    if resume and out is None:
        raise click.UsageError("--resume goes on with a run folder: name it with --out")
    one_of(spec, ledger, "--from-live")
    writable(export)
    if export:
        ending(export)
    standing = stand(ledger) if ledger else None
    loaded = standing or open_spec(str(spec))
    economy, start = (standing.economy, standing.digest()) if standing else (loaded.economy(), "")
    save = Save(every=every, vars=names or None, paths=bool(every), quantiles=(0.05, 0.5, 0.95) if every else ())
    folder = Folder(out, economy, paths, steps or loaded.steps, seed, save, engine, resume, start) if out else None
    with progress(quiet) as tick:
        run = simulate(
            loaded,
            paths,
            steps,
            seed,
            save,
            engine=engine,
            workers=workers,
            chunk=CHUNK if folder else watched(paths, workers) if shown(quiet) else None,
            progress=lambda done, total: tick("simulate", done, total),
            finished=folder.finished() if folder else None,
            on_chunk=folder.store if folder else None,
        )
    if export:
        write(run, export)
        say(f"wrote {export}", quiet)
    settle(130 if run.manifest.partial else 0)
    ends = {name: summary(value) for name, value in run.end.items()}
    if as_json:
        emit({"manifest": asdict(run.manifest), "end": ends})
    else:
        show(run, ends, economy)
    way_on = "; the same command with --resume goes on" if out else ""
    return stopped(run.manifest.partial, f"{run.manifest.paths:,} of {run.manifest.asked_paths:,} paths{way_on}")


def stand(ledger: str) -> Any:
    """Where a live network stands."""
    from ..live.reading import network_of
    from ..live.standing import standing

    return standing(network_of(ledger))


def summary(value: Any) -> dict[str, float]:
    """Mean and quantiles of the ends of all paths."""
    import numpy as np

    low, mid, high = np.quantile(value, [0.05, 0.5, 0.95])
    return {"mean": float(value.mean()), "q05": float(low), "q50": float(mid), "q95": float(high)}


def show(run: Any, ends: dict[str, dict[str, float]], economy: Any) -> None:
    """A table of the ends."""
    from rich.markup import escape
    from rich.table import Table

    m = run.manifest
    since = f" from step {m.first_step:,} on" if m.start else ""
    table = Table(box=None, pad_edge=False)
    table.add_column("at the end", overflow="fold")
    for head in ("5 %", "median", "95 %", "mean"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("unit", overflow="fold")
    for name, e in ends.items():
        values = [0.0 if "/" in name and abs(e[k]) < DUST else e[k] for k in ("q05", "q50", "q95", "mean")]
        if any(values):
            table.add_row(escape(name), *map(figure, values), escape(unit(name, economy)))
    out = console()
    out.print(
        f"{m.economy}: {m.paths:,} futures of {m.steps:,} steps{since}, seed {m.seed}", style="italic", soft_wrap=True
    )  # a title of the table would be as narrow as it
    out.print(table)
    if any(name.startswith(("external/", "issuance/")) for name in ends):
        out.print("external and issuance stand below zero by what has come in from outside and what has been minted", style="dim")


def unit(name: str, economy: Any) -> str:
    """The unit of a signal, and that a signal with rows is their mean; of a sum of money its asset, which its name ends with."""
    base, row, _ = name.partition("[")
    signal = economy.signals.get(base)
    if signal is None:
        return name.rpartition("/")[2] if "/" in name else ""
    rows = economy.kinds[signal.per].holders if signal.per and not row else 1
    return ", ".join(part for part in ("" if signal.unit == "1" else signal.unit, f"mean of {rows:,} rows" if rows > 1 else "") if part)
