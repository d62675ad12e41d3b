"""Rounds sell what they have, at their price, while they are open, and unlock by their schedule; warrants pay what they are worth; one table holds it all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.check import only
from mintage.errors import RunError
from mintage.evaluate.captable import cap_table
from mintage.save import Save
from mintage.simulate import simulate
from tests.laws.test_exhibits import FOLDER

from .village import Play

ROUND, LOCKED, BUYERS, MONEY, TREASURY = (
    Account(*a) for a in (("round", "TOK"), ("round_locked", "TOK"), ("buyers", "TOK"), ("buyers", "USD"), ("treasury", "USD"))
)
sale = mt.load(FOLDER / "token_sale.toml")
warrants = mt.load(FOLDER / "token_warrants.toml")


def test_a_buyer_gets_tokens_at_the_price_of_the_round_locked_and_only_while_it_is_open():
    play = Play(only(sale.economy(), ("interest", "interest_of_buyers")))
    with pytest.raises(RunError) as early:
        play.event("seed", "buy", {"buyer": 0}, amount=100)
    assert early.value.faults[0].code == "MT312"
    play.steps(5)
    before = play[LOCKED][0]
    play.event("seed", "buy", {"buyer": 0}, amount=100)
    assert play[LOCKED][0] - before == pytest.approx(500)
    with pytest.raises(RunError) as much:
        play.event("seed", "buy", {"buyer": 0}, amount=200_001)
    assert much.value.faults[0].code == "MT302"  # more than the round has left
    play.steps(30)
    with pytest.raises(RunError):
        play.event("seed", "buy", {"buyer": 0}, amount=100)


def test_simulated_buyers_spend_what_each_of_them_has_and_no_more():
    play = Play(only(sale.with_values({"accounts.buyers.holders": 2, "accounts.round_locked.holders": 2}).economy(), ("interest",)))
    play.world.balances[MONEY] = np.array([[900.0], [0.0]])
    play.steps(20)
    assert play[MONEY] == pytest.approx([0, 0], abs=1e-9)
    assert play[LOCKED] == pytest.approx([4500, 0])


def test_what_was_sold_unlocks_by_the_schedule_of_the_round_to_the_last_token():
    run = simulate(sale.economy(), 4, 300, save=Save(every=1, vars=("round_locked/TOK", "buyers/TOK", "round/TOK", "treasury/USD"), paths=True))
    locked, free, left, paid = (np.asarray(run[n]) for n in ("round_locked/TOK", "buyers/TOK", "round/TOK", "treasury/USD"))
    sold = 1_000_000 - left[-1]
    assert paid[-1] == pytest.approx(0.2 * sold)
    for day, share in ((34, 0), (35, 0.1), (94, 0.1), (95, 0.1 + 0.9 * 60 / 240), (124, 0.325), (125, 0.4375), (275, 1)):
        assert free[day] == pytest.approx(share * sold), day
    assert locked[-1] == pytest.approx(0 * sold, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(parts=st.lists(st.integers(1, 50_000), min_size=1, max_size=6), tge=st.floats(0, 1), days=st.integers(31, 300))
def test_buyers_of_a_round_are_unlocked_alike_however_they_bought(parts, tge, days):
    e = only(sale.with_values({"seed.tge": f"{tge:.6f}"}).economy(), ("interest", "interest_of_buyers"))
    one, many = Play(e), Play(e)
    for play, amounts in ((one, [sum(parts)]), (many, parts)):
        play.steps(6)
        for amount in amounts:
            if play[ROUND][0] * 0.2 > amount:
                play.event("seed", "buy", {"buyer": 0}, amount=amount)
        play.steps(days)
    if sum(parts) * 5 < 999_000:
        assert many[BUYERS] == pytest.approx(one[BUYERS])


@pytest.mark.parametrize(("price", "tokens"), [(4, 100_000), (2, 0), (1, 0), (2.5, 40_000)])
def test_at_expiry_warrants_pay_what_they_are_worth_and_are_gone(price, tokens):
    """200,000 warrants at 2: max(0, 1 - 2 / P) of as many tokens."""
    e = warrants.with_values({"signals.price.start": str(price), "price.volatility": "0", "price.drift": "0"}).economy()
    end = simulate(e, 1, 200, save=Save(vars=("investors/TOK", "investors/WARRANT", "burned/WARRANT"))).end
    assert end["investors/TOK"][0] == pytest.approx(tokens)
    assert (end["investors/WARRANT"][0], end["burned/WARRANT"][0]) == (0, 200_000)


def test_exercised_early_a_warrant_costs_its_strike_and_after_expiry_nothing_can_be_exercised():
    play = Play(only(warrants.economy(), ("price",)))
    play.event("warrants", "exercise", {"holder": 0}, amount=1000)
    assert (play[Account("investors", "TOK")], play[Account("treasury", "USD")]) == ([1000], [2000])
    with pytest.raises(RunError) as broke:
        play.event("warrants", "exercise", {"holder": 0}, amount=100_000)
    assert broke.value.faults[0].code == "MT302"
    play.steps(180)
    with pytest.raises(RunError) as late:
        play.event("warrants", "exercise", {"holder": 0}, amount=1)
    assert late.value.faults[0].code in ("MT302", "MT312")


TABLE = """
[network]
name = "table"
token = "TOK"
fiat = "USD"
step = "1 day"
horizon = "2 years"
[assets.TOK]
genesis = 1000
[assets.USD]
form = "fiat"
[assets.EQ]
form = "share"
[assets.WARRANT]
form = "share"
[accounts.public]
holds = ["TOK"]
[accounts.fund]
holds = ["TOK", "USD", "WARRANT", "EQ"]
role = "investor"
opening = { WARRANT = 100, EQ = 20 }
[accounts.team]
holds = ["TOK", "EQ"]
role = "insider"
opening = { EQ = 80 }
[accounts.reserve]
holds = ["TOK"]
role = "treasury"
opening = { TOK = 60 }
[accounts.treasury]
holds = ["USD"]
role = "treasury"
[signals.price]
unit = "USD/TOK"
start = 5
[[allocation]]
holder = "public"
account = "public/TOK"
amount = 540
tge = 1
[[allocation]]
holder = "fund"
account = "fund/TOK"
role = "investor"
amount = 200
price = 0.5
duration = "2 years"
[[allocation]]
holder = "team"
account = "team/TOK"
role = "insider"
amount = 200
cliff = "1 year"
duration = "2 years"
[[mechanism]]
use = "token_warrants"
name = "warrants"
warrants = "fund/WARRANT"
holders = "fund/TOK"
money = "fund/USD"
strike = 3
expiry = "700 days"
"""


def test_the_table_adds_up_dilution_and_payoff_of_each_holder():
    e = mt.loads(TABLE).economy()
    end = {k: float(v[0]) for k, v in simulate(e, 1, 365, save=Save()).end.items() if "/" in k}
    stakes = {s.holder: s for s in cap_table(e, end, 365, price=5, share_price=2)}
    fund, team = stakes["fund"], stakes["team"]
    assert (fund.tokens, fund.locked) == (pytest.approx(100, abs=0.2), pytest.approx(100, abs=0.2))
    assert (team.tokens, team.locked) == (pytest.approx(100, abs=0.2), pytest.approx(100, abs=0.2))
    assert (fund.warrants, fund.shares, fund.cost) == (100, 20, 100)
    assert fund.of_tokens == pytest.approx(0.2)
    assert fund.of_diluted == pytest.approx(300 / 1040)  # 60 of the 100 are in the reserve, so 40 are new
    assert fund.of_equity == pytest.approx(0.2) and team.of_equity == pytest.approx(0.8)
    assert fund.worth == pytest.approx(200 * 5 + 100 * (5 - 3) + 20 * 2)
    assert fund.multiple == pytest.approx(12.4) and team.multiple is None
    assert sum(s.of_tokens for s in stakes.values()) == pytest.approx(1)
    below = {s.holder: s for s in cap_table(e, end, 365, price=2)}
    assert below["fund"].worth == pytest.approx(400)  # warrants pay nothing under their strike


def test_tokens_sold_in_a_round_are_their_buyers_locked_and_have_cost_what_was_paid():
    e = sale.economy()
    end = {k: float(v[0]) for k, v in simulate(e, 1, 60, save=Save()).end.items() if "/" in k}
    buyers = next(s for s in cap_table(e, end, 60, price=1) if s.holder == "buyers")
    sold = 1_000_000 - end["round/TOK"]
    assert (buyers.tokens, buyers.locked, buyers.cost) == (pytest.approx(0.1 * sold), pytest.approx(0.9 * sold), pytest.approx(0.2 * sold))
    assert buyers.multiple == pytest.approx(5)
