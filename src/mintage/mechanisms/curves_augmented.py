"""The augmented bonding curve: a hatch and tributes fund a commons, and hatchers' tokens unlock slowly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from ..flows import Flow, burn, mint
from .base import Emitted, Number, Ref, State, Tag, account, event, number, refuse_unless
from .curves import TAGS, Curve, CurveAccounts, alike, brought
from .market import of_trader, of_traders


class AugmentedCurve(Curve):
    """Augmented bonding curve: a hatch sells tokens at one price, part of it funds the commons, then a reserve-ratio curve with tributes opens.

        hatch d:  d / hatch_price tokens, locked;   at R = hatch_target  the pool takes theta R, and the curve opens at  p = (1 - theta) hatch_price / ratio
        buy d:    the pool takes entry d;   sell q:  of what it fetches the pool takes exit;   else as the reserve ratio of `bonding_curve`
        claim:    1 - 2^(-t / half_life)  of what is still locked, t [day] since the curve opened, or since the last claim

    [currency], [tokens]. A hatch that has not reached its target by day `hatch_days` has failed: hatchers take back what they paid, and their tokens are
    burned. In a simulation `demand` hatches and then buys, a share `turnover` of free tokens is sold, tokens are claimed as they unlock, and a failed
    hatch is paid back. Shapes [holder, path].

    Sources: Titcomb 2019, Deep dive: augmented bonding curves (hatch, theta, tributes); Zargham, Shorish and Paruch 2019 (invariant).
    """

    name = "augmented_curve"
    breaks = (
        "With theta below 1 - ratio hatchers bought under the opening price, and sell to late buyers as they unlock; above it they start with a loss and few "
        "hatch. A pool that spends on little of use leaves tributes as a tax on trade. Who hatches most of it has the pool's vote as well."
    )
    tags: Mapping[str, Tag] = {**TAGS, "hatch": "trade", "hatched": "trade", "fund": "transfer", "claim": "unlock", "refund": "trade"}

    class Params(CurveAccounts):
        locked: Ref = account("hatchers/token", "tokens of the hatch that are still locked, in the traders' rows")
        pool: Ref = account("commons/fiat", "the funding pool")
        hatch_price: Number = number(None, "currency/tokens", "what a token costs in the hatch", gt="0")
        hatch_target: Number = number(None, "currency", "what the hatch raises", gt="0")
        hatch_days: Number = number("90", "day", "days the hatch has", gt="0")
        theta: Number = number("0.35", "1", "share of what was raised that goes to the pool", ge="0", lt="1")
        half_life: Number = number("180", "day", "days in which half of what is locked unlocks", gt="0")
        ratio: Number = number("0.3", "1", "the reserve over the market value of all tokens", gt="0", le="1")
        entry: Number = number("0.02", "1", "tribute of a buy to the pool", ge="0", lt="1")
        exit: Number = number("0.05", "1", "tribute of a sale to the pool", ge="0", lt="1")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return alike(p)

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"shape": "reserve_ratio", "payees": (SimpleNamespace(to=p.pool, share=xp.num(1)),), "ln2": xp.log(xp.num(2))}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"open": make(0), "opened": make(0, "day"), "claimed": make(0, "day", p.locked)}

    def trading(self, p: Any, state: State, xp: Any) -> Any:
        return state["open"]

    @event(roles={"trader": "currency"}, arguments={"amount": "currency"})
    def hatch(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Take part in the hatch with `amount`, or with what it still misses."""
        xp, at = ctx.xp, rows["trader"]
        going = (1 - state["open"]) * (1 - xp.after(ctx.day, p.hatch_days, 0))
        refuse_unless(ctx, xp.gt(going, 0), "augmented_curve.hatch", "the hatch is over", "one that goes on")
        paid = xp.minimum(amount, p.hatch_target - state[p.reserve])
        flows = [Flow(p.currency, p.reserve, paid, "hatch", at), mint(p.locked, paid / p.hatch_price, "hatched", of_trader(state, p.locked, at))]
        funded, told = opening(p, state, ctx, state[p.reserve] + paid)
        price = xp.where(xp.gt(told["open"], 0), opening_price(p), signals[p.price])
        return [*flows, funded], {**told, p.price: price}

    @event(roles={"hatcher": "locked"}, arguments={})
    def claim(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A hatcher takes what has unlocked."""
        xp, at = ctx.xp, rows["hatcher"]
        refuse_unless(ctx, xp.gt(state["open"], 0), "augmented_curve.claim", "the curve is not open", "one whose hatch is over")
        free = (state[p.locked] * unlocked(p, state, ctx))[at]
        claimed = xp.put(state["claimed"], at, 0 * state["claimed"][at] + ctx.day)
        return [Flow(p.locked, p.tokens, free, "claim", at, of_trader(state, p.tokens, at))], {"claimed": claimed}

    @event(roles={"hatcher": "locked"}, arguments={})
    def refund(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A hatcher takes back what it paid into a hatch that failed."""
        xp, at = ctx.xp, rows["hatcher"]
        failed = (1 - state["open"]) * xp.after(ctx.day, p.hatch_days, 0)
        refuse_unless(ctx, xp.gt(failed, 0), "augmented_curve.refund", "the hatch has not failed", "one that is over and did not reach its target")
        given = state[p.locked][at]
        back = Flow(p.reserve, p.currency, xp.minimum(given * p.hatch_price, state[p.reserve]), "refund", None, of_trader(state, p.currency, at))
        return [burn(p.locked, given, "refund", at), back], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, raised, was, day = ctx.xp, state[p.reserve], state["open"], ctx.day - ctx.dt
        failed = (1 - was) * xp.after(day, p.hatch_days, 0)
        free = state[p.locked] * unlocked(p, state, ctx) * was
        given = state[p.locked] * failed
        back = xp.minimum(xp.total(given) * p.hatch_price, raised)
        flows = [Flow(p.locked, p.tokens, free, "claim"), burn(p.locked, given, "refund")]
        flows.append(Flow(p.reserve, p.currency, of_traders(xp, state, p.currency, p.locked, back), "refund"))
        traded, s, r = self.crowd(p, state, signals, ctx, was)
        paid = xp.minimum(brought(p, state, signals, ctx), p.hatch_target - raised) * (1 - was) * (1 - failed) if p.demand else 0 * raised
        flows.append(Flow(p.currency, p.reserve, of_traders(xp, state, p.currency, p.currency, paid), "hatch"))
        flows.append(mint(p.locked, of_traders(xp, state, p.locked, p.currency, paid / p.hatch_price), "hatched"))
        funded, told = opening(p, state, ctx, raised + paid)
        told["claimed"] = state["claimed"] + was * (ctx.day - state["claimed"])
        now, (_, shown) = told["open"], self.after(p, state, signals, xp, [], s, r)
        price = xp.where(xp.gt(was, 0), shown[p.price], xp.where(xp.gt(now, 0), opening_price(p), signals[p.price]))
        return [*flows, funded, *traded], {**told, p.price: price}


def opening(p: Any, state: State, ctx: Any, raised: Any) -> tuple[Flow, dict[str, Any]]:
    """Where the hatch has raised its target: the pool's share of it, and the curve is open."""
    now = ctx.xp.after(raised, p.hatch_target, 0) * (1 - state["open"])
    return Flow(p.reserve, p.pool, raised * p.theta * now, "fund"), {"open": state["open"] + now, "opened": state["opened"] + now * ctx.day}


def opening_price(p: Any) -> Any:
    """(1 - theta) hatch_price / ratio: the curve's price of a supply that paid hatch_price, with the reserve that theta leaves."""
    return (1 - p.theta) * p.hatch_price / p.ratio


def unlocked(p: Any, state: State, ctx: Any) -> Any:
    """Of what a hatcher has locked, the share that unlocked since the curve opened, or since its last claim [hatcher, path]."""
    since = ctx.xp.maximum(state["claimed"], state["opened"])
    return -ctx.xp.expm1(-p.ln2 * ctx.xp.maximum(ctx.day - since, 0) / p.half_life)
