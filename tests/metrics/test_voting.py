"""Voting power: anchors A27 to A30, brute force beside the generating function, and the axioms."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage import metrics as m
from mintage.errors import UsageError

EEC_1958 = [4, 4, 4, 2, 2, 1]
FOUNDATION = [42, 10, 8, 6, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 2]
GAMES = st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any).flatmap(lambda w: st.tuples(st.just(w), st.integers(1, sum(w))))


def test_a27_luxembourg_had_a_vote_and_no_power() -> None:
    assert m.banzhaf(EEC_1958, 12).swings == (10, 10, 10, 6, 6, 0)
    np.testing.assert_allclose(m.shapley_shubik(EEC_1958, 12), np.array([14, 14, 14, 9, 9, 0]) / 60)


def test_a28_a_large_holder_in_an_ocean() -> None:
    assert m.ocean_power(0.42) == pytest.approx(0.7241, abs=5e-5)
    assert m.dictator_turnout(0.42) == pytest.approx(0.7241, abs=5e-5)
    assert m.vote_share(0.42, 0.2) == pytest.approx(0.784, abs=5e-4)
    assert m.ocean_power([0, 0.5, 0.9, 1]).tolist() == [0, 1, 1, 1]
    assert m.vote_share(0, 0) == 0


def test_an_ocean_is_the_limit_of_many_small_holders() -> None:
    n = 120
    power = m.shapley_shubik([87] + [1] * n, 104)  # 42 % of 207, majority of all
    assert power[0] == pytest.approx(float(m.ocean_power(87 / 207)), abs=0.01)


def test_a_dictator_turnout_is_a_tie() -> None:
    assert m.vote_share(0.3, float(m.dictator_turnout(0.3))) == pytest.approx(0.5)


def test_a29_power_is_not_weight() -> None:
    power = m.banzhaf(FOUNDATION, 51)
    assert power.normalised[0] == pytest.approx(0.8948, abs=5e-5)
    assert power.penrose[0] == pytest.approx(0.9879, abs=5e-5)
    assert m.shapley_shubik(FOUNDATION, 51)[0] == pytest.approx(0.6597, abs=5e-5)


def test_a30_capture_by_apathy() -> None:
    assert m.capture_probability(0.10, 1000, 0.0009, 0.10) == pytest.approx(0.886143, abs=5e-7)


def test_redirection_beyond_chance() -> None:
    assert m.redirect_surprise([9, 9, 9, 0, 0], [10] * 5, 0.1) == pytest.approx(1 - 0.9**5 - 5 * 0.1 * 0.9**4 - 10 * 0.01 * 0.9**3)
    assert m.redirect_surprise([0, 0, 5], [10, 10, 10], 0.1) == 1  # half is not most
    assert m.redirect_surprise([0, 0], [0, 0], 0.5) == 1


def test_a_quorum_and_a_tie_protect() -> None:
    free = m.capture_probability(0.10, 1000, 0.0009, 0.10)
    assert 0 < m.capture_probability(0.10, 1000, 0.0009, 0.10, quorum=0.19) < free
    assert m.capture_probability(0.10, 1000, 0.0009, 0.10, quorum=0.21) == 0  # the No that would fill it also defeats it
    assert m.capture_probability(0.5, 1, 0.5, 1.0) == 0
    assert m.capture_probability(0.5, 1, 0.5, 0.0) == 1


@settings(deadline=None, max_examples=60)
@given(GAMES)
def test_banzhaf_is_the_count_of_swings(game: tuple[list[int], int]) -> None:
    weights, quota = game
    n = len(weights)
    brute = []
    for i in range(n):
        others = [weights[j] for j in range(n) if j != i]
        sums = [sum(c) for k in range(n) for c in combinations(others, k)]
        brute.append(sum(s < quota <= s + weights[i] for s in sums))
    found = m.banzhaf(weights, quota)
    assert found.swings == tuple(brute)
    np.testing.assert_allclose(found.penrose, np.array(brute) / 2 ** (n - 1))


@settings(deadline=None, max_examples=60)
@given(GAMES)
def test_shapley_shubik_is_the_share_of_orders_and_sums_to_one(game: tuple[list[int], int]) -> None:
    weights, quota = game
    n = len(weights)
    count = np.zeros(n)
    for order in permutations(range(n)):
        reached = np.cumsum([weights[i] for i in order])
        count[order[int(np.argmax(reached >= quota))]] += 1
    found = m.shapley_shubik(weights, quota)
    np.testing.assert_allclose(found, count / count.sum())
    assert found.sum() == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(GAMES)
def test_more_weight_is_never_less_power(game: tuple[list[int], int]) -> None:
    weights, quota = game
    order = np.argsort(weights, kind="stable")
    for power in (np.array(m.banzhaf(weights, quota).swings), m.shapley_shubik(weights, quota)):
        assert (np.diff(power[order]) >= -1e-12).all()


@pytest.mark.parametrize(
    ("weights", "quota", "code"),
    [
        ([], 1, "MT420"),
        ([1, np.nan], 1, "MT421"),
        ([0.5, 0.5], 1, "MT422"),
        ([1, 2], 4, "MT422"),
        ([1, 2], 0, "MT422"),
        ([0, 0], 1, "MT422"),
        ([10**9, 1], 5, "MT422"),
    ],
)
def test_refuses(weights: list[float], quota: float, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        m.banzhaf(weights, quota)
