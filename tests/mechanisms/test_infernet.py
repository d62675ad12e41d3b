"""Infernet: each delivery is split to the last unit as the contract does it, and what waits for a verdict waits a week at most."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError
from mintage.mechanisms import find
from mintage.save import Save
from mintage.simulate import simulate

from .estate import estate, stages
from .network import use

SLOTS = 3
AROUND = {"consumers": 2, "subscriptions": SLOTS, "nodes": 2, "proofs": SLOTS, "bonds": SLOTS, "protocol": 1, "verifier": 1}
MONEY = {"consumers/TOK": 20_000, "nodes/TOK": 4_000}
PLACES = ("consumers", "subscriptions", "nodes", "proofs", "bonds", "protocol", "verifier")


def net(dt="1", **params):
    signals = {"rate": ("job/day", 0)}
    return estate(use("net", "infernet", rate="rate", **params), kinds=AROUND, signals=signals, opening=MONEY, dt=dt)


def verified(dt="1", **params):
    return net(dt, **{"verifier": "verifier/TOK", "verifier_fee": 50, **params})


def asked(play, price=1000, deposit=5000, period=0, intervals=1, copies=1, slot=0, consumer=0):
    roles = {"consumer": consumer, "subscription": slot}
    play.event("net", "create", roles, price=price, deposit=deposit, period=period, intervals=intervals, copies=copies)
    return play


def deliver(play, node=0, slot=0, proof=0):
    play.event("net", "deliver", {"node": node, "subscription": slot, "proof": proof})


def whole(play):
    return {k: sum(play.row(f"{k}/TOK")) for k in PLACES}


def test_an_answer_without_a_verifier_is_split_between_protocol_and_node():
    """T1: P = 1,000, f = 500 basis points: protocol 100, node 900."""
    for play in stages(net(fee="0.05")):
        deliver(asked(play))
        assert play.row("protocol/TOK") == [100]
        assert play.row("nodes/TOK") == [2900, 2000]
        assert play.row("subscriptions/TOK")[0] == 4000
        assert play.steps(1).one("rate") == 1


def test_an_answer_that_a_verifier_approves_is_split_in_three():
    """T2: with V = 50: protocol 102.5, verifier 47.5, node 850 on success."""
    for play in stages(verified()):
        deliver(asked(play))
        assert (play.row("protocol/TOK"), play.row("verifier/TOK")) == ([102.5], [47.5])
        assert (play.row("proofs/TOK")[0], play.row("bonds/TOK")[0]) == (850, 1000)
        assert play.row("nodes/TOK")[0] == 1000
        play.event("net", "approve", {"proof": 0})
        assert play.row("nodes/TOK") == [2850, 2000]
        assert play.row("subscriptions/TOK")[0] == 4000
        assert sum(whole(play).values()) == 24_000


def test_a_rejected_answer_costs_the_node_as_much_as_it_would_have_brought_and_the_consumer_only_the_fees():
    for play in stages(verified()):
        deliver(asked(play))
        play.event("net", "reject", {"proof": 0})
        assert play.row("nodes/TOK") == [1000, 2000]
        assert play.row("subscriptions/TOK")[0] == 5000 - 150 + 1000
        assert play.row("proofs/TOK") == play.row("bonds/TOK") == [0] * SLOTS


@pytest.mark.parametrize(("dt", "steps"), [("1", 7), ("0.25", 28), ("0.04166666666666666666666666666666666667", 168)])
def test_silence_pays_the_node_after_604800_seconds_and_not_a_step_before(dt, steps):
    """T3: 604,800 s, in steps of a day, of six hours and of one hour."""
    for play in stages(verified(dt)):
        deliver(asked(play))
        assert play.steps(steps - 1).row("nodes/TOK")[0] == 1000
        assert play.steps(1).row("nodes/TOK")[0] == 2850
        with pytest.raises(RunError, match=r"MT312 infernet\.reject"):
            play.event("net", "reject", {"proof": 0})


@settings(max_examples=25, deadline=None)
@given(
    price=st.integers(60, 2000),
    f=st.sampled_from(["0", "0.01", "0.05", "0.2"]),
    v=st.integers(0, 20),
    verdict=st.sampled_from(["approve", "reject", "silence"]),
)
def test_every_delivery_is_split_without_a_rest_and_nobody_else_pays(price, f, v, verdict):
    for play in stages(verified(fee=f, verifier_fee=v)):
        deliver(asked(play, price=price))
        if verdict == "silence":
            play.steps(7)
        else:
            play.event("net", verdict, {"proof": 0})
        rate, paid = float(f), verdict != "reject"
        node = price * (1 - 2 * rate) - v if paid else -price
        assert play.row("nodes/TOK")[0] - 2000 == pytest.approx(node)
        assert play.row("protocol/TOK")[0] == pytest.approx(price * 2 * rate + v * rate)
        assert play.row("verifier/TOK")[0] == pytest.approx(v - v * rate)
        assert sum(whole(play).values()) == pytest.approx(24_000)
        assert play.row("nodes/TOK")[1] == 2000
        assert play.row("proofs/TOK") == play.row("bonds/TOK") == [0] * SLOTS


def test_a_subscription_asks_so_many_nodes_in_each_interval_and_ends():
    """Period 2, three intervals, two copies: begins after a period, takes two answers an interval from different nodes, six in all."""
    for play in stages(net()):
        asked(play, price=100, deposit=2000, period=2, intervals=3, copies=2)
        with pytest.raises(RunError, match="it has not begun"):
            deliver(play)
        for _ in range(3):
            play.steps(2)
            deliver(play, 0)
            with pytest.raises(RunError, match="has answered in this interval"):
                deliver(play, 0)
            play.steps(1)
            deliver(play, 1)
            with pytest.raises(RunError, match="the interval has all its answers"):
                deliver(play, 1)
            play.t -= 1  # the next interval begins a step sooner than two steps from here
        play.steps(2)
        with pytest.raises(RunError, match="it is complete"):
            deliver(play)
        assert play.row("subscriptions/TOK")[0] == 2000 - 600


def test_only_its_consumer_fills_and_empties_a_subscription_and_a_slot_is_used_again_when_it_is_clear():
    for play in stages(verified()):
        asked(play, deposit=1500)
        for event, more in (("fund", {"amount": 1}), ("withdraw", {"amount": 1}), ("cancel", {})):
            with pytest.raises(RunError, match="MT312 infernet"):
                play.event("net", event, {"consumer": 1, "subscription": 0}, **more)
        play.event("net", "fund", {"consumer": 0, "subscription": 0}, amount=500)
        deliver(play)
        play.event("net", "cancel", {"consumer": 0, "subscription": 0})
        assert play.row("consumers/TOK")[0] == 10_000 - 1000
        with pytest.raises(RunError, match=r"in use or not empty"):
            asked(play, consumer=1)  # a proof still waits, and may send money back
        play.event("net", "reject", {"proof": 0})
        with pytest.raises(RunError, match=r"in use or not empty"):
            asked(play, consumer=1)
        play.event("net", "withdraw", {"consumer": 0, "subscription": 0}, amount=1850)
        asked(play, consumer=1)
        deliver(play, node=1)
        assert play.row("subscriptions/TOK")[0] == 4000


def test_a_node_without_the_bond_and_a_budget_without_the_price_are_refused_whole():
    for play in stages(verified()):
        asked(play, price=3000)
        with pytest.raises(RunError, match="MT302"):
            deliver(play)
        asked(play, price=1000, deposit=999, slot=1)
        with pytest.raises(RunError, match="MT302"):
            deliver(play, slot=1)
        assert whole(play)["protocol"] == 0
        with pytest.raises(RunError, match="fees exceed it"):
            asked(play, price=50, slot=2)


def test_two_proofs_wait_apart_and_only_the_verifier_judges():
    assert {n: e.authority for n, e in find("infernet").events.items() if e.authority == "operator"} == {"approve": "operator", "reject": "operator"}
    for play in stages(verified()):
        asked(play, copies=2)
        deliver(play, 0, proof=0)
        with pytest.raises(RunError, match="another proof waits"):
            deliver(play, 1, proof=0)
        deliver(play, 1, proof=2)
        play.event("net", "approve", {"proof": 2})
        play.event("net", "reject", {"proof": 0})
        assert play.row("nodes/TOK") == [1000, 2850]
        with pytest.raises(RunError, match="no proof waits"):
            play.event("net", "approve", {"proof": 2})


def spending(**params):
    signals = {"demand": ("USD/day", 1000), "price": ("USD/TOK", 2)}
    given_ = {"verifier": "verifier/TOK", "verifier_share": "0.05", **params}
    kinds = {**AROUND, "nodes": 2}
    return estate(use("net", "infernet_demand", **given_), kinds=kinds, signals=signals, opening={"market/TOK": 100_000, "nodes/TOK": 200})


def test_modelled_spending_is_split_as_single_answers_are():
    """T2 again, by the whole: 500 tokens a day at f 5 % and V 5 %: protocol 10.25 %, verifier 4.75 %, nodes 85 %."""
    for play in stages(spending()):
        play.steps(1)
        assert play.row("protocol/TOK") == pytest.approx([500 * 0.1025])
        assert play.row("verifier/TOK") == pytest.approx([500 * 0.0475])
        assert play.row("nodes/TOK") == pytest.approx([100 + 500 * 0.85 / 2] * 2)
        assert play.row("market/USD") == pytest.approx([1000])


def test_rejected_answers_are_not_paid_for_and_cost_nodes_their_price():
    for play in stages(spending(rejected="0.1")):
        play.steps(1)
        assert play.row("market/USD") == pytest.approx([1000 * (1 - 0.1 * 0.85)])
        assert sum(play.row("nodes/TOK")) == pytest.approx(200 + 500 * (0.9 * 0.85 - 0.1))


def test_without_a_token_nodes_are_paid_in_dollars_and_what_is_bought_never_exceeds_the_market():
    end = simulate(spending(settlement="stablecoin"), 2, 1, save=Save(vars=("nodes/USD", "functional/TOK"))).end
    assert end["nodes/USD"] == pytest.approx([1000, 1000])
    assert (end["functional/TOK"] == 0).all()
    end = simulate(spending(limit="0.001"), 2, 1, save=Save(vars=("market/USD", "functional/TOK"))).end
    assert end["market/USD"] == pytest.approx([200, 200])
    assert end["functional/TOK"] == pytest.approx([100, 100])
    wrong = {f.where for f in spending(verifier="", rejected="0.1", fee="0.5").check()}
    assert {"net.verifier", "net.fee"} <= wrong
