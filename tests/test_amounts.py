"""Whole base units: what leaves equals what arrives, and nobody pays more than the rule said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.amounts import MAX, from_units, settle, to_units
from mintage.arithmetic_exact import exact
from mintage.errors import RunError

amounts = st.decimals(0, 10**12, places=30)


@given(st.lists(st.tuples(st.sampled_from("abc"), amounts), min_size=1, max_size=20), st.integers(0, 18))
def test_each_sources_total_rounds_down_and_its_parts_add_up(parts, decimals):
    with exact():
        rows = [(source, i, amount) for i, (source, amount) in enumerate(parts)]
        units = settle(rows, decimals)
        for source in {r[0] for r in rows}:
            mine = [(a, u) for (s, _, a), u in zip(rows, units, strict=True) if s == source]
            assert sum(u for _, u in mine) == to_units(sum((a for a, _ in mine), Decimal(0)), decimals)
            for a, u in mine:
                assert u in (to_units(a, decimals), to_units(a, decimals) + 1)


@given(st.lists(amounts, min_size=1, max_size=12), st.integers(0, 9))
def test_a_larger_remainder_never_gets_less(parts, decimals):
    with exact():
        units = settle([("s", i, a) for i, a in enumerate(parts)], decimals)
        extra = [(a.scaleb(decimals) % 1, -i, u - to_units(a, decimals)) for i, (a, u) in enumerate(zip(parts, units, strict=True))]
        given_one = [e[:2] for e in extra if e[2]]
        kept = [e[:2] for e in extra if not e[2]]
        assert not given_one or not kept or min(given_one) > max(kept)


def test_ties_go_to_the_lower_row():
    with exact():
        assert settle([("s", r, Decimal("0.5")) for r in range(4)], 0) == [1, 1, 0, 0]


@given(st.integers(0, MAX), st.integers(0, 36))
def test_units_to_amount_and_back_up_to_two_to_the_256(units, decimals):
    with exact():
        assert to_units(from_units(units, decimals), decimals) == units


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal(MAX + 1), Decimal("-0.1")])
def test_negative_and_overflowing_amounts_are_refused(amount):
    with exact(), pytest.raises(RunError, match="MT309"):
        to_units(amount, 0)


def test_a_hundred_thousand_parts_of_a_pool_sum_to_the_pool():
    with exact():
        pool, n = Decimal("17800"), 100_000
        total = Decimal(n * (n + 1) // 2)
        units = settle([("pool", i, pool * (i + 1) / total) for i in range(n)], 18)
        assert sum(units) in (17800 * 10**18, 17800 * 10**18 - 1)
