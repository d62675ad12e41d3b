"""Models that stake what they earn to be served first on a cluster they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...flows import Flow
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, writes
from ..emission import calls_before


class ModelPriority(Mechanism):
    """Models share a cluster by stake, earn by what they serve, and stake part of what they earn.

        share_i = (base + stake_i^power) / sum_j (base + stake_j^power)            of the cluster's capacity
        served_i = min(demand_i, share_i capacity + what others left, by share)    [job/day]
        income_i = served_i fee dt,   staked_i' = staked_i + save_i income_i;   what is taken out returns after `slots` - 1 calls at least

    With power under 1 stakes even out; over 1 the first to lead takes all, as more stake serves more and earns more. `base` [token] is what a model without
    stake weighs, so that none is shut out. [token], shapes [model, path]. Fees come from customers in tokens.
    """

    name = "model_priority"
    breaks: ClassVar[str] = (
        "Priority that is bought with income compounds: above a power of one the leader's share only grows, and a better newcomer is never served. Stake "
        "that is lent for a day buys the peak."
    )
    tags: Mapping[str, Tag] = {"fee": "revenue", "save": "transfer", "unstake": "transfer", "return": "transfer"}

    class Params(Parameters):
        models: Ref = account("models/token", "each model's free tokens")
        staked: Ref = account("priority/token", "what each has staked for priority")
        leaving: Ref = account("priority_leaving/token", "what is on its way out, a lot for each call to come")
        customers: Ref = account("market/token", "who pays for service")
        demand: Ref = reads("demand", "job/day", "what customers ask of each model")
        capacity: Ref = reads("capacity", "job/day", "what the cluster can serve")
        fee: Number = number("0.01", "models/job", "price of a job", ge="0")
        save: Number = number("0.5", "1", "share of income that is staked", ge="0", le="1")
        power: Number = number("1", "1", "how stake weighs", gt="0")
        base: Number = number("1", "1", "weight of a model without stake", gt="0")
        unit: Number = number("1", "staked", "stake that weighs as much as one", gt="0")
        slots: int = count(8, "lots of the way out: unstaking takes one call less, at least", ge=2, le=512)
        served: Ref = writes("", "job/day", "signal that shows what each model serves; empty: none")
        share: Ref = writes("", "1", "signal that shows each model's part of the cluster; empty: none")

    def lots(self, p: Any) -> Mapping[Any, int]:
        return {p.leaving: p.slots}

    @event(roles={"model": "models"}, arguments={"amount": "models"}, order_free=True)
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A model's owner stakes more for it."""
        return [Flow(p.models, p.staked, amount, "save", rows["model"], rows["model"])], {}

    @event(roles={"model": "staked"}, arguments={"amount": "models"}, order_free=True)
    def unstake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A model's owner begins to take stake out: it weighs nothing at once, and is free later."""
        at = rows["model"]
        return [Flow(p.staked, p.leaving, amount, "unstake", at, (calls_before(ctx.t, ctx) % p.slots, at))], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, demand, capacity = ctx.xp, signals[p.demand], signals[p.capacity]
        weight = p.base + xp.power(state[p.staked] / p.unit, p.power)
        share = weight / xp.total(weight)
        first = xp.minimum(demand, share * capacity)
        left, hungry = capacity - xp.total(first), demand - first
        wants = xp.where(xp.gt(hungry, 0 * hungry), 1, 0) * weight
        served = first + xp.minimum(hungry, left * xp.div(wants, xp.total(wants), 0))
        asked = served * p.fee * ctx.dt
        have = xp.total(state[p.customers])
        income = asked * xp.minimum(xp.div(have, xp.total(asked), 1), 1)
        ripe = (calls_before(ctx.t, ctx) + 1) % p.slots
        flows = [
            Flow(p.customers, p.models, income, "fee"),
            Flow(p.models, p.staked, income * p.save, "save"),
            Flow(p.leaving, p.models, state[p.leaving][ripe], "return", ripe, None),
        ]
        return flows, {name: value for name, value in ((p.served, served), (p.share, share)) if name}
