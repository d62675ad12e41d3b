"""Entry and exit: what a subnet and a neuron cost, who makes room, and that a dissolved pool's TAO goes to those who held its alpha."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.errors import RunError
from mintage.mechanisms.base import runs
from mintage.mechanisms.subnets.neurons import bumped, decayed
from mintage.mechanisms.subnets.slots import median_price, next_slot

from .test_subnets_emission import column
from .test_subnets_pools import EXAMPLES, FAST, example
from .village import both

NEVER = 1e9
POOLS, ALPHA, STAKED = Account("pools", "TAO"), Account("pools", "ALPHA"), Account("staked", "ALPHA")
MINE, MARKET, CROWD = Account("holders", "TAO"), Account("market", "TAO"), Account("stakers", "SHARE")
ISSUED = Account("issuance", "TAO")


def villages(name="subnet_registration", text=None, **values):
    """Villages whose crowd and founders do nothing, as live."""
    for play in both(mt.loads(text).with_values(values).economy() if text else example(name, **values)):
        play.bound.stepping = [c for c in play.bound.stepping if runs(c.use)]
        yield play


def register(play, slot, who=0):
    return play.event("register", "register", {"founder": who, "subnet": slot})


# --- the slot that is next ----------------------------------------------------------------------------------------


class Rule:
    never, far, immunity, start_delay = NEVER, 1e9, 180.0, 7.0

    def __init__(self, fixed=0):
        self.fixed = fixed


@FAST
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([-900, -400, -180, -173, -100, 0, NEVER])), min_size=1, max_size=9), st.integers(0, 3))
def test_the_next_slot_is_a_free_one_else_the_weakest_that_is_not_immune(slots, fixed):
    """Against the plain rule, with prices that tie."""
    free = [i for i, (_, started) in enumerate(slots) if started == NEVER]
    old = [i for i, (_, started) in enumerate(slots) if started != NEVER and 0 - (started - 7) >= 180 and i >= fixed]
    expected = free[0] if free else min(old, key=lambda i: (slots[i][0], slots[i][1], i)) if old else None
    price, started = column([p / 10 for p, _ in slots]), column([s for _, s in slots])
    found = next_slot(Rule(fixed), started, price, 0.0, NUMPY)[:, 0]
    assert found.tolist() == [float(i == expected) for i in range(len(slots))]
    with exact():
        p = Rule(fixed)
        p.never = p.far = EXACT.num(10**9)
        p.immunity, p.start_delay = EXACT.num(180), EXACT.num(7)
        exactly = next_slot(p, EXACT.array(started[:, 0])[:, None], EXACT.array(price[:, 0])[:, None], EXACT.num(0), EXACT)
    assert [float(v) for v in exactly[:, 0]] == found.tolist()


@FAST
@given(st.lists(st.integers(0, 50), min_size=1, max_size=9), st.data())
def test_the_median_is_that_of_all_other_pools_with_a_price(prices, data):
    but = data.draw(st.integers(0, len(prices) - 1))
    others = [p / 10 for i, p in enumerate(prices) if p and i != but]
    state = {POOLS: column([p / 10 for p in prices]), ALPHA: column([1] * len(prices))}

    class P:
        tao, alpha, weight, par = POOLS, ALPHA, "", 1.0

    gone = column([i == but for i in range(len(prices))])
    assert median_price(P, state, {}, gone, NUMPY)[0, 0] == pytest.approx(np.median(others) if others else 1.0)


# --- the register -------------------------------------------------------------------------------------------------


def test_a_registration_dissolves_the_weakest_pays_its_holders_and_opens_a_pool_with_the_lock():
    for play in villages():
        with pytest.raises(RunError, match="not the slot that is next"):
            register(play, 0)
        before = {a: play[a] for a in (POOLS, MARKET, MINE, ISSUED)}
        register(play, 2)  # 0.02 is the lowest price of the three that are old enough; the fourth is immune
        # of the pool's 10,000 TAO the crowd held 500,000 alpha of 800,000, the pool itself had the rest
        assert play[MARKET][0] - before[MARKET][0] == pytest.approx(10_000 * 5 / 8)
        assert play[ISSUED][0] - before[ISSUED][0] == pytest.approx(10_000 * 3 / 8)
        assert before[MINE][0] - play[MINE][0] == 1000
        assert play[POOLS] == pytest.approx([10_000, 10_000, 1000, 10_000])
        assert play[ALPHA][2] == pytest.approx(1000 / (1 / 30))
        assert play[STAKED][2] == play[CROWD][2] == 0
        assert play[Account("burned", "ALPHA")] == pytest.approx([800_000])
        assert play.signal("running") == [1, 1, 0, 1]
        assert play.signal("generation") == [1, 1, 2, 1]


def test_cost_doubles_and_wears_off_and_one_a_day_may_register():
    for play in villages():
        register(play, 2)
        with pytest.raises(RunError, match="too soon"):
            register(play, 1)
        play.steps(1)
        assert play.signal("lock_cost") == pytest.approx([2000 - 1000 / 14], abs=1e-4)
        register(play, 1)
        assert 200_000 - play[MINE][0] == pytest.approx(1000 + 2000 - 1000 / 14, abs=1e-4)
        play.steps(30)
        assert play.signal("lock_cost") == [1000]


def test_after_a_halving_a_lock_wears_off_in_half_the_time():
    text = (EXAMPLES / "subnet_registration.toml").read_text("utf-8")
    text = text.replace('name = "register"', 'name = "register"\nemission = "emission"')
    text = text.replace("[signals]", '[signals]\nemission = { unit = "TAO/day", start = 3600 }')
    for play in villages(text=text):
        register(play, 2)
        play.steps(1)
        assert play.signal("lock_cost") == pytest.approx([2000 - 1000 / 7], abs=1e-4)
        play.steps(6)
        assert play.signal("lock_cost") == pytest.approx([1000], abs=1e-4)


def test_a_new_subnet_runs_a_week_later_and_is_paid_when_it_may_be():
    for play in villages(**{"register.enable_delay": "3"}):
        register(play, 2)
        seen = []
        for _ in range(12):
            play.steps(1)
            seen.append((play.signal("running")[2], play.signal("enabled")[2]))
        assert [day for day, (running, _) in enumerate(seen, 1) if running] == list(range(7, 13))
        assert [day for day, (_, enabled) in enumerate(seen, 1) if enabled] == list(range(10, 13))
        assert play.signal("ema_price")[2] > 0


def test_when_all_are_immune_nobody_registers_and_nothing_is_dissolved():
    for play in villages(**{"register.immunity": 2000}):
        for slot in range(4):
            with pytest.raises(RunError, match="not the slot that is next"):
                register(play, slot)
            with pytest.raises(RunError, match="immune"):
                play.event("register", "dissolve", {"subnet": slot})


def test_an_operator_dissolves_what_is_not_immune_and_the_slot_is_free_for_the_next():
    for play in villages():
        play.event("register", "dissolve", {"subnet": 0})
        assert play[POOLS][0] == play[ALPHA][0] == play[STAKED][0] == 0
        with pytest.raises(RunError, match="no subnet is there"):
            play.event("register", "dissolve", {"subnet": 0})
        play.steps(1)
        assert play.signal("running") == [0, 1, 1, 1]
        register(play, 0)
        assert play[POOLS][0] == 1000


def test_stakers_with_rows_of_their_own_are_paid_and_lose_their_shares():
    text = (EXAMPLES / "subnet_registration.toml").read_text("utf-8") + POOL
    for play in villages(text=text):
        play.event("swaps", "stake", {"staker": 0, "subnet": 2}, amount=1000)
        held, pool, staked = play.world.balances[Account("holders", "SHARE")][2, 0, 0], play[POOLS][2], play[STAKED][2]
        mine, alpha = play[MINE][0], play[ALPHA][2]
        register(play, 2)
        got = play[MINE][0] - mine + 1000
        assert got == pytest.approx(pool * float(held) / (staked + alpha))
        assert float(play.world.balances[Account("holders", "SHARE")].sum()) == pytest.approx(0, abs=1e-9)


POOL = """
[[mechanism]]
use = "subnet_pools"
name = "swaps"
crowd = "stakers/SHARE"
slots = 4
"""


def test_an_owner_and_nobody_else_stakes_the_cut_of_its_subnet():
    for play in villages():
        register(play, 2)
        owners = Account("owners", "ALPHA")
        play.world.balances[owners] = play.world.balances[owners] + play.column([0, 5, 70, 0])
        with pytest.raises(RunError, match="somebody else's"):
            play.event("register", "collect", {"owner": 0, "subnet": 1}, amount=5)
        play.event("register", "collect", {"owner": 0, "subnet": 2}, amount=70)
        assert play[owners] == [0, 5, 0, 0]
        assert play[STAKED][2] == 70
        assert float(play.world.balances[Account("holders", "SHARE")][2, 0, 0]) == 70


def test_an_operator_takes_a_subnets_pay_away_and_gives_it_back():
    for play in villages():
        play.event("register", "enable", {"subnet": 1}, share=0)
        assert play.signal("enabled") == [1, 0, 1, 1]
        play.steps(3)
        assert play.signal("enabled") == [1, 0, 1, 1]
        play.event("register", "enable", {"subnet": 1}, share=1)
        assert play.signal("enabled") == [1] * 4


# --- founders in a simulation -------------------------------------------------------------------------------------


def founded(**values):
    names = (*(f"generation[{i}]" for i in range(4)), "pools/TAO")
    e = example("subnet_founders", **values)
    return mt.simulate(e, 128, 400, save=mt.Save(every=1, vars=names, paths=True))


def test_founders_take_one_slot_at_a_time_and_no_immune_one():
    run = founded()
    generation = np.stack([run[f"generation[{i}]"] for i in range(4)])
    new = np.diff(generation, axis=1)
    assert set(np.unique(new)) == {0, 1}
    assert new.sum(axis=0).max() == 1
    for slot in range(4):
        for path in range(0, 128, 8):
            days = np.flatnonzero(new[slot, :, path])
            assert (np.diff(days) >= 60).all()
    assert (run["pools/TAO"] > 0).all()


def test_the_dearer_the_fewer_founders():
    def number(reference):
        run = founded(**{"newcomers.reference": reference, "newcomers.immunity": 1, "register.immunity": 1, "newcomers.elasticity": 1})
        return sum((run[f"generation[{i}]"][-1] - 1).mean() for i in range(4))

    assert 5 < number(300) < 0.8 * number(1000)


def test_without_founders_nothing_is_registered():
    run = founded(**{"founders.level": "0.000000001", "signals.founders.start": "0.000000001"})
    assert all((run[f"generation[{i}]"] == 1).all() for i in range(4))


# --- neurons ------------------------------------------------------------------------------------------------------

PLACES = "neuron_registration"


def alone(money):
    """Places for which only owners come, who have so much."""
    text = (EXAMPLES / f"{PLACES}.toml").read_text("utf-8").replace('newcomers = "newcomers"\n', "")
    return text.replace("members =", f"opening = {{ TAO = {money} }}, members =")


def test_each_registration_raises_the_price_by_26_percent_and_recycles_what_it_buys():
    for play in villages(text=alone("1000")):
        burn, paid = 100_000_000, 0
        for _ in range(12):
            assert play.signal("burn")[1] == pytest.approx(burn / 1e9, rel=1e-7)
            play.event("places", "register", {"newcomer": 0, "subnet": 1})
            paid, burn = paid + burn, bumped(burn)
        assert 1000 - play[MINE][0] == pytest.approx(paid / 1e9, rel=1e-7)
        out = 1_200_000 / 4 - play[ALPHA][1]
        assert -float(play.world.balances[Account("issuance", "ALPHA")][0, 0]) == pytest.approx(1_200_000 - out)
        play.steps(1)
        assert play.signal("burn")[1] == pytest.approx(max(decayed(burn, 360, 7200) / 1e9, 0.0005), rel=1e-6)


def test_the_price_stays_in_its_bounds():
    for play in villages(text=alone("100_000"), **{"places.most": "0.15"}):
        for expected in (0.1, 0.126, 0.15, 0.15):
            assert play.signal("burn")[0] == pytest.approx(expected)
            play.event("places", "register", {"newcomer": 0, "subnet": 0})
        play.steps(3)
        assert play.signal("burn") == pytest.approx([0.0005] * 4)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4000), st.sampled_from(["0.5", "1", "3"]))
def test_in_the_steady_state_no_more_come_than_keep_the_price_even(wanted, elasticity):
    text = (EXAMPLES / f"{PLACES}.toml").read_text("utf-8")
    i, j = text.index("[[process]]"), text.index("[[mechanism]]")
    e = mt.loads((text[:i] + text[j:]).replace('newcomers = { unit = "1/day", start = 40 }', f'newcomers = {{ unit = "1/day", start = {wanted} }}'))
    e = e.with_values({"places.elasticity": elasticity}).economy()
    run = mt.simulate(e, 1, 3, save=mt.Save(vars=("burn[0]", "registered[0]", "market/TAO", "supply/TAO")))
    price, come = float(run.end["burn[0]"][0]), float(run.end["registered[0]"][0])
    even = 20 * np.log(2) / np.log(1.26)
    assert come <= even * (1 + 1e-9)
    assert 0.0005 <= price <= 100
    if 0.0005 < price < 100:
        assert come == pytest.approx(even)
        assert wanted * (price / 0.1) ** -float(elasticity) == pytest.approx(even)
    assert pytest.approx(float(run.end["supply/TAO"][0]) - 40_000) == 1_400_000
    assert 600_000 - float(run.end["market/TAO"][0]) == pytest.approx(3 * 4 * price * come, rel=0.01)
