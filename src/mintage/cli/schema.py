"""`mintage schema`: JSON Schema of what goes in and what comes out."""

from __future__ import annotations

import click

from .common import emit, twin


@click.command("schema", epilog=twin('import mintage as mt\nfrom mintage.spec import schema\nprint(schema()["type"], mt.Document.model_json_schema()["type"])'))
@click.argument("what", type=click.Choice(["spec", "document"]), default="spec")
def command(what: str) -> int:
    """Print the JSON Schema of the spec's file format, or of the judged document (`--json` of evaluate and report)."""
    if what == "document":
        from ..evaluate.document import Document

        emit(Document.model_json_schema())
    else:
        from ..spec import schema

        emit(schema())
    return 0
