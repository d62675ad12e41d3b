"""Stake by device: io.net's requirement, who counts as eligible, stakers who follow their machines, and rewards by group."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError

from .network import use
from .village import Play, both

MARKET, FREE, STAKED, OUT, VAULT = (Account(k, "IO") for k in ("market", "providers", "staked", "unbonding", "vault"))
H100, RTX = {"cards": 8, "multiplier": 10}, {"cards": 4, "multiplier": "0.25"}


def devices(*uses, nodes=(1, 1), free=100_000, market=1, staked=0, price=2, **params):
    """Two owners: of machines with 8 H100 cards, and with 4 RTX 4070."""
    told = {"devices": (H100, RTX), "slots": 4, **params}
    kinds = {
        "market": Kind("market", ("IO", "USD"), market),
        "providers": Kind("providers", ("IO", "USD"), 2, role="provider", members="open"),
        "staked": Kind("staked", ("IO",), 2, role="staked", members="providers"),
        "unbonding": Kind("unbonding", ("IO",), 2, members="providers"),
        "vault": Kind("vault", ("IO",), role="treasury"),
    }
    per = {"nodes": ("node", nodes), "required_stake": ("IO", (0, 0)), "eligible": ("1", (0, 0)), "rate": ("IO/day", (0, 0))}
    declared = {n: SignalDecl(n, unit, tuple(map(D, start)), "", "providers") for n, (unit, start) in per.items()}
    declared["price"] = SignalDecl("price", "USD/IO", D(price))
    opening = {MARKET: D(1_000_000), FREE: D(2 * free), VAULT: D(10_000), STAKED: D(2 * staked)}
    assets = {"IO": Asset("IO", 8), "USD": Asset("USD", 6, "fiat")}
    all_uses = (use("stakes", "device_stake", **told), *uses)
    return Economy("devices", assets, kinds, declared, all_uses, D(1), opening=opening, token="IO", fiat="USD")


def test_eight_h100_of_multiplier_10_need_16_000_and_four_4070_need_800():
    """I5, and the second example of io.net's documentation."""
    for play in both(devices()):
        assert play.steps(1).signal("required_stake") == [16_000, 800]
    for play in both(devices(nodes=(3, "2.5"))):
        assert play.steps(1).signal("required_stake") == [48_000, 2_000]


@pytest.mark.parametrize(("stake", "eligible"), [(15_999, 0), (16_000, 0.5), (31_999, 0.5), (32_000, 1), (99_000, 1)])
def test_a_device_counts_only_with_all_of_its_stake(stake, eligible):
    for play in both(devices(nodes=(2, 0))):
        play.event("stakes", "stake", {"staker": 0}, amount=stake)
        assert play.steps(1).signal("eligible") == [eligible, 0]


def test_stake_on_its_way_out_counts_no_more_and_is_back_after_the_cool_down():
    for play in both(devices(nodes=(1, 1), slots=15)):
        play.event("stakes", "stake", {"staker": [0, 1]}, amount=[16_000, 800])
        assert play.steps(1).signal("eligible") == [1, 1]
        play.event("stakes", "unstake", {"staker": 0}, amount=1)
        assert play.steps(1).signal("eligible") == [0, 1]
        play.steps(13)
        assert play[OUT] == [1, 0]
        assert play.steps(1)[FREE] == [84_001, 99_200]  # after 14 days at least, and a day more at most


@settings(max_examples=15, deadline=None)
@given(nodes=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40)), min_size=1, max_size=8), free=st.integers(0, 60_000), market=st.sampled_from([1, 3]))
def test_stakers_follow_their_machines_with_their_own_tokens_first(nodes, free, market):
    for play in both(devices(use("owners", "device_stakers", slots=4, limit=1), free=free, market=market)):
        for i, number in enumerate(nodes):
            play.world.signals["nodes"] = play.column(list(number))
            play.steps(2)
            need = [number[0] * 16_000, number[1] * 800]
            assert play[STAKED] == pytest.approx(need)
            assert play.signal("required_stake") == need
            if not i:
                assert 1_000_000 - sum(play[MARKET]) == pytest.approx(sum(max(n - free, 0) for n in need), abs=1e-6)


def test_who_has_no_tokens_buys_them_at_the_price_within_the_limit():
    for play in both(devices(use("owners", "device_stakers", slots=4, limit="0.005"), free=0)):
        play.steps(1)
        assert sum(play[STAKED]) == pytest.approx(5000)
        assert play[Account("market", "USD")] == [pytest.approx(10_000)]


POOLS = ({"group": "enterprise", "share": "0.95"}, {"group": "community", "share": "0.05"})


def rewarded(pools=POOLS, **params):
    told = {"devices": ({"multiplier": 80, "group": "enterprise"}, {"multiplier": 1, "group": "community", "uptime": "0.5"}), "pools": pools}
    return use("rewards", "device_rewards", **{"pool": "vault/IO", "budget": ({"value": 100},), "rate": "rate", "eligible": "eligible", **told, **params})


def test_enterprise_devices_get_95_percent_and_all_others_5_however_many_there_are():
    for play in both(devices(rewarded(eligible=""), nodes=(1, 900))):
        play.steps(2)
        assert play[FREE] == pytest.approx([100_190, 100_010])
        assert play.signal("rate") == pytest.approx([95, 5])


def test_without_groups_all_share_by_number_multiplier_and_uptime():
    for play in both(devices(rewarded(pools=(), eligible=""), nodes=(1, 40))):
        play.steps(1)
        assert play[FREE] == pytest.approx([100_080, 100_020])


def test_a_group_without_stake_gets_nothing_and_its_part_stays():
    for play in both(devices(rewarded())):
        play.event("stakes", "stake", {"staker": 1}, amount=800)
        play.steps(1)
        assert play[VAULT] == [pytest.approx(9995)]
        assert play[FREE] == pytest.approx([100_000, 99_205])


def test_a_pool_never_pays_more_than_it_has():
    play = Play(devices(rewarded(budget=({"value": 8000},), eligible=""))).steps(5)
    assert play[VAULT] == [pytest.approx(0, abs=1e-6)]


def test_unstaking_more_than_is_staked_is_refused():
    with pytest.raises(RunError, match="MT302"):
        Play(devices()).event("stakes", "unstake", {"staker": 0}, amount=1)


def test_pools_that_are_no_whole_or_miss_a_group_are_a_fault():
    half = ({"group": "enterprise", "share": "0.95"},)
    assert {f.where for f in devices(rewarded(pools=half)).check()} == {"rewards.pools", "rewards.devices[1].group"}
    assert devices(rewarded(), use("owners", "device_stakers", slots=4)).check() == []
