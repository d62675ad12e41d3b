"""Voting weight, and the electorate of a simulation: what a stake weighs, who brings motions and who turns out."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from .base import Emitted, Mechanism, Noise, Number, Parameters, Point, Ref, Schedule, State, account, number, option, reads, schedule, writes
from .sharing import column, flag


class Weighing(Parameters):
    """How stake, age and dissolve delay weigh a vote: w = f(stake) D(delay) A(age).

    f(s) = s or sqrt(s);   D = 1 + delay_bonus (min(delay, delay_full) / delay_full)^delay_exponent;   A = 1 + age_bonus min(age, age_full) / age_full
    """

    shape: Literal["stake", "square_root"] = option("stake", "weight in proportion to stake, or to its square root")
    one: Number = number("1", "staked", "stake that weighs one by itself: what the square root is taken of", gt="0")
    age_bonus: Number = number("0", "1", "added for full age; 0: age does not count", ge="0")
    age_full: Number = number("1461", "day", "age from which on it counts in full", gt="0")
    delay_bonus: Schedule = schedule("1", "added for the full dissolve delay; 0: delay does not count", default=(Point(day=0, value=0),))
    delay_full: Schedule = schedule("day", "dissolve delay from which on it counts in full", default=(Point(day=0, value=2922),))
    delay_exponent: Schedule = schedule("1", "1: in proportion to the delay, 2: to its square", default=(Point(day=0, value=1),))


def faults_of_weighing(p: Any) -> list[tuple[str, str, str]]:
    """Schedules have no bounds of their own."""
    least = {name: min(getattr(p, name).values) for name in ("delay_bonus", "delay_full", "delay_exponent")}
    faults = [(name, f"a value of {v}", "values above 0") for name, v in least.items() if v <= 0 and name != "delay_bonus"]
    return faults + ([("delay_bonus", f"a value of {least['delay_bonus']}", "values of 0 or more")] if least["delay_bonus"] < 0 else [])


def weight(p: Any, ctx: Any, stake: Any, age: Any, delay: Any) -> Any:
    """w [staked] of `stake` [staked], `age` and `delay` [day], each [holder, path]."""
    xp, full = ctx.xp, p.delay_full.at(ctx)
    by_delay = 1 + p.delay_bonus.at(ctx) * xp.power(xp.minimum(delay, full) / full, p.delay_exponent.at(ctx))
    by_age = 1 + p.age_bonus * xp.minimum(age, p.age_full) / p.age_full
    base = stake if p.shape == "stake" else p.one * xp.sqrt(stake / p.one)
    return base * by_delay * by_age


def aged(xp: Any, age: Any, before: Any, stake: Any) -> Any:
    """Age [day] of a stake that was `before` and is `stake` now: what was added is new, what is left is as old as it was."""
    return age * xp.minimum(xp.div(before, stake, 1), 1)


def after(state: State, updates: Mapping[str, Any]) -> State:
    """The state as it is once some of a call's own updates are made, for the rest of the call."""
    return State(state.balances, ChainMap(dict(updates), state.memory))  # type: ignore[arg-type]


class VoteWeights(Mechanism):
    """Weigh votes by stake, its square root, its age and its dissolve delay: w = f(stake) D(delay) A(age).

    [staked], shape [holder, path], for any account of stakes; see `Weighing` for the factors. The age of a stake [day] is the mean over its tokens of
    the time since they came: a top-up makes it younger in proportion, what leaves takes its age along. Time weights are those of vote-escrowed
    tokens (Curve, 2020) and of ICP's neurons; square-root weight is that of quadratic voting (Lalley and Weyl 2018) without its identity check.
    """

    name = "vote_weights"
    breaks: ClassVar[str] = (
        "A square root rewards whoever splits one stake over many names, by the root of their number, and nothing here knows persons. "
        "Weight for age favours those who came first for ever, whatever they hold at stake now."
    )

    class Params(Weighing):
        staked: Ref = account("staked/token", "voters' stakes")
        delay: Ref = reads("", "day", "dissolve delay of each stake; empty: none")
        power: Ref = writes("power", "staked", "voting power of each stake")
        age_bonus: Number = number("0.25", "1", "added for full age; 0: age does not count", ge="0", source="ICP neurons", date="2021-05-10")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return faults_of_weighing(p)

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"age": make(0, "day", p.staked), "weighed": make(0, "staked", p.staked)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        stake = state[p.staked]
        age = aged(ctx.xp, state["age"], state["weighed"], stake) + ctx.dt
        delay = signals[p.delay] if p.delay else 0 * age
        return [], {"age": age, "weighed": stake, p.power: weight(p, ctx, stake, age, delay)}


class VoterGroup(Parameters):
    """One row of the electorate."""

    turnout: Number = number("0.3", "1", "share of the group's power that votes in one call, of what has not voted yet", ge="0", le="1")
    support: Number = number("0.5", "1", "share of the group's votes for a motion, in the mean", ge="0", le="1")
    spread: Number = number("0.3", "1", "a motion's support lies at most this far from the mean", ge="0", le="1")


class Electorate(Mechanism):
    """Who brings motions, turns out and supports them, where nobody is there to vote: what a simulated `liquid_democracy` reads.

        motion = [u < rate dt],   ask uniform in [low, high],   turnout_i = tau_i 2^(-t / fading) (1 + wobble (2 u_i - 1)), within 0 and 1
        support_i = m_i + s_i (2 (rho u + (1 - rho) u_i) - 1), within 0 and 1

    Shapes [1, path] for a motion and [group, path] for its voters; u are uniform draws, one a call (u) and one a group and call (u_i). Apathy is a turnout
    that is low, or halves every `fading` days. Live, people bring motions and vote by events, and these signals stay as they start: at 0.
    All numbers are assumptions about people.
    """

    name = "electorate"
    behaviour = True
    noise: Mapping[str, Noise] = {
        "made": Noise("uniform"),
        "asked": Noise("uniform"),
        "mood": Noise("uniform"),
        "turn": Noise("uniform", per="staked"),
        "side": Noise("uniform", per="staked"),
    }
    breaks: ClassVar[str] = (
        "Turnout is drawn, not decided: groups neither bargain nor notice that their vote is decisive, so a takeover by one large holder looks "
        "easier to stop here than it is. Where turnout fades below the quorum nothing is adopted any more, and whoever still votes decides alone."
    )

    class Params(Parameters):
        staked: Ref = account("staked/token", "the groups' stakes: one row a group")
        groups: tuple[VoterGroup, ...] = option((VoterGroup(),), "one for each row, or one for all", rows="staked")
        rate: Number = number("0.1", "1/day", "motions a day; at most one a call", ge="0")
        low: Number = number("1", "ask", "least that a motion asks for")
        high: Number = number("1", "ask", "most that a motion asks for")
        common: Number = number("0.5", "1", "rho: share of the spread of support that all groups have in common", ge="0", le="1")
        wobble: Number = number("0.2", "1", "turnout varies by at most this part of itself", ge="0", le="1")
        fading: Number = number("36500", "day", "days in which turnout halves", gt="0")
        motion: Ref = writes("motion", "1", "1 when a motion is brought")
        ask: Ref = writes("ask", "*", "what it asks for")
        turnout: Ref = writes("turnout", "1", "share of each group's silent power that votes in this call")
        support: Ref = writes("support", "1", "share of it that votes for what was brought last")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.low <= p.high else [("low", f"{p.low} above the most, {p.high}", "at most what `high` says")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {
            "ln2": xp.log(xp.num(2)),
            "turns": column(xp, [g.turnout for g in p.groups]),
            "means": column(xp, [g.support for g in p.groups]),
            "spreads": column(xp, [g.spread for g in p.groups]),
        }

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, noise = ctx.xp, ctx.noise
        made = flag(xp, xp.lt(noise["made"], p.rate * ctx.dt))
        asked = p.low + (p.high - p.low) * noise["asked"]
        keen = xp.exp(-p.ln2 * (ctx.day / p.fading)) * (1 + p.wobble * (2 * noise["turn"] - 1))
        drawn = p.means + p.spreads * (2 * (p.common * noise["mood"] + (1 - p.common) * noise["side"]) - 1)
        shown = {p.motion: made, p.ask: asked}
        return [], {**shown, p.turnout: within(xp, p.turns * keen), p.support: within(xp, drawn)}


def within(xp: Any, x: Any) -> Any:
    """A share: cut to 0 and 1."""
    return xp.clip(x, xp.num(0), xp.num(1))
