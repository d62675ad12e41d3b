"""The compute-backed token of the article: what it mints and burns, what its controller does, and what wins, the peg or the market."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import use
from .village import Play, both

MARKET, PROVIDERS, OWNERS = (Account(k, "IO") for k in ("market", "providers", "owners"))
RESERVE, CASH, PROCEEDS = Account("reserve", "USD"), Account("owners", "USD"), Account("market", "USD")
ISSUED, BURNED = Account("issuance", "IO"), Account("burned", "IO")
SIGNALS = {
    "compute_index": ("USD/GPU/h", 1),
    "demand": ("USD/day", 0),
    "quote": ("USD/IO", 1),
    "bid": ("USD/IO", 1),
    "ask": ("USD/IO", 1),
    "factor": ("1", 1),
    "coverage": ("1", 0),
    "push": ("1", 0),
}
SHOWN = {"quote": "quote", "bid": "bid", "ask": "ask", "factor": "factor", "coverage": "coverage"}
STEEP = {"impact": "1"}  # buying all that the market holds moves the logarithm of the price by 1


def pegged(price="1", hours=(0, 0), market=None, traders=None, reserve=10_000, signals=None, **params):
    """Two providers, two owners, a market; `traders` and `market` add those who trade and a price that their trades move."""
    told = {"unit": "1", "verified": "hours", "wallets": "owners/USD", "holders": "owners/IO", **SHOWN, **params}
    uses = [use("peg", "compute_peg", **told)]
    if traders is not None:
        uses.append(use("traders", "peg_traders", bid="bid", ask="ask", **traders))
    if market is not None:
        uses.append(use("price", "impact_price", returns="push", **market))
    kinds = {
        "market": Kind("market", ("IO", "USD")),
        "owners": Kind("owners", ("IO", "USD"), 2, role="customer", members="open"),
        "providers": Kind("providers", ("IO", "USD"), 2, role="provider", members="open"),
        "reserve": Kind("reserve", ("USD",), role="treasury"),
    }
    declared = {n: SignalDecl(n, unit, D(str((signals or {}).get(n, start)))) for n, (unit, start) in SIGNALS.items()}
    declared |= {"price": SignalDecl("price", "USD/IO", D(price)), "peg": SignalDecl("peg", "USD/IO", D(1))}
    declared["nodes"] = SignalDecl("nodes", "node", (D(3), D(5)), "", "providers")
    declared["hours"] = SignalDecl("hours", "GPU*h/day", tuple(map(D, hours)), "", "providers")
    opening = {MARKET: D(1_000_000), OWNERS: D(2000), CASH: D(2000), RESERVE: D(reserve)}
    assets = {"IO": Asset("IO", 8), "USD": Asset("USD", 6, "fiat")}
    return Economy("pegged", assets, kinds, declared, tuple(uses), D(1), opening=opening, token="IO", fiat="USD")


def supply(play):
    return -play[ISSUED][0] - play[BURNED][0]


def test_the_mechanism_and_its_traders_are_sound():
    assert pegged(traders={}, market=STEEP).check() == []


@pytest.mark.parametrize("unit", ["1", "0.25", "8"])
def test_minted_is_verified_hours_times_index_over_the_peg_and_burned_paid_hours_times_price(unit):
    """The article's rule: hours x index / unit value, and hours x price / unit value."""
    for play in both(pegged(unit=unit, hours=("30", "10"), traders={}, window=False, signals={"demand": 12 * 2, "compute_index": 3}, half_life="0.01")):
        play.steps(1)
        peg = 3 * float(unit)
        assert play.signal("peg") == pytest.approx([peg])
        assert play[PROVIDERS] == pytest.approx([30 * 3 / peg, 10 * 3 / peg])
        assert play[BURNED] == pytest.approx([12 * 2 / peg])
        assert play[PROCEEDS] == pytest.approx([12 * 2 / peg * 1])  # tokens cost the market's price, whatever they pay for


def test_at_the_market_price_more_tokens_burn_the_lower_it_is_and_at_the_peg_as_many_always():
    burned = {}
    for accepted in ("peg", "market"):
        for price in ("0.5", "2"):
            play = Play(pegged(price=price, accepted=accepted, traders={}, window=False, signals={"demand": 100})).steps(1)
            burned[accepted, price] = play[BURNED][0]
    assert burned == {("peg", "0.5"): 100, ("peg", "2"): 100, ("market", "0.5"): 200, ("market", "2"): 50}


@settings(max_examples=20, deadline=None)
@given(used=st.integers(0, 100), fee=st.sampled_from(["0.5", "1", "1.25", "4"]))
def test_supply_falls_only_where_paid_hours_times_fee_exceed_verified_hours_times_index(used, fee):
    """The burn's "deflation" needs use x fee / index above 1: at any lower use of the machines supply grows."""
    play = Play(pegged(hours=("60", "40"), traders={}, window=False, signals={"demand": used * float(fee)}))
    before = supply(play)
    play.steps(10)
    assert supply(play) - before == pytest.approx(10 * (100 - used * float(fee)), abs=1e-6)


def test_the_peg_follows_the_index_with_its_half_life():
    for play in both(pegged(half_life=4, signals={"compute_index": 2})):
        assert [round(play.steps(4).signal("peg")[0], 9) for _ in range(3)] == [1.5, 1.75, 1.875]


def test_verified_hours_are_minted_at_the_next_call_and_only_an_operator_verifies():
    assert find("compute_peg").events["verify"].authority == "operator"
    for play in both(pegged()):
        play.event("peg", "verify", {"provider": [0, 1]}, hours=[5, 7])
        play.event("peg", "verify", {"provider": 1}, hours=1)
        assert play[PROVIDERS] == [0, 0]
        play.steps(2)
        assert play[PROVIDERS] == [5, 8]


def test_machines_that_are_there_count_as_verified_whether_or_not_anybody_rents_them():
    for play in both(pegged(nodes="nodes", machines=({"hours": 24}, {"hours": 8}), window=False)):
        assert play.steps(2)[PROVIDERS] == [144, 80]
    assert [f.where for f in pegged(nodes="nodes").check()] == ["peg.machines"]


# --- the window -------------------------------------------------------------------------------------------------


def test_the_window_issues_at_the_ask_and_redeems_at_the_bid_and_a_round_trip_costs_the_band():
    for play in both(pegged(band="0.01")):
        play.event("peg", "issue", {"buyer": 1}, amount="101")
        assert (play[OWNERS], play[RESERVE], play[CASH]) == ([1000, 1100], [10_101], [1000, 899])
        play.event("peg", "redeem", {"seller": 1}, amount=100)
        assert (play[OWNERS], play[RESERVE], play[CASH]) == ([1000, 1000], [10_002], [1000, 998])


def test_nobody_is_redeemed_more_than_the_reserve_has():
    for play in both(pegged(reserve=500)):
        with pytest.raises(RunError, match="MT302"):
            play.event("peg", "redeem", {"seller": 0}, amount=600)
        play.event("peg", "redeem", {"seller": 0}, amount=500)
        assert play[RESERVE] == [5]


def test_nobody_is_issued_more_than_the_cap_leaves():
    for play in both(pegged(cap=supply(Play(pegged())) + 100, band=0)):
        play.event("peg", "issue", {"buyer": 0}, amount=60)
        with pytest.raises(RunError, match="more than the cap leaves"):
            play.event("peg", "issue", {"buyer": 1}, amount=41)
        play.event("peg", "issue", {"buyer": 1}, amount=40)
        assert play[RESERVE] == [10_100]


def test_owners_pay_in_money_or_in_tokens_and_both_burn():
    for play in both(pegged(price="2")):
        play.event("peg", "pay", {"payer": [0, 1]}, amount=[10, 30])
        play.event("peg", "pay_tokens", {"payer": 0}, amount=5)
        assert (play[BURNED], play[PROCEEDS], play[CASH], play[OWNERS]) == ([25], [40], [990, 970], [995, 1000])


def test_where_no_owners_are_named_and_no_window_is_open_nothing_moves():
    for e, names in (
        (pegged(wallets="", holders=""), ("pay", "pay_tokens", "issue", "redeem")),
        (pegged(window=False), ("issue", "redeem")),
    ):
        play = Play(e)
        for name in names:
            role = next(iter(find("compute_peg").events[name].roles))
            assert play.event("peg", name, {role: 0}, amount=1) == []
        assert play.steps(1).signal("bid") == ([0.99] if e.uses[0].params.window else [0])


# --- which wins -------------------------------------------------------------------------------------------------


def course(push, steps=200, **params):
    """Prices and reserves of a market that is pushed by `push` a step, with traders at the window."""
    told = {"market": STEEP, "traders": {"strength": "0.5", "limit": "0.5"}, "signals": {"push": push}, "half_life": "0.01", **params}
    play = Play(pegged(**told))
    return [(play.steps(1).signal("price")[0], play[RESERVE][0]) for _ in range(steps)]


def test_pushed_up_the_peg_wins_for_ever_and_the_pressure_becomes_reserve():
    """However long people buy, and however much is burned, nobody pays more than the ask and what the trades cannot undo in a call."""
    seen = course("0.005", signals={"push": "0.005", "demand": 1000})
    assert max(price for price, _ in seen) < 1.01 * 1.025
    assert seen[-1][1] > 10_000 + 0.9 * 200 * 0.005 * 1_000_000 * 0.9
    assert all(b[1] >= a[1] for a, b in pairwise(seen[60:]))


def test_pushed_down_the_peg_wins_until_the_reserve_is_empty_and_then_the_market_does():
    seen = course("-0.005", reserve=200_000)
    empty = next(i for i, (_, left) in enumerate(seen) if left < 1)
    assert 20 < empty < 120
    assert min(price for price, _ in seen[: empty - 1]) > 0.99 * 0.97
    assert seen[-1][0] < 0.7
    twice = course("-0.005", reserve=400_000)
    assert next((i for i, (_, left) in enumerate(twice) if left < 1), 200) > 1.8 * empty  # a larger reserve buys time, and nothing else


def test_a_cap_ends_the_peg_upwards_too():
    seen = course("0.005", cap=1_300_000, traders={"strength": "0.5", "limit": "0.5", "cap": 1_300_000}, hours=("50", "50"))
    full = next(i for i, (a, b) in enumerate(pairwise(seen)) if b[1] == a[1] > 200_000)  # nothing is issued any more
    assert full > 30
    assert max(price for price, _ in seen[:full]) < 1.05
    assert seen[-1][0] > 1.3


def test_nothing_is_minted_beyond_a_cap():
    for play in both(pegged(hours=("3000", "1000"), cap=1_010_000, window=False)):
        play.steps(10)
        assert supply(play) == pytest.approx(1_010_000)
        assert play[PROVIDERS] == pytest.approx([6000, 2000])


def test_without_a_window_the_market_wins_both_ways_and_the_burn_does_press_upwards():
    up, down = (course(p, window=False)[-1][0] for p in ("0.005", "-0.005"))
    assert up == pytest.approx(np.exp(1), rel=0.01)
    assert down == pytest.approx(np.exp(-1), rel=0.01)
    burning = course("0", window=False, signals={"push": 0, "demand": 2000})[-1][0]
    assert burning > 1.3


@pytest.mark.parametrize(("strength", "settles"), [("0.5", True), ("1.9", True), ("2.1", False)])
def test_arbitrage_settles_below_a_gain_of_two_and_swings_above(strength, settles):
    """A14 for a delay of 0: x' = x - K x is stable iff 0 < K < 2, with K = impact x strength."""
    play = Play(pegged(price="1.01", market=STEEP, traders={"strength": strength, "limit": "0.9"}, band=0, reserve=10**9))
    gaps = [abs(np.log(play.steps(1).signal("price")[0])) for _ in range(30)]
    assert (gaps[-1] < 0.1 * gaps[0]) == settles
    assert (gaps[-1] > 5 * gaps[0]) != settles


def test_the_controller_mints_less_below_the_peg_and_never_beyond_its_bounds():
    factors = {}
    for price in ("0.2", "0.8", "1", "1.2", "9"):
        play = Play(pegged(price=price, hours=("100", "0"), gain="2", low="0.1", high="1.5")).steps(1)
        factors[price] = play.signal("factor")[0]
        assert play[PROVIDERS][0] == pytest.approx(100 * factors[price])
    assert factors == pytest.approx({"0.2": 0.1, "0.8": 0.6, "1": 1, "1.2": 1.4, "9": 1.5})


def test_the_integral_ends_a_lasting_gap_and_does_not_wind_up():
    """Recovery after saturation does not depend on how long it lasted."""
    recovered = []
    for long in (20, 200):
        for play in both(pegged(price="0.5", gain=0, integral="0.1", wind=5, low=0, high=2)):
            play.steps(long)
            assert play.signal("factor")[0] == pytest.approx(0.5)  # the sum is kept at -5
            play.world.signals["price"] = play.column("1.5")
            recovered.append(next(i for i in range(1, 99) if play.steps(1).signal("factor")[0] >= 1))
    assert set(recovered) == {10}


def test_in_a_stablecoin_providers_are_paid_and_no_token_moves():
    told = {"settlement": "stablecoin", "survives": "0.5"}
    for play in both(pegged(traders=told, signals={"demand": 200})):
        play.steps(3)
        assert sum(play[Account("providers", "USD")]) == pytest.approx(300)
        assert play[BURNED] == [0]


@pytest.mark.parametrize(("wrong", "where"), [({"low": "1.1", "high": 2}, "peg.low"), ({"wallets": ""}, "peg.holders")])
def test_parameters_that_contradict_each_other_are_a_fault(wrong, where):
    assert ("MT202", where) in [(f.code, f.where) for f in pegged(**wrong).check()]


def test_the_exhibit_shows_the_peg_end_with_the_reserve():
    run = mt.simulate(mt.load("examples/mechanisms/compute_peg.toml"), 64, save=mt.Save(vars=("price", "peg", "reserve/USD"))).end
    empty = run["reserve/USD"] < 1
    gap = run["price"] / run["peg"]
    assert empty.any()
    assert np.median(gap[empty]) < np.median(gap[~empty]) if (~empty).any() else np.median(gap) < 0.95
