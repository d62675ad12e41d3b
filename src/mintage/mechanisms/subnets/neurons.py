"""Entry of neurons: a price a subnet that halves while nobody comes and rises with each who does, and buys alpha that is recycled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...accounts import ISSUANCE, Account
from ...flows import Flow
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless, writes
from ..sharing import by_owner
from .pools import CODE, DATE, leans, swapped


class NeuronRegistration(Mechanism):
    """Sell places for neurons: the price halves every `half_life` blocks and rises by `bump` with each registration, within [least, most].

        burn' = clip(burn 2^(-blocks / half_life), least, most),   at a registration burn' = min(burn x bump, most)        [TAO]

    What is paid buys alpha from the subnet's pool, with the fee, and that alpha is recycled; as flow it counts as users'. In a simulation `newcomers`
    would come a day at price `reference`, and (burn / reference)^-elasticity times as many at another. As many as keep the price even are
    k = blocks ln 2 / (half_life ln bump) a call, so

        burn = clip(reference (newcomers dt / k)^(1 / elasticity), least, most),   registered = min(newcomers dt (burn / reference)^-elasticity, k)

    Shapes [subnet, path]. Which neuron makes room is for the subnet's epoch to say.

    Source: Bittensor, subtensor pallets/subtensor/src/subnets/registration.rs at 14bc6f9f964b, whose integers `q32_factor`, `decayed` and `bumped` are.
    """

    name = "neuron_registration"
    tags: Mapping[str, Tag] = {"register": "fee", "bought": "trade", "fee": "fee"}
    breaks: ClassVar[str] = (
        "A price that halves in 72 minutes invites whoever waits: bots take the place at the bottom. Where a place earns more than it costs, "
        "registrations press the price up until newcomers earn nothing, and those who lose their place early pay for all."
    )

    class Params(Parameters):
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        liquid: Ref = account("holders/token", "free TAO of owners who register")
        money: Ref = account("market/token", "the crowd's free TAO, one row")
        authors: Ref = account("authors/token", "block authors, who receive the fees")
        weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
        running: Ref = reads("", "1", "1 for subnets that run, where neurons can register; empty: all do")
        newcomers: Ref = reads("", "1/day", "who would register a day at the reference price, by subnet or in each; empty: only events register")
        burn: Ref = writes("burn", "tao", "the price")
        registered: Ref = writes("", "1/day", "registrations a day; empty: not shown")
        start: Number = number("0.1", "tao", "price in a new subnet", gt="0", source=CODE, date=DATE)
        least: Number = number("0.0005", "tao", "least price", gt="0", source=CODE, date=DATE)
        most: Number = number("100", "tao", "highest price", gt="0", source=CODE, date=DATE)
        bump: Number = number("1.26", "1", "price after a registration over the price before", gt="1", source=CODE, date=DATE)
        half_life: Number = number("360", "1", "blocks in which the price halves", gt="0", source=CODE, date=DATE)
        blocks: int = count(7200, "blocks in one call; a day has 7,200 of 12 s", ge=1)
        reference: Number = number("0.1", "tao", "price at which `newcomers` would come", gt="0")
        elasticity: Number = number("1", "1", "of their number to the price", gt="0")
        fee: Number = number("0.00050354772259098", "1", "share of what is paid in, 33 of 65535", ge="0", lt="1", source=CODE, date=DATE)

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        halvings = p.blocks / p.half_life
        return {"left": xp.power(xp.num(2), -halvings), "even": halvings * xp.log(xp.num(2)) / xp.log(p.bump)}

    @event(roles={"newcomer": "liquid", "subnet": "tao"}, arguments={})
    def register(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner pays the price for a neuron's place; the next pays more."""
        xp, who, at = ctx.xp, rows["newcomer"], rows["subnet"]
        if p.running:
            refuse_unless(ctx, xp.eq(signals[p.running][at], 1), "neuron_registration.register", "the subnet does not run", "a subnet that runs")
        price = signals[p.burn][at]
        return bought(p, state, signals, xp, (p.liquid, who), at, price), {p.burn: xp.put(signals[p.burn], at, xp.minimum(price * p.bump, p.most))}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, old = ctx.xp, signals[p.burn]
        price, flows, come = xp.maximum(old * p.left, p.least), [], 0 * old / p.least / ctx.dt
        if p.newcomers:
            wanted = signals[p.newcomers] * ctx.dt
            if p.running:
                wanted = wanted * signals[p.running]
            steady = xp.clip(p.reference * xp.power(wanted / p.even, 1 / p.elasticity), p.least, p.most)
            number_ = xp.minimum(wanted * xp.power(steady / p.reference, -p.elasticity), p.even)
            paid = steady * number_ + 0 * state[p.tao]
            paid = paid * xp.minimum(xp.div(state[p.money], xp.total(paid), 1), 1)
            flows, price, come = bought(p, state, signals, xp, (p.money, None), None, paid), xp.maximum(price, steady), come + number_ / ctx.dt
        if p.running:
            price = p.start + (price - p.start) * signals[p.running]
        return flows, {p.burn: price, **({p.registered: come} if p.registered else {})}


def bought(p: Any, state: State, signals: Mapping[str, Any], xp: Any, payer: tuple[Account, Any], at: Any, paid: Any) -> list[Flow]:
    """Flows of `paid` [TAO] for alpha of subnets `at`, which goes back to its issuance."""
    (place, rows), fee = payer, paid * p.fee
    tao, alpha = (state[a] if at is None else state[a][at] for a in (p.tao, p.alpha))
    got = swapped(xp, tao, alpha, paid - fee, leans(p, signals, at)[0])
    out = [Flow(place, p.tao, paid - fee, "register", rows, at), Flow(p.alpha, Account(ISSUANCE, p.alpha.asset), got, "bought", at)]
    if rows is None:
        return [*out, Flow(place, p.authors, xp.total(fee), "fee")]
    return out + [Flow(place, p.authors, part, "fee", row) for row, part in by_owner(xp, state, p.authors, rows, fee)]


# --- the chain's own integers -------------------------------------------------------------------------------------

ONE = 1 << 32


def q32_factor(half_life: int) -> int:
    """The largest f with f^half_life at most one half, f in 2^-32, by the chain's truncating product; 1 for a half-life of 0."""
    if not half_life:
        return ONE
    low, high = 0, ONE
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if q32_power(middle, half_life) <= ONE // 2 else (low, middle)
    return low


def q32_power(factor: int, exponent: int) -> int:
    """factor^exponent in 2^-32, each product truncated, by squaring."""
    out = ONE
    while exponent:
        if exponent & 1:
            out = out * factor >> 32
        factor, exponent = factor * factor >> 32, exponent >> 1
    return out


def decayed(burn: int, half_life: int, blocks: int, least: int = 500_000) -> int:
    """The price [base unit] after so many blocks without a registration."""
    factor = q32_factor(half_life)
    for _ in range(blocks):
        burn = max(burn * factor >> 32, least)
    return burn


def bumped(burn: int, most: int = 100 * 10**9) -> int:
    """The price [base unit] after a registration: x 1.26, rounded down."""
    return min(burn * 126 // 100, most)
