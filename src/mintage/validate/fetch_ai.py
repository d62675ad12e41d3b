"""Fetch.ai: supply from the native chain's inflation to the mergers, and an agent's token on its launch curve."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..accounts import Account
from ..arithmetic_exact import EXACT, exact
from ..economy import Bound, Economy, World
from ..exact import ExactBook, settle
from ..mechanisms.base import State
from ..save import Save
from ..simulate import simulate
from ..spec import load, loads
from .anchor import anchor

MEDIUM, MERGER, TOOLKIT = "Fetch.ai on Medium, 2021-04-08", "fetch.ai blog, 2024-05-03", "agent-launch-toolkit, 2026-04-24"
THREE_YEARS, MERGED, LAUNCHED = 3 * 365, 1130, 400
FET, SOLD = Account("traders", "FET"), Account("traders", "AGENT")


@cache
def _supply(limit: str, steps: int) -> np.ndarray:
    """Supply by day since 2021-03-31."""
    spec = load("fetch_ai").scenario("history").with_values({"native_inflation.limit": limit})
    run = simulate(spec.economy(), 1, steps, save=Save(every=1, vars=("supply/FET",), paths=True))
    return np.asarray(run["supply/FET"])[:, 0]


@cache
def _launch() -> dict[str, float]:
    """What the curve of an agent's token has come to when it was listed."""
    names = ("launch_pool/FET", "launch_pool/AGENT", "supply/AGENT", "launch_price", "launched")
    run = simulate(load("fetch_ai").economy(), 1, LAUNCHED, save=Save(vars=names))
    return {name: float(run.end[name][0]) for name in names}


class _Play:
    """One path in exact arithmetic, on which events are caused."""

    def __init__(self, economy: Economy) -> None:
        with exact():
            self.bound: Bound = economy.bind(EXACT)
            self.world: World = self.bound.start(1, settle)

    def cause(self, call: str, event: str, role: str, **amounts: Any) -> None:
        with exact():
            found = next(c for c in self.bound.calls if c.name == call)
            found.ctx.t, found.ctx.day, found.ctx.opening = 0, EXACT.num(0), self.world.balances
            given = {name: EXACT.full((1, 1), EXACT.num(value)) for name, value in amounts.items()}
            state = State(self.world.balances, self.world.memory[call])
            rule = getattr(found.use.mechanism, event)
            flows, updates = rule(found.p, state, self.world.signals, found.ctx, {role: np.array([0])}, **given)
            ExactBook(self.bound)(self.world.balances, found, flows)
            self.bound.keep(found, self.world, updates)

    def __getitem__(self, place: Account) -> Any:
        return self.world.balances[place][0, 0]


@anchor("F1", "fetch_ai", "native supply after three years at 3 %", 1_152_997_577, "FET", source=MEDIUM, standing="primary", within=1)
def _inflation() -> float:
    return float(_supply("none", THREE_YEARS)[THREE_YEARS])


@anchor("F1b", "fetch_ai", "native supply, held at the ERC-20's", 1_152_997_575, "FET", source=MEDIUM, standing="primary", within=1e-3)
def _met() -> float:
    return float(_supply("issued", MERGED)[MERGED - 1])


@anchor("F2", "fetch_ai", "FET for 2,000,000,000 AGIX at the ratio", 866_700_000, "FET", source=MERGER, standing="primary", within=1e-6)
def _for_agix() -> float:
    play = _Play(loads(SWAP).economy())
    play.cause("swap", "upgrade", "owner", amount=2_000_000_000)
    return float(play[Account("holders", "FET")])


@anchor("F3", "fetch_ai", "supply after the mint of 2024-05-03", 2_630_547_141, "FET", source=MERGER, standing="primary", within=1e-3)
def _merged() -> float:
    return float(_supply("issued", MERGED)[MERGED])


@anchor("F4", "fetch_ai", "FET in the reserve of a launch as it closes", 30_000, "FET", source=TOOLKIT, standing="primary", within=1e-3)
def _reserve() -> float:
    return _launch()["launch_pool/FET"]


@anchor("F4b", "fetch_ai", "tokens that it has sold by then", 800_000_000, "AGENT", source=TOOLKIT, standing="primary", within=1)
def _sold() -> float:
    return _launch()["supply/AGENT"] - _launch()["launch_pool/AGENT"]


@anchor("F5", "fetch_ai", "last price of a launch over its first", 10, source=TOOLKIT, standing="primary", within=1e-6)
def _tenfold() -> float:
    return _launch()["launch_price"] / float(load("fetch_ai").value("launch.level"))


@anchor("F6", "fetch_ai", "lost when 1,000 FET buy and sell at once", 1000 * (1 - 0.98**2), "FET", source="two fees of 2 %", standing="derived", within=1e-9)
def _round_trip() -> float:
    play = _Play(load("fetch_ai").economy())
    play.cause("launch", "deploy", "creator")
    before = play[FET]
    play.cause("launch", "buy", "trader", amount=1000)
    play.cause("launch", "sell", "trader", amount=play[SOLD])
    with exact():
        return float(before - play[FET])


SWAP = """
[network]
name = "swap"
token = "FET"
step = "1 day"
horizon = "1 day"

[assets.FET]
decimals = 18

[assets.AGIX]
decimals = 8

[assets.USD]
form = "fiat"

[accounts.holders]
holds = ["FET", "AGIX"]
opening = { AGIX = 2_000_000_000 }

[accounts.swapped]
holds = ["AGIX"]

[[mechanism]]
use = "upgrade"
name = "swap"
legacy = "holders/AGIX"
locked = "swapped/AGIX"
rate = 0.433350
places = 18
"""
