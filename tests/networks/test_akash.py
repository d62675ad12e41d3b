"""The Akash preset against its anchors (K1 to K8 of the reference are in `mintage validate akash`) and against what its scenarios say."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

import mintage as mt
from mintage import data
from mintage.ledger.codec import decode
from mintage.live.entries import Event, Join, Report
from mintage.live.replay import Replay
from mintage.live.service import LiveNetwork
from mintage.mechanisms import find

DAYS, PATHS, CALLS = 224, 16, 32
LEVELS = ("price", "demand_now", "providers", "utilisation", "fee", "emission_rate")
SEEN = (*LEVELS, "pool/AKT", "mint/AKT", "flow:inflation.reward", "flow:inflation.tax", "tag:revenue/USD")


@cache
def run(scenario: str = "base"):
    economy = mt.load("akash").scenario(scenario).economy()
    seen = [name for name in SEEN if name.split(".")[0] not in ("flow:inflation",) or scenario == "base"]
    return mt.simulate(economy, PATHS, DAYS, seed=1, save=mt.Save(every=28, vars=tuple(seen), paths=True))


def median(name: str, scenario: str = "base") -> float:
    return float(np.median(run(scenario).end[name]))


def test_the_preset_is_sound_in_every_scenario():
    spec = mt.load("akash")
    for scenario in ("base", "white_paper_curve", "article_controller", "before_bme", "priority_gpu", "since_mainnet"):
        assert [str(f) for f in spec.scenario(scenario).economy().check()] == []


def test_scenarios_move_the_way_their_names_say():
    assert median("price", "bear") < median("price") < median("price", "bull")
    assert median("demand_now", "bear") < median("demand_now") < median("demand_now", "bull")
    assert median("demand_now", "demand_collapse") == pytest.approx(0.3 * median("demand_now"))
    assert median("providers", "demand_collapse") < median("providers")
    assert median("providers", "compute_cost_spike") < median("providers")
    assert median("fee", "compute_cost_spike") > 1.5 * median("fee")
    assert median("fee", "bull") > median("fee")


def test_the_bands_since_mainnet_are_those_of_the_table():
    rows = data.read("akash_inflation_params")
    p = next(u for u in mt.load("akash").scenario("since_mainnet").economy().uses if u.name == "inflation").params
    for field, column in (("low", "inflation_min"), ("high", "inflation_max"), ("change", "inflation_rate_change")):
        told = [((day - date(2020, 9, 25)).days, value) for day, value in zip(rows["effective"], rows[column], strict=True) if value is not None]
        assert [(int(point.day), point.value) for point in getattr(p, field)] == told[: 5 if field != "change" else 3]
    now = next(u for u in mt.load("akash").economy().uses if u.name == "inflation").params
    assert (now.low[0].value, now.high[0].value) == (rows["inflation_min"][-1], rows["inflation_max"][-1])


def test_inflation_is_at_the_upper_edge_while_less_than_two_thirds_are_bonded_and_a_tenth_of_it_is_the_community_pools():
    reward, tax = (run().end[f"flow:inflation.{reason}"] for reason in ("reward", "tax"))
    assert tax / (reward + tax) == pytest.approx(np.full(PATHS, 0.1))
    assert reward + tax == pytest.approx(np.full(PATHS, 290e6 * np.expm1(0.08 * 7 * CALLS / 387.3)), rel=1e-3)
    assert run().end["pool/AKT"] == pytest.approx(tax)


def test_on_the_papers_curve_issuance_does_not_depend_on_what_is_bonded():
    """A year of the curve from 2026-03-23 on: the difference of M0 (1 + 2 / ln 2 (1 - 2^(-t / T))) at its two ends."""

    def curve(days):
        return 100e6 * (1 + 2 / np.log(2) * (1 - 2 ** (-days / 365.25 * 0.54 / 2)))

    grown = run("white_paper_curve").end["mint/AKT"]
    assert np.median(grown) == pytest.approx(curve(2005 + 7 * CALLS) - curve(2005), rel=1e-3)


def test_the_articles_controller_moves_issuance_against_utilisation():
    rate, used = (np.asarray(run("article_controller")[n]) for n in ("emission_rate", "utilisation"))
    idle, full = used.mean(axis=0) < 0.5, used.mean(axis=0) > 0.7
    assert rate[-1][idle].mean() < rate[0, 0] < rate[-1][full].mean()


def test_priority_slots_are_drawn_among_groups_that_stake_as_much_as_before():
    spec = mt.load("akash").scenario("priority_gpu")
    first = mt.simulate(spec, 64, 140, save=mt.Save(every=7, vars=("priority", "priority[0]", "staked/AKT"), paths=True))
    assert np.all(np.asarray(first["priority"])[1:] == 3 / 12)  # the mean over twelve rows
    assert np.asarray(first["priority[0]"])[1:].mean() == pytest.approx(3 / 12, abs=0.04)
    base = mt.simulate(mt.load("akash"), 64, 140, save=mt.Save(vars=("staked/AKT",)))
    assert first.end["staked/AKT"] == pytest.approx(base.end["staked/AKT"])


def test_before_credits_the_network_took_4_percent_of_akt_and_20_of_usdc():
    spec = mt.load("akash").scenario("before_bme")
    flows = tuple(f"flow:old_leases.{reason}" for reason in ("pay", "fee", "settle", "take"))
    end = mt.simulate(spec, 4, 60, save=mt.Save(vars=(*flows, "tag:revenue/USD", "supply/ACT"))).end
    pay, fee, settle, take = (end[name] for name in flows)
    assert take / (take + settle) == pytest.approx(np.full(4, 0.04))
    assert fee / (pay + fee) == pytest.approx(np.full(4, 0.20))
    assert (pay + fee) / end["tag:revenue/USD"] == pytest.approx(np.full(4, 0.8))
    assert end["supply/ACT"].tolist() == [0] * 4


def test_without_the_token_tenants_pay_as_much_and_nothing_goes_through_a_vault():
    variant = mt.load("akash").with_values({f"leases.{k}": v for k, v in find("credit_tenants").ablation.items()})
    kept = mt.Save(vars=("tag:revenue/USD", "supply/ACT", "functional/AKT"))
    base, ablated = (mt.simulate(s, 4, 120, save=kept).end for s in (mt.load("akash"), variant))
    assert ablated["supply/ACT"].tolist() == ablated["functional/AKT"].tolist() == [0] * 4
    assert ablated["tag:revenue/USD"] == pytest.approx(base["tag:revenue/USD"], rel=0.1)  # a week ahead, or as it is spent
    assert np.all(base["functional/AKT"] > 0)


def test_numbers_of_supply_and_credits_have_a_source_or_are_called_assumptions():
    spec = mt.load("akash")
    vouched = [p for p in spec.provenance if p.path.startswith(("inflation.", "assets.", "allocation", "credits.", "auction."))]
    assert {p.path for p in vouched if not p.source and not p.assumed} == set()
    assert any(p.path.startswith("inflation.high") and p.source == "S35" for p in vouched)


def test_a_lease_from_order_to_payout_on_a_running_network():
    """K5 with the shipped spread: 1,000 USD buy credits at 1.14; a lease spends some; its provider is paid in AKT at 1.50."""
    spec = mt.load("akash")
    with LiveNetwork.open("memory:", spec, secret=b"akash") as live:
        number = iter(range(10**6))

        def do(call, event, roles, **arguments):
            told = {k: str(v) for k, v in arguments.items()}
            return live.do(Event(id=f"s{next(number)}", by="@0", call=call, event=event, roles=roles, arguments=told))

        def day(price):
            for i in range(3):
                live.do(Report(id=f"s{next(number)}", by=f"reporter-{i}", signal="price", values=(str(price),)))
            live.tick()

        def has(owner, place):
            return float(live.balances(owner).get(place, 0))

        for kind, owner in (("tenants", "tess"), ("providers", "pat")):
            live.do(Join(id=f"s{next(number)}", by=owner, kind=kind, owner=owner, row=0))
        for _ in range(3):  # no day moves the price by more than half
            day("1.14")
        do("cash", "deposit", {"owner": "tess"}, amount=1000)
        do("credits", "buy_credits", {"tenant": "tess"}, amount=1000)
        day("1.14")
        assert has("tess", "tenants/ACT") == pytest.approx(997.5, abs=2e-6)  # less 25 basis points, which stay in the vault
        assert float(live.network.world.balances[live.network.place("vault/AKT")[0]][0, 0]) == pytest.approx(877.192982, abs=1e-6)

        do("earnings", "deposit", {"owner": "pat"}, amount=1)
        do("auction", "attest", {"provider": "pat"}, features=7, level=80)
        do("auction", "order", {"tenant": "tess", "order": "@0"}, deposit=100, ceiling="0.003", features=5, level=80, trust=0, window=1)
        do("auction", "bid", {"provider": "pat", "bid": "@0", "order": "@0"}, price="0.002", window=2)
        do("auction", "accept", {"tenant": "tess", "order": "@0", "bid": "@0"})
        for _ in range(4):
            day("1.50")
        assert has("pat", "providers/ACT") == pytest.approx(100)  # three days of 14,400 blocks, and what was left on the fourth
        do("credits", "redeem", {"provider": "pat"}, amount=100)
        day("1.50")
        assert has("pat", "providers/AKT") == pytest.approx(1 + 100 / 1.5, abs=1e-5)
        found = Replay().run([(r.seq, decode(r.body)) for r in live.ledger.records(0)])
    assert list(map(str, found.differences)) == []
