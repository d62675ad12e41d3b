"""Point 2, emission sustainability: does what the network earns outside cover what it emits?"""

from __future__ import annotations

import math

import numpy as np

from ... import metrics as M
from ..evidence import Evidence
from ..figures import quarterly_ratio
from ..measure import finite, quantiles
from ..stress import STRESS, stressed
from . import MANY, QUARTER, YEAR, Finding, at_least, at_most, criterion, not_shown

FRAMEWORK = "six-point framework, point 2"
NO_REWARD = "no price signal, nothing to compare, or rewards in an asset whose price is not told"


@criterion("T201", "Emission to external revenue, last year", unit="1", threshold="<= 1", weight=3, source=FRAMEWORK, days=YEAR)
def ratio(e: Evidence) -> Finding:
    m = e.base
    if m.median("ratio_last_year") == math.inf:
        return Finding("infinite", False, "Tokens are emitted against no outside revenue at all.", {"emission": m.median("last_emission")})
    said = "In the last year the network emits {value:.2f} for each unit of outside revenue."
    return at_most(m.median("ratio_last_year"), 1.0, said, "no price signal", emission=m.median("last_emission"), revenue=m.median("last_revenue"))


@criterion("T202", "The ratio holds on bad paths too", unit="1", threshold="95 % quantile <= 1", weight=2, source="our choice", days=YEAR, paths=MANY)
def ratio_tail(e: Evidence) -> Finding:
    high = quantiles(e.base.metric("ratio_last_year"), (0.95,))[0]
    return at_most(high, 1.0, "On the worst 5 % of paths the ratio is {value:.2f} or more.", "no price signal")


@criterion(
    "T203",
    "The ratio does not rise",
    unit="p",
    threshold="not (slope > 0 and Mann-Kendall p < 0.10), >= 8 periods",
    weight=2,
    source="red flag 5",
    days=8 * QUARTER,
)
def trend(e: Evidence) -> Finding:
    q = quarterly_ratio(e.base) if np.isfinite(e.base.price).all() else np.empty((0, 1))
    if len(q) < 8:
        return not_shown(f"{len(q)} quarters of the ratio, 8 are needed")
    if np.isnan(q).any():
        return not_shown("quarters with neither emission nor revenue")
    series = np.median(q, axis=1)
    if not np.isfinite(series).all():  # emission against no revenue is the largest ratio there is
        p = float(M.mann_kendall(series).p_rising)
        said = f"The emission-to-revenue ratio is infinite in {np.isinf(series).sum()} of {len(series)} quarters (Mann-Kendall p of a rise {p:.3f})."
        return Finding(p, p >= 0.10, said, {"infinite": int(np.isinf(series).sum())})
    found = M.trend(series, 91 / 365)
    rising = found.slope > 0 and found.p_rising < 0.10
    said = f"The emission-to-revenue ratio {'rises' if rising else 'does not rise'}: {found.slope:+.2f} a year (Mann-Kendall p of a rise {found.p_rising:.3f})."
    return Finding(
        found.p_rising, not rising, said, {"slope_per_year": found.slope, "interval": [found.low, found.high], "quarters": [float(x) for x in series]}
    )


@criterion("T204", "Parity is reached within the horizon", unit="1", threshold=">= 0.5 of paths", weight=2, source=FRAMEWORK, days=QUARTER, paths=MANY)
def parity(e: Evidence) -> Finding:
    reached = e.base.metric("parity_reached")
    share = None if np.isnan(reached).all() else float(np.nanmean(reached))
    return at_least(
        share,
        0.5,
        "Revenue covers emission for good on {value:.0%} of paths within the horizon.",
        "no price signal, nothing to compare, or no whole quarter",
        parity_day_median=finite(e.base.median("parity_day")),
    )


@criterion(
    "T205",
    "Burn keeps up with mint",
    unit="1",
    threshold="burned / minted >= 1 in the last year",
    source="burn-mint equilibrium: steady where D/P = M",
    days=YEAR,
)
def burn(e: Evidence) -> Finding:
    if not e.base.minted.any():
        return Finding(0.0, True, "Nothing is minted.", {})
    return at_least(e.base.median("burn_to_mint"), 1.0, "{value:.1%} of what is minted is burned in the last year.", "no burn")


@criterion("T206", "Supply has a cap", unit="token", threshold="a declared cap", source="our choice")
def cap(e: Evidence) -> Finding:
    limit = e.base.economy.assets[e.base.token].cap
    if limit is None:
        return Finding("none", False, "No cap bounds the supply.", {})
    return Finding(float(limit), True, f"Supply is capped at {limit:,.0f} {e.base.token}; no path passed it.", {})


@criterion("T207", "Issuance is modest", unit="1/year", threshold="<= 0.05 of supply in the last year", source="our choice", days=YEAR)
def issuance(e: Evidence) -> Finding:
    return at_most(e.base.median("issuance_rate"), 0.05, "The last year issues {value:.2%} of supply.", "no supply")


@criterion("T208", "Emission declines or stops", unit="1", threshold="last year <= first year", source="our choice", days=2 * YEAR)
def declines(e: Evidence) -> Finding:
    if not e.base.emitted.any():
        return Finding(0.0, True, "Nothing is minted, nor paid out of reserves.", {})
    value = e.base.median("emission_decline")
    if value == math.inf:
        return Finding("infinite", False, "The last year emits, the first did not.", {})
    return at_most(value, 1.0 + 1e-9, "The last year emits {value:.2f} times the first's.", "")


@criterion(
    "T209",
    "Faking one's own demand does not pay",
    unit="1",
    threshold="profit <= 0",
    weight=2,
    source="self-dealing game: positive iff emission exceeds revenue",
    days=YEAR,
)
def self_dealing(e: Evidence) -> Finding:
    value = e.base.median("self_dealing")
    if value == math.inf:
        return Finding("unbounded", False, "With no genuine revenue, any faked demand earns emission.", {})
    return at_most(value, 0.0, "A provider buying its own service could earn {value:.1f} times the genuine revenue from emission.", NO_REWARD)


@criterion("T210", "The subsidy is small against market value", unit="1/year", threshold="<= 0.02 of market value a year", source="our choice", days=YEAR)
def subsidy(e: Evidence) -> Finding:
    value = e.base.median("subsidy_share")
    said = "Holders subsidise the network with {value:.2%} of market value a year."
    if value is not None and value < 0:
        said = f"Holders subsidise nothing: revenue exceeds emission by {-value:.2%} of market value a year."
    return at_most(value, 0.02, said, "no price signal")


@criterion("T211", "Bearable when demand collapses", unit="1", threshold="ratio <= 2 in scenario demand_collapse", source="our choice")
def collapse(e: Evidence) -> Finding:
    run = e.scenarios.get("demand_collapse")
    if run is None:
        return not_shown("no scenario named demand_collapse")
    if not stressed(e, "demand_collapse"):
        return not_shown(f"scenario demand_collapse does not {STRESS['demand_collapse'][2]}")
    return at_most(run.median("ratio_last_year"), 2.0, "After a collapse of demand the ratio is {value:.1f}.", "no price signal")


@criterion("T212", "Service revenue covers providers' cost", unit="1", threshold=">= 1 in the last year", weight=2, source="our choice", days=YEAR)
def cover(e: Evidence) -> Finding:
    return at_least(e.base.median("service_cover"), 1.0, "Outside revenue is {value:.2f} times what providers spend.", "no signal for spending in [evaluation]")


@criterion("T213", "Treasury runway", unit="day", threshold=">= 540 days", source="our choice: 18 months", days=YEAR)
def runway(e: Evidence) -> Finding:
    value = e.base.median("treasury_runway")
    if value == math.inf:
        return not_shown("nothing is spent from the treasury in the last year")
    return at_least(value, 540, "The treasury lasts {value:,.0f} days at the last year's spending.", "no account with role treasury that can spend")
