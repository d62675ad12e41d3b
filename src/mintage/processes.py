"""The outside world: prices, demand, costs. Processes write signals only, run before the mechanisms, and are never part of a live network.

Volatilities and drifts are for a year of 365 days. A step of any length has the same law as many short ones where a formula is exact
(gbm, mean reversion, jumps up to the chance of two in one step).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from .mechanisms.base import Emitted, Mechanism, Noise, Number, Parameters, Ref, count, number, option, reads, writes

NORMAL = Noise("normal")
UNIFORM = Noise("uniform")


class Process(Mechanism):
    """Base of all processes."""

    family = "process"


class Walk(Parameters):
    """Parameters every diffusion has."""

    signal: Ref = writes(None, "*", "the signal it drives")
    drift: Number = number("0", "1", "expected log growth plus half the variance, a year")
    volatility: Number = number("0.9", "1", "standard deviation of log returns, a year", ge="0")
    driver: Ref = reads("", "1", "a shared standard normal (written by `factor`), or empty")
    loading: Number = number("0", "1", "correlation with the driver", ge="-1", le="1")
    year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")


def shock(p: Any, signals: Mapping[str, Any], ctx: Any, own: Any) -> Any:
    """rho f + sqrt(1 - rho^2) z: a standard normal with correlation rho to the driver."""
    return p.loading * signals[p.driver] + p.rest * own if p.driver else own


class Gbm(Process):
    """Geometric Brownian motion: X' = X exp((mu - sigma^2 / 2) dt + sigma sqrt(dt) z). Black and Scholes 1973."""

    name = "gbm"
    breaks = "Real returns have fat tails and clustered volatility: a crash of half in a day never happens here, and did."
    noise = {"z": NORMAL}
    Params = Walk

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"trend": p.drift - xp.num("0.5") * p.volatility * p.volatility, "rest": xp.sqrt(1 - p.loading * p.loading)}

    def move(self, p: Any, signals: Mapping[str, Any], ctx: Any) -> Any:
        """The log return of a call."""
        years = ctx.dt / p.year
        return p.trend * years + (p.volatility * ctx.xp.sqrt(years)) * shock(p, signals, ctx, ctx.noise["z"])

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return [], {p.signal: signals[p.signal] * ctx.xp.exp(self.move(p, signals, ctx))}


class GbmReturn(Gbm):
    """The log return of a geometric Brownian motion, one a call: for a price that other forces move too (`impact_price`)."""

    name = "gbm_return"
    breaks = "As `gbm`: no jumps and no clusters, so that what orders do to the price looks larger than it is in a storm."

    class Params(Walk):
        signal: Ref = writes(None, "1", "the signal that carries the return")

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return [], {p.signal: self.move(p, signals, ctx)}


class JumpDiffusion(Process):
    """Merton's jumps on a GBM: with chance 1 - exp(-lambda dt) a step, log X jumps by N(m, s^2); the drift is compensated for them. Merton 1976."""

    name = "jump_diffusion"
    breaks = "Jumps come one by one and at a constant rate; real ones come in clusters, and when liquidity is gone."
    noise = {"z": NORMAL, "size": NORMAL, "jump": UNIFORM}

    class Params(Walk):
        rate: Number = number("4", "1", "lambda, jumps a year", ge="0")
        jump_mean: Number = number("-0.1", "1", "m, mean of a log jump")
        jump_sd: Number = number("0.15", "1", "s, standard deviation of a log jump", ge="0")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        lift = xp.expm1(p.jump_mean + xp.num("0.5") * p.jump_sd * p.jump_sd)
        return {"trend": p.drift - xp.num("0.5") * p.volatility * p.volatility, "lift": lift, "rest": xp.sqrt(1 - p.loading * p.loading)}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, years = ctx.xp, ctx.dt / p.year
        chance = -xp.expm1(-p.rate * years)
        size = p.jump_mean + p.jump_sd * ctx.noise["size"]
        jump = xp.where(xp.lt(ctx.noise["jump"], chance), size, 0)
        drift = p.trend * years - xp.log1p(chance * p.lift)  # so that E[X'] = X exp(mu dt) at any length of a step
        move = drift + (p.volatility * xp.sqrt(years)) * shock(p, signals, ctx, ctx.noise["z"]) + jump
        return [], {p.signal: signals[p.signal] * xp.exp(move)}


class RegimeSwitching(Process):
    """Two regimes, calm (0) and stormy (1), each with its drift and volatility; a Markov chain switches between them. Hamilton 1989.

    Chance to leave a regime in a step: 1 - exp(-dt / mean stay). Memory holds the regime.
    """

    name = "regime_switching"
    breaks = "Two regimes fitted to one crash describe that crash. The chain forgets how long a storm has lasted."
    noise = {"z": NORMAL, "switch": UNIFORM}

    class Params(Walk):
        storm_drift: Number = number("-1", "1", "drift in the storm, a year")
        storm_volatility: Number = number("1.6", "1", "volatility in the storm, a year", ge="0")
        calm_days: Number = number("300", "day", "mean stay in the calm", gt="0")
        storm_days: Number = number("60", "day", "mean stay in the storm", gt="0")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        storm = p.storm_drift - xp.num("0.5") * p.storm_volatility * p.storm_volatility
        return {"trend": p.drift - xp.num("0.5") * p.volatility * p.volatility, "storm_trend": storm, "rest": xp.sqrt(1 - p.loading * p.loading)}

    def memory(self, p: Any, make: Any) -> dict[str, Any]:
        return {"regime": make(0)}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, years = ctx.xp, ctx.dt / p.year
        storm = state["regime"]
        leave = -xp.expm1(-ctx.dt * (storm / p.storm_days + (1 - storm) / p.calm_days))
        storm = xp.where(xp.lt(ctx.noise["switch"], leave), 1 - storm, storm)
        trend = p.trend + storm * (p.storm_trend - p.trend)
        sigma = p.volatility + storm * (p.storm_volatility - p.volatility)
        move = trend * years + sigma * xp.sqrt(years) * shock(p, signals, ctx, ctx.noise["z"])
        return [], {p.signal: signals[p.signal] * xp.exp(move), "regime": storm}


class MeanReversion(Process):
    """Log mean reversion, exact: x' = m + (x - m) a + sd sqrt(1 - a^2) z with x = ln X, m = ln level, a = 2^(-dt / half life).

    `spread` is the stationary standard deviation of ln X. Uhlenbeck and Ornstein 1930; Schwartz 1997.
    """

    name = "mean_reversion"
    breaks = "It believes that the old level comes back. A level that has moved for good looks like a long gap."
    noise = {"z": NORMAL}

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the signal it drives")
        level: Number = number(None, "signal", "where ln X returns to", gt="0")
        half_life: Number = number("30", "day", "days in which half of a gap closes", gt="0")
        spread: Number = number("0.5", "1", "stationary standard deviation of ln X", ge="0")
        growth: Number = number("0", "1", "log growth of the level, a year")
        driver: Ref = reads("", "1", "a shared standard normal (written by `factor`), or empty")
        loading: Number = number("0", "1", "correlation with the driver", ge="-1", le="1")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"rest": xp.sqrt(1 - p.loading * p.loading), "ln2": xp.log(xp.num(2))}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        a = xp.exp(-p.ln2 * ctx.dt / p.half_life)
        then, now = p.growth * (ctx.day - ctx.dt) / p.year, p.growth * ctx.day / p.year
        gap = xp.log(signals[p.signal] / p.level) - then
        x = now + gap * a + p.spread * xp.sqrt(1 - a * a) * shock(p, signals, ctx, ctx.noise["z"])
        return [], {p.signal: p.level * xp.exp(x)}


class Factor(Process):
    """A standard normal that several processes share, so that they move together."""

    name = "factor"
    breaks = "One factor for all times: correlations rise in a crisis, when diversification is needed."
    noise = {"z": NORMAL}

    class Params(Parameters):
        signal: Ref = writes(None, "1", "the signal that carries it")

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return [], {p.signal: 0 * signals[p.signal] + ctx.noise["z"]}


class Seasonal(Process):
    """A season on another signal: Y = X (1 + amplitude cos(2 pi (day - peak) / period))."""

    name = "seasonal"
    breaks = "A season taken from two years of data may be chance."

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the signal with the season")
        base: Ref = reads(None, "signal", "the signal without it")
        amplitude: Number = number("0.1", "1", "relative height", ge="0", lt="1")
        peak: Number = number("0", "day", "a day of the highest value")
        period: Number = number("365", "day", "length of the season", gt="0")
        turn: Number = number("6.283185307179586476925286766559005768", "1", "2 pi")

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        wave = ctx.xp.cos(p.turn * (ctx.day - p.peak) / p.period)
        return [], {p.signal: signals[p.base] * (1 + p.amplitude * wave)}


class Trend(Process):
    """Deterministic growth towards a limit: X(t) = limit / (1 + (limit / X0 - 1) exp(-g t)); without a limit X0 exp(g t). Verhulst 1838."""

    name = "trend"
    breaks = "A limit that nobody knows decides the end of it, and early growth says little about the limit."

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the signal it drives")
        growth: Number = number("0", "1", "log growth a year, at first")
        limit: Number = number("0", "signal", "where growth ends; 0: nowhere", ge="0")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        x, xp = signals[p.signal], ctx.xp
        grown = xp.exp(p.growth * ctx.dt / p.year)
        unlimited = x * grown
        room = xp.div(x, p.limit, 0)  # x / limit, 0 without a limit
        return [], {p.signal: unlimited / (1 + room * (grown - 1))}


class Shock(Process):
    """Another signal times a factor from `begin` on, fading after `length` with a half-life: a spike or a collapse for scenarios."""

    name = "shock"
    breaks = "Only one shock, with a known end: real ones come together with others, and end when nobody expects it."

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the shocked signal")
        base: Ref = reads(None, "signal", "the signal without the shock")
        factor: Number = number("1", "1", "what it is multiplied by", ge="0")
        begin: Number = number("0", "day", "first day", ge="0")
        length: Number = number("36500", "day", "days at full strength", ge="0")
        half_life: Number = number("90", "day", "days in which half of the shock fades afterwards", gt="0")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2))}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        began = xp.after(ctx.day, p.begin, 0)
        faded = xp.exp(-p.ln2 * xp.maximum(ctx.day - p.begin - p.length, 0) / p.half_life)
        return [], {p.signal: signals[p.base] * (1 + began * (p.factor - 1) * faded)}


class History(Process):
    """Replay a recorded series: value i holds for `hold` steps. After the end: the last value, or again from the start."""

    name = "history"
    breaks = "What happened once will not happen again: a design tuned on a replay is tuned on one path."

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the signal that is replayed")
        values: tuple[Number, ...] = number(None, "signal", "the record")
        hold: int = count(1, "steps a value holds", ge=1, unit="step")
        after: Literal["hold", "repeat"] = option("hold", "what follows the record")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.values else [("values", "an empty record", "at least one value")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"breaks": tuple(range(len(p.values)))}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        row = ctx.t // p.hold
        if p.after == "repeat":
            row = row % len(p.values)
        return [], {p.signal: 0 * signals[p.signal] + ctx.xp.lookup(p.breaks, p.values, row)}


class Product(Process):
    """The product of signals: level x season x shock, say. Units are the author's to keep: the result has its own."""

    name = "product"
    breaks = "Factors are taken as independent unless they share a driver."

    class Params(Parameters):
        signal: Ref = writes(None, "*", "the product")
        base: Ref = reads(None, "signal", "first factor, which gives the unit")
        factors: tuple[Ref, ...] = reads(None, "1", "the other factors, pure numbers")

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        out = signals[p.base]
        for name in p.factors:
            out = out * signals[name]
        return [], {p.signal: out}
