"""Elasticity and utility depth: the exact limits of A2, each from a small model of its mechanism."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage import metrics as m
from mintage.errors import UsageError

USAGE = np.random.default_rng(8).lognormal(10, 1, 500)


def test_a2_burn_mint_and_equation_of_exchange_have_eta_one_in_dollars() -> None:
    price = np.random.default_rng(9).lognormal(0, 1, 500)

    def burned_value(factor: float) -> np.ndarray:
        tokens = 0.95 * factor * USAGE / price  # a job of D dollars burns D/P tokens
        return tokens * price

    def held_value(factor: float) -> np.ndarray:
        return factor * USAGE / 12  # P S = D/V

    for value in (burned_value, held_value):
        eta = m.demand_elasticity(value(0.95), value(1.05))
        assert eta == (pytest.approx(1, abs=1e-12),) * 3


def test_a2_a_service_paid_in_stablecoins_only_has_eta_zero() -> None:
    speculation = np.random.default_rng(10).lognormal(5, 1, 500)
    assert m.demand_elasticity(speculation, speculation) == (0, 0, 0)
    assert m.demand_elasticity(np.zeros(5), np.zeros(5)).value == 0


def test_a2_a_frictionless_payment_token_has_no_depth_and_a_needed_collateral_has_all() -> None:
    u = float(m.functional_share(USAGE, USAGE))
    payment, collateral = m.stablecoin_survival(USAGE, USAGE), m.stablecoin_survival(USAGE, np.zeros(500))
    assert u == pytest.approx(0.5)
    assert payment.value == 1
    assert m.utility_depth(u, payment.value) == 0
    assert collateral.value == 0
    assert m.utility_depth(u, collateral.value) == u


@given(st.floats(-2, 3), st.floats(0.01, 0.3))
def test_an_isoelastic_demand_gives_its_exponent(exponent: float, change: float) -> None:
    eta = m.demand_elasticity(USAGE * (1 - change) ** exponent, USAGE * (1 + change) ** exponent, change)
    assert eta.value == pytest.approx(exponent, abs=1e-9)


def test_the_interval_covers_and_narrows_with_paths() -> None:
    rng = np.random.default_rng(11)
    factor = np.exp(0.4 * np.log(1.05 / 0.95) + 0.02 * rng.normal(size=4000))
    few, many = m.demand_elasticity(np.ones(100), factor[:100]), m.demand_elasticity(np.ones(4000), factor)
    assert many.low < 0.4 < many.high
    assert (many.high - many.low) < (few.high - few.low) / 4


def test_one_path_bounds_nothing() -> None:
    eta = m.demand_elasticity([1.0], [1.1])
    assert eta.low == -np.inf
    assert eta.high == np.inf


def test_survival_never_counts_more_than_there_was() -> None:
    assert m.stablecoin_survival([10, 10, 0], [20, 5, 3]).value == pytest.approx(2.5 / 3)


def test_functional_share_skips_steps_without_demand() -> None:
    functional, speculative = np.array([[1, 0], [0, 0], [3, 0]]), np.array([[1, 0], [0, 0], [1, 0]])
    np.testing.assert_allclose(m.functional_share(functional, speculative), [0.625, 0])


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: m.demand_elasticity([1, 0], [1, 1]), "MT422"),
        (lambda: m.demand_elasticity([], []), "MT420"),
        (lambda: m.demand_elasticity([1], [1, 2]), "MT423"),
        (lambda: m.demand_elasticity([1], [2], change=1), "MT422"),
        (lambda: m.demand_elasticity([np.nan], [2]), "MT421"),
        (lambda: m.utility_depth(1.2, 0.5), "MT422"),
    ],
)
def test_refuses(call: object, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        call()  # type: ignore[operator]
