"""Yuma Consensus against the vectors: the chain's epoch, Yuma 3, liquid alpha, and the Python package that differs from the chain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.mechanisms.yuma.bonds import Liquid
from mintage.mechanisms.yuma.consensus import active_stake, consensus, counted, emission, normalised, permits, to_u16, upscaled
from mintage.mechanisms.yuma.epoch import Rules, epoch
from mintage.mechanisms.yuma.reference import Reference, reference_epoch

from . import cases, vectors

U16 = 65535
on_each = pytest.mark.parametrize("xp", [NUMPY, EXACT], ids=lambda x: x.name)  # JAX is held to agree in tests/mechanisms/test_yuma.py


@pytest.fixture(autouse=True)
def decimals():
    with exact():
        yield


def labelled(name: str) -> list[Any]:
    return [pytest.param(c, id=str(c.get("note") or c.get("case") or f"{c.get('fn')} {i}")) for i, c in enumerate(cases(name))]


def column(xp: Any, values: Any) -> Any:
    """[row, 1]."""
    return xp.array(np.reshape(np.asarray(values, dtype=float), (-1, 1)))


def matrix(xp: Any, rows: Any) -> Any:
    """Rows of validators as [miner, validator, 1]."""
    return xp.array(np.asarray(rows, dtype=float).T[..., None])


def flat(x: Any) -> Any:
    return np.asarray(x, dtype=float).reshape(-1)


# --- small functions -----------------------------------------------------------------------------------------------------

SMALL = {
    "weighted_median": lambda xp, c: consensus(xp, matrix(xp, np.reshape(c["score"], (-1, 1))), column(xp, c["stake"]), xp.num(c["kappa"])),
    "weighted_median_columns": lambda xp, c: consensus(xp, matrix(xp, c["weights"]), column(xp, c["stake"]), xp.num(c["kappa"])),
    "max_upscale_to_u16": lambda xp, c: upscaled(xp, column(xp, c["input"]), -2),
    "is_topk": lambda xp, c: permits(xp, column(xp, c["input"]), c["k"]),
}


@on_each
@pytest.mark.parametrize("case", labelled("yuma_math"))
def test_small_functions(xp, case):
    found = flat(SMALL[case["fn"]](xp, case))
    assert np.allclose(found, np.reshape(np.asarray(case["expect"], dtype=float), -1), rtol=0, atol=vectors("yuma_math")["tolerance"]["abs"])


# --- the chain -----------------------------------------------------------------------------------------------------------


def rules(xp: Any, params: Any, unit: int = U16) -> Rules:
    steep = params.get("steepness", params.get("alpha_sigmoid_steepness"))
    low, high, kappa, penalty = (xp.num(params[k]) for k in ("alpha_low", "alpha_high", "kappa", "bonds_penalty"))
    liquid = Liquid(low / unit, high / unit, xp.num(steep) / 100) if params["liquid_alpha"] else None
    version = "relative" if params["yuma3"] else "original"
    return Rules(kappa / U16, penalty / U16, 1 - xp.num(params["bonds_moving_avg"]) / 10**6, version, liquid)


class Chain:
    """A subnet of n uids: its weights (and which are present), stake, bonds, from one epoch to the next."""

    def __init__(self, xp: Any, case: Any) -> None:
        self.xp, self.n, self.params = xp, case["n"], case["params"]
        self.rows, self.present = np.zeros((self.n, self.n)), np.zeros((self.n, self.n))
        self.stake = np.zeros(self.n)
        self.stake[: len(case["stake"])] = case["stake"]
        every = case.get("permits") == "all"
        self.permit = np.ones(self.n) if every else (np.arange(self.n) < case["validators"]) * 1.0
        self.bonds = xp.zeros((self.n, self.n, 1))
        self.own = xp.array(np.eye(self.n)[..., None])

    def set(self, uid: int, row: Any) -> None:
        self.rows[uid], self.present[uid] = 0, 0
        for target, weight in row:
            self.rows[uid, target], self.present[uid, target] = weight, 1

    def run(self, active: Any, unit: int = U16) -> Any:
        xp, most = self.xp, self.params.get("max_validators", self.n)
        stake = normalised(xp, column(xp, self.stake), -2)
        allowed = column(xp, self.permit * np.asarray(active, dtype=float))
        share = active_stake(xp, stake, allowed)
        weights = counted(xp, matrix(xp, self.rows), column(xp, self.permit), self.own)
        found = epoch(xp, weights, share, self.bonds, rules(xp, self.params, unit), matrix(xp, self.present))
        permit = np.asarray(permits(xp, stake, most), dtype=float)
        assert permit.sum() == min(most, (self.stake > 0).sum())
        self.bonds = found.bonds * xp.array(permit)  # who has lost its permit has its bonds cleared
        return found, emission(xp, found.incentive, found.dividends, share, stake)


CHAIN = [(name, case) for name in ("yuma_chain_small", "yuma_chain_random", "yuma3_omitted_weight") for case in cases(name)]
RUNS = [(NUMPY, *c) for c in CHAIN] + [(EXACT, *c) for c in CHAIN if c[1]["n"] <= 24]  # a thousand uids in Decimals take minutes


@pytest.mark.parametrize(("xp", "name", "case"), RUNS, ids=lambda x: x if type(x) is str else getattr(x, "name", "") or x["note"][:40])
def test_epochs_of_the_chain(xp, name, case):
    told, chain = vectors(name)["tolerance"], Chain(xp, case)
    split = "layout" in case
    every, some, rest = range(case["n"]), range(case["validators"]), range(case["validators"], case["n"])
    for step in case["steps"]:
        for uid, row in step["weights_set"].items():
            chain.set(int(uid), row)
        found, (miners, validators) = chain.run(step.get("active", [1] * case["n"]))
        rao, expect = case["params"]["rao_emission"], step["expect"]
        mine = {
            "consensus_u16": (flat(to_u16(xp, found.consensus)), rest),
            "incentive_u16": (flat(to_u16(xp, found.incentive)), rest),
            "server_emission": (np.floor(flat(miners) * rao), rest),
            "validator_trust_u16": (flat(to_u16(xp, found.trust)), some),
            "dividends_u16": (flat(to_u16(xp, found.dividends)), some),
            "validator_emission": (np.floor(flat(validators) * rao), some),
        }
        for key, (values, part) in mine.items():
            off = np.abs(values[list(part if split else every)] - np.asarray(expect[key], dtype=float)).max()
            assert off <= told["u16_abs" if key.endswith("u16") else "emission_abs_rao"], key
        bonds = np.asarray(chain.bonds, dtype=float)[..., 0].T
        for uid, row in enumerate(expect.get("bonds_u16", [])):
            wanted = np.zeros(case["n"])
            for target, bond in row:
                wanted[target] = bond
            assert np.abs(bonds[uid] - wanted).max() <= told["bonds_u16_abs"], uid


@pytest.mark.parametrize("case", vectors("yuma_chain_small")["summary_cases"], ids=lambda c: c["note"][:22])
def test_a_full_graph_of_equal_weights(case):
    n, many = case["n"], case["validators"]
    chain = Chain(NUMPY, {"n": n, "validators": many, "stake": [328125e9] * many + [0] * (n - many), "params": {**cases("yuma_chain_small")[0]["params"]}})
    chain.params["max_validators"] = many
    for uid in range(many):
        chain.set(uid, [(j, U16) for j in range(many, n)])
    told = vectors("yuma_chain_small")["tolerance"]
    for _ in range(3):
        found, shares = chain.run([1] * n)
        for part, who in (("validator", slice(many)), ("server", slice(many, n))):
            expect = case["expect"][part]
            paid = sum(flat(s) for s in shares)[who] * 1e9
            for key, x in (("consensus", found.consensus), ("incentive", found.incentive), ("dividends", found.dividends)):
                assert np.abs(np.floor(flat(x)[who] * U16) - expect[f"{key}_u16"]).max() <= told["u16_abs"], (part, key)
            assert np.abs(paid - expect["emission_rao"]).max() <= told["emission_abs_rao"]
        assert np.all(chain.bonds[many:, :many] == case["expect"]["validator"]["bond_on_server_u16"])


@on_each
@pytest.mark.parametrize("case", labelled("yuma3_repo"))
def test_bonds_and_dividends_of_yuma_3(xp, case):
    chain, told = Chain(xp, case), vectors("yuma3_repo")["tolerance"]["abs"]
    last = max(map(int, case["expect_bonds"]))
    for t in range(last + 1):
        for uid, row in enumerate(case["weights_from_epoch"].get(str(t), [])):
            chain.set(uid, zip(case["server_uids"], row, strict=True))
        found, _ = chain.run([1] * case["n"], unit=1)
        bonds = np.asarray(chain.bonds, dtype=float)[case["server_uids"], : case["validators"], 0].T / U16
        assert np.allclose(bonds, case["expect_bonds"][str(t)], rtol=0, atol=told), t
        assert np.allclose(flat(found.dividends)[: case["validators"]], case["expect_dividends"][str(t)], rtol=0, atol=told), t


# --- the Python package --------------------------------------------------------------------------------------------------


def reference(name: str, wanted: Any) -> Reference:
    p = {**wanted["params"], **wanted.get("overrides", {})}
    liquid = Liquid(p["alpha_low"], p["alpha_high"], p["alpha_sigmoid_steepness"]) if p.get("liquid_alpha") else None
    return Reference(0.5, wanted["hyper"]["bond_penalty"], 1 - p["bond_moving_avg"], int(name[4]), liquid, bool(p.get("winner_takes_all")))


def compare(found: Any, expect: Any, told: float, where: Any) -> None:
    for key, values in expect.items():
        mine = np.asarray(getattr(found, key))
        mine = mine[..., 0].T if key == "bonds" else mine.reshape(-1)
        assert np.allclose(mine, values, rtol=0, atol=told), (where, key)


@pytest.mark.parametrize("case", labelled("yuma_simulation_cases"))
def test_cases_of_the_python_package(case):
    told = vectors("yuma_simulation_cases")["tolerance"]["abs"]
    for name, wanted in case["expect"].items():
        bonds, rows, stake = None, None, None
        for t in range(case["num_epochs"]):
            rows = next((w["weights"] for w in case["weights"] if w["from_epoch"] == t), rows)
            stake = next((s["stake"] for s in case["stake"] if s["from_epoch"] == t), stake)
            reset = case["reset_bonds"]
            if reset and reset["epoch"] == t and name != "yuma2" and bonds is not None:
                bonds = NUMPY.put(bonds, reset["server_index"], 0)
            found = reference_epoch(NUMPY, matrix(NUMPY, rows), column(NUMPY, stake), bonds, reference(name, wanted))
            bonds = found.bonds
            if str(t) in wanted["epochs"]:
                compare(found, wanted["epochs"][str(t)], told, (name, t))


@pytest.mark.parametrize("case", labelled("yuma_simulation_random"))
def test_random_weights_of_the_python_package(case):
    told = vectors("yuma_simulation_random")["tolerance"]["abs"]
    for name, wanted in case["expect"].items():
        bonds = None
        for t, expect in enumerate(wanted["epochs"]):
            rows = np.zeros((case["V"], case["M"]))
            for uid, row in enumerate(case["weights_sparse"][t]):
                for target, weight in row:
                    rows[uid, target] = weight
            found = reference_epoch(NUMPY, matrix(NUMPY, rows), column(NUMPY, case["stake"]), bonds, reference(name, wanted))
            bonds = found.bonds
            compare(found, expect, told, (name, t))
