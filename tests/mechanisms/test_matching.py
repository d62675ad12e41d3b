"""Matching: the largest surplus there is, at a price that leaves nobody worse off, and not a unit of it for the network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mintage.errors import RunError

from .estate import Stage, estate, stages
from .network import use

OFFERS = ({"cost": 1, "capacity": 10}, {"cost": 3, "capacity": 10}, {"cost": 6, "capacity": 10})
SIGNALS = {
    "match_price": ("USD/job", 0),
    "matched": ("job/day", 0),
    "surplus": ("USD/day", 0),
    "work": ("job/day", 0, "nodes"),
    "income": ("USD/day", 0, "nodes"),
    "values": ("USD/job", 0, "segments"),
    "wanted": ("job/day", 0, "segments"),
    "level": ("1", 1),
}
AROUND = {"orders": 0, "clearing": 1, "nodes": 3, "segments": 3}


def market(offers=OFFERS, **params):
    shown = {"matched": "matched", "surplus": "surplus", "work": "work", "income": "income", **params}
    return estate(use("match", "surplus_match", offers=offers, **shown), kinds=AROUND, signals=SIGNALS, opening={"wallets/USD": 4000})


def best(values, wanted, costs, capacities):
    """The optimum of the linear programme."""
    n, m = len(values), len(costs)
    c = np.concatenate([-np.array(values, float), np.array(costs, float)])
    balance = np.concatenate([np.ones(n), -np.ones(m)])[None, :]
    found = linprog(c, A_eq=balance, b_eq=[0], bounds=[(0, q) for q in wanted] + [(0, k) for k in capacities])
    return -found.fun


amounts, prices = st.integers(0, 12), st.integers(0, 9)


@settings(max_examples=40, deadline=None)
@given(
    users=st.lists(st.tuples(prices, amounts), min_size=3, max_size=3),
    nodes=st.lists(st.tuples(prices, amounts), min_size=3, max_size=3),
)
def test_the_surplus_is_the_largest_and_nobody_pays_more_than_it_is_worth_or_gets_less_than_it_costs(users, nodes):
    offers = tuple({"cost": c, "capacity": k} for c, k in nodes)
    for play in stages(market(offers, values="values", wanted="wanted")):
        play.set("values", *(v for v, _ in users)).set("wanted", *(q for _, q in users)).steps(1)
        assert play.one("surplus") == pytest.approx(best(*zip(*users, strict=True), *zip(*nodes, strict=True)), abs=1e-9)
        price, work, matched = play.one("match_price"), play.signal("work"), play.one("matched")
        if matched:
            assert all(c <= price + 1e-9 for (c, _), w in zip(nodes, work, strict=True) if w > 0)
            assert sum(w for w in work) == pytest.approx(matched)
            assert sum(q for v, q in users if v > price + 1e-9) <= matched + 1e-9 <= sum(q for v, q in users if v >= price - 1e-9) + 2e-9
            assert play.row("clearing/USD") == pytest.approx([price * matched])
            paid, income = price * matched, play.signal("income")
            play.set("wanted", 0).steps(1)
            assert play.row("clearing/USD") == pytest.approx([0], abs=1e-5)  # no margin: what users paid is what nodes got
            assert sum(play.row("nodes/USD")) == pytest.approx(paid, abs=1e-5)
            assert play.row("nodes/USD") == pytest.approx([price * w for w in work], abs=1e-5)
            assert play.row("nodes/USD") == pytest.approx(income, abs=1e-5)


def test_the_price_is_in_the_middle_of_what_those_who_trade_and_those_who_do_not_allow():
    for play in stages(market(values="values", wanted="wanted")):
        play.set("values", 10, 5, 2).set("wanted", 10, 10, 10).steps(1)
        assert play.one("matched") == 20  # users at 10 and 5 meet nodes at 1 and 3; between the node at 3 and the user at 5
        assert play.one("match_price") == 4
        assert play.one("surplus") == 110


def test_no_trade_leaves_the_price_where_it_was():
    for play in stages(market(values="values", wanted="wanted")):
        play.set("match_price", 7).set("values", "0.5").set("wanted", 10).steps(1)
        assert (play.one("match_price"), play.one("matched"), play.one("surplus")) == (7, 0, 0)


def test_an_order_spends_at_most_its_deposit_and_gets_the_rest_back():
    for play in stages(market()):
        play.event("match", "order", {"user": 0}, amount=50, work=10)
        play.event("match", "order", {"user": 1}, amount=5, work=10)
        play.steps(1)
        price = play.one("match_price")
        assert price == pytest.approx((1 + 3) / 2)  # the node at 3 and the user at 0.50 stay out
        assert play.row("wallets/USD")[:2] == pytest.approx([1000 - 10 * price, 1000])
        play.event("match", "order", {"user": 2}, amount=60, work=10)
        play.event("match", "cancel", {"user": 2})
        assert play.row("wallets/USD")[2] == 1000
        with pytest.raises(RunError, match=r"MT312 surplus_match\.order"):
            play.event("match", "order", {"user": 2}, amount=60, work=0)


def test_what_a_node_says_takes_the_place_of_what_it_was_listed_with_and_costs_follow_the_index():
    for play in stages(market(values="values", wanted="wanted", index="level")):
        play.event("match", "offer", {"node": 2}, cost="0.5", capacity=4)
        play.set("values", 2).set("wanted", 2).steps(1)
        assert play.signal("work") == [2, 0, 4]
        play.set("level", 3).steps(1)
        assert play.signal("work") == [0, 0, 4]
        play.event("match", "offer", {"node": 2}, cost="0.5", capacity=0)
        assert play.steps(1).signal("work") == [0, 0, 0]


@settings(max_examples=20, deadline=None)
@given(lift=st.integers(1, 5))
def test_dearer_compute_never_matches_more(lift):
    play = Stage(market(values="values", wanted="wanted", index="level"))
    play.set("values", 9, 6, 4).set("wanted", 10).steps(1)
    before = play.one("matched"), play.one("surplus")
    play.set("level", lift).steps(1)
    assert play.one("matched") <= before[0]
    assert play.one("surplus") <= before[1]


def test_values_and_wishes_come_together():
    assert "match.wanted" in [f.where for f in market(values="values").check()]
