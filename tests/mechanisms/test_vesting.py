"""Vesting: the schedule to the day, the same at any call length, and nothing left or conjured at the end."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.economy import Economy
from mintage.exact import ExactBook, settle
from mintage.mechanisms.base import Use
from mintage.mechanisms.vesting import Tranche, Vesting, unlocked
from mintage.noise import NoiseSource
from mintage.save import Save
from mintage.simulate import simulate

days = st.integers(0, 90)


@st.composite
def tranches(draw):
    duration = draw(days)
    return Tranche(
        holder="h",
        account="team/TOK",
        amount=Decimal(draw(st.integers(0, 10**9))),
        tge=Decimal(draw(st.integers(0, 100))) / 100,
        begin=Decimal(draw(st.integers(-40, 40))),
        cliff=Decimal(draw(st.integers(0, duration or 90))),
        duration=Decimal(duration),
        period=Decimal(draw(st.sampled_from([0, 1, 7, 30]))),
    )


def town(rows, every: int = 1, dt: str = "1") -> Economy:
    params = Vesting.Params(locked="locked/TOK", tranches=tuple(rows))
    uses = [Use("allocation", Vesting(), params, every, every - 1)]
    return Economy("v", {"TOK": Asset("TOK", 6)}, {"team": Kind("team", ("TOK",))}, {}, uses, Decimal(dt))


def held(economy: Economy, steps: int, every: int) -> np.ndarray:
    return simulate(economy, 1, steps, save=Save(every=every, vars=("team/TOK", "locked/TOK"), paths=True))["team/TOK"][:, 0]


@settings(max_examples=30, deadline=None)
@given(st.lists(tranches(), min_size=1, max_size=3))
def test_what_is_unlocked_is_the_schedule_at_any_call_length_and_never_falls(rows):
    daily, weekly = held(town(rows), 140, 7), held(town(rows, 7), 140, 7)
    bound = town(rows).binder(NUMPY).bind(town(rows).uses[0].params)
    told = [sum(float(t.amount * unlocked(t, float(d), NUMPY)) for t in bound.tranches) for d in range(0, 141, 7)]
    scale = 1e-9 * sum(float(t.amount) for t in rows) + 1e-9
    assert np.allclose(daily, weekly, rtol=0, atol=scale)
    assert np.allclose(daily, told, rtol=0, atol=scale)
    assert np.all(np.diff(daily) >= -scale)
    assert daily[-1] == pytest.approx(sum(float(t.amount) for t in rows), abs=scale)


@settings(max_examples=15, deadline=None)
@given(st.lists(tranches(), min_size=1, max_size=2))
def test_in_exact_money_the_last_unlock_empties_the_lot(rows):
    with exact():
        economy = town(rows, 7)
        bound = economy.bind(EXACT)
        world, book, noise = bound.start(1, settle), ExactBook(bound), NoiseSource(1, bound.noise(), 0, 1)
        for t in range(140):
            bound.step(world, t, noise, book)
        assert world.balances[Account("locked", "TOK")].sum() == 0
        assert world.balances[Account("team", "TOK")].sum() == sum(t.amount for t in rows)


def test_nothing_before_the_cliff_then_all_that_accrued():
    rows = [Tranche(holder="team", account="team/TOK", amount=Decimal(360), cliff=Decimal(90), duration=Decimal(360))]
    run = held(town(rows), 120, 1)
    assert np.all(run[:90] == 0)
    assert run[90] == pytest.approx(90)
    assert run[120] == pytest.approx(120)


def test_equal_parts_unlock_on_their_days_only():
    rows = [Tranche(holder="team", account="team/TOK", amount=Decimal(100), tge=Decimal("0.2"), duration=Decimal(40), period=Decimal(10))]
    run = held(town(rows), 41, 1)
    assert [round(float(run[d]), 9) for d in (0, 9, 10, 19, 20, 39, 40)] == [20, 20, 40, 40, 60, 80, 100]


def test_hourly_steps_hit_the_cliff_on_its_hour():
    rows = [Tranche(holder="team", account="team/TOK", amount=Decimal(100), cliff=Decimal(2), duration=Decimal(4))]
    run = held(town(rows, dt=str(Decimal(1) / 24)), 60, 1)
    assert run[47] == 0
    assert run[48] == pytest.approx(50)


def test_a_cliff_beyond_the_duration_is_refused():
    rows = [Tranche(holder="team", account="team/TOK", amount=Decimal(1), cliff=Decimal(9), duration=Decimal(4))]
    assert [f.code for f in town(rows).check()] == ["MT202"]
