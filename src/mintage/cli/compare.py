"""`mintage compare`: designs side by side, on the same futures where they share them."""

from __future__ import annotations

from typing import Any

import click

from .common import AS_JSON, QUIET, console, emit, figure, progress, settle, sizes, stopped, twin
from .words import metrics as known
from .words import specs


@click.command(
    "compare", epilog=twin('import mintage as mt\nfound = mt.compare("render", "render:bear", paths=128, steps=364)\nprint(found.rows[0].difference)')
)
@click.argument("designs", nargs=-1, required=True, metavar="A B...", shell_complete=specs)
@sizes(2000)
@click.option("--metric", "metrics", multiple=True, shell_complete=known, help="Only this metric (repeat); `mintage explain metrics` lists them.")
@AS_JSON
@QUIET
def command(designs: tuple[str, ...], paths: int, seed: int, steps: int | None, workers: int, metrics: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Compare B, C, ... with A: files, presets, or either with :SCENARIO (render:bear).

    Designs of one network are paired under common random numbers: each difference is taken on the same future, with a 95 % interval. Networks with
    tokens of their own (bittensor render akash) stand side by side in one scorecard: the same tests, the same definitions.
    """
    from ..scoreboard import apart, scoreboard

    if len(designs) > 1 and apart(designs):
        with progress(quiet) as tick:
            board = scoreboard(designs, paths, seed, metrics=metrics or None, steps=steps, workers=workers, progress=tick)
        settle(130 if board.partial else 0)
        if as_json:
            emit(board.to_dict())
        else:
            side_by_side(board)
        return stopped(board.partial, f"{board.names[-1]} was the last network that was judged")
    from ..compare import compare_all

    with progress(quiet) as tick:
        found = compare_all(designs, paths, seed, metrics=metrics or None, steps=steps, workers=workers, progress=lambda d, t: tick("compare", d, t))
    settle(130 if found[-1].partial else 0)
    if as_json:
        emit([c.to_dict() for c in found])
    else:
        for c in found:
            show(c)
    return stopped(found[-1].partial, f"{found[-1].b} was the last design that was finished")


def side_by_side(board: Any) -> None:
    """One table a group of lines, a column a network."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(f"{board.days:,.0f} days, {board.paths:,} futures of each, seed {board.seed}; medians over futures\n")
    colours = {"pass": "green", "warn": "yellow", "fail": "red", "raised": "red"}
    titles = {"judgement": "", "points": "six points", "flags": "red flags", "metrics": "metrics"}
    for group, title in titles.items():
        table = Table(box=None, pad_edge=False)
        table.add_column(title, overflow="fold")
        for name in board.names:
            table.add_column(name.rpartition("/")[2].removesuffix(".toml")[-20:], justify="right", no_wrap=True)
        for line in (line for line in board.lines if line.group == group):
            said = [figure(v) if v is not None else "" for v in line.values] if group == "metrics" else line.cells
            cells = [f"[{colours[c.split()[0]]}]{c}[/]" if c and c.split()[0] in colours else escape(c) or "[dim]-[/]" for c in said]
            table.add_row(escape(line.title + (f" [{line.unit}]" if line.unit not in ("", "1") else "")), *cells)
        out.print(table)
        out.print()
    for name, document in zip(board.names, board.documents, strict=True):
        out.print(f"[bold]{escape(name)}[/]: {escape(document.headline)}")


def show(c: Any) -> None:
    """What differs in the specs, then the metrics that moved."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(f"[bold]{escape(c.b)}[/] against [bold]{escape(c.a)}[/] on the same {c.paths:,} futures, seed {c.seed}")
    for path, a, b in c.changed[:20]:
        out.print(escape(f"  {path}: {a or '(none)'} -> {b or '(none)'}"))
    if len(c.changed) > 20:
        out.print(f"  ... and {len(c.changed) - 20} more")
    table = Table(box=None, pad_edge=False)
    for head in ("median", c.a[-18:], c.b[-18:], "B - A, mean of pairs", "95 % interval", "B better"):
        table.add_column(head, justify="left" if head == "median" else "right")
    same = 0
    for r in c.rows:
        still = r.difference is None or (r.difference == 0 and r.low == 0 and r.high == 0)
        if still and (r.pairs == c.paths or not r.better):
            same += 1
            continue
        some = "" if r.pairs == c.paths else f" ({r.pairs:,} pairs)"
        better = "" if r.better is None else f"{r.better:.0%}"
        table.add_row(escape(f"{r.title} [{r.unit}]"), figure(r.a), figure(r.b), figure(r.difference) + some, f"{figure(r.low)} to {figure(r.high)}", better)
    out.print(table)
    if same:
        out.print(f"{same} metrics do not differ or are not defined", style="dim")
