"""Every example of a mechanism is sound, the same in three arithmetics and in a compiled scan, and what it does live is replayed to the base unit."""

from __future__ import annotations

import numpy as np
import pytest
from docs.exhibits import FOLDER, exhibit, run, table

import mintage as mt
from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.economy import World, post
from mintage.guard import Guard
from mintage.ledger.codec import decode
from mintage.live.direct import Direct
from mintage.live.driver import Driver
from mintage.live.replay import Replay
from mintage.live.service import LiveNetwork
from mintage.noise import NoiseSource
from mintage.save import Save
from mintage.simulate import simulate

EXHIBITS = sorted(FOLDER.glob("*.toml"))
PATHS, STEPS, SCAN = 2, (0, 1, 7, 30), 24
of_each = pytest.mark.parametrize("file", EXHIBITS, ids=lambda f: f.stem)


@of_each
def test_what_an_exhibit_shows_moves(file):
    shown, spec = exhibit(file.stem), mt.load(file)
    assert file.stem in {u.mechanism.name for u in spec.economy().uses}
    assert shown.caption.endswith(".")
    for name, quantiles in run(shown)[1].items():
        assert np.ptp(quantiles) > 0, name
    assert len(table(shown)) == len(shown.shows)


@of_each
def test_each_call_from_the_same_state_agrees_in_three_arithmetics(file):
    e = mt.load(file).economy()
    assert [str(f) for f in e.check()] == []
    bound, others = e.bind(NUMPY), []
    world, guard, noise = bound.start(PATHS), Guard(bound), NoiseSource(1, bound.noise(), 0, 1, PATHS)
    with exact():
        others = [(EXACT, e.bind(EXACT), to_exact), (jax(), e.bind(jax()), jax().array)]
    for t in range(max(STEPS) + 1):
        drawn = Remembered(noise)
        if t in STEPS:
            taken = {c.name: drawn.take(c.name) for c in bound.stepping if (t - c.offset) % c.every == 0}
            for xp, other, turn in others:
                compare(xp, bound, other, world, t, taken, turn)
        bound.step(world, t, drawn, guard)


class Remembered:
    """Noise that can be looked at before the step that uses it."""

    def __init__(self, source):
        self.source, self.seen = source, {}

    def take(self, call):
        if call not in self.seen:
            self.seen[call] = self.source.take(call)
        return self.seen[call]


def compare(xp, bound, other, start, t, taken, turn):
    """Both run the calls of step t, each call from the state that the arrays have at it."""
    world = start.copy()
    with exact():
        for call, twin in zip(bound.stepping, other.stepping, strict=True):
            if (t - call.offset) % call.every:
                continue
            there = World(*({k: turn(v) for k, v in table.items()} for table in (world.balances, world.signals)), {})
            there.memory = {c: {k: turn(v) for k, v in m.items()} for c, m in world.memory.items()}
            noise = {k: turn(v) for k, v in taken[call.name].items()}
            here = bound.emit(call, world, t, taken[call.name], start.balances)
            agree(world, here, other.emit(twin, there, t, noise, {k: turn(v) for k, v in start.balances.items()}), call.name)
            for flow in here[0]:
                post(NUMPY, world.balances, flow)
            bound.keep(call, world, here[1])


def agree(world, here, there, call):
    """Flows within 1e-12 of the balances they touch, updates within 1e-9 of themselves."""
    assert [(f.src, f.dst, f.reason) for f in here[0]] == [(f.src, f.dst, f.reason) for f in there[0]], call
    for a, b in zip(here[0], there[0], strict=True):
        scale = max(np.abs(world.balances[a.src]).max(), np.abs(world.balances[a.dst]).max(), np.abs(a.amount).max())
        assert np.all(np.abs(to_float(b.amount) - a.amount) <= 1e-12 * scale), (call, a.reason)
    assert here[1].keys() == there[1].keys(), call
    for name, value in here[1].items():
        assert np.all(np.abs(to_float(there[1][name]) - value) <= 1e-9 * np.maximum(np.abs(value), 1e-3)), (call, name)


@of_each
def test_a_compiled_scan_is_what_arrays_do(file):
    e = mt.load(file).economy()
    names = tuple(str(a) for a in e.accounts)
    a, b = (simulate(e, 256, SCAN, save=Save(every=8, paths=True, vars=names), engine=engine) for engine in ("numpy", "jax"))
    for name in names:
        size = np.abs(a.series[name]).max()
        assert np.allclose(b.series[name], a.series[name], rtol=1e-9, atol=1e-12 * size + 1e-9), name


@of_each
def test_what_people_do_live_is_replayed_to_the_base_unit(file):
    spec = mt.load(file)
    with LiveNetwork.open("memory:", spec, secret=b"exhibit") as live:
        driver = Driver(Direct(live), spec, seed=1, owners=5, events=25)
        driver.run(8)
        found = Replay().run([(r.seq, decode(r.body)) for r in live.ledger.records(0)])
    assert list(map(str, found.differences)) == []
    assert found.epochs == 8
    assert set(driver.tally.refused) <= {"MT302", "MT804", "MT312", "MT304", "MT311"}
