"""Prices: buying lifts, selling lowers, the pool never loses its product, and a round trip costs two fees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, POOL, POOL_USD, amounts, economy, emitted, signals, use

trade = st.decimals(min_value="0.01", max_value="90000", places=2)


def impact(impact_=1, held=1_000_000):
    return economy(
        use("price", "impact_price", impact=impact_, outside="outside"),
        signals={"price": ("USD/TOK", "2"), "outside": ("USD/TOK", "2")},
        opening={MARKET: held},
    )


def pool(outside="2", held=1_000_000, **params):
    e = use("pool", "order_flow_price", **params)
    return economy(e, signals={"price": ("USD/TOK", "2"), "outside": ("USD/TOK", outside)}, opening={MARKET: held, POOL: 100_000, POOL_USD: 200_000})


@settings(max_examples=40, deadline=None)
@given(before=st.integers(500_000, 2_000_000), force=st.integers(0, 5))
def test_the_log_price_moves_by_impact_times_net_over_depth(before, force):
    _, updates = emitted(impact(force), "price", before={MARKET: before})
    net = before - 1_000_000  # left the market: bought
    assert float(updates["price"][0, 0]) == pytest.approx(2 * math.exp(force * net / before))


def test_a_market_that_held_nothing_leaves_the_price_where_it_was():
    for after in (0, 5):
        _, updates = emitted(impact(1, held=after), "price", before={MARKET: 0})
        assert updates["price"][0, 0] == 2


def test_impact_counts_every_flow_of_the_step_once_and_stays():
    jobs = use("jobs", "burn_mint")
    e = economy(
        jobs,
        use("price", "impact_price", impact=3, outside="outside"),
        signals={"demand": ("USD/day", "2000"), "price": ("USD/TOK", "2"), "outside": ("USD/TOK", "2")},
    )
    run = simulate(e, 1, 50, save=Save(every=1, paths=True, vars=("price", "burn/TOK")))
    held = 1_000_000 - np.cumsum(run["burn/TOK"][:, 0])
    moved = np.cumsum(3 * run["burn/TOK"][1:, 0] / held[:-1])
    assert run["price"][1:, 0] == pytest.approx(2 * np.exp(moved))


def test_returns_and_impact_add_up_and_agree_with_an_outside_price_of_the_same_return():
    jobs = use("jobs", "burn_mint")
    signals_ = {"demand": ("USD/day", "2000"), "price": ("USD/TOK", "2"), "outside": ("USD/TOK", "2"), "r": ("1", "0.01")}
    by_return = economy(jobs, use("price", "impact_price", impact=3, returns="r"), signals=signals_)
    grown = use("outside", "trend", signal="outside", growth="3.65")  # 0.01 a day
    by_level = economy(grown, jobs, use("price", "impact_price", impact=3, outside="outside"), signals=signals_)
    a, b = (simulate(e, 1, 40, save=Save(vars=("price", "burn/TOK"))).end for e in (by_return, by_level))
    assert a["price"] == pytest.approx(b["price"])
    assert a["price"][0] > 2 * math.exp(0.4)


@pytest.mark.parametrize("given_", [{}, {"returns": "price", "outside": "outside"}])
def test_either_returns_or_an_outside_price_is_named(given_):
    e = economy(use("price", "impact_price", **given_), signals={"price": ("USD/TOK", "2"), "outside": ("USD/TOK", "2")})
    assert ("MT202", "price.returns") in [(f.code, f.where) for f in e.check()]


def reserves(flows):
    x = 100_000 - amounts(flows, "bought") + amounts(flows, "sell")
    return x, 200_000 + amounts(flows, "buy") - amounts(flows, "sold")


@settings(max_examples=60, deadline=None)
@given(net=st.integers(-80_000, 80_000), outside=st.decimals(min_value="0.1", max_value="40", places=2), fee=st.sampled_from(["0", "0.003", "0.05"]))
def test_the_pool_keeps_its_product_and_prices_by_its_reserves(net, outside, fee):
    flows, updates = emitted(pool(str(outside), fee=fee), "pool", before={MARKET: 1_000_000 + net})
    x, y = reserves(flows)
    assert float(updates["price"][0, 0]) == pytest.approx(y / x)
    assert x * y == pytest.approx(2e10) if fee == "0" else x * y >= 2e10 * (1 - 1e-12)
    assert min(x, y) > 0
    assert amounts(flows, "bought") * amounts(flows, "sell") == 0  # never both ways in one call
    assert max(amounts(flows, "bought"), amounts(flows, "sell")) <= 0.1 * 100_000 * (1 + 1e-12)


@settings(max_examples=30, deadline=None)
@given(net=st.integers(-9000, 9000))
def test_net_buying_lifts_the_price_and_net_selling_lowers_it(net):
    _, updates = emitted(pool(strength=0), "pool", before={MARKET: 1_000_000 + net})
    assert (float(updates["price"][0, 0]) - 2) * net >= 0


def test_arbitrage_brings_the_pool_to_the_outside_price():
    run = simulate(pool("3", fee=0, strength="0.5", flow_share=0), 1, 60, save=Save(vars=("price",)))
    assert run.end["price"][0] == pytest.approx(3, rel=1e-9)


def test_traders_never_sell_more_than_they_hold():
    flows, _ = emitted(pool("0.5", held=100, limit="0.5"), "pool")
    assert amounts(flows, "sell") == pytest.approx(100)


@settings(max_examples=40, deadline=None)
@given(paid=trade, fee=st.sampled_from(["0", "0.003", "0.02"]))
def test_a_round_trip_through_the_pool_loses_at_least_two_fees(paid, fee):
    e = pool(fee=fee)
    flows, _ = emitted(e, "pool", event="buy", rows={"trader": None}, amount=np.array([[float(paid)]]))
    got, x, y = amounts(flows, "bought"), *reserves(flows)
    back = y * got * (1 - float(fee)) / (x + got * (1 - float(fee)))
    assert back <= float(paid) * (1 - float(fee)) * (1 + 1e-9)
    assert fee != "0" or back == pytest.approx(float(paid))


@settings(max_examples=30, deadline=None)
@given(parts=st.lists(trade, min_size=2, max_size=4))
def test_orders_depend_on_each_other_so_they_are_not_order_free(parts):
    rule = pool().uses[0].mechanism
    assert not rule.events["buy"].order_free
    joint = emitted(pool(fee=0), "pool", event="buy", rows={"trader": None}, amount=np.array([[float(sum(parts))]]))[0]
    first = emitted(pool(fee=0), "pool", event="buy", rows={"trader": None}, amount=np.array([[float(parts[0])]]))[0]
    assert amounts(first, "bought") / float(parts[0]) > amounts(joint, "bought") / float(sum(parts))  # the first buyer pays less


def test_selling_gives_fiat_and_lowers_the_price():
    flows, updates = emitted(pool(), "pool", event="sell", rows={"trader": None}, amount=np.array([[1000.0]]))
    assert amounts(flows, "sold") == pytest.approx(200_000 * 997 / (100_000 + 997))
    assert signals((flows, updates))["price"] == pytest.approx([(200_000 - amounts(flows, "sold")) / 101_000])
