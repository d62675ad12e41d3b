"""What tenants pay reaches providers and the pool, in the currency it was paid in, less the take of the day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import MintageError
from mintage.mechanisms import find
from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, D, amounts, economy, emitted, exactly, use

PARTS = ("pay", "buy", "settle", "take", "fee")


def payments(earned=("300", "600", "100"), price="2", market=1_000_000, **params):
    told = {"providers_fiat": "providers/USD", **params}
    signals = {"earned": ("USD/day", earned), "price": ("USD/TOK", price)}
    return economy(use("leases", "lease_payments", **told), signals=signals, holders=len(earned), opening={MARKET: market})


def paid(e, xp=emitted):
    flows = xp(e, "leases")[0]
    return {reason: amounts(flows, reason) for reason in PARTS}


def test_a_thousand_dollars_under_aep_23():
    """4 % of what is paid in AKT, 20 % of what is paid in USDC."""
    for share, expected in (("1", (0, 1000, 480, 20, 0)), ("0", (800, 0, 0, 0, 200)), ("0.5", (400, 500, 240, 10, 100))):
        for xp in (emitted, exactly):
            assert paid(payments(token_share=D(share)), xp) == pytest.approx(dict(zip(PARTS, expected, strict=True)))


@settings(max_examples=30, deadline=None)
@given(share=st.decimals("0", "1", places=3), take=st.decimals("0", "1", places=2), fee=st.decimals("0", "1", places=2), market=st.integers(0, 700))
def test_nothing_is_lost_and_all_is_cut_alike_where_the_market_has_too_few_tokens(share, take, fee, market):
    out = paid(payments(market=market, token_share=share, take_token=({"value": take},), take_fiat=({"value": fee},)))
    able = min(1.0, market / (float(share) * 500)) if share else 1.0
    assert out["buy"] == pytest.approx(1000 * able * float(share))
    assert out["settle"] + out["take"] == pytest.approx(out["buy"] / 2)
    assert out["pay"] + out["fee"] == pytest.approx(1000 * able * (1 - float(share)))
    assert out["take"] == pytest.approx(float(take) * out["buy"] / 2)
    assert out["fee"] == pytest.approx(float(fee) * (out["pay"] + out["fee"]))


def test_each_provider_is_paid_for_its_own_leases_and_no_longer_taken_from_after_the_day():
    e = payments(token_share=1, take_token=({"value": D("0.04")}, {"day": 1, "value": 0}))
    kept = Save(every=1, vars=tuple(f"providers/TOK[{i}]" for i in range(3)), paths=True)
    run = simulate(e, 1, 2, save=kept)
    assert [run[n][1, 0] for n in kept.vars] == pytest.approx([144, 288, 48])
    assert [run[n][2, 0] - run[n][1, 0] for n in kept.vars] == pytest.approx([150, 300, 50])


def test_without_the_token_all_is_paid_in_fiat():
    rule = find("lease_payments")
    assert paid(payments(**{k: Decimal(v) for k, v in rule.ablation.items()}))["buy"] == 0


def test_a_take_above_all_is_a_fault():
    assert ("MT202", "leases.take_fiat") in [(f.code, f.where) for f in payments(take_fiat=({"value": D("1.1")},)).check()]
    with pytest.raises((MintageError, ValueError)):
        payments(token_share=D("1.1"))
