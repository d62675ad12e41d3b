"""Soft staking: who leaves loses what has accrued and nothing else; right after a payout nothing binds, unless payouts take turns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError

from .estate import estate, stages
from .network import use

SIGNALS = {"fear": ("1", 0), "exits": ("1", 0)}


def soft(run=None, owners=4, **params):
    uses = [use("soft", "soft_staking", **{"budget": ({"value": 40},), "period": 10, **params})]
    if run is not None:
        uses.insert(0, use("run", "soft_run", **run))
    opening = {"staked/TOK": 1000 * owners, "pool/TOK": 100_000}
    return estate(*uses, owners=owners, kinds={"accrued": 0}, signals=SIGNALS, opening=opening)


def test_rewards_accrue_by_stake_and_are_paid_at_the_end_of_the_period():
    for play in stages(soft()):
        play.steps(9)
        assert play.row("accrued/TOK") == pytest.approx([90] * 4)
        assert play.row("holders/TOK") == [0] * 4
        play.steps(1)
        assert play.row("accrued/TOK") == [0] * 4
        assert play.row("holders/TOK") == pytest.approx([100] * 4)


@settings(max_examples=20, deadline=None)
@given(parts=st.lists(st.integers(1, 400), min_size=1, max_size=5), wait=st.integers(0, 9), burned=st.booleans())
def test_who_leaves_gets_its_stake_at_once_and_loses_as_large_a_part_of_what_accrued_in_however_many_pieces(parts, wait, burned):
    for play in stages(soft(forfeits="burn" if burned else "pool", period=100)):
        play.steps(wait)
        total = 0
        for amount in parts:
            if amount > play.row("staked/TOK")[0]:
                with pytest.raises(RunError, match=r"MT312 soft_staking\.leave"):
                    play.event("soft", "leave", {"staker": 0}, amount=amount)
                continue
            play.event("soft", "leave", {"staker": 0}, amount=amount)
            total += amount
        assert play.row("holders/TOK")[0] == total
        assert play.row("accrued/TOK")[0] == pytest.approx(10 * wait * (1 - total / 1000), abs=1e-6)
        lost = 10 * wait * total / 1000
        assert play.row("burned/TOK")[0] == pytest.approx(lost if burned else 0, abs=1e-6)


@pytest.mark.parametrize(("groups", "free"), [(1, [4, 0, 0, 0]), (2, [2, 0, 2, 0]), (4, [1, 1, 1, 1])])
def test_paid_in_turns_only_a_part_of_owners_has_nothing_to_lose_at_a_time(groups, free):
    """Period 4: how many of four owners have accrued nothing after each of four calls."""
    for play in stages(soft(period=4, groups=groups)):
        play.steps(7)
        seen = [sum(a == 0 for a in play.steps(1).row("accrued/TOK")) for _ in range(4)]
        assert sorted(seen, reverse=True) == sorted(free, reverse=True)


def test_groups_fit_the_period():
    assert ("MT202", "soft.groups") in [(f.code, f.where) for f in soft(period=3, groups=4).check()]


@settings(max_examples=25, deadline=None)
@given(wait=st.integers(0, 9), fear=st.sampled_from(["0", "0.001", "0.005", "0.02", "0.05", "0.2"]))
def test_owners_run_exactly_when_the_fall_they_expect_exceeds_what_they_would_lose(wait, fear):
    """Section 7.5: leave iff the expected fall exceeds a / (1 + a); right after a payout a is 0."""
    for play in stages(soft({"speed": 1, "back": 0, "contagion": 0})):
        play.steps(10 + wait)  # a payout, and as many calls as `wait`
        a = 0.01 * wait
        left = 4000 - sum(play.set("fear", fear).steps(1).row("staked/TOK"))
        assert left == pytest.approx(4000 if float(fear) > a / (1 + a) else 0, abs=1e-6)


def least(groups, contagion="0.3"):
    """What is left of the stake a period after a fear of 2 % that comes as the first group was paid."""
    e = soft({"speed": 1, "back": 0, "contagion": contagion}, owners=10, groups=groups, budget=({"value": 100},))
    for play in stages(e):
        play.steps(20).set("fear", "0.02")
        yield sum(play.steps(1).row("staked/TOK")) / 10_000


def test_staggered_payouts_keep_most_of_the_stake_where_one_payout_loses_it_all():
    for at_once, in_turns in zip(least(1), least(10), strict=True):
        assert at_once == 0
        assert in_turns >= 0.7


def test_exits_spread_when_owners_fear_each_others_exits():
    e = soft({"speed": 1, "back": 0, "contagion": 1}, owners=10, groups=10, budget=({"value": 100},))
    for play in stages(e):
        play.steps(20).set("fear", "0.005")
        play.steps(2)
        alone = sum(play.row("staked/TOK"))
        assert alone == 0  # a tenth leaves, the rest expects a fall of a tenth, which is more than the 9 % that any of it could lose


def test_they_come_back_while_it_is_calm():
    for play in stages(soft({"speed": 1, "back": "0.5", "contagion": 0, "calm": "0.01"}, budget=({"value": 0},))):
        play.set("fear", "0.5").steps(1)
        assert sum(play.row("staked/TOK")) == 0
        assert [sum(play.set("fear", 0).steps(1).row("staked/TOK")) for _ in range(2)] == [2000, 3000]
