"""Retention and stickiness: the two ends, one by hand, and paths apart."""

from __future__ import annotations

import numpy as np
import pytest

from mintage import metrics as m
from mintage.errors import UsageError


def test_all_stay_or_none_does() -> None:
    stay, once = np.ones((12, 3)), np.eye(12)
    assert m.retention(stay, 4) == 1
    assert m.stickiness(stay, 6) == 1
    assert m.retention(once, 1) == 0
    assert m.stickiness(once, 6) == pytest.approx(1 / 6)


def test_one_by_hand() -> None:
    active = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 1], [0, 0, 0]])
    assert m.retention(active, 1) == pytest.approx(3 / 6)  # pairs kept 1, 2, 0 of 2, 2, 2
    assert m.retention(active, 2) == pytest.approx(1 / 4)
    assert m.stickiness(active, 2) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_paths_are_apart_and_nobody_is_zero() -> None:
    active = np.zeros((6, 2, 2))
    active[:, :, 1] = 1
    assert m.retention(active, 2).tolist() == [0, 1]
    assert m.stickiness(active, 3).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("active", "code"),
    [(np.ones((2, 2)), "MT424"), (np.ones(9), "MT423"), (np.full((9, 2), 2.0), "MT422"), (np.empty((0, 2)), "MT420"), (np.full((9, 2), np.nan), "MT421")],
)
def test_refuses(active: np.ndarray, code: str) -> None:
    for metric in (m.retention, m.stickiness):
        with pytest.raises(UsageError, match=code):
            metric(active, 5)
