"""Going public: by an offer, through a shell that raised money before, or without any new money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ...accounts import ISSUANCE, Account
from ...flows import Flow, mint
from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, option, reads, writes


class Listing(Mechanism):
    """List a company's shares on a day, by one of three routes. P_s is the price of a share, n the new shares asked for.

        ipo      n' = min(n, reserve P (1 - haircut) / (coverage P_s))    minted for buyers at P_s (1 - discount); the fee of what is raised goes to banks
        spac     a trust of n P_s is offered back to its holders: a share `redeemed` leaves with its money; the rest becomes shares at P_s, and the
                 sponsor gets promote / (1 - promote) as many for nothing
        direct   no new shares and no new money: the share `floated` of what insiders hold becomes free to trade

    Shares issued against tokens are bounded by them: each must be covered `coverage` times by the reserve after a haircut (ipo; 0: unbounded). Below
    `floor` on the day the listing is withdrawn, and nothing moves. [share], [fiat], shapes [1, path]. `listed` [1] shows 0, 1 from the day on, or -1
    where it was withdrawn. Promote of a fifth is the custom of the trade (assumption).
    """

    name = "listing"
    breaks = (
        "A reserve that counts at today's price covers shares only until the token falls; redemptions of nine in ten leave a shell that lists without money; "
        "and insiders who float directly sell into the first day."
    )
    tags: Mapping[str, Tag] = {"raise": "trade", "fee": "fee", "issue": "trade", "promote": "transfer", "float": "unlock"}

    class Params(Parameters):
        route: Literal["ipo", "spac", "direct"] = option("ipo", "how it lists")
        day: Number = number(None, "day", "when", gt="0")
        new: Number = number("0", "shares", "n: shares asked for (ipo, spac)", ge="0")
        shares: Ref = account("shareholders/EQUITY", "where shares arrive")
        money: Ref = account("external/fiat", "what buyers pay with")
        company: Ref = account("company/fiat", "who raises it")
        banks: Ref = account("external/fiat", "who earns the fee")
        sponsor: Ref = account("insiders/EQUITY", "who gets the promote (spac)")
        insiders: Ref = account("insiders/EQUITY", "whose shares are floated (direct)")
        reserve: Ref = account("company/token", "tokens that stand behind the shares")
        price: Ref = reads("share_price", "company/shares", "P_s")
        token_price: Ref = reads("price", "company/reserve", "P")
        floor: Number = number("0", "company/shares", "price of a share under which it is withdrawn", ge="0")
        discount: Number = number("0.1", "1", "of the offer to P_s (ipo)", ge="0", lt="1")
        fee: Number = number("0.05", "1", "share of what is raised that banks take", ge="0", lt="1")
        coverage: Number = number("0", "1", "value of the reserve over that of new shares, at least (ipo); 0: no bound", ge="0")
        haircut: Number = number("0.3", "1", "off the reserve's value", ge="0", lt="1")
        redeemed: Number = number("0.5", "1", "share of the trust that asks for its money back (spac)", ge="0", le="1")
        promote: Number = number("0.2", "1", "sponsor's part of what it lists (spac)", ge="0", lt="1")
        floated: Number = number("0.2", "1", "share of insiders' holding that becomes free (direct)", ge="0", le="1")
        listed: Ref = writes("", "1", "signal that shows whether it is listed; empty: none")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, share = ctx.xp, signals[p.price]
        today = xp.after(ctx.day, p.day, 0) * (1 - xp.after(ctx.day - ctx.dt, p.day, 0))
        good = xp.where(xp.lt(share, p.floor + 0 * share), 0, 1)
        flows = self.issued(p, state, signals, xp, today * good)
        shown = {p.listed: signals[p.listed] + today * (2 * good - 1)} if p.listed else {}
        return flows, shown

    def issued(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any, now: Any) -> list[Flow]:
        """What moves on the day."""
        if p.route == "direct":
            return [Flow(p.insiders, p.shares, state[p.insiders] * p.floated * now, "float")]
        share = signals[p.price]
        asked = p.new + 0 * state[Account(ISSUANCE, p.shares.asset)]
        if p.route == "spac":
            sold = asked * (1 - p.redeemed) * now
            extra = [mint(p.sponsor, sold * (p.promote / (1 - p.promote)), "promote")]
            raised = sold * share
        else:
            if p.coverage_asked:
                asked = xp.minimum(asked, xp.total(state[p.reserve]) * signals[p.token_price] * (1 - p.haircut) / (p.coverage * share))
            sold, extra = asked * now, []
            raised = sold * share * (1 - p.discount)
        return [
            Flow(p.money, p.company, raised * (1 - p.fee), "raise"),
            Flow(p.money, p.banks, raised * p.fee, "fee"),
            mint(p.shares, sold, "issue"),
            *extra,
        ]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"coverage_asked": bool(float(getattr(p.coverage, "value", p.coverage)))}
