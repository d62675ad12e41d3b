"""The index in PostgreSQL answers as the one in SQLite does, and is filled by several at once."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings

from mintage.errors import LedgerError, ServiceError, UsageError
from mintage.ledger.codec import Batch, Limiting, Note, Opened, encode
from mintage.ledger.postgres import PostgresStore
from mintage.ledger.postgres_projection import PostgresProjection
from mintage.ledger.projection import Projection
from mintage.ledger.store import Record
from mintage.ledger.types import AMOUNT_MAX, Account, Form, Limit, Transfer

from .journals import Journal, journals
from .postgres import Server

ACCOUNTS = [
    Account("USD", "issuance"),
    Account("USD", "wallet", "ada"),
    Account("USD", "wallet", "bob#1"),
    Account("USD", "wallet", "bob", 1),
    Account("USD", "escrow", "\t\\N\n'ß"),
]


@pytest.fixture
def dsn(postgres_server: Server) -> str:
    return postgres_server.fresh()


@pytest.fixture
def journal(dsn: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(dsn)) as store:
        fill(store, 12)
        yield store


def fill(store: PostgresStore, records: int, begin: int = 0) -> None:
    """Batches of every form, each with some transfers."""
    dice, aside = random.Random(begin), []
    for n in range(begin, begin + records):
        opened = [Opened(i + 1, account, Limit.NONE) for i, account in enumerate(ACCOUNTS)] if n == 0 else []
        reasons = [(n + 1, f"reason {n} \\ ß")] if n < 3 else []
        limits = [Limiting(2, Limit.FROZEN, "why")] if n == 5 else []
        transfers = []
        for k in range(n % 5 * 3):
            debit, credit = dice.sample(range(1, 6), 2)
            form = dice.choice([Form.MOVE, Form.PENDING, *([Form.POST, Form.VOID, Form.EXPIRE] if aside else [])])
            amount, ends = dice.choice([1, 10**24, AMOUNT_MAX // 10**4]), aside.pop() if form > Form.PENDING else None
            id = 2**128 - 1 - n * 1000 - k
            transfers.append(
                Transfer(id, debit, credit, amount, 1 + n % 3, n // 4, form)
                if ends is None
                else Transfer(id, 0, 0, min(amount, ends.amount) if form == Form.POST else 0, 1, n // 4, form, k % 2 == 1, ends.id)
            )
            if form == Form.PENDING:
                aside.append(transfers[-1])
        notes = [Note("job" if n % 2 else "vote", bytes([n]), 0, len(transfers))] * (n % 3)
        body = encode(Batch(1000 + n * 10, opened, reasons, limits, transfers, notes))
        with store.turn():
            seq, last = store.head()
            store.append(Record(seq + 1, hashlib.sha256(last + body).digest(), body))


def asked(index: Projection | PostgresProjection, names: Iterable[object] = ACCOUNTS) -> Iterator[object]:
    """Every question, with every answer that it has."""
    yield index.mark()
    yield index.accounts()
    yield index.reasons()
    yield [index.number(str(account)) for account in names]
    for newest in (False, True):
        for account in (None, *range(1, 7)):
            for span in ({}, {"since": 1050}, {"until": 1071}, {"since": 1030, "until": 1090}, {"since": 9999}):
                if account is not None:
                    yield index.statement(account, **span, newest=newest)
                yield index.transfers(account, **span, newest=newest)
                yield index.transfers(account, reason=2, epoch=1, **span, newest=newest)
        yield pages(index, newest)
    for row in index.transfers(limit=1000).rows:
        yield index.find(row.transfer.id), index.where(row.transfer.id)
        yield index.ending(row.transfer.id)
    yield [index.find(id) for id in (0, 1, 2**128, -1)]
    for account in range(1, 6):
        for moment in (None, 0, 1045, 1110, 2**70, (0, 0), (7, 1), (9, 10**6)):
            yield index.balance_at(account, moment)
    for by in ("reason", "epoch", "account"):
        yield [index.totals(by), index.totals(by, reason=1), index.totals(by, epoch=2), index.totals(by, reason=3, epoch=0)]
    yield [index.notes(), index.notes("job"), index.notes("none"), index.notes(limit=3)]
    yield index.notes("vote", limit=2, cursor=index.notes("vote", limit=2).cursor)


def pages(index: Projection | PostgresProjection, newest: bool) -> list[object]:
    cursor, found = "", []
    while True:
        page = index.statement(2, limit=2, cursor=cursor, newest=newest)
        found += page.rows
        cursor = page.cursor
        if not cursor:
            return found


def test_every_answer_is_that_of_the_index_in_sqlite(journal: PostgresStore, dsn: str, tmp_path: Path) -> None:
    with closing(Projection(tmp_path / "index.db")) as small, closing(PostgresProjection(dsn)) as large:
        for _ in range(2):
            assert large.catch_up(journal) == small.catch_up(journal) > 0
            for there, here in zip(asked(small), asked(large), strict=True):
                assert here == there
            fill(journal, 9, begin=12)
        assert len(list(asked(large))) > 150


def test_every_answer_is_that_of_the_index_in_sqlite_on_any_journal(dsn: str, tmp_path: Path) -> None:
    with closing(Projection(tmp_path / "index.db")) as small, closing(PostgresProjection(dsn)) as large:

        @settings(max_examples=6, deadline=None)
        @given(journals())
        def alike(journal: Journal) -> None:  # each unlike the last, so both are made anew
            assert large.catch_up(journal) == small.catch_up(journal)
            assert list(asked(large, ["users/T:u3"])) == list(asked(small, ["users/T:u3"]))

        alike()


def test_several_fill_it_at_once_without_a_row_too_many(journal: PostgresStore, dsn: str) -> None:
    errors: list[BaseException] = []

    def work(begin: int) -> None:
        try:
            with closing(PostgresProjection(dsn)) as index, closing(PostgresStore(dsn)) as store:
                for n in range(5):
                    fill(store, 1, begin=begin + n)
                    index.catch_up(store)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[begin]) for begin in (20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(PostgresProjection(dsn)) as index:
        assert index.catch_up(journal) == 0
        grown = list(asked(index))
        assert index.rebuild(journal) == len(index.transfers(limit=1000).rows)
        assert list(asked(index)) == grown


def test_an_index_of_another_journal_is_made_anew(journal: PostgresStore, dsn: str, postgres_server: Server) -> None:
    with closing(PostgresProjection(dsn)) as index, closing(PostgresStore(postgres_server.fresh())) as store:
        index.catch_up(journal)
        before = list(asked(index))
        fill(store, 9)
        assert index.catch_up(store) > 0
        assert index.mark() == store.head()
        index.catch_up(journal)
        assert list(asked(index)) == before


def test_a_chunk_that_breaks_leaves_the_index_where_it_stood(journal: PostgresStore, dsn: str, postgres_server: Server) -> None:
    class Broken(PostgresStore):
        def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
            for record in super().read(after, upto):
                if record.seq == 7:
                    raise KeyboardInterrupt
                yield record

    with closing(PostgresProjection(dsn)) as index, closing(Broken(dsn)) as broken:
        with pytest.raises(KeyboardInterrupt):
            index.catch_up(broken)
        assert index.mark()[0] == 0
        index.catch_up(journal)
        before = list(asked(index))
        with pytest.raises(KeyboardInterrupt):
            index.rebuild(broken)
        assert list(asked(index)) == before


def test_a_damaged_journal_is_not_indexed(journal: PostgresStore, dsn: str) -> None:
    class Damaged(PostgresStore):
        def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
            for record in super().read(after, upto):
                yield record._replace(body=record.body + b"!") if record.seq == 5 else record

    with closing(PostgresProjection(dsn)) as index, closing(Damaged(dsn)) as damaged, pytest.raises(LedgerError, match="MT702 record 5"):
        index.catch_up(damaged)


def test_a_server_that_was_restarted_is_found_again(journal: PostgresStore, dsn: str, postgres_server: Server) -> None:
    with closing(PostgresProjection(dsn)) as index:
        index.catch_up(journal)
        before = list(asked(index))
        postgres_server.crash()
        with pytest.raises(LedgerError, match="MT703"):
            index.accounts()
        postgres_server.start()
        index.catch_up(journal)
        assert list(asked(index)) == before


def test_who_only_reads_makes_nothing_and_changes_nothing(journal: PostgresStore, dsn: str) -> None:
    with closing(PostgresProjection(dsn, read_only=True)) as index, pytest.raises(LedgerError, match="MT703"):
        index.accounts()
    with closing(PostgresProjection(dsn)) as index:
        index.catch_up(journal)
    with closing(PostgresProjection(dsn, read_only=True)) as index:
        assert index.mark() == journal.head()
        with pytest.raises(LedgerError, match=r"MT703 .*reading only"):
            index.rebuild(journal)


def test_an_older_index_is_made_anew_and_a_newer_one_refused(journal: PostgresStore, dsn: str, postgres_server: Server) -> None:
    with closing(PostgresProjection(dsn)) as index:
        index.catch_up(journal)
    postgres_server.sql(f"UPDATE {journal.schema}.index_meta SET version = 0")
    with closing(PostgresProjection(dsn)) as index:
        assert index.mark()[0] == 0
    postgres_server.sql(f"UPDATE {journal.schema}.index_meta SET version = 99")
    with pytest.raises(LedgerError, match=r"MT708 .*has version 99"):
        PostgresProjection(dsn)


def test_wrong_questions_are_said(journal: PostgresStore, dsn: str) -> None:
    with closing(PostgresProjection(dsn)) as index:
        index.catch_up(journal)
        with pytest.raises(LedgerError, match=r"MT707 .*did you mean 'wallet/USD:ada'"):
            index.number("wallet/USD:adda")
        with pytest.raises(LedgerError, match="MT707"):
            index.balance_at(99)
        with pytest.raises(UsageError, match="MT710"):
            index.totals("colour")
        with pytest.raises(UsageError, match="MT710"):
            index.transfers(cursor="yesterday")
    with pytest.raises(ServiceError, match="MT703"):
        PostgresProjection("postgresql://127.0.0.1:9/ledger")
