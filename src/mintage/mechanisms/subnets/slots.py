"""Slots for subnets: what registering costs, which slot is next, and what happens to the subnet that was in it. Helpers of `entry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...accounts import ISSUANCE, Account
from ...flows import Flow, burn, mint
from ..base import Number, Parameters, Ref, State, account, count, number, option, reads
from ..sharing import peak
from .pools import CODE, DATE, spot


class Party(Parameters):
    """Who holds a subnet's alpha beside its stakers, and is paid for it when the subnet is dissolved."""

    place: Ref = account(None, "the alpha, a row a slot")
    cash: Ref = account("market/token", "where its part of the pool's TAO goes, one row")


class Slots(Parameters):
    """What both who registers and who keeps the register need to know."""

    tao: Ref = account("pools/token", "the pools' TAO, a row a slot")
    alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
    staked: Ref = account("staked/ALPHA", "alpha staked with validators, the same rows")
    positions: Ref = account("holders/SHARE", "owners' shares of it, a lot a slot")
    crowd: Ref = account("stakers/SHARE", "the crowd's shares of it, a row a slot")
    liquid: Ref = account("holders/token", "owners' free TAO")
    money: Ref = account("market/token", "the crowd's free TAO, one row")
    parties: tuple[Party, ...] = option((), "who else holds alpha")
    protocol: Ref = account("protocol/ALPHA", "the protocol's alpha, a row a slot")
    held_back: Ref = account("", "withheld alpha, which has no part in anything, a row a slot; empty: none")
    price: Ref = reads("ema_price", "tao/alpha", "average price, by which the weakest is found")
    weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
    immunity: Number = number("180", "day", "age from which a subnet can be pruned", ge="0", source=CODE, date=DATE)
    start_delay: Number = number("7", "day", "from registration until a subnet runs; on the chain its owner may start it at once", gt="0")
    never: Number = number("1000000000", "day", "start of a slot in which no subnet is", gt="0")
    pool_counts: bool = option(True, "the pool's own alpha has a part in its TAO, which is recycled: so in subnets since 2026")
    par: Number = number("1", "tao/alpha", "price of the first subnet's alpha", gt="0", source=CODE, date=DATE)
    far: Number = number("1000000000", "tao/alpha", "a price above all others", gt="0")
    fixed: int = count(0, "first slots that are never pruned: subnets whose people are modelled one by one")
    emission: Ref = reads("", "tao/day", "the network's emission, with which T shrinks; empty: it does not")
    least: Number = number("1000", "tao", "least lock", gt="0", source=CODE, date=DATE)
    doubling: Number = number("2", "1", "m: cost right after a registration over that lock", ge="1", source=CODE, date=DATE)
    interval: Number = number("100800", "1", "blocks in which a lock wears off", gt="0", source=CODE, date=DATE)
    full: Number = number("7200", "tao/day", "emission at which T is that", gt="0", source=CODE, date=DATE)
    blocks: Number = number("7200", "1/day", "blocks a day", gt="0", source=CODE, date=DATE)
    grain: Number = number("0.000000001", "tao", "base unit in which last / T is rounded down", gt="0", source=CODE, date=DATE)
    spacing: Number = number("1", "day", "time between two registrations, at least", ge="0", source=CODE, date=DATE)


def lock_cost(xp: Any, last: Any, least: Any, blocks: Any, interval: Any, times: Any, grain: Any) -> Any:
    """max(least, times x last - floor(last / interval) x blocks since) [TAO], the quotient in whole `grain`s."""
    a_block = xp.floor(last / grain / interval) * grain
    return xp.maximum(times * last - a_block * blocks, least)


def price_of_entry(p: Any, last: Any, on: Any, day: Any, signals: Mapping[str, Any], xp: Any) -> Any:
    """The lock that a registration costs on `day`, when the last was `last` on day `on` [1, path]."""
    interval = xp.floor(p.interval * signals[p.emission] / p.full) if p.emission else p.interval
    return lock_cost(xp, last, p.least, (day - on) * p.blocks, interval, p.doubling, p.grain)


def in_use(p: Any, started: Any, xp: Any) -> Any:
    """1 for slots with a subnet [slot, path]."""
    return xp.gate(p.never / 2 - started, 0)


def next_slot(p: Any, started: Any, price: Any, day: Any, xp: Any) -> Any:
    """1 for the slot that the next subnet takes, 0 for all others, and everywhere if none is left [slot, path].

    A free one, the lowest, before any that is used; of those that can be pruned the one with the lowest price, of equals the oldest, then the lowest.
    Prices here are compared as they are: a tie is the same number.
    """
    used = in_use(p, started, xp)
    prunable = used * xp.after(day - started + p.start_delay, p.immunity, 0)
    if p.fixed:
        row = xp.cumsum(xp.full((used.shape[-2], 1), xp.num(1)), -2)
        prunable = prunable * xp.gate(row - p.fixed - 1, 0)
    rank = price * prunable + p.far * (2 * used - 1 - prunable)  # free: -far, prunable: its price, else far
    lowest = -peak(xp, -rank)
    tied = xp.gate(lowest - rank, 0)
    early = (started - p.never) * tied
    tied = tied * xp.gate(-peak(xp, -early) - early, 0)
    first = xp.cumsum(tied, -2) * tied
    return tied * xp.gate(1 - first, 0) * xp.gate(p.far / 2 - lowest, 0)


def median_price(p: Any, state: State, signals: Mapping[str, Any], but: Any, xp: Any) -> Any:
    """Median of the prices in all pools but `but` [1, path]; `par` where there is none."""
    price = spot(xp, state[p.tao], state[p.alpha], signals[p.weight] if p.weight else None)
    counts = xp.div(price, price, 0) * (1 - but)
    upper, lower = xp.quantile(price, counts, xp.num("0.5")), -xp.quantile(-price, counts, xp.num("0.5"))
    some = xp.minimum(xp.total(counts), 1)
    return (upper + lower) / 2 * some + p.par * (1 - some)


def dissolved(p: Any, state: State, xp: Any, gone: Any, lots: range) -> list[Flow]:
    """Flows of dissolving the subnets that `gone` marks [slot, path]: their alpha and shares end, and their pool's TAO is shared out by alpha held.

    `lots` are the slots whose owners' shares are taken away; owners are paid by what they held in any.
    """
    tao, alpha, staked = state[p.tao], state[p.alpha], state[p.staked]
    whole = staked + state[p.protocol]
    for party in p.parties:
        whole = whole + state[party.place]
    per_alpha = gone * xp.div(tao, whole + alpha if p.pool_counts else whole, 0)
    shares = state[p.crowd] + xp.total(state[p.positions])[:, 0]
    per_share = xp.div(staked, shares, 0) * per_alpha
    owners = state[p.positions] * per_share[:, None]
    to_stakers, to_parties = staked * per_alpha, [state[party.place] * per_alpha for party in p.parties]
    paid = to_stakers
    for part in to_parties:
        paid = paid + part
    flows = [Flow(p.tao, p.money, to_stakers, "pay_out"), Flow(p.money, p.liquid, xp.sum(owners, 0)[0], "pay_out")]
    flows += [Flow(p.tao, party.cash, part, "pay_out") for party, part in zip(p.parties, to_parties, strict=True)]
    flows.append(Flow(p.tao, Account(ISSUANCE, p.tao.asset), xp.maximum(gone * tao - paid, 0), "recycle"))
    places = [p.alpha, p.staked, p.protocol, *(party.place for party in p.parties), *((p.held_back,) if p.held_back else ())]
    flows += [burn(place, state[place] * gone, "void") for place in places]
    flows.append(burn(p.crowd, state[p.crowd] * gone, "void"))
    return flows + [burn(p.positions, state[p.positions][i] * gone[i : i + 1], "void", i) for i in lots]


def opened(p: Any, slot: Any, cost: Any, price: Any, payer: Account, at: Any = None) -> list[Flow]:
    """Flows of a new subnet in the slots that `slot` marks: its lock is the pool's TAO, with alpha at `price`."""
    lock = slot * cost
    return [Flow(payer, p.tao, lock, "lock", at), mint(p.alpha, lock / price, "open")]
