"""The command line: one command per file, imported only when called, so that `mintage --help` starts at once."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .. import __version__
from ..errors import Fault, MintageError, UsageError

COMMANDS = {
    "new": "copy a preset to a file of your own",
    "check": "find every fault of a spec in one go",
    "simulate": "many futures of a spec, kept or summed up",
    "evaluate": "judge a spec: six points, red flags, named tests",
    "report": "judge a spec and write one HTML file",
    "chart": "one chart as SVG, PNG or JSON",
    "compare": "designs or scenarios on the same futures",
    "sweep": "many variants: grid, lists, Sobol sample",
    "validate": "published numbers beside computed ones",
    "calibrate": "fit demand and price to a record, and forecast",
    "serve": "run a network: API, clock, ledger",
    "replay": "prove a live network from its journal",
    "shadow": "what a change would have done to a live network",
    "ledger": "verify, query, export, back up a ledger",
    "explain": "what a code, test, flag or metric means",
    "mechanisms": "the vocabulary: names, parameters, events",
    "networks": "the presets that ship",
    "schema": "JSON Schema of the spec or the document",
    "doctor": "is this machine ready",
    "completion": "shell completion script",
}


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class ReaderGone(Exception):
    """The reader of our output went away. Click would exit with 1 on a BrokenPipeError, which here means judged and found wanting.

    `status` is the command's own where it was known before it printed, so that a gate in a pipe still says no.
    """

    def __init__(self, status: int = 0) -> None:
        self.status = status


@contextmanager
def piped(ctx: click.Context | None = None) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        from .common import STATUS

        raise ReaderGone(ctx.meta.get(STATUS, 0) if ctx else 0) from error


class Lazy(click.Group):
    """Knows its commands by name and help line; imports one when it is called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with piped():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with piped(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f".{name}", __name__).command
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from ..errors import nearest

            raise UsageError(Fault("MT517", f"'{args[0][:40]}'", "no such command", "a command of mintage --help", nearest(args[0], COMMANDS)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, invoke_without_command=False)
@click.version_option(__version__, prog_name="mintage")
@click.option("--debug", is_flag=True, help="Show the traceback of an error nobody foresaw.")
def cli(debug: bool) -> None:
    """Design, prove and run the token economy of an AI network.

    Start with: mintage report render
    """


def main(args: list[str] | None = None) -> None:
    """Run a command and exit with its status: 0 good, 1 judged and found wanting, 2 wrong usage, 3 spec invalid, 4 a ledger
    that does not balance or refuses, 5 an outside service or
    extra is missing, 70 a mistake of ours, 130 interrupted."""
    args = sys.argv[1:] if args is None else args
    try:
        status = cli.main(args=args, prog_name="mintage", standalone_mode=False)
    except MintageError as error:
        click.echo(str(error), err=True)
        status = error.exit_status
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = 130
    except ReaderGone as gone:
        mute()
        status = gone.status
    except Exception as error:
        status = unforeseen(error, "--debug" in args)
    sys.exit(status if isinstance(status, int) else 0)


def unforeseen(error: Exception, debug: bool) -> int:
    """The status of an error without a code: an output that is full is nobody's mistake, all else is ours."""
    if isinstance(error, OSError) and error.errno in FULL:
        mute()
        click.echo(str(UsageError(Fault("MT519", "the output", f"cannot be written ({error.strerror})", "a file or device with room for it"))), err=True)
        return UsageError.exit_status
    if debug:
        raise error
    click.echo(f"MT599 an error nobody foresaw: {type(error).__name__}: {error}\nPlease report it; `mintage --debug ...` shows where it happened.", err=True)
    return 70


def mute() -> None:
    """Let what is left in the buffer of stdout be flushed to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
