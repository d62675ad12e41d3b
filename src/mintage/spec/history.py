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

LIMIT = 8 << 20  # [byte] of one file
READ = 4 * LIMIT  # [byte] of all files together
ROWS = 100_000  # of all records of a spec together


class History(Parameters):
    """Where a series stands and how it is read: value = scale x cell [unit], one each `every`."""

    file: str = option(..., "data:NAME.csv, or a CSV file beside the spec")
    column: str = option(..., "name of the column")
    every: int = count(1, "time between two rows, a duration or a number of steps", ge=1, unit="step")
    scale: Number = number("1", "1", "factor on every cell")
    unit: str = option("", "unit of a cell; empty: the parameter's own")
    source: str = option("", "key of [sources]")
    note: str = option("", "what to know about it")


class Record:
    """A column of numbers, and what it became in each unit that was asked for."""

    def __init__(self, cells: list[Decimal]) -> None:
        self.cells = cells
        self.kept: dict[tuple[str, str], tuple[Decimal, ...]] = {}


class Records:
    """The records of one load: a variant of a spec asks for the same as the spec, so each column is read once, its failure too."""

    def __init__(self, folder: File | None) -> None:
        self.folder, self.read = folder, 0
        self.columns: dict[tuple[str, str], list[Decimal] | SpecError] = {}
        self.records: dict[tuple[str, str, Decimal], Record] = {}

    def record(self, told: History) -> Record:
        """The record that `told` names, times its scale. Errors: as for `cells`."""
        key = told.file, told.column, told.scale
        if key not in self.records:
            found = self.cells(told.file, told.column)
            self.records[key] = Record(found if told.scale == 1 else [value * told.scale for value in found])
        return self.records[key]

    def cells(self, name: str, column: str) -> list[Decimal]:
        """The numbers of a column. Errors: SpecError MT121 for a file or column that is not there or not allowed, or a cell that is no number."""
        if (name, column) not in self.columns:
            try:
                self.columns[name, column] = self._numbers(name, column)
            except SpecError as error:
                self.columns[name, column] = error
        found = self.columns[name, column]
        if isinstance(found, SpecError):
            raise found
        return found

    def _numbers(self, name: str, column: str) -> list[Decimal]:
        found = _shipped(name.removeprefix("data:"), column) if name.startswith("data:") else self._own(name, column)
        for row, value in enumerate(found, 2):
            if not isinstance(value, Decimal) or hostile.unreasonable(value):
                raise SpecError(_fault(name, f"row {row} of '{column}' is {'empty' if value is None else 'not a number'}", "a number in every row"))
        return found

    def _own(self, name: str, column: str) -> list[Any]:
        path = _beside(name, self.folder)
        if self.read > READ:
            raise SpecError(_fault(name, f"{self.read:,} bytes of histories are read already", f"at most {READ:,} in all"))
        text = hostile.read(path, LIMIT)
        self.read += len(text)
        lines = csv.reader(text.removeprefix("\ufeff").split("\n"))
        out: list[Any] = []
        try:
            head = next(lines, [])
            if column not in head:
                raise SpecError(_fault(name, f"has no column '{column[:60]}'", "a column of the file", nearest(column[:60], head)))
            at = head.index(column)
            for row in filter(None, lines):
                if len(out) == ROWS:
                    raise SpecError(_fault(name, f"has more than {ROWS:,} rows", f"at most {ROWS:,}"))
                out.append(_number(row[at]) if at < len(row) else None)
        except csv.Error as error:
            raise SpecError(_fault(name, f"is not CSV: {error}", "rows with commas between cells")) from None
        return out


def _shipped(name: str, column: str) -> list[Any]:
    try:
        table = data.read(name.removesuffix(".csv"))
    except MintageError as error:
        raise SpecError(_fault(name, error.faults[0].found, error.faults[0].expected, error.faults[0].hint)) from None
    if column not in table:
        raise SpecError(_fault(name, f"has no column '{column[:60]}'", "a column of the table", nearest(column[:60], table)))
    return table[column]


def _beside(name: str, folder: File | None) -> File:
    """The file of that name in the spec's folder. Errors: SpecError MT121 for one outside."""
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
    return path


def _number(cell: str) -> Decimal | str | None:
    try:
        return Decimal(cell) if cell else None
    except InvalidOperation:
        return cell


def _fault(name: str, found: str, expected: str, hint: str = "") -> Fault:
    return Fault("MT121", name[:80], found, expected, hint)
