"""Units: parsing, conversion, and refusals that name the nearest word."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.errors import MintageError, SpecError
from mintage.units import ONE, check_words, convert, parse, resolve

WORDS = st.sampled_from(["USD", "RENDER", "day", "week", "year", "%", "1", "node", "h"])
UNITS = st.lists(WORDS, min_size=1, max_size=4).flatmap(
    lambda ws: st.lists(st.sampled_from("*/"), min_size=len(ws), max_size=len(ws)).map(
        lambda ops: ws[0] + "".join(o + w for o, w in zip(ops, ws[1:], strict=False))
    )
)


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        (3, "years", "day", 1095),
        (12, "month", "day", 365),
        (7, "USD/week", "USD/day", 1),
        (95, "%", "1", "0.95"),
        (25, "bp", "1", "0.0025"),
        (36, "h", "day", "1.5"),
        (1, "1/year", "1/day", Decimal(1) / 365),
        (24, "USD/GPU/day", "USD/GPU/h", 1),
    ],
)
def test_conversions(value, source, target, wanted):
    assert abs(convert(Decimal(value), source, target) - Decimal(wanted)) < Decimal("1e-25")


@given(UNITS, UNITS)
def test_product_and_quotient_undo_each_other(a, b):
    u, v = parse(a), parse(b)
    assert (u * v / v).same(u)
    assert (u / u).same(ONE)
    assert (u**2).same(u * u)


@given(UNITS, st.decimals(-(10**6), 10**6, places=3))
def test_conversion_there_and_back(unit, x):
    assert abs(convert(convert(x, unit, str(parse(unit)).split(" ")[-1]), str(parse(unit)).split(" ")[-1], unit) - x) < Decimal("1e-20")


@pytest.mark.parametrize(
    "text", ["", " ", "USD//day", "USD/", "*", "USD^x", "USD^", "USD^^2", "USD day", "USD\n", "1e5", "USD^999", "USD^\u0663", "*".join(["USD"] * 99)]
)
def test_what_is_no_unit_is_refused(text):
    with pytest.raises(SpecError, match="MT130"):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_unit_or_a_clear_error(text):
    try:
        unit = parse(text)
    except MintageError as error:
        code = error.faults[0].code
    else:
        code = "" if (unit / unit).same(ONE) else "no inverse"
    assert code in ("", "MT130")


def test_blanks_stand_around_signs_only():
    assert parse(" USD / GPU * h ").same(parse("USD/GPU*h"))


def test_a_scale_beyond_floats_can_be_shown():
    assert str(parse("year^99*year^99")).endswith(" day^198")


def test_a_conversion_keeps_every_digit_of_the_largest_amount():
    assert convert(Decimal(2**256 - 1), "week", "day") == 7 * (2**256 - 1)


def test_dollars_are_not_days():
    with pytest.raises(SpecError, match="MT132"):
        convert(Decimal(1), "USD", "day")
    assert not parse("USD/day").same(parse("USD/week"))


def test_unknown_words_name_the_nearest():
    with pytest.raises(SpecError, match="RENDER"):
        check_words("RENDR/day", ["RENDER"])
    check_words("USD/RENDER*node", ["USD", "RENDER"])


def test_words_that_name_siblings_become_their_asset():
    assert resolve("proceeds/tokens/day", {"proceeds": "USD", "tokens": "RENDER"}) == "USD/RENDER/day"
