"""Point 1, utility depth: is the token needed for the service, and could something else do its work?"""

from __future__ import annotations

import math

import numpy as np

from ... import metrics as M
from ...accounts import BURNED
from ..evidence import Evidence
from . import QUARTER, YEAR, Finding, at_least, at_most, criterion, not_shown

FRAMEWORK = "six-point framework, point 1"


@criterion("T101", "Functional share of token demand", unit="1", threshold=">= 0.2", weight=2, source=f"{FRAMEWORK}; bound our choice", days=QUARTER)
def functional(e: Evidence) -> Finding:
    value = e.base.median("functional_share")
    return at_least(value, 0.2, "{value:.0%} of token demand comes from using the service; the rest only holds what is issued.", "no price signal")


def survival(e: Evidence) -> M.Estimate | None:
    """Share of service volume left when a stablecoin replaces the token, on the same paths."""
    if e.ablated is None:
        return None
    return M.stablecoin_survival(e.beside.revenue.sum(axis=0), e.ablated.revenue.sum(axis=0))


@criterion("T102", "Utility depth U = u (1 - s)", unit="1", threshold=">= 0.2 (0.6 is deep)", weight=3, source=f"{FRAMEWORK}; bounds our choice")
def depth(e: Evidence) -> Finding:
    s = survival(e)
    if s is None:
        return not_shown("no mechanism of this network has a token payment leg to replace")
    u = e.beside.metric("functional_share")
    if np.isnan(u).any():
        return not_shown("no price signal, so demand can not be valued")
    deep = float(np.median(M.utility_depth(np.clip(u, 0, 1), min(max(s.value, 0.0), 1.0))))
    said = "Utility depth is {value:.2f}: paid in a stablecoin instead, " + f"{s.value:.0%} of the service would still be bought."
    return at_least(deep, 0.2, said, "", functional_share=float(np.median(u)), survival=s.value, survival_interval=[s.low, s.high])


@criterion("T103", "A path from use to buying or burning the token", unit="flows", threshold=">= 1 flow", weight=2, source="red flag 3")
def path_exists(e: Evidence) -> Finding:
    legs = [f for f in e.base.economy.flow_table if f.functional]
    moved = [f for f in legs if e.base.amount(f"flow:{f.arrow}").any()] or legs  # a share of 0 is a leg that nothing goes along
    said = (
        "Using the service moves the token (" + ", ".join(sorted({f.reason for f in moved})) + ")."
        if legs
        else "No flow leads from using the service to buying or burning the token."
    )
    return at_least(float(len(legs)), 1, said, "", flows=[f.arrow for f in legs])


@criterion(
    "T104", "The service needs the token (stablecoin ablation)", unit="1", threshold="survival <= 0.8", weight=2, source=f"{FRAMEWORK}; bound our choice"
)
def needed(e: Evidence) -> Finding:
    s = survival(e)
    if s is None:
        return not_shown("no mechanism of this network has a token payment leg to replace")
    return at_most(s.value, 0.8, "{value:.0%} of service volume survives without the token.", "", interval=[s.low, s.high], paths=e.beside.paths)


@criterion("T105", "Revenue recurs", unit="1", threshold=">= 0.95 of periods", source="our choice", days=QUARTER)
def recurring(e: Evidence) -> Finding:
    return at_least(e.base.median("revenue_presence"), 0.95, "External revenue flows in {value:.0%} of periods.", "no revenue flows")


@criterion("T106", "Revenue is steady", unit="1", threshold="quarterly sd / mean <= 0.5", source="our choice", days=2 * QUARTER)
def steady(e: Evidence) -> Finding:
    return at_most(e.base.median("revenue_variation"), 0.5, "Quarterly revenue varies by {value:.0%} of its mean.", "fewer than two quarters")


@criterion("T107", "Use grows", unit="1", threshold="last year's revenue >= the first's", source="our choice", days=2 * YEAR)
def grows(e: Evidence) -> Finding:
    value = e.base.median("revenue_growth")
    if value == math.inf:
        return Finding("infinite", True, "The last year has revenue, the first had none.", {})
    return at_least(value, 1.0, "Revenue of the last year is {value:.2f} times the first's.", "no revenue")


@criterion("T108", "Use weighs against what is held", unit="1/year", threshold=">= 0.01 of the float a year", source="our choice", days=YEAR)
def intensity(e: Evidence) -> Finding:
    return at_least(e.base.median("use_intensity"), 0.01, "A year of use buys {value:.2%} of the float.", "no token leg")


@criterion("T109", "Use takes tokens out for good", unit="1", threshold="burned in >= half of periods", source="our choice", days=QUARTER)
def sink(e: Evidence) -> Finding:
    if not any(f.dst.kind == BURNED for f in e.base.economy.flow_table):
        return at_least(0.0, 0.5, "Nothing ever burns or retires the token.", "")
    return at_least(float((e.base.burned > 0).mean()), 0.5, "Tokens are burned in {value:.0%} of periods.", "")
