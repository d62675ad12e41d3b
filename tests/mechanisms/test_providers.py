"""Providers: more profit, more nodes; costs are paid with what tokens fetch; nobody sells what it has not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, MARKET_USD, PROVIDERS, PROVIDERS_USD, amounts, economy, emitted, signals, use

part = st.decimals(min_value="0", max_value="1", places=3)


def entry(nodes=("10", "20", "30"), income=("40", "40", "40"), price="2", every=1, tokens="", held=0, fiat=0, tiers=None, **params):
    tiers = tiers or ({"cost": 4, "floor": 5},)
    rule = use("entry", "provider_entry", every, every - 1, tiers=tiers, tokens=tokens, revenue="revenue", total="total", index="index", **params)
    declared = {
        "nodes": ("node", nodes),
        "rewards": ("TOK/day", income),
        "price": ("USD/TOK", price),
        "total": ("node", "0"),
        "revenue": ("USD/node/day", ("0",) * 3),
        "index": ("1", "1"),
    }
    return economy(rule, signals=declared, holders=3, opening={PROVIDERS: held, PROVIDERS_USD: fiat, MARKET: 10**6})


def test_a_tier_grows_when_revenue_exceeds_cost_rests_when_equal_and_shrinks_below():
    out = signals(emitted(entry(speed="0.1"), "entry"))
    assert out["revenue"] == pytest.approx([8, 4, 80 / 30])
    assert out["nodes"] == pytest.approx([11, 20, 30 * (1 + 0.1 * (80 / 30 / 4 - 1))])
    assert out["total"] == pytest.approx([sum(out["nodes"])])


def test_income_in_fiat_alone_moves_nodes_and_sells_what_costs_need():
    rule = use("entry", "provider_entry", tiers=({"cost": 4},), income=(), fiat_income=("paid",), tokens="providers/TOK", speed="0.1")
    declared = {"nodes": ("node", ("10", "20", "30")), "paid": ("USD/day", ("80",) * 3), "price": ("USD/TOK", "2")}
    e = economy(rule, signals=declared, holders=3, opening={PROVIDERS: 300, MARKET: 10**6})
    assert e.check() == []
    out = emitted(e, "entry")
    assert signals(out)["nodes"] == pytest.approx([11, 20, 30 * (1 + 0.1 * (80 / 30 / 4 - 1))])
    assert amounts(out[0], "sell") == pytest.approx(60 * 4 / 2)


@settings(max_examples=40, deadline=None)
@given(income=st.integers(0, 10**7), speed=st.decimals(min_value="0", max_value="0.9", places=2))
def test_no_tier_moves_by_more_than_its_speed_or_falls_below_its_floor(income, speed):
    out = np.array(signals(emitted(entry(income=(str(income),) * 3, speed=speed), "entry"))["nodes"])
    before = np.array([10, 20, 30])
    assert np.all(np.abs(out / before - 1) <= float(speed) + 1e-12)
    assert np.all(out >= 5)


@settings(max_examples=30, deadline=None)
@given(income=st.integers(1, 10**4), more=st.integers(1, 1000))
def test_more_income_or_cheaper_compute_never_means_fewer_nodes(income, more):
    base, richer, cheaper = (
        np.array(signals(emitted(e, "entry"))["nodes"])
        for e in (
            entry(income=(str(income),) * 3, speed="0.2"),
            entry(income=(str(income + more),) * 3, speed="0.2"),
            entry(income=(str(income),) * 3, speed="0.2", tiers=({"cost": 3, "floor": 5},)),
        )
    )
    assert np.all(richer >= base - 1e-9)
    assert np.all(cheaper >= base - 1e-9)


@settings(max_examples=40, deadline=None)
@given(held=st.integers(0, 1000), fiat=st.integers(0, 1000), share=part, days=st.sampled_from([1, 7]))
def test_tokens_sold_cover_costs_as_far_as_they_go(held, fiat, share, days):
    e = entry(every=days, tokens="providers/TOK", held=held, fiat=fiat, sell_share=share)
    flows, _ = emitted(e, "entry", t=days - 1)
    for i, nodes in enumerate((10, 20, 30)):
        need, own = 4 * nodes * days, held / 3
        sold, cost = (float(f.amount[i, 0]) for f in flows if f.reason in ("sell", "cost"))
        assert sold == pytest.approx(min(own, max(need / 2, float(share) * 40 * days)))
        assert cost == pytest.approx(min(need, fiat / 3 + 2 * sold))
    assert amounts(flows, "proceeds") == pytest.approx(2 * amounts(flows, "sell"))


def test_a_run_of_a_year_never_overdraws_and_ends_where_revenue_is_cost():
    save = Save(vars=("nodes[0]", "nodes[2]", "revenue[0]", "total"))
    run = simulate(entry(income=("100", "100", "2"), speed="0.05", tokens="providers/TOK", held=300), 1, 365, save=save)
    assert run.end["nodes[0]"][0] == pytest.approx(50, rel=1e-6)  # 100 tokens x 2 USD / 4 USD
    assert run.end["revenue[0]"][0] == pytest.approx(4, rel=1e-6)
    assert run.end["nodes[2]"][0] == 5


def test_nodes_register_and_leave_and_none_leaves_twice():
    rows = {"provider": np.array([1])}
    joined = signals(emitted(entry(), "entry", event="register", rows=rows, number=np.array([[7.0]])))
    left = signals(emitted(entry(), "entry", event="leave", rows=rows, number=np.array([[99.0]])))
    assert joined["nodes"] == [10, 27, 30]
    assert left["nodes"] == [10, 0, 30]


def test_the_buyers_money_comes_from_outside_unless_a_market_is_named():
    flows, _ = emitted(entry(tokens="providers/TOK", held=90, buyers="market/USD"), "entry")
    assert [f.src for f in flows if f.reason == "proceeds"] == [MARKET_USD]
