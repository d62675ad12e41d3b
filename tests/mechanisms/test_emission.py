"""Emission: budgets are met to the token, the cap is never passed, and the amount is a function of time alone."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.save import Save
from mintage.simulate import simulate

from .network import BURNED, MARKET, D, amounts, economy, emitted, exact_sum, exactly, minted_by_call, use

SIGNALS = {"rate": ("TOK/day", "0")}
TO_MARKET = ({"to": "market/TOK", "share": 1},)


def one(every=1, offset=0, opening=None, **params):
    params.setdefault("recipients", TO_MARKET)
    return economy(use("emission", "emission_schedule", every, offset, **params), signals=SIGNALS, opening=opening or {})


def calls(first, after, every, offset):
    """Steps of the calls from step `first` to before `after`."""
    return range(first + (offset - first) % every, after, every)


@settings(max_examples=25, deadline=None)
@given(
    budgets=st.lists(st.integers(0, 10**9), min_size=1, max_size=4),
    lengths=st.lists(st.integers(20, 400), min_size=4, max_size=4),
    every=st.sampled_from([1, 7, 10]),
    data=st.data(),
)
def test_every_period_sums_to_its_budget_whatever_the_epochs(budgets, lengths, every, data):
    offset = data.draw(st.integers(0, every - 1))
    ends = np.cumsum([0, *lengths])
    points = tuple({"day": int(d), "value": b} for d, b in zip(ends, [*budgets, 0], strict=False))
    e = one(every, offset, budgets=points)
    for i, budget in enumerate(budgets):
        paid = minted_by_call(e, "emission", calls(int(ends[i]), int(ends[i + 1]), every, offset))
        assert abs(exact_sum(paid) - budget) < Decimal("1e-60")
        assert len(set(paid)) == 1  # in equal parts
    assert exactly(e, "emission", t=int(ends[len(budgets)]) + 5)[0][0].amount == 0


@pytest.mark.parametrize(("every", "offset", "epochs"), [(1, 0, 366), (7, 0, 53), (7, 6, 52)])
def test_a_leap_year_of_days_or_of_52_or_53_weeks_sums_to_the_year(every, offset, epochs):
    e = one(every, offset, budgets=({"value": 9_126_804}, {"day": 366, "value": 5_905_580}, {"day": 731, "value": 0}))
    paid = minted_by_call(e, "emission", calls(0, 366, every, offset))
    assert len(paid) == epochs
    assert abs(exact_sum(paid) - 9_126_804) < Decimal("1e-60")
    run = simulate(e, 1, 366, save=Save(vars=("supply/TOK",)))
    assert run.end["supply/TOK"][0] == pytest.approx(9_126_804, rel=1e-13)


def test_the_last_period_repeats_with_decay():
    e = one(budgets=({"value": 100}, {"day": 10, "value": 40}), tail=5, decay="0.5")
    months = [float(exactly(e, "emission", t=t)[0][0].amount) for t in (0, 9, 10, 14, 15, 19, 20, 25)]
    assert months == [10, 10, 8, 8, 4, 4, 2, 1]


def test_a_budget_may_be_a_share_of_a_base_and_is_split_among_recipients():
    e = one(
        budgets=({"value": "0.085"}, {"day": 10, "value": 0}),
        base="107374182.4",
        recipients=({"to": "pool/TOK", "share": "0.75"}, {"to": "market/TOK", "share": "0.25"}),
        rate="rate",
    )
    flows, updates = exactly(e, "emission")
    whole = D("0.085") * D("107374182.4") / 10
    assert [f.amount for f in flows] == [whole * D("0.75"), whole * D("0.25")]
    assert updates["rate"][0, 0] == whole


def test_a_population_of_recipients_shares_evenly():
    e = economy(
        use("emission", "emission_schedule", budgets=({"value": 90}, {"day": 10, "value": 0}), recipients=({"to": "providers/TOK", "share": 1},)),
        signals=SIGNALS,
        holders=3,
        opening={},
    )
    run = simulate(e, 1, 10, save=Save(vars=("providers/TOK[0]", "providers/TOK[2]", "supply/TOK")))
    assert [run.end[k][0] for k in run.end] == pytest.approx([30, 30, 90])


@settings(max_examples=30, deadline=None)
@given(
    cap=st.integers(1, 2000),
    burned=st.integers(0, 1000),
    share=st.sampled_from(["0", "0.25", "1"]),
    limit=st.sampled_from(["issued", "outstanding"]),
    t=st.integers(0, 40),
)
def test_no_path_passes_the_cap(cap, burned, share, limit, t):
    held = 400
    e = one(
        budgets=({"value": 500}, {"day": 5, "value": 900}, {"day": 40, "value": 0}),
        limit=limit,
        cap=cap,
        remint_share=share,
        opening={BURNED: burned, MARKET: held},
    )
    amount = amounts(emitted(e, "emission", t=t)[0], "emit")
    plan = 100.0 if t < 5 else 900 / 35 if t < 40 else 0.0
    fresh = max(cap - held - burned, 0)
    again = min(max(cap - held, 0) - fresh, float(share) * plan) if limit == "outstanding" else 0
    assert amount == pytest.approx(min(plan, fresh + again), abs=1e-9)
    assert amount == 0 or (held if limit == "outstanding" else held + burned) + amount <= cap + 1e-9


def test_with_net_emissions_what_burned_comes_back_slowly_and_supply_stays_under_the_cap():
    jobs = use("jobs", "burn_mint")
    uses = (
        jobs,
        use("emission", "emission_schedule", budgets=({"value": 100},), tail=1, limit="outstanding", cap=1000, remint_share="0.3", recipients=TO_MARKET),
    )
    e = economy(*uses, signals={"demand": ("USD/day", "50"), "price": ("USD/TOK", "1")}, opening={}, cap=D(1000))
    run = simulate(e, 1, 60, save=Save(every=1, paths=True, vars=("supply/TOK", "mint/TOK", "burn/TOK")))
    assert run["supply/TOK"].max() <= 1000 * (1 + 1e-12)
    assert run["mint/TOK"][-1, 0] == pytest.approx(30)  # the cap on all ever minted is long passed: 30 % of the schedule is re-minted
    assert run.end["mint/TOK"][0] > 1000


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), t=st.integers(0, 300))
def test_the_schedule_does_not_depend_on_the_path(seed, t):
    points = ({"value": 700}, {"day": 100, "value": 900})
    poor = one(budgets=points, tail=50, decay="0.9")
    rich = one(budgets=points, tail=50, decay="0.9", opening={BURNED: seed})
    assert amounts(emitted(poor, "emission", t=t)[0], "emit") == amounts(emitted(rich, "emission", t=t)[0], "emit")


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("recipients", {"recipients": ({"to": "market/TOK", "share": "0.9"},), "tail": 1}),
        ("budgets", {"tail": 0}),
        ("budgets", {"tail": 1, "budgets": ({"day": 3, "value": 1}, {"day": 3, "value": 1})}),
    ],
)
def test_what_cannot_be_meant_is_a_fault(field, params):
    e = one(**{"budgets": ({"value": 5},), **params})
    assert [(f.code, f.where) for f in e.check()] == [("MT202", f"emission.{field}")]
