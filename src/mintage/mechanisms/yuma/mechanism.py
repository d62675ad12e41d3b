"""Yuma Consensus as a mechanism: validators weigh miners, an epoch judges both and pays its pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ...flows import Flow, burn
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from ..sharing import chosen
from .bonds import Liquid
from .consensus import active_stake, counted, emission, normalised, permits
from .epoch import Rules, epoch
from .pairs import by_pair
from .slots import next_out

CODE, DATE = "opentensor/subtensor at 14bc6f9f", "2026-06-30"


class Yuma(Mechanism):
    """Yuma Consensus. Each row of `miners` is a slot that a miner holds; each row of `validators` is a validator's stake.

        a = stake of active validators with a permit, N to 1,  stake = validators + delegated + tau root
        W = N(weights),  C_j = kappa-weighted median of W_j,  Wc = min(W, C),  R_j = sum_i a_i Wc_ij,  I = N(R),  T_i = sum_j Wc_ij
        Wb = W + penalty (Wc - W),  rate = 1 - average,  D = N(dividends)
        original:  B = N_j(rate N_j(a Wb) + (1 - rate) N_j(B0)),  D_i = sum_j B_ij I_j
        relative:  B = rate Wb + (1 - rate) B0,  D_i = a_i sum_j N_j(B)_ij I_j     (Yuma 3; `liquid`: a rate between `low` and `high` for each pair)
        pool -> miner j: pool I_j / t,  pool -> validator i: pool D_i / t,  t = sum(I) + sum(D);  where t is 0 by stake

    N makes things sum to 1 (N_j: each miner's column) and leaves zeros. Incentives I and trust are pure numbers, shapes [miner, path] and
    [validator, path]; weights and bonds are memory [miner, validator, path]. Where one kind is both, validators' weights on themselves do not count.
    Call it each tempo. With an empty `pool` it pays nothing and its signals say who is due what.

    `conceal` epochs lie between a weight and its reveal, as under commit-reveal: what is used, and what is published, is that old. Who registers takes
    the slot of the miner with the least emission that is not immune, and begins with neither weights nor bonds, whatever was committed on it.

    Source: opentensor/subtensor, pallets/subtensor/src/epoch, 14bc6f9f of 30 June 2026.
    """

    name = "yuma"
    tags: Mapping[str, Tag] = {"incentive": "reward", "dividend": "reward", "register": "fee", "withdraw": "transfer", "return": "transfer"}
    breaks: ClassVar[str] = (
        "Who holds kappa of the stake decides what good work is: clipping binds only those below it. Copying the published consensus earns nearly full "
        "dividends without any judging where quality changes slowly, and hiding weights helps only as far as it changes meanwhile. "
        "A cabal that scores its own miners loses bonds and trust, but keeps what stake alone earns where nobody else weighs."
    )

    class Params(Parameters):
        validators: Ref = account("validators/token", "validators' own stake, to which dividends are added")
        delegated: Ref = account("", "what others stake with them, the same rows; empty: nothing")
        root: Ref = account("", "what they have staked on root, the same rows; empty: nothing")
        miners: Ref = account("miners/token", "slots of miners, which receive incentives: one row each")
        owners: Ref = account("", "owners' free tokens, for those who register and withdraw; empty: nobody does")
        pool: Ref = account("", "the epoch's emission, paid out whole, one row; empty: paid by others")
        ratings: Ref = reads("", "1", "weights of modelled validators, a row for each pair, miner by miner; a validator's count where it has any")
        price: Ref = reads("", "owners", "what registering costs, burned; empty: nothing")
        incentive: Ref = writes("incentive", "1", "I of each miner")
        dividends: Ref = writes("dividends", "1", "D of each validator")
        trust: Ref = writes("", "1", "T of each validator; empty: not shown")
        consensus: Ref = writes("", "1", "C of each miner; empty: not shown")
        tau: Number = number("0.18", "validators/root", "weight of stake on root", ge="0", source=CODE, date=DATE)
        least: Number = number("0", "validators", "stake below which a validator does not count", ge="0")
        kappa: Number = number("0.49999237048905165", "1", "share of stake that must back a weight, 32767/65535", gt="0", lt="1", source=CODE, date=DATE)
        penalty: Number = number("1", "1", "how far clipping also cuts what buys bonds", ge="0", le="1", source=CODE, date=DATE)
        average: Number = number("0.9", "1", "share of its bonds that a validator keeps an epoch", ge="0", le="1", source=CODE, date=DATE)
        bonds: Literal["original", "relative"] = option("original", "bonds of original Yuma, or of Yuma 3")
        liquid: bool = option(False, "liquid alpha, of Yuma 3 only")
        low: Number = number("0.7", "1", "its least rate", ge="0", le="1", source=CODE, date=DATE)
        high: Number = number("0.9", "1", "its highest rate", ge="0", le="1", source=CODE, date=DATE)
        steepness: Number = number("10", "1", "of its sigmoid", ge="0", source=CODE, date=DATE)
        omitted: Literal["drop", "decay"] = option("drop", "under liquid alpha, a bond on a miner without weight; the chain drops it, but for an explicit 0")
        stored: Literal["u16", "exact"] = option("u16", "how bonds are kept: in 1/65535, as on the chain, or as they are")
        most: int = count(0, "validators with a permit, the largest stakes; 0: all")
        cutoff: int = count(0, "steps without a new weight after which a validator is inactive; 0: never", unit="step")
        conceal: int = count(0, "epochs from a weight to its reveal", le=1000)
        immunity: int = count(0, "steps in which a newcomer is not replaced", unit="step")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [("liquid", "liquid alpha with bonds of original Yuma", "bonds = 'relative'")] if p.liquid and p.bonds == "original" else []
        if p.low > p.high:
            faults.append(("low", f"{p.low}, above high", f"at most {p.high}"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        liquid = Liquid(p.low, p.high, p.steepness) if p.liquid else None
        return {"rules": Rules(p.kappa, p.penalty, 1 - p.average, p.bonds, liquid, p.stored)}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        slots = make(0, of=p.miners).shape[-2]
        weights = {"weights": make(0, of=p.validators, lots=slots * (p.conceal + 1)), "bonds": make(0, of=p.validators, lots=slots)}
        held = {"owner": make(-1, of=p.miners), "since": make(-p.immunity, of=p.miners), "score": make(0, of=p.miners)}
        return {**weights, **held, "permit": make(1, of=p.validators), "updated": make(0, of=p.validators)}

    @event(roles={"validator": "validators", "miner": "miners"}, arguments={"weight": "1"})
    def set_weight(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], weight: Any) -> Emitted:
        """A validator weighs a miner, from 0 to 1; only the ratio to its other weights matters. Several rows at once set as many pairs."""
        xp, who, at = ctx.xp, rows["validator"], rows["miner"]
        refuse_unless(ctx, xp.le(weight, 1), "yuma.set_weight, argument 'weight'", "more than 1", "a weight from 0 to 1")
        refuse_unless(ctx, xp.eq(state["permit"][who], 1), "yuma.set_weight", "the validator has no permit", f"one of the {p.most} largest stakes")
        latest = state["bonds"].shape[0] * p.conceal + at
        now = 0 * weight + ctx.t
        return [], {"weights": xp.put(state["weights"], (latest, who), weight), "updated": xp.put(state["updated"], who, now)}

    @event(roles={"owner": "owners", "miner": "miners"}, arguments={})
    def register(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner takes the slot of the miner with the least emission; what rests in it goes to who had it, or is burned where nobody had."""
        xp, at, had = ctx.xp, rows["miner"], state["owner"][rows["miner"]]
        out = next_out(xp, state["score"], state["since"], ctx.t, p.immunity)
        refuse_unless(ctx, xp.eq(out[at], 1), "yuma.register", "another slot is next", "the slot with the least emission that is not immune")
        left, nobody = state[p.miners][at], xp.where(xp.lt(had, 0), 1, 0)
        flows = [burn(p.miners, left * nobody, "abandoned", at)]
        if p.owners:
            flows.append(Flow(p.miners, p.owners, left * (1 - nobody) * chosen(xp, state[p.owners].shape[-2], had + nobody), "return", at))
        if p.price:
            flows.append(burn(p.owners, signals[p.price] + 0 * state[p.owners][rows["owner"]], "register", rows["owner"]))
        weights, slots = state["weights"], state["bonds"].shape[0]
        for block in range(p.conceal + 1):
            weights = xp.put(weights, block * slots + at, 0)
        new = {"owner": 0 * had + xp.array(rows["owner"])[:, None], "since": 0 * had + ctx.t, "score": 0 * had}
        fresh = {name: xp.put(state[name], at, value) for name, value in new.items()}
        return flows, {"weights": weights, "bonds": xp.put(state["bonds"], at, 0), **fresh}

    @event(roles={"owner": "owners", "miner": "miners"}, arguments={"amount": "owners"})
    def withdraw(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An owner takes out what its miner earned."""
        xp, at = ctx.xp, rows["miner"]
        mine = xp.eq(state["owner"][at], xp.array(rows["owner"])[:, None])
        refuse_unless(ctx, mine, "yuma.withdraw", "the slot is another's", "a slot that the owner registered")
        return [Flow(p.miners, p.owners, amount, "withdraw", at, rows["owner"])] if p.owners else [], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, slots = ctx.xp, state["bonds"].shape[0]
        stake = self.stake(p, state, xp)
        latest, updated = state["weights"][slots * p.conceal :], state["updated"]
        if p.ratings:
            latest, updated = rated(xp, signals[p.ratings], latest, updated, ctx.t)
        used = state["weights"][:slots] if p.conceal else latest
        active = state["permit"] * xp.where(xp.le(ctx.t - updated, p.cutoff), 1, 0) if p.cutoff else state["permit"]
        share = active_stake(xp, stake, active)
        weights = counted(xp, used, state["permit"], own(xp, used) if p.validators.kind == p.miners.kind else None)
        present = xp.where(xp.gt(weights, 0), 1, 0) if p.liquid and p.omitted == "drop" else None
        found = epoch(xp, weights, share, state["bonds"], p.rules, present)
        permit = permits(xp, stake, p.most) if p.most else state["permit"]
        paid = emission(xp, found.incentive, found.dividends, share, stake)
        kept = {"permit": permit, "updated": updated, "score": paid[0][:, 0]}
        kept["bonds"] = found.bonds * permit if p.most else found.bonds
        kept["weights"] = xp.concatenate([state["weights"][slots : slots * p.conceal], latest, latest]) if p.conceal else latest
        told = {p.incentive: found.incentive[:, 0], p.dividends: found.dividends, p.trust: found.trust, p.consensus: found.consensus[:, 0]}
        flows = []
        if p.pool:
            pot = xp.maximum(xp.total(state[p.pool]), 0)  # dust of an epoch that paid all
            flows = [Flow(p.pool, p.miners, pot * paid[0][:, 0], "incentive"), Flow(p.pool, p.validators, pot * paid[1], "dividend")]
        return flows, {**kept, **{name: value for name, value in told.items() if name}}

    def stake(self, p: Any, state: State, xp: Any) -> Any:
        """Shares of all stake [validator, path], those below `least` 0."""
        whole = state[p.validators]
        if p.delegated:
            whole = whole + state[p.delegated]
        if p.root:
            whole = whole + p.tau * state[p.root]
        return normalised(xp, xp.where(xp.ge(whole, p.least), whole, 0), -2)


def rated(xp: Any, ratings: Any, latest: Any, updated: Any, now: Any) -> tuple[Any, Any]:
    """The latest weights and when each validator set them, with the ratings of those who rate in their place. Validators who joined live do not."""
    pairs = by_pair(xp, ratings, *latest.shape[:2])
    given = xp.sum(pairs, 0)
    return xp.where(xp.gt(given, 0), pairs, latest), xp.where(xp.gt(given[0], 0), now + 0 * updated, updated)


def own(xp: Any, weights: Any) -> Any:
    """1 where a validator would weigh itself [miner, validator, 1]."""
    miners, validators = weights.shape[:2]
    row, column = (xp.cumsum(xp.full((n, 1), xp.num(1)), -2) for n in (validators, miners))
    return xp.where(xp.eq(row, column[:, None]), 1, 0)
