"""A small town that uses every rule of the protocol: populations, lots, holds, events, memory, noise, schedules, an outside."""

from __future__ import annotations

from decimal import Decimal

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.flows import Flow, burn, mint
from mintage.holds import held, pend, post_hold
from mintage.mechanisms.base import Mechanism, Noise, Number, Parameters, Point, Ref, Schedule, Use, account, count, event, number, reads, schedule, writes

HOLDERS = 5


class Walk(Mechanism):
    """A price that walks: a process, on a normal."""

    name = "town_walk"
    family = "process"
    noise = {"z": Noise("normal")}

    class Params(Parameters):
        price: Ref = writes("price", "USD/TOK", "the price")
        sigma: Number = number("0.02", "1", "volatility a step")

    def step(self, p, state, signals, ctx):
        return [], {p.price: signals[p.price] * ctx.xp.exp(p.sigma * ctx.noise["z"])}


class Custom(Mechanism):
    """Customers spend dollars from outside; dollars buy tokens at the price; the tokens are burned."""

    name = "town_custom"
    tags = {"spend": "revenue"}
    noise = {"u": Noise("uniform")}

    class Params(Parameters):
        market: Ref = account("market/TOK", "sellers")
        proceeds: Ref = account("market/USD", "their dollars")
        price: Ref = reads("price", "USD/TOK", "the price")
        spend: Number = number("100", "USD", "dollars a step")
        limit: Number = number("0.01", "1", "largest share of the market bought a step")

    def step(self, p, state, signals, ctx):
        dollars = p.spend * ctx.noise["u"]
        tokens = ctx.xp.minimum(dollars / signals[p.price], p.limit * state[p.market])
        return [Flow(Account("external", "USD"), p.proceeds, tokens * signals[p.price], "spend"), burn(p.market, tokens)], {}


class Stakers(Mechanism):
    """Stake, a ring of unbonding lots, and a reward pro rata to stake; memory holds an average of the total."""

    name = "town_stakers"
    noise = {"u": Noise("uniform", per="liquid")}
    tags = {"reward": "reward"}

    class Params(Parameters):
        liquid: Ref = account("liquid/TOK", "free tokens")
        staked: Ref = account("staked/TOK", "staked tokens")
        unbonding: Ref = account("unbonding/TOK", "on the way out")
        slots: int = count(4, "steps of unbonding", ge=2)
        reward: Schedule = schedule("liquid", "reward a step", default=(Point(value=Decimal("17.8")), Point(day=Decimal(10), value=Decimal("8.9"))))
        rate: Number = number("0.1", "1", "share of stake that leaves, at most")
        smooth: Number = number("0.1", "1", "weight of the newest total")

    def lots(self, p):
        return {p.unbonding: p.slots}

    def memory(self, p, make):
        return {"average": make(0, unit="liquid")}

    @event(roles={"staker": "liquid"}, arguments={"amount": "liquid"}, order_free=True)
    def stake(self, p, state, signals, ctx, rows, amount):
        """Move `amount` of a holder's free tokens to stake."""
        at = rows["staker"]
        free = state[p.liquid] if at is None else state[p.liquid][at]
        return [Flow(p.liquid, p.staked, ctx.xp.minimum(amount, free), "stake", at, at)], {}

    def step(self, p, state, signals, ctx):
        xp, staked = ctx.xp, state[p.staked]
        leaving = p.rate * ctx.noise["u"] * staked
        slot, ripe = ctx.t % p.slots, (ctx.t + 1) % p.slots
        total = xp.total(staked)
        pay = p.reward.at(ctx) * xp.div(staked, total, xp.num(0))
        average = state["average"] + p.smooth * (total - state["average"])
        flows = [
            Flow(p.staked, p.unbonding, leaving, "unbond", None, slot),
            Flow(p.unbonding, p.liquid, state[p.unbonding][ripe], "mature", ripe, None),
            mint(p.staked, pay, "reward"),
        ]
        return flows, {"average": average}


class Deposits(Mechanism):
    """Each fifth step a deposit is held, half of it posted to the treasury, the rest given back."""

    name = "town_deposits"

    class Params(Parameters):
        liquid: Ref = account("liquid/TOK", "depositors")
        treasury: Ref = account("treasury/TOK", "receiver")
        share: Number = number("0.01", "1", "of free tokens, held")
        part: Number = number("0.5", "1", "of the hold, posted")

    def holds(self, p):
        return (p.liquid,)

    def step(self, p, state, signals, ctx):
        amount = p.share * state[p.liquid]
        before = state[held(p.liquid)]
        return pend(p.liquid, amount) + post_hold(p.liquid, p.treasury, before, p.part * before), {}


OPENING = {
    Account("market", "TOK"): Decimal(1_000_000),
    Account("liquid", "TOK"): Decimal(50_000),
    Account("staked", "TOK"): Decimal(10_000),
}


def town(**changes: object) -> Economy:
    """The town; keyword arguments replace parts of the Economy."""
    kinds = {
        "market": Kind("market", ("TOK", "USD")),
        "liquid": Kind("liquid", ("TOK",), holders=HOLDERS),
        "staked": Kind("staked", ("TOK",), holders=HOLDERS, role="staked"),
        "unbonding": Kind("unbonding", ("TOK",), holders=HOLDERS),
        "treasury": Kind("treasury", ("TOK",), role="treasury"),
    }
    uses = (
        Use("walk", Walk(), Walk.Params()),
        Use("custom", Custom(), Custom.Params()),
        Use("stakers", Stakers(), Stakers.Params()),
        Use("deposits", Deposits(), Deposits.Params(), every=5),
    )
    parts: dict = {
        "name": "town",
        "assets": {"TOK": Asset("TOK", 18, cap=Decimal(2_000_000)), "USD": Asset("USD", 6, "fiat")},
        "kinds": kinds,
        "signals": {"price": SignalDecl("price", "USD/TOK", Decimal(2))},
        "uses": uses,
        "dt": Decimal(1),
        "opening": OPENING,
    }
    return Economy(**{**parts, **changes})
