"""The sketch keeps its error bound, forgets the order of what it saw, and stays small."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import UsageError
from mintage.sketch import QuantileSketch

FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
LEVELS = np.array([0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1])


def sketch_of(values: object, alpha: float = 0.001) -> QuantileSketch:
    sketch = QuantileSketch(alpha)
    sketch.add(np.asarray(values, float))
    return sketch


@settings(deadline=None, max_examples=80)
@given(st.lists(FINITE, min_size=1, max_size=60), st.sampled_from([0.0001, 0.001, 0.01, 0.2]))
def test_every_order_statistic_is_within_alpha(values: list[float], alpha: float) -> None:
    ranks = np.arange(len(values)) / max(len(values) - 1, 1)
    exact = np.sort(np.array(values) / 2)  # halves: interpolating between the extreme floats must not overflow
    found = sketch_of(exact, alpha).quantile(ranks)
    near = np.maximum(np.abs(exact), np.maximum(np.abs(np.roll(exact, 1)), np.abs(np.roll(exact, -1))))  # k/(n-1) may round to a neighbour
    assert (np.abs(found - exact) <= alpha * np.abs(exact) * (1 + 1e-9) + 1e-11 * near + 1e-307).all()


def test_agrees_with_numpy_on_a_large_sample() -> None:
    x = np.random.default_rng(1).lognormal(3, 2, 20_000)
    np.testing.assert_allclose(sketch_of(x).quantile(LEVELS), np.quantile(x, LEVELS), rtol=0.001)


def test_zeros_and_negatives_keep_their_places() -> None:
    x = np.concatenate((-np.arange(1.0, 41), np.zeros(20), np.arange(1.0, 41)))
    found = sketch_of(x).quantile(LEVELS)
    np.testing.assert_allclose(found, np.quantile(x, LEVELS), rtol=0.001)
    assert found[4] == 0
    assert found[0] == -40
    assert found[-1] == 40


def test_a_scalar_quantile_has_no_axis_and_one_value_is_itself() -> None:
    assert sketch_of([7.5]).quantile(0.3) == 7.5
    assert sketch_of([7.5]).quantile(0.3).shape == ()


def test_the_largest_floats_do_not_overflow() -> None:
    assert sketch_of([1.7e308, 1.7e308]).quantile(0.5) == 1.7e308


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(FINITE, max_size=8), min_size=1, max_size=6), st.randoms())
def test_any_order_of_merging_gives_identical_counts(chunks: list[list[float]], rng: object) -> None:
    whole = sketch_of([v for c in chunks for v in c])
    parts = [sketch_of(c) for c in chunks]
    rng.shuffle(parts)  # type: ignore[attr-defined]
    merged = QuantileSketch()
    for part in parts:
        merged.merge(part)
    assert np.array_equal(merged.keys, whole.keys)
    assert np.array_equal(merged.counts, whole.counts)
    assert (merged.low, merged.high, merged.count) == (whole.low, whole.high, whole.count)


def test_memory_is_bounded_by_the_range_and_not_by_the_number_of_values() -> None:
    sketch, rng = QuantileSketch(), np.random.default_rng(2)
    for _ in range(20):
        sketch.add(rng.uniform(1, 1000, 10_000))
    assert sketch.count == 200_000
    assert len(sketch.keys) <= np.log(1000) / sketch.width + 2


def test_crosses_a_process_border_whole() -> None:
    there = pickle.loads(pickle.dumps(sketch_of([-1.0, 0.0, 2.0])))
    assert there.count == 3
    assert there.quantile(1) == 2


def test_adding_nothing_changes_nothing() -> None:
    sketch = sketch_of([1.0, 2.0])
    sketch.add(np.empty(0))
    sketch.merge(QuantileSketch())
    assert sketch.count == 2
    assert sketch.quantile(1) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_what_is_not_finite(bad: float) -> None:
    with pytest.raises(UsageError, match="MT421"):
        sketch_of([1.0, bad])


def test_refuses_wrong_use() -> None:
    with pytest.raises(UsageError, match="MT420"):
        QuantileSketch().quantile(0.5)
    for q in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match="MT422"):
            sketch_of([1.0]).quantile(q)
    for alpha in (0.0, 1.0, float("nan")):
        with pytest.raises(UsageError, match="MT422"):
            QuantileSketch(alpha)
    with pytest.raises(UsageError, match="MT423"):
        sketch_of([1.0]).merge(QuantileSketch(0.01))
