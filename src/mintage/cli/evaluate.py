"""`mintage evaluate`: the judgement, usable as a gate."""

from __future__ import annotations

import click

from .common import AS_JSON, QUIET, SPEC, settle, sizes, stopped, twin

BESIDE = click.option("--beside", type=click.IntRange(2, 10**7), default=2000, show_default=True, help="Futures of each comparison run.")


@click.command(
    "evaluate", epilog=twin('import mintage as mt\ndocument = mt.evaluate("render", paths=128, beside=64)\nprint(document.verdict, document.headline)')
)
@SPEC
@sizes(10_000, steps=False)
@BESIDE
@AS_JSON
@QUIET
def command(spec: str, paths: int, seed: int, workers: int, beside: int, as_json: bool, quiet: bool) -> int:
    """Simulate and judge SPEC: six points, five red flags, the named tests.

    Exit code 1 when it is found wanting (verdict fail, or a red flag raised), 0 else: usable in CI.
    """
    from .judge import judge, show, wanting

    document = judge(spec, paths, beside, seed, workers, quiet)
    status = settle(130 if document.manifest.partial else int(wanting(document)))
    if as_json:
        click.echo(document.model_dump_json(indent=1))
    else:
        show(document)
    stopped(document.manifest.partial, "an interrupt left out runs")
    return status
