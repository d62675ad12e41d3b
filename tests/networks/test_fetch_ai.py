"""The Fetch.ai preset against its anchors (F1 to F6 of the reference), each within the tolerance stated beside it; the market, the launch, the article."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mintage as mt
from mintage import data
from mintage.arithmetic_exact import EXACT
from mintage.calibrate.curve import fit_spec
from mintage.mechanisms import find
from mintage.metrics import realised_volatility
from tests.mechanisms.network import use
from tests.mechanisms.village import HOLDERS, OLD, Play, village

FOR_AGIX, FOR_OCEAN = 866_700_367, 610_849_199  # FET minted for each
HALF_YEAR = 26  # weeks


@cache
def run(names: tuple[str, ...], scenario: str, paths: int, steps: int | None, every: int, values: tuple[tuple[str, object], ...]):
    spec = mt.load("fetch_ai").scenario(scenario).with_values(dict(values))
    return mt.simulate(spec, paths, steps, save=mt.Save(every=every, vars=names, paths=True))


def series(*names: str, scenario: str = "base", paths: int = 2, steps: int | None = None, every: int = 1, **values: object) -> list[np.ndarray]:
    """Each name's values [save, path]; `mechanism__field` sets a value."""
    made = run(names, scenario, paths, steps, every, tuple((k.replace("__", "."), v) for k, v in values.items()))
    return [(found := np.asarray(made[n])).reshape(len(found), -1) for n in names]


def test_the_preset_and_its_scenarios_are_sound():
    spec = mt.load("fetch_ai")
    for name in ("base", "article_curve", "history"):
        assert [str(f) for f in spec.scenario(name).economy().check()] == [], name


# --- supply ----------------------------------------------------------------------------------------------------------------------


def test_three_years_at_three_percent():
    """F1: 1,152,997,577 without the target, within a token; with it the native supply meets the ERC-20's 1,152,997,575 and stays."""
    (free,) = series("supply/FET", scenario="history", steps=1095, native_inflation__limit="none")
    assert free[-1] == pytest.approx([1_152_997_577] * 2, abs=1)
    (held,) = series("supply/FET", scenario="history", steps=1128)
    assert held[0] == pytest.approx([1_055_156_116] * 2, abs=1e-3)
    assert held[365] == pytest.approx(held[0] * 1.03, rel=1e-12)
    assert held[-1] == pytest.approx([1_152_997_575] * 2, abs=1e-3)


def test_the_mergers_mint_what_was_minted():
    """F3: 1,477,549,566 on 2024-05-03 make 2,630,547,141; with the CUDOS merger that is today's opening."""
    supply, minted = series("supply/FET", "mint/FET", scenario="history")
    assert minted[1130] == pytest.approx([FOR_AGIX + FOR_OCEAN] * 2, abs=1e-3)  # the step that begins on day 1129, 2024-05-03
    assert supply[1130] == pytest.approx([2_630_547_141] * 2, abs=1e-3)
    assert supply[-1] == pytest.approx([2_630_547_141 + 88_946_755.672] * 2, abs=1e-3)
    assert series("supply/FET", steps=1)[0][0] == pytest.approx(supply[-1], abs=1e-3)  # today's opening is where history ends


def test_two_billion_agix_become_what_the_ratio_says():
    """F2: 866,700,000 FET, and what was minted for them is within a millionth of that."""
    swap = use("swap", "upgrade", legacy="holders/OLD", locked="legacy/OLD", rate="0.433350")
    play = Play(village(swap, owners=1, opening={HOLDERS: 0, OLD: 2_000_000_000}, cap="3000000000"), EXACT)
    play.event("swap", "upgrade", {"owner": 0}, amount=2_000_000_000)
    assert play[HOLDERS] == [866_700_000]
    assert play[HOLDERS][0] == pytest.approx(FOR_AGIX, rel=1e-6)


def test_supply_falls_by_what_is_burned_and_grows_by_vote_alone():
    supply, burned, minted = series("supply/FET", "burn/FET", "mint/FET", steps=90)
    assert (minted[1:] == 0).all()
    assert (burned[1:] > 0).all()
    assert np.diff(supply, axis=0) == pytest.approx(-burned[1:], abs=1e-2)


# --- AgentLaunch -------------------------------------------------------------------------------------------------------------------


def test_a_launch_ends_with_30_000_fet_at_ten_times_its_first_price():
    """F4 within a millionth, F5 within a millionth; 200M go to the pool, and no more than a billion ever exist."""
    names = ("launched", "launch_pool/FET", "launch_pool/AGENT", "supply/AGENT", "launch_price", "launch_curve/FET")
    launched, pool, tokens, supply, price, reserve = series(*names, steps=300)
    assert (launched[-1] == 1).all()
    assert pool[-1] == pytest.approx([30_000] * 2, rel=1e-6)
    assert tokens[-1] == pytest.approx([200e6] * 2)
    assert supply[-1] - tokens[-1] == pytest.approx([800e6] * 2, rel=1e-6)
    first = mt.load("fetch_ai").value("launch.level")
    assert price[-1] == pytest.approx([10 * float(first)] * 2, rel=1e-6)
    assert reserve.max() < 30_000


def test_buying_and_selling_an_agents_token_costs_two_fees_to_the_last_unit():
    """F6: of 1,000 FET 1,000 (1 - 0.98^2) are lost, exactly, and the protocol has them."""
    play = Play(mt.load("fetch_ai").economy(), EXACT)
    play.event("launch", "deploy", {"creator": 0})
    start = play[place("protocol/FET")][0]
    before = play.world.balances[place("traders/FET")][0, 0]
    play.event("launch", "buy", {"trader": 0}, amount=1000)
    play.event("launch", "sell", {"trader": 0}, amount=play.world.balances[place("traders/AGENT")][0, 0])
    lost = before - play.world.balances[place("traders/FET")][0, 0]
    assert float(lost) == pytest.approx(1000 * (1 - 0.98**2), abs=1e-12)
    assert play[place("protocol/FET")][0] - start == pytest.approx(float(lost), abs=1e-9)
    assert start == 120


def place(name: str):
    return mt.Account.parse(name)


# --- the market of agents ------------------------------------------------------------------------------------------------------------


def test_what_people_spend_reaches_agents_less_the_protocols_share():
    demand, revenue, burned, functional = series("demand", "tag:revenue/USD", "burn/FET", "functional/FET", steps=90)
    assert revenue[1:] == pytest.approx(demand[1:], rel=1e-9)
    assert (functional[1:] > burned[1:]).all()


def test_without_the_token_people_order_as_much_and_nothing_is_burned():
    """Agents accept USDC as well as FET (payment protocol 0.1.0), so no order is lost: utility depth is nil, and the evaluation says so."""
    rule = find("agent_market")
    variant = mt.load("fetch_ai").with_values({f"market.{k}": v for k, v in rule.ablation.items()} | {"launch.active": False})
    kept = mt.Save(vars=("burn/FET", "tag:revenue/USD", "functional/FET"))
    ablated, base = (mt.simulate(s, 2, 60, save=kept).end for s in (variant, mt.load("fetch_ai")))
    assert ablated["burn/FET"].tolist() == ablated["functional/FET"].tolist() == [0, 0]
    assert ablated["tag:revenue/USD"] == pytest.approx(base["tag:revenue/USD"])


def test_permanent_records_burn_less_and_keep_more_agents_registered():
    (burned, registered), (least, most) = (series("burn/FET", "registered", scenario=s, steps=120) for s in ("base", "permanent_records"))
    assert (least[30:].mean(axis=0) < 0.5 * burned[30:].mean(axis=0)).all()
    assert (most[30:] >= registered[30:]).all()


@pytest.mark.parametrize(
    ("scenario", "name", "sign"),
    [("bear", "price", -1), ("bull", "price", 1), ("bear", "demand", -1), ("bull", "demand", 1), ("compute_cost_spike", "agents_total", -1)],
)
def test_scenarios_move_the_way_their_names_say(scenario, name, sign):
    here, there = (series("price", "demand", "agents_total", scenario=s, paths=64, steps=210, every=210) for s in ("base", scenario))
    at = ("price", "demand", "agents_total").index(name)
    moved = sign * (there[at][-1] - here[at][-1])
    assert (moved >= 0).all()
    assert np.median(moved) > 0


def test_a_collapse_of_demand_leaves_three_tenths():
    here, there = (series("price", "demand", "agents_total", scenario=s, paths=64, steps=210, every=210)[1] for s in ("base", "demand_collapse"))
    assert there[-1] == pytest.approx(0.3 * here[-1], rel=1e-9)


# --- the article ----------------------------------------------------------------------------------------------------------------------


def test_the_articles_curve_keeps_the_volatility_it_was_fitted_to_and_the_market_does_not():
    """15 % over six months, 21.2 % a year, in nine of ten half-years; the base's price swings by what the article says of the market."""
    prices = {s: series("price", scenario=s, paths=64, steps=7 * HALF_YEAR + 7, every=7)[0] for s in ("article_curve", "base")}
    found = {s: realised_volatility(p[1:], 7.0) for s, p in prices.items()}
    bound = 0.15 * (365 / 182.5) ** 0.5
    assert np.mean(found["article_curve"] <= bound) >= 0.9
    assert np.median(found["base"]) == pytest.approx(0.6 * (365 / 182.5) ** 0.5, rel=0.1)
    assert np.median(found["base"]) > 4 * np.median(found["article_curve"])


def test_the_articles_ratio_and_reserve_are_what_the_fit_gives():
    """Render's recorded weeks, scaled to 103.68 million payments of a cent a day; at 6,000 dollars a day no curve would swing by so much."""
    spec = mt.load("fetch_ai").scenario("article_curve")
    weeks = np.array(data.read("render_bme_weekly")["burned_usd"], float)
    weekly = weeks / np.median(weeks[-8:]) * 7
    found = fit_spec(spec, "service_curve", {"burned_usd": weekly * 1_036_800})
    assert float(spec.value("service_curve.ratio")) == pytest.approx(float(found.values["ratio"]), rel=1e-6)
    assert float(spec.value("accounts.service_curve.opening.USD")) == pytest.approx(found.reserve, rel=1e-6)
    assert float(spec.value("signals.demand_level.start")) == pytest.approx(1200 * 86_400 * 0.01)
    quiet = fit_spec(spec, "service_curve", {"burned_usd": weekly * 6000})
    assert not quiet.bounded
    assert quiet.high < 0.1


def test_on_the_articles_curve_who_buys_early_pays_less():
    """Use doubles after a month: the price is then higher on every path than without."""
    more = {"demand_shock.factor": 2, "demand_shock.begin": 30}
    spec = mt.load("fetch_ai").scenario("article_curve")
    late = [mt.simulate(s, 16, 90, save=mt.Save(vars=("price",))).end["price"] for s in (spec, spec.with_values(more))]
    assert (np.asarray(late[1]) > np.asarray(late[0])).all()


# --- sources ----------------------------------------------------------------------------------------------------------------------------


def test_every_number_of_supply_launch_and_market_has_a_source_or_is_called_an_assumption():
    spec = mt.load("fetch_ai")
    heads = ("native_inflation.", "mergers.", "assets.", "allocation", "launch.", "signals.price", "price.")
    vouched = [p for p in spec.provenance if p.path.startswith(heads)]
    assert len(vouched) > 20
    assert [p.path for p in vouched if not p.source and not p.assumed] == []
    assert any(p.path == "launch.target" and p.source == "S76" for p in vouched)
    assert any(p.path == "native_inflation.cap" and p.source == "S70" for p in vouched)
