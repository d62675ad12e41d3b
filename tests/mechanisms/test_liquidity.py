"""Liquidity: adding and removing move nobody's part, fees stay with those who provide, and what providing costs is what theory says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import simulate

from .estate import Stage, estate, stages
from .network import use

OPEN = {"holders/TOK": 40_000, "holders/USD": 80_000, "holders/LP": 4000, "pool/TOK": 10_000, "pool/USD": 20_000, "market/TOK": 1_000_000}
SIGNALS = {"price": ("USD/TOK", 2), "outside": ("USD/TOK", 2), "growth": ("1", 1), "worth": ("USD/LP", 10), "lp_weight": ("TOK", 0, "holders")}
SIDES = {"tokens": "holders/TOK", "fiat": "holders/USD", "shares": "holders/LP"}


def pool(*more, fee="0.003", opening=None, **trade):
    trades = use("trade", "order_flow_price", fee=fee, fiat="external/USD", **trade)
    uses = (trades, use("lp", "liquidity_pool", **SIDES, unit="0.4", first_price=2, growth="growth", value="worth"), *more)
    return estate(*uses, signals=SIGNALS, opening=opening or OPEN)


def parts(play):
    """What each provider could take out, in tokens and fiat, besides what it has free."""
    held = play.row("holders/LP")
    return [(s / sum(held) * play.row("pool/TOK")[0], s / sum(held) * play.row("pool/USD")[0]) if sum(held) else (0, 0) for s in held]


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(["add", "remove", "buy", "sell"]), st.integers(0, 3), st.integers(1, 900)), max_size=12))
def test_adding_and_removing_move_neither_the_price_nor_anybody_elses_part_and_trades_never_lower_x_times_y_a_share(acts):
    for play in stages(pool()):
        for act, row, amount in acts:
            price, before = play.row("pool/USD")[0] / play.row("pool/TOK")[0], parts(play)
            depth = play.row("pool/USD")[0] * play.row("pool/TOK")[0] / sum(play.row("holders/LP")) ** 2
            if act == "remove" and play.row("holders/LP")[row] <= amount:
                continue
            if act in ("add", "remove"):
                play.event("lp", act, {"provider": row}, amount=amount)
                assert play.row("pool/USD")[0] / play.row("pool/TOK")[0] == pytest.approx(price, rel=1e-6)
                for i in range(4):
                    if i != row:
                        assert parts(play)[i] == pytest.approx(before[i], rel=1e-6)
            else:
                play.event("trade", act, {"trader": 0}, amount=amount)
            after = play.row("pool/USD")[0] * play.row("pool/TOK")[0] / sum(play.row("holders/LP")) ** 2
            assert after >= depth * (1 - 1e-6)


def test_the_last_provider_may_leave_and_the_network_runs_on():
    """Nobody trades in an empty pool, its price stays, and whoever adds to it later begins it anew."""
    empty = {k: v for k, v in OPEN.items() if not k.startswith("pool") and k != "holders/LP"}
    for play in stages(pool(opening=empty)):
        play.event("lp", "add", {"provider": 0}, amount=100)
        play.event("trade", "buy", {"trader": 0}, amount=50)
        price = play.one("price")
        play.event("lp", "remove", {"provider": 0}, amount=40)
        assert play.steps(2).one("price") == price
        for trade in ("buy", "sell"):
            with pytest.raises(RunError, match="the pool is empty"):
                play.event("trade", trade, {"trader": 0}, amount=1)
        play.event("lp", "add", {"provider": 1}, amount=100)
        assert play.steps(1).one("price") == pytest.approx(2)


@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.integers(1, 800), min_size=1, max_size=6))
def test_adding_and_removing_again_returns_what_was_added_in_however_many_pieces(pieces):
    for play in stages(pool()):
        before = play.row("holders/TOK")[0], play.row("holders/USD")[0], play.row("holders/LP")[0]
        for piece in pieces:
            play.event("lp", "add", {"provider": 0}, amount=piece)
        assert play.row("holders/LP")[0] - before[2] == pytest.approx(0.4 * sum(pieces))
        play.event("lp", "remove", {"provider": 0}, amount=f"{play.row('holders/LP')[0] - before[2]:.10f}")
        assert play.row("holders/TOK")[0] == pytest.approx(before[0], abs=1e-5)
        assert play.row("holders/USD")[0] == pytest.approx(before[1], abs=1e-5)


def test_a_pool_is_begun_at_its_first_price_emptied_and_begun_again():
    empty = {k: v for k, v in OPEN.items() if not k.startswith("pool") and k != "holders/LP"}
    for play in stages(pool(opening=empty)):
        for _ in range(2):
            play.event("lp", "add", {"provider": 1}, amount=100)
            assert (play.row("pool/TOK"), play.row("pool/USD"), play.row("holders/LP")[1]) == ([100], [200], 40)
            play.event("lp", "remove", {"provider": 1}, amount=40)
            assert (play.row("pool/TOK"), play.row("pool/USD")) == ([0], [0])
    for play in stages(pool(opening={k: v for k, v in OPEN.items() if k != "holders/LP"})):
        with pytest.raises(RunError, match=r"MT312 liquidity_pool\.add"):
            play.event("lp", "add", {"provider": 1}, amount=100)


def moved(factor, steps=80):
    """A pool without a fee that arbitrage takes to a price moved by `factor`."""
    return Stage(pool(fee="0", strength=1, limit="0.9", flow_share=0)).set("outside", repr(2 * factor)).steps(steps)


@pytest.mark.parametrize(("factor", "loss"), [(2, -0.05719), (4, -0.20), (0.5, -0.05719)])
def test_what_holding_shares_loses_against_holding_both_sides(factor, loss):
    """A6: r = 2: -5.719 %, r = 4: -20 %."""
    play = moved(factor)
    price = 2 * factor
    assert play.row("pool/USD")[0] / play.row("pool/TOK")[0] == pytest.approx(price, rel=1e-9)
    worth = play.row("pool/USD")[0] + price * play.row("pool/TOK")[0]
    assert worth / (20_000 + price * 10_000) - 1 == pytest.approx(loss, abs=5e-6)
    assert play.one("worth") * 4000 == pytest.approx(worth)
    assert play.one("growth") == pytest.approx(1)


def test_what_arbitrage_takes_from_the_pool_is_sigma_squared_over_eight_of_its_value():
    """A5: at 5 % a day 3.125 bp of the pool a day go to whoever trades it back to the outside price, against rebalancing there; four standard errors."""
    rng = np.random.default_rng(3)
    sigma, losses = 0.05, []
    for _ in range(3):
        play = Stage(pool(fee="0", strength=1, limit="0.9", flow_share=0))
        price = 2.0
        for _ in range(150):
            x, y = play.row("pool/TOK")[0], play.row("pool/USD")[0]
            price *= float(np.exp(sigma * rng.standard_normal() - sigma**2 / 2))
            play.set("outside", repr(price)).steps(1)
            gone = x - play.row("pool/TOK")[0]
            # the pool sold `gone` tokens for what it got; at the outside price they were worth more
            losses.append((gone * price - (play.row("pool/USD")[0] - y)) / (x * price + y))
    error = 4 * np.std(losses) / len(losses) ** 0.5
    assert error < 1e-4
    assert np.mean(losses) == pytest.approx(sigma**2 / 8, abs=error)


def test_fees_make_a_share_worth_more_and_nothing_else_does():
    e = pool(strength=1)
    run = simulate(e, 4, 60, save=Save(every=1, vars=("growth",), paths=True))
    assert np.ptp(run["growth"]) == 0  # no price moves, nobody trades
    play = Stage(e)
    seen = [play.set("outside", repr(2 + 0.2 * (-1) ** i)).steps(1).one("growth") for i in range(20)]
    assert all(b > a for a, b in pairwise(seen))
    volume = Stage(pool(strength=1, fee="0.01"))
    more = [volume.set("outside", repr(2 + 0.2 * (-1) ** i)).steps(1).one("growth") for i in range(20)]
    assert more[-1] - 1 > 2 * (seen[-1] - 1)


# --- shares as stake ---------------------------------------------------------------------------------------------


def dual(counts=1):
    return pool(use("dual", "lp_stake", shares="holders/LP", counts=counts), fee="0", strength=1, limit="0.9", flow_share=0)


def test_shares_count_for_the_tokens_behind_them_or_for_both_sides_and_all_of_them_for_the_whole_pool():
    for counts, weight in ((1, 10_000), (2, 20_000)):
        for play in stages(dual(counts)):
            assert sum(play.steps(1).signal("lp_weight")) == pytest.approx(weight)
            play.event("lp", "add", {"provider": 3}, amount=10_000)
            weights = play.steps(1).signal("lp_weight")
            assert sum(weights) == pytest.approx(2 * weight)
            assert weights == pytest.approx([weight / 4] * 3 + [weight * 1.25])


@pytest.mark.parametrize("factor", [0.25, 4])
def test_the_tokens_behind_a_share_go_with_one_over_the_root_of_the_price(factor):
    play = Stage(dual()).set("outside", repr(2 * factor)).steps(80)
    assert sum(play.signal("lp_weight")) == pytest.approx(10_000 / factor**0.5, rel=1e-6)


def test_shares_that_are_staked_count_and_go_on_earning():
    stake = use("stake", "staking", liquid="holders/LP", staked="staked/LP", unbonding="unbonding/LP", slots=3)
    for play in stages(
        estate(
            use("trade", "order_flow_price", fiat="external/USD", strength=1),
            use("lp", "liquidity_pool", **SIDES, unit="0.4", first_price=2, growth="growth"),
            stake,
            use("dual", "lp_stake", shares="staked/LP"),
            kinds={"unbonding": 0},
            signals=SIGNALS,
            opening=OPEN,
        )
    ):
        play.event("stake", "stake", {"staker": 0}, amount=1000)
        assert play.steps(1).signal("lp_weight") == pytest.approx([2500, 0, 0, 0])
        for i in range(6):
            play.set("outside", repr(2 + 0.2 * (-1) ** i)).steps(1)
        assert play.one("growth") > 1.0005
        play.event("stake", "unstake", {"staker": 0}, amount=1000)
        assert play.steps(3).row("holders/LP")[0] == 1000
        assert play.one("lp_weight") == 0


def test_shares_are_an_asset_of_their_own():
    e = estate(use("lp", "liquidity_pool", tokens="holders/TOK", fiat="holders/USD", shares="holders/TOK"), signals=SIGNALS)
    assert "lp.shares" in {f.where for f in e.check()}
