"""Emission to subnets: shares by five rules, terms that leave prices alone, halvings of alpha, the split, slow averages."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY
from mintage.binding import Binder
from mintage.mechanisms.base import Context
from mintage.mechanisms.emission_halving import block_emission
from mintage.mechanisms.subnets.emission import SubnetEmission, alpha_emission, terms
from mintage.mechanisms.subnets.flow import averaged
from mintage.mechanisms.subnets.prices import kept
from mintage.mechanisms.subnets.shares import SubnetShares, flow_shares, net_flow, price_shares, redistributed
from mintage.mechanisms.subnets.split import split

from .test_subnets_pools import EXAMPLES, FAST, example
from .village import both

POOLS, ALPHA = Account("pools", "TAO"), Account("pools", "ALPHA")
positive = st.lists(st.integers(0, 1000).map(lambda n: n / 1000), min_size=2, max_size=12)
flows_ = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=12)


def column(values):
    return np.array(values, dtype=float)[:, None]


# --- shares -------------------------------------------------------------------------------------------------------


@FAST
@given(positive, st.data())
def test_shares_by_price_sum_to_one_or_are_none(prices, data):
    withheld = data.draw(st.lists(st.integers(0, 12).map(lambda n: n / 10), min_size=len(prices), max_size=len(prices)))
    enabled = data.draw(st.lists(st.booleans(), min_size=len(prices), max_size=len(prices)))
    share = redistributed(NUMPY, price_shares(NUMPY, column(prices), (column(withheld), 1.0)), column(enabled))[:, 0]
    assert (share >= 0).all()
    assert (share[~np.array(enabled)] == 0).all()
    assert share.sum() == pytest.approx(1) or share.sum() == 0
    twice = redistributed(NUMPY, price_shares(NUMPY, 2 * column(prices), (column(withheld), 1.0)), column(enabled))[:, 0]
    assert twice == pytest.approx(share)


def test_withholding_all_everywhere_falls_back_to_prices():
    share = price_shares(NUMPY, column([1, 3]), (column([1, 2]), 1.0))
    assert share[:, 0] == pytest.approx([0.25, 0.75])
    root = price_shares(NUMPY, column([1, 3]), (column([0, 0]), 1.0), (column([0.9, 0.1]), 1.0))
    assert root[:, 0] == pytest.approx([0.75, 0.25])


@FAST
@given(flows_, st.integers(-2000, 500).map(float), st.sampled_from([1.0, 1.5, 2.0]))
def test_the_more_flow_the_more_share_and_the_worst_gets_least(flows, cutoff, exponent):
    share = flow_shares(NUMPY, column(flows), cutoff, exponent)[:, 0]
    assert share.sum() == pytest.approx(1) or share.sum() == 0
    order = np.argsort(flows, kind="stable")
    assert (np.diff(share[order]) >= -1e-12).all()
    if cutoff >= 0:
        assert (share[np.array(flows) <= cutoff] == 0).all()
    elif min(flows) < 0 and cutoff <= min(flows):
        assert share[order[0]] == 0


def test_while_more_leaves_than_comes_everywhere_nobody_is_paid():
    assert flow_shares(NUMPY, column([-5, -1, -3]), 0.0, 1.0).sum() == 0
    assert flow_shares(NUMPY, column([-100, -300, -400]), -1000.0, 1.0)[:, 0] == pytest.approx([0.75, 0.25, 0])


@FAST
@given(flows_, st.data())
def test_the_protocols_part_never_takes_more_than_users_brought(user, data):
    protocol = data.draw(st.lists(st.integers(-1000, 1000).map(float), min_size=len(user), max_size=len(user)))
    net = net_flow(NUMPY, column(user), column(protocol))[:, 0]
    taken = np.array(user) - net
    assert taken[taken > 0].sum() <= np.maximum(user, 0).sum() + 1e-9
    assert (taken[np.array(protocol) < 0] == np.array(protocol)[np.array(protocol) < 0]).all()


def rules(*versions, **values):
    """Shares of four subnets under these versions, from the same prices and flows."""
    told = {"share": "share", "price": "ema_price", "user": "user", "protocol": "protocol", "root": "root", "withheld": "withheld"}
    p = SubnetShares.Params(versions=versions, **told)
    bound = Binder(NUMPY, Decimal(1), {}).bind(p)
    state = {
        "ema_price": column([0.4, 0.3, 0.2, 0.1]),
        "user": column([-10, 10, 30, 60]),
        "protocol": column([0, 40, 0, 0]),
        "root": column([0.1, 0.2, 0.3, 0.4]),
        "withheld": column([0.5, 0, 0, 1]),
    }
    found = []
    for t in range(6):
        ctx = Context(NUMPY, t, 1.0, {}, {}, t + 1.0)
        found.append(SubnetShares().step(bound, None, state, ctx)[1]["share"][:, 0].round(9).tolist())
    return found


ALONE = {
    "price": [0.4, 0.3, 0.2, 0.1],
    "taoflow": [0, 0.1, 0.3, 0.6],
    "net_taoflow": [0, 0, 1 / 3, 2 / 3],
    "price_root_withheld": [0.02 / 0.14, 0.06 / 0.14, 0.06 / 0.14, 0],
    "price_withheld": [0.2 / 0.7, 0.3 / 0.7, 0.2 / 0.7, 0],
}


@pytest.mark.parametrize("rule", ALONE)
def test_each_rule_by_hand(rule):
    for share in rules({"rule": rule}):
        assert share == pytest.approx(ALONE[rule], abs=1e-8)


@FAST
@given(st.lists(st.sampled_from(sorted(ALONE)), min_size=6, max_size=6))
def test_each_day_has_the_rule_of_its_version(chosen):
    versions = tuple({"day": day, "rule": rule} for day, rule in enumerate(chosen))
    for day, share in enumerate(rules(*versions)):
        assert share == pytest.approx(ALONE[chosen[day]], abs=1e-8), day


def test_rules_in_the_order_in_which_the_chain_had_them():
    order = ("price", "taoflow", "net_taoflow", "price_root_withheld", "price_withheld")
    found = rules(*({"day": day, "rule": rule} for day, rule in enumerate(order)))
    for day, rule in enumerate(order):
        assert found[day] == pytest.approx(ALONE[rule], abs=1e-8)
    assert found[5] == found[4]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"versions": ({"day": 1, "rule": "price"},)}, "versions"),
        ({"versions": ({"rule": "price"}, {"day": 0, "rule": "taoflow"}), "user": "u"}, "versions"),
        ({"versions": ({"rule": "taoflow"},)}, "user"),
        ({"versions": ({"rule": "net_taoflow"},), "user": "u"}, "protocol"),
        ({"versions": ({"rule": "price_root_withheld"},), "withheld": "w"}, "root"),
        ({"versions": ({"rule": "price_withheld"},)}, "withheld"),
    ],
)
def test_a_rule_without_what_it_reads_is_a_fault(values, field):
    found = SubnetShares().validate(SubnetShares.Params(share="s", **values))
    assert [f for f, _, _ in found] == [field]


# --- terms --------------------------------------------------------------------------------------------------------


@FAST
@given(st.integers(0, 10**6), st.integers(1, 10**4), st.integers(0, 10**6))
def test_terms_use_all_the_tao_at_the_price_and_keep_to_the_cap(paid, price, cap):
    t = terms(NUMPY, np.full((1, 1), paid / 100), price / 1000, cap / 100)
    assert t.tao_in + t.excess == pytest.approx(paid / 100)
    assert t.alpha_in <= cap / 100
    assert t.tao_in == pytest.approx(t.alpha_in * price / 1000)
    assert t.excess == pytest.approx(0, abs=1e-9) or t.alpha_in == cap / 100


def test_what_a_call_puts_into_pools_comes_from_the_pot_and_moves_no_price():
    for play in both(example("subnet_emission", **{"injection.weight": ""})):
        quiet(play, 1)
        assert [y / x for y, x in zip(play[POOLS], play[ALPHA], strict=True)] == pytest.approx([1 / 30] * 4)
        assert play[Account("coinbase", "TAO")] == pytest.approx([0], abs=1e-9)
        assert play[POOLS] == pytest.approx([10_000 + 100 * m / 0.1 for m in (0.04, 0.03, 0.02, 0.01)])
        assert sum(play[Account("protocol", "ALPHA")]) == 0  # no cap binds: there is alpha for all the TAO


def test_what_the_root_cap_leaves_buys_alpha_for_the_protocol_and_raises_the_price():
    values = {"injection.versions": [{"cap": "root"}], "injection.weight": "", "accounts.root.opening.TAO": 10_000, "accounts.market.opening.TAO": 1_390_000}
    for play in both(example("subnet_emission", **values)):
        quiet(play, 1)
        got = play[Account("protocol", "ALPHA")]
        rho = 0.18 * 10_000 / (0.18 * 10_000 + 300_000 + 500_000)
        alpha_in = [a - 300_000 + g for a, g in zip(play[ALPHA], got, strict=True)]
        assert alpha_in == pytest.approx([7200 * rho] * 4)
        assert all(g > 0 for g in got)
        assert sum(play[POOLS]) == pytest.approx(40_100)


def test_where_nobody_may_be_paid_all_emission_goes_back_to_issuance():
    for play in both(example("taoflow")):
        quiet(play, 1)  # no flows yet
        assert float(play.world.balances[Account("issuance", "TAO")][0, 0]) == pytest.approx(-1_440_000)
        assert play[POOLS] == [10_000] * 4
        assert play[Account("coinbase", "TAO")] == pytest.approx([0], abs=1e-12)


def test_weights_drift_to_a_half_and_prices_stay_when_the_injection_is_balanced():
    e = example("subnet_emission", **{"injection.versions": [{"cap": "alpha"}]})
    for play in both(e):
        start = [w / (1 - w) for w in play.signal("weight")]
        prices = [y / x / r for y, x, r in zip(play[POOLS], play[ALPHA], start, strict=True)]
        quiet(play, 5)
        now = play.signal("weight")
        assert [y / x * (1 - w) / w for y, x, w in zip(play[POOLS], play[ALPHA], now, strict=True)] == pytest.approx(prices, rel=1e-9)
        assert now[0] == pytest.approx(0.5)
        assert 0.5 < now[1] < 0.6
        assert 0.4 < now[2] < 0.5
        assert 0.5 < now[3] < 0.9


def quiet(play, steps):
    """Steps in which the crowd does nothing."""
    play.bound.stepping = [c for c in play.bound.stepping if c.name != "crowd"]
    play.steps(steps)


# --- halvings of alpha --------------------------------------------------------------------------------------------


def of_blocks(blocks: int, **values):
    p = Binder(NUMPY, Decimal(1), {"token": "TAO"}).bind(SubnetEmission.Params(blocks=blocks, **values))
    vars(p).update(SubnetEmission().derive(p, NUMPY))
    return p


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 20), st.integers(-600, 600))
def test_alpha_emitted_in_a_call_is_that_of_its_blocks(era, blocks_before):
    """Issuance that only this emission raises: block by block as the chain, or in one call, to a block's emission."""
    threshold = 21 * 10**15 - (21 * 10**15 >> (era + 1))
    rate = block_emission(threshold - 1)
    issued = threshold - blocks_before * rate
    total = sum_of_blocks(issued, 400)
    one = alpha_emission(of_blocks(400), np.full((1, 1), issued / 1e9), NUMPY)[0, 0] * 1e9
    assert one == pytest.approx(total, abs=1.01 * rate + 20)


def sum_of_blocks(issued: int, blocks: int) -> int:
    start = issued
    for _ in range(blocks):
        issued += block_emission(issued)
    return issued - start


def test_eras_that_are_not_told_apart_keep_the_last_rate():
    issued = column([0, 10.5e6 + 10_000, 15.75e6 + 10_000, 20e6])
    few = alpha_emission(of_blocks(7200, eras=1), issued, NUMPY)[:, 0]
    many = alpha_emission(of_blocks(7200), issued, NUMPY)[:, 0]
    assert few == pytest.approx([7200, 3600, 3600, 3600])
    assert many == pytest.approx([7200, 3600, 1800, 450])


# --- the split ----------------------------------------------------------------------------------------------------


@FAST
@given(st.integers(0, 10**6).map(float), st.integers(0, 100), st.integers(0, 100))
def test_the_parts_of_the_split_are_the_whole(emitted_, cut, rho):
    s = split(emitted_, cut / 100, rho / 100, 0.5)
    assert sum(s) == pytest.approx(emitted_)
    assert min(s) >= 0
    assert s.miners == pytest.approx(s.validators + s.root)


def split_of(**values):
    """Alpha that a day adds by kind, in the fourth subnet, which withholds 40 %."""
    kinds = ("owners", "miners", "validators", "staked", "root_claims", "withheld")
    found = []
    for play in both(example("alpha_split", **values)):
        before = {k: play[Account(k, "ALPHA")][3] for k in kinds}
        play.steps(1)
        found.append({k: play[Account(k, "ALPHA")][3] - before[k] for k in kinds})
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-6)
    return found[0]


def test_the_split_is_18_41_41_of_7200_alpha_a_day():
    day = split_of()
    assert day["owners"] / 7200 == pytest.approx(0.18, abs=1e-5)
    assert (day["miners"] + day["withheld"]) / 7200 == pytest.approx(0.41, abs=1e-5)
    assert (day["validators"] + day["staked"] + day["root_claims"]) / 7200 == pytest.approx(0.41, abs=1e-5)
    assert day["withheld"] == pytest.approx(0.4 * (day["miners"] + day["withheld"]))
    rho = 0.18 * 800_000 / (0.18 * 800_000 + 800_000)
    assert day["root_claims"] / (day["root_claims"] + day["staked"]) == pytest.approx(rho)
    assert day["validators"] == pytest.approx(11_796 / 65_535 * (day["validators"] + day["staked"] + day["root_claims"]))


def test_while_prices_sum_to_one_or_less_root_is_not_paid_and_its_alpha_never_issued():
    paid, unpaid = split_of(), split_of(**{"split.threshold": "0.1"})
    assert unpaid["root_claims"] == 0
    assert unpaid["staked"] == pytest.approx(paid["staked"])
    assert sum(unpaid.values()) < sum(paid.values()) == pytest.approx(7200)


def test_withheld_alpha_is_held_back_or_never_issued():
    held, recycled = split_of(), split_of(**{"split.recycle": "recycle"})
    assert recycled["withheld"] == 0
    assert held["withheld"] > 0
    assert recycled["miners"] == pytest.approx(held["miners"])


def test_without_a_miner_who_earned_validators_have_it_all():
    text = (EXAMPLES / "alpha_split.toml").read_text("utf-8")
    text = text.replace('name = "split"', 'name = "split"\nincentive = "earned"')
    text = text.replace("[signals]", '[signals]\nearned = { unit = "1", per = "pools", start = [1, 1, 1, 0] }')
    for play in both(mt.loads(text).economy()):
        play.steps(1)
        assert play[Account("miners", "ALPHA")][3] == 0
        assert play[Account("withheld", "ALPHA")][3] == 0
        assert play[Account("miners", "ALPHA")][2] == pytest.approx(7200 * (1 - 11_796 / 65_535) / 2)
        rest = 7200 * (1 - 11_796 / 65_535)
        parts = [play[Account(k, "ALPHA")][3] for k in ("validators", "root_claims")] + [play[Account("staked", "ALPHA")][3] - 500_000]
        assert sum(parts) == pytest.approx(rest)


def test_an_operator_tells_what_was_withheld():
    for play in both(example("alpha_split")):
        play.event("split", "withhold", {"subnet": 0}, share="0.75")
        assert play.signal("withheld") == [0.75, 0, 0, 0.4]
        with pytest.raises(mt.errors.RunError, match="MT312"):
            play.event("split", "withhold", {"subnet": 0}, share="1.01")


# --- slow averages ------------------------------------------------------------------------------------------------


class Slow:
    """Parameters of an average price."""

    def __init__(self, blocks, rate=3e-6, halving=201_600.0):
        self.blocks, self.rate, self.halving = blocks, rate, halving


@FAST
@given(st.integers(0, 5000), st.sampled_from([1, 360, 7200]), st.sampled_from([3e-6, 1e-4]))
def test_many_blocks_at_once_learn_as_much_as_one_by_one(first, blocks, rate):
    left = np.prod(1 - rate * np.arange(first + 1, first + blocks + 1) / (np.arange(first + 1, first + blocks + 1) + 201_600.0))
    assert kept(NUMPY, float(first + blocks), Slow(blocks, rate)) == pytest.approx(left, rel=1e-7)


def test_an_old_average_moves_two_percent_a_day_and_a_new_one_less():
    old, new = (1 - kept(NUMPY, age * 7200.0, Slow(7200)) for age in (2000, 7))
    assert old == pytest.approx(0.0213, abs=0.0005)
    assert new < 0.2 * old


def test_spot_above_the_cap_counts_as_the_cap_and_what_does_not_run_has_no_average():
    text = (EXAMPLES / "subnet_prices.toml").read_text("utf-8").replace("TAO = 40_000, ALPHA = 1_200_000", "TAO = 40_000_000, ALPHA = 1_200_000")
    text = text.replace("[signals]", '[signals]\nrunning = { unit = "1", per = "pools", start = [1, 1, 1, 0] }')
    text = text.replace('name = "prices"', 'name = "prices"\nrunning = "running"')
    for play in both(mt.loads(text).economy()):
        quiet(play, 3)
        assert play.signal("alpha_price") == pytest.approx([100 / 3] * 4)
        ema = play.signal("ema_price")
        assert 0.0333 < ema[0] < 0.0333 + 3 * 0.022
        assert ema[3] == 0


def test_half_of_a_flow_is_forgotten_in_thirty_days_and_an_even_one_is_learnt():
    assert averaged(NUMPY, 1.0, 0.0, 29_597_889_189_277 / (2**63 - 1), 216_000) == pytest.approx(0.5, rel=1e-6)
    assert averaged(NUMPY, 0.0, 5.0, 126_847_427_788_335 / (2**63 - 1), 50_400) == pytest.approx(2.5, rel=1e-3)  # the week's preset


def test_flow_counts_what_users_do_and_neither_emission_nor_root_sales():
    a = 1 - (1 - 29_597_889_189_277 / (2**63 - 1)) ** 7200
    for play in both(example("taoflow", **{"shares.versions": [{"rule": "price"}]})):
        quiet(play, 1)  # from here on the pools' TAO is known
        quiet(play, 1)
        assert play.signal("user_flow") == pytest.approx([0] * 4, abs=1e-9)
        first = play.signal("protocol_flow")
        assert first == pytest.approx([25 * a + 25 * a * (1 - a)] * 4)
        play.world.balances[POOLS] = play.world.balances[POOLS] + play.column([100, 0, -50, 0])  # a stake and an unstake
        quiet(play, 1)
        assert play.signal("user_flow") == pytest.approx([100 * a, 0, -50 * a, 0], abs=1e-9)


def test_from_the_day_until_on_averages_stand_still():
    for play in both(example("taoflow", **{"flows.until": 3, "shares.versions": [{"rule": "price"}]})):
        quiet(play, 3)
        before = play.signal("protocol_flow")
        assert min(before) > 0
        quiet(play, 2)
        assert play.signal("protocol_flow") == before
