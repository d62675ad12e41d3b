"""What is exported says what the journal says: read again as CSV and Parquet, and booked a second time by beancount."""

from __future__ import annotations

import csv
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from beancount import loader
from beancount.core import data
from beancount.core.realization import iter_children, realize
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import LedgerError, UsageError
from mintage.ledger.beancount import Names
from mintage.ledger.codec import Batch, Opened
from mintage.ledger.export import COLUMNS, export
from mintage.ledger.types import AMOUNT_MAX, Account, Form, Limit, Transfer
from mintage.ledger.walk import Walk, clock, units
from tests.ledger.journals import BEGIN, PAY, TOKEN, Journal, expiry, journals, town


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def booked(path):
    """Balances as beancount keeps them, (account, commodity) -> number, and the transactions. It must have nothing to complain of."""
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    found = {}
    for account in iter_children(realize(entries)):
        found |= {(account.account, position.units.currency): position.units.number for position in account.balance}
    return found, [e for e in entries if isinstance(e, data.Transaction)]


def test_csv_has_a_row_a_transfer_with_names_and_exact_amounts(tmp_path):
    assert export(town(), tmp_path / "t.csv") == 11
    rows = rows_of(tmp_path / "t.csv")
    assert list(rows[0]) == list(COLUMNS)
    assert [int(r["id"], 16) for r in rows] == [1, 2, 3, 4, 5, 6, 7, 8, expiry(7), 9, 10]
    assert list(rows[9].values()) == [
        *("4", "1", clock(town_time(3)), f"{9:032x}", "POST", "users/RENDER:alice", "users/RENDER:bob", "RENDER"),
        *("25.00000001", "2500000001", "jobs.pay", "3", "False", f"{6:032x}", "0"),
    ]
    assert (rows[4]["amount"], rows[4]["credit"]) == ("2.50", "shop/USD:anna b#3")
    assert sum(Decimal(r["amount"]) for r in rows if r["reason"] == "mint") == 1000


def town_time(days):
    return BEGIN + days * 86_400 * 10**9


def test_parquet_has_the_rows_of_the_csv(tmp_path, monkeypatch):
    monkeypatch.setattr("mintage.ledger.export.AT_ONCE", 4)
    assert export(town(), tmp_path / "t.csv") == export(town(), tmp_path / "t.parquet") == 11
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.column_names == list(COLUMNS)
    for row, other in zip(table.to_pylist(), rows_of(tmp_path / "t.csv"), strict=True):
        assert clock(row.pop("time").value) == other.pop("time")
        assert {k: str(v) for k, v in row.items()} == other


def test_beancount_accepts_the_text_and_finds_our_balances(tmp_path):
    assert export(town(), tmp_path / "t.beancount") == 11
    balances, transactions = booked(tmp_path / "t.beancount")
    alice = Decimal(1000 - 30 - 5 - 25) - Decimal("0.00000001")
    assert balances == {
        ("Equity:Issuance:RENDER:All", "RENDER"): -1000,
        ("Assets:Users:RENDER:Alice", "RENDER"): alice,
        ("Assets:Users:RENDER:Bob", "RENDER"): 55 + Decimal("0.00000001"),
        ("Equity:Burned:RENDER:All", "RENDER"): 5,
        ("Equity:External:USD:All", "USD"): Decimal("-502.50"),
        ("Assets:Shop:USD:Anna-b-lot3", "USD"): Decimal("502.50"),
    }
    chain = next(t for t in transactions if int(t.meta["id"], 16) == 4)
    assert [p.units.currency for p in chain.postings] == ["RENDER", "RENDER", "USD", "USD"]
    assert (chain.narration, chain.meta["place"], chain.meta["epoch"]) == ("jobs.burn, jobs.pay", "2.1", "1")
    assert len(transactions) == 5
    assert (tmp_path / "t.beancount").read_text("utf-8").count(" balance ") == 6


def test_beancount_notices_when_a_posting_of_ours_is_changed(tmp_path):
    path = tmp_path / "t.beancount"
    export(town(), path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("30.00000000 RENDER", "30.00000001 RENDER"), "utf-8")
    assert len(loader.load_file(str(path))[1]) == 2  # two balances no longer hold, although the transaction itself is even


@settings(max_examples=25, deadline=None)
@given(st.one_of(journals(), journals(most=10**6)))
def test_beancount_books_any_journal_as_we_do(tmp_path_factory, journal):
    path = tmp_path_factory.mktemp("any") / "t.beancount"
    walk = Walk(journal.read())
    if any(len(str(step.moved).rstrip("0")) > 28 for step in walk.steps()):  # beancount's arithmetic has 28 digits
        with pytest.raises(UsageError, match="MT711 record"):
            export(journal, path)
        return
    export(journal, path)
    names = Names()
    ours = {(names.account(walk.accounts[n]), "T"): c - d for n, (d, c, _, _) in walk.unfold.running.items() if c != d}
    assert booked(path)[0] == ours


def test_names_that_beancount_does_not_take_become_names_of_their_own(tmp_path):
    journal = Journal()
    odd = ["a b", "a-b", "ä", "ö", "1x", '"; x', "\n", "#", "x" * 300, "Ab", "ab"]
    accounts = [Account("alpha 1", "pool/x", owner) for owner in odd] + [Account("alpha-1", "pool-x", "a b"), Account("1", "0kind"), Account("αβ", "käse")]
    opened = [Opened(n, account, Limit.NONE) for n, account in enumerate(accounts, 1)]
    moves = [Transfer(n, n, n % len(odd) + 1, n, PAY) for n in range(1, len(odd) + 1)]
    journal.add(Batch(BEGIN, opened, [(1, "x"), (PAY, 'a "reason"\nwith \\')], [], moves, []))
    export(journal, tmp_path / "t.beancount")
    names = Names()
    assert len({names.account(a) for a in accounts} | {names.asset(a.asset) for a in accounts}) == len(accounts) + 4
    balances, transactions = booked(tmp_path / "t.beancount")
    assert len(balances) == len(odd)
    assert transactions[0].narration == 'a "reason" with \\'
    rest = Journal()
    rest.add(Batch(BEGIN, opened, [(1, "x"), (2, "y")], [], [Transfer(1, 12, 13, 1, 1)], []))  # not sound, but names are all that is looked at
    export(rest, tmp_path / "rest.beancount")


def test_a_file_is_whole_or_not_there(tmp_path):
    journal = town()
    journal.records[3] = journal.records[3]._replace(body=journal.records[3].body[:-1])
    for ending in ("csv", "parquet", "beancount"):
        with pytest.raises(LedgerError, match="MT702"):
            export(journal, tmp_path / f"t.{ending}")
    with pytest.raises(UsageError, match="MT531"):
        export(town(), tmp_path / "t.xlsx")
    with pytest.raises(UsageError, match="MT519"):
        export(town(), tmp_path / "none/t.csv")
    assert list(tmp_path.iterdir()) == []
    seen = []
    assert export(town(), tmp_path / "t.csv", lambda done, of: seen.append((done, of)), upto=2) == 5
    assert seen == [(1, 2), (2, 2)]


def test_amounts_and_times_are_written_whole():
    assert [units(v, 2) for v in (0, 1, -1, 12345, AMOUNT_MAX)] == ["0.00", "0.01", "-0.01", "123.45", f"{AMOUNT_MAX // 100}.{AMOUNT_MAX % 100:02d}"]
    assert units(-TOKEN, 0) == str(-TOKEN)
    assert clock(1_795_000_000 * 10**9 + 7) == "2026-11-18T11:06:40.000000007Z"
    assert Form.MOVE.name == "MOVE"
