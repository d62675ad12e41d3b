"""Cycles cost what ICP's price list says, burn tokens at the rate of the moment, and never come back; node providers are paid the same at any price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find

from .network import D, use
from .village import Play, both

TC = 10**12  # cycles in a unit
WALLET, PURSE, CANISTERS = Account("customers", "XDR"), Account("customers", "ICP"), Account("canisters", "CYCLES")
MARKET, NODES, BURNED, USED = Account("market", "ICP"), Account("nodes", "ICP"), Account("burned", "ICP"), Account("burned", "CYCLES")


def compute(*uses, owners=2, price=4, canisters=100, signals=None):
    assets = {"ICP": Asset("ICP", 8), "CYCLES": Asset("CYCLES", 12, "share"), "XDR": Asset("XDR", 6, "fiat")}
    kinds = {
        "market": Kind("market", ("ICP", "XDR")),
        "customers": Kind("customers", ("XDR", "ICP"), owners, role="customer", members="open"),
        "canisters": Kind("canisters", ("CYCLES",), owners, role="customer", members="customers"),
        "nodes": Kind("nodes", ("ICP", "XDR"), owners, role="provider"),
    }
    starts = {"price": price, "xdr": 1, "demand": 1000, **(signals or {})}
    units = {"price": "XDR/ICP", "xdr": "XDR/CYCLES", "demand": "CYCLES/day", "stored": "1", "updates": "1/day", "level": "1", "rate": "1"}
    declared = {n: SignalDecl(n, unit, D(starts.get(n, 0))) for n, unit in units.items()}
    declared["nodes"] = SignalDecl("nodes", "node", (D(30), D(10)) if owners == 2 else D(30), per="nodes")
    declared["income"] = SignalDecl("income", "ICP/day", D(0), per="nodes")
    opening = {MARKET: D(1_000_000), WALLET: D(1000 * owners), PURSE: D(100 * owners), CANISTERS: D(canisters * owners)}
    return Economy("compute", assets, kinds, declared, uses, D(1), opening=opening, token="ICP", fiat="XDR")


def cycles(**params):
    return use("cycles", "cycles", wallets="customers/XDR", purse="customers/ICP", providers_fiat="nodes/XDR", **params)


def costs(every=1, **params):
    return use("work", "cycle_costs", every, every - 1, **params)


def charged(play, row=0, **counts):
    """Cycles that an event takes, in cycles."""
    before = play[CANISTERS][row]
    play.event("work", "run", {"canister": row}, **{n: counts.get(n, 0) for n in find("cycle_costs").events["run"].arguments})
    return (before - play[CANISTERS][row]) * TC


def keep(play, row=0, stored=0, reserved=0):
    play.event("work", "keep", {"canister": row}, stored=stored, reserved=reserved)
    return play


# --- what operations cost -----------------------------------------------------------------------------------------------


def test_a_gib_for_thirty_days_on_13_nodes_costs_a_third_of_an_xdr():
    """C5: 329.2e9 cycles, 0.329 XDR."""
    for play in both(compute(costs())):
        keep(play, stored=1).steps(30)
        assert (100 - play[CANISTERS][0]) * TC == pytest.approx(329.2e9, rel=1e-4)
        assert 100 - play[CANISTERS][0] == pytest.approx(0.329, abs=5e-4)
        assert play[CANISTERS][1] == 100


def test_a_billion_instructions_and_an_update_on_13_nodes():
    """C6: 1.005e9 cycles."""
    for play in both(compute(costs())):
        assert charged(play, updates=1, instructions=10**9) == pytest.approx(1.005e9, rel=1e-6)


@pytest.mark.parametrize(
    ("operation", "cycles"),
    [("creations", 500e9), ("updates", 5e6), ("instructions", 1), ("ingresses", 1.2e6), ("ingress_bytes", 2000), ("calls", 260_000), ("call_bytes", 1000)],
)
@pytest.mark.parametrize("nodes", [13, 34, 1])
def test_each_operation_costs_its_price_in_proportion_to_nodes(operation, cycles, nodes):
    play = Play(compute(costs(nodes=nodes)))
    assert charged(play, **{operation: 1000 if cycles < 1e9 else 1}) == pytest.approx((1000 if cycles < 1e9 else 1) * cycles * nodes / 13, rel=1e-6, abs=0.1)


def test_a_threshold_signature_costs_by_the_nodes_that_sign():
    for nodes in (13, 28):
        assert charged(Play(compute(costs(nodes=nodes))), signatures=1) == pytest.approx(26_153_846_153, abs=1)


def test_a_reserved_per_cent_of_a_core_costs_ten_million_a_second():
    play = keep(Play(compute(costs())), reserved=3).steps(2)
    assert (100 - play[CANISTERS][0]) * TC == pytest.approx(3 * 10_000_000 * 86_400 * 2)


@settings(max_examples=20, deadline=None)
@given(a=st.integers(0, 10**9), b=st.integers(0, 10**9), calls=st.integers(0, 1000))
def test_charges_add_up_however_work_is_cut(a, b, calls):
    at_once, in_parts = Play(compute(costs())), Play(compute(costs()))
    whole = charged(at_once, instructions=a + b, calls=2 * calls)
    assert whole == pytest.approx(charged(in_parts, instructions=a, calls=calls) + charged(in_parts, instructions=b, calls=calls), abs=4)


def test_what_a_canister_used_is_for_its_subnet_to_say_and_not_for_its_owner():
    assert {e.authority for e in find("cycle_costs").events.values()} == {"operator"}


def test_below_thirty_days_of_idle_cost_nothing_runs_and_who_cannot_pay_is_deleted():
    for play in both(compute(costs(), canisters=1)):
        keep(play, stored=3)  # 30 days of it cost 0.9875
        charged(play, updates=2000)
        with pytest.raises(RunError, match="would be frozen"):
            charged(play, updates=1000)
        play.steps(20)
        assert play[CANISTERS][0] == pytest.approx(0.99 - 20 * 3 * 10_972_800_000 / TC)
        play.steps(30)
        assert play[CANISTERS][0] == pytest.approx(0, abs=1e-9)
        assert play.world.memory["work"]["stored"][0, 0] == 0
        assert play.total("CYCLES") == 0


def test_a_load_of_operations_is_a_demand_in_cycles_a_second():
    e = compute(costs(demand="demand", updates="updates", stored="stored"), signals={"updates": 86_400 * 1000, "stored": 10_000})
    demand = Play(e).steps(1).signal("demand")[0]
    assert demand * TC / 86_400 == pytest.approx(1000 * 5e6 + 10_000 * 127_000)


# --- buying them --------------------------------------------------------------------------------------------------------


def test_burning_0_77_xdr_a_second_burns_24_million_a_year():
    """C7: 24.3M XDR a year."""
    e = compute(cycles(), signals={"demand": D("0.77") * 86_400, "price": 4000})
    run = mt.simulate(e, 1, 365, save=mt.Save(every=1, vars=("burn/ICP", "tag:revenue/XDR"), paths=True))
    assert np.asarray(run["tag:revenue/XDR"]).sum() == pytest.approx(24.3e6, rel=2e-3)
    assert np.asarray(run["burn/ICP"]).sum() * 4000 == pytest.approx(24.3e6, rel=2e-3)


@settings(max_examples=20, deadline=None)
@given(price=st.sampled_from(["0.5", "2.17", "40"]), xdr=st.sampled_from(["1", "1.37"]), demand=st.integers(1, 5000))
def test_tokens_burned_are_cycles_over_the_rate_and_cycles_are_used_up(price, xdr, demand):
    for play in both(compute(cycles(), price=price, canisters=0, signals={"xdr": xdr, "demand": demand})):
        play.steps(1)
        assert play[BURNED][0] == pytest.approx(demand * float(xdr) / float(price), rel=1e-6)
        assert play[USED][0] == pytest.approx(demand)
        assert play[CANISTERS] == [pytest.approx(0, abs=1e-9)] * 2


def test_customers_buy_with_money_or_convert_their_own_tokens_at_the_same_rate():
    for play in both(compute(cycles(), canisters=0)):
        play.event("cycles", "pay", {"payer": 0}, amount=80)
        play.event("cycles", "convert", {"owner": 1}, amount=20)
        assert play[CANISTERS] == [80, 80]
        assert play[BURNED] == [40]
        assert (play[WALLET], play[PURSE]) == ([920, 1000], [100, 80])
        play.event("cycles", "post_job", {"payer": 0}, amount=50)
        play.event("cycles", "pay_job", {"payer": 0}, amount=50)
        assert play[CANISTERS] == [130, 80]


def test_cycles_never_become_tokens_again():
    """Only customers' flows lead into cycles, and only the burn out of them."""
    out = {(f.src.kind, f.dst.kind) for f in compute(cycles(), costs()).flow_table if f.src.asset == "CYCLES"}
    assert out == {("issuance", "canisters"), ("canisters", "burned")}


def test_what_holders_cannot_cover_is_not_bought_and_no_cycles_come_of_it():
    play = Play(compute(cycles(burn_limit=D("0.001")), canisters=0, signals={"demand": 10_000})).steps(1)
    assert play[BURNED] == [pytest.approx(1000)]
    assert play[USED] == [pytest.approx(4000)]


def test_without_a_token_customers_get_the_same_cycles_and_nothing_is_burned():
    assert find("cycles").ablation == find("burn_mint").ablation
    play = Play(compute(cycles(settlement="stablecoin"), canisters=0)).steps(1)
    assert (play[BURNED], play[USED]) == ([0], [pytest.approx(1000)])


# --- node providers -----------------------------------------------------------------------------------------------------


def pay(**params):
    return use("pay", "node_provider_rewards", providers="nodes/ICP", **{"pay": ({"value": 40},), "income": "income", "rate": "rate", **params})


@settings(max_examples=20, deadline=None)
@given(price=st.floats(0.1, 100).map(lambda x: round(x, 4)), every=st.sampled_from([1, 7]))
def test_nodes_earn_the_same_money_at_any_price(price, every):
    spec = pay(most=100)
    play = Play(compute(type(spec)(spec.name, spec.mechanism, spec.params, every, every - 1), price=str(price))).steps(every)
    assert [x * price for x in play[NODES]] == pytest.approx([30 * 40 * every, 10 * 40 * every])
    assert [x * price for x in play.signal("income")] == pytest.approx([1200, 400])


def test_half_the_price_mints_twice_as_much_up_to_its_bound():
    supply = 1_000_200
    rates = {price: Play(compute(pay(most=D("0.1")), price=price)).steps(1) for price in ("20", "10", "0.01")}
    shares = {price: sum(play[NODES]) * 365 / supply for price, play in rates.items()}
    assert shares["10"] == pytest.approx(2 * shares["20"])
    assert shares["0.01"] == pytest.approx(0.1)
    assert rates["0.01"].signal("rate")[0] == pytest.approx(0.1)


def test_where_no_token_is_left_a_share_of_supply_is_nothing():
    e = compute(pay(), price=10)
    e.opening.clear()
    for play in both(e):
        assert play.steps(1)[NODES] == [0, 0]
        assert play.signal("rate") == [0]


def test_below_the_floor_a_price_counts_as_the_floor():
    paid = {price: Play(compute(pay(floor=1), price=price)).steps(1)[NODES][0] for price in ("2", "1", "0.5", "0.01")}
    assert paid == pytest.approx({"2": 600, "1": 1200, "0.5": 1200, "0.01": 1200})


def test_a_cut_and_a_governed_level_scale_the_pay():
    e = compute(pay(pay=({"value": 40}, {"day": 2, "value": 20}), level="level"), signals={"level": D("0.5")})
    play = Play(e)
    assert [play.steps(1).signal("income")[0] * 4 for _ in range(4)] == pytest.approx([600, 600, 300, 300])
