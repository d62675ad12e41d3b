"""Declining emission: the curve's totals to the token, whatever the calls; io.net's months (I1 to I4, I6) and Akash's curve (K1, K2)."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import MARKET, D, amounts, economy, emitted, exactly, use

TO_MARKET = ({"to": "market/TOK", "share": 1},)
IO = {"first": D(500_000_000) * D("0.08") / 12, "fall": "0.0102", "total": 300_000_000}  # documentation of the IO coin
AKASH = {"curve": "halving", "first": 54_000_000, "period": "365.25", "half_life": D("365.25") * 2 / D("0.54")}  # i0 = 54 %, i0 T = 2


def falling(dt="1", opening=None, cap=None, **params):
    return economy(use("emission", "declining_emission", **{"recipients": TO_MARKET, **params}), signals={}, opening=opening or {}, dt=dt, cap=cap)


def minted(e, steps):
    """What each of the first steps mints."""
    return simulate(e, 1, steps, save=Save(every=1, vars=("mint/TOK",), paths=True))["mint/TOK"][1:, 0]


@pytest.mark.parametrize(("months", "tokens", "digits"), [((0, 12), 37.83, 0.005), ((12, 24), 33.45, 0.005), ((0, 60), 150.1, 0.05), ((0, 240), 298.9, 0.05)])
def test_io_net_by_month(months, tokens, digits):
    """I1 to I4, in million IO."""
    paid = minted(falling(dt="30.4375", **IO), 240)
    assert paid[0] == pytest.approx(500e6 * 0.08 / 12)
    assert sum(paid[slice(*months)]) / 1e6 == pytest.approx(tokens, abs=digits)


def test_io_net_never_has_more_than_800_million():
    """I6: 500M at first and 300M along the curve, which its total cuts in month 244; the asset's cap is never even asked."""
    e = falling(dt="30.4375", opening={MARKET: 500_000_000}, cap=D(800_000_000), **IO)
    paid = minted(e, 300)
    assert sum(paid) == pytest.approx(300e6, abs=1e-3)
    last = max(i for i, amount in enumerate(paid, 1) if amount > 0)
    assert last == 244
    assert paid[last] == 0


@pytest.mark.parametrize(("dt", "calls"), [("1", 487), ("0.0416666666666666666666666667", 24 * 487)])
def test_parts_of_a_month_sum_to_the_months(dt, calls):
    """16 months in daily and in hourly calls: 487 days, the geometric sum by hand."""
    e = falling(dt=dt, **IO)
    rates = [float(exactly(e, "emission", t=t)[0][0].amount) for t in (0, 1)]
    assert rates[0] == pytest.approx(rates[1])  # equal parts within a month
    first, q = 500e6 * 0.08 / 12, 1 - 0.0102
    assert rates[0] == pytest.approx(first / 30.4375 * 487 / calls)
    assert sum(minted(e, calls)) == pytest.approx(first * (1 - q**16) / (1 - q))


def test_akash_s_curve_ends_at_its_cap():
    """K1: 100M (1 + 2 / ln 2) = 388,539,008; the curve is within a token of it after 40 half-lives."""
    e = falling(dt="3652.5", opening={MARKET: 100_000_000}, **AKASH)
    assert 100e6 + sum(minted(e, 15)) == pytest.approx(388_539_008, abs=2)


def test_akash_s_curve_after_a_year():
    """K2: 149.3M modelled, 149.25M by the formula."""
    supply = 100e6 + sum(minted(falling(dt="36.525", **AKASH), 10))
    assert supply / 1e6 == pytest.approx(149.25, abs=0.005)
    assert supply / 1e6 == pytest.approx(149.3, abs=0.06)
    assert supply == pytest.approx(1e8 * (1 + 2 / log(2) * (1 - 2 ** (-0.54 / 2))), abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    curve=st.sampled_from(["by_period", "halving"]),
    days=st.integers(1, 400),
    cut=st.integers(1, 9),
    begin=st.integers(-50, 200),
    length=st.sampled_from([0, 100]),
    total=st.sampled_from([0, 5000]),
)
def test_it_does_not_matter_how_often_it_is_called(curve, days, cut, begin, length, total):
    shape = {"fall": "0.25"} if curve == "by_period" else {"half_life": 60}
    told = {"curve": curve, "first": 1000, "period": 30, "begin": begin, "length": length, "total": total, **shape}
    once = amounts(emitted(falling(dt=str(days), **told), "emission")[0], "emit")
    parts = [amounts(emitted(falling(dt=str(D(days) / cut), **told), "emission", t=t)[0], "emit") for t in range(cut)]
    assert sum(parts) == pytest.approx(once, rel=1e-12, abs=1e-6)
    assert min(parts) >= 0
    assert once <= (total or 1e9) + 1e-9


@settings(max_examples=20, deadline=None)
@given(t=st.integers(0, 3000), curve=st.sampled_from([{"fall": "0.1"}, {"curve": "halving", "half_life": 90}, {"fall": "1"}, {}]))
def test_it_never_rises_and_is_the_same_in_decimals(t, curve):
    e = falling(first=900, **curve)
    now, later = (amounts(emitted(e, "emission", t=t + k)[0], "emit") for k in (0, 1))
    assert later <= now * (1 + 1e-9) + 1e-9
    assert now == pytest.approx(float(exactly(e, "emission", t=t)[0][0].amount), rel=1e-9, abs=1e-9)


def test_a_period_by_hand():
    e = falling(first=100, fall="0.5", period=10, begin=5, length=25)
    paid = minted(e, 40)
    assert paid == pytest.approx([0] * 5 + [10] * 10 + [5] * 10 + [2.5] * 5 + [0] * 10)


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("recipients", {"recipients": ({"to": "market/TOK", "share": "0.9"},)}),
        ("half_life", {"curve": "halving"}),
        ("half_life", {"half_life": 30}),
        ("fall", {"curve": "halving", "half_life": 30, "fall": "0.1"}),
    ],
)
def test_what_cannot_be_meant_is_a_fault(field, params):
    assert [(f.code, f.where) for f in falling(first=1, **params).check()] == [("MT202", f"emission.{field}")]
