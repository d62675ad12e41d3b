"""Supply: anchor A1, unlocks, insiders and the growth of the float."""

from __future__ import annotations

import numpy as np
import pytest

from mintage import metrics as m
from mintage.errors import UsageError

# A1: the articles' own numbers on TAO, undated there: price 250 USD, 10.83 M circulating, 3,600 a day, cap "2.75 to 2.82 bn".


def test_a1_the_articles_cap_of_tao_does_not_fit_price_times_supply() -> None:
    for declared, gap in ((2.75e9, 0.0157), (2.82e9, 0.0416)):
        found = m.cap_consistency(declared, 250, 10.83e6)
        assert found.implied == pytest.approx(2.7075e9)
        assert found.gap == pytest.approx(gap, abs=5e-5)
        assert not found.within
        assert m.cap_consistency(declared, 250, 10.83e6, tolerance=0.05).within


def test_a1_a_years_emission() -> None:
    assert m.annual_issuance(3600, 10.83e6) == pytest.approx(0.121, abs=5e-4)
    assert m.market_cap(250, 3600 * 365) == pytest.approx(328.5e6)
    assert m.annual_issuance(0, 0) == 0


def test_a_cap_too_low_is_as_wrong_as_one_too_high() -> None:
    assert not m.cap_consistency(0.98e6, 1, 1e6).within
    assert m.cap_consistency(0.995e6, 1, 1e6).within


def test_unlocks() -> None:
    assert m.unlock_days_of_volume([10, 10, 0], [4, 0, 0]).tolist() == [2.5, np.inf, 0]
    assert m.mean_time_to_unlock([0, 365, 730], [1, 1, 2]) == pytest.approx(365 * 5 / 4)
    assert m.mean_time_to_unlock([10, 20], [0, 0]) == 0


def test_insiders_cannot_hold_more_than_all() -> None:
    assert m.insider_share([20, 0], [100, 0]).tolist() == [0.2, 0]
    with pytest.raises(UsageError, match="MT422"):
        m.insider_share(101, 100)


@pytest.mark.parametrize("dt", [1.0, 7.0, 30.0, 90.0])
def test_steady_growth_is_the_same_a_month_whatever_the_step(dt: float) -> None:
    days = np.arange(0, 730, dt)
    growth = m.monthly_float_growth((1.02 ** (days / (365 / 12)))[:, None] * np.array([1, 5]), dt)
    np.testing.assert_allclose(growth, 0.02, rtol=1e-9)


def test_the_worst_month_shows_a_cliff() -> None:
    supply = np.where(np.arange(90) < 60, 100.0, 150.0)
    growth = m.monthly_float_growth(supply)
    assert growth.max() == pytest.approx(0.5, abs=0.01)
    assert growth[0] == 0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: m.cap_consistency(1, 0, 1), "MT422"),
        (lambda: m.mean_time_to_unlock([1], [1, 2]), "MT423"),
        (lambda: m.monthly_float_growth(np.ones(10)), "MT424"),
        (lambda: m.monthly_float_growth(np.zeros(60)), "MT422"),
        (lambda: m.unlock_days_of_volume([np.nan], [1]), "MT421"),
        (lambda: m.insider_share([], []), "MT420"),
    ],
)
def test_refuses(call: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        call()  # type: ignore[operator]
