"""Minting by decision: plans are carried out once, votes when adopted, operators at once, and no order of them passes a bound."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, D, economy, use
from .village import HOLDERS, TREASURY, Play, both, village

STAKE = {Account("staked", "TOK"): 400}
LIMITS = {"per_window": 100, "total": 1000}


def minting(every=1, votes=False, **params):
    told = {**LIMITS, **({"status": "proposal_status", "proposals": "proposals/TOK"} if votes else {}), **params}
    uses = [use("votes", "governance", every=every, period=2, timelock=1, minimum=10)] if votes else []
    return village(*uses, use("mints", "governance_mint", every=every, **told), opening=STAKE)


def by_operator(play, amount):
    play.event("mints", "mint", {"to": 0}, amount=amount)


def test_fetch_ai_s_merger_of_may_2024():
    """F3: 1,152,997,575 and the decided mint of 1,477,549,566 are 2,630,547,141, from the day of the mint on and only once."""
    decided = ({"day": 3, "amount": 1_477_549_566},)
    bounds = {"per_window": 1_477_549_566, "total": 2 * 10**9}
    e = economy(use("mints", "governance_mint", to="pool/TOK", decided=decided, **bounds), signals={}, opening={MARKET: 1_152_997_575})
    supply = simulate(e, 1, 30, save=Save(every=1, vars=("supply/TOK",), paths=True))["supply/TOK"][:, 0]
    assert supply[3] == 1_152_997_575
    assert (supply[4:] == 2_630_547_141).all()


def test_agix_that_is_given_up_becomes_fet_at_the_ratio_of_the_merger():
    """F2: 2,000,000,000 AGIX at 0.433350 are 866,700,000 FET."""
    swap = use("swap", "upgrade", legacy="holders/OLD", locked="legacy/OLD", rate="0.433350")
    for play in both(village(swap, owners=1, opening={Account("holders", "OLD"): 2_000_000_000, HOLDERS: 0}, cap="3000000000")):
        play.event("swap", "upgrade", {"owner": 0}, amount=2_000_000_000)
        assert play[HOLDERS] == [866_700_000]


@pytest.mark.parametrize(("every", "offset", "day", "first"), [(1, 0, 0, 1), (1, 0, 5, 6), (7, 6, 0, 7), (7, 0, 1, 8), (7, 6, 6, 7), (7, 6, 7, 14)])
def test_a_plan_is_carried_out_by_the_first_call_after_its_day_began(every, offset, day, first):
    e = economy(use("mints", "governance_mint", every, offset, to="pool/TOK", decided=({"day": day, "amount": 50},), **LIMITS), signals={}, opening={})
    held = simulate(e, 1, 20, save=Save(every=1, vars=("pool/TOK",), paths=True))["pool/TOK"][:, 0]
    assert held.tolist() == [0] * first + [50] * (21 - first)


def test_the_operator_mints_at_once_up_to_the_bounds_and_not_a_token_more():
    for play in both(minting(window=3)):
        by_operator(play, 60)
        by_operator(play, 40)
        assert play[TREASURY] == [100]
        for _ in range(3):  # within the window it stays spent
            with pytest.raises(RunError, match="MT312"):
                by_operator(play, "0.01")
            play.steps(1)
        by_operator(play, 100)
        assert play[TREASURY] == [200]


@settings(max_examples=20, deadline=None)
@given(window=st.integers(1, 4), wishes=st.lists(st.integers(0, 130), min_size=12, max_size=12))
def test_no_order_of_mints_passes_the_bound_of_any_window_or_the_total(window, wishes):
    e = minting(window=window, total=450, decided=tuple({"day": d, "amount": 70} for d in (2, 5, 6, 9)))
    play, minted = Play(e), []
    for wish in wishes:
        before = play[TREASURY][0]
        with suppress(RunError):
            by_operator(play, wish)
        minted.append(play.steps(1)[TREASURY][0] - before)
    sums = np.convolve(minted, np.ones(window), "full")
    assert sums.max() <= 100 + 1e-9
    assert sum(minted) <= 450 + 1e-9
    assert sum(minted) > 0 or max(wishes) > 100


def test_a_vote_mints_what_its_proposal_asks_for_once():
    for play in both(minting(votes=True, window=5)):
        play.event("votes", "propose", {"proposer": 1, "proposal": 0}, deposit=20)
        play.event("mints", "ask", {"proposal": 0}, amount=80)
        play.event("votes", "vote", {"voter": 0, "proposal": 0}, support=1)
        held = [play.steps(1)[TREASURY][0] for _ in range(6)]
        assert held == [0, 0, 0, 80, 80, 80]
        play.event("votes", "propose", {"proposer": 1, "proposal": 0}, deposit=20)  # the slot is used again, and asks for nothing
        play.event("votes", "vote", {"voter": 0, "proposal": 0}, support=1)
        assert play.steps(6)[TREASURY] == [80]


@pytest.mark.parametrize("support", [0, 1])
@pytest.mark.parametrize("first", ["votes", "mints"])
def test_a_proposal_takes_no_slot_whose_last_one_is_still_to_be_carried_out(first, support):
    """Else whoever proposes at once takes over what the last one asked for, and an adopted one is lost."""
    told = {**LIMITS, "status": "proposal_status", "proposals": "proposals/TOK"}
    uses = [use("votes", "governance", every=3, period=2, timelock=0, minimum=10), use("mints", "governance_mint", every=3, **told)]
    for play in both(village(*(uses if first == "votes" else uses[::-1]), opening=STAKE)):
        play.event("votes", "propose", {"proposer": 1, "proposal": 0}, deposit=20)
        play.event("mints", "ask", {"proposal": 0}, amount=80)
        play.event("votes", "vote", {"voter": 0, "proposal": 0}, support=support)
        play.steps(4)  # decided at step 3
        with pytest.raises(RunError, match="ended at the last call"):
            play.event("votes", "propose", {"proposer": 2, "proposal": 0}, deposit=10)
        assert play.steps(3)[TREASURY] == [80 * support]
        play.event("votes", "propose", {"proposer": 2, "proposal": 0}, deposit=10)
        play.event("votes", "vote", {"voter": 0, "proposal": 0}, support=1)
        assert play.steps(9)[TREASURY] == [80 * support]


def test_what_a_vote_rejects_is_not_minted_and_more_than_the_bounds_leave_is_cut():
    for support, minted in ((0, 0), (1, 100)):
        for play in both(minting(votes=True)):
            play.event("votes", "propose", {"proposer": 1, "proposal": 2}, deposit=20)
            play.event("mints", "ask", {"proposal": 2}, amount=180)
            play.event("votes", "vote", {"voter": 0, "proposal": 2}, support=support)
            assert play.steps(8)[TREASURY] == [minted]


def test_where_votes_decide_no_operator_mints_and_nothing_is_asked_after_the_vote():
    play = Play(minting(votes=True))
    with pytest.raises(RunError, match="MT312"):
        by_operator(play, 1)
    with pytest.raises(RunError, match="not open"):
        play.event("mints", "ask", {"proposal": 0}, amount=1)
    play.event("votes", "propose", {"proposer": 1, "proposal": 0}, deposit=20)
    play.event("votes", "vote", {"voter": 0, "proposal": 0}, support=1)
    play.steps(3)  # it has passed, and waits
    with pytest.raises(RunError, match="not open"):
        play.event("mints", "ask", {"proposal": 0}, amount=1)


@pytest.mark.parametrize(
    ("field", "params"),
    [("proposals", {"status": "proposal_status"}), ("proposals", {"proposals": "proposals/TOK"}), ("decided", {"decided": ({"day": 3, "amount": D(1)},) * 2})],
)
def test_what_cannot_be_meant_is_a_fault(field, params):
    assert [(f.code, f.where) for f in minting(**params).check()] == [("MT202", f"mints.{field}")]


def test_the_rule_is_sound():
    assert minting().check() == minting(votes=True, every=2).check() == []
