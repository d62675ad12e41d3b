"""Inflation: a fixed rate a year, one that steers the bonded share, and an emission rate that steers utilisation between two bounds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Point, Ref, Schedule, State, Tag, account, number, reads, schedule, writes
from .emission import Issue, issue, wrongly_shared
from .sharing import pro_rata, spread, supply


def constant(value: str) -> tuple[Point, ...]:
    """A schedule that never changes."""
    return (Point(value=Decimal(value)),)


class AnnualInflation(Mechanism):
    """Fixed annual inflation: a share of supply is minted every year, compounding.

        mint = S ((1 + r)^(dt / year) - 1), so that a year of any calls mints r S        [token], [1, path]

    S is what is outstanding as the call begins. `limit` and `cap` end it at a target. Sources: Fetch.ai, 3 % a year for three years until both totals met
    (2021-04-08); Worldcoin, at most 1.5 % a year after 15 years (white paper).
    """

    name = "annual_inflation"
    tags: Mapping[str, Tag] = {"emit": "reward"}
    breaks: ClassVar[str] = (
        "It pays a share of supply whatever is earned, so holders who receive none of it are diluted for as long as it runs. "
        "Burning slows it, but never by more than the rate times what was burned."
    )

    class Params(Issue):
        inflation: Schedule = schedule("1", "r: share of supply minted in a year, from that day on")
        year: Number = number("365.25", "day", "days a year", gt="0", source="definition: a mean year")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        low = [v for v in p.inflation.values if v < 0]
        return wrongly_shared(p) + ([("inflation", f"{low[0]} a year", "0 or more")] if low else [])

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        grown = ctx.xp.expm1(ctx.xp.log1p(p.inflation.at(ctx)) * (ctx.dt / p.year))
        return issue(p, state, signals, ctx, supply(state, p.issuance) * grown)


class BondedInflation(Mechanism):
    """Bonded-ratio inflation, as Cosmos chains mint: up while less of supply than the goal is bonded, down while more is, within a band.

        I' = clip(I + (1 - b / goal) change dt / year, low, high),   mint = S (exp(mean(I, I') dt / year) - 1)        [1 / year], [token]; [1, path]

    b is what is bonded over supply S. Band, speed, goal and tax are dated, as governance changes them; I enters a new band at its edge. `tax` of the mint
    goes to the community pool, the rest to those who bond, by what they have bonded. This is the rule of a block for blocks that are short beside a call:
    at rest the bonded share is at its goal, or inflation at an edge of its band.

    Source: Cosmos SDK, module x/mint (goal 0.67; band 0.07 to 0.20 and change 0.13 a year where a chain sets no other).
    """

    name = "bonded_inflation"
    tags: Mapping[str, Tag] = {"reward": "reward", "tax": "transfer"}
    breaks: ClassVar[str] = (
        "Staking pays inflation over the bonded share, so whoever does not bond pays those who do; a large holder who bonds less raises the rate for all. "
        "With the bonded share far from its goal the rate runs to an edge of the band and stays there, and governance, not the rule, sets inflation."
    )

    class Params(Parameters):
        issuance: Ref = account("issuance/token", "the asset's issuance")
        bonded: Ref = account("staked/token", "what is bonded, by owner")
        ratio: Ref = reads("", "1", "bonded share of supply, where owners' stake is not modelled; empty: `bonded` over supply")
        rewards: Ref = account("staked/token", "where the reward of those who bond arrives: the same rows, or one")
        pool: Ref = account("treasury/token", "the community pool")
        inflation: Ref = writes("inflation", "1", "I, a year; its start is the opening inflation")
        rate: Ref = writes("", "1", "signal that shows the yield a year of what is bonded: I (1 - tax) / b; empty: none")
        low: Schedule = schedule("1", "lower edge of the band, a year, from that day on", default=constant("0.07"))
        high: Schedule = schedule("1", "upper edge of the band, a year, from that day on", default=constant("0.20"))
        change: Schedule = schedule("1", "fastest change of I, a year for a year, when nothing is bonded, from that day on", default=constant("0.13"))
        goal: Schedule = schedule("1", "bonded share at which I rests, from that day on", default=constant("0.67"))
        tax: Schedule = schedule("1", "share of the mint for the community pool, from that day on", default=constant("0.02"))
        year: Number = number("365.25", "day", "days a year", gt="0", source="Cosmos SDK: 6,311,520 blocks of 5 s")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [(name, f"{v} from some day on", "0 to 1") for name in ("low", "high", "goal", "tax") for v in getattr(p, name).values if not 0 <= v <= 1]
        if any(v == 0 for v in p.goal.values):
            faults.append(("goal", "0 from some day on", "above 0"))
        for at in sorted({*p.low.breaks, *p.high.breaks}):
            low, high = (next((v for b, v in reversed(list(zip(s.breaks, s.values, strict=True))) if b <= at), s.values[0]) for s in (p.low, p.high))
            if low > high:
                faults.append(("low", f"{low} from step {at} on, above the upper edge {high}", "at most the upper edge"))
        return faults if p.bonded or p.ratio else [*faults, ("bonded", "neither it nor `ratio` is named", "one of the two")]

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, years, held = ctx.xp, ctx.dt / p.year, supply(state, p.issuance)
        share = signals[p.ratio] if p.ratio else xp.div(xp.total(state[p.bonded]), held, xp.num(0))
        low, high = p.low.at(ctx), p.high.at(ctx)
        before = xp.clip(signals[p.inflation], low, high)
        after = xp.clip(before + (1 - share / p.goal.at(ctx)) * p.change.at(ctx) * years, low, high)
        whole = held * xp.expm1((before + after) / 2 * years)
        taxed = whole * p.tax.at(ctx)
        shared = p.bonded and state[p.bonded].shape[-2] > 1 and state[p.rewards].shape[-2] > 1
        earned = pro_rata(xp, state, p.bonded, whole - taxed) if shared else spread(xp, state, p.rewards, whole - taxed)
        flows = [Flow(p.issuance, p.rewards, earned, "reward"), Flow(p.issuance, p.pool, spread(xp, state, p.pool, taxed), "tax")]
        shown = {p.rate: xp.div(after * (1 - p.tax.at(ctx)), share, xp.num(0))} if p.rate else {}
        return flows, {p.inflation: after, **shown}


class UtilisationBands(Mechanism):
    """Band controller: the emission rate is cut while utilisation is below a band, raised while it is above, and held in between.

        E' = clip(E -/+ (move + move_share E), low, high),   - where g < lower, + where g > upper,   mint = E' dt        [token/day], [token]; [1, path]

    Where one move shifts utilisation by h, the rate comes to rest whatever the start if h is at most the width of the band, and can swing for ever if it
    is wider. Source: articles on AI-driven supply (Akash, bounds 50 % and 80 %; no size of a move is given, so that is an assumption). Akash itself has
    the rule `bonded_inflation`.
    """

    name = "utilisation_bands"
    tags: Mapping[str, Tag] = {"emit": "reward"}
    breaks: ClassVar[str] = (
        "A move that shifts utilisation by more than the width of the band throws it from one side to the other for ever; so does a measure that comes late. "
        "Providers can idle on purpose or serve each other to move the rate, as utilisation is theirs to report."
    )

    class Params(Issue):
        rate: Ref = writes("rate", "issuance/day", "E: the rate of emission; its start is the opening rate")
        utilisation: Ref = reads("utilisation", "1", "g: how much of capacity is used")
        lower: Number = number("0.5", "1", "below it the rate is cut", ge="0", le="1", source="source article 003, a claim that was not verified")
        upper: Number = number("0.8", "1", "above it the rate is raised", ge="0", le="1", source="source article 003, a claim that was not verified")
        move: Number = number("0", "issuance/day", "size of a move", ge="0")
        move_share: Number = number("0", "1", "and this share of the rate", ge="0", lt="1")
        low: Number = number("0", "issuance/day", "lowest rate", ge="0")
        high: Number = number(None, "issuance/day", "highest rate", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        pairs = (("lower", p.lower, p.upper, "upper"), ("low", p.low, p.high, "high"))
        faults = [(name, f"{low} above {high}", f"at most `{other}`") for name, low, high, other in pairs if low > high]
        if not p.move and not p.move_share:
            faults.append(("move", "neither it nor `move_share` is above 0", "the size of a move"))
        return wrongly_shared(p) + faults

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, used, now = ctx.xp, signals[p.utilisation], signals[p.rate]
        way = xp.where(xp.gt(used, p.upper), 1, 0) - xp.where(xp.lt(used, p.lower), 1, 0)
        rate = xp.clip(now + way * (p.move + p.move_share * now), p.low, p.high)
        flows, _ = issue(p, state, signals, ctx, rate * ctx.dt)
        return flows, {p.rate: rate}
