"""A series whose level walks, seen through weeks that swing around it; fitted on a grid of parameters, so that every result carries its doubt.

    y_t = m_t + u_t,   m_t = m_{t-1} + q w_t,   u_t = a u_{t-1} + s sqrt(1 - a^2) v_t

y is the log of what was recorded. q (`walk`) is the standard deviation of a step of the level, s (`noise`) that of the swing around it, a
(`persistence`) the share of a swing that is left a period later. w and v are Student t with 5 degrees of freedom, scaled to unit variance.

The Kalman filter runs for all points of the grid at once; a point's weight is the likelihood of its one-step errors, from even weights. An error beyond
2.5 scales moves the state no further than one of 2.5 (Huber 1964), so an odd row does little. What is believed after row k knows only rows 1 to k: one pass
gives the fit of every rolling forecast. Filter: Kalman 1960; level and noise: Harvey 1989.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DEGREES = 5
CLIP = 2.5
FLAG = 3.5
SWINGS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95)
STEP = 0.288  # ln of the ratio of neighbours on the axes of walk and noise: 100 in 16 steps
FRESH = (0.0,)  # noise that is new each period, as an error of dating is


@dataclass(frozen=True)
class Grid:
    """The points that are tried, [point] each: `walk` and `noise` in even steps of their logs, wide enough for days and months alike."""

    walk: Array
    persistence: Array
    noise: Array

    @classmethod
    def over(cls, persistence: Sequence[float]) -> Grid:
        axes = np.meshgrid(np.geomspace(0.01, 1, 17), np.array(persistence), np.geomspace(0.02, 2, 17), indexing="ij")
        return cls(*(a.ravel() for a in axes))


@dataclass(frozen=True)
class Belief:
    """What is known after a row: weights of the points, and for each the mean and covariance of (m, u), all [point]."""

    weight: Array
    level: Array
    swing: Array
    v_level: Array
    v_both: Array
    v_swing: Array

    def mean(self, x: Array) -> float:
        return float(self.weight @ x)

    def spread(self, x: Array) -> float:
        """Standard deviation of x [point] over the points."""
        return float(np.sqrt(self.weight @ (x - self.mean(x)) ** 2))


@dataclass(frozen=True)
class Odd:
    """A row far from its neighbours: `row` from 1, `scales` robust standard deviations above (below when negative) their median."""

    row: int
    scales: float

    def __str__(self) -> str:
        return f"row {self.row}: {abs(self.scales):.1f} scales {'above' if self.scales > 0 else 'below'} its neighbours"


@dataclass(frozen=True)
class LevelFit:
    """Means over the grid with standard deviations (`_error`) [ln per period]; `level` and `swing` are ln at the last row, `first_` at the first.

    The errors of `walk` and `noise` hold the grid's own coarseness: a long record may leave one point, which is not certainty.
    """

    walk: float
    walk_error: float
    noise: float
    noise_error: float
    persistence: float
    persistence_error: float
    level: float
    level_error: float
    swing: float
    first_level: float
    first_swing: float
    rows: int
    odd: tuple[Odd, ...]

    @property
    def flagged(self) -> tuple[int, ...]:
        """Rows, from 1, that are far from their neighbours."""
        return tuple(o.row for o in self.odd)


def beliefs(y: Array, grid: Grid) -> list[Belief]:
    """What is believed after each row of `y` [row]; a NaN is a missing row, which leaves the belief to drift."""
    a, q2, s2 = grid.persistence, grid.walk**2, grid.noise**2
    zero = np.zeros_like(a)
    m, u, mm, mu, uu = zero + np.nanmedian(y[:8]), zero, zero + 1, zero, s2
    likelihood, out = zero, []
    for t, value in enumerate(y):
        if t:
            u, mm, mu, uu = a * u, mm + q2, a * mu, a * a * uu + (1 - a * a) * s2
        if not np.isnan(value):
            to_m, to_u = mm + mu, mu + uu
            total, error = to_m + to_u, value - m - u
            scale = np.sqrt(total)
            likelihood = likelihood + log_student(error / scale) - np.log(scale)
            moved = np.clip(error, -CLIP * scale, CLIP * scale) / total
            m, u = m + to_m * moved, u + to_u * moved
            mm, mu, uu = mm - to_m * to_m / total, mu - to_m * to_u / total, uu - to_u * to_u / total
        weight = np.exp(likelihood - likelihood.max())
        out.append(Belief(weight / weight.sum(), m, u, mm, mu, uu))
    return out


def log_student(z: Array) -> Array:
    """ln density, up to a constant, of a Student t scaled to unit variance."""
    out: Array = -(DEGREES + 1) / 2 * np.log1p(z * z / (DEGREES - 2))
    return out


def fit(y: Array, persistence: Sequence[float] = SWINGS) -> LevelFit:
    """The model's parameters and states for the logs `y` [row]; the first row's states come from the record read backwards."""
    grid = Grid.over(persistence)
    last, first = beliefs(y, grid)[-1], beliefs(y[::-1], grid)[-1]
    return LevelFit(
        walk=last.mean(grid.walk),
        walk_error=error(last, grid.walk),
        noise=last.mean(grid.noise),
        noise_error=error(last, grid.noise),
        persistence=last.mean(grid.persistence),
        persistence_error=last.spread(grid.persistence),
        level=last.mean(last.level),
        level_error=float(np.sqrt(last.mean(last.v_level) + last.spread(last.level) ** 2)),
        swing=last.mean(last.swing),
        first_level=first.mean(first.level),
        first_swing=first.mean(first.swing),
        rows=int(np.sum(~np.isnan(y))),
        odd=odd_rows(y),
    )


def error(belief: Belief, x: Array) -> float:
    """sqrt(spread^2 + (mean STEP)^2 / 12): the doubt between the points and, evenly spread, within one."""
    return float(np.hypot(belief.spread(x), belief.mean(x) * STEP / 12**0.5))


def odd_rows(y: Array, reach: int = 3) -> tuple[Odd, ...]:
    """Rows more than 3.5 robust deviations from the median of up to three neighbours on each side (Hampel 1974). They are named, not cut."""
    gaps = np.array([v - np.nanmedian(np.concatenate([y[max(i - reach, 0) : i], y[i + 1 : i + 1 + reach]])) for i, v in enumerate(y)])
    scales = gaps / max(robust(gaps), 1e-12)
    return tuple(Odd(int(i) + 1, round(float(scales[i]), 2)) for i in np.flatnonzero(np.abs(scales) > FLAG))


def robust(x: Array) -> float:
    """Standard deviation by the median absolute deviation, of what is known."""
    return 1.4826 * float(np.nanmedian(np.abs(x - np.nanmedian(x))))


def draw(belief: Belief, grid: Grid, periods: int, paths: int, rng: np.random.Generator) -> Array:
    """Futures of y [period, path]: parameters and state by what is believed, then the model."""
    at = rng.choice(len(grid.walk), paths, p=belief.weight)
    q, a, s = grid.walk[at], grid.persistence[at], grid.noise[at]
    root = np.sqrt(belief.v_level[at])
    shared, own = rng.standard_normal((2, paths))
    tilt = belief.v_both[at] / root
    m = belief.level[at] + root * shared
    u = belief.swing[at] + tilt * shared + np.sqrt(np.maximum(belief.v_swing[at] - tilt * tilt, 0)) * own
    w, v = rng.standard_t(DEGREES, (2, periods, paths)) * ((DEGREES - 2) / DEGREES) ** 0.5
    out = np.empty((periods, paths))
    for h in range(periods):
        m, u = m + q * w[h], a * u + s * np.sqrt(1 - a * a) * v[h]
        out[h] = m + u
    return out
