"""A ledger over a store beside a naive one: whatever happens to it, both say the same. It is closed, dropped, and its store fails."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from mintage.errors import LedgerError
from mintage.ledger.draft import Draft
from mintage.ledger.memory import MemoryStore
from mintage.ledger.past import Scan
from mintage.ledger.sqlite import SqliteStore
from mintage.ledger.store import Store
from mintage.ledger.types import Account, Limit, Result, Transfer
from mintage.ledger.writer import Ledger

from .naive import Naive
from .stores import Failing
from .test_books import ENDS, HOLDS, MOVES, TRANSFERS

FUNDS = st.builds(Transfer, st.integers(1, 60), st.just(1), st.integers(2, 3), st.integers(1, 100))
BATCHES = st.one_of(TRANSFERS, st.lists(st.one_of(FUNDS, MOVES, HOLDS, ENDS), min_size=1, max_size=5))


class Life(RuleBasedStateMachine):
    """Memory keeps its records when it is closed; a subclass has another store."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 1
        self.naive = Naive()
        self.begin()

    def begin(self) -> None:
        self.memory = MemoryStore()

    def open_store(self) -> Store:
        return self.memory

    def open(self) -> None:
        self.store = Failing(self.open_store())
        self.ledger = Ledger(self.store, lambda: self.clock, snapshot_every=20)

    @initialize()
    def first(self) -> None:
        self.open()
        self.account(asset="USD", limits=Limit.NONE)
        self.account(asset="USD", limits=Limit.NO_OVERDRAFT)
        self.ledger.execute(lambda d: d.reason("pay"))
        self.naive.reasons = 1
        self.naive.last = self.ledger.time_ns

    def settled(self) -> None:
        """Pending transfers that are due expire with any record; take the time of ours from it."""
        assert self.ledger.time_ns == self.naive.last

    @precondition(lambda self: len(self.naive.assets) < 7)
    @rule(asset=st.sampled_from(["USD", "TOK"]), limits=st.sampled_from([Limit.NONE, Limit.NO_OVERDRAFT, Limit.CREDITS_ONLY]))
    def account(self, asset: str, limits: Limit) -> None:
        number = len(self.naive.assets)
        assert self.ledger.execute(lambda d: d.open(Account(asset, "cash", str(number)), limits)) == number
        self.naive.submit([], self.clock)
        self.naive.assets.append(asset)
        self.naive.limits.append(limits)
        self.naive.last = self.ledger.time_ns

    @rule(transfers=BATCHES)
    def transfer(self, transfers: list[Transfer]) -> None:
        assert self.ledger.transfer(transfers) == self.naive.submit(transfers, self.clock)

    @rule(groups=st.lists(BATCHES, min_size=2, max_size=4))
    def several_callers_share_a_record(self, groups: list[list[Transfer]]) -> None:
        """A command holds the writer until all of them wait."""
        self.transfer([])  # what is due expires now, so that the command writes nothing
        begun, ready = Event(), Event()
        held = self.ledger.submit_command(lambda d: (begun.set(), ready.wait(10)))
        assert begun.wait(10)
        waiting = [self.ledger.submit(group) for group in groups]
        ready.set()
        held.result()
        self.in_one_record(groups, [w.result() for w in waiting])

    @rule(first=BATCHES, second=BATCHES, fails=st.booleans())
    def command(self, first: list[Transfer], second: list[Transfer], fails: bool) -> None:

        def act(draft: Draft) -> list[list[Result]]:
            out = [draft.post(first)]
            out.append(draft.post(second))
            if fails:
                raise KeyError("as asked")
            return out

        if fails:
            with pytest.raises(KeyError):
                self.ledger.execute(act)
            self.naive.submit([], self.clock)
        else:
            self.in_one_record([first, second], self.ledger.execute(act))

    def in_one_record(self, batches: list[list[Transfer]], answers: list[list[Result]]) -> None:
        """What came before the first of them was due has expired; the rest happens at one time."""
        last = self.naive.last
        now = max(last + 1, self.clock)
        for transfers, results in zip(batches, answers, strict=True):
            assert results == self.naive.submit(transfers, now)
            self.naive.last = last
        self.naive.last = self.ledger.time_ns

    @rule(number=st.integers(1, 6), limits=st.sampled_from([Limit.NONE, Limit.NO_OVERDRAFT, Limit.FROZEN, Limit.CREDITS_ONLY, Limit.DEBITS_ONLY]))
    def limit(self, number: int, limits: Limit) -> None:
        self.naive.submit([], self.clock)
        if number >= len(self.naive.assets):
            with pytest.raises(LedgerError, match="MT707"):
                self.ledger.execute(lambda d: d.limit(number, limits, "test"))
        elif Limit.NO_OVERDRAFT in limits & ~self.naive.limits[number] and self.naive.balance(number).available < 0:
            with pytest.raises(LedgerError, match="MT704"):
                self.ledger.execute(lambda d: d.limit(number, limits, "test"))
        else:
            self.ledger.execute(lambda d: d.limit(number, limits, "test"))
            self.naive.limits[number] = limits
        self.naive.last = self.ledger.time_ns

    @rule(transfers=BATCHES, stage=st.sampled_from(["before", "after"]))
    def the_store_fails(self, transfers: list[Transfer], stage: str) -> None:
        tried = self.naive.copy()
        expected = tried.submit(transfers, self.clock)
        self.store.fail = stage
        if len(tried.entries) == len(self.naive.entries) or stage == "after":
            assert self.ledger.transfer(transfers) == expected
            self.naive = tried
        else:
            with pytest.raises(LedgerError, match="MT703"):
                self.ledger.transfer(transfers)
        self.store.fail = ""

    @rule(seconds=st.integers(-1, 3))
    def time_passes(self, seconds: int) -> None:
        self.clock += seconds * 10**9

    @rule(keep=st.booleans())
    def it_is_closed_and_opened(self, keep: bool) -> None:
        head = self.ledger.head
        self.ledger.close(keep)
        self.open()
        assert self.ledger.head == head

    @rule(back=st.integers(0, 9))
    def ids_are_forgotten(self, back: int) -> None:
        self.ledger.attach(Scan(lambda: self.store.read(0)))
        self.naive.submit([], self.clock)
        self.ledger.forget(self.ledger.head[0] - back).result()
        self.naive.last = self.ledger.time_ns

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "ledger"):
            return
        self.settled()
        for number in range(1, len(self.naive.assets)):
            assert self.ledger.balance(number) == self.naive.balance(number)
            assert self.ledger.limits(number) == self.naive.limits[number]
        assert self.ledger.total("USD") == self.ledger.total("TOK") == 0

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()


class SqliteLife(Life):
    def begin(self) -> None:
        self.folder = TemporaryDirectory()

    def open_store(self) -> Store:
        return SqliteStore(Path(self.folder.name) / "ledger.db")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


LIVES = {"memory": (Life, 60), "sqlite": (SqliteLife, 12)}  # a store is a line: its machine, and how many lives it leads


@pytest.mark.parametrize("store", LIVES)
def test_a_ledger_and_a_naive_one_agree_through_all_of_life(store: str) -> None:
    life, examples = LIVES[store]
    run_state_machine_as_test(life, settings=settings(max_examples=examples, stateful_step_count=25, deadline=None))
