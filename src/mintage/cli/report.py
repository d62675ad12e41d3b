"""`mintage report`: one HTML file a person enjoys reading."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import Fault, UsageError
from .common import AS_JSON, QUIET, SPEC_OR_LEDGER, say, settle, sizes, stopped, twin, writable
from .evaluate import BESIDE, LIVE


@click.command("report", epilog=twin('import mintage as mt\nhtml = mt.render(mt.evaluate("render", paths=128, beside=64))\nprint(len(html) > 100_000)'))
@SPEC_OR_LEDGER
@sizes(10_000, steps=False)
@BESIDE
@LIVE
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("report.html"), show_default=True, help="The file to write.")
@AS_JSON
@QUIET
def command(spec: str | None, paths: int, seed: int, workers: int, beside: int, ledger: str | None, out: Path, as_json: bool, quiet: bool) -> int:
    """Simulate and judge SPEC and write the report: one file, no network needed, light and dark, phone to desktop.

    Exits 0 whatever the verdict; `mintage evaluate` is the gate.
    """
    from ..report import render
    from ..runs import put
    from .judge import judge, show

    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            Fault("MT520", str(out), "the report is HTML", "a name that ends in .html", "print the page for a PDF; mintage chart writes PNG and SVG")
        )
    writable(out)
    document = judge(spec, paths, beside, seed, workers, quiet, ledger)
    put(out, render(document).encode())
    settle(130 if document.manifest.partial else 0)
    if as_json:
        click.echo(document.model_dump_json(indent=1))
    else:
        show(document)
    say(f"\nreport: {out.resolve()}", quiet)
    return stopped(document.manifest.partial, "an interrupt left out runs")
