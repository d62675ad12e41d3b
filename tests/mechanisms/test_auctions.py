"""Reverse auctions: the lowest acceptable bid wins, a lease costs its time and no more, escrow is emptied to the base unit, deposits come back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.ledger.codec import decode
from mintage.live.entries import Event, Join, Move
from mintage.live.replay import Replay
from mintage.live.service import LiveNetwork
from mintage.mechanisms import find
from mintage.mechanisms.auctions import merit
from mintage.save import Save
from mintage.simulate import simulate

from .network import D, use
from .village import Play, both

TENANTS, PROVIDERS, ORDERS, BIDS, POOL = (Account(k, "TOK") for k in ("tenants", "providers", "orders", "bids", "pool"))
FREE, OPEN, LEASED, RECLAIMING, ENDING = range(5)
EXHIBIT = Path(__file__).parents[2] / "examples" / "mechanisms" / "reverse_auction.toml"


def bazaar(every=1, offset=0, has=(3, 3, 1), level=("8", "8", "4"), trust=("1", "0.5", "0"), orders=3, bids=6, **params):
    """Two tenants with 500 each, three providers with 100 each, three orders; a price a day. With fewer slots than owners flows go slot by slot."""
    told = {"blocks": 1, "minimum": 1, "bond": 2, "features": "has", "level": "level", "reputation": "trust", **params}
    kinds = {
        "tenants": Kind("tenants", ("TOK",), 2, role="customer", members="open"),
        "providers": Kind("providers", ("TOK",), 3, role="provider", members="open"),
        "orders": Kind("orders", ("TOK",), orders, role="customer"),
        "bids": Kind("bids", ("TOK",), bids, role="escrow"),
        "pool": Kind("pool", ("TOK",), role="treasury"),
    }
    rows = {"has": has, "level": level, "trust": trust}
    signals = {n: SignalDecl(n, "1", tuple(D(v) for v in values), per="providers") for n, values in rows.items()}
    signals["order_status"] = SignalDecl("order_status", "1", D(0), per="orders")
    opening = {TENANTS: D(1000), PROVIDERS: D(300)}
    return Economy("bazaar", {"TOK": Asset("TOK", 6)}, kinds, signals, [use("auction", "reverse_auction", every, offset, **told)], D(1), opening=opening)


def order(play, tenant=0, slot=0, deposit=100, ceiling=10, features=0, level=0, trust=0, window=0):
    asked = {"features": features, "level": level, "trust": trust, "window": window}
    play.event("auction", "order", {"tenant": tenant, "order": slot}, deposit=deposit, ceiling=ceiling, **asked)
    return play


def bid(play, provider, slot, price, order=0, window=0):
    play.event("auction", "bid", {"provider": provider, "bid": slot, "order": order}, price=price, window=window)
    return play


def act(play, what, **rows):
    play.event("auction", what, rows)
    return play


def status(play, slot=0):
    return int(play.signal("order_status")[slot])


def leased(play, price=7, window=0, **asked):
    """An order that provider 1 serves."""
    return act(bid(order(play, **asked), 1, 0, price, window=window), "accept", tenant=0, order=0, bid=0)


# --- bids -----------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(prices=st.lists(st.integers(1, 10), min_size=1, max_size=3), patience=st.integers(1, 3), every=st.integers(1, 2))
def test_the_lowest_bid_wins_of_equal_ones_the_first_and_no_sooner_than_told(prices, patience, every):
    for play in both(bazaar(every, every - 1, choice="lowest", patience=patience)):
        order(play)
        for provider, price in enumerate(prices):
            bid(play, provider, provider, price)
        waited = 0
        while status(play) == OPEN:
            play.steps(1)
            waited += 1
        assert waited == -(-patience // every) * every
        best = min(prices)
        play.steps(every)
        paid = [play[PROVIDERS][i] - (98 if i == prices.index(best) else 100) for i in range(3)]
        assert paid == [best * every if i == prices.index(best) else 0 for i in range(3)]


def test_without_a_bid_an_order_waits():
    for play in both(bazaar(choice="lowest")):
        assert status(order(play).steps(5)) == OPEN
        assert play[TENANTS] == [400, 500]


def test_a_tenant_may_choose_a_dearer_bid_and_the_others_deposits_come_back():
    for play in both(bazaar()):
        for i, price in enumerate((5, 9, 7)):
            bid(play if i else order(play), i, i, price)
        assert play[BIDS] == [2, 2, 2, 0, 0, 0]
        act(play, "accept", tenant=0, order=0, bid=1)
        assert status(play) == LEASED
        play.steps(1)
        assert play[BIDS] == [0, 2, 0, 0, 0, 0]
        assert play[PROVIDERS] == [100, 98 + 9, 100]


@settings(max_examples=25, deadline=None)
@given(
    has=st.integers(0, 15), needs=st.integers(0, 15), level=st.integers(0, 9), least=st.integers(0, 9), trust=st.integers(0, 4), asked=st.integers(0, 4),
    offers=st.integers(0, 3), window=st.integers(0, 3),
)  # fmt: skip
def test_a_bid_stands_exactly_when_the_provider_has_what_the_order_asks_for(has, needs, level, least, trust, asked, offers, window):
    play = Play(bazaar(has=(has, 0, 0), level=(level, 0, 0), trust=(trust / 4, 0, 0)))
    order(play, features=needs, level=least, trust=asked / 4, window=window)
    if needs & ~has == 0 and level >= least and trust >= asked and offers >= window:
        assert bid(play, 0, 0, 5, window=offers)[BIDS][0] == 2
    else:
        with pytest.raises(RunError, match="lacks what the order asks for"):
            bid(play, 0, 0, 5, window=offers)


def test_an_auditor_attests_what_a_provider_has():
    assert {n for n, e in find("reverse_auction").events.items() if e.authority == "operator"} == {"attest"}
    for play in both(bazaar(has=(0, 0, 0))):
        order(play, features=5, level=16)
        with pytest.raises(RunError, match="lacks"):
            bid(play, 2, 0, 3)
        play.event("auction", "attest", {"provider": 2}, features=7, level=16)
        assert bid(play, 2, 0, 3)[BIDS][0] == 2


def test_an_order_has_at_most_so_many_bids_and_a_provider_one():
    for play in both(bazaar(most=2)):
        bid(bid(order(play), 0, 0, 3), 1, 1, 3)
        with pytest.raises(RunError, match="as many bids as it may have"):
            bid(play, 2, 2, 3)
        act(play, "withdraw", provider=0, bid=0)
        with pytest.raises(RunError, match="holds another bid"):
            bid(play, 2, 0, 3)
        assert bid(play, 2, 2, 3)[BIDS][:3] == [2, 2, 2]
        assert play.steps(1)[BIDS][:3] == [0, 2, 2]
        act(play, "withdraw", provider=2, bid=2)
        with pytest.raises(RunError, match="has a bid on this order"):
            bid(play, 1, 3, 2)


def test_the_shipped_limits_are_those_of_the_chain():
    p = find("reverse_auction").Params()
    assert (p.most, p.bond, p.minimum, p.blocks, p.longest) == (20, D("0.5"), D("0.5"), 14400, 30)
    assert p.shortest * 24 == pytest.approx(1)
    with pytest.raises(ValueError, match="less than or equal to 500"):
        find("reverse_auction").Params(most=501)


# --- leases ---------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(every=st.integers(1, 7), days=st.integers(0, 20), begin=st.integers(0, 6), price=st.integers(1, 4), slots=st.sampled_from([(3, 6), (2, 2)]))
def test_a_lease_costs_its_days_however_often_it_is_settled(every, days, begin, price, slots):
    for play in both(bazaar(every, every - 1, orders=slots[0], bids=slots[1])):
        leased(play.steps(begin), price)
        play.steps(days)
        act(play, "close", tenant=0, order=0).steps(every)
        cost = price * (days + 1)  # the day in which it ends is paid
        assert play[PROVIDERS] == [100, 100 + cost, 100]
        assert play[TENANTS] == [500 - cost, 500]
        assert (status(play), play[ORDERS], play[BIDS]) == (FREE, [0] * slots[0], [0] * slots[1])


@settings(max_examples=15, deadline=None)
@given(deposit=st.integers(10**6, 10**7), price=st.integers(6 * 10**5, 10**7), take=st.sampled_from(["0", "0.04", "0.333333"]), slots=st.integers(2, 3))
def test_an_empty_escrow_ends_the_lease_and_its_last_payment_is_all_that_is_left(deposit, price, take, slots):
    """In whole base units; the take of each payment is rounded as one of its parts."""
    for play in both(bazaar(2, 1, orders=slots, pool="pool/TOK", take=({"value": D(take)},))):
        leased(play, price / D(10**6), deposit=deposit / D(10**6))
        calls = -(-deposit // (price * 2))
        play.steps(calls * 2 - 1)
        assert status(play) == LEASED
        play.steps(1)
        assert (status(play), play[ORDERS], play[TENANTS]) == (FREE, pytest.approx([0] * slots, abs=1e-12), [pytest.approx(500 - deposit / 10**6), 500])
        assert play[POOL][0] + play[PROVIDERS][1] - 100 == pytest.approx(deposit / 10**6, abs=1e-12)
        assert play[POOL][0] == pytest.approx(deposit / 10**6 * float(take), abs=1e-6 * calls)


def test_the_take_of_aep_23_and_its_end():
    """4 % of AKT, 20 % of USDC; nothing once burn-mint has replaced it."""
    for share in ("0.04", "0.20"):
        for play in both(bazaar(pool="pool/TOK", take=({"value": D(share)}, {"day": 3, "value": 0}))):
            leased(play, 10).steps(3)
            assert play[POOL][0] == pytest.approx(30 * float(share))
            assert play[PROVIDERS][1] == pytest.approx(98 + 30 * (1 - float(share)))
            play.steps(2)
            assert play[POOL][0] == pytest.approx(30 * float(share))


def test_a_top_up_prolongs_a_lease():
    for play in both(bazaar()):
        leased(play, 10, deposit=15).steps(1)
        play.event("auction", "top_up", {"tenant": 0, "order": 0}, amount=20)
        play.steps(2)
        assert (status(play), play[ORDERS][0]) == (LEASED, 5)
        assert status(play.steps(1)) == FREE
        assert play[PROVIDERS][1] == 100 + 35


def test_blocks_make_a_price_a_block_one_a_day():
    for play in both(bazaar(blocks=14400)):
        leased(play, "0.0005").steps(2)
        assert play[PROVIDERS][1] == pytest.approx(98 + 2 * 14400 * 0.0005)


def test_a_provider_that_offered_no_window_may_leave_at_once():
    for play in both(bazaar()):
        act(leased(play, 7), "leave", provider=1, order=0).steps(1)
        assert (play[PROVIDERS], play[TENANTS]) == ([100, 107, 100], [493, 500])


def test_a_window_of_reclamation_holds_the_provider_and_pays_it():
    """AEP-82: announced, then paid at the full price until the window has passed; a tenant may end it at any time."""
    for play in both(bazaar()):
        leased(play, 7, window=3).steps(2)
        with pytest.raises(RunError, match="the window has not passed"):
            act(play, "leave", provider=1, order=0)
        act(play, "reclaim", provider=1, order=0)
        for day in range(3):
            assert status(play) == RECLAIMING
            with pytest.raises(RunError, match="the window has not passed"):
                act(play, "leave", provider=1, order=0)
            play.steps(1)
            assert play[PROVIDERS][1] == 98 + 7 * (3 + day)
        act(play, "leave", provider=1, order=0)
        play.steps(1)
        assert (play[PROVIDERS], play[TENANTS]) == ([100, 100 + 42, 100], [458, 500])
        act(act(leased(play, 7, window=3), "reclaim", provider=1, order=0), "close", tenant=0, order=0).steps(1)
        assert play[TENANTS] == [451, 500]


@pytest.mark.parametrize("window", ["0.04", "30.01"])
def test_a_window_is_an_hour_at_least_and_thirty_days_at_most(window):
    for play in both(bazaar()):
        with pytest.raises(RunError, match="a window that the network does not allow"):
            bid(order(play), 0, 0, 3, window=window)
        assert bid(play, 0, 0, 3, window=D(1) / 24)[BIDS][0] == 2


REFUSED = {
    "an order in a slot in use": lambda p: order(p, 1, 0),
    "a deposit below the minimum": lambda p: order(p, 1, 2, deposit="0.5"),
    "a price of nothing": lambda p: order(p, 1, 2, ceiling=0),
    "features that are none": lambda p: order(p, 1, 2, features=2**16),
    "a window beyond all": lambda p: order(p, 1, 2, window=31),
    "a bid above the ceiling": lambda p: bid(p, 0, 3, "10.1", 1),
    "a bid for nothing": lambda p: bid(p, 0, 3, 0, 1),
    "a bid on a lease": lambda p: bid(p, 0, 3, 3, 0),
    "a bid on nothing": lambda p: bid(p, 0, 3, 3, 2),
    "to choose for another": lambda p: act(p, "accept", tenant=0, order=1, bid=1),
    "to choose a bid on another order": lambda p: act(p, "accept", tenant=1, order=1, bid=0),
    "to choose no bid": lambda p: act(p, "accept", tenant=1, order=1, bid=4),
    "to choose twice": lambda p: act(p, "accept", tenant=0, order=0, bid=0),
    "to close another's lease": lambda p: act(p, "close", tenant=1, order=0),
    "to close nothing": lambda p: act(p, "close", tenant=0, order=2),
    "to top up another's order": lambda p: p.event("auction", "top_up", {"tenant": 0, "order": 1}, amount=1),
    "to top up nothing": lambda p: p.event("auction", "top_up", {"tenant": 0, "order": 2}, amount=1),
    "to take back a bid that serves": lambda p: act(p, "withdraw", provider=1, bid=0),
    "to take back another's bid": lambda p: act(p, "withdraw", provider=1, bid=1),
    "to end another's lease": lambda p: act(p, "leave", provider=0, order=0),
    "to announce the end of another's": lambda p: act(p, "reclaim", provider=2, order=0),
    "to announce without a window": lambda p: act(p, "reclaim", provider=1, order=0),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_rule_does_not_allow_is_refused_and_changes_nothing(what):
    for play in both(bazaar()):
        bid(order(leased(play), 1, 1), 2, 1, 4, 1)
        before = play.world
        with pytest.raises(RunError, match=r"MT312 reverse_auction\."):
            REFUSED[what](play)
        assert play.world is before


class Crowd:
    """Does what can be done: of all slots in the state that an action needs, the one that a number picks."""

    def __init__(self, play):
        self.play = play

    def known(self, name):
        return [int(v) for v in self.play.world.memory["auction"][name][:, 0]]

    def slots(self, *states):
        return [i for i in range(3) if status(self.play, i) in states]

    def do(self, what, n):
        """One action, where there is a slot for it."""
        play, tenants, providers = self.play, self.known("tenant"), self.known("provider")
        bids, on, bidders = self.known("bid"), self.known("bid_order"), self.known("bidder")
        where = {"order": self.slots(FREE), "bid": self.slots(OPEN), "top_up": self.slots(OPEN, LEASED), "close": self.slots(OPEN, LEASED, RECLAIMING)}
        where |= {"reclaim": self.slots(LEASED), "leave": self.slots(LEASED, RECLAIMING), "accept": [on[b] for b in range(6) if bids[b] == 1]}
        slot = where[what][n % len(where[what])] if where.get(what) else None
        named = {"tenant": tenants[slot], "order": slot} if slot is not None else {}
        if what == "order" and named:
            order(play, n % 2, slot, deposit=5 + 7 * n, window=n % 2)
        elif what == "bid" and named and 0 in bids:
            bid(play, n % 3, bids.index(0), 1 + n % 10, slot, window=1 + n % 2)
        elif what == "top_up" and named:
            play.event("auction", what, named, amount=n)
        elif what == "accept" and named:
            act(play, what, **named, bid=next(b for b in range(6) if bids[b] == 1 and on[b] == slot))
        elif what in ("reclaim", "leave") and named:
            act(play, what, provider=providers[slot], order=slot)
        elif what == "close" and named:
            act(play, what, **named)
        elif what == "withdraw" and 1 in bids:
            act(play, what, provider=bidders[bids.index(1)], bid=bids.index(1))


DOINGS = ["order", "bid", "bid", "accept", "wait", "close", "withdraw", "leave", "reclaim", "top_up", "wait"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 9)), min_size=20, max_size=60), st.sampled_from(["tenant", "lowest"]), st.integers(2, 3))
def test_whatever_is_done_in_whatever_order_money_and_deposits_find_their_owners(acts, choice, every):
    play = Play(bazaar(every, 1, choice=choice, patience=2), EXACT)
    bid(bid(order(leased(play, window=1), 1, 1, window=1), 2, 1, 4, 1, window=1), 0, 2, 5, 1, window=2)  # a lease, and an order with two bids
    crowd = Crowd(play)
    for what, n in acts:
        if what == "wait":
            play.steps(n % 4)
        else:
            with suppress(RunError):  # a second bid, a window that has not passed, money that is not there
                crowd.do(what, n)
        assert sum(map(sum, (play[TENANTS], play[PROVIDERS], play[ORDERS], play[BIDS]))) == 1300
        assert all(play[ORDERS][i] == 0 for i in crowd.slots(FREE))
        assert [held > 0 for held in play[BIDS]] == [state > 0 for state in crowd.known("bid")]
    for _ in range(3):
        crowd.do("close", 0)
    play.steps(2 * every)
    assert (play[ORDERS], play[BIDS]) == ([0] * 3, [0] * 6)
    assert all(has <= 500 for has in play[TENANTS])
    assert all(has >= 100 for has in play[PROVIDERS])


@pytest.mark.parametrize("wrong", [{"take": ({"value": D("0.1")},)}, {"bidders": "tenants/TOK"}, {"shortest": 31}])
def test_parameters_that_contradict_each_other_are_faults(wrong):
    assert "MT202" in [f.code for f in bazaar(**wrong).check()]
    assert bazaar().check() == []


def test_a_story_on_a_running_network_is_replayed_to_the_base_unit():
    spec = mt.load(EXHIBIT)
    with LiveNetwork.open("memory:", spec, secret=b"auction") as live:
        number = iter(range(10**6))

        def do(call, event, roles, **arguments):
            return live.do(Event(id=f"s{next(number)}", by="@0", call=call, event=event, roles=roles, arguments={k: str(v) for k, v in arguments.items()}))

        for kind, owners in (("tenants", ["tess", "tom"]), ("providers", ["pat", "pia"])):
            for owner in owners:
                live.do(Join(id=f"s{next(number)}", by=owner, kind=kind, owner=owner, row=0))
        live.tick()
        for owner in ("tess", "tom"):
            do("cash", "deposit", {"owner": owner}, amount=100)
        for owner in ("pat", "pia"):
            live.do(Move(id=f"s{next(number)}", by="ops", debit="market/TOK", credit=f"providers/TOK:{owner}", amount="100", reason="for deposits"))
        asked = {"ceiling": "3.5", "features": 0, "level": "0.5", "trust": "0.5", "window": 1}
        for tenant, slot in (("tess", "@0"), ("tom", "@1")):
            do("auction", "order", {"tenant": tenant, "order": slot}, deposit="10.000001", **asked)
        for i, (who, slot, price) in enumerate((("pat", "@0", "3.333333"), ("pia", "@0", "2.1"), ("pat", "@1", "3.1"))):
            do("auction", "bid", {"provider": who, "bid": f"@{i}", "order": slot}, price=price, window=2)
        do("auction", "accept", {"tenant": "tess", "order": "@0", "bid": "@0"})  # the dearer one: hers to choose; tom leaves it to the rule
        live.tick()
        do("auction", "reclaim", {"provider": "pat", "order": "@0"})
        for _ in range(6):
            live.tick()
        assert live.balances("pia")["providers/TOK"] == "100.000000"
        assert float(live.balances("pat")["providers/TOK"]) == pytest.approx(100 + 2 * 10.000001 * 0.96, abs=2e-6)
        assert [float(live.balances(t)["tenants/TOK"]) for t in ("tess", "tom")] == pytest.approx([89.999999] * 2)
        found = Replay().run([(r.seq, decode(r.body)) for r in live.ledger.records(0)])
    assert list(map(str, found.differences)) == []


# --- a population that bids ---------------------------------------------------------------------------------------


def market(demand="100", nodes=("10", "10", "10"), classes=None, fee="1", known=("1", "1", "1"), **params):
    classes = classes or tuple({"cost": c, "throughput": 1, "spread": 1} for c in ("1", "1.2", "3"))
    kinds = {"providers": Kind("providers", ("USD",), len(nodes), role="provider")}
    units = {"demand": ("USD/day", demand), "fee": ("USD/job", fee), "bid": ("USD/job", 0), "served": ("USD/day", 0), "unserved": ("USD/day", 0)}
    units |= {"utilisation": ("1", 0), "bidders": ("1", 0)}
    signals = {n: SignalDecl(n, unit, D(start)) for n, (unit, start) in units.items()}
    rows = {"nodes": ("node", nodes), "earned": ("USD/day", (0,) * len(nodes)), "work": ("job/day", (0,) * len(nodes)), "trust": ("1", known)}
    signals |= {n: SignalDecl(n, unit, tuple(map(D, v)), per="providers") for n, (unit, v) in rows.items()}
    named = {n: n for n in ("bid", "work", "served", "unserved", "utilisation", "bidders")} | {"reputation": "trust", "ceiling": 10}
    uses = [use("market", "bidding_market", classes=classes, **{**named, **params})]
    return Economy("market", {"USD": Asset("USD", 6, "fiat")}, kinds, signals, uses, D(1))


def played(economy, steps=1, paths=64, seed=1):
    """Series [step, path]; of work and earned [step, class, path]."""
    names = [f"{n}[{i}]" for n in ("work", "earned") for i in range(economy.kinds["providers"].holders)]
    run = simulate(economy, paths, steps, seed, Save(every=1, vars=("bid", "fee", "served", "unserved", "utilisation", "bidders", *names), paths=True))
    single = {n: np.asarray(run[n])[1:] for n in ("bid", "fee", "served", "unserved", "utilisation", "bidders")}
    return single | {n: np.stack([np.asarray(run[m])[1:] for m in names if m.startswith(n)], axis=1) for n in ("work", "earned")}


@pytest.mark.parametrize(("bidders", "spread"), [(1, "1"), (3, "1"), (19, "0.4"), (60, "1")])
def test_the_lowest_of_k_uniform_bids_lies_one_part_in_k_and_one_above_the_least(bidders, spread):
    """The mean of the least of k uniforms is 1 / (k + 1); `most` counts of them what the network lets bid."""
    one = ({"cost": 2, "markup": "0.1", "spread": spread, "throughput": 1},)
    bids = played(market("1", (str(bidders),), one, known=("1",)), paths=4096)["bid"][0]
    k = min(bidders, 20)
    assert bids.mean() == pytest.approx(2 * (1.1 + float(spread) / (k + 1)), abs=5 * 2 * float(spread) / (k + 1) / 64)
    assert bids.min() >= 2.2
    assert bids.max() <= 2 * (1.1 + float(spread))


@settings(max_examples=15, deadline=None)
@given(few=st.integers(1, 10), more=st.integers(0, 30), seed=st.integers(0, 99))
def test_more_bidders_never_make_the_lowest_bid_dearer_and_a_second_bid_is_no_lower(few, more, seed):
    one = ({"cost": 1, "throughput": 1},)
    low, high = (played(market("1", (str(n),), one, known=("1",), most=50), seed=seed)["bid"] for n in (few + more, few))
    assert np.all(low <= high + 1e-12)
    two = played(market("1", (str(few), str(few + more)), one * 2, known=("1", "1"), most=500), seed=seed)["bid"]
    assert np.all(two <= high + 1e-12)


@settings(max_examples=20, deadline=None)
@given(
    demand=st.integers(0, 100),
    nodes=st.lists(st.integers(1, 30), min_size=3, max_size=3),
    seed=st.integers(0, 99),
    ceiling=st.sampled_from([1, 2, 9]),
    days=st.integers(1, 9),
)
def test_nobody_works_beyond_capacity_nothing_is_leased_above_the_ceiling_and_what_is_wanted_is_served_or_not(demand, nodes, seed, ceiling, days):
    out = played(market(str(demand), tuple(map(str, nodes)), ceiling=ceiling, duration=days), steps=6, seed=seed)
    able = np.array(nodes, float)[:, None]
    fee = np.concatenate([np.ones_like(out["fee"][:1]), out["fee"][:-1]])
    for t in range(6):
        work = out["work"][t]
        assert np.all(work <= able + 1e-9)
        assert np.all(work.sum(axis=0) * fee[t] + out["unserved"][t] == pytest.approx(demand))
        assert np.all(out["earned"][t] <= work * ceiling + 1e-9)
        assert out["served"][t] == pytest.approx(out["earned"][t].sum(axis=0))
        assert out["utilisation"][t] == pytest.approx(work.sum(axis=0) / able.sum())
        assert np.all(out["bidders"][t] <= 20 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(
    bids=st.lists(st.sampled_from([1.0, 1.0 + 1e-12, 2.0, 3.0]), min_size=1, max_size=6),
    able=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    wanted=st.integers(0, 20),
)
def test_new_work_goes_to_the_lowest_bid_that_has_room(bids, able, wanted):
    column = np.array(able[: len(bids)], float)[:, None]
    given_ = merit(NUMPY, np.array(bids)[:, None], column, np.array([[float(wanted)]]))[:, 0]
    left, expected = wanted, []
    for i in sorted(range(len(bids)), key=lambda i: (round(bids[i], 6), i)):
        expected.append((i, min(left, able[i])))
        left -= expected[-1][1]
    assert given_.tolist() == [float(v) for _, v in sorted(expected)]


def test_leases_keep_their_price_until_they_end():
    """Of leases with a mean of ten days nine parts in ten are left a day later, at the price they had."""
    classes = ({"cost": 1, "throughput": 1},)
    out = played(market("5", ("10",), classes, known=("1",), duration=10), steps=2, paths=8)
    (first, second), (work, more), bid = out["earned"][:, 0], out["work"][:, 0], out["bid"][1]
    kept = np.minimum(0.9 * work, more)
    assert second == pytest.approx(first / work * kept + (more - kept) * bid)


def test_a_class_below_the_trust_asked_for_is_not_asked():
    for least, idle in (("0.3", True), ("0.2", False)):
        out = played(market("5", known=("0.2", "0.9", "0.9"), trust=least), steps=3)
        assert bool(out["work"][:, 0].max() == 0) == idle
