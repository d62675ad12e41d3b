"""The scheduler: nobody works beyond capacity, nothing is lost, better scores get more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .network import economy, emitted, signals, use

nodes = st.lists(st.integers(0, 1000), min_size=3, max_size=3)
OUT = {"served": "served", "unserved": "unserved", "work": "work", "utilisation": "utilisation", "quality": "quality"}


def schedule(demand="100", number=("10", "10", "10"), tiers=None, fee="1", **params):
    tiers = tiers or tuple({"throughput": 10, "price": p, "latency": la, "reliability": r} for p, la, r in ((2, 1, "0.99"), (1, 2, "0.95"), ("0.5", 8, "0.9")))
    declared = {
        "demand": ("USD/day", demand),
        "nodes": ("node", tuple(number)),
        "fee": ("USD/job", fee),
        "served": ("USD/day", "0"),
        "unserved": ("USD/day", "0"),
        "work": ("job/day", ("0",) * len(number)),
        "utilisation": ("1", "0"),
        "quality": ("1", "1"),
    }
    return economy(use("schedule", "scheduler", tiers=tiers, **OUT, **params), signals=declared, holders=len(number))


def done(e):
    return signals(emitted(e, "schedule"))


@settings(max_examples=60, deadline=None)
@given(
    demand=st.integers(0, 10**5),
    number=nodes,
    policy=st.sampled_from(["score", "capacity"]),
    heat=st.sampled_from(["0.02", "0.2", "50"]),
    fee=st.sampled_from(["0.5", "3"]),
)
def test_all_demand_is_served_up_to_capacity_and_no_tier_works_beyond_its_own(demand, number, policy, heat, fee):
    out = done(schedule(str(demand), tuple(map(str, number)), policy=policy, temperature=heat, fee=fee))
    prices, able = np.array([2, 1, 0.5]) * float(fee), np.array(number) * 10.0
    whole = float((able * prices).sum())
    assert out["served"][0] == pytest.approx(min(demand, whole))
    assert out["served"][0] + out["unserved"][0] == pytest.approx(demand)
    assert np.all(np.array(out["work"]) <= able * (1 + 1e-9) + 1e-9)
    assert float((np.array(out["work"]) * prices).sum()) == pytest.approx(out["served"][0], rel=1e-9, abs=1e-6)
    assert out["utilisation"][0] == pytest.approx(min(demand / whole, 1) if whole else 0)
    assert 0.9 - 1e-9 <= out["quality"][0] <= 1 + 1e-9


def test_even_use_is_what_equal_scores_give():
    equal = tuple({"throughput": t} for t in (10, 20, 5))
    by_score, even = (done(schedule("90", ("3", "4", "5"), equal, policy=p)) for p in ("score", "capacity"))
    assert by_score == {k: pytest.approx(v) for k, v in even.items()}


@pytest.mark.parametrize(("field", "better", "worse"), [("price", "1", "1.5"), ("latency", "1", "3"), ("reliability", "0.99", "0.5")])
def test_the_cheaper_the_faster_and_the_more_reliable_get_more(field, better, worse):
    tiers = tuple({"throughput": 10, "latency": 1, "reliability": "0.9", field: v} for v in (better, worse))
    work = done(schedule("50", ("10", "10"), tiers))["work"]
    assert work[0] > work[1] > 0


def test_a_cold_scheduler_fills_the_best_tier_first_and_then_the_next():
    tiers = tuple({"throughput": 10, "latency": la} for la in (1, 2, 9))
    work = done(schedule("150", ("10", "10", "10"), tiers, temperature="0.01"))["work"]
    assert work == pytest.approx([100, 50, 0], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(demand=st.integers(1, 300), more=st.integers(1, 100))
def test_more_demand_takes_work_from_no_tier(demand, more):
    a, b = (np.array(done(schedule(str(d)))["work"]) for d in (demand, demand + more))
    assert np.all(b >= a - 1e-9)
