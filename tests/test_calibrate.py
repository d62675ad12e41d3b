"""Calibration: known parameters come back, odd rows do little, intervals cover what they say."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from mintage import data
from mintage.calibrate import backtest, calibrate, fit, logs
from mintage.errors import UsageError


def series(seed: int, n: int = 300, walk: float = 0.1, noise: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 10 + np.cumsum(walk * rng.standard_normal(n)) + noise * rng.standard_normal(n)


@pytest.fixture(scope="module")
def render():
    return calibrate()


@pytest.mark.parametrize(("walk", "noise"), [(0.1, 0.3), (0.2, 0.2), (0.05, 0.2)])
def test_known_parameters_come_back(walk, noise):
    """A Student likelihood on normal data scales both by one factor (about 0.8); a noise far below the walk can not be told from it."""
    found = [fit(series(s, walk=walk, noise=noise)) for s in range(6)]
    assert np.median([f.walk / f.noise for f in found]) == pytest.approx(walk / noise, rel=0.3)
    assert np.median([f.walk for f in found]) == pytest.approx(walk, rel=0.35)
    assert np.median([f.noise for f in found]) == pytest.approx(noise, rel=0.35)


def test_five_percent_of_absurd_rows_move_the_fit_little_and_are_flagged():
    clean = series(1)
    odd = clean.copy()
    rows = np.arange(20, 300, 20)
    odd[rows] += np.where(np.arange(len(rows)) % 2, 6.0, -6.0)
    a, b = fit(clean), fit(odd)
    assert {int(r) + 1 for r in rows} <= set(b.flagged)
    assert abs(b.level - a.level) < 0.25
    assert b.noise < 1.8 * a.noise and b.walk < 1.8 * a.walk


def test_intervals_of_rolling_forecasts_cover_eighty_percent_of_normal_data():
    tests = [backtest(series(s, 60), 6) for s in range(5)]
    covered = [t.coverage_all for t in tests]
    assert 0.62 < np.mean(covered) < 0.92
    assert all(t.widen >= 1 for t in tests)


def test_render_is_fitted_flagged_and_forecast_from_its_84_weeks_alone(render):
    found = render
    assert found.demand.rows == found.price.rows == 84
    assert {54, 55} <= set(found.price.flagged)  # the weeks whose implied price is far from its neighbours'
    assert found.demand_test.pinball < found.demand_test.pinball_random_walk
    assert found.price_test.pinball < found.price_test.pinball_random_walk
    assert 0.70 <= found.demand_test.coverage_all <= 0.90
    ahead = found.forecast(13)
    assert len(ahead["price"]) == 13
    for rows in ahead.values():
        for row in rows:
            assert 0 < row["q10"] < row["q50"] < row["q90"]
    widths = [np.log(r["q90"] / r["q10"]) for r in ahead["burned_fiat"]]
    assert widths[-1] > widths[0]
    assert found.forecast(13) == ahead and found.forecast(13, seed=2) != ahead


def test_the_overlay_turns_weekly_steps_into_yearly_volatility_and_burn_into_demand(render):
    found, overlay = render, render.overlay()
    assert float(overlay["price.volatility"]) == pytest.approx(found.price.walk * (365 / 7) ** 0.5, rel=1e-4)
    assert float(overlay["signals.demand_level.start"]) == pytest.approx(np.exp(found.demand.level) / 0.95 / 7, rel=1e-4)
    assert all(isinstance(v, Decimal) for v in overlay.values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"burned_usd": [1.0] * 5}, "MT431"),
        ({"burned_usd": [0.0] * 84}, "MT432"),
        ({"burned_usd": [None] * 84}, "MT432"),
        ({"burned_usd": ["x"] * 84}, "MT432"),
        ({"burned_usd": [float("inf")] * 84}, "MT432"),
    ],
)
def test_bad_records_are_refused_in_words(change, code):
    with pytest.raises(UsageError, match=code):
        calibrate({**data.read("render_bme_weekly"), **change})


def test_an_unknown_column_and_an_absurd_horizon_are_refused(render):
    with pytest.raises(UsageError, match="MT430"):
        calibrate({"a": [1.0]})
    with pytest.raises(UsageError, match="MT433"):
        render.forecast(0)


def test_logs_are_logs():
    assert np.allclose(logs({"x": [np.e] * 30}, "x"), 1)
