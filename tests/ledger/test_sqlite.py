"""What is SQLite's own: one process at a time, rows that cannot change, damage, a full disk, schemas of other versions, a killed writer."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from mintage.errors import LedgerError
from mintage.ledger import Account, Ledger, Limit, Record, Result, SqliteStore, Transfer
from mintage.ledger.migrations import MIGRATIONS
from mintage.ledger.store import GENESIS

ISSUE, ANN = 1, 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def begin(path: Path) -> Ledger:
    ledger = Ledger(SqliteStore(path))
    ledger.execute(lambda d: [d.open(Account("USD", "issuance"), Limit.NONE), d.open(Account("USD", "cash", "ann"))])
    return ledger


def grown(path: Path, records: int = 40, size: int = 50) -> None:
    """A ledger on disk with some records, closed."""
    with begin(path) as ledger:
        for k in range(records):
            assert set(ledger.transfer([Transfer(1 + k * size + i, ISSUE, ANN, 5) for i in range(size)])) == {Result.OK}


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        return [row for s in statements for row in db.execute(s).fetchall()]


def test_a_second_opening_is_told_who_has_it(path: Path) -> None:
    with begin(path), pytest.raises(LedgerError, match=r"MT701 .*is open in this process"):
        SqliteStore(path)
    with Ledger(SqliteStore(path)) as ledger:
        assert ledger.number(Account("USD", "cash", "ann")) == ANN


CHILD = """
import sys
from mintage.ledger import Account, Ledger, Limit, SqliteStore, Transfer
ledger = Ledger(SqliteStore(sys.argv[1]))
ledger.execute(lambda d: [d.open(Account("USD", "issuance"), Limit.NONE), d.open(Account("USD", "cash", "ann"))])
for k in range(10**6):
    ledger.transfer([Transfer(1 + 2 * k, 1, 2, 5), Transfer(2 + 2 * k, 1, 2, 6)])
    print(2 * k + 2, flush=True)
"""


def test_a_killed_writer_lost_nothing_that_it_had_answered_and_holds_nothing(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "src"})
    assert child.stdout
    answered = [int(child.stdout.readline()) for _ in range(30)]
    with pytest.raises(LedgerError, match=rf"MT701 .*is open in process {child.pid}"):
        SqliteStore(path)
    child.send_signal(signal.SIGKILL)
    answered += [int(line) for line in child.stdout.read().split("\n") if line]
    child.wait()
    child.stdout.close()
    with Ledger(SqliteStore(path)) as ledger:
        count = answered[-1]
        assert ledger.transfer([Transfer(i, 1, 2, 6 - i % 2) for i in range(1, count + 1)]) == [Result.EXISTS] * count
        total = ledger.balance(ANN).credits
        assert total % 11 == 0  # whole records only
        assert total >= 11 * count // 2
        assert ledger.total("USD") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = x'00' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 41",
        "INSERT INTO journal VALUES (99, x'00', x'00')",
        "INSERT INTO journal VALUES (1, x'00', x'00')",
    ],
)
def test_the_journal_can_only_grow(path: Path, statement: str) -> None:
    grown(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql(path, statement)


def test_a_journal_that_was_changed_by_force_is_refused_and_left_as_it_is(path: Path) -> None:
    grown(path)
    sql(path, "DROP TRIGGER journal_no_update", "UPDATE journal SET body = CAST(body || x'00' AS BLOB) WHERE seq = 20")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(LedgerError, match=r"MT702 record 20: does not have the hash"):
            Ledger(SqliteStore(path))
    assert path.read_bytes() == before
    sql(path, "PRAGMA ignore_check_constraints = 1", "UPDATE journal SET body = 'text' WHERE seq = 10")
    with pytest.raises(LedgerError, match=r"MT702 record 10: is not kept as bytes"):
        Ledger(SqliteStore(path))


def test_a_row_taken_out_by_force_is_missed(path: Path) -> None:
    grown(path)
    sql(path, "DROP TRIGGER journal_no_delete", "DELETE FROM journal WHERE seq = 41")
    with pytest.raises(LedgerError, match=r"MT702 record 41: is missing: a snapshot of record 41 is there"):
        Ledger(SqliteStore(path))


@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.7])
def test_a_damaged_page_is_refused_and_nothing_is_written(path: Path, fraction: float) -> None:
    grown(path)
    data = bytearray(path.read_bytes())
    page = int(len(data) * fraction) // 8192 * 8192
    data[page : page + 8192] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="MT702"):
        Ledger(SqliteStore(path))
    assert path.read_bytes() == bytes(data)


def test_a_torn_file_is_refused(path: Path) -> None:
    grown(path)
    path.write_bytes(path.read_bytes()[: 9 * 8192 + 100])
    with pytest.raises(LedgerError, match="MT702"):
        Ledger(SqliteStore(path))


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    path.write_bytes(b"once upon a time, " * 1000)
    with pytest.raises(LedgerError, match=r"MT702 .*not a database"):
        SqliteStore(path)
    assert path.read_bytes() == b"once upon a time, " * 1000
    other = path.with_name("other.db")
    sql(other, "CREATE TABLE cats(name)")
    with pytest.raises(LedgerError, match=r"MT708 .*another program"):
        SqliteStore(other)


def test_a_full_disk_refuses_the_batch_at_hand_and_goes_on_when_there_is_room(path: Path) -> None:
    with begin(path) as ledger:
        assert ledger.transfer([Transfer(1, ISSUE, ANN, 5)]) == [Result.OK]
        db = ledger.store._db  # type: ignore[attr-defined]
        db.execute("PRAGMA max_page_count = 8")
        many = [Transfer(100 + i, ISSUE, ANN, 5) for i in range(2000)]
        with pytest.raises(LedgerError, match=r"MT703 .*database or disk is full.*make room"):
            ledger.transfer(many)
        assert ledger.balance(ANN).credits == 5
        assert ledger.transfer([Transfer(2, ISSUE, ANN, 5), Transfer(1, ISSUE, ANN, 5)]) == [Result.OK, Result.EXISTS]
        db.execute("PRAGMA max_page_count = 100000")
        assert ledger.transfer(many) == [Result.OK] * 2000
    with Ledger(SqliteStore(path)) as ledger:
        assert ledger.balance(ANN).credits == 2002 * 5


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"MT703 .*cannot be written: No such file"):
        SqliteStore(tmp_path / "none" / "ledger.db")


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    grown(path, 1)
    sql(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(LedgerError, match=r"MT708 .*has schema 99, expected at most 1"):
        SqliteStore(path)
    assert sql(path, "SELECT value FROM meta") == [("99",)]


def test_an_older_schema_is_brought_up_in_one_step_or_not_at_all(path: Path) -> None:
    grown(path)
    good, bad = ("CREATE TABLE more(x)",), ("CREATE TABLE other(x)", "CREATE TABLE more(x)")
    with pytest.raises(LedgerError, match="MT703"):
        SqliteStore(path, migrations=(*MIGRATIONS, good, bad))
    assert sql(path, "SELECT value FROM meta", "SELECT count(*) FROM sqlite_master WHERE name IN ('more', 'other')") == [("1",), (0,)]
    with Ledger(SqliteStore(path, migrations=(*MIGRATIONS, good))) as ledger:
        assert ledger.balance(ANN).credits == 40 * 50 * 5
    assert sql(path, "SELECT value FROM meta", "SELECT count(*) FROM more") == [("2",), (0,)]
    with pytest.raises(LedgerError, match="MT708"):
        SqliteStore(path)


def test_what_is_opened_again_is_what_was_closed(path: Path) -> None:
    grown(path)
    with Ledger(SqliteStore(path)) as ledger:
        assert (ledger.balance(ANN).credits, ledger.head[0], ledger.accounts()) == (10_000, 41, [Account("USD", "issuance"), Account("USD", "cash", "ann")])
    sql(path, "DELETE FROM snapshots")
    with Ledger(SqliteStore(path)) as again:
        assert (again.balance(ANN), again.head) == (ledger.balance(ANN), ledger.head)


def test_records_are_read_while_others_are_written_and_a_second_close_does_nothing(path: Path) -> None:
    store, hash = SqliteStore(path), GENESIS
    for seq in range(1, 40):
        body = str(seq).encode()
        hash = sha256(hash + body).digest()
        store.append(Record(seq, hash, body))
        if seq == 20:
            reader = store.read()
            assert next(reader).seq == 1
    assert [r.seq for r in reader] == list(range(2, 40))
    assert [r.seq for r in store.read(30, 35)] == [31, 32, 33, 34, 35]
    store.close()
    store.close()
    with pytest.raises(LedgerError, match="MT703"):
        store.head()
