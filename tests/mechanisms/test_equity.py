"""A share beside a token: what lists, what it is worth, who trades the difference, and who gains by what is paid out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.check import only
from mintage.errors import MintageError
from mintage.save import Save
from mintage.simulate import simulate
from tests.laws.test_exhibits import FOLDER

from .village import Play

STILL = {"price.volatility": "0", "price.drift": "0", "mood.volatility": "0"}


def spec(name, **values):
    loaded = mt.load(FOLDER / f"{name}.toml")
    return loaded.with_values({**STILL, **{k.replace("__", "."): v for k, v in values.items()}})


def after(s, steps, *names):
    end = simulate(s.economy(), 1, steps, save=Save(vars=names)).end
    return [float(end[n][0]) for n in names]


def series(s, steps, *names, paths=1):
    run = simulate(s.economy(), paths, steps, save=Save(every=1, vars=names, paths=True))
    return [np.asarray(run[n]) for n in names]


# --- the share ----------------------------------------------------------------------------------------------------


def test_the_share_is_its_part_of_business_cash_and_tokens_after_the_haircut():
    """(400,000 + 200,000 + 300,000 x 2 x 0.8) / 200,000 shares."""
    assert after(spec("share_price"), 5, "share_price") == pytest.approx([5.4])


def test_a_premium_beyond_the_band_is_traded_down_to_it_and_inside_it_stays():
    wild = mt.load(FOLDER / "share_price.toml").with_values({"price.volatility": "0", "share.keep": "1", "share.strength": "1", "mood.volatility": "3"})
    (premium,) = series(wild, 200, "premium", paths=64)
    assert np.abs(premium).max() <= 0.05 + 1e-12
    assert np.abs(premium).max() > 0.0499
    calm = wild.with_values({"mood.volatility": "0.02"})
    inside = series(calm, 20, "premium", "wobble")
    assert inside[0][20] == pytest.approx(inside[1][1:21].sum(axis=0))  # nothing is traded inside it


def test_before_any_share_was_issued_a_share_is_worth_nothing():
    s = spec("share_price").with_values({"accounts.shareholders.opening.EQUITY": 0, "accounts.insiders.opening.EQUITY": 0})
    assert after(s, 3, "share_price") == [0]


# --- listing ------------------------------------------------------------------------------------------------------


def test_an_offer_issues_what_the_tokens_cover_and_raises_it_less_discount_and_fee():
    s = spec("listing")
    new, cash = after(s, 130, "supply/EQUITY", "company/USD")
    issued = min(80_000, 300_000 * 2 * 0.7 / (1.2 * 5.4))
    assert new - 200_000 == pytest.approx(issued)
    assert issued < 80_000
    assert cash - 200_000 == pytest.approx(issued * 5.4 * 0.9 * 0.95)
    assert after(s.with_values({"offer.coverage": "0"}), 130, "supply/EQUITY") == pytest.approx([280_000])


def test_a_listing_has_a_day_on_which_it_happens():
    """Day 0 would lie before the first call covers any time, and pass unseen."""
    with pytest.raises(MintageError):
        spec("listing", offer__day="0")
    assert after(spec("listing", offer__day="1", offer__route="direct"), 1, "listed") == [1]


def test_a_shell_keeps_what_was_not_redeemed_and_its_sponsor_gets_a_fifth_of_what_it_lists():
    s = spec("listing", offer__route="spac", offer__redeemed="0.9")
    supply, insiders, cash = after(s, 130, "supply/EQUITY", "insiders/EQUITY", "company/USD")
    assert supply - 200_000 == pytest.approx(8_000 / 0.8)
    assert insiders - 100_000 == pytest.approx(0.2 * (supply - 200_000))
    assert cash - 200_000 == pytest.approx(8_000 * 5.4 * 0.95)


def test_a_direct_listing_makes_no_share_and_no_money():
    s = spec("listing", offer__route="direct", offer__floated="0.3")
    assert after(s, 130, "supply/EQUITY", "insiders/EQUITY", "shareholders/EQUITY", "company/USD") == pytest.approx([200_000, 70_000, 130_000, 200_000])


@pytest.mark.parametrize("route", ["ipo", "spac", "direct"])
def test_below_its_floor_a_listing_is_withdrawn_and_nothing_moves(route):
    s = spec("listing", offer__route=route, offer__floor="9")
    names = ("listed", "supply/EQUITY", "insiders/EQUITY", "company/USD")
    assert after(s, 130, *names) == pytest.approx([-1, 200_000, 100_000, 200_000])
    assert after(s, 119, "listed") == [0]


# --- arbitrage ----------------------------------------------------------------------------------------------------


def test_bots_do_nothing_inside_the_band_buy_above_it_and_never_spend_more_than_they_have():
    s = mt.load(FOLDER / "share_arbitrage.toml").with_values({"price.volatility": "0.3", "bots.depth": "100000000", "bots.band": "0.02"})
    premium, tokens, money = series(s, 120, "premium", "bots/TOK", "bots/USD", paths=32)
    assert tokens.min() >= -1e-6 and money.min() >= -1e-6
    seen, moved = premium[1:-1], tokens[2:] - tokens[1:-1]  # one call late
    assert np.all(np.abs(moved[np.abs(seen) <= 0.02]) < 1e-9)
    assert np.all(moved[seen > 0.02] >= -1e-9) and np.all(moved[seen < -0.02] <= 1e-9)
    assert moved.max() > 0 > moved.min()


# --- payouts ------------------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(payout=st.floats(0, 1), barred=st.floats(0, 1))
def test_a_dividend_is_a_share_of_the_reserve_and_who_may_not_hold_it_is_paid_in_dollars(payout, barred):
    p, b = (float(f"{x:.6f}") for x in (payout, barred))
    s = spec("token_dividend", dividend__payout=f"{p:.6f}", dividend__barred=f"{b:.6f}")
    company, tokens, cash, market = after(s, 1, "company/TOK", "shareholders/TOK", "shareholders/USD", "market/TOK")
    assert company == pytest.approx(300_000 * (1 - p))
    assert tokens == pytest.approx(300_000 * p * (1 - b))
    assert cash == pytest.approx(300_000 * p * b * 2)
    assert market - 700_000 == pytest.approx(300_000 * p * b)


def falls(times):
    """A share that falls by a tenth each day."""
    text = (
        (FOLDER / "share_burn_rule.toml")
        .read_text("utf-8")
        .split("[[process]]")[0]
        .replace('[signals.share_price]\nunit = "USD/EQUITY"\nstart = 6', '[signals.share_price]\nunit = "USD/EQUITY"\nstart = 100')
    )
    values = ", ".join(f"{100 * 0.9**i:.12f}" for i in range(times + 1))
    rule = '[[mechanism]]\nuse = "share_burn_rule"\nname = "panic"\n'
    return mt.loads(f'{text}[[process]]\nuse = "history"\nname = "fall"\nsignal = "share_price"\nvalues = [{values}]\n{rule}')


def test_a22_each_fall_of_a_tenth_burns_nineteen_percent_and_ten_of_them_nearly_nine_tenths():
    left = after(falls(1), 2, "company/TOK")[0] / 300_000
    assert 1 - left == pytest.approx(0.19)
    assert 1 - after(falls(10), 11, "company/TOK")[0] / 300_000 == pytest.approx(0.878, abs=5e-4)


def test_a_fall_short_of_the_trigger_burns_nothing():
    assert after(falls(1).with_values({"panic.trigger": "0.1001"}), 2, "company/TOK") == [300_000]


def test_what_token_holders_gain_by_two_classes_of_votes_shareholders_lose():
    """Votes: 100,000 + 10 x 20,000, which give 0.2 and 0.8 to tokens: 0.6 of the pot."""
    s = spec("dual_class_treasury")
    gain, paid, founders, proceeds, burned, share = after(s, 1, "tokens_gain", "shareholders/USD", "founders/USD", "market/USD", "burned/TOK", "share_price")
    pot = 20_000
    assert (proceeds - 500_000, burned) == (pytest.approx(0.6 * pot), pytest.approx(0.6 * pot / 2))
    assert paid + founders == pytest.approx(0.4 * pot)
    assert founders / (paid + founders) == pytest.approx(20 / 120)
    value_of_tokens, value_of_shares = 1_400_000, 120_000 * share
    assert gain == pytest.approx(0.6 * pot - pot * value_of_tokens / (value_of_tokens + value_of_shares))
    shareholders = paid + founders - pot * value_of_shares / (value_of_tokens + value_of_shares)
    assert gain + shareholders == pytest.approx(0, abs=1e-9)
    one_vote = after(s.with_values({"split.votes": "1"}), 1, "market/USD")[0] - 500_000
    assert one_vote == pytest.approx(pot * (100 * 0.2 + 20 * 0.8) / 120)


def unequal(name, holders, **balances):
    """An example whose accounts have several holders, with these balances in dollars, tokens or shares."""
    spec = mt.load(FOLDER / f"{name}.toml").with_values({f"accounts.{k}.holders": 2 for k in holders})
    play = Play(only(spec.economy(), ("price", "mood")))
    for place, rows in balances.items():
        play.world.balances[Account(*place.split("_"))] = np.array(rows, float)[:, None]
    return play


def test_two_sellers_of_burned_tokens_are_paid_for_what_each_of_them_sold():
    play = unequal("dual_class_treasury", ["market", "company"], market_TOK=[0, 700_000], market_USD=[0, 0], company_USD=[200_000, 0]).steps(1)
    sold, paid = 700_000 - play[Account("market", "TOK")][1], play[Account("market", "USD")]
    assert play[Account("market", "TOK")][0] == 0
    assert paid == pytest.approx([0, 2 * sold]) and sold > 0
    assert play[Account("company", "USD")] == pytest.approx([180_000, 0])


def test_two_reserves_pay_two_shareholders_by_what_each_has():
    two = {"shareholders_EQUITY": [90_000, 10_000], "market_TOK": [500_000, 200_000], "company_TOK": [0, 300_000]}
    play = unequal("token_dividend", ["shareholders", "market", "company"], **two).steps(1)
    company, kept, cash = (play[Account(*k)] for k in (("company", "TOK"), ("shareholders", "TOK"), ("shareholders", "USD")))
    assert company[0] == 0 and company[1] < 300_000
    assert kept[0] / kept[1] == pytest.approx(9) and cash[0] / cash[1] == pytest.approx(9)


def test_a_share_backed_by_compute_is_the_peg_on_an_asset_of_form_share():
    text = (FOLDER / "compute_peg.toml").read_text("utf-8")
    share = mt.loads(text.replace("[assets.IO]", '[assets.IO]\nform = "share"'))
    token = mt.loads(text)
    names = ("price", "supply/IO", "reserve/USD")
    assert after(share, 40, *names) == after(token, 40, *names)
    assert after(share, 40, "supply/IO")[0] != 10_000_000
