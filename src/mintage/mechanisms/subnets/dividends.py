"""Dividends of one subnet's validators: by what backs them, alpha or root, less the delegates' take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...flows import Flow
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, reads, refuse_unless
from .pools import CODE, DATE


class DividendDistribution(Mechanism):
    """Pay the pots of one subnet to its hotkeys. Hotkey h with dividend d_h is backed by alpha a_h and by TAO R_h on root.

        root part r_h = d_h tau R_h / (a_h + tau R_h),   alpha part d_h - r_h
        alpha pot x (d_h - r_h) / sum(d - r),   root pot x r_h / sum r        [alpha], shapes [hotkey, path]

    Of both, `take_h` goes to the hotkey's own stake; the rest of the alpha joins the pool of those who stake with it, the rest of root's is theirs to
    claim. `subnet` says in which row of the pots the subnet is. Without any dividend the pots wait.

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/run_coinbase.rs (calculate_dividend_distribution) at 14bc6f9f964b.
    """

    name = "dividend_distribution"
    tags: Mapping[str, Tag] = {"take": "reward", "dividend": "reward", "root": "reward"}
    breaks: ClassVar[str] = (
        "Dividends follow stake, and stake follows dividends, so the large validators grow. A take can be raised on those who do not look; the chain's limit "
        "on how often it may rise is all that protects them."
    )

    class Params(Parameters):
        pot: Ref = account("pending/ALPHA", "validators' part, a row a subnet")
        root_pot: Ref = account("root_pending/ALPHA", "root stakers' part, the same rows")
        own: Ref = account("hotkeys/ALPHA", "hotkeys' own stake, a row a hotkey")
        delegated: Ref = account("delegated/ALPHA", "what others stake with them, the same rows")
        claims: Ref = account("hotkey_claims/ALPHA", "what each one's root stakers may claim, the same rows")
        backing: Ref = account("roots/token", "TAO on root behind each hotkey, the same rows")
        dividends: Ref = reads("dividends", "1", "d: each hotkey's dividend, after child keys")
        tau: Number = number("0.18", "own/backing", "weight of TAO staked on root against alpha", ge="0", source=CODE, date=DATE)
        take: Number = number("0.17999542229343099", "1", "delegates' take at the start", ge="0", le="0.18", source=CODE, date=DATE)
        most: Number = number("0.18", "1", "largest take", ge="0", le="1", source=CODE, date=DATE)
        subnet: int = count(0, "the subnet's row in the pots")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"take": make(p.take, of=p.own)}

    @event(roles={"hotkey": "own"}, arguments={"share": "1"})
    def set_take(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """A delegate sets its take."""
        refuse_unless(ctx, ctx.xp.le(share, p.most), "dividend_distribution.set_take, argument 'share'", "more than a delegate may take", f"{p.most} at most")
        return [], {"take": ctx.xp.put(state["take"], rows["hotkey"], share)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, at, take = ctx.xp, slice(p.subnet, p.subnet + 1), state["take"]
        backed = state[p.own] + state[p.delegated]
        alpha, root = distributed(xp, state[p.pot][at], state[p.root_pot][at], signals[p.dividends], backed, state[p.backing] * p.tau)
        return [
            Flow(p.pot, p.own, alpha * take, "take", at),
            Flow(p.pot, p.delegated, alpha * (1 - take), "dividend", at),
            Flow(p.root_pot, p.own, root * take, "take", at),
            Flow(p.root_pot, p.claims, root * (1 - take), "root", at),
        ], {}


def distributed(xp: Any, pot: Any, root_pot: Any, dividends: Any, alpha: Any, root: Any) -> tuple[Any, Any]:
    """(alpha, root alpha) of each hotkey: pots by the parts of dividends that alpha and weighed TAO on root stand behind."""
    of_root = dividends * xp.div(root, alpha + root, 0)
    of_alpha = dividends - of_root
    return pot * xp.div(of_alpha, xp.total(of_alpha), 0), root_pot * xp.div(of_root, xp.total(of_root), 0)
