"""Emission to subnets: TAO and alpha into each pool, what is left of the TAO buys alpha."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

from ...accounts import ISSUANCE, Account
from ...flows import Flow, mint
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .pools import CODE, DATE, leans, reweighted, spot, swapped
from .shares import known, latest


class CapVersion(Parameters):
    """What bounds the alpha that is put into a pool, and the day from which it does."""

    day: Number = number("0", "day", "the bound's first day", ge="0")
    cap: Literal["alpha", "block", "root"] = option(
        "root", "alpha: the subnet's alpha emission; block: that and the network's TAO emission; root: root proportion x alpha emission"
    )


class Outstanding(Parameters):
    """Alpha outside the pools."""

    place: Ref = account(None, "where it rests: a row a subnet, or any rows of one subnet")
    subnet: int = count(-1, "the subnet that all of it belongs to; -1: row i belongs to subnet i", ge=-1)


class SubnetEmission(Mechanism):
    """Put what lies in `pot` into the pools of subnets by their shares, with alpha to match, so that prices stay.

        T_i = share_i pot,   p = price,   e = base 2^-k a block, k halvings of its alpha issuance (pool + outstanding), at most `eras`
        alpha in = min(T / p, cap),   TAO in = p x alpha in,   T - TAO in buys alpha from the pool for the protocol
        cap = e, or min(e, pot), or rho e, by version;   rho = tau R / (tau R + alpha issuance),   R the TAO staked on root

    [TAO] and [alpha] a call of `blocks` blocks, shapes [subnet, path]. A call that crosses a halving emits at the new rate from there on, to the
    emission of a block. What no subnet may be paid goes back to issuance. `weight`, where named, is kept such that injections leave prices alone, also
    where somebody adds TAO alone (`add_liquidity`), and within [least, 1 - least].

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/run_coinbase.rs (get_subnet_terms, inject_and_maybe_swap) at 14bc6f9f964b; the caps by
    runtime: alpha until 361, block from 362, root from 421.
    """

    name = "subnet_emission"
    tags: Mapping[str, Tag] = {"inject": "transfer", "bought": "trade", "recycle": "transfer", "add": "transfer"}
    breaks: ClassVar[str] = (
        "Where few stake on root the cap is low, nearly all TAO buys alpha, and price is what the protocol itself pays: it falls as soon as emission is "
        "halved or goes elsewhere. Alpha that is emitted faster than pools deepen finds no TAO to be sold for."
    )

    class Params(Parameters):
        pot: Ref = account("coinbase/token", "the TAO to be paid, one row")
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        protocol: Ref = account("protocol/ALPHA", "alpha that the protocol buys, the same rows")
        outstanding: tuple[Outstanding, ...] = option((), "where alpha outside the pools rests, the protocol's apart")
        root: Ref = account("root/token", "TAO staked on root")
        keepers: Ref = account("", "more of it: of those who keep their claims; empty: none")
        liquid: Ref = account("holders/token", "free TAO of whoever adds liquidity")
        share: Ref = reads("share", "1", "each subnet's share")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        weight: Ref = writes("", "1", "w2, weight of TAO in each pool; empty: 1/2 for ever")
        injected: Ref = writes("injected", "tao/day", "TAO that went into each pool, bought alpha included")
        emission: Ref = writes("alpha_emission", "alpha/day", "e: alpha that each subnet emits to its participants")
        root_proportion: Ref = writes("root_proportion", "1", "rho")
        versions: tuple[CapVersion, ...] = option((CapVersion(),), "caps by day, days strictly rising from 0")
        tau: Number = number("0.18", "alpha/tao", "weight of TAO staked on root against alpha", ge="0", source=CODE, date=DATE)
        par: Number = number("1", "alpha/tao", "alpha that counts as a TAO where the cap compares the two emissions", gt="0", source=CODE, date=DATE)
        base: Number = number("1", "alpha", "alpha a block before the first halving", gt="0", source=CODE, date=DATE)
        cap: Number = number("21000000", "alpha", "issuance at which alpha emission ends", gt="0", source=CODE, date=DATE)
        eras: int = count(30, "halvings of alpha that are told apart, at most", ge=1, le=30)
        blocks: int = count(7200, "blocks in one call; a day has 7,200 of 12 s", ge=1)
        least: Number = number("0.01", "1", "least weight of either side of a pool", gt="0", lt="0.5", source=CODE, date=DATE)

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        days = [v.day for v in p.versions]
        if days and days[0] == 0 and all(a < b for a, b in pairwise(days)):
            return []
        return [("versions", f"days {', '.join(map(str, days[:8]))}", "days strictly rising from 0")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        whole = [p.base * (xp.num(10**9 // 2**k) / 10**9) * p.blocks for k in range(p.eras + 1)]  # of a call in era k, in base units as on the chain
        starts = [p.cap * (1 - xp.num(1) / 2**k) for k in range(1, p.eras + 1)]
        falls = tuple((start - before, before - after) for start, (before, after) in zip(starts, pairwise(whole), strict=True))
        return {"half": xp.num("0.5"), "first": whole[0], "falls": falls}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, tao, alpha = ctx.xp, state[p.tao], state[p.alpha]
        weight = signals[p.weight] if p.weight else None
        pot, issued = state[p.pot], alpha + outstanding(p, state, xp)
        emitted = alpha_emission(p, issued, xp)
        if p.running:
            emitted = emitted * signals[p.running]
        rho = root_proportion(xp, p.tau, on_root(p, state, xp), issued)
        most = capped(p, ctx, emitted, rho, pot)
        paid = pot * signals[p.share]
        t = terms(xp, paid, spot(xp, tao, alpha, weight), most)
        bought = swapped(xp, tao + t.tao_in, alpha + t.alpha_in, t.excess, leans(p, signals)[0])
        flows = [
            Flow(p.pot, Account(ISSUANCE, p.pot.asset), xp.maximum(pot - xp.total(paid), 0), "recycle"),
            Flow(p.pot, p.tao, paid, "inject"),
            mint(p.alpha, t.alpha_in, "inject"),
            Flow(p.alpha, p.protocol, bought, "bought"),
        ]
        shown = {p.injected: paid / ctx.dt, p.emission: emitted / ctx.dt, p.root_proportion: rho}
        if weight is not None:
            even, moved = xp.num("0.5"), reweighted(xp, tao, alpha, t.tao_in, t.alpha_in, weight)
            shown[p.weight] = even + (moved - even) * signals[p.running] if p.running else moved
        return flows, shown

    @event(roles={"giver": "liquid", "subnet": "tao"}, arguments={"amount": "tao"})
    def add_liquidity(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner adds TAO to a pool for good, without alpha: its weight rises so that the price stays."""
        xp, at = ctx.xp, rows["subnet"]
        if not p.weight:
            refuse_unless(ctx, xp.lt(amount, 0 * amount), "subnet_emission.add_liquidity", "pools have fixed weights", "pools whose weights are kept")
            return [], {}
        y, x, old = state[p.tao][at], state[p.alpha][at], signals[p.weight][at]
        new = reweighted(xp, y, x, amount, 0 * x, old)
        refuse_unless(ctx, xp.le(new, 1 - p.least), "subnet_emission.add_liquidity", "alpha would weigh too little", f"{p.least} or more")
        return [Flow(p.liquid, p.tao, amount, "add", rows["giver"], at)], {p.weight: xp.put(signals[p.weight], at, new)}


class Terms(NamedTuple):
    """What goes into a pool: TAO and alpha that leave the price alone, and TAO that buys alpha."""

    tao_in: Any
    alpha_in: Any
    excess: Any


def terms(xp: Any, paid: Any, price: Any, cap: Any) -> Terms:
    """The terms of a subnet that is paid `paid` [TAO]; what a pool without a price gets buys nothing."""
    alpha_in = xp.minimum(xp.div(paid, price, 0), cap)
    tao_in = xp.minimum(alpha_in * price, paid)
    return Terms(tao_in, alpha_in, paid - tao_in)


def root_proportion(xp: Any, tau: Any, root: Any, issued: Any) -> Any:
    """rho = tau R / (tau R + issued); 0 where there is neither."""
    weighed = root * tau
    return xp.div(weighed, weighed + issued, 0)


def outstanding(p: Any, state: State, xp: Any) -> Any:
    """Alpha outside the pools by subnet [subnet, path]."""
    total, alone = state[p.protocol], dict[int, Any]()
    for o in p.outstanding:
        if o.subnet < 0:
            total = total + state[o.place]
        else:
            rest = xp.total(state[o.place])
            alone[o.subnet] = alone[o.subnet] + rest if o.subnet in alone else rest
    for subnet, rest in alone.items():
        total = xp.add_at(total, slice(subnet, subnet + 1), rest)
    return total


def on_root(p: Any, state: State, xp: Any) -> Any:
    """R: all TAO staked on root [1, path]."""
    staked = xp.total(state[p.root])
    return staked + xp.total(state[p.keepers]) if p.keepers else staked


def alpha_emission(p: Any, issued: Any, xp: Any) -> Any:
    """Alpha that a call emits to participants [alpha]: from the issuance at which it first reaches a halving, that much less than before."""
    emitted = p.first
    for begins, fall in p.falls:
        emitted = emitted - xp.clip((issued - begins) * p.half, 0, fall)
    return emitted


def capped(p: Any, ctx: Any, emitted: Any, rho: Any, pot: Any) -> Any:
    """Most alpha that may be put into each pool in this call, by the version in force."""
    xp, most = ctx.xp, emitted
    root, block = (latest(ctx, p.versions, [xp.num(int(v.cap == name)) for v in p.versions]) for name in ("root", "block"))
    if not known(root, 0):
        most = most * (rho if known(root, 1) else 1 - (1 - rho) * root)
    if not known(block, 0):
        most = xp.minimum(most, p.first + (xp.total(pot) * p.par - p.first) * block)
    return most
