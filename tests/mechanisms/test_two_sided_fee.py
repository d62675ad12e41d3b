"""Fees on both sides: io.net's 0.25 % and 2 %, in money and in tokens, paid at once or through the network."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.check import tag
from mintage.economy import Economy, SignalDecl

from .network import use
from .village import Play, both

OUTSIDE, MARKET, PROCEEDS = Account("external", "USD"), Account("market", "IO"), Account("market", "USD")
GOT_USD, GOT_IO, FEES, FEES_IO = (Account(k, a) for k, a in (("providers", "USD"), ("providers", "IO"), ("fees", "USD"), ("fees", "IO")))
KEPT, KEPT_IO = Account("fee_vault", "USD"), Account("fee_vault", "IO")
CASH, PURSE = Account("renters", "USD"), Account("renters", "IO")


def rentals(demand="1000", price="2", market=1, **params):
    told = {
        "vault_tokens": "fee_vault/IO",
        "income": "income",
        "wallets": "renters/USD",
        "purses": "renters/IO",
        "earnings": "earnings",
        "direct": ({"value": 1},),
    }
    kinds = {
        "market": Kind("market", ("IO", "USD"), market),
        "renters": Kind("renters", ("IO", "USD"), 2, role="customer", members="open"),
        "providers": Kind("providers", ("IO", "USD"), 2, role="provider", members="open"),
        "fees": Kind("fees", ("IO", "USD"), role="treasury"),
        "fee_vault": Kind("fee_vault", ("IO", "USD"), role="treasury"),
    }
    units = {"demand": ("USD/day", demand), "price": ("USD/IO", price), "earnings": ("USD/day", 0)}
    declared = {n: SignalDecl(n, unit, D(v)) for n, (unit, v) in units.items()}
    declared["income"] = SignalDecl("income", "USD/day", (D(0), D(0)), "", "providers")
    declared["work"] = SignalDecl("work", "job/day", (D(3), D(1)), "", "providers")
    opening = {MARKET: D(1_000_000), CASH: D(10_000), PURSE: D(10_000)}
    assets = {"IO": Asset("IO", 8), "USD": Asset("USD", 6, "fiat")}
    return Economy("rentals", assets, kinds, declared, (use("rent", "two_sided_fee", **{**told, **params}),), D(1), opening=opening, token="IO", fiat="USD")


def test_in_money_renters_pay_1022_50_suppliers_get_977_50_and_the_network_45():
    for play in both(rentals(work="work")):
        play.steps(1)
        assert play[OUTSIDE] == [-10_000 - 1022.5]
        assert play[GOT_USD] == pytest.approx([733.125, 244.375])
        assert play[FEES] == [45]
        assert (play.signal("earnings"), play.signal("income")) == ([0], pytest.approx([733.125, 244.375]))
        assert play[MARKET] == [1_000_000]


def test_in_tokens_only_the_reservation_is_charged():
    for play in both(rentals(money=0)):
        play.steps(1)
        assert play[OUTSIDE] == [-10_000 - 1002.5]
        assert sum(play[GOT_IO]) == pytest.approx(997.5 / 2)
        assert play[FEES_IO] == [pytest.approx(5 / 2)]
        assert play[PROCEEDS] == [1002.5]
        assert (play[FEES], sum(play[GOT_USD])) == ([0], 0)


def test_suppliers_may_get_tokens_for_what_was_paid_in_money():
    for play in both(rentals(payout="tokens")):
        play.steps(1)
        assert (play[FEES], play[PROCEEDS]) == ([45], [977.5])
        assert play[GOT_IO] == pytest.approx([977.5 / 4] * 2)


def test_what_is_not_paid_at_once_the_network_keeps_from_a_day_on_in_money_and_in_tokens():
    for play in both(rentals(money=0, direct=({"value": "0.25"},))):
        play.steps(1)
        assert (sum(play[GOT_IO]), play[KEPT_IO][0]) == (pytest.approx(997.5 / 8), pytest.approx(3 * 997.5 / 8))
    for play in both(rentals(direct=({"value": 1}, {"day": 2, "value": 0}))):
        assert [play.steps(1)[KEPT][0] for _ in range(4)] == pytest.approx([0, 0, 977.5, 1955])
        assert (play[FEES], play.signal("earnings"), play.signal("income")) == ([180], [977.5], [0, 0])
        assert sum(play[GOT_USD]) == 2 * 977.5


@settings(max_examples=25, deadline=None)
@given(
    demand=st.integers(0, 50_000),
    money=st.sampled_from(["0", "0.4", "1"]),
    direct=st.sampled_from(["0", "0.5", "1"]),
    payout=st.sampled_from(["as_paid", "tokens"]),
    limit=st.sampled_from(["1", "0.001"]),
    market=st.sampled_from([1, 3]),
)
def test_what_renters_pay_is_what_suppliers_the_network_and_sellers_of_tokens_get(demand, money, direct, payout, limit, market):
    for play in both(rentals(str(demand), money=money, direct=({"value": direct},), payout=payout, limit=limit, market=market)):
        play.steps(1)
        paid = -play[OUTSIDE][0] - 10_000
        assert paid == pytest.approx(sum(play[GOT_USD]) + play[FEES][0] + play[KEPT][0] + sum(play[PROCEEDS]), abs=1e-4)
        tokens = sum(play[GOT_IO]) + play[FEES_IO][0] + play[KEPT_IO][0]
        assert tokens * 2 == pytest.approx(sum(play[PROCEEDS]), abs=1e-4)
        assert tokens <= float(limit) * 1_000_000 + 1e-6
        rate = 1 + 0.0025 + 0.02 * float(money)
        assert paid <= demand * rate + 1e-6
        if limit == "1":
            assert paid == pytest.approx(demand * rate, abs=1e-4)


@pytest.mark.parametrize("payout", ["as_paid", "tokens"])
@pytest.mark.parametrize("market", [1, 3])
def test_events_move_what_a_step_moves(payout, market):
    for play in both(rentals("0", payout=payout, market=market)):
        play.event("rent", "pay", {"renter": [0, 1], "supplier": [1, 0]}, amount=[100, 300])
        assert play[CASH] == [5000 - 102.25, 5000 - 306.75]
        assert play[FEES] == [18]
        got = play[GOT_USD] if payout == "as_paid" else [2 * x for x in play[GOT_IO]]
        assert got == pytest.approx([293.25, 97.75])
        play.event("rent", "pay_tokens", {"renter": 0, "supplier": 0}, amount=100)
        assert play[FEES_IO] == [0.5]
        assert play[PURSE] == [4899.75, 5000]


def test_a_renter_who_pays_in_tokens_pays_the_reservation_and_no_more():
    for play in both(rentals("0")):
        play.event("rent", "pay_tokens", {"renter": 1, "supplier": 1}, amount=1000)
        assert play[GOT_IO] == [0, 997.5]
        assert play[FEES_IO] == [5]


def test_without_the_token_all_is_paid_in_money_and_a_part_survives():
    for play in both(rentals(settlement="stablecoin", survives="0.8", payout="tokens", money=0)):
        play.steps(1)
        assert play[MARKET] == [1_000_000]
        assert sum(play[GOT_USD]) == pytest.approx(0.8 * 977.5)


def test_revenue_is_counted_once():
    e = rentals(money="0.5", payout="tokens")
    play = Play(e)
    call = play.bound.calls[0]
    before = play[OUTSIDE][0]
    flows, _ = play.bound.emit(call, play.world, 0, {}, play.world.balances)
    revenue = sum(float(f.amount.sum()) for f in flows if tag(e, e.uses[0], f) == "revenue")
    assert revenue == pytest.approx(before - play.steps(1)[OUTSIDE][0])
    assert e.check() == []


def test_fees_that_eat_the_rental_are_a_fault():
    assert [f.where for f in rentals(reservation="0.6", payment="0.5").check()] == ["rent.payment"]
    assert [f.where for f in rentals(direct=({"value": 1}, {"day": 400, "value": "1.5"})).check()] == ["rent.direct"]
