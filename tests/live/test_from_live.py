"""Futures that begin where a live network stands."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import mintage as mt
from mintage.accounts import Account
from mintage.live.entries import Genesis, Report
from mintage.live.network import Network
from mintage.live.reading import network_of
from mintage.live.standing import standing, stands, today
from mintage.spec import presets
from tests.live.lived import lived
from tests.live.town import TEXT

EVERYTHING = mt.Save(every=5, paths=True)


def began(text: str, file: str = "town.toml") -> Network:
    network = Network(Genesis(id="genesis", text=text, file=file))
    network.commit(network.prepare(network.genesis))
    return network


@pytest.mark.parametrize("name", ["town", *presets()])
def test_futures_of_a_network_that_has_just_begun_are_those_of_its_spec_bit_for_bit(name):
    spec = mt.loads(TEXT) if name == "town" else mt.load(name)
    here = standing(began(spec.text, spec.file))
    plain, live = mt.simulate(spec, 64, 20, save=EVERYTHING), mt.simulate(here, 64, 20, save=EVERYTHING)
    assert plain.manifest.spec_hash == live.manifest.spec_hash
    for series in plain.series:
        assert np.array_equal(plain[series], live[series]), series


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "net.db"
    with lived(path) as live:
        live.do(Report(id="late1", by="r1", signal="price", values=("2.6",)))
        live.do(Report(id="late2", by="r2", signal="price", values=("2.8",)))
    return network_of(str(path))


def test_balances_members_memory_and_step_are_todays_and_every_future_begins_with_them(network):
    here = standing(network)
    run = mt.simulate(here, 5, 8, save=mt.Save(every=1, vars=("customers/USD[1]", "providers/TOK", "supply/TOK", "price"), paths=True))
    ann = network.place("customers/USD:ann")
    assert here.step == network.step == 6
    assert here.economy.holders(Account("customers", "USD")) == 2
    assert run["customers/USD[1]"][0] == pytest.approx(float(network.world.balances[ann[0]][ann[1], 0]))
    assert run["supply/TOK"][0] == pytest.approx(6_000 + 1_010_000 - 0.9 * 60.5 * 5 / 2.2)
    assert (run.manifest.first_step, run.manifest.steps, run.day[-1]) == (6, 8, 8)
    assert 7_000 < run["supply/TOK"][-1, 0] - run["supply/TOK"][0, 0] < 8_000, "1,000 a day are minted, and behaviours run again: work is paid and burned"


def test_a_feed_starts_at_the_median_of_its_reports_and_what_is_not_reported_at_the_value_in_force(network):
    signals = today(network).signals
    assert signals["price"][0, 0] == pytest.approx(2.7)
    assert float(network.world.signals["price"][0, 0]) == pytest.approx(2.2)
    assert signals["usage"][0, 0] == float(network.world.signals["usage"][0, 0]) > 0


def test_with_fewer_reports_than_it_needs_a_feed_stays_where_it_is():
    network = began(TEXT.replace("reporters = 2", "reporters = 2\nrequired = true"))
    report = Report(id="r", by="r1", signal="price", values=("2.2",))
    network.commit(network.prepare(report))
    with pytest.raises(mt.MintageError, match="MT807"):
        network.measured()
    assert today(network).signals["price"][0, 0] == 2


def test_a_variant_starts_a_signal_as_much_higher_from_today_as_in_the_spec(network):
    dearer = network.spec.with_values({"signals.price.start": Decimal("2.1")})
    assert standing(network, dearer).world.signals["price"][0, 0] == pytest.approx(2.7 * 1.05)
    assert standing(network, network.spec).world.digest() == standing(network).world.digest()


def test_a_variant_of_another_chart_has_no_place_to_stand_on(network):
    other = mt.loads(TEXT.replace("[accounts.pool]", '[accounts.spare]\nholds = ["TOK"]\n\n[accounts.pool]'))
    assert stands(network, other) is not None, "an account more begins empty"
    fewer = mt.loads(TEXT.replace('[accounts.customers]\nholds = ["USD"]\nmembers = "open"', '[accounts.customers]\nholds = ["USD"]'))
    assert stands(network, fewer) is None
    with pytest.raises(mt.MintageError, match="MT824"):
        standing(network, fewer)


def test_an_owner_who_joined_without_nodes_stays_without_in_every_future(network):
    run = mt.simulate(standing(network), 5, 30, save=mt.Save(vars=("nodes[2]", "nodes[1]")))
    assert (run.end["nodes[2]"] == 0).all()
    assert (run.end["nodes[1]"] > 0).all()
