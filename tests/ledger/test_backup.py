"""A copy is taken while the ledger is written to, is proved, never overwrites, and goes back to any record."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from mintage.errors import Fault, LedgerError, UsageError
from mintage.ledger import SqliteStore, open_ledger
from mintage.ledger.audit import audit
from mintage.ledger.backup import backup, restore
from mintage.ledger.look import Look, ReadOnly, index_path, moment
from mintage.ledger.projection import Projection
from tests.cli.command import ENV
from tests.ledger.journals import ALICE, BEGIN, BURNED, PAY, TOKEN, Transfer, town

BUSY = """
import sys, time
from mintage.ledger import Transfer, open_ledger
with open_ledger(sys.argv[1]) as ledger:
    n = 10**6
    print("ready", flush=True)
    while True:
        n += 1
        ledger.transfer([Transfer(n, 5, 6, 1, 2)])
"""


@pytest.fixture
def ledger(tmp_path):
    """The town's ledger in a file."""
    path = tmp_path / "net.db"
    with closing(SqliteStore(path)) as store:
        for record in town().read():
            store.append(record)
    with open_ledger(str(path)):
        pass  # leaves a snapshot
    return path


def names(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith((".lock", "-wal", "-shm")))


def test_a_ledger_in_use_by_another_process_is_copied_queried_and_proved(ledger, tmp_path):
    child = subprocess.Popen([sys.executable, "-c", BUSY, str(ledger)], stdout=subprocess.PIPE, env=ENV)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(LedgerError, match="MT701"):
            SqliteStore(ledger)
        heads = []
        for n in range(3):
            heads.append(backup(str(ledger), tmp_path / f"b{n}.db").seq)
            with Look(str(ledger)) as look:
                index = look.index()
                assert index.mark()[0] >= heads[-1]
                assert audit(look.journal, index).faults == []
        assert child.poll() is None
    finally:
        child.kill()
        child.communicate()
    assert heads == sorted(heads) and heads[-1] > 4
    with open_ledger(str(tmp_path / "b2.db")) as copy:  # a copy is a ledger
        assert copy.head[0] == heads[-1]
        assert copy.transfer([Transfer(5, 5, 6, 250, PAY, 1)])[0].name == "EXISTS"
    with open_ledger(str(ledger)) as first:
        assert first.head[0] >= heads[-1]


def test_a_restored_ledger_is_the_one_that_was_backed_up(ledger, tmp_path):
    found = backup(str(ledger), tmp_path / "b.db")
    assert (found.records, found.sound, found.compared) == (4, True, ["snapshot 4"])
    restore(tmp_path / "b.db", tmp_path / "again.db")
    with closing(ReadOnly(ledger)) as a, closing(ReadOnly(tmp_path / "again.db")) as b:
        assert list(a.read()) == list(b.read())
        assert list(a.snapshots()) == list(b.snapshots())
    assert names(tmp_path) == ["again.db", "b.db", "net.db"]


def test_a_ledger_is_restored_up_to_a_record_and_goes_on_from_there(ledger, tmp_path):
    found = restore(ledger, tmp_path / "then.db", upto=2)
    assert (found.seq, found.transfers, found.compared) == (2, 5, [])
    with open_ledger(str(tmp_path / "then.db"), clock=lambda: BEGIN + 10**18) as then:
        assert then.balance(ALICE).posted == 965 * TOKEN
        assert then.transfer([Transfer(6, ALICE, BURNED, 1, PAY)])[0].name == "OK"
    with Look(str(tmp_path / "then.db")) as look:
        assert look.index().find(6).credit == BURNED
    for wrong in (0, 5):
        with pytest.raises(UsageError, match="MT710"):
            restore(ledger, tmp_path / "x.db", upto=wrong)


def test_nothing_is_overwritten_and_nothing_half_is_left(ledger, tmp_path):
    (tmp_path / "taken.db").write_bytes(b"mine")
    for act in (lambda: backup(str(ledger), tmp_path / "taken.db"), lambda: restore(ledger, tmp_path / "taken.db"), lambda: restore(ledger, ledger)):
        with pytest.raises(UsageError, match=r"MT519 .* is there already"):
            act()
    assert (tmp_path / "taken.db").read_bytes() == b"mine"
    with pytest.raises(UsageError, match="MT519"):
        backup(str(ledger), tmp_path / "none/b.db")
    assert names(tmp_path) == ["net.db", "taken.db"]


def test_a_damaged_ledger_is_not_copied_as_if_it_were_sound(ledger, tmp_path):
    with closing(sqlite3.connect(ledger)) as db:
        db.executescript("DROP TRIGGER journal_no_update; UPDATE journal SET body = zeroblob(60) WHERE seq = 3;")
    with pytest.raises(LedgerError, match="MT702 record 3"):
        backup(str(ledger), tmp_path / "b.db")
    assert names(tmp_path) == ["net.db"]
    assert restore(ledger, tmp_path / "before.db", upto=2).seq == 2  # what is sound can be saved


def test_what_is_no_ledger_is_named_and_never_made(tmp_path):
    for content, code in ((None, "MT709"), (b"text" * 2000, "MT709"), (b"", "MT709")):
        path = tmp_path / "x.db"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UsageError, match=code):
            Look(str(path))
    assert path.read_bytes() == b""
    with closing(SqliteStore(tmp_path / "new.db")) as store:
        store.append(town().records[0])
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        db.execute("UPDATE meta SET value = '99'")
        db.commit()
    with pytest.raises(LedgerError, match="MT708"):
        ReadOnly(tmp_path / "new.db")


def test_an_index_that_may_not_be_written_answers_as_it_stands(ledger, tmp_path, monkeypatch):
    restore(ledger, tmp_path / "then.db", upto=2)
    with Look(str(tmp_path / "then.db")) as look:
        look.index()
    (tmp_path / "then.index.db").rename(tmp_path / "net.index.db")  # the index of an earlier moment
    opened = Projection._open

    def only_read(self):
        if not self.read_only:
            raise LedgerError(Fault("MT703", "net.index.db", "attempt to write a readonly database"))
        return opened(self)

    monkeypatch.setattr(Projection, "_open", only_read)
    with Look(str(ledger)) as look:
        assert look.index().mark()[0] == 2
        assert look.index().find(3).amount == 30 * TOKEN


def test_times_are_read_as_written():
    assert moment("2026-11-18T11:06:40Z") == BEGIN
    assert moment("2026-11-18 11:06:40.5") == BEGIN + 5 * 10**8
    assert moment("2026-11-18T12:06:40+01:00") == BEGIN
    assert moment("2026-11-18") == BEGIN - (11 * 3600 + 6 * 60 + 40) * 10**9
    for wrong in ("yesterday", "2026-13-01", "2026", ""):
        with pytest.raises(UsageError, match="MT710"):
            moment(wrong)


def test_an_index_lies_beside_its_ledger():
    assert [index_path(p).name for p in ("net.db", "a/net", "net.sqlite")] == ["net.index.db", "net.index.db", "net.sqlite.index.db"]
