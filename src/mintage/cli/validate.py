"""`mintage validate`: published numbers beside computed ones."""

from __future__ import annotations

from typing import Any

import click

from .common import AS_JSON, QUIET, console, emit, progress, settle, twin
from .words import validated


@click.command("validate", epilog=twin('from mintage.validate import validate\nprint([(f.code, f.computed, f.holds) for f in validate(["render"])])'))
@click.argument("networks", nargs=-1, metavar="[NETWORK]...", shell_complete=validated)
@AS_JSON
@QUIET
def command(networks: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Compute every published number that a preset or a mechanism must reproduce, and show both.

    Of the presets named, or of all; `theory` stands for formulas with a closed form. Ends with 1 where one lies outside its tolerance.
    """
    from ..validate import validate

    with progress(quiet) as tick:
        found = validate(networks, lambda done, total: tick("validate", done, total))
    wrong = [f for f in found if not f.holds]
    settle(1 if wrong else 0)
    if as_json:
        emit([f.to_dict() for f in found])
    else:
        show(found)
        click.echo(f"{len(found) - len(wrong)} of {len(found)} published numbers are reproduced")
    return 1 if wrong else 0


def show(found: list[Any]) -> None:
    """A table a network."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    for network in dict.fromkeys(f.network for f in found):
        table = Table(title=network, title_justify="left", box=None, pad_edge=False)
        for head, side in (("", "left"), ("what", "left"), ("computed", "right"), ("published", "right"), ("difference", "right"), ("source", "left")):
            table.add_column(head, justify=side)  # type: ignore[arg-type]
        for f in (f for f in found if f.network == network):
            mark = f.code if f.holds else f"[bold red]{f.code} OUTSIDE[/]"
            published = number(f.published) + ("" if f.unit == "1" else f" {f.unit}")
            table.add_row(mark, escape(f.title), number(f.computed), published, f"{f.difference:+.3g}", escape(f"{f.source} ({f.standing})"))
        out.print(table)
        out.print()


def number(value: float) -> str:
    """Digits that a person compares: whole above a million, else seven."""
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.7g}"
