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


def test_three_thirds_of_a_unit_are_a_unit_and_what_is_truly_less_is_not():
    with exact():
        third = Decimal(1) / 3
        assert settle([("s", r, third) for r in range(3)], 0) == [1, 0, 0]
        assert settle([("s", r, 100 * third) for r in range(3)], 6) == [33333334, 33333333, 33333333]
        assert to_units(1 - Decimal("1e-79"), 0) == 0
        assert to_units(Decimal(MAX), 0) == MAX


HOSTILE = ["-1", "-0.1", "-1e-50", str(MAX + 1), "NaN", "sNaN", "Infinity", "-Infinity", "1e9999999", "1e999999999999999999"]


@pytest.mark.parametrize("amount", HOSTILE)
def test_what_is_no_amount_is_refused_at_once(amount):
    with exact(), pytest.raises(RunError, match="MT309"):
        to_units(Decimal(amount), 18)


def test_nothing_and_next_to_nothing_are_0_units():
    assert [to_units(Decimal(a), 18) for a in ("0", "-0", "0e999999999999999999", "1e-999999")] == [0, 0, 0, 0]


def test_two_parts_that_are_fine_alone_may_not_overflow_together():
    with pytest.raises(RunError, match="MT309"):
        settle([("s", 0, Decimal(MAX)), ("s", 1, Decimal(1))], 0)


def test_all_digits_are_kept_outside_the_exact_context_too():
    """The default context has 28 digits; the largest amount has 78."""
    amount = from_units(MAX, 18)
    assert to_units(amount, 18) == MAX
    assert settle([("s", 0, amount - amount), ("s", 1, amount)], 18) == [0, MAX]


def test_a_sum_that_its_digits_cannot_hold_is_cut_not_rounded_up():
    parts = [("s", 0, Decimal("0.5")), ("s", 1, Decimal("0.4" + "9" * 70 + "8" * 230))]
    assert sum(settle(parts, 0)) == 0


def test_a_hundred_thousand_parts_of_a_pool_sum_to_the_pool():
    with exact():
        pool, n = Decimal("17800"), 100_000
        total = Decimal(n * (n + 1) // 2)
        units = settle([("pool", i, pool * (i + 1) / total) for i in range(n)], 18)
        assert sum(units) in (17800 * 10**18, 17800 * 10**18 - 1)
