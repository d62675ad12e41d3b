"""Staking: what is locked comes back whole and no sooner than unbonding takes, whatever the ring does; slashing takes its share and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import use
from .village import HOLDERS, STAKED, TREASURY, UNBONDING, both, village


def stakes(every=1, offset=0, **params):
    return village(use("stakes", "staking", every=every, offset=offset, **params))


def sums(play):
    return [a + b + c for a, b, c in zip(play[HOLDERS], play[STAKED], play[UNBONDING], strict=True)]


@settings(max_examples=25, deadline=None)
@given(
    every=st.integers(1, 4),
    slots=st.integers(2, 5),
    acts=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["stake", "unstake", "wait"]), st.integers(0, 700)), max_size=25),
)
def test_every_token_stays_its_owners_through_any_number_of_turns(every, slots, acts):
    for play in both(stakes(every, every - 1, slots=slots)):
        for row, act, amount in acts:
            if act == "wait":
                play.steps(amount % 5)
            elif amount <= (play[HOLDERS] if act == "stake" else play[STAKED])[row]:
                play.event("stakes", act, {"staker": row}, amount=amount)
            else:
                with pytest.raises(RunError, match="MT302"):
                    play.event("stakes", act, {"staker": row}, amount=amount)
            assert sums(play) == [1000.0] * 4
        play.steps(every * slots)
        assert play[UNBONDING] == [0] * 4
        assert sums(play) == [1000.0] * 4


@pytest.mark.parametrize("slots", [2, 3, 7])
@pytest.mark.parametrize(("every", "offset"), [(1, 0), (3, 2), (7, 6), (5, 0)])
@pytest.mark.parametrize("begin", range(8))
def test_unbonding_takes_the_ring_less_one_call_at_least_and_the_whole_ring_at_most(every, offset, slots, begin):
    for play in both(stakes(every, offset, slots=slots)):
        play.event("stakes", "stake", {"staker": 1}, amount=500)
        play.steps(begin)
        play.event("stakes", "unstake", {"staker": 1}, amount=200)
        waited = 0
        while play[UNBONDING][1]:
            assert play[UNBONDING][1] == 200
            play.steps(1)
            waited += 1
        assert (slots - 1) * every < waited <= slots * every
        assert play[HOLDERS][1] == 700


def test_lots_of_different_days_come_back_apart():
    for play in both(stakes(slots=4)):
        play.event("stakes", "stake", {"staker": [0, 1]}, amount=[600, 600])
        seen = []
        for day in range(8):
            if day < 3:
                play.event("stakes", "unstake", {"staker": [0, 1]}, amount=[10 * (day + 1), 1])
            play.steps(1)
            seen.append(play[HOLDERS][0] - 400)
        assert seen == [0, 0, 0, 10, 30, 60, 60, 60]


@settings(max_examples=25, deadline=None)
@given(share=st.sampled_from(["0", "0.1", "0.5", "1"]), staked=st.integers(0, 1000), out=st.integers(0, 1000), reaches=st.booleans())
def test_slashing_takes_its_share_of_stake_and_of_what_is_on_its_way_out(share, staked, out, reaches):
    out = min(out, staked)
    for play in both(stakes(slots=3, slash_unbonding=reaches)):
        play.event("stakes", "stake", {"staker": 2}, amount=staked)
        play.event("stakes", "unstake", {"staker": 2}, amount=out)
        play.event("stakes", "slash", {"staker": 2}, share=share)
        left = 1 - float(share)
        assert play[STAKED][2] == pytest.approx((staked - out) * left)
        assert play[UNBONDING][2] == pytest.approx(out * (left if reaches else 1))
        assert play[HOLDERS][2] == 1000 - staked
        lost = 1000 - sums(play)[2]
        assert play[Account("burned", "TOK")] == [pytest.approx(lost)]
        assert sums(play)[:2] == [1000, 1000]


def test_slashed_tokens_may_go_to_a_treasury():
    for play in both(stakes(slots=3, slashed="treasury", treasury="treasury/TOK")):
        play.event("stakes", "stake", {"staker": [0, 1]}, amount=[100, 200])
        play.event("stakes", "slash", {"staker": [0, 1]}, share=["0.5", "0.25"])
        assert play[TREASURY] == [100]
        assert play[STAKED] == [50, 150, 0, 0]


def test_more_than_all_cannot_be_slashed_and_only_an_operator_slashes():
    assert find("staking").events["slash"].authority == "operator"
    assert {find("staking").events[n].authority for n in ("stake", "unstake")} == {"owner"}
    for play in both(stakes()):
        with pytest.raises(RunError, match=r"MT312 staking\.slash"):
            play.event("stakes", "slash", {"staker": 0}, share="1.01")


@pytest.mark.parametrize("wrong", [{"slashed": "treasury"}, {"treasury": "treasury/TOK"}])
def test_a_treasury_is_named_when_it_receives_and_only_then(wrong):
    assert ("MT202", "stakes.treasury") in [(f.code, f.where) for f in stakes(**wrong).check()]
