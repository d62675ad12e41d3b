"""Sales with a half-life: path independent, never more than is held, at the price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, POOL, PROVIDERS, D, amounts, economy, exactly, use
from .village import Play


def selling(dt="1", half_life=30, held=600, **params):
    sellers = ({"tokens": "providers/TOK", "half_life": half_life, "proceeds": "providers/USD"}, {"tokens": "pool/TOK", "half_life": 1})
    told = use("sales", "holder_sales", **{"sellers": sellers, **params})
    return economy(told, signals={"price": ("USD/TOK", "2")}, holders=3, opening={PROVIDERS: held, POOL: 100}, dt=dt)


def end(e, steps, *names):
    run = simulate(e, 1, steps, save=Save(vars=names))
    return [float(run.end[n][0]) for n in names]


def test_half_is_sold_in_a_half_life_and_paid_at_the_price():
    left, dollars, market = end(selling(), 30, "providers/TOK", "providers/USD", "market/TOK")
    assert (left, dollars) == (pytest.approx(300), pytest.approx(600))
    assert market == pytest.approx(300 + 100 * (1 - 2.0**-30))


@settings(max_examples=20, deadline=None)
@given(days=st.integers(1, 400), cut=st.integers(1, 12), half_life=st.integers(1, 500))
def test_it_does_not_matter_how_often_they_sell(days, cut, half_life):
    once, often = (end(selling(str(D(days) / n), half_life), n, "providers/TOK")[0] for n in (1, cut))
    assert once == pytest.approx(often)
    assert once == pytest.approx(600 * 2 ** (-days / half_life))


def test_each_holder_sells_of_its_own_and_whoever_has_nothing_sells_nothing():
    flows, _ = exactly(selling(held=0), "sales")
    assert (amounts(flows, "proceeds"), amounts(flows, "sell")) == (0, pytest.approx(50))
    flows, _ = exactly(selling(), "sales")
    assert len(set(flows[0].amount[:, 0])) == 1
    assert [f.src for f in flows if f.reason == "sell"] == [PROVIDERS, POOL]
    assert flows[0].dst == MARKET


def test_the_rule_is_sound():
    assert selling().check() == []


def test_of_several_sellers_each_sells_its_own_to_several_buyers():
    """As many sellers as buyers are no pairs: who has nothing sells nothing, and who has much sells to all."""
    e = selling()
    e.kinds["market"] = replace(e.kinds["market"], holders=3)
    e.opening[MARKET] = D(300)
    play = Play(e)
    play.world.balances[PROVIDERS] = np.array([[600.0], [0.0], [0.0]])
    play.steps(30)
    assert play[PROVIDERS] == pytest.approx([300, 0, 0])
    assert sum(play[MARKET]) == pytest.approx(300 + 300 + 100)
    assert max(play[MARKET]) == pytest.approx(min(play[MARKET]))
