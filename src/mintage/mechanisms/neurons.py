"""Neurons: stake that is bound for a dissolve delay, grows older while it does not dissolve, and votes by both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..flows import Flow
from .base import (
    Emitted,
    Mechanism,
    Number,
    Parameters,
    Point,
    Ref,
    Schedule,
    State,
    Tag,
    account,
    event,
    number,
    option,
    reads,
    refuse_unless,
    schedule,
    writes,
)
from .sharing import column, flag
from .voting import Weighing, aged, faults_of_weighing, weight, within

NNS, OPENED = "ICP's Network Nervous System", "2021-05-10"


class NeuronClass(Parameters):
    """How the neurons of one row begin."""

    delay: Number = number("0", "day", "dissolve delay at the start", ge="0")
    age: Number = number("0", "day", "age at the start", ge="0")
    dissolving: bool = option(False, "they dissolve from the start")


class Neurons(Mechanism):
    """Stake with a dissolve delay. Each row of `staked` is one neuron, or in a simulation the neurons of one class together.

        VP = (stake + par x staked maturity + gang) D(delay) A(age) fresh,   nothing where delay < vote_delay
        dissolving: delay' = max(delay - dt, 0), age' = 0;   else delay' = delay, age' = age stake before / stake now + dt
        fresh = 1 until `idle` days without a vote, then falling to 0 over `fade` days

    [staked] for power, [day] for times, shapes [neuron, path]. D and A are those of `Weighing`: on ICP D = 1 + min(d, 8y) / 8y until 2026-04-23 and
    1 + 2 (min(d, 2y) / 2y)^2 since, A = 1 + 0.25 min(age, 4y) / 4y. Where a new limit cuts the delay of a neuron that had `gang_delay` or more, it
    votes with `gang_bonus` of what it had staked then beside its stake for as long as that stays. `potential` is power before `fresh`: rewards are
    shares of it. An owner has one neuron; who wants another takes another name. A neuron that begins to dissolve between two calls loses the whole
    call's time at the next one.

    Source: dfinity/ic, neuron/voting_power.rs and dissolve_state_and_age.rs; amounts and delays of the NNS.
    """

    name = "neurons"
    tags: Mapping[str, Tag] = {"stake": "transfer", "disburse": "transfer"}
    breaks: ClassVar[str] = (
        "A long dissolve delay binds the votes of those who would rather leave: power stays with the holders of the past, and a price that falls finds them "
        "locked. Rewards for delay pay for locking, not for judging, and neurons that follow without looking are paid as well as those that read."
    )

    class Params(Weighing):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "what each neuron has staked: the same rows")
        staked_maturity: Ref = account("", "maturity that each neuron keeps staked: the same rows; empty: none")
        par: Number = number("1", "staked/staked_maturity", "tokens for one unit of maturity", gt="0")
        classes: tuple[NeuronClass, ...] = option((NeuronClass(),), "how each row begins, or one for all", rows="staked")
        power: Ref = writes("power", "staked", "voting power of each neuron")
        potential: Ref = writes("", "staked", "its power before inactivity counts; empty: none")
        delays: Ref = writes("", "day", "its dissolve delay; empty: none")
        senior: Ref = writes("", "1", "1 where its delay lets it submit proposals; empty: none")
        voted: tuple[Ref, ...] = reads((), "1", "signals that are above 0 for a neuron that voted; none: inactivity does not count")
        minimum: Number = number("1", "staked", "smallest stake", ge="0", source=NNS, date=OPENED)
        age_bonus: Number = number("0.25", "1", "added for full age", ge="0", source=NNS, date=OPENED)
        delay_bonus: Schedule = schedule("1", "added for the full dissolve delay; ICP: 1, and 2 from 2026-04-23", default=(Point(day=0, value=1),))
        delay_full: Schedule = schedule("day", "longest dissolve delay; ICP: 8 years, and 2 years from 2026-04-23", default=(Point(day=0, value=2922),))
        vote_delay: Schedule = schedule("day", "shortest delay that votes; ICP: 6 months, then 2 weeks", default=(Point(day=0, value="182.625"),))
        submit_delay: Schedule = schedule("day", "shortest delay that submits proposals; ICP: 6 months", default=(Point(day=0, value="182.625"),))
        initial: Number = number("7", "day", "delay of a new neuron", ge="0", source=NNS, date=OPENED)
        gang_delay: Number = number("2922", "day", "delay of those whom a cut gives the bonus", gt="0", source="8 years; dfinity/ic", date="2026-04-23")
        gang_bonus: Number = number("0", "1", "that bonus, as a share of what they have staked; ICP: 0.1", ge="0")
        idle: Number = number("182.625", "day", "days without a vote that cost nothing", ge="0", source="6 months; dfinity/ic, VotingPowerEconomics")
        fade: Number = number("30.4375", "day", "days in which power then falls to nothing", gt="0", source="a month; dfinity/ic, VotingPowerEconomics")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return faults_of_weighing(p)

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        begun = {f"{name}_begun": column(xp, [getattr(c, name) for c in p.classes]) for name in ("delay", "age")}
        return {**begun, "dissolving_begun": column(xp, [xp.num(int(c.dissolving)) for c in p.classes])}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        times = {name: make(0, "day", p.staked) + getattr(p, f"{name}_begun") for name in ("delay", "age")}
        weights = {name: make(0, "staked", p.staked) for name in ("gang", "weighed")}
        return {**times, **weights, "dissolving": make(0, of=p.staked) + p.dissolving_begun, "quiet": make(0, "day", p.staked), "begun": make(0)}

    @event(roles={"owner": "liquid"}, arguments={"amount": "liquid"})
    def stake(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner makes a neuron of `amount` of its free tokens, or adds them to the one it has, which makes it younger in proportion."""
        xp, at = ctx.xp, rows["owner"]
        has = state[p.staked][at]
        refuse_unless(ctx, xp.ge(has + amount, p.minimum), "neurons.stake", "the neuron would be too small", f"a stake of {p.minimum} or more")
        fresh = xp.gt(has, 0 * has)
        new = {"delay": p.initial, "age": 0 * p.initial, "dissolving": xp.num(0), "quiet": 0 * p.initial, "gang": 0 * p.minimum}
        begun = {name: xp.put(state[name], at, xp.where(fresh, state[name][at], value)) for name, value in new.items()}
        return [Flow(p.liquid, p.staked, amount, "stake", at, at)], begun

    @event(roles={"owner": "staked"}, arguments={"delay": "day"})
    def raise_delay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], delay: Any) -> Emitted:
        """An owner binds its neuron for `delay` days, never for fewer than now; one that had dissolved is bound anew."""
        xp, at = ctx.xp, rows["owner"]
        now, full = state["delay"][at], p.delay_full.at(ctx)
        needs_stake(p, state, ctx, at, "raise_delay")
        refuse_unless(ctx, xp.ge(delay, now), "neurons.raise_delay", "shorter than now", "the delay that is left, or more")
        refuse_unless(ctx, xp.le(delay, full), "neurons.raise_delay", "longer than the longest", f"at most {full} days")
        still = xp.where(xp.gt(now, 0 * now), state["dissolving"][at], xp.num(0))
        return [], {"delay": xp.put(state["delay"], at, delay + 0 * now), "dissolving": xp.put(state["dissolving"], at, still)}

    @event(roles={"owner": "staked"}, arguments={})
    def start_dissolving(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner lets its neuron dissolve: the delay runs down, and its age is lost."""
        at = rows["owner"]
        needs_stake(p, state, ctx, at, "start_dissolving")
        runs = state["dissolving"][at]
        refuse_unless(ctx, ctx.xp.eq(runs, 0), "neurons.start_dissolving", "it dissolves already", "one that does not")
        return [], {"dissolving": ctx.xp.put(state["dissolving"], at, runs * 0 + 1), "age": ctx.xp.put(state["age"], at, 0 * state["age"][at])}

    @event(roles={"owner": "staked"}, arguments={})
    def stop_dissolving(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner stops it: what is left of the delay stays, and the neuron grows older again."""
        xp, at = ctx.xp, rows["owner"]
        runs, left = state["dissolving"][at], state["delay"][at]
        refuse_unless(ctx, xp.logical_and(xp.eq(runs, 1), xp.gt(left, 0 * left)), "neurons.stop_dissolving", "it does not dissolve", "one that does")
        return [], {"dissolving": xp.put(state["dissolving"], at, 0 * runs)}

    @event(roles={"owner": "staked"}, arguments={"amount": "liquid"})
    def disburse(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner takes `amount` out of a neuron that has dissolved: all of it, or so little that the rest is no smaller than the smallest."""
        xp, at = ctx.xp, rows["owner"]
        left, delay = state[p.staked][at] - amount, state["delay"][at]
        refuse_unless(ctx, xp.eq(delay, 0 * delay), "neurons.disburse", "it has not dissolved", "a dissolve delay of 0")
        whole = xp.logical_or(xp.eq(state[p.staked][at], amount), xp.ge(left, p.minimum))
        refuse_unless(ctx, whole, "neurons.disburse", "the rest would be too small", f"all, or a rest of {p.minimum} or more")
        return [Flow(p.staked, p.liquid, amount, "disburse", at, at)], {}

    @event(roles={"owner": "staked"}, arguments={}, order_free=True)
    def confirm(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner says that it is still there, and whom it follows still suits it."""
        quiet = state["quiet"]
        return [], {"quiet": ctx.xp.put(quiet, rows["owner"], 0 * quiet[rows["owner"]])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, dissolving, had = ctx.xp, state[p.staked], state["dissolving"], state["delay"]
        full, before = p.delay_full.at(ctx), state["weighed"] + (1 - state["begun"]) * stake  # what rests there from the start is as old as its class says
        backed = stake + p.par * state[p.staked_maturity] if p.staked_maturity else stake
        delay = xp.maximum(xp.minimum(had, full) - dissolving * ctx.dt, 0 * had)
        age = (1 - dissolving) * flag(xp, xp.gt(delay, 0 * delay)) * (aged(xp, state["age"], before, stake) + ctx.dt)
        long = xp.logical_and(xp.gt(had, full), xp.ge(had, p.gang_delay))
        gang = xp.where(long, p.gang_bonus * backed, aged(xp, state["gang"], stake, state["weighed"]))  # what is taken out takes its part along
        whole = flag(xp, xp.ge(delay, p.vote_delay.at(ctx))) * weight(p, ctx, backed + gang, age, delay)
        updates = {"delay": delay, "age": age, "weighed": stake, "gang": gang, "begun": 0 * state["begun"] + 1, p.power: whole}
        if p.voted:
            quiet = quiet_days(p, state, signals, ctx)
            updates |= {"quiet": quiet, p.power: whole * within(xp, 1 - (quiet - p.idle) / p.fade)}
        shown = {p.potential: whole, p.delays: delay, p.senior: flag(xp, xp.ge(delay, p.submit_delay.at(ctx)))}
        return [], {**updates, **{name: value for name, value in shown.items() if name}}


def needs_stake(p: Any, state: State, ctx: Any, at: Any, what: str) -> None:
    """Refuse for an owner without a neuron."""
    has = state[p.staked][at]
    refuse_unless(ctx, ctx.xp.gt(has, 0 * has), f"neurons.{what}", "the owner has no neuron", "one with a stake")


def quiet_days(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Any:
    """Days since each neuron last voted [day]."""
    votes = signals[p.voted[0]]
    for name in p.voted[1:]:
        votes = votes + signals[name]
    return (1 - flag(ctx.xp, ctx.xp.gt(votes, 0 * votes))) * (state["quiet"] + ctx.dt)


class OwnerClass(Parameters):
    """What the owners of one row's neurons do."""

    enter: Number = number("0", "1", "share of the market's tokens that they lock in a year", ge="0")
    leave: Number = number("0", "1", "share of their stake that comes free in a year", ge="0")
    disburse: Number = number("0.01", "1/day", "share of their maturity that they ask for in a day", ge="0", le="1")
    restake: Number = number("0", "1/day", "share of their maturity that they stake in a day", ge="0", le="1")
    sell: Number = number("0.05", "1/day", "share of their free tokens that they sell in a day", ge="0", le="1")


class NeuronOwners(Mechanism):
    """What owners of neurons do where nobody is there to do it: lock, leave, ask for maturity or stake it, and sell.

        r_i = clip(1 + response (yield_i / usual - 1), 0, 2)
        market -> staked_i: enter_i r_i dt / year of the market;   staked_i -> market: leave_i (2 - r_i) dt / year of the stake;   liquid_i -> market: sell_i dt

    Shapes [class, path]. A class is in a steady state: what comes free today began to dissolve one delay ago. With `response` 0 yields move nobody.
    What is sold leaves for the market without a price being named here. All numbers are assumptions about people.
    """

    name = "neuron_owners"
    behaviour = True
    tags: Mapping[str, Tag] = {"enter": "transfer", "leave": "unlock", "restake": "transfer", "sell": "trade"}
    breaks: ClassVar[str] = (
        "Shares of a stock by the year are no panic: in one, owners start to dissolve together and all of it comes free on one day, a delay later."
    )

    class Params(Parameters):
        market: Ref = account("market/token", "everybody else's tokens: one holder")
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "what they have staked: the same rows")
        maturity: Ref = account("maturity/MATURITY", "their maturity: the same rows")
        staked_maturity: Ref = account("", "maturity they keep staked: the same rows; empty: none")
        owners: tuple[OwnerClass, ...] = option((OwnerClass(),), "one for each row, or one for all", rows="staked")
        disbursing: Ref = writes("disbursing", "1/day", "share of its maturity that each class asks for in a day")
        yields: Ref = reads("", "1", "rewards over stake, a year; empty: owners do not look")
        usual: Number = number("0.1", "1", "yield at which owners do as their class says", gt="0")
        response: Number = number("0", "1", "change of entry for a yield that is twice the usual, as a share of it", ge="0")
        year: Number = number("365", "day", "days a year", gt="0", source="definition")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {name: column(xp, [getattr(o, name) for o in p.owners]) for name in OwnerClass.model_fields}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, part = ctx.xp, state[p.staked], ctx.dt / p.year
        keen = 1 + 0 * signals[p.disbursing] * ctx.dt
        if p.yields:
            keen = xp.clip(1 + p.response * (signals[p.yields] / p.usual - 1), xp.num(0), xp.num(2))
        flows = [
            Flow(p.market, p.staked, xp.total(state[p.market]) * within(xp, p.enter * keen * part), "enter"),
            Flow(p.staked, p.market, stake * within(xp, p.leave * (2 - keen) * part), "leave"),
            Flow(p.liquid, p.market, state[p.liquid] * within(xp, p.sell * ctx.dt), "sell"),
        ]
        if p.staked_maturity:
            flows.append(Flow(p.maturity, p.staked_maturity, state[p.maturity] * within(xp, p.restake * ctx.dt), "restake"))
        return flows, {p.disbursing: 0 * signals[p.disbursing] + p.disburse}
