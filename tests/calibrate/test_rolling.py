"""Rolling forecasts: an interval that is right covers, one that is too narrow is widened to what was lacking, scores are the definitions'."""

from __future__ import annotations

import numpy as np
import pytest

from mintage.calibrate.rolling import NORMAL90, Forecast, backtest, pinball, random_walk, reach


def white(narrow: float, rows: int = 1500, missing: int | None = None) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Independent normals, and futures whose spread is `narrow` of the true one."""
    rng = np.random.default_rng(11)
    y = rng.standard_normal(rows)
    if missing is not None:
        y[missing] = np.nan
    return y, {k: narrow * rng.standard_normal((3, 1000)) for k in range(20, rows)}


def test_intervals_with_the_true_spread_cover_eighty_percent():
    test = backtest(*white(1.0), summed=True)
    assert test.origins == 1480
    assert test.coverage_all == pytest.approx(0.8, abs=0.04)
    assert test.coverage[1] == pytest.approx(0.8, abs=0.05)
    assert test.widen < 1.1
    assert test.total_origins == 1478
    assert test.total_coverage == pytest.approx(0.8, abs=0.05)


def test_intervals_half_as_wide_are_widened_twofold():
    test = backtest(*white(0.5), summed=False)
    assert test.coverage_all == pytest.approx(0.478, abs=0.06)  # 2 Phi(0.6408) - 1
    assert test.widen == pytest.approx(2, rel=0.12)
    assert np.isnan(test.total_coverage)


def test_missing_rows_are_not_scored():
    y, draws = white(1.0, 60, missing=50)
    whole = backtest(*white(1.0, 60), summed=True)
    test = backtest(y, draws, summed=True)
    assert test.total_origins == whole.total_origins - 3
    assert np.isfinite([test.pinball, test.pinball_random_walk, test.coverage_all]).all()


def test_reach_is_one_at_either_end_of_the_interval():
    q = np.array([[-1.0, -1, -1, -1], [0, 0, 0, 0], [3, 3, 3, 3]])
    assert reach(Forecast(q, np.array([-1.0, 3, 6, 0]))).tolist() == [1, 1, 2, 0]


def test_pinball_loss_by_hand():
    f = Forecast(np.array([[-1.0], [0.0], [1.0]]), np.array([2.0]))
    assert pinball({1: f}) == pytest.approx((0.1 * 3 + 0.5 * 2 + 0.9 * 1) / 3)


def test_a_random_walk_spreads_with_the_root_of_time_from_the_last_known_value():
    low, middle, high = random_walk(np.array([0.0, 1, 0, 1, 0, 1, 3, np.nan]), 4)  # steps 1 -1 1 -1 1 2: median 1, its deviations' median 0.5
    assert middle.tolist() == [3] * 4
    assert (high - middle).tolist() == pytest.approx([NORMAL90 * 1.4826 * 0.5 * h**0.5 for h in (1, 2, 3, 4)])
    assert np.allclose(middle - low, high - middle)
