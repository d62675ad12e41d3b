"""Neurons: power by stake, delay and age as ICP counts it; what binds stays bound; who is silent loses weight, and whoever speaks has it back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError
from mintage.mechanisms import find

from .assembly import KEPT, LIQUID, MARKET, STAKED, assembly
from .network import D, use
from .village import Play, both

YEAR = 365.25
NEW = {"delay_bonus": ({"value": 2},), "delay_full": ({"value": "730.5"},), "delay_exponent": ({"value": 2},), "vote_delay": ({"value": 14},)}
OLD: dict[str, object] = {}


def neurons(classes=({"delay": 2922},), every=1, **params):
    return assembly(use("neurons", "neurons", every, every - 1, classes=classes, **params))


def power(play, row=0):
    return play.signal("power")[row]


def act(play, what, row=0, **arguments):
    role = "owner"
    play.event("neurons", what, {role: row}, **arguments)
    return play


@pytest.mark.parametrize(
    ("delay", "rules", "factor"),
    [
        (730.5, NEW, 3),
        (365.25, NEW, 1.5),
        (182.625, NEW, 1.125),
        (14, NEW, 1 + 2 * (14 / 730.5) ** 2),
        (13.99, NEW, 0),
        (2922, OLD, 2),
        (730.5, OLD, 1.25),
        (182.625, OLD, 1.0625),
        (182.6, OLD, 0),
    ],
)
def test_power_by_dissolve_delay_is_that_of_icp_before_and_since_mission_70(delay, rules, factor):
    """C4: 3, 1.5 and 1.125 at 2 years, 1 year and 6 months since 2026-04-23; until then up to 2 at 8 years."""
    for play in both(neurons([{"delay": str(delay)}], age_bonus=0, **rules)):
        assert power(play.steps(1)) == pytest.approx(1000 * factor)


def test_age_adds_a_quarter_over_four_years_and_no_more():
    for age, factor in ((0, 1), (365.25, 1.0625), (1461, 1.25), (3000, 1.25)):
        play = Play(neurons([{"delay": 2922, "age": str(age)}], delay_bonus=({"value": 0},))).steps(1)
        assert power(play) == pytest.approx(1000 * factor, rel=2e-4)


@settings(max_examples=25, deadline=None)
@given(a=st.floats(0, 3000), b=st.floats(0, 3000), rules=st.sampled_from([OLD, NEW]))
def test_power_never_falls_with_delay_or_age(a, b, rules):
    low, high = (str(round(x, 3)) for x in sorted((a, b)))
    play = Play(neurons([{"delay": low}, {"delay": high}, {"delay": 500, "age": low}, {"delay": 500, "age": high}], **rules)).steps(1)
    assert power(play, 0) <= power(play, 1) + 1e-9
    assert power(play, 2) <= power(play, 3) + 1e-9


def test_the_square_root_of_stake_gives_a_hundredfold_stake_ten_votes():
    e = assembly(use("neurons", "neurons", classes=({"delay": 2922},), shape="square_root", one=10), opening={STAKED: 4000})
    plays = both(e)
    for play in plays:
        assert power(play.steps(1)) == pytest.approx(2 * 10 * 100**0.5, rel=1e-3)


def test_a_neuron_is_made_bound_dissolved_and_emptied():
    for play in both(assembly(use("neurons", "neurons", vote_delay=({"value": 3},), age_bonus=0, initial=1), opening={STAKED: 0})):
        act(play, "stake", amount=100)
        assert (play[LIQUID][0], play[STAKED][0]) == (900, 100)
        act(play, "raise_delay", delay=5)
        assert play.world.memory["neurons"]["delay"][0, 0] == 5
        assert power(play.steps(1)) == pytest.approx(100 * (1 + 5 / 2922))
        act(play, "start_dissolving")
        with pytest.raises(RunError, match="has not dissolved"):
            act(play, "disburse", amount=100)
        play.steps(2)
        assert power(play) == pytest.approx(100 * (1 + 3 / 2922))
        assert power(play.steps(1)) == 0  # two days left, three needed
        play.steps(2)
        act(play, "disburse", amount=60)
        assert play[STAKED][0] == 40
        with pytest.raises(RunError, match="rest would be too small"):
            act(play, "disburse", amount=39.5)
        act(play, "disburse", amount=40)
        assert play[LIQUID][0] == 1000


REFUSED = {
    "too small a stake": ("stake", {"amount": "0.5"}, "too small"),
    "shorter than now": ("raise_delay", {"delay": 99}, "shorter"),
    "longer than the longest": ("raise_delay", {"delay": 2923}, "longer"),
    "nothing that dissolves": ("stop_dissolving", {}, "does not dissolve"),
    "money that is bound": ("disburse", {"amount": 1}, "has not dissolved"),
    "nothing staked": ("start_dissolving", {}, "has no neuron"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_rule_does_not_allow_is_refused_and_changes_nothing(what):
    name, arguments, said = REFUSED[what]
    empty = "stake" in what and "nothing" not in what
    opening = {STAKED: 0} if empty or "nothing staked" in what else {}
    for play in both(assembly(use("neurons", "neurons", classes=({"delay": 100},)), opening=opening)):
        before = play.world
        with pytest.raises(RunError, match=said):
            act(play, name, **arguments)
        assert play.world is before


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["stake", "raise", "start", "stop", "disburse", "wait"]), st.integers(0, 30)), max_size=25))
def test_whatever_an_owner_tries_it_waits_at_least_the_delay_it_chose_last_but_a_call(acts):
    play = Play(assembly(use("neurons", "neurons"), opening={STAKED: 0}))
    bound_until = -1.0
    for act_, x in acts:
        memory = play.world.memory["neurons"]
        try:
            if act_ == "wait":
                play.steps(x % 7)
            elif act_ == "stake":
                act(play, "stake", amount=10 + x)
            elif act_ == "raise":
                act(play, "raise_delay", delay=x)
            elif act_ in ("start", "stop"):
                act(play, f"{act_}_dissolving" if act_ == "start" else "stop_dissolving")
            else:
                act(play, "disburse", amount=play[STAKED][0])
                assert play.t >= bound_until
        except RunError:
            continue
        memory = play.world.memory["neurons"]
        left = float(memory["delay"][0, 0])
        assert left >= 0
        bound_until = play.t + left
        assert play[LIQUID][0] + play[STAKED][0] == pytest.approx(1000)
        if float(memory["dissolving"][0, 0]):
            assert float(memory["age"][0, 0]) == 0


def test_a_top_up_makes_a_neuron_younger_in_proportion_and_dissolving_makes_it_new():
    for play in both(neurons([{"delay": 2922, "age": 100}])):
        play.steps(1)
        act(play, "stake", amount=1000).steps(1)
        assert play.world.memory["neurons"]["age"][0, 0] == pytest.approx(101 / 2 + 1)
        assert play.world.memory["neurons"]["age"][1, 0] == pytest.approx(102)
        act(play, "start_dissolving").steps(1)
        act(play, "stop_dissolving").steps(3)
        assert play.world.memory["neurons"]["age"][0, 0] == pytest.approx(3)
        assert play.world.memory["neurons"]["delay"][0, 0] == pytest.approx(2921)


def test_a_new_limit_cuts_delays_and_gives_those_of_eight_years_a_tenth_of_their_stake():
    """Mission 70: old neurons are clamped to 2 years, the eight-year gang votes with 10 % more."""
    rules = {
        "delay_bonus": ({"value": 1}, {"day": 10, "value": 2}),
        "delay_full": ({"value": 2922}, {"day": 10, "value": "730.5"}),
        "delay_exponent": ({"value": 1}, {"day": 10, "value": 2}),
    }
    e = neurons([{"delay": 2922}, {"delay": 2900}, {"delay": "730.5"}, {"delay": 365}], age_bonus=0, gang_bonus="0.1", delays="delays", **rules)
    for play in both(e):
        play.steps(10)
        assert play.signal("power") == pytest.approx([2000, 1000 * (1 + 2900 / 2922), 1250, 1000 * (1 + 365 / 2922)])
        play.steps(1)
        assert play.signal("delays") == pytest.approx([730.5, 730.5, 730.5, 365])
        assert [power(play, i) for i in range(4)] == pytest.approx([3300, 3000, 3000, 1000 * (1 + 2 * (365 / 730.5) ** 2)])
        assert [power(play.steps(5), i) for i in range(2)] == pytest.approx([3300, 3000]), "the bonus is given once"


def test_the_bonus_of_the_gang_leaves_with_the_stake():
    rules = {"delay_full": ({"value": 2922}, {"day": 1, "value": 5}), "vote_delay": ({"value": 0},), "age_bonus": 0, "delay_bonus": ({"value": 0},)}
    play = Play(neurons([{"delay": 2922}], gang_bonus="0.1", **rules)).steps(2)
    assert power(play) == pytest.approx(1100)
    act(play, "start_dissolving").steps(5)
    act(play, "disburse", amount=500).steps(1)
    assert power(play) == pytest.approx(550)


def test_staked_maturity_weighs_like_stake():
    e = assembly(
        use("neurons", "neurons", classes=({"delay": 2922},), staked_maturity="staked_maturity/MATURITY", age_bonus=0, par=D("0.5")), opening={KEPT: 4 * 100}
    )
    for play in both(e):
        assert power(play.steps(1)) == pytest.approx(2 * (1000 + 50))


def test_silence_costs_nothing_for_half_a_year_and_all_within_a_month_and_a_vote_or_a_word_brings_it_back():
    for play in both(neurons(voted=("voted",), potential="potential", every=1, idle=10, fade=5, age_bonus=0)):
        assert [power(play.steps(1)) for _ in range(17)] == pytest.approx([2000] * 10 + [1600, 1200, 800, 400, 0, 0, 0], abs=1e-6)
        assert play.signal("potential") == pytest.approx([2000] * 4)
        act(play, "confirm")
        assert [power(play.steps(1), i) for i in (0, 1)] == pytest.approx([2000, 0])


def test_who_votes_never_fades():
    e = assembly(use("neurons", "neurons", classes=({"delay": 2922},), voted=("voted",), idle=2, fade=2, age_bonus=0), signals={"voted": [1, 0, 1, 0]})
    play = Play(e).steps(30)
    assert play.signal("power") == pytest.approx([2000, 0, 2000, 0])


def test_called_once_a_week_it_counts_the_same_days():
    classes = [{"delay": 700, "dissolving": True}, {"delay": 700, "age": 5}, {"delay": 700}, {"delay": 90, "dissolving": True}]
    daily, weekly = (Play(neurons(classes, every=every, delays="delays")).steps(70) for every in (1, 7))
    assert daily.signal("delays") == pytest.approx(weekly.signal("delays"))
    assert daily.signal("power") == pytest.approx(weekly.signal("power"))


def test_owners_lock_leave_and_sell_at_the_rates_of_their_class_and_answer_to_yields():
    owners = ({"enter": "0.1", "leave": "0.2", "sell": "0.5", "disburse": "0.03"},)
    e = assembly(use("owners", "neuron_owners", owners=owners), opening={MARKET: 100_000})
    play = Play(e).steps(1)
    assert play[LIQUID] == pytest.approx([500] * 4)
    assert play[STAKED] == pytest.approx([1000 * (1 - 0.2 / 365) + 100_000 * 0.1 / 365] * 4)
    assert play.signal("disbursing") == pytest.approx([0.03] * 4)
    told = {"owners": owners, "yields": "yields", "usual": "0.1", "response": 1}
    rich = Play(assembly(use("owners", "neuron_owners", **told), opening={MARKET: 100_000}, signals={"yields": [0, "0.1", "0.15", 9]})).steps(1)
    assert rich[STAKED] == pytest.approx([1000 * (1 - 0.2 * out / 365) + 100_000 * 0.1 * into / 365 for into, out in ((0, 2), (1, 1), (1.5, 0.5), (2, 0))])


def test_people_are_not_called_live_and_rules_are():
    assert find("neuron_owners").behaviour
    assert not find("neurons").behaviour
