"""`mintage ledger`: what it prints, the status it ends with, and that it writes nothing but what it was asked for."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing

import pytest

from mintage.errors import Fault, LedgerError
from mintage.ledger import SqliteStore, open_ledger, open_store
from tests.cli.command import call, spawn
from tests.ledger.journals import town


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The current folder, holding the town's ledger as net.db."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    with closing(SqliteStore("net.db")) as store:
        for record in town().read():
            store.append(record)
    return tmp_path


def said(capsys, *args, status=0):
    """What `mintage ledger args` prints to stdout."""
    assert call("ledger", *args) == status
    return capsys.readouterr().out


def data(capsys, *args, status=0):
    return json.loads(said(capsys, *args, "--json", status=status))


def damage(*statements):
    with closing(sqlite3.connect("net.db")) as db:
        db.executescript("DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete;" + ";".join(statements))


def test_verify_says_that_a_ledger_balances(capsys):
    out = said(capsys, "verify", "net.db")
    assert "RENDER: 1000.00000000 issued, 5.00000000 burned, supply 995.00000000\n" in out
    assert "4 records, 11 transfers, 6 accounts, 0 pending\n" in out
    assert out.endswith(f"record 4 {town().head()[1].hex()}: it balances\n")
    assert "compared: nothing else" in out
    said(capsys, "rebuild", "net.db")
    with open_ledger("net.db"):
        pass
    found = data(capsys, "verify", "net.db")
    assert (found["sound"], found["compared"], found["faults"]) == (True, ["snapshot 4", "index"], [])
    assert found["head"] == {"seq": 4, "hash": town().head()[1].hex()}
    assert data(capsys, "verify", "net.db", "--no-index")["compared"] == ["snapshot 4"]


def test_verify_exits_with_4_and_names_what_is_wrong(capsys):
    damage("UPDATE journal SET body = CAST(replace(body, x'0200000000', x'0300000000') AS BLOB) WHERE seq = 3", "DELETE FROM journal WHERE seq = 4")
    damaged = "INSERT INTO snapshots VALUES (4, x'00', x'00')"
    with closing(sqlite3.connect("net.db")) as db:
        db.executescript(damaged)
    out = said(capsys, "verify", "net.db", status=4)
    assert "MT702 record 3: does not have the hash that its content and the record before demand" in out
    assert "MT706 snapshot 4: stands at a record that was not read" in out
    assert "record 2 " in out and out.endswith("the last that is sound\n")
    found = data(capsys, "verify", "net.db", status=4)
    assert [f["code"] for f in found["faults"]] == ["MT702", "MT706"]


def test_a_reader_that_goes_away_does_not_change_the_verdict(home):
    damage("DELETE FROM journal WHERE seq = 2")
    with spawn("ledger", "verify", "net.db", cwd=home) as child:
        child.stdout.close()
        assert child.wait() == 4


def test_balances_are_in_whole_units_now_and_then(capsys):
    assert said(capsys, "balance", "net.db", "users/RENDER:alice") == "939.99999999\n"
    assert said(capsys, "balance", "net.db", "shop/USD:anna b#3") == "502.50\n"
    assert said(capsys, "balance", "net.db", "users/RENDER:alice", "--at", "2026-11-19T11:06:40Z") == "965.00000000\n"
    assert said(capsys, "balance", "net.db", "users/RENDER:alice", "--at", "2026-11-18") == "0.00000000\n"
    held = data(capsys, "balance", "net.db", "users/RENDER:alice", "--at", "2026-11-20T12:00")
    assert (held["balance"], held["available"], held["debits_pending"]) == ("965.00000000", "915.00000000", "50.00000000")
    rows = {row["account"]: row for row in data(capsys, "accounts", "net.db")}
    assert rows["issuance/RENDER"]["balance"] == "-1000.00000000"
    assert rows["users/RENDER:bob"]["limits"] == "no_overdraft, frozen"
    assert said(capsys, "accounts", "net.db", "--like", "bob").split()[-3:] == ["55.00000001", "no_overdraft,", "frozen"]


def test_a_statement_shows_the_balance_behind_each_line_page_by_page(capsys):
    page = data(capsys, "statement", "net.db", "users/RENDER:alice", "--limit", "3")
    assert [(row["amount"], row["balance"], row["other"]) for row in page["rows"]] == [
        ("1000.00000000", "1000.00000000", "issuance/RENDER"),
        ("-30.00000000", "970.00000000", "users/RENDER:bob"),
        ("-5.00000000", "965.00000000", "burned/RENDER"),
    ]
    rest = data(capsys, "statement", "net.db", "users/RENDER:alice", "--cursor", page["cursor"])
    assert [row["form"] for row in rest["rows"]] == ["pending", "pending", "pending", "expire", "post", "void"]
    assert rest["rows"][-1]["available"] == rest["rows"][-1]["balance"] == "939.99999999"
    assert rest["cursor"] == ""
    assert call("ledger", "statement", "net.db", "users/RENDER:alice", "--limit", "2", "--newest") == 0
    out, err = capsys.readouterr()
    assert "jobs.pay" in out
    assert err == "more: --cursor 4.1\n"


def test_transfers_are_filtered(capsys):
    def ids(*args):
        return [int(row["id"], 16) for row in data(capsys, "transfers", "net.db", *args)["rows"]]

    assert ids("--epoch", "1") == [3, 4, 5]
    assert ids("--reason", "jobs.pay", "--account", "users/RENDER:bob") == [3, 9, 10]
    assert ids("--since", "2026-11-19", "--until", "2026-11-20") == [3, 4, 5]
    assert ids("--newest", "--limit", "2") == [10, 9]
    assert said(capsys, "transfers", "net.db", "--epoch", "77") == ""


def test_export_backup_restore_and_rebuild_write_their_file_and_nothing_else(capsys, home):
    for args in (["export", "net.db", "t.csv"], ["backup", "net.db", "b.db"], ["restore", "b.db", "c.db", "--upto", "3"]):
        assert call("ledger", *args) == 0
        assert capsys.readouterr().out == ""
    with open("t.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 12
    assert data(capsys, "verify", "c.db")["head"]["seq"] == 3
    assert sorted(p.name for p in home.iterdir() if p.suffix != ".lock" and "-" not in p.name) == ["b.db", "c.db", "net.db", "t.csv"]
    assert call("ledger", "rebuild", "net.db") == 0
    assert capsys.readouterr().err == "indexed 11 transfers\n"


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["verify", "none.db"], 2, "MT709 none.db: is not there"),
        (["balance", "net.db", "users/RENDER:alic"], 2, "did you mean 'users/RENDER:alice'?"),
        (["balance", "net.db", "users/RENDER:alice", "--at", "noon"], 2, "MT710 time 'noon'"),
        (["transfers", "net.db", "--reason", "jobs.paid"], 2, "did you mean 'jobs.pay'?"),
        (["transfers", "net.db", "--cursor", "x"], 2, "MT710"),
        (["export", "net.db", "t.xlsx"], 2, "MT531 t.xlsx: ends in '.xlsx', expected .csv, .parquet, .beancount"),
        (["export", "net.db", "none/t.csv"], 2, "MT519"),
        (["backup", "net.db", "net.db"], 2, "MT519 net.db: is there already"),
        (["restore", "net.db", "x.db", "--upto", "9"], 2, "MT710 record 9: is not in net.db, expected a number from 1 to 4"),
        (["verfy", "net.db"], 2, "No such command 'verfy'"),
    ],
)
def test_wrong_words_say_what_to_do(args, status, says, capsys, home):
    before = sorted(p.name for p in home.iterdir())
    assert call("ledger", *args) == status
    out, err = capsys.readouterr()
    assert (out, says in err) == ("", True), err
    assert {p.name for p in home.iterdir()} - set(before) <= {"net.index.db", "net.index.db-wal", "net.index.db-shm", "net.db-wal", "net.db-shm"}


def test_a_ledger_on_postgresql_is_asked_proved_and_copied_to_a_file(capsys, postgres_server):
    dsn = postgres_server.fresh()
    assert call("ledger", "verify", dsn) == 2
    assert "MT709" in capsys.readouterr().err
    with closing(open_store(dsn)) as store:
        for record in town().read():
            store.append(record)
    assert said(capsys, "balance", dsn, "users/RENDER:alice") == "939.99999999\n"
    assert len(data(capsys, "transfers", dsn, "--account", "users/RENDER:bob")["rows"]) == 7
    found = data(capsys, "verify", dsn)
    assert (found["sound"], found["compared"]) == (True, ["index"])
    assert call("ledger", "backup", dsn, "copy.db") == call("ledger", "rebuild", dsn) == 0
    capsys.readouterr()
    assert data(capsys, "verify", "copy.db")["head"] == found["head"]


@pytest.mark.parametrize(
    ("code", "status"), [("MT702", 4), ("MT706", 4), ("MT701", 5), ("MT703", 5), ("MT705", 5), ("MT708", 5), ("MT704", 2), ("MT707", 2), ("MT711", 2)]
)
def test_only_a_ledger_that_does_not_balance_ends_with_4(code: str, status: int) -> None:
    assert LedgerError(Fault(code, "ledger", "found")).exit_status == status
