"""A kind of account may be a population: every mechanism then moves, in sum, what it moves for one holder, in every arithmetic."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from mintage.accounts import Account, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.check import check_economy
from mintage.economy import post
from mintage.errors import RunError, SpecError
from mintage.exact import ExactBook, settle
from mintage.flows import Flow
from mintage.noise import NoiseSource
from mintage.save import Save
from mintage.simulate import simulate
from mintage.spec import load, loads
from tests.evaluate.economies import SOUND

from .town import town

SPLIT = {"sound": ("market", "treasury", "team", "investors", "providers"), "render": ("market", "foundation", "artists", "compute", "otoy")}


@cache
def original(network: str) -> str:
    return SOUND if network == "sound" else load("render").text


def split(network: str, kind: str, holders: int = 3) -> str:
    """The network's text with a population of `kind`."""
    text, count = re.subn(rf"(?m)^\[accounts\.{kind}\]\n", f"[accounts.{kind}]\nholders = {holders}\n", original(network))
    assert count == 1, kind
    return text


CASES = [(n, k) for n, kinds in SPLIT.items() for k in kinds]


@pytest.mark.parametrize(("network", "kind"), CASES)
def test_in_sum_a_population_is_its_aggregate(network, kind):
    one, many = loads(original(network)), loads(split(network, kind))
    assert check_economy(many.economy()) == []
    save = Save(every=26, paths=True)
    a, b = (simulate(s, 8, 78 if network == "sound" else 400, save=save) for s in (one, many))
    for name in set(a.series) & set(b.series):
        assert np.allclose(a.series[name], b.series[name], rtol=1e-9, atol=1e-6), name


@pytest.mark.parametrize(("network", "kind"), CASES)
def test_exact_runs_with_a_population_conserve_and_agree_with_arrays(network, kind):
    economy, steps = loads(split(network, kind)).economy(), 9
    draws = NoiseSource(1, economy.bind(NUMPY).noise(), 0, 1)

    class Recorded:
        def take(self, call):
            return {k: to_exact(v[:, :1]) for k, v in draws.take(call).items()}

    with exact():
        bound = economy.bind(EXACT)
        world = bound.start(1, settle)
        for t in range(steps):
            bound.step(world, t, Recorded(), ExactBook(bound))
        for asset in economy.assets:
            assert sum(v.sum() for a, v in world.balances.items() if a.asset == asset) == 0
    run = simulate(economy, 1, steps, save=Save(every=steps, paths=True))
    for place, value in world.balances.items():
        if str(place) in run.series:
            assert float(to_float(value).sum()) == pytest.approx(float(run[str(place)][-1, 0]), rel=1e-6, abs=1e-3), place


def test_an_amount_for_one_moved_over_many_is_refused_and_not_multiplied():
    economy = town()
    liquid, burned = Account("liquid", "TOK"), Account("burned", "TOK")
    for xp, one in ((NUMPY, np.ones((1, 2))), (EXACT, to_exact(np.ones((1, 2))))):
        balances = economy.bind(xp).start(2).balances
        before = dict(balances)
        with pytest.raises(RunError, match=r"MT214.*1 rows, expected 5"):
            post(xp, balances, Flow(liquid, burned, one, "burn"))
        assert all(balances[a] is before[a] for a in balances)


def test_check_names_the_flow_and_the_signal_whose_rows_do_not_fit():
    from mintage.mechanisms.base import Mechanism, Parameters, Use, account, number, writes

    class Careless(Mechanism):
        class Params(Parameters):
            holders: str = account("liquid/TOK", "who")
            share: str = number("0.1", "1", "share")
            price: str = writes("price", "USD/TOK", "the price")

        def step(self, p, state, signals, ctx):
            rows = state[p.holders]
            return [Flow(p.holders, Account("burned", "TOK"), ctx.xp.total(rows) * p.share, "burn")], {p.price: signals[p.price] * (1 + 0 * (rows / rows))}

    economy = town()
    uses = [u for u in economy.uses if "price" not in economy.binder(None).writes(u.params)]
    broken = type(economy)(
        "careless", economy.assets, economy.kinds, economy.signals, [*uses, Use("careless", Careless(), Careless.Params())], economy.dt, opening=economy.opening
    )
    found = [f for f in check_economy(broken) if f.code == "MT214"]
    assert found
    assert "careless" in found[0].where
    assert "5" in found[0].expected


def test_the_preset_says_where_populations_already_are():
    kinds = load("render").economy().kinds
    assert [k.name for k in kinds.values() if isinstance(k, Kind) and k.holders > 1] == ["providers", "proposals"]


def test_a_population_of_none_is_refused():
    with pytest.raises(SpecError, match="holders"):
        loads(split("sound", "market", 0))


@pytest.mark.parametrize("fiat", ["external/USD", "market/USD"])
def test_traders_of_a_pool_may_be_many(fiat):
    from tests.mechanisms.network import MARKET, MARKET_USD, POOL, POOL_USD, economy, use

    def run(holders):
        e = economy(
            use("jobs", "burn_mint"),
            use("pool", "order_flow_price", fiat=fiat),
            signals={"demand": ("USD/day", "900"), "price": ("USD/TOK", "2"), "outside": ("USD/TOK", "2.3")},
            opening={MARKET: 900_000, MARKET_USD: 60_000, POOL: 100_000, POOL_USD: 200_000},
        )
        e.kinds["market"] = Kind("market", ("TOK", "USD"), holders)
        assert check_economy(e) == []
        return simulate(e, 1, 30, save=Save(every=10, paths=True, vars=("price", "market/TOK", "market/USD")))

    one, many = run(1), run(3)
    for name in one.series:
        assert np.allclose(one[name], many[name], rtol=1e-9), name
