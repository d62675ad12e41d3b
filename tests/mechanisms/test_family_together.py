"""All families at once: sound by `check`, conserving, and the same in three arithmetics."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_float
from mintage.guard import Guard
from mintage.noise import NoiseSource
from mintage.save import Save
from mintage.simulate import simulate

from .network import converted, to_decimals, whole

PATHS = 2


def test_every_rule_passes_the_check_of_units_and_of_the_protocol():
    assert [str(f) for f in whole().check()] == []


@settings(max_examples=4, deadline=None)
@given(steps=st.integers(0, 60))
def test_each_call_from_the_same_state_agrees_in_numpy_jax_and_exact(steps):
    e = whole()
    bound = e.bind(NUMPY)
    world, guard, noise = bound.start(PATHS), Guard(bound), NoiseSource(1, bound.noise(), 0, 1)
    for t in range(steps):
        bound.step(world, t, noise, guard)
    for xp, there in ((EXACT, to_decimals(world, PATHS)), (jax(), converted(world, jax().array))):
        with exact():
            other = e.bind(xp)
            for call, twin in zip(bound.calls, other.calls, strict=True):
                here = bound.emit(call, world, steps, {}, world.balances)
                agree(world, here, other.emit(twin, there, steps, {}, there.balances))


def agree(world, here, there):
    """Flows within 1e-12 of the balances they touch, updates within 1e-12 of themselves."""
    assert [(f.src, f.dst, f.reason, f.src_at, f.dst_at) for f in here[0]] == [(f.src, f.dst, f.reason, f.src_at, f.dst_at) for f in there[0]]
    for a, b in zip(here[0], there[0], strict=True):
        scale = max(np.abs(world.balances[a.src]).max(), np.abs(world.balances[a.dst]).max(), np.abs(a.amount).max())
        assert np.all(np.abs(to_float(b.amount) - a.amount) <= 1e-12 * scale), a.reason
    assert here[1].keys() == there[1].keys()
    for name, value in here[1].items():
        assert np.all(np.abs(to_float(there[1][name]) - value) <= 1e-11 * np.maximum(np.abs(value), 1e-3)), name


def test_a_year_conserves_every_asset_and_keeps_its_cap_in_numpy_and_jax():
    save = Save(every=30, paths=True, vars=("supply/TOK", "price", "nodes", "fee", "providers/TOK", "pool/TOK"))
    a, b = (simulate(whole(), 256, 120, save=save, engine=engine) for engine in ("numpy", "jax"))  # conservation and cap are held by the engine's guard
    assert a["supply/TOK"].max() <= 1_210_000 * (1 + 1e-12)
    for name in a.series:
        assert np.allclose(b.series[name], a.series[name], rtol=1e-9, atol=1e-9), name
