"""Concentration: the equal and the single holder, the anchors of a foundation, and the laws of an inequality index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mintage import metrics as m
from mintage.errors import UsageError

FOUNDATION = np.array([42, 10, 8, 6, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 2])
HOLDINGS = hnp.arrays(float, st.integers(1, 30), elements=st.floats(0.001, 1e9))
INDICES = (m.gini, m.herfindahl, m.effective_number, m.nakamoto)


def test_a29_a_foundation_of_42_per_cent() -> None:
    assert m.gini(FOUNDATION) == pytest.approx(0.5053, abs=5e-5)
    assert m.herfindahl(FOUNDATION) == pytest.approx(0.2078, abs=5e-5)
    assert m.nakamoto(FOUNDATION) == 2


@pytest.mark.parametrize("n", [1, 2, 20, 51])
def test_equal_holders_and_one_holder(n: int) -> None:
    equal, one = np.full(n, 0.1), np.eye(n)[0]
    assert m.gini(equal) == pytest.approx(0, abs=1e-12)
    assert m.gini(one) == pytest.approx(1 - 1 / n)
    assert m.herfindahl(equal) == pytest.approx(1 / n)
    assert m.effective_number(equal) == pytest.approx(n)
    assert m.nakamoto(equal) == n // 2 + 1
    assert m.nakamoto(one) == 1


def test_a_third_stops_a_byzantine_network() -> None:
    assert m.nakamoto(np.ones(30), 1 / 3) == 11


@given(HOLDINGS, st.floats(1e-6, 1e6), st.randoms())
def test_indices_know_neither_the_unit_nor_the_order(x: np.ndarray, scale: float, rng: object) -> None:
    order = list(range(len(x)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    for index in INDICES:
        assert index(x[order] * scale) == pytest.approx(float(index(x)), rel=1e-9, abs=1e-9)


@given(HOLDINGS)
def test_two_copies_of_a_population_are_as_unequal_and_half_as_concentrated(x: np.ndarray) -> None:
    twice = np.concatenate((x, x))
    assert m.gini(twice) == pytest.approx(float(m.gini(x)), abs=1e-9)
    assert m.herfindahl(twice) == pytest.approx(float(m.herfindahl(x)) / 2)


@given(hnp.arrays(float, st.integers(2, 20), elements=st.floats(1, 1e6)), st.floats(0, 1))
def test_a_gift_to_the_poorer_never_raises_an_index(x: np.ndarray, part: float) -> None:
    rich, poor = int(x.argmax()), int(x.argmin())
    gift = np.zeros(len(x))
    gift[rich] -= part * (x[rich] - x[poor]) / 2
    gift[poor] -= gift[rich]
    assert m.gini(x + gift) <= m.gini(x) + 1e-9
    assert m.herfindahl(x + gift) <= m.herfindahl(x) + 1e-9


def test_many_paths_are_each_path() -> None:
    x = np.random.default_rng(5).pareto(1.2, (40, 300))
    for index in INDICES:
        np.testing.assert_allclose(index(x), [index(c) for c in x.T])


def test_tiny_and_huge_holdings_do_not_overflow() -> None:
    assert m.herfindahl([1e308, 1e308]) == pytest.approx(0.5)
    assert m.gini([1e-320, 1e-320]) == pytest.approx(0)


@pytest.mark.parametrize(("x", "code"), [([], "MT420"), ([1, np.nan], "MT421"), ([1, -1], "MT422"), ([[0, 1], [0, 1]], "MT422")])
@pytest.mark.parametrize("index", INDICES)
def test_refuses(index: object, x: list[float], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        index(x)  # type: ignore[operator]
