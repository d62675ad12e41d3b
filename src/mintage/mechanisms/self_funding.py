"""Agents that fund themselves: they earn, pay what running costs, and buy capacity or a better model under a policy, on trial at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from ..flows import Flow
from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .sharing import flag

TINY = 10**9  # a margin below this part of a task's price counts as that: a break-even beyond any number of tasks, and finite


class Plan(Parameters):
    """What an agent runs on: a model and so much capacity."""

    quality: Number = number("1", "1", "quality of what it serves", gt="0")
    capacity: Number = number(None, "job/day", "tasks it can serve", gt="0")
    cost: Number = number(None, "fiat/day", "what it costs while nothing is served", gt="0")
    unit: Number = number("0", "fiat/job", "what each task costs beside: inference", ge="0")
    price: Number = number("0", "fiat", "one-off price of getting here from the plan before", ge="0")


class SelfFundingAgent(Mechanism):
    """Earn, pay running cost, and climb or fall along `plans` by a budget rule; what an upgrade costs is on hold until it has proved itself.

        jobs = till price / (task dt),   due = (cost_k + unit_k jobs) index dt / price,   paid = min(due, wallet + till)                 [job/day], [token]
        tasks: jobs smoothed with half-life `smooth`;   earned = task tasks,   spent = (cost_k + unit_k tasks) index                    [fiat/day]
        sufficiency = earned / spent,   runway = wallet price / spent,   break_even = cost_k index / (task - unit_k index)    [1], [day], [job/day]

    The till is where income arrives; a call empties it into the wallet. Who cannot pay serves nothing until it can: its quality and capacity are 0. An
    agent looks at its plan every `review` days on average, by lot; if none is on trial it then takes plan k + 1 where all of this holds: the price is at
    most `budget` of the wallet; after paying it the wallet lasts `keep` days of the new plan; and the gain it expects pays the price back in `payback`
    days. It expects  tasks (quality_k+1 / quality_k)^taste  tasks,
    and where it is busier than `full` its share of the new capacity, never more than that. It falls a plan when its runway is below `least`.

    An upgrade takes effect at once, and its price waits in `orders`: after `trial` days the supplier is paid where profit is no less than before; else,
    or when runway falls below `least`, or when an operator says that the change did not happen, the price returns, the plan before is back, and nothing
    new is tried for `pause` days, not by the owner either, or trials without an end would be capacity for nothing. Owners may upgrade within the budget
    rule and downgrade. `receipts` numbers every change. A gateway that serves for
    an agent follows `level`; quality feeds back into demand where a market reads it. Shapes [agent, path].
    """

    name = "self_funding_agent"
    breaks = (
        "An agent paid for each inquiry causes inquiries: income says nothing of tasks that were needed. Where many agents buy from one supplier, its price "
        "takes their margin. A token that falls shortens every runway at once, so agents step down together, and quality and demand with them."
    )
    noise = {"review": Noise("uniform", per="wallet")}
    tags: Mapping[str, Tag] = {"collect": "transfer", "cost": "cost", "order": "transfer", "buy": "cost", "refund": "transfer"}

    class Params(Parameters):
        till: Ref = account("tills/token", "where income arrives, one row an agent")
        wallet: Ref = account("agents/token", "what agents pay from, in the same rows")
        orders: Ref = account("orders/token", "prices of upgrades on trial, in the same rows")
        supplier: Ref = account("market/token", "who is paid for capacity and models")
        price: Ref = reads("price", "fiat/wallet", "the token's price")
        index: Ref = reads("", "1", "level of compute cost; empty: constant")
        level: Ref = writes("level", "1", "the plan in force, 0 for the first, one row an agent")
        quality: Ref = writes("quality", "1", "quality of what is served, one row an agent")
        capacity: Ref = writes("", "job/day", "tasks that can be served, one row an agent; empty: none")
        sufficiency: Ref = writes("", "1", "earned over spent, one row an agent; empty: none")
        runway: Ref = writes("", "day", "days that the wallet lasts if nothing more came in, one row an agent; empty: none")
        break_even: Ref = writes("", "job/day", "tasks at which the plan in force pays for itself, one row an agent; empty: none")
        receipts: Ref = writes("", "1", "changes of plan so far, one row an agent; empty: none")
        plans: tuple[Plan, ...] = option(..., "from the first to the best")
        task: Number = number(None, "fiat/job", "what a task earns", gt="0")
        smooth: Number = number("14", "day", "half-life of what an agent knows of its demand", gt="0")
        taste: Number = number("1", "1", "elasticity of demand to quality that an agent expects", ge="0")
        full: Number = number("0.9", "1", "share of capacity above which demand is taken to exceed it", gt="0", le="1")
        review: Number = number("30", "day", "mean time between two looks at the next plan", gt="0")
        budget: Number = number("0.5", "1", "share of the wallet that one upgrade may cost", ge="0", le="1")
        keep: Number = number("60", "day", "runway that is left after an upgrade, at least", ge="0")
        least: Number = number("20", "day", "runway below which a plan is given up", ge="0")
        payback: Number = number("180", "day", "days in which the expected gain pays for an upgrade", gt="0")
        trial: Number = number("30", "day", "days in which an upgrade can prove itself", gt="0")
        pause: Number = number("90", "day", "days without a change after one that was taken back", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.plans else [("plans", "none", "one plan at least")]
        return faults if p.least <= p.keep else [*faults, ("least", f"{p.least} above `keep` {p.keep}", "at most `keep`")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2)), "top": len(p.plans) - 1}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        flags = {name: make(0, of=p.wallet) for name in ("known", "trial", "changes")}
        days = {name: make(0, "day", p.wallet) for name in ("since", "blocked")}
        return {**flags, **days, "up": make(1, of=p.wallet), "tasks": make(0, "job/day", p.wallet), "before": make(0, "fiat/day", p.wallet)}

    @event(roles={"agent": "wallet"}, arguments={})
    def upgrade(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner buys the next plan, on trial, where the budget rule allows it."""
        xp, at = ctx.xp, rows["agent"]
        level = signals[p.level][at]
        refuse_unless(ctx, xp.eq(state["trial"][at], 0), "self_funding_agent.upgrade", "an upgrade is on trial", "an agent that has none")
        rested = xp.after(ctx.day, state["blocked"][at], 0)
        refuse_unless(ctx, xp.eq(rested, 1), "self_funding_agent.upgrade", "a plan was given up or taken back a short time ago", "one after the pause")
        refuse_unless(ctx, xp.lt(level, p.top), "self_funding_agent.upgrade", "the best plan is in force", "a plan below it")
        here, there = plan(p, xp, level), plan(p, xp, level + 1)
        books = accounts(p, xp, signals, here, state["tasks"][at])
        due, allowed, _ = offer(p, xp, here, there, books, state["tasks"][at], state[p.wallet][at])
        refuse_unless(ctx, allowed, "self_funding_agent.upgrade", "the budget rule forbids it", "a price and a runway within the budget rule")
        told = {"trial": 1, "since": ctx.day, "before": books.earned - books.spent}
        return [Flow(p.wallet, p.orders, due, "order", at, at)], self.changed(p, state, signals, xp, at, level + 1, told)

    @event(roles={"agent": "wallet"}, arguments={})
    def downgrade(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner goes back a plan."""
        xp, at = ctx.xp, rows["agent"]
        level = signals[p.level][at]
        refuse_unless(ctx, xp.eq(state["trial"][at], 0), "self_funding_agent.downgrade", "an upgrade is on trial", "an agent that has none")
        refuse_unless(ctx, xp.gt(level, 0), "self_funding_agent.downgrade", "the first plan is in force", "a plan above it")
        return [], self.changed(p, state, signals, xp, at, level - 1, {})

    @event(roles={"agent": "wallet"}, arguments={}, authority="operator")
    def roll_back(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An upgrade on trial did not happen, or did not hold, as an operator saw: its price returns and the plan before is back."""
        xp, at = ctx.xp, rows["agent"]
        refuse_unless(ctx, xp.eq(state["trial"][at], 1), "self_funding_agent.roll_back", "no upgrade is on trial", "one that is")
        told = self.changed(p, state, signals, xp, at, signals[p.level][at] - 1, {"trial": 0, "blocked": ctx.day + p.pause})
        return [Flow(p.orders, p.wallet, state[p.orders][at], "refund", at, at)], told

    def changed(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any, at: Any, level: Any, told: Mapping[str, Any]) -> dict[str, Any]:
        """The updates of a change of plan to `level` in the rows `at`, with a receipt; `told` is what else is remembered of them."""
        updates = {name: xp.put(state[name], at, 0 * state[name][at] + value) for name, value in told.items()}
        changes = xp.add_at(state["changes"], at, 1 + 0 * level)
        return updates | {"changes": changes} | shown(p, xp, xp.put(signals[p.level], at, level), state["up"], changes)

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, level, came = ctx.xp, signals[p.price], signals[p.level], state[p.till]
        here, there = plan(p, xp, level), plan(p, xp, level + 1)
        jobs = came * price / p.task / ctx.dt
        blend = xp.where(xp.gt(state["known"], 0), -xp.expm1(-p.ln2 * ctx.dt / p.smooth), xp.num(1))
        tasks = state["tasks"] + blend * (jobs - state["tasks"])
        books = accounts(p, xp, signals, here, tasks)
        purse, due = state[p.wallet] + came, (here.cost + here.unit * jobs) * books.index * ctx.dt / price
        left = purse - xp.minimum(due, purse)
        up = flag(xp, xp.ge(purse, due))
        profit, runway = books.earned - books.spent, left * price / books.spent
        low = flag(xp, xp.lt(runway, p.least))

        over = state["trial"] * xp.after(ctx.day, state["since"] + p.trial, 0)
        proved = over * (1 - low) * flag(xp, xp.ge(profit, state["before"]))
        back = xp.maximum(over, state["trial"] * low) - proved
        cost, allowed, worth = offer(p, xp, here, there, books, tasks, left)
        looks = flag(xp, xp.lt(ctx.noise["review"], -xp.expm1(-ctx.dt / p.review)))
        free = looks * (1 - state["trial"]) * up * xp.after(ctx.day, state["blocked"], 0)
        rise = free * flag(xp, xp.logical_and(allowed, worth)) * flag(xp, xp.lt(level, p.top))
        fall = (1 - state["trial"]) * low * flag(xp, xp.gt(level, 0)) * (1 - rise)

        flows = [Flow(p.till, p.wallet, came, "collect"), Flow(p.wallet, p.supplier, xp.minimum(due, purse), "cost")]
        flows += [Flow(p.orders, p.supplier, state[p.orders] * proved, "buy"), Flow(p.orders, p.wallet, state[p.orders] * back, "refund")]
        flows.append(Flow(p.wallet, p.orders, cost * rise, "order"))
        changes = state["changes"] + rise + fall + back
        told = {"known": 0 * up + 1, "tasks": tasks, "up": up, "changes": changes, "trial": state["trial"] + rise - proved - back}
        told["since"] = state["since"] + rise * (ctx.day - state["since"])
        told["before"] = state["before"] + rise * (profit - state["before"])
        told["blocked"] = state["blocked"] + xp.maximum(back, fall) * (ctx.day + p.pause - state["blocked"])
        ratios = {p.sufficiency: books.earned / books.spent, p.runway: runway, p.break_even: here.cost * books.index / books.margin}
        return flows, told | shown(p, xp, level + rise - fall - back, up, changes) | {name: value for name, value in ratios.items() if name}


def plan(p: Any, xp: Any, level: Any) -> Any:
    """Quality, capacity, cost, unit cost and price of the plans `level` [agent, path]; above the best it is the best."""
    out = SimpleNamespace()
    for name in ("quality", "capacity", "cost", "unit", "price"):
        value = getattr(p.plans[0], name) + 0 * level * getattr(p.plans[0], name)
        for k, one in enumerate(p.plans[1:], 1):
            value = xp.where(xp.ge(level, k), getattr(one, name), value)
        setattr(out, name, value)
    return out


def accounts(p: Any, xp: Any, signals: Mapping[str, Any], here: Any, tasks: Any) -> Any:
    """What an agent earns and spends a day at `tasks` a day under a plan, the level of cost, the price of the token and the margin of a task."""
    index = signals[p.index] if p.index else xp.num(1)
    margin = xp.maximum(p.task - here.unit * index, p.task / TINY)
    return SimpleNamespace(earned=p.task * tasks, spent=(here.cost + here.unit * tasks) * index, index=index, price=signals[p.price], margin=margin)


def offer(p: Any, xp: Any, here: Any, there: Any, books: Any, tasks: Any, wallet: Any) -> tuple[Any, Any, Any]:
    """Of the next plan: its price [token], whether the budget rule allows it, and whether the gain it promises is worth it."""
    expected = tasks * xp.power(there.quality / here.quality, p.taste)
    busy = xp.ge(tasks, p.full * here.capacity)
    expected = xp.minimum(xp.where(busy, xp.maximum(expected, tasks * there.capacity / here.capacity), expected), there.capacity)
    spent = (there.cost + there.unit * expected) * books.index
    gain = p.task * expected - spent - (books.earned - books.spent)
    due = there.price / books.price
    safe = xp.ge(wallet - due, p.keep * spent / books.price)
    worth = xp.logical_and(xp.gt(gain, 0), xp.ge(gain * p.payback, there.price))
    return due, xp.logical_and(safe, xp.le(due, p.budget * wallet)), worth


def shown(p: Any, xp: Any, level: Any, up: Any, changes: Any) -> dict[str, Any]:
    """The signals of plans in force."""
    now = plan(p, xp, level)
    told = {p.level: level, p.quality: now.quality * up, p.capacity: now.capacity * up, p.receipts: changes}
    return {name: value for name, value in told.items() if name}
