"""io.net: the schedule of block rewards, the stake of a device, and how much circulates two years after the launch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..save import Save
from ..simulate import simulate
from ..spec import load, loads
from .anchor import anchor

DOCS = "docs.io.net, IO tokenomics"
ENGINE = 730  # days from the launch to 2026-06-11


def _emitted(first: int, last: int) -> float:
    """What the preset's schedule mints from day `first` to day `last` [IO]; in steps of five days, as its curve does not mind."""
    p: Any = next(u for u in load("io_net").economy().uses if u.name == "emission").params
    text = CURVE.format(first=p.first, fall=p.fall, total=p.total, days=last)
    run = simulate(loads(text).economy(), 1, math.ceil(last / 5), save=Save(every=1, vars=("supply/IO",), paths=True))
    supply = np.asarray(run["supply/IO"])[:, 0]
    return float(supply[last // 5] - supply[first // 5])


@anchor("I1", "io_net", "minted in months 1 to 12", 37_830_000, "IO", source=DOCS, standing="derived", within=5_000)
def _first_year() -> float:
    return _emitted(0, 365)


@anchor("I2", "io_net", "minted in months 13 to 24", 33_450_000, "IO", source=DOCS, standing="derived", within=5_000)
def _second_year() -> float:
    return _emitted(365, 730)


@anchor("I3", "io_net", "minted in 60 months", 150_100_000, "IO", source=DOCS, standing="derived", within=50_000)
def _five_years() -> float:
    return _emitted(0, 1825)


@anchor("I4", "io_net", "minted in 240 months", 298_900_000, "IO", source=DOCS, standing="derived", within=50_000)
def _twenty_years() -> float:
    return _emitted(0, 7300)


@anchor("I5", "io_net", "stake of a device with 8 H100, multiplier 10", 16_000, "IO", source="docs.io.net, IO staking", standing="primary")
def _stake() -> float:
    p: Any = next(u for u in load("io_net").economy().uses if u.name == "stakes").params
    device = p.devices[0]
    run = simulate(loads(DEVICE.format(per_card=p.per_card, cards=device.cards, multiplier=device.multiplier)).economy(), 1, 1, save=Save(vars=("required",)))
    return float(run.end["required"][0])


@anchor("I6", "io_net", "supply when the schedule has ended", 800_000_000, "IO", source=DOCS, standing="primary", within=1)
def _cap() -> float:
    return float(load("io_net").value("assets.IO.genesis")) + _emitted(0, 8000)


@anchor("I8", "io_net", "circulating on 2026-06-11: 60M USD at 0.257", 233_000_000, "IO", source="yellow.com, June 2026", standing="third party", relative=0.1)
def _circulating() -> float:
    run = simulate(load("io_net").economy(), 32, ENGINE, save=Save(vars=("circulating/IO",)))
    return float(np.median(run.end["circulating/IO"]))


CURVE = """
[network]
name = "io-schedule"
token = "IO"
step = "5 days"
horizon = "{days} days"
[assets.IO]
[assets.USD]
form = "fiat"
[accounts.vault]
holds = ["IO"]
[[mechanism]]
use = "declining_emission"
name = "emission"
recipients = [{{ to = "vault/IO", share = 1 }}]
first = {first}
period = "1 month"
fall = {fall}
total = {total}
"""

DEVICE = """
[network]
name = "io-device"
token = "IO"
[assets.IO]
[assets.USD]
form = "fiat"
[accounts.providers]
holds = ["IO"]
[accounts.staked]
holds = ["IO"]
[accounts.unbonding]
holds = ["IO"]
[signals]
nodes = {{ unit = "node", start = 1 }}
required = {{ unit = "IO", start = 0 }}
eligible = {{ unit = "1", start = 0 }}
[[mechanism]]
use = "device_stake"
name = "stakes"
required = "required"
per_card = {per_card}
devices = [{{ cards = {cards}, multiplier = {multiplier} }}]
"""
