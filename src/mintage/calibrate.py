"""Fit weekly demand and price to recorded epochs, robustly, and forecast with intervals that were tried on the record itself.

Model of each logged series y: a level that walks, seen through noise, both with heavy tails:

    y_t = l_t + r e_t,   l_t = l_{t-1} + q w_t,   e, w ~ Student t with 4 degrees of freedom, scaled

fitted by the likelihood of one-step errors; an error beyond twice its scale moves the level no further than twice (Huber 1964), so an odd row
does little. Intervals are widened by the factor that made 80 % intervals of rolling forecasts inside the record cover 80 %. It was chosen
against a random walk by those rolling forecasts (docs/explanation/render-forecast.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import Fault, UsageError

Array = NDArray[np.float64]
DEGREES = 4.0
CLIP = 2.0
FLAG = 3.0
LEVEL = 0.80
SHORTEST = 20
FIRST_ORIGIN = 40


@dataclass(frozen=True)
class LevelFit:
    """`walk` and `noise` are standard deviations of log steps a period, with standard errors; `level` is ln at the end, `spread` its own."""

    walk: float
    noise: float
    walk_error: float
    noise_error: float
    level: float
    spread: float
    rows: int
    flagged: tuple[int, ...]


@dataclass(frozen=True)
class Backtest:
    """Rolling forecasts inside the record: coverage of the 80 % interval by horizon [period], and mean pinball loss against a random walk's."""

    origins: int
    horizon: int
    coverage: dict[int, float]
    coverage_all: float
    pinball: float
    pinball_random_walk: float
    widen: float


@dataclass(frozen=True)
class Calibration:
    """Two fitted series with their backtests; `forecast` and `overlay` use them."""

    demand: LevelFit
    price: LevelFit
    demand_test: Backtest
    price_test: Backtest
    period_days: float
    burn_share: float

    def forecast(self, periods: int = 13, paths: int = 20_000, seed: int = 1) -> dict[str, list[dict[str, float]]]:
        """10, 50 and 90 % quantiles of each coming period's burned fiat, price and burned tokens, and of the span's totals."""
        if not 1 <= periods <= 520:
            raise UsageError(Fault("MT433", "calibrate", f"a forecast of {periods} periods", "1 to 520"))
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
        usd = np.exp(draw(self.demand, self.demand_test.widen, periods, paths, rng))
        price = np.exp(draw(self.price, self.price_test.widen, periods, paths, rng))
        tokens = usd / price
        series = {"burned_fiat": usd, "price": price, "burned_tokens": tokens}
        out = {name: [quantiles(row) for row in x] for name, x in series.items()}
        out["total"] = [{"series": 0.0, **quantiles(usd.sum(axis=0))}, {"series": 1.0, **quantiles(tokens.sum(axis=0))}]
        return out

    def overlay(self) -> dict[str, Decimal]:
        """Values for a preset with processes `demand_level` (gbm), `demand_noise` (mean_reversion) and `price` (gbm), from the record's end on.

        A period's walk becomes a yearly volatility by sqrt(365 / period). Demand is what is burned, over the burned share.
        """
        year = (365 / self.period_days) ** 0.5
        values = {
            "demand_level.volatility": self.demand.walk * year,
            "demand_noise.spread": self.demand.noise,
            "price.volatility": self.price.walk * year,
            "signals.demand_level.start": float(np.exp(self.demand.level)) / self.burn_share / self.period_days,
            "signals.price.start": float(np.exp(self.price.level)),
        }
        return {k: Decimal(f"{v:.6g}") for k, v in values.items()}

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {**asdict(self), "overlay": {k: str(v) for k, v in self.overlay().items()}, "forecast": self.forecast()}


def calibrate(
    history: Mapping[str, Sequence[Any]] | None = None,
    *,
    fiat: str = "burned_usd",
    price: str = "implied_price_usd",
    period_days: float = 7.0,
    burn_share: float = 0.95,
) -> Calibration:
    """Fit a record with columns of fiat burned and of prices, one row a period; without one, Render's 84 weekly epochs.

    Errors: UsageError MT430 (no such column), MT431 (too few rows), MT432 (a value that is missing, not a number or not positive).
    """
    if history is None:
        from . import data

        history = data.read("render_bme_weekly")
    demand, prices = (logs(history, c) for c in (fiat, price))
    return Calibration(fit(demand), fit(prices), backtest(demand), backtest(prices), period_days, burn_share)


def logs(history: Mapping[str, Sequence[Any]], column: str) -> Array:
    """ln of a column, every row checked."""
    if column not in history:
        raise UsageError(Fault("MT430", column, "no such column", "one of: " + ", ".join(map(str, history))[:200]))
    rows = history[column]
    if len(rows) < SHORTEST:
        raise UsageError(Fault("MT431", column, f"{len(rows)} rows", f"at least {SHORTEST}"))
    out = np.empty(len(rows))
    for i, cell in enumerate(rows):
        try:
            value = float(cell)
        except (TypeError, ValueError):
            value = float("nan")
        if not (np.isfinite(value) and value > 0):
            raise UsageError(
                Fault("MT432", f"{column}, row {i + 1}", f"{cell!r:.40}", "a positive number", "missing data stays missing: cut the row, do not put 0")
            )
        out[i] = np.log(value)
    return out


def filtered(y: Array, walk: float, noise: float) -> tuple[float, float, float, Array]:
    """(log likelihood, level, its variance, scaled errors) of the local level filter with clipped errors."""
    q, r = walk * walk, noise * noise
    level, variance, likelihood = float(np.median(y[:5])), float(np.var(y[:10])) + r, 0.0
    errors = np.empty(len(y))
    for t, value in enumerate(y):
        variance += q
        total = variance + r
        scaled = (value - level) / total**0.5
        likelihood -= 0.5 * np.log(total) + 0.5 * (DEGREES + 1) * np.log1p(scaled * scaled / DEGREES)
        gain = variance / total
        level += gain * max(-CLIP, min(CLIP, scaled)) * total**0.5
        variance *= 1 - gain
        errors[t] = scaled
    return likelihood, level, variance, errors


def fit(y: Array) -> LevelFit:
    """Maximum likelihood over ln walk and ln noise, with standard errors from the curvature; rows with |error| > 3 are flagged (from 1)."""
    from scipy.optimize import minimize

    def loss(theta: Array) -> float:
        return -filtered(y, *np.exp(np.clip(theta, -12, 3)))[0]

    starts = ([-1.3, -1.2], [-2.3, -0.7], [-0.7, -3.0])
    best = min((minimize(loss, s, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-5}) for s in starts), key=lambda o: float(o.fun))
    walk, noise = (float(x) for x in np.exp(np.clip(best.x, -12, 3)))
    _, level, variance, errors = filtered(y, walk, noise)
    flagged = tuple(int(i) + 1 for i in np.flatnonzero(np.abs(errors) > FLAG))
    error = curvature(loss, np.asarray(best.x))
    return LevelFit(walk, noise, walk * float(error[0]), noise * float(error[1]), level, variance**0.5, len(y), flagged)


def curvature(loss: Any, at: Array, step: float = 0.05) -> Array:
    """Standard errors of ln parameters: root of the diagonal of the inverse Hessian; infinite where the likelihood is flat."""
    n = len(at)
    eye, hessian = np.eye(n) * step, np.empty((n, n))
    for i in range(n):
        for j in range(n):
            a, b = eye[i], eye[j]
            hessian[i, j] = (loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)) / (4 * step * step)
    inverse = np.diag(np.linalg.pinv(hessian))
    out: Array = np.where(inverse > 0, np.sqrt(np.maximum(inverse, 0)), np.inf)
    return out


def scales(found: LevelFit, periods: int) -> Array:
    """Standard deviation of ln y, 1 .. periods ahead, before widening: sqrt(spread^2 + h walk^2 + noise^2)."""
    h = np.arange(1, periods + 1)
    return np.sqrt(found.spread**2 + h * found.walk**2 + found.noise**2)


def backtest(y: Array, horizon: int = 13, first: int = FIRST_ORIGIN) -> Backtest:
    """Fit on the first k rows, forecast the next, for every k; the factor that makes the interval cover 80 % widens forecasts beyond the record."""
    first = min(first, len(y) - 5)
    hits: list[tuple[int, float]] = []
    pinball, naive = [], []
    normal = 1.2815515655446004  # 90 % quantile of N(0, 1)
    for k in range(first, len(y)):
        found, ahead = fit(y[:k]), y[k : k + horizon]
        s, steps = scales(found, len(ahead)), np.diff(y[:k])
        walk = 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) * np.sqrt(np.arange(1, len(ahead) + 1))
        hits += [(h + 1, float(abs(e))) for h, e in enumerate((ahead - found.level) / s)]
        pinball += [loss_of(a, found.level, normal * b) for a, b in zip(ahead, s, strict=True)]
        naive += [loss_of(a, y[k - 1], normal * b) for a, b in zip(ahead, walk, strict=True)]
    gaps = np.array([g for _, g in hits])
    widen = max(1.0, float(np.quantile(gaps, LEVEL)) / normal)
    at = {h: float(np.mean([g <= normal for i, g in hits if i == h])) for h in sorted({i for i, _ in hits})}
    return Backtest(len(y) - first, horizon, at, float((gaps <= normal).mean()), float(np.mean(pinball)), float(np.mean(naive)), widen)


def loss_of(value: float, middle: float, half: float) -> float:
    """Mean pinball loss of the 10, 50 and 90 % quantiles middle - half, middle, middle + half."""
    total = 0.0
    for q, at in ((0.1, middle - half), (0.5, middle), (0.9, middle + half)):
        total += max(q * (value - at), (q - 1) * (value - at))
    return total / 3


def draw(found: LevelFit, widen: float, periods: int, paths: int, rng: np.random.Generator) -> Array:
    """Simulated ln y [period, path]: level error, walk and noise, all widened."""
    start = found.level + widen * found.spread * rng.standard_normal(paths)
    walk = np.cumsum(widen * found.walk * rng.standard_normal((periods, paths)), axis=0)
    return start + walk + widen * found.noise * rng.standard_normal((periods, paths))


def quantiles(x: Array) -> dict[str, float]:
    low, mid, high = np.quantile(x, [0.1, 0.5, 0.9])
    return {"q10": float(low), "q50": float(mid), "q90": float(high)}
