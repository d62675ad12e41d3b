"""Tails: anchors A41 and A43, coverage of the intervals, and the laws of VaR and CVaR."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from mintage import metrics as m
from mintage.errors import UsageError

LOSSES = hnp.arrays(float, st.integers(1, 60), elements=st.floats(-1e6, 1e6))
Q = st.floats(0.01, 0.99)


def normal_grid(n: int) -> np.ndarray:
    return stats.norm.ppf((np.arange(n) + 0.5) / n)


def test_a41_the_normal_law() -> None:
    x = normal_grid(400_000)
    assert m.value_at_risk(x).value == pytest.approx(1.644854, abs=2e-5)
    assert m.conditional_value_at_risk(x).value == pytest.approx(2.062713, abs=2e-5)


def test_a43_wilks() -> None:
    assert m.wilks_runs(0.05, 0.05) == 59
    assert m.wilks_runs(0.01, 0.05) == 299
    assert m.wilks_runs(0.05, 0.05, failures=1) == 93


def test_the_scenario_count_of_campi_and_garatti_is_the_same_law() -> None:
    assert m.wilks_runs(0.05, 1e-6, failures=4) == 459


@given(st.floats(0.001, 0.5), st.floats(1e-6, 0.5), st.integers(0, 5))
def test_wilks_is_the_smallest_number(epsilon: float, beta: float, failures: int) -> None:
    n = m.wilks_runs(epsilon, beta, failures)
    assert stats.binom.cdf(failures, n, epsilon) <= beta < stats.binom.cdf(failures, n - 1, epsilon)


@given(LOSSES, Q)
def test_cvar_is_at_least_var_and_at_most_the_worst(x: np.ndarray, q: float) -> None:
    var, cvar = m.value_at_risk(x, q), m.conditional_value_at_risk(x, q)
    assert var.low <= var.value <= var.high
    assert cvar.low <= cvar.value <= cvar.high
    assert var.value <= cvar.value <= x.max() + 1e-6


@given(LOSSES, Q, st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_both_follow_a_shift_and_a_scale(x: np.ndarray, q: float, shift: float, scale: float) -> None:
    for measure in (m.value_at_risk, m.conditional_value_at_risk):
        assert measure(scale * x + shift, q).value == pytest.approx(scale * measure(x, q).value + shift, rel=1e-6, abs=1e-3)


@given(st.integers(2, 40), st.data())
def test_cvar_does_not_punish_diversification(n: int, data: st.DataObject) -> None:
    a, b = (data.draw(hnp.arrays(float, n, elements=st.floats(-1e3, 1e3))) for _ in range(2))
    both = m.conditional_value_at_risk(a + b, 0.9).value
    assert both <= m.conditional_value_at_risk(a, 0.9).value + m.conditional_value_at_risk(b, 0.9).value + 1e-6


def test_cvar_splits_an_atom() -> None:
    x = np.array([0.0] * 90 + [10.0] * 10)  # worst 20 %: half tens, half zeros
    assert m.value_at_risk(x, 0.8).value == 0
    assert m.conditional_value_at_risk(x, 0.8).value == pytest.approx(5)
    assert m.value_at_risk(x, 0.95).value == m.conditional_value_at_risk(x, 0.95).value == 10


def test_the_quantile_interval_covers_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(6), 0
    for _ in range(800):
        found = m.quantile_interval(rng.exponential(size=200), 0.9, 0.9)
        hits += found.low <= -math.log(0.1) <= found.high
    assert 0.88 <= hits / 800 <= 0.96


def test_the_cvar_interval_covers_nearly_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(7), 0
    for _ in range(800):
        found = m.conditional_value_at_risk(rng.normal(size=2000), 0.95, 0.9)
        hits += found.low <= 2.062713 <= found.high
    assert 0.85 <= hits / 800 <= 0.94


def test_a_sample_too_small_for_an_end_says_so() -> None:
    assert m.quantile_interval(np.arange(10.0), 0.99, 0.9).high == math.inf
    assert m.quantile_interval(np.arange(10.0), 0.01, 0.9).low == -math.inf
    few = m.conditional_value_at_risk(np.arange(50.0), 0.95)
    assert (few.low, few.high) == (47, math.inf)
    assert m.conditional_value_at_risk(np.arange(200.0), 0.95).high < math.inf


def test_order_statistics_by_hand() -> None:
    found = m.quantile_interval(np.arange(1.0, 101), 0.5, 0.9)
    assert found == (50, 42, 59)  # P(42 <= Bin(100, 1/2) <= 58) = 0.911


def test_no_failure_in_59_runs_is_not_no_failure_probability() -> None:
    assert m.failure_interval(0, 59, 0.9) == (0, 0, pytest.approx(0.0495, abs=5e-4))
    assert m.failure_interval(10, 10, 0.9).high == 1
    assert m.failure_interval(5, 10, 0.9) == (0.5, pytest.approx(0.2224, abs=5e-4), pytest.approx(0.7776, abs=5e-4))


@pytest.mark.parametrize(("x", "q", "code"), [([], 0.5, "MT420"), ([np.nan], 0.5, "MT421"), ([1.0], 0, "MT422"), ([1.0], 1, "MT422"), ([1.0], 95, "MT422")])
@pytest.mark.parametrize("measure", [m.value_at_risk, m.conditional_value_at_risk])
def test_refuses(measure: object, x: list[float], q: float, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        measure(x, q)  # type: ignore[operator]


def test_refuses_what_no_number_of_runs_can_show() -> None:
    for epsilon in (0, 1e-12, 1):
        with pytest.raises(UsageError, match="MT422"):
            m.wilks_runs(epsilon, 0.05)
    with pytest.raises(UsageError, match="MT422"):
        m.failure_interval(3, 2)
