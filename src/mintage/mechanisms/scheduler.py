"""Assigns demand to tiers of providers by price, latency and reliability, within their capacity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from .base import Emitted, Mechanism, Number, Parameters, Ref, State, number, option, reads, writes
from .sharing import column


class SchedulerTier(Parameters):
    """One class of providers, as a customer sees it."""

    throughput: Number = number(None, "job/node/day", "work one node can do", gt="0")
    price: Number = number("1", "1", "its price over the list price", gt="0")
    latency: Number = number("1", "h", "time to the first result when idle", ge="0")
    reliability: Number = number("1", "1", "share of work done right", ge="0", le="1")


class Scheduler(Mechanism):
    """Fill tiers with demand, the better the score the more, none beyond its capacity.

        capacity_i = nodes_i throughput_i fee price_i                                              [fiat/day]
        score_i = exp(-(w_price price_i + w_latency latency_i / latency_ref + w_reliability (1 - reliability_i)) / temperature)

    Demand goes to tiers in proportion to score x free capacity; what a full tier cannot take goes round again, so after as many rounds as tiers
    served = min(demand, capacity) in total (water-filling). Policy "capacity" spreads demand evenly: all tiers are equally used.
    Shapes [tier, path]. Quality is served work's mean reliability; utilisation is served over capacity. Assignment by score is an option
    built from descriptions of an "AI-driven scheduler"; on Render, tiers and reputation decide, with fees set by the Foundation.
    """

    name = "scheduler"
    breaks = (
        "A score that providers know is a score they tune for: latency to the scheduler's probe, not to customers. A low temperature gives all "
        "work to one tier, and the others leave."
    )
    behaviour = True

    class Params(Parameters):
        demand: Ref = reads("demand", "fiat/day", "what customers would spend")
        nodes: Ref = reads("nodes", "node", "nodes of each tier")
        fee: Ref = reads("fee", "fiat/job", "list price of work")
        tiers: tuple[SchedulerTier, ...] = option(..., "one for each row of nodes", rows="nodes")
        policy: Literal["score", "capacity"] = option("score", "by score, or evenly")
        w_price: Number = number("1", "1", "weight of price", ge="0")
        w_latency: Number = number("1", "1", "weight of latency", ge="0")
        w_reliability: Number = number("1", "1", "weight of unreliability", ge="0")
        latency_ref: Number = number("1", "h", "latency that weighs as much as the list price", gt="0")
        temperature: Number = number("0.2", "1", "near 0 the best tier takes all; large: all alike", gt="0")
        served: Ref = writes("", "fiat/day", "spending that is served, all tiers; empty: none")
        unserved: Ref = writes("", "fiat/day", "demand that finds no capacity; empty: none")
        work: Ref = writes("", "job/day", "work done by each tier; empty: none")
        utilisation: Ref = writes("", "1", "served over capacity, all tiers; empty: none")
        quality: Ref = writes("", "1", "mean reliability of served work, 1 when none; empty: none")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        relative = column(xp, [t.price for t in p.tiers])
        burden = [p.w_price * t.price + p.w_latency * t.latency / p.latency_ref + p.w_reliability * (1 - t.reliability) for t in p.tiers]
        return {
            "relative": relative,
            "throughput": column(xp, [t.throughput for t in p.tiers]) * relative,
            "reliability": column(xp, [t.reliability for t in p.tiers]),
            "score": xp.exp(-(column(xp, burden) / p.temperature)),
        }

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, fee, demand = ctx.xp, signals[p.fee], signals[p.demand]
        capacity = signals[p.nodes] * p.throughput * fee
        whole = xp.total(capacity)
        total = xp.minimum(demand, whole)
        used = xp.div(total, whole, xp.num(0))
        shown = {p.served: total, p.utilisation: used}
        if p.unserved:
            shown[p.unserved] = demand - total
        if p.work or p.quality:
            by_tier = capacity * used if p.policy == "capacity" else fill(capacity, total, p.score, xp)
            shown[p.work] = by_tier / (fee * p.relative)
            shown[p.quality] = xp.div(xp.total(by_tier * p.reliability), total, xp.num(1))
        return [], {name: value for name, value in shown.items() if name}


def fill(capacity: Any, total: Any, score: Any, xp: Any) -> Any:
    """Water-filling: `total` over tiers in proportion to score x free capacity, a round a tier."""
    served = capacity * 0
    for _ in range(capacity.shape[-2]):
        free = xp.where(xp.gt(capacity, served), capacity - served, 0 * capacity)  # dust of a full tier would weigh against a low score
        weight = score * free
        left = xp.maximum(total - xp.total(served), 0 * total)
        served = served + xp.minimum(free, left * xp.div(weight, xp.total(weight), xp.num(0)))
    return served
