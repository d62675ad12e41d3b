"""Issuance and halvings as the chain has them: its integers, and the mechanism in exact and in float arithmetic, block by block and many at once."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest

from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.binding import Binder
from mintage.mechanisms.emission_halving import HalvingEmission, block_emission, era_of, eras, minted, remaining, threshold

from . import cases, vectors

RAO = Decimal("1e-9")


def rule(xp: Any, **params: Any) -> Any:
    """The mechanism's parameters as its step sees them."""
    mechanism = HalvingEmission()
    with exact():
        given = HalvingEmission.Params(recipients=({"to": "market/TAO", "share": 1},), **params)
        p = Binder(xp, Decimal(1), {"token": "TAO"}).bind(given)
        vars(p).update(mechanism.derive(p, xp))
    return p


def by_mechanism(p: Any, xp: Any, issuance: int) -> Any:
    """What the mechanism mints from an issuance in rao on, in rao."""
    with exact():
        return minted(p, xp.full((1, 1), xp.num(issuance * RAO)), xp)[0, 0] / xp.num(RAO)


def test_nothing_is_tolerated_between_the_chain_and_these_integers():
    assert set(vectors("block_emission")["tolerance"].values()) == set(vectors("halving_with_recycling")["tolerance"].values()) == {0}


def test_emission_of_a_block_by_issuance():
    p = rule(EXACT, blocks=1)
    for case in cases("block_emission"):
        assert block_emission(case["issuance_rao"]) == case["emission_rao"], case
        assert by_mechanism(p, EXACT, case["issuance_rao"]) == case["emission_rao"], case


def test_eras_without_recycling():
    known = {era.number: era for era in eras()}
    assert sorted(known) == list(range(30))
    for case in cases("halving_schedule"):
        era = known[case["era"]]
        found = (era.start, era.emission, threshold(era.number + 1), era.blocks, era.first, era.start + era.emission * era.blocks)
        names = ("start_issuance_rao", "emission_rao", "next_threshold_rao", "blocks_in_era_without_recycling", "first_block_of_era", "issuance_end_rao")
        assert found == tuple(case[n] for n in names), case["era"]
        assert era.emission * 7200 * RAO == pytest.approx(Decimal(case["daily_tao"]), abs=Decimal("1e-9"))


def test_the_mechanism_mints_a_whole_era_and_not_a_block_more():
    for case in cases("halving_schedule"):
        start, blocks, rate = case["start_issuance_rao"], case["blocks_in_era_without_recycling"], case["emission_rao"]
        p = rule(EXACT, blocks=blocks + 1, halvings=2)
        assert by_mechanism(p, EXACT, start) == blocks * rate + block_emission(case["issuance_end_rao"]), case["era"]


def test_recycling_delays_a_halving_and_can_undo_it():
    p = rule(EXACT, blocks=1)
    for case in cases("halving_with_recycling"):
        assert len(case["emission_and_issuance_after_mint"]) == case["blocks"]
        issuance = machine = case["start_issuance_rao"]
        for emission, after in case["emission_and_issuance_after_mint"]:
            assert (block_emission(issuance), by_mechanism(p, EXACT, machine)) == (emission, emission)
            assert issuance + emission == machine + emission == after
            issuance = machine = after - case["recycled_after_each_block_rao"]


@pytest.mark.parametrize("case", [c for c in cases("halving_with_recycling") if not c["recycled_after_each_block_rao"]])
def test_many_blocks_at_once_are_as_many_single_ones(case):
    after = [issuance for _, issuance in case["emission_and_issuance_after_mint"]]
    for blocks, issuance in enumerate(after, 1):
        assert by_mechanism(rule(EXACT, blocks=blocks), EXACT, case["start_issuance_rao"]) == issuance - case["start_issuance_rao"]
        assert by_mechanism(rule(NUMPY, blocks=blocks), NUMPY, case["start_issuance_rao"]) == pytest.approx(issuance - case["start_issuance_rao"], abs=1)


def test_the_last_rao_is_never_minted():
    """floor(E0 / 2^k) is 0 from k = 30 on, so supply stops about 0.02 TAO below the cap."""
    *_, last = eras()
    end = last.start + last.emission * last.blocks
    assert (21 * 10**15 - end) * RAO == pytest.approx(Decimal("0.0196"), abs=Decimal("0.0001"))
    p = rule(EXACT, blocks=7200)
    assert by_mechanism(p, EXACT, end) == 0
    assert by_mechanism(p, EXACT, 21 * 10**15) == by_mechanism(p, EXACT, 22 * 10**15) == 0


@pytest.mark.parametrize("number", [1, 2, 3, 9, 20, 30, 50])
def test_an_era_begins_at_its_threshold_and_not_a_base_unit_before(number):
    p = rule(EXACT)
    for issuance, expected in ((threshold(number), number), (threshold(number) - 1, number - 1)):
        with exact():
            era, scale, left = (v[0, 0] for v in remaining(p, EXACT.full((1, 1), issuance * RAO), EXACT))
            assert (era, scale) == (era_of(issuance), 1 / Decimal(2**expected)) == (expected, scale)
            assert 10_500_000 < left <= 21_000_000


def test_daily_emission_of_the_first_eras():
    assert [block_emission(threshold(k)) * 7200 * RAO for k in range(3)] == [7200, 3600, 1800]
    assert list(accumulate(era.blocks for era in list(eras())[:3])) == [10_500_000, 21_000_000, 31_500_000]
