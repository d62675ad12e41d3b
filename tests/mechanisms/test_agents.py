"""The market of agents: records and names that lapse, negotiations whose money is never lost, searches that show so many, payments that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic_exact import EXACT
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import D, amounts, emitted, use
from .village import Play

AGENTS, USERS, DEALS, TILL, TREASURY, CLEARING = (Account(k, "TOK") for k in ("agents", "users", "deals", "tills", "treasury", "clearing"))
MARKET, MARKET_USD, PURSES, CASH, OUTSIDE = (Account(*p.split("/")) for p in ("market/TOK", "market/USD", "purses/USD", "cash/USD", "external/USD"))
DESK = {"customers": "external/USD", "wallets": "purses/USD", "tokens": "market/TOK", "proceeds": "market/USD", "fiat": "cash/USD", "price": "price"}
HALVES = ({"to": "treasury/TOK", "share": "0.5"}, {"to": "burned/TOK", "share": "0.5"})
WHOLE = ({"to": "treasury/TOK", "share": "1"},)


def market(
    *,
    agents: int = 4,
    users: int = 1,
    sellers: int = 1,
    qualities: tuple[str, ...] = (),
    counts: tuple[str, ...] = (),
    opening: dict[Account, Any] | None = None,
    **params: Any,
) -> Economy:
    """Agents with 1,000 tokens each, people with 10,000 in all, three slots for deals and two names."""
    kinds = {
        "agents": Kind("agents", ("TOK",), agents, members="open", role="provider"),
        "tills": Kind("tills", ("TOK",), agents, members="agents", role="provider"),
        "users": Kind("users", ("TOK",), users, members="open", role="customer"),
        "deals": Kind("deals", ("TOK",), 3, role="escrow"),
        "names": Kind("names", ("TOK",), 2, role="escrow"),
        "clearing": Kind("clearing", ("TOK",), role="escrow"),
        "treasury": Kind("treasury", ("TOK",), role="treasury"),
        "market": Kind("market", ("TOK", "USD"), sellers),
        "purses": Kind("purses", ("USD",), 2, members="open", role="customer"),
        "cash": Kind("cash", ("USD",), agents, members="agents", role="provider"),
    }
    rows = {"quality": ("1", qualities or ("1",) * agents), "population": ("node", counts or ("1",) * agents), "capacity": ("job/day", ("50",) * agents)}
    rows |= {"work": ("job/day", ("0",) * agents), "priority": ("1", ("0",) * (agents - 1) + ("1",)), "income": ("TOK/day", ("0",) * agents)}
    declared = {n: SignalDecl(n, unit, tuple(map(D, start)), "", "agents") for n, (unit, start) in rows.items()}
    one = {"demand": ("USD/day", "100"), "price": ("USD/TOK", "2"), "volume": ("TOK/day", "0"), "listed": ("node", "0")}
    declared |= {n: SignalDecl(n, unit, D(start)) for n, (unit, start) in one.items()}
    rested = {AGENTS: 1000 * agents, USERS: 10_000, MARKET: 5000, PURSES: 600} | (opening or {})
    assets = {"TOK": Asset("TOK", 6), "USD": Asset("USD", 6, "fiat")}
    uses = (use("market", "agent_market", **{"buyers": "users/TOK", "payees": WHOLE, "volume": "volume", "listed": "listed"} | params),)
    return Economy("market", assets, kinds, declared, uses, D(1), opening={k: D(v) for k, v in rested.items()})


def both(e: Economy) -> list[Play]:
    return [Play(e), Play(e, EXACT)]


def registered(play: Play, *agents: int) -> Play:
    for row in agents:
        play.event("market", "register", {"agent": row})
    return play


# --- records and names -----------------------------------------------------------------------------------------------------


def test_a_record_costs_half_a_token_and_stands_for_two_days():
    """The Almanac: 0.5 FET, 48 hours; a renewal counts from the day it is made."""
    for play in both(market(payees=HALVES)):
        ask = {"seller": 0, "buyer": 1, "deal": 0}
        with pytest.raises(RunError, match="no record"):
            play.event("market", "request_payment", ask, amount=1, days=1)
        registered(play, 0)
        assert (play[AGENTS][0], play[TREASURY], play[Account("burned", "TOK")]) == (999.5, [0.25], [0.25])
        play.t = 2
        play.event("market", "request_payment", ask, amount=1, days=1)
        play.t = 3
        with pytest.raises(RunError, match="no record"):
            play.event("market", "request_payment", {**ask, "deal": 1}, amount=1, days=1)
        registered(play, 0)
        play.t = 5
        play.event("market", "request_payment", {**ask, "deal": 1}, amount=1, days=1)
        assert play[AGENTS][0] == 999


def test_a_name_is_held_for_sixty_days_by_one_agent():
    for play in both(market(name_fee=3, record=1000)):
        with pytest.raises(RunError, match="no record"):
            play.event("market", "take_name", {"agent": 2, "name": 1})
        registered(play, 2, 3)
        play.event("market", "take_name", {"agent": 2, "name": 1})
        with pytest.raises(RunError, match="holds the name"):
            play.event("market", "take_name", {"agent": 3, "name": 1})
        play.event("market", "take_name", {"agent": 3, "name": 0})
        play.t = 60
        with pytest.raises(RunError, match="holds the name"):
            play.event("market", "take_name", {"agent": 3, "name": 1})
        play.t = 61
        play.event("market", "take_name", {"agent": 3, "name": 1})
        play.t = 100
        play.event("market", "take_name", {"agent": 3, "name": 1})  # one's own: for sixty days more
        play.t = 160
        with pytest.raises(RunError, match="holds the name"):
            play.event("market", "take_name", {"agent": 2, "name": 1})
        assert play[TREASURY] == [2 * 0.5 + 4 * 3]


# --- negotiation -------------------------------------------------------------------------------------------------------------


def negotiating(play: Play, days: int = 3) -> Play:
    registered(play, 0)
    play.event("market", "request_payment", {"seller": 0, "buyer": 1, "deal": 2}, amount=40, days=days)
    return play


def test_a_payment_is_requested_committed_and_completed():
    for play in both(market(take="0.05", fee=0)):
        negotiating(play).event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
        assert (play[AGENTS], play[DEALS]) == ([1000, 960, 1000, 1000], [0, 0, 40])
        play.event("market", "complete_payment", {"seller": 0, "deal": 2})
        assert (play[AGENTS], play[DEALS], play[TREASURY]) == ([1038, 960, 1000, 1000], [0, 0, 0], [2])
        for event, roles, given_ in (("complete_payment", {"seller": 0}, {}), ("commit_payment", {"buyer": 1, "seller": 0}, {"amount": 40})):
            with pytest.raises(RunError, match="not at this point"):
                play.event("market", event, {**roles, "deal": 2}, **given_)


def test_a_buyer_commits_to_the_request_that_it_read_and_to_no_other():
    """A seller that replaces its request while the buyer's answer is on its way gets nothing; nor does another seller in the same slot."""
    play = registered(negotiating(Play(market(fee=0, record=100))), 2)
    play.event("market", "cancel_payment", {"seller": 0, "buyer": 1, "deal": 2})
    play.event("market", "request_payment", {"seller": 0, "buyer": 1, "deal": 2}, amount=900, days=3)
    with pytest.raises(RunError, match="more is asked for"):
        play.event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
    play.event("market", "cancel_payment", {"seller": 0, "buyer": 1, "deal": 2})
    play.event("market", "request_payment", {"seller": 2, "buyer": 1, "deal": 2}, amount=40, days=3)
    with pytest.raises(RunError, match="another seller"):
        play.event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
    assert play[AGENTS][1] == 1000


def test_two_agents_cannot_hold_a_slot_for_ever():
    play = registered(Play(market(fee=0, record=100, longest=5)), 0)
    with pytest.raises(RunError, match="longer than a slot can be held"):
        play.event("market", "request_payment", {"seller": 0, "buyer": 1, "deal": 2}, amount=1, days=10**30)
    play.event("market", "request_payment", {"seller": 0, "buyer": 1, "deal": 2}, amount=1, days=5)


def test_rejected_cancelled_and_reclaimed_deals_leave_everybody_what_they_had():
    for play in both(market(fee=0)):
        negotiating(play).event("market", "reject_payment", {"buyer": 1, "deal": 2})
        negotiating(play).event("market", "cancel_payment", {"seller": 0, "buyer": 1, "deal": 2})
        negotiating(play).event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
        play.event("market", "cancel_payment", {"seller": 0, "buyer": 1, "deal": 2})
        negotiating(play).event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
        play.t = 3
        with pytest.raises(RunError, match="the deadline is not over"):
            play.event("market", "reclaim_payment", {"buyer": 1, "deal": 2})
        play.t = 4
        play.event("market", "reclaim_payment", {"buyer": 1, "deal": 2})
        assert (play[AGENTS], play[DEALS]) == ([1000] * 4, [0] * 3)


def test_a_request_that_nobody_answered_lapses_and_frees_its_slot():
    for play in both(market(fee=0, record=100)):
        negotiating(play)
        with pytest.raises(RunError, match="another deal"):
            play.event("market", "request_payment", {"seller": 0, "buyer": 2, "deal": 2}, amount=7, days=1)
        play.t = 4
        with pytest.raises(RunError, match="the deadline is over"):
            play.event("market", "commit_payment", {"buyer": 1, "seller": 0, "deal": 2}, amount=40)
        play.event("market", "request_payment", {"seller": 0, "buyer": 2, "deal": 2}, amount=7, days=1)
        play.event("market", "commit_payment", {"buyer": 2, "seller": 0, "deal": 2}, amount=7)
        assert play[DEALS] == [0, 0, 7]


STEPS = ["commit_payment", "reject_payment", "complete_payment", "cancel_payment", "reclaim_payment"]


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(["request_payment", *STEPS]), st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), max_size=25))
def test_only_the_parties_of_a_deal_move_it_and_only_along_the_protocol(acts):
    """Against a model of the protocol; what rests in slots is what was committed and not yet decided."""
    play, deals = registered(Play(market(fee=0, record=1000)), 0, 1, 2), {0: None, 1: None}
    paid = [0.0, 0.0, 0.0]
    for n, (act, a, b, slot) in enumerate(acts):
        play.t, deal = n, deals[slot]
        roles: dict[str, Any] = {"deal": slot}
        if act in ("request_payment", "commit_payment", "cancel_payment"):
            roles |= {"buyer": a, "seller": b} if act == "commit_payment" else {"seller": a, "buyer": b}
        else:
            roles["seller" if act == "complete_payment" else "buyer"] = a
        allowed = a != b and (deal is None or (deal["state"] == "asked" and n > deal["until"]))
        if act != "request_payment":
            mine = deal is not None and all(deal[role] == who for role, who in roles.items() if role != "deal")
            needed = {"commit_payment": ["asked"], "reject_payment": ["asked"], "cancel_payment": ["asked", "committed"]}.get(act, ["committed"])
            in_time = {"commit_payment": deal and n <= deal["until"], "reclaim_payment": deal and n > deal["until"]}.get(act, True)
            allowed = mine and deal is not None and deal["state"] in needed and bool(in_time)
        given_ = {"request_payment": {"amount": 10 + slot, "days": 3}, "commit_payment": {"amount": 10 + slot}}.get(act, {})
        if not allowed:
            with pytest.raises(RunError, match="MT312"):
                play.event("market", act, roles, **given_)
            continue
        play.event("market", act, roles, **given_)
        if act == "request_payment":
            deals[slot] = {"seller": a, "buyer": b, "state": "asked", "until": n + 3}
        elif act == "commit_payment":
            deals[slot] = {**deal, "state": "committed"}
        else:
            if act == "complete_payment":
                paid[deal["seller"]] += 10 + slot
                paid[deal["buyer"]] -= 10 + slot
            deals[slot] = None
        aside = {s: 10 + s if d and d["state"] == "committed" else 0 for s, d in deals.items()}
        assert play[DEALS][:2] == [aside[0], aside[1]]
        held = [sum(v for s, v in aside.items() if deals[s] and deals[s]["buyer"] == i) for i in range(3)]
        assert play[AGENTS][:3] == pytest.approx([1000 + paid[i] - held[i] for i in range(3)])


def test_payments_at_once_share_with_the_protocol_and_nobody_pays_itself():
    for play in both(market(take="0.1", fee=0, earned="tills/TOK")):
        play.event("market", "pay", {"payer": 3, "payee": 1}, amount=50)
        play.event("market", "hire", {"buyer": 0, "agent": 2}, amount=10)
        assert (play[TILL], play[AGENTS], play[USERS], play[TREASURY]) == ([0, 45, 9, 0], [1000, 1000, 1000, 950], [9990], [6])
        with pytest.raises(RunError, match="is who is paid"):
            play.event("market", "pay", {"payer": 3, "payee": 3}, amount=1)


@pytest.mark.parametrize("sellers", [1, 3])
def test_an_order_in_fiat_buys_the_tokens_that_the_agent_gets(sellers):
    """80 USD at 2 are 40 tokens, of which a tenth is the protocol's; sellers are paid what they sell for."""
    for play in both(market(sellers=sellers, take="0.1", earned="tills/TOK", **DESK)):
        play.event("market", "order", {"customer": 1, "agent": 2}, amount=80)
        assert (play[PURSES], play[TILL]) == ([300, 220], pytest.approx([0, 0, 36, 0]))
        assert sum(play[MARKET]) == pytest.approx(5000 - 40)
        assert sum(play[MARKET_USD]) == pytest.approx(80)
        assert play[TREASURY] == [pytest.approx(4)]
        with pytest.raises(RunError, match="MT302"):
            play.event("market", "order", {"customer": 1, "agent": 2}, amount=221)
    for play in both(market(settlement="stablecoin", take="0.1", **DESK)):
        play.event("market", "order", {"customer": 0, "agent": 3}, amount=80)
        assert (play[CASH], play[MARKET], play[TREASURY]) == ([0, 0, 0, 80], [5000], [0])


# --- the simulated population --------------------------------------------------------------------------------------------------


def test_a_step_by_hand():
    """Of 1,000 spent, qualities 1 and 3 with taste 2 get 1 to 9; 2 % go to the protocol, as does half of a record's 0.5 each."""
    e = market(agents=2, qualities=("1", "3"), quality="quality", taste=2, take="0.02", spending="0.1", earned="tills/TOK")
    for play in both(e):
        play.steps(1)
        assert play[TILL] == pytest.approx([98, 882])
        assert play[AGENTS] == [999.75, 999.75]
        assert (play[USERS], play[TREASURY]) == ([9000], [pytest.approx(20.5)])
        assert (play.signal("volume"), play.signal("listed")) == ([pytest.approx(1000)], [2])


def test_customers_order_in_fiat_what_the_demand_says_and_the_market_has():
    """100 USD a day at 2 buy 50 tokens, beside 100 that people spend of their own; shares are 1 to 3."""
    params = {"quality": "quality", "demand": "demand", "spending": "0.01", "take": "0.1", "earned": "tills/TOK", "fee": 0, "income": "income", **DESK}
    for play in both(market(agents=2, qualities=("1", "3"), **params)):
        play.steps(1)
        assert play[TILL] == pytest.approx([0.9 * 37.5, 0.9 * 112.5])
        assert (play[OUTSIDE], play[MARKET_USD], play[MARKET], play[USERS]) == ([-700], [100], [4950], [9900])
        assert play.signal("income") == pytest.approx([37.5, 112.5])
    short = Play(market(agents=2, opening={MARKET: 20}, **params)).steps(3)
    assert (short[MARKET], short[MARKET_USD]) == ([0], [40])


def test_in_a_stablecoin_agents_are_paid_in_fiat_and_only_what_survives_is_ordered():
    rule = find("agent_market")
    e = market(agents=2, qualities=("1", "3"), quality="quality", demand="demand", survives="0.8", **{**DESK, "buyers": "", **rule.ablation})
    play = Play(e).steps(2)
    assert play[CASH] == pytest.approx([40, 120])
    assert (play[MARKET], play[MARKET_USD], play[AGENTS]) == ([5000], [0], [1000, 1000])


def test_who_has_priority_is_preferred():
    got = Play(market(agents=2, priority="priority", boost=3, fee=0, spending="0.1", earned="tills/TOK", take=0)).steps(1)[TILL]
    assert got == pytest.approx([200, 800])


@settings(max_examples=20, deadline=None)
@given(
    qualities=st.lists(st.integers(1, 9).map(str), min_size=2, max_size=6),
    part=st.sampled_from(["0.1", "0.5"]),
    taste=st.sampled_from(["0", "1", "2.5"]),
    users=st.integers(1, 3),
)
def test_what_is_spent_is_what_is_received(qualities, part, taste, users):
    e = market(agents=len(qualities), qualities=tuple(qualities), users=users, quality="quality", taste=taste, take="0.05", spending=part, earned="tills/TOK")
    flows, told = emitted(e, "market")
    assert amounts(flows, "service") == pytest.approx(0.95 * 10_000 * float(part))
    assert amounts(flows, "fee") == pytest.approx(0.05 * 10_000 * float(part))
    assert float(told["volume"][0, 0]) == pytest.approx(10_000 * float(part))
    got = sum(np.asarray(f.amount, float)[:, 0] for f in flows if f.reason == "service")
    order = np.argsort([int(q) for q in qualities], kind="stable")
    assert all(np.diff(got[order]) >= -1e-9)  # better quality never gets less


def test_agents_pay_each_other_at_the_next_call_and_never_themselves():
    """Of two agents each gets what the other sends."""
    e = market(agents=2, qualities=("1", "3"), quality="quality", outsourced="0.5", clearing="clearing/TOK", spending="0.1", fee=0, take="0.1")
    for play in both(e):
        play.steps(1)
        assert play[AGENTS] == pytest.approx([1000 + 225 - 112.5, 1000 + 675 - 337.5])
        assert play[CLEARING] == [pytest.approx(450)]
        assert play.signal("volume") == [pytest.approx(1000 + 450)]
        play.steps(1)
        assert play[AGENTS] == pytest.approx([1112.5 + 202.5 - 101.25 + 0.9 * 337.5, 1337.5 + 607.5 - 303.75 + 0.9 * 112.5])
        assert play[CLEARING] == [pytest.approx(405)]


def test_a_market_where_nobody_spends_stands_still():
    play = Play(market(opening={USERS: 0}, outsourced="0.5", clearing="clearing/TOK")).steps(3)
    assert (play[AGENTS], play[CLEARING], play.signal("listed")) == ([1000] * 4, [0], [0])


def test_who_is_alone_has_nobody_to_pay():
    play = Play(market(agents=1, outsourced="0.5", clearing="clearing/TOK", spending="0.1", fee=0)).steps(3)
    assert play[CLEARING] == [0]
    assert play[AGENTS] == [pytest.approx(1000 + 2710)]


@pytest.mark.parametrize(
    ("qualities", "topics", "found"),
    [(("3", "2", "1"), 1, (80, 20, 0)), (("1", "1", "3"), 1, (10, 10, 80)), (("3", "2", "1"), 2, (80, 80, 40)), (("1", "1", "1"), 9, (80, 80, 80))],
)
def test_a_search_shows_the_best_hundred_of_a_topic(qualities, topics, found):
    e = market(agents=3, qualities=qualities, counts=("80",) * 3, quality="quality", population="population", topics=topics, fee=0)
    flows, _ = emitted(e, "market")
    got = next(np.asarray(f.amount, float)[:, 0] for f in flows if f.reason == "service")
    weight = np.array(found) * np.array(qualities, float)
    assert got == pytest.approx(10_000 * weight / weight.sum())


def test_without_qualities_a_search_shows_the_same_share_of_all():
    e = market(agents=2, counts=("300", "100"), population="population", fee=0)
    got = next(np.asarray(f.amount, float)[:, 0] for f in emitted(e, "market")[0] if f.reason == "service")
    assert got == pytest.approx([7500, 2500])


def test_nobody_serves_more_than_it_can():
    """50 tasks a day at 4 USD, two dollars a token: 100 tokens a day each; what finds no capacity stays with its owner."""
    e = market(agents=2, qualities=("1", "3"), quality="quality", capacity="capacity", price="price", task=4, work="work", fee=0)
    play = Play(e).steps(3)
    assert play[USERS] == [pytest.approx(10_000 - 600)]
    assert play[AGENTS] == pytest.approx([1300, 1300])
    assert play.signal("work") == pytest.approx([50, 50])
    half = Play(market(agents=2, qualities=("1", "3"), quality="quality", capacity="capacity", price="price", task=4, fee=0, spending="0.012")).steps(1)
    assert half[AGENTS] == pytest.approx([1030, 1090])  # 120 tokens, while both have room


@settings(max_examples=20, deadline=None)
@given(money=st.lists(st.integers(0, 400), min_size=2, max_size=2).map(sorted))
def test_more_demand_never_keeps_fewer_agents(money):
    """A record is kept while it can be expected to pay."""
    listed = []
    for users in money:
        e = market(agents=5, qualities=("1", "2", "4", "8", "16"), quality="quality", fee=20, record=1, spending="0.1", opening={USERS: users})
        listed.append(Play(e).steps(4).signal("listed")[0])
    assert listed[0] <= listed[1]


def test_who_can_not_pay_for_a_record_is_not_found_and_owes_nothing():
    play = Play(market(agents=2, opening={AGENTS: 0}, earned="tills/TOK")).steps(3)
    assert (play[AGENTS], play[USERS], play.signal("listed")) == ([0, 0], [10_000], [0])
    same = Play(market(agents=2, opening={AGENTS: 0}, spending="0.1")).steps(1)  # where income and wallet are one, the first order pays for the record
    assert (same[AGENTS], same.signal("listed")) == ([499.75, 499.75], [2])


def test_as_many_register_as_can_earn_their_record():
    """300 spent at a fee of 2 carry a score of 150 in all: 50 agents of score 2 come first, and 50 of the 100 of score 1 fill it up."""
    e = market(agents=2, qualities=("1", "2"), counts=("100", "50"), quality="quality", population="population", fee=2, record=1, spending="0.03", topics=9)
    play = Play(e).steps(1)
    assert play.signal("listed") == [pytest.approx(50 + 50)]
    assert play[TREASURY] == [pytest.approx(200)]
    assert play[AGENTS] == pytest.approx([1000 + 100 - 100, 1000 + 200 - 100])  # the last to register earns what it costs


def test_a_market_is_sound_and_its_faults_are_told():
    e = market(qualities=("1", "2", "3", "4"), quality="quality", capacity="capacity", price="price", work="work", outsourced="0.3", clearing="clearing/TOK")
    assert [str(f) for f in e.check()] == []
    assert [f.where for f in market(payees=()).check()] == ["market.payees"]
    assert [f.where for f in market(capacity="capacity").check()] == ["market.price"]
    assert [f.where for f in market(outsourced="0.1").check()] == ["market.clearing"]
    assert [f.where for f in market(demand="demand", price="price", tokens="market/TOK").check()] == ["market.customers", "market.proceeds", "market.fiat"]
    assert [str(f) for f in market(sellers=2, demand="demand", **DESK).check()] == []
