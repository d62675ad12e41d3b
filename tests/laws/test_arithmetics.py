"""The same economy in three arithmetics: call by call from the same recorded state, within 1e-12 of the balances a flow touches."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset
from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.economy import World
from mintage.errors import RunError
from mintage.exact import ExactBook, settle
from mintage.flows import Flow
from mintage.guard import Guard
from mintage.noise import NoiseSource
from mintage.save import Save
from mintage.simulate import simulate

from .town import town

PATHS = 2


def converted(world: World, turn) -> World:
    return World(
        {k: turn(v) for k, v in world.balances.items()},
        {k: turn(v) for k, v in world.signals.items()},
        {c: {k: turn(v) for k, v in m.items()} for c, m in world.memory.items()},
    )


def agree(a, b, scale):
    assert np.all(np.abs(to_float(a) - to_float(b)) <= 1e-12 * np.maximum(np.abs(to_float(b)), scale))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 25))
def test_each_call_from_the_same_state_agrees_in_numpy_jax_and_exact(seed, steps):
    economy = town()
    bound = economy.bind(NUMPY)
    noise, guard = NoiseSource(seed, bound.noise(), 0, 1), Guard(bound)
    world = bound.start(256)
    for t in range(steps):
        bound.step(world, t, noise, guard)
    small = converted(world, lambda v: v[..., :PATHS])
    engines = [(EXACT, to_exact), (jax(), lambda v: v)]
    for call in bound.calls:
        drawn = {k: v[:, :PATHS] for k, v in noise.take(call.name).items()}
        flows, updates = bound.emit(call, small, steps, drawn, small.balances)
        for xp, turn in engines:
            with exact():
                other = economy.bind(xp)
                twin = next(c for c in other.calls if c.name == call.name)
                there = converted(small, turn)
                flows2, updates2 = other.emit(twin, there, steps, {k: turn(v) for k, v in drawn.items()}, there.balances)
            assert [f._replace(amount=0) for f in flows] == [f._replace(amount=0) for f in flows2]
            for f, g in zip(flows, flows2, strict=True):
                touched = max(np.abs(small.balances[f.src]).max(), np.abs(small.balances[f.dst]).max())
                agree(g.amount, f.amount, touched)
            for name in updates:
                agree(updates2[name], updates[name], np.abs(updates[name]).max())


def test_a_whole_run_on_jax_is_the_numpy_run_to_1e_12():
    a, b = (simulate(town(), 300, 40, save=Save(every=10, paths=True), engine=e) for e in ("numpy", "jax"))
    for name in a.series:
        assert np.allclose(b.series[name], a.series[name], rtol=1e-12, atol=1e-9), name


def run_exact(economy, steps, seed=3, paths=PATHS):
    source = NoiseSource(seed, economy.bind(NUMPY).noise(), 0, 1)

    class Recorded:
        def take(self, call):
            return {k: to_exact(v[:, :paths]) for k, v in source.take(call).items()}

    bound = economy.bind(EXACT)
    world, book = bound.start(paths, settle), ExactBook(bound)
    for t in range(steps):
        bound.step(world, t, Recorded(), book)
    return world, book


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), decimals=st.integers(0, 18))
def test_exact_runs_conserve_to_the_base_unit_and_post_whole_units_only(seed, decimals):
    economy = town(assets={"TOK": Asset("TOK", decimals, cap=Decimal(2_000_000)), "USD": Asset("USD", 2, "fiat")})
    with exact():
        world, book = run_exact(economy, 12, seed)
        for asset in economy.assets:
            total = sum(v.reshape(-1, PATHS)[:, 1].sum() for a, v in world.balances.items() if a.asset == asset)
            assert total == 0
        grain = {n: Decimal(1).scaleb(-a.decimals) for n, a in economy.assets.items()}
        for _, flow, _ in book.posted:
            for amount in flow.amount.reshape(-1):
                assert amount >= 0
                assert amount % grain[flow.src.asset] == 0
        for place in economy.accounts:
            if not economy.kinds[place.kind].overdraft:
                assert min(world.balances[place].reshape(-1)) >= 0


def test_settlement_gives_the_odd_unit_to_the_largest_remainder():
    economy = town(assets={"TOK": Asset("TOK", 0), "USD": Asset("USD", 2, "fiat")})
    with exact():
        bound = economy.bind(EXACT)
        world = bound.start(1)
        shares = np.array([[Decimal(x)] for x in ("1.2", "1.7", "1.7", "0.9", "1.5")], dtype=object)
        flow = Flow(Account("issuance", "TOK"), Account("liquid", "TOK"), shares, "reward")
        paid = settle(bound, world.balances, [flow])[0].amount[:, 0]
        assert [int(x) for x in paid] == [1, 2, 2, 1, 1]  # 7.0 in all: floors 1 1 1 0 1, then .9, .7, .7 in that order
        assert sum(paid) == 7


def test_a_float_that_slips_into_exact_work_is_refused():
    with exact():
        bound = town().bind(EXACT)
        world = bound.start(1)
        slipped = EXACT.where(np.array([[True]] * 5), 0.5, world.balances[Account("liquid", "TOK")])
        flow = Flow(Account("liquid", "TOK"), Account("staked", "TOK"), slipped, "stake")
        with pytest.raises(RunError, match="MT308"):
            ExactBook(bound)(world.balances, bound.calls[0], [flow])


def test_an_opening_that_does_not_divide_is_whole_units_from_the_start():
    economy = town(assets={"TOK": Asset("TOK", 0, cap=Decimal(2_000_000)), "USD": Asset("USD", 2, "fiat")}, opening={Account("liquid", "TOK"): Decimal(50_003)})
    with exact():
        world = economy.bind(EXACT).start(1, settle)
        assert [int(x) for x in world.balances[Account("liquid", "TOK")][:, 0]] == [10001, 10001, 10001, 10000, 10000]
        assert world.balances[Account("issuance", "TOK")][0, 0] == -50_003


def test_jax_refuses_the_supply_that_numpy_refuses():
    tight = town(assets={"TOK": Asset("TOK", 18, cap=Decimal("50_100")), "USD": Asset("USD", 6, "fiat")})
    for engine, code in (("numpy", "MT304"), ("jax", "MT307")):
        with pytest.raises(RunError, match=code):
            simulate(tight, 8, 40, engine=engine)
