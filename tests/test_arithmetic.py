"""The three arithmetics: same methods, same branches, same results; and the traps of exact work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from decimal import Decimal, DivisionByZero, FloatOperation, InvalidOperation, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic import NUMPY, Arithmetic, jax
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.errors import RunError

JAX = jax()
ENGINES = [NUMPY, JAX, EXACT]
numbers = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-6)
positive = st.floats(1e-6, 1e6)
column = st.lists(numbers, min_size=1, max_size=7)


def on(xp, values):
    return xp.array(np.array(values, dtype=float).reshape(-1, 1))


def close(a, b, tol=1e-12):
    a, b = to_float(np.asarray(a)), to_float(np.asarray(b))
    assert np.all(np.abs(a - b) <= tol * np.maximum(1, np.abs(b)))


def test_every_arithmetic_has_the_same_methods():
    from mintage.dimensions import CHECK

    public = {m for m in dir(NUMPY) if not m.startswith("_") and m not in ("snap", "near")}
    for xp in (JAX, EXACT, CHECK):
        assert public <= set(dir(xp)), public - set(dir(xp))


@settings(max_examples=60, deadline=None)
@given(column)
def test_monotone_functions_agree(values):
    with exact():
        for name in ("abs", "exp", "expm1"):
            scaled = [v / 1e5 for v in values]
            ref = getattr(EXACT, name)(on(EXACT, scaled))
            for xp in (NUMPY, JAX):
                close(getattr(xp, name)(on(xp, scaled)), ref)


@settings(max_examples=60, deadline=None)
@given(st.lists(positive, min_size=1, max_size=5), st.floats(-3, 3))
def test_logs_roots_and_powers_agree(values, exponent):
    with exact():
        for rule in (lambda xp, x: xp.log(x), lambda xp, x: xp.log1p(x), lambda xp, x: xp.sqrt(x), lambda xp, x: xp.power(x / xp.num(1000), xp.num(exponent))):
            ref = to_float(rule(EXACT, on(EXACT, values)))
            for xp in (NUMPY, JAX):
                assert np.allclose(np.asarray(rule(xp, on(xp, values))), ref, rtol=1e-11, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(column, column)
def test_comparisons_and_choices_agree(a, b):
    n = min(len(a), len(b))
    with exact():
        for name in ("lt", "le", "gt", "ge", "eq"):
            masks = [np.asarray(getattr(xp, name)(on(xp, a[:n]), on(xp, b[:n])), dtype=bool) for xp in ENGINES]
            assert np.array_equal(masks[0], masks[1])
            assert np.array_equal(masks[0], masks[2])
        for name in ("minimum", "maximum"):
            for xp in (NUMPY, JAX):
                close(getattr(xp, name)(on(xp, a[:n]), on(xp, b[:n])), getattr(EXACT, name)(on(EXACT, a[:n]), on(EXACT, b[:n])), 0)
        for xp in (NUMPY, JAX):
            close(xp.div(on(xp, a[:n]), on(xp, b[:n]), xp.num(7)), EXACT.div(on(EXACT, a[:n]), on(EXACT, b[:n]), EXACT.num(7)))


@pytest.mark.parametrize("power", range(1, 40))
def test_floor_of_a_computed_logarithm_is_the_same_everywhere(power):
    with exact():
        for xp in ENGINES:
            x = xp.floor(xp.log(on(xp, [2.0**power])) / xp.log(xp.num(2)))
            assert float(np.asarray(x)[0, 0]) == power, xp.name


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.lists(st.floats(-4e-10, 4e-10), min_size=8, max_size=8))
def test_sorting_takes_near_equal_values_as_ties_to_the_lower_row(values, dust):
    x = [v * (1 + d) for v, d in zip(values, dust, strict=False)]
    wanted = sorted(range(len(values)), key=lambda i: (values[i], i))
    with exact():
        for xp in ENGINES:
            assert np.asarray(xp.argsort(on(xp, x), 0))[:, 0].tolist() == wanted, xp.name


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_a_gate_is_a_step_at_width_0_and_a_sigmoid_else(xp):
    with exact():
        x = on(xp, [-1, -1e-12, 0, 1])
        hard = to_float(np.asarray(xp.gate(x, 0)))[:, 0]
        assert hard.tolist() == [0, 0, 1, 1]
        soft = to_float(np.asarray(xp.gate(x, xp.num("0.5") if xp is EXACT else 0.5)))[:, 0]
        assert soft[0] == pytest.approx(1 / (1 + np.exp(2)))
        assert soft[2] == pytest.approx(0.5)


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_a_time_computed_in_two_ways_counts_as_reached(xp):
    with exact():
        early, late = on(xp, [0.3]), on(xp, [0.1 * 3])  # 0.30000000000000004
        assert float(np.asarray(xp.after(early, late, 0))[0, 0]) == 1
        assert float(np.asarray(xp.after(early, late * 2, 0))[0, 0]) == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_a_soft_gate_far_from_its_threshold_neither_overflows_nor_leaves_0_to_1(xp):
    with exact():
        far = to_float(np.asarray(xp.gate(on(xp, [-1e6, 1e6]), xp.num("0.001"))))[:, 0]
        assert far.tolist() == [0, 1]


def test_the_gradient_of_a_soft_gate_is_finite_everywhere_and_that_of_the_logistic():
    import jax

    slope = jax.grad(lambda x: JAX.gate(x, 0.5))
    assert [float(slope(x)) for x in (-1e6, 1e6)] == [0, 0]
    for x in (-1.0, 0.0, 1.0):
        assert float(slope(x)) == pytest.approx(0.5 / np.cosh(x) ** 2)


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_lookup_put_and_add_at(xp):
    with exact():
        values = tuple(xp.num(v) for v in (10, 20, 30))
        assert [float(np.asarray(xp.lookup((0, 5, 9), values, t))) for t in (0, 4, 5, 8, 9, 99)] == [10, 10, 20, 20, 30, 30]
        a = xp.zeros((3, 1))
        b = xp.add_at(a, np.array([1, 1]), on(xp, [2, 3]))
        c = xp.put(b, np.array([0]), on(xp, [7]))
        assert to_float(np.asarray(a))[:, 0].tolist() == [0, 0, 0]
        assert to_float(np.asarray(c))[:, 0].tolist() == [7, 5, 0]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_gather_takes_each_path_its_own_rows(xp):
    with exact():
        a, index = xp.array(np.array([[1.5, 10], [2, 20], [3, 30]])), xp.array(np.array([[2.0, 0], [2, 1]]))
        assert to_float(np.asarray(xp.gather(a, index))).tolist() == [[3, 10], [3, 20]]


tables = st.tuples(st.sampled_from([(1, 1, 1), (3, 5, 1), (2, 4, 3)]), st.integers(0, 10**6))  # few shapes: JAX compiles for each


@settings(max_examples=15, deadline=None)
@given(tables, st.sampled_from([0, 0.3, 0.5, 1]))
def test_a_weighted_quantile_is_the_least_value_with_more_than_its_share_at_or_below_it(size, q):
    (lots, rows, paths), seed = size
    rng = np.random.default_rng(seed)
    x, w = rng.integers(-3, 4, (lots, rows, paths)) / 7, rng.integers(0, 3, (rows, paths)) / 4
    wanted = np.empty((lots, 1, paths))
    for i, p in np.ndindex(lots, paths):
        able = [v for v in sorted(x[i, :, p]) if w[x[i, :, p] <= v, p].sum() > q * w[:, p].sum() + 1e-12]
        wanted[i, 0, p] = (able[0] if able else x[i, :, p].max()) if w[:, p].any() else 0
    with exact():
        for xp in ENGINES:
            close(xp.quantile(xp.array(x), xp.array(w), xp.num(q)), wanted, 1e-12)


@settings(max_examples=30, deadline=None)
@given(tables)
def test_products_and_peaks_along_holders_and_lots_agree(size):
    (lots, rows, paths), seed = size
    rng = np.random.default_rng(seed)
    x, y, z = rng.normal(size=(lots, rows, paths)), rng.normal(size=(rows, paths)), rng.normal(size=(lots, 1, paths))
    with exact():
        for xp in ENGINES:
            a, b, c = xp.array(x), xp.array(y), xp.array(z)
            close(xp.dot(a, b), (x * y).sum(axis=-2, keepdims=True))
            close(xp.dot(a, c), (x * z).sum(axis=-2, keepdims=True))
            close(xp.dot(a, c, 0), (x * z).sum(axis=0, keepdims=True))
            close(xp.max(a, -2), x.max(axis=-2, keepdims=True), 0)
            close(xp.max(a, 0), x.max(axis=0, keepdims=True), 0)
            close(xp.mix(a, b, 2 * a, c), x * y + 2 * x * z)
            close(xp.mix(b, xp.num(3), a, b), 3 * y + x * y)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**7), 10**7), st.sampled_from([0, 3e-10, -3e-10, 9e-10, -9e-10, 1.1e-9, -1.1e-9, 1e-4, -1e-4, 0.4]))
def test_floor_of_arrays_is_that_of_all(whole, dust):
    x = np.array([[whole * (1 + dust)], [whole + dust]])
    assert np.array_equal(NUMPY.floor(x), Arithmetic.floor(NUMPY, x))
    assert NUMPY.floor(float(x[0, 0])) == NUMPY.floor(x)[0, 0]
    assert NUMPY.floor(np.asarray(x[0, 0])) == NUMPY.floor(x)[0, 0]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_an_array_filled_with_a_whole_number_takes_fractions(xp):
    with exact():
        half = xp.num("0.5")
        assert to_float(np.asarray(xp.put(xp.full((2, 1), 1), 0, half)))[:, 0].tolist() == [0.5, 1]
        assert to_float(np.asarray(xp.add_at(xp.full((2, 1), 1), np.array([0, 0]), half)))[:, 0].tolist() == [2, 1]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_literal_whole_numbers_of_a_rule_stay_in_the_arithmetic(xp):
    with exact():
        x = on(xp, [-1, 2])
        for value in (xp.maximum(x, 0), xp.minimum(1, x), xp.clip(x, 0, 1), xp.div(x, xp.zeros((2, 1)), 0), xp.where(xp.lt(x, 0), 0, x), xp.put(x, 0, 0)):
            xp.check_values(value)
        mask = xp.lt(x, 0)
        third = xp.where(mask, 1, 2) / xp.where(mask, 3, 4)
        xp.check_values(third)
        assert to_float(np.asarray(third))[:, 0].tolist() == [1 / 3, 0.5]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_remainder_and_uniform(xp):
    with exact():
        assert to_float(np.asarray(xp.mod(on(xp, [-1, 1, 7]), xp.num(3))))[:, 0].tolist() == [2, 1, 1]
        assert xp.mod(8, 3) == 2
        assert to_float(np.asarray(xp.uniform(np.array([0, 2**31, 2**32 - 1])))).tolist() == [0, 0.5, 1 - 2.0**-32]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_floor_stays_a_floor_for_large_numbers(xp):
    with exact():
        x = on(xp, [5e9 + 0.75, 2e12 + 0.5, 2.9999999999, -3.0000000001, -0.5])
        assert to_float(np.asarray(xp.floor(x)))[:, 0].tolist() == [5e9, 2e12, 3, -3, -1]


@pytest.mark.parametrize("xp", ENGINES, ids=lambda x: x.name)
def test_sorting_holders_leaves_leading_axes_apart(xp):
    x = np.array([[[3.0, 1], [1, 2], [2, 3]], [[1, 5], [2, 5], [0, 4]]])
    with exact():
        lots = xp.array(x)
        assert np.asarray(xp.argsort(lots)).tolist() == np.argsort(x, axis=1, kind="stable").tolist()
        assert to_float(np.asarray(xp.sort(lots))).tolist() == np.sort(x, axis=1).tolist()
        assert np.asarray(xp.argsort(lots, 0)).tolist() == np.argsort(x, axis=0, kind="stable").tolist()


def test_precision_holds_the_largest_amount_and_a_new_thread_needs_the_context():
    largest, seen = Decimal(2**256 - 1), {}

    def work():
        seen["bare"] = getcontext().prec
        with exact():
            seen["inside"] = largest * Decimal("1.0") - (largest - 1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == {"bare": 28, "inside": 1}


def test_floats_and_impossible_operations_trap_inside_exact():
    with exact():
        with pytest.raises(FloatOperation):
            Decimal(1) < 0.5  # noqa: B015
        with pytest.raises(InvalidOperation):
            Decimal(0) / Decimal(0)
        with pytest.raises(FloatOperation):
            EXACT.minimum(EXACT.full((2,), 1), 0.5)
        ones = EXACT.full((2,), 1)
        for slipped in (EXACT.where(np.array([True, False]), 0.5, ones), EXACT.put(ones, 0, 0.5)):
            with pytest.raises(RunError, match="MT308"):
                EXACT.check_values(slipped)


def test_a_float_that_slips_through_minimum_outside_the_context_is_caught_at_the_end():
    with pytest.raises(RunError, match="MT308"):
        EXACT.check_values(EXACT.minimum(EXACT.full((2,), 1), 0.5))


def test_small_arguments_keep_their_digits():
    with exact():
        tiny = Decimal("1e-30")
        assert abs(EXACT.expm1(tiny) / tiny - 1 - tiny / 2) < Decimal("1e-59")
        assert abs(EXACT.log1p(tiny) / tiny - 1 + tiny / 2) < Decimal("1e-59")
        for name in ("expm1", "log1p"):
            assert getattr(EXACT, name)(Decimal("1e-2000000")) == Decimal("1e-2000000")  # at once, not in two million digits
            assert getattr(EXACT, name)(Decimal(0)) == 0
        assert EXACT.power(Decimal(3), Decimal(200)) == Decimal(3**200)
        assert abs(EXACT.power(Decimal(2), Decimal("0.5")) ** 2 - 2) < Decimal("1e-97")


@settings(max_examples=40, deadline=None)
@given(st.floats(-50, 50))
def test_cosine_and_sine_agree(x):
    with exact():
        for name in ("cos", "sin"):
            assert float(getattr(EXACT, name)(Decimal(repr(x)))) == pytest.approx(getattr(np, name)(x), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_to_decimals_and_back_is_the_same_float(x):
    assert float(to_exact(np.array([x]))[0]) == x


def test_powers_of_zero_are_those_of_floats_and_an_infinite_one_traps():
    with exact():
        assert [EXACT.power(Decimal(0), Decimal(b)) for b in ("0", "0.5", "2")] == [1, 0, 0]
        for b in ("-1", "-0.5"):
            with pytest.raises(DivisionByZero):
                EXACT.power(Decimal(0), Decimal(b))


def test_without_jax_the_error_says_what_to_install():
    code = """
import sys
sys.modules["jax"] = None
from mintage.arithmetic import jax
from mintage.errors import ServiceError
try:
    jax()
except ServiceError as error:
    print(error.faults[0].code, error.faults[0].hint)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert out.stdout.strip() == "MT508 pip install 'mintage[jax]'"
