"""Records that a spec replays: bounded together, read once, and cheap a row, however many variants ask for them."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mintage.errors import SpecError
from mintage.spec import check
from mintage.spec.history import ROWS, History, Records
from tests.spec.cases import TOWN


def replaying(number: int, file: str = "p.csv", more: str = "") -> str:
    """The town with `number` records."""
    table = '[signals.s{0}]\nunit = "fiat/token"\nstart = 1\n[[process]]\nuse = "history"\nname = "p{0}"\nsignal = "s{0}"\nhistory = {{ {1} }}\n'
    return TOWN + "".join(table.format(i, f'file = "{file}", column = "v"{more}') for i in range(number))


def written(folder: Path, rows: int) -> Path:
    (folder / "p.csv").write_text("v\n" + "".join(f"{1 + i % 7}.5\n" for i in range(rows)), "utf-8")
    return folder


def test_records_have_one_budget_of_rows(tmp_path: Path) -> None:
    folder = written(tmp_path, ROWS // 2)
    assert check(replaying(2), "x.toml", folder) == []
    text = replaying(4)
    found = check(text, "x.toml", folder)
    assert [(f.code, f.where) for f in found] == [("MT121", "p2.history.file"), ("MT121", "p3.history.file")]
    assert found[0].found == "p.csv: 50,000 rows beside the 100,000 of other records"
    assert [text.split("\n")[f.line - 1].partition(" ")[0] for f in found] == ["history", "history"]
    (only,) = check(replaying(1), "x.toml", written(tmp_path, ROWS + 1))
    assert (only.code, only.found) == ("MT121", "p.csv: has more than 100,000 rows")


def test_files_have_one_budget_of_bytes(tmp_path: Path) -> None:
    wide = "v" + f",{'x' * 100_000}" * 70
    for i in range(8):
        (tmp_path / f"{i}.csv").write_text(f"{wide}\n1,2\n", "utf-8")
    tables = "".join(replaying(i + 1, f"{i}.csv").removeprefix(replaying(i, f"{i}.csv")) for i in range(8))
    assert [(f.code, f.where) for f in check(TOWN + tables, "x.toml", tmp_path)] == [("MT121", f"p{i}.history.file") for i in (5, 6, 7)]


def test_a_column_is_read_once_and_so_is_its_failure(tmp_path: Path) -> None:
    records, told = Records(written(tmp_path, 3)), History(file="p.csv", column="v")
    missing = History(file="p.csv", column="w")
    first = records.record(told)
    with pytest.raises(SpecError, match="no column 'w'"):
        records.record(missing)
    (tmp_path / "p.csv").unlink()
    assert records.record(told) is first
    with pytest.raises(SpecError, match="no column 'w'"):
        records.record(missing)
    assert records.record(History(file="p.csv", column="v", scale=Decimal(2))).cells == [3, 5, 7]


def calls(text: str, folder: Path) -> int:
    """Calls of functions in a check: the work, without a clock."""
    seen = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal seen
        seen += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert check(text, "x.toml", folder) == []
    finally:
        sys.setprofile(before)
    return seen


@pytest.mark.parametrize("more", ["", ', unit = "bp*USD/token"'])
def test_a_row_costs_little_and_a_variant_next_to_nothing_more(tmp_path: Path, more: str) -> None:
    scenarios = "".join(f'[scenario.x{i}]\nset = {{ "p0.after" = "repeat" }}\n' for i in range(10))
    work = [[calls(replaying(2, more=more) + tail, written(tmp_path, rows)) for rows in (100, 4100)] for tail in ("", scenarios)]
    plain, varied = ((large - small) / 8000 for small, large in work)
    assert plain < 40
    assert varied - plain < 10  # of ten variants together


def test_a_record_of_a_unit_that_does_not_fit_is_told_once(tmp_path: Path) -> None:
    (fault,) = check(replaying(1, more=', unit = "USD/day"'), "x.toml", written(tmp_path, 50))
    assert (fault.code, fault.where) == ("MT132", "p0.values")


def test_every_odd_number_of_a_list_is_told() -> None:
    listed = replaying(1).replace('history = { file = "p.csv", column = "v" }', "values = [1, nan, 2, 1e70]")
    assert [(f.code, f.where) for f in check(listed, "x.toml")] == [("MT110", "p0.values.1"), ("MT110", "p0.values.3")]
