"""The index answers as the journal would, can be made anew at any time, and follows the journal from several processes."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import LedgerError, UsageError
from mintage.ledger.codec import decode
from mintage.ledger.projection import Projection
from mintage.ledger.types import Account, Balance, Form, Limit, Transfer
from mintage.ledger.views import Posted
from tests.ledger.journals import ALICE, BEGIN, BOB, BURNED, DAY, PAY, SHOP, TOKEN, Journal, expiry, journals, town


@pytest.fixture
def index(tmp_path):
    """The index of the town's journal."""
    with closing(Projection(tmp_path / "net.index.db")) as found:
        assert found.catch_up(town()) == 11
        yield found


def transfers_of(journal):
    """Every transfer with its place, from the journal itself."""
    return [Posted(r.seq, i, b.time_ns, t) for r in journal.read() for b in [decode(r.body)] for i, t in enumerate(b.transfers)]


def replayed(journal, account, upto):
    """The totals of an account behind the transfers that `upto` takes, counted in the plainest way."""
    totals, began = [0, 0, 0, 0], {}
    for row in transfers_of(journal):
        t = row.transfer
        if not upto(row):
            break
        began[t.id] = t.amount
        for side, number in enumerate((t.debit, t.credit)):
            if number == account:
                totals[side] += t.amount if t.form in (Form.MOVE, Form.POST) else 0
                totals[2 + side] += t.amount if t.form == Form.PENDING else -began[t.pending] if t.form > Form.PENDING else 0
    return Balance(*totals)


@settings(max_examples=40, deadline=None)
@given(journals(), st.data())
def test_every_answer_is_what_a_replay_of_the_journal_gives(journal, data):
    rows = transfers_of(journal)
    with TemporaryDirectory() as home, closing(Projection(Path(home) / "i.db")) as index:
        half = data.draw(st.integers(0, len(journal.records)))
        index.catch_up(Journal(journal.records[:half]))
        index.catch_up(journal)
        assert index.mark() == journal.head()
        assert index.transfers().rows == rows
        for reason in (0, 1, 2):
            assert index.transfers(reason=reason).rows == [r for r in rows if r.transfer.reason == reason]
        for row in rows:
            assert index.find(row.transfer.id) == row.transfer
            assert index.ending(row.transfer.id) == next((r.transfer for r in rows if r.transfer.pending == row.transfer.id), None)
            for account in (row.transfer.debit, row.transfer.credit):
                assert index.balance_at(account, (row.seq, row.idx)) == replayed(journal, account, lambda r, at=row: r[:2] <= at[:2])
        for account in range(1, 6):
            mine = [r for r in rows if account in (r.transfer.debit, r.transfer.credit)]
            lines = index.statement(account).rows
            assert [line.id for line in lines] == [r.transfer.id for r in mine]
            assert [line.after for line in lines] == [replayed(journal, account, lambda r, at=row: r[:2] <= at[:2]) for row in mine]
            assert [(line.sign, line.counter) for line in lines] == [
                (-1, r.transfer.credit) if r.transfer.debit == account else (1, r.transfer.debit) for r in mine
            ]
            assert index.transfers(account=account, newest=True).rows == mine[::-1]
            for time in (BEGIN - 1, BEGIN, BEGIN + DAY, BEGIN + 5 * DAY):
                assert index.balance_at(account, time) == replayed(journal, account, lambda r, time=time: r.time_ns <= time)
        moved = [r.transfer for r in rows if r.transfer.form in (Form.MOVE, Form.POST)]
        for by in ("reason", "epoch"):
            keys = sorted({getattr(t, by) for t in moved})
            sums = [sum(t.amount for t in moved if getattr(t, by) == key) for key in keys]
            assert [(t.key, t.debits, t.credits) for t in index.totals(by)] == [(key, total, total) for key, total in zip(keys, sums, strict=True)]
        for total in index.totals("account", epoch=2**64 - 1):
            late = [t for t in moved if t.epoch == 2**64 - 1]
            assert total.debits == sum(t.amount for t in late if t.debit == total.key)
            assert total.credits == sum(t.amount for t in late if t.credit == total.key)


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_join_without_gap_or_repeat_also_when_the_journal_grows_between_them(index, limit, newest):
    whole, journal = index.transfers(newest=newest).rows, town()
    page = index.transfers(limit=limit, newest=newest)
    found = page.rows
    assert page.head == 4
    journal.move(Transfer(77, SHOP, 5, 1, PAY), days=4)
    index.catch_up(journal)
    while page.cursor:
        page = index.transfers(limit=limit, newest=newest, cursor=page.cursor)
        found = found + page.rows
    assert [r for r in found if r.transfer.id != 77] == whole
    assert (77 in [r.transfer.id for r in found]) == (not newest and limit < 100)


def test_filters_join(index):
    ids = [[row.transfer.id for row in index.transfers(**asked).rows] for asked in ({"account": BOB, "reason": PAY}, {"epoch": 1, "account": BURNED})]
    assert ids == [[3, 9, 10], [4]]
    between = index.transfers(since=BEGIN + DAY, until=BEGIN + 2 * DAY).rows
    assert [r.transfer.id for r in between] == [3, 4, 5]
    assert [line.id for line in index.statement(ALICE, since=BEGIN + DAY, until=BEGIN + DAY + 1, newest=True).rows] == [4, 3]
    assert index.transfers(since=BEGIN + 9 * DAY).rows == []


def test_accounts_are_found_by_what_is_written_and_the_nearest_is_named(index):
    assert index.number("users/RENDER:bob") == BOB
    assert index.number("shop/USD:anna b#3") == SHOP
    known = {k.number: k for k in index.accounts()}
    assert known[BOB] == (BOB, Account("RENDER", "users", "bob"), Limit.NO_OVERDRAFT | Limit.FROZEN)
    assert index.reasons()[PAY] == "jobs.pay"
    assert [(n.topic, n.seq) for n in index.notes().rows] == [("genesis", 1), ("freeze", 4)]
    assert [n.body for n in index.notes("freeze").rows] == [b"{}"]
    with pytest.raises(LedgerError, match=r"MT707 users/RENDER:bo: .* did you mean 'users/RENDER:bob'"):
        index.number("users/RENDER:bo")
    with pytest.raises(LedgerError, match="MT707"):
        index.balance_at(99)
    with pytest.raises(UsageError, match="MT710"):
        index.transfers(cursor="12")
    with pytest.raises(UsageError, match="MT710"):
        index.totals("colour")
    assert index.find(999) is None
    assert index.find(-1) is None


def test_an_index_of_another_journal_is_made_anew(index):
    other = Journal(town().records[:1])
    other.move(Transfer(3, ALICE, BOB, 31 * TOKEN, PAY, 1), days=1)
    index.catch_up(other)
    assert index.mark() == other.head()
    assert index.balance_at(BOB).credits == 31 * TOKEN
    index.catch_up(town())
    assert index.find(expiry(7)).form == Form.EXPIRE
    assert [p.name for p in index.path.parent.iterdir() if "part" in p.name] == []


def test_a_journal_that_does_not_follow_is_not_indexed(tmp_path):
    journal = town()
    journal.records[2] = journal.records[2]._replace(hash=bytes(32))
    with closing(Projection(tmp_path / "i.db")) as index:
        with pytest.raises(LedgerError, match="MT702 record 3"):
            index.catch_up(journal)
        assert index.mark()[0] == 0


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_file_that_is_no_index_is_replaced(tmp_path, content):
    (tmp_path / "i.db").write_bytes(content)
    with closing(Projection(tmp_path / "i.db")) as index:
        index.catch_up(town())
        assert index.balance_at(ALICE).posted == 1000 * TOKEN - 60 * TOKEN - 1
    with closing(sqlite3.connect(tmp_path / "i.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="MT703"):
        Projection(tmp_path / "i.db", read_only=True)
    with closing(Projection(tmp_path / "i.db")) as index:
        assert index.mark()[0] == 0


def test_several_may_catch_up_at_once_and_rebuild_while_others_read(tmp_path):
    journal = town()
    for n in range(300):
        journal.move(Transfer(10**6 + n, ALICE, BURNED, 1 + n % 7, PAY, n // 50), days=4 + n // 100)
    with closing(Projection(tmp_path / "i.db")) as one, closing(Projection(tmp_path / "i.db")) as two, closing(Projection(tmp_path / "i.db", True)) as reader:

        def follow(index):
            for n in range(4, 305, 10):
                index.catch_up(Journal(journal.records[:n]) if n > index.mark()[0] else journal)

        with ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(follow, one), pool.submit(follow, two)]
            while not all(job.done() for job in jobs):
                page = reader.statement(BURNED, limit=1000)
                assert len(page.rows) == (page.head > 1) + max(0, page.head - 4)
            for job in jobs:
                job.result()
            assert one.mark() == two.mark() == journal.head()
            rebuilt = pool.submit(one.rebuild, journal)
            while not rebuilt.done():
                assert reader.find(10**6) is not None
            assert rebuilt.result() == 311
        assert two.balance_at(BURNED).credits == 5 * TOKEN + sum(1 + n % 7 for n in range(300))
        assert two.catch_up(journal) == 0
