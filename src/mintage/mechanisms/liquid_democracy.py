"""Liquid democracy: voters follow others, proposals wait for quiet, and more than half of all power decides at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..errors import Fault, SpecError
from ..flows import Flow, burn
from .base import Emitted, Number, Parameters, Ref, State, account, count, event, number, option, reads, refuse_unless, writes
from .governance import SLOTS, Governance, weights
from .sharing import flag, to_owner
from .voting import after, within

NNS = "ICP's Network Nervous System"
NOBODY = -1  # the proposer of a motion that an electorate brought


class LiquidDemocracy(Governance):
    """Decide by voting power, with followees and wait-for-quiet. Each holder of `deposits` is a slot for one proposal.

        yes = sum(w_v yes_v),   no = sum(w_v no_v),   total = sum(w_v):   w_v is the power of v as the proposal opened        [staked]
        at any call    passed when yes > threshold total and the quorum is reached,   rejected when no >= (1 - threshold) total
        at the end     passed when yes > threshold (yes + no) and quorum total <= yes (or yes + no), else rejected
        the lead turns at time t:   end' = max(end, t + extension + (period - (t - opened)) / 2)        [step]

    Shapes: [slot, path] for proposals, [slot, voter, path] for ballots. Power is counted as a proposal opens, so that no stake votes twice by moving and
    none is bought for a vote that runs. A follower that has not voted votes yes once more than half of its followees did, no once half of them did; that
    runs along chains of `chain` voters. One mechanism is one topic, with followees of its own: an owner who follows others elsewhere names another.
    A vote that decided ends the proposal, also for rewards (on ICP it stays open for them until its end).

    `status` is that of `governance`; what a proposal asks for is said as it opens and stands in `asks`. In a simulation an `electorate` brings motions, without
    a deposit, and votes; the rules that decide are these. Live, an adopted proposal can also change parameters of the network.

    Source: dfinity/ic, governance proposals and wait-for-quiet (4 days, 2 days, 3 % of all power, the fee of a rejected proposal burned, 15 followees).
    """

    name = "liquid_democracy"
    breaks: ClassVar[str] = (
        "Most voters follow a few names and never look again, so that a few followees decide what a majority of power pays for. "
        "A quorum that counts yes alone lets the absent be outvoted by three in a hundred; one that counts all votes lets an opponent win by staying away."
    )

    class Params(Parameters):
        liquid: Ref = account("holders/token", "proposers' free tokens")
        staked: Ref = account("staked/token", "voters' stake")
        deposits: Ref = account("proposals/token", "one holder for each proposal that can be open at once, 32 at most")
        power: Ref = reads("", "staked", "voting power of each voter; empty: what it has staked")
        senior: Ref = reads("", "1", "above 0 for owners who may propose; empty: all")
        status: Ref = writes("proposal_status", "1", "what became of each slot's proposal, one row a slot")
        asks: Ref = writes("proposal_asks", "*", "what each slot's proposal asks for: an amount, a new value")
        proposers: Ref = writes("", "1", "row of the owner who opened it, -1: nobody; empty: not shown")
        ballots: Ref = writes("", "1", "share of the proposals closed at this call on which each voter voted; empty: not shown")
        motion: Ref = reads("", "1", "an `electorate`: 1 when it brings a motion; empty: by event only")
        ask: Ref = reads("", "asks", "what the motion asks for")
        turnout: Ref = reads("", "1", "share of each voter's silent power that votes in this call")
        support: Ref = reads("", "1", "share of it that votes yes")
        vetoes: Ref = reads("", "1", "above 0 for slots whose waiting proposal is vetoed; empty: by event only")
        minimum: Number = number("10", "deposits", "smallest deposit", ge="0", source=NNS, date="2022-06-30")
        period: int = count(4, "steps that voting lasts, at least", ge=1, unit="step")
        extension: Number = number(
            "2", "1", "steps of quiet that a turn of the lead asks for: voting lasts `period` and twice this, at most", ge="0", source=NNS
        )
        timelock: int = count(0, "steps between passing and adoption, at least; 0: adopted as it passes", unit="step")
        threshold: Number = number("0.5", "1", "share of the votes that yes must pass", ge="0", lt="1")
        quorum: Number = number("0.03", "1", "share of all power that must be heard", ge="0", le="1", source=NNS)
        quorum_of: Literal["yes", "cast"] = option("yes", "what must reach the quorum: votes for it, or all votes")
        forfeit: Literal["never", "unheard", "rejected"] = option("rejected", "which deposits are burned: none, where the quorum was missed, of all rejected")
        followees: int = count(3, "voters that one may follow; ICP: 15", ge=1, le=15)
        chain: int = count(4, "followers of followers, so many deep", ge=1, le=16)

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        named = [bool(name) for name in (p.motion, p.ask, p.turnout, p.support)]
        return [] if all(named) or not any(named) else [("motion", f"{sum(named)} of motion, ask, turnout and support are named", "all four, or none")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        slots = make(0, of=p.deposits).shape[-2]
        if slots > SLOTS:
            raise SpecError(Fault("MT202", "liquid_democracy.deposits", f"{slots} holders of {p.deposits}", f"at most {SLOTS}, one a proposal"))
        flags = {name: make(0, of=p.deposits) for name in ("open", "waiting", "vetoed", "ends", "opened", "number", "proposer")}
        ballots = {name: make(0, of=p.staked, lots=slots) for name in ("yes", "no", "mood")}
        return {**flags, **ballots, "weights": make(0, "staked", p.staked, slots), "followees": make(0, of=p.staked, lots=p.followees), "count": make(0)}

    # --- events: what owners do -------------------------------------------------------------------------------------

    @event(roles={"proposer": "liquid", "proposal": "deposits"}, arguments={"deposit": "deposits", "ask": "asks"})
    def propose(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], deposit: Any, ask: Any) -> Emitted:
        """An owner opens a proposal in a free slot, with a deposit of `minimum` or more, and says what it asks for."""
        xp, at, by = ctx.xp, rows["proposal"], rows["proposer"]
        used = signals[p.status][at]
        refuse_unless(ctx, xp.eq(used, 0), "liquid_democracy.propose", "the slot holds another proposal, or one that ended at the last call", "a free slot")
        refuse_unless(ctx, xp.ge(deposit, p.minimum), "liquid_democracy.propose", "the deposit is below the minimum", f"a deposit of {p.minimum} or more")
        if p.senior:
            refuse_unless(ctx, xp.gt(signals[p.senior][by], 0), "liquid_democracy.propose", "this owner may vote, not propose", "a longer dissolve delay")
        mine = xp.put(state["open"] * 0, at, used * 0 + 1)
        owner = xp.put(state["open"] * 0, at, used * 0 + xp.array(by)[:, None])
        opened = opening(p, state, signals, ctx, mine, owner, xp.put(signals[p.asks], at, ask + 0 * signals[p.asks][at]))
        return [Flow(p.liquid, p.deposits, deposit, "deposit", by, at)], opened

    @event(roles={"voter": "staked", "proposal": "deposits"}, arguments={"support": "1"})
    def vote(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], support: Any) -> Emitted:
        """An owner votes with all its power, and those follow who follow it: `support` of it for the proposal, from 0 to 1, and the rest against."""
        xp, voter, at = ctx.xp, rows["voter"], rows["proposal"]
        where = (at, voter)
        has, said = state["weights"][where], state["yes"][where] + state["no"][where]
        refuse_unless(ctx, xp.le(support, 1), "liquid_democracy.vote, argument 'support'", "more than all", "a share from 0 to 1")
        refuse_unless(ctx, xp.eq(state["open"][at], 1), "liquid_democracy.vote", "the proposal is not open", "an open proposal")
        refuse_unless(ctx, xp.gt(has, 0 * has), "liquid_democracy.vote", "the voter had no power as it opened", "power, which weighs the vote")
        refuse_unless(ctx, xp.eq(said, 0), "liquid_democracy.vote", "the voter has voted on this proposal", "one vote a proposal")
        yes, no = (xp.put(state[name], where, part + 0 * said) for name, part in (("yes", support), ("no", 1 - support)))
        for slot in at:
            yes, no = followed(p, state, xp, yes, no, slot)
        return [], {"yes": yes, "no": no, "ends": extended(p, state, ctx, yes, no)}

    @event(roles={"voter": "staked", "followee": "staked"}, arguments={})
    def follow(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner follows another from the next vote on."""
        xp, voter = ctx.xp, rows["voter"]
        whom, mine = xp.array(rows["followee"])[:, None] + 1, state["followees"][:, voter]
        number = xp.sum(flag(xp, xp.gt(mine, 0)), 0)[0]
        known = xp.sum(flag(xp, xp.eq(mine, whom)), 0)[0]
        refuse_unless(ctx, xp.logical_not(xp.eq(xp.array(voter)[:, None] + 1, whom)), "liquid_democracy.follow", "one's own vote", "somebody else's")
        refuse_unless(ctx, xp.eq(known, 0), "liquid_democracy.follow", "the voter follows it already", "another one")
        refuse_unless(ctx, xp.lt(number, p.followees), "liquid_democracy.follow", "the voter follows as many as it may", f"at most {p.followees}")
        added = [mine[i] + flag(xp, xp.eq(number, i)) * whom for i in range(p.followees)]
        return [], {"followees": xp.put(state["followees"], (slice(None), voter), xp.concatenate([row[None] for row in added], 0))}

    @event(roles={"voter": "staked"}, arguments={})
    def unfollow(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner follows nobody any more."""
        at = (slice(None), rows["voter"])
        return [], {"followees": ctx.xp.put(state["followees"], at, 0 * state["followees"][at])}

    # --- the step: what time decides --------------------------------------------------------------------------------

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, updates = ctx.xp, dict[str, Any]()
        if p.motion:
            updates = crowd(p, state, signals, ctx)
            state = after(state, updates)
        held, over = state[p.deposits], xp.gate(ctx.t - state["ends"], 0)
        passed, rejected, unheard = decided(p, state, xp, over)
        left = state["open"] - passed - rejected
        adopted, stopped = (state["waiting"] * over if p.timelock else passed), state["vetoed"]
        if p.vetoes:
            veto = state["waiting"] * flag(xp, xp.gt(signals[p.vetoes], 0))
            adopted, stopped = adopted * (1 - veto), stopped + veto
        waits = state["waiting"] + passed - adopted - (stopped - state["vetoed"])
        updates |= {"open": left, "waiting": waits, "vetoed": 0 * left, p.status: left + 2 * waits + 3 * adopted + 4 * (rejected + stopped)}
        updates["ends"] = state["ends"] + passed * (ctx.t + p.timelock - state["ends"])
        if p.ballots:
            closed = (passed + rejected)[:, None]
            updates[p.ballots] = xp.div(xp.sum(closed * (state["yes"] + state["no"]), 0)[0], xp.sum(closed, 0)[0], 0)
        lost = {"never": 0 * rejected, "unheard": unheard, "rejected": rejected}[p.forfeit]
        back = held * (adopted + stopped + rejected - lost)
        return [*to_owner(xp, state, p.deposits, p.liquid, back, state["proposer"], "return"), burn(p.deposits, held * lost, "forfeit")], updates


def opening(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, mine: Any, owner: Any, asks: Any) -> dict[str, Any]:
    """The updates that open a proposal in the slots that `mine` [slot, path] marks, by row `owner`."""
    xp, rest = ctx.xp, 1 - mine
    power = weights(p, state, signals)
    new = {"open": 1, "opened": ctx.t, "ends": ctx.t + p.period, "number": state["count"] + 1, "proposer": owner}
    updates = {name: state[name] * rest + mine * value for name, value in new.items()}
    updates |= {name: state[name] * rest[:, None] for name in ("yes", "no")}
    updates |= {"weights": state["weights"] * rest[:, None] + power * mine[:, None], "count": state["count"] + xp.total(mine), p.asks: asks}
    updates[p.status] = signals[p.status] * rest + mine
    return updates | ({p.proposers: signals[p.proposers] * rest + mine * owner} if p.proposers else {})


def tally(state: State, xp: Any, ballots: Any) -> Any:
    """Sum of power behind ballots [slot, path]."""
    return xp.total(state["weights"] * ballots)[:, 0]


def decided(p: Any, state: State, xp: Any, over: Any) -> tuple[Any, Any, Any]:
    """(passed, rejected, missed the quorum) of each slot [slot, path], as 0 or 1."""
    yes, no = tally(state, xp, state["yes"]), tally(state, xp, state["no"])
    total = xp.total(state["weights"])[:, 0]
    heard = flag(xp, xp.ge(yes if p.quorum_of == "yes" else yes + no, p.quorum * total))
    sure = heard * flag(xp, xp.gt(yes, p.threshold * total))
    lost = flag(xp, xp.logical_and(xp.ge(no, (1 - p.threshold) * total), xp.gt(no, 0 * no)))
    ahead = heard * flag(xp, xp.gt(yes, p.threshold * (yes + no)))
    due = xp.maximum(xp.maximum(sure, lost), over) * state["open"]
    passed = due * xp.maximum(sure, ahead * over * (1 - lost))
    return passed, due - passed, (due - passed) * (1 - heard)


def extended(p: Any, state: State, ctx: Any, yes: Any, no: Any) -> Any:
    """Ends of voting [step] when ballots become `yes` and `no`: later where the lead turned."""
    xp = ctx.xp
    led, leads = (flag(xp, xp.gt(tally(state, xp, a), tally(state, xp, b))) for a, b in ((state["yes"], state["no"]), (yes, no)))
    quiet = xp.maximum(p.extension + (p.period - (ctx.t - state["opened"])) / 2, 0)
    return xp.maximum(state["ends"], state["open"] * xp.abs(leads - led) * (ctx.t + quiet))


def followed(p: Any, state: State, xp: Any, yes: Any, no: Any, slot: Any) -> tuple[Any, Any]:
    """Ballots [slot, voter, path] after those voted in `slot` who follow others and had not voted."""
    for _ in range(p.chain):
        heard = [heard_from(state["followees"][i], xp, yes[slot], no[slot]) for i in range(p.followees)]
        known, ayes, nays = (add_all([h[i] for h in heard]) for i in range(3))
        silent = flag(xp, xp.logical_and(xp.eq(yes[slot] + no[slot], 0), xp.gt(known, 0)))
        aye = silent * flag(xp, xp.gt(2 * ayes, known))
        nay = (silent - aye) * flag(xp, xp.ge(2 * nays, known))
        yes, no = xp.put(yes, slot, yes[slot] + aye), xp.put(no, slot, no[slot] + nay)
    return yes, no


def heard_from(followee: Any, xp: Any, yes: Any, no: Any) -> tuple[Any, Any, Any]:
    """Of one followee each [voter, path]: whether there is one, its ballot for and its ballot against."""
    there, row = flag(xp, xp.gt(followee, 0)), xp.maximum(followee - 1, 0)
    return there, there * xp.gather(yes, row), there * xp.gather(no, row)


def add_all(parts: list[Any]) -> Any:
    out = parts[0]
    for part in parts[1:]:
        out = out + part
    return out


def crowd(p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> dict[str, Any]:
    """The updates of a call in which an electorate brings a motion, in the first free slot, and votes on all that is open."""
    xp = ctx.xp
    free = flag(xp, xp.eq(signals[p.status], 0))
    mine = free * flag(xp, xp.eq(xp.cumsum(free, -2), 1)) * flag(xp, xp.gt(2 * signals[p.motion], 1))
    asks = signals[p.asks] * (1 - mine) + mine * signals[p.ask]
    updates = opening(p, state, signals, ctx, mine, NOBODY, asks)
    now = after(state, updates)
    mood = state["mood"] * (1 - mine[:, None]) + within(xp, signals[p.support]) * mine[:, None]
    cast = now["open"][:, None] * (1 - now["yes"] - now["no"]) * within(xp, signals[p.turnout])
    yes, no = now["yes"] + cast * mood, now["no"] + cast * (1 - mood)
    return {**updates, "mood": mood, "yes": yes, "no": no, "ends": extended(p, now, ctx, yes, no)}
