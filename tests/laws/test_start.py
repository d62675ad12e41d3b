"""A run that goes on from a state: from the opening it is the plain run, from the middle it goes on as the whole run did, however it is cut up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mintage as mt
from mintage.arithmetic import NUMPY
from mintage.economy import Economy, World
from mintage.guard import Guard
from mintage.noise import NoiseSource
from mintage.runs import Folder
from mintage.simulate import LANES, Standing, drawn
from tests.laws.town import town

EVERYTHING = mt.Save(every=1, paths=True)


def walked(economy: Economy, steps: int, seed: int = 1) -> World:
    """Path 0 after some steps, by the engine's own parts."""
    bound = economy.bind(NUMPY)
    world, noise, guard = bound.start(LANES), NoiseSource(seed, bound.noise(), 0, 1, LANES), Guard(bound)
    for t in range(steps):
        bound.step(world, t, noise, guard)

    def first(table: dict) -> dict:
        return {k: v[..., :1] for k, v in table.items()}

    return World(first(world.balances), first(world.signals), {c: first(m) for c, m in world.memory.items()})


def same(a: mt.Trajectory, b: mt.Trajectory) -> bool:
    return a.end.keys() == b.end.keys() and all(np.array_equal(a[name], b[name]) and np.array_equal(a.end[name], b.end[name]) for name in a.series)


def test_from_the_opening_at_step_0_a_run_is_the_plain_one_bit_for_bit():
    economy = town()
    plain, started = (mt.simulate(economy, 300, 23, save=EVERYTHING, start=start) for start in (None, walked(economy, 0)))
    assert same(plain, started)
    assert (plain.manifest.start, len(started.manifest.start)) == ("", 64)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
@pytest.mark.parametrize("step", [1, 5, 16, 17, 40])
def test_a_path_goes_on_from_its_middle_as_the_whole_run_does(step, engine):
    if engine == "jax":
        pytest.importorskip("jax")
    economy = town()
    whole = mt.simulate(economy, 1, 60, save=EVERYTHING, engine=engine)
    rest = mt.simulate(Standing(economy, walked(economy, step), step, 60 - step), 1, save=EVERYTHING, engine=engine)
    for name in rest.series:
        assert rest[name][:, 0] == pytest.approx(whole[name][step:, 0], rel=1e-10 if engine == "jax" else 0, abs=1e-9 if engine == "jax" else 0), name
    assert (rest.manifest.first_step, rest.manifest.steps, list(rest.day[[0, -1]])) == (step, 60 - step, [0, 60 - step])


def test_a_flow_since_the_start_is_that_of_the_whole_run():
    economy, names = town(), ("flow:stakers.reward", "burn/TOK")
    whole = mt.simulate(economy, 1, 30, save=mt.Save(every=1, vars=names, paths=True))
    rest = mt.simulate(economy, 1, 20, save=mt.Save(vars=names), start=walked(economy, 10), first_step=10)
    for name in names:
        assert rest.end[name][0] == pytest.approx(whole[name][11:, 0].sum(), rel=1e-12)


def test_chunks_processes_and_numbers_of_paths_do_not_change_a_started_path():
    standing = Standing(town(), walked(town(), 7), 7, 15)
    whole = mt.simulate(standing, 700, save=EVERYTHING)
    assert same(whole, mt.simulate(standing, 700, save=EVERYTHING, chunk=256))
    assert same(whole, mt.simulate(standing, 700, save=EVERYTHING, workers=2))
    few = mt.simulate(standing, 3, save=EVERYTHING)
    assert all(np.array_equal(few[name], whole[name][:, :3]) for name in few.series)


def test_how_often_a_call_has_drawn_is_counted_as_it_is_called():
    economy = town(uses=tuple(replace(u, every=e, offset=o) for u, (e, o) in zip(town().uses, [(1, 0), (3, 2), (5, 4), (7, 0)], strict=True)))
    bound = economy.bind(NUMPY)
    for step in range(25):
        assert drawn(bound, step) == {c.name: sum((t - c.offset) % c.every == 0 for t in range(step)) for c in bound.calls}


def test_a_state_of_another_economy_is_refused_with_what_differs():
    world = walked(town(), 3)
    for change in ("account", "rows", "memory", "signal"):
        other = world.copy()
        if change == "account":
            other.balances.pop(next(iter(other.balances)))
        elif change == "rows":
            place = next(p for p in other.balances if p.kind == "staked")
            other.balances[place] = np.ones((9, 1))
        elif change == "memory":
            other.memory.pop("stakers")
        else:
            other.signals["weather"] = np.ones((1, 1))
        with pytest.raises(mt.MintageError, match="MT824"):
            mt.simulate(town(), 8, 5, start=other)


def test_a_run_folder_knows_the_state_it_began_with(tmp_path):
    standing = Standing(town(), walked(town(), 4), 4, 9)
    save = mt.Save()
    folder = Folder(tmp_path / "run", town(), 300, 9, 1, save, start=standing.digest())
    plain = mt.simulate(standing, 300, chunk=256, on_chunk=folder.store)
    again = Folder(tmp_path / "run", town(), 300, 9, 1, save, resume=True, start=standing.digest())
    resumed = mt.simulate(standing, 300, chunk=256, finished=again.finished())
    assert all(np.array_equal(plain.end[k], resumed.end[k]) for k in plain.end)
    for start in ("", Standing(town(), walked(town(), 5), 5, 9).digest()):
        with pytest.raises(mt.MintageError, match="MT530"):
            Folder(tmp_path / "run", town(), 300, 9, 1, save, resume=True, start=start)
