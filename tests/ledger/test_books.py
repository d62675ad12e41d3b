"""The state machine: every answer it gives, and the laws that hold whatever it is given."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import LedgerError
from mintage.ledger import snapshot
from mintage.ledger.books import Books
from mintage.ledger.codec import Batch, Limiting, Opened, decode, encode
from mintage.ledger.types import AMOUNT_MAX, ID_MAX, Account, Balance, Form, Limit, Result, Transfer

from .naive import Naive

R = Result
OPENED = [("USD", Limit.NONE), ("USD", Limit.NO_OVERDRAFT), ("USD", Limit.NO_OVERDRAFT), ("TOK", Limit.NONE), ("TOK", Limit.NO_OVERDRAFT)]
ISSUE, ANN, BOB, TISSUE, TANN = 1, 2, 3, 4, 5


def move(id: int, debit: int = ISSUE, credit: int = ANN, amount: int = 10, **rest: int) -> Transfer:
    return Transfer(id, debit, credit, amount, **rest)  # type: ignore[arg-type]


def books(*steps: list[Transfer], at: int = 1) -> Books:
    """Five accounts, one reason, then these steps, a record each, all of which are accepted."""
    out = Books()
    out.begin(at)
    for i, (asset, limits) in enumerate(OPENED):
        out.open(Account(asset, "cash", str(i)), limits)
    out.reason("pay")
    out.settle(1)
    for step in steps:
        assert set(record(out, step)) == {R.OK}
    return out


def record(b: Books, transfers: list[Transfer], at: int = 0) -> list[Result]:
    b.begin(at or b.time_ns + 1)
    results = b.apply(transfers)
    b.settle(0)
    return results


def freeze(b: Books, number: int, limits: Limit) -> None:
    b.begin(b.time_ns + 1)
    b.limit(number, limits, "test")
    b.settle(0)


PENDING = move(50, ISSUE, ANN, 10, form=Form.PENDING)
POST = Transfer(51, 0, 0, 4, form=Form.POST, pending=50)
VOID = Transfer(52, 0, 0, 0, form=Form.VOID, pending=50)


@pytest.mark.parametrize(
    ("transfer", "result"),
    [
        (move(0), R.ID_INVALID),
        (move(-1), R.ID_INVALID),
        (move(ID_MAX + 1), R.ID_INVALID),
        (move(ID_MAX), R.OK),
        (move(7), R.EXISTS),
        (move(7, amount=11), R.EXISTS_DIFFERENT),
        (move(1, amount=0), R.AMOUNT_INVALID),
        (move(1, amount=-5), R.AMOUNT_INVALID),
        (move(1, amount=AMOUNT_MAX + 1), R.AMOUNT_INVALID),
        (move(1, ISSUE, BOB, AMOUNT_MAX - 10), R.OK),
        (move(1, ISSUE, BOB, AMOUNT_MAX - 9), R.OVERFLOW),
        (move(1, ISSUE, ANN, AMOUNT_MAX), R.OVERFLOW),
        (move(1, ISSUE, 6), R.NO_ACCOUNT),
        (move(1, 0, ANN), R.NO_ACCOUNT),
        (move(1, -1, ANN), R.NO_ACCOUNT),
        (move(1, 2**70, ANN), R.NO_ACCOUNT),
        (move(1, ANN, ANN), R.SAME_ACCOUNT),
        (move(1, ISSUE, TANN), R.ASSETS_DIFFER),
        (move(1, ANN, BOB, 10), R.OK),
        (move(1, ANN, BOB, 11), R.EXCEEDS_CREDITS),
        (move(1, BOB, ANN, 1), R.EXCEEDS_CREDITS),
        (move(1, reason=1), R.OK),
        (move(1, reason=2), R.FIELD_INVALID),
        (move(1, reason=-1), R.FIELD_INVALID),
        (move(1, epoch=2**64 - 1), R.OK),
        (move(1, epoch=2**64), R.FIELD_INVALID),
        (move(1, epoch=-1), R.FIELD_INVALID),
        (move(1, timeout=1), R.FIELD_INVALID),
        (move(1, pending=50), R.FIELD_INVALID),
        (move(1, form=Form.EXPIRE), R.FIELD_INVALID),
        (move(1, form=9), R.FIELD_INVALID),
        (move(1, linked=2), R.CHAIN_OPEN),
        (move(1, form=Form.PENDING, timeout=2**32), R.FIELD_INVALID),
        (move(1, linked=True), R.CHAIN_OPEN),
        (PENDING, R.OK),
        (PENDING._replace(pending=3), R.FIELD_INVALID),
        (PENDING._replace(debit=ANN, credit=BOB, amount=11), R.EXCEEDS_CREDITS),
        (POST, R.PENDING_NOT_FOUND),
        (POST._replace(pending=0), R.PENDING_NOT_FOUND),
        (POST._replace(pending=7), R.PENDING_NOT_FOUND),
        (POST._replace(pending=-1), R.FIELD_INVALID),
        (POST._replace(amount=0), R.AMOUNT_INVALID),
        (VOID, R.PENDING_NOT_FOUND),
        (VOID._replace(amount=1), R.FIELD_INVALID),
    ],
)
def test_every_answer_to_a_lone_transfer(transfer: Transfer, result: Result) -> None:
    b = books([move(7)])
    before = snapshot.dump(b)
    assert record(b, [transfer]) == [result]
    if result is not R.OK:
        b.time_ns -= 1
        assert snapshot.dump(b) == before


@pytest.mark.parametrize(
    ("steps", "transfer", "result"),
    [
        ([], POST, R.OK),
        ([], POST._replace(amount=10, debit=ISSUE, credit=ANN), R.OK),
        ([], POST._replace(amount=11), R.PENDING_EXCEEDED),
        ([], POST._replace(debit=BOB), R.PENDING_DIFFERENT),
        ([], POST._replace(credit=BOB), R.PENDING_DIFFERENT),
        ([], VOID, R.OK),
        ([[POST]], POST, R.EXISTS),
        ([[POST]], POST._replace(debit=ISSUE), R.EXISTS),
        ([[POST]], POST._replace(debit=ANN), R.EXISTS_DIFFERENT),
        ([[POST]], POST._replace(id=60), R.PENDING_POSTED),
        ([[POST]], VOID, R.PENDING_POSTED),
        ([[VOID]], POST, R.PENDING_VOIDED),
    ],
)
def test_every_answer_to_the_end_of_a_pending_transfer(steps: list[list[Transfer]], transfer: Transfer, result: Result) -> None:
    assert record(books([PENDING], *steps), [transfer]) == [result]


def test_a_pending_transfer_sets_aside_and_what_is_not_posted_is_given_back() -> None:
    b = books([move(1, amount=30)], [move(2, ANN, BOB, 20, form=Form.PENDING)])
    assert b.balance(ANN) == Balance(0, 30, 20, 0)
    assert b.balance(ANN).available == 10
    assert b.balance(BOB) == Balance(0, 0, 0, 20)
    assert record(b, [move(3, ANN, BOB, 11), Transfer(4, 0, 0, 15, form=Form.POST, pending=2)]) == [R.EXCEEDS_CREDITS, R.OK]
    assert (b.balance(ANN), b.balance(BOB)) == (Balance(15, 30), Balance(0, 15))


def test_what_is_due_expires_before_anything_else_of_a_record_and_not_a_moment_earlier() -> None:
    b = books([move(1)], [move(2, ANN, BOB, 10, form=Form.PENDING, timeout=5)], at=10)
    due = b.time_ns + 5 * 10**9
    assert b.next_deadline == due
    assert record(b, [move(3, ANN, BOB, 1)], due - 1) == [R.EXCEEDS_CREDITS]
    b.begin(due)
    assert [(t.form, t.pending, t.debit, t.credit, t.amount) for t in b.accepted] == [(Form.EXPIRE, 2, ANN, BOB, 0)]
    assert b.apply([Transfer(4, 0, 0, 1, form=Form.POST, pending=2), move(5, ANN, BOB, 10)]) == [R.PENDING_EXPIRED, R.OK]
    assert b.apply([move(b.accepted[0].id)]) == [R.EXISTS_DIFFERENT]


def test_who_takes_the_id_of_an_expiry_stops_nothing() -> None:
    taken = int.from_bytes(sha256(b"mintage expire" + (2).to_bytes(16, "big") + bytes(2)).digest()[:16], "big")
    b = books([move(taken)], [move(2, form=Form.PENDING, timeout=1)])
    b.begin(10**10)
    assert [t.form for t in b.accepted] == [Form.EXPIRE]
    assert b.accepted[0].id != taken


@pytest.mark.parametrize(
    ("limits", "out", "into"),
    [
        (Limit.FROZEN, R.FROZEN, R.FROZEN),
        (Limit.CREDITS_ONLY, R.CREDITS_ONLY, R.OK),
        (Limit.DEBITS_ONLY, R.OK, R.DEBITS_ONLY),
        (Limit.NONE, R.OK, R.OK),
    ],
)
@pytest.mark.parametrize("form", [Form.MOVE, Form.PENDING])
def test_limits_hold_for_moves_and_pending_ones(limits: Limit, out: Result, into: Result, form: Form) -> None:
    b = books([move(1)])
    freeze(b, ANN, limits)
    assert record(b, [move(2, ANN, ISSUE, 5, form=form), move(3, ISSUE, ANN, 5, form=form)]) == [out, into]


def test_a_frozen_account_lets_a_pending_transfer_be_voided_and_expire_but_not_posted() -> None:
    b = books([PENDING, PENDING._replace(id=53, timeout=1)])
    freeze(b, ANN, Limit.FROZEN)
    assert record(b, [POST, VOID]) == [R.FROZEN, R.OK]
    assert record(b, [], 10**10) == []
    assert (b.holds, b.balance(ANN)) == ({}, Balance())


def test_an_overdrawn_account_cannot_be_made_strict() -> None:
    b = books([move(1)])
    b.begin(b.time_ns + 1)
    with pytest.raises(LedgerError, match=r"MT704 cash/USD:0: is overdrawn by 10 base units"):
        b.limit(ISSUE, Limit.NO_OVERDRAFT, "law")
    assert not b.dirty


def chained(*ts: Transfer) -> list[Transfer]:
    return [t._replace(linked=True) for t in ts[:-1]] + [ts[-1]]


def test_a_chain_is_all_or_nothing_and_says_who_broke_it() -> None:
    good = chained(move(1), move(2, ANN, BOB, 10), move(3, BOB, ANN, 4))
    bad = chained(move(4), move(5, ANN, BOB, 1000), move(6))
    b = books()
    assert record(b, [move(9), *bad, *good, move(10)]) == [R.OK, R.LINKED_FAILED, R.EXCEEDS_CREDITS, R.LINKED_FAILED, R.OK, R.OK, R.OK, R.OK]
    assert b.balance(ANN) == Balance(10, 34)
    assert record(b, good) == [R.EXISTS] * 3
    mixed = chained(move(20), good[2]._replace(linked=False))
    assert record(b, mixed) == [R.LINKED_FAILED, R.EXISTS]
    assert record(b, [move(30), *chained(move(31), move(32, linked=True))]) == [R.OK, R.LINKED_FAILED, R.CHAIN_OPEN]


def test_a_chain_that_fails_gives_back_pending_transfers_and_their_ends() -> None:
    b = books([PENDING])
    before = snapshot.dump(b)
    assert record(b, chained(POST, move(2, form=Form.PENDING, timeout=9), move(3, ANN, BOB, 99))) == [R.LINKED_FAILED, R.LINKED_FAILED, R.EXCEEDS_CREDITS]
    b.time_ns -= 1
    assert snapshot.dump(b) == before
    assert record(b, [POST]) == [R.OK]


def test_what_a_failed_chain_began_and_ended_was_never_there() -> None:
    b = books()
    assert record(b, chained(PENDING, POST, move(3, ANN, BOB, 99)))[-1] == R.EXCEEDS_CREDITS
    assert record(b, [POST]) == [R.PENDING_NOT_FOUND]


def test_a_pending_transfer_that_was_undone_leaves_no_deadline() -> None:
    b = books()
    short, long = move(2, form=Form.PENDING, timeout=1), move(2, form=Form.PENDING, timeout=9)
    assert record(b, [*chained(short, move(3, ANN, BOB, 99)), long]) == [R.LINKED_FAILED, R.EXCEEDS_CREDITS, R.OK]
    record(b, [], 5 * 10**9)
    assert 2 in b.holds
    record(b, [], 10 * 10**9)
    assert b.holds == {}


@pytest.mark.parametrize("form", [Form.MOVE, Form.PENDING])
def test_what_is_set_aside_counts_towards_the_largest_amount(form: Form) -> None:
    b = books()
    b.begin(9)
    other = b.open(Account("USD", "mint"), Limit.NONE)
    aside = move(1, ISSUE, ANN, AMOUNT_MAX - 5, form=Form.PENDING)
    assert b.apply([aside, move(2, other, ANN, 6, form=form), move(3, ISSUE, BOB, 6, form=form)]) == [R.OK, R.OVERFLOW, R.OVERFLOW]
    assert b.apply([move(4, other, ANN, 5, form=form), move(5, ISSUE, BOB, 5, form=form)]) == [R.OK, R.OK]


class Kept:
    """The past of a test: a dict."""

    def __init__(self, *transfers: Transfer) -> None:
        self.all, self.asked = {t.id: t for t in transfers}, 0

    def find(self, id: int) -> Transfer | None:
        self.asked += 1
        return self.all.get(id)

    def ending(self, pending: int) -> Transfer | None:
        return next((t for t in self.all.values() if t.form >= Form.POST and t.pending == pending), None)


def test_ids_that_were_let_go_are_known_still() -> None:
    ended = POST._replace(debit=ISSUE, credit=ANN)
    b = books([move(7)], [PENDING], [POST])
    kept = b.past = Kept(move(7), PENDING, ended)
    b.forget(9)
    assert (b.recent, b.ended, len(b.old.stages)) == ({}, {}, 1)
    again = [move(7), move(7, amount=3), PENDING, POST, POST._replace(id=60), VOID, move(8), move(8)]
    assert record(b, again) == [R.EXISTS, R.EXISTS_DIFFERENT, R.EXISTS, R.EXISTS, R.PENDING_POSTED, R.PENDING_POSTED, R.OK, R.EXISTS]
    assert set(b.recent) == {8}
    assert kept.asked < 12


def test_an_open_pending_transfer_outlives_its_forgotten_id() -> None:
    b = books([PENDING])
    b.past = Kept(PENDING)
    b.forget(9)
    assert record(b, [PENDING, POST]) == [R.EXISTS, R.OK]


@pytest.mark.parametrize("first", [1, 2**64 - 50_000, 2**127])
def test_the_filter_knows_all_it_took_and_nearly_nothing_else(first: int) -> None:
    b = books()
    ids = b"".join(i.to_bytes(16, "big") for i in range(first, first + 100_000))
    b.old.add(ids)
    assert len(b.old.stages) == 2
    assert b.old.perhaps(ids) == list(range(100_000))
    others = b"".join(i.to_bytes(16, "big") for i in range(first + 100_000, first + 300_000))
    assert len(b.old.perhaps(others)) < 5


# --- laws

NUMBERS = st.integers(0, 6)
AMOUNTS = st.sampled_from([0, 1, 3, 10, 10**30, AMOUNT_MAX // 2, AMOUNT_MAX, AMOUNT_MAX + 1])
ANY = st.builds(
    Transfer,
    st.integers(0, 25),
    NUMBERS,
    NUMBERS,
    AMOUNTS,
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from(Form),
    st.sampled_from([False, False, True]),
    st.integers(0, 25),
    st.integers(0, 2),
)
MOVES = st.builds(Transfer, st.integers(1, 60), NUMBERS, NUMBERS, AMOUNTS)
HOLDS = st.builds(Transfer, st.integers(1, 25), st.integers(1, 3), st.integers(1, 3), AMOUNTS, form=st.just(Form.PENDING), timeout=st.integers(0, 2))
ENDS = st.builds(lambda id, form, p, a: Transfer(id, 0, 0, a if form == Form.POST else 0, form=form, pending=p), *[
    st.integers(1, 60), st.sampled_from([Form.POST, Form.VOID]), st.integers(1, 25), AMOUNTS])  # fmt: skip
TRANSFERS = st.lists(st.one_of(ANY, MOVES, HOLDS, ENDS), max_size=8)
STEPS = st.lists(st.tuples(TRANSFERS, st.integers(1, 2 * 10**9)), max_size=8)


def run(steps: list[tuple[list[Transfer], int]]) -> tuple[Books, list[bytes], list[list[Result]]]:
    """Books after these steps with the journal they left and the answers."""
    b, bodies, answers = Books(), [], []
    b.begin(1)
    for i, (asset, limits) in enumerate(OPENED):
        b.open(Account(asset, "cash", str(i)), limits)
    b.reason("pay")
    for seq, (transfers, wait) in enumerate(steps, 1):
        answers.append(b.apply(transfers))
        if seq == 3:
            b.limit(ANN, Limit.NO_OVERDRAFT | Limit.DEBITS_ONLY, "later")
        bodies.append(encode(b.batch(), b.packed))
        b.settle(seq)
        b.begin(b.time_ns + wait)
    bodies.append(encode(b.batch(), b.packed))
    b.settle(len(bodies))
    return b, bodies, answers


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_money_is_neither_made_nor_lost_and_nobody_spends_what_is_not_there(steps: list[tuple[list[Transfer], int]]) -> None:
    b, _, _ = run(steps)
    for asset in ("USD", "TOK"):
        mine = [b.balance(n) for n, account in enumerate(b.accounts) if account.asset == asset]
        assert sum(x.debits for x in mine) == sum(x.credits for x in mine)
        assert (
            sum(x.debits_pending for x in mine)
            == sum(x.credits_pending for x in mine)
            == sum(h.amount for h in b.holds.values() if b.accounts[h.debit].asset == asset)
        )
    for n in range(1, len(b.accounts)):
        x = b.balance(n)
        assert min(x) >= 0
        assert max(x.debits + x.debits_pending, x.credits + x.credits_pending) <= AMOUNT_MAX
        assert x.available >= 0 or not b.limits[n] & Limit.NO_OVERDRAFT


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_a_replay_leads_to_the_same_state_and_a_snapshot_keeps_it(steps: list[tuple[list[Transfer], int]]) -> None:
    b, bodies, _ = run(steps)
    again = Books()
    for seq, body in enumerate(bodies, 1):
        again.replay(decode(body), seq)
    assert snapshot.dump(again) == snapshot.dump(b)
    assert (again.recent, again.ended, again.next_deadline) == (b.recent, b.ended, again.next_deadline)
    loaded = snapshot.load(snapshot.dump(b))
    assert snapshot.dump(loaded) == snapshot.dump(b)
    assert (loaded._out, loaded._into, loaded.holds, loaded.numbers) == (b._out, b._into, b.holds, b.numbers)


@given(STEPS, st.data())
@settings(max_examples=60, deadline=None)
def test_a_batch_sent_again_changes_nothing(steps: list[tuple[list[Transfer], int]], data: st.DataObject) -> None:
    b, _, answers = run(steps)
    before = snapshot.dump(b)
    for (transfers, _), results in zip(steps, answers, strict=True):
        b.begin(b.time_ns + 1)
        if not b.dirty:  # else something has expired meanwhile
            sent = [t for t, r in zip(transfers, results, strict=True) if r in (R.OK, R.EXISTS)]
            assert set(b.apply([t for t in sent if not t.linked])) <= {R.EXISTS, R.EXISTS_DIFFERENT}
            assert not b.dirty
            b.now = b.time_ns
            assert snapshot.dump(b) == before
        b.undo(type(b.mark())(0, 0, 0, 0, 0))


@given(TRANSFERS, TRANSFERS)
@settings(max_examples=100, deadline=None)
def test_what_is_undone_leaves_no_trace_and_readers_never_saw_it(first: list[Transfer], second: list[Transfer]) -> None:
    b, _, _ = run([(first, 1)])
    before, balances = snapshot.dump(b), [b.balance(n) for n in range(1, 6)]
    b.begin(b.time_ns + 1)
    mark = b.mark()
    b.open(Account("USD", "new"), Limit.NONE)
    b.reason("new")
    b.apply(second)
    b.limit(BOB, Limit.NO_OVERDRAFT | Limit.FROZEN, "why")
    assert [b.settled(n) for n in range(1, 6)] == balances
    b.undo(mark)
    assert not b.dirty
    assert snapshot.dump(b) == before


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_every_answer_is_the_one_that_the_words_of_the_rules_give(steps: list[tuple[list[Transfer], int]]) -> None:
    b, naive = books(), Naive(["", *(a for a, _ in OPENED)], [Limit.FROZEN, *(x for _, x in OPENED)], 1, last=1)
    for transfers, wait in steps:
        clock = b.time_ns + wait
        b.begin(clock)
        assert b.apply(transfers) == naive.submit(transfers, clock)
        b.settle(0)
        naive.last = clock
        assert [b.balance(n) for n in range(1, 6)] == [naive.balance(n) for n in range(1, 6)]


def bad(**change: object) -> Batch:
    return Batch(5, [], [], [], [move(2, ANN, BOB, 3)], [])._replace(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        (bad(time_ns=2), "not later than"),
        (bad(transfers=[move(2, ANN, BOB, 30)]), "breaks the rule EXCEEDS_CREDITS"),
        (bad(transfers=[move(1)]), "breaks the rule EXISTS"),
        (bad(transfers=[move(2, form=Form.EXPIRE, pending=1)]), "breaks the rule FIELD_INVALID"),
        (bad(time_ns=10**11), "does not expire"),
        (bad(opened=[Opened(9, Account("X", "y"), Limit.NONE)]), "does not open y/X with the next number"),
        (bad(opened=[Opened(6, Account("X", "a/b"), Limit.NONE)]), "cannot be opened"),
        (bad(opened=[Opened(6, Account("USD", "cash", "1"), Limit.NONE)]), "does not open cash/USD:1"),
        (bad(reasons=[(1, "other")]), "does not name a reason"),
        (bad(limits=[Limiting(9, Limit.NONE, "")]), "of no account"),
        (bad(limits=[Limiting(2, Limit.FROZEN, "", 1), Limiting(2, Limit.NONE, "", 0)]), "out of order"),
        (bad(limits=[Limiting(ISSUE, Limit.NO_OVERDRAFT, "")]), "is overdrawn"),
        (bad(limits=[Limiting(ISSUE, Limit.NONE, "")]), "to what they were"),
        (bad(limits=[Limiting(ANN, Limit.FROZEN, "")]), "breaks the rule FROZEN"),
    ],
)
def test_a_record_that_could_not_have_been_accepted_is_refused(batch: Batch, says: str) -> None:
    b = books([move(1, amount=9)], [move(50, ANN, BOB, 1, form=Form.PENDING, timeout=60)])
    with pytest.raises(LedgerError, match=f"MT702 record 4: .*{says}"):
        b.replay(batch, 4)


@pytest.mark.parametrize(
    "account", [Account("", "k"), Account("A/B", "k"), Account("A", "k k"), Account("A", "k", "o#1"), Account("A", "k", "\n"), Account("A", "k", "", -2)]
)
def test_an_account_whose_name_could_be_misread_is_not_opened(account: Account) -> None:
    b = books()
    b.begin(9)
    with pytest.raises(LedgerError, match="MT704"):
        b.open(account, Limit.NONE)
    assert not b.dirty
