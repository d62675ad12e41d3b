"""Render: emission by governance budgets, the recorded burn, and a revenue share that burns more than it mints."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..save import Save
from ..simulate import simulate
from ..spec import load, loads
from .anchor import Standing, anchor

EPOCH = 7
SAVED = ("mint/RENDER", "burn/RENDER", "tag:revenue/USD", "flow:jobs.fee", "flow:job_rewards.reward")
WEEKS = "weekly burns, data/render_bme_weekly.csv, 2025-10-30"
RNP_022 = "RNP-022, 2025-12-20"
ARTICLE: Standing = "article"


@cache
def _run(scenario: str) -> dict[str, np.ndarray]:
    """Amounts of each weekly epoch on one path."""
    run = simulate(load("render").scenario(scenario).economy(), 1, 156 * EPOCH, save=Save(every=EPOCH, vars=SAVED, paths=True))
    return {name: np.asarray(run[name])[:, 0] for name in SAVED}


def _sum(name: str, first: int, last: int, scenario: str = "replay") -> float:
    """Over epochs first .. last, counted from 1 as the network does."""
    return float(_run(scenario)[name][first : last + 1].sum())


def _dollars(first: int, last: int) -> float:
    """What bought tokens to burn [USD]."""
    return _sum("tag:revenue/USD", first, last) - _sum("flow:jobs.fee", first, last)


@anchor("R1", "render", "emission of BME year 1", 9_126_804, "RENDER", source="RNP-006, 2023-12-20", standing="primary", within=1)
def _year_1() -> float:
    return _sum("mint/RENDER", 1, 52, "base")


@anchor("R2", "render", "emission of BME year 2", 5_905_580, "RENDER", source="RNP-018, 2024-12-20", standing="primary", within=1)
def _year_2() -> float:
    return _sum("mint/RENDER", 53, 104, "base")


@anchor("R2b", "render", "emission of BME year 3", 5_905_580, "RENDER", source=RNP_022, standing="primary", within=1)
def _year_3() -> float:
    return _sum("mint/RENDER", 105, 156, "base")


@anchor("R3", "render", "calendar 2025, as 5.25 % of 107,374,182.4", 5_637_150, "RENDER", source="article 001; the budget is R2", standing=ARTICLE, within=6)
def _calendar_2025() -> float:
    return _shares("0.0525")


@anchor("R3b", "render", "half of calendar 2025", 2_818_575, "RENDER", source="article 001", standing=ARTICLE, within=3)
def _half_of_2025() -> float:
    return _shares("0.02625")


@anchor("R4", "render", "burned in epochs 1 to 52, fed with the record", 275_207.6, "RENDER", source=WEEKS, standing="third party", relative=0.01)
def _burned_first() -> float:
    return _sum("burn/RENDER", 1, 52)


@anchor("R4b", "render", "its dollars at payment", 1_922_731.6, "USD", source=WEEKS, standing="third party", relative=0.01)
def _paid_first() -> float:
    return _dollars(1, 52)


@anchor("R5", "render", "burned in epochs 53 to 84, fed with the record", 363_580.3, "RENDER", source=WEEKS, standing="third party", relative=0.01)
def _burned_second() -> float:
    return _sum("burn/RENDER", 53, 84)


@anchor("R5b", "render", "its dollars at payment", 1_480_141.7, "USD", source=WEEKS, standing="third party", relative=0.01)
def _paid_second() -> float:
    return _dollars(53, 84)


@anchor("R6", "render", "job rewards of epochs 53 to 84, without extras", 482_882, "RENDER", source=WEEKS, standing="third party", relative=0.01)
def _job_rewards() -> float:
    return _sum("flow:job_rewards.reward", 53, 84)


@anchor("R7", "render", "minted over burned, BME year 1", 33.2, source="R1 over R4", standing="derived", within=0.05)
def _minted_over_burned() -> float:
    return _sum("mint/RENDER", 1, 52) / _sum("burn/RENDER", 1, 52)


@anchor("R8", "render", "1,000 USD at 2.00: 300 burned, 280 rewarded", -20, "RENDER", source="RNP-023, as of 2026-05-18", standing="primary", within=1e-6)
def _revenue_share() -> float:
    end = simulate(loads(RNP_023).economy(), 1, 1, save=Save(vars=("mint/RENDER", "burn/RENDER"))).end
    return float(end["mint/RENDER"][0] - end["burn/RENDER"][0])


@anchor("R9", "render", "growth of usage, 2024 over 2023: scenario bull", 3.0, source=RNP_022, standing="primary", relative=0.005)
def _growth_bull() -> float:
    return _growth("bull")


@anchor("R9b", "render", "growth of usage, January to October 2025 over 2024: base", 1.87, source=RNP_022, standing="primary", relative=0.005)
def _growth_base() -> float:
    return _growth("base")


def _growth(scenario: str) -> float:
    """exp(drift - volatility^2 / 2): growth in a year of the median of the level that demand follows."""
    p: Any = next(u for u in load("render").scenario(scenario).economy().uses if u.name == "demand_level").params
    return math.exp(float(p.drift) - float(p.volatility) ** 2 / 2)


def _shares(share: str) -> float:
    """A year's emission [RENDER] from a budget in shares of all burn-mint tokens."""
    run = simulate(loads(YEAR.format(share=share)).economy(), 1, 364, save=Save(vars=("mint/RENDER",)))
    return float(run.end["mint/RENDER"][0])


RNP_023 = """
[network]
name = "rnp-023"
token = "RENDER"

[assets.RENDER]

[assets.USD]
form = "fiat"

[accounts.market]
holds = ["RENDER", "USD"]
opening = { RENDER = 100_000 }

[accounts.operator]
holds = ["USD"]

[accounts.foundation]
holds = ["USD"]

[accounts.nodes]
holds = ["RENDER", "USD"]

[signals.demand]
unit = "USD/day"
start = 1000

[signals.price]
unit = "USD/RENDER"
start = 2

[[mechanism]]
use = "burn_mint"
name = "jobs"
providers = "nodes/RENDER"
providers_fiat = "nodes/USD"
burn_share = 0.6
payees = [{ to = "operator/USD", share = 0.35 }, { to = "foundation/USD", share = 0.05 }]
rewards = "nodes/RENDER"
reward_share = 0.56
"""
YEAR = """
[network]
name = "a year in shares"
token = "RENDER"

[assets.RENDER]

[assets.USD]
form = "fiat"

[accounts.nodes]
holds = ["RENDER"]

[[mechanism]]
use = "emission_schedule"
name = "emission"
every = "7 days"
base = 107_374_182.4
budgets = [{{ day = 0, value = {share} }}, {{ day = 364, value = 0 }}]
recipients = [{{ to = "nodes/RENDER", share = 1 }}]
"""
