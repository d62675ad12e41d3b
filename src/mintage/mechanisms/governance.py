"""Governance: proposals with a deposit, votes weighed by stake, a quorum, a timelock, a veto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..errors import Fault, SpecError
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .sharing import to_owner

SLOTS = 32  # a voter's votes are the bits of one number, which float64 holds exactly up to 2^53


class Governance(Mechanism):
    """Decide by stake. Each holder of `deposits` is a slot for one proposal, and what it holds is the proposer's deposit.

        yes = sum(support_v weight_v),   no = sum((1 - support_v) weight_v),   weight_v = stake or power of voter v as it votes     [staked]
        passes when   yes > threshold (yes + no)   and   yes + no >= quorum x all stake or power as voting ends

    Voting ends at the first call `period` steps after the proposal or later; what passed is adopted at the first call `timelock` steps after that,
    unless an operator's veto ends it before. `status` [slot, path] says what each call found: 0 empty, 1 open, 2 passed and waiting, 3 adopted at
    this call, 4 rejected at this call; what an adopted proposal changes is for its reader to change. The deposit returns as the proposal ends; that
    of one which missed the quorum is burned where `unheard` says so.

    A voter votes once on a proposal: its votes are a bit a slot in one number, valid for the proposals that were opened by the time of its last vote, so
    that the bit of a slot used again counts as cleared. Lest stake votes twice by moving to another owner, let unbonding last as long as voting.

    Compare ICP (4 days, simple majority with 3 % of all power in favour, the fee of a rejected proposal burned) and Render (RNP-000: 6 days, at least
    half of the votes cast, 15 % of all supply voting).
    """

    name = "governance"
    breaks = (
        "Turnout decides: a large holder rules wherever fewer vote than it has. Stake that can move within a vote, votes that are lent for it, "
        "and a quorum of what is staked instead of all, make capture cheap."
    )
    tags: Mapping[str, Tag] = {"deposit": "transfer", "return": "transfer", "forfeit": "transfer"}

    class Params(Parameters):
        liquid: Ref = account("holders/token", "proposers' free tokens")
        staked: Ref = account("staked/token", "voters' stake, which weighs their votes")
        deposits: Ref = account("proposals/token", "one holder for each proposal that can be open at once, 32 at most")
        power: Ref = reads("", "staked", "what each voter weighs, such as `vote_weights` shows; empty: what it has staked")
        status: Ref = writes("proposal_status", "1", "what became of each slot's proposal, one row a slot")
        minimum: Number = number("100", "deposits", "smallest deposit", ge="0")
        period: int = count(7, "steps that voting lasts, at least", ge=1, unit="step")
        timelock: int = count(2, "steps between passing and adoption, at least; 0: adopted as it passes", unit="step")
        threshold: Number = number("0.5", "1", "share of the votes cast that yes must pass", ge="0", lt="1")
        quorum: Number = number("0.03", "1", "votes cast over all stake, at least", ge="0", le="1")
        unheard: Literal["return", "burn"] = option("return", "the deposit of a proposal that missed the quorum")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        slot = make(0, of=p.deposits)
        if slot.shape[-2] > SLOTS:
            raise SpecError(Fault("MT202", "governance.deposits", f"{slot.shape[-2]} holders of {p.deposits}", f"at most {SLOTS}, one a proposal"))
        weighed = {"yes": make(0, "staked", p.deposits), "no": make(0, "staked", p.deposits)}
        flags = {name: make(0, of=p.deposits) for name in ("open", "leads", "waiting", "vetoed")}
        numbers = {name: make(0, of=p.deposits) for name in ("opened", "ends", "number", "proposer")}
        return {**flags, **numbers, **weighed, "count": make(0), "votes": make(0, of=p.staked), "seen": make(0, of=p.staked)}

    @event(roles={"proposer": "liquid", "proposal": "deposits"}, arguments={"deposit": "deposits"})
    def propose(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], deposit: Any) -> Emitted:
        """An owner opens a proposal in a free slot, with a deposit of `minimum` or more."""
        xp, at = ctx.xp, rows["proposal"]
        used = signals[p.status][at]
        refuse_unless(ctx, xp.eq(used, 0), "governance.propose", "the slot holds another proposal, or one that ended at the last call", "a free slot")
        refuse_unless(ctx, xp.ge(deposit, p.minimum), "governance.propose", "the deposit is below the minimum", f"a deposit of {p.minimum} or more")
        none, numbered = used * 0, state["count"] + 1
        new = {"open": none + 1, "leads": none, "opened": none + ctx.t, "ends": none + ctx.t + p.period, "number": none + numbered}
        new |= {"proposer": none + xp.array(rows["proposer"])[:, None]}
        updates = {name: xp.put(state[name], at, value) for name, value in new.items()}
        updates |= {name: xp.put(state[name], at, state[name][at] * 0) for name in ("yes", "no")}
        shown = xp.put(signals[p.status], at, none + 1)
        return [Flow(p.liquid, p.deposits, deposit, "deposit", rows["proposer"], at)], {**updates, "count": numbered, p.status: shown}

    @event(roles={"voter": "staked", "proposal": "deposits"}, arguments={"support": "1"})
    def vote(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], support: Any) -> Emitted:
        """An owner votes with all its stake: `support` of it for the proposal, from 0 to 1, and the rest against."""
        xp, voter, at = ctx.xp, rows["voter"], rows["proposal"]
        weight = weights(p, state, signals)[voter]
        refuse_unless(ctx, xp.le(support, 1), "governance.vote, argument 'support'", "more than all", "a share from 0 to 1")
        refuse_unless(ctx, xp.eq(state["open"][at], 1), "governance.vote", "the proposal is not open", "an open proposal")
        refuse_unless(ctx, xp.gt(weight, 0 * weight), "governance.vote", "the voter has nothing staked", "stake, which weighs the vote")
        votes, bit = valid(xp, state, voter), bits(xp, state)[at]
        refuse_unless(ctx, xp.eq(xp.mod(votes, 2 * bit), xp.mod(votes, bit)), "governance.vote", "the voter has voted on this proposal", "one vote a proposal")
        yes, no = (xp.add_at(state[name], at, weight * part) for name, part in (("yes", support), ("no", 1 - support)))
        cast = {"votes": xp.put(state["votes"], voter, votes + bit), "seen": xp.put(state["seen"], voter, state["count"] + 0 * votes)}
        leads = xp.where(xp.gt(yes, p.threshold * (yes + no)), 1, 0)
        return [], {"yes": yes, "no": no, "leads": leads, **cast}

    @event(roles={"proposal": "deposits"}, arguments={}, authority="operator")
    def veto(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An operator ends a proposal that passed and waits: the next call rejects it."""
        at = rows["proposal"]
        refuse_unless(ctx, ctx.xp.eq(state["waiting"][at], 1), "governance.veto", "the proposal does not wait", "one that passed, within its timelock")
        waits = state["waiting"][at]
        return [], {"vetoed": ctx.xp.put(state["vetoed"], at, waits), "waiting": ctx.xp.put(state["waiting"], at, 0 * waits)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, open_, waiting, held = ctx.xp, state["open"], state["waiting"], state[p.deposits]
        over = xp.gate(ctx.t - state["ends"], 0)
        due = open_ * over
        heard = xp.after(state["yes"] + state["no"], p.quorum * xp.total(weights(p, state, signals)), 0)
        passed = due * heard * state["leads"]
        adopted = waiting * over if p.timelock else passed
        rejected = due - passed + state["vetoed"]
        left, waits = open_ - due, waiting + passed - adopted
        updates = {"open": left, "waiting": waits, "vetoed": 0 * due, p.status: left + 2 * waits + 3 * adopted + 4 * rejected}
        updates["ends"] = state["ends"] + passed * (ctx.t + p.timelock - state["ends"])
        if p.unheard == "return":
            return to_owner(xp, state, p.deposits, p.liquid, held * (adopted + rejected), state["proposer"], "return"), updates
        lost = due - due * heard
        back = to_owner(xp, state, p.deposits, p.liquid, held * (adopted + rejected - lost), state["proposer"], "return")
        return [*back, burn(p.deposits, held * lost, "forfeit")], updates


def weights(p: Any, state: State, signals: Mapping[str, Any]) -> Any:
    """What each voter's vote weighs now [voter, path]."""
    return signals[p.power] if p.power else state[p.staked]


def bits(xp: Any, state: State) -> Any:
    """2^slot for each slot [slot, 1]."""
    return xp.concatenate([xp.full((1, 1), xp.num(2**i)) for i in range(state["number"].shape[-2])])


def valid(xp: Any, state: State, voter: Any) -> Any:
    """The bits of a voter's votes [voter, path] without those of slots that were used again since its last vote."""
    votes, seen = state["votes"][voter], state["seen"][voter]
    kept = 0 * votes
    for i in range(state["number"].shape[-2]):
        kept = kept + (xp.mod(votes, 2 ** (i + 1)) - xp.mod(votes, 2**i)) * xp.gate(seen - state["number"][i : i + 1], 0)
    return kept
