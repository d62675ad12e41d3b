"""Around stake: rewards by weight, a queue that lets out so much a call, first come first served, and the yield at which owners stake."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from mintage.arithmetic import NUMPY
from mintage.mechanisms.stakers import lock_discount

from .estate import estate, stages
from .network import use

QUEUE = {"queue": 0}


def rewards(**params):
    return estate(
        use("rewards", "stake_rewards", **{"budget": ({"value": 30},), "rate": "yield", **params}),
        signals={"yield": ("1", 0), "w": ("TOK", (1, 0, 3, 0), "staked")},
        opening={"staked/TOK": 400, "holders/TOK": 400, "pool/TOK": 100},
    )


def test_rewards_go_by_stake_or_by_the_weight_that_is_named_and_end_with_the_pool():
    for params, first in (({}, [7.5] * 4), ({"weights": ("w",)}, [7.5, 0, 22.5, 0])):
        for play in stages(rewards(**params)):
            play.steps(1)
            assert [x - 100 for x in play.row("holders/TOK")] == pytest.approx(first)
            assert play.one("yield") == pytest.approx(30 / 400 * 365)
            play.steps(9)
            assert sum(play.row("holders/TOK")) == pytest.approx(500)
            assert play.row("pool/TOK") == pytest.approx([0])


def test_rewards_paid_into_the_stake_compound():
    for play in stages(rewards(to="staked/TOK", budget=({"value": 4},))):
        assert sum(play.steps(2).row("staked/TOK")) == pytest.approx(408)


def test_nothing_is_paid_while_nothing_is_staked():
    e = estate(use("r", "stake_rewards", budget=({"value": 5},)), opening={"pool/TOK": 100})
    for play in stages(e):
        assert play.steps(3).row("pool/TOK") == [100]


def exits(slots=4, **params):
    return estate(use("exits", "exit_queue", slots=slots, **params), kinds=QUEUE, opening={"staked/TOK": 4000})


def test_a_stake_that_all_leave_is_empty_after_stake_over_limit_calls():
    """Section 7.5: time to empty = stake / limit."""
    for play in stages(exits(limit=250, share=0)):
        play.event("exits", "request_exit", {"staker": [0, 1, 2, 3]}, amount=[1000] * 4)
        out = [sum(play.steps(1).row("holders/TOK")) for _ in range(16)]
        assert out == pytest.approx([250 * (i + 1) for i in range(16)])
        assert sum(map(sum, play.lots("queue/TOK"))) == pytest.approx(0)


def test_who_asks_first_is_served_first_and_a_batch_shares():
    for play in stages(exits(limit=100, share=0)):
        play.event("exits", "request_exit", {"staker": [0, 1]}, amount=[150, 50])
        play.steps(1)
        assert play.row("holders/TOK") == pytest.approx([75, 25, 0, 0])
        play.event("exits", "request_exit", {"staker": 2}, amount=100)
        assert play.steps(1).row("holders/TOK") == pytest.approx([150, 50, 0, 0])
        assert play.steps(1).row("holders/TOK") == pytest.approx([150, 50, 100, 0])


@settings(max_examples=20, deadline=None)
@given(slots=st.integers(2, 5), limit=st.integers(10, 400), asks=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=14))
def test_no_call_lets_out_more_than_the_limit_whatever_is_asked_and_all_of_it_comes(slots, limit, asks):
    for play in stages(exits(slots, limit=limit, share=0)):
        asked, before = [0] * 4, 0
        for row, amount in asks:
            if amount <= play.row("staked/TOK")[row]:
                play.event("exits", "request_exit", {"staker": row}, amount=amount)
                asked[row] += amount
            waiting = sum(map(sum, play.lots("queue/TOK")))
            now = sum(play.steps(1).row("holders/TOK"))
            assert now - before == pytest.approx(min(limit, waiting))
            before = now
        play.steps(sum(asked) // limit + 1)
        assert play.row("holders/TOK") == pytest.approx(asked)


def test_the_limit_is_a_share_of_the_stake_where_that_is_more():
    for play in stages(exits(limit=10, share="0.05")):
        play.event("exits", "request_exit", {"staker": 0}, amount=1000)
        assert sum(play.steps(1).row("holders/TOK")) == pytest.approx(200)
    assert "exits.limit" in [f.where for f in exits(limit=0, share=0).check()]


def choice(every=1, **params):
    signals = {"yield": ("1", 0), "staking_ratio": ("1", 0), "hurdle": ("1", 0), "kept": ("1", 1)}
    named = {"leaving": "queue/TOK", "hurdle": "hurdle", "retention": "kept", **params}
    return estate(use("choice", "staking_choice", every, **named), kinds=QUEUE, signals=signals, opening={"holders/TOK": 2000, "staked/TOK": 2000})


@pytest.mark.parametrize(("sigma", "days", "discount"), [("0.3", 365, 0.06850), ("0.9", "182.5", 0.14086)])
def test_the_hurdle_holds_the_discount_of_a_lock(sigma, days, discount):
    """A38: Finnerty's average-strike put, 0.3 for a year 6.850 %, 0.9 for six months 14.086 %."""
    for play in stages(choice(opportunity=0, volatility=sigma, term=days, stay=365)):
        assert play.steps(1).one("hurdle") == pytest.approx(discount, abs=5e-6)


@settings(max_examples=30, deadline=None)
@given(s=st.floats(1e-8, 12))
def test_the_series_of_the_discount_are_the_closed_form(s):
    v2 = s + math.log(2 * (math.expm1(s) - s)) - 2 * math.log(math.expm1(s)) if s > 1e-3 else s / 3 - s * s / 18
    v = math.sqrt(v2)
    assert lock_discount(NUMPY, s) == pytest.approx(norm.cdf(v / 2) - norm.cdf(-v / 2), rel=1e-7)


def test_stake_follows_yield_over_the_hurdle_and_half_of_most_is_staked_at_it():
    for play in stages(choice(most="0.8", speed=1, width="0.01", opportunity="0.1", volatility="0.5")):
        ratios = []
        hurdle = play.steps(1).one("hurdle")
        for reward in (0, hurdle - 0.01, hurdle, hurdle + 0.01, 1):
            ratios.append(play.set("yield", reward).steps(1).one("staking_ratio"))
        # what leaves is in the queue and no more the owners' to stake: the ratio is that of stake and free tokens
        assert ratios == sorted(ratios)
        assert ratios[2] == pytest.approx(0.4, abs=1e-6)
        assert ratios[-1] == pytest.approx(0.8, abs=1e-6)


def test_retention_is_what_stayed_of_the_stake_a_window_ago():
    for play in stages(choice(most=1, speed="0.1", width="0.001", window=3)):
        seen = [play.set("yield", y).steps(1).one("kept") for y in (0, 0, 5, 5, 5, 5)]
        assert seen == pytest.approx([0.9, 0.81, 0.81, 0.9, 1, 1])
