"""Prices of subnets' alpha: spot, and the slow average by which TAO is shared out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, account, count, number, reads, writes
from .pools import CODE, DATE, spot


class SubnetPrices(Mechanism):
    """Spot price and its exponential average m, which begins at 0 and learns faster the longer a subnet runs; `cap` bounds the spot that counts.

        each block: m' = m + a (min(price, cap) - m),   a = A b / (b + H),   b = blocks since the subnet started        [TAO/alpha]

    A call does its `blocks` at once at the price it finds: m' = price + (m - price) (1 - mean a)^blocks. Shapes [subnet, path]. What does not
    run has no average. Call it after trades: shares of the next emission then stand on this call's price, as the chain's do on the last block's.

    Source: Bittensor, subtensor pallets/subtensor/src/staking/stake_utils.rs (update_moving_price) at 14bc6f9f964b.
    """

    name = "subnet_prices"
    breaks: ClassVar[str] = (
        "The average moves about 2 % a day, so what was bought up months ago still draws emission, and a subnet that died is paid for weeks. The cap at "
        "1 TAO makes manipulation above it worthless, and no price above it counts."
    )

    class Params(Parameters):
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        started: Ref = reads("", "day", "the day on which each subnet started; empty: all on day 0")
        spot: Ref = writes("alpha_price", "tao/alpha", "the price in each pool")
        ema: Ref = writes("ema_price", "tao/alpha", "its average")
        cap: Number = number("1", "tao/alpha", "spot above this counts as this", gt="0", source=CODE, date=DATE)
        rate: Number = number("0.000003", "1", "A: share of the gap that a block closes at last", gt="0", lt="1", source=CODE, date=DATE)
        halving: Number = number("201600", "1", "H: blocks after which a block closes half of that", gt="0", source=CODE, date=DATE)
        blocks: int = count(7200, "blocks in one call; a day has 7,200 of 12 s", ge=1)

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, m = ctx.xp, signals[p.ema]
        price = spot(xp, state[p.tao], state[p.alpha], signals[p.weight] if p.weight else None)
        age = ctx.day - signals[p.started] if p.started else ctx.day
        counted = xp.minimum(price, p.cap)
        m = counted + (m - counted) * kept(xp, xp.maximum(age * (p.blocks / ctx.dt), p.blocks), p)
        return [], {p.spot: price, p.ema: m * signals[p.running] if p.running else m}


def kept(xp: Any, age: Any, p: Any) -> Any:
    """What is left of a gap after n = `p.blocks` blocks, the last of which is block `age` of a subnet: (1 - mean a)^n.

    With r = 1 / (b + H) at the middle the mean of b / (b + H) is 1 - H r (1 + n^2 r^2 / 12), to 2e-8 for a day and H of four weeks.
    """
    n, slow = p.blocks, p.rate * p.halving
    r = 1 / (age + (p.halving + xp.num(1 - n) / 2))
    return xp.exp(xp.log1p(r * (r * r * (slow * xp.num(n * n - 1) / 12) + slow) - p.rate) * n)
