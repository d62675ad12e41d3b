"""Market metrics: anchors A5 and A6, and the laws of volatility and drawdown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mintage import metrics as m
from mintage.errors import UsageError

PRICES = hnp.arrays(float, st.tuples(st.integers(3, 12), st.integers(1, 4)), elements=st.floats(0.01, 1e6))


def test_a5_loss_versus_rebalancing_in_basis_points_a_day() -> None:
    assert m.loss_versus_rebalancing(0.05) * 1e4 == pytest.approx(3.125)


def test_a6_impermanent_loss() -> None:
    np.testing.assert_allclose(m.impermanent_loss([2, 4, 1]) * 100, [-5.719, -20, 0], atol=5e-4)


@given(st.floats(1e-6, 1e6))
def test_impermanent_loss_is_a_loss_and_the_same_both_ways(r: float) -> None:
    assert m.impermanent_loss(r) <= 0
    assert m.impermanent_loss(r) == pytest.approx(float(m.impermanent_loss(1 / r)), rel=1e-6, abs=1e-15)


def test_fifteen_per_cent_over_half_a_year_is_21_a_year() -> None:
    assert m.annualised(0.15, 365 / 2) == pytest.approx(0.212132, abs=1e-6)


def test_realised_volatility_of_an_alternating_price() -> None:
    price = np.exp(np.array([[0, 0], [0.1, 0.2], [0, 0], [0.1, 0.2], [0, 0]]))
    daily = np.std([0.1, -0.1, 0.1, -0.1], ddof=1)
    np.testing.assert_allclose(m.realised_volatility(price), np.sqrt(365) * daily * np.array([1, 2]))
    np.testing.assert_allclose(m.realised_volatility(price, 7), np.sqrt(365 / 7) * daily * np.array([1, 2]))


@settings(deadline=None)
@given(PRICES, st.floats(0.01, 100))
def test_volatility_and_drawdown_do_not_know_the_currency(price: np.ndarray, scale: float) -> None:
    np.testing.assert_allclose(m.realised_volatility(price * scale), m.realised_volatility(price), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(m.max_drawdown(price * scale), m.max_drawdown(price), atol=1e-12)


@settings(deadline=None)
@given(PRICES)
def test_drawdown_is_a_share_and_never_shrinks_as_the_path_goes_on(price: np.ndarray) -> None:
    d = m.drawdown(price)
    assert ((d >= 0) & (d < 1)).all()
    assert (d[0] == 0).all()
    assert (m.max_drawdown(price) >= m.max_drawdown(price[:-1])).all()


def test_drawdown_of_each_path() -> None:
    np.testing.assert_allclose(m.max_drawdown([[1, 4], [2, 2], [1, 3], [3, 1]]), [0.5, 0.75])
    np.testing.assert_allclose(m.drawdown([0, 0, 2, 0]), [0, 0, 0, 1])


def test_values_turnover_and_velocity() -> None:
    assert m.market_cap(250, 10.83e6) == pytest.approx(2.7075e9)
    assert m.fully_diluted_value(250, 21e6) == pytest.approx(5.25e9)
    assert m.velocity(500_000, 5, 2e6) == pytest.approx(1 / 20)
    assert m.turnover([0, 5], [0, 0]).tolist() == [0, np.inf]
    assert m.real_yield(0.16, 0.12) == pytest.approx(0.04)


def test_float_is_what_is_left_and_cannot_be_less_than_nothing() -> None:
    assert m.free_float(10.83e6, 0.7 * 10.83e6) == pytest.approx(3.249e6)  # TAO: about 3.25 M when 70 % is staked
    assert m.free_float([10, 10], [4, 5], [6, 1]).tolist() == [0, 4]
    with pytest.raises(UsageError, match="MT422 free float"):
        m.free_float(10, 6, 5)


@pytest.mark.parametrize(
    ("prices", "code"), [([], "MT420"), ([1, np.nan, 2], "MT421"), ([1, np.inf, 2], "MT421"), ([1, 0, 2], "MT422"), ([1, -1, 2], "MT422"), ([1, 2], "MT424")]
)
def test_volatility_refuses_what_has_none(prices: list[float], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        m.realised_volatility(prices)
