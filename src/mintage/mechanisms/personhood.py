"""Proof of personhood: one stream of grants for each verified human, and what fake humans make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

from ..flows import Flow
from .base import (
    Emitted,
    Mechanism,
    Number,
    Parameters,
    Point,
    Ref,
    Schedule,
    State,
    Tag,
    account,
    count,
    event,
    number,
    reads,
    refuse_unless,
    schedule,
    writes,
)
from .emission import FOREVER, calls_before
from .sharing import by_owner, spread

VERIFIED_BY_OPERATOR = "an operator verifies humans, each once"


class PersonhoodGrants(Mechanism):
    """Proof-of-personhood grants: every verified human may claim each grant of a dated table once.

        claim:  due = sum of g_n over the grants n that are open and not claimed yet        [token]; [human, path]

    Grant n is open from its day to the next point's, and for `late` such periods more. A claim spends all grants up to the newest, so nothing of a
    human is remembered but two numbers: whether it is verified, and its last grant. A lost account is replaced by another, which takes both over; a
    revoked one claims no more. Operators who verify are paid for each human out of `payer`.

    In a simulation H humans are verified (signal `people`) and F more are fake:

        paid = (c H ((1 - l) g_n + l g_(n-1)) + F g_n) / calls_n,   F' = F (1 - d)^(1 / calls_n) + capacity dt  while  P g_n sum((1 - d)^k, k = 1..K) > cost

    c the share who claim, l of them a period late, d the chance that a fake is found in a period, K the grants that its maker counts on; fakes
    claim all, and their maker enters while grants are worth more than an identity costs. Flows [token], [1, path].

    Source: World (Worldcoin), worldcoin-grants-contracts (WLDGrant): a nullifier for each human and grant, open in its month and the month after.
    """

    name = "personhood_grants"
    behaviour = True
    tags: Mapping[str, Tag] = {"grant": "reward", "verify": "reward", "leak": "reward"}
    breaks: ClassVar[str] = (
        "A grant worth more than a verified account costs on the black market buys fakes, or humans who verify for somebody else: no scan tells them apart. "
        "Operators who are paid by the verification are paid for fakes too. Most of who claims sells, so grants are steady selling that use must meet."
    )

    class Params(Parameters):
        pool: Ref = account("community/token", "where grants come from")
        humans: Ref = account("humans/token", "verified humans, a row each; in a simulation all of them together")
        fakes: Ref = account("fakes/token", "what fake humans have claimed, in a simulation")
        operators: Ref = account("operators/token", "who verifies")
        payer: Ref = account("operations/token", "where operators' pay comes from")
        operator_pay: Number = number("0", "operators/person", "pay for one verification", ge="0")
        row: Number = number("1", "person", "humans that a row stands for", gt="0", source="definition: one account a human")
        grants: Schedule = schedule("humans/person", "tokens of the grant that opens on that day; 0 closes the table")
        late: Schedule = schedule("1", "periods after its own in which a grant that opens from that day on can be claimed", default=(Point(value=Decimal(1)),))
        late_most: int = count(1, "the largest value of `late`", le=8)
        people: Ref = reads("people", "person", "verified humans")
        before: Number = number("0", "person", "humans who were verified and paid for before the start", ge="0")
        share: Number = number("1", "1", "c: share of humans who claim", ge="0", le="1")
        taking: Ref = reads("", "1", "c as a signal; empty: `share`")
        tardy: Number = number("0", "1", "l: share of claims that come a period or more late, where that is allowed", ge="0", le="1")
        price: Ref = reads("", "fiat/humans", "the token's price, by which fakes are made; empty: none are")
        cost: Number = number("0", "fiat/person", "cost of a fake identity", ge="0")
        detection: Number = number("0", "1", "d: chance that a fake is found in a period", ge="0", le="1")
        capacity: Number = number("0", "person/day", "fakes that can be made", ge="0")
        horizon: int = count(12, "K: grants that the maker of a fake counts on", ge=1, le=120)
        forged: Ref = writes("", "person", "signal that shows F; empty: none")
        rate: Ref = writes("", "humans/day", "signal that shows what is claimed, by fakes too; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.grants.values[-1] == 0 else [("grants", "the last grant has no end", "a last value of 0")]
        if p.grants.breaks[0] != 0 or any(b <= a for a, b in pairwise(p.grants.breaks)):
            faults.append(("grants", f"points at steps {', '.join(map(str, p.grants.breaks[:8]))}", "days that rise from 0, a step apart at least"))
        if any(v < 0 for v in p.grants.values):
            faults.append(("grants", "a grant below 0", "0 or more"))
        odd = [v for v in p.late.values if not 0 <= v <= p.late_most or v != v.to_integral_value()]
        return faults + [("late", f"{v} periods", f"a whole number from 0 to late_most, {p.late_most}") for v in odd[:1]]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        begins, values = p.grants.breaks, p.grants.values
        last = begins[-1] - begins[-2] if len(begins) > 1 else 1
        after = tuple(begins[-1] + last * (i + 1) for i in range(p.late_most))  # late claims go on for periods as long as the last
        starts, tokens = begins + after, values + (0 * values[0],) * p.late_most
        counted = chance = xp.num(1) - p.detection
        for _ in range(p.horizon - 1):
            chance = chance * (1 - p.detection)
            counted = counted + chance
        rows = tuple(range(len(starts)))
        return {"rows": rows, "starts": starts, "ends": (*starts[1:], starts[-1] + FOREVER), "tokens": tokens, "claims_counted_on": counted}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        rows = {"verified": make(0, "person", p.humans), "claimed": make(0, of=p.humans)}
        return {**rows, "counted": make(p.before, "person"), "made": make(0, "person")}

    # --- what one human does -----------------------------------------------------------------------------------------

    @event(roles={"human": "humans", "operator": "operators"}, arguments={}, authority="operator")
    def verify(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An operator has verified that the owner of an account is a human who has no other, and is paid for it."""
        xp, at, known = ctx.xp, rows["human"], state["verified"][rows["human"]]
        refuse_unless(ctx, xp.eq(known, 0), "personhood_grants.verify", "the account is verified, or was revoked", "one that is new")
        pay = p.operator_pay * (p.row + 0 * known)
        flows = [Flow(p.payer, p.operators, x, "verify", None, to) for to, x in by_owner(xp, state, p.payer, rows["operator"], pay)]
        return flows, {"verified": xp.put(state["verified"], at, p.row + 0 * known)}

    @event(roles={"human": "humans"}, arguments={})
    def claim(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A verified human claims all grants that are open to it; each is paid once."""
        xp, at = ctx.xp, rows["human"]
        known, claimed = state["verified"][at], state["claimed"][at]
        refuse_unless(ctx, xp.gt(known, 0 * known), "personhood_grants.claim", "the account is not verified, or was revoked", VERIFIED_BY_OPERATOR)
        due, newest = 0 * known * p.grants.values[0], current(p, ctx) + 1
        for late, value, _ in offered(p, ctx):
            due = due + known * value * xp.gate(newest - late - claimed - 1, 0)
        refuse_unless(
            ctx, xp.gt(due, 0 * due), "personhood_grants.claim", "no grant is open that was not claimed", "one claim for each grant, while it is open"
        )
        flows = [Flow(p.pool, p.humans, x, "grant", None, to) for to, x in by_owner(xp, state, p.pool, at, due)]
        return flows, {"claimed": xp.put(state["claimed"], at, newest + 0 * claimed)}

    @event(roles={"lost": "humans", "new": "humans"}, arguments={}, authority="operator")
    def replace(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A human has lost its account: another, not verified yet, takes its place, with what was claimed. Tokens stay where they are."""
        xp, lost, new = ctx.xp, rows["lost"], rows["new"]
        known, other = state["verified"][lost], state["verified"][new]
        refuse_unless(ctx, xp.gt(known, 0 * known), "personhood_grants.replace", "the lost account is not verified", "a verified one")
        refuse_unless(ctx, xp.eq(other, 0), "personhood_grants.replace", "the new account is verified, or was revoked", "one that is new")
        moved = {name: (state[name][lost], state[name]) for name in ("verified", "claimed")}
        return [], {name: xp.put(xp.put(old, lost, 0 * value), new, value) for name, (value, old) in moved.items()}

    @event(roles={"human": "humans"}, arguments={}, authority="operator")
    def revoke(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An account was found to be a fake: it claims no more, and cannot be verified again."""
        at, known = rows["human"], state["verified"][rows["human"]]
        refuse_unless(ctx, ctx.xp.gt(known, 0 * known), "personhood_grants.revoke", "the account is not verified", "a verified one")
        return [], {"verified": ctx.xp.put(state["verified"], at, -known)}

    # --- what all of them do, in a simulation --------------------------------------------------------------------------

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, humans, fakes = ctx.xp, signals[p.people], state["made"]
        calls, now = calls_in_period(p, ctx), 0 * p.grants.values[0]
        claims, taking = 0 * humans * now, signals[p.taking] if p.taking else p.share
        for late, value, allowed in offered(p, ctx):
            tardy = xp.where(xp.eq(allowed, 0), 0 * p.tardy, p.tardy)
            part = xp.div(tardy, allowed, xp.num(0)) if late else 1 - tardy
            claims, now = claims + humans * taking * part * value, now if late else value
        wish = (claims + fakes * now) / calls
        granted = xp.div(xp.minimum(wish, xp.total(state[p.pool])), wish, xp.num(0)) / calls
        made = forgeries(p, signals, ctx, now) + 0 * fakes
        pay = p.operator_pay * (xp.maximum(humans - state["counted"], 0) + made)
        paid, leaked = claims * granted, fakes * now * granted
        flows = [
            Flow(p.pool, p.humans, spread(xp, state, p.humans, paid), "grant"),
            Flow(p.pool, p.fakes, spread(xp, state, p.fakes, leaked), "leak"),
            Flow(p.payer, p.operators, spread(xp, state, p.operators, xp.minimum(pay, xp.total(state[p.payer]))), "verify"),
        ]
        left = fakes * xp.power(1 - p.detection, xp.num(1) / calls) + made
        shown = {name: value for name, value in ((p.forged, left), (p.rate, (paid + leaked) / ctx.dt)) if name}
        return flows, {"counted": xp.maximum(humans, state["counted"]), "made": left, **shown}


def current(p: Any, ctx: Any) -> Any:
    """The row of the grant whose period it is, 0 for the first."""
    return ctx.xp.lookup(p.starts, p.rows, ctx.t)


def offered(p: Any, ctx: Any) -> Iterator[tuple[int, Any, Any]]:
    """(periods late, tokens, periods it may be late) of each grant that can be open now, the newest first; one that is closed has 0 tokens."""
    xp, newest = ctx.xp, current(p, ctx)
    for late in range(p.late_most + 1):
        row = newest - late
        allowed = xp.lookup(p.late.breaks, p.late.values, xp.lookup(p.rows, p.starts, row))
        open_ = xp.logical_and(xp.ge(row, 0), xp.ge(allowed, late))
        tokens = xp.lookup(p.rows, p.tokens, row)
        yield late, xp.where(open_, tokens, 0 * tokens), allowed


def calls_in_period(p: Any, ctx: Any) -> Any:
    """How often the mechanism is called in the period of the newest grant."""
    first, after = (ctx.xp.lookup(p.rows, steps, current(p, ctx)) for steps in (p.starts, p.ends))
    return calls_before(after, ctx) - calls_before(first, ctx)


def forgeries(p: Any, signals: Mapping[str, Any], ctx: Any, grant: Any) -> Any:
    """Fakes made in a call [person]: all that can be, while a grant's stream is worth more than they cost."""
    if not p.price:
        return 0 * p.row
    worth = signals[p.price] * grant * p.claims_counted_on
    return p.capacity * ctx.dt * ctx.xp.where(ctx.xp.gt(worth, p.cost + 0 * worth), 1, 0)
