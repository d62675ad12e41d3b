"""A market for datasets: submit with a stake, be checked, be rewarded for what the data adds, be licensed, and refund what was not what it said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ...flows import Flow, burn
from ..base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from ..sharing import chosen, column, pro_rata, to_owner

SUBMITTED, LISTED, REJECTED = 1, 2, 3


class DatasetMarket(Mechanism):
    """Datasets in slots: rows of `stakes`, each holding what its submitter put up.

        submit:  stake -> stakes[j]                                                     status 1, waits for its check
        check:   gain g on held-out data, likeness s to what is listed, poisoned or not, by a validator
                 poisoned, a duplicate (s >= likeness) or g < least:   rejected; a share `slash` of the stake is burned (all of it for poison), the rest returns
                 else listed, and   reward = min(pot, rate g (1 - s) 2^(-listed / half))   from the pot: what adds less, or comes late, earns less
        license: buyer pays the price into escrow[j];   after `window` steps it is divided: royalty to the submitter, the rest to the treasury
        refund:  within the window an operator returns what was paid into escrow[j] to its buyer
        retire:  an operator takes a dataset off the list, which frees its slot

    [token]; [slot, path]. Gains are measured by whoever trains the model; live an operator vouches for them. One buyer's payment at a time is in a slot's
    window. Source: data Shapley motivates paying the marginal gain (Ghorbani and Zou 2019); here the gain over what is listed stands for it.
    """

    name = "dataset_market"
    breaks: ClassVar[str] = (
        "Whoever sees the held-out data submits it. Gains measured in the order of arrival pay the first of two like datasets and not the second, so hurry "
        "pays; and a likeness that is computed on features misses copies that were paraphrased."
    )
    tags: Mapping[str, Tag] = {"reward": "reward", "license": "revenue", "royalty": "reward", "treasury": "fee", "refund": "transfer", "slash": "transfer"}

    class Params(Parameters):
        submitters: Ref = account("submitters/token", "who offers data")
        stakes: Ref = account("data_stakes/token", "stakes, one row a dataset that can be there at once")
        pot: Ref = account("pot/token", "where rewards come from")
        buyers: Ref = account("buyers/token", "who pays for licences")
        escrow: Ref = account("data_escrow/token", "what was paid for a licence and can still be refunded, one row a dataset")
        treasury: Ref = account("treasury/token", "the rest of what licences bring")
        minimum: Number = number("10", "stakes", "smallest stake", ge="0")
        least: Number = number("0.001", "1", "gain below which data is rejected")
        likeness: Number = number("0.9", "1", "likeness from which it is a duplicate", gt="0", le="1")
        rate: Number = number("10000", "pot", "reward for a gain of one", ge="0")
        half: Number = number("20", "1", "listed datasets at which the reward is half", gt="0")
        slash: Number = number("0.2", "1", "share of the stake lost for a duplicate or for no gain", ge="0", le="1")
        price: Number = number("5", "buyers", "price of a licence", ge="0")
        royalty: Number = number("0.7", "1", "submitter's share of it", ge="0", le="1")
        window: int = count(7, "steps in which a licence can be refunded", ge=1, unit="step")
        arrives: Ref = reads("", "1", "1 for slots that get a dataset in this call, as `dataset_submitters` writes it; empty: events only")
        gains: Ref = reads("", "1", "its gain on held-out data")
        likes: Ref = reads("", "1", "its likeness to what is listed")
        poisons: Ref = reads("", "1", "1 where poison was found")
        wanted: Ref = reads("", "1", "1 for slots that somebody would license in this call")
        status: Ref = writes("", "1", "signal that shows each slot: 0 empty, 1 submitted, 2 listed, 3 rejected; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        named = [bool(x) for x in (p.arrives, p.gains, p.likes, p.poisons, p.wanted)]
        return (
            [] if len(set(named)) == 1 else [("arrives", f"{sum(named)} of five signals are named", "all of arrives, gains, likes, poisons, wanted, or none")]
        )

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        slot = {name: make(0, of=p.stakes) for name in ("state", "gain", "like", "poison", "checked", "owner", "buyer", "ends")}
        return {**slot, "listed": make(0)}

    @event(roles={"submitter": "submitters", "dataset": "stakes"}, arguments={"stake": "stakes"})
    def submit(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], stake: Any) -> Emitted:
        """Somebody offers a dataset in a free slot, with a stake."""
        xp, at = ctx.xp, rows["dataset"]
        free = xp.logical_or(xp.eq(state["state"][at], 0), xp.eq(state["state"][at], REJECTED))
        refuse_unless(ctx, free, "dataset_market.submit", "the slot holds a dataset", "a free slot")
        refuse_unless(ctx, xp.ge(stake, p.minimum + 0 * stake), "dataset_market.submit", "the stake is below the minimum", f"{p.minimum} or more")
        none = 0 * state["state"][at]
        fresh = {name: xp.put(state[name], at, none) for name in ("gain", "like", "poison", "checked", "ends")}
        placed = {"state": xp.put(state["state"], at, none + SUBMITTED), "owner": xp.put(state["owner"], at, none + xp.array(rows["submitter"])[:, None])}
        return [Flow(p.submitters, p.stakes, stake, "submit", rows["submitter"], at)], {**fresh, **placed}

    @event(roles={"dataset": "stakes"}, arguments={"gain": "1", "likeness": "1", "poisoned": "1"}, authority="operator")
    def check(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], gain: Any, likeness: Any, poisoned: Any) -> Emitted:
        """A validator trained with it: gain on held-out data, likeness to what is listed, poison found or not. The next call decides."""
        xp, at = ctx.xp, rows["dataset"]
        refuse_unless(ctx, xp.eq(state["state"][at], SUBMITTED), "dataset_market.check", "no dataset waits in this slot", "a submitted dataset")
        refuse_unless(ctx, xp.le(likeness, 1), "dataset_market.check, argument 'likeness'", "more than alike", "0 to 1")
        found = {"gain": gain, "like": likeness, "poison": xp.where(xp.gt(poisoned, 0 * poisoned), 1, 0), "checked": 0 * gain + 1}
        return [], {name: xp.put(state[name], at, value + 0 * state[name][at]) for name, value in found.items()}

    @event(roles={"buyer": "buyers", "dataset": "escrow"}, arguments={})
    def license(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A buyer pays for a listed dataset; the money waits until the refund window is over."""
        xp, at = ctx.xp, rows["dataset"]
        refuse_unless(ctx, xp.eq(state["state"][at], LISTED), "dataset_market.license", "the dataset is not listed", "a listed dataset")
        refuse_unless(ctx, xp.eq(state["ends"][at], 0), "dataset_market.license", "another licence is in its refund window", "a dataset without one")
        none = 0 * state["ends"][at]
        kept = {"ends": xp.put(state["ends"], at, none + ctx.t + p.window), "buyer": xp.put(state["buyer"], at, none + xp.array(rows["buyer"])[:, None])}
        return [Flow(p.buyers, p.escrow, 0 * state[p.escrow][at] + p.price, "license", rows["buyer"], at)], kept

    @event(roles={"buyer": "buyers", "dataset": "escrow"}, arguments={}, authority="operator")
    def refund(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An operator finds that the data was not what it said: the licence's buyer gets back what it paid."""
        xp, at = ctx.xp, rows["dataset"]
        refuse_unless(ctx, xp.gt(state["ends"][at], 0 * state["ends"][at]), "dataset_market.refund", "no licence is in its window", "one within its window")
        who = xp.array(rows["buyer"])[:, None] + 0 * state["buyer"][at]
        refuse_unless(ctx, xp.eq(state["buyer"][at], who), "dataset_market.refund", "somebody else paid", "the buyer of the licence")
        return [Flow(p.escrow, p.buyers, state[p.escrow][at], "refund", at, rows["buyer"])], {"ends": xp.put(state["ends"], at, 0 * state["ends"][at])}

    @event(roles={"dataset": "stakes"}, arguments={}, authority="operator")
    def retire(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An operator takes a dataset off the list, which frees its slot; not while a licence is in its window."""
        xp, at = ctx.xp, rows["dataset"]
        refuse_unless(ctx, xp.eq(state["state"][at], LISTED), "dataset_market.retire", "the dataset is not listed", "a listed dataset")
        refuse_unless(ctx, xp.eq(state["ends"][at], 0), "dataset_market.retire", "a licence is in its refund window", "a dataset without one")
        return [], {"state": xp.put(state["state"], at, 0 * state["state"][at])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        """Checked datasets are decided, licences whose window is over are divided; then, in a simulation, new ones come."""
        flows, updates = self.decided(p, state, ctx)
        if p.arrives:
            more, changed = self.arrivals(p, state, signals, ctx, updates)
            flows, updates = flows + more, updates | changed
        return flows, {**updates, **({p.status: updates["state"]} if p.status else {})}

    def arrivals(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, now: Mapping[str, Any]) -> Emitted:
        """What a simulated population offers and licenses: a slot's submitter is the row of its number, going round."""
        xp, status = ctx.xp, now["state"]
        free = xp.where(xp.logical_or(xp.eq(status, 0), xp.eq(status, REJECTED)), 1, 0)
        slots, rows = status.shape[-2], state[p.submitters].shape[-2]
        at = [None if rows == 1 else slice(j % rows, j % rows + 1) for j in range(slots)]
        means = xp.concatenate([state[p.submitters] if a is None else state[p.submitters][a] for a in at], -2)
        able = xp.where(xp.ge(means, p.minimum * -(-slots // rows) + 0 * means), 1, 0)  # enough for all the slots that are its own
        come, who = free * signals[p.arrives] * able, xp.mod(xp.cumsum(0 * status + 1, -2) - 1, rows)
        money = xp.total(state[p.buyers])
        wish = signals[p.wanted] * xp.where(xp.eq(status, LISTED), 1, 0) * xp.where(xp.eq(now["ends"], 0), 1, 0)
        wish = wish * xp.where(xp.ge(money, p.price * slots + 0 * money), 1, 0)
        flows = []
        for j in range(slots):
            row = slice(j, j + 1)
            flows.append(Flow(p.buyers, p.escrow, pro_rata(xp, state, p.buyers, wish[row] * p.price), "license", None, row))
            flows.append(Flow(p.submitters, p.stakes, come[row] * p.minimum, "submit", at[j], row))
        new = {
            "gain": signals[p.gains],
            "like": signals[p.likes],
            "poison": signals[p.poisons],
            "owner": who + 0 * come,
            "checked": come * 0 + 1,
            "state": come * 0 + SUBMITTED,
        }
        base = {name: now.get(name, state[name]) for name in new}
        kept = {name: base[name] + come * (value - base[name]) for name, value in new.items()}
        return flows, {**kept, "ends": now["ends"] + wish * (ctx.t + p.window)}

    def decided(self, p: Any, state: State, ctx: Any) -> Emitted:
        """Rewards, refunds of stakes, slashes and royalties of this call."""
        xp, held, status, rows = ctx.xp, state[p.stakes], state["state"], state[p.submitters].shape[-2]
        due = state["checked"] * xp.where(xp.eq(status, SUBMITTED), 1, 0)
        bad = xp.logical_or(xp.lt(state["gain"], p.least), xp.ge(state["like"], p.likeness + 0 * state["like"]))
        good = due * xp.where(bad, 0, 1) * (1 - state["poison"])
        wanted = good * p.rate * state["gain"] * (1 - state["like"]) * xp.exp(-p.ln2 * state["listed"] / p.half)
        reward = wanted * xp.minimum(xp.div(xp.total(state[p.pot]), xp.total(wanted), 1), 1)
        lost = (due - good) * xp.where(xp.gt(state["poison"], 0 * state["poison"]), 1, p.slash)
        back = held * (due - lost)
        over = xp.where(xp.gt(state["ends"], 0 * state["ends"]), 1, 0) * xp.gate(ctx.t - state["ends"], 0)
        paid = state[p.escrow] * over
        flows = [burn(p.stakes, held * lost, "slash"), Flow(p.escrow, p.treasury, paid * (1 - p.royalty), "treasury")]
        owner = state["owner"]
        flows += to_owner(xp, state, p.stakes, p.submitters, back, owner, "return")
        flows += [Flow(p.pot, p.submitters, reward[j : j + 1] * chosen(xp, rows, owner[j : j + 1]), "reward") for j in range(reward.shape[-2])]
        flows += to_owner(xp, state, p.escrow, p.submitters, paid * p.royalty, owner, "royalty")
        after = status + good * (LISTED - SUBMITTED) + (due - good) * (REJECTED - SUBMITTED)
        updates = {"state": after, "checked": state["checked"] * (1 - due), "ends": state["ends"] * (1 - over), "listed": state["listed"] + xp.total(good)}
        return flows, updates

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2))}


class SubmitterClass(Parameters):
    """A class of those who offer data, one a slot (going round where there are more slots)."""

    habit: Literal["good", "duplicate", "poison"] = option("good", "what they bring: data that helps, copies of what is listed, or poison")
    gain: Number = number("0.05", "1", "gain of their data on held-out data, at most", ge="0")


class DatasetSubmitters(Mechanism):
    """Who offers and licenses data in a simulation: each slot gets a dataset with a chance a call, of its class; poison is found with chance `detect`.

        gain uniform on 0 .. gain_i;   likeness uniform below the threshold, or above it for copies;   poisoned data looks as good as it can

    Signals [slot, path], 0 or 1 but for gains and likenesses. Live, people submit and validators check.
    """

    name = "dataset_submitters"
    behaviour = True
    breaks: ClassVar[str] = "Poison that is found with a fixed chance is not made by somebody who looks for what is not found."
    noise = {name: Noise("uniform", per="stakes") for name in ("come", "gain", "like", "found", "want")}

    class Params(Parameters):
        stakes: Ref = account("data_stakes/token", "the market's slots")
        classes: tuple[SubmitterClass, ...] = option((SubmitterClass(),), "one for each slot, or one for all", rows="stakes")
        rate: Number = number("0.1", "1", "chance that a free slot gets a dataset in a call", ge="0", le="1")
        want: Number = number("0.1", "1", "chance that a listed dataset is licensed in a call", ge="0", le="1")
        detect: Number = number("0.9", "1", "chance that poison is found", ge="0", le="1")
        likeness: Number = number("0.9", "1", "likeness from which data is a duplicate", gt="0", le="1")
        arrives: Ref = writes("arrives", "1", "1 for slots that get a dataset")
        gains: Ref = writes("gains", "1", "gain on held-out data")
        likes: Ref = writes("likes", "1", "likeness to what is listed")
        poisons: Ref = writes("poisons", "1", "1 where poison was found")
        wanted: Ref = writes("wanted", "1", "1 for slots that somebody would license")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        flags = {h: column(xp, [xp.num(int(c.habit == h)) for c in p.classes]) for h in ("duplicate", "poison")}
        return {**flags, "best": column(xp, [c.gain for c in p.classes])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, noise = ctx.xp, ctx.noise

        def chance(name: str, most: Any) -> Any:
            return xp.where(xp.lt(noise[name], most + 0 * noise[name]), 1, 0)

        gain = p.best * (p.poison + (1 - p.poison) * noise["gain"])
        like = p.duplicate * (p.likeness + (1 - p.likeness) * noise["like"]) + (1 - p.duplicate) * p.likeness * noise["like"] * xp.num("0.99")
        shown = {p.arrives: chance("come", p.rate), p.gains: gain, p.likes: like, p.poisons: p.poison * chance("found", p.detect)}
        return [], {**shown, p.wanted: chance("want", p.want)}
