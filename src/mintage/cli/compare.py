"""`mintage compare`: designs side by side, on the same futures where they share them."""

from __future__ import annotations

from collections.abc import Sequence
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
    titles = {"judgement": "", "points": "six points, and score", "flags": "red flags", "metrics": "metrics"}
    for group, title in titles.items():
        table = Table(box=None, pad_edge=False)
        table.add_column(title, overflow="fold")
        for name in board.names:
            table.add_column(short_name(name), justify="right", overflow="fold")
        if group == "judgement":
            table.add_row("Token", *(escape(d.token) for d in board.documents))
        for line in (line for line in board.lines if line.group == group):
            cells = [f"[{colours[c.split()[0]]}]{c}[/]" if c and c.split()[0] in colours else escape(c) or "[dim]-[/]" for c in said(line)]
            table.add_row(escape(titled(line.title, line.unit)), *cells)
        out.print(table)
        out.print()
    if any(d.grade is None for d in board.documents):
        out.print("No grade where one of the six points is not shown: what is not known is not fine.\n", style="dim")
    for name, document in zip(board.names, board.documents, strict=True):
        out.print(f"[bold]{escape(name)}[/]: {escape(document.headline)}")


def said(line: Any) -> Sequence[str]:
    """What a line of the scorecard shows: shares of the judgement as percent, metrics as the charts write them."""
    if line.group == "metrics":
        return [figure(v) if v is not None else "" for v in line.values]
    if line.group == "judgement" and line.unit == "1":
        return [f"{v:.0%}" if v is not None else "" for v in line.values]
    return line.cells  # type: ignore[no-any-return]


def titled(title: str, unit: str) -> str:
    """A title with its unit, unless that is a pure number."""
    return title if unit in ("", "1") else f"{title} [{unit}]"


def short_name(name: str) -> str:
    """A design at the head of a column: its file without folder and ending, and its scenario."""
    file, _, scenario = name.rpartition("/")[2].partition(":")
    return ":".join(part for part in (file.removesuffix(".toml"), scenario) if part)


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
    table.add_column("median", overflow="fold", ratio=1)
    for head in (short_name(c.a), short_name(c.b)):
        table.add_column(head, justify="right", overflow="fold", max_width=18)
    for head in ("difference", "95 % interval", "B better"):
        table.add_column(head, justify="right", no_wrap=True)
    same = 0
    for r in c.rows:
        still = r.difference is None or (r.difference == 0 and r.low == 0 and r.high == 0)
        if still and (r.pairs == c.paths or not r.better):
            same += 1
            continue
        some = "" if r.pairs == c.paths else f", {r.pairs:,} futures"
        better = "" if r.better is None else f"{r.better:.0%}"
        row = (figure(r.a), figure(r.b), figure(r.difference), f"{figure(r.low)} to {figure(r.high)}", better)
        table.add_row(escape(titled(r.title, r.unit) + some), *row)
    out.print(table)
    if table.row_count:
        out.print(f"A is {escape(c.a)}, B {escape(c.b)}; difference: mean of B - A over futures; B better: on how many of them", style="dim")
    if same:
        out.print(f"{same} metrics do not differ or are not defined", style="dim")
