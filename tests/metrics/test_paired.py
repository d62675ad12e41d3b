"""Paired differences: common random numbers take variance away, and the interval knows it."""

from __future__ import annotations

import numpy as np
import pytest

from mintage import metrics as m
from mintage.errors import UsageError


def test_common_noise_cancels() -> None:
    rng = np.random.default_rng(13)
    noise = rng.normal(size=2000)
    a, b = noise, noise + 0.1 + 0.05 * rng.normal(size=2000)
    found = m.paired_difference(a, b, 0.99)
    assert found.variance < 0.01 * found.variance_unpaired
    assert found.gain > 0.99
    assert found.difference.low < 0.1 < found.difference.high
    apart = m.paired_difference(a, rng.permutation(b), 0.99)
    assert abs(apart.gain) < 0.1
    assert apart.difference.high - apart.difference.low > 10 * (found.difference.high - found.difference.low)


def test_students_interval_by_hand() -> None:
    found = m.paired_difference([0, 0, 0], [1, 2, 3], 0.95)
    assert found.difference == (2, pytest.approx(2 - 4.302653 / np.sqrt(3)), pytest.approx(2 + 4.302653 / np.sqrt(3)))
    assert (found.variance, found.variance_unpaired) == (1, 1)
    assert m.paired_difference([0, 4], [1, 3]).variance_unpaired == 8 + 2


def test_turning_the_designs_turns_the_sign() -> None:
    a, b = np.random.default_rng(14).normal(size=(2, 50))
    there, back = m.paired_difference(a, b).difference, m.paired_difference(b, a).difference
    assert there == pytest.approx((-back.value, -back.high, -back.low))


def test_opposite_noise_makes_pairing_a_loss_and_no_noise_gains_nothing() -> None:
    x = np.arange(10.0)
    assert m.paired_difference(x, -x).gain == pytest.approx(-1)
    assert m.paired_difference(np.ones(4), np.ones(4)).gain == 0


@pytest.mark.parametrize(("a", "b", "code"), [([1], [2], "MT424"), ([1, 2], [1, 2, 3], "MT423"), ([1, np.nan], [1, 2], "MT421"), ([], [], "MT420")])
def test_refuses(a: list[float], b: list[float], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        m.paired_difference(a, b)
