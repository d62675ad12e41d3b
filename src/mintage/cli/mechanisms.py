"""`mintage mechanisms`: the vocabulary, read off the mechanisms' own declarations."""

from __future__ import annotations

import inspect
from typing import Any

import click

from ..errors import Fault, UsageError, nearest
from .common import AS_JSON, emit, folded, say, twin
from .vocabulary import chapter, chapters, search, sentence
from .words import mechanisms


@click.command("mechanisms", epilog=twin('from mintage.mechanisms import find\nburn_mint = find("burn_mint")\nprint(list(burn_mint.Params.model_fields))'))
@click.argument("name", required=False, shell_complete=mechanisms)
@AS_JSON
def command(name: str | None, as_json: bool) -> int:
    """List mechanisms and processes, your installed ones too; NAME shows formula, parameters and events.

    NAME may be what the field calls it (veToken, airdrop, AMM) or a word of a name: then what fits is listed.
    """
    from ..mechanisms import find, names
    from ..mechanisms.base import REGISTRY

    if name is None:
        listed(names(), as_json)
        return 0
    found = find(name)
    if found is not None:
        shown(name, found, as_json)
        return 0
    fits = search(name, {n: REGISTRY[n] for n in names()})
    if not fits:
        raise UsageError(Fault("MT522", f"'{name[:40]}'", "no such mechanism or process", "a name of `mintage mechanisms`", nearest(name, names())))
    say(f"no mechanism is called '{name[:40]}'; what comes nearest:")
    listed(fits, as_json)
    return 0


def listed(which: list[str], as_json: bool) -> None:
    """Names and what they are, by chapter; a line each in a pipe, folded on a terminal."""
    from ..mechanisms.base import REGISTRY

    kinds = {n: REGISTRY[n] for n in which}
    if as_json:
        emit([{"name": n, "family": k.family, "chapter": chapter(k), "module": k.__module__, "doc": first_line(k)} for n, k in kinds.items()])
        return
    wide = max(map(len, kinds))
    for i, (title, here) in enumerate(chapters(kinds).items()):
        click.secho(f"{chr(10) if i else ''}{title}", bold=True)
        for n in here:
            click.echo(folded(f"  {n:<{wide}}  ", sentence(kinds[n])))


def shown(name: str, found: type[Any], as_json: bool) -> None:
    """All that one declares."""
    fields = [described(found.Params, k) for k in found.Params.model_fields]
    events = {e.name: {"roles": dict(e.roles), "arguments": dict(e.arguments), "order_free": e.order_free, "doc": e.doc} for e in found.events.values()}
    if as_json:
        noise = {k: v.form for k, v in found.noise.items()}
        emit(
            {"name": name, "family": found.family, "doc": inspect.getdoc(found), "breaks": found.breaks, "parameters": fields, "events": events, "noise": noise}
        )
        return
    click.echo(f"{name} ({found.family})\n\n{inspect.getdoc(found)}")
    if found.breaks:
        click.echo(f"\nwhat breaks it:\n{folded('  ', found.breaks)}")
    click.echo("\nparameters:")
    for f in fields:
        click.echo(folded(f"  {f['name']:<18} ", f"[{f['unit'] or f['kind']}] {f['doc']}; {f['default']}{f['range']}{f['source']}"))
    for e in found.events.values():
        says = "" if e.authority == "owner" else f" ({e.authority})"
        click.echo(f"\nevent {e.name}({', '.join([*e.roles, *(f'{a} [{u}]' for a, u in e.arguments.items())])}){says}: {e.doc}")


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
