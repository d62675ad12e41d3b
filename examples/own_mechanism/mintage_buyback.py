"""A treasury that buys the token back out of what it earns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mintage.flows import Flow
from mintage.mechanisms.base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, reads
from mintage.mechanisms.sharing import pro_rata


class IncomeBuyback(Mechanism):
    """A treasury spends a share of each step's income on tokens, which it keeps:

        income = max(F - F0, 0),   spent = min(share income, limit M P),   bought = min(share income / P, limit M)

    F [fiat] is what the treasury has, F0 what it had when the step began, M [token] what the holders have, P [fiat/token] the price; shapes
    [1, path]. So it stands behind the mechanisms that pay the treasury, and is called at every step. Of several holders each sells in proportion
    to what it has. Savings are never spent, and the price does not move by itself: `impact_price` makes it.

    Source: a definition. The limit does what the volume condition of SEC Rule 10b-18 (1982) does for share repurchases: no buyer is the market.
    """

    name = "income_buyback"
    tags: Mapping[str, Tag] = {"spend": "trade", "buy": "trade"}

    class Params(Parameters):
        treasury: Ref = account("treasury/fiat", "who earns and buys")
        kept: Ref = account("treasury/token", "where the bought tokens stay")
        holders: Ref = account("market/token", "who sells")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        price: Ref = reads("price", "proceeds/holders", "the oracle's price of the token")
        share: Number = number("0.2", "1", "share of a step's income that is spent", ge="0", le="1")
        limit: Number = number("0.01", "1", "tokens bought in one step, at most this share of what holders have", gt="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        income = state[p.treasury] - ctx.opening[p.treasury]
        offer = p.share * xp.maximum(income, 0 * income)  # a zero with its unit: 0 alone is a pure number
        most = p.limit * xp.total(state[p.holders])
        # Each from its own terms and neither from the other: dividing by the price and multiplying again would lose a base unit.
        spent, bought = xp.minimum(offer, most * price), xp.minimum(offer / price, most)
        flows = [
            Flow(p.treasury, p.proceeds, pro_rata(xp, state, p.holders, spent), "spend"),
            Flow(p.holders, p.kept, pro_rata(xp, state, p.holders, bought), "buy"),
        ]
        return flows, {}
