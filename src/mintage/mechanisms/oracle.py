"""Price oracles: reports, their median, and rounds that come when the price has moved or time has passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, account, count, event, number, reads, refuse_unless, writes

FEED = "Chainlink ETH/USD on Ethereum: 0.5 %, 3,600 s"


class Oracle(Mechanism):
    """A push feed: reporters tell what they see, and the median of fresh reports is published as a new answer when it has moved enough or when it is due.

        m = median of reports at most `fresh` old;   new round when   |m - answer| / answer >= deviation   or   age >= heartbeat
        after a round   answer = m, age = 0;   else   answer stays, age grows by the time that passed
        stale = 1 where age > heartbeat + grace, or where nothing was ever answered

    No round without `quorum` fresh reports. In a simulation each reporter sees the true price within +/- `spread`, reports with chance `uptime`, and the first
    `captured` of them tell `lie` times the price: what fewer than half of the fresh reports say does not move the median beyond what honest ones say.
    Live, owners of the reporters' rows report by the event and nothing is modelled: name no `truth`. A consumer must look at `stale`. [price], shapes
    [1, path]; reports [reporter, path]. Source: Chainlink price feeds (deviation and heartbeat); Akash's oracle (1.5 %, 30 s).
    """

    name = "oracle"
    breaks = (
        "Half of the reporters in one hand tell any price, and so does one source that all of them read. A heartbeat longer than the time in which a market "
        "falls lets whoever is faster trade at the old price; a consumer who does not look at its age pays for it."
    )
    noise = {"seen": Noise("uniform", per="reporters"), "up": Noise("uniform", per="reporters")}

    class Params(Parameters):
        reporters: Ref = account("reporters/token", "who reports, one row each: their stake, or an empty account")
        truth: Ref = reads("", "*", "the price that reporters see in a simulation; empty: they report by events")
        answer: Ref = writes(None, "*", "the published price; its start is the first answer")
        age: Ref = writes("", "day", "signal that shows how old the answer is; empty: none")
        stale: Ref = writes("", "1", "signal that is 1 while the answer must not be used; empty: none")
        deviation: Number = number("0.005", "1", "move that brings a new round", ge="0", source=FEED, date="2026-06-30")
        heartbeat: Number = number(
            "0.0416666666666666666667", "day", "time after which a round comes without a move", gt="0", source="Chainlink ETH/USD, 3,600 s", date="2026-06-30"
        )
        grace: Number = number("0", "day", "time past the heartbeat before the answer is stale", ge="0")
        fresh: Number = number("1", "day", "oldest report that counts", gt="0")
        quorum: int = count(1, "fresh reports without which there is no round", ge=1)
        spread: Number = number("0.002", "1", "half width of what a reporter may see beside the true price", ge="0", lt="1")
        uptime: Number = number("0.98", "1", "chance that a reporter reports in a call", ge="0", le="1")
        captured: int = count(0, "reporters that lie, in the simulation")
        lie: Number = number("1", "1", "what they tell, over the true price", ge="0")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"told": make(0, "answer", p.reporters), "at": make(-1, "day", p.reporters), "old": make(0, "day")}

    @event(roles={"reporter": "reporters"}, arguments={"price": "answer"})
    def report(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], price: Any) -> Emitted:
        """A reporter tells a price; its newest report is the one that counts."""
        xp, at = ctx.xp, rows["reporter"]
        refuse_unless(ctx, xp.gt(price, 0 * price), "oracle.report, argument 'price'", "no price", "more than zero")
        now = 0 * state["at"][at] + ctx.day
        return [], {"told": xp.put(state["told"], at, price), "at": xp.put(state["at"], at, now)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, answer = ctx.xp, signals[p.answer]
        told, at = observed(p, state, signals, ctx) if p.truth else (state["told"], state["at"])
        fresh = xp.logical_and(xp.ge(at, 0 * at), xp.le(ctx.day - at, p.fresh + 0 * at))
        fresh_ones, middle = median(xp, told, fresh)
        waited = state["old"] + ctx.dt
        moved = xp.ge(xp.abs(middle - answer), p.deviation * answer)
        due = xp.ge(waited, p.heartbeat + 0 * waited)
        enough = xp.ge(fresh_ones, p.quorum + 0 * fresh_ones)
        round_ = xp.logical_and(enough, xp.logical_or(moved, due))
        age = xp.where(round_, 0 * waited, waited)
        shown = {p.answer: xp.where(round_, middle, answer), p.age: age, p.stale: xp.where(xp.gt(age, p.heartbeat + p.grace + 0 * age), 1, 0)}
        return [], {"told": told, "at": at, "old": age, **{name: value for name, value in shown.items() if name}}


def observed(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> tuple[Any, Any]:
    """(prices, days) of the reporters' newest reports: those that are up report what they see, the captured ones what they are told to."""
    xp, true = ctx.xp, signals[p.truth]
    seen = true * (1 + p.spread * (2 * ctx.noise["seen"] - 1))
    place = xp.cumsum(0 * ctx.noise["seen"] + 1, -2)
    seen = xp.where(xp.le(place, p.captured + 0 * place), true * p.lie + 0 * seen, seen)
    up = xp.lt(ctx.noise["up"], p.uptime + 0 * ctx.noise["up"])
    return xp.where(up, seen, state["told"]), xp.where(up, 0 * state["at"] + ctx.day, state["at"])


def median(xp: Any, values: Any, counted: Any) -> tuple[Any, Any]:
    """(number, median) [1, path] of the `counted` values of each path, the mean of the middle two where their number is even; 0 of none."""
    ones = xp.where(counted, 1, 0)
    number_of = xp.total(ones)
    last = xp.where(counted, values, 2 * xp.max(values, -2) + 0 * values)  # those that do not count stand behind all that do
    ordered = xp.sort(last, -2)
    below, above = xp.floor((number_of - 1) / 2), xp.floor(number_of / 2)
    none = 0 * number_of
    pick = [xp.gather(ordered, xp.maximum(i, none)) for i in (below, above)]
    return number_of, xp.where(xp.gt(number_of, none), (pick[0] + pick[1]) / 2, 0 * pick[0])
