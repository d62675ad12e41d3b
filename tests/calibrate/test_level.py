"""The level and its swings: known parameters come back with honest errors, odd and missing rows do little, the filter is Kalman's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.calibrate.level import CLIP, FRESH, STEP, SWINGS, Belief, Grid, beliefs, draw, fit, log_student, odd_rows, robust

from .synthetic import series

CASES = [(0.1, 0.0, 0.3, FRESH), (0.3, 0.0, 0.1, FRESH), (0.1, 0.5, 0.5, SWINGS), (0.05, 0.8, 0.4, SWINGS)]


@pytest.mark.parametrize(("walk", "persistence", "noise", "tried"), CASES)
def test_known_parameters_come_back_and_their_errors_hold_the_truth(walk, persistence, noise, tried):
    """The data are normal and the likelihood Student's, which leans towards a noise some tenths too large."""
    found = [fit(series(s, 400, walk, persistence, noise), tried) for s in range(10)]
    assert np.median([f.walk for f in found]) == pytest.approx(walk, rel=0.3)
    assert np.median([f.noise for f in found]) == pytest.approx(noise, rel=0.3)
    assert np.median([f.persistence for f in found]) == pytest.approx(persistence, abs=0.15)
    assert sum(abs(f.walk - walk) < 2 * f.walk_error for f in found) >= 7  # below 7 of 10 at true 95 %: chance 1 in 900
    assert sum(abs(f.noise - noise) < 2 * f.noise_error for f in found) >= 7


def test_an_error_never_pretends_to_be_finer_than_the_grid():
    found = fit(series(3, 2000), FRESH)
    assert found.noise_error >= found.noise * STEP / 12**0.5
    assert Grid.over(FRESH).walk[17] / Grid.over(FRESH).walk[0] == pytest.approx(np.exp(STEP), rel=1e-3)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_one_absurd_row_in_twenty_moves_little_and_is_named(case, seed):
    """Every 20th of 300 rows is 400 times too large or too small."""
    *parameters, tried = case
    clean = series(seed, 300, *parameters)
    odd, rows = clean.copy(), np.arange(19, 299, 20)
    odd[rows] += np.where(np.arange(len(rows)) % 2, 6.0, -6.0)
    a, b = fit(clean, tried), fit(odd, tried)
    assert {int(r) + 1 for r in rows} <= set(b.flagged)
    assert len(b.flagged) <= len(rows) + 3
    assert abs(b.level - a.level) < 2 * a.level_error
    assert abs(b.walk - a.walk) < 2 * a.walk_error
    assert b.noise < a.noise + 0.25


def test_an_odd_row_pulls_no_further_than_its_clip():
    y = np.zeros(60)
    y[::2] += 0.2
    far, farther = y.copy(), y.copy()
    far[-1], farther[-1] = 50.0, 5000.0
    grid = Grid(np.array([0.1]), np.array([0.0]), np.array([0.1]))
    a, b = beliefs(far, grid)[-1], beliefs(farther, grid)[-1]
    assert a.level[0] == pytest.approx(b.level[0], abs=1e-12)
    before = beliefs(y[:-1], grid)[-1]
    total = before.v_level[0] + 0.02
    assert a.level[0] - before.level[0] == pytest.approx(CLIP * (before.v_level[0] + 0.01) / total**0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_the_filter_gives_the_mean_and_variance_of_the_joint_normal(seed, rows):
    """Against conditioning the joint normal of all rows by linear algebra; small errors, so that nothing is clipped."""
    q, a, s = 0.2, 0.6, 0.5
    y = 0.05 * np.random.default_rng(seed).standard_normal(rows)
    last = beliefs(y, Grid(np.array([q]), np.array([a]), np.array([s])))[-1]
    t = np.arange(rows)
    level = 1 + q * q * np.minimum.outer(t, t)
    swing = s * s * a ** np.abs(np.subtract.outer(t, t))
    gain = np.linalg.solve(level + swing, level[:, -1])
    start = np.median(y[:8])
    assert last.level[0] == pytest.approx(start + gain @ (y - start), abs=1e-9)
    assert last.v_level[0] == pytest.approx(level[-1, -1] - gain @ level[:, -1], abs=1e-9)


def test_what_is_believed_after_a_row_knows_nothing_of_later_rows():
    y = series(5, 60)
    other = np.concatenate([y[:40], y[40:] + 3])
    a, b = (beliefs(x, Grid.over(SWINGS))[39] for x in (y, other))
    assert np.array_equal(a.weight, b.weight)
    assert np.array_equal(a.level, b.level)


def test_a_missing_row_keeps_its_place_in_time():
    y = series(6, 80)
    y[40] = np.nan
    grid = Grid(np.array([0.1]), np.array([0.5]), np.array([0.3]))
    known = beliefs(y, grid)
    assert known[40].level[0] == known[39].level[0]
    assert known[40].v_level[0] == pytest.approx(known[39].v_level[0] + 0.01)
    assert known[40].swing[0] == pytest.approx(0.5 * known[39].swing[0])


def test_the_first_states_are_those_of_the_record_read_backwards():
    y = series(7, 120, 0.02, 0.0, 0.05) + np.linspace(0, 2, 120)
    found = fit(y)
    assert found.first_level + found.first_swing == pytest.approx(y[0], abs=0.15)
    assert found.level + found.swing == pytest.approx(y[-1], abs=0.15)
    assert found.level - found.first_level > 1.5


def test_futures_have_the_spread_of_the_model():
    """Var y_h = v_level + h q^2 + a^2h v_swing + s^2 (1 - a^2h) + 2 a^h v_both; the t's fourth moment makes five standard errors wide."""
    q, a, s = 0.2, 0.7, 0.5
    one = np.ones(1)
    belief = Belief(one, 3 * one, 0.4 * one, 0.04 * one, -0.02 * one, 0.09 * one)
    y = draw(belief, Grid(q * one, a * one, s * one), 6, 200_000, np.random.default_rng(1))
    for h in (1, 6):
        variance = 0.04 + h * q**2 + a ** (2 * h) * 0.09 + s**2 * (1 - a ** (2 * h)) - 2 * a**h * 0.02
        assert y[h - 1].mean() == pytest.approx(3 + 0.4 * a**h, abs=5 * (variance / 200_000) ** 0.5)
        assert y[h - 1].var() == pytest.approx(variance, rel=5 * (8 / 200_000) ** 0.5)


def test_the_student_density_has_unit_variance():
    z = np.linspace(-300, 300, 600_001)
    density = np.exp(log_student(z))
    assert (z * z * density).sum() / density.sum() == pytest.approx(1, rel=1e-3)


def test_odd_rows_say_where_they_lie():
    y = series(8, 100, 0.01, 0.0, 0.1)
    y[30] += 4
    (found,) = odd_rows(y)
    assert found.row == 31
    assert "above its neighbours" in str(found)
    assert robust(np.array([1.0, 2.0, 3.0, 4.0, 1000.0, np.nan])) == pytest.approx(1.4826)
