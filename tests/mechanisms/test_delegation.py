"""Delegation: a share is its part of the pool whatever came before, rewards are cut first, and nobody gains by the order or the size of what is done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError
from mintage.mechanisms import find

from .estate import estate, stages
from .network import use

VALIDATORS = 3
SIGNALS = {"score": ("1", (1, 1, 1), "delegated"), "worth": ("TOK/LP", 1, "delegated")}


def backing(*more, kinds=None, **params):
    given_ = {"shares": "backing/LP", "slots": VALIDATORS, "ring": 3, "budget": ({"value": 0},), "price": "worth", "take": "0.1", **params}
    around = {"backing": 0, "unbonding": 0, "delegated": VALIDATORS, "validators": VALIDATORS, **(kinds or {})}
    opening = {"holders/TOK": 4000, "pool/TOK": 10_000}
    return estate(use("backing", "delegation", **given_), *more, kinds=around, signals=SIGNALS, opening=opening)


def claims(play):
    """What each delegator's shares are worth, by validator."""
    shares, pools = play.lots("backing/LP"), play.row("delegated/TOK")
    return [[s * pool / sum(lot) if sum(lot) else 0 for s in lot] for lot, pool in zip(shares, pools, strict=True)]


def back(play, row, validator, amount):
    play.event("backing", "delegate", {"delegator": row, "validator": validator}, amount=amount)


@settings(max_examples=20, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["delegate", "undelegate", "redelegate", "reward"]), st.integers(0, 3), st.integers(0, 2), st.integers(1, 300)), max_size=14
    )
)
def test_what_others_do_never_changes_what_a_delegators_shares_are_worth(acts):
    for play in stages(backing(budget=({"value": 12},))):
        for act, row, v, amount in acts:
            before, has = claims(play), play.lots("backing/LP")[v][row]
            if act == "reward":
                play.steps(1)
                after = claims(play)
                assert all(b <= a + 1e-6 for was, now in zip(before, after, strict=True) for b, a in zip(was, now, strict=True))
                continue
            given_ = amount if act == "delegate" else has * min(1, amount / 200)
            if act == "delegate" and play.row("holders/TOK")[row] < amount:
                continue
            roles = {"delegator": row, "validator": v} | ({"target": (v + 1) % VALIDATORS} if act == "redelegate" else {})
            play.event("backing", act, roles, amount=f"{given_:.12f}")
            after = claims(play)
            for i in range(VALIDATORS):
                for r in range(4):
                    if r != row:
                        assert after[i][r] == pytest.approx(before[i][r], rel=1e-9, abs=2e-6)
            assert sum(map(sum, after)) <= sum(play.row("delegated/TOK")) + 1e-6


def test_the_take_is_cut_first_and_delegators_share_the_rest_by_what_they_have():
    for play in stages(backing(budget=({"value": 90},), take="0.18")):
        back(play, 0, 0, 300)
        back(play, 1, 0, 100)
        back(play, 2, 1, 200)
        play.steps(1)
        assert play.row("validators/TOK") == pytest.approx([60 * 0.18, 30 * 0.18, 0])
        assert claims(play)[0][:2] == pytest.approx([300 + 45 * 0.82, 100 + 15 * 0.82])
        assert claims(play)[1][2] == pytest.approx(200 + 30 * 0.82)
        assert play.signal("worth") == pytest.approx([1 + 60 * 0.82 / 400, 1 + 30 * 0.82 / 200, 1])


def test_who_comes_later_has_no_part_of_earlier_rewards():
    for play in stages(backing(budget=({"day": 0, "value": 100}, {"day": 1, "value": 0}), take=0)):
        back(play, 0, 0, 100)
        play.steps(1)
        back(play, 1, 0, 200)
        assert claims(play)[0] == pytest.approx([200, 200, 0, 0])
        play.event("backing", "undelegate", {"delegator": 0, "validator": 0}, amount=100)
        play.steps(3)
        assert play.row("holders/TOK")[0] == pytest.approx(1100)
        assert claims(play)[0] == pytest.approx([0, 200, 0, 0], abs=1e-6)


def test_a_score_weighs_the_stake_of_a_validator():
    for play in stages(backing(budget=({"value": 90},), take=0, score="score")):
        for v in range(3):
            back(play, v, v, 100)
        play.set("score", 1, 0, 2).steps(1)
        assert play.row("delegated/TOK") == pytest.approx([130, 100, 160])


def test_undelegated_tokens_wait_for_unbonding_and_redelegated_ones_do_not():
    for play in stages(backing()):
        back(play, 0, 0, 300)
        play.event("backing", "redelegate", {"delegator": 0, "validator": 0, "target": 2}, amount=100)
        assert play.row("delegated/TOK") == pytest.approx([200, 0, 100])
        play.event("backing", "undelegate", {"delegator": 0, "validator": 2}, amount=100)
        assert [play.steps(1).row("holders/TOK")[0] for _ in range(3)] == pytest.approx([700, 700, 800])
        with pytest.raises(RunError, match="MT312"):
            play.event("backing", "redelegate", {"delegator": 0, "validator": 0, "target": 0}, amount=1)


def test_slashing_a_validator_touches_one_number_and_each_delegator_in_proportion():
    slashes = use("slashes", "slashing", staked="delegated/TOK", window=2, ruling=2)
    for play in stages(backing(slashes, kinds={"accused": VALIDATORS, "appealed": VALIDATORS})):
        back(play, 0, 0, 300)
        back(play, 1, 0, 100)
        play.event("slashes", "accuse", {"staker": 0}, share="0.25")
        assert claims(play)[0] == pytest.approx([225, 75, 0, 0])
        play.event("slashes", "appeal", {"staker": 0})
        play.event("slashes", "overturn", {"staker": 0})
        assert claims(play)[0] == pytest.approx([300, 100, 0, 0])


def test_nobody_buys_a_part_of_what_an_appeal_brings_back():
    slashes = use("slashes", "slashing", staked="delegated/TOK", window=2, ruling=2)
    kinds = {"accused": VALIDATORS, "appealed": VALIDATORS}
    for play in stages(backing(slashes, kinds=kinds, accused="accused/TOK", appealed="appealed/TOK")):
        back(play, 0, 0, 100)
        back(play, 1, 1, 90)
        play.event("slashes", "accuse", {"staker": 0}, share="0.9")
        for act in ("accuse", "appeal"):
            if act == "appeal":
                play.event("slashes", "appeal", {"staker": 0})
            with pytest.raises(RunError, match="may come back"):
                back(play, 1, 0, 90)
            with pytest.raises(RunError, match="may come back"):
                play.event("backing", "redelegate", {"delegator": 1, "validator": 1, "target": 0}, amount=90)
        play.event("slashes", "overturn", {"staker": 0})
        back(play, 1, 0, 90)
        assert claims(play)[0][:2] == pytest.approx([100, 90])


def test_nobody_enters_a_pool_that_was_slashed_to_nothing():
    slashes = use("slashes", "slashing", staked="delegated/TOK", window=2, ruling=2)
    for play in stages(backing(slashes, kinds={"accused": VALIDATORS, "appealed": VALIDATORS})):
        back(play, 0, 1, 300)
        play.event("slashes", "accuse", {"staker": 1}, share=1)
        with pytest.raises(RunError, match=r"MT312 delegation"):
            back(play, 1, 1, 10)
        play.event("backing", "undelegate", {"delegator": 0, "validator": 1}, amount=300)
        back(play, 1, 1, 10)
        assert claims(play)[1] == pytest.approx([0, 10, 0, 0])


def test_a_validator_sets_its_take_up_to_the_most():
    assert find("delegation").events["set_take"].authority == "owner"
    for play in stages(backing(budget=({"value": 100},))):
        back(play, 0, 0, 100)
        play.event("backing", "set_take", {"validator": 0}, take="0.05")
        assert play.steps(1).row("validators/TOK")[0] == pytest.approx(5)
        with pytest.raises(RunError, match="MT312"):
            play.event("backing", "set_take", {"validator": 0}, take="0.19")


def test_stake_that_is_there_from_the_start_is_backed_by_all_alike():
    for play in stages(backing(founding=1200)):
        assert play.row("delegated/TOK") == pytest.approx([400] * 3)
        assert play.lots("backing/LP") == [pytest.approx([100] * 4)] * 3


@pytest.mark.parametrize("wrong", [{"slots": 2}, {"take": "0.2"}, {"shares": "backing/TOK"}])
def test_what_does_not_fit_is_said(wrong):
    assert "MT202" in {f.code for f in backing(**wrong).check()}
