"""The dice: normals are normal, finite at every uniform, and independent within and between blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mintage.noise import BLOCK, Stream, normals


def drawn(steps: int = 400, blocks: int = 8, seed: int = 3) -> np.ndarray:
    """[step, path]"""
    stream = Stream(seed, "law", "normal", 1, 0, blocks)
    return np.array([stream.next()[0] for _ in range(steps)])


def test_the_law_is_the_standard_normal_s():
    z = drawn().ravel()
    n = len(z)
    assert abs(z.mean()) < 4 / n**0.5
    assert abs(z.var() - 1) < 4 * (2 / n) ** 0.5
    assert abs(stats.skew(z)) < 4 * (6 / n) ** 0.5
    assert abs(stats.kurtosis(z)) < 4 * (24 / n) ** 0.5
    assert stats.kstest(z, "norm").pvalue > 1e-3


@pytest.mark.parametrize("beyond", [2.0, 3.0, 4.0])
def test_the_tails_are_as_heavy_as_they_should_be(beyond: float):
    z = drawn(1500)
    expected = 2 * stats.norm.sf(beyond) * z.size
    assert abs((np.abs(z) > beyond).sum() - expected) < 5 * expected**0.5


def test_the_two_of_a_pair_are_independent_and_so_are_steps_and_blocks():
    z = drawn()
    half = BLOCK // 2
    one, two = (z.reshape(len(z), -1, 2, half)[:, :, i].ravel() for i in (0, 1))
    for f in (np.asarray, np.square, np.sign):
        assert abs(np.corrcoef(f(one), f(two))[0, 1]) < 4 / len(one) ** 0.5
    assert abs(np.corrcoef(z[1:].ravel(), z[:-1].ravel())[0, 1]) < 4 / z[1:].size ** 0.5
    assert abs(np.corrcoef(z[:, :BLOCK].ravel(), z[:, BLOCK : 2 * BLOCK].ravel())[0, 1]) < 4 / z[:, :BLOCK].size ** 0.5
    assert stats.kstest(np.arctan2(two, one) / np.pi, stats.uniform(-1, 2).cdf).pvalue > 1e-3


@given(arrays(float, (1, 1, BLOCK), elements=st.floats(0, 1 - 2**-53)))
def test_every_uniform_gives_a_finite_normal_of_the_radius_s_length(u: np.ndarray):
    z = normals(u)
    one, two = z[..., : BLOCK // 2], z[..., BLOCK // 2 :]
    assert np.isfinite(z).all()
    np.testing.assert_allclose(np.hypot(one, two), np.sqrt(-2 * np.log1p(-u[..., : BLOCK // 2])), rtol=1e-6, atol=1e-7)


def test_the_largest_uniform_reaches_the_far_tail():
    u = np.zeros((1, 1, BLOCK))
    u[..., 0] = 1 - 2**-53
    assert normals(u)[0, 0, 0] == pytest.approx(8.57, abs=0.005)


def test_a_block_is_the_same_wherever_it_is_drawn():
    np.testing.assert_array_equal(Stream(3, "law", "normal", 2, 5, 1).next(), Stream(3, "law", "normal", 2, 0, 8).next()[:, 5 * BLOCK : 6 * BLOCK])
