"""Upgrades: each new token has its legacy tokens locked behind it, to the base unit, and there is no way back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic_exact import EXACT
from mintage.economy import supply
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import D, use
from .village import HOLDERS, LOCKED, MARKET, OLD, Play, both, village

PATHS = {"legacy": "holders/OLD", "locked": "legacy/OLD"}
RESERVE = {"source": "reserve", "reserve": "market/TOK"}


def swaps(market=1, cap="2000000", **params):
    return village(use("swap", "upgrade", **PATHS, **params), market=market, cap=cap)


def held(play, place):
    return play.world.balances[place][:, 0]


@settings(max_examples=30, deadline=None)
@given(amounts=st.lists(st.decimals(min_value="0", max_value="900", places=18), min_size=1, max_size=5), rate=st.sampled_from(["1", "0.5", "8"]))
@pytest.mark.parametrize("source", [{}, RESERVE])
def test_in_base_units_every_new_token_has_its_legacy_tokens_locked(source, amounts, rate):
    play = Play(swaps(rate=rate, **source), EXACT)
    start = supply(play.world.balances, "TOK")[0, 0]
    for amount in amounts:
        if amount <= held(play, OLD)[2]:
            play.event("swap", "upgrade", {"owner": 2}, amount=amount)
    received, locked = held(play, HOLDERS)[2] - 1000, held(play, LOCKED)[0]
    assert received == locked * D(rate)
    assert received % Decimal("1e-8") == 0
    assert held(play, OLD)[2] == 1000 - locked
    assert sum(min(a, D(10**9)) for a in amounts) * D(rate) - received < len(amounts) * D("1e-8") or locked < sum(amounts)
    assert supply(play.world.balances, "TOK")[0, 0] - start == (0 if source else received)
    assert play.total("OLD") == play.total("TOK") == 0


def test_what_is_finer_than_the_new_token_stays_with_its_owner():
    play = Play(swaps(**RESERVE), EXACT)
    play.event("swap", "upgrade", {"owner": 0}, amount="1.123456789012345678")
    assert held(play, HOLDERS)[0] == D("1001.12345678")
    assert held(play, OLD)[0] == D("1000") - D("1.12345678")


def test_no_more_than_an_owner_has_than_the_reserve_holds_or_than_the_cap_allows():
    for play in both(swaps(**RESERVE)):
        with pytest.raises(RunError, match="MT302"):
            play.event("swap", "upgrade", {"owner": 0}, amount=1001)
    for play in both(swaps(rate=2000, **RESERVE)):
        with pytest.raises(RunError, match="MT302"):
            play.event("swap", "upgrade", {"owner": 0}, amount=1000)
        assert play[OLD] == [1000] * 4
    for play in both(swaps(cap="1004500")):
        play.event("swap", "upgrade", {"owner": 0}, amount=500)
        with pytest.raises(RunError, match="MT304"):
            play.event("swap", "upgrade", {"owner": 0}, amount=1)


def test_nothing_leads_back():
    assert list(find("upgrade").events) == ["upgrade"]


def test_a_reserve_of_several_gives_by_what_each_has():
    economy = swaps(market=2, **RESERVE)
    assert economy.check() == []
    play = Play(economy)
    play.event("swap", "upgrade", {"owner": [0, 3]}, amount=[100, 300])
    assert play[HOLDERS] == [1100, 1000, 1000, 1300]
    assert play[MARKET] == [499_800, 499_800]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": "reserve"}, "reserve"),
        ({"reserve": "market/TOK"}, "reserve"),
        ({"source": "reserve", "reserve": "market/USD"}, "reserve"),
        ({"locked": "holders/OLD"}, "locked"),
    ],
)
def test_accounts_that_do_not_fit_are_faults(wrong, field):
    faults = village(use("swap", "upgrade", **{**PATHS, **wrong})).check()
    assert ("MT202", f"swap.{field}") in [(f.code, f.where) for f in faults]
