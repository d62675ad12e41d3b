"""Slashing: what is accused is held, slashed when nobody appeals, given back when an appeal wins; and the slash that deters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError
from mintage.mechanisms import find
from mintage.save import Save
from mintage.simulate import simulate

from .estate import Stage, estate, stages
from .network import use

CASES = {"accused": 0, "appealed": 0, "unbonding": 0}


def court(*more, staked=1000, **params):
    signals = {"cheating": ("1", 0)}
    opening = {"staked/TOK": 4 * staked, "market/TOK": 1_000_000}
    return estate(*more, use("court", "slashing", **{"window": 4, "ruling": 3, **params}), kinds=CASES, signals=signals, opening=opening)


def held(play, where, row=0):
    return sum(lot[row] for lot in play.lots(where))


def test_only_an_operator_accuses_and_rules_and_only_the_owner_appeals():
    authority = {name: e.authority for name, e in find("slashing").events.items()}
    assert authority == {"accuse": "operator", "appeal": "owner", "uphold": "operator", "overturn": "operator"}


def test_a_treasury_of_several_holders_shares_what_is_slashed_by_a_ruling_or_by_silence():
    opening = {"staked/TOK": 4000, "board/TOK": 30}
    court_ = use("court", "slashing", window=2, ruling=2, silence="slash", slashed="treasury", treasury="board/TOK")
    e = estate(court_, kinds={**CASES, "board": 3}, opening=opening)
    assert e.check() == []
    for play in stages(e):
        for row in range(3):
            play.event("court", "accuse", {"staker": row}, share=1)
        play.event("court", "appeal", {"staker": 0})
        play.event("court", "appeal", {"staker": 1})
        play.event("court", "uphold", {"staker": 0})
        assert play.row("board/TOK") == pytest.approx([1030 / 3] * 3)
        assert play.steps(2).row("board/TOK") == pytest.approx([3030 / 3] * 3)
        assert play.row("staked/TOK") == [0, 0, 0, 1000]


@pytest.mark.parametrize("window", [2, 4, 31])
def test_what_nobody_appeals_is_slashed_when_the_window_ends_and_not_a_call_before(window):
    """io.net's month of appeal: a window of 31 daily calls holds it for 30 days at least."""
    for play in stages(court(window=window)):
        play.event("court", "accuse", {"staker": 0}, share="0.25")
        assert play.row("staked/TOK") == [750, 1000, 1000, 1000]
        for _ in range(window - 1):
            assert play.row("burned/TOK") == [0]
            assert held(play, "accused/TOK") == 250
            play.steps(1)
        play.steps(1)
        assert play.row("burned/TOK") == [250]


@pytest.mark.parametrize(("ruling", "silence", "burned"), [("uphold", "return", 250), ("overturn", "slash", 0), ("", "return", 0), ("", "slash", 250)])
def test_an_appeal_ends_as_it_is_ruled_or_as_silence_has_it(ruling, silence, burned):
    for play in stages(court(silence=silence)):
        play.event("court", "accuse", {"staker": 0}, share="0.25")
        play.steps(2).event("court", "appeal", {"staker": 0})
        if ruling:
            play.event("court", ruling, {"staker": 0})
        play.steps(8)
        assert play.row("burned/TOK") == [burned]
        assert play.row("staked/TOK")[0] == 1000 - burned


def test_an_appeal_is_in_time_or_not_at_all():
    for play in stages(court()):
        with pytest.raises(RunError, match=r"MT312 slashing\.appeal"):
            play.event("court", "appeal", {"staker": 0})
        play.event("court", "accuse", {"staker": 0}, share="0.5")
        play.steps(4)
        with pytest.raises(RunError, match=r"MT312 slashing\.appeal"):
            play.event("court", "appeal", {"staker": 0})
        with pytest.raises(RunError, match=r"MT312 slashing\.accuse"):
            play.event("court", "accuse", {"staker": 0}, share="1.01")


@settings(max_examples=20, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(["accuse", "appeal", "uphold", "overturn", "wait"]), st.integers(0, 3)), max_size=20))
def test_nobody_loses_what_was_not_accused_and_nothing_is_lost_but_what_is_slashed(acts):
    for play in stages(court()):
        accused = [0.0] * 4
        for act, row in acts:
            if act == "wait":
                play.steps(1)
            elif act == "accuse":
                accused[row] += play.row("staked/TOK")[row] / 2
                play.event("court", act, {"staker": row}, share="0.5")
            elif act != "appeal" or held(play, "accused/TOK", row):
                play.event("court", act, {"staker": row})
            for r in range(4):
                has = play.row("staked/TOK")[r] + held(play, "accused/TOK", r) + held(play, "appealed/TOK", r)
                assert 1000 - accused[r] - 1e-5 <= has <= 1000 + 1e-5
            total = sum(play.row("staked/TOK")) + sum(sum(map(sum, play.lots(f"{k}/TOK"))) for k in ("accused", "appealed"))
            assert total + play.row("burned/TOK")[0] == pytest.approx(4000)


def test_stake_on_its_way_out_is_in_reach_where_it_is_named_and_slashes_may_go_to_a_treasury():
    leaves = use("leaves", "staking", slots=5)
    params = {"unbonding": "unbonding/TOK", "lots_out": 5, "slashed": "treasury", "treasury": "treasury/TOK"}
    for play in stages(court(leaves, **params)):
        play.event("leaves", "unstake", {"staker": 0}, amount=400)
        play.event("court", "accuse", {"staker": [0, 1]}, share=["0.5", "0.1"])
        assert [held(play, "accused/TOK", r) for r in (0, 1)] == [500, 100]
        play.event("court", "appeal", {"staker": 1})
        play.event("court", "uphold", {"staker": 1})
        assert play.row("treasury/TOK") == [100]
        assert play.steps(4).row("treasury/TOK") == [600]
    wrong = court(slashed="treasury", lots_out=3).check()
    assert {("MT202", "court.treasury"), ("MT202", "court.lots_out")} <= {(f.code, f.where) for f in wrong}


def tempted(stake, gain=100, detection="0.05", share=1, **params):
    cheat = use("cheat", "misconduct", window=4, ruling=3, gain=gain, detection=detection, share=share, cheating="cheating", **params)
    return court(cheat, staked=stake)


def cheats(stake, **params):
    play = Stage(tempted(stake, **params))
    play.luck = {"cheat": {"seen": [0.5] * 4}}
    return play.steps(1).one("cheating") > 0


def test_the_slash_that_deters():
    """A37: gain 100, caught with 0.05: a slash of 1,900, found by halving what is at stake."""
    low, high = 0.0, 10_000.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if cheats(middle) else (low, middle)
    assert high == pytest.approx(1900, abs=1e-4)
    assert cheats(3799, share="0.5")
    assert not cheats(3801, share="0.5")


@settings(max_examples=20, deadline=None)
@given(gain=st.integers(1, 500), p=st.sampled_from(["0.01", "0.1", "0.5", "0.9"]), stake=st.integers(1, 60_000))
def test_they_cheat_exactly_where_the_slash_is_below_gain_times_the_odds_of_escape(gain, p, stake):
    bound = gain * (1 - float(p)) / float(p)
    if abs(stake - bound) > 1e-6 * bound:
        assert cheats(stake, gain=gain, detection=p) == (stake < bound)


def test_at_that_slash_cheating_earns_nothing_on_average_and_below_it_pays():
    def profit(stake, paths=4096):
        save = Save(vars=("flow:cheat.gain", "flow:cheat.accuse"))
        end = simulate(tempted(stake), paths, 1, save=save).end
        return (end["flow:cheat.gain"].sum() - end["flow:cheat.accuse"].sum()) / (4 * paths)

    error = 3 * (0.05 * 0.95) ** 0.5 * 2000 / (4 * 4096) ** 0.5  # three standard errors of a mean of 16,384 draws
    assert profit(1899.999) == pytest.approx(0, abs=error)
    assert profit(950) == pytest.approx(0.95 * 100 - 0.05 * 950, abs=error)
    assert profit(2000) == 0


def test_who_is_caught_is_accused_who_is_not_gains_and_who_is_honest_may_be_accused_and_appeals():
    play = Stage(tempted(1000, gain=100))
    play.luck = {"cheat": {"seen": [0.01, 0.9, 0.9, 0.04]}}
    play.steps(1)
    assert play.row("holders/TOK") == [0, 100, 100, 0]
    assert play.row("staked/TOK") == [0, 1000, 1000, 0]
    honest = Stage(tempted(1000, gain=1, false_alarm="0.1"))
    honest.luck = {"cheat": {"seen": [0.05, 0.9, 0.9, 0.9]}}
    honest.steps(1)
    assert held(honest, "appealed/TOK") == 1000
    assert honest.row("holders/TOK") == [0] * 4
    honest.luck = {"cheat": {"seen": [0.9] * 4}}
    assert honest.steps(3).row("staked/TOK") == [1000] * 4


def test_cheats_take_no_more_than_their_victims_have():
    e = estate(use("cheat", "misconduct", window=4, ruling=3, gain=100), kinds=CASES, opening={"staked/TOK": 40, "market/TOK": 120})
    play = Stage(e)
    play.luck = {"cheat": {"seen": [0.9] * 4}}
    assert play.steps(1).row("holders/TOK") == pytest.approx([30] * 4)
