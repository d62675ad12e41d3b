"""A live network is judged by the code that judges a simulation: what did the same gets the same numbers, and what a record cannot show is not shown."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

import mintage as mt
from mintage.evaluate.criteria import all_criteria
from mintage.evaluate.figures import METRICS
from mintage.evaluate.measure import measure
from mintage.live.entries import Event, Join, Move
from mintage.live.judge import evaluate_live, evidence, record_of
from mintage.live.reading import Journal
from mintage.live.record import recorded
from mintage.live.service import LiveNetwork
from tests.live.lived import bent, lived

PAID = [700, 650, 900, 400, 1_000, 20, 333]  # USD a day, a week long
SAME = f"""
[network]
name = "same"
token = "TOK"
fiat = "USD"
start = 2024-01-01
step = "1 day"
horizon = "400 days"

[assets.TOK]
decimals = 18
cap = 2_000_000

[assets.USD]
form = "fiat"
decimals = 6

[accounts.market]
holds = ["TOK", "USD"]
opening = {{ TOK = 1_000_000, USD = 5_000 }}

[accounts.customers]
holds = ["USD"]
role = "customer"
members = "open"

[accounts.providers]
holds = ["TOK", "USD"]
role = "provider"
members = "open"

[accounts.pool]
holds = ["TOK"]
role = "treasury"
opening = {{ TOK = 1_000 }}

[signals]
price = {{ unit = "USD/TOK", start = 2 }}
demand = {{ unit = "USD/day", start = 700 }}

[[process]]
use = "history"
name = "paid"
signal = "demand"
values = {PAID}
after = "repeat"

[[mechanism]]
use = "burn_mint"
name = "jobs"
wallets = "customers/USD"
burn_share = 0.9
payees = [{{ to = "providers/USD", share = 0.1 }}]

[[mechanism]]
use = "emission_schedule"
name = "emission"
every = "7 days"
offset = 6
recipients = [{{ to = "pool/TOK", share = 0.75 }}, {{ to = "providers/TOK", share = 0.25 }}]
budgets = [{{ day = 0, value = 65_000 }}, {{ day = 364, value = 33_000 }}]
tail = 365

[[mechanism]]
use = "grants"
name = "grants"
every = "7 days"
offset = 6
pool = "pool/TOK"
recipients = [{{ to = "providers/TOK", share = 1 }}]
budget = [{{ day = 0, value = 100 }}]

[[mechanism]]
use = "cash_desk"
name = "cash"
wallet = "customers/USD"

[evaluation]
price = "price"
usage = ["signals.demand.start"]
"""
STEPS = 380


@pytest.fixture(scope="module")
def same():
    """A network that lived what its simulation simulates: each day customers bring and pay what the process says."""
    spec = mt.loads(SAME)
    with LiveNetwork.open("memory:", spec) as live:
        live.do(Join(id="ann", kind="customers", owner="ann"))
        for step in range(STEPS):
            for what, role in (("deposit", "owner"), ("pay", "payer")):
                amount, call = {"amount": str(PAID[step % 7])}, "cash" if what == "deposit" else "jobs"
                live.do(Event(id=f"{what}{step}", call=call, event=what, roles={role: "ann" if step else "@0"}, arguments=amount))
            live.tick()
        yield spec, live.ledger


def test_a_network_that_did_what_the_simulation_does_gets_the_same_numbers(same):
    spec, ledger = same
    live, network = record_of(ledger)
    simulated = measure(spec, 1, steps=STEPS)
    assert network.step == live.run.manifest.steps == STEPS
    assert (live.run.manifest.engine, live.run.manifest.paths) == ("live", 1)
    assert np.array_equal(live.run.day, simulated.run.day)
    shown = 0
    for name in METRICS:
        ours, theirs = live.metric(name), simulated.metric(name)
        assert ours == pytest.approx(theirs, rel=1e-12, nan_ok=True), name
        shown += bool(np.isfinite(ours).all() and ours.any())
    assert shown > 20
    for series in ("mint/TOK", "burn/TOK", "tag:revenue/USD", "tag:reward/TOK", "supply/TOK", "functional/TOK", "providers/TOK", "pool/TOK", "out:pool/TOK"):
        if series in simulated.run.series:
            assert live.run[series] == pytest.approx(simulated.run[series], rel=1e-12), series


def test_tests_of_the_same_numbers_have_the_same_findings_where_the_record_is_long_enough(same):
    spec, ledger = same
    base, network = record_of(ledger)
    live = evidence(base, network, 16, 1)
    simulated = replace(live, base=measure(spec, 1, steps=STEPS), recorded=False)
    judged = {c.code: (c, c.judge(live)) for c in all_criteria()}
    for code in ("T201", "T205", "T207", "T209", "T210", "T105", "T106", "T109"):
        criterion, found = judged[code]
        assert criterion.days <= STEPS
        assert found.verdict != "not_shown", found.sentence
        assert (found.verdict, found.value) == (criterion.judge(simulated).verdict, pytest.approx(criterion.judge(simulated).value))
    for code, why in {"T107": "730 are needed", "T203": "728 are needed", "T202": "one path", "T204": "one path", "T408": "one path"}.items():
        assert why in judged[code][1].sentence
        assert judged[code][1].verdict == "not_shown"
    assert live.counts["base"] == 1
    assert live.counts["futures"] == live.counts["usage -5 %"] == 16


def test_an_event_counts_in_the_step_it_fell_in_and_what_came_after_the_last_epoch_in_none(tmp_path):
    with lived(tmp_path / "net.db", 4) as live:
        for step, amount in ((4, "7"), (5, "11")):
            live.do(Event(id=f"x{step}", call="jobs", event="pay", roles={"payer": "ann"}, arguments={"amount": amount}))
            if step == 4:
                live.tick()
        live.do(Move(id="m", by="operator", debit="market/TOK", credit="pool/TOK", amount="5", reason="put right"))
        with Journal(live.ledger) as journal:
            record = recorded(journal.batches(), every=1)
    run = record.trajectory(["flow:jobs.pay", "flow:jobs.fee", "burn/TOK", "out:market/TOK", "customers/USD", "flow:cash.deposit"])
    assert run["flow:jobs.fee"][:, 0] == pytest.approx([0, 0, 6.05, 6.05, 6.05, 0.7])
    assert run["flow:cash.deposit"][:, 0] == pytest.approx([0, 0, 100, 100, 100, 0])
    assert run["burn/TOK"][5, 0] == pytest.approx(0.9 * 7 / 2.2, rel=1e-6)
    assert run["customers/USD"][5, 0] == pytest.approx(300 - 3 * 60.5 - 7)
    assert run.end["flow:jobs.fee"][0] == pytest.approx(3 * 6.05 + 0.7), "an end is the run's total"


def test_a_correction_is_a_flow_of_the_record(tmp_path):
    with lived(tmp_path / "net.db", 2) as live:
        live.do(Move(id="m", by="operator", debit="issuance/TOK", credit="pool/TOK", amount="5", reason="put right"))
        live.tick()
        with Journal(live.ledger) as journal:
            record = recorded(journal.batches(), every=1)
    assert record.trajectory(["mint/TOK"])["mint/TOK"][:, 0] == pytest.approx([0, 1000, 1000, 1005])


def test_a_young_network_says_how_long_it_ran_and_what_it_cannot_show(tmp_path):
    with lived(tmp_path / "net.db", 9):
        pass
    document = evaluate_live(str(tmp_path / "net.db"), 8)
    assert "has run live for 9 days, too short to show" in document.headline
    assert (document.manifest.engine, document.manifest.steps, document.manifest.paths) == ("live", 9, 1)
    assert document.grade is None
    by_code = {t.code: t for t in document.tests}
    assert by_code["T201"].sentence == "Not shown: the record is 9 days long, and 365 are needed."
    assert by_code["T206"].verdict == "pass"
    assert document.sankey
    assert mt.render(document)


def test_a_network_before_its_first_epoch_and_a_bent_journal_are_not_judged(tmp_path):
    with lived(tmp_path / "new.db", 0):
        pass
    with pytest.raises(mt.MintageError, match="MT825"):
        evaluate_live(str(tmp_path / "new.db"), 8)
    with lived(tmp_path / "net.db"):
        pass
    bent(tmp_path / "net.db", tmp_path / "bent.db")
    with pytest.raises(mt.MintageError, match="MT820") as refused:
        evaluate_live(str(tmp_path / "bent.db"), 8)
    assert refused.value.exit_status == 4
    assert sha256((tmp_path / "bent.db").read_bytes()).digest() != sha256((tmp_path / "net.db").read_bytes()).digest()
