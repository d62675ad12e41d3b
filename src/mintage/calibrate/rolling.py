"""Rolling forecasts inside the record: what the intervals would have been worth, week after week, had one stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .level import Array, robust

PROBABILITIES = (0.1, 0.5, 0.9)
NORMAL90 = 1.2815515655446004  # 90 % quantile of N(0, 1)
LEVEL = 0.80


@dataclass(frozen=True)
class Backtest:
    """`origins` forecasts of up to `horizon` periods. `coverage` of the 80 % interval by periods ahead and `coverage_all`; mean pinball loss of the
    10, 50 and 90 % quantiles of the logs, and a random walk's. `total_coverage` is that of the sum over the horizon, in `total_origins` forecasts
    that overlap; NaN where a sum has no meaning. `widen` and `total_widen` are what intervals must be widened by (at least 1, in logs) to have
    covered 80 % here.
    """

    origins: int
    horizon: int
    coverage: dict[int, float]
    coverage_all: float
    pinball: float
    pinball_random_walk: float
    widen: float
    total_origins: int
    total_coverage: float
    total_widen: float


@dataclass(frozen=True)
class Forecast:
    """What stood against what came, for one series: quantiles [3, period] and outcomes [period] of each origin."""

    quantiles: Array
    came: Array


def backtest(y: Array, draws: Mapping[int, Array], summed: bool) -> Backtest:
    """Score `draws[k]` [period, path] of the logs `y`, made from rows 1 to k, against rows k + 1 and on; missing rows are not scored."""
    horizon = len(next(iter(draws.values())))
    stands = {k: Forecast(np.quantile(d, PROBABILITIES, axis=1), y[k : k + horizon]) for k, d in draws.items()}
    naive = {k: Forecast(random_walk(y[:k], horizon), f.came) for k, f in stands.items()}
    reached = [(h + 1, r) for f in stands.values() for h, r in enumerate(reach(f)) if not np.isnan(r)]
    at = {h: float(np.mean([r <= 1 for i, r in reached if i == h])) for h in sorted({h for h, _ in reached})}
    every = np.array([r for _, r in reached])
    whole = np.array(total_reach(y, draws, horizon) if summed else [])
    return Backtest(
        len(draws),
        horizon,
        at,
        float(np.mean(every <= 1)),
        pinball(stands),
        pinball(naive),
        widening(every),
        len(whole),
        float(np.mean(whole <= 1)) if len(whole) else float("nan"),
        widening(whole),
    )


def reach(f: Forecast) -> Array:
    """|outcome - median| in half-widths of its side of the interval [period]: at most 1 where the interval covers."""
    low, middle, high = f.quantiles[:, : len(f.came)]
    out: Array = np.where(f.came > middle, (f.came - middle) / (high - middle), (middle - f.came) / (middle - low))
    return out


def total_reach(y: Array, draws: Mapping[int, Array], horizon: int) -> list[float]:
    """`reach` of ln of the sum over the horizon, where the record has all of it."""
    out = []
    for k, d in draws.items():
        came = y[k : k + horizon]
        if len(came) == horizon and not np.isnan(came).any():
            quantiles = np.quantile(np.log(np.exp(d).sum(axis=0)), PROBABILITIES)
            out.append(float(reach(Forecast(quantiles[:, None], np.log(np.exp(came).sum(keepdims=True))))[0]))
    return out


def widening(reached: Array) -> float:
    return max(1.0, float(np.quantile(reached, LEVEL))) if len(reached) else 1.0


def random_walk(y: Array, horizon: int) -> Array:
    """Quantiles [3, period] of the last known value plus normal steps whose scale is the robust one of past steps."""
    known = y[~np.isnan(y)]
    half = NORMAL90 * robust(np.diff(known)) * np.sqrt(np.arange(1, horizon + 1))
    out: Array = known[-1] + np.stack([-half, 0 * half, half])
    return out


def pinball(forecasts: Mapping[int, Forecast]) -> float:
    """Mean of max(p e, (p - 1) e) with e = outcome - quantile, over the three quantiles and all known outcomes (Koenker and Bassett 1978)."""
    p = np.array(PROBABILITIES)[:, None]
    errors = [f.came - f.quantiles[:, : len(f.came)] for f in forecasts.values()]
    return float(np.nanmean(np.concatenate([np.maximum(p * e, (p - 1) * e) for e in errors], axis=1)))
