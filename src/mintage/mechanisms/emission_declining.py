"""Emission that falls by itself: by a constant rate each period, or all the time with a half-life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .base import Emitted, Mechanism, Number, State, Tag, number, option
from .emission import Issue, issue, wrongly_shared


class DecliningEmission(Mechanism):
    """Declining emission: a falling amount a period, or a rate that halves.

    Tokens are minted along a curve A(x) of days x since `begin`: a call mints A(now) - A(at the last call), so it does not matter how often it is called.

        "by_period":  a_m = first (1 - fall)^m in period m = floor(x / period), in equal parts over its days
        "halving":    A(x) = first / period  h / ln 2  (1 - 2^(-x / h)),   h the half-life                              [token]

    A ends at `total`, and x at `length` days; a scalar, the same on every path.

    Sources: io.net, 8 % of 500M in the first year and 1.02 % less each month, up to 300M (documentation of the IO coin); Akash's economics paper of
    2020-01-31, supply M0 (1 + i0 T / ln 2 (1 - 2^(-t / T))): first = M0 i0 for a period of a year, h = T.
    """

    name = "declining_emission"
    tags: Mapping[str, Tag] = {"emit": "reward"}
    breaks: ClassVar[str] = (
        "What is paid out falls whether or not revenue has come to take its place: if it has not, providers leave while they are needed. A fall so slow "
        "that tokens double first, or a total that binds long after the horizon, is inflation without an end in practice."
    )

    class Params(Issue):
        curve: Literal["by_period", "halving"] = option("by_period", "falls from period to period, or all the time")
        first: Number = number(None, "issuance", "tokens of the first period; of `halving`, a period's at the opening rate", ge="0")
        period: Number = number("30.4375", "day", "length of a period", gt="0", source="definition: a twelfth of 365.25 days")
        fall: Number = number("0", "1", "by_period: each period's amount, this share below the one before", ge="0", le="1")
        half_life: Number = number("0", "day", "halving: days in which the rate halves", ge="0")
        total: Number = number("0", "issuance", "tokens in all; 0: no end but the limit", ge="0")
        begin: Number = number("0", "day", "day of the first token", ge="-36500", le="36500")
        length: Number = number("0", "day", "days after which it ends; 0: never", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = wrongly_shared(p)
        if (p.curve == "halving") != (p.half_life > 0):
            faults.append(("half_life", f"{p.half_life} days, and the curve is {p.curve}", "days for `halving`, none for `by_period`"))
        if p.curve == "halving" and p.fall:
            faults.append(("fall", f"{p.fall}, and the curve is {p.curve}", "none: the half-life says it"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2))}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return issue(p, state, signals, ctx, released(p, ctx.day, ctx.xp) - released(p, ctx.day - ctx.dt, ctx.xp))


def released(p: Any, day: Any, xp: Any) -> Any:
    """A: what the curve has released by `day` [day since the network's start], a scalar."""
    x = xp.maximum(day - p.begin, 0)
    x = xp.where(xp.eq(p.length, 0), x, xp.minimum(x, p.length))
    if p.curve == "halving":
        released = -p.first * (p.half_life / p.period / p.ln2) * xp.expm1(-p.ln2 * x / p.half_life)
    else:
        whole, left = xp.floor(x / p.period), xp.power(1 - p.fall, xp.floor(x / p.period))
        released = p.first * (xp.div(1 - left, p.fall, whole) + left * (x / p.period - whole))
    return xp.where(xp.eq(p.total, 0), released, xp.minimum(released, p.total))
