"""Who sells: holders who receive tokens and do not keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, option, reads
from .sharing import passed, pro_rata, spread


class Seller(Parameters):
    """A kind of holders, and how fast it sells."""

    tokens: Ref = account(None, "what is sold")
    half_life: Number = number(None, "day", "days in which half of it is sold", gt="0")
    proceeds: Ref = account("", "where the fiat arrives: the same rows as `tokens`; empty: elsewhere")


class HolderSales(Mechanism):
    """Selling pressure: holders sell what they receive, with a half-life.

        sold = held (1 - 2^(-dt / half life)), at the market's price        [token], [holder, path]

    A recipient of grants, rewards or unlocked tokens who wants money sells soon (days), one who believes in them late (years). Buyers bring fiat from
    outside. A price that follows net orders (`impact_price`) sees these sales. How fast who sells is an assumption, to be fitted to exchange inflows.
    """

    name = "holder_sales"
    behaviour = True
    tags: Mapping[str, Tag] = {"sell": "trade", "proceeds": "trade"}
    breaks: ClassVar[str] = (
        "Sellers here ask no price. Where all receive on the same day, as at a cliff, they sell into a market that has no more buyers than on the day before; "
        "real holders hurry when they expect others to sell, and wait when they do not."
    )

    class Params(Parameters):
        sellers: tuple[Seller, ...] = option(..., "who sells, and how fast")
        market: Ref = account("market/token", "who buys")
        buyers: Ref = account("external/fiat", "where the buyers' money comes from")
        price: Ref = reads("price", "buyers/market", "the market's price")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2))}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, flows = ctx.xp, []
        for s in p.sellers:
            sold = -state[s.tokens] * xp.expm1(-p.ln2 * ctx.dt / s.half_life)
            if state[p.market].shape[-2] == 1:
                flows.append(Flow(s.tokens, p.market, sold, "sell"))
            else:
                flows += passed(xp, state, s.tokens, p.market, pro_rata(xp, state, p.market, xp.total(sold)), "sell")
            if s.proceeds:
                paid = sold if sold.shape[-2] == state[s.proceeds].shape[-2] else spread(xp, state, s.proceeds, xp.total(sold))
                flows.append(Flow(p.buyers, s.proceeds, paid * signals[p.price], "proceeds"))
        return flows, {}
