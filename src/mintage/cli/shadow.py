"""`mintage shadow`: what a change would have done to a live network, before it is adopted."""

from __future__ import annotations

from typing import Any

import click

from ..errors import Fault, UsageError
from .common import AS_JSON, QUIET, console, emit, progress, twin
from .ledger import LEDGER


@click.command(
    "shadow",
    epilog=twin(
        "import mintage as mt; from mintage.live import direct, driver, reading, service\n"
        'live = service.LiveNetwork.open("memory:", mt.load("render")); driver.Driver(direct.Direct(live), live.spec, events=4).run(8)\n'
        'print(reading.Journal(live.ledger).shadow({"emission_nodes.base": "0.5"}).rows()[0])'
    ),
)
@LEDGER
@click.option("--set", "changes", multiple=True, required=True, metavar="PATH=VALUE", help="A parameter's other value, in its own unit (repeat).")
@click.option("--epochs", type=click.IntRange(1), help="Only the last so many epochs; else from the beginning.")
@AS_JSON
@QUIET
def command(ledger: str, changes: tuple[str, ...], epochs: int | None, as_json: bool, quiet: bool) -> int:
    """Run what happened in a live network again under other parameters, and show each flow beside what it was.

    Nothing is posted, and the ledger may be in use. What people did stays as it was: only the rules answer differently.
    """
    from ..live.reading import Journal

    values = parsed(changes)
    with progress(quiet) as tick, Journal(ledger, lambda done, total: tick("shadow", done, total)) as journal:
        found = journal.shadow(values, epochs)
    if as_json:
        flows = [{"flow": f, "asset": a, "live": str(live), "shadow": str(shadow)} for f, a, live, shadow in found.rows()]
        refused = [{"step": step, "entry": entry, "why": why} for step, entry, why in found.refused]
        emit({"set": values, "epochs": found.epochs, "flows": flows, "refused": refused})
    else:
        show(found, values)
    return 0


def parsed(changes: tuple[str, ...]) -> dict[str, str]:
    """PATH=VALUE by path. Errors: UsageError MT516."""
    out: dict[str, str] = {}
    for text in changes:
        path, sign, value = text.partition("=")
        if not sign or not path.strip() or not value.strip():
            raise UsageError(Fault("MT516", f"--set {text[:60]}", "is no change", "PATH=VALUE, such as emission.base=0.5"))
        if path.strip() in out:
            raise UsageError(Fault("MT516", path.strip()[:60], "is given twice", "one value for each path"))
        out[path.strip()] = value.strip()
    return out


def show(found: Any, values: dict[str, str]) -> None:
    """Flows, the most changed first, and what only the shadow refused."""
    from rich.markup import escape
    from rich.table import Table

    told = ", ".join(f"{path} = {value}" for path, value in values.items())
    table = Table(box=None, pad_edge=False)
    for head in ("flow", "asset", "live", "shadow", "change"):
        table.add_column(head, justify="left" if head in ("flow", "asset") else "right")
    rows = found.rows()
    for flow, asset, live, shadow in rows:
        if live != shadow:
            table.add_row(flow, asset, f"{live:,.2f}", f"{shadow:,.2f}", f"{(shadow - live) / live:+.1%}" if live else "new")
    out = console()
    out.print(escape(f"{found.epochs:,} epochs with {told}"), style="italic", soft_wrap=True)
    out.print(table)
    out.print(f"{sum(live == shadow for _, _, live, shadow in rows)} other flows are as they were")
    for step, entry, why in found.refused:
        out.print(escape(f"refused in shadow, step {step}: {entry}: {why}"))
