"""The Render preset against its anchors (R1, R2, R4 to R8 of the reference), each within the tolerance stated beside it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mintage as mt
from mintage import data
from mintage.mechanisms import find
from mintage.validate.render import RNP_023

EPOCH = 7
YEARS = ((0, 52), (52, 104), (104, 156))  # weekly epochs of the BME years within the horizon
EMISSION = ("nodes", "artists", "liquidity", "bootstrap", "foundation")


@cache
def run(scenario: str = "base", paths: int = 2):
    names = ("mint/RENDER", "burn/RENDER", "flow:job_rewards.reward", "flow:availability.reward", "tag:revenue/USD", "flow:jobs.fee", "supply/RENDER")
    flows = tuple(f"flow:emission_{n}.emit" for n in EMISSION)
    return mt.simulate(mt.load("render").scenario(scenario), paths, save=mt.Save(every=EPOCH, vars=(*names, *flows), paths=True))


def epochs(name: str, first: int, last: int, scenario: str = "base") -> np.ndarray:
    """Amounts [epoch, path] of epochs first .. last, counted from 1 as the network does."""
    return run(scenario)[name][first : last + 1]


def test_the_preset_is_sound():
    assert [str(f) for f in mt.load("render").economy().check()] == []


@pytest.mark.parametrize(("year", "budget"), [(0, 9_126_804), (1, 5_905_580), (2, 5_905_580)])
def test_emission_of_each_year_is_its_budget_to_the_token(year, budget):
    """R1, R2, on every path: emission does not depend on the burn."""
    first, last = YEARS[year]
    assert epochs("mint/RENDER", first + 1, last).sum(axis=0) == pytest.approx([budget] * 2, abs=1e-6)


def test_the_first_year_is_split_as_rnp_006_says():
    parts = {n: epochs(f"flow:emission_{n}.emit", 1, 52)[:, 0].sum() for n in EMISSION}
    network, month = 9_126_804 / 2, 190_142
    assert parts["foundation"] + parts["bootstrap"] == pytest.approx(network)
    assert parts["nodes"] == pytest.approx(12 * month, abs=12)
    assert parts["liquidity"] == pytest.approx(3 * month + 6 * month / 2, abs=12)
    assert parts["artists"] == pytest.approx(6 * month / 2 + 3 * month, abs=12)


@pytest.mark.parametrize(("first", "last", "tokens", "dollars"), [(1, 52, 275_207.6, 1_922_731.6), (53, 84, 363_580.3, 1_480_141.7)])
def test_fed_with_the_recorded_weeks_it_burns_what_was_burned(first, last, tokens, dollars):
    """R4, R5: within 1 % in all, and within 1 % in each week."""
    burned = epochs("burn/RENDER", first, last, "replay")[:, 0]
    paid = (epochs("tag:revenue/USD", first, last, "replay") - epochs("flow:jobs.fee", first, last, "replay"))[:, 0]
    assert burned.sum() == pytest.approx(tokens, rel=0.01)
    assert paid.sum() == pytest.approx(dollars, rel=0.01)
    assert burned == pytest.approx(np.array(data.read("render_bme_weekly")["burned_render"][first - 1 : last], float), rel=0.01)


def test_five_percent_of_what_customers_pay_is_the_service_providers():
    revenue, fee = (epochs(n, 1, 156)[:, 0].sum() for n in ("tag:revenue/USD", "flow:jobs.fee"))
    assert fee / revenue == pytest.approx(0.05)


def test_job_rewards_of_epochs_53_to_84():
    """R6: 482,882 were paid, 15,000 an epoch and extras; within 1 %."""
    paid = epochs("flow:job_rewards.reward", 53, 84)
    assert paid[:, 0] == pytest.approx([15_000] * 32)
    assert paid.sum(axis=0) == pytest.approx([482_882] * 2, rel=0.01)
    assert epochs("flow:availability.reward", 53, 84)[:, 0] == pytest.approx([2884.6] * 32, abs=0.1)


def test_the_first_year_minted_33_times_what_it_burned():
    """R7."""
    ratio = epochs("mint/RENDER", 1, 52, "replay")[:, 0].sum() / epochs("burn/RENDER", 1, 52, "replay")[:, 0].sum()
    assert ratio == pytest.approx(33.2, abs=0.05)


def test_a_revenue_share_set_in_the_spec_gives_the_example_of_rnp_023():
    """R8: 1,000 USD at 2.00 burn 300, reward 280, net -20."""
    e = mt.loads(RNP_023).economy()
    end = mt.simulate(e, 1, 1, save=mt.Save(vars=("burn/RENDER", "mint/RENDER", "supply/RENDER"))).end
    assert (end["burn/RENDER"][0], end["mint/RENDER"][0]) == pytest.approx((300, 280))
    assert end["supply/RENDER"][0] == pytest.approx(100_000 - 20)


def test_without_the_token_customers_pay_as_much_and_nothing_is_burned():
    rule = find("burn_mint")
    variant = mt.load("render").with_values({f"jobs.{k}": v for k, v in rule.ablation.items()})
    kept = mt.Save(vars=("burn/RENDER", "tag:revenue/USD", "functional/RENDER"))
    ablated, base = (mt.simulate(s, 2, 60, save=kept).end for s in (variant, mt.load("render")))
    assert ablated["burn/RENDER"].tolist() == ablated["functional/RENDER"].tolist() == [0, 0]
    assert ablated["tag:revenue/USD"] == pytest.approx(base["tag:revenue/USD"])
    assert base["functional/RENDER"] == pytest.approx(base["burn/RENDER"])


def test_scenarios_move_the_way_their_names_say():
    def median(scenario: str, name: str) -> float:
        spec = mt.load("render").scenario(scenario)
        return float(np.median(mt.simulate(spec, 256, 540, save=mt.Save(vars=("price", "demand_now", "providers"))).end[name]))

    assert median("bear", "price") < median("base", "price") < median("bull", "price")
    assert median("bear", "demand_now") < median("base", "demand_now") < median("bull", "demand_now")
    assert median("demand_collapse", "demand_now") == pytest.approx(0.3 * median("base", "demand_now"))
    assert median("compute_cost_spike", "providers") < median("base", "providers")


def test_every_number_of_the_emission_and_the_burn_has_a_source_or_is_called_an_assumption():
    spec = mt.load("render")
    vouched = [p for p in spec.provenance if p.path.startswith(("emission_", "jobs.", "assets.", "allocation"))]
    assert {p.path for p in vouched if not p.source and not p.assumed} == set()
    assert any(p.path == "jobs.burn_share" and p.source == "S2" for p in vouched)
