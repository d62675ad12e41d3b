"""The judgement's evidence: limits that are known exactly, missing data, infinities, and pairs on the same futures."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mintage as mt
from mintage.evaluate.bands import sankey
from mintage.evaluate.criteria.alignment import elasticity
from mintage.evaluate.criteria.utility import survival
from mintage.evaluate.figures import METRICS, ratio
from mintage.evaluate.measure import finite, measure, quantiles
from mintage.spec import loads

from .economies import NO_PRICE, SOUND, edited, evidence, find


def test_a2_burn_mint_elasticity_is_one_and_a_stablecoin_s_is_none():
    eta = elasticity(evidence(SOUND))
    assert eta is not None
    assert eta.value == pytest.approx(1, abs=1e-9)
    paid = elasticity(evidence(edited(((r"survives = .*", 'settlement = "stablecoin"'),))))
    assert paid is None or paid.value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("share", ["0", "0.25", "1"])
def test_a2_what_survives_without_the_token_is_what_the_spec_says(share: str):
    e = evidence(edited(((r"survives = \{ value = 0.5", f"survives = {{ value = {share}"),)))
    s = survival(e)
    assert s is not None
    assert s.value == pytest.approx(float(share), abs=1e-12)
    depth, u = find("T102", ((r"survives = \{ value = 0.5", f"survives = {{ value = {share}"),)).value, e.beside.metric("functional_share")
    assert depth == pytest.approx(np.median(u) * (1 - float(share)))


def test_the_ratio_is_the_one_by_hand():
    """Flat demand and price: 1.3 M SND a year at 2 USD against 28,500 x 365 USD."""
    flat = edited(((r"volatility = \{ value = 0.\d,", "volatility = { value = 0,"), (r"drift = \{ value = 0.\d+,", "drift = { value = 0,")))
    m = evidence(flat).base
    emitted = m.metric("ratio_last_year") * 28_500 * 365
    assert emitted == pytest.approx(2 * 1_300_000 * 365 / 364, rel=1e-9)
    assert m.median("burn_to_mint") == pytest.approx(0.95 * 28_500 / 2 / (1_300_000 / 364), rel=1e-9)


def test_a_run_s_head_is_the_smaller_run():
    e = evidence(SOUND)
    small = measure(loads(SOUND), e.beside.paths, 1)
    for name in METRICS:
        np.testing.assert_array_equal(small.metric(name), e.beside.metric(name), err_msg=name)


def test_without_a_price_nothing_that_is_valued_has_a_number():
    m = evidence(edited(NO_PRICE)).base
    valued = {n for n, x in METRICS.items() if "fiat" in x.unit and n not in ("revenue", "last_revenue")} | {"ratio_last_year", "self_dealing", "velocity"}
    assert {n for n in valued if m.median(n) is not None} == set()


def test_no_revenue_is_an_infinite_ratio_that_fails_and_not_a_missing_one():
    dead = ((r"value = 28_500", "value = 0"),)
    e = evidence(edited(dead))
    assert e.base.median("ratio_last_year") == math.inf
    for code in ("T201", "T202", "T209"):
        found = find(code, dead)
        assert found.passed is False
        assert found.value in ("infinite", "unbounded")
    text = mt.evaluate(loads(edited(dead)), 8, beside=8)
    assert text.headline.startswith("Sound does not sustain itself")
    shown = {i.name: i for i in text.metrics}["ratio_last_year"]
    assert shown.median is None
    assert "on 8 of 8 paths" in shown.note


def test_half_of_the_paths_without_revenue_do_not_flatter_the_median():
    assert quantiles(np.array([0.1, 0.2, np.inf, np.inf, np.inf]), (0.5, 0.0)) == [math.inf, 0.1]
    assert quantiles(np.array([1.0, np.nan, 3.0]), (0.5,)) == [2.0]
    assert quantiles(np.array([np.nan]), (0.5, 0.9)) == [None, None]
    assert finite(math.inf) is finite(None) is None


def test_quantiles_are_numpy_s_on_finite_values():
    value, levels = np.random.default_rng(1).normal(size=101), (0.0, 0.05, 0.333, 0.5, 0.95, 1.0)
    assert quantiles(value, levels) == pytest.approx(list(np.quantile(value, levels)))


def test_a_ratio_of_something_missing_is_missing():
    a, b = np.array([1.0, 1.0, 0.0, np.nan, np.nan, 1.0]), np.array([2.0, 0.0, 0.0, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(ratio(a, b), [0.5, np.inf, np.nan, np.nan, np.nan, np.nan])


def test_affiliates_favoured_beyond_their_quality_raise_the_flag_though_the_sum_is_small():
    few = (
        "affiliates_quality = 0.01\nproposals = ["
        + "".join(f'{{ id = "P{i}", moved_total = 1, moved_to_affiliates = {int(i < 3)} }}, ' for i in range(8))
        + "]\n"
    )
    found = find("T509", ((r"(?s)affiliates_quality = .*?\n\]\n", few),))
    assert found.value == pytest.approx(3 / 8)
    assert found.passed is False
    fair = find("T509", ((r"(?s)affiliates_quality = .*?\n\]\n", few.replace("0.01", "0.4")),))
    assert fair.passed is True


def test_counts_are_those_of_the_runs_that_were_made():
    e = evidence(SOUND)
    assert e.counts == {"base": 64, "usage -5 %": 48, "usage +5 %": 48, "stablecoin": 48, "bear": 48, "demand_collapse": 48, "compute_cost_spike": 48}


def test_the_picture_of_flows_values_each_path_at_its_own_price():
    """What customers bring for tokens is what the burned tokens are worth: not so at a mean price, because cheap paths burn more."""
    wild = ((r"volatility = \{ value = 0.2,", "volatility = { value = 1.5,"),)
    m = evidence(edited(wild)).base
    worth = {(link.reason, link.asset): link.value_fiat for link in sankey(m, 1)}
    assert worth["jobs: settle", "SND"] == pytest.approx(worth["jobs: pay", "USD"], rel=0.05)


UNMINTED = (r"value = 1_(560|400|300)_000", "value = 0")
SILENT = ((r"value = 28_500", "value = 0"), UNMINTED, (r"budget = \{ value = 1_000,", "budget = { value = 0,"))
SELF_PAID = (
    (r'(?m)^use = "burn_mint"\n', 'use = "burn_mint"\ncustomers = "treasury/USD"\n'),
    (r'holds = \["SND", "USD"\]\nrole = "treasury"', 'holds = ["SND", "USD"]\nopening = { USD = 1_000_000_000 }\nrole = "treasury"'),
)


def test_an_economy_where_nothing_happens_is_not_shown_and_sustains_nothing():
    for code in ("T105", "T106", "T107", "T201", "T202", "T203", "T204", "T209"):
        found = find(code, SILENT)
        assert found.passed is not True, f"{code}: {found.sentence}"
    d = mt.evaluate(loads(edited(SILENT)), 8, beside=8)
    assert "nothing to sustain" in d.headline
    assert d.verdict != "pass"


def test_who_minted_all_at_the_start_is_judged_by_what_rewards_take_out_of_reserves():
    """Rewards beyond what was minted so far come out of the opening supply; what is minted into a pool first is not counted twice."""
    m = evidence(edited((UNMINTED, (r"budget = \{ value = 1_000,", "budget = { value = 70_000,")))).base
    paid = m.arrows(lambda i: i.reason == "grant").sum(axis=0)
    assert (m.minted.sum(), paid.min() > 0) == (0, True)
    assert m.emitted.sum(axis=0) == pytest.approx(paid)
    assert m.metric("ratio_total").min() > 0
    both = evidence(edited(((r"budget = \{ value = 1_000,", "budget = { value = 20_000,"),))).base
    assert both.emitted is both.minted


def test_a_tranche_that_begins_later_waits_until_then():
    later = 'role = "insider"\namount = 5_000_000\nbegin = 365\nduration = { value = 36, unit = "month", source = "T" }'
    late = (r'role = "insider"\namount = [^\n]*\ncliff = [^\n]*\nduration = [^\n]*', later)
    found = find("T303", (late,))
    assert (found.value, found.passed) == (365, True)
    assert find("T304", (late,)).passed is True


def test_a_treasury_that_pays_itself_has_no_outside_revenue():
    m = evidence(edited(SELF_PAID)).base
    assert m.metric("burned").min() > 0
    assert m.metric("revenue").max() == 0
    assert find("T201", SELF_PAID).value == "infinite"
    assert evidence(edited((*SELF_PAID, (r'role = "treasury"\n', 'role = "customer"\n')))).base.metric("revenue").min() > 0


def test_the_first_and_the_last_year_are_equally_long_and_whole():
    """Constant demand is constant, whatever the horizon: a last period cut short, or a longer first year, would say otherwise."""
    for horizon in ("1092 days", "1095 days", "800 days"):
        steady = edited(
            (
                *(((r"volatility = \{ value = 0.\d,", "volatility = { value = 0,"), (r"drift = \{ value = 0.\d+,", "drift = { value = 0,"))),
                (r'horizon = "1092 days"', f'horizon = "{horizon}"'),
            )
        )
        m = evidence(steady.replace('step = "7 days"', 'step = "1 day"')).base
        assert m.metric("revenue_growth") == pytest.approx(1, abs=1e-12)
        assert len(m.days[m.first_year]) == len(m.days[m.last_year]) == 52
        assert np.allclose(m.days[m.last_year], 7)
