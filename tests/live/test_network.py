"""The live network as a state machine: what each entry does, and what it refuses with nothing changed."""

from __future__ import annotations

import json
from decimal import Decimal as D

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.errors import MintageError
from mintage.live import snapshot
from mintage.live.book import cells_of
from mintage.live.entries import Change, Epoch, Event, Join, Key, Move, Proposal, Report, Reset, Trip, decode
from tests.live.town import TEXT, Town


@pytest.fixture
def town() -> Town:
    out = Town()
    for kind, owner, row in (("customers", "ann", 0), ("providers", "pat", 1), ("holders", "hal", 0)):
        out.join(kind, owner, row)
    out.epoch()
    return out


def state(town: Town) -> dict:
    return snapshot.dump(town.network)


def refused(town: Town, code: str, entry) -> None:
    """The entry is refused by that code, and nothing has changed."""
    before = state(town)
    with pytest.raises(MintageError, match=code):
        town.do(entry)
    assert state(town) == before


# --- members --------------------------------------------------------------------------------------------------------


def test_who_joins_has_a_row_from_the_next_epoch_on():
    town = Town()
    town.join("holders", "hal")
    refused(town, "MT804", Event(id="early", call="locks", event="stake", roles={"staker": "hal"}, arguments={"amount": "0"}))
    town.epoch()
    assert town.balance("holders/TOK:hal") == 0
    assert town.network.world.balances[Account("unbonding", "TOK")].shape == (3, 2, 1)


def test_rows_of_a_newcomer_take_the_class_it_chose(town):
    assert town.signal("nodes", 2) == 0
    town.event("operators", "register", {"provider": "pat"}, number="20")
    town.epoch()
    # of 100 tokens for nodes x uptime of the class: @0 has 10 x 1, @1 has 20 x 0.5, pat is of class 1 with 20 x 0.5
    got = {who: town.balance(f"providers/TOK:{who}") for who in ("@0", "@1", "pat")}
    assert got == {"@0": D("83.333334"), "@1": D("83.333333"), "pat": D("33.333333")}  # the first epoch knew two


def test_nobody_joins_twice_or_where_it_is_closed_or_as_what_there_is_not(town):
    refused(town, "MT803", Join(id="x", kind="holders", owner="hal"))
    refused(town, "MT802", Join(id="x", kind="market", owner="hal"))
    refused(town, "MT802", Join(id="x", kind="staked", owner="new"))
    refused(town, "MT802", Join(id="x", kind="providers", owner="new", row=2))
    town.join("holders", "new")
    refused(town, "MT803", Join(id="x", kind="holders", owner="new"))


@pytest.mark.parametrize(
    ("shape", "at", "cells"),
    [
        ((3, 1), None, [(-1, 0), (-1, 1), (-1, 2)]),
        ((3, 1), np.array([2]), [(-1, 2)]),
        ((3, 1), slice(1, 3), [(-1, 1), (-1, 2)]),
        ((2, 3, 1), 1, [(1, 0), (1, 1), (1, 2)]),
        ((2, 3, 1), (1, np.array([2])), [(1, 2)]),
        ((2, 1, 1), 0, [(0, 0)]),
    ],
)
def test_an_index_names_lots_and_rows(shape, at, cells):
    assert cells_of(shape, at) == cells


# --- events ---------------------------------------------------------------------------------------------------------


def test_a_payment_burns_what_its_price_says(town):
    town.event("cash", "deposit", {"owner": "ann"}, amount="100")
    done = town.event("jobs", "pay", {"payer": "ann"}, amount="40")
    assert {line.reason: D(line.amount) for line in done.lines if line.debit.startswith("customers")} == {"jobs.pay": 36, "jobs.fee": D("1.33")}
    assert town.balance("customers/USD:ann") == 60
    assert town.balance("burned/TOK") == 18


@pytest.mark.parametrize(
    ("code", "call", "event", "roles", "arguments"),
    [
        ("MT302", "jobs", "pay", {"payer": "ann"}, {"amount": "0.01"}),
        ("MT811", "job", "pay", {"payer": "ann"}, {"amount": "1"}),
        ("MT811", "emission", "pay", {"payer": "ann"}, {"amount": "1"}),
        ("MT811", "jobs", "play", {"payer": "ann"}, {"amount": "1"}),
        ("MT811", "jobs", "step", {"payer": "ann"}, {"amount": "1"}),
        ("MT811", "jobs", "pay", {}, {"amount": "1"}),
        ("MT811", "jobs", "pay", {"payer": "ann"}, {}),
        ("MT811", "jobs", "pay", {"payer": "ann"}, {"amount": "1", "more": "1"}),
        ("MT804", "jobs", "pay", {"payer": "nobody"}, {"amount": "1"}),
        ("MT804", "jobs", "pay", {"payer": "hal"}, {"amount": "1"}),
        ("MT804", "votes", "vote", {"voter": "hal", "proposal": "@3"}, {"support": "1"}),
        ("MT311", "cash", "deposit", {"owner": "ann"}, {"amount": "-1"}),
        ("MT806", "cash", "deposit", {"owner": "ann"}, {"amount": "NaN"}),
        ("MT806", "cash", "deposit", {"owner": "ann"}, {"amount": "1e999"}),
        ("MT806", "cash", "deposit", {"owner": "ann"}, {"amount": "Infinity"}),
        ("MT806", "cash", "deposit", {"owner": "ann"}, {"amount": "1" * 101}),
        ("MT309", "cash", "deposit", {"owner": "ann"}, {"amount": "1e79"}),
        ("MT806", "cash", "deposit", {"owner": "ann"}, {"amount": "1.001"}),
        ("MT806", "jobs", "pay", {"payer": "ann"}, {"amount": "0.009"}),
        ("MT806", "locks", "stake", {"staker": "hal"}, {"amount": "1e-60"}),
    ],
)
def test_what_an_event_may_not_do_is_refused_whole(town, code, call, event, roles, arguments):
    refused(town, code, Event(id="x", call=call, event=event, roles=roles, arguments=arguments))


AMOUNTS = st.one_of(
    st.decimals(-10, 10**7, places=8).map(lambda d: f"{d:f}"), st.sampled_from(["0", "1e-60", "1e77", "-0", "1E+3", "0x1", "", " 1", "1_000", "٣", "sNaN"])
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_asked_every_asset_sums_to_zero_and_nobody_is_overdrawn(data):
    town = Town()
    town.join("customers", "ann")
    town.join("holders", "hal")
    town.epoch()
    events = [(c.name, e) for c in town.network.calls.values() for e in c.use.mechanism.events.values()]
    for i in range(12):
        call, declared = data.draw(st.sampled_from(events))
        roles = {role: data.draw(st.sampled_from(["ann", "hal", "@0", "@1", "", "@-1", "nobody"])) for role in declared.roles}
        before = state(town)
        try:
            town.event(call, declared.name, roles, **{name: data.draw(AMOUNTS) for name in declared.arguments})
        except MintageError:
            assert state(town) == before
        if i % 4 == 3:
            town.epoch()
    for asset in ("TOK", "USD"):
        assert sum(v.sum() for a, v in town.network.world.balances.items() if a.asset == asset) == 0
    for place, value in town.network.world.balances.items():
        assert place.kind in ("external", "issuance") or min(value.reshape(-1)) >= 0


def test_the_same_entry_again_is_answered_with_its_receipt_and_another_by_its_id_is_refused(town):
    entry = Event(id="once", call="cash", event="deposit", roles={"owner": "ann"}, arguments={"amount": "5"})
    first = town.do(entry)
    assert town.do(entry) == first
    assert town.balance("customers/USD:ann") == 5
    refused(town, "MT808", Event(id="once", call="cash", event="deposit", roles={"owner": "ann"}, arguments={"amount": "6"}))


def test_nonces_of_a_key_rise_and_a_revoked_key_does_nothing(town):
    def deposit(i: str, nonce: int) -> Event:
        return Event(id=i, key="k", nonce=nonce, call="cash", event="deposit", roles={"owner": "ann"}, arguments={"amount": "1"})

    town.do(deposit("a", 7))
    assert town.do(deposit("a", 9)) == town.do(deposit("a", 7)), "signed anew, an answer that was lost is given again"
    refused(town, "MT810", deposit("b", 7))
    refused(town, "MT810", deposit("b", 6))
    town.do(deposit("b", 8))
    town.do(Key(id="revoke", name="k", revoked=True))
    refused(town, "MT809", deposit("c", 9))
    refused(town, "MT809", Key(id="again", name="k", owner="ann"))
    assert town.balance("customers/USD:ann") == 2


# --- measured signals -----------------------------------------------------------------------------------------------


def test_a_feed_is_the_median_of_fresh_reports(town):
    for by, value in (("r1", "2.2"), ("r2", "2.4"), ("r3", "9")):
        town.report(value, by)
    town.epoch()
    assert town.signal("price") == D("2.4")


def test_one_reporter_where_two_are_asked_for_moves_nothing(town):
    town.report("2.9", "r1")
    town.report("2.9", "r1")
    town.epoch()
    assert town.signal("price") == 2


def test_old_reports_no_longer_count(town):
    town.report("2.5", "r1")
    town.epoch(3)
    town.report("2.7", "r2")
    town.epoch()
    assert town.signal("price") == 2


def test_an_epoch_goes_at_most_by_the_deviation_and_the_rest_of_the_way_later(town):
    for by in ("r1", "r2"):
        town.report("20", by)
    seen = []
    for _ in range(2):
        town.epoch()
        seen.append(town.signal("price"))
    assert seen == [D(3), D("4.5")]


def test_usage_is_what_was_paid_in_the_days_before(town):
    town.event("cash", "deposit", {"owner": "ann"}, amount="100")
    town.event("jobs", "pay", {"payer": "ann"}, amount="40")
    seen = []
    for _ in range(5):
        town.epoch()
        seen.append(town.signal("usage"))
    assert seen == [18, 18, 0, 0, 0]  # 36 dollars, over two days: the rate adds up to what was paid


def test_reports_of_what_is_no_feed_or_no_number_are_refused(town):
    refused(town, "MT805", Report(id="x", signal="usage", values=("1",)))
    refused(town, "MT805", Report(id="x", signal="rate", values=("1",)))
    refused(town, "MT805", Report(id="x", signal="nodes", values=("1",)))
    refused(town, "MT806", Report(id="x", signal="price", values=("NaN",)))
    refused(town, "MT806", Report(id="x", signal="price", values=("1", "2")))
    refused(town, "MT806", Report(id="x", signal="price", values=()))


# --- epochs ---------------------------------------------------------------------------------------------------------


def test_an_epoch_mints_once_and_pays_from_what_was_minted(town):
    town.epoch()
    assert -town.balance("issuance/TOK") - 1_010_000 == 2_000
    assert town.balance("pool/TOK") == 1_800


def test_an_epoch_runs_once_and_in_order(town):
    town.epoch()
    for step in (0, 1, 3):
        refused(town, "MT813", Epoch(id=f"again:{step}", step=step, signals=town.network.measured()))


def test_a_bound_refuses_the_epoch_whole(town):
    town.do(Change(id="c", values={"emission.base": "6"}, reason="greed"))
    refused(town, "MT817", Epoch(id="epoch:1", step=1, signals=town.network.measured()))


def test_a_cap_refuses_the_epoch_whole():
    town = Town(TEXT.replace("1_200_000", "1_013_500"))
    town.epoch(3)
    refused(town, "MT304", Epoch(id="epoch:3", step=3, signals=town.network.measured()))


def test_a_tripped_breaker_stops_epochs_and_a_reset_lets_them_run(town):
    town.do(Trip(id="trip", by="operator", reason="look at it"))
    refused(town, "MT812", Epoch(id="epoch:1", step=1, signals=town.network.measured()))
    town.event("cash", "deposit", {"owner": "ann"}, amount="5")  # money already there may move
    town.do(Reset(id="reset", by="operator", reason="looked"))
    town.epoch()
    assert town.network.step == 2


# --- changes --------------------------------------------------------------------------------------------------------


def test_a_change_takes_effect_at_its_epoch_and_not_before(town):
    town.do(Change(id="c", values={"emission.base": "0.5"}, reason="less", step=3))
    minted = []
    for _ in range(3):
        before = town.balance("issuance/TOK")
        town.epoch()
        minted.append(before - town.balance("issuance/TOK"))
    assert minted == [1000, 1000, 500]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("MT510", {"emission.bass": "1"}),
        ("MT109", {"jobs.burn_share": "2"}),
        ("MT816", {"locks.slots": "5"}),
        ("MT108", {"emission.base": "much"}),
    ],
)
def test_a_change_that_the_network_cannot_take_is_refused_when_it_is_asked_for(town, code, values):
    refused(town, code, Change(id="c", values=values, reason="try"))


def test_what_a_proposal_changes_is_not_said_after_the_votes(town):
    def said(i: str) -> Proposal:
        return Proposal(id=i, by="@0", call="votes", slot=int(i), values={"emission.base": "9"})

    town.event("locks", "stake", {"staker": "@0"}, amount="5000")
    for slot in ("@0", "@1"):
        town.event("votes", "propose", {"proposer": "@0", "proposal": slot}, deposit="10")
    town.epoch()
    town.do(said("1"))
    town.event("votes", "vote", {"voter": "@0", "proposal": "@0"}, support="1")
    refused(town, "MT823", said("0"))


def test_a_proposal_that_passes_becomes_a_change(town):
    town.event("locks", "stake", {"staker": "@0"}, amount="5000")
    town.event("votes", "propose", {"proposer": "@0", "proposal": "@1"}, deposit="10")
    change = Proposal(id="p", by="@0", call="votes", slot=1, values={"emission.base": "0.25"}, text="a quarter")
    refused(town, "MT823", Proposal(id="q", by="hal", call="votes", slot=1, values={}))
    refused(town, "MT823", Proposal(id="q", by="@0", call="votes", slot=0, values={}))
    refused(town, "MT510", Proposal(id="q", by="@0", call="votes", slot=1, values={"no.such": "1"}))
    town.do(change)
    refused(town, "MT823", Proposal(id="p2", by="@0", call="votes", slot=1, values={"emission.base": "9"}))
    town.event("votes", "vote", {"voter": "@0", "proposal": "@1"}, support="1")
    for _ in range(9):
        town.epoch()
        if adopted := town.network.adopted():
            break
    assert [c.values for c in adopted] == [{"emission.base": "0.25"}]
    town.do(adopted[0])
    before = town.balance("issuance/TOK")
    town.epoch()
    assert before - town.balance("issuance/TOK") == 250


# --- corrections, snapshots -----------------------------------------------------------------------------------------


def test_a_correction_moves_whole_units_between_accounts_of_one_asset(town):
    town.epoch()
    town.do(Move(id="m", debit="pool/TOK", credit="holders/TOK:hal", amount="0.000001", reason="owed"))
    assert town.balance("holders/TOK:hal") == D("0.000001")
    for amount in ("0.0000001", "0", "-1", "1e-7"):
        refused(town, "MT815", Move(id="n", debit="pool/TOK", credit="holders/TOK:hal", amount=amount, reason="owed"))
    refused(town, "MT815", Move(id="n", debit="pool/TOK", credit="customers/USD:ann", amount="1", reason="owed"))
    refused(town, "MT815", Move(id="n", debit="pool/TAK", credit="customers/USD:ann", amount="1", reason="owed"))
    refused(town, "MT804", Move(id="n", debit="pool/TOK", credit="holders/TOK:nobody", amount="1", reason="owed"))
    refused(town, "MT302", Move(id="n", debit="pool/TOK", credit="holders/TOK:hal", amount="1000000", reason="owed"))


def test_a_snapshot_is_the_whole_state(town):
    town.report("2.5", "r1")
    town.event("locks", "stake", {"staker": "@0"}, amount="5")
    town.join("holders", "late")
    town.do(Change(id="c", values={"emission.base": "0.5"}, reason="less", step=9))
    town.do(Key(id="k", name="key", owner="hal", scopes=("epochs",)))
    plain = snapshot.dump(town.network)
    again = Town()
    again.network = snapshot.load(json.loads(snapshot.encode(plain)))
    assert snapshot.dump(again.network) == plain
    for t in (town, again):
        t.epoch(9)
    assert snapshot.dump(again.network) == snapshot.dump(town.network)


@given(st.binary(max_size=60), st.sampled_from(["event", "epoch", "join", "nothing", ""]))
def test_a_note_that_is_no_entry_is_refused_with_a_code(body, topic):
    with pytest.raises(MintageError, match="MT801"):
        decode(topic, body)
