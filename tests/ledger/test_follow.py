"""A ledger whose ids are in the index answers as one that has them all in memory."""

from __future__ import annotations

import time

import pytest

from mintage.ledger import Account, Form, Limit, Result, Transfer, open_ledger
from mintage.ledger.audit import audit
from mintage.ledger.follow import Follower
from mintage.ledger.look import Look


def begin(draft):
    draft.open(Account("T", "issuance"), Limit.NONE)
    draft.open(Account("T", "users", "a"))
    draft.open(Account("T", "users", "b"))


def until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.parametrize("keep", [0, 10, 10**6])
def test_a_ledger_that_let_go_of_its_ids_still_knows_them(tmp_path, keep):
    url = str(tmp_path / "net.db")
    sent = [[Transfer(100 * n + i, 1, 2 + i % 2, 5 + i, 0, n) for i in range(1, 8)] for n in range(20)]
    aside = [Transfer(9001, 2, 3, 4, form=Form.PENDING), Transfer(9002, 2, 3, 4, form=Form.PENDING)]
    ends = [Transfer(9101, 0, 0, 4, form=Form.POST, pending=9001), Transfer(9102, 0, 0, 0, form=Form.VOID, pending=9002)]
    ledger = open_ledger(url)
    follower = Follower(ledger, url, keep)
    ledger.execute(begin)
    for batch in [*sent, aside, ends]:
        assert ledger.transfer(batch) == [Result.OK] * len(batch)
    until(lambda: follower.index.mark() == ledger.head)
    if keep < 10**6:
        until(lambda: len(ledger._books.recent) <= keep + 7)  # a record goes whole
    for batch in [*sent, aside, ends]:
        assert ledger.transfer(batch) == [Result.EXISTS] * len(batch)
    assert ledger.transfer([Transfer(101, 1, 2, 99)]) == [Result.EXISTS_DIFFERENT]
    again = [Transfer(9103, 0, 0, 4, form=Form.POST, pending=9001), Transfer(9104, 0, 0, 0, form=Form.VOID, pending=9002)]
    assert ledger.transfer(again) == [Result.PENDING_POSTED, Result.PENDING_VOIDED]
    head = ledger.head
    ledger.close()
    follower.close()
    with open_ledger(url) as reopened:  # what it let go of, it knows by the snapshot
        assert reopened.head == head
        assert reopened.transfer(sent[0]) == [Result.EXISTS] * 7
    with Look(url) as look:
        assert audit(look.journal, look.index_as_it_is()).faults == []
