"""`mintage networks`: the presets that ship."""

from __future__ import annotations

from typing import Any

import click

from .common import AS_JSON, emit, folded, say, twin


@click.command("networks", epilog=twin("import mintage as mt\nfrom mintage.spec import presets\nprint([mt.load(p).title for p in presets()])"))
@AS_JSON
def command(as_json: bool) -> int:
    """List the preset networks with their scenarios."""
    from ..spec import load, presets

    rows: list[dict[str, Any]] = []
    for name in presets():
        spec = load(name)
        known = spec.provenance
        rows.append(
            {
                "name": name,
                "title": spec.title,
                "doc": spec.contents.network.doc,
                "token": spec.economy().token,
                "mechanisms": len(spec.economy().uses),
                "scenarios": list(spec.scenarios),
                "numbers": len(known),
                "with_source": sum(not p.assumed for p in known),
            }
        )
    if as_json:
        emit(rows)
    else:
        for i, r in enumerate(rows):
            click.secho(f"{chr(10) if i else ''}{r['name']}  {r['title']}, {r['token']}", bold=True)
            click.echo(folded("  ", r["doc"]))
            click.echo(f"  {r['mechanisms']} mechanisms and processes; {r['with_source']} of {r['numbers']} numbers have a source")
            click.echo(folded("  scenarios  ", ", ".join(r["scenarios"]) or "none"))
        say("\nmintage report NAME judges one, NAME:SCENARIO a variant of it; mintage new mine --like NAME makes it yours")
    return 0
