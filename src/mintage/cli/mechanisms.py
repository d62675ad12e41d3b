"""`mintage mechanisms`: the vocabulary, read off the mechanisms' own declarations."""

from __future__ import annotations

import inspect
from typing import Any

import click

from ..errors import Fault, UsageError, nearest
from .common import AS_JSON, emit, twin
from .words import mechanisms


@click.command("mechanisms", epilog=twin('from mintage.mechanisms import find\nburn_mint = find("burn_mint")\nprint(list(burn_mint.Params.model_fields))'))
@click.argument("name", required=False, shell_complete=mechanisms)
@AS_JSON
def command(name: str | None, as_json: bool) -> int:
    """List mechanisms and processes, your installed ones too; NAME shows formula, parameters and events."""
    from ..mechanisms import find, names
    from ..mechanisms.base import REGISTRY

    if name is None:
        rows = [{"name": n, "family": REGISTRY[n].family, "module": REGISTRY[n].__module__, "doc": first_line(REGISTRY[n])} for n in names()]
        if as_json:
            emit(rows)
        else:
            for family in ("mechanism", "process"):
                click.echo(f"{family}:")
                for row in rows:
                    if row["family"] == family:
                        click.echo(f"  {row['name']:<22}  {row['doc']}")
        return 0
    found = find(name)
    if found is None:
        raise UsageError(Fault("MT522", f"'{name[:40]}'", "no such mechanism or process", "a name of `mintage mechanisms`", nearest(name, names())))
    fields = [described(found.Params, k) for k in found.Params.model_fields]
    events = {e.name: {"roles": dict(e.roles), "arguments": dict(e.arguments), "order_free": e.order_free, "doc": e.doc} for e in found.events.values()}
    if as_json:
        emit(
            {
                "name": name,
                "family": found.family,
                "doc": inspect.getdoc(found),
                "parameters": fields,
                "events": events,
                "noise": {k: v.form for k, v in found.noise.items()},
            }
        )
        return 0
    click.echo(f"{name} ({found.family})\n\n{inspect.getdoc(found)}\n\nparameters:")
    for f in fields:
        click.echo(f"  {f['name']:<18} [{f['unit'] or f['kind']}] {f['doc']}; {f['default']}{f['range']}{f['source']}")
    for e in found.events.values():
        click.echo(f"\nevent {e.name}({', '.join([*e.roles, *(f'{a} [{u}]' for a, u in e.arguments.items())])}): {e.doc}")
    return 0


def first_line(mechanism: type[Any]) -> str:
    return (inspect.getdoc(mechanism) or "").split("\n")[0]


def described(params: type[Any], name: str) -> dict[str, str]:
    """A parameter in words."""
    from ..binding import field_kind

    field, extra = params.model_fields[name], field_kind(params, name)
    limits = [f"{word} {getattr(m, key)}" for m in field.metadata for key, word in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")) if hasattr(m, key)]
    source = str(extra.get("source", ""))
    default = "required" if field.is_required() else f"default {field.default if field.default not in ('', ()) else 'none'}"
    where = f"; source {source}{', ' + str(extra['date']) if extra.get('date') else ''}" if source else ""
    return {
        "name": name,
        "kind": str(extra.get("kind", "")),
        "unit": str(extra.get("unit", "")),
        "doc": field.description or "",
        "default": default,
        "range": f", {' and '.join(limits)}" if limits else "",
        "source": where,
    }
