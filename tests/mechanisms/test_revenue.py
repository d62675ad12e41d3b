"""Revenue: shares of a pot and of each payment, buy-backs that burn what they paid for, and the burned percentage of a payment (Mission 70)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.check import tag
from mintage.errors import RunError

from .network import BURNED, MARKET, MARKET_USD, POOL, POOL_USD, PROVIDERS, PROVIDERS_USD, D, amounts, economy, emitted, exactly, use
from .village import HOLDERS, STAKED, TREASURY, WALLETS, Play, both, village

money = st.decimals("0.01", "1e6", places=2)
prices = st.decimals("0.001", "1e3", places=3)


def moved(flows, reason="", to=None):
    """What arrives at an account, by holder."""
    rows = [np.asarray(f.amount, dtype=float)[:, 0] for f in flows if (not reason or f.reason == reason) and (to is None or f.dst == to)]
    return np.sum(rows, axis=0).tolist()


# --- a pot -------------------------------------------------------------------------------------------------------


def split(pot=1000, released=1, shares=None, holders=3):
    default = ({"to": "providers/TOK", "share": "0.3", "by": "providers/USD"}, {"to": "market/TOK", "share": "0.5"}, {"to": "burned/TOK", "share": "0.2"})
    told = use("split", "revenue_split", source="pool/TOK", shares=default if shares is None else shares, released=released)
    return economy(told, signals={}, holders=holders, opening={POOL: pot, PROVIDERS_USD: 600})


def test_a_pot_goes_to_stakers_by_stake_to_a_treasury_and_into_the_fire():
    stake = [100, 300, 0, 0]
    told = use(
        "split",
        "revenue_split",
        source="treasury/TOK",
        shares=({"to": "holders/TOK", "share": "0.6", "by": "staked/TOK"}, {"to": "burned/TOK", "share": "0.4"}),
    )
    locks = use("stakes", "staking")
    for play in both(village(told, locks, opening={TREASURY: 50})):
        for owner, amount in enumerate(stake):
            play.event("stakes", "stake", {"staker": owner}, amount=amount)
        play.steps(1)
        assert play[HOLDERS] == [1000 - 100 + 7.5, 1000 - 300 + 22.5, 1000, 1000]
        assert (play[BURNED], play[TREASURY], play[STAKED]) == ([20], [0], stake)


@settings(max_examples=25, deadline=None)
@given(pot=st.integers(0, 10**6), released=st.sampled_from(["0.1", "0.5", "1"]), first=st.integers(0, 100))
def test_all_of_what_is_released_is_divided_and_no_more(pot, released, first):
    shares = ({"to": "market/TOK", "share": D(first) / 100}, {"to": "providers/TOK", "share": 1 - D(first) / 100})
    flows, _ = exactly(split(pot, released, shares), "split")
    whole = pot * float(released)
    assert amounts(flows, "split") == pytest.approx(whole)
    assert moved(flows, to=MARKET) == pytest.approx([whole * first / 100])
    assert moved(flows, to=PROVIDERS) == pytest.approx([whole * (1 - first / 100) / 3] * 3)


def test_where_nobody_has_anything_to_share_by_they_share_alike():
    e = split(shares=({"to": "providers/TOK", "share": 1, "by": "providers/TOK"},))
    assert moved(exactly(e, "split")[0]) == pytest.approx([1000 / 3] * 3)
    assert moved(exactly(split(pot=0), "split")[0], to=MARKET) == [0]


# --- a payment ---------------------------------------------------------------------------------------------------

PARTS = {"author": "0.4", "contributor": "0.1", "host": "0.3", "validator": "0.05"}
REST = ({"to": "treasury/USD", "share": "0.05"}, {"to": "wallets/USD", "share": "0.1", "by": "staked/TOK"})
SAME = dict.fromkeys(("wallets", "authors", "contributors", "hosts", "validators"), "wallets/USD")


def paid_for_use(**params):
    return village(use("stakes", "staking"), use("use", "payment_split", **{**SAME, **PARTS, "shares": REST, **params}))


def pay(play, amount, payer=0, **parties):
    named = {"author": 1, "contributor": 2, "host": 3, "validator": 2, **parties}
    return play.event("use", "pay", {"payer": payer, **named}, amount=amount)


def test_a_payment_by_hand():
    for play in both(paid_for_use()):
        play.event("stakes", "stake", {"staker": 3}, amount=10)
        pay(play, 100)
        assert play[WALLETS] == [900, 1040, 1015, 1040]  # the host has all the stake: 30 and 10
        assert play[Account("treasury", "USD")] == [5]


@settings(max_examples=20, deadline=None)
@given(sums=st.lists(st.integers(0, 400), min_size=1, max_size=4), one=st.integers(0, 3))
def test_payments_at_once_are_payments_one_after_another_and_nobody_else_pays(sums, one):
    apart, together = Play(paid_for_use()), Play(paid_for_use())
    for i, amount in enumerate(sums):
        pay(apart, amount, payer=i, author=one)
    named = {"author": [one] * len(sums), "contributor": [2] * len(sums), "host": [3] * len(sums), "validator": [2] * len(sums)}
    pay(together, sums, payer=list(range(len(sums))), **named)
    assert together[WALLETS] == pytest.approx(apart[WALLETS])
    assert sum(apart[WALLETS]) + apart[Account("treasury", "USD")][0] == pytest.approx(4000)


def test_who_cannot_pay_pays_nobody():
    play = Play(paid_for_use())
    with pytest.raises(RunError, match="MT302"):
        pay(play, 1100, payer=0)
    assert play[WALLETS] == [1000] * 4


def test_without_names_each_party_shares_alike_and_hosts_by_work():
    parties = dict.fromkeys(("authors", "contributors", "validators"), "pool/USD") | {"hosts": "providers/USD"}
    told = use("use", "payment_split", work="work", **parties, **PARTS, shares=({"to": "market/USD", "share": "0.15"},))
    e = economy(told, signals={"demand": ("USD/day", "100"), "work": ("job/day", ("1", "1", "2"))}, holders=3, opening={}, dt="2")
    flows, _ = exactly(e, "use")
    assert moved(flows, "host") == pytest.approx([15, 15, 30])
    assert (moved(flows, "author"), moved(flows, "contributor"), moved(flows, "validator"), moved(flows, "share")) == ([80], [20], [10], [30])
    assert {tag(e, e.uses[0], f) for f in flows} == {"revenue"}


# --- buy-back ----------------------------------------------------------------------------------------------------


def buyback(price=2, purse=1000, market=10_000, revenue=None, **params):
    told = {"treasury": "pool/USD", "revenue": "" if revenue is None else "revenue", **params}
    shown = {"price": ("USD/TOK", price), "revenue": ("USD/day", revenue or 0)}
    return economy(use("buyback", "buyback_burn", **told), signals=shown, opening={POOL_USD: purse, MARKET: market}, dt="2")


@settings(max_examples=30, deadline=None)
@given(
    price=prices,
    purse=money,
    market=st.integers(0, 10**5),
    share=st.sampled_from(["0.1", "0.5", "1"]),
    reserve=st.sampled_from([0, 500]),
    limit=st.sampled_from(["0.01", "1"]),
    revenue=st.sampled_from([None, 0, 200, 10**6]),
)
def test_it_burns_what_it_paid_for_and_spends_neither_its_reserve_nor_more_than_is_sold(price, purse, market, share, reserve, limit, revenue):
    e = buyback(price, purse, market, revenue, share=share, reserve=reserve, limit=limit)
    flows, _ = exactly(e, "buyback")
    free = max(float(purse) - reserve, 0)
    wanted = min((free if revenue is None else revenue * 2) * float(share), free)
    assert amounts(flows, "buy") == pytest.approx(min(wanted, market * float(limit) * float(price)))
    assert amounts(flows, "bought") * float(price) == pytest.approx(amounts(flows, "buy"))
    assert [f.dst for f in flows] == [MARKET_USD, BURNED]


def test_it_keeps_what_it_bought_where_that_is_wanted_and_buys_nothing_for_a_price_of_nothing():
    flows, _ = exactly(buyback(keep="pool/TOK"), "buyback")
    assert (flows[1].dst, amounts(flows, "bought")) == (POOL, 500)
    assert amounts(emitted(buyback(price=0), "buyback")[0], "bought") == 0


# --- a percentage of revenue -------------------------------------------------------------------------------------


def engines(demand=1000, price=2, market=10_000, **params):
    told = {"payees": ({"to": "providers/TOK", "share": "0.8"},), **params}
    shown = {"demand": ("USD/day", demand), "price": ("USD/TOK", price), "fx": ("1", "1.37")}
    return economy(use("engines", "revenue_burn", **told), signals=shown, opening={MARKET: market}, holders=2)


def test_cloud_engines_burn_20_percent_and_pay_80_to_the_provider():
    """Mission 70: 1,000 XDR at 1.37 USD and 2.00 USD a token are 685 tokens, 137 of them burned."""
    flows, _ = exactly(engines(fx="fx"), "engines")
    assert (amounts(flows, "buy"), amounts(flows, "burn"), moved(flows, "pay")) == (1370, 137, [274, 274])


@settings(max_examples=25, deadline=None)
@given(demand=money, price=prices, share=st.integers(0, 100), limit=st.sampled_from(["0.1", "1"]))
def test_what_is_bought_is_burned_or_paid_and_never_more_than_holders_sell(demand, price, share, limit):
    part = D(share) / 100
    e = engines(demand, price, burn_share=part, payees=({"to": "providers/TOK", "share": 1 - part},), limit=limit)
    flows, _ = exactly(e, "engines")
    tokens = amounts(flows, "burn") + amounts(flows, "pay")
    assert tokens * float(price) == pytest.approx(amounts(flows, "buy"))
    assert amounts(flows, "buy") == pytest.approx(min(float(demand), 10_000 * float(limit) * float(price)))
    assert amounts(flows, "burn") == pytest.approx(tokens * share / 100, abs=1e-9)
    assert [tag(e, e.uses[0], f) for f in flows] == ["revenue", "transfer", "transfer"]  # the fiat is revenue; its tokens are not counted again


def test_without_the_token_providers_are_paid_in_fiat_and_nothing_is_burned():
    flows, _ = exactly(engines(settlement="stablecoin", survives="0.9"), "engines")
    assert [(f.reason, f.dst, amounts([f], f.reason)) for f in flows] == [("buy", PROVIDERS_USD, 900)]


def test_a_customer_pays_with_its_own_money_or_its_own_tokens():
    told = use("engines", "revenue_burn", wallets="wallets/USD", purses="holders/TOK", payees=({"to": "treasury/TOK", "share": "0.8"},))
    for play in both(village(told)):
        play.event("engines", "pay_in_tokens", {"payer": 2}, amount=50)
        assert (play[HOLDERS], play[BURNED], play[TREASURY]) == ([1000, 1000, 950, 1000], [10], [40])
        play.event("engines", "pay", {"payer": 1}, amount=50)  # at a price of 2
        assert (play[WALLETS], play[BURNED], play[TREASURY], play[MARKET]) == ([1000, 950, 1000, 1000], [15], [60], [1_000_000 - 25])
        with pytest.raises(RunError, match="MT302"):
            play.event("engines", "pay", {"payer": 1}, amount=951)


@pytest.mark.parametrize(
    ("call", "field", "e"),
    [
        ("split", "shares", split(shares=({"to": "market/TOK", "share": "0.9"},))),
        ("use", "shares", paid_for_use(author="0.5")),
        ("engines", "payees", engines(burn_share="0.3")),
    ],
)
def test_shares_that_do_not_sum_to_one_are_a_fault(call, field, e):
    assert [(f.code, f.where) for f in e.check()] == [("MT202", f"{call}.{field}")]


@pytest.mark.parametrize("e", [split(), paid_for_use(), buyback(), engines(), buyback(keep="pool/TOK")])
def test_the_rules_are_sound(e):
    assert e.check() == []
