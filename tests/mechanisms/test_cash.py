"""The cash desk: what comes in and goes out is neither income nor more than there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account
from mintage.check import tag
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import use
from .village import HOLDERS, MARKET, WALLETS, Play, both, everything, village

OUTSIDE = Account("external", "USD")


@settings(max_examples=25, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3000)), min_size=1, max_size=8))
def test_what_owners_have_is_what_they_brought_less_what_they_took_and_never_below_zero(moves):
    for play in both(everything()):
        expected = [1000.0] * 4
        for row, brings, amount in moves:
            if brings:
                play.event("cash", "deposit", {"owner": row}, amount=amount)
                expected[row] += amount
            elif amount <= expected[row]:
                play.event("cash", "withdraw", {"owner": row}, amount=amount)
                expected[row] -= amount
            else:
                with pytest.raises(RunError, match="MT302"):
                    play.event("cash", "withdraw", {"owner": row}, amount=amount)
        assert play[WALLETS] == expected
        assert play.total("USD") == 0


def test_a_deposit_needs_somebody_who_saw_the_money_and_is_no_revenue():
    events = find("cash_desk").events
    assert {n: e.authority for n, e in events.items()} == {"deposit": "operator", "withdraw": "owner"}
    economy = everything()
    play = Play(economy)
    flows = play.event("cash", "deposit", {"owner": 0}, amount=50) + play.event("cash", "withdraw", {"owner": 0}, amount=50)
    assert [tag(economy, economy.uses[0], f) for f in flows] == ["transfer", "transfer"]


@pytest.mark.parametrize("market", [1, 3])
def test_tokens_that_an_aggregate_counted_come_out_of_it_and_go_back(market):
    economy = village(use("tokens", "cash_desk", wallet="holders/TOK", outside="market/TOK"), market=market)
    assert economy.check() == []
    for play in both(economy):
        play.event("tokens", "deposit", {"owner": [1, 2]}, amount=[300, 30])
        assert play[HOLDERS] == pytest.approx([1000, 1300, 1030, 1000])  # of three, each gives whole units
        assert sum(play[MARKET]) == pytest.approx(1_000_000 - 330)
        play.event("tokens", "withdraw", {"owner": [1]}, amount=[1299])
        assert play[HOLDERS] == pytest.approx([1000, 1, 1030, 1000])
        assert play.total("TOK") == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"outside": "external/TOK"}, {"outside": "wallets/USD"}])
def test_a_desk_between_two_assets_or_to_itself_is_a_fault(wrong):
    economy = village(use("cash", "cash_desk", wallet="wallets/USD", **wrong))
    assert ("MT202", "cash.outside") in [(f.code, f.where) for f in economy.check()]
