"""Controllers: anchors A10, A11 and A12."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage import metrics as m
from mintage.errors import UsageError


def test_a10_fee_multiplier() -> None:
    assert m.fee_multiplier(1 / 8, 1) == 0.875
    assert m.fee_multiplier(1 / 8, 16) == -1  # marginal


@pytest.mark.parametrize("elasticity", [0.5, 1, 4])
def test_the_multiplier_is_the_slope_of_the_iteration(elasticity: float) -> None:
    fee, shift = 1.0, 1e-6

    def step(b: float) -> float:
        return b * (1 + (b**-elasticity - 1) / 8)

    slope = (step(fee + shift) - step(fee - shift)) / (2 * shift)
    assert m.fee_multiplier(1 / 8, elasticity) == pytest.approx(slope, abs=1e-6)


def test_a11_inflation_towards_a_staking_goal() -> None:
    speed, rate = m.goal_inflation(0.13, 0.84, 0.67, 1.0, 0.07, 0.20, dt=0.1)
    assert speed == pytest.approx(-0.2537, abs=5e-5)
    assert rate == pytest.approx(0.13 - 0.02537, abs=1e-5)


def test_inflation_rests_at_goal_or_at_a_bound() -> None:
    assert m.goal_inflation(0.13, 0.67, 0.67, 1.0, 0.07, 0.20, 5)[1] == pytest.approx(0.13)
    assert m.goal_inflation(0.13, [0.1, 0.9], 0.67, 1.0, 0.07, 0.20, 5)[1].tolist() == [0.20, 0.07]


def test_a12_a_step_wider_than_the_band_cycles_for_ever() -> None:
    np.testing.assert_allclose(m.band_path(0.495, 0.5, 0.8, 0.31, 6), [0.495, 0.805] * 3 + [0.495])
    np.testing.assert_allclose(m.band_path(0.495, 0.5, 0.8, 0.30, 6), [0.495] + [0.795] * 6)


def test_the_edges_belong_to_the_band() -> None:
    assert m.band_path(0.8, 0.5, 0.8, 0.1, 1)[1] == 0.8
    assert m.band_path(0.5, 0.5, 0.8, 0.1, 1)[1] == 0.5


@given(st.floats(0, 1), st.floats(0.01, 0.299))
def test_a_step_narrower_than_the_band_always_comes_to_rest(start: float, effect: float) -> None:
    path = m.band_path(start, 0.5, 0.8, effect, 60)
    assert 0.5 <= path[-1] <= 0.8
    assert path[-1] == path[-2]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: m.fee_multiplier(0, 1), "MT422"),
        (lambda: m.goal_inflation(0.1, 1.2, 0.67, 1, 0.07, 0.2), "MT422"),
        (lambda: m.goal_inflation(0.1, 0.5, 0.67, 1, 0.2, 0.07), "MT422"),
        (lambda: m.band_path(0.5, 0.8, 0.5, 0.1, 3), "MT422"),
        (lambda: m.band_path(np.nan, 0.5, 0.8, 0.1, 3), "MT421"),
    ],
)
def test_refuses(call: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        call()  # type: ignore[operator]
