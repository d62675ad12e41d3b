"""Producers come for full cost and leave below running cost, quality follows them; users leave bad service; investors trade towards what they want."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.mechanisms.participants import Producer
from mintage.save import Save
from mintage.simulate import simulate
from tests.laws.test_exhibits import FOLDER

from .network import D, economy, emitted, signals, use

CLASS = {"hardware": "1000", "life": "1000", "energy": "2", "site": "1", "horizon": "10", "aversion": "0", "floor": "1"}  # full 4, running 3 a day


def one(income, price="1", nodes="100", **changes):
    """A class that earns `income` tokens a day with `nodes` nodes; no money moves."""
    held = {"income": ("TOK/day", str(income)), "price": ("USD/TOK", price), "nodes": ("node", nodes), "quality": ("1", "1"), "margin": ("1", "1")}
    told = {k: v for k, v in changes.items() if k in ("pace", "volatility", "gamma", "index")}
    people = Producer(**{**CLASS, "weight": "1", "reference": "100", **{k: v for k, v in changes.items() if k not in told}})
    params = {"income": ("income",), "classes": (people,), "quality": "quality", "margin": "margin", "fiat": "providers/USD", **told}
    return signals(emitted(economy(use("people", "producers", **params), signals=held), "people"))


@pytest.mark.parametrize(("daily", "direction"), [(4.5, 1), (4.0, 0), (3.5, 0), (3.0, 0), (2.5, -1), (0, -1)])
def test_nobody_comes_below_full_cost_and_nobody_goes_above_running_cost(daily, direction):
    """Hardware is sunk: between 3 and 4 dollars a day nothing changes."""
    assert np.sign(round(one(100 * daily)["nodes"][0] - 100, 9)) == direction


@pytest.mark.parametrize(("income", "nodes"), [(0, 100), (450, 110)])
def test_who_has_no_costs_comes_for_any_pay_and_stays_without(income, nodes):
    free = one(income, hardware="0", energy="0", site="0")
    assert free["nodes"][0] == pytest.approx(nodes) and np.isfinite(free["margin"][0])


def test_risk_makes_token_income_worth_less_and_fiat_income_keeps_its_worth():
    calm, shy = (one(450, aversion=a, volatility="1", horizon="100")["margin"][0] for a in ("0", "2"))
    assert calm == pytest.approx(4.5 / 4)
    assert shy == pytest.approx(4.5 / 4 * np.exp(-2 * 100 / 365 / 2))
    assert one(450, aversion="9", volatility="0")["margin"][0] == pytest.approx(4.5 / 4)


@settings(max_examples=40, deadline=None)
@given(income=st.floats(0, 5000), price=st.floats(0.01, 50), aversion=st.floats(0, 5), horizon=st.floats(1, 400))
def test_more_pay_never_means_fewer_nodes_and_bounds_hold(income, price, aversion, horizon):
    told = {"price": f"{price:.6f}", "aversion": f"{aversion:.4f}", "horizon": f"{horizon:.4f}", "floor": "20", "ceiling": "150"}
    less, more = (one(f"{x:.6f}", **told) for x in (income, income * 1.1))
    assert more["nodes"][0] >= less["nodes"][0] - 1e-9
    assert 20 <= less["nodes"][0] <= 150
    assert abs(less["nodes"][0] / 100 - 1) <= 1 / horizon + 1e-3 or less["nodes"][0] in (20, 150)
    assert 0 <= less["quality"][0] <= 1


def test_quality_falls_with_those_who_leave_by_what_they_count():
    assert one(0, nodes="50")["quality"][0] == pytest.approx((50 * (1 - 0.1) / 100) ** 0.5)
    assert one(1e6, nodes="500")["quality"] == [1]  # more than enough is no better


def run(name, steps, names, paths=8, **values):
    spec = mt.load(FOLDER / f"{name}.toml").with_values({k.replace("__", "."): v for k, v in values.items()})
    found = simulate(spec.economy(), paths, steps, save=Save(every=1, vars=names, paths=True))
    return [np.asarray(found[n]) for n in names]


def test_in_a_fall_the_dear_leave_first_and_stake_goes_with_them():
    nodes = [f"nodes[{i}]" for i in range(4)]
    *counts, staked, quality = run("producers", 200, (*nodes, "stakes/TOK[3]", "quality"), world__volatility="0", fall__factor="0.02")
    gpu, _, _, validator = (c[:, 0] for c in counts)
    assert gpu[59] > gpu[58] and gpu[199] < 0.5 * gpu[59]
    assert validator[199] > 0.6 * validator[59]  # a year's horizon leaves slowly
    assert quality[199, 0] < quality[59, 0]
    assert np.all(np.diff(staked[70:, 0]) <= 1e-9)


def test_they_sell_what_costs_need_and_stake_a_share_of_the_rest():
    held = {"income": ("TOK/day", ("600", "0", "0")), "price": ("USD/TOK", "1"), "nodes": ("node", ("100", "1", "1"))}
    weights = ("0.8", "0.1", "0.1")
    classes = tuple(Producer(**{**CLASS, "weight": w, "sells": "0.25", "stakes": "0.5"}) for w in weights)
    told = {"income": ("income",), "classes": classes, "tokens": "providers/TOK", "staked": "staked/TOK", "fiat": "providers/USD"}
    e = economy(use("people", "producers", **told), signals=held, holders=3, opening={Account("providers", "TOK"): D(1800), Account("market", "TOK"): D(1)})
    e._ensure(Account("staked", "TOK"), holders=3)
    vars(e).pop("accounts", None)
    flows = {f.reason: np.asarray(f.amount)[:, 0] for f in emitted(e, "people")[0]}
    assert flows["sell"] == pytest.approx([300, 3, 3])  # costs of 300 are more than a quarter of 600
    assert flows["stake"] == pytest.approx([150, 0, 0])
    assert flows["cost"] == pytest.approx([300, 3, 3])


# --- users and investors ------------------------------------------------------------------------------------------


def test_users_grow_to_their_market_leave_for_bad_service_and_never_pass_their_number():
    good = run("users", 400, ("users[0]", "users[1]", "level"), outage__factor="1")
    bad = run("users", 400, ("users[0]", "users[1]", "level"))
    for calm, failed, most in ((good[0], bad[0], 100_000), (good[1], bad[1], 2_000)):
        assert calm.max() <= most and calm.min() >= 0
        assert failed[175, 0] < calm[175, 0]
    assert good[2][-1, 0] == pytest.approx(0.5 * good[0][-1, 0] + 20 * good[1][-1, 0])
    lost = [1 - b[175, 0] / g[175, 0] for g, b in zip(good[:2], bad[:2], strict=True)]
    assert lost[1] > lost[0]  # those who care more leave more


def test_investors_hold_mertons_share_of_a_price_that_stands_still():
    """mu + sigma^2 / 2 - rate over aversion sigma^2, with mu at 0 in the end: 0.5 at rate 0 and aversion 1."""
    told = {"funds__rate": "0", "funds__aversion": "1", "funds__horizon": "5", "funds__memory": "2", "world__volatility": "0", "price__impact": "0"}
    tokens, cash, price = run("investors", 300, ("investors/TOK", "investors/USD", "price"), paths=1, **told)
    worth = tokens[-1, 0] * price[-1, 0]
    assert worth / (worth + cash[-1, 0]) == pytest.approx(0.5, abs=1e-6)


def test_investors_extrapolate_so_a_shorter_memory_makes_a_wilder_price():
    def spread(memory):
        (price,) = run("investors", 365, ("price",), paths=64, funds__memory=memory, funds__horizon="10", price__impact="3")
        return np.diff(np.log(price), axis=0).std()

    assert spread("10") > 1.02 * spread("1000")
