"""Around stake: rewards by weight, an exit queue with a rate limit, and what stakers do when yield and risk change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..accounts import Account
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, count, event, number, reads, schedule, writes
from .emission import calls_before

PI = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798"
SERIES = 60  # terms of the series below: to the last digit of a float for every variance up to 16


class StakeRewards(Mechanism):
    """Pay an epoch's budget by stake: pay_i = min(budget, pool) w_i / sum(w); nothing while nothing is staked.

        yield = sum(pay) / sum(stake) x year / dt            [1], a year, shape [1, path]

    w_i is the stake in `staked` (all lots), or the sum of the signals named in `weights`, such as what `lock_staking` writes. Paying into the stake
    itself compounds. Shapes [holder, path].
    """

    name = "stake_rewards"
    breaks: ClassVar[str] = (
        "A yield paid out of new tokens dilutes those who do not stake and pays stakers with their own money: what counts is the yield after inflation. "
        "Rewards by stake alone let whoever has most grow fastest."
    )
    tags: Mapping[str, Tag] = {"reward": "reward"}

    class Params(Parameters):
        pool: Ref = account("pool/token", "where rewards come from")
        staked: Ref = account("staked/token", "the stake")
        to: Ref = account("holders/token", "who is paid: the same rows")
        budget: Schedule = schedule("to", "tokens paid in one call, from that day on")
        weights: tuple[Ref, ...] = reads((), "staked", "signals whose sum is each owner's weight; none: its stake")
        rate: Ref = writes("", "1", "signal that shows the yield a year; empty: none")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake = ctx.xp, in_all_lots(ctx.xp, state[p.staked])
        weight = sum_of(signals, p.weights) if p.weights else stake
        whole = xp.total(weight)
        pot = xp.where(xp.gt(whole, 0 * whole), xp.minimum(p.budget.at(ctx), xp.total(state[p.pool])), 0 * xp.total(state[p.pool]))
        flow = Flow(p.pool, p.to, pot * xp.div(weight, whole, xp.num(0)), "reward")
        return [flow], {p.rate: xp.div(pot, xp.total(stake), xp.num(0)) * (p.year / ctx.dt)} if p.rate else {}


class ExitQueue(Mechanism):
    """Leave a stake through a queue that lets so much out a call, those who came first first.

        out of the queue in a call = min(queue, max(limit, share (stake + queue)))            [staked]

    Requests made between two calls are one batch, a lot of `queue`; batches are served in their order, and within one each gets the same part of what
    it asked for. So a stake that all want to leave is empty after stake / limit calls, and nobody gains by asking twice. There are `slots` batches: when
    the oldest still waits as its lot is needed, it becomes one with the next. Shapes [holder, path].

    Compare Ethereum's exits: a few validators an epoch, or a small share of all of them where that is more.
    """

    name = "exit_queue"
    breaks: ClassVar[str] = (
        "The queue is longest when everybody wants out: a limit protects the network's security and turns owners into creditors who sell their place in "
        "the queue at a discount. Asking early costs nothing, so cautious owners always stand in it."
    )
    tags: Mapping[str, Tag] = {"request": "transfer", "exit": "transfer", "merge": "transfer"}

    class Params(Parameters):
        staked: Ref = account("staked/token", "the stake")
        queue: Ref = account("queue/token", "what waits, a lot a batch")
        liquid: Ref = account("holders/token", "where it arrives")
        slots: int = count(16, "batches that can wait apart", ge=2, le=512)
        limit: Number = number("0", "staked", "what may leave in one call", ge="0")
        share: Number = number("0.01", "1", "or this share of stake and queue, where that is more", ge="0", le="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return [] if p.limit or p.share else [("limit", "nothing may ever leave", "a limit or a share above 0")]

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.queue: p.slots}

    @event(roles={"staker": "staked"}, arguments={"amount": "staked"}, order_free=True)
    def request_exit(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner asks for `amount` of its stake."""
        lot, at = calls_before(ctx.t, ctx) % p.slots, rows["staker"]
        return [Flow(p.staked, p.queue, amount, "request", at, lot if at is None else (lot, at))], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, n, flows = ctx.xp, calls_before(ctx.t, ctx), []
        batches = xp.total(state[p.queue])
        left = xp.maximum(p.limit, p.share * (xp.total(in_all_lots(xp, state[p.staked])) + xp.sum(batches, 0)[0]))
        for i in range(p.slots):
            lot = (n + 1 + i) % p.slots
            out = xp.minimum(batches[lot], left)
            leaving = state[p.queue][lot] * xp.div(out, batches[lot], xp.num(0))
            flows.append(Flow(p.queue, p.liquid, leaving, "exit", lot, None))
            left = left - out
            if i == 0:  # requests from here on need this lot
                flows.append(Flow(p.queue, p.queue, state[p.queue][lot] - leaving, "merge", lot, (n + 2) % p.slots))
        return flows, {}


class StakingChoice(Mechanism):
    """Owners stake while yield beats what else they could do with their tokens, and leave when it does not.

        wanted = most / (1 + exp(-(yield - hurdle) / width)),   hurdle = opportunity + d(sigma, term) year / stay
        enter = speed max(wanted all - stake, 0),   leave = speed max(stake - wanted all, 0)            [staked], shapes [holder, path]

    d is the discount for which an owner gives up the right to sell for the time that leaving takes (Finnerty's average-strike put), earned back over `stay`:

        d = N(v / 2) - N(-v / 2),   v^2 = sigma^2 T + ln(2 (e^(sigma^2 T) - sigma^2 T - 1)) - 2 ln(e^(sigma^2 T) - 1)

    A call moves once, whatever its length. What leaves goes into the lots of `leaving`, which `staking` or `exit_queue` empties: give them the same
    `slots` and calls. `retention` is the share of what was staked `window` calls ago that has not left since: beside the same of a `subscription`
    it tells how much stake locks in. Sources: Finnerty 2012; the logistic answer to yield is an assumption.
    """

    name = "staking_choice"
    behaviour = True
    breaks: ClassVar[str] = (
        "Yield falls as more is staked and rises as stake leaves, which steadies it, until the reward is worth less than the fall of the price: then "
        "leaving is right for each owner and makes it right for the next. With a large speed, or a yield that answers late, stake swings."
    )
    tags: Mapping[str, Tag] = {"enter": "transfer", "leave": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "owners' free tokens")
        staked: Ref = account("staked/token", "their stake")
        leaving: Ref = account("unbonding/token", "what is on its way out, a lot a call")
        slots: int = count(8, "lots of `leaving`", ge=1, le=4096)
        reward: Ref = reads("yield", "1", "yield a year, such as `stake_rewards` writes")
        ratio: Ref = writes("staking_ratio", "1", "stake over stake and free tokens")
        hurdle: Ref = writes("", "1", "signal that shows the yield at which half of `most` is staked; empty: none")
        retention: Ref = writes("", "1", "signal that shows the share of stake that has stayed for `window` calls; empty: none")
        opportunity: Number = number("0.05", "1", "yield a year elsewhere, without a lock")
        volatility: Number = number("0.9", "1", "sigma of the token's price, a year", gt="0", le="4")
        term: Number = number("21", "day", "time that leaving takes", gt="0", le="36500")
        stay: Number = number("365", "day", "time that an owner means to stay", gt="0")
        most: Number = number("0.8", "1", "largest share that is ever staked", gt="0", le="1")
        width: Number = number("0.05", "1", "yield over the hurdle at which 73 % of `most` is staked", gt="0")
        speed: Number = number("0.05", "1", "part of the gap that is closed in one call", gt="0", le="1")
        window: int = count(12, "calls that retention looks back", ge=1, le=512)
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.leaving: p.slots}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"stayed": make(1, lots=p.window)}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        discount = lock_discount(xp, p.volatility * p.volatility * p.term / p.year)
        return {"hurdle_rate": p.opportunity + discount * p.year / p.stay}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, free, stake, n = ctx.xp, state[p.liquid], state[p.staked], calls_before(ctx.t, ctx)
        wanted = p.most * xp.gate(signals[p.reward] - p.hurdle_rate, p.width)
        gap = (wanted * (free + stake) - stake) * p.speed
        enter, leave = xp.minimum(xp.maximum(gap, 0 * gap), free), xp.minimum(xp.maximum(-gap, 0 * gap), stake)
        after, gone = xp.total(stake) + xp.total(enter) - xp.total(leave), xp.div(xp.total(leave), xp.total(stake), xp.num(0))
        stayed = xp.put(state["stayed"], n % p.window, 1 - gone)
        shown = {p.ratio: xp.div(after, xp.total(free + stake), xp.num(0)), "stayed": stayed}
        if p.hurdle:
            shown[p.hurdle] = 0 * wanted + p.hurdle_rate
        if p.retention:
            shown[p.retention] = product(stayed)
        flows = [Flow(p.liquid, p.staked, enter, "enter"), Flow(p.staked, p.leaving, leave, "leave", None, n % p.slots)]
        return flows, shown


def lock_discount(xp: Any, s: Any) -> Any:
    """d of the class above for a variance s = sigma^2 T, by series, which cancel nothing where s is small. From s = 16 on it stays as it is there."""
    s = xp.minimum(s, xp.num(16))
    a, b, term = xp.num(0), xp.num(0), xp.num(1)  # 2 (e^s - s - 1) / s^2 - 1 and (e^s - 1) / s - 1
    for k in range(1, SERIES):
        term = term * s / (k + 1)
        b = b + term
        a = a + 2 * term / (k + 2)
    v = xp.sqrt(s + xp.log1p((a - 2 * b - b * b) / ((1 + b) * (1 + b))))
    z = v * v / 8
    total = term = xp.num(1)  # of erf(x) = 2 / sqrt(pi) x sum((-x^2)^n / n! / (2n + 1)) with x^2 = z
    for k in range(1, SERIES):
        term = -term * z / k
        total = total + term / (2 * k + 1)
    return v * total / xp.sqrt(2 * xp.num(PI))


def product(x: Any) -> Any:
    """Of all lots of [lot, row, path]."""
    out = x[0]
    for i in range(1, x.shape[0]):
        out = out * x[i]
    return out


def in_all_lots(xp: Any, balance: Any) -> Any:
    """A balance [holder, path], that of lots together."""
    return xp.sum(balance, 0)[0] if balance.ndim > 2 else balance


def sum_of(signals: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The sum of several signals of one unit."""
    out = signals[names[0]]
    for name in names[1:]:
        out = out + signals[name]
    return out
