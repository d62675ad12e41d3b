"""`mintage check`: every fault of a spec, with file, line and way out."""

from __future__ import annotations

from dataclasses import asdict

import click

from .common import AS_JSON, emit, say, settle, twin
from .words import specs as known


@click.command("check", epilog=twin('import mintage.spec as spec\nfaults = spec.check(*spec.source("render"))\nprint(len(faults), "faults")'))
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=known)
@AS_JSON
def command(specs: tuple[str, ...], as_json: bool) -> int:
    """Check specs: files (name.toml) or presets.

    Finds every fault in one go, each with code, file and line, what was found, what was expected and the nearest valid name. Exit code 3
    when there is one.
    """
    from ..errors import SpecError
    from ..spec import check, source

    faults = []
    for name in specs:
        try:
            found = check(*source(name))
        except SpecError as error:
            found = list(error.faults)
        faults += found
        settle(3 if faults else 0)
        if not as_json:
            for fault in found:
                click.echo(str(fault))
            say(f"{name}: {'sound' if not found else f'{len(found)} fault' + 's' * (len(found) > 1)}")
    if as_json:
        emit([asdict(f) for f in faults])
    return 3 if faults else 0
