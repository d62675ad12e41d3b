"""Voting rewards are a share of supply that falls as ICP's; maturity becomes tokens a week later, no sooner, and by the price's course."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.errors import RunError

from .assembly import FREE, KEPT, LIQUID, MARKET, MATURING, STAKED, assembly
from .network import D, use
from .village import Play, both

GENESIS_TO_2026 = 1697  # days from 2021-05-10 to 2026-01-01
SUPPLY = 10_000


def rewards(*, every=1, signals=None, owners=4, **params):
    told = {"rate": "rate", "yields": "yields", **params}
    opening = {LIQUID: 0, STAKED: 4000, MARKET: SUPPLY - 4000}
    return assembly(use("rewards", "voting_rewards", every, every - 1, **told), opening=opening, owners=owners, signals={"power": 1000, **(signals or {})})


def rate(age, **params):
    return Play(rewards(age=age, **params)).steps(1).signal("rate")[0]


@pytest.mark.parametrize(
    ("age", "published", "within"),
    [(0, 0.10, 1e-12), (8 * 365.25, 0.05, 1e-12), (3000, 0.05, 1e-12), (9999, 0.05, 1e-12), (GENESIS_TO_2026, 0.0588, 5e-5), (GENESIS_TO_2026, 0.05879, 5e-6)],
)
def test_the_rate_is_that_of_icp(age, published, within):
    """C1: 10 % at genesis, 5 % at 8 years and after. C2: 5.88 % on 2026-01-01."""
    assert rate(str(age)) == pytest.approx(published, abs=within)


def test_mission_70_cuts_the_pool_from_its_day_on():
    factor = ({"value": 1}, {"day": 112, "value": "0.6329"})
    play = Play(rewards(age=GENESIS_TO_2026, factor=factor))
    assert play.steps(112).signal("rate")[0] == pytest.approx(rate(GENESIS_TO_2026 + 111))
    cut = play.steps(1).signal("rate")[0]
    assert cut == pytest.approx(0.6329 * rate(GENESIS_TO_2026 + 112))
    assert 1 - cut / 0.0588 == pytest.approx(0.41, abs=0.03)  # about 41 % less than in January, of which the rate itself falls a part


@settings(max_examples=25, deadline=None)
@given(a=st.integers(0, 4000), b=st.integers(0, 4000))
def test_the_rate_never_rises_with_age_and_stays_between_its_ends(a, b):
    young, old = (rate(x) for x in sorted((a, b)))
    assert 0.05 - 1e-12 <= old <= young <= 0.10 + 1e-12


def test_a_day_pays_its_share_of_supply_as_maturity_and_no_token():
    for play in both(rewards()):
        play.steps(1)
        assert sum(play[FREE]) == pytest.approx(SUPPLY * 0.1 / 365.25)
        assert sum(play[STAKED]) + play[MARKET][0] == SUPPLY
        assert play.signal("yields") == pytest.approx([0.1 * SUPPLY / 4000] * 4)


@settings(max_examples=25, deadline=None)
@given(power=st.lists(st.integers(0, 5), min_size=4, max_size=4), voted=st.lists(st.sampled_from([0, 0.25, 1]), min_size=4, max_size=4))
def test_rewards_are_by_power_and_votes_and_what_the_absent_would_have_earned_is_nobodys(power, voted):
    play = Play(rewards(voted=("voted",), potential="potential", signals={"power": power, "voted": voted, "potential": 5})).steps(1)
    pool = SUPPLY * 0.1 / 365.25
    assert play[FREE] == pytest.approx([pool * w * v / 20 for w, v in zip(power, voted, strict=True)])
    assert sum(play[FREE]) <= pool + 1e-9


def test_what_nobody_voted_for_rolls_over_whole():
    for play in both(rewards(voted=("voted",))):
        play.steps(3)
        assert play[FREE] == [0] * 4
        play.world.signals["voted"] = play.column([1, 1, 1, 1])
        play.steps(1)
        expected = sum(SUPPLY * (0.05 + 0.05 * ((2922 - t) / 2922) ** 2) / 365.25 for t in range(4))
        assert sum(play[FREE]) == pytest.approx(expected)
        play.steps(1)
        assert sum(play[FREE]) - expected == pytest.approx(expected / 4, rel=1e-2)


def test_a_governed_level_scales_the_pool():
    whole, half = (sum(Play(rewards(level="level", signals={"level": x})).steps(1)[FREE]) for x in (1, D("0.5")))
    assert half == pytest.approx(whole / 2)


# --- maturity --------------------------------------------------------------------------------------------------------


def maturity(every=1, opening=None, signals=None, **params):
    return assembly(use("maturity", "maturity", every, every - 1, **params), opening={FREE: 400, **(opening or {})}, signals=signals)


def ask(play, amount, row=0):
    play.event("maturity", "disburse_maturity", {"owner": row}, amount=amount)
    return play


@pytest.mark.parametrize(("every", "slots"), [(1, 8), (1, 2), (7, 2), (3, 4)])
@pytest.mark.parametrize("begin", range(4))
def test_maturity_becomes_tokens_after_the_ring_less_one_call_at_least_and_the_ring_at_most(every, slots, begin):
    for play in both(maturity(every, slots=slots)):
        ask(play.steps(begin), 60)
        assert play[FREE][0] == 40
        waited = 0
        while play[LIQUID][0] == 1000:
            assert play[MATURING][0] == 60
            play.steps(1)
            waited += 1
        assert (slots - 1) * every < waited <= slots * every
        assert (play[LIQUID][0], play[MATURING][0]) == (1060, 0)


def test_on_icp_it_waits_seven_days_and_is_modulated_as_it_ends():
    for play in both(maturity(modulation="modulation", signals={"modulation": D("0.05")})):
        ask(play, 100).steps(7)
        assert play[LIQUID][0] == 1000
        play.world.signals["modulation"] = play.column(["-0.05"])
        assert play.steps(1)[LIQUID][0] == pytest.approx(1095)
        assert play.total("TOK") == pytest.approx(0, abs=1e-9)


def test_a_modulation_below_minus_one_takes_all_and_no_more():
    for play in both(maturity(slots=2, modulation="modulation", signals={"modulation": D("-1.5")})):
        assert ask(play, 100).steps(3)[LIQUID][0] == 1000
        assert play[MATURING][0] == 0


@settings(max_examples=20, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(["ask", "stake", "wait"]), st.integers(0, 3), st.integers(1, 60)), max_size=25))
def test_no_maturity_is_lost_and_none_is_paid_twice(acts):
    for play in both(maturity(staked="staked_maturity/MATURITY", par=2)):
        for act, row, x in acts:
            if act == "wait":
                play.steps(x % 5)
            elif x > play[FREE][row]:
                with pytest.raises(RunError, match="MT302"):
                    ask(play, x, row)
            elif act == "ask":
                ask(play, x, row)
            else:
                play.event("maturity", "stake_maturity", {"owner": row}, amount=x)
        for i in range(4):
            assert play[FREE][i] + play[KEPT][i] + play[MATURING][i] + (play[LIQUID][i] - 1000) / 2 == pytest.approx(100)


def test_too_little_is_refused_and_an_owner_can_ask_for_its_own_only():
    play = Play(maturity())
    with pytest.raises(RunError, match="too little"):
        ask(play, 0.5)
    with pytest.raises(RunError, match="MT302"):
        ask(play, 101)


def test_staked_maturity_is_free_again_once_the_neuron_has_dissolved_and_not_before():
    for play in both(maturity(staked="staked_maturity/MATURITY", delays="delays", opening={KEPT: 40}, signals={"delays": [0, 1, 5, 0]})):
        play.steps(1)
        assert play[KEPT] == [0, 10, 10, 0]
        assert play[FREE] == [110, 100, 100, 110]


def test_a_simulated_owner_asks_for_its_share_a_day():
    play = Play(maturity(7, disbursing="disbursing", slots=2, signals={"disbursing": ["0.01", "0.02", 0, "0.5"]})).steps(7)
    assert play[FREE] == pytest.approx([93, 86, 100, 0])


# --- modulation ------------------------------------------------------------------------------------------------------

PRICED = """
[network]
name = "priced"
token = "TOK"
step = "1 day"
horizon = "500 days"
[assets.TOK]
[assets.USD]
form = "fiat"
[accounts.market]
holds = ["TOK"]
opening = {{ TOK = 1 }}
[signals]
price = {{ unit = "USD/TOK", start = 1 }}
mean = {{ unit = "USD/TOK", start = 1 }}
long = {{ unit = "USD/TOK", start = 1 }}
m = {{ unit = "1", start = 0 }}
[[process]]
use = "history"
name = "price"
signal = "price"
values = [{values}]
[[mechanism]]
use = "moving_average"
name = "mean"
signal = "price"
mean = "mean"
calls = {calls}
[[mechanism]]
use = "moving_average"
name = "long"
signal = "price"
mean = "long"
calls = {long}
[[mechanism]]
use = "maturity_modulation"
name = "m"
modulation = "m"
{rule}
"""
WEEKLY = 'recent = "mean"'
REFERENCE = 'rule = "reference"\nrecent = "mean"\nreference = "long"\nlow = -0.1\nhigh = 0.02'


def course(values, calls, rule, long=365):
    spec = mt.loads(PRICED.format(values=", ".join(map(str, values)), calls=calls, long=long, rule=rule))
    assert [str(f) for f in spec.economy().check()] == []
    run = mt.simulate(spec, 1, len(values), save=mt.Save(every=1, vars=("m", "mean"), paths=True))
    return [np.asarray(run[n])[1:, 0] for n in ("m", "mean")]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.5, 2).map(lambda x: round(x, 6)), min_size=1, max_size=80), st.integers(1, 40))
def test_a_moving_average_is_the_mean_of_its_window(values, calls):
    _, mean = course(values, calls, WEEKLY)
    assert mean == pytest.approx([np.mean(values[max(0, i + 1 - calls) : i + 1]) for i in range(len(values))])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.8, 1.25).map(lambda x: round(x, 6)), min_size=29, max_size=90))
def test_the_older_modulation_is_the_mean_of_four_capped_weeks(values):
    prices = np.round(np.cumprod(values), 6).clip(0.01, 100)
    m, mean = course(prices, 30, WEEKLY)
    t = len(prices) - 1
    weeks = [np.clip(mean[t - 7 * k] / mean[t - 7 * (k + 1)] - 1, -0.05, 0.05) for k in range(4)]
    assert m[t] == pytest.approx(np.mean(weeks))
    assert np.abs(m).max() <= 0.05 + 1e-12


def test_a_steady_price_modulates_nothing_and_a_steady_rise_reaches_the_bound():
    assert course([3] * 60, 30, WEEKLY)[0] == pytest.approx([0] * 60)
    rise = course([round(1.05**i, 6) for i in range(120)], 30, WEEKLY)[0]
    assert rise[-1] == pytest.approx(0.05)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.9, 1.1).map(lambda x: round(x, 6)), min_size=2, max_size=90))
def test_the_newer_modulation_moves_a_third_of_a_per_cent_a_day_at_most_and_stays_in_its_bounds(values):
    m, _ = course(np.round(np.cumprod(values), 6).clip(0.01, 100), 7, REFERENCE)
    assert np.abs(np.diff([0, *m])).max() <= 0.003 + 1e-12
    assert m.min() >= -0.1 - 1e-12
    assert m.max() <= 0.02 + 1e-12


def test_a_price_a_tenth_below_its_year_ends_at_two_and_a_half_per_cent_less():
    m, _ = course([1] * 365 + [0.9] * 12, 7, REFERENCE, long=4096)
    assert m[-1] == pytest.approx(0.25 * (0.9 / ((365 + 12 * 0.9) / 377) - 1))
    assert course([1] * 100 + [0.1] * 60, 7, REFERENCE, long=4096)[0].min() == pytest.approx(-0.1)


@pytest.mark.parametrize("wrong", [{"rule": "reference"}, {"reference": "mean"}])
def test_a_reference_is_named_when_it_counts_and_only_then(wrong):
    text = PRICED.format(values="1", calls=3, long=9, rule=WEEKLY + "".join(f'\n{k} = "{v}"' for k, v in wrong.items()))
    with pytest.raises(mt.MintageError, match=r"MT202 .* m\.reference"):
        mt.loads(text)
