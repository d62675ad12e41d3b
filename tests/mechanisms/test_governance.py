"""Governance: one vote a voter and proposal, weighed by stake; what passes waits; deposits come back; slots are used again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Kind
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import use
from .village import HOLDERS, PROPOSALS, Play, both, village

EMPTY, OPEN, WAITING, ADOPTED, REJECTED = range(5)
STAKE = {Account("staked", "TOK"): 400}  # 100 each


def votes(every=1, offset=0, owners=4, **params):
    told = {"minimum": 10, "period": 3, "timelock": 2, "quorum": "0.4", **params}
    return village(use("votes", "governance", every=every, offset=offset, **told), owners=owners, opening=STAKE)


def proposed(play, slot=0, by=1, deposit=20):
    play.event("votes", "propose", {"proposer": by, "proposal": slot}, deposit=deposit)
    return play


def vote(play, voter, support, slot=0):
    play.event("votes", "vote", {"voter": voter, "proposal": slot}, support=support)


def status(play, slot=0):
    return int(play.signal("proposal_status")[slot])


def course(play, steps, slot=0):
    """The status of a slot after each of the next steps."""
    return [status(play.steps(1), slot) for _ in range(steps)]


def test_what_passes_waits_is_adopted_once_and_its_slot_is_free_again():
    for play in both(votes()):
        proposed(play)
        assert (status(play), play[HOLDERS][1], play[PROPOSALS]) == (OPEN, 980, [20, 0, 0])
        vote(play, 0, 1)
        vote(play, 2, 1)
        assert course(play, 7) == [OPEN, OPEN, OPEN, WAITING, WAITING, ADOPTED, EMPTY]
        assert play[HOLDERS] == [1000] * 4
        assert play[PROPOSALS] == [0] * 3


def test_without_a_timelock_it_is_adopted_as_it_passes():
    for play in both(votes(timelock=0)):
        vote(proposed(play), 0, 1)
        vote(play, 1, 1)
        assert course(play, 5) == [OPEN, OPEN, OPEN, ADOPTED, EMPTY]
        assert play[HOLDERS] == [1000] * 4


@settings(max_examples=40, deadline=None)
@given(
    support=st.lists(st.none() | st.integers(0, 4), min_size=4, max_size=4),
    threshold=st.sampled_from(["0.5", "0.6", "0"]),
    quorum=st.sampled_from(["0", "0.25", "0.5", "1"]),
    unheard=st.sampled_from(["return", "burn"]),
)
def test_it_passes_when_yes_passes_the_threshold_and_enough_stake_voted(support, threshold, quorum, unheard):
    yes = sum(100 * s / 4 for s in support if s is not None)
    cast = 100 * sum(s is not None for s in support)
    heard = cast >= float(quorum) * 400
    good = heard and yes > float(threshold) * cast + 1e-9
    for play in both(votes(threshold=threshold, quorum=quorum, unheard=unheard)):
        proposed(play)
        for voter, s in enumerate(support):
            if s is not None:
                vote(play, voter, s / 4)
        assert course(play, 6) == ([OPEN] * 3 + [WAITING] * 2 + [ADOPTED] if good else [OPEN] * 3 + [REJECTED] + [EMPTY] * 2)
        lost = 20 if not heard and unheard == "burn" else 0
        assert play[HOLDERS] == [1000, 1000 - lost, 1000, 1000]
        assert play[Account("burned", "TOK")] == [lost]
        assert play[PROPOSALS] == [0] * 3


def test_exactly_half_does_not_pass_and_exactly_the_quorum_suffices():
    for play in both(votes(quorum="0.5")):
        vote(proposed(play), 0, 1)
        vote(play, 1, 0)
        assert course(play, 5)[-2:] == [REJECTED, EMPTY]
        proposed(play)
        vote(play, 0, 1)
        vote(play, 1, "0.01")
        assert course(play, 4)[-1] == WAITING


REFUSED = {
    "a slot in use": lambda play: proposed(play, by=2),
    "too small a deposit": lambda play: proposed(play, 1, deposit="9.99"),
    "a second vote": lambda play: vote(play, 0, 0),
    "a vote on nothing": lambda play: vote(play, 1, 1, slot=2),
    "more support than all": lambda play: vote(play, 1, "1.5"),
    "a veto of what has not passed": lambda play: play.event("votes", "veto", {"proposal": 0}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_rule_does_not_allow_is_refused_and_changes_nothing(what):
    for play in both(votes()):
        vote(proposed(play), 0, 1)
        before = play.world
        with pytest.raises(RunError, match=r"MT312 governance\."):
            REFUSED[what](play)
        assert play.world is before


def test_a_vote_needs_stake_and_a_deposit_needs_tokens():
    for play in both(village(use("votes", "governance", minimum=10))):
        with pytest.raises(RunError, match="MT302"):
            proposed(play, deposit=1001)
        with pytest.raises(RunError, match="nothing staked"):
            vote(proposed(play), 0, 1)


def test_no_vote_counts_after_the_end():
    for play in both(votes()):
        vote(proposed(play), 0, 1)
        vote(play, 1, 1)
        play.steps(4)
        assert status(play) == WAITING
        with pytest.raises(RunError, match="not open"):
            vote(play, 3, 0)


def test_a_veto_ends_what_waits_and_the_deposit_returns():
    assert find("governance").events["veto"].authority == "operator"
    for play in both(votes(unheard="burn")):
        vote(proposed(play), 0, 1)
        vote(play, 1, 1)
        play.steps(4)
        play.event("votes", "veto", {"proposal": 0})
        with pytest.raises(RunError, match="another proposal"):
            proposed(play)
        assert course(play, 3) == [REJECTED, EMPTY, EMPTY]
        assert play[HOLDERS] == [1000] * 4
        proposed(play)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["propose", "vote", "step"]), st.integers(0, 3), st.integers(0, 2)), min_size=5, max_size=60))
def test_nobody_votes_twice_and_everybody_once_however_slots_are_used_again(acts):
    for play in both(votes(period=2, timelock=1)):
        voted: set[tuple[int, int]] = set()
        for act, who, slot in acts:
            if act == "step":
                play.steps(1)
            elif act == "propose" and status(play, slot) in (ADOPTED, REJECTED):
                with pytest.raises(RunError, match="ended at the last call"):
                    proposed(play, slot, who)
            elif act == "propose" and status(play, slot) == EMPTY:
                proposed(play, slot, who)
                voted = {v for v in voted if v[1] != slot}
            elif act == "vote" and status(play, slot) == OPEN:
                if (who, slot) in voted:
                    with pytest.raises(RunError, match="has voted"):
                        vote(play, who, 1, slot)
                else:
                    vote(play, who, 1, slot)
                    voted.add((who, slot))
        assert play.total("TOK") == pytest.approx(0, abs=1e-6)
        play.steps(8)
        assert play[HOLDERS] == [1000] * 4


def test_the_most_slots_keep_every_vote_apart():
    economy = votes()
    economy.kinds["proposals"] = Kind("proposals", ("TOK",), 32)
    economy.signals["proposal_status"] = replace(economy.signals["proposal_status"], per="proposals")
    for play in both(economy):
        for slot in range(32):
            vote(proposed(play, slot, 1, 10), 0, 1, slot)
        for slot in range(32):
            with pytest.raises(RunError, match="has voted"):
                vote(play, 0, 1, slot)
            vote(play, 3, 1, slot)
    economy.kinds["proposals"] = Kind("proposals", ("TOK",), 33)
    assert any("at most 32" in f.expected for f in economy.check())


@pytest.mark.parametrize(("every", "offset"), [(2, 1), (7, 6)])
@pytest.mark.parametrize("begin", range(3))
def test_called_seldom_it_decides_at_the_first_call_after_the_time_is_over(every, offset, begin):
    for play in both(votes(every, offset, period=5, timelock=4)):
        play.steps(begin)
        vote(proposed(play), 0, 1)
        vote(play, 2, 1)
        seen = [status(play.steps(1)) for _ in range(40)]
        steps = [begin + i for i in range(40)]
        calls = [t for t in steps if t % every == offset]
        close = next(t for t in calls if t >= begin + 5)
        adopt = next(t for t in calls if t >= close + 4)
        expected = [OPEN if t < close else WAITING if t < adopt else ADOPTED if t < adopt + every else EMPTY for t in steps]
        assert seen == expected


def test_one_owner_alone_may_propose_and_vote():
    play = Play(votes(owners=1))
    vote(proposed(play, by=0), 0, 1)
    assert course(play, 6)[-1] == ADOPTED
    assert play[HOLDERS] == [4000]
