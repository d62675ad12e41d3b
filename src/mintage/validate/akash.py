"""Akash: the paper's curve, the inflation that ran instead, and credits that are bought and spent at different prices."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..save import Save
from ..simulate import simulate
from ..spec import load, loads
from .anchor import anchor

AEP_76 = "AEP-76, 2026-03-23"
DECEMBER, JUNE = 444, 639  # 2021-12-13 and 2022-06-26, days since mainnet
DAYS_A_YEAR = 365.25


@cache
def _since_mainnet() -> dict[str, np.ndarray]:
    """Supply and inflation by day, under the bands as governance set them."""
    run = simulate(load("akash").scenario("since_mainnet").economy(), 1, JUNE + 1, save=Save(every=1, vars=("supply/AKT", "inflation"), paths=True))
    return {name: np.asarray(run[name])[:, 0] for name in ("supply/AKT", "inflation")}


def _curve(days: int, step: str) -> float:
    """Supply [AKT] that the preset's curve gives so many days after mainnet."""
    p: Any = next(u for u in load("akash").economy().uses if u.name == "white_paper").params
    text = CURVE.format(first=p.first, half_life=p.half_life, period=p.period, step=step, days=days)
    return float(simulate(loads(text).economy(), 1, math.ceil(days / float(step)), save=Save(vars=("supply/AKT",))).end["supply/AKT"][0])


@anchor("K1", "akash", "supply at the end of the paper's curve", 388_539_008, "AKT", source="AEP-5, 2020-01-31", standing="primary", within=1)
def _asymptote() -> float:
    return _curve(60_000, "300")  # 44 half-lives


@anchor("K2", "akash", "modelled supply on 2021-09-25", 149_300_000, "AKT", source="forum 410, 2021-06-24", standing="primary", within=100_000)
def _first_year() -> float:
    return _curve(365, "1")


@anchor("K2b", "akash", "modelled supply of mid-2022", 180_584_729, "AKT", source="forum 4546, 2022", standing="primary", within=100_000)
def _mid_2022() -> float:
    return _curve(JUNE, "1")


@anchor("K3", "akash", "10M USD of credits bought at 1.14: into the vault", 8_771_929, "AKT", source=AEP_76, standing="primary", within=1)
def _vault() -> float:
    return _credits(10_000_000, "1.14", "1.25")[0]


@anchor("K4", "akash", "the same spent at 1.25: net change of supply", -771_929, "AKT", source=AEP_76, standing="primary", within=1)
def _net() -> float:
    taken, paid, _ = _credits(10_000_000, "1.14", "1.25")
    return paid - taken


@anchor("K5", "akash", "1,000 USD bought at 1.14 and spent at 1.50: net", -210.526316, "AKT", source=AEP_76, standing="primary", within=2e-6)
def _net_of_a_thousand() -> float:
    taken, paid, _ = _credits(1000, "1.14", "1.50")
    return paid - taken


@anchor("K6", "akash", "blocks of a mint epoch at CR = 0.94", 25, source="chain-sdk and x/bme, 2026-04-28", standing="derived")
def _epoch() -> float:
    return _credits(1000, "1", "0.94", spent=0)[2]


@anchor("K7", "akash", "inflation on 2021-12-13", 0.3394, source="forum 3418, 2021-12-13", standing="primary", within=5e-4)
def _inflation() -> float:
    return float(_since_mainnet()["inflation"][DECEMBER])


@anchor("K7b", "akash", "inflation on 2021-06-24; fitted: where it opened", 0.4785, source="forum 410, 2021-06-24", standing="primary", within=5e-3)
def _inflation_before() -> float:
    return float(_since_mainnet()["inflation"][272])


@anchor("K8", "akash", "supply above the curve on 2021-12-13", 10_000_000, "AKT", source="forum 3418, 2021-12-13", standing="primary", within=500_000)
def _above() -> float:
    return float(_since_mainnet()["supply/AKT"][DECEMBER]) - _curve(DECEMBER, "1")


@anchor("K8b", "akash", "supply of mid-2022, not used to fit K8", 191_393_848, "AKT", source="forum 4546, 2022", standing="primary", relative=0.01)
def _supply_of_2022() -> float:
    return float(_since_mainnet()["supply/AKT"][JUNE])


@cache
def _credits(dollars: int, bought: str, sold: str, spent: int = 1) -> tuple[float, float, float]:
    """AKT into the vault, AKT out of it and blocks of an epoch, when credits for `dollars` are bought at one price and spent (or kept) at another."""
    text = CREDITS.format(dollars=dollars, later=dollars * spent, bought=bought, sold=sold)
    names = ("flow:credits.vault", "flow:credits.settle", "epoch")
    run = simulate(loads(text).economy(), 1, 2, save=Save(every=1, vars=names, paths=True))
    into, out, epoch = (np.asarray(run[name])[:, 0] for name in names)
    return float(into[1]), float(out[2]), float(epoch[2])


CURVE = """
[network]
name = "curve"
token = "AKT"
step = "{step} days"
horizon = "{step} days"

[assets.AKT]

[assets.USD]
form = "fiat"

[accounts.staked]
holds = ["AKT"]
opening = {{ AKT = 100_000_000 }}

[[mechanism]]
use = "declining_emission"
name = "curve"
curve = "halving"
first = {first}
period = {period}
half_life = {half_life}
length = {days}
recipients = [{{ to = "staked/AKT", share = 1 }}]
"""

CREDITS = """
[network]
name = "credits"
token = "AKT"
step = "1 day"
horizon = "2 days"

[assets.AKT]
decimals = 6

[assets.ACT]
decimals = 6

[assets.USD]
form = "fiat"

[accounts]
market = {{ holds = ["AKT", "USD"], opening = {{ AKT = 100_000_000 }} }}
tenants = {{ holds = ["AKT", "ACT", "USD"], role = "customer" }}
mint_queue = {{ holds = ["AKT"] }}
refund_queue = {{ holds = ["ACT"] }}
providers = {{ holds = ["AKT", "ACT", "USD"], role = "provider" }}
due_queue = {{ holds = ["ACT"] }}
vault = {{ holds = ["AKT", "ACT"] }}
buffer = {{ holds = ["AKT"] }}

[signals]
price = {{ unit = "USD/AKT", start = {bought} }}
demand = {{ unit = "USD/day", start = {dollars} }}
credit_status = {{ unit = "1", start = 0 }}
collateral_ratio = {{ unit = "1", start = 1 }}
epoch = {{ unit = "1", start = 10 }}

[[process]]
use = "history"
name = "price"
signal = "price"
values = [{bought}, {sold}]
hold = 1

[[process]]
use = "history"
name = "demand"
signal = "demand"
values = [{dollars}, {later}]
hold = 1

[[mechanism]]
use = "credit_tenants"
name = "leases"
runway = 1
direct = false

[[mechanism]]
use = "compute_credits"
name = "credits"
mint_spread = 0
epoch = "epoch"
"""
