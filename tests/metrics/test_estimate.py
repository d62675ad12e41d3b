"""The mean with Student's interval: by hand, its coverage, and one path."""

from __future__ import annotations

import numpy as np
import pytest

from mintage import metrics as m
from mintage.errors import UsageError


def test_by_hand() -> None:
    half = 2.919986 / np.sqrt(3)  # t at 95 % with two degrees of freedom
    assert m.mean_estimate([1, 2, 3]) == pytest.approx((2, 2 - half, 2 + half), abs=1e-6)


def test_covers_as_often_as_it_says() -> None:
    samples = np.random.default_rng(15).normal(3, 2, (1500, 12))
    hits = [e.low <= 3 <= e.high for e in map(m.mean_estimate, samples)]
    assert np.mean(hits) == pytest.approx(0.9, abs=0.025)


def test_one_path_bounds_nothing() -> None:
    assert m.mean_estimate([4]) == (4, -np.inf, np.inf)


def test_refuses() -> None:
    for x, level, code in (([], 0.9, "MT420"), ([np.nan, 1], 0.9, "MT421"), ([1, 2], 90, "MT422")):
        with pytest.raises(UsageError, match=code):
            m.mean_estimate(x, level)
