"""The fee stays in its bounds and follows utilisation; demand answers to fee and quality."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import economy, emitted, signals, use


def fee(now="1", used="0.5", **params):
    return economy(use("listing", "dynamic_fee", **{"low": "0.5", "high": 2, **params}), signals={"fee": ("USD/job", now), "utilisation": ("1", used)})


def wish(level="100", now="1", quality="1", **params):
    declared = {"demand_level": ("USD/day", level), "fee": ("USD/job", now), "quality": ("1", quality), "demand": ("USD/day", "0")}
    return economy(use("wish", "elastic_demand", reference=1, **params), signals=declared)


@settings(max_examples=50, deadline=None)
@given(now=st.decimals(min_value="0.5", max_value="2", places=3), used=st.decimals(min_value="0", max_value="1", places=3))
def test_the_fee_rises_above_target_falls_below_and_never_leaves_its_bounds(now, used):
    (after,) = signals(emitted(fee(now, used), "listing"))["fee"]
    assert after == pytest.approx(min(max(float(now) * (1 + 0.125 * (float(used) / 0.5 - 1)), 0.5), 2))
    assert 0.5 <= after <= 2
    assert (after - float(now)) * (float(used) - 0.5) >= -1e-12


def test_full_use_for_long_ends_at_the_ceiling_and_none_at_the_floor():
    for used, end in (("1", 2), ("0", 0.5), ("0.5", 1)):
        assert simulate(fee("1", used), 1, 60, save=Save(vars=("fee",))).end["fee"][0] == pytest.approx(end)


def test_bounds_the_wrong_way_round_are_a_fault():
    assert [(f.code, f.where) for f in fee(low=3).check()] == [("MT202", "listing.low")]


@settings(max_examples=40, deadline=None)
@given(now=st.decimals(min_value="0.1", max_value="10", places=2), elasticity=st.decimals(min_value="0", max_value="3", places=2))
def test_volume_has_the_stated_elasticity_and_spending_follows(now, elasticity):
    (demand,) = signals(emitted(wish("100", now, elasticity=elasticity), "wish"))["demand"]
    assert demand / float(now) == pytest.approx(100 * float(now) ** -float(elasticity))


@pytest.mark.parametrize(("elasticity", "factor"), [("1.11", 1.0792), ("0.8", 0.8706)])
def test_halving_the_price_moves_spending_as_published_elasticities_say(elasticity, factor):
    (demand,) = signals(emitted(wish("100", "0.5", elasticity=elasticity), "wish"))["demand"]
    assert demand / 100 == pytest.approx(factor, abs=5e-5)


def test_quality_counts_only_when_it_is_named_and_is_neutral_at_its_reference():
    poor = {"quality": "0.5", "quality_elasticity": 2}
    assert signals(emitted(wish(**poor), "wish"))["demand"] == [100]
    named = economy(
        use("wish", "elastic_demand", reference=1, quality="quality", quality_ref="0.9", quality_elasticity=2),
        signals={"demand_level": ("USD/day", "100"), "fee": ("USD/job", "1"), "quality": ("1", "0.45"), "demand": ("USD/day", "0")},
    )
    assert signals(emitted(named, "wish"))["demand"] == pytest.approx([25])
