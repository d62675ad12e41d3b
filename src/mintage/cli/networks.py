"""`mintage networks`: the presets that ship."""

from __future__ import annotations

import click

from .common import AS_JSON, emit, twin


@click.command("networks", epilog=twin("import mintage as mt\nfrom mintage.spec import presets\nprint([mt.load(p).title for p in presets()])"))
@AS_JSON
def command(as_json: bool) -> int:
    """List the preset networks with their scenarios."""
    from ..spec import load, presets

    rows = []
    for name in presets():
        spec = load(name)
        known = spec.provenance
        rows.append(
            {
                "name": name,
                "title": spec.title,
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
        for r in rows:
            click.echo(f"{r['name']}: {r['title']} ({r['token']}), {r['mechanisms']} mechanisms and processes")
            click.echo(f"  numbers: {r['with_source']} of {r['numbers']} with a source")
            click.echo(f"  scenarios: {', '.join(r['scenarios']) or 'none'}")  # type: ignore[arg-type]
    return 0
