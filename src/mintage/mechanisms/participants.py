"""Who takes part, and why they come, sell, stake and leave: producers of four kinds, users, investors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, number, option, reads, writes
from .providers import accounts
from .sharing import column, not_one, total_of


class Producer(Parameters):
    """A class of producers: what a node costs them, how far they look, how much they shy from risk, what they do with what they earn."""

    kind: Literal["gpu provider", "data contributor", "model miner", "validator"] = option("gpu provider", "what they bring")
    hardware: Number = number("0", "fiat/node", "what a node costs to buy", ge="0")
    life: Number = number("1095", "day", "days in which hardware is written off", gt="0")
    energy: Number = number("0", "fiat/node/day", "power for a node", ge="0")
    site: Number = number("0", "fiat/node/day", "data centre, bandwidth and people for a node", ge="0")
    horizon: Number = number("90", "day", "how far they look, and how long they take to come or go", gt="0")
    aversion: Number = number("1", "1", "relative risk aversion", ge="0")
    sells: Number = number("0.5", "1", "share of what they earn that is sold, at least what costs need", ge="0", le="1")
    stakes: Number = number("0", "1", "share of what they keep that is staked", ge="0", le="1")
    reference: Number = number("1", "node", "nodes at which they serve in full quality", gt="0")
    weight: Number = number("1", "1", "what they count in quality; all sum to 1", ge="0", le="1")
    floor: Number = number("1", "node", "nodes that stay whatever happens", gt="0")
    ceiling: Number = number("1000000000", "node", "most nodes there can be", gt="0")


class Producers(Mechanism):
    """Producers with costs of their own, horizons and risk aversion, whose leaving lowers quality.

        worth_i = fiat_i + P token_i exp(-aversion sigma^2 horizon / 2)          a node and day, token income at its certainty equivalent
        enter where worth_i > full_i = (hardware / life + energy + site) index;   leave where worth_i < running_i = (energy + site) index;   else stay
        n_i' = clip(n_i (1 + pace dt / horizon clip(gap_i, -1, 1)), floor, ceiling),   gap = worth / full - 1 or worth / running - 1
        quality = sum_i weight_i min(1, n_i / reference_i)^gamma

    Hardware is sunk: between running and full cost nobody comes and nobody goes, so capacity lags the price on both ways (hysteresis). They sell what
    costs need and at least a share `sells` of what they earn, stake a share of the rest, and take stake out with the nodes that leave. [fiat/node/day],
    [node]; shapes [class, path]. Live, people decide; see `provider_entry` for one kind with one cost.
    Sources: Dixit 1989 (entry and exit under uncertainty); Arrow and Pratt (certainty equivalent).
    """

    name = "producers"
    behaviour = True
    breaks = (
        "Costs in fiat and income in tokens: after a fall those with the highest running cost leave first, quality falls behind them, and demand behind "
        "quality. Sunk hardware hides it for as long as power is paid."
    )
    tags: Mapping[str, Tag] = {"sell": "trade", "proceeds": "trade", "cost": "cost", "stake": "transfer", "unstake": "transfer"}

    class Params(Parameters):
        nodes: Ref = writes("nodes", "node", "nodes of each class")
        classes: tuple[Producer, ...] = option(..., "one for each row of nodes", rows="nodes")
        income: tuple[Ref, ...] = reads((), "tokens/day", "what each class earns in tokens; several are added")
        fiat_income: tuple[Ref, ...] = reads((), "fiat/day", "what it earns in fiat")
        price: Ref = reads("price", "fiat/tokens", "price of the token")
        index: Ref = reads("", "1", "level of costs; empty: 1")
        volatility: Number = number("0.9", "1", "sigma: what they expect of the price, a year", ge="0")
        pace: Number = number("1", "1", "speed of coming and going: at most this share of nodes in a horizon", gt="0")
        gamma: Number = number("0.5", "1", "how quality follows nodes", gt="0")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")
        quality: Ref = writes("", "1", "quality of service; empty: none")
        margin: Ref = writes("", "1", "worth over full cost of each class; empty: none")
        tokens: Ref = account("", "their tokens, sold to pay costs; empty: no money moves")
        staked: Ref = account("", "where they stake; empty: they do not")
        market: Ref = account("market/token", "who buys tokens")
        buyers: Ref = account("external/fiat", "where buyers' fiat comes from")
        fiat: Ref = account("producers/fiat", "their fiat")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        return not_one("classes", sum((c.weight for c in p.classes), Decimal(0)))

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        def each(value: Callable[[Any], Any]) -> Any:
            return column(xp, [value(c) for c in p.classes])

        running = each(lambda c: c.energy + c.site)
        return {
            "running": running,
            "full": running + each(lambda c: c.hardware / c.life),
            "certain": xp.exp(each(lambda c: -c.aversion * p.volatility * p.volatility * c.horizon / (2 * p.year))),
            "sell_share": each(lambda c: c.sells),
            **{name: column(xp, [getattr(c, name) for c in p.classes]) for name in ("horizon", "reference", "weight", "floor", "ceiling", "stakes")},
        }

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, nodes, price = ctx.xp, signals[p.nodes], signals[p.price]
        level = signals[p.index] if p.index else 1
        full, running = p.full * level, p.running * level
        earned = total_of([signals[name] for name in p.income]) if p.income else 0 * nodes / price
        worth = xp.div(earned * price * p.certain, nodes, 0)
        for name in p.fiat_income:
            worth = worth + xp.div(signals[name], nodes, 0)
        none = 0 * nodes / p.reference
        margin = xp.div(worth, full, none + 1 + xp.where(xp.gt(worth, 0 * worth), 1, 0))  # what costs nothing is worth it as soon as it earns
        come = xp.clip(margin - 1, 0, 1)
        go = xp.clip(1 - xp.div(worth, running, none + 1), 0, 1)
        change = (come - go) * (p.pace * ctx.dt / p.horizon)
        number_ = xp.clip(nodes * (1 + xp.maximum(change, none - 1)), p.floor, p.ceiling)
        shown = {p.nodes: number_, p.margin: margin}
        if p.quality:
            shown[p.quality] = xp.total(p.weight * xp.power(xp.minimum(number_ / p.reference, none + 1), p.gamma))
        flows = self.money(p, state, xp, running * nodes * ctx.dt, earned * ctx.dt, price, number_ / nodes) if p.tokens else []
        return flows, {name: value for name, value in shown.items() if name}

    def money(self, p: Any, state: State, xp: Any, need: Any, earned: Any, price: Any, stay: Any) -> list[Flow]:
        """Sell and pay; stake part of what is kept; take out the stake of nodes that left."""
        flows = accounts(p, state, xp, need, earned, price)
        if p.staked:
            kept = xp.maximum(state[p.tokens] - flows[0].amount, 0 * state[p.tokens])
            fresh = xp.minimum(kept, xp.maximum(earned - flows[0].amount, 0 * kept))
            flows.append(Flow(p.tokens, p.staked, fresh * p.stakes, "stake"))
            flows.append(Flow(p.staked, p.tokens, state[p.staked] * xp.maximum(1 - stay, 0 * stay), "unstake"))
        return flows


class UserClass(Parameters):
    """A class of users: how many there can be, what one spends, how fast they come, and what drives them away."""

    market: Number = number(None, "person", "most there can be", gt="0")
    spend: Number = number(None, "fiat/person/day", "what one spends at the reference fee", gt="0")
    growth: Number = number("0.003", "1", "share that comes a day by word of mouth, while few of the market are there", ge="0")
    churn: Number = number("0.001", "1", "share that leaves a day when all is well", ge="0", le="1")
    care_quality: Number = number("3", "1", "churn for quality below its reference: times 1 + care x the gap", ge="0")
    care_price: Number = number("1", "1", "churn for a fee above its reference: times 1 + care x the gap", ge="0")


class Users(Mechanism):
    """Users come by word of mouth, spend, and leave for bad service or high fees.

        u_i' = u_i + dt (growth_i u_i q (1 - u_i / market_i) - churn_i u_i (1 + care_q max(0, 1 - q / q_ref) + care_p max(0, fee / fee_ref - 1)))
        level = sum_i spend_i u_i                                                             [fiat/day]

    q quality [1], u [person]; shapes [class, path]. `level` is what they would spend at the reference fee: `elastic_demand` makes demand of it. Growth is the
    logistic of Verhulst 1838; rates of churn are for calibration.
    """

    name = "users"
    behaviour = True
    breaks = "Wallets are not users, and subsidised ones leave with the subsidy: growth that was paid for looks like word of mouth until the payment ends."

    class Params(Parameters):
        users: Ref = writes("users", "person", "users of each class")
        classes: tuple[UserClass, ...] = option(..., "one for each row of users", rows="users")
        level: Ref = writes("level", "fiat/day", "what they would spend at the reference fee")
        quality: Ref = reads("quality", "1", "quality of service")
        fee: Ref = reads("", "fiat/job", "list price of work; empty: at its reference")
        quality_ref: Number = number("0.95", "1", "quality that is expected", gt="0", le="1")
        fee_ref: Number = number("1", "fiat/job", "fee that is expected", gt="0")
        day: Number = number("1", "day", "the day that rates are for", gt="0", source="definition")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {n: column(xp, [getattr(c, n) for c in p.classes]) for n in UserClass.model_fields}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, users, q = ctx.xp, signals[p.users], signals[p.quality]
        none = 0 * q
        worse = 1 + p.care_quality * xp.maximum(1 - q / p.quality_ref, none)
        if p.fee:
            worse = worse + p.care_price * xp.maximum(signals[p.fee] / p.fee_ref - 1, none)
        come = users * (p.growth * q * (1 - users / p.market))
        left = users * xp.minimum(p.churn * worse * (ctx.dt / p.day), none + 1)
        number_ = xp.clip(users + come * (ctx.dt / p.day) - left, 0 * users, p.market)
        return [], {p.users: number_, p.level: xp.total(number_ * p.spend)}


class Investors(Mechanism):
    """Investors hold the part of their wealth in tokens that their view of return and risk asks for, and trade towards it as slowly as they look far.

        w* = clip((mu - rate) / (aversion sigma^2), 0, most),   mu: mean log return they remember, a year, + sigma^2 / 2
        trade = (w* wealth - P tokens) dt / horizon            [fiat]:    buys from and sells to the market's holders

    mu' = mu + (1 - 2^(-dt / memory)) (ln(P / P') / dt - mu): who looks at the last month chases it. [fiat], [token]; shapes [1, path]. Source: Merton 1969.
    """

    name = "investors"
    behaviour = True
    breaks = "They extrapolate: a fall makes them sell, and their sale is the next fall. Long horizons that are written down are short ones in a crash."
    tags: Mapping[str, Tag] = {"buy": "trade", "bought": "trade", "sell": "trade", "sold": "trade"}

    class Params(Parameters):
        tokens: Ref = account("investors/token", "their tokens")
        cash: Ref = account("investors/fiat", "their dollars")
        market: Ref = account("market/token", "who they trade with")
        proceeds: Ref = account("market/fiat", "the market's dollars")
        price: Ref = reads("price", "cash/tokens", "price of the token")
        outlook: Ref = writes("", "1", "signal that shows mu; empty: none")
        first: Number = number("0.5", "1", "mu at the start, a year")
        rate: Number = number("0.04", "1", "what safe money earns, a year")
        volatility: Number = number("0.9", "1", "sigma, a year", gt="0")
        aversion: Number = number("2", "1", "relative risk aversion", gt="0")
        most: Number = number("0.9", "1", "largest part of wealth in tokens", ge="0", le="1")
        horizon: Number = number("180", "day", "days in which they close a gap", gt="0")
        memory: Number = number("90", "day", "half-life of what they remember of returns", gt="0")
        year: Number = number("365", "day", "days a year", gt="0", source="definition: the market never closes")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"trend": make(p.first), "last": make(0, "price")}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2))}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        last = xp.where(xp.eq(state["last"], 0 * price), price, state["last"])
        years = ctx.dt / p.year
        learn = -xp.expm1(-p.ln2 * ctx.dt / p.memory)
        trend = state["trend"] + learn * (xp.log(price / last) / years - state["trend"])
        variance = p.volatility * p.volatility
        wanted = xp.clip((trend + variance / 2 - p.rate) / (p.aversion * variance), 0, p.most)
        held = state[p.tokens] * price
        gap = (wanted * (held + state[p.cash]) - held) * xp.minimum(ctx.dt / p.horizon, 1)
        none = 0 * gap
        buy = xp.minimum(xp.minimum(xp.maximum(gap, none), state[p.cash]), xp.total(state[p.market]) * price)
        sell = xp.minimum(xp.minimum(xp.maximum(-gap, none), held), xp.total(state[p.proceeds]))
        flows = [
            Flow(p.cash, p.proceeds, buy, "buy"),
            Flow(p.market, p.tokens, buy / price, "bought"),
            Flow(p.tokens, p.market, sell / price, "sell"),
            Flow(p.proceeds, p.cash, sell, "sold"),
        ]
        return flows, {"trend": trend, "last": price, **({p.outlook: trend} if p.outlook else {})}
