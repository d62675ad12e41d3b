"""Sustainability: anchors A3 and A7, parity on paths, and what happens without revenue."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mintage import metrics as m
from mintage.errors import UsageError

RHO = 52 / 2.4


def test_the_ratio_of_the_articles_subnet() -> None:
    assert m.emission_ratio(52, 2.4) == pytest.approx(21.667, abs=5e-4)


def test_a3_parity_smooth_and_stepped() -> None:
    assert m.parity_closed_form(RHO, 0, 4) == pytest.approx(17.75, abs=0.005)
    assert m.parity_closed_form(RHO, math.log(1.5), 4) == pytest.approx(5.314, abs=5e-4)
    assert m.parity_stepped(RHO, math.log(1.5), 4) == pytest.approx(5.876, abs=5e-4)


def test_parity_at_the_ends() -> None:
    for form in (m.parity_closed_form, m.parity_stepped):
        assert form(0.9, 0.1, 4) == 0
        assert form(10, -1, 4) == math.inf
    assert m.parity_stepped(8, 0, 4) == 12
    assert m.parity_stepped(3, -0.05, 4) == 12  # three halvings outrun a shrinking revenue


@given(st.floats(1.01, 500), st.floats(-0.1, 2), st.floats(0.5, 10))
def test_stepped_parity_is_the_first_time_the_ratio_is_at_most_one(rho: float, g: float, halving: float) -> None:
    t = m.parity_stepped(rho, g, halving)
    assume(t < 1e4)

    def log_ratio(at: float, era: int) -> float:
        return math.log(rho) - g * at - era * math.log(2)

    assert log_ratio(t, math.floor(t / halving + 1e-9)) <= 1e-6
    just = t * (1 - 1e-6)
    assert log_ratio(just, math.floor(just / halving)) > 0
    assert t >= m.parity_closed_form(rho, g, halving) * (1 - 1e-9)  # steps come later than the smooth curve


def test_parity_time_of_each_path() -> None:
    revenue = np.array([[0, 5, 0, 0], [2, 0, 3, 0], [0, 5, 3, 0], [2, 5, 3, 0]])
    emission = np.ones((4, 4))
    assert m.parity_time(emission, revenue, 7).tolist() == [21, 14, 7, np.inf]
    assert m.parity_time(emission, revenue, 7, stays=False).tolist() == [7, 0, 7, np.inf]


def test_zero_revenue_is_infinite_and_zero_emission_is_zero() -> None:
    assert m.emission_ratio([1, 0, 0], [0, 0, 2]).tolist() == [np.inf, 0, 0]
    assert m.subsidy([3, 1], [1, 2]).tolist() == [2, -1]


def test_a7_burn_mint_equilibrium() -> None:
    assert m.burn_mint_steady_state(500_000, 100_000, 20) == (2e6, 5)
    assert m.burn_mint_supply(3e6, 100_000, 20, 10) == pytest.approx(2_598_736.9, abs=0.05)
    assert m.burn_mint_half_life(20) == pytest.approx(13.51, abs=0.005)
    capped = m.burn_mint_steady_state(500_000, 100_000, 20, remint=30_000)
    assert capped.supply == pytest.approx(2.6e6)
    assert capped.price == pytest.approx(3.846, abs=5e-4)


def test_the_closed_form_keeps_the_flow_identity_and_rests_at_the_steady_state() -> None:
    supply = m.burn_mint_supply(3e6, 100_000, 20, np.arange(12))
    price = 20 * 500_000 / supply[:-1]
    spend, mint = np.full(11, 500_000.0), np.full(11, 100_000.0)
    np.testing.assert_allclose(m.burn_mint_residual(supply, price, spend, mint), 0, atol=1e-8)
    lost = supply - np.arange(12) * 7  # a leak of seven tokens an epoch must show
    np.testing.assert_allclose(m.burn_mint_residual(lost, price, spend, mint), -7, atol=1e-8)
    assert m.burn_mint_supply(2e6, 100_000, 20, 500) == pytest.approx(2e6)


def test_the_half_life_halves() -> None:
    gap = m.burn_mint_supply(3e6, 100_000, 20, [0, m.burn_mint_half_life(20)]) - 2e6
    assert gap[1] == pytest.approx(gap[0] / 2)


def test_runway() -> None:
    assert m.runway([100, 100, 0], [10, 10, 1], [5, 10, 0]).tolist() == [20, np.inf, 0]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: m.emission_ratio([], []), "MT420"),
        (lambda: m.emission_ratio([np.nan], [1]), "MT421"),
        (lambda: m.emission_ratio([-1], [1]), "MT422"),
        (lambda: m.parity_time([1, 2], [1]), "MT423"),
        (lambda: m.parity_closed_form(0, 0.1, 4), "MT422"),
        (lambda: m.burn_mint_steady_state(1, 0, 20), "MT422"),
        (lambda: m.burn_mint_residual([1, 2], [0], [1], [1]), "MT422"),
        (lambda: m.burn_mint_residual([1, 2, 3], [1], [1], [1]), "MT423"),
    ],
)
def test_refuses(call: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        call()  # type: ignore[operator]
