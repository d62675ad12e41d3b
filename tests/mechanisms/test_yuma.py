"""Yuma Consensus: what an epoch must keep to, what a coalition cannot do, what copying is worth, and the mechanism's slots, reveals and pay."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import jax as jax_itself
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_exact, to_float
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.guard import Guard
from mintage.mechanisms.base import Context, State
from mintage.mechanisms.yuma.bonds import Liquid
from mintage.mechanisms.yuma.consensus import active_stake, consensus, counted, emission, permits
from mintage.mechanisms.yuma.epoch import Rules, epoch
from mintage.mechanisms.yuma.pairs import as_rows, by_pair
from mintage.mechanisms.yuma.reference import Reference, reference_epoch
from mintage.mechanisms.yuma.slots import next_out
from mintage.noise import NoiseSource

from .network import use

D = Decimal
KAPPA = 32767 / 65535
seeds = st.integers(0, 10**6)
RULES = {
    "original": Rules(KAPPA, 1.0, 0.1),
    "half a penalty": Rules(0.4, 0.5, 0.3, stored="exact"),
    "relative": Rules(KAPPA, 0.0, 0.025, "relative"),
    "liquid": Rules(KAPPA, 0.0, 0.1, "relative", Liquid(0.1, 0.3, 10.0), "exact"),
}
of_rules = pytest.mark.parametrize("name", RULES)
quick = settings(max_examples=15, deadline=None)


def drawn(seed, miners=6, validators=4, paths=1, gaps=0.3):
    """Weights with some left out, stake that sums to 1, bonds of an epoch before."""
    rng = np.random.default_rng(seed)
    weights = rng.random((miners, validators, paths)) * (rng.random((miners, validators, paths)) > gaps)
    stake = rng.random((validators, paths)) ** 2 + 0.01
    bonds = rng.integers(0, 65536, weights.shape) * (rng.random(weights.shape) > gaps)
    return weights, stake / stake.sum(axis=0), bonds.astype(float)


def of(name, bonds):
    """Bonds as these rules store them."""
    return bonds / 65535 if RULES[name].stored == "exact" else bonds


def close(a, b, tol=1e-12):
    for x, y in zip(a, b, strict=True):
        assert np.allclose(to_float(np.asarray(x)), to_float(np.asarray(y)), rtol=tol, atol=tol)


# --- laws of an epoch ------------------------------------------------------------------------------------------------


@of_rules
@quick
@given(seed=seeds, gaps=st.sampled_from([0, 0.5, 0.95, 1]))
def test_incentives_and_dividends_sum_to_one_or_are_nothing(name, seed, gaps):
    weights, stake, bonds = drawn(seed, paths=3, gaps=gaps)
    found = epoch(NUMPY, weights, stake, of(name, bonds), RULES[name])
    for x in (found.incentive[:, 0], found.dividends):
        assert np.all(x >= 0)
        assert np.all((np.abs(x.sum(axis=0) - 1) < 1e-12) | (x.sum(axis=0) == 0))
    assert np.all(found.incentive.sum(axis=0)[0] >= found.dividends.sum(axis=0) - 1e-12)  # who earns dividends earns them on a miner that earns
    assert np.all((found.trust >= 0) & (found.trust <= 1 + 1e-12))
    assert np.all((found.bonds >= 0) & (found.bonds <= (1 if RULES[name].stored == "exact" else 65535) + 1e-12))
    if RULES[name].stored == "u16":
        assert np.all(found.bonds == np.floor(found.bonds))
    miners, validators = emission(NUMPY, found.incentive, found.dividends, stake, stake)
    assert np.allclose(miners.sum(axis=0)[0] + validators.sum(axis=0), 1, rtol=1e-12)


@of_rules
@quick
@given(seed=seeds)
def test_names_do_not_matter(name, seed):
    """Miners and validators in another order have the same results in that order."""
    weights, stake, bonds = drawn(seed)
    rng = np.random.default_rng(seed)
    m, v = rng.permutation(6), rng.permutation(4)
    a = epoch(NUMPY, weights, stake, of(name, bonds), RULES[name])
    b = epoch(NUMPY, weights[m][:, v], stake[v], of(name, bonds)[m][:, v], RULES[name])
    close(b, (a.consensus[m], a.trust[v], a.incentive[m], a.dividends[v], a.bonds[m][:, v]))


@of_rules
@quick
@given(seed=seeds, scale=st.floats(1e-3, 1e3))
def test_only_ratios_of_weights_and_of_stake_matter(name, seed, scale):
    weights, stake, bonds = drawn(seed)
    a = epoch(NUMPY, weights, stake, of(name, bonds), RULES[name])
    rows = np.random.default_rng(seed).uniform(0.1, 9, (4, 1))
    b = epoch(NUMPY, weights * rows * scale, active_stake(NUMPY, stake * scale, np.ones((4, 1))), of(name, bonds), RULES[name])
    close(a, b, 1e-10)


@of_rules
@quick
@given(seed=seeds)
def test_paths_do_not_touch_and_one_alone_is_the_same(name, seed):
    weights, stake, bonds = drawn(seed, paths=3)
    together = epoch(NUMPY, weights, stake, of(name, bonds), RULES[name])
    for p in range(3):
        at = slice(p, p + 1)
        alone = epoch(NUMPY, weights[..., at], stake[:, at], of(name, bonds)[..., at], RULES[name])
        close(alone, [x[..., at] for x in together])


@cache
def compiled(name):
    xp = jax()
    return jax_itself.jit(lambda w, a, b, p: epoch(xp, w, a, b, RULES[name], p))


@of_rules
@quick
@given(seed=seeds)
def test_the_three_arithmetics_agree(name, seed):
    weights, stake, bonds = drawn(seed, paths=2)
    bonds, rules = of(name, bonds), RULES[name]
    present = (weights > 0) * 1.0
    found = epoch(NUMPY, weights, stake, bonds, rules, present)
    close(compiled(name)(weights, stake, bonds, present), found)
    with exact():
        numbers = [EXACT.num(x) if type(x) is float else x for x in rules]
        liquid = rules.liquid and Liquid(*map(EXACT.num, rules.liquid))
        close(epoch(EXACT, *map(to_exact, (weights, stake, bonds)), Rules(*numbers)._replace(liquid=liquid), to_exact(present)), found)


@quick
@given(seed=seeds, version=st.sampled_from([1, 2, 3]))
def test_the_variant_of_the_python_package_agrees_with_itself_in_decimals(seed, version):
    weights, stake, bonds = drawn(seed)
    rules = Reference(0.5, 0.75, 0.1, version, Liquid(0.1, 0.3, 10.0) if seed % 2 else None)
    for old in (None, bonds / 65535):
        found = reference_epoch(NUMPY, weights, stake, old, rules)
        with exact():
            numbers = Reference(EXACT.num(0.5), EXACT.num(0.75), EXACT.num(0.1), version, rules.liquid and Liquid(*map(EXACT.num, rules.liquid)))
            same = reference_epoch(EXACT, to_exact(weights), to_exact(stake), None if old is None else to_exact(old), numbers)
        close(found, same, 1e-11)


@of_rules
def test_without_weights_nobody_earns_and_emission_goes_by_stake(name):
    weights, stake, bonds = drawn(3)
    found = epoch(NUMPY, 0 * weights, stake, of(name, bonds), RULES[name])
    assert not found.incentive.any()
    assert not found.dividends.any()
    assert not found.consensus.any()
    miners, validators = emission(NUMPY, found.incentive, found.dividends, stake, stake)
    assert not miners.any()
    assert np.array_equal(validators, stake)
    nobody = emission(NUMPY, found.incentive, found.dividends, 0 * stake, stake)
    assert np.array_equal(nobody[1], stake)


def test_no_bonds_no_dividends():
    """Who holds no bond on a miner that earns is paid nothing, however large its stake: by Yuma 3 at a rate of 0."""
    weights, stake, _ = drawn(5, gaps=0)
    still = RULES["relative"]._replace(rate=0.0)
    held = np.zeros(weights.shape)
    held[:, 1:] = 1000
    found = epoch(NUMPY, weights, stake, held, still)
    assert found.dividends[0] == 0
    assert np.all(found.dividends[1:] > 0)
    assert not epoch(NUMPY, weights, stake, 0 * held, still).dividends.any()


# --- by hand ---------------------------------------------------------------------------------------------------------


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_an_epoch_by_hand():
    """Stake 0.6 and 0.4; the first puts 1/4 and 3/4 on two miners, the second all on the first. C is the majority's, so the second is cut to 1/4."""
    weights = np.array([[[1.0], [5.0]], [[3.0], [0.0]]])
    found = epoch(NUMPY, weights, column(0.6, 0.4), np.zeros((2, 2, 1)), RULES["original"]._replace(kappa=0.5))
    assert found.consensus[:, 0, 0].tolist() == [0.25, 0.75]
    assert found.trust[:, 0] == pytest.approx([1, 0.25])
    assert found.incentive[:, 0, 0] == pytest.approx([0.25 / 0.7, 0.45 / 0.7])
    d = np.array([0.6 * 0.25 + 0.45, 0.4 * 0.25]) / 0.7  # bonds are new: 0.6 and 0.4 of the first miner, all of the second
    assert found.dividends[:, 0] == pytest.approx(d)
    assert found.bonds[..., 0].tolist() == [[65535, 43689], [65535, 0]]  # 0.4 / 0.6 of 65535 is 43690, less what the chain loses


def test_bonds_of_yuma_3_by_hand():
    weights, stake = np.array([[[1.0], [1.0]], [[1.0], [0.0]]]), column(0.5, 0.5)
    rules = RULES["relative"]._replace(stored="exact", rate=0.25)
    found = epoch(NUMPY, weights, stake, np.full((2, 2, 1), 0.4), rules)
    assert found.bonds[..., 0] == pytest.approx(np.array([[0.3 + 0.125, 0.3 + 0.25], [0.3 + 0.125, 0.3]]))


def test_liquid_alpha_drops_a_bond_on_a_miner_left_out_and_keeps_one_on_an_explicit_zero():
    weights, stake = np.array([[[1.0], [1.0]], [[0.0], [1.0]]]), column(0.5, 0.5)
    held = np.full((2, 2, 1), 0.5)
    named, left_out = np.ones((2, 2, 1)), (weights > 0) * 1.0
    dropped, kept = (epoch(NUMPY, weights, stake, held, RULES["liquid"], present).bonds[1, 0, 0] for present in (left_out, named))
    assert dropped == 0
    assert 0.3 < kept < 0.5


def test_a_bond_that_decays_to_a_whole_number_loses_one_more_as_on_the_chain():
    """40 of 65535 at a rate of 1/40 is 39; the chain's cut products fall below it and store 38."""
    weights, stake = np.array([[[1.0], [0.0]], [[0.0], [1.0]]]), column(0.5, 0.5)
    held = np.zeros((2, 2, 1))
    held[0, 1] = 40
    assert epoch(NUMPY, weights, stake, held, RULES["relative"]).bonds[0, 1, 0] == 38


def test_permits_go_to_the_largest_stakes_and_of_equals_to_the_later():
    stake = column(3, 1, 3, 0, 2, 3)
    assert permits(NUMPY, stake, 2)[:, 0].tolist() == [0, 0, 1, 0, 0, 1]
    assert permits(NUMPY, stake, 4)[:, 0].tolist() == [1, 0, 1, 0, 1, 1]
    assert permits(NUMPY, stake, 9)[:, 0].tolist() == [1, 1, 1, 0, 1, 1]


def test_weights_that_do_not_count():
    """Of who has no permit, on oneself, older than the miner, committed before it."""
    weights = np.ones((3, 3, 1))
    left = counted(
        NUMPY,
        weights,
        column(1, 1, 0),
        np.eye(3)[..., None],
        updated=column(10, 20, 30),
        registered=np.array([0, 10, 5.0])[:, None, None],
        committed=column(5, 3, 99),
    )
    #      miner 0: validator 1 set and committed later; miner 1: 0 set as it came, 1 is itself; miner 2: 0 committed as it came, 1 before
    assert left[..., 0].tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


# --- what a coalition cannot do --------------------------------------------------------------------------------------


@quick
@given(seed=seeds, part=st.floats(0.01, 0.999))
def test_below_kappa_nobody_lifts_a_miner_above_what_the_others_back(seed, part):
    """A coalition with less than kappa of the stake, whatever it says: consensus on a miner is at most the highest weight that another puts on it."""
    weights, stake, _ = drawn(seed, miners=5, validators=6)
    mine = column(1, 1, 0, 0, 0, 0)
    theirs, ours = stake * (1 - mine), stake * mine
    stake = ours * (part * KAPPA / ours.sum()) + theirs * ((1 - part * KAPPA) / theirs.sum())
    lie = np.random.default_rng(seed + 1).random((5, 2, 1)) ** 8
    weights = np.concatenate([lie, weights[:, 2:]], axis=1)
    whole = weights / np.maximum(weights.sum(axis=0), 1e-300)
    found = consensus(NUMPY, whole, stake, KAPPA)
    assert np.all(found[:, 0] <= whole[:, 2:].max(axis=1) + 1e-12)


@quick
@given(seed=seeds)
def test_below_kappa_a_cabal_gains_nothing_where_the_others_give_nothing(seed):
    """Its own miner, which nobody else weighs, earns nothing, and whoever weighs only that one earns no dividends and has no trust."""
    weights, stake, bonds = drawn(seed, gaps=0)
    weights[:, 0], weights[-1] = 0, 0
    weights[-1, 0] = 1
    stake[0] = 0.98 * KAPPA / (1 - 0.98 * KAPPA) * stake[1:].sum()
    stake /= stake.sum()
    found = epoch(NUMPY, weights, stake, np.zeros(bonds.shape), RULES["original"])
    assert found.incentive[-1, 0, 0] == 0
    assert found.dividends[0, 0] == 0
    assert found.trust[0, 0] == 0
    stake[0] = 1.1 * stake[1:].sum()  # with more than half it is the majority
    assert epoch(NUMPY, weights, stake / stake.sum(), np.zeros(bonds.shape), RULES["original"]).incentive[-1, 0, 0] == 1


# --- slots -----------------------------------------------------------------------------------------------------------


@quick
@given(seed=seeds, immunity=st.integers(0, 6))
def test_the_slot_that_makes_room(seed, immunity):
    rng = np.random.default_rng(seed)
    score, since, now = rng.integers(0, 3, (7, 2)) / 10, rng.integers(0, 9, (7, 2)).astype(float), 9
    found = next_out(NUMPY, score, since, now, immunity)
    for p in range(2):
        able = [j for j in range(7) if now - since[j, p] >= immunity] or range(7)
        wanted = min(able, key=lambda j: (score[j, p], since[j, p], j))
        assert found[:, p].tolist() == [float(j == wanted) for j in range(7)]


@quick
@given(seed=seeds)
def test_pairs_are_rows_and_matrices(seed):
    rows = np.random.default_rng(seed).random((12, 2))
    matrix = by_pair(NUMPY, rows, 4, 3)
    assert np.array_equal(as_rows(NUMPY, matrix), rows)
    assert matrix[2, 1].tolist() == rows[7].tolist()
    assert by_pair(NUMPY, rows, 4, 5)[:, 3:].sum() == 0


# --- the mechanism ---------------------------------------------------------------------------------------------------

VALIDATORS, MINERS, POOL, HOLDERS = Account("validators", "TAO"), Account("miners", "TAO"), Account("pool", "TAO"), Account("holders", "TAO")
RATERS = {"use": "yuma_raters"}


def subnet(*before, stakes=(4, 3, 2), miners=3, same=False, quality=None, **params):
    """A pool of 100, validators with these stakes, miners."""
    kinds = {
        "pool": Kind("pool", ("TAO",)),
        "holders": Kind("holders", ("TAO",), 2),
        "validators": Kind("validators", ("TAO",), len(stakes)),
        "miners": Kind("miners", ("TAO",), miners),
        "pairs": Kind("pairs", ("TAO",), miners * len(stakes)),
    }
    per = {
        "incentive": "validators" if same else "miners",
        "dividends": "validators",
        "trust": "validators",
        "consensus": "miners",
        "quality": "miners",
        "ratings": "pairs",
    }
    start = {"quality": tuple(map(D, quality)) if quality else D(1)}
    signals = {name: SignalDecl(name, "1", start.get(name, D(0)), "", kind) for name, kind in per.items()}
    signals["price"] = SignalDecl("price", "TAO", D(5))
    given = {"trust": "trust", "pool": "pool/TAO", "owners": "holders/TAO", **({"miners": "validators/TAO"} if same else {"consensus": "consensus"}), **params}
    opening = {POOL: D(100), HOLDERS: D(50)}
    e = Economy("subnet", {"TAO": Asset("TAO", 9)}, kinds, signals, [*before, use("yuma", "yuma", **given)], D(1), opening=opening)
    return Play(e, stakes)


class Play:
    """A run on one path, step by step, with events between."""

    def __init__(self, e, stakes, paths=1):
        self.bound, self.t = e.bind(NUMPY), 0
        self.world, self.guard = self.bound.start(paths), Guard(self.bound)
        self.noise = NoiseSource(1, self.bound.noise(), 0, 1, paths)
        self.world.balances[VALIDATORS] = np.repeat(column(*stakes), paths, axis=1)

    @property
    def memory(self):
        return self.world.memory["yuma"]

    def step(self, times=1):
        for _ in range(times):
            self.bound.step(self.world, self.t, self.noise, self.guard)
            self.t += 1
        return self

    def act(self, name, arguments=None, **rows):
        call = next(c for c in self.bound.calls if c.name == "yuma")
        ctx = Context(NUMPY, self.t, call.dt, {}, {}, (self.t + 1) * self.bound.dt, 1, 0)
        at = {k: np.atleast_1d(v) for k, v in rows.items()}
        given = {k: np.atleast_1d(np.asarray(v, dtype=float))[:, None] for k, v in (arguments or {}).items()}
        flows, updates = getattr(call.use.mechanism, name)(call.p, State(self.world.balances, self.memory), self.world.signals, ctx, at, **given)
        self.guard(self.world.balances, call, flows)
        self.bound.keep(call, self.world, updates)
        return self

    def weigh(self, validator, **weights):
        """`m0=1` puts 1 on miner 0."""
        at = [int(k[1:]) for k in weights]
        return self.act("set_weight", {"weight": list(weights.values())}, validator=[validator] * len(at), miner=at)

    def signal(self, name):
        return self.world.signals[name][:, 0]


def test_an_epoch_pays_its_whole_pool_half_to_miners_and_half_to_validators():
    run = subnet().weigh(0, m0=1, m1=1).weigh(1, m0=1, m1=1).weigh(2, m2=1).step()
    assert run.signal("incentive") == pytest.approx([0.5, 0.5, 0])
    assert run.signal("dividends") == pytest.approx([4 / 7, 3 / 7, 0])
    assert run.signal("trust") == pytest.approx([1, 1, 0])
    assert run.world.balances[MINERS][:, 0] == pytest.approx([25, 25, 0])
    assert run.world.balances[VALIDATORS][:, 0] == pytest.approx([4 + 200 / 7, 3 + 150 / 7, 2])
    assert run.world.balances[POOL][0, 0] == pytest.approx(0, abs=1e-12)


def test_without_weights_the_pool_goes_to_stake():
    run = subnet().step()
    assert run.world.balances[VALIDATORS][:, 0] == pytest.approx([4 * (1 + 100 / 9), 3 * (1 + 100 / 9), 2 * (1 + 100 / 9)])


def test_stake_counts_what_is_delegated_and_what_is_on_root_and_leaves_out_the_small():
    place = "validators/TAO"
    run = subnet(delegated=place, root=place, tau=D("0.5"), least=D(7))  # 4, 3 and 2 become 10, 7.5 and 5
    run.weigh(0, m1=1).weigh(1, m1=1).weigh(2, m0=1, m1=1).step()
    assert run.signal("incentive") == pytest.approx([0, 1, 0])
    assert run.signal("dividends") == pytest.approx([4 / 7, 3 / 7, 0])


def test_where_one_kind_is_both_nobody_weighs_itself():
    run = subnet(same=True).weigh(0, m0=1, m1=1).weigh(1, m1=1, m0=1).weigh(2, m0=1, m1=1).step()
    assert run.signal("trust") == pytest.approx([0.5, 0.5, 1])  # 0 weighs 1 only, and 1 weighs 0 only: half of it is backed
    assert run.signal("incentive") == pytest.approx([5 / 11, 6 / 11, 0])
    assert subnet(same=True).weigh(0, m0=1).step().signal("incentive").sum() == 0


def test_a_permit_is_for_the_largest_stakes_of_the_last_epoch():
    run = subnet(most=2).weigh(2, m2=1).step()
    assert run.memory["permit"][:, 0].tolist() == [1, 1, 0]
    assert run.memory["bonds"][:, 2].sum() == 0
    with pytest.raises(RunError, match=r"MT312 yuma\.set_weight"):
        run.weigh(2, m0=1)
    run.weigh(0, m0=1).step()
    assert run.signal("incentive").tolist() == [1, 0, 0]


def test_who_sets_no_weights_for_long_is_inactive():
    run = subnet(cutoff=3).weigh(0, m0=1).weigh(1, m1=1).weigh(2, m1=1).step(3)
    run.weigh(1, m1=1).step(1)
    assert run.signal("incentive") == pytest.approx([0, 1, 0])
    assert run.step(2).signal("incentive") == pytest.approx([0, 1, 0])  # 0 and 2 are silent since step 0
    assert run.step(3).signal("incentive").sum() == 0


@pytest.mark.parametrize("conceal", [0, 1, 4])
def test_a_weight_is_used_when_it_is_revealed(conceal):
    run = subnet(conceal=conceal)
    for v in range(3):
        run.weigh(v, m0=1)
    shown = [run.step().signal("incentive")[0] for _ in range(conceal + 1)]
    assert shown == [0] * conceal + [1]
    for v in range(3):
        run.weigh(v, m0=0, m1=1)
    shown = [run.step().signal("incentive")[1] for _ in range(conceal + 1)]
    assert shown == [0] * conceal + [1]


def test_a_newcomer_takes_the_worst_slot_with_neither_weights_nor_bonds_and_the_old_owner_its_earnings():
    run = subnet(price="price", conceal=1, immunity=3)
    for v in range(3):
        run.weigh(v, m0=1, m1=0.5)
    run.step(2)
    with pytest.raises(RunError, match=r"MT312 yuma\.register"):
        run.act("register", owner=0, miner=0)
    run.act("register", owner=0, miner=2)
    assert run.world.balances[HOLDERS][0, 0] == 20
    for v in range(3):
        run.weigh(v, m2=1, m0=0.5, m1=0.4)
    run.step()
    run.world.balances[POOL] = np.array([[60.0]])
    run.step()
    earned = run.world.balances[MINERS][2, 0]
    assert earned > 0
    run.act("withdraw", {"amount": earned / 2}, owner=0, miner=2)
    with pytest.raises(RunError, match=r"MT312 yuma\.withdraw"):
        run.act("withdraw", {"amount": 1}, owner=1, miner=2)
    for v in range(3):
        run.weigh(v, m2=0)
    run.step(3)
    assert run.memory["bonds"][2].sum() > 0
    burned = run.world.balances[Account("burned", "TAO")].copy()
    run.act("register", owner=1, miner=2)
    assert run.world.balances[HOLDERS][0, 0] == pytest.approx(20 + earned)
    assert run.world.balances[MINERS][2, 0] == 0
    assert run.world.balances[Account("burned", "TAO")][0, 0] == burned[0, 0] + 5
    assert run.memory["bonds"][2].sum() == 0
    assert run.memory["weights"][[2, 5]].sum() == 0
    with pytest.raises(RunError, match="MT312"):
        run.act("register", owner=0, miner=2)  # immune for three steps
    run.act("register", owner=0, miner=1)


def test_what_rests_in_a_slot_that_nobody_registered_is_burned():
    run = subnet()
    for v in range(3):
        run.weigh(v, m1=1)
    run.step()
    rest = run.world.balances[MINERS][1, 0]
    run.memory["score"] = column(1, 0, 1)
    run.act("register", owner=0, miner=1)
    assert run.world.balances[Account("burned", "TAO")][0, 0] == rest > 0


# --- modelled people -------------------------------------------------------------------------------------------------


def raters(*each, **params):
    return use("judges", "yuma_raters", raters=each, consensus="consensus", **params)


def test_judges_without_error_pay_by_quality_and_a_copier_says_what_was_published():
    run = subnet(raters({"error": 0}, {"error": 0}, {"copies": 1}), quality=(3, 2, 1), ratings="ratings").step(3)
    assert run.signal("incentive") == pytest.approx([3 / 6, 2 / 6, 1 / 6])
    assert run.signal("trust") == pytest.approx([1, 1, 1])
    assert by_pair(NUMPY, run.world.signals["ratings"], 3, 3)[:, 2, 0] == pytest.approx([3 / 6, 2 / 6, 1 / 6])


def test_a_cabal_below_kappa_pays_for_what_it_says_and_one_above_takes_all():
    """Two honest judges and one who gives everything to a poor miner: by stake of 4 + 3 against 2, then against 9."""
    who = ({"error": 0}, {"error": 0}, {"favours": 1})
    small = subnet(raters(*who, cabal=(2,)), quality=(3, 2, 1), ratings="ratings", bonds="relative", penalty=D(0), stored="exact", pool="").step(60)
    assert small.signal("consensus") == pytest.approx([3 / 6, 2 / 6, 1 / 6])  # what the honest say
    rank = np.array([7 / 9 * 3 / 6, 7 / 9 * 2 / 6, 1 / 6])  # the cabal's stake is missing elsewhere; that is all it moves
    incentive = rank / rank.sum()
    assert small.signal("incentive") == pytest.approx(incentive)
    bonds = np.array([1 / 2, 1 / 2, (1 / 6) / (1 + 2 / 6)])  # what an honest judge holds of each miner
    earned = np.array([7 / 9 * (bonds * incentive).sum(), 2 / 9 * (1 - 2 * bonds[2]) * incentive[2]])
    assert small.signal("dividends")[2] == pytest.approx(earned[1] / earned.sum())
    assert small.signal("dividends")[2] < 0.5 * 2 / 9
    large = subnet(raters(*who, cabal=(2,)), quality=(3, 2, 1), ratings="ratings", stakes=(4, 3, 9)).step(3)
    assert large.signal("incentive").tolist() == [0, 0, 1]


@pytest.mark.parametrize(("persistence", "lag"), [(0.98, 1), (0.98, 24), (0.98, 72), (0.9, 6)])
def test_what_a_copier_knows_of_today_falls_with_concealment(persistence, lag):
    """A36: quality is AR(1) with r, weights are revealed after L epochs, and what a copier hands in tells r^L of what judges see today."""
    paths = 256
    work = use("work", "miner_quality", persistence=D(str(persistence)), spread=D("0.1"))
    judges = raters({"error": 0}, {"copies": 1})
    run = subnet(work, judges, stakes=(9, 1), miners=8, ratings="ratings", conceal=lag - 1)
    run = Play(run.bound.economy, (9, 1), paths).step(lag + int(4 / (1 - persistence)))
    found = []
    for _ in range(4):
        pairs = by_pair(NUMPY, run.step(5).world.signals["ratings"], 8, 2)
        honest, copied = (pairs[:, v] - pairs[:, v].mean() for v in (0, 1))
        found.append((honest * copied).sum() / (honest**2).sum())
    assert np.mean(found) == pytest.approx(persistence**lag, abs=0.04)
    assert pytest.approx(0.2335, abs=5e-5) == 0.98**72


def test_quality_has_the_spread_and_the_memory_that_were_asked_for():
    work = use("work", "miner_quality", persistence=D("0.8"), spread=D("0.2"), tiers=({"level": 1}, {"level": 2}, {"level": 3}))
    run = Play(subnet(work).bound.economy, (4, 3, 2), 256).step(30)
    past = []
    for _ in range(40):
        past.append(run.step().world.signals["quality"])
    x = np.array(past) - np.array([1, 2, 3])[:, None]
    assert x.mean(axis=(0, 2)) == pytest.approx([0, 0, 0], abs=0.02)
    assert x.std() == pytest.approx(0.2, abs=0.01)
    assert (x[1:] * x[:-1]).mean() / (x**2).mean() == pytest.approx(0.8, abs=0.02)


def test_errors_of_judges_have_the_size_that_was_asked_for_and_are_independent_of_each_other():
    run = Play(subnet(raters({"error": D("0.3")}), quality=(1, 1, 1), ratings="ratings").bound.economy, (4, 3, 2), 256)
    seen = np.array([by_pair(NUMPY, run.step().world.signals["ratings"], 3, 3) for _ in range(60)])
    x = np.moveaxis(seen * 3 - 1, 3, 1).reshape(-1, 9)  # about error_ij less the validator's mean error, [epoch and path, pair]
    assert x.std() == pytest.approx(0.3 * np.sqrt(2 / 3), rel=0.05)
    apart = np.corrcoef(x.T)
    for a, b in np.ndindex(9, 9):
        (j, i), (k, v) = divmod(a, 3), divmod(b, 3)
        expected = (1 if j == k else -0.5) if i == v else 0  # shares of three miners sum to one; validators know nothing of each other
        assert apart[a, b] == pytest.approx(expected, abs=0.05)
