"""The twin over HTTP: what people did through the API of a real server, killed and started again in between, is what the simulator computes."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

import mintage as mt
from mintage.amounts import from_units
from mintage.client import Client
from mintage.client.door import OverHttp
from mintage.ledger import decode
from mintage.ledger.audit import audit
from mintage.ledger.audit_replay import Replay as Books
from mintage.ledger.look import ReadOnly
from mintage.live.driver import Driver
from mintage.live.replay import Replay
from tests.e2e.serving import Served

EPOCHS, EVENTS = 32, 66


def die_in_between(served: Served, driver: Driver) -> None:
    """Kill the server while requests are on their way, and start it again: whoever had no answer asks again."""
    at_work = threading.Thread(target=driver.run, args=(2,))
    done = driver.tally.done
    at_work.start()
    while driver.tally.done < done + 40:
        assert at_work.is_alive()
        time.sleep(0.001)
    assert served.end(signal.SIGKILL)[0] == -signal.SIGKILL
    served.start()
    at_work.join(60)
    assert not at_work.is_alive()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Driver, dict[str, dict[str, Decimal]], dict[str, Decimal]]:
    """A ledger that 32 epochs and their people left, and what the API said of it last."""
    folder, spec = tmp_path_factory.mktemp("network"), mt.load("render")
    with Served(folder, "render", "--ledger", "net.db", "--seconds-per-step", "0", "--rate", "1e5") as served:
        door = OverHttp(served.url, (folder / "net.operator-key").read_text("utf-8").strip(), spec, attempts=16)
        driver = Driver(door, spec, seed=5, owners=12, events=EVENTS, name=door.owner)
        driver.run(10)
        status, said = served.end(signal.SIGTERM)
        assert (status, "stopped at step 10" in said) == (0, True)
        served.start()
        driver.run(10)
        die_in_between(served, driver)
        driver.run(EPOCHS - driver.tally.epochs)
        with Client(served.url) as reader:
            told = {owner: reader.balances(owner) for owner in driver.actors}
            totals = reader.totals()
        door.close()
        assert served.end(signal.SIGTERM)[0] == 0
    return folder / "net.db", driver, told, totals


def test_thousands_of_requests_over_http_are_each_done_once_or_refused_for_what_they_are(lived):
    path, driver, _, _ = lived
    topics = Counter(note.topic for record in ReadOnly(path).read() for note in decode(record.body).notes)
    assert sum(topics[t] for t in ("join", "report", "event", "epoch")) == driver.tally.done
    assert (topics["epoch"], driver.tally.epochs) == (EPOCHS, EPOCHS)
    assert driver.tally.done + sum(driver.tally.refused.values()) > 2_000
    assert topics["event"] > 1_600
    assert set(driver.tally.refused) <= {"MT302", "MT304", "MT312"}
    assert driver.tally.refused["MT302"] > 20
    assert driver.earned == pytest.approx(driver.wanted, rel=0.1), "customers spend what those of the simulation spent"


def test_the_audit_of_the_ledger_is_clean_and_the_simulator_replays_it_to_the_base_unit(lived):
    path, _, _, _ = lived
    found = audit(ReadOnly(path))
    assert found.faults == []
    assert found.transfers > 1_600
    replayed = Replay().run((record.seq, decode(record.body)) for record in ReadOnly(path).read())
    assert list(map(str, replayed.differences)) == []
    assert (replayed.epochs, replayed.transfers) == (EPOCHS, found.transfers)
    assert replayed.worst <= 1e-12


def test_balances_that_the_api_told_are_those_of_the_auditor(lived):
    path, _, told, totals = lived
    books = Books(lambda where, what, expected: pytest.fail(f"{where} {what} {expected}"))
    for record in ReadOnly(path).read():
        books.add(record.seq, decode(record.body))
    economy = mt.load("render").economy()
    decimals = {a.name: a.decimals for a in economy.assets.values()}
    owners: dict[str, Counter[str]] = {owner: Counter() for owner in told}
    kinds: Counter[str] = Counter()
    for account, (debits, credits, *_) in zip(books.accounts[1:], books.totals[1:], strict=True):
        place = f"{account.kind}/{account.asset}"
        kinds[place] += credits - debits
        if account.owner in owners and economy.kinds[account.kind].members:  # @0 is a row of the spec, and a slot of closed kinds too
            owners[account.owner][place] += credits - debits

    def whole(place: str, units: int) -> Decimal:
        size = from_units(abs(units), decimals[place.partition("/")[2]])
        return size if units >= 0 else -size

    assert sum(map(len, told.values())) > 100
    for owner, balances in told.items():
        assert {p: v for p, v in balances.items() if v} == {p: whole(p, u) for p, u in owners[owner].items() if u}, owner
    assert {p: v for p, v in totals.items() if v} == {p: whole(p, u) for p, u in kinds.items() if u}
