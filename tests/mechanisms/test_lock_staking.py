"""Fixed terms: what is locked comes back whole when its term has passed and never before, and weighs what the white paper says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError

from .estate import estate, stages
from .network import use

HERE = {"locked": 0}
WEIGHT = {"lock_weight": ("TOK", 0, "holders")}


def locks(terms=(2, 5), every=1, offset=0, dt="1", **params):
    return estate(use("locks", "lock_staking", every, offset, terms=tuple({"calls": c} for c in terms), **params), kinds=HERE, signals=WEIGHT, dt=dt)


@settings(max_examples=20, deadline=None)
@given(
    every=st.integers(1, 3),
    terms=st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True).map(sorted),
    acts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 15), st.integers(0, 300), st.integers(0, 4)), max_size=12),
)
def test_what_is_locked_comes_back_whole_after_its_term_and_not_a_call_before(every, terms, acts):
    for play in stages(locks(terms, every, every - 1)):
        due = []
        for row, time, amount, wait in acts:
            fits = [t for t in terms if t * every >= time]
            if not fits:
                with pytest.raises(RunError, match="MT312"):
                    play.event("locks", "lock", {"staker": row}, amount=amount, time=time)
            elif amount <= play.row("holders/TOK")[row]:
                play.event("locks", "lock", {"staker": row}, amount=amount, time=time)
                due.append((row, amount, play.t, fits[0] * every))
            for _ in range(wait):
                play.steps(1)
                for r in range(4):
                    # what must still be locked, and what may no more be
                    waiting = sum(a for row_, a, at, term in due if row_ == r and play.t - at < term)
                    free = sum(a for row_, a, at, term in due if row_ == r and play.t - at >= term + every)
                    assert waiting <= sum(lot[r] for lot in play.lots("locked/TOK")) <= sum(a for row_, a, *_ in due if row_ == r) - free
        play.steps(every * (max(terms) + 1))
        assert play.row("holders/TOK") == [1000] * 4


@pytest.mark.parametrize(("time", "gamma"), [(31, 0.5 + 0.5 * 31 / 365), (100, 0.5 + 0.5 * 182 / 365), (182, 0.5 + 0.5 * 182 / 365), (365, 1), (366, 1)])
def test_gamma_of_the_white_paper(time, gamma):
    """gamma = 0.5 + 0.5 min(T, 1 year) / 1 year: a month, half a year, a year and more."""
    for play in stages(locks((31, 182, 365, 730))):
        play.event("locks", "lock", {"staker": 1}, amount=200, time=time)
        play.steps(1)
        assert play.signal("lock_weight") == pytest.approx([0, 200 * gamma, 0, 0])


def test_weight_stays_until_the_term_ends_and_melts_where_the_time_that_is_left_counts():
    for weigh, seen in (("term", [100] * 4 + [0]), ("remaining", [100, 75, 50, 25, 0])):
        for play in stages(locks((4,), weigh=weigh, base=0, full=4)):
            play.event("locks", "lock", {"staker": 0}, amount=100, time=4)
            assert [play.steps(1).one("lock_weight") for _ in range(5)] == pytest.approx(seen)
            assert play.row("holders/TOK")[0] == 1000


def test_a_longer_lock_never_weighs_less():
    for play in stages(locks((1, 2, 4, 8))):
        for row, time in enumerate((1, 2, 4, 8)):
            play.event("locks", "lock", {"staker": row}, amount=100, time=time)
        weights = play.steps(1).signal("lock_weight")
        assert weights == sorted(weights)
        assert weights[0] < weights[3]


@pytest.mark.parametrize("terms", [(), (3, 3), (5, 2)])
def test_terms_rise(terms):
    assert ("MT202", "locks.terms") in [(f.code, f.where) for f in locks(terms).check()]
