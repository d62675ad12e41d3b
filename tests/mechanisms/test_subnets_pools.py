"""Pools of subnets: nothing is gained by going round, alpha stays in its subnet, shares carry dividends; and what emission puts in moves no price."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY
from mintage.errors import RunError, SpecError
from mintage.mechanisms.subnets.pools import reweighted, spot, swapped

from .village import Play, both

EXAMPLES = Path(__file__).parents[2] / "examples" / "mechanisms"
TAO, ALPHA, STAKED = Account("pools", "TAO"), Account("pools", "ALPHA"), Account("staked", "ALPHA")
MINE, SHARES, AUTHORS = Account("holders", "TAO"), Account("holders", "SHARE"), Account("authors", "TAO")
amounts = st.integers(1, 10**6).map(lambda n: n / 100)
reserves = st.integers(10, 10**8)
weights = st.integers(2, 98).map(lambda n: n / 100)
FAST = settings(max_examples=25, deadline=None)


def example(name: str, **values):
    return mt.load(EXAMPLES / f"{name}.toml").with_values(values).economy()


def villages() -> list[Play]:
    return both(example("subnet_pools", **{"accounts.holders.opening.TAO": 200_000}))


def stake(play: Play, amount, subnet=1, who=0):
    return play.event("swaps", "stake", {"staker": who, "subnet": subnet}, amount=amount)


def unstake(play: Play, shares, subnet=1, who=0):
    return play.event("swaps", "unstake", {"staker": who, "subnet": subnet}, shares=shares)


# --- the balancer -------------------------------------------------------------------------------------------------


@FAST
@given(reserves, reserves, amounts, amounts, weights)
def test_a_swap_is_the_same_in_one_order_or_in_two_and_more_for_more(y, x, first, second, weight):
    lean = weight / (1 - weight)
    one = swapped(NUMPY, y, x, first + second, lean)
    got = swapped(NUMPY, y, x, first, lean)
    two = got + swapped(NUMPY, y + first, x - got, second, lean)
    assert one == pytest.approx(two, rel=1e-9)
    assert 0 < got <= one <= x  # a lean of 49 takes all but less than a rounding
    # the invariant of the balancer, y^w2 x^w1, solved for the alpha that is left: its logarithm has no digits where a trade takes nearly all
    assert x - got == pytest.approx(x * (y / (y + first)) ** lean, rel=1e-9, abs=1e-14 * x)


@FAST
@given(reserves, reserves, amounts, amounts, weights)
def test_an_injection_in_any_proportion_moves_the_weights_and_not_the_price(y, x, more_tao, more_alpha, weight):
    new = reweighted(NUMPY, y, x, more_tao, more_alpha, weight)
    before, after = spot(NUMPY, y, x, weight), spot(NUMPY, y + more_tao, x + more_alpha, new)
    assert after == pytest.approx(before, rel=1e-9)
    assert (new > weight) == (more_tao / (y * more_alpha) * x > 1) or new == pytest.approx(weight, rel=1e-9)


def test_an_empty_pool_gives_nothing_and_has_no_price():
    nothing = np.zeros((1, 1))
    assert swapped(NUMPY, nothing, nothing, nothing)[0, 0] == 0
    assert spot(NUMPY, nothing, nothing)[0, 0] == 0
    assert reweighted(NUMPY, nothing, nothing, nothing, nothing, nothing + 0.7)[0, 0] == 0.5


# --- stakers ------------------------------------------------------------------------------------------------------


@FAST
@given(amounts, st.integers(1, 99))
def test_who_goes_round_pays_the_fee_twice_and_no_more(amount, part):
    for play in villages():
        stake(play, amount)
        shares = play.world.balances[SHARES][1, 0, 0]
        first = shares * part / 100
        for lot in (first, shares - first):
            unstake(play, lot)
        lost = 200_000 - play[MINE][0]
        assert lost == pytest.approx(play[AUTHORS][0], abs=1e-6)
        assert 0 < lost <= 2.0001 * amount * 33 / 65535 + 1e-6
        assert play[SHARES] == pytest.approx([0], abs=1e-6)
        assert play[TAO] == pytest.approx([10_000] * 4, rel=1e-9)


def test_what_is_done_in_one_subnet_leaves_the_others_alone():
    for play in villages():
        stake(play, 500, subnet=2)
        for place, each in ((TAO, 10_000), (ALPHA, 300_000), (STAKED, 500_000)):
            rows = play[place]
            assert rows[:2] + rows[3:] == [each] * 3
            assert rows[2] != each
        assert sum(play[ALPHA]) + sum(play[STAKED]) == pytest.approx(4 * 800_000)


def test_shares_carry_what_is_paid_into_the_stake():
    for play in villages():
        stake(play, 1000)
        held = play.world.balances[SHARES][1, 0, 0]
        before = held / 1  # an alpha a share
        play.world.balances[STAKED] = play.world.balances[STAKED] * 2  # dividends, whoever pays them
        flows = unstake(play, held)
        sold = next(f.amount[0, 0] for f in flows if f.reason == "unstake")
        assert float(sold) == pytest.approx(2 * float(before))


def test_moving_is_selling_there_and_buying_here():
    for play, other in zip(villages(), villages(), strict=True):
        for one in (play, other):
            stake(one, 1000)
        held = play.world.balances[SHARES][1, 0, 0]
        play.event("swaps", "move", {"staker": 0, "subnet": 1, "target": 3}, shares=held)
        start = other[MINE][0]
        unstake(other, held)
        stake(other, other.world.balances[MINE][0, 0] - other.column(start)[0, 0], subnet=3)
        assert play[MINE][0] == pytest.approx(start)
        assert float(play.world.balances[SHARES][3, 0, 0]) == pytest.approx(float(other.world.balances[SHARES][3, 0, 0]), rel=1e-9)


REFUSED = {
    "less than the minimum": (lambda play: stake(play, "0.001"), "below the minimum"),
    "more than it has": (lambda play: stake(play, 200_001), "MT302"),
    "shares it has not": (lambda play: unstake(play, 1), "MT302"),
    "from a subnet to itself": (lambda play: play.event("swaps", "move", {"staker": 0, "subnet": 1, "target": 1}, shares=0), "both subnets are the same"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused(what):
    act, said = REFUSED[what]
    for play in villages():
        before = play.world
        with pytest.raises(RunError, match=said):
            act(play)
        assert play.world is before


def test_an_order_of_more_than_the_limit_is_refused():
    for play in both(example("subnet_pools", **{"swaps.limit": "0.01"})):
        with pytest.raises(RunError, match="too large for the pool"):
            stake(play, 101)
        stake(play, 100)


def test_as_many_slots_as_subnets():
    with pytest.raises(SpecError, match="as many slots as rows"):
        example("subnet_pools", **{"swaps.slots": 5})


# --- liquidity ----------------------------------------------------------------------------------------------------


def test_liquidity_given_alone_leaves_the_price_until_alpha_would_weigh_too_little():
    text = (EXAMPLES / "subnet_emission.toml").read_text("utf-8").replace("members =", "opening = { TAO = 10_000_000 }, members =")
    for play in both(mt.loads(text).economy()):
        before = play.signal("weight")
        play.event("injection", "add_liquidity", {"giver": 0, "subnet": 1}, amount=5000)
        weight = play.signal("weight")
        assert weight[1] > before[1] == 0.6
        assert weight[1] / (1 - weight[1]) == pytest.approx(0.6 / 0.4 * 1.5)  # price (w1 y) / (w2 x) is what it was, y is half as much again
        with pytest.raises(RunError, match="weigh too little"):
            play.event("injection", "add_liquidity", {"giver": 0, "subnet": 1}, amount=5_000_000)


def test_what_the_crowd_does_keeps_its_shares_worth_what_is_staked():
    e = example("subnet_stakers")
    run = mt.simulate(e, 64, 200, save=mt.Save(every=20, vars=("stakers/SHARE", "staked/ALPHA", "pools/TAO", "market/TAO"), paths=True))
    assert np.allclose(run["stakers/SHARE"], run["staked/ALPHA"], rtol=1e-9)
    assert (run["pools/TAO"] > 0).all()
    assert (run["market/TAO"] > 0).all()


def test_the_crowd_goes_where_alpha_appeals_to_it():
    e = example("subnet_prices", **{"crowd.spread": 0})
    end = mt.simulate(e, 1, 300, save=mt.Save(vars=tuple(f"alpha_price[{i}]" for i in range(4)))).end
    prices = [float(end[f"alpha_price[{i}]"][0]) for i in range(4)]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > 1.5 * prices[3]


SELLERS = """
[accounts.crew]
holds = ["ALPHA"]
holders = 3
opening = { ALPHA = 30_000 }

[accounts.cash]
holds = ["TAO"]
role = "provider"
"""


def test_sellers_are_paid_by_what_they_sell_and_those_of_one_subnet_move_its_price_alone():
    text = (EXAMPLES / "subnet_stakers.toml").read_text("utf-8").replace("[signals]", SELLERS + '[signals]\npay = { unit = "TAO/day", start = 0 }')
    rows = '[{ place = "crew/ALPHA", subnet = 2, cash = "cash/TAO", share = 0.5, reward = true }, { place = "miners/ALPHA", share = 0.02 }]'
    text = text.replace('[{ place = "miners/ALPHA", share = 0.02 }]', rows).replace("speed = 0.01", 'speed = 0\nspread = 0\nearned = "pay"')
    e = mt.loads(text).economy()
    assert [str(f) for f in e.check()] == []
    assert {i.reason: i.tag for i in e.flow_table if i.dst.kind == "cash"} == {"paid": "reward"}
    names = (*(f"pools/ALPHA[{i}]" for i in range(4)), *(f"pools/TAO[{i}]" for i in range(4)), "cash/TAO", "crew/ALPHA", "pay", "authors/TAO")
    end = {n: float(v[0]) for n, v in mt.simulate(e, 1, 1, save=mt.Save(vars=names)).end.items()}
    assert end["crew/ALPHA"] == pytest.approx(15_000)
    sold = [2000, 2000, 17_000, 2000]  # a fiftieth of what miners have, and the crew's half
    assert [end[f"pools/ALPHA[{i}]"] for i in range(4)] == pytest.approx([300_000 + x for x in sold])
    fetched = [10_000 * x / (300_000 + x) for x in sold]
    assert [end[f"pools/TAO[{i}]"] for i in range(4)] == pytest.approx([10_000 - x for x in fetched])
    fee = 33 / 65535
    assert end["cash/TAO"] == pytest.approx(fetched[2] * 15 / 17 * (1 - fee)) == pytest.approx(end["pay"])
    assert end["authors/TAO"] == pytest.approx(sum(fetched) * fee)


def test_pools_that_are_founded_are_unequal_by_rank():
    e = example("subnet_pools", **{"swaps.founding": 1000, "accounts.pools.opening.TAO": 0, "accounts.market.opening.TAO": 640_000, "swaps.rank": 1})
    start = mt.simulate(e, 1, 1, save=mt.Save(every=1, vars=(*(f"pools/TAO[{i}]" for i in range(4)), "supply/TAO"), paths=True))
    tao = [float(start[f"pools/TAO[{i}]"][0, 0]) for i in range(4)]
    assert tao == [1000 - 240 - 160 - 120, 240, 160, 120]  # 480, 240, 160, 120 of 1, 1/2, 1/3, 1/4
    assert float(start["supply/TAO"][0, 0]) == pytest.approx(1_641_000)
