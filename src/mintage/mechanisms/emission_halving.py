"""Emission by halvings: so much a block, halved each time that issuance has covered half of what was left of the cap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, number, option, writes
from .emission import wrongly_shared
from .sharing import Share, spread

BITS = (32, 16, 8, 4, 2, 1)  # an era's number, up to 63, by its binary digits


class HalvingEmission(Mechanism):
    """Halvings by issuance: a block mints E, halved each time that issuance has covered half of what was left of the cap.

        E(I) = E0 2^-k,   k = floor(log2(1 / (1 - I / C))) = max{k : I >= C (1 - 2^-k)},   0 once I >= C        [token/block]

    I is what was ever minted less what was recycled, C the cap, E rounded down to `places` decimals. Each block mints by the issuance that it
    begins with; a call mints `blocks` of them, split at a threshold to the block. Recycled tokens go back to issuance, so they delay a halving and
    can undo one that was just reached; burned ones do neither. Each call first recycles all that lies in `recycled`. Shapes [1, path].

    Thresholds are dyadic and met to the base unit, so comparisons here do not snap: in exact arithmetic this is the chain's own integer
    rule, in floats a threshold that issuance meets exactly may be met one block late.

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/block_emission.rs at 14bc6f9f964b (C = 21M, E0 = 1, blocks of 12 s).
    """

    name = "halving_emission"
    tags: Mapping[str, Tag] = {"emit": "reward", "recycle": "transfer"}
    breaks: ClassVar[str] = (
        "A halving takes half of the income of all who secure the network from one block to the next, whatever their costs and the price are then. "
        "Whoever can recycle cheaply, or is paid by the emission that recycling brings back, can hold the rate at a threshold."
    )

    class Params(Parameters):
        issuance: Ref = account("issuance/token", "the asset's issuance")
        cap: Number = number("21000000", "issuance", "C: issuance never passes it", gt="0", source="subtensor 14bc6f9f964b", date="2026-06-30")
        base: Number = number("1", "issuance", "E0: tokens a block before the first halving", gt="0", source="subtensor 14bc6f9f964b", date="2026-06-30")
        blocks: int = count(7200, "blocks in one call; a day has 7,200 of 12 s", ge=1)
        halvings: int = count(1, "thresholds that one call may cross, at most", ge=1, le=64)
        places: int = count(9, "decimal places of what a block mints, rounded down", le=36)
        recipients: tuple[Share, ...] = option(..., "who receives which share; shares sum to 1")
        recycled: Ref = account("", "what lies here goes back to issuance at each call, before its blocks are minted; empty: nothing does")
        rate: Ref = writes("", "issuance/day", "signal that shows the emission; empty: none")
        era: Ref = writes("", "1", "signal that shows k, the halvings behind us, after the call; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = wrongly_shared(p)
        if p.blocks > p.halvings * (p.cap / (2 * p.base) - 2):  # an era has cap / (2 base) blocks, two fewer after one that began late
            faults.append(("halvings", f"{p.halvings}, and {p.blocks} blocks of up to {p.base} can cross more", "as many as a call can cross"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"grains": xp.num(10**p.places)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, issued, flows = ctx.xp, -state[p.issuance], []
        if p.recycled:
            back = xp.total(state[p.recycled])
            issued = issued - back
            flows.append(Flow(p.recycled, p.issuance, state[p.recycled], "recycle"))
        amount = minted(p, issued, xp)
        flows += [Flow(p.issuance, r.to, spread(xp, state, r.to, amount * r.share), "emit") for r in p.recipients]
        shown = {p.rate: amount / ctx.dt} if p.rate else {}
        return flows, shown | ({p.era: remaining(p, issued + amount, xp)[0]} if p.era else {})


def remaining(p: Any, issued: Any, xp: Any) -> tuple[Any, Any, Any]:
    """(k, 2^-k, what is left of the cap times 2^k, which is above C / 2 and at most C), found digit by digit of k. Shapes as `issued`."""
    left = p.cap - issued
    era, scale = 0 * (left / p.cap), 0 * (left / p.cap) + 1
    for bits in BITS:
        hit = xp.gate(p.cap - left * 2**bits, 0)  # left <= C 2^-bits
        left = left + hit * left * (2**bits - 1)
        scale = scale * (1 - hit * (1 - 1 / xp.num(2**bits)))
        era = era + hit * bits
    return era, scale, left


def minted(p: Any, issued: Any, xp: Any) -> Any:
    """What `p.blocks` blocks mint from issuance `issued` [token] on, each at the rate of the era that it begins in. Shapes as `issued`."""
    total, blocks = 0 * issued, 0 * (issued / p.cap) + p.blocks
    for _ in range(p.halvings + 1):
        _, scale, left = remaining(p, issued + total, xp)
        each = xp.floor(p.base * scale * p.grains) / p.grains * (1 - xp.gate(-left, 0))
        ahead = (left - p.cap / 2) * scale  # to the next threshold
        whole = xp.floor(xp.div(ahead, each, blocks))
        begun = xp.minimum(blocks, whole + 1 - xp.gate(whole * each - ahead, 0))  # a block that begins below the threshold has the old rate
        total, blocks = total + begun * each, blocks - begun
    return total


# --- the chain's own integers ------------------------------------------------------------------------------------


def era_of(issuance: int, cap: int = 21 * 10**15) -> int:
    """k = floor(log2(cap / (cap - issuance))) for issuance below the cap."""
    return (cap // (cap - issuance)).bit_length() - 1


def block_emission(issuance: int, cap: int = 21 * 10**15, base: int = 10**9) -> int:
    """What the block mints that begins with `issuance`, all in base units (of TAO: rao)."""
    return base >> era_of(issuance, cap) if issuance < cap else 0


def threshold(era: int, cap: int = 21 * 10**15) -> int:
    """The issuance at which era `era` begins [base unit]."""
    return cap - (cap >> era)


class Era(NamedTuple):
    """Blocks `first` to `first + blocks - 1` mint `emission` each, from issuance `start` on [base unit]."""

    number: int
    start: int
    emission: int
    first: int
    blocks: int


def eras(cap: int = 21 * 10**15, base: int = 10**9) -> Iterator[Era]:
    """The eras of a chain that recycles nothing, from the first block to the last that mints."""
    start = first = 0
    while emission := block_emission(start, cap, base):
        number = era_of(start, cap)
        blocks = -((start - threshold(number + 1, cap)) // emission)
        yield Era(number, start, emission, first, blocks)
        start, first = start + blocks * emission, first + blocks
