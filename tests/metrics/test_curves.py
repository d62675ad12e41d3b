"""Curves: anchors A8 and A9, and the laws: round trips, splits of a trade, invariants, monotonicity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage import metrics as m
from mintage.errors import UsageError

AMOUNT = st.floats(1e-3, 1e9)
RATIO = st.floats(0.05, 1)
FEE = st.floats(0, 0.5)


def test_a8_bonding_curve() -> None:
    minted = float(m.bancor_mint(100_000, 1e6, 0.5, 10_000))
    assert minted == pytest.approx(48_808.848, abs=5e-4)
    assert m.bancor_price(100_000, 1e6, 0.5) == pytest.approx(0.2)
    assert m.bancor_price(110_000, 1e6 + minted, 0.5) == pytest.approx(0.209762, abs=5e-7)
    assert m.bancor_redeem(110_000, 1e6 + minted, 0.5, minted) == pytest.approx(10_000, rel=1e-12)


def test_a9_constant_product() -> None:
    assert m.pool_cost(1e6, 1e6, 100_000) == pytest.approx(111_111.11, abs=5e-3)
    assert m.pool_cost(1e6, 1e6, 100_000, 0.003) == pytest.approx(111_445.45, abs=5e-3)


@given(AMOUNT, AMOUNT, RATIO, st.floats(1e-6, 100))
def test_a_round_trip_on_the_curve_returns_the_deposit(reserve: float, supply: float, ratio: float, part: float) -> None:
    deposit = part * reserve
    minted = float(m.bancor_mint(reserve, supply, ratio, deposit))
    assert m.bancor_redeem(reserve + deposit, supply + minted, ratio, minted) == pytest.approx(deposit, rel=1e-6)


@given(AMOUNT, AMOUNT, RATIO, st.floats(0, 100))
def test_the_invariant_of_the_curve_holds(reserve: float, supply: float, ratio: float, part: float) -> None:
    minted = float(m.bancor_mint(reserve, supply, ratio, part * reserve))
    before, after = m.bancor_invariant(reserve, supply, ratio), m.bancor_invariant(reserve * (1 + part), supply + minted, ratio)
    assert abs(float(np.expm1(after - before))) < 1e-12 * max(1, 1 / ratio, abs(float(before)))


@given(AMOUNT, AMOUNT, RATIO, st.floats(0, 10), st.floats(0, 1))
def test_any_split_of_a_deposit_mints_the_same(reserve: float, supply: float, ratio: float, part: float, cut: float) -> None:
    deposit = part * reserve
    first = float(m.bancor_mint(reserve, supply, ratio, cut * deposit))
    second = float(m.bancor_mint(reserve + cut * deposit, supply + first, ratio, (1 - cut) * deposit))
    assert first + second == pytest.approx(float(m.bancor_mint(reserve, supply, ratio, deposit)), rel=1e-9, abs=1e-12 * supply)


def test_selling_everything_pays_the_reserve_and_no_more() -> None:
    assert m.bancor_redeem(500, 100, 0.3, 100) == 500


def test_a_small_deposit_keeps_its_digits() -> None:
    assert m.bancor_mint(1e9, 1e9, 0.5, 1e-6) == pytest.approx(5e-7, rel=1e-12)


@given(AMOUNT, AMOUNT, st.floats(1e-6, 0.9), FEE)
def test_cost_and_proceeds_of_a_pool_are_inverse(x: float, y: float, part: float, fee: float) -> None:
    wanted = part * y
    assert m.pool_out(x, y, m.pool_cost(x, y, wanted, fee), fee) == pytest.approx(wanted, rel=1e-9)


@given(AMOUNT, AMOUNT, st.floats(1e-6, 1e3), FEE)
def test_a_pool_never_loses_by_a_trade(x: float, y: float, part: float, fee: float) -> None:
    amount = part * x
    out = float(m.pool_out(x, y, amount, fee))
    assert out < y
    assert (x + amount) * (y - out) >= x * y * (1 - 1e-9)
    assert out <= m.pool_out(x, y, amount * 1.01, fee)
    assert out <= m.pool_out(x, y, amount, 0)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: m.bancor_mint(0, 1, 0.5, 1), "MT422"),
        (lambda: m.bancor_mint(1, 1, 1.5, 1), "MT422"),
        (lambda: m.bancor_mint(1, 1, 0.5, -1), "MT422"),
        (lambda: m.bancor_redeem(1, 1, 0.5, 1.1), "MT422"),
        (lambda: m.pool_cost(1, 1, 1), "MT422"),
        (lambda: m.pool_out(1, 1, np.nan), "MT421"),
        (lambda: m.pool_out(1, 1, [], 0), "MT420"),
        (lambda: m.pool_out(1, 1, 1, 1), "MT422"),
    ],
)
def test_refuses(call: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        call()  # type: ignore[operator]
