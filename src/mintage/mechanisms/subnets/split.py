"""How a subnet's alpha is split: owner, miners, validators, and root stakers' part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from ...flows import mint
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, event, number, option, reads, refuse_unless, writes
from .pools import CODE, DATE


class AlphaSplit(Mechanism):
    """Mint each subnet's alpha emission e and split it.

        owner c e;   of the rest r: miners r / 2, validators r / 2,   of which rho r / 2 is root stakers' and (1 - rho) r / 2 alpha stakers'
        root's part is paid while the average prices of all subnets sum to more than 1, else not minted
        of miners' part the share b, which went to the owner's own hotkeys, is withheld: held back for ever (burned) or not minted (recycled)

    [alpha] a call, shapes [subnet, path]. Where `incentive` says that no miner earned, validators have the miners' part too. Delegates' `take` of what
    stakers get goes to `takers`. What is held back still counts as issued, so it rests on an account of its own.

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/run_coinbase.rs (emit_to_subnets, distribute_emission) at 14bc6f9f964b.
    """

    name = "alpha_split"
    tags: Mapping[str, Tag] = {"owner": "reward", "miners": "reward", "validators": "reward", "take": "reward", "root": "reward", "withheld": "transfer"}
    breaks: ClassVar[str] = (
        "Shares are fixed whatever the work is worth, so a subnet without work pays as much as one with it. An owner who mines its own subnet takes miners' "
        "part as well; withholding it answers that only where the owner's hotkeys are known."
    )

    class Params(Parameters):
        emission: Ref = reads("alpha_emission", "owners/day", "e: alpha that each subnet emits")
        root_proportion: Ref = reads("root_proportion", "1", "rho")
        price: Ref = reads("ema_price", "*", "average prices, whose sum decides whether root is paid")
        incentive: Ref = reads("", "1", "1 where a miner earned; empty: everywhere")
        running: Ref = reads("", "1", "1 for subnets that run: what is withheld is forgotten for others; empty: all do")
        withheld: Ref = writes("withheld", "1", "b: share of miners' part that is withheld")
        owners: Ref = account("owners/ALPHA", "subnets' owners, a row a subnet")
        miners: Ref = account("miners/ALPHA", "miners, the same rows")
        validators: Ref = account("staked/ALPHA", "what validators' stakers own, the same rows")
        takers: Ref = account("", "validators' own, for their take, the same rows; empty: no take")
        root: Ref = account("root_claims/ALPHA", "what root stakers may claim, the same rows")
        held_back: Ref = account("withheld/ALPHA", "where withheld alpha rests for ever, the same rows")
        owner_cut: Number = number("0.17999542229343099", "1", "c: 11,796 of 65,535", ge="0", le="1", source=CODE, date=DATE)
        miners_part: Number = number("0.5", "1", "miners' part of the rest", ge="0", le="1", source=CODE, date=DATE)
        take: Number = number("0.17999542229343099", "1", "delegates' part of what their stakers get", ge="0", le="0.18", source=CODE, date=DATE)
        threshold: Number = number("1", "price", "sum of average prices above which root is paid", ge="0", source=CODE, date=DATE)
        recycle: Literal["burn", "recycle"] = option("burn", "what becomes of withheld alpha")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, b = ctx.xp, signals[p.withheld]
        paid = xp.gt(xp.total(signals[p.price]), p.threshold)
        s = split(signals[p.emission] * ctx.dt, p.owner_cut, signals[p.root_proportion], p.miners_part)
        miners, validators, root, kept_back = s.miners, s.validators, s.root * xp.where(paid, xp.num(1), xp.num(0)), s.miners * b
        if p.incentive:
            miners = miners * signals[p.incentive]
            validators, kept_back = validators + s.miners - miners, kept_back * signals[p.incentive]
        flows = [mint(p.owners, s.owner, "owner"), mint(p.miners, miners - kept_back, "miners")]
        if p.recycle == "burn":
            flows.append(mint(p.held_back, kept_back, "withheld"))
        if p.takers:
            flows.append(mint(p.takers, (validators + root) * p.take, "take"))
            validators, root = validators * (1 - p.take), root * (1 - p.take)
        flows += [mint(p.validators, validators, "validators"), mint(p.root, root, "root")]
        return flows, {p.withheld: b * signals[p.running] if p.running else b}

    @event(roles={"subnet": "owners"}, arguments={"share": "1"}, authority="operator")
    def withhold(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """An operator tells what share of miners' part the last epoch gave to hotkeys of the subnet's owner."""
        xp, at = ctx.xp, rows["subnet"]
        refuse_unless(ctx, xp.le(share, 1), "alpha_split.withhold, argument 'share'", "more than all", "a share from 0 to 1")
        return [], {p.withheld: xp.put(signals[p.withheld], at, share)}


class Split(NamedTuple):
    """Parts of a subnet's alpha: owner's, miners', alpha stakers', root stakers'."""

    owner: Any
    miners: Any
    validators: Any
    root: Any


def split(emitted: Any, cut: Any, rho: Any, miners: Any) -> Split:
    """The parts of `emitted`."""
    owner = emitted * cut
    rest = emitted - owner
    mined = rest * miners
    validated = rest - mined
    root = validated * rho
    return Split(owner, mined, validated - root, root)
