"""The one file that a spec may name: a recorded series for the process `history`.

    history = { file = "data:render_bme_weekly.csv", column = "burned_usd", every = "7 days", unit = "USD/week", source = "S9" }

`data:` names a table that ships with Mintage. Any other name is a path inside the spec's own folder; links out of it are refused.
"""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path as File
from typing import Any

from .. import data
from ..errors import Fault, MintageError, SpecError, nearest
from ..mechanisms.base import Number, Parameters, count, number, option
from . import hostile

LIMIT = 8 << 20
ROWS = 100_000


class History(Parameters):
    """Where a series stands and how it is read: value = scale x cell [unit], one each `every`."""

    file: str = option(..., "data:NAME.csv, or a CSV file beside the spec")
    column: str = option(..., "name of the column")
    every: int = count(1, "time between two rows, a duration or a number of steps", ge=1, unit="step")
    scale: Number = number("1", "1", "factor on every cell")
    unit: str = option("", "unit of a cell; empty: the parameter's own")
    source: str = option("", "key of [sources]")
    note: str = option("", "what to know about it")


def cells(name: str, column: str, folder: File | None) -> list[Decimal]:
    """The numbers of a column. Errors: SpecError MT121 for a file or column that is not there or not allowed, or a cell that is no number."""
    found = _shipped(name.removeprefix("data:"), column) if name.startswith("data:") else _own(name, column, folder)
    for row, value in enumerate(found, 2):
        if not isinstance(value, Decimal) or hostile.unreasonable(value):
            raise SpecError(_fault(name, f"row {row} of '{column}' is {'empty' if value is None else 'not a number'}", "a number in every row"))
    return found


def _shipped(name: str, column: str) -> list[Any]:
    try:
        table = data.read(name.removesuffix(".csv"))
    except MintageError as error:
        raise SpecError(_fault(name, error.faults[0].found, error.faults[0].expected, error.faults[0].hint)) from None
    if column not in table:
        raise SpecError(_fault(name, f"has no column '{column[:60]}'", "a column of the table", nearest(column[:60], table)))
    return table[column]


def _own(name: str, column: str, folder: File | None) -> list[Any]:
    if folder is None:
        raise SpecError(_fault(name, "a spec without a folder names a file", "a table that ships with Mintage, data:NAME.csv"))
    home = folder.resolve()
    try:
        path = (home / name).resolve()
        inside = path.is_relative_to(home) and not File(name).is_absolute()
    except (OSError, ValueError, RuntimeError):
        inside = False
    if not inside or "\\" in name or ".." in File(name).parts:
        raise SpecError(_fault(name, "leads out of the spec's folder", "a relative path inside it, without links out of it"))
    lines = csv.reader(hostile.read(path, LIMIT).removeprefix("\ufeff").split("\n"))
    try:
        head = next(lines, [])
        if column not in head:
            raise SpecError(_fault(name, f"has no column '{column[:60]}'", "a column of the file", nearest(column[:60], head)))
        at = head.index(column)
        rows = [row for row in lines if row]
    except csv.Error as error:
        raise SpecError(_fault(name, f"is not CSV: {error}", "rows with commas between cells")) from None
    if len(rows) > ROWS:
        raise SpecError(_fault(name, f"has {len(rows):,} rows", f"at most {ROWS:,}"))
    return [_number(row[at]) if at < len(row) else None for row in rows]


def _number(cell: str) -> Decimal | str | None:
    try:
        return Decimal(cell) if cell else None
    except InvalidOperation:
        return cell


def _fault(name: str, found: str, expected: str, hint: str = "") -> Fault:
    return Fault("MT121", name[:80], found, expected, hint)
