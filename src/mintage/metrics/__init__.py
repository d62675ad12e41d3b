"""Metrics: pure functions from arrays to numbers. Series are [step, path] or [step]; results are numbers or [path].

A metric cannot tell whether its arrays came from a simulation or from a live journal. None returns a silent NaN: an input without meaning is a
UsageError (MT420-MT424), an input at a limit has a defined result.
"""

from .concentration import effective_number, gini, herfindahl, nakamoto, shares
from .control import band_path, fee_multiplier, goal_inflation
from .curves import bancor_invariant, bancor_mint, bancor_price, bancor_redeem, pool_cost, pool_out
from .elasticity import demand_elasticity, functional_share, stablecoin_survival, utility_depth
from .estimate import Estimate, mean_estimate
from .fan import Fan, fan
from .market import (
    annualised,
    drawdown,
    free_float,
    fully_diluted_value,
    impermanent_loss,
    loss_versus_rebalancing,
    market_cap,
    max_drawdown,
    real_yield,
    realised_volatility,
    turnover,
    velocity,
)
from .paired import Paired, paired_difference
from .retention import retention, stickiness
from .supply import (
    Consistency,
    annual_issuance,
    cap_consistency,
    insider_share,
    mean_time_to_unlock,
    monthly_float_growth,
    unlock_days_of_volume,
)
from .sustainability import (
    SteadyState,
    burn_mint_half_life,
    burn_mint_residual,
    burn_mint_steady_state,
    burn_mint_supply,
    emission_ratio,
    parity_closed_form,
    parity_stepped,
    parity_time,
    runway,
    subsidy,
)
from .tails import conditional_value_at_risk, failure_interval, quantile_interval, value_at_risk, wilks_runs
from .trend import MannKendall, Trend, mann_kendall, theil_sen, trend
from .voting import Banzhaf, banzhaf, capture_probability, dictator_turnout, ocean_power, redirect_surprise, shapley_shubik, vote_share

__all__ = [
    "Banzhaf",
    "Consistency",
    "Estimate",
    "Fan",
    "MannKendall",
    "Paired",
    "SteadyState",
    "Trend",
    "annual_issuance",
    "annualised",
    "bancor_invariant",
    "bancor_mint",
    "bancor_price",
    "bancor_redeem",
    "band_path",
    "banzhaf",
    "burn_mint_half_life",
    "burn_mint_residual",
    "burn_mint_steady_state",
    "burn_mint_supply",
    "cap_consistency",
    "capture_probability",
    "conditional_value_at_risk",
    "demand_elasticity",
    "dictator_turnout",
    "drawdown",
    "effective_number",
    "emission_ratio",
    "failure_interval",
    "fan",
    "fee_multiplier",
    "free_float",
    "fully_diluted_value",
    "functional_share",
    "gini",
    "goal_inflation",
    "herfindahl",
    "impermanent_loss",
    "insider_share",
    "loss_versus_rebalancing",
    "mann_kendall",
    "market_cap",
    "max_drawdown",
    "mean_estimate",
    "mean_time_to_unlock",
    "monthly_float_growth",
    "nakamoto",
    "ocean_power",
    "paired_difference",
    "parity_closed_form",
    "parity_stepped",
    "parity_time",
    "pool_cost",
    "pool_out",
    "quantile_interval",
    "real_yield",
    "realised_volatility",
    "redirect_surprise",
    "retention",
    "runway",
    "shapley_shubik",
    "shares",
    "stablecoin_survival",
    "stickiness",
    "subsidy",
    "theil_sen",
    "trend",
    "turnover",
    "unlock_days_of_volume",
    "utility_depth",
    "value_at_risk",
    "velocity",
    "vote_share",
    "wilks_runs",
]
