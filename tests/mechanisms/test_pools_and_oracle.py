"""Pools keep their mean and charge what theory says; an oracle answers with the median, in time, and a minority cannot move it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import simulate

from .network import D, use
from .village import Play

POOL, POOL_USD = Account("pool", "TOK"), Account("pool", "USD")
TRADER, TRADER_USD = Account("traders", "TOK"), Account("traders", "USD")


def pooled(mechanism="order_flow_price", *, tokens=1_000_000, fiat=1_000_000, outside=1, process=None, **params):
    kinds = {name: Kind(name, ("TOK", "USD"), overdraft=name == "traders") for name in ("pool", "traders")}
    signals = {n: SignalDecl(n, "USD/TOK", D(str(v))) for n, v in (("price", fiat / tokens), ("outside", outside))}
    told = {"pool_tokens": "pool/TOK", "pool_fiat": "pool/USD", "tokens": "traders/TOK", "fiat": "traders/USD", **params}
    assets = {"TOK": Asset("TOK", 8), "USD": Asset("USD", 6, "fiat")}
    opening = {POOL: D(tokens), POOL_USD: D(fiat), TRADER: D(10_000_000), TRADER_USD: D(10_000_000)}
    return Economy("pool", assets, kinds, signals, [*([process] if process else []), use("pool", mechanism, **told)], D(1), opening=opening)


def traded(play, event, amount):
    """What the trader got."""
    place = TRADER if event == "buy" else TRADER_USD
    before = play[place][0]
    play.event("pool", event, {"trader": 0}, amount=amount)
    return play[place][0] - before


@pytest.mark.parametrize(("fee", "cost"), [("0", 111_111.11), ("0.003", 111_445.45)])
def test_a9_a_tenth_of_an_even_pool_costs_a_ninth_of_its_dollars(fee, cost):
    assert traded(Play(pooled(fee=fee)), "buy", cost) == pytest.approx(100_000, abs=0.01)
    assert traded(Play(pooled("weighted_pool", fee=fee, weight="0.5")), "buy", cost) == pytest.approx(100_000, abs=0.01)


@pytest.mark.parametrize(("ratio", "loss"), [(2, -0.05719), (4, -0.2)])
def test_a6_impermanent_loss_of_a_pool_that_arbitrage_keeps_at_the_price(ratio, loss):
    """2 sqrt(r) / (1 + r) - 1 of what holding both would be worth; what the trader makes, the pool loses."""
    end = simulate(pooled(outside=ratio, fee="0", strength="1", limit="0.9"), 1, 40, save=Save(vars=("pool/TOK", "pool/USD", "price"))).end
    assert end["price"][0] == pytest.approx(ratio)
    assert (end["pool/TOK"][0] * ratio + end["pool/USD"][0]) / (1_000_000 * ratio + 1_000_000) - 1 == pytest.approx(loss, abs=1e-5)


def test_a5_a_day_of_five_percent_costs_the_pool_three_basis_points():
    """Loss against rebalancing: sigma^2 / 8 of the pool's value a day, 3.125 bp at 5 % a day."""
    walk = use("world", "gbm", signal="outside", volatility=str(0.05 * np.sqrt(365)), drift="0")
    names = ("pool/TOK", "pool/USD", "outside")
    run = simulate(pooled(fee="0", strength="1", limit="0.9", process=walk), 32_768, 1, save=Save(vars=names))
    tokens, fiat, price = (run.end[n] for n in names)
    rebalanced = 1_000_000 * price + 1_000_000  # one step: nothing to rebalance yet
    assert ((rebalanced - tokens * price - fiat) / 2_000_000).mean() == pytest.approx(3.125e-4, rel=0.03)


@pytest.mark.parametrize(("fee", "front", "profit"), [("0", 5_087.70, 203.96), ("0.003", 5_095.27, 172.37)])
def test_a40_a_sandwich_earns_what_the_victims_limit_allows(fee, front, profit):
    """Pool 1 M/1 M, victim buys with 20,000 and accepts 1 % less than it was shown."""
    shown = traded(Play(pooled(fee=fee)), "buy", 20_000)
    play = Play(pooled(fee=fee))
    held = traded(play, "buy", front)
    assert traded(play, "buy", 20_000) == pytest.approx(0.99 * shown, rel=1e-6)
    assert traded(play, "sell", held) - front == pytest.approx(profit, abs=0.02)


@settings(max_examples=30, deadline=None)
@given(weight=st.floats(0.05, 0.95), parts=st.lists(st.floats(1, 200_000), min_size=1, max_size=5), side=st.sampled_from(["buy", "sell"]))
def test_a_weighted_pool_keeps_its_mean_and_does_not_care_how_an_order_is_cut(weight, parts, side):
    text = f"{weight:.6f}"
    one, many = (Play(pooled("weighted_pool", fee="0", weight=text)) for _ in range(2))
    w = float(text)
    before = one[POOL][0] ** w * one[POOL_USD][0] ** (1 - w)
    whole, split = traded(one, side, sum(parts)), sum(traded(many, side, x) for x in parts)
    assert split == pytest.approx(whole, rel=1e-9)
    for play in (one, many):
        assert play[POOL][0] ** w * play[POOL_USD][0] ** (1 - w) == pytest.approx(before, rel=1e-11)
        assert play.signal("price")[0] == pytest.approx(play[POOL_USD][0] * w / (play[POOL][0] * (1 - w)), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(weight=st.floats(0.2, 0.8), outside=st.floats(0.5, 2))
def test_arbitrage_takes_a_weighted_pool_to_the_price_elsewhere(weight, outside):
    text = f"{weight:.6f}"
    start = float(text) / (1 - float(text))
    e = pooled("weighted_pool", outside=round(outside * start, 9), fee="0", strength="1", limit="0.9", weight=text)
    assert simulate(e, 1, 30, save=Save(vars=("price",))).end["price"][0] == pytest.approx(outside * start, rel=1e-6)


# --- the oracle ---------------------------------------------------------------------------------------------------


def feed(world, reporters=5, **params):
    kinds = {"reporters": Kind("reporters", ("TOK",), reporters, members="open")}
    units = {"world": "USD/TOK", "price": "USD/TOK", "age": "day", "stale": "1"}
    signals = {n: SignalDecl(n, u, D(str(world[0])) if u != "1" and u != "day" else D(0)) for n, u in units.items()}
    record = use("world", "history", signal="world", values=tuple(D(str(v)) for v in world))
    told = {"answer": "price", "age": "age", "stale": "stale", "spread": "0", "uptime": "1", "truth": "world", **params}
    return Economy("feed", {"TOK": Asset("TOK"), "USD": Asset("USD", 6, "fiat")}, kinds, signals, [record, use("feed", "oracle", **told)], D(1))


def said(e, steps, *names):
    run = simulate(e, 1, steps, save=Save(every=1, vars=names, paths=True))
    return [np.asarray(run[n])[1:, 0].tolist() for n in names]


def test_a_round_comes_with_a_move_or_with_time_and_not_otherwise():
    world = [100, 100.4, 100.6, 100.6, 100.6, 100.6, 100.6, 100.7]
    price, age = said(feed(world, deviation="0.005", heartbeat="4"), 8, "price", "age")
    assert price == pytest.approx([100, 100, 100.6, 100.6, 100.6, 100.6, 100.6, 100.6])
    assert age == [1, 2, 0, 1, 2, 3, 0, 1]


def test_an_answer_goes_stale_when_too_few_report_and_is_never_made_up():
    price, stale = said(feed([100] * 2 + [50] * 8, uptime="0", heartbeat="2", grace="1", quorum=3), 10, "price", "stale")
    assert price == [100] * 10
    assert stale == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]


@settings(max_examples=20, deadline=None)
@given(reporters=st.integers(1, 9), lie=st.floats(0.01, 100), captured=st.integers(0, 4))
def test_fewer_than_half_cannot_move_the_answer_beyond_what_honest_ones_say(reporters, lie, captured):
    e = feed([100] * 6, reporters, deviation="0", captured=captured, lie=f"{lie:.6f}", spread="0.01", heartbeat="1", quorum=1)
    (price,) = said(e, 6, "price")
    honest = all(98.99 <= p <= 101.01 for p in price)
    assert honest or 2 * captured >= reporters
    if 2 * captured > reporters and (lie < 0.9 or lie > 1.1):
        assert not honest


def test_live_the_newest_report_of_each_counts_and_the_median_of_an_even_number_is_between():
    play = Play(feed([100], 4, truth="", deviation="0", heartbeat="1", fresh="2", quorum=2))
    play.steps(1)
    assert play.signal("price") == [100]  # nobody has reported
    for row, price in ((0, 90), (1, 110), (0, 94), (2, 130)):
        play.event("feed", "report", {"reporter": row}, price=price)
    play.steps(1)
    assert play.signal("price") == [110]
    play.event("feed", "report", {"reporter": 3}, price=96)
    play.steps(1)
    assert play.signal("price") == [103]
    play.steps(3)  # reports are too old now
    assert play.signal("price") == [103]
    assert play.signal("stale") == [1]
    with pytest.raises(RunError):
        play.event("feed", "report", {"reporter": 3}, price=0)
