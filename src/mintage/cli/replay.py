"""`mintage replay`: the proof of a live network, by whoever has its ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from .common import AS_JSON, QUIET, emit, progress, settle, twin
from .ledger import LEDGER


@click.command(
    "replay",
    epilog=twin(
        "import mintage as mt; from mintage.live import direct, driver, reading, service\n"
        'live = service.LiveNetwork.open("memory:", mt.load("render")); driver.Driver(direct.Direct(live), live.spec, events=4).run(8)\n'
        "print(reading.replay(live.ledger))"
    ),
)
@LEDGER
@click.option("--no-arrays", is_flag=True, help="Only the exact leg: leave out the comparison of every call in float64.")
@click.option("--epochs", type=click.IntRange(1), help="Only the first so many epochs.")
@click.option("--most", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Stop after so many differences.")
@AS_JSON
@QUIET
def command(ledger: str, no_arrays: bool, epochs: int | None, most: int, as_json: bool, quiet: bool) -> int:
    """Run a live network's journal again through the simulator, and compare each base unit it moved.

    The exact simulator repeats every entry from its record; each call is also run in float64, as in a simulation of many futures. The ledger may
    be in use. Exits with 4 when something differs.
    """
    from ..live.reading import Journal

    with progress(quiet) as tick, Journal(ledger, lambda done, total: tick("replay", done, total)) as journal:
        found = journal.replay(arrays=not no_arrays, epochs=epochs, most=most)
        name, head = journal.name, journal.head
    settle(4 if found.differences else 0)
    if as_json:
        emit({"ledger": name, "records": head, "equal": not found.differences, **asdict(found)})
    else:
        show(name, found, not no_arrays)
    return 4 if found.differences else 0


def show(name: str, found: Any, arrays: bool) -> None:
    """What was compared, and each difference in a line."""
    what = f"{found.entries:,} entries, {found.epochs:,} epochs, {found.events:,} events, {found.transfers:,} transfers"
    verdict = f"{len(found.differences)} differences" if found.differences else "equal to the base unit"
    click.echo(f"{name}: {verdict}; {what}")
    if arrays:
        click.echo(f"arrays: {found.calls:,} calls compared, the worst apart by {found.worst:.1e} of what it touches")
    for difference in found.differences:
        click.echo(str(difference))
