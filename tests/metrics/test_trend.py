"""Trends: anchor A4, ties, signs, and agreement with SciPy path by path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from mintage import metrics as m
from mintage.errors import UsageError

WHOLE = hnp.arrays(float, st.tuples(st.integers(3, 14), st.integers(1, 4)), elements=st.integers(-5, 5).map(float))


def test_a4_a_rising_series_of_ten() -> None:
    test = m.mann_kendall(np.arange(10))
    assert (test.s, test.variance) == (45, 125)
    assert test.z == pytest.approx(44 / np.sqrt(125))
    assert test.z == pytest.approx(3.935, abs=5e-4)
    assert test.p == pytest.approx(2 * stats.norm.sf(3.93548), rel=1e-4)
    assert test.p_rising == pytest.approx(test.p / 2)


@settings(deadline=None)
@given(WHOLE)
def test_s_and_its_variance_equal_the_definition_with_ties(x: np.ndarray) -> None:
    test, n = m.mann_kendall(x), len(x)
    for k in range(x.shape[1]):
        s = sum(np.sign(x[j, k] - x[i, k]) for i in range(n) for j in range(i + 1, n))
        groups = np.unique(x[:, k], return_counts=True)[1]
        assert test.s[k] == s
        assert test.variance[k] * 18 == pytest.approx(n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups))


@settings(deadline=None)
@given(WHOLE)
def test_turning_the_sign_or_the_time_turns_the_test(x: np.ndarray) -> None:
    test = m.mann_kendall(x)
    for turned in (m.mann_kendall(-x), m.mann_kendall(x[::-1])):
        np.testing.assert_array_equal(turned.z, -test.z)
        np.testing.assert_allclose(turned.p, test.p)
    np.testing.assert_allclose(m.theil_sen(-x), -m.theil_sen(x), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(WHOLE, st.floats(0.1, 30))
def test_slopes_of_many_paths_are_scipys_of_each(x: np.ndarray, dt: float) -> None:
    times = np.arange(len(x)) * dt
    np.testing.assert_allclose(m.theil_sen(x, dt), [stats.theilslopes(c, times).slope for c in x.T], rtol=1e-9, atol=1e-12)


def test_more_paths_than_a_block_keep_their_places() -> None:
    slopes = np.linspace(-3, 3, 700)
    np.testing.assert_allclose(m.theil_sen(np.arange(5)[:, None] * slopes), slopes)


def test_infinity_is_the_largest_value_of_the_rank_test_alone() -> None:
    assert m.mann_kendall([1, 2, 3, np.inf, np.inf]).s == 9
    with pytest.raises(UsageError, match="MT421"):
        m.theil_sen([1, 2, np.inf])


def test_a_constant_series_has_no_trend() -> None:
    found = m.trend([3.0] * 9)
    assert (found.slope, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert found.periods == 9


def test_trend_brackets_its_slope_and_sees_a_noisy_rise() -> None:
    x = 0.5 * np.arange(30) + np.random.default_rng(3).normal(size=30)
    found = m.trend(x, dt=2)
    assert found.low < found.slope < found.high
    assert found.slope == pytest.approx(0.25, abs=0.03)
    assert found.slope == pytest.approx(float(m.theil_sen(x, 2)))
    assert found.p_rising < 1e-6 < m.trend(-x).p_rising


@pytest.mark.parametrize(("x", "code"), [([], "MT420"), ([1, np.nan, 2], "MT421"), ([1, 2], "MT424"), (np.ones((4, 2)), "MT423")])
def test_trend_refuses(x: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        m.trend(x)  # type: ignore[arg-type]


def test_ten_thousand_paths_have_the_variance_the_theory_says() -> None:
    test = m.mann_kendall(np.random.default_rng(4).normal(size=(24, 10_000)))
    assert test.s.var() == pytest.approx(float(test.variance[0]), rel=0.05)
    assert (test.p < 0.1).mean() == pytest.approx(0.1, abs=0.015)
