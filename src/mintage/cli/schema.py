"""`mintage schema`: JSON Schema of what goes in and what comes out."""

from __future__ import annotations

import click

from .common import twin


@click.command("schema", epilog=twin("from mintage import report, spec\nprint(spec.schema()[:60])\nprint(report.schema()[:60])"))
@click.argument("what", type=click.Choice(["spec", "document"]), default="spec")
def command(what: str) -> int:
    """Print the JSON Schema of the spec's file format, or of the judged document (`--json` of evaluate and report)."""
    if what == "document":
        from ..report import schema

        text = schema()
    else:
        from ..mechanisms import offered
        from ..spec import schema as spec_schema

        text = spec_schema(offered())
    click.echo(text.rstrip())
    return 0
