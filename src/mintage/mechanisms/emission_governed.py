"""Minting by decision: of an operator, a vote or a plan, within bounds that no decision can pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

from ..flows import mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless
from .emission import calls_before
from .sharing import spread


class Decision(Parameters):
    """A mint that is decided already."""

    day: Number = number(None, "day", "day on which it is carried out", ge="0")
    amount: Number = number(None, "to", "tokens", ge="0")


class GovernanceMint(Mechanism):
    """Minting by governance: what was decided, and never more than two bounds leave.

        room = min(per_window - minted in the last `window` calls, total - minted ever)        [token], [1, path]

    Decided is: what `decided` lists, on its day; where no `status` is read, what an operator mints, at once; where `status` is read, what a proposal asks
    for that governance adopts; call it as often as governance, which shows what it adopted until its next call. The plan and adopted proposals are cut to
    what the bounds leave; an operator who asks for more is refused. The window
    slides by a call, so no two mints around its edge pass it.

    Sources: Fetch.ai, 1,477,549,566 FET minted on 2024-05-03 to merge AGIX and OCEAN, and 88,946,755.672 for CUDOS; supply else fixed.
    """

    name = "governance_mint"
    tags: Mapping[str, Tag] = {"mint": "transfer"}
    breaks: ClassVar[str] = (
        "Whoever holds the vote, or the operator's key, can mint all that the bounds leave and sell it; the damage is the bounds', so they are the rule. "
        "A cheap vote next to a large room is an invitation: compare the price of a majority with `per_window` times the price of a token."
    )

    class Params(Parameters):
        to: Ref = account("treasury/token", "who receives what is minted")
        decided: tuple[Decision, ...] = option((), "mints that are decided already, days rising")
        status: Ref = reads("", "1", "what became of each proposal, as `governance` writes it; empty: an operator decides")
        proposals: Ref = account("", "the proposals' slots, one row each, where a vote decides")
        window: int = count(12, "calls over which `per_window` holds", ge=1, le=4096)
        per_window: Number = number(None, "to", "tokens in any `window` calls, at most", ge="0")
        total: Number = number(None, "to", "tokens in all, at most", ge="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = []
        if bool(p.status) != bool(p.proposals):
            faults.append(("proposals", f"{p.proposals or 'none are named'}, and the status is {p.status or 'not read'}", "both, or neither"))
        if any(b.day <= a.day for a, b in pairwise(p.decided)):
            faults.append(("decided", "days that do not rise", "days that rise"))
        return faults

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        asked = {"asked": make(0, "to", p.proposals)} if p.proposals else {}
        return {"recent": make(0, "to", lots=p.window), "minted": make(0, "to"), **asked}

    @event(roles={"to": "to"}, arguments={"amount": "to"}, authority="operator")
    def mint(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The operator mints `amount`, where no vote decides."""
        xp, wanted = ctx.xp, ctx.xp.total(amount)
        decides = xp.le(amount, amount) if not p.status else xp.lt(amount, amount)
        refuse_unless(ctx, decides, "governance_mint.mint", "a vote decides here", "a proposal that is adopted")
        refuse_unless(ctx, xp.le(wanted, room(p, state, xp)), "governance_mint.mint", "more than the bounds leave", "at most what they leave")
        return [mint(p.to, amount, "mint", rows["to"])], counted(p, state, ctx, wanted)

    @event(roles={"proposal": "proposals"}, arguments={"amount": "to"}, authority="operator")
    def ask(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The operator notes what the text of an open proposal asks for; not after the vote."""
        if not p.proposals:
            return [], {}
        at = rows["proposal"]
        refuse_unless(ctx, ctx.xp.eq(signals[p.status][at], 1), "governance_mint.ask", "the proposal is not open", "an open proposal")
        return [], {"asked": ctx.xp.put(state["asked"], at, amount)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, due, updates = ctx.xp, 0 * state["minted"], {}
        for d in p.decided:
            due = due + d.amount * (xp.where(xp.gt(ctx.day, d.day), 1, 0) - xp.where(xp.gt(ctx.day - ctx.dt, d.day), 1, 0))
        if p.proposals:
            status = signals[p.status]
            due = due + xp.total(xp.where(xp.eq(status, 3), state["asked"], 0 * state["asked"]))
            pending = xp.logical_or(xp.eq(status, 1), xp.eq(status, 2))
            updates = {"asked": xp.where(pending, state["asked"], 0 * state["asked"])}
        amount = xp.minimum(due, room(p, state, xp))
        updates |= counted(p, state, ctx, amount)
        coming = (calls_before(ctx.t, ctx) + 1) % p.window
        updates["recent"] = xp.put(updates["recent"], coming, 0 * amount)
        return [mint(p.to, spread(xp, state, p.to, amount))], updates


def room(p: Any, state: State, xp: Any) -> Any:
    """What the bounds leave [token, 1 x path]."""
    recent = xp.sum(state["recent"], 0)[0]
    return xp.maximum(xp.minimum(p.per_window - recent, p.total - state["minted"]), 0)


def counted(p: Any, state: State, ctx: Any, amount: Any) -> dict[str, Any]:
    """Memory after a mint of `amount` before the coming call, or in it."""
    lot = calls_before(ctx.t, ctx) % p.window
    return {"minted": state["minted"] + amount, "recent": ctx.xp.put(state["recent"], lot, state["recent"][lot] + amount)}
