"""`mintage chart`: the report's charts, one at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from ..errors import Fault, UsageError, nearest
from .common import QUIET, SPEC, say, sizes, twin, writable
from .evaluate import BESIDE
from .words import charts

FORMS = ("svg", "png", "json")


@click.command(
    "chart",
    epilog=twin('import mintage as mt\nfrom mintage.charts import chart\nprint(sorted(chart(mt.evaluate("render", paths=128, beside=64), "waterfall"))[:3])'),
)
@SPEC
@click.option(
    "--chart",
    "name",
    default="fan:price",
    show_default=True,
    shell_complete=charts,
    help="fan:SERIES, sankey, waterfall, parity, unlocks, points, tests, scenarios.",
)
@click.option("--format", "form", type=click.Choice(FORMS), help="Default: by the ending of --out, else svg.")
@click.option("--mode", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; stdout without it (not for png).")
@sizes(2000, steps=False)
@BESIDE
@QUIET
def command(
    spec: str, name: str, form: str | None, mode: Literal["light", "dark"], out: Path | None, paths: int, seed: int, workers: int, beside: int, quiet: bool
) -> int:
    """Draw one chart of SPEC's judgement as SVG, PNG (extra [report]) or as a Vega-Lite document."""
    from ..charts import CHARTS, chart, to_png, to_svg
    from ..runs import put
    from .judge import judge

    writable(out)
    form = form or (pictured(out) if out else "svg")
    if form == "png" and out is None:
        raise UsageError(Fault("MT520", "--format png", "no --out", "a file to write the picture to"))
    if name.split(":")[0] not in CHARTS:  # before the futures are simulated, not after
        raise UsageError(Fault("MT602", f"'{name[:40]}'", "no such chart", "one of: " + ", ".join(CHARTS), nearest(name, CHARTS)))
    drawn = chart(judge(spec, paths, min(beside, paths), seed, workers, quiet), name)
    if form == "png":
        assert out is not None
        put(out, to_png(drawn, mode=mode))
    else:
        text = to_svg(drawn, mode=mode) if form == "svg" else json.dumps(drawn, indent=1)
        if out is None:
            click.echo(text)
            return 0
        put(out, text.encode())
    say(f"wrote {out}", quiet)
    return 0


def pictured(out: Path) -> str:
    """What the ending of a file asks for. Errors: UsageError MT520."""
    form = out.suffix.lower().lstrip(".")
    if form not in FORMS:
        raise UsageError(Fault("MT520", str(out), f"ends in '{out.suffix}'", "a file that ends in .svg, .png or .json", "--format overrules the ending"))
    return form
