"""Burn-mint equilibrium: 95 / 5, the oracle's price, the burn limit, work rewards, and the payment without a token."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.arithmetic_exact import EXACT, exact
from mintage.check import tag
from mintage.errors import RunError
from mintage.exact import settle
from mintage.mechanisms.base import State

from .network import MARKET, OUTSIDE_USD, D, amounts, economy, emitted, exactly, settled_alike, use
from .village import ASIDE, WALLETS, Play, both, village

money = st.decimals(min_value="0.01", max_value="1e7", places=2)
prices = st.decimals(min_value="0.0001", max_value="1e4", places=4)
SHARES = st.sampled_from(["0.5", "0.95", "1"])


def jobs(demand=1000, price=2, holders=3, work="", opening=None, **params):
    signals = {"demand": ("USD/day", demand), "price": ("USD/TOK", price), "fx": ("1", "1.1"), "work": ("job/day", ("1", "2", "5"))}
    return economy(use("jobs", "burn_mint", work=work, **params), signals=signals, holders=holders, opening=opening or {MARKET: D(10) ** 14})


def fee(share):
    return ({"to": "pool/USD", "share": D(1) - D(share)},)


def test_the_example_of_rnp_023_is_exact():
    # R8: 1,000 USD at 2.00 burns 300, rewards 280 (60 % burned, 35 % operator, 5 % Foundation; 56 % rewarded)
    e = jobs(
        1000,
        2,
        burn_share="0.6",
        payees=({"to": "providers/USD", "share": "0.35"}, {"to": "pool/USD", "share": "0.05"}),
        rewards="market/TOK",
        reward_share="0.56",
    )
    flows, _ = exactly(e, "jobs")
    by = {f.reason: f.amount[0, 0] for f in flows if f.reason != "fee"}
    assert by["settle"] == 300
    assert by["reward"] == 280
    assert by["reward"] - by["settle"] == -20
    assert by["pay"] == 600
    assert [float(f.amount[:, 0].sum()) for f in flows if f.reason == "fee"] == [350, 50]  # 350 in equal parts over three providers


@settings(max_examples=40, deadline=None)
@given(demand=money, price=prices, share=SHARES)
def test_customers_pay_what_they_demand_and_its_share_is_burned_at_the_price(demand, price, share):
    flows, _ = emitted(jobs(demand, price, burn_share=share, payees=fee(share)), "jobs")
    assert amounts(flows, "pay") + amounts(flows, "fee") == pytest.approx(float(demand))
    assert amounts(flows, "settle") == pytest.approx(float(demand) * float(share) / float(price))
    assert amounts(flows, "pay") == pytest.approx(amounts(flows, "settle") * float(price))


@settings(max_examples=40, deadline=None)
@given(demand=money, price=prices, low=st.decimals(min_value="0.001", max_value="1", places=3))
def test_a_burn_never_passes_its_limit_and_nobody_pays_for_what_was_not_bought(demand, price, low):
    e = jobs(demand, price, burn_share="0.95", payees=fee("0.95"), burn_limit=low, opening={MARKET: 5000})
    flows, _ = emitted(e, "jobs")
    assert amounts(flows, "settle") <= float(low) * 5000 * (1 + 1e-12)
    assert amounts(flows, "pay") == pytest.approx(amounts(flows, "settle") * float(price))
    assert amounts(flows, "fee") == pytest.approx(amounts(flows, "pay") * 0.05 / 0.95)


@settings(max_examples=20, deadline=None)
@given(demand=money, price=prices)
def test_a_higher_price_burns_fewer_tokens_for_the_same_money(demand, price):
    low, high = (emitted(jobs(demand, p), "jobs")[0] for p in (price, price * 2))
    assert amounts(high, "settle") == pytest.approx(amounts(low, "settle") / 2)
    assert amounts(high, "pay") == pytest.approx(amounts(low, "pay"))


def test_a_foreign_currency_of_jobs_is_converted():
    assert amounts(emitted(jobs(1000, 2, fx="fx"), "jobs")[0], "settle") == pytest.approx(550)


@pytest.mark.parametrize("work", ["", "work"])
def test_without_a_token_providers_get_the_money_by_their_work_and_no_token_moves(work):
    flows, _ = emitted(jobs(800, 2, work=work, settlement="stablecoin", rewards="market/TOK", reward_share="0.5"), "jobs")
    assert {f.src for f in flows} == {OUTSIDE_USD}
    parts = [float(f.amount[0, 0]) for f in flows]
    assert parts == pytest.approx([100, 200, 500] if work else [800 / 3] * 3)


def test_tokens_may_go_to_providers_instead_of_the_fire():
    flows, _ = emitted(jobs(800, 2, work="work", settlement="pay_providers", providers="providers/TOK"), "jobs")
    assert [str(f.dst) for f in flows] == ["market/USD", *["providers/TOK"] * 3]
    assert [float(f.amount[0, 0]) for f in flows[1:]] == pytest.approx([50, 100, 250])


@settings(max_examples=20, deadline=None)
@given(amounts_=st.lists(money, min_size=1, max_size=5), settlement=st.sampled_from(["burn", "pay_providers", "stablecoin"]))
def test_many_payments_one_by_one_equal_the_joint_payment_and_the_step(amounts_, settlement):
    params = {
        "burn_share": "0.95",
        "payees": fee("0.95"),
        "settlement": settlement,
        "work": "work",
        "rewards": "providers/TOK",
        "providers": "providers/TOK",
        "reward_share": "0.2",
    }
    e = jobs(sum(amounts_), 3, **params)
    one = [f for a in amounts_ for f in emitted(e, "jobs", event="pay", rows={"payer": None}, amount=column([a]))[0]]
    joint = emitted(e, "jobs", event="pay", rows={"payer": None}, amount=column([sum(amounts_)]))[0]
    assert settled_alike(one, joint)
    assert settled_alike(joint, emitted(e, "jobs")[0])


def column(values):
    return np.array([[float(v)] for v in values])


def test_providers_are_named_when_they_are_paid_in_tokens():
    assert [f.code for f in jobs(settlement="pay_providers").check()] == ["MT202"]
    assert jobs(settlement="pay_providers", providers="providers/TOK").check() == []


def test_shares_that_do_not_make_a_whole_are_a_fault():
    faults = jobs(burn_share="0.95").check()
    assert [(f.code, f.where, f.expected) for f in faults] == [("MT202", "jobs.payees", "exactly 1")]


@settings(max_examples=60, deadline=None)
@given(amount=st.integers(1, 10**9), price=prices, share=SHARES)
def test_a_payment_of_whole_units_is_posted_whole_at_every_price(amount, price, share):
    """10 USD used to post 9.999999 at a quarter of prices: fiat was got back from tokens."""
    e = jobs(price=str(price), burn_share=share, payees=fee(share) if share != "1" else ())
    paid = D(amount) / 100
    with exact():
        bound = e.bind(EXACT)
        world, call = bound.start(1), bound.calls[0]
        flows, _ = call.use.mechanism.pay(call.p, State(world.balances, {}), world.signals, call.ctx, {"payer": None}, np.array([[paid]], dtype=object))
        posted = [f for f in settle(bound, world.balances, flows) if f.src == OUTSIDE_USD]
        assert sum(f.amount[0, 0] for f in posted) == paid


def customers(**params):
    return village(use("jobs", "burn_mint", wallets="wallets/USD", burn_share="0.95", payees=({"to": "treasury/USD", "share": "0.05"},), **params))


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["post_job", "cancel_job", "pay_job", "pay"]), st.integers(0, 400)), max_size=15))
def test_a_job_is_paid_out_of_what_was_set_aside_and_nothing_else(acts):
    """Free and set aside are counted by hand; more than there is is refused; customers' spending is all that leaves."""
    for play in both(customers()):
        free, aside, spent = [1000] * 4, [0] * 4, 0
        for row, act, amount in acts:
            source = free if act in ("post_job", "pay") else aside
            if amount > source[row]:
                with pytest.raises(RunError, match="MT302"):
                    play.event("jobs", act, {"payer": row}, amount=amount)
                continue
            play.event("jobs", act, {"payer": row}, amount=amount)
            source[row] -= amount
            if act == "post_job":
                aside[row] += amount
            elif act == "cancel_job":
                free[row] += amount
            else:
                spent += amount
        assert play[WALLETS] == pytest.approx(free)
        assert play[ASIDE] == pytest.approx(aside)
        assert play[Account("burned", "TOK")] == [pytest.approx(spent * 0.95 / 2)]
        assert play[Account("treasury", "USD")] == [pytest.approx(spent * 0.05)]
        assert play.total("USD") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("settlement", ["burn", "pay_providers", "stablecoin"])
def test_paying_a_posted_job_moves_what_paying_at_once_moves(settlement):
    e = customers(settlement=settlement, providers="treasury/TOK", providers_fiat="treasury/USD")
    at_once, posted = Play(e), Play(e)
    at_once.event("jobs", "pay", {"payer": 1}, amount=70)
    posted.event("jobs", "post_job", {"payer": 1}, amount=100)
    flows = posted.event("jobs", "pay_job", {"payer": 1}, amount=70)
    posted.event("jobs", "cancel_job", {"payer": 1}, amount=30)
    assert {str(a): v.tolist() for a, v in at_once.world.balances.items()} == {str(a): v.tolist() for a, v in posted.world.balances.items()}
    revenue = [f for f in flows if tag(e, e.uses[0], f) == "revenue"]
    assert sum(float(f.amount.sum()) for f in revenue) == pytest.approx(70)  # once: setting aside and releasing are no income


def test_in_a_simulation_customers_pay_from_outside_and_wallets_stay_as_they_are():
    e = customers()
    assert e.check() == []
    play = Play(e).steps(5)
    assert play[WALLETS] == [1000] * 4
    assert play[OUTSIDE_USD] == [-4500]


def test_without_wallets_nothing_is_set_aside_and_customers_pay():
    e = jobs()
    assert Account("external_held", "USD") not in e.accounts
    assert [emitted(e, "jobs", event=n, rows={"payer": None}, amount=column([10]))[0] for n in ("post_job", "cancel_job")] == [[], []]
    a, b = (emitted(e, "jobs", event=n, rows={"payer": None}, amount=column([10]))[0] for n in ("pay_job", "pay"))
    assert settled_alike(a, b)
