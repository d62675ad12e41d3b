"""A few slots: drawn with exactly the chances that successive draws have, and sold to the highest bids at one price."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import simulate

from .estate import Stage, estate, stages
from .network import use

DICE = st.integers(0, 2**32 - 1).map(lambda k: k / 2**32)


def draw(weights, winners, **params):
    signals = {"slots": ("1", 0, "staked"), "lent": ("TOK", tuple(map(str, weights)), "staked"), "waited": ("day", 0, "staked")}
    given_ = {"winners": winners, "counted": ("lent",), **params}
    return estate(use("draw", "priority_slots", **given_), owners=len(weights), signals=signals, opening={})


def chances(weights, n):
    """Chance of each set of n winners: the sum over the orders in which successive draws can take them."""
    out = {}
    for chosen in combinations(range(len(weights)), n):
        total = 0.0
        for order in permutations(chosen):
            part, left = 1.0, sum(weights)
            for i in order:
                part, left = part * weights[i] / left, left - weights[i]
            total += part
        out[chosen] = total
    return out


@pytest.mark.parametrize(("weights", "n"), [((1, 2, 3, 4), 2), ((1, 1, 1, 1, 1), 2), ((100, 1, 1), 1), ((5, 1, 1, 3), 3), ((50, 2, 1, 1), 2)])
def test_each_set_of_winners_has_exactly_the_chance_that_draws_without_replacement_give_it(weights, n):
    """Pearson's chi-square against the enumerated law, 76,800 draws, at a level of 1e-4."""
    steps, paths, rows = 75, 1024, len(weights)
    names = tuple(f"slots[{i}]" for i in range(rows))
    run = simulate(draw(weights, n), paths, steps, seed=5, save=Save(every=1, vars=names, paths=True))
    won = np.array([run[name][1:] for name in names])
    assert (won.sum(axis=0) == n).all()
    key = (won * (2 ** np.arange(rows))[:, None, None]).sum(axis=0).ravel()
    expected = chances(weights, n)
    assert sum(expected.values()) == pytest.approx(1)
    seen = np.array([(key == sum(2**i for i in s)).sum() for s in expected])
    assert seen.sum() == steps * paths
    want = np.array(list(expected.values())) * steps * paths
    assert ((seen - want) ** 2 / want).sum() < chi2.ppf(1 - 1e-4, max(len(want) - 1, 1))


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.sampled_from([0, 0, 1, 2, 7, 50]), min_size=2, max_size=7),
    n=st.integers(1, 8),
    luck=st.lists(DICE, min_size=7, max_size=7),
)
def test_as_many_win_as_there_are_slots_or_holders_with_a_weight_whatever_the_dice(weights, n, luck):
    for play in stages(draw(weights, n)):
        play.luck = {"draw": {"luck": luck[: len(weights)]}}
        won = play.steps(1).signal("slots")
        assert sum(won) == min(n, sum(w > 0 for w in weights))
        assert all(x in (0, 1) for x in won)
        assert not any(x for x, w in zip(won, weights, strict=True) if not w)


def test_equal_dice_and_equal_weights_go_to_the_lower_rows_and_a_dice_of_zero_is_no_accident():
    for play in stages(draw((1, 1, 1, 1), 2)):
        play.luck = {"draw": {"luck": [0.5] * 4}}
        assert play.steps(1).signal("slots") == [1, 1, 0, 0]
        play.luck = {"draw": {"luck": [0, 0.1, 0.2, 0]}}
        assert play.steps(1).signal("slots") == [0, 1, 1, 0]


@settings(max_examples=25, deadline=None)
@given(luck=st.lists(DICE, min_size=4, max_size=4), more=st.integers(1, 20))
def test_more_stake_never_loses_a_slot(luck, more):
    def won(first):
        play = Stage(draw((first, 3, 5, 7), 2))
        play.luck = {"draw": {"luck": luck}}
        return play.steps(1).one("slots")

    assert won(4) <= won(4 + more)


def test_stake_below_the_least_takes_no_part_and_waiting_counts_the_days_without_a_slot():
    for play in stages(draw((1, 10, 10), 3, least=2, waiting="waited")):
        play.luck = {"draw": {"luck": [0.9] * 3}}
        assert play.steps(3).signal("waited") == [3, 0, 0]


# --- the auction -------------------------------------------------------------------------------------------------


def auction(owners=5, supply=2, **params):
    signals = {"slots": ("node", 0, "bids"), "slot_price": ("TOK/node", 0), "price": ("USD/TOK", "0.5"), "slot_value": ("USD", 0, "bids")}
    given_ = {"supply": supply, "reserve": 10, "won": "won/TOK", **params}
    return estate(use("auction", "slot_auction", **given_), owners=owners, kinds={"bids": 0, "won": 0}, signals=signals)


def sold(bids, supply, reserve, first_rejected):
    """By hand: units of demand from the highest, the price of the last that is served or of the first that is not."""
    units = sorted((v for v, q in bids for _ in range(q) if v >= reserve), reverse=True)
    edge = units[supply] if first_rejected and len(units) > supply else units[supply - 1] if not first_rejected and len(units) >= supply else reserve
    return min(len(units), supply), max(edge, reserve)


@settings(max_examples=40, deadline=None)
@given(bids=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4)), min_size=5, max_size=5), supply=st.integers(1, 9), first=st.booleans())
def test_the_highest_bids_win_at_one_price_that_none_of_them_exceeds(bids, supply, first):
    for play in stages(auction(supply=supply, priced="first_rejected" if first else "last_accepted")):
        for row, (v, q) in enumerate(bids):
            play.event("auction", "bid", {"bidder": row}, amount=v * q, slots=q)
        play.steps(1)
        number, price = sold(bids, supply, 10, first)
        got = play.signal("slots")
        assert sum(got) == number
        assert play.one("slot_price") == pytest.approx(price)
        assert play.row("won/TOK") == pytest.approx([g * price for g in got])
        assert play.row("bids/TOK") == pytest.approx([0] * 5)
        worst_in = min([v for (v, _), g in zip(bids, got, strict=True) if g], default=99)
        left_out = [v for (v, q), g in zip(bids, got, strict=True) if g < q and v >= 10]
        assert all(v <= worst_in for v in left_out)
        assert price <= worst_in
        play.steps(1)
        assert play.row("holders/TOK") == pytest.approx([1000] * 5)


@settings(max_examples=40, deadline=None)
@given(value=st.integers(0, 60), says=st.integers(0, 80), others=st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_with_the_first_rejected_bid_as_price_nobody_gains_by_bidding_other_than_its_value(value, says, others):
    def gain(bid):
        play = Stage(auction(priced="first_rejected", paid="seller", seller="pool/TOK"))
        for row, b in enumerate((bid, *others)):
            play.event("auction", "bid", {"bidder": row}, amount=b, slots=1)
        play.steps(1)
        return play.one("slots") * (value - play.one("slot_price"))

    assert gain(says) <= gain(value) + 1e-9


def test_the_design_of_2019_two_hundred_slots_of_two_hundred_thousand_at_least_locked_for_a_month():
    """Fetch.ai 2019: 200 slots, 200,000 FET, about a month: of 250 bidders the highest 200 pay what the 200th bid, and get it back after 30 days."""
    e = estate(
        use("auction", "slot_auction", every=30, won="won/TOK"),
        owners=250,
        kinds={"bids": 0, "won": 0},
        signals={"slots": ("node", 0, "bids"), "slot_price": ("TOK/node", 0)},
        opening={"holders/TOK": 250 * 1_000_000},
    )
    play = Stage(e)
    for row in range(250):
        play.event("auction", "bid", {"bidder": row}, amount=180_000 + 1000 * row, slots=1)
    play.steps(1)
    assert play.signal("slots") == [0] * 50 + [1] * 200
    assert play.one("slot_price") == 230_000
    assert sum(play.row("won/TOK")) == 200 * 230_000
    assert play.steps(29).row("won/TOK")[-1] == 230_000
    assert play.steps(1).row("holders/TOK") == [1_000_000] * 250


def test_bids_are_for_whole_slots_and_may_be_taken_back():
    for play in stages(auction()):
        for slots in ("0", "0.5", "1.5"):
            with pytest.raises(RunError, match=r"MT312 slot_auction\.bid"):
                play.event("auction", "bid", {"bidder": 0}, amount=20, slots=slots)
        play.event("auction", "bid", {"bidder": 0}, amount=20, slots=1)
        play.event("auction", "withdraw", {"bidder": 0})
        assert play.row("holders/TOK") == [1000] * 5
        assert sum(play.steps(1).signal("slots")) == 0


def test_a_price_that_is_spent_goes_to_the_seller():
    for play in stages(auction(paid="seller", seller="pool/TOK")):
        for row, bid in enumerate((40, 30, 20)):
            play.event("auction", "bid", {"bidder": row}, amount=bid, slots=1)
        play.steps(2)
        assert play.row("pool/TOK") == pytest.approx([60])
        assert play.row("holders/TOK") == pytest.approx([970, 970, 1000, 1000, 1000])
    assert "auction.seller" in [f.where for f in auction(paid="seller").check()]


def test_modelled_bidders_bid_what_a_slot_is_worth_as_far_as_they_can():
    e = auction()
    signals = {"slots": ("node", 0, "bids"), "slot_price": ("TOK/node", 0), "price": ("USD/TOK", "0.5")}
    signals["slot_value"] = ("USD", (10, 20, 30, 40, 5000), "bids")
    for play in stages(estate(use("bidders", "slot_bidders"), *e.uses, owners=5, kinds={"bids": 0, "won": 0}, signals=signals)):
        play.steps(1)
        assert play.signal("slots") == [0, 0, 0, 1, 1]
        assert play.one("slot_price") == pytest.approx(80)
