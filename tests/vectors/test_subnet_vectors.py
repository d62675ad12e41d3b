"""Subnets as the chain has them: shares, flows, pools, splits and prices of entry, each case through the functions that the mechanisms use."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.binding import Binder
from mintage.mechanisms.emission_halving import block_emission
from mintage.mechanisms.subnets.dividends import distributed
from mintage.mechanisms.subnets.emission import SubnetEmission, alpha_emission, root_proportion, terms
from mintage.mechanisms.subnets.flow import averaged
from mintage.mechanisms.subnets.neurons import bumped, decayed, q32_factor
from mintage.mechanisms.subnets.pools import spot, swapped
from mintage.mechanisms.subnets.prices import kept
from mintage.mechanisms.subnets.shares import flow_shares, net_flow, price_shares, redistributed
from mintage.mechanisms.subnets.slots import lock_cost
from mintage.mechanisms.subnets.split import split

from . import cases, vectors


def column(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype=float).reshape(-1, 1)


def tolerance(name: str) -> dict[str, float]:
    return {k: v for k, v in vectors(name)["tolerance"].items() if k != "note"}


@pytest.mark.parametrize("case", cases("subnet_shares_price"))
def test_shares_by_price(case):
    allowed = tolerance("subnet_shares_price")
    share = price_shares(NUMPY, column(case["ema_price"]), (column(case["miner_burned"]), 1.0))
    share = redistributed(NUMPY, share, column(case["emission_enabled"]))[:, 0]
    assert share == pytest.approx(case["shares"], abs=allowed["shares_abs"])
    assert share * case["block_emission_rao"] == pytest.approx(case["tao_emission_rao"], abs=allowed["tao_emission_rao_abs"])


@pytest.mark.parametrize("case", cases("taoflow_shares"))
def test_shares_by_flow(case):
    allowed = tolerance("taoflow_shares")
    share = flow_shares(NUMPY, column(case["ema_flow"]), float(case["cutoff"]), float(case["exponent"]))[:, 0]
    linear = case["exponent"] == 1
    assert share == pytest.approx(case["shares"], rel=1e-12 if linear else allowed["shares_rel"], abs=allowed["shares_abs"])


@pytest.mark.parametrize("case", cases("net_taoflow_shares"))
def test_shares_by_net_flow(case):
    net = net_flow(NUMPY, column(case["user_ema"]), column(case["protocol_ema"]))
    assert net[:, 0] == pytest.approx(case["net_ema"], rel=1e-9)
    share = flow_shares(NUMPY, net, 0.0, 1.0)[:, 0]
    assert share == pytest.approx(case["shares"], abs=tolerance("net_taoflow_shares")["shares_abs"])
    assert (share > 0).sum() == case.get("eligible", (share > 0).sum())


@pytest.mark.parametrize("case", cases("taoflow_ema"))
def test_the_average_of_flows(case):
    allowed = tolerance("taoflow_ema")
    near = {"rel": allowed["ema_rel"], "abs": allowed["ema_abs"]}
    if "zero_blocks" in case:
        assert averaged(NUMPY, case["ema0"], 0.0, case["alpha"], case["zero_blocks"]) == pytest.approx(case["ema_final"], **near)
        return
    ema, found = case["ema0"], []
    for flow in case["net_flow_per_block_rao"]:
        ema = averaged(NUMPY, ema, float(flow), case["alpha"], 1)
        found.append(ema)
    assert found == pytest.approx(case["ema"], **near)
    flows = case["net_flow_per_block_rao"]
    if len(set(flows)) == 1:  # an even flow: all blocks at once
        assert averaged(NUMPY, case["ema0"], float(flows[0]), case["alpha"], len(flows)) == pytest.approx(case["ema"][-1], **near)


@pytest.mark.parametrize("case", cases("moving_price"))
def test_the_average_of_prices(case):
    told, allowed = vectors("moving_price")["defaults"], tolerance("moving_price")
    p = SimpleNamespace(rate=case.get("moving_alpha", told["moving_alpha"]), halving=case.get("halving_blocks", told["halving_blocks"]), blocks=1)
    left = kept(NUMPY, float(case["block"] - (case["first_emission_block"] - 1)), p)
    price, moving, found = min(case["spot_price"], 1.0), case["moving0"], []
    for _ in range(case["updates_at_same_block"]):
        moving = price + (moving - price) * left
        found.append(moving)
    assert found == pytest.approx(case["moving"], rel=allowed["rel"], abs=allowed["abs"])


@pytest.mark.parametrize("case", cases("amm_swap"))
@pytest.mark.parametrize("xp", [NUMPY, EXACT], ids=lambda xp: xp.name)
def test_a_swap_through_a_pool(case, xp):
    allowed = tolerance("amm_swap")
    with exact():
        paid, tao, alpha, weight = (xp.full((1, 1), xp.num(str(case[k]) if xp is EXACT else case[k])) for k in KEYS)
        fee = paid * xp.num(case["fee_rate_u16"]) / 65535
        into, out_of, lean = (tao, alpha, weight / (1 - weight)) if case["side"] == "buy" else (alpha, tao, (1 - weight) / weight)
        out = swapped(xp, into, out_of, paid - fee, lean)
        if case["weight_quote"] == 0.5:  # the form without weights is the same
            assert float(swapped(xp, into, out_of, paid - fee)[0, 0]) == pytest.approx(float(out[0, 0]), rel=1e-9)
        if "spot_price_before" in case:
            assert float(spot(xp, tao, alpha, weight)[0, 0]) == pytest.approx(case["spot_price_before"], rel=allowed["out_rel"])
    assert float(fee[0, 0]) == pytest.approx(case["expect"]["fee"], abs=allowed["fee_abs"])
    assert float(out[0, 0]) == pytest.approx(case["expect"]["out"], rel=allowed["out_rel"], abs=allowed["out_abs"])


KEYS = ("amount_in", "tao_reserve", "alpha_reserve", "weight_quote")


@pytest.mark.parametrize("case", cases("subnet_terms"))
def test_what_goes_into_a_pool(case):
    near = tolerance("subnet_terms")
    p = emission_rule(NUMPY)
    issued = np.full((1, 1), case["alpha_issuance"] / 1e9)
    rho = root_proportion(NUMPY, case["tao_weight"], np.full((1, 1), case["root_tao_rao"] / 1e9), issued)
    emitted = alpha_emission(p, issued, NUMPY)
    t = terms(NUMPY, np.full((1, 1), case["tao_emission_rao"] / 1e9), case["spot_price"], rho * emitted)
    found = {"alpha_emission": emitted * 1e9, "root_proportion": rho, "alpha_in": t.alpha_in * 1e9, "tao_in": t.tao_in * 1e9}
    found |= {"alpha_out": emitted * 1e9, "excess_tao": t.excess * 1e9}
    for name, value in case["expect"].items():
        assert float(found[name][0, 0]) == pytest.approx(value, rel=near["rel"], abs=near["abs"] if name != "root_proportion" else 1e-9), name


def emission_rule(xp: Any) -> Any:
    """Parameters of the emission of one block."""
    with exact():
        p = Binder(xp, Decimal(1), {"token": "TAO"}).bind(SubnetEmission.Params(blocks=1))
        vars(p).update(SubnetEmission().derive(p, xp))
    return p


def test_alpha_halves_by_its_own_issuance_as_tao_does():
    """The curve of TAO, each subnet for itself. A block that ends past a threshold begins to halve on its way there; on the chain the next one does."""
    p = emission_rule(EXACT)
    with exact():
        for case in cases("block_emission"):
            issued, expected = case["issuance_rao"], case["emission_rao"]
            found = alpha_emission(p, EXACT.full((1, 1), EXACT.num(issued) / 10**9), EXACT)[0, 0] * 10**9
            crossing = block_emission(issued + expected) != expected
            assert (expected // 2 - 1 <= found <= expected) if crossing else abs(found - expected) <= Decimal("0.5"), case


@pytest.mark.parametrize("case", cases("emission_split"))
def test_the_split_of_alpha(case):
    expect = case["expect"]
    cut, paid = case["owner_cut_u16"] / 65535, float(case["root_sell"])
    s = split(float(case["alpha_out"]), cut, case["root_proportion"], 0.5)
    found = {"owner": s.owner, "server": s.miners, "validator": s.validators, "root_alpha_to_root": s.root * paid, "root_alpha_recycled": s.root * (1 - paid)}
    for name, value in expect.items():
        assert found[name] == pytest.approx(value, abs=tolerance("emission_split")["abs"]), name
    assert sum(found.values()) == pytest.approx(case["alpha_out"])


@pytest.mark.parametrize("case", cases("dividend_distribution"))
def test_dividends_by_what_backs_them(case):
    near = tolerance("dividend_distribution")
    alpha, root = (column([s[i] for s in case["stakes_alpha_root"]]) for i in (0, 1))
    pots = (np.full((1, 1), float(case[k])) for k in ("pending_validator_alpha", "pending_root_alpha"))
    found = distributed(NUMPY, *pots, column(case["dividends"]), alpha, root * case["tao_weight"])
    for name, value in zip(("alpha_dividends", "root_alpha_dividends"), found, strict=True):
        assert value[:, 0] == pytest.approx(case[name], rel=near["rel"], abs=near["abs"]), name


@pytest.mark.parametrize("case", cases("subnet_lock_cost"))
def test_the_cost_of_a_subnet_to_the_base_unit(case):
    told = {**vectors("subnet_lock_cost")["defaults"], **case}
    with exact():
        rao, since = EXACT.num("1e-9"), told["current_block"] - told["last_lock_block"]
        last, least = (EXACT.full((1, 1), rao * told[k]) for k in ("last_lock_rao", "min_lock_rao"))
        times = 2 if told["last_lock_block"] else 1
        cost = lock_cost(EXACT, last, least, since, EXACT.num(told["reduction_interval"]), times, rao)
        assert cost[0, 0] / rao == case["cost_rao"]
    assert tolerance("subnet_lock_cost")["cost_rao"] == 0


def test_the_price_of_a_neuron_after_each_registration():
    told, burn = vectors("registration_burn"), vectors("registration_burn")["defaults"]["start"]
    assert told["defaults"] == {"half_life": 360, "bump": 1.26, "start": 100_000_000, "min": 500_000, "max": 100_000_000_000}
    for expected in told["bump_sequence_from_default_start"]:
        burn = bumped(burn, told["defaults"]["max"])
        assert burn == expected


@pytest.mark.parametrize("case", cases("registration_burn"))
def test_the_price_of_a_neuron_while_nobody_comes(case):
    assert q32_factor(case["half_life"]) == case["factor_q32"]
    for blocks, expected in case["burn_after_blocks"].items():
        assert decayed(case["burn0"], case["half_life"], int(blocks), case["min_burn"]) == expected
        if case["half_life"]:  # the mechanism's closed form rounds nothing: a block of the chain is off by a base unit, and by 2^-31 for its factor
            real = case["burn0"] * 0.5 ** (int(blocks) / case["half_life"])
            assert abs(real - expected) <= int(blocks) * (1 + case["burn0"] / 2**31) + 1
