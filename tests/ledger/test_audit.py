"""The auditor finds every kind of damage, and finds nothing where nothing is wrong. It knows nothing of the state machine that it judges."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import LedgerError
from mintage.ledger import AMOUNT_MAX, Account, Balance, Batch, Form, Ledger, Limit, Limiting, MemoryStore, Note, Opened, Record, Transfer
from mintage.ledger.audit import Claim, Supply, audit
from mintage.ledger.audit_ids import Ids, folded
from mintage.ledger.books import Books
from mintage.ledger.codec import decode, encode
from mintage.ledger.projection import Projection
from mintage.ledger.snapshot import dump, join, seal, split, unseal
from tests.ledger.journals import ALICE, BEGIN, BOB, BURNED, DAY, HOLD, ISSUANCE, PAY, SHOP, TOKEN, WORLD, Journal, expiry, town

FIVE = BEGIN + 5 * DAY


def says(journal, **beside):
    """What an audit finds, each as code and text."""
    return [(f.code, str(f)) for f in audit(journal, **beside).faults]


def forged(*transfers, opened=(), reasons=(), limits=(), time=FIVE):
    """The town's journal with one more record, whose hash is right."""
    journal = town()
    journal.add(Batch(time, list(opened), list(reasons), list(limits), list(transfers), []))
    return journal


def test_a_sound_journal_is_sound_and_the_books_agree():
    journal = town()
    books = Books()
    for record in journal.read():
        books.replay(decode(record.body), record.seq)
    claim = Claim(4, {n: books.balance(n) for n in range(1, 7)})
    journal.kept = [Record(4, journal.head()[1], seal(dump(books), None))]
    found = audit(journal, ledger=claim)
    assert (found.faults, found.compared) == ([], ["snapshot 4", "ledger"])
    assert (found.seq, found.hash) == journal.head()
    assert (found.records, found.transfers, found.accounts, found.pending) == (4, 11, 6, 0)
    assert found.supply == {"RENDER": Supply(1000 * TOKEN, 5 * TOKEN, 995 * TOKEN), "USD": Supply(0, 0, 0)}
    assert found.decimals == {"RENDER": 8, "USD": 2}
    found.demand()


def test_an_empty_journal_is_sound():
    assert audit(Journal()).sound


# --- the chain


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_anywhere_is_found_at_its_record(data):
    journal = town()
    seq = data.draw(st.integers(1, 4))
    record = journal.records[seq - 1]
    whole = bytearray(record.hash + record.body)
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    journal.records[seq - 1] = Record(seq, bytes(whole[:32]), bytes(whole[32:]))
    found = audit(journal)
    assert {f.code for f in found.faults} == {"MT702"}
    assert found.faults[0].where == f"record {seq}"
    assert found.seq == seq - 1


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_removed_record_is_found(gone):
    journal = town()
    del journal.records[gone - 1]
    assert says(journal)[0][1].startswith(f"MT702 record {gone + 1}: record {gone} is missing")


def test_a_journal_that_lost_its_end_is_found_by_its_snapshot():
    journal = town()
    journal.kept = [Record(4, journal.head()[1], b"")]
    del journal.records[3]
    assert "snapshot 4: stands at a record that was not read" in says(journal)[0][1]


def test_swapped_records_are_found_also_when_they_are_renumbered():
    journal = town()
    a, b = journal.records[1:3]
    journal.records[1:3] = [b, a]
    assert says(journal)[0][0] == "MT702"
    journal.records[1:3] = [Record(2, b.hash, b.body), Record(3, a.hash, a.body)]
    assert says(journal)[0][1].startswith("MT702 record 2: does not have the hash")


def test_a_body_that_cannot_be_read_is_found_behind_a_right_hash():
    journal = town()
    last = journal.records[-1].hash
    journal.records.append(Record(5, sha256(last + b"MTGB").digest(), b"MTGB"))
    assert says(journal)[0][1].startswith("MT702 record 5: a record does not begin")


# --- forged records: the hash chain is right, the content is not legal

ILLEGAL = {
    "an account that was never opened": ([Transfer(90, ALICE, 99, 1, PAY)], "moves from account 2 to 99"),
    "one account on both sides": ([Transfer(90, ALICE, ALICE, 1, PAY)], "debits and credits users/RENDER:alice"),
    "two assets": ([Transfer(90, ALICE, SHOP, 1, PAY)], "moves RENDER to USD"),
    "no amount": ([Transfer(90, ALICE, BURNED, 0, PAY)], "has the amount 0"),
    "more than there is": ([Transfer(90, ALICE, BURNED, 10**12, PAY)], "overdraws users/RENDER:alice"),
    "more than there is, aside": ([Transfer(90, ALICE, BURNED, 10**12, PAY, 0, Form.PENDING)], "overdraws users/RENDER:alice"),
    "a debit of burned": ([Transfer(90, BURNED, ALICE, 1, PAY)], "takes credits only"),
    "a frozen account": ([Transfer(90, BOB, BURNED, 1, PAY)], "is frozen"),
    "a frozen account credited": ([Transfer(90, ALICE, BOB, 1, PAY)], "is frozen"),
    "a reason without a name": ([Transfer(90, ALICE, BURNED, 1, 77)], "has reason 77"),
    "an id of 0": ([Transfer(0, ALICE, BURNED, 1, PAY)], "has the id 0"),
    "an id used before": ([Transfer(9, ALICE, BURNED, 1, PAY)], "has the id 9 of record 4, transfer 1"),
    "an id used twice": ([Transfer(90, ALICE, BURNED, 1, PAY), Transfer(90, ALICE, BURNED, 1, PAY)], "has the id 5a of record 5, transfer 0"),
    "a total past 256 bits": ([Transfer(90, ISSUANCE, BURNED, AMOUNT_MAX, PAY)], "past 2^256 - 1"),
    "an open chain": ([Transfer(90, ALICE, BURNED, 1, PAY, linked=True)], "is linked to nothing"),
    "the end of nothing": ([Transfer(90, ALICE, BURNED, 1, PAY, 0, Form.POST, pending=1234)], "ends 4d2, expected a pending transfer that has not ended"),
    "a second end": ([Transfer(90, ALICE, BOB, 0, PAY, 0, Form.VOID, pending=6)], "ends 6, expected a pending transfer"),
    "a move that ends": ([Transfer(90, ALICE, BURNED, 1, PAY, pending=5)], "names the pending transfer 5"),
    "a move with a timeout": ([Transfer(90, ALICE, BURNED, 1, PAY, timeout=5)], "has a timeout of 5 s"),
}


@pytest.mark.parametrize("case", ILLEGAL)
def test_an_illegal_transfer_behind_a_right_hash_is_found(case):
    transfers, expected = ILLEGAL[case]
    found = audit(forged(*transfers)).faults
    assert any(f.code == "MT706" and f.where == f"record 5, transfer {len(transfers) - 1}" and expected in str(f) for f in found), found
    books = Books()
    records = list(forged(*transfers).read())
    for record in records[:4]:
        books.replay(decode(record.body), record.seq)
    with pytest.raises(LedgerError, match="MT702"):  # the state machine refuses it too
        books.replay(decode(records[4].body), 5)


HOLDS = [Transfer(80, ALICE, BURNED, 100, HOLD, 0, Form.PENDING, timeout=60)]
ENDS = {
    "more than was set aside": (30, [Transfer(90, ALICE, BURNED, 101, PAY, 0, Form.POST, pending=80)], "posts 101, expected at most 100"),
    "to another": (30, [Transfer(90, ALICE, BOB, 100, PAY, 0, Form.POST, pending=80)], "moves from account 2 to 3"),
    "too late": (60, [Transfer(90, ALICE, BURNED, 100, PAY, 0, Form.POST, pending=80)], "is a POST after the time of what it ends was over"),
    "expired too early": (59, [Transfer(expiry(80), ALICE, BURNED, 0, 0, 0, Form.EXPIRE, pending=80)], "is a EXPIRE before the time"),
    "a void that moves": (30, [Transfer(90, ALICE, BURNED, 7, 0, 0, Form.VOID, pending=80)], "has the amount 7"),
    "never expired": (60, [Transfer(90, ALICE, BURNED, 1, PAY)], "leaves pending 50, whose time is over"),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_pending_transfer_that_ends_wrongly_is_found(case):
    seconds, transfers, expected = ENDS[case]
    journal = forged(*HOLDS)
    journal.add(Batch(FIVE + seconds * 10**9, [], [], [], transfers, []))
    assert any(code == "MT706" and expected in text for code, text in says(journal)), says(journal)


def test_records_that_open_name_or_limit_wrongly_are_found():
    again = Account("RENDER", "users", "bob")
    cases = {
        "opens account number 9": {"opened": [Opened(9, Account("X", "x"), Limit.NONE)]},
        "opens users/RENDER:bob again": {"opened": [Opened(7, again, Limit.NONE)]},
        "names reason 9": {"reasons": [(9, "x")]},
        "names reason 5 'mint'": {"reasons": [(5, "mint")]},
        "limits account 44": {"limits": [Limiting(44, Limit.NONE, "")]},
        "forbids issuance/RENDER to be overdrawn": {"limits": [Limiting(ISSUANCE, Limit.NO_OVERDRAFT, "")]},
        "is not later than that of record 4": {"time": BEGIN + 3 * DAY},
    }
    for expected, content in cases.items():
        assert any(code == "MT706" and expected in text for code, text in says(forged(Transfer(90, WORLD, SHOP, 1, PAY), **content))), expected


# --- what stands beside the journal


def kept(change):
    """The town with a snapshot of its books, some part of which was changed and sealed again."""
    journal, books = town(), Books()
    for record in journal.read():
        books.replay(decode(record.body), record.seq)
    parts = split(dump(books))
    change(parts)
    journal.kept = [Record(4, journal.head()[1], seal(join(*parts), None))]
    return journal


def test_a_changed_snapshot_is_found():
    def richer(parts):
        parts[1] = parts[1][: 128 * 3 - 65] + b"\x01" + parts[1][128 * 3 - 64 :]

    def unlimited(parts):
        batch = decode(parts[0])
        parts[0] = encode(batch._replace(opened=[o._replace(limits=Limit.NONE) for o in batch.opened]))

    def forgetful(parts):
        parts[3] = (3).to_bytes(8, "big")

    def shorter(parts):
        parts[1] = parts[1][:-128]

    assert says(kept(lambda parts: None)) == []
    for change, expected in ((richer, "says that users/RENDER:alice has"), (unlimited, "other accounts or limits"), (shorter, "has 6 balances")):
        found = says(kept(change))
        assert [code for code, _ in found] == ["MT706"] and expected in found[0][1]
    assert "does not remember the ids of record 1" in says(kept(forgetful))[0][1]
    torn = kept(lambda parts: None)
    torn.kept = [torn.kept[0]._replace(body=torn.kept[0].body[:-1])]
    assert "does not have the digest" in says(torn)[0][1]
    torn.kept = [torn.kept[0]._replace(hash=bytes(32))]
    assert "belongs to another journal" in says(torn)[0][1]
    assert unseal(b"") is None


ONE_MORE = "INSERT INTO transfers SELECT at + 1, x'99', debit, credit, amount, 1, 1, 0, 0, NULL, 0 FROM transfers ORDER BY at DESC LIMIT 1"
CHANGES = {
    "a transfer": ("UPDATE transfers SET amount = x'05' WHERE reason = 2 AND form = 0", "record 1, transfer 1: has"),
    "a transfer removed": ("DELETE FROM transfers WHERE at = (SELECT max(at) FROM transfers)", "record 4, transfer 2: has None"),
    "a transfer added": (ONE_MORE, "expected nothing more"),
    "a running balance": ("UPDATE entries SET credits = x'01' WHERE account = 4", "leaves burned/RENDER with"),
    "an entry removed": ("DELETE FROM entries WHERE account = 4", "entries: are 21, expected 22"),
    "an account": ("UPDATE accounts SET owner = 'eve' WHERE number = 3", "account 3: has"),
    "a limit": ("UPDATE accounts SET limits = 0 WHERE number = 3", "account 3: has"),
    "a reason": ("UPDATE reasons SET text = 'gift' WHERE number = 2", "reason 2: has 'gift'"),
    "a note": ("UPDATE notes SET body = 'x' WHERE topic = 'freeze'", "record 4, note 'freeze'"),
    "a sum": ("UPDATE sums SET count = count + 1 WHERE reason = 3", "total of reason 3 in RENDER"),
    "a time": ("UPDATE records SET time_ns = 7 WHERE seq = 3", "record 3, transfer 0"),
    "its place": ("UPDATE meta SET hash = zeroblob(32)", "was made from another journal"),
    "its place, too far": ("UPDATE meta SET seq = 9", "stands at a record that was not read"),
}


@pytest.mark.parametrize("change", ["", *CHANGES])
def test_a_changed_index_is_found(tmp_path, change):
    with closing(Projection(tmp_path / "i.db")) as index:
        index.catch_up(town())
        if not change:
            assert audit(town(), index).compared == ["index"]
            assert says(forged(), index=index) == []  # it may be behind
            return
        with closing(sqlite3.connect(tmp_path / "i.db")) as db:
            db.execute(CHANGES[change][0])
            db.commit()
        found = says(town(), index=index)
    assert found
    assert all(code == "MT706" and "index" in text for code, text in found)
    assert CHANGES[change][1] in found[0][1]


def test_a_running_ledger_that_says_something_else_is_found():
    books = Books()
    for record in town().read():
        books.replay(decode(record.body), record.seq)
    balances = {n: books.balance(n) for n in range(1, 7)}
    assert "running ledger, burned/RENDER: says" in says(town(), ledger=Claim(4, balances | {BURNED: Balance(0, 1)}))[0][1]
    assert "has 5 accounts" in says(town(), ledger=Claim(4, {n: b for n, b in balances.items() if n < 6}))[0][1]
    assert "stands at record 5" in says(town(), ledger=Claim(5, balances))[0][1]


# --- what the ledger itself writes


WHAT = st.sampled_from(["move", "hold", "post", "void"])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(1, 60), WHAT, st.booleans()), max_size=40))
def test_whatever_a_ledger_accepts_the_auditor_finds_sound(asked):
    time, store = [BEGIN], MemoryStore()

    def clock():
        time[0] += 10**9
        return time[0]

    with Ledger(store, clock) as ledger:
        ledger.execute(lambda d: [d.open(Account("T", "issuance"), Limit.NONE), *(d.open(Account("T", "users", str(n))) for n in range(4)), d.reason("x")])
        ledger.transfer([Transfer(n, 1, n, 50) for n in range(2, 6)])
        for i, (a, b, amount, what, linked) in enumerate(asked, 100):
            if what in ("move", "hold"):
                form = Form.PENDING if what == "hold" else Form.MOVE
                sent = [Transfer(i, a, b, amount, 1, i, form, linked, 0, amount % 9 if what == "hold" else 0)]
            else:
                post = what == "post"
                sent = [Transfer(i, 0, 0, amount if post else 0, 1, i, Form.POST if post else Form.VOID, linked, 100 + amount % len(asked))]
            ledger.transfer([*sent, *([Transfer(10**6 + i, b, a, 1, 1)] if linked else [])])
        claim = Claim(ledger.head[0], {n: ledger.balance(n) for n in range(1, 6)})
    found = audit(MemoryJournal(store), ledger=claim)
    assert found.faults == []
    assert "ledger" in found.compared
    assert found.supply["T"] == Supply(200, 0, 200)


class MemoryJournal(Journal):
    """A memory store as a journal."""

    def __init__(self, store):
        super().__init__(store.records)
        self.kept = store.kept


def test_ids_are_compared_in_files_when_they_are_many():
    journal = town()
    ids = [(n * 2**64 + n * 3) % 2**128 + 1 for n in range(1000)] + [1 + 700 * 2**64 + 2100]
    ids = [id + 2**100 for id in ids]
    record = journal.move(*(Transfer(id, WORLD, SHOP, 1, PAY) for id in ids), days=5)
    for limit in (10**6, 10):
        with closing(Ids(limit)) as found:
            found.add(folded(record.body, len(ids)))
            assert len(found.suspects()) == 1
            assert bool(found.files) == (limit == 10)
    assert [f.where for f in audit(journal).faults] == ["record 5, transfer 1000"]


def test_findings_are_counted_when_they_are_many():
    found = audit(forged(*(Transfer(n, ALICE, ALICE, 1, PAY) for n in range(1000, 1250))))
    assert (len(found.faults), found.more) == (100, 150)
    with pytest.raises(LedgerError, match="MT706"):
        found.demand()


def test_notes_need_not_speak_of_decimals():
    journal = Journal()
    bodies = [b"\xff", b"[]", b'{"decimals": 3}', b'{"decimals": {"A": "x", "B": 99, "C": true, "D": 2}}']
    journal.add(Batch(BEGIN, [], [], [], [], [Note("genesis", body) for body in bodies]))
    assert audit(journal).decimals == {"D": 2}
