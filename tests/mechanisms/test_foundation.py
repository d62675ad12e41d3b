"""A foundation's powers: nothing happens before its notice is over, and whoever wants to leave can leave before it does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.errors import RunError
from mintage.mechanisms import find

from .assembly import BURNED, CASH, FUND, LIQUID, STAKED, TREASURY, assembly
from .network import D, use
from .village import Play, both

FROZEN = Account("holders_held", "TOK")
ALL = {
    "mint_to": "treasury/TOK",
    "freezes": "holders/TOK",
    "rule": "level",
    "proposals": "proposals/TOK",
    "status": "proposal_status",
    "vetoes": "vetoes",
    "fund": "treasury/USD",
    "proceeds": "holders/USD",
    "running": "rate",
}


def foundation(every=1, offset=0, signals=None, others=(), **params):
    told = {**ALL, "notice": 5, "window": 3, "most": 1, **params}
    opening = {LIQUID: 4000, STAKED: 0, FUND: 2000, TREASURY: 0}
    return assembly(use("board", "foundation_powers", every, offset, **{k: v for k, v in told.items() if v != ""}), *others, opening=opening, signals=signals)


def say(play, what, row=None, **arguments):
    role = {"announce_mint": "treasury", "announce_freeze": "owner", "release": "owner", "announce_veto": "proposal", "exit": "owner"}.get(what)
    play.event("board", what, {role: row or 0} if role else {}, **arguments)
    return play


@settings(max_examples=25, deadline=None)
@given(notice=st.integers(1, 9), every=st.sampled_from([1, 3, 7]), begin=st.integers(0, 8), what=st.sampled_from(["mint", "rule", "freeze"]))
def test_nothing_happens_before_the_notice_is_over_and_all_of_it_at_the_first_call_after(notice, every, begin, what):
    for play in both(foundation(every, every - 1, notice=notice, window=1)):
        play.steps(begin)
        say(play, f"announce_{what}", **{"mint": {"amount": 100}, "rule": {"value": "0.5"}, "freeze": {}}[what])
        done = {
            "mint": lambda play=play: play[TREASURY] == [100],
            "rule": lambda play=play: play.signal("level") == [0.5],
            "freeze": lambda play=play: play[FROZEN] == [1000, 0, 0, 0],
        }[what]
        due = next(t for t in range(begin + notice, 99) if t % every == every - 1)
        for t in range(begin, due):
            assert play.t == t
            assert not done(), t
            play.steps(1)
        assert not done()
        assert done() or (play.steps(1) and done())
        before = play[TREASURY], play.signal("level"), play[FROZEN]
        play.steps(3 * every + notice)
        assert (play[TREASURY], play.signal("level"), play[FROZEN]) == before, "once"


def test_owners_can_leave_within_the_window_with_their_part_of_the_fund_and_not_before_or_after():
    for play in both(foundation()):
        with pytest.raises(RunError, match="no announcement's window"):
            say(play, "exit", amount=100)
        say(play.steps(2), "announce_mint", amount=500)
        say(play, "exit", 1, amount=1000)
        assert play[CASH] == [0, 500, 0, 0]  # a quarter of supply, a quarter of the fund
        assert play[BURNED] == [1000]
        say(play.steps(2), "exit", 2, amount=500)
        assert play[CASH][2] == pytest.approx(1500 * 500 / 3000)
        play.steps(1)
        with pytest.raises(RunError, match="no announcement's window"):
            say(play, "exit", 3, amount=100)
        assert play[TREASURY] == [0]
        assert play.steps(3)[TREASURY] == [500]


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 1000)), max_size=12))
def test_the_order_of_leaving_changes_nobodys_price(parts):
    play = say(Play(foundation()), "announce_rule", value="0.1")
    for row, amount in parts:
        if amount <= play[LIQUID][row]:
            supply, fund, had = 4000 - play[BURNED][0], play[FUND][0], play[CASH][row]
            if supply:
                say(play, "exit", row, amount=amount)
                assert (play[CASH][row] - had) / amount == pytest.approx(fund / supply) == pytest.approx(0.5)


def test_a_freeze_takes_what_is_there_when_it_comes_and_a_release_gives_it_back():
    for play in both(foundation(others=[use("n", "neurons")])):
        say(play, "announce_freeze", 2)
        play.event("n", "stake", {"owner": 2}, amount=900)
        play.steps(6)
        assert (play[LIQUID][2], play[FROZEN][2], play[STAKED][2]) == (0, 100, 900)
        with pytest.raises(RunError, match="MT302"):
            play.event("n", "stake", {"owner": 2}, amount=50)
        say(play, "release", 2)
        assert (play[LIQUID][2], play[FROZEN][2]) == (100, 0)
        say(say(play, "announce_freeze", 1), "release", 1)
        assert play.steps(9)[FROZEN] == [0] * 4, "one that was announced does not come"


def test_announcing_anew_replaces_and_begins_the_notice_anew():
    for play in both(foundation()):
        say(say(play, "announce_mint", amount=500).steps(4), "announce_mint", amount=100)
        assert play.steps(5)[TREASURY] == [0]
        assert play.steps(1)[TREASURY] == [100]
        say(say(play, "announce_mint", amount=500), "announce_mint", amount=0)
        assert play.steps(9)[TREASURY] == [100]


def test_it_mints_no_more_than_its_share_of_supply_and_as_planned():
    plans = ({"day": 0, "amount": 10_000}, {"day": 20, "amount": 50})
    for play in both(foundation(most=D("0.1"), plans=plans, freezes="")):
        assert play.steps(5)[TREASURY] == [0]
        assert play.steps(1)[TREASURY] == [pytest.approx(400)]
        play.steps(14)
        say(play.steps(1), "exit", amount=1)
        assert play.steps(4)[TREASURY] == [pytest.approx(400)]
        assert play.steps(1)[TREASURY] == [pytest.approx(450)]


def test_a_veto_under_notice_stops_what_still_waits():
    governed = use("votes", "liquid_democracy", timelock=4, vetoes="vetoes", staked="holders/TOK", forfeit="never")
    for waits, found in ((3, 4), (5, 3)):
        for play in both(foundation(notice=waits, window=1, others=[governed])):
            with pytest.raises(RunError, match="no proposal runs there"):
                say(play, "announce_veto")
            play.event("votes", "propose", {"proposer": 0, "proposal": 0}, deposit=20, ask=0)
            for voter in (1, 2, 3):
                play.event("votes", "vote", {"voter": voter, "proposal": 0}, support=1)
            say(play, "announce_veto")
            seen = [play.steps(1).signal("proposal_status")[0] for _ in range(6)]
            assert [s for s in seen if s > 2] == [found]


def test_a_rule_stays_within_its_bounds():
    for play in both(foundation(low="0.1", high="0.3", signals={"level": D("0.2")})):
        for value in ("0.05", "0.31"):
            with pytest.raises(RunError, match="beyond its bounds"):
                say(play, "announce_rule", value=value)
        say(play, "announce_rule", value="0.3")
        assert play.signal("rate") == [0]
        assert play.steps(1).signal("rate") == [1]
        assert play.steps(5).signal("level") == [pytest.approx(0.3)]
        assert play.signal("rate") == [0]


def test_a_power_that_is_not_named_does_not_exist():
    none = foundation(mint_to="", freezes="", rule="", proposals="", status="", vetoes="", fund="", proceeds="")
    assert none.check() == []
    play = Play(none)
    with pytest.raises(RunError, match="may not change rules"):
        say(play, "announce_rule", value=1)
    before = {str(a): v.sum() for a, v in play.world.balances.items()}
    say(say(play, "announce_mint", amount=5), "announce_freeze")
    play.steps(9)
    assert {str(a): v.sum() for a, v in play.world.balances.items()} == before


def test_all_powers_are_the_operators_and_leaving_is_the_owners():
    events = find("foundation_powers").events
    assert {n for n, e in events.items() if e.authority == "owner"} == {"exit"}


@pytest.mark.parametrize("wrong", [{"window": 6}, {"fund": ""}, {"vetoes": ""}, {"mint_to": "", "plans": ({"day": 1, "amount": 1},)}])
def test_what_makes_no_sense_together_is_a_fault(wrong):
    assert "MT202" in [f.code for f in foundation(**wrong).check()]
