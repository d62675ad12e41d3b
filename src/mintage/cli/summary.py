"""The end of a demonstration: what happened, and the proof that it holds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from ..codes import CODES
from .pulse import short

if TYPE_CHECKING:
    from .serve import Running

PATIENCE = 1.0  # seconds for the rest of the replay after Ctrl-C


def tell(run: Running) -> int:
    """Print the summary to stdout. The status is 4 when the ledger or the twin found something, else 0."""
    from ..ledger.audit import audit

    assert run.population is not None and run.twin is not None
    live, pulse, twin = run.live, run.pulse, run.twin
    pulse.catch_up()
    spent = time.monotonic() - run.begun
    twin.finish(PATIENCE if run.status else 3600.0)
    steps, events = live.step - run.opening[0], pulse.events - run.opening[1]
    refused = run.population.refused()
    often = ", ".join(f"{n} {code} {CODES[code][0].lower() if code in CODES else ''}".rstrip() for code, n in sorted(refused.items(), key=lambda kv: -kv[1]))
    found = audit(live.ledger.store)
    ratio = pulse.ratio()
    rows = [
        ("ran", f"{steps:,} epochs in {spent:.1f} s: {steps / spent:.2f} epochs/s, {events / spent:.0f} events/s"),
        ("events", f"{events:,} done, {sum(refused.values()):,} refused" + (f" ({often})" if often else "")),
        ("supply", f"{float(live.supply(pulse.token)):,.0f} {pulse.token}; {short(pulse.minted)} minted, {short(pulse.burned)} burned since the start"),
    ]
    if pulse.revenue:
        told = f"; for each, {ratio:.1f} {pulse.fiat} were emitted in the last 28 days" if ratio is not None else ""
        rows.append(("paid", f"{short(pulse.paid)} {pulse.fiat} by customers{told}"))
    state = "every rule holds, every asset sums to zero" if found.sound else f"{found.faults[0]}"
    rows.append(("ledger", f"{found.transfers:,} transfers in {found.records:,} records audited: {state}"))
    wrong = bool(twin.replay.summary.differences) or twin.error is not None
    rest = "" if twin.whole else f" (as far as record {twin.seq:,} of {found.records:,})"
    rows.append(("twin", f"{twin.line()}{rest}: {'they part' if wrong else 'what was simulated is what ran'}"))
    if live.tripped:
        rows.append(("breaker", f"open: {live.tripped}"))
    click.echo(f"\n{live.spec.title}, day {pulse.day()}")
    for name, text in rows:
        click.echo(f"  {name:<8} {text}")
    if not run.wanted.shadow:
        click.echo(f"  kept in  {run.url}; the same command goes on, mintage ledger verify {run.url} checks it again")
    return 4 if wrong or not found.sound else 0
