"""Voting rewards and maturity: what voting earns is a claim, and becomes tokens only when its owner asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ..accounts import BURNED, ISSUANCE, Account
from ..flows import Flow, burn, mint
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
    count,
    event,
    number,
    option,
    reads,
    refuse_unless,
    schedule,
    writes,
)
from .emission import calls_before
from .sharing import flag
from .voting import within

CALCULATION, OPENED = "dfinity/ic, governance/src/reward/calculation.rs", "2021-05-10"


class VotingRewards(Mechanism):
    """Reward votes with a share of supply, paid as maturity in proportion to voting power.

        pool = supply R(t) dt / year,   R(t) = factor(t) (last + (first - last) ((flat - t) / flat)^2) for t < flat, then factor(t) last
        reward_i = (pool + rolled) power_i voted_i / sum(potential)

    [staked] for the pool, [maturity] for rewards, shapes [1, path] and [voter, path]. t [day] is the network's age as the call's span begins. voted_i, from 0
    to 1, is the share of the motions closed in this call on which voter i voted; when nobody voted on any the pool rolls over to the next call, else what
    absent voters would have earned is nobody's. Maturity is no token: it enters supply when its owner disburses it (`maturity`), so supply lags.

    Source: dfinity/ic, governance/src/reward/calculation.rs (10 % falling to 5 % over 8 years of 365.25 days; from 2026-04-23 times 0.6329, Mission 70).
    """

    name = "voting_rewards"
    tags: Mapping[str, Tag] = {"reward": "reward"}
    breaks: ClassVar[str] = (
        "The pool is a share of supply whatever the network earns: holders who lock are paid by those who do not, and where all lock nobody is paid anything. "
        "Rewards for voting are rewards for pressing a button or following one who does."
    )

    class Params(Parameters):
        staked: Ref = account("staked/token", "voters' stakes, in the token whose supply counts")
        maturity: Ref = account("maturity/MATURITY", "voters' maturity: the same rows")
        par: Number = number("1", "staked/maturity", "tokens for one unit of maturity", gt="0")
        power: Ref = reads("power", "staked", "voting power of each voter")
        potential: Ref = reads("", "staked", "power that rewards are shares of; empty: power")
        voted: tuple[Ref, ...] = reads((), "1", "signals that sum to the share of closed motions on which each voted; none: all voted")
        level: Ref = reads("", "1", "a factor on the pool that somebody governs; empty: 1")
        rate: Ref = writes("", "1", "signal that shows R(t), a year; empty: none")
        yields: Ref = writes("", "1", "signal that shows each voter's reward over its stake, a year; empty: none")
        first: Number = number("0.1", "1", "rate a year at the network's start", ge="0", source=CALCULATION, date=OPENED)
        last: Number = number("0.05", "1", "rate a year from day `flat` on", ge="0", source=CALCULATION, date=OPENED)
        flat: Number = number("2922", "day", "age from which on the rate is flat: 8 years", gt="0", source=CALCULATION, date=OPENED)
        year: Number = number("365.25", "day", "days a year", gt="0", source=CALCULATION, date=OPENED)
        age: Number = number("0", "day", "the network's age on day 0", ge="0")
        factor: Schedule = schedule("1", "factor on the rate from that day on; ICP: 0.6329 from 2026-04-23", default=(Point(day=0, value=1),))

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"rolled": make(0, "staked")}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, power = ctx.xp, signals[p.power]
        whole = xp.total(signals[p.potential] if p.potential else power)
        left = xp.maximum(p.flat - p.age - (ctx.day - ctx.dt), 0 * ctx.dt) / p.flat
        rate = (p.last + (p.first - p.last) * left * left) * p.factor.at(ctx)
        if p.level:
            rate = rate * signals[p.level]
        supply = -state[Account(ISSUANCE, p.staked.asset)] - state[Account(BURNED, p.staked.asset)]
        pool = supply * rate * (ctx.dt / p.year) + state["rolled"]
        weighed = power * voted(p, signals, ctx) if p.voted else power
        someone = flag(xp, xp.gt(xp.total(weighed), 0 * whole))
        reward = pool * xp.div(weighed, whole, 0)
        shown: dict[str, Any] = {p.rate: rate + xp.zeros((1, whole.shape[-1]))} if p.rate else {}
        if p.yields:
            shown[p.yields] = xp.div(reward, state[p.staked], 0) * (p.year / ctx.dt)
        return [mint(p.maturity, reward / p.par, "reward")], {"rolled": pool * (1 - someone), **shown}


def voted(p: Any, signals: Mapping[str, Any], ctx: Any) -> Any:
    """Share of the closed motions on which each voter voted [voter, path]."""
    out = signals[p.voted[0]]
    for name in p.voted[1:]:
        out = out + signals[name]
    return within(ctx.xp, out)


class Maturity(Mechanism):
    """Maturity stays, is staked, or becomes tokens after a wait.

        disburse, wait `slots` - 1 calls at least and `slots` at most, then
        tokens = par max(1 + modulation, 0) maturity        [liquid], [maturity]; shapes [holder, path]

    with the modulation as it is when the wait ends. The ring of lots is that of `staking`. Staked maturity weighs like stake (`neurons`) and is free again
    once the neuron has dissolved. `disbursing` [share a day] is what owners ask for in a simulation; live they ask by event.

    Source: ICP, maturity disbursement after 7 days, dfinity/ic governance/disburse_maturity.rs.
    """

    name = "maturity"
    tags: Mapping[str, Tag] = {"stake": "transfer", "free": "transfer", "disburse": "transfer", "redeem": "transfer", "mint": "reward"}
    breaks: ClassVar[str] = (
        "Maturity that was never disbursed is supply that nobody counts: owners who ask for it together mint in a week what was earned in years. "
        "Modulation moves with the price, so whoever can wait for it mints more than who cannot."
    )

    class Params(Parameters):
        maturity: Ref = account("maturity/MATURITY", "owners' free maturity")
        staked: Ref = account("", "maturity they keep staked: the same rows; empty: none")
        maturing: Ref = account("maturing/MATURITY", "maturity on its way, a lot for each call to come: the same rows")
        liquid: Ref = account("holders/token", "where tokens arrive: the same rows")
        par: Number = number("1", "liquid/maturity", "tokens for one unit of maturity", gt="0")
        slots: int = count(8, "lots of the ring: disbursing takes one call less, at least", ge=2, le=4096)
        modulation: Ref = reads("", "1", "added to 1 as tokens are minted; empty: none")
        delays: Ref = reads("", "day", "dissolve delays: staked maturity is free again where it is 0; empty: never")
        disbursing: Ref = reads("", "1/day", "share of its free maturity that each owner asks for in a day; empty: by event only")
        minimum: Number = number("1", "liquid", "least that is disbursed at once", ge="0", source="dfinity/ic, disburse_maturity.rs")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.maturing: p.slots}

    @event(roles={"owner": "maturity"}, arguments={"amount": "maturity"})
    def disburse_maturity(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner asks for tokens for `amount` of its maturity."""
        at, lot = rows["owner"], calls_before(ctx.t, ctx) % p.slots
        refuse_unless(ctx, ctx.xp.ge(amount * p.par, p.minimum), "maturity.disburse_maturity", "too little", f"{p.minimum} or more")
        return [Flow(p.maturity, p.maturing, amount, "disburse", at, lot if at is None else (lot, at))], {}

    @event(roles={"owner": "maturity"}, arguments={"amount": "maturity"})
    def stake_maturity(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner stakes `amount` of its maturity: it votes with its neuron until that has dissolved."""
        at = rows["owner"]
        return [Flow(p.maturity, p.staked, amount, "stake", at, at)] if p.staked else [], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        now = calls_before(ctx.t, ctx)
        ripe = (now + 1) % p.slots
        due = state[p.maturing][ripe]
        tokens = due * p.par
        if p.modulation:
            tokens = tokens * ctx.xp.maximum(1 + signals[p.modulation], 0)
        flows = [burn(p.maturing, due, "redeem", ripe), mint(p.liquid, tokens, "mint")]
        if p.disbursing:
            asked = state[p.maturity] * within(ctx.xp, signals[p.disbursing] * ctx.dt)
            flows.append(Flow(p.maturity, p.maturing, asked, "disburse", None, now % p.slots))
        if p.staked and p.delays:
            delays = signals[p.delays]
            flows.append(Flow(p.staked, p.maturity, state[p.staked] * flag(ctx.xp, ctx.xp.eq(delays, 0 * delays)), "free"))
        return flows, {}


class MovingAverage(Mechanism):
    """The mean of a signal with one row over its last `calls` values, or over those there are yet. Any unit, shape [1, path]."""

    name = "moving_average"
    breaks: ClassVar[str] = (
        "A mean of the past can be bought: who holds the price for as long as the window decides what is paid by it. "
        "After a fall it pays by prices that are gone."
    )

    class Params(Parameters):
        signal: Ref = reads(None, "*", "what is averaged")
        mean: Ref = writes(None, "signal", "its mean; its start is shown until the first call")
        calls: int = count(30, "values that count", ge=1, le=4096)

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"seen": make(0, "signal", lots=p.calls), "sum": make(0, "signal"), "number": make(0)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, lot, value = ctx.xp, calls_before(ctx.t, ctx) % p.calls, signals[p.signal]
        whole, number = state["sum"] + value - state["seen"][lot], xp.minimum(state["number"] + 1, p.calls)
        return [], {"seen": xp.put(state["seen"], lot, value), "sum": whole, "number": number, p.mean: whole / number}


class MaturityModulation(Mechanism):
    """How much more or less than its maturity an owner is paid, by the course of the price.

        weekly:     m = mean over k = 0 .. 3 of clip(A(t - 7k) / A(t - 7(k + 1)) - 1, low, high)
        reference:  m' = clip(clip(sensitivity (recent / reference - 1), m - speed dt, m + speed dt), low, high)

    [1], shape [1, path]; A is an average of the price, 30 days on ICP. Weekly until Mission 70, within 5 %; since then 0.25 of the distance between
    means over 7 and 365 days, 0.3 % a day at most, within -10 % and +2 %. Until a value of A is 7 days old its week counts as 0.

    Source: dfinity/ic, cmc/src/main.rs, and governance/src/timer_tasks/update_icp_xdr_rate_related_data.rs for Mission 70.
    """

    name = "maturity_modulation"
    breaks: ClassVar[str] = (
        "It pays most after the price has risen, when owners would wait anyway, and cuts what is due to those who must sell while it falls: "
        "a few per cent of a reward move nobody who fears for the whole."
    )

    class Params(Parameters):
        rule: Literal["weekly", "reference"] = option("weekly", "before Mission 70, or since")
        recent: Ref = reads(None, "*", "average of the price: A, or the short one")
        reference: Ref = reads("", "recent", "its long average, for the rule `reference`")
        modulation: Ref = writes("modulation", "1", "m")
        low: Number = number("-0.05", "1", "least", le="0", source="dfinity/ic, nervous_system/governance/src/maturity_modulation", date="2022-09-05")
        high: Number = number("0.05", "1", "most", ge="0", source="dfinity/ic, nervous_system/governance/src/maturity_modulation", date="2022-09-05")
        week: int = count(7, "calls that a week has", ge=1, le=1000)
        sensitivity: Number = number("0.25", "1", "of modulation to the price's distance from its reference", ge="0", source="dfinity/ic, Mission 70")
        speed: Number = number("0.003", "1/day", "modulation moves by at most this a day", ge="0", source="dfinity/ic, Mission 70")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if (p.rule == "reference") == bool(p.reference):
            return []
        return [("reference", f"{p.reference or 'none is named'}, and the rule is {p.rule}", "a signal for `reference`, none for `weekly`")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        if p.rule == "reference":
            return {}
        return {"past": make(0, "recent", lots=4 * p.week + 1)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, now = ctx.xp, signals[p.recent]
        if p.rule == "reference":
            wanted, m, most = p.sensitivity * (xp.div(now, signals[p.reference], 1) - 1), signals[p.modulation], p.speed * ctx.dt
            return [], {p.modulation: xp.clip(xp.clip(wanted, m - most, m + most), p.low, p.high)}
        calls, slots = calls_before(ctx.t, ctx), 4 * p.week + 1
        past = xp.put(state["past"], calls % slots, now)
        rows = [past[(calls - p.week * k) % slots] for k in range(5)]
        moved = [xp.clip(xp.div(new, old, 1) - 1, p.low, p.high) for new, old in pairwise(rows)]
        return [], {"past": past, p.modulation: (moved[0] + moved[1] + moved[2] + moved[3]) / 4}
