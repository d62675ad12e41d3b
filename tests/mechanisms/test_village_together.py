"""What people cause, all at once: sound by `check`, conserving, and the same in floats, in a compiled scan and in Decimals."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic import jax
from mintage.arithmetic_exact import EXACT, to_float
from mintage.economy import post
from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import Job, run_chunk, simulate

from .village import SLOTS, Play, everything

EVENTS = {
    ("cash", "deposit"): ("owner", "amount"),
    ("cash", "withdraw"): ("owner", "amount"),
    ("jobs", "pay"): ("payer", "amount"),
    ("jobs", "post_job"): ("payer", "amount"),
    ("jobs", "pay_job"): ("payer", "amount"),
    ("jobs", "cancel_job"): ("payer", "amount"),
    ("swap", "upgrade"): ("owner", "amount"),
    ("stakes", "stake"): ("staker", "amount"),
    ("stakes", "unstake"): ("staker", "amount"),
    ("stakes", "slash"): ("staker", "share"),
    ("votes", "propose"): ("proposer", "deposit"),
    ("votes", "vote"): ("voter", "support"),
    ("votes", "veto"): ("", ""),
}
SHARES = ("share", "support")
acts = st.lists(
    st.tuples(st.sampled_from([*EVENTS, *[k for k in EVENTS if k[0] in ("stakes", "votes")] * 2, "step"]), st.integers(0, 3), st.integers(0, SLOTS - 1)),
    min_size=3,
    max_size=25,
)


def cause(play: Play, act, row: int, slot: int) -> str:
    """Cause an event; the code of its refusal, or nothing."""
    if act == "step":
        play.steps(1)
        return ""
    role, argument = EVENTS[act]
    rows = {**({role: row} if role else {}), **({"proposal": slot} if act[0] == "votes" else {})}
    given = {argument: "0.5" if argument in SHARES else 16 * (1 + row + slot)} if argument else {}
    try:
        play.event(*act, rows, **given)
    except RunError as refused:
        return refused.faults[0].code
    return ""


def test_every_event_of_these_mechanisms_is_tried():
    names = {u.name: u.mechanism for u in everything().uses}
    assert {(u, e) for u, m in names.items() for e in m.events} == set(EVENTS)


def test_every_rule_passes_the_check_of_units_and_of_the_protocol():
    assert [str(f) for f in everything().check()] == []


@settings(max_examples=25, deadline=None)
@given(acts)
def test_the_same_course_in_floats_and_decimals_with_the_same_refusals(course):
    play, twin = Play(everything()), Play(everything(), EXACT)
    for act in course:
        assert cause(play, *act) == cause(twin, *act), act
    for place, value in play.world.balances.items():
        assert np.allclose(to_float(twin.world.balances[place]), value, rtol=1e-9, atol=1e-6), place
    assert play.signal("proposal_status") == twin.signal("proposal_status")
    for asset in play.economy.assets:
        assert twin.total(asset) == 0


@settings(max_examples=6, deadline=None)
@given(acts)
def test_each_event_and_step_from_the_same_state_agrees_on_jax(course):
    play, xp = Play(everything()), jax()
    for act in course:
        twin = Play(everything())
        twin.xp, twin.bound, twin.t, twin.world, twin.book = xp, everything().bind(xp), play.t, play.world.copy(), Loose(xp)
        code = cause(play, *act)
        if act[0] == "step" or code == "MT302":  # a compiled scan has its own test; overdrafts are the book's to refuse
            continue
        assert cause(twin, *act) == code
        for name, value in play.world.balances.items():
            assert np.allclose(np.asarray(twin.world.balances[name]), value, rtol=1e-12, atol=1e-9), (act, name)
        for name, value in play.world.memory[act[0][0]].items():
            assert np.array_equal(np.asarray(twin.world.memory[act[0][0]][name]), value), (act, name)


class Loose:
    """A book that only posts."""

    def __init__(self, xp):
        self.xp = xp

    def __call__(self, balances, call, flows):
        for flow in flows:
            post(self.xp, balances, flow)


@settings(max_examples=4, deadline=None)
@given(acts)
def test_a_compiled_scan_goes_on_from_any_course_as_arrays_do(course):
    play = Play(everything())
    for act in course:
        cause(play, *act)
    ends = [run_chunk(Job(everything(), 16, 1, Save(every=4, paths=True), engine, play.world), 0, 64) for engine in ("numpy", "jax")]
    for name, value in ends[0].series.items():
        assert np.allclose(np.asarray(ends[1].series[name]), np.asarray(value), rtol=1e-12, atol=1e-9), name


def test_nobody_there_nothing_moves_but_what_behaviour_models():
    run = simulate(everything(), 4, 30, save=Save(every=10, paths=True))
    for name in ("holders/TOK", "holders/OLD", "wallets/USD", "staked/TOK", "proposals/TOK", "legacy/OLD", "wallets_held/USD"):
        assert np.all(run[name] == run[name][0]), name
