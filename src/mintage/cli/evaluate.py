"""`mintage evaluate`: the judgement, usable as a gate."""

from __future__ import annotations

import click

from .common import AS_JSON, QUIET, SPEC_OR_LEDGER, settle, sizes, stopped, twin

BESIDE = click.option("--beside", type=click.IntRange(2, 10**7), default=2000, show_default=True, help="Futures of each comparison run.")
LIVE = click.option("--live", "ledger", metavar="LEDGER", help="Judge a live network by its journal; its futures go on from today.")


@click.command(
    "evaluate", epilog=twin('import mintage as mt\ndocument = mt.evaluate("render", paths=128, beside=64)\nprint(document.verdict, document.headline)')
)
@SPEC_OR_LEDGER
@sizes(10_000, steps=False)
@BESIDE
@LIVE
@AS_JSON
@QUIET
def command(spec: str | None, paths: int, seed: int, workers: int, beside: int, ledger: str | None, as_json: bool, quiet: bool) -> int:
    """Simulate and judge SPEC: six points, five red flags, the named tests.

    With --live the base run is the journal of a network (--paths counts for nothing), and what a record of one path and its length cannot show is
    not shown.

    Exit code 1 when it is found wanting (verdict fail, or a red flag raised), 0 else: usable in CI.
    """
    from .judge import judge, show, wanting

    document = judge(spec, paths, beside, seed, workers, quiet, ledger)
    status = settle(130 if document.manifest.partial else int(wanting(document)))
    if as_json:
        click.echo(document.model_dump_json(indent=1))
    else:
        show(document)
    stopped(document.manifest.partial, "an interrupt left out runs")
    return status
