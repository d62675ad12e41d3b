"""Loops beside theory: how strong a controller may be, alone, late, with a memory, and beside another. The policies are those of `supply_controller`."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from ..arithmetic import NUMPY
from ..mechanisms.control.policies import Pi, Rule
from .anchor import closed
from .runs import edge, series

SMALL, CALLS = 1e-6, 3000
CRASH = "ln 10 / ln(1 + delta)"
DELAY = "2 cos(d pi / (2 d + 1))"
PI_LOOP = "Jury's conditions, a = 0.9, b = 0.5"
RIVALS = "2 / (1 + c), and half of it with a call of delay"


def _grows(path: list[float]) -> bool:
    """Whether a small distance from rest is larger at the end than it was."""
    away = np.abs(np.asarray(path))
    return bool(away[-200:].max() > away[100:300].max())


# --- one controller ------------------------------------------------------------------------------------------------


def _late(gain: float, delay: int) -> list[float]:
    """Distance of the level from 1 under the proportional policy, which sees the level as it was `delay` calls ago."""
    policy, p, level = Rule(), SimpleNamespace(gain=gain), [1 + SMALL] * (delay + 1)
    while len(level) < CALLS and abs(level[-1] - 1) < 1e-2:
        level.append(policy.propose(p, NUMPY, [1 - level[-1 - delay]], level[-1], {})[0])
    return [x - 1 for x in level]


def _bound(delay: int) -> float:
    return edge(lambda gain: _ended(_late(gain, delay)), 0.1, 3, 12)


def _ended(path: list[float]) -> bool:
    return len(path) < CALLS or _grows(path)


@closed("A14", "largest stable gain without delay", 2, form=DELAY, relative=3e-3)
def _at_once() -> float:
    return _bound(0)


@closed("A14b", "largest stable gain, one call late", 1, form=DELAY, relative=3e-3)
def _one_late() -> float:
    return _bound(1)


@closed("A14c", "largest stable gain, two calls late", 0.618034, form=DELAY, relative=3e-3)
def _two_late() -> float:
    return _bound(2)


@closed("A14d", "largest stable gain, three calls late", 0.445042, form=DELAY, relative=3e-3)
def _three_late() -> float:
    return _bound(3)


# --- one with a memory ---------------------------------------------------------------------------------------------


def _pi(kp: float, ki: float, calls: int = CALLS) -> list[float]:
    """y' = 0.9 y + 0.5 u, u = -Kp y - Ki z, z' = z + y. The policy adds y before it uses z, so its gain is Kp - Ki."""
    policy, p = Pi(), SimpleNamespace(base=1, gain=kp - ki, integral=ki, leak=1)
    memory, y = {"integral": 0.0}, [SMALL]
    while len(y) < calls and abs(y[-1]) < 1:
        level, memory = policy.propose(p, NUMPY, [-y[-1]], 1, memory)
        y.append(0.9 * y[-1] + 0.5 * (level - 1))
    return y


@closed("A15", "largest stable Ki at Kp = 1", 1.2, form=PI_LOOP, relative=3e-3)
def _integral() -> float:
    return edge(lambda ki: _ended(_pi(1, ki)), 0.5, 2, 12)


@closed("A15b", "largest stable Kp at Ki = 0.4", 4, form=PI_LOOP, relative=3e-3)
def _proportional() -> float:
    return edge(lambda kp: _ended(_pi(kp, 0.4)), 2, 6, 12)


@closed("A15c", "spectral radius at Kp = 1, Ki = 0.4", 0.774597, form=PI_LOOP, within=1e-6)
def _radius() -> float:
    """Of a complex pair y'' y - y'^2 goes down by the square of the radius."""
    y = _pi(1, 0.4, 12)
    turning = [y[i + 1] * y[i - 1] - y[i] ** 2 for i in (4, 5)]
    return math.sqrt(turning[1] / turning[0])


# --- two of them ---------------------------------------------------------------------------------------------------


def _war(gain: float, delay: int) -> list[float]:
    """Two proportional policies, each pushed by its own level and by half of the other's."""
    policy, p = Rule(), SimpleNamespace(gain=gain)
    ours, theirs = [1 + SMALL] * (delay + 1), [1 + SMALL] * (delay + 1)
    while len(ours) < CALLS and abs(ours[-1] - 1) < 1e-2:
        own, other = 1 - ours[-1 - delay], 1 - theirs[-1 - delay]
        ours.append(policy.propose(p, NUMPY, [own, 0.5 * other], ours[-1], {})[0])
        theirs.append(policy.propose(p, NUMPY, [other, 0.5 * own], theirs[-1], {})[0])
    return [x - 1 for x in ours]


@closed("A17", "largest stable gain of two rivals", 1.3333, form=RIVALS, relative=3e-3)
def _rivals() -> float:
    return edge(lambda gain: _ended(_war(gain, 0)), 0.1, 3, 12)


@closed("A17b", "largest stable gain of two rivals, one call late", 0.6667, form=RIVALS, relative=3e-3)
def _late_rivals() -> float:
    return edge(lambda gain: _ended(_war(gain, 1)), 0.1, 3, 12)


# --- the shield ----------------------------------------------------------------------------------------------------


def _steps_to_tenfold(rate: str) -> float:
    """However much a policy wants, the level moves by `rate` a call: so many calls make it tenfold."""
    level = series(SHIELDED.format(rate=rate), 20, "level")[0]
    return math.log(10) * 10 / math.log(level[15] / level[5])


@closed("A13", "calls until supply is tenfold at 1 % a call", 231.4, form=CRASH, within=0.05)
def _slow() -> float:
    return _steps_to_tenfold("0.01")


@closed("A13b", "calls until supply is tenfold at 2 % a call", 116.3, form=CRASH, within=0.05)
def _faster() -> float:
    return _steps_to_tenfold("0.02")


SHIELDED = """
[network]
name = "shielded"
token = "TOK"
[assets.TOK]
[assets.USD]
form = "fiat"
[accounts.market]
holds = ["TOK"]
[signals]
seen = {{ unit = "1", start = 1000 }}
level = {{ unit = "1", start = 1 }}
[[mechanism]]
use = "supply_controller"
name = "control"
level = "level"
observations = [{{ signal = "seen", target = 1 }}]
gain = 100
low = 0.1
high = 20
rate = {rate}
total = 0.99
window = 1
"""
