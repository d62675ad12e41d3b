"""The writer: groups, commands, failures of the store at every stage, crowds on one account. On every store there is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count

import pytest

from mintage.errors import LedgerError
from mintage.ledger import Batch, Draft, Ledger, MemoryStore, Note, Record, decode, open_ledger, writer
from mintage.ledger.codec import encode
from mintage.ledger.store import GENESIS, Store
from mintage.ledger.types import AMOUNT_MAX, Account, Balance, Form, Limit, Result, Transfer

from .stores import Failing, Open

R = Result
ISSUE, ANN, BOB = 1, 2, 3
ACCOUNTS = [(Account("USD", "issuance"), Limit.NONE), (Account("USD", "cash", "ann"), Limit.NO_OVERDRAFT), (Account("USD", "cash", "bob"), Limit.NO_OVERDRAFT)]
TICK = 10**9


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000 * TICK

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failing(store: Store) -> Failing:
    return Failing(store)


def begin(store: Store, clock: Callable[[], int], **options: object) -> Ledger:
    ledger = Ledger(store, clock, **options)  # type: ignore[arg-type]
    ledger.execute(lambda d: [d.open(*each) for each in ACCOUNTS])
    return ledger


@pytest.fixture
def ledger(failing: Failing, clock: Clock) -> Iterator[Ledger]:
    with begin(failing, clock) as ledger:
        yield ledger


def move(id: int, debit: int = ISSUE, credit: int = ANN, amount: int = 1, **rest: int) -> Transfer:
    return Transfer(id, debit, credit, amount, **rest)  # type: ignore[arg-type]


def last(ledger: Ledger) -> Batch:
    return decode(next(iter(ledger.records(ledger.head[0] - 1))).body)


class Held:
    """Holds the writer in a command, so that what is sent meanwhile waits and becomes one group."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.begun, self.ready = ledger, threading.Event(), threading.Event()

    def __enter__(self) -> None:
        self.future = self.ledger.submit_command(lambda d: (self.begun.set(), self.ready.wait(10)))
        assert self.begun.wait(10)

    def __exit__(self, *_: object) -> None:
        self.ready.set()
        self.future.result()


# --- commands


def test_a_command_sees_what_it_does_and_leaves_one_record(ledger: Ledger) -> None:
    def act(d: Draft) -> tuple[object, ...]:
        new = d.open(Account("USD", "cash", "cid"))
        why = d.reason("a gift")
        found = d.post([move(1, ISSUE, new, 5, reason=why), move(2, new, ANN, 6)])
        d.note("gift", b"body")
        d.limit(new, Limit.FROZEN, "too generous")
        return d.time_ns, d.seq, found, d.balance(new), d.number(Account("USD", "cash", "cid")), d.number(Account("USD", "nobody")), new, why

    before = ledger.head[0]
    assert ledger.execute(act) == (1000 * TICK + 1, before + 1, [R.OK, R.EXCEEDS_CREDITS], Balance(0, 5), 4, None, 4, 1)
    batch = last(ledger)
    assert ledger.head[0] == before + 1
    assert batch.transfers == [move(1, ISSUE, 4, 5, reason=1)]
    assert (batch.notes, batch.reasons, batch.limits) == ([Note("gift", b"body", 0, 1)], [(1, "a gift")], [(4, Limit.FROZEN, "too generous", 1)])
    assert ledger.reason_text(1) == "a gift"
    assert ledger.account(4) == Account("USD", "cash", "cid")
    assert ledger.limits(4) == Limit.FROZEN


def test_a_command_that_raises_is_undone_alone(ledger: Ledger) -> None:
    def fail(d: Draft) -> None:
        d.open(Account("USD", "cash", "cid"))
        d.reason("none")
        d.post([move(9, amount=500)])
        d.note("none", b"")
        d.limit(BOB, Limit.FROZEN, "none")
        raise KeyError("as asked")

    with Held(ledger):
        first = ledger.submit([move(1, amount=5)])
        failed = ledger.submit_command(fail)
        second = ledger.submit_command(lambda d: (d.post([move(2, ANN, BOB, 5)]), d.note("kept", b"x")))
        third = ledger.submit([move(3, BOB, ANN, 2)])
    assert (first.result(), second.result()[0], third.result()) == ([R.OK], [R.OK], [R.OK])
    with pytest.raises(KeyError):
        failed.result()
    batch = last(ledger)
    assert ([t.id for t in batch.transfers], batch.notes, batch.reasons, batch.limits, batch.opened) == ([1, 2, 3], [Note("kept", b"x", 1, 1)], [], [], [])
    assert (ledger.balance(ANN), ledger.balance(BOB)) == (Balance(5, 7), Balance(2, 5))


def test_a_command_that_changes_nothing_writes_nothing(ledger: Ledger) -> None:
    head = ledger.head
    assert ledger.execute(lambda d: d.open(*ACCOUNTS[1])) == ANN
    assert ledger.execute(lambda d: d.limit(ANN, Limit.NO_OVERDRAFT, "as it is")) is None
    assert ledger.transfer([move(1, ANN, BOB)]) == [R.EXCEEDS_CREDITS]
    assert ledger.transfer([]) == []
    assert ledger.head == head


def test_a_draft_is_of_no_use_after_its_command(ledger: Ledger) -> None:
    kept = ledger.execute(lambda d: d)
    with pytest.raises(AssertionError, match="as long as its command runs"):
        kept.post([move(1)])


def test_a_command_cannot_wait_for_the_writer_that_runs_it(ledger: Ledger) -> None:
    with pytest.raises(AssertionError, match="must not wait"):
        ledger.execute(lambda d: ledger.transfer([move(1)]))
    assert ledger.transfer([move(1)]) == [R.OK]


# --- groups


def test_callers_that_wait_share_a_record_and_none_is_linked_to_another(ledger: Ledger) -> None:
    head = ledger.head[0]
    with Held(ledger):
        futures = [ledger.submit(ts) for ts in ([move(1)], [move(2), move(3, linked=True)], [move(4)], [], [move(1)], [move(5, linked=True), move(6)])]
    assert [f.result() for f in futures] == [[R.OK], [R.OK, R.CHAIN_OPEN], [R.OK], [], [R.EXISTS], [R.OK, R.OK]]
    assert ledger.head[0] == head + 1


def test_a_list_that_changes_while_it_waits_changes_nothing(ledger: Ledger) -> None:
    mine = [move(1), move(2)]
    with Held(ledger):
        future = ledger.submit(mine)
        mine[:] = [move(3, amount=1000)]
    assert future.result() == [R.OK, R.OK]
    assert ledger.balance(ANN) == Balance(0, 2)


def test_one_who_sends_what_is_no_transfer_hurts_nobody_else(ledger: Ledger) -> None:
    with Held(ledger):
        good = [ledger.submit([move(1)]), ledger.submit([move(2)])]
        bad = [ledger.submit([move(3), move(4, amount=1.5)]), ledger.submit([None, move(4)])]  # type: ignore[arg-type, list-item]
        good.append(ledger.submit([move(3)]))
    assert [g.result() for g in good] == [[R.OK]] * 3
    for b in bad:
        with pytest.raises((TypeError, AttributeError)):
            b.result()
    assert ledger.balance(ANN) == Balance(0, 3)


def test_a_group_is_cut_into_records_and_commands_stop_when_one_is_full(ledger: Ledger) -> None:
    ids = count(1)
    head = ledger.head[0]
    with Held(ledger):
        lists = [ledger.submit([move(next(ids)) for _ in range(3000)]) for _ in range(4)]
        commands = [ledger.submit_command(lambda d: d.post([move(next(ids)) for _ in range(5000)])) for _ in range(4)]
    assert all(set(f.result()) == {R.OK} for f in lists + commands)
    assert [len(decode(r.body).transfers) for r in ledger.records(head)] == [6000, 11000, 10000, 5000]
    assert ledger.balance(ANN).credits == 32_000


def test_more_than_a_million_at_once_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="MT704 transfer: has 1,000,001 transfers"):
        ledger.transfer([move(1)] * 1_000_001)


def test_ten_thousand_transfers_on_one_hot_account_from_threads_and_from_a_loop(ledger: Ledger) -> None:
    assert ledger.transfer([move(1, amount=7_000)]) == [R.OK]

    def threads() -> list[Result]:
        with ThreadPoolExecutor(8) as pool:
            return [r for rs in pool.map(lambda k: ledger.transfer([move(10_000 + 10 * k + i, ANN, BOB) for i in range(10)]), range(500)) for r in rs]

    async def loop() -> list[Result]:
        return [r for rs in await asyncio.gather(*(ledger.transfer_async([move(20_000 + i, ANN, BOB)]) for i in range(5_000))) for r in rs]

    with ThreadPoolExecutor(1) as side:
        other = side.submit(threads)
        results = asyncio.run(loop()) + other.result()
    assert (results.count(R.OK), results.count(R.EXCEEDS_CREDITS)) == (7_000, 3_000)
    assert (ledger.balance(ANN), ledger.balance(BOB)) == (Balance(7_000, 7_000), Balance(0, 7_000))
    assert ledger.total("USD") == 0


def test_a_loop_runs_commands_and_one_that_gives_up_changes_nothing_for_the_others(ledger: Ledger) -> None:
    async def act() -> tuple[int, list[Result]]:
        opened = asyncio.ensure_future(ledger.execute_async(lambda d: d.open(Account("USD", "cash", "cid"))))
        gone = asyncio.ensure_future(ledger.transfer_async([move(1)]))
        stays = asyncio.ensure_future(ledger.transfer_async([move(2)]))
        await asyncio.sleep(0)
        gone.cancel()
        return await opened, await stays

    assert asyncio.run(act()) == (4, [R.OK])
    assert ledger.transfer([move(1)]) == [R.EXISTS]


def test_a_total_cannot_pass_the_largest_amount(ledger: Ledger) -> None:
    assert ledger.transfer([move(1, amount=AMOUNT_MAX - 1), move(2, amount=2), move(3, amount=1), move(4, BOB, ANN)]) == [
        R.OK,
        R.OVERFLOW,
        R.OK,
        R.EXCEEDS_CREDITS,
    ]
    assert ledger.transfer([move(5, ISSUE, BOB)]) == [R.OVERFLOW]
    assert ledger.transfer([move(6, ANN, ISSUE, AMOUNT_MAX)]) == [R.OK]
    assert ledger.balance(ANN) == Balance(AMOUNT_MAX, AMOUNT_MAX)


def test_time_never_goes_back(ledger: Ledger, clock: Clock) -> None:
    times = []
    for step in (0, -500, 0, 600):
        clock.now += step * TICK
        ledger.transfer([move(len(times) + 1)])
        times.append(last(ledger).time_ns)
    assert times == sorted(set(times))
    assert times[-1] == 1100 * TICK


def test_what_is_due_expires_though_nobody_sends_anything(ledger: Ledger, clock: Clock) -> None:
    done = threading.Event()
    ledger.transfer([move(1), move(2, ANN, BOB, form=Form.PENDING, timeout=5)])
    ledger.on_commit(lambda record, batch: done.set())
    clock.now += 6 * TICK
    assert done.wait(10)
    assert ledger.balance(ANN) == Balance(0, 1)
    assert [t.form for t in last(ledger).transfers] == [Form.EXPIRE]


def test_what_is_not_yet_durable_is_not_read(store: Store, clock: Clock) -> None:
    seen = []

    class Looking(Failing):
        def append(self, record: Record) -> None:
            if record.seq > 1:
                seen.append((ledger.balance(ANN), ledger.number(Account("USD", "cash", "cid")), len(ledger.accounts()), ledger.limits(BOB), ledger.head[0]))
            super().append(record)

    with begin(Looking(store), clock) as ledger:
        ledger.transfer([move(1, amount=5), move(2, ANN, BOB, 2, form=Form.PENDING)])
        ledger.execute(
            lambda d: (
                d.open(Account("USD", "cash", "cid")),
                d.limit(BOB, Limit.FROZEN, "x"),
                d.limit(BOB, Limit.NONE, "y"),
                d.post([Transfer(3, 0, 0, 1, form=Form.POST, pending=2)]),
            )
        )
    assert seen == [(Balance(), None, 3, Limit.NO_OVERDRAFT, 1), (Balance(0, 5, 2), None, 3, Limit.NO_OVERDRAFT, 2)]


# --- failures


@pytest.mark.parametrize("error", [None, OSError("disk")])
def test_a_record_that_was_not_written_is_not_answered_and_may_be_sent_again(ledger: Ledger, failing: Failing, error: OSError | None) -> None:
    if error:
        failing.error = lambda: error
    ledger.transfer([move(1, amount=5)])
    head, failing.fail = ledger.head, "before"
    with Held(ledger):
        futures = [ledger.submit([move(2, ANN, BOB, 3)]), ledger.submit_command(lambda d: d.open(Account("USD", "cash", "cid")))]
    for f in futures:
        with pytest.raises(LedgerError, match="MT703"):
            f.result()
    assert (ledger.head, ledger.balance(ANN), ledger.number(Account("USD", "cash", "cid"))) == (head, Balance(0, 5), None)
    assert ledger.transfer([move(2, ANN, BOB, 3)]) == [R.OK]
    assert ledger.balance(BOB) == Balance(0, 3)


def test_a_record_that_was_written_though_the_store_said_no_is_answered(ledger: Ledger, failing: Failing) -> None:
    failing.fail = "after"
    assert ledger.transfer([move(1, amount=5)]) == [R.OK]
    assert ledger.transfer([move(1, amount=5)]) == [R.EXISTS]
    assert ledger.balance(ANN) == Balance(0, 5)


@pytest.mark.parametrize(("stage", "again"), [("before", R.OK), ("after", R.EXISTS)])
def test_a_store_that_is_gone_stops_the_ledger_until_it_is_back_and_nothing_acknowledged_is_lost(
    open_store: Open, clock: Clock, stage: str, again: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.01)
    failing = Failing(open_store())
    with begin(failing, clock) as ledger:
        assert ledger.transfer([move(1, amount=5)]) == [R.OK]
        failing.fail, failing.dead = stage, True
        with pytest.raises(LedgerError, match="MT705"):
            ledger.transfer([move(2)])
        assert ledger.failed
        with pytest.raises(LedgerError, match=r"MT705 .*send this again"):
            ledger.transfer([move(3)])
        with pytest.raises(LedgerError, match="MT705"):
            asyncio.run(ledger.transfer_async([move(3)]))
        failing.down = False
        end = time.monotonic() + 10
        while ledger.failed and time.monotonic() < end:  # nobody has to send anything
            time.sleep(0.01)
        assert ledger.transfer([move(1, amount=5), move(2)]) == [R.EXISTS, again]
        assert ledger.balance(ANN) == Balance(0, 6)


def test_a_store_that_refuses_the_turn_harms_nothing(ledger: Ledger, failing: Failing) -> None:
    failing.down = True
    with pytest.raises(LedgerError, match="MT703"):
        ledger.transfer([move(1)])
    failing.down = False
    assert ledger.transfer([move(1)]) == [R.OK]


def test_a_clock_that_breaks_ends_the_ledger_instead_of_leaving_callers_to_wait(store: Store) -> None:
    times = iter([1])
    ledger = begin(store, lambda: next(times))
    with pytest.raises(LedgerError, match="MT705"):
        ledger.transfer([move(1)])
    ledger.close()


def test_a_closed_ledger_says_so_and_what_waited_is_done(open_store: Open, clock: Clock) -> None:
    ledger = begin(open_store(), clock)
    futures = [ledger.submit([move(i)]) for i in range(1, 50)]
    ledger.close()
    ledger.close()
    assert [f.result() for f in futures] == [[R.OK]] * 49
    with pytest.raises(LedgerError, match=r"MT705 .*it was closed"):
        ledger.transfer([move(99)])


# --- opening


def spoil(store: MemoryStore, seq: int, record: Record | None) -> None:
    store.records[seq - 1 : seq] = [record] if record else []


def reached(store: MemoryStore, clock: Clock) -> MemoryStore:
    with begin(store, clock) as ledger:
        for i in range(1, 9):
            assert ledger.transfer([move(i)]) == [R.OK]
    return store


def test_a_broken_chain_is_refused_wherever_it_is_broken(clock: Clock) -> None:
    for seq in range(1, 10):
        for snapshots in (True, False):
            store = reached(MemoryStore(), clock)
            if not snapshots:
                store.kept.clear()
            body = bytearray(store.records[seq - 1].body)
            body[-1] ^= 1
            spoil(store, seq, store.records[seq - 1]._replace(body=bytes(body)))
            with pytest.raises(LedgerError, match="MT702"):
                Ledger(store, clock)
            assert len(store.records) == 9


def test_a_lost_record_is_missed(clock: Clock) -> None:
    for seq in range(1, 10):
        store = reached(MemoryStore(), clock)
        spoil(store, seq, None)
        with pytest.raises(LedgerError, match="MT702"):
            Ledger(store, clock)


def test_a_forged_record_with_a_right_hash_is_refused_when_it_could_not_have_been(clock: Clock) -> None:
    store = reached(MemoryStore(), clock)
    seq, hash = store.head()
    body = encode(Batch(clock.now * 2, [], [], [], [move(99, BOB, ANN, 1)], []))
    store.records.append(Record(seq + 1, sha256(hash + body).digest(), body))
    with pytest.raises(LedgerError, match=r"MT702 record 10: .*EXCEEDS_CREDITS"):
        Ledger(store, clock)


def test_a_damaged_snapshot_is_passed_over(clock: Clock) -> None:
    store = reached(MemoryStore(), clock)
    kept = store.kept[0]
    other = Record(kept.seq, bytes(32), kept.body)
    for bad in (kept._replace(body=kept.body[:-1]), kept._replace(body=b""), other, kept._replace(seq=3)):
        store.kept = [bad]
        with Ledger(store, clock) as ledger:
            assert ledger.balance(ANN) == Balance(0, 8)


class Counter:
    """A machine that counts what it is brought."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.loaded: list[bytes | None] = []
        self.count = 0

    def load(self, body: bytes | None) -> None:
        self.loaded.append(body)
        self.count = int(body or b"0")

    def apply(self, batch: Batch, seq: int) -> None:
        self.applied.append(seq)
        self.count += len(batch.notes)

    def dump(self) -> bytes:
        return str(self.count).encode()


def test_a_machine_is_loaded_follows_and_is_kept(open_store: Open, clock: Clock) -> None:
    machine = Counter()
    failing = Failing(open_store())

    def act(d: Draft) -> None:
        machine.count += 1
        d.note("count", b"")

    with begin(failing, clock, machine=machine) as ledger:
        ledger.execute(act)
        failing.fail = "before"
        with pytest.raises(LedgerError, match="MT703"):
            ledger.execute(act)
        assert (machine.count, machine.loaded, machine.applied) == (1, [None, None], [1, 2])
    with Ledger(open_store(), clock) as plain:  # without the machine: its part is not lost
        plain.transfer([move(1)])
    with Ledger(open_store(), clock, machine=machine):
        assert (machine.count, machine.loaded, machine.applied) == (1, [None, None, b"1"], [1, 2, 3])


def test_snapshots_are_kept_as_transfers_come_and_at_the_end(open_store: Open, clock: Clock) -> None:
    store = open_store()
    ledger = begin(store, clock, snapshot_every=10)
    for i in range(25):
        ledger.transfer([move(i + 1)])
    kept = [s.seq for s in store.snapshots()]
    ledger.close(keep=False)
    assert kept == [21, 11]
    with Ledger(open_store(), clock) as ledger:
        assert ledger.transfer([move(i + 1) for i in range(26)]) == [R.EXISTS] * 25 + [R.OK]
    store = open_store()
    assert [s.seq for s in store.snapshots()] == [27, 21]
    store.close()


@pytest.mark.parametrize("keep", [True, False])
def test_pending_transfers_and_what_ended_them_are_known_after_the_next_opening(open_store: Open, clock: Clock, keep: bool) -> None:
    ledger = begin(open_store(), clock)
    holds = [move(1, form=Form.PENDING), move(2, form=Form.PENDING), move(3, form=Form.PENDING, timeout=5), move(4, form=Form.PENDING, timeout=5)]
    ends = [Transfer(5, 0, 0, 1, form=Form.POST, pending=1), Transfer(6, 0, 0, 0, form=Form.VOID, pending=2)]
    assert ledger.transfer(holds + ends) == [R.OK] * 6
    ledger.close(keep)
    with Ledger(open_store(), clock) as ledger:
        again = [Transfer(10 + i, 0, 0, 1, form=Form.POST, pending=i) for i in range(1, 5)]
        assert ledger.transfer(again[:3]) == [R.PENDING_POSTED, R.PENDING_VOIDED, R.OK]
        clock.now += 6 * TICK
        assert ledger.transfer(again[3:]) == [R.PENDING_EXPIRED]
        assert ledger.balance(ANN) == Balance(0, 2)


def test_transfers_behind_the_last_snapshot_count_towards_the_next(open_store: Open, clock: Clock) -> None:
    ledger = begin(open_store(), clock)
    ledger.transfer([move(i) for i in range(1, 9)])
    ledger.close(keep=False)
    store = open_store()
    with Ledger(store, clock, snapshot_every=10) as ledger:
        ledger.transfer([move(i) for i in range(9, 11)])
        ledger.transfer([])
        assert [s.seq for s in store.snapshots()] == [3]


def test_forgotten_ids_are_found_in_the_journal_after_the_next_opening_too(open_store: Open, clock: Clock) -> None:
    with begin(open_store(), clock) as ledger:
        pending = move(30, form=Form.PENDING)
        for ts in ([move(1)], [pending], [Transfer(31, 0, 0, 1, form=Form.POST, pending=30)], [move(2)]):
            assert ledger.transfer(ts) == [R.OK]
        ledger.forget(4).result()
        asked = [move(1), pending, Transfer(32, 0, 0, 1, form=Form.POST, pending=30), Transfer(31, 0, 0, 1, form=Form.POST, pending=30), move(2)]
        answers = [R.EXISTS, R.EXISTS, R.PENDING_POSTED, R.EXISTS, R.EXISTS]
        assert ledger.transfer(asked) == answers
    with Ledger(open_store(), clock) as ledger:
        assert ledger.transfer(asked) == answers
        assert ledger.balance(ANN) == Balance(0, 3)


# --- following


def test_callbacks_get_every_record_and_one_that_raises_stops_nothing(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[int, list[int]]] = []

    def broken(record: Record, batch: Batch) -> None:
        raise KeyError("as asked")

    ledger.on_commit(broken)
    end = ledger.on_commit(lambda record, batch: seen.append((record.seq, [t.id for t in batch.transfers])))
    for i in (1, 2):
        ledger.transfer([move(i)])
    ledger.execute(lambda d: end())
    ledger.transfer([move(3)])
    assert seen == [(2, [1]), (3, [2])]
    assert "a callback failed after record 2" in caplog.text


def test_two_ledgers_on_one_store_take_turns_and_follow_each_other(clock: Clock) -> None:
    """As two processes do on PostgreSQL: the memory store has a turn too."""
    store, machines, seen = MemoryStore(), [Counter(), Counter()], list[int]()
    with begin(store, clock, machine=machines[0]) as one, Ledger(store, clock, machine=machines[1]) as two:
        two.on_commit(lambda record, batch: seen.append(record.seq))
        for i in range(1, 201, 2):
            futures = [one.submit([move(i), move(5000)]), two.submit([move(i + 1), move(5000)])]
            results = [f.result() for f in futures]
            assert [r[0] for r in results] == [R.OK, R.OK]
            assert i > 1 or sorted(r[1] for r in results) == [R.OK, R.EXISTS]
        one.transfer([])
        two.transfer([])
        assert one.head == two.head
        assert one.balance(ANN) == two.balance(ANN) == Balance(0, 201)
    assert seen == list(range(2, one.head[0] + 1))
    assert all(machine.applied for machine in machines)


def test_the_journal_is_read_with_its_chain_checked(ledger: Ledger) -> None:
    for i in range(1, 40):
        ledger.transfer([move(i)])
    before = GENESIS
    for seq, record in enumerate(ledger.records(), 1):
        assert (record.seq, record.hash) == (seq, sha256(before + record.body).digest())
        before = record.hash
    assert (seq, before) == ledger.head == (40, before)
    assert [r.seq for r in ledger.records(37)] == [38, 39, 40]


def test_what_is_not_there_is_said(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"MT707 cash/USD:anne: .*did you mean 'cash/USD:ann'"):
        ledger.balance(Account("USD", "cash", "anne"))
    for number in (0, 4, -1):
        with pytest.raises(LedgerError, match=f"MT707 account {number}"):
            ledger.account(number)
    with pytest.raises(LedgerError, match="MT707 reason 1"):
        ledger.reason_text(1)


def test_an_address_says_which_store(tmp_path: object) -> None:
    for url in ("memory:", f"{tmp_path}/a.db", f"sqlite:{tmp_path}/b.db"):
        with open_ledger(url) as ledger:
            assert ledger.execute(lambda d: d.open(Account("USD", "cash"))) == 1
