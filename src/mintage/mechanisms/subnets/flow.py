"""Taoflow: slow averages of the TAO that users bring into a subnet's pool, and of what the protocol puts there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, account, count, number, reads, writes
from .pools import CODE, DATE
from .shares import known


class Taoflow(Mechanism):
    """Exponential averages of TAO flows into each pool, by which TAO was shared out from November 2025 to June 2026.

        each block: S' = (1 - a) S + a f,   f = change of the pool's TAO - what the protocol put there + what it took        [TAO/day]
                    P' = (1 - a) P + a g,   g = what the protocol put there - what it took

    f counts all that users do: stakes less their fee, unstakes, registrations of neurons. It is read off the pools' balances between two calls,
    so nobody reports it; `injected` is what emission added, `root_sold` what root claims took. A call does its `blocks` at once at even flows.
    Shapes [subnet, path]. What does not run has no averages. Call it after emission and trades, as often as emission.

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/subnet_emissions.rs (get_ema_flow, update_ema_protocol_flow) at 14bc6f9f964b; half
    of a flow is forgotten in 216,000 blocks, 30 days.
    """

    name = "taoflow"
    breaks: ClassVar[str] = (
        "Flow can be bought: TAO staked now draws emission for weeks, and the average forgets slowly that it left again. Outflow in a falling market takes "
        "a subnet to nothing however much its price still is, and while all flow out nobody is paid."
    )

    class Params(Parameters):
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        injected: Ref = reads("", "tao/day", "what emission put into each pool; empty: nothing")
        root_sold: Ref = reads("", "tao/day", "what root claims took out; empty: nothing")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        user: Ref = writes("user_flow", "tao/day", "S: the average of what users brought")
        protocol: Ref = writes("protocol_flow", "tao/day", "P: the average of what the protocol put there")
        until: Number = number("1000000000", "day", "day from which averages stand still: on the chain 2026-06-22", gt="0")
        rate: Number = number("0.000003209009575999935", "1", "a: share of the gap that a block closes", gt="0", lt="1", source=CODE, date=DATE)
        blocks: int = count(7200, "blocks in one call; a day has 7,200 of 12 s", ge=1)

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"seen": make(0, "tao", p.tao), "begun": make(0)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, tao, old, others = ctx.xp, state[p.tao], signals[p.user], signals[p.protocol]
        on = xp.lookup((0 * p.until, p.until), (xp.num(1), xp.num(0)), ctx.day - ctx.dt / (2 * ctx.every))
        if known(on, 0):
            return [], {}
        protocol = signals[p.injected] if p.injected else 0 * old
        if p.root_sold:
            protocol = protocol - signals[p.root_sold]
        flow = ((tao - state["seen"]) / ctx.dt - protocol) * state["begun"]
        user, other = averaged(xp, old, flow, p.rate, p.blocks), averaged(xp, others, protocol, p.rate, p.blocks)
        if p.running:
            user, other = user * signals[p.running], other * signals[p.running]
        if not known(on, 1):
            user, other = old + (user - old) * on, others + (other - others) * on
        return [], {p.user: user, p.protocol: other, "seen": tao, "begun": 0 * state["begun"] + 1}


def averaged(xp: Any, average: Any, flow: Any, rate: Any, blocks: int) -> Any:
    """An average after so many blocks of an even `flow`: flow + (average - flow) (1 - a)^blocks."""
    return flow + (average - flow) * xp.power(1 - rate, xp.num(blocks))
