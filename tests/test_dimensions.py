"""The CHECK arithmetic: units follow the formula, and what a rule must not do is refused in words."""

from __future__ import annotations

import inspect
import math
import operator
import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage import dimensions
from mintage.codes import CODES
from mintage.dimensions import CHECK, ContractBreach, Quantity
from mintage.units import ONE, parse

USD, TOK = Quantity(np.full((2, 3), 4.0), parse("USD")), Quantity(np.full((2, 3), 2.0), parse("TOK"))
PRICE = USD / TOK


def test_units_follow_the_formula():
    assert PRICE.unit.same(parse("USD/TOK")) and (TOK * PRICE).unit.same(parse("USD"))
    assert CHECK.minimum(USD / PRICE, TOK).unit.same(parse("TOK"))
    assert (1 - CHECK.num("0.5")).unit.same(ONE) and (0 * USD).unit.same(parse("USD"))
    assert CHECK.maximum(USD, 0).unit.same(parse("USD")) and (USD + 0).unit.same(parse("USD"))
    assert CHECK.exp(TOK / TOK).value[0, 0] == pytest.approx(math.e)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: USD + TOK,
        lambda: USD - 1,
        lambda: 1 - USD,
        lambda: CHECK.minimum(USD, TOK),
        lambda: CHECK.where(CHECK.lt(USD, 3 * USD), USD, TOK),
        lambda: CHECK.lt(USD, TOK),
        lambda: CHECK.exp(USD),
        lambda: CHECK.power(USD, CHECK.num("0.5")),
        lambda: CHECK.concatenate([USD, TOK]),
        lambda: CHECK.put(USD, 0, TOK[0]),
        lambda: CHECK.lookup((0, 5), (USD, TOK), 1),
    ],
)
def test_unit_errors(wrong):
    with pytest.raises(ContractBreach) as breach:
        wrong()
    assert breach.value.code == "MT207"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: USD < USD, "MT220"),
        (lambda: USD == USD, "MT220"),
        (lambda: bool(USD), "MT221"),
        (lambda: bool(CHECK.lt(USD, USD)), "MT221"),
        (lambda: USD // 2, "MT222"),
        (lambda: math.floor(USD), "MT222"),
        (lambda: round(USD), "MT222"),
        (lambda: USD ** Decimal("0.5"), "MT222"),
        (lambda: 2**USD, "MT222"),
        (lambda: 2 // USD, "MT222"),
        (lambda: divmod(USD, 2), "MT222"),
        (lambda: math.ceil(USD), "MT222"),
        (lambda: np.floor(USD), "MT223"),
        (lambda: np.maximum(USD, 0), "MT223"),
        (lambda: np.add.reduce(USD), "MT223"),
        (lambda: np.where(True, USD, USD), "MT223"),
        (lambda: np.logical_not(CHECK.lt(USD, USD)), "MT223"),
        (lambda: USD.sum(), "MT223"),
        (lambda: np.sum(USD), "MT223"),
        (lambda: float(USD), "MT223"),
        (lambda: np.asarray(USD), "MT223"),
        (lambda: math.exp(TOK / TOK), "MT223"),
        (lambda: USD.__iadd__(1), "MT224"),
        (lambda: USD.__setitem__(0, 1), "MT224"),
        (lambda: operator.delitem(USD, 0), "MT224"),
        (lambda: CHECK.lt(USD, USD).__iand__(CHECK.lt(USD, USD)), "MT224"),
        (lambda: CHECK.lt(USD, USD) == 1, "MT225"),
        (lambda: CHECK.lt(USD, USD) & True, "MT225"),
        (lambda: CHECK.logical_or(CHECK.lt(USD, USD), USD), "MT225"),
        (lambda: CHECK.logical_not(USD), "MT225"),
        (lambda: CHECK.lt(USD, USD) * USD, "MT225"),
        (lambda: USD * CHECK.lt(USD, USD), "MT225"),
        (lambda: CHECK.where(True, USD, USD), "MT225"),
        (lambda: 0.5 * USD, "MT226"),
        (lambda: USD * np.float64(2), "MT226"),
        (lambda: USD * np.ones(3), "MT226"),
        (lambda: np.float64(2) * USD, "MT226"),
        (lambda: np.ones(3) / USD, "MT226"),
        (lambda: USD * "2", "MT223"),
    ],
)
def test_forbidden_moves(wrong, code):
    with pytest.raises(ContractBreach) as breach:
        wrong()
    assert breach.value.code == code


@pytest.mark.parametrize("change", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_every_in_place_operator_is_refused_and_changes_nothing(change):
    x = Quantity(np.ones(3))
    with pytest.raises(ContractBreach) as breach:
        getattr(operator, change)(x, 2)
    assert breach.value.code == "MT224"
    assert x.value.tolist() == [1, 1, 1]


def test_every_code_of_a_breach_is_explained():
    used = set(re.findall("MT2[0-9]{2}", inspect.getsource(dimensions)))
    assert len(used) >= 8
    assert used <= set(CODES)


def test_masks_combine():
    less, more = CHECK.lt(USD, 2 * USD), CHECK.gt(USD, 2 * USD)
    assert [m.value.all() for m in (less | more, ~more, CHECK.logical_or(more, less), CHECK.logical_and(less, more))] == [True, True, True, False]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=4))
def test_values_are_those_of_numpy(values):
    from mintage.arithmetic import NUMPY

    x = np.array(values).reshape(-1, 1)
    q = Quantity(x)
    for name in ("abs", "expm1", "floor", "total"):
        with np.errstate(all="ignore"):
            assert np.array_equal(getattr(CHECK, name)(q).value, getattr(NUMPY, name)(x), equal_nan=True)
