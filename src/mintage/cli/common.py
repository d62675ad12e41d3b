"""What commands share: the spec argument, sizes, progress on stderr, tables on stdout."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..errors import Fault, UsageError
from .words import specs

STATUS = "mintage.status"
SPEC = click.argument("spec", metavar="SPEC", shell_complete=specs)
SPEC_OR_LEDGER = click.argument("spec", metavar="[SPEC]", required=False, shell_complete=specs)


def sizes(paths: int, *, steps: bool = True) -> Callable[[Any], Any]:
    """--paths, --seed, --workers and, where it makes sense, --steps."""

    def add(command: Any) -> Any:
        command = click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to use.")(command)
        if steps:
            command = click.option("--steps", type=click.IntRange(1, 10**7), help="Steps to run instead of the spec's horizon.")(command)
        command = click.option("--seed", type=click.IntRange(0, 2**128 - 1), default=1, show_default=True, help="The same seed gives the same futures.")(
            command
        )
        return click.option("--paths", type=click.IntRange(1, 10**9), default=paths, show_default=True, help="Futures to simulate.")(command)

    return add


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value to stdout.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="No progress, no messages.")


def twin(text: str) -> str:
    """The Python twin at the end of a command's help."""
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return f"\b\nIn Python:\n{lines}"


def open_spec(name: str) -> Any:
    """A spec by preset name, file, or either with `:SCENARIO`."""
    from ..compare import resolve

    return resolve(name)[1]


def one_of(spec: str | None, ledger: str | None, option: str) -> None:
    """Errors: a wrong usage unless just one of a spec and a ledger is named."""
    if spec is None and ledger is None:
        raise click.UsageError(f"Missing argument 'SPEC' (or {option} LEDGER)")
    if spec is not None and ledger is not None:
        raise click.UsageError(f"{option} takes the spec from the ledger: leave SPEC out")


def emit(value: Any) -> None:
    """JSON to stdout; numbers that JSON lacks become null."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=1))


def plain(value: Any) -> Any:
    """Python and NumPy values as JSON's."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def say(text: str, quiet: bool = False) -> None:
    """A message, to stderr."""
    if not quiet:
        click.echo(text, err=True)


def console() -> Any:
    """Tables go to stdout: coloured on a terminal, plain in a pipe."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # `main` knows what to do; rich would exit with 1, which means found wanting

    return Ours(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 110, highlight=False)


def folded(head: str, text: str) -> str:
    """`head` and `text`: folded under the text where a terminal is too narrow, one line in a pipe, where a search wants it whole."""
    if not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return head + text
    width = max(shutil.get_terminal_size().columns, len(head) + 30)
    return textwrap.fill(text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


def shown(quiet: bool) -> bool:
    """Whether somebody watches: a bar goes to a terminal only."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr when that is a terminal; `tick(what, done, total)` moves it."""
    if not shown(quiet):
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description:>16}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def tick(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for old in tasks.values():
                    bar.update(old, visible=False)
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield tick


def figure(x: float | None) -> str:
    """A number a person reads, as the charts write it: 545,789,379 is 546M."""
    from ..charts.values import short

    return short(x)


def settle(status: int) -> int:
    """Note the status that the command will end with before it prints: a reader who goes away early cannot change it then."""
    click.get_current_context().meta[STATUS] = status
    return status


def stopped(partial: bool, what: str) -> int:
    """The status of a result that an interrupt cut short, and a word about it: 130, or 0 when it is whole."""
    if partial:
        click.echo(f"partial: {what}", err=True)
    return 130 if partial else 0


def writable(path: Path | None) -> None:
    """Say before the futures are simulated, not after, that a result cannot be written. Errors: UsageError MT519."""
    if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK)):
        raise UsageError(Fault("MT519", str(path), "cannot be written", "a file in a folder you may write to"))
