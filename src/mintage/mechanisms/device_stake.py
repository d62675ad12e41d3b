"""Stake by device: what a machine must have locked to earn, who locks it, and how the machines that do share rewards."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, count, number, option, reads, schedule, writes
from .emission import calls_before
from .sharing import column, not_one, pro_rata, total_of
from .staking import Staking

DOCS = {"source": "docs.io.net, IO staking", "date": "2024-07-01"}


class StakedDevice(Parameters):
    """One class of devices."""

    cards: Number = number("1", "1", "cards in a device", gt="0")
    multiplier: Number = number("1", "1", "what it earns against a plain device", ge="0")
    uptime: Number = number("1", "1", "share of the time on line and verified", ge="0", le="1")
    group: str = option("", "rewards: the pool it is paid from; empty: any")


class DeviceStake(Staking):
    """Stake as `staking`, with a requirement that goes with the machines.

        required_i = per_card cards_i max(1, multiplier_i) nodes_i                                        [staked]
        eligible_i = min(1, floor(staked_i / required of one device) / nodes_i)

    Shapes [provider, path]. A device earns only if all of its stake is there; what is on its way out counts no more. `unbonding` with 15 slots and daily
    calls is a cool-down of 14 days. For slashing with an appeal add `slashing` on the same accounts. Source: io.net's documentation.
    """

    name = "device_stake"
    breaks: ClassVar[str] = (
        "A requirement in tokens costs what the token costs: when it is dear new machines stay away, and when it is cheap the stake deters nobody. "
        "Unbonding machines sell what they took out, so a wave of leavers presses on the price that made them leave."
    )

    class Params(Staking.Params):
        liquid: Ref = account("providers/token", "owners' free tokens")
        slots: int = count(15, "lots of the ring: unbonding takes one call less, at least", ge=2, le=4096)
        nodes: Ref = reads("nodes", "node", "devices of each owner")
        required: Ref = writes("required_stake", "staked", "stake that all devices of an owner need")
        eligible: Ref = writes("eligible", "1", "share of an owner's devices that has its stake")
        devices: tuple[StakedDevice, ...] = option(..., "one for each row of owners, or one for all", rows="nodes")
        per_card: Number = number("200", "staked/node", "stake of a plain card", gt="0", **DOCS)

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"each": column(xp, [p.per_card * d.cards * xp.maximum(d.multiplier, 1) for d in p.devices])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        flows, _ = super().step(p, state, signals, ctx)
        xp, nodes = ctx.xp, signals[p.nodes]
        ready = xp.floor(state[p.staked] / p.each)
        return flows, {p.required: p.each * nodes, p.eligible: xp.minimum(xp.div(ready, nodes, 0), 1)}


class DeviceStakers(Mechanism):
    """Owners of devices who hold the stake that these need, and no more.

        locked = max(required - staked, 0): their own tokens first, then tokens bought from the market;   let out = max(staked - required, 0)

    [token], shapes [provider, path]. They bring the money for what they buy. What is let out goes into the lot of `leaving` that `staking` or
    `device_stake` opens now: give them the same slots and calls.
    """

    name = "device_stakers"
    behaviour = True
    tags: Mapping[str, Tag] = {"stake": "transfer", "buy": "trade", "bought": "trade", "leave": "transfer"}
    breaks: ClassVar[str] = "Machines that come and go buy high and sell low: the stake follows their number, and their number the price."

    class Params(Parameters):
        liquid: Ref = account("providers/token", "owners' free tokens")
        staked: Ref = account("staked/token", "their stake")
        leaving: Ref = account("unbonding/token", "what is on its way out, a lot a call")
        slots: int = count(15, "lots of `leaving`", ge=2, le=4096)
        tokens: Ref = account("market/token", "who sells tokens to them")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        buyers: Ref = account("external/fiat", "where their money comes from")
        required: Ref = reads("required_stake", "staked", "stake that they need")
        price: Ref = reads("price", "fiat/tokens", "the market's price")
        limit: Number = number("0.01", "1", "tokens bought in one call, at most this share of what the market has", gt="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, need = ctx.xp, state[p.staked], signals[p.required]
        short = xp.maximum(need - stake, 0)
        own = xp.minimum(short, state[p.liquid])
        wish, most = short - own, xp.total(state[p.tokens]) * p.limit
        bought = wish * xp.minimum(xp.div(most, xp.total(wish), 1), 1)
        lot = calls_before(ctx.t, ctx) % p.slots
        flows = [Flow(p.liquid, p.staked, own, "stake"), Flow(p.staked, p.leaving, xp.maximum(stake - need, 0), "leave", None, lot)]
        flows.append(Flow(p.buyers, p.proceeds, pro_rata(xp, state, p.proceeds, xp.total(bought) * signals[p.price]), "buy"))
        if state[p.tokens].shape[-2] == 1:
            return [*flows, Flow(p.tokens, p.staked, bought, "bought")], {}
        rows = [slice(i, i + 1) for i in range(stake.shape[-2])]
        return flows + [Flow(p.tokens, p.staked, pro_rata(xp, state, p.tokens, bought[i]), "bought", None, i) for i in rows], {}


class Pool(Parameters):
    """A part of the rewards for a group of devices."""

    group: str = option(..., "the group, as devices name it")
    share: Number = number(None, "1", "share of the rewards", ge="0", le="1")


class DeviceRewards(Mechanism):
    """Share a pool among devices that are there and have their stake, by group.

        pay_i = pot share_g w_i / sum over its group g of w
        w_i = nodes_i multiplier_i uptime_i eligible_i,   pot = min(budget, pool)                          [token], shape [provider, path]

    Without groups all devices share alike. The share of a group in which nobody is eligible stays in the pool. Source: io.net's block rewards, 95 % to
    enterprise and 5 % to community devices since 2025-06-04.
    """

    name = "device_rewards"
    tags: Mapping[str, Tag] = {"reward": "reward"}
    breaks: ClassVar[str] = (
        "Rewards for being there pay idle machines, and multipliers set by hand pay those whom the list favours. A group that few join is paid more a device "
        "than one that many join, whatever customers rent."
    )

    class Params(Parameters):
        pool: Ref = account("reward_vault/token", "where rewards come from")
        providers: Ref = account("providers/token", "who has the devices")
        nodes: Ref = reads("nodes", "node", "devices of each provider")
        eligible: Ref = reads("", "1", "share of them that has its stake; empty: all")
        budget: Schedule = schedule("providers", "tokens paid in one call, from that day on")
        devices: tuple[StakedDevice, ...] = option((StakedDevice(),), "one for each row of providers, or one for all", rows="providers")
        pools: tuple[Pool, ...] = option((), "how rewards are split among groups; shares sum to 1; empty: not at all")
        rate: Ref = writes("", "providers/day", "signal that shows what each is paid; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        named = {pool.group for pool in p.pools}
        lost = [f"devices[{i}]" for i, d in enumerate(p.devices) if p.pools and d.group not in named]
        faults = not_one("pools", sum((pool.share for pool in p.pools), Decimal(0))) if p.pools else []
        return faults + [(f"{where}.group", "no pool is for it", f"one of {', '.join(sorted(named))}") for where in lost]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        masks = [(pool.share, column(xp, [xp.num(1 if d.group == pool.group else 0) for d in p.devices])) for pool in p.pools]
        return {"worth": column(xp, [d.multiplier * d.uptime for d in p.devices]), "parts": masks or [(xp.num(1), xp.num(1))]}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        weight = signals[p.nodes] * p.worth
        if p.eligible:
            weight = weight * signals[p.eligible]
        pot = xp.minimum(p.budget.at(ctx), xp.total(state[p.pool]))
        pay = total_of([pot * share * xp.div(weight * mask, xp.total(weight * mask), 0) for share, mask in p.parts])
        return [Flow(p.pool, p.providers, pay, "reward")], {p.rate: pay / ctx.dt} if p.rate else {}
