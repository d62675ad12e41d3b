"""Fit weekly demand and price to recorded epochs, robustly, and forecast with intervals that were tried on the record itself.

Demand is a slow level with swings around it, price a walk seen through errors that are new each period (`level`); tokens burned are demand over price.
Intervals count the doubt about parameters and states; where rolling forecasts inside the record (`rolling`) show them too narrow, they are
widened by what they lacked. docs/explanation/render-forecast.md has the figures for Render.

The model is the preset's: `gbm` for the level and for the price, `mean_reversion` for the swing, `product` for the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from ..errors import Fault, UsageError
from .level import FRESH, SWINGS, Array, Grid, LevelFit, beliefs, draw, fit
from .rolling import PROBABILITIES, Backtest, backtest

SHORTEST = 40
ODD = 0.1  # share of cells that may be no positive numbers
FIRST_ORIGIN = 26
HORIZON = 13
TRIED = 2000  # futures of each rolling forecast
Quantiles = dict[str, float]


@dataclass(frozen=True)
class Record:
    """Logs of fiat burned and of the price [row]; a missing row is NaN."""

    demand: Array
    price: Array

    def futures(self, after: Sequence[int], periods: int, paths: int, seed: int) -> dict[int, tuple[Array, Array]]:
        """Futures of both logs [period, path] as believed after each number of rows."""
        out: dict[int, tuple[Array, Array]] = {}
        grids = Grid.over(SWINGS), Grid.over(FRESH)
        known = [beliefs(y, g) for y, g in zip((self.demand, self.price), grids, strict=True)]
        for k in after:
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(k,))))
            demand, price = (draw(b[k - 1], g, periods, paths, rng) for b, g in zip(known, grids, strict=True))
            out[k] = demand, price
        return out


@dataclass(frozen=True)
class Calibration:
    """Two fitted series with their backtests; `forecast` and `overlay` use them. `passed_over` names cells that were no positive number."""

    demand: LevelFit
    price: LevelFit
    demand_test: Backtest
    price_test: Backtest
    tokens_test: Backtest
    period_days: float
    burn_share: float
    record: Record
    passed_over: tuple[str, ...] = ()

    def forecast(self, periods: int = HORIZON, paths: int = 20_000, seed: int = 1) -> dict[str, list[Quantiles]]:
        """10, 50 and 90 % quantiles for the periods after the record: `burned_fiat` [fiat/period], `price` [fiat/token], `burned_tokens`
        [token/period], one row a period; `total` has two rows, fiat and tokens burned over all of them.

        Errors: UsageError MT433 for a length outside 1 to 520.
        """
        if not 1 <= periods <= 520:
            raise UsageError(Fault("MT433", "calibrate", f"a forecast of {periods} periods", "1 to 520"))
        rows = len(self.record.price)
        demand, price = self.record.futures([rows], periods, paths, seed)[rows]
        out = {}
        for name, x, test in (
            ("burned_fiat", demand, self.demand_test),
            ("price", price, self.price_test),
            ("burned_tokens", demand - price, self.tokens_test),
        ):
            out[name] = [quantiles(row, test.widen) for row in x]
        totals = ((demand, self.demand_test), (demand - price, self.tokens_test))
        share = min(1.0, (periods - 1) / (HORIZON - 1))  # a sum of one period is that period; the sums that were tried are of HORIZON
        out["total"] = [quantiles(np.log(np.exp(x).sum(axis=0)), t.widen + share * (t.total_widen - t.widen)) for x, t in totals]
        return out

    def overlay(self, at: Literal["begin", "end"] = "begin") -> dict[str, Decimal]:
        """Values for a preset with processes `demand_level` (gbm), `demand_noise` (mean_reversion) and `price` (gbm) that begins with the record's
        first row, or goes on after its last one.

        A step of q a period is a volatility of q sqrt(365 / period) a year; a swing that keeps a share a has the half-life period ln 2 / -ln a. The price's
        drift is half its variance: its median stays. The growth of demand is left to the author, because the record cannot tell it
        from none. Demand is what is burned, over the burned share.
        """
        year = (365 / self.period_days) ** 0.5
        end = at == "end"
        level = self.demand.level if end else self.demand.first_level
        volatility = self.price.walk * year
        values = {
            "demand_level.volatility": self.demand.walk * year,
            "demand_noise.spread": self.demand.noise,
            "demand_noise.half_life": self.period_days * np.log(2) / -np.log(max(self.demand.persistence, 0.01)),
            "price.volatility": volatility,
            "price.drift": volatility**2 / 2,
            "signals.demand_level.start": np.exp(level) / self.burn_share / self.period_days,
            "signals.demand_noise.start": np.exp(self.demand.swing if end else self.demand.first_swing),
            "signals.price.start": np.exp(self.price.level if end else self.price.first_level),
        }
        return {k: Decimal(f"{v:.6g}") for k, v in values.items()}

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data, without the record."""
        fields = {k: asdict(v) if isinstance(v, LevelFit | Backtest) else v for k, v in vars(self).items() if k != "record"}
        fields["price_test"] |= {"total_coverage": None}  # a sum of prices has no meaning
        return {**fields, "overlay": {k: str(v) for k, v in self.overlay().items()}, "forecast": self.forecast()}


def calibrate(
    history: Mapping[str, Sequence[Any]] | None = None,
    *,
    fiat: str = "burned_usd",
    price: str = "implied_price_usd",
    period_days: float = 7.0,
    burn_share: float = 0.95,
    seed: int = 1,
) -> Calibration:
    """Fit a record with columns of fiat burned and of prices, one row a period; without one, Render's 84 weekly epochs.

    An empty cell is missing: the row is passed over and keeps its place in time. So is the odd cell that is no positive number, and the result
    says which; more than one in ten of them make the record one that was misread. `seed` is that of the rolling forecasts' futures.

    Errors: UsageError MT430 (no such column), MT431 (too few rows), MT432 (too many values that are not positive numbers).
    """
    if history is None:
        from .. import data

        history = data.read("render_bme_weekly")
    odd: list[str] = []
    record = Record(logs(history, fiat, odd), logs(history, price, odd))
    if len(record.demand) != len(record.price):
        raise UsageError(Fault("MT423", f"{fiat}, {price}", f"{len(record.demand)} and {len(record.price)} rows", "columns of one length"))
    drawn = record.futures(range(FIRST_ORIGIN, len(record.price)), HORIZON, TRIED, seed)
    return Calibration(
        fit(record.demand),
        fit(record.price, FRESH),
        backtest(record.demand, {k: d for k, (d, _) in drawn.items()}, summed=True),
        backtest(record.price, {k: p for k, (_, p) in drawn.items()}, summed=False),
        backtest(record.demand - record.price, {k: d - p for k, (d, p) in drawn.items()}, summed=True),
        period_days,
        burn_share,
        record,
        tuple(odd),
    )


def logs(history: Mapping[str, Sequence[Any]], column: str, odd: list[str]) -> Array:
    """ln of a column [row], NaN where a cell is empty or no positive number; the latter are added to `odd`."""
    if column not in history:
        raise UsageError(Fault("MT430", column, "no such column", "one of: " + ", ".join(map(str, history))[:200]))
    cells = list(history[column])
    out = np.array([log(cell) for cell in cells])
    bad = [f"{column}, row {i + 1}: {cell!r:.40}" for i, cell in enumerate(cells) if cell not in (None, "") and np.isnan(out[i])]
    if len(bad) > ODD * len(cells):
        found = f"{len(bad)} of {len(cells)} values are no positive numbers, such as {bad[0]}"
        raise UsageError(Fault("MT432", column, found, f"at most {ODD:.0%} of them", "missing data stays missing: leave the cell empty, do not put 0"))
    odd += bad
    known = int(np.sum(~np.isnan(out)))
    if known < SHORTEST:
        raise UsageError(Fault("MT431", column, f"{known} rows with a value", f"at least {SHORTEST}"))
    return out


def log(cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return float("nan")
    return float(np.log(value)) if 0 < value < float("inf") else float("nan")


def quantiles(logs: Array, widen: float) -> Quantiles:
    """10, 50 and 90 % quantiles of exp(logs) [path], their distance from the median times `widen` in logs."""
    low, middle, high = np.quantile(logs, PROBABILITIES)
    return {"q10": float(np.exp(middle + widen * (low - middle))), "q50": float(np.exp(middle)), "q90": float(np.exp(middle + widen * (high - middle)))}
