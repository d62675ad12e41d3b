"""Subscriptions: who stays is what churn makes of it, who pays is in good standing, and beside a stake one sees what a lock is worth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError

from .estate import estate, stages
from .network import use

SIGNALS = {
    "subscribers": ("1", 0),
    "kept": ("1", 1),
    "joining": ("1/day", 0),
    "mood": ("1", 1),
    "member": ("1", 0, "wallets"),
    "yield": ("1", "0.4"),
    "staking_ratio": ("1", "0.5"),
    "loyal": ("1", 1),
}


def plan(*more, every=1, offset=0, opening=None, **params):
    given_ = {"fee": 10, "churn": ("0.1",), "payee": "pool/USD", "retention": "kept", "window": 3, **params}
    opening = {"wallets/USD": 100} if opening is None else opening
    return estate(use("plan", "subscription", every, offset, **given_), *more, kinds={"unbonding": 0}, signals=SIGNALS, opening=opening)


@settings(max_examples=25, deadline=None)
@given(churn=st.lists(st.sampled_from(["0", "0.05", "0.2", "0.5", "1"]), min_size=1, max_size=6), founding=st.integers(1, 1000), window=st.integers(1, 5))
def test_those_who_are_left_are_the_product_of_those_who_stayed(churn, founding, window):
    for play in stages(plan(churn=tuple(churn), founding=founding, window=window)):
        left, seen = float(founding), []
        for n in range(8):
            seen.append(left)
            play.steps(1)
            assert play.one("subscribers") == pytest.approx(left)
            if n >= window and seen[n - window]:
                assert play.one("kept") == pytest.approx(left / seen[n - window])
            left *= 1 - float(churn[min(n, len(churn) - 1)])
        assert play.row("pool/USD") == pytest.approx([10 * sum(seen)])


def test_newcomers_are_no_part_of_retention_and_a_steady_stream_settles_where_as_many_leave_as_come():
    for play in stages(plan(joining="joining", churn=("0.25",))):
        play.set("joining", 5).steps(60)
        assert play.one("subscribers") == pytest.approx(5 / 0.25)
        assert play.one("kept") == pytest.approx(0.75**3)


def test_dissatisfied_people_leave_sooner_and_never_more_than_all():
    for play in stages(plan(satisfaction="mood", sensitivity=2, founding=100)):
        play.steps(1)
        assert play.set("mood", "0.5").steps(1).one("subscribers") == pytest.approx(100 * 0.6)
        assert play.set("mood", "0.1").steps(1).one("subscribers") == 0
        assert play.set("mood", 0).steps(1).one("subscribers") == 0
    for play in stages(plan(satisfaction="mood", founding=100)):
        assert play.steps(1).set("mood", 2).steps(1).one("subscribers") == pytest.approx(95)


@pytest.mark.parametrize(("wait", "share"), [(0, 1), (1, 2 / 3), (2, 1 / 3), (3, 1)])
def test_an_owner_pays_for_the_rest_of_the_period_then_for_each_and_is_out_when_it_cannot(wait, share):
    """Periods of three steps, 25 dollars: a period of 10 is charged at steps 2, 5, 8 ..."""
    for play in stages(plan(every=3, offset=2, wallets="wallets/USD", member="member")):
        play.steps(wait)
        play.event("plan", "subscribe", {"customer": 1})
        paid = 10 * share
        assert play.row("wallets/USD") == pytest.approx([25, 25 - paid, 25, 25])
        assert play.signal("member") == [0, 1, 0, 0]
        with pytest.raises(RunError, match=r"MT312 subscription\.subscribe"):
            play.event("plan", "subscribe", {"customer": 1})
        play.steps(12)
        times = int((25 - paid) // 10)
        assert play.row("wallets/USD")[1] == pytest.approx(25 - paid - 10 * times)
        assert play.signal("member") == [0, 0, 0, 0]
        assert play.one("subscribers") == 0


def test_who_cancels_pays_no_more():
    for play in stages(plan(wallets="wallets/USD", member="member")):
        with pytest.raises(RunError, match=r"MT312 subscription\.cancel"):
            play.event("plan", "cancel", {"customer": 0})
        play.event("plan", "subscribe", {"customer": 0})
        assert play.steps(1).one("subscribers") == 1
        play.event("plan", "cancel", {"customer": 0})
        assert play.steps(2).row("wallets/USD") == [5, 25, 25, 25]
        assert play.signal("member") == [0] * 4


def test_nobody_is_a_member_for_nothing_by_cancelling_before_each_call():
    for play in stages(plan(wallets="wallets/USD", member="member")):
        play.event("plan", "subscribe", {"customer": 0})
        assert play.signal("member") == [1, 0, 0, 0]
        play.event("plan", "cancel", {"customer": 0})
        assert play.row("wallets/USD") == [15, 25, 25, 25]


def test_owners_and_modelled_people_are_counted_together():
    for play in stages(plan(wallets="wallets/USD", founding=3, churn=("0",), window=2, opening={"wallets/USD": 400})):
        play.event("plan", "subscribe", {"customer": 0})
        play.steps(2)
        play.event("plan", "subscribe", {"customer": 1})
        assert play.steps(1).one("subscribers") == 5
        assert play.one("kept") == pytest.approx(1)
        play.event("plan", "cancel", {"customer": 0})
        assert play.steps(1).one("kept") == pytest.approx(3 / 4)


def test_after_the_same_bad_news_stakers_stay_longer_than_subscribers():
    """Retention side by side: the service gets worse and the reward of staking falls at the same time. Subscribers leave by the period; stakers ask to leave as
    soon, but their tokens are free only when unbonding is over, so they hold the token for as long."""
    stays = {"slots": 6, "reward": "yield", "retention": "loyal", "window": 3, "speed": "0.3", "width": "0.05"}
    e = plan(
        use("choice", "staking_choice", **stays),
        use("stakes", "staking", slots=6),
        satisfaction="mood",
        sensitivity=2,
        founding=1000,
        opening={"staked/TOK": 1000, "holders/TOK": 1000},
    )
    for play in stages(e):
        play.steps(6).set("mood", "0.4").set("yield", 0)
        free = sum(play.row("holders/TOK"))
        play.steps(4)
        assert play.one("kept") < 0.15
        assert play.one("loyal") < 0.5
        assert sum(play.row("holders/TOK")) == pytest.approx(free, rel=0.02)  # none of those who left has a token back yet
        play.steps(8)
        assert sum(play.row("holders/TOK")) > 1.5 * free


@pytest.mark.parametrize("churn", [(), ("1.1",), ("-0.1",)])
def test_chances_are_from_0_to_1(churn):
    assert "plan.churn" in [f.where for f in plan(churn=churn).check()]
