"""A live network on its ledger: durable, resumed, caught up, stopped by its breaker, and the same in every process."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

import mintage as mt
from mintage.errors import MintageError
from mintage.ledger import Ledger, MemoryStore
from mintage.ledger.types import Account
from mintage.live import snapshot
from mintage.live.entries import Change, Event, Join, Reset
from mintage.live.machine import Machine, first_id
from mintage.live.service import LiveNetwork, begin
from mintage.mechanisms.base import REGISTRY
from tests.live.town import TEXT

DAY = 86_400 * 10**9


class Clock:
    """Time that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * 10**9

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tmp_path: Path, clock: Clock):
    with LiveNetwork.open(str(tmp_path / "town.db"), mt.loads(TEXT), clock=clock) as network:
        network.do(Join(id="ann", kind="customers", owner="ann"))
        network.tick()
        yield network


def deposit(i: str, amount: str = "100") -> Event:
    return Event(id=i, call="cash", event="deposit", roles={"owner": "ann"}, arguments={"amount": amount})


def test_the_ledger_and_the_network_hold_the_same(live):
    live.do(deposit("d"))
    live.do(Event(id="p", call="jobs", event="pay", roles={"payer": "ann"}, arguments={"amount": "40"}))
    assert live.balances("ann") == {"customers/USD": "60.00", "customers_held/USD": "0"}
    assert live.ledger.balance(Account("USD", "customers", "ann")).posted == 6000
    assert live.ledger.total("USD") == live.ledger.total("TOK") == 0
    assert D(live.supply("TOK")) == 1_010_000 + 1_000 - 18


def test_a_network_goes_on_where_it_stopped(tmp_path, live, clock):
    live.do(deposit("d"))
    before = snapshot.dump(live.network)
    live.close()
    with LiveNetwork.open(str(tmp_path / "town.db"), clock=clock) as again:
        assert snapshot.dump(again.network) == before
        again.tick(3)
        assert again.step == 4


def on(store, clock) -> LiveNetwork:
    """A network on a store that outlives it."""
    machine = Machine()
    ledger = Ledger(store, clock, machine)
    if machine.network is None:
        begin(ledger, machine, mt.loads(TEXT), b"secret")
    return LiveNetwork(ledger, machine, clock, None, b"secret")


def test_a_network_that_was_never_closed_is_run_again_from_its_journal(clock):
    store = MemoryStore()
    first = on(store, clock)
    first.do(Join(id="ann", kind="customers", owner="ann"))
    first.tick(2)
    first.do(deposit("d"))
    assert snapshot.dump(on(store, clock).network) == snapshot.dump(first.network)


def test_a_journal_that_other_rules_wrote_is_not_run(clock, monkeypatch):
    store = MemoryStore()
    on(store, clock).tick(2)
    rule = REGISTRY["emission_schedule"]
    before = rule.step
    monkeypatch.setattr(rule, "step", lambda *a: ([f._replace(amount=f.amount * 2) for f in before(*a)[0]], before(*a)[1]))
    with pytest.raises(MintageError, match="MT820"):
        on(store, clock)


def test_two_processes_on_postgresql_are_one_network(postgres_server, clock):
    address = postgres_server.fresh()
    with LiveNetwork.open(address, mt.loads(TEXT), clock=clock) as one, LiveNetwork.open(address, clock=clock) as two:
        one.do(Join(id="ann", kind="customers", owner="ann"))
        two.tick()
        one.do(deposit("d"))
        with ThreadPoolExecutor(8) as pool:
            payments = [Event(id=f"p{i}", call="jobs", event="pay", roles={"payer": "ann"}, arguments={"amount": "1"}) for i in range(40)]
            list(pool.map(lambda i: (one, two)[i % 2].do(payments[i]), range(40)))
            again = list(pool.map(lambda i: (two, one)[i % 2].do(payments[i]), range(40)))
        one.tick()
        two.tick()
        assert all(r.repeated for r in again)
        one.do(deposit("e", "1"))  # brings the first up to what the second did
        two.do(deposit("f", "1"))
        one.do(deposit("g", "1"))
        two.do(deposit("h", "1"))
        one.do(deposit("i", "1"))
        two.do(deposit("i", "1"))
        assert snapshot.dump(one.network) == snapshot.dump(two.network)
        assert one.balances("ann")["customers/USD"] == "65.00"
        assert one.step == 3


def test_a_ledger_keeps_its_network(tmp_path, live):
    path = str(tmp_path / "town.db")
    live.close()
    with pytest.raises(MintageError, match="MT822"):
        LiveNetwork.open(path, mt.loads(TEXT.replace("budget = 600", "budget = 601")))
    with LiveNetwork.open(path, mt.loads("# a comment changes nothing\n" + TEXT)) as again:
        assert again.step == 1
    with pytest.raises(MintageError, match="MT821"):
        LiveNetwork.open(str(tmp_path / "empty.db"))
    with LiveNetwork.open(str(tmp_path / "empty.db"), mt.loads(TEXT)) as fresh:
        assert fresh.step == 0


def test_the_same_entry_twice_moves_money_once_also_after_a_restart(tmp_path, live, clock):
    first = live.do(deposit("d"))
    again = live.do(deposit("d"))
    assert again == replace(first, repeated=True)
    live.close()
    with LiveNetwork.open(str(tmp_path / "town.db"), clock=clock) as other:
        assert other.do(deposit("d")).repeated
        assert other.balances("ann")["customers/USD"] == "100.00"


def test_even_a_forgotten_receipt_moves_nothing_twice(live):
    live.do(deposit("d"))
    live.network.receipts.clear()
    with pytest.raises(MintageError, match="MT704"):
        live.do(deposit("d"))
    assert live.balances("ann")["customers/USD"] == "100.00"
    assert first_id("d") != first_id("e")


def test_ids_that_memory_let_go_are_known_to_the_index_and_move_nothing_twice(tmp_path, clock):
    with LiveNetwork.open(str(tmp_path / "town.db"), mt.loads(TEXT), clock=clock, index=True) as network:
        network.do(Join(id="ann", kind="customers", owner="ann"))
        network.tick()
        network.do(deposit("d"))
        network.follower.keep = 0
        for i in range(50):
            network.do(deposit(f"more {i}", "1"))
        deadline = time.monotonic() + 10
        while network.ledger._books.forgotten < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert network.ledger._books.forgotten >= 5
        network.network.receipts.clear()
        with pytest.raises(MintageError, match="MT704"):
            network.do(deposit("d"))
        assert network.balances("ann")["customers/USD"] == "150.00"


def test_a_hundred_at_once_is_one_after_another(live):
    live.do(deposit("d", "50"))

    def pay(i: int) -> str:
        try:
            live.do(Event(id=f"p{i}", call="jobs", event="pay", roles={"payer": "ann"}, arguments={"amount": "1"}))
            return "paid"
        except MintageError as error:
            return error.faults[0].code

    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(pay, range(100)))
    assert sorted(set(done)) == ["MT302", "paid"]
    assert done.count("paid") == 50
    assert live.ledger.total("USD") == 0


def test_downtime_is_caught_up_epoch_by_epoch_and_nothing_is_minted_twice(live, clock):
    clock.now = live.machine.began + 5 * DAY
    assert live.due() == 4
    live.tick(live.due())
    assert live.due() == 0
    assert D(live.supply("TOK")) == 1_010_000 + 5_000
    clock.now -= 3 * DAY  # a clock that goes backwards brings no epoch and takes none
    assert live.due() == 0
    assert live.tick()[0].step == 6


def test_an_epoch_that_breaks_a_bound_is_refused_whole_and_trips_the_breaker(live):
    live.do(Change(id="c", by="operator", values={"emission.base": "6"}, reason="greed"))
    supply, head = live.supply("TOK"), live.ledger.head
    with pytest.raises(MintageError, match="MT817"):
        live.tick()
    assert live.supply("TOK") == supply
    assert live.ledger.head[0] == head[0] + 1  # the trip itself
    assert "minted/TOK" in live.tripped
    with pytest.raises(MintageError, match="MT812"):
        live.tick()
    live.do(Change(id="c2", by="operator", values={"emission.base": "1"}, reason="put right"))
    live.do(Reset(id="r", by="operator", reason="put right"))
    live.tick()
    assert D(live.supply("TOK")) == D(supply) + 1000


def test_who_watches_sees_every_record_once_and_in_order(live):
    seen = []
    end = live.subscribe(seen.append)
    for i in range(5):
        live.do(deposit(f"d{i}"))
    live.tick()
    deadline = time.monotonic() + 5
    while len(seen) < 6 and time.monotonic() < deadline:
        time.sleep(0.01)
    end()
    assert [h.seq for h in seen] == list(range(seen[0].seq, seen[0].seq + 6))
    assert list(live.history(seen[0].seq - 1)) == seen
    assert [entry.topic for h in seen for entry, _ in h.entries] == ["event"] * 5 + ["epoch"]


def test_what_a_catalogue_lists_can_be_asked_for(live):
    events = {(i.call, i.event): i for i in live.catalog()}
    assert events["cash", "deposit"].authority == "operator"
    assert events["jobs", "pay"].authority == "owner"
    assert events["jobs", "pay"].roles == {"payer": "customers/USD"}
    assert events["votes", "vote"].rows == {"voter": "owner", "proposal": "slot"}
    assert events["operators", "register"].arguments == {"number": "node"}
