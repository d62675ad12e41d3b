"""Stake for access: tiers with a discount and a rate limit, a gate in tokens, in dollars or in between, and the price that answers to who is let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ..errors import Fault, SpecError
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .sharing import by_owner, spread
from .stakers import in_all_lots, sum_of


class AccessTier(Parameters):
    """A tier: what it takes to be in it, and what it gives to each of its members."""

    gate: Number = number(None, "fiat", "worth of the stake that it takes", ge="0")
    discount: Number = number("0", "1", "off the list price", ge="0", le="1")
    rate: Number = number("1", "job/day", "refill of the rate limit", ge="0")
    burst: Number = number("1", "job", "most that can be saved up", ge="0")


class AccessTiers(Mechanism):
    """Stake opens tiers; each member has a bucket of requests that its tier refills (token bucket).

        tier_i = number of gates with  stake_i / people_i x D >= gate_k          D [fiat/token], stake [token], shapes [member, path]
        design "token": D = reference, for ever;   "fiat": D = price;   "indexed": D moves to the price, by `speed` of itself a call at most
        bucket_i' = min(bucket_i + rate dt - served_i, burst),   served_i = min(bucket_i + rate dt, wanted_i dt / people_i)        [job] a person

    A gate in tokens asks for a fixed number of tokens, whose cost floats with the price. One in fiat costs the same at any price, so when the price falls it
    locks out whoever does not add to the stake, and with their demand gone the price falls further. An indexed one asks for more tokens as well, but slowly:
    members have time to add some, or to see the price come back.

    A row of members may stand for many `people`. Stake is what `staked` holds and the signals in `counted` say (see `lp_stake`), as the last call saw it: so
    stake that is borrowed for a moment opens nothing. With `fee` named, requests are paid for at the list price less the tier's discount. `wanted` is the
    demand of modelled members; live it is measured as 0, and members make requests themselves.

    Source of the three designs: the project's notes on access cascades; of the token bucket: Turner 1986.
    """

    name = "access_tiers"
    breaks: ClassVar[str] = (
        "A gate in dollars turns a falling price into lost members and lost members into a falling price: below a critical shock nobody is left. A gate in "
        "tokens gets dear exactly when the service is in demand. Tiers invite pooling: one stake, many users behind it."
    )
    tags: Mapping[str, Tag] = {"pay": "revenue"}

    class Params(Parameters):
        staked: Ref = account("staked/token", "members' stake, one row each")
        counted: tuple[Ref, ...] = reads((), "staked", "signals that count as stake beside it, such as what `lp_stake` writes")
        people: Ref = reads("", "1", "people in each row; empty: one")
        price: Ref = reads("price", "fiat/staked", "price of the token")
        tiers: tuple[AccessTier, ...] = option(..., "tiers, the lowest gate first")
        design: Literal["token", "fiat", "indexed"] = option("token", "what the gates are held in")
        reference: Number = number(None, "fiat/staked", "price at which gates in tokens, and the index at the start, are set", gt="0")
        speed: Number = number("0.01", "1", "largest relative change of the index in one call", ge="0", le="1")
        tier: Ref = writes("tier", "1", "tier of each row, 0 for none, as the last call left it")
        share: Ref = writes("", "1", "signal that shows the share of people who are in any tier; empty: none")
        entry: Ref = writes("", "staked", "signal that shows the tokens that the lowest tier takes; empty: none")
        cost: Ref = writes("", "fiat", "signal that shows what they cost; empty: none")
        wanted: Ref = reads("", "job/day", "requests that the people of each row would make; empty: none are modelled")
        served: Ref = writes("", "job/day", "signal that shows the modelled requests that are served, by row; empty: none")
        fee: Ref = reads("", "fiat/job", "list price of a request; empty: requests are free")
        customers: Ref = account("external/fiat", "where modelled members' money comes from")
        wallets: Ref = account("", "members' own money, which events draw on, the same rows as `staked`; empty: requests by event are free")
        payee: Ref = account("", "who is paid, where requests are not free")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = []
        if not p.tiers or any(a.gate >= b.gate for a, b in pairwise(p.tiers)):
            faults.append(("tiers", f"gates at {', '.join(str(t.gate) for t in p.tiers) or 'nothing'}", "one or more, rising"))
        if bool(p.fee) != bool(p.payee):
            faults.append(("payee", f"{p.payee or 'none is named'}, with {'a fee' if p.fee else 'no fee'}", "an account where there is a fee, else none"))
        return faults

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        bucket = make(0, "job", p.staked)
        if p.wallets and (found := make(0, of=p.wallets).shape[-2]) != (rows := bucket.shape[-2]):
            raise SpecError(Fault("MT202", "access_tiers.wallets", f"{found} rows of {p.wallets}", f"{rows}, as many as of {p.staked}"))
        return {"bucket": bucket, "index": make(p.reference, "fiat/staked")}

    @event(roles={"member": "staked"}, arguments={"work": "job"})
    def request(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], work: Any) -> Emitted:
        """A member makes requests: they are taken from its bucket, or refused when it holds less."""
        xp, at = ctx.xp, rows["member"]
        left = state["bucket"][at] - work
        refuse_unless(ctx, xp.ge(state["bucket"][at], work), "access_tiers.request", "above the rate limit", "what the member's bucket holds")
        kept = {"bucket": xp.put(state["bucket"], at, xp.maximum(left, 0 * left))}
        if not (p.fee and p.wallets):
            return [], kept
        price = signals[p.fee] * (1 - by_tier(p, xp, signals[p.tier][at], "discount"))
        return [Flow(p.wallets, p.payee, part, "pay", row) for row, part in by_owner(xp, state, p.payee, at, work * price)], kept

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, index = ctx.xp, signals[p.price], state["index"]
        stake = in_all_lots(xp, state[p.staked])
        if p.counted:
            stake = stake + sum_of(signals, p.counted)
        if p.design == "indexed":
            index = xp.clip(price, index * (1 - p.speed), index * (1 + p.speed))
        elif p.design == "fiat":
            index = price
        worth = (xp.div(stake, signals[p.people], 0) if p.people else stake) * index
        tier = xp.where(xp.ge(worth, p.tiers[0].gate), 1, 0)
        for t in p.tiers[1:]:
            tier = tier + xp.where(xp.ge(worth, t.gate), 1, 0)
        shown = {p.tier: tier, p.entry: xp.div(p.tiers[0].gate, index, 0), p.cost: xp.div(p.tiers[0].gate * price, index, 0)}
        if p.share:
            there = signals[p.people] if p.people else 1 + 0 * tier
            shown[p.share] = xp.div(xp.total(there * xp.minimum(tier, 1)), xp.total(there), 0)
        flows, kept = serve(p, state, signals, ctx, tier)
        return flows, {"index": index, **kept, **{name: value for name, value in shown.items() if name}}


def serve(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, tier: Any) -> Emitted:
    """Refill the buckets, and serve modelled members out of them."""
    xp = ctx.xp
    full, burst = state["bucket"] + by_tier(p, xp, tier, "rate") * ctx.dt, by_tier(p, xp, tier, "burst")
    if not p.wanted:
        return [], {"bucket": xp.minimum(full, burst)}
    wanted = signals[p.wanted] * ctx.dt
    each = xp.minimum(full, xp.div(wanted, signals[p.people], 0) if p.people else wanted)
    kept, work = {"bucket": xp.minimum(full - each, burst)}, each * signals[p.people] if p.people else each
    if p.served:
        kept[p.served] = work / ctx.dt
    if not p.fee:
        return [], kept
    paid = xp.total(work * (1 - by_tier(p, xp, tier, "discount"))) * signals[p.fee]
    return [Flow(p.customers, p.payee, spread(xp, state, p.payee, paid), "pay")], kept


def by_tier(p: Any, xp: Any, tier: Any, name: str) -> Any:
    """What each row's tier gives: 0 without one."""
    steps = [(getattr(b, name) - getattr(a, name)) if a else getattr(b, name) for a, b in zip((None, *p.tiers), p.tiers, strict=False)]
    out = xp.where(xp.ge(tier, 1), steps[0], 0)
    for k, more in enumerate(steps[1:], 2):
        out = out + xp.where(xp.ge(tier, k), more, 0)
    return out


class AccessPrice(Mechanism):
    """The token's price as far as access makes it: P = outside x (A / A_1)^alpha, with A the share of people who have access.

    [fiat/token], shape [1, path]. A_1 is the share at which the price is that of the outside world. Beside a gate in fiat this closes a loop: a shock s
    settles where P = s (A(P) / A_1)^alpha, and below a critical shock nowhere above 0. Alpha is an assumption, for calibration.
    """

    name = "access_price"
    behaviour = True
    breaks: ClassVar[str] = (
        "It takes the price to answer to access at once and to nothing else. Where alpha times the elasticity of access to price comes near 1, small shocks "
        "are multiplied, and the result hangs on the few holdings just above the gate."
    )

    class Params(Parameters):
        outside: Ref = reads("outside", "fiat/token", "the price that the outside world would have it at")
        share: Ref = reads("access", "1", "share of people who have access")
        price: Ref = writes("price", "fiat/token", "the price")
        reference: Number = number(None, "1", "A_1: share at which the price is the outside one", gt="0", le="1")
        alpha: Number = number("0.5", "1", "elasticity of price to access", ge="0")
        least: Number = number("0", "1", "share below which the price takes no more notice of access", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        return [], {p.price: signals[p.outside] * ctx.xp.power(ctx.xp.maximum(signals[p.share], p.least) / p.reference, p.alpha)}
