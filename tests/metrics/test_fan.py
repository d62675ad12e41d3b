"""Fans: ordered bands, mean apart from median, nothing else accepted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mintage import metrics as m
from mintage.errors import UsageError


@given(hnp.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 30)), elements=st.floats(-1e6, 1e6)), st.randoms())
def test_bands_are_ordered_inside_the_paths_and_blind_to_their_order(x: np.ndarray, rng: object) -> None:
    order = list(range(x.shape[1]))
    rng.shuffle(order)  # type: ignore[attr-defined]
    found = m.fan(x)
    slack = 1e-9 * (1 + np.abs(x).max())
    assert (np.diff(found.quantiles, axis=0) >= -slack).all()
    assert (found.quantiles[0] >= x.min(axis=1) - slack).all()
    assert (found.quantiles[-1] <= x.max(axis=1) + slack).all()
    np.testing.assert_array_equal(m.fan(x[:, order]).quantiles, found.quantiles)


def test_median_and_mean_of_multiplicative_noise_differ_by_half_the_variance() -> None:
    found = m.fan(np.random.default_rng(12).lognormal(0, 0.8, (2, 40_000)))
    np.testing.assert_allclose(np.log(found.mean / found.quantiles[2]), 0.32, atol=0.03)
    assert found.quantiles.shape == (5, 2)
    assert found.levels == (0.05, 0.25, 0.5, 0.75, 0.95)


@pytest.mark.parametrize(
    ("x", "levels", "code"), [([1, 2], (0.5,), "MT423"), ([[1, np.nan]], (0.5,), "MT421"), ([[1]], (50,), "MT422"), ([[]], (0.5,), "MT420")]
)
def test_refuses(x: object, levels: tuple[float, ...], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        m.fan(x, levels)  # type: ignore[arg-type]
