"""What a pool pays: rewards pro rata to approved work, for availability, the score that weighs compute clients, and grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, event, number, option, reads, schedule, writes
from .sharing import Share, column, not_one, peak, pro_rata, spread


def shown(p: Any, pay: Any, ctx: Any) -> dict[str, Any]:
    """The rate signal, where one is wanted."""
    return {p.rate: pay / ctx.dt} if p.rate else {}


class WorkRewards(Mechanism):
    """Pay an epoch's pool pro rata to approved work: pay_i = min(budget, pool) work_i / sum(work); nothing without work.

    work_i [job] is what the `work` signal measured over the epoch plus what was approved by events; pay_i [token], shape [provider, path].
    Independent of any burn. Source: RNP-001 (Render Network Proposals).
    """

    name = "work_rewards"
    breaks = (
        "Whoever approves work mints: reports that nobody checks, or work bought from oneself, take the pot from honest providers, and pay as "
        "long as the pot is worth more than the fake work costs."
    )
    tags: Mapping[str, Tag] = {"reward": "reward"}

    class Params(Parameters):
        pool: Ref = account("pool/token", "where rewards come from")
        providers: Ref = account("providers/token", "who did the work")
        budget: Schedule = schedule("providers", "tokens paid in one call, from that day on")
        work: Ref = reads("", "job/day", "work done by each provider; empty: events only")
        rate: Ref = writes("", "providers/day", "signal that shows what each is paid; empty: none")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"reported": make(0, "job", p.providers), "approved": make(0, "job", p.providers)}

    @event(roles={"provider": "providers"}, arguments={"work": "job"}, order_free=True)
    def report_work(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], work: Any) -> Emitted:
        """A provider reports finished work, which earns nothing until it is approved."""
        return [], {"reported": ctx.xp.add_at(state["reported"], rows["provider"], work)}

    @event(roles={"provider": "providers"}, arguments={"work": "job"}, authority="operator")
    def approve_work(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], work: Any) -> Emitted:
        """Work was good: at most what was reported is approved, by the operator or whoever checked it on its behalf."""
        xp, at = ctx.xp, rows["provider"]
        good = xp.minimum(work, state["reported"][at])
        return [], {"reported": xp.add_at(state["reported"], at, -good), "approved": xp.add_at(state["approved"], at, good)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, work = ctx.xp, state["approved"]
        if p.work:
            work = work + signals[p.work] * ctx.dt
        pot = xp.minimum(p.budget.at(ctx), xp.total(state[p.pool]))
        pay = pot * xp.div(work, xp.total(work), xp.num(0))
        return [Flow(p.pool, p.providers, pay, "reward")], {"approved": state["approved"] * 0, **shown(p, pay, ctx)}


class AvailabilityTier(Parameters):
    """One row of the providers."""

    uptime: Number = number("1", "1", "share of the epoch on line", ge="0", le="1")


class AvailabilityRewards(Mechanism):
    """Pay for being there: pot = min(budget, pool, per_node sum(nodes)), pay_i = pot q_i / sum(q), q = nodes x uptime x score.

    [token], shape [provider, path]. Sources: RNP-006 (at most 75 tokens a qualified node and epoch), RNP-013 (pool), RNP-019 (by uptime).
    """

    name = "availability_rewards"
    breaks = "Being there is cheap to fake with one machine under many names; without a check of the hardware and a stake, the pot goes to addresses."
    tags: Mapping[str, Tag] = {"reward": "reward"}

    class Params(Parameters):
        pool: Ref = account("pool/token", "where rewards come from")
        providers: Ref = account("providers/token", "who is available")
        budget: Schedule = schedule("providers", "tokens paid in one call, from that day on")
        per_node: Number = number("75", "providers/node", "at most this for each qualified node and call", ge="0", source="RNP-006", date="2023-12-20")
        nodes: Ref = reads("nodes", "node", "qualified nodes of each provider")
        tiers: tuple[AvailabilityTier, ...] = option((AvailabilityTier(),), "one for each row of providers, or one for all", rows="providers")
        score: Ref = reads("", "1", "weight of each provider's nodes; empty: equal")
        rate: Ref = writes("", "providers/day", "signal that shows what each is paid; empty: none")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"uptime": column(xp, [t.uptime for t in p.tiers])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, nodes = ctx.xp, signals[p.nodes]
        weight = nodes * p.uptime
        if p.score:
            weight = weight * signals[p.score]
        pot = xp.minimum(xp.minimum(p.budget.at(ctx), xp.total(state[p.pool])), p.per_node * xp.total(nodes))
        pay = pot * xp.div(weight, xp.total(weight), xp.num(0))
        return [Flow(p.pool, p.providers, pay, "reward")], shown(p, pay, ctx)


class ClientTier(Parameters):
    """One row of the compute clients: attributes from 0 to 1."""

    bandwidth: Number = number("1", "1", "bandwidth tier, 0.2 to 0.8", ge="0", le="1", source="RNP-006", date="2023-12-20")
    gpu: Number = number("1", "1", "GPU score, 0.5 (RTX 3050) to 1.0 (RTX 4090)", ge="0", le="1", source="RNP-006", date="2023-12-20")
    uptime: Number = number("1", "1", "share of the epoch on line", ge="0", le="1")


class ComputeScore(Mechanism):
    """Score compute clients: score_i = w_earned A_i + w_bandwidth b_i + w_gpu g_i + w_uptime u_i, A_i = floor + (1 - floor) r_i / max(r).

    r_i [token/day] is what client i earns; A_i = floor when nobody earns. Scores [1], shape [client, path]. Source: RNP-006.
    """

    name = "compute_score"
    breaks = "Attributes that providers declare themselves are declared high, and a score of past earnings keeps those on top who are there."

    class Params(Parameters):
        earned: Ref = reads("earned", "token/day", "what each client earns for jobs")
        score: Ref = writes("score", "1", "the score")
        clients: tuple[ClientTier, ...] = option(..., "attributes, one for each row, or one for all", rows="earned")
        floor: Number = number("0.1", "1", "A of a client that earned nothing", ge="0", le="1", source="RNP-006", date="2023-12-20")
        w_earned: Number = number("0.25", "1", "weight of earnings", ge="0", le="1", source="RNP-006", date="2023-12-20")
        w_bandwidth: Number = number("0.35", "1", "weight of bandwidth", ge="0", le="1", source="RNP-006", date="2023-12-20")
        w_gpu: Number = number("0.20", "1", "weight of the GPU's model", ge="0", le="1", source="RNP-006", date="2023-12-20")
        w_uptime: Number = number("0.20", "1", "weight of uptime", ge="0", le="1", source="RNP-006", date="2023-12-20")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("w_earned", sum((p.w_earned, p.w_bandwidth, p.w_gpu, p.w_uptime), Decimal(0)))

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"fixed": column(xp, [p.w_bandwidth * c.bandwidth + p.w_gpu * c.gpu + p.w_uptime * c.uptime for c in p.clients])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        earned = signals[p.earned]
        relative = ctx.xp.div(earned, peak(ctx.xp, earned), ctx.xp.num(0))
        return [], {p.score: p.w_earned * (p.floor + (1 - p.floor) * relative) + p.fixed}


class Grants(Mechanism):
    """Pay a budget out of a pool, as far as it goes: amount = min(budget, pool), recipient j gets share_j. [token], shape [1, path].

    Grants to artists, developers or liquidity, and a foundation's spending. Source: RNP-013 (artists' grants by month).
    """

    name = "grants"
    breaks = "Nobody has to show what a grant achieved: a committee that pays its friends looks the same in the ledger."
    tags: Mapping[str, Tag] = {"grant": "reward"}

    class Params(Parameters):
        pool: Ref = account("pool/token", "where grants come from")
        budget: Schedule = schedule("pool", "tokens paid in one call, from that day on")
        recipients: tuple[Share, ...] = option(..., "who receives which share; shares sum to 1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("recipients", sum((r.share for r in p.recipients), Decimal(0)))

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        amount = xp.minimum(p.budget.at(ctx), xp.total(state[p.pool]))
        shares = [(r.to, pro_rata(xp, state, p.pool, amount * r.share)) for r in p.recipients]  # of several treasuries each gives by what it has
        return [Flow(p.pool, to, x if x.shape[-2] > 1 else spread(xp, state, to, x), "grant") for to, x in shares], {}
