"""Point 4, demand and supply aligned: does use move the token, do providers stay, does the market bear shocks?"""

from __future__ import annotations

import math

import numpy as np

from ... import metrics as M
from ...errors import UsageError
from ..evidence import Evidence
from ..measure import Measured
from ..stress import STRESS, stressed
from . import MANY, QUARTER, YEAR, Finding, at_least, at_most, criterion, not_shown
from .declared import declared

FRAMEWORK = "six-point framework, point 4"
NO_COVER = "no signal for spending in [evaluation], or rewards in an asset whose price is not told"


def elasticity(e: Evidence) -> M.Estimate | None:
    """eta of token demand in fiat by usage, central difference of 5 % under common random numbers; None when it can not be had."""
    if e.usage_down is None or e.usage_up is None or not np.isfinite(e.beside.price).all():
        return None
    low, high = ((m.amount(f"functional/{m.token}") * m.price).sum(axis=0) for m in (e.usage_down, e.usage_up))
    try:
        return M.demand_elasticity(low, high, 0.05)
    except UsageError:
        return None


@criterion("T401", "Usage moves token demand", unit="1", threshold="upper limit of eta >= 0.1", weight=3, source="red flag 3")
def linked(e: Evidence) -> Finding:
    eta = elasticity(e)
    if eta is None or not np.isfinite([eta.low, eta.high]).all():
        return not_shown("[evaluation] usage names no drivers, there is no price, or too few paths for an interval")
    return at_least(
        eta.high, 0.1, f"Token demand moves by {eta.value:.2f} % for each % of usage.", "", eta=eta.value, interval=[eta.low, eta.high], paths=e.beside.paths
    )


@criterion("T402", "The link is near proportional", unit="1", threshold="0.5 <= eta <= 1.5", source="burn-mint and equation of exchange give 1")
def proportional(e: Evidence) -> Finding:
    eta = elasticity(e)
    if eta is None:
        return not_shown("[evaluation] usage names no drivers, or there is no price")
    return Finding(eta.value, 0.5 <= eta.value <= 1.5, f"Elasticity of token demand to usage is {eta.value:.2f}.", {"interval": [eta.low, eta.high]})


@criterion("T403", "Providers stay", unit="1", threshold=">= 0.8 of those at the start", weight=2, source="our choice", days=QUARTER)
def stay(e: Evidence) -> Finding:
    return at_least(
        e.base.median("provider_retention"), 0.8, "At the end {value:.0%} of the first providers' number is there.", "no signal for providers in [evaluation]"
    )


@criterion("T404", "Providers survive a compute-cost spike", unit="1", threshold="low >= 0.6 in scenario compute_cost_spike", source="our choice")
def spike(e: Evidence) -> Finding:
    return in_scenario(e, "compute_cost_spike", "provider_low", 0.6, "When compute costs spike, providers fall to {value:.0%} of their number at the start.")


@criterion(
    "T405",
    "Capacity is used, not idle or choked",
    unit="1",
    threshold="0.3 <= mean utilisation <= 0.9",
    source="our choice; Akash article's bands are 0.5 and 0.8",
    days=QUARTER,
)
def used(e: Evidence) -> Finding:
    value = e.base.median("utilisation")
    if value is None:
        return not_shown("no signal for utilisation in [evaluation]")
    return Finding(value, 0.3 <= value <= 0.9, f"Capacity is used at {value:.0%} on average.", {})


@criterion(
    "T406",
    "Providers earn their cost",
    unit="1",
    threshold="rewards / cost >= 1 in the last year",
    weight=2,
    source="shut-down rule: price x reward < cost",
    days=YEAR,
)
def earn(e: Evidence) -> Finding:
    return at_least(e.base.median("provider_cover"), 1.0, "Providers earn {value:.2f} times their cost.", NO_COVER)


@criterion("T407", "Drawdown", unit="1", threshold="median largest drawdown <= 0.8", source="our choice", days=YEAR)
def drawdown(e: Evidence) -> Finding:
    if e.base.horizon < 365:
        return not_shown("less than a year is simulated")
    return at_most(e.base.median("max_drawdown"), 0.8, "The price falls by {value:.0%} from a peak on the median path.", "no price signal")


@criterion("T408", "Tail loss", unit="1", threshold="CVaR 95 % of the loss over the run <= 0.9", source="our choice", days=YEAR, paths=MANY)
def tail(e: Evidence) -> Finding:
    multiple = e.base.metric("price_multiple")
    if np.isnan(multiple).any() or len(multiple) < 40 or e.base.horizon < 365:
        return not_shown("no price signal, fewer than 40 paths, or less than a year")
    loss = M.conditional_value_at_risk(1 - multiple, 0.95)
    return at_most(loss.value, 0.9, "On the worst 5 % of paths {value:.0%} of the price is lost.", "", interval=[loss.low, loss.high])


@criterion("T409", "Volatility", unit="1", threshold="<= 1 annualised (sqrt 365)", source="our choice", days=QUARTER)
def volatility(e: Evidence) -> Finding:
    return at_most(e.base.median("volatility"), 1.0, "The price moves by {value:.0%} a year.", "no price signal")


@criterion(
    "T410", "The service outlives a collapse of demand", unit="1", threshold="providers at the end >= 0.5 in scenario demand_collapse", source="our choice"
)
def outlives(e: Evidence) -> Finding:
    return in_scenario(e, "demand_collapse", "provider_retention", 0.5, "After a collapse of demand {value:.0%} of the providers are left.")


@criterion("T411", "Revenue in a bear market", unit="1", threshold="scenario bear >= 0.5 of base", source="our choice")
def bear(e: Evidence) -> Finding:
    run = e.scenarios.get("bear")
    if run is None:
        return not_shown("no scenario named bear")
    if not stressed(e, "bear"):
        return not_shown(f"scenario bear does not {STRESS['bear'][2]}")
    here, there = e.beside.median("revenue"), run.median("revenue")
    return at_least(there / here if here and there is not None else None, 0.5, "A bear market leaves {value:.0%} of revenue.", "no revenue")


@criterion("T412", "The market can take what is emitted", unit="1", threshold="a week's emission <= 2 % of pool depth", source="our choice", days=YEAR)
def depth(e: Evidence) -> Finding:
    deep, emitted = declared(e, "market.pool_depth_usd"), e.base.median("last_emission")
    if deep is None or emitted is None:
        return not_shown("market.pool_depth_usd is not declared, or there is no price")
    return at_most(emitted * 7 / 365 / float(deep) if deep else math.inf, 0.02, "A week's emission is {value:.1%} of declared pool depth.", "")


def in_scenario(e: Evidence, scenario: str, name: str, bound: float, said: str) -> Finding:
    run: Measured | None = e.scenarios.get(scenario)
    if run is None:
        return not_shown(f"no scenario named {scenario}")
    if not stressed(e, scenario):
        return not_shown(f"scenario {scenario} does not {STRESS[scenario][2]}")
    return at_least(run.median(name), bound, said, "no signal for providers in [evaluation]")
