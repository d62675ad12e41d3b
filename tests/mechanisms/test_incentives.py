"""The incentive engine: what suppliers are owed, which vault pays, what is burned, and how its target moves; never more than the vaults hold."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import use
from .village import Play, both

VAULT, FEES, FEES_IO, MARKET = Account("vault", "IO"), Account("fees", "USD"), Account("fees", "IO"), Account("market", "IO")
PAID_IO, PAID_USD, BURNED = Account("providers", "IO"), Account("providers", "USD"), Account("burned", "IO")
STARTS = {
    "earnings": ("USD/day", 0),
    "emission": ("IO/day", 0),
    "price": ("USD/IO", 1),
    "target_roi": ("1", "0.365"),
    "hardware_scale": ("1", 1),
    "sustainability": ("1", 1),
    "funded": ("1", 1),
}


def engine(vault=10_000, fees=10_000, nodes=(10, 30), starts=None, tokens_paid=0, **params):
    """Two suppliers with devices of 1,000 and 100 USD, so that at the target of 36.5 % a year they are owed 10 and 3 USD a day."""
    told = {"devices": ({"price": 1000}, {"price": 100}), "rewards": "vault/IO", "fees": "fees/USD", "funded": "funded", "emission": "emission"}
    told |= {"payouts": "payouts", "roi_high": "0.365", "limit": 1, **params}
    kinds = {
        "market": Kind("market", ("IO", "USD")),
        "providers": Kind("providers", ("IO", "USD"), 2, role="provider", members="open"),
        "vault": Kind("vault", ("IO",), role="treasury"),
        "fees": Kind("fees", ("IO", "USD"), role="treasury"),
    }
    declared = {n: SignalDecl(n, unit, D(str((starts or {}).get(n, start)))) for n, (unit, start) in STARTS.items()}
    declared |= {n: SignalDecl(n, u, tuple(map(D, v)), "", "providers") for n, u, v in (("nodes", "node", nodes), ("payouts", "USD/day", (0, 0)))}
    declared["eligible"] = SignalDecl("eligible", "1", (D(1), D("0.5")), "", "providers")
    opening = {MARKET: D(1_000_000), VAULT: D(vault), FEES: D(fees), FEES_IO: D(tokens_paid)}
    assets = {"IO": Asset("IO", 8), "USD": Asset("USD", 6, "fiat")}
    return Economy("engine", assets, kinds, declared, (use("engine", "incentive_engine", **told),), D(1), opening=opening, token="IO", fiat="USD")


def test_it_is_sound():
    assert engine().check() == []


@pytest.mark.parametrize("price", ["0.25", "1", "8"])
def test_suppliers_are_owed_dollars_and_get_the_more_tokens_the_cheaper_they_are(price):
    for play in both(engine(starts={"price": price})):
        play.steps(1)
        assert play[PAID_IO] == pytest.approx([10 / float(price), 3 / float(price)])
        assert play[PAID_USD] == [0, 0]
        assert play.signal("payouts") == pytest.approx([10, 3])


@pytest.mark.parametrize(
    ("vault", "fees", "order", "tokens", "money"),
    [
        (100, 100, "rewards_first", 13, 0),
        (5, 100, "rewards_first", 5, 8),
        (5, 2, "rewards_first", 5, 2),
        (0, 0, "rewards_first", 0, 0),
        (100, 4, "fees_first", 9, 4),
    ],
)
def test_the_first_vault_pays_as_far_as_it_goes_then_the_other_then_nobody(vault, fees, order, tokens, money):
    for play in both(engine(vault=vault, fees=fees, order=order)):
        play.steps(1)
        assert (sum(play[PAID_IO]), sum(play[PAID_USD])) == (pytest.approx(tokens), pytest.approx(money))
        assert play.signal("funded")[0] == pytest.approx((tokens + money) / 13)
        assert play.signal("payouts")[0] == pytest.approx(10 * (tokens + money) / 13)


def test_tokens_that_customers_paid_go_before_their_money():
    for order, paid in (("rewards_first", (5, 6, 2)), ("fees_first", (0, 6, 7))):
        for play in both(engine(vault=5, fees=100, order=order, fees_tokens="fees/IO", tokens_paid=6)):
            play.steps(1)
            assert (5 - play[VAULT][0], 6 - play[FEES_IO][0], sum(play[PAID_USD])) == pytest.approx(paid)
            assert sum(play[PAID_IO]) == pytest.approx(paid[0] + paid[1])


def test_only_devices_with_their_stake_are_paid_and_only_from_its_first_day():
    for play in both(engine(eligible="eligible", begin=2)):
        assert [sum(play.steps(1)[PAID_IO]) for _ in range(4)] == pytest.approx([0, 0, 11.5, 23])


def test_half_of_the_surplus_buys_tokens_and_burns_them_and_never_less():
    for share, burned in (("0.5", 43.5), ("1", 87)):
        for play in both(engine(starts={"earnings": 100}, burn_share=share)):
            play.steps(1)
            assert play[BURNED] == [pytest.approx(burned)]
            assert play[FEES] == [pytest.approx(10_000 - burned)]
            assert play.signal("sustainability") == [pytest.approx(100 / 13)]
    assert find("incentive_engine").Params.model_fields["burn_share"].metadata[0].ge == D("0.5")


def test_the_surplus_of_the_vault_leaves_so_many_days_of_payouts():
    for play in both(engine(vault=0, fees=1000, surplus="vault", buffer=10, burn_share=1)):
        play.steps(1)
        assert play[FEES] == [pytest.approx(130)]
        assert play[BURNED] == [pytest.approx(1000 - 13 - 130)]


def test_what_is_bought_in_a_call_has_a_limit():
    play = Play(engine(starts={"earnings": 10_000}, limit="0.001")).steps(1)
    assert play[BURNED] == [pytest.approx(1000)]


def test_targets_fall_while_reserves_are_short_and_rise_to_what_was_promised_when_they_are_ample():
    for play in both(engine(vault=0, fees=600, low=30, high=60, stride="0.1", scale_low="0.9", roi_low="0.3")):
        roi = [play.steps(1).signal("target_roi")[0] for _ in range(25)]
        falling = next(i for i, r in enumerate(roi) if r < 0.365)
        assert 600 - 13 * (falling + 1) < 30 * 13  # days of payouts left
        assert min(roi) == pytest.approx(0.3)
        assert play.signal("hardware_scale") == [pytest.approx(0.9)]
        play.world.signals["earnings"] = play.column(50)
        for _ in range(3):
            play.steps(1)
        assert play.signal("target_roi") == [pytest.approx(0.365)]
        assert play.signal("hardware_scale") == [1]


def test_between_short_and_ample_nothing_moves_and_emission_counts_as_income():
    play = Play(engine(vault=0, fees=600, low=30, high=60, stride="0.1")).steps(2)
    assert play.signal("target_roi") == [0.365]
    fed = Play(engine(vault=0, fees=100, low=30, high=60, stride="0.1", starts={"emission": 13})).steps(2)
    assert fed.signal("target_roi") == [0.365]


def test_an_operator_sets_the_target_within_its_bounds():
    assert find("incentive_engine").events["set_target"].authority == "operator"
    for play in both(engine()):
        play.event("engine", "set_target", {}, roi="0.2")
        assert play.signal("target_roi") == [0.2]
        for wrong in ("0.19", "0.366"):
            with pytest.raises(RunError, match="out of bounds"):
                play.event("engine", "set_target", {}, roi=wrong)


@settings(max_examples=20, deadline=None)
@given(
    vault=st.integers(0, 300),
    fees=st.integers(0, 300),
    moves=st.lists(st.tuples(st.decimals("0.01", "9", places=2), st.integers(0, 60), st.integers(0, 100)), min_size=1, max_size=12),
    order=st.sampled_from(["rewards_first", "fees_first"]),
    surplus=st.sampled_from(["earnings", "vault"]),
)
def test_it_never_pays_more_than_the_vaults_hold_nor_more_than_is_owed(vault, fees, moves, order, surplus):
    for play in both(engine(vault=vault, fees=fees, order=order, surplus=surplus, buffer=3)):
        issued = -play[Account("issuance", "IO")][0]
        for price, earnings, nodes in moves:
            play.world.signals.update({"price": play.column(price), "earnings": play.column(earnings), "nodes": play.column([nodes, 2 * nodes])})
            before = sum(play[PAID_IO]), sum(play[PAID_USD])
            roi, scale = play.signal("target_roi")[0], play.signal("hardware_scale")[0]
            play.steps(1)
            paid = (sum(play[PAID_IO]) - before[0]) * float(price) + sum(play[PAID_USD]) - before[1]
            assert paid <= roi * scale / 365 * (1000 + 200) * nodes + 1e-4
            assert min(play[VAULT][0], play[FEES][0]) >= -1e-9
            assert 0.2 <= play.signal("target_roi")[0] <= 0.365
        assert -play[Account("issuance", "IO")][0] == issued  # it mints nothing: what it releases was there
        assert sum(play[PAID_IO]) <= vault + 1e-6


@pytest.mark.parametrize("field", ["roi", "scale", ""])
def test_bounds_that_cross_are_a_fault(field):
    wrong = {f"{field}_low": 2, f"{field}_high": 1} if field else {"low": 9, "high": 8}
    assert [f.where for f in engine(**wrong).check()] == [f"engine.{field}_low" if field else "engine.low"]
