"""The gate of every metric: each bound is inclusive or exclusive as named, and a ratio at zero is defined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.codes import CODES
from mintage.errors import UsageError
from mintage.metrics.checks import fit, numbers, ratio, share


def test_bounds_are_inclusive_or_exclusive_as_named() -> None:
    assert numbers([0, 1], "x", low=0, high=1).tolist() == [0, 1]
    for bounds in ({"above": 0.0}, {"below": 1.0}, {"low": 0.1}, {"high": 0.9}):
        with pytest.raises(UsageError, match="MT422 x"):
            numbers([0, 1], "x", **bounds)


def test_a_fault_says_what_was_found_and_what_was_expected() -> None:
    with pytest.raises(UsageError) as caught:
        numbers([0.5, 5], "insider share", low=0, high=1)
    fault = caught.value.faults[0]
    assert (fault.where, fault.found, fault.expected) == ("insider share", "5", "at least 0 and at most 1")
    assert fault.code in CODES


def test_infinity_passes_only_where_it_is_wanted_and_nan_never() -> None:
    assert numbers([1, np.inf], "x", infinite=True)[1] == np.inf
    for x, infinite in (([1, np.inf], False), ([1, np.nan], True)):
        with pytest.raises(UsageError, match="MT421"):
            numbers(x, "x", infinite=infinite)


@pytest.mark.parametrize(("x", "code"), [([], "MT420"), (np.empty((3, 0)), "MT420"), ([1], "MT424"), (1, "MT424")])
def test_too_little_is_refused(x: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        numbers(x, "x", least=2)  # type: ignore[arg-type]


@given(st.floats(0, 1e300), st.floats(0, 1e300))
def test_a_ratio_is_never_nan(a: float, b: float) -> None:
    found = float(ratio(a, b))
    if b > 0:
        with np.errstate(over="ignore"):
            assert found == np.float64(a) / b
    else:
        assert found == (np.inf if a > 0 else 0)


def test_shapes_and_shares() -> None:
    assert share(0.3, "level") == 0.3
    with pytest.raises(UsageError, match="MT422 level"):
        share(1, "level")
    with pytest.raises(UsageError, match="MT423 pair"):
        fit(np.ones(2), np.ones(3), "pair")
