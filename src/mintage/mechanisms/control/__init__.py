"""Supply control: a policy that proposes, and outside it the shield, the breaker and the person who decide what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, count, event, number, option, reads, refuse_unless, writes
from .policies import POLICIES, Policy
from .shield import BINDING, HALTED, bounds, breaker, project

__all__ = ["BINDING", "POLICIES", "Policy", "SupplyController"]


class Observation(Parameters):
    """Something the controller watches: e = weight (x / target - 1)."""

    signal: Ref = reads(None, "*", "what is observed: volume, staking ratio, volatility, utilisation, demand, quality, a share's price")
    target: Number = number(None, "signal", "the value at which it asks for nothing", gt="0")
    weight: Number = number("1", "1", "how much it counts; negative: above target the level falls")


class SupplyController(Mechanism):
    """A controller of emission, a fee, a reward or a burn: it watches signals and moves one level, inside bounds that no policy can widen.

        e_i = weight_i (x_i / target_i - 1),   proposal = policy(e, level, memory)
        level' = override, or else held when stale or halted, or else the proposal cut to   window, then rate, then level bounds

    Policies: `rule` y (1 + gain e), `bands` a step up or down outside +/- band, `pi` base (1 + gain e + integral z) with anti-windup; another one is a
    subclass of `Policy`. In order and outside the policy: observations older than `stale` change nothing; the shield cuts the proposal to
    [low, high], to `rate` a call, and to `total` over any `window` calls; the breaker trips when `alarm` leaves [alarm_low, alarm_high] and holds the
    level for `halt` steps, then cools down for `cooldown`; a person may hold, release, or override with a level that is itself shielded and
    expires. `proposed`, `binding` (a number in BINDING) and `mode` are the decision's record: who replays it makes the same.

    If the price follows supply as S^-theta, bounds of `rate` a call make a fall by nine tenths take at least ln 10 / (theta ln(1 + rate)) calls. Measured d
    calls late, x' = x - K x(t - d) is stable while K < 2 cos(d pi / (2 d + 1)): one call of lag halves the gain. [level], shapes [1, path].
    Sources: Levin and May 1976 (delay), Leonardos et al. 2021 (multiplicative rule), Alshiekh et al. 2018 (shield), ERC-7265 draft (breaker).
    """

    name = "supply_controller"
    breaks = (
        "Two controllers that were each proved stable fight over one supply: certify the joint loop. A gain that is right for fresh data swings with data one "
        "epoch old. A bound that binds most of the time makes any policy a switch; and a policy trained on crashes sees crashes everywhere."
    )

    class Params(Parameters):
        level: Ref = writes(None, "*", "what it moves: an emission factor, a fee, a reward, a share burned; its start is the opening level")
        observations: tuple[Observation, ...] = option(..., "what it watches")
        policy: str = option("rule", "rule, bands, pi, or the name of a policy of your own")
        gain: Number = number("0.1", "1", "answer to an error of one (rule, pi)")
        integral: Number = number("0", "1", "answer to the sum of errors (pi)")
        leak: Number = number("0.99", "1", "what the sum of errors keeps from call to call (pi)", ge="0", le="1")
        base: Number = number("1", "level", "the level at rest (pi)", gt="0")
        band: Number = number("0.1", "1", "error within which nothing is done (bands)", ge="0")
        step: Number = number("0.05", "1", "a step outside the band (bands)", ge="0", lt="1")
        low: Number = number(None, "level", "lowest level", ge="0")
        high: Number = number(None, "level", "highest level", gt="0")
        rate: Number = number("0.02", "1", "largest change in a call, as a share of the level", gt="0", lt="1")
        total: Number = number("0.1", "1", "largest change over any window, as a share", gt="0", lt="1")
        window: int = count(30, "calls that a window spans", ge=1, le=4096)
        age: Ref = reads("", "day", "age of the observations; empty: always fresh")
        stale: Number = number("1", "day", "oldest observations that are acted upon", ge="0")
        alarm: Ref = reads("", "*", "what trips the breaker; empty: nothing does")
        alarm_low: Number = number("0", "alarm", "the breaker trips below it")
        alarm_high: Number = number("1000000000000", "alarm", "the breaker trips above it")
        halt: int = count(7, "steps that a tripped breaker holds the level", ge=1, unit="step")
        cooldown: int = count(7, "steps of cool-down after it, in which the policy acts again and may trip it again", unit="step")
        proposed: Ref = writes("", "level", "signal that shows what the policy wanted; empty: none")
        binding: Ref = writes("", "1", "signal that shows what decided, a number in BINDING: 0 nothing, 1 stale, 2 level, 3 rate, ...; empty: none")
        mode: Ref = writes("", "1", "signal that shows the breaker: 0 normal, 1 halted, 2 cool-down; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.low <= p.high else [("low", f"{p.low} above the highest level {p.high}", "at most the highest level")]
        if p.policy not in POLICIES:
            faults.append(("policy", f"'{p.policy[:40]}'", ", ".join(sorted(POLICIES))))
        return faults if p.observations else [*faults, ("observations", "none", "one at least")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        policy = {f"policy_{name}": value for name, value in POLICIES[p.policy]().memory(p, make).items()}
        flags = {name: make(0) for name in ("breaker", "until", "held", "expires", "calls")}
        return {**policy, **flags, "asked": make(0, "level"), "past": make(0, "level", lots=p.window)}

    @event(roles={}, arguments={"level": "level", "steps": "1"}, authority="operator")
    def override(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], level: Any, steps: Any) -> Emitted:
        """A person asks for a level for some steps. The shield cuts it as it cuts any proposal; when the steps are over the policy is back."""
        xp = ctx.xp
        refuse_unless(ctx, xp.gt(steps, 0 * steps), "supply_controller.override, argument 'steps'", "no step", "one at least: an override expires")
        return [], {"asked": 0 * state["asked"] + level, "expires": 0 * state["expires"] + ctx.t + steps}

    @event(roles={}, arguments={}, authority="operator")
    def hold(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A person stops the controller: the level stays until it is released, whatever restarts."""
        return [], {"held": 0 * state["held"] + 1}

    @event(roles={}, arguments={}, authority="operator")
    def release(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A person lets the controller act again, and takes back an override."""
        return [], {"held": 0 * state["held"], "expires": 0 * state["expires"]}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        names = tuple(POLICIES[p.policy]().memory(p, lambda *_, **__: None))
        return {"ages": xp.concatenate([xp.full((1, 1, 1), xp.num(i)) for i in range(p.window)], 0), "remembers": names}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, level = ctx.xp, signals[p.level]
        policy, before = POLICIES[p.policy](), {name: state[f"policy_{name}"] for name in p.remembers}
        errors = [(signals[o.signal] / o.target - 1) * o.weight for o in p.observations]
        proposed, after = policy.propose(p, xp, errors, level, before)
        mode, until = breaker(p, xp, state.memory, ctx.t, tripped(p, signals, xp, level))
        past = seen(p, state, level, xp)
        asked = xp.where(xp.gt(state["expires"], 0 * state["expires"] + ctx.t), 1, 0)
        allowed, bound = project(xp, xp.where(xp.eq(asked, 1), state["asked"], proposed), bounds(p, xp, level, past))
        bound = xp.where(xp.logical_and(xp.eq(asked, 1), xp.eq(bound, 0)), BINDING.index("override"), bound)
        alone = 1 - asked  # a person who asked for a level gets it, but for the shield
        frozen = {"stale": late(p, signals, xp, level) * alone, "breaker": xp.where(xp.eq(mode, HALTED), 1, 0) * alone, "hold": state["held"]}
        for name, flag in frozen.items():
            still = xp.eq(flag, 1)
            allowed, bound = xp.where(still, xp.clip(level, p.low, p.high), allowed), xp.where(still, BINDING.index(name), bound)
        kept = policy.settle(p, xp, before, after, proposed, allowed)
        memory = {"breaker": mode, "until": until, "calls": state["calls"] + 1, "past": past, **{f"policy_{name}": v for name, v in kept.items()}}
        shown = {p.level: allowed, p.proposed: proposed, p.binding: bound, p.mode: mode}
        return [], {**memory, **{name: value for name, value in shown.items() if name}}


def seen(p: Any, state: State, level: Any, xp: Any) -> Any:
    """Levels of the calls that a window spans [call, 1, path], the present one first and in place of those there have not been."""
    before = xp.concatenate([level[None], state["past"][:-1]], 0)
    return xp.where(xp.le(p.ages, state["calls"]), before, level)


def late(p: Any, signals: Mapping[str, Any], xp: Any, level: Any) -> Any:
    """1 where the observations are too old to act upon."""
    return xp.where(xp.gt(signals[p.age], p.stale + 0 * signals[p.age]), 1, 0) if p.age else 0 * level / p.high


def tripped(p: Any, signals: Mapping[str, Any], xp: Any, level: Any) -> Any:
    """1 where the alarm has left its range."""
    if not p.alarm:
        return 0 * level / p.high
    x = signals[p.alarm]
    return xp.where(xp.logical_or(xp.lt(x, p.alarm_low + 0 * x), xp.gt(x, p.alarm_high + 0 * x)), 1, 0)
