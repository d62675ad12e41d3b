"""Rewards: a pool is shared pro rata, never overdrawn, and pays nothing for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic import NUMPY
from mintage.errors import RunError
from mintage.mechanisms.base import Context, State
from mintage.save import Save
from mintage.simulate import simulate

from .network import POOL, PROVIDERS, D, amounts, economy, emitted, signals, use

row = st.tuples(*[st.integers(0, 10**6)] * 3)
ROWS = ("3", "5", "12")


def work(budget=900, done=ROWS, pool=10**9, **params):
    e = use("rewards", "work_rewards", budget=({"value": budget},), work="work", rate="rate", **params)
    return economy(e, signals={"work": ("job/day", tuple(done)), "rate": ("TOK/day", ("0", "0", "0"))}, holders=3, opening={POOL: pool})


def idle(budget=900, nodes=ROWS, per_node=75, score=("1", "1", "1"), uptime=(1, 1, 1), pool=10**9):
    tiers = tuple({"uptime": u} for u in uptime)
    e = use("idle", "availability_rewards", budget=({"value": budget},), per_node=per_node, score="score", tiers=tiers)
    return economy(e, signals={"nodes": ("node", tuple(nodes)), "score": ("1", tuple(score))}, holders=3, opening={POOL: pool})


@settings(max_examples=40, deadline=None)
@given(done=row, budget=st.integers(0, 10**6), pool=st.integers(0, 10**6))
def test_work_is_paid_pro_rata_from_what_the_pool_has(done, budget, pool):
    paid = emitted(work(budget, done, pool), "rewards")[0][0].amount[:, 0]
    expected = min(budget, pool) * np.array(done) / sum(done) if sum(done) else np.zeros(3)
    assert paid == pytest.approx(expected)
    assert paid.sum() <= pool * (1 + 1e-12)


@settings(max_examples=20, deadline=None)
@given(done=row, more=st.integers(1, 1000))
def test_more_work_never_earns_less_and_never_helps_the_others(done, more):
    before = emitted(work(900, done), "rewards")[0][0].amount[:, 0]
    after = emitted(work(900, (done[0] + more, *done[1:])), "rewards")[0][0].amount[:, 0]
    assert after[0] >= before[0] - 1e-9
    assert np.all(after[1:] <= before[1:] + 1e-9)


def test_rewards_do_not_depend_on_price_or_burn_and_the_rate_is_by_day():
    e = economy(
        use("rewards", "work_rewards", 7, 6, budget=({"value": 700},), work="work", rate="rate"),
        signals={"work": ("job/day", ROWS), "rate": ("TOK/day", ("0",) * 3)},
        holders=3,
        opening={POOL: 700},
    )
    assert signals(emitted(e, "rewards", t=6))["rate"] == pytest.approx([15, 25, 60])


def test_only_approved_work_is_paid_once_and_never_more_than_was_reported():
    e = economy(use("rewards", "work_rewards", budget=({"value": 100},)), signals={}, holders=3, opening={POOL: 1000})
    bound = e.bind(NUMPY)
    world, rule, p = bound.start(1), e.uses[0].mechanism, bound.calls[0].p
    flows, memory = emitted(e, "rewards", event="report_work", rows={"provider": np.array([0, 2])}, work=np.array([[10.0], [30.0]]))
    assert flows == []
    assert memory["reported"][:, 0].tolist() == [10, 0, 30]
    ctx = Context(bound.xp, 0, 1.0, {}, world.balances, 1.0)
    held = {**world.memory["rewards"], **memory}
    assert rule.step(p, State(world.balances, held), {}, ctx)[0][0].amount.sum() == 0
    held |= rule.approve_work(p, State(world.balances, held), {}, ctx, {"provider": np.array([0, 2])}, np.array([[99.0], [10.0]]))[1]
    assert held["approved"][:, 0].tolist() == [10, 0, 10]
    assert held["reported"][:, 0].tolist() == [0, 0, 20]
    flows, after = rule.step(p, State(world.balances, held), {}, ctx)
    assert flows[0].amount[:, 0].tolist() == [50, 0, 50]
    assert after["approved"].sum() == 0


@settings(max_examples=40, deadline=None)
@given(nodes=row, budget=st.integers(0, 10**6), per_node=st.integers(0, 100), pool=st.integers(0, 10**6))
def test_availability_pays_the_least_of_budget_pool_and_cap_a_node(nodes, budget, per_node, pool):
    paid = emitted(idle(budget, nodes, per_node, pool=pool), "idle")[0][0].amount[:, 0]
    pot = min(budget, pool, per_node * sum(nodes))
    assert paid == pytest.approx(pot * np.array(nodes) / max(sum(nodes), 1))


def test_uptime_and_score_weigh_the_nodes():
    paid = emitted(idle(600, ("10", "10", "10"), score=("1", "0.5", "1"), uptime=("1", "1", "0.5")), "idle")[0][0].amount[:, 0]
    assert paid == pytest.approx([300, 150, 150])


def test_rnp_013_pays_2_884_6_a_week_and_job_rewards_fall_from_epoch_25():
    jobs = use("jobs", "work_rewards", 7, 6, pool="pool/TOK", budget=({"value": 47_435}, {"day": 168, "value": 15_000}), work="work")
    idle_ = use("idle", "availability_rewards", 7, 6, budget=({"value": 0}, {"day": 168, "value": "2884.615384615"}))
    e = economy(jobs, idle_, signals={"work": ("job/day", "5"), "nodes": ("node", "500")}, opening={POOL: 10**8})
    run = simulate(e, 1, 364, save=Save(every=7, paths=True, vars=("flow:jobs.reward", "flow:idle.reward")))
    assert np.unique(run["flow:jobs.reward"][1:25]).tolist() == [47_435]
    assert np.unique(run["flow:jobs.reward"][25:]).tolist() == [15_000]
    assert run["flow:idle.reward"][25, 0] * 52 / 12 == pytest.approx(12_500)


def score(earned, clients):
    e = economy(
        use("grade", "compute_score", clients=clients), signals={"earned": ("TOK/day", earned), "score": ("1", ("0",) * len(earned))}, holders=len(earned)
    )
    return signals(emitted(e, "grade"))["score"]


def test_the_score_of_rnp_006():
    clients = (
        {"bandwidth": "0.2", "gpu": "0.5", "uptime": 1},
        {"bandwidth": "0.8", "gpu": 1, "uptime": "0.5"},
        {"bandwidth": "0.4", "gpu": "0.7", "uptime": 0},
    )
    parts = [0.25 * a + 0.35 * b + 0.2 * g + 0.2 * u for a, b, g, u in ((0.1 + 0.9 * 0.25, 0.2, 0.5, 1), (1, 0.8, 1, 0.5), (0.1, 0.4, 0.7, 0))]
    assert score(("5", "20", "0"), clients) == pytest.approx(parts)


@settings(max_examples=20, deadline=None)
@given(earned=st.lists(st.integers(0, 10**6), min_size=1, max_size=7))
def test_scores_lie_between_floor_and_one_and_the_top_earner_has_all_of_its_weight(earned):
    out = score(tuple(earned), ({"bandwidth": 1, "gpu": 1, "uptime": 1},))
    assert all(0.75 + 0.025 - 1e-12 <= s <= 1 + 1e-12 for s in out)
    assert max(out) == pytest.approx(1 if max(earned) else 0.775)


def test_weights_that_do_not_sum_to_one_are_a_fault():
    e = economy(use("grade", "compute_score", clients=({},), w_gpu=D("0.3")), signals={"earned": ("TOK/day", "1"), "score": ("1", "0")})
    assert [(f.code, f.where) for f in e.check()] == [("MT202", "grade.w_earned")]


def test_the_receiver_is_the_provider():
    flow = emitted(work(), "rewards")[0][0]
    assert (flow.src, flow.dst) == (POOL, PROVIDERS)
    assert amounts([flow], "reward") == pytest.approx(900)


@pytest.mark.parametrize("event", ["report_work", "approve_work"])
@pytest.mark.parametrize("bad", [-9.0, float("nan")])
def test_work_below_zero_is_refused(event, bad):
    """Approving -9 took approved work away from a provider."""
    e = economy(use("work", "work_rewards", budget=({"day": 0, "value": 10},)), signals={}, holders=2)
    with pytest.raises(RunError, match=rf"MT311 work_rewards\.{event}"):
        emitted(e, "work", event=event, rows={"provider": np.array([0])}, work=np.full((1, 1), bad))
