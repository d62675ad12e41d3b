"""The reference economy of the bench: `bench/bme8.toml` without noise is the plain Python loop, to rounding."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import mintage as mt

SPEC = Path(__file__).parents[2] / "bench" / "bme8.toml"


def plain_loop(days: int) -> dict[str, float]:
    """BME-8 written out, without noise."""
    price, supply, burned, minted, nodes, used, demand, revenue = 2.0, 500e6, 0.0, 0.0, 2000.0, 0.5, 40_000.0, 30.0
    for t in range(days):
        demand *= math.exp(0.5 / 365)
        burn, mint = min(demand / price, 0.01 * supply), 30_000 * 0.97 ** (t // 30)
        price *= math.exp((burn - mint) / supply)
        used, revenue = min(1.0, demand / (nodes * 40)), mint * price / nodes
        nodes = max(1.0, nodes * (1 + 0.01 * min(1.0, max(-1.0, revenue / 20 - 1))))
        supply, burned, minted = supply + mint - burn, burned + burn, minted + mint
    return {
        "price": price,
        "supply/T": supply,
        "burned/T": burned,
        "mint/T": minted,
        "providers": nodes,
        "utilisation": used,
        "demand": demand,
        "revenue_per_provider": revenue,
    }


@pytest.mark.parametrize("days", [1, 31, 1095])
def test_without_noise_it_is_the_plain_loop(days):
    expected = plain_loop(days)
    end = mt.simulate(mt.load(SPEC).scenario("silent"), 1, days, save=mt.Save(vars=tuple(expected))).end
    assert {k: v[0] for k, v in end.items()} == {k: pytest.approx(v, rel=1e-11) for k, v in expected.items()}


def test_the_spec_is_sound():
    assert [str(f) for f in mt.load(SPEC).economy().check()] == []
