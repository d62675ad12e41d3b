"""Processes: their laws at many paths, exactness under finer steps, and the same numbers in three arithmetics."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from mintage.accounts import Asset, Kind
from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.economy import Economy, SignalDecl
from mintage.mechanisms import find, names
from mintage.mechanisms.base import REGISTRY, Context, State, Use
from mintage.save import Save
from mintage.simulate import simulate

PATHS = 40_960


def world(*uses: Use, dt: str = "1", start: str = "2", more: tuple[str, ...] = ()) -> Economy:
    signals = (
        {n: SignalDecl(n, "USD", Decimal(start)) for n in ("x",)}
        | {n: SignalDecl(n, "1", Decimal(1)) for n in ("f", "g", *more)}
        | {"y": SignalDecl("y", "USD", Decimal(start))}
    )
    return Economy("w", {"USD": Asset("USD", 6, "fiat")}, {"a": Kind("a", ("USD",))}, signals, uses, Decimal(dt))


def use(name: str, label: str = "", **params: object) -> Use:
    cls = find(name)
    assert cls is not None
    return Use(
        label or name,
        cls(),
        cls.Params(**{k: Decimal(str(v)) if isinstance(v, int | float) and not isinstance(v, bool) and k != "hold" else v for k, v in params.items()}),
    )


def logs(economy: Economy, steps: int, every: int = 0) -> np.ndarray:
    run = simulate(economy, PATHS, steps, seed=5, save=Save(every=every or steps, vars=("x",), paths=True))
    return np.log(run["x"] / run["x"][0])[1:]


def near(sample: np.ndarray, mean: float, sd: float) -> None:
    """Mean and standard deviation within five standard errors."""
    n = len(sample)
    assert abs(sample.mean() - mean) < 5 * sd / n**0.5
    assert abs(sample.std() - sd) < 5 * sd / (2 * n) ** 0.5


@pytest.mark.parametrize(("dt", "steps"), [("1", 28), ("7", 4), ("0.25", 112)])
def test_gbm_has_the_same_law_at_any_step(dt, steps):
    mu, sigma, t = 0.3, 0.8, 28 / 365
    near(logs(world(use("gbm", signal="x", drift=mu, volatility=sigma), dt=dt), steps)[-1], (mu - sigma**2 / 2) * t, sigma * t**0.5)


@pytest.mark.parametrize(("dt", "steps"), [("1", 60), ("10", 6)])
def test_mean_reversion_closes_half_the_gap_in_its_half_life_and_has_its_spread(dt, steps):
    x = logs(world(use("mean_reversion", signal="x", level=1, half_life=30, spread=0.4), dt=dt), steps, steps // 2) + np.log(2)
    near(x[0], np.log(2) / 2, 0.4 * (1 - 0.25) ** 0.5)
    near(x[1], np.log(2) / 4, 0.4 * (1 - 0.0625) ** 0.5)


@pytest.mark.parametrize(("dt", "rate"), [("1", "4"), ("7", "26"), ("30", "12")])
def test_jumps_leave_the_expectation_alone_at_any_length_of_a_step(dt, rate):
    """With at most one jump a step, the compensation is for the jump that can happen, not for rate x step."""
    x = logs(world(use("jump_diffusion", signal="x", volatility="0.1", rate=rate), dt=dt), 30)[-1]
    level = np.exp(x)
    assert abs(level.mean() - 1) < 4.5 * level.std() / len(level) ** 0.5


def test_jumps_add_their_variance_and_leave_the_expected_growth():
    mu, sigma, rate, m, s, t = 0.5, 0.4, 12.0, -0.1, 0.2, 1.0
    x = logs(world(use("jump_diffusion", signal="x", drift=mu, volatility=sigma, rate=rate, jump_mean=m, jump_sd=s), dt="0.5"), 730)[-1]
    var = sigma**2 * t + rate * (m**2 + s**2) * t
    assert x.var() == pytest.approx(var, rel=0.03)
    assert np.exp(x).mean() == pytest.approx(np.exp(mu * t), rel=0.04)


def test_regimes_share_time_by_their_mean_stays():
    calm, storm = 0.2, 1.5
    x = logs(
        world(
            use(
                "regime_switching",
                signal="x",
                drift=calm**2 / 2,
                volatility=calm,
                storm_drift=storm**2 / 2,
                storm_volatility=storm,
                calm_days=30,
                storm_days=10,
            )
        ),
        400,
        200,
    )
    per_day = (x[1] - x[0]).var() / 200 * 365
    assert per_day == pytest.approx(0.75 * calm**2 + 0.25 * storm**2, rel=0.05)


def test_a_shared_factor_correlates_and_nothing_else_does():
    both = (use("factor", signal="f"), use("gbm", "a", signal="x", driver="f", loading=0.6), use("gbm", "b", signal="y", driver="f", loading=0.8))
    run = simulate(world(*both), PATHS, 1, save=Save(vars=("x", "y")))
    assert np.corrcoef(np.log(run.end["x"]), np.log(run.end["y"]))[0, 1] == pytest.approx(0.48, abs=0.02)
    apart = simulate(world(use("gbm", "a", signal="x"), use("gbm", "b", signal="y")), PATHS, 1, save=Save(vars=("x", "y")))
    assert abs(np.corrcoef(np.log(apart.end["x"]), np.log(apart.end["y"]))[0, 1]) < 0.025


def test_history_replays_exactly_then_holds_or_repeats():
    for after, wanted in (("hold", [3, 3, 5, 5, 4, 4, 4, 4]), ("repeat", [3, 3, 5, 5, 4, 4, 3, 3])):
        run = simulate(
            world(use("history", signal="x", values=(Decimal(3), Decimal(5), Decimal(4)), hold=2, after=after)),
            3,
            8,
            save=Save(every=1, vars=("x",), paths=True),
        )
        assert run["x"][1:, 1].tolist() == wanted


def test_returns_are_the_logs_of_the_walk_with_the_same_noise():
    walk, returns = use("gbm", "a", signal="x", drift=0.2), use("gbm_return", "a", signal="f", drift=0.2)
    x = simulate(world(walk), 5, 30, save=Save(every=1, vars=("x",), paths=True))["x"]
    f = simulate(world(returns), 5, 30, save=Save(every=1, vars=("f",), paths=True))["f"]
    assert np.allclose(np.diff(np.log(x), axis=0), f[1:], rtol=1e-9, atol=1e-12)


def test_a_shock_begins_holds_and_fades_by_half():
    run = simulate(world(use("shock", signal="x", base="y", factor=3, begin=2, length=3, half_life=2)), 1, 9, save=Save(every=1, vars=("x",), paths=True))
    assert np.allclose(run["x"][1:, 0] / 2, [1, 3, 3, 3, 3, 1 + 2 * 2**-0.5, 2, 1 + 2 * 2**-1.5, 1.5])


def test_growth_saturates_at_its_limit_and_is_exponential_without_one():
    free = simulate(world(use("trend", signal="x", growth=1)), 1, 365, save=Save(vars=("x",))).end["x"][0]
    bound = simulate(world(use("trend", signal="x", growth=50, limit=7)), 1, 365, save=Save(vars=("x",))).end["x"][0]
    assert free == pytest.approx(2 * np.e, rel=1e-12) and bound == pytest.approx(7, rel=1e-9)


def test_season_and_product():
    run = simulate(
        world(use("seasonal", signal="x", base="y", amplitude=0.5, peak=1, period=4), use("product", signal="f", base="g", factors=("g", "g"))),
        1,
        4,
        save=Save(every=1, vars=("x", "f"), paths=True),
    )
    assert np.allclose(run["x"][1:, 0], [3, 2, 1, 2]) and run["f"][-1, 0] == 1


PARAMS = {
    "history": {"values": (Decimal(3), Decimal(5))},
    "shock": {"base": "y", "factor": 2, "begin": 3, "length": 2},
    "seasonal": {"base": "y"},
    "product": {"base": "y", "factors": ("f",)},
    "mean_reversion": {"level": 1},
    "trend": {"growth": 1, "limit": 9},
}
NUMBERS = ("factor", "gbm_return")  # they write pure numbers of either sign
ALL = sorted(n for n in names() if REGISTRY[n].family == "process" and REGISTRY[n].__module__ == "mintage.processes")


@pytest.mark.parametrize("name", ALL)
def test_every_process_agrees_in_three_arithmetics_and_is_positive(name):
    target = "f" if name in NUMBERS else "x"
    one = use(name, signal=target, **PARAMS.get(name, {}))
    economy = world(one)
    assert economy.check() == []
    rng, noise = np.random.default_rng(3), {}
    for key, (form, rows) in economy.bind(NUMPY).noise()[name].items():
        noise[key] = rng.standard_normal((rows, 5)) if form == "normal" else rng.integers(0, 2**32, (rows, 5)) / 2.0**32
    found = {}
    for xp, turn in ((NUMPY, lambda v: v), (jax(), lambda v: v), (EXACT, to_exact)):
        with exact():
            bound = economy.bind(xp)
            start, call = bound.start(5), bound.calls[0]
            ctx = Context(xp, 4, call.dt, {k: turn(v) for k, v in noise.items()}, start.balances, 5 * bound.dt)
            flows, updates = call.step(call.p, State(start.balances, start.memory[name]), start.signals, ctx)
            assert flows == []
            found[xp.name] = {k: to_float(np.asarray(v)) for k, v in updates.items()}
    for other in ("jax", "exact"):
        for key, value in found["numpy"].items():
            assert np.allclose(found[other][key], value, rtol=1e-12, atol=1e-14), (other, key)
    assert name in NUMBERS or (found["numpy"][target] > 0).all()
