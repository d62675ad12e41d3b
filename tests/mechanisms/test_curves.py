"""Bonding curves: path independence, the invariant, round trips, early buyers first, closing at a reserve; hatch, tributes and vesting."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms.curve_shapes import SHAPES, area
from mintage.save import Save
from mintage.simulate import simulate

from .network import D, use
from .village import Play

FEW = settings(max_examples=25, deadline=None)
CURRENCY, TOKENS, RESERVE = Account("traders", "USD"), Account("traders", "TOK"), Account("curve", "USD")
POOL, POOL_TOKENS, PROTOCOL = Account("pool", "USD"), Account("pool", "TOK"), Account("protocol", "USD")
LOCKED, SPARE = Account("hatchers", "TOK"), Account("spare", "TOK")
CURVES: dict[str, dict[str, str]] = {
    "linear": {"level": "0.1", "slope": "0.00001"},
    "power": {"level": "0.3", "scale": "50000", "exponent": "1.7"},
    "reserve_ratio": {"ratio": "0.4"},
    "sigmoid": {"level": "0.5", "scale": "60000", "width": "20000"},
}
SUPPLY, DEPOSITED = 40_000, 9_000
shapes = pytest.mark.parametrize("shape", CURVES)
LAUNCH = {"level": str(Decimal(3) / 440_000), "slope": str(Decimal(27) / 440_000 / 800_000_000)}  # mean 3.75e-5, tenfold from start to end


def numbers(shape: str, xp: Any = NUMPY) -> Any:
    """A curve's parameters as numbers of an arithmetic."""
    known = {"level": "1", "slope": "0", "scale": "1", "exponent": "1", "width": "1", "ratio": "0.5"} | CURVES[shape]
    return SimpleNamespace(shape=shape, **{k: xp.num(D(v)) if xp is EXACT else float(v) for k, v in known.items()})


def reserve_of(shape: str) -> float:
    """A reserve that fits the supply of the tests."""
    return DEPOSITED if shape == "reserve_ratio" else float(SHAPES[shape].fetched(numbers(shape), NUMPY, float(SUPPLY), 0.0, float(SUPPLY)))


def curve(shape: str = "linear", *, owners: int = 3, opening: dict[Account, Any] | None = None, rule: str = "bonding_curve", **params: Any) -> Economy:
    """Traders with dollars, a curve, and whatever else a curve may name."""
    both = ("TOK", "USD")
    kinds = {
        "traders": Kind("traders", both, owners, members="open"),
        "hatchers": Kind("hatchers", ("TOK",), owners, members="traders"),
        "curve": Kind("curve", ("USD",)),
        "pool": Kind("pool", both),
        "protocol": Kind("protocol", ("USD",), role="treasury"),
        "spare": Kind("spare", ("TOK",)),
    }
    values = {} if rule == "augmented_curve" else {"shape": shape} | CURVES[shape]
    signals = {
        "price": SignalDecl("price", "USD/TOK", D(1)),
        "graduated": SignalDecl("graduated", "1", D(0)),
        "demand": SignalDecl("demand", "USD/day", D(500)),
        "sales": SignalDecl("sales", "TOK/day", D(3)),
    }
    e = {CURRENCY: 30_000_000, **(opening or {})}
    uses = (use("curve", rule, **values | params),)
    return Economy("curve", {"TOK": Asset("TOK", 8), "USD": Asset("USD", 6, "fiat")}, kinds, signals, uses, D(1), opening={k: D(v) for k, v in e.items()})


def seeded(shape: str, owners: int = 3, **params: Any) -> Economy:
    """A curve that has sold SUPPLY tokens."""
    return curve(shape, owners=owners, opening={TOKENS: SUPPLY, RESERVE: D(repr(reserve_of(shape)))}, **params)


# --- the shapes --------------------------------------------------------------------------------------------------------


@shapes
@FEW
@given(bought=st.floats(1, 1e5), sold=st.floats(1, 3.9e4))
def test_what_tokens_cost_and_fetch_is_the_area_under_the_price(shape, bought, sold):
    p, r = numbers(shape), reserve_of(shape)

    def price(s: float) -> float:  # of a reserve ratio the reserve moves along: R = R0 (s / S0)^(1 / ratio)
        return float(SHAPES[shape].price(p, NUMPY, s, r * (s / SUPPLY) ** (1 / p.ratio)))

    for lo, hi, found in (
        (SUPPLY, SUPPLY + bought, area(p, NUMPY, float(SUPPLY), r, bought)),
        (SUPPLY - sold, SUPPLY, SHAPES[shape].fetched(p, NUMPY, float(SUPPLY), r, sold)),
    ):
        assert found == pytest.approx(quad(price, lo, hi, epsrel=1e-12)[0], rel=1e-9)


@shapes
@FEW
@given(parts=st.lists(st.floats(0.001, 50_000), min_size=2, max_size=6))
def test_any_split_of_a_deposit_buys_the_same_tokens_and_returns_the_same_deposit(shape, parts):
    """Path independence, and no loss of a round trip."""
    p, s, r, rule = numbers(shape), float(SUPPLY), reserve_of(shape), SHAPES[shape]
    whole, each = rule.bought(p, NUMPY, s, r, sum(parts)), 0.0
    for deposit in parts:
        got = rule.bought(p, NUMPY, s, r, deposit)
        each += got
        assert rule.cost(p, NUMPY, s, r, got) == pytest.approx(deposit, rel=1e-9)
        s, r = s + got, r + deposit
    assert each == pytest.approx(whole, rel=1e-9)
    assert rule.fetched(p, NUMPY, s, r, whole) == pytest.approx(sum(parts), rel=1e-9)


@shapes
def test_a_small_deposit_keeps_its_digits(shape):
    """A trillionth of the reserve, against Decimals of 100 digits: a difference of powers would lose seven of sixteen."""
    with exact():
        truth = SHAPES[shape].bought(numbers(shape, EXACT), EXACT, D(SUPPLY), D(repr(reserve_of(shape))), D("1e-9"))
        sale = SHAPES[shape].fetched(numbers(shape, EXACT), EXACT, D(SUPPLY), D(repr(reserve_of(shape))), D("1e-9"))
    assert float(SHAPES[shape].bought(numbers(shape), NUMPY, float(SUPPLY), reserve_of(shape), 1e-9)) == pytest.approx(float(truth), rel=1e-14)
    assert float(SHAPES[shape].fetched(numbers(shape), NUMPY, float(SUPPLY), reserve_of(shape), 1e-9)) == pytest.approx(float(sale), rel=1e-14)


@shapes
def test_early_buyers_pay_less(shape):
    """The same deposit again and again buys ever fewer tokens, at prices that never fall."""
    p, s, r, seen = numbers(shape), float(SUPPLY), reserve_of(shape), []
    for _ in range(30):
        got = float(SHAPES[shape].bought(p, NUMPY, s, r, 2000.0))
        seen.append((got, -float(SHAPES[shape].price(p, NUMPY, s, r))))
        s, r = s + got, r + 2000
    assert all(a[0] > b[0] and a[1] > b[1] for a, b in pairwise(seen))


def test_a_curve_that_starts_empty_sells_its_first_token():
    for shape in ("linear", "power", "sigmoid"):
        p, rule = numbers(shape), SHAPES[shape]
        got = rule.bought(p, NUMPY, 0.0, 0.0, 100.0)
        assert rule.cost(p, NUMPY, 0.0, 0.0, got) == pytest.approx(100)
        assert rule.fetched(p, NUMPY, got, 100.0, got) == pytest.approx(100)


# --- trades ------------------------------------------------------------------------------------------------------------


def both(e: Economy) -> list[Play]:
    return [Play(e), Play(e, EXACT)]


def test_the_published_example_of_a_reserve_ratio():
    """A8: R = 100,000, S = 1 M, F = 0.5: 10,000 mint 48,808.848 at 0.2, which ends at 0.209762; selling them returns 10,000."""
    for play in both(curve("reserve_ratio", owners=1, opening={CURRENCY: 20_000, SPARE: 1_000_000, RESERVE: 100_000}, ratio="0.5")):
        play.event("curve", "buy", {"trader": 0}, amount=10_000)
        got = play[TOKENS][0]
        assert got == pytest.approx(48_808.848, abs=5e-4)
        assert play.signal("price") == [pytest.approx(0.209762, abs=5e-7)]
        play.event("curve", "sell", {"trader": 0}, amount=got)
        assert play[CURRENCY] == [pytest.approx(20_000, abs=2e-6)]
        assert play.signal("price") == [pytest.approx(0.2)]


def trades() -> st.SearchStrategy[list[tuple[int, bool, float]]]:
    return st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.floats(0.01, 1)), min_size=1, max_size=12)


@FEW
@given(acts=trades(), ratio=st.sampled_from(["0.2", "0.5", "0.77", "1"]))
def test_the_invariant_of_a_reserve_ratio_stays_what_it_is(acts, ratio):
    """V = S^(1 / ratio) / R, within 1e-12 of itself after every trade."""
    play = Play(seeded("reserve_ratio", ratio=ratio))

    def invariant() -> float:
        supply = sum(play[TOKENS])
        return supply ** (1 / float(ratio)) / play[RESERVE][0]

    before = invariant()
    for row, buys, part in acts:
        if buys:
            play.event("curve", "buy", {"trader": row}, amount=part * 1000)
        else:
            play.event("curve", "sell", {"trader": row}, amount=part * play[TOKENS][row] * 0.9)
        assert invariant() == pytest.approx(before, rel=1e-12)


@shapes
@settings(max_examples=10, deadline=None)
@given(acts=trades(), fee=st.sampled_from(["0", "0.02"]))
def test_the_reserve_covers_everybody_in_any_order_and_nobody_gains_from_rounding(shape, acts, fee):
    """In whole base units: after any trades all sell everything; the reserve is never overdrawn, and together they get no more than they brought."""
    play = Play(seeded(shape, fee=fee, payees=({"to": "protocol/USD", "share": "1"},)), EXACT)
    start = sum(play.world.balances[CURRENCY][:, 0]) + play.world.balances[RESERVE][0, 0]
    for row, buys, part in acts:
        has = play.world.balances[TOKENS][row, 0]
        with exact():
            amount = D(repr(round(part, 6))) * (2000 if buys else has)
        play.event("curve", "buy" if buys else "sell", {"trader": row}, amount=amount)
    for row in range(3):
        play.event("curve", "sell", {"trader": row}, amount=play.world.balances[TOKENS][row, 0])
    left, paid = play.world.balances[RESERVE][0, 0], sum(play.world.balances[CURRENCY][:, 0])
    assert left >= 0
    assert paid + left + play.world.balances[PROTOCOL][0, 0] == start
    assert float(left) == pytest.approx(0, abs=1e-3)
    assert play[TOKENS] == [0, 0, 0]


def test_a_round_trip_pays_two_fees():
    """F6: x (1 - 0.98^2) is lost."""
    for play in both(launch()):
        play.event("curve", "buy", {"trader": 0}, amount=1000)
        play.event("curve", "sell", {"trader": 0}, amount=play.world.balances[TOKENS][0, 0])
        assert 10_000_000 - play[CURRENCY][0] == pytest.approx(1000 * (1 - 0.98**2), abs=1e-5)
        assert play[PROTOCOL] == [pytest.approx(1000 * (1 - 0.98**2), abs=1e-5)]


def launch(**params: Any) -> Economy:
    """AgentLaunch: 800 M on a linear curve from a price to its tenfold, closed at 30,000, 200 M for the pool, 2 % to the protocol."""
    closing = {"target": 30_000, "pool_currency": "pool/USD", "pool_tokens": "pool/TOK", "listed": 200_000_000, "graduated": "graduated"}
    return curve("linear", fee="0.02", payees=({"to": "protocol/USD", "share": "1"},), **LAUNCH | closing | params)


def test_agentlaunch_closes_with_30_000_when_800_million_are_sold_at_ten_times_the_first_price():
    """F4, F5; then the pool holds the reserve and 200 M tokens, and nobody trades on the curve any more."""
    for play in both(launch()):
        play.event("curve", "buy", {"trader": 0}, amount="0.0001" if play.xp is EXACT else 0.0001)
        first = play.signal("price")[0]
        for _ in range(40):
            if play.signal("graduated") == [0]:
                play.event("curve", "buy", {"trader": 1}, amount=1000)
        assert sum(play[TOKENS]) == pytest.approx(800e6, rel=1e-9)
        assert play.signal("price")[0] / first == pytest.approx(10, rel=1e-6)
        assert play[POOL] == [pytest.approx(30_000, abs=1e-5)]
        assert play[RESERVE] == [pytest.approx(0, abs=1e-5)]
        assert play[POOL_TOKENS] == [200e6]
        spent = 20_000_000 - play[CURRENCY][0] - play[CURRENCY][1]
        assert spent == pytest.approx(30_000 / 0.98, rel=1e-9)  # the last buyer pays what is missing, not all it offered
        for event, amount in (("buy", 1), ("sell", 1)):
            with pytest.raises(RunError, match="MT312"):
                play.event("curve", event, {"trader": 1}, amount=amount)


def test_a_simulation_closes_where_events_do():
    run = simulate(
        launch(demand="demand", turnover="0.001"), 1, 100, save=Save(every=1, vars=("pool/USD", "curve/USD", "graduated", "price", "supply/TOK"), paths=True)
    )
    series = {k: np.ravel(run[k]) for k in ("pool/USD", "curve/USD", "graduated", "price", "supply/TOK")}
    closed = int(np.argmax(series["graduated"]))
    assert 0 < closed < 100
    assert series["curve/USD"].max() < 30_000
    assert series["pool/USD"][closed:] == pytest.approx(30_000)
    assert np.ptp(series["price"][closed:]) == np.ptp(series["supply/TOK"][closed:]) == 0
    assert series["supply/TOK"][-1] == pytest.approx(1e9, rel=1e-9)


def test_a_curve_trades_once_its_creator_has_paid_for_it():
    for play in both(launch(creator="traders/USD", deploy_fee=120)):
        with pytest.raises(RunError, match="does not trade"):
            play.event("curve", "buy", {"trader": 0}, amount=1)
        play.event("curve", "deploy", {"creator": 2})
        assert play[PROTOCOL] == [120]
        play.event("curve", "buy", {"trader": 0}, amount=1)
        with pytest.raises(RunError, match="is deployed"):
            play.event("curve", "deploy", {"creator": 1})


@shapes
def test_a_limit_is_kept_to_the_last_unit_or_nothing_happens(shape):
    for play in both(seeded(shape)):
        got = sum(float(f.amount[0, 0]) for f in Play(seeded(shape), play.xp).event("curve", "buy", {"trader": 0}, amount=500) if f.reason == "bought")
        paid = sum(float(f.amount[0, 0]) for f in Play(seeded(shape), play.xp).event("curve", "sell", {"trader": 0}, amount=500) if f.reason == "sold")
        for event, least in (("buy_limited", got), ("sell_limited", paid)):
            before = dict(play.world.balances)
            with pytest.raises(RunError, match="MT312"):
                play.event("curve", event, {"trader": 0}, amount=500, least=least * (1 + 1e-6))
            assert all(play.world.balances[k] is v for k, v in before.items())
        play.event("curve", "buy_limited", {"trader": 0}, amount=500, least=got * (1 - 1e-12))


def test_a_reserve_ratio_without_a_reserve_sells_nothing_and_keeps_nothing():
    for play in both(curve("reserve_ratio", demand="demand")):
        with pytest.raises(RunError, match="buys nothing"):
            play.event("curve", "buy", {"trader": 0}, amount=10)
        play.steps(3)
        assert play[RESERVE] == [0]


@shapes
def test_a_crowd_of_a_step_trades_as_one_person_would(shape):
    crowd, person = Play(seeded(shape, owners=1, demand="demand")).steps(1), Play(seeded(shape, owners=1))
    person.event("curve", "buy", {"trader": 0}, amount=500)
    assert crowd[TOKENS] == pytest.approx(person[TOKENS])
    assert crowd.signal("price") == pytest.approx(person.signal("price"))


def test_a_crowd_brings_no_more_than_it_has_and_sells_no_more_than_it_holds():
    play = Play(curve("linear", owners=2, opening={CURRENCY: 700}, demand="demand", turnover="3")).steps(4)
    assert sum(play[CURRENCY]) + play[RESERVE][0] == pytest.approx(700)
    assert min(play[TOKENS]) >= 0


def test_tokens_minted_elsewhere_can_not_overdraw_the_reserve():
    """The curve then owes more than it has: who sells last gets nothing, and nobody is paid what is not there."""
    for play in both(curve("linear", opening={TOKENS: 3_000_000})):
        play.event("curve", "buy", {"trader": 0}, amount=50)
        for row in range(3):
            play.event("curve", "sell", {"trader": row}, amount=play.world.balances[TOKENS][row, 0])
        assert play[RESERVE] == [pytest.approx(0, abs=1e-6)]


def test_faults_of_a_curve_are_told():
    def told(**params: Any) -> list[str]:
        return [f.where for f in curve("linear", **params).check()]

    assert told() == []
    assert launch(creator="traders/USD", deploy_fee=120, demand="demand", supply="sales").check() == []
    assert told(fee="0.02") == ["curve.payees"]
    assert told(target=100) == ["curve.pool_currency"]
    assert told(reserve="spare/TOK") == ["curve.reserve"]


# --- the augmented curve -------------------------------------------------------------------------------------------------

HATCH = {"hatch_price": "0.5", "hatch_target": 10_000, "hatch_days": 30, "theta": "0.4", "half_life": 100, "ratio": "0.5", "pool": "protocol/USD"}


def hatch(**params: Any) -> Economy:
    return curve(rule="augmented_curve", **HATCH | params)


def opened(play: Play) -> Play:
    play.event("curve", "hatch", {"trader": 0}, amount=6000)
    play.event("curve", "hatch", {"trader": 1}, amount=9000)  # 4,000 are missing
    return play


def test_the_hatch_takes_what_it_misses_funds_the_pool_and_opens_at_the_price_it_says():
    for play in both(hatch()):
        assert opened(play)[LOCKED] == [12_000, 8000, 0]
        assert play[CURRENCY] == [9_994_000, 9_996_000, 10_000_000]
        assert (play[PROTOCOL], play[RESERVE]) == ([4000], [6000])
        assert play.signal("price") == [pytest.approx(0.6 * 0.5 / 0.5)]
        with pytest.raises(RunError, match="the hatch is over"):
            play.event("curve", "hatch", {"trader": 2}, amount=1)
        play.event("curve", "buy", {"trader": 2}, amount=0.001)
        assert play.signal("price") == [pytest.approx(0.6, rel=1e-5)]  # the curve's own price there


def test_tributes_go_to_the_pool_and_the_rest_follows_the_invariant():
    for play in both(hatch(entry="0.02", exit="0.05")):
        opened(play).event("curve", "buy", {"trader": 2}, amount=1000)
        got = play.world.balances[TOKENS][2, 0]
        assert play[PROTOCOL] == [pytest.approx(4020)]
        assert float(got) == pytest.approx(20_000 * ((1 + 980 / 6000) ** 0.5 - 1))
        play.event("curve", "sell", {"trader": 2}, amount=got)
        assert play[RESERVE] == [pytest.approx(6000, abs=1e-5)]
        assert play[PROTOCOL] == [pytest.approx(4020 + 49, abs=1e-5)]
        assert play[CURRENCY][2] == pytest.approx(10_000_000 - 1000 + 931, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(days=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_what_a_hatcher_has_claimed_does_not_depend_on_when_it_claimed(days):
    """locked 2^(-t / half_life) is left, whatever the claims before."""
    play = opened(Play(hatch()))
    for t in days:
        play.t += t
        play.event("curve", "claim", {"hatcher": 0})
    assert play[LOCKED] == [pytest.approx(12_000 * 0.5 ** (play.t / 100)), 8000, 0]
    assert play[TOKENS][0] == pytest.approx(12_000 - play[LOCKED][0])


def test_a_hatch_that_failed_gives_everything_back_and_nothing_before():
    for play in both(hatch()):
        play.event("curve", "hatch", {"trader": 0}, amount=6000)
        with pytest.raises(RunError, match="has not failed"):
            play.event("curve", "refund", {"hatcher": 0})
        play.t = 30
        for row in (0, 0, 1):  # a second time, and who paid nothing: nothing
            play.event("curve", "refund", {"hatcher": row})
        with pytest.raises(RunError, match="the hatch is over"):
            play.event("curve", "hatch", {"trader": 0}, amount=1)
        with pytest.raises(RunError, match="does not trade"):
            play.event("curve", "buy", {"trader": 0}, amount=1)
        assert play[CURRENCY] == [10_000_000] * 3
        assert (sum(play[LOCKED]), play[RESERVE]) == (0, [0])


def test_a_simulated_hatch_opens_or_is_paid_back():
    opens, fails = (Play(hatch(demand="demand", hatch_days=n)).steps(40) for n in (30, 10))
    assert opens[PROTOCOL][0] > 4000
    assert sum(opens[LOCKED]) == pytest.approx(20_000 * 0.5 ** (20 / 100), rel=0.02)  # 20 days since 500 a day had raised 10,000
    assert sum(fails[LOCKED]) == 0
    assert sum(fails[CURRENCY]) == pytest.approx(30_000_000)
    assert fails.signal("price") == [1]


def test_the_augmented_curve_is_sound():
    assert [str(f) for f in hatch(demand="demand", turnover="0.01").check()] == []
