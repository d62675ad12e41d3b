"""Curves fitted to use: the bound holds in the engine itself, the steepest is found, and a steeper one would break it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import mintage as mt
from mintage import data
from mintage.calibrate.curve import CurveFit, fit_curve, fit_spec, futures, volatilities
from mintage.errors import UsageError
from mintage.metrics import bancor_invariant, bancor_mint, bancor_redeem, realised_volatility
from tests.cli.command import call

RENDER = data.read("render_bme_weekly")
SHAPES = ("linear", "power", "reserve_ratio", "sigmoid")
EXHIBIT = Path(__file__).parents[2] / "examples" / "mechanisms" / "bonding_curve.toml"
PRICE, SUPPLY = 0.05, 20_000_000.0


def fitted(shape: str = "reserve_ratio", **how) -> CurveFit:
    return fit_curve(RENDER, **{"shape": shape, "price": PRICE, "supply": SUPPLY, "windows": 200, **how})


@pytest.mark.parametrize("shape", SHAPES)
def test_the_steepest_curve_within_the_bound_is_found(shape):
    """15 % over six months are 21.2 % a year: kept with 90 % confidence, and not by a curve a hundredth steeper."""
    found = fitted(shape)
    assert found.bound == pytest.approx(0.15 * 2**0.5)
    assert found.bound * (1 - 1e-6) < found.high <= found.bound
    assert found.over_window(found.high) == pytest.approx(0.15, rel=1e-6)
    assert found.volatility < found.high
    assert fitted(shape, target=0.1502).elasticity > found.elasticity > fitted(shape, target=0.1498).elasticity


def test_four_shapes_of_one_elasticity_swing_alike():
    """For small trades the shape does not matter, only the elasticity at hand."""
    small = [fit_curve({"burned_usd": np.array(RENDER["burned_usd"], float) / 1e4}, shape=s, price=PRICE, supply=SUPPLY, target=1e-5) for s in SHAPES]
    assert [f.elasticity for f in small] == pytest.approx([small[0].elasticity] * 4, rel=1e-2)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fit_is_of_what_the_engine_does(shape):
    """A network whose users buy tokens on the fitted curve and pay providers, who sell them a week later: the volatility of its price is the fit's."""
    found = fitted(shape)
    spent = futures(np.log(np.array(RENDER["burned_usd"], float)), 26, 4, seed=7)
    expected = volatilities(shape, found.elasticity, PRICE, SUPPLY, spent, 1.0, 7.0)
    for path in range(4):
        text = TOWN.format(
            reserve=found.reserve,
            shape=shape,
            values="\n".join(f"{k} = {v}" for k, v in found.values.items()),
            record=", ".join(repr(float(v) / 7) for v in spent[:, path]),
        )
        run = mt.simulate(mt.loads(text), 1, 26, save=mt.Save(every=1, vars=("price",), paths=True))
        assert realised_volatility(np.asarray(run["price"])[1:, 0], 7.0) == pytest.approx(expected[path], rel=1e-5)


TOWN = """
[network]
name = "service"
token = "TOK"
step = "7 days"
horizon = "182 days"
[assets.TOK]
[assets.USD]
form = "fiat"
[accounts.users]
holds = ["TOK"]
[accounts.others]
holds = ["TOK"]
opening = {{ TOK = 20_000_000 }}
[accounts.providers]
holds = ["TOK"]
[accounts.curve]
holds = ["USD"]
opening = {{ USD = {reserve} }}
[signals.price]
unit = "USD/TOK"
start = 0.05
[signals.demand]
unit = "USD/day"
start = 0
[[process]]
use = "history"
name = "use"
signal = "demand"
values = [{record}]
[[mechanism]]
use = "bonding_curve"
name = "curve"
currency = "external/USD"
tokens = "users/TOK"
shape = "{shape}"
{values}
demand = "demand"
sellers = "providers/TOK"
proceeds = "external/USD"
turnover = 1
[[mechanism]]
use = "grants"
name = "work"
pool = "users/TOK"
budget = 1_000_000_000
recipients = [{{ to = "providers/TOK", share = 1 }}]
"""


def test_flat_use_leaves_no_volatility_and_the_steepest_curve_stands():
    found = fit_curve({"burned_usd": [1000.0] * 60}, shape="power", price=1, supply=1e6)
    assert not found.bounded
    assert found.high == pytest.approx(0, abs=0.01)


def test_the_reserve_and_the_values_are_those_of_one_curve():
    """The reserve ratio against the independent formulas of `mintage.metrics`."""
    found = fitted()
    ratio = float(found.values["ratio"])
    assert ratio == pytest.approx(1 / (1 + found.elasticity))
    assert found.reserve == pytest.approx(ratio * PRICE * SUPPLY)
    minted = bancor_mint(found.reserve, SUPPLY, ratio, 1000.0)
    back = bancor_redeem(found.reserve + 1000, SUPPLY + minted, ratio, minted)
    assert back == pytest.approx(1000)
    assert bancor_invariant(found.reserve, SUPPLY, ratio) == pytest.approx(bancor_invariant(found.reserve + 1000, SUPPLY + minted, ratio))


def test_a_curve_calms_what_the_market_does_not():
    found = fitted(market="implied_price_usd")
    assert found.market > 4 * found.high


def test_a_spec_gives_its_curve_its_price_and_its_supply():
    spec = mt.load(EXHIBIT)
    found = fit_spec(spec, "curve", RENDER, supply=1e6)
    assert found.shape == "linear"
    assert found.values["slope"] == pytest.approx(Decimal(repr(0.1 * found.elasticity / 1e6)), rel=Decimal("1e-6"))
    assert spec.with_values(found.overlay("curve")).value("curve.slope") == found.values["slope"]


@pytest.mark.parametrize("how", [{"target": 0}, {"window_days": 7}, {"sold_share": 2}, {"supply": 0}, {"confidence": 1}], ids=str)
def test_sizes_without_sense_are_refused(how):
    with pytest.raises(UsageError, match="MT433"):
        fitted(**how)
    with pytest.raises(UsageError, match="MT433"):
        fit_spec(mt.load("render"), "jobs", RENDER)


def test_the_command_fits_the_curve_of_a_spec(capsys, tmp_path):
    path = tmp_path / "service.toml"
    path.write_text(TOWN.format(reserve=500_000, shape="reserve_ratio", values="ratio = 0.5", record="1"), "utf-8")
    record = tmp_path / "weeks.csv"
    record.write_text("spent,price\n" + "\n".join(f"{u},{p}" for u, p in zip(RENDER["burned_usd"], RENDER["implied_price_usd"], strict=True)), "utf-8")
    asked = ["calibrate", str(path), "--history", str(record), "--fiat", "spent", "--price", "price", "--curve", "curve", "--volatility", "0.2"]
    assert call(*asked) == 0
    shown = capsys.readouterr().out
    assert "curve.ratio" in shown
    assert "at most 20.0% in 90% of futures" in shown
    assert call(*asked, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["overlay"]["curve.ratio"] == found["values"]["ratio"]
    assert call("calibrate", "render", "--curve", "jobs") == 2
