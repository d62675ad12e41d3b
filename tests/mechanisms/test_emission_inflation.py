"""Inflation: a fixed rate compounds to the year (F1), the bonded share steers (A11, K7, K8), and bands on utilisation rest or swing (A12)."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.mechanisms.base import Mechanism, Number, Parameters, Ref, number, reads, writes
from mintage.save import Save
from mintage.simulate import simulate

from .network import BURNED, MARKET, POOL, PROVIDERS, D, amounts, economy, emitted, exactly, signals, use

TO_MARKET = ({"to": "market/TOK", "share": 1},)


def series(e, steps, *names):
    run = simulate(e, 1, steps, save=Save(every=1, vars=names, paths=True))
    return [run[n][1:, 0] for n in names]


# --- a fixed rate ------------------------------------------------------------------------------------------------


def fixed(rate, dt="1", opening=None, every=1, **params):
    told = {"inflation": ({"value": rate},), "recipients": TO_MARKET, **params}
    return economy(use("inflation", "annual_inflation", every, **told), signals={}, opening=opening or {MARKET: 1_055_156_116}, dt=dt)


def test_three_years_at_three_percent_meet_fetch_ai_s_total():
    """F1: 1,055,156,116 at 3 % a year for three years is 1,152,997,577, and the target of 1,152,997,575 stops it there."""
    (free,) = series(fixed("0.03", dt="91.3125"), 12, "supply/TOK")
    assert free[-1] == pytest.approx(1_152_997_577, abs=1)
    (stopped,) = series(fixed("0.03", dt="91.3125", limit="issued", cap=1_152_997_575), 16, "supply/TOK")
    assert stopped[-1] == pytest.approx(1_152_997_575, abs=1e-3)
    assert stopped[10] < 1_152_997_575


@settings(max_examples=20, deadline=None)
@given(rate=st.decimals("0", "2", places=3), cut=st.integers(1, 12), burned=st.integers(0, 400))
def test_a_year_of_any_calls_mints_the_rate_on_what_is_outstanding(rate, cut, burned):
    e = fixed(rate, dt=str(D("365.25") / cut), opening={MARKET: 600, BURNED: burned})
    (supply,) = series(e, cut, "supply/TOK")
    assert supply[-1] == pytest.approx(600 * (1 + float(rate)), rel=1e-12)


# --- the bonded share --------------------------------------------------------------------------------------------

START = {PROVIDERS: 750, MARKET: 250}


def bonded(ratio="0.84", start="0.5", dt="1", opening=None, holders=1, read="ratio", **params):
    told = {"bonded": "providers/TOK", "rewards": "providers/TOK", "pool": "pool/TOK", "ratio": read, **params}
    told = {k: ({"value": v},) if k in ("low", "high", "change", "goal", "tax") and not isinstance(v, tuple) else v for k, v in told.items()}
    shown = {"ratio": ("1", ratio), "inflation": ("1", start), "yield": ("1", "0")}
    return economy(use("mint", "bonded_inflation", **told), signals=shown, opening=opening or START, dt=dt, holders=holders)


def test_inflation_falls_a_quarter_a_year_at_84_percent_bonded():
    """A11: goal 0.67, bonded 0.84, change 1.0 a year: -0.2537 a year."""
    e = bonded(low="0", high="1", change="1", dt="36.525")
    inflation = series(e, 10, "inflation")[0]
    assert inflation[-1] - 0.5 == pytest.approx(-0.2537, abs=5e-5)
    assert np.diff(inflation) == pytest.approx([-0.02537] * 9, abs=5e-6)


@settings(max_examples=25, deadline=None)
@given(ratio=st.decimals("0", "1", places=2), start=st.decimals("0", "1", places=2))
def test_at_rest_the_goal_is_bonded_or_inflation_is_at_an_edge(ratio, start):
    inflation, rate = series(bonded(ratio, start, low="0.07", high="0.20", change="2"), 900, "inflation", "ratio")
    if rate[-1] < 0.66:
        assert inflation[-1] == pytest.approx(0.20)
    elif rate[-1] > 0.68:
        assert inflation[-1] == pytest.approx(0.07)
    elif rate[-1] == 0.67:
        assert inflation[-1] == pytest.approx(float(min(max(start, D("0.07")), D("0.20"))))
    assert (inflation >= 0.07 - 1e-12).all()
    assert (inflation <= 0.20 + 1e-12).all()


AKASH = {  # akash_inflation_params.csv, by days since 2020-09-25
    "high": ({"day": 0, "value": "0.58"}, {"day": 69, "value": "0.53"}, {"day": 294, "value": "0.40"}),
    "low": ({"day": 0, "value": "0.46"}, {"day": 69, "value": "0.41"}, {"day": 294, "value": "0.25"}),
    "change": ({"day": 0, "value": "0.12"}, {"day": 69, "value": "0.24"}, {"day": 294, "value": "1"}),
}
PROPOSAL, OBSERVED = 294, 444  # 2021-07-16 and 2021-12-13


def akash(start, later="0.769"):
    """From mainnet on, with the bonded share of June 2021 up to the proposal and `later` after it."""
    share = use("share", "history", signal="ratio", values=("0.8434", later), hold=PROPOSAL)
    told = {"bonded": "", "rewards": "providers/TOK", "pool": "pool/TOK", "ratio": "ratio", **AKASH}
    shown = {"ratio": ("1", "0.8434"), "inflation": ("1", start)}
    return economy(share, use("mint", "bonded_inflation", **told), signals=shown, opening={PROVIDERS: 100_000_000})


def test_akash_s_inflation_of_december_2021():
    """K7: 33.94 % on 2021-12-13, from the new upper edge of 40 % on 2021-07-16, at a mean bonded share of 76.9 %; whatever it was before."""
    for start in ("0.46", "0.54"):
        inflation = series(akash(start), OBSERVED, "inflation")[0]
        assert inflation[PROPOSAL] == pytest.approx(0.40, abs=5e-4)  # a new band is entered at its edge
        assert inflation[-1] == pytest.approx(0.3394, abs=5e-4)
    assert series(akash("0.54", "0.80"), OBSERVED, "inflation")[0][-1] < 0.33


def test_akash_s_supply_was_above_the_curve_of_its_paper():
    """K8: about 10M (6.2 %) above it on 2021-12-13. The opening inflation is not known: the lowest and the highest of its band lie on both sides."""
    model = 100e6 * (1 + 2 / log(2) * (1 - 2 ** (-OBSERVED / 365.25 * 0.54 / 2)))
    low, high = (series(akash(start), OBSERVED, "supply/TOK")[0][-1] - model for start in ("0.46", "0.58"))
    assert 0 < low < 10e6 < high
    assert (low / model, high / model) == (pytest.approx(0.05, abs=0.01), pytest.approx(0.12, abs=0.01))


def test_the_tax_goes_to_the_pool_and_the_rest_to_who_bonds_by_stake():
    e = bonded(ratio="0.67", start="0.1", change="0", tax="0.02", holders=3, opening={PROVIDERS: 900, MARKET: 100}, dt="36.525")
    flows, shown = exactly(e, "mint")
    whole = 1000 * (exp(0.01) - 1)
    assert amounts(flows, "reward") == pytest.approx(whole * 0.98)
    assert amounts(flows, "tax") == pytest.approx(whole * 0.02)
    assert len(set(next(f for f in flows if f.reason == "reward").amount[:, 0])) == 1
    assert signals((flows, shown)) == {"inflation": [pytest.approx(0.1)]}


def test_the_reward_of_many_may_arrive_in_one_account():
    e = bonded(ratio="0.67", start="0.1", change="0", holders=3, opening={PROVIDERS: 900, MARKET: 100}, rewards="market/TOK")
    assert e.check() == []
    assert amounts(exactly(e, "mint")[0], "reward") > 0


def test_without_a_ratio_what_lies_bonded_counts_and_the_yield_is_inflation_over_it():
    e = bonded(opening={PROVIDERS: 335, MARKET: 465, POOL: 200}, start="0.10", change="0.2", tax="0", dt="0.36525", read="")
    flows, shown = exactly(e, "mint")
    inflation = signals((flows, shown))["inflation"][0]
    assert inflation == pytest.approx(0.10 + 0.5 * 0.2 / 1000)  # half of the goal is bonded
    assert amounts(flows, "reward") / 335 * 1000 == pytest.approx(inflation / 0.335, rel=2e-3)
    shown = bonded(opening={PROVIDERS: 335, MARKET: 465, POOL: 200}, start="0.10", change="0.2", tax="0.25", dt="0.36525", read="", rate="yield")
    assert signals(exactly(shown, "mint"))["yield"][0] == pytest.approx(inflation * 0.75 / 0.335)


def test_bands_enter_and_leave_by_governance():
    e = bonded("0.2", "0.9", low=({"value": "0.1"}, {"day": 5, "value": "0.3"}), high=({"value": "0.2"}, {"day": 5, "value": "0.4"}), change="0")
    assert series(e, 8, "inflation")[0] == pytest.approx([0.2] * 5 + [0.3] * 3)


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("low", {"low": "0.3", "high": "0.2"}),
        ("low", {"low": ({"value": "0.1"}, {"day": 5, "value": "0.3"}), "high": "0.2"}),
        ("low", {"low": "0.15", "high": ({"value": "0.2"}, {"day": 5, "value": "0.1"})}),
        ("high", {"high": "1.2"}),
        ("goal", {"goal": "0"}),
        ("bonded", {"bonded": "", "read": ""}),
    ],
)
def test_a_band_that_cannot_be_meant_is_a_fault(field, params):
    assert [(f.code, f.where) for f in bonded(**params).check()][:1] == [("MT202", f"mint.{field}")]


# --- bands on utilisation ----------------------------------------------------------------------------------------


class Plant(Mechanism):
    """Utilisation answers a cut with +h and a raise with -h: less is emitted, so capacity leaves."""

    name = "bands_plant"

    class Params(Parameters):
        rate: Ref = reads("rate", "token/day", "the controlled rate")
        utilisation: Ref = writes("utilisation", "1", "what it does to utilisation")
        slope: Number = number("0.01", "day/token", "h for a move of one token a day")

    def memory(self, p, make):
        return {"last": make(100, "token/day")}

    def step(self, p, state, signals, ctx):
        return [], {"utilisation": signals["utilisation"] + (state["last"] - signals["rate"]) * p.slope, "last": signals["rate"]}


def controlled(h, start="0.495", **params):
    """A move of one token a day shifts utilisation by h."""
    told = {"recipients": TO_MARKET, "high": 200, "move": 1, **params}
    shown = {"rate": ("TOK/day", "100"), "utilisation": ("1", start)}
    return economy(use("bands", "utilisation_bands", **told), use("plant", "bands_plant", slope=h), signals=shown, opening={})


def test_a_move_wider_than_the_band_swings_for_ever_and_one_as_wide_comes_to_rest():
    """A12: from 0.495, h = 0.31 gives 0.805, 0.495, ... for ever; h = 0.30 gives 0.795 and quiet."""
    used, rate = series(controlled("0.31"), 40, "utilisation", "rate")
    assert used == pytest.approx([0.805, 0.495] * 20)
    assert rate == pytest.approx([99, 100] * 20)
    used, rate = series(controlled("0.30"), 40, "utilisation", "rate")
    assert used == pytest.approx([0.795] * 40)
    assert rate == pytest.approx([99] * 40)


@settings(max_examples=25, deadline=None)
@given(h=st.integers(1, 30), start=st.integers(0, 130))
def test_no_swing_if_a_move_is_at_most_the_band(h, start):
    used, rate = series(controlled(D(h) / 100, D(start) / 100), 140, "utilisation", "rate")
    assert len(set(rate[-20:])) == 1
    assert 0.5 - 1e-9 <= used[-1] <= 0.8 + 1e-9


@settings(max_examples=25, deadline=None)
@given(used=st.integers(0, 100), now=st.integers(0, 200), share=st.sampled_from(["0", "0.1"]))
def test_it_cuts_below_raises_above_and_never_leaves_its_bounds(used, now, share):
    told = {"recipients": TO_MARKET, "low": 20, "high": 150, "move": 7, "move_share": share}
    shown = {"rate": ("TOK/day", now), "utilisation": ("1", D(used) / 100)}
    flows, updates = exactly(economy(use("bands", "utilisation_bands", 2, **told), signals=shown, opening={}, dt="3"), "bands")
    way = -1 if used < 50 else 1 if used > 80 else 0
    rate = min(max(now + way * (7 + float(share) * now), 20), 150)
    assert float(updates["rate"][0, 0]) == pytest.approx(rate)
    assert amounts(flows, "emit") == pytest.approx(rate * 6)


def test_at_the_cap_nothing_is_minted_and_the_rate_is_still_its_own():
    told = {"recipients": TO_MARKET, "high": 200, "move": 5, "limit": "issued", "cap": 1000}
    e = economy(use("bands", "utilisation_bands", **told), signals={"rate": ("TOK/day", "50"), "utilisation": ("1", "0.9")}, opening={MARKET: 1000})
    flows, updates = emitted(e, "bands")
    assert amounts(flows, "emit") == 0
    assert signals((flows, updates)) == {"rate": [55]}


@pytest.mark.parametrize(("field", "params"), [("move", {"move": 0}), ("lower", {"lower": "0.9"}), ("low", {"low": 201})])
def test_bounds_that_cannot_be_meant_are_a_fault(field, params):
    assert [(f.code, f.where) for f in controlled("0.1", **params).check()][:1] == [("MT202", f"bands.{field}")]
