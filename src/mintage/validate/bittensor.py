"""Bittensor: halvings by issuance, how a subnet's alpha is split, averages of flows, and prices of entry."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..arithmetic import NUMPY
from ..mechanisms.emission_halving import eras, minted
from ..mechanisms.subnets.shares import flow_shares
from .anchor import anchor
from .runs import Acts, end, only, preset, series, told

CODE = "subtensor 14bc6f9f964b, 2026-06-30"
ARTICLE = "article 001; 3,600 a day for 365 days at 250 USD"
BEFORE, AFTER, LAST = 1, 60, 40  # days, the halving lies between the first two; calls that cover all eras
WHOLE_ERA = 10_499_990  # blocks of a call, a few fewer than an era has
PARTS = ("flow:split.owner", "flow:split.miners", "flow:split.withheld")


@cache
def _emitted(day: int) -> float:
    """TAO minted on a day of the preset, at whatever issuance it then has."""
    return float(series(only(preset("bittensor"), "halving", "swaps"), day, "mint/TAO")[0][day])


@anchor("B1", "bittensor", "TAO a day before the first halving", 7200, "TAO", source=CODE, standing="primary", within=1e-6)
def _first_rate() -> float:
    return _emitted(BEFORE)


@anchor("B2", "bittensor", "TAO a day after it", 3600, "TAO", source=CODE, standing="primary", within=1e-6)
def _second_rate() -> float:
    return _emitted(AFTER)


def _threshold(era: int) -> float:
    """Issuance from which on a block mints no more than 2^-era TAO, found by halving what lies between nothing and the cap."""
    p: Any = Acts(only(preset("bittensor").with_values({"halving.blocks": 1}), "halving")).bound.calls[0].p
    low, high = 0.0, float(p.cap)
    while high - low > 1e-7:
        middle = (low + high) / 2
        a_block = float(minted(p, np.full((1, 1), middle), NUMPY)[0, 0])
        low, high = (low, middle) if a_block <= 0.5**era else (middle, high)
    return high


@anchor("B3", "bittensor", "issuance at the first halving", 10_500_000, "TAO", source=CODE, standing="primary", within=1e-3)
def _first_halving() -> float:
    return _threshold(1)


@anchor("B3b", "bittensor", "issuance at the second halving", 15_750_000, "TAO", source=CODE, standing="primary", within=1e-3)
def _second_halving() -> float:
    return _threshold(2)


@anchor("B3c", "bittensor", "issuance at the third halving", 18_375_000, "TAO", source=CODE, standing="primary", within=1e-3)
def _third_halving() -> float:
    return _threshold(3)


@anchor("B4", "bittensor", "supply that is never passed: 0.02 TAO below the cap", 20_999_999.98, "TAO", source=CODE, standing="primary", within=5e-3)
def _last() -> float:
    return end(only(preset("bittensor").with_values({"halving.blocks": WHOLE_ERA}), "halving", opening={}), LAST, "supply/TAO")


@anchor("B5", "bittensor", "blocks of an era without recycling", 10_500_000, source=CODE, standing="primary")
def _era() -> float:
    return float(list(eras())[1].blocks)


@cache
def _split() -> dict[str, float]:
    """Parts of the alpha that subnets emit in a day; validators have what owners and miners have not."""
    alone = only(preset("bittensor").with_values({"signals.alpha_emission.start": 7200}), "split")
    owner, miners, withheld, whole = (float(x[1]) for x in series(alone, 1, *PARTS, "mint/ALPHA"))
    return {"owner": owner / whole, "miners": (miners + withheld) / whole}


@anchor("B6", "bittensor", "owner's part of alpha", 0.18, source=CODE, standing="primary", within=1e-4)
def _owner() -> float:
    return _split()["owner"]


@anchor("B6b", "bittensor", "miners' part, with what is withheld of it", 0.41, source=CODE, standing="primary", within=1e-3)
def _miners() -> float:
    return _split()["miners"]


@anchor("B6c", "bittensor", "validators' part, with root's and their take", 0.41, source=CODE, standing="primary", within=1e-3)
def _validators() -> float:
    return 1 - _split()["owner"] - _split()["miners"]


@anchor("B7", "bittensor", "days in which half of a flow is forgotten", 30, "day", source=CODE, standing="primary", within=1e-3)
def _half_life() -> float:
    days = 10
    flow = series(only(preset("bittensor"), "flows"), days, "user_flow[0]")[0]
    return days * math.log(2) / -math.log(flow[days] / flow[0])


@anchor(
    "B7b", "bittensor", "the press's window for it, 2 / a - 1 blocks", 87, "day", source="press, as quoted beside the code", standing="third party", within=0.5
)
def _window() -> float:
    p = told(preset("bittensor"), "flows")
    return float((2 / p.rate - 1) / p.blocks)


@anchor("B8", "bittensor", "share of a flow of -100 beside -300 and -400, cutoff -1,000", 0.75, source=CODE, standing="primary", within=1e-12)
def _negative_flows() -> float:
    return float(flow_shares(NUMPY, np.array([[-100.0], [-300.0], [-400.0]]), -1000.0, 1.0)[0, 0])


@anchor("B9", "bittensor", "fee of a swap", 33 / 65535, source=CODE, standing="primary", within=1e-9)
def _fee() -> float:
    acts = Acts(only(preset("bittensor"), "swaps", opening={"holders/TAO": 1000, "pools/ALPHA": 128_000_000}))
    return acts.act("swaps", "stake", staker=0, subnet=0, amount=1000).held("authors/TAO") / 1000


@anchor("B10", "bittensor", "price of a neuron after a registration over before", 1.26, source=CODE, standing="primary", within=1e-9)
def _bump() -> float:
    acts = Acts(only(preset("bittensor"), "swaps", "places", opening={"holders/TAO": 1000, "pools/ALPHA": 128_000_000}))
    before = acts.signal("burn")
    return acts.act("places", "register", newcomer=0, subnet=0).signal("burn") / before


@anchor("B10b", "bittensor", "what 360 blocks leave of it", 0.5, source=CODE, standing="primary", within=1e-9)
def _decay() -> float:
    values = {"places.blocks": 360, "places.every": "1 day", "signals.newcomers.start": 0}
    burn = series(only(preset("bittensor").with_values(values), "swaps", "places"), 1, "burn[0]")[0]
    return float(burn[1] / burn[0])


@anchor("B11", "bittensor", "a year's emission after the halving at 250 USD", 328.5e6, "USD", source=ARTICLE, standing="article", within=1)
def _a_year() -> float:
    return _emitted(AFTER) * 365 * 250


@anchor(
    "B12", "bittensor", "staked on root and in pools: data, no rule (an article: 0.70)", 0.73, source="press, late 2025", standing="third party", within=0.02
)
def _staked() -> float:
    root, pools, supply = series(only(preset("bittensor"), "swaps"), 1, "root/TAO", "pools/TAO", "supply/TAO")
    return float((root[0] + pools[0]) / supply[0])
