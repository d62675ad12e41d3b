"""`mintage doctor`: is this machine ready, and which extras are there."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version

import click

from .. import __version__
from .common import AS_JSON, emit, twin

EXTRAS = {"jax": "jax", "dask": "distributed", "data": "pyarrow", "report": "vl_convert", "live": "fastapi", "postgres": "psycopg"}
BASE = ("numpy", "scipy", "pydantic", "click", "rich", "jinja2", "xarray")


@click.command("doctor", epilog=twin('import mintage as mt\nfrom mintage.spec import check, source\nprint(mt.__version__, check(*source("render")))'))
@AS_JSON
def command(as_json: bool) -> int:
    """Check Python, libraries, extras, memory, and that every preset is sound. Exit code 5 when something needed is missing."""
    facts = {
        "mintage": __version__,
        "python": f"{platform.python_version()} ({platform.platform()})",
        "cores": os.cpu_count() or 0,
        "memory_free_gib": round(memory(), 1),
        "scratch": tempfile.gettempdir() if os.access(tempfile.gettempdir(), os.W_OK) else "not writable",
        "libraries": {name: installed(name) for name in BASE},
        "extras": {name: importlib.util.find_spec(module) is not None for name, module in EXTRAS.items()},
        "presets": presets(),
    }
    missing = [n for n, v in facts["libraries"].items() if not v]  # type: ignore[attr-defined]
    unsound = [n for n, faults in facts["presets"].items() if faults]  # type: ignore[attr-defined]
    healthy = not missing and not unsound and sys.version_info >= (3, 11)
    if as_json:
        emit({**facts, "healthy": healthy})
    else:
        for key, value in facts.items():
            text = ", ".join(f"{k} {v if not isinstance(v, bool) else 'yes' if v else 'no'}" for k, v in value.items()) if isinstance(value, dict) else value
            click.echo(f"{key:<16} {text}")
        click.echo("ready" if healthy else f"not ready: {', '.join([*missing, *unsound]) or 'Python 3.11 or later is needed'}")
    return 0 if healthy else 5


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def memory() -> float:
    """Free memory [GiB], 0 when the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (ValueError, OSError, AttributeError):
        return 0.0


def presets() -> dict[str, int]:
    """Faults of each preset."""
    from ..spec import check, source
    from ..spec import presets as known

    return {name: len(check(*source(name))) for name in known()}
