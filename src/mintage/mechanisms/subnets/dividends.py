"""Dividends of one subnet's validators: by what backs them, alpha or root, less the delegates' take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...flows import Flow
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless
from .pools import CODE, DATE


class DividendDistribution(Mechanism):
    """Pay the pots of one subnet, the `subnet`th row, to its hotkeys and miners. Hotkey h with dividend d_h is backed by alpha a_h and by TAO R_h on root.

        root part r_h = d_h tau R_h / (a_h + tau R_h),   alpha part d_h - r_h
        alpha pot x (d_h - r_h) / sum(d - r),   root pot x r_h / sum r,   miners' pot x incentive_j / sum incentive        [alpha]

    Of the first two `take_h` goes to the hotkey's own stake; the rest of the alpha joins the pool of those who stake with it, or the subnet's one pool of
    `stakers`, and the rest of root's is theirs to claim. Without any dividend, or incentive, a pot waits. Where `stakers` are named, pots of all other
    subnets, whose hotkeys are not modelled, join their stakers' pools. Shapes [hotkey, path], [miner, path].

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/run_coinbase.rs (calculate_dividend_distribution) at 14bc6f9f964b.
    """

    name = "dividend_distribution"
    tags: Mapping[str, Tag] = {"take": "reward", "dividend": "reward", "root": "reward", "incentive": "reward"}
    breaks: ClassVar[str] = (
        "Dividends follow stake, and stake follows dividends, so the large validators grow. A take can be raised on those who do not look; the chain's limit "
        "on how often it may rise is all that protects them."
    )

    class Params(Parameters):
        pot: Ref = account("pending/ALPHA", "validators' part, a row a subnet")
        own: Ref = account("hotkeys/ALPHA", "hotkeys' own stake, a row a hotkey")
        delegated: Ref = account("", "what others stake with each, the same rows; empty: they have one pool, `stakers`")
        stakers: Ref = account("", "one pool for the stakers of each subnet, rows as in `pot`; empty: each hotkey has its own, `delegated`")
        root_pot: Ref = account("", "root stakers' part, rows as in `pot`; empty: paid elsewhere")
        claims: Ref = account("", "what each hotkey's root stakers may claim, rows as in `own`; needed with `root_pot`")
        backing: Ref = account("", "TAO on root behind each hotkey, rows as in `own`; empty: none")
        miners_pot: Ref = account("", "miners' part, rows as in `pot`; empty: paid elsewhere")
        miners: Ref = account("", "miners of this subnet, a row each; needed with `miners_pot`")
        dividends: Ref = reads("dividends", "1", "d: each hotkey's dividend, after child keys")
        incentive: Ref = reads("", "1", "what each miner earned; needed with `miners_pot`")
        tau: Number = number("0.18", "own/token", "weight of TAO staked on root against alpha", ge="0", source=CODE, date=DATE)
        take: Number = number("0.17999542229343099", "1", "delegates' take at the start", ge="0", le="0.18", source=CODE, date=DATE)
        most: Number = number("0.18", "1", "largest take", ge="0", le="1", source=CODE, date=DATE)
        subnet: int = count(0, "the subnet's row in the pots")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if bool(p.delegated) != bool(p.stakers) else [("delegated", "both or none of delegated and stakers are named", "one of the two")]
        needs = (("claims", p.claims, p.root_pot), ("miners", p.miners, p.miners_pot), ("incentive", p.incentive, p.miners_pot))
        return faults + [(name, "none is named", "one, for the pot that is") for name, told, by in needs if by and not told]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"take": make(p.take, of=p.own)}

    @event(roles={"hotkey": "own"}, arguments={"share": "1"})
    def set_take(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """A delegate sets its take."""
        refuse_unless(ctx, ctx.xp.le(share, p.most), "dividend_distribution.set_take, argument 'share'", "more than a delegate may take", f"{p.most} at most")
        return [], {"take": ctx.xp.put(state["take"], rows["hotkey"], share)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, at, take, own = ctx.xp, slice(p.subnet, p.subnet + 1), state["take"], state[p.own]
        pot, backed = state[p.pot], own + state[p.delegated] if p.delegated else own
        root_pot = state[p.root_pot][at] if p.root_pot else 0 * pot[at]
        alpha, root = distributed(xp, pot[at], root_pot, signals[p.dividends], backed, state[p.backing] * p.tau if p.backing else 0 * own)
        flows = [Flow(p.pot, p.own, alpha * take, "take", at)]
        if p.delegated:
            flows.append(Flow(p.pot, p.delegated, alpha * (1 - take), "dividend", at))
        else:
            due = xp.total(signals[p.dividends])
            rest = (pot[at] - xp.total(alpha * take)) * xp.div(due, due, 0)  # to the last digit what the takes left, if anybody has a dividend
            flows.append(Flow(p.pot, p.stakers, xp.put(pot, at, rest), "dividend"))
        if p.root_pot:
            flows += [Flow(p.root_pot, p.own, root * take, "take", at), Flow(p.root_pot, p.claims, root * (1 - take), "root", at)]
        if p.miners_pot:
            earned = signals[p.incentive]
            flows.append(Flow(p.miners_pot, p.miners, state[p.miners_pot][at] * xp.div(earned, xp.total(earned), 0), "incentive", at))
        return flows, {}


def distributed(xp: Any, pot: Any, root_pot: Any, dividends: Any, alpha: Any, root: Any) -> tuple[Any, Any]:
    """(alpha, root alpha) of each hotkey: pots by the parts of dividends that alpha and weighed TAO on root stand behind."""
    of_root = dividends * xp.div(root, alpha + root, 0)
    of_alpha = dividends - of_root
    return pot * xp.div(of_alpha, xp.total(of_alpha), 0), root_pot * xp.div(of_root, xp.total(of_root), 0)
