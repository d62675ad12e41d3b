"""Tables that ship with Mintage: history to calibrate on. Where each comes from stands in this folder's README.

A column is read as one kind: dates where all its cells are ISO dates, Decimals where all are numbers, else text. An empty cell is
None: missing data, never zero.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ..errors import Fault, UsageError, nearest


def names() -> list[str]:
    """The names `read` knows: a table's file name without its suffix."""
    return sorted(f.name.removesuffix(".csv") for f in files(__name__).iterdir() if f.name.endswith(".csv"))


@contextmanager
def path(name: str) -> Iterator[Path]:
    """The table `name` as a file on disk, for as long as the `with` block lasts.

    Raises UsageError MT410 for a name that is not shipped.
    """
    if name not in names():
        raise UsageError(Fault("MT410", name, "no table of this name is shipped", "a shipped table", nearest(name, names())))
    with as_file(files(__name__) / f"{name}.csv") as file:
        yield file


def read(name: str) -> dict[str, list[Any]]:
    """The columns of table `name`, in the file's order, each a list with one value a row: date, Decimal, str or None.

    Raises UsageError MT410 for a name that is not shipped.
    """
    with path(name) as file, file.open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    return {column: _column(cells) for column, cells in zip(head, zip(*rows, strict=True), strict=True)}


def _column(cells: tuple[str, ...]) -> list[Any]:
    kinds: tuple[Callable[[str], Any], ...] = (date.fromisoformat, Decimal)
    for kind in kinds:
        try:
            return [kind(cell) if cell else None for cell in cells]
        except (ValueError, InvalidOperation):
            continue
    return [cell or None for cell in cells]
