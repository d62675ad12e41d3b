"""What people do in subnets where nobody is there to do it: stake where it looks good, sell what they earn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...accounts import Account
from ...flows import Flow, burn, mint
from ..base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, number, option, reads, writes
from ..sharing import total_of
from .pools import CODE, DATE, given, leans, rate, spot, swapped

UNIFORM_SPREAD = "3.46410161513775458705489268301174"  # sqrt 12: a uniform on [0, 1] times it has standard deviation 1


class Seller(Parameters):
    """Who earns alpha and sells it."""

    place: Ref = account(None, "the alpha: a row a subnet, or any rows of one subnet")
    subnet: int = count(-1, "the subnet that all of it belongs to; -1: row i belongs to subnet i", ge=-1)
    cash: Ref = account("market/token", "where the TAO goes, one row")
    share: Number = number("0.1", "1/day", "share sold a day", ge="0", le="1")
    reward: bool = option(False, "what it fetches is pay for work, which is so paid in the network's token")


class SubnetStakers(Mechanism):
    """The crowd moves TAO between subnets, and those who earn alpha sell it: all through the pools, with their fee.

        appeal a_i' = a_i q + spread sqrt(1 - q^2) z_i,   q = 2^(-dt / half_life),   z uniform with deviation 1
        wish_i = exp(a_i) / sum exp(a) x exposure x (free TAO + TAO on root),   gap_i = clip(wish_i / (price x alpha staked) - 1, -1, 1)
        the crowd stakes speed gap_i y_i of TAO where the gap is positive, out of free TAO, and sells alpha of that value where it is negative
        seller k sells share_k of its alpha; sales come first, then purchases; of either the fee is taken in TAO

    Appeal is what makes a subnet's alpha worth holding, as a log: its standard deviation over time and subnets is `spread`. y is the pool's TAO, so a
    call moves a price by about twice `speed` at most. The crowd also moves `root_speed` of the gap to `root_share` of its TAO to or from root.
    The form is an assumption; its numbers are for calibration. Shapes [subnet, path].
    """

    name = "subnet_stakers"
    behaviour = True
    noise = {"stir": Noise("uniform", per="tao")}
    tags: Mapping[str, Tag] = {
        "sell": "trade",
        "sold": "trade",
        "paid": "reward",
        "unstake": "trade",
        "stake": "trade",
        "bought": "trade",
        "root": "transfer",
        "fee": "fee",
        "share": "transfer",
    }
    breaks: ClassVar[str] = (
        "A crowd that follows value steadies prices; real crowds also follow prices, emission and each other, and leave together. "
        "Where owners and miners sell faster than stakers come, alpha falls until what is sold is worth little."
    )

    class Params(Parameters):
        tao: Ref = account("pools/token", "the pools' TAO, a row a subnet")
        alpha: Ref = account("pools/ALPHA", "the pools' alpha, the same rows")
        staked: Ref = account("staked/ALPHA", "alpha staked with validators, the same rows")
        positions: Ref = account("", "shares of it of owners with rows of their own, a lot a subnet; empty: there are none")
        crowd: Ref = account("stakers/SHARE", "the crowd's shares of it, the same rows as the pools")
        money: Ref = account("market/token", "the crowd's free TAO, one row")
        authors: Ref = account("authors/token", "block authors, who receive the fees, one row")
        root: Ref = account("root/token", "TAO staked on root, one row")
        roots: Ref = account("market/ROOT", "the crowd's shares of that, one row")
        root_positions: Ref = account("", "shares of it of owners with rows of their own; empty: there are none")
        weight: Ref = reads("", "1", "w2, weight of TAO in each pool; empty: 1/2")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        mood: Ref = reads("", "1", "factor on exposure: how much of its TAO the crowd wants in subnets; empty: 1")
        appeal: Ref = writes("appeal", "1", "log of what makes a subnet worth holding; its start is the first")
        earned: Ref = writes("", "tao/day", "TAO that pay for work fetched, by sellers whose sale is a reward; empty: not shown")
        sellers: tuple[Seller, ...] = option((), "who sells what it earns")
        exposure: Number = number("0.25", "1", "value of alpha that the crowd wants to hold, over free TAO and TAO on root", ge="0")
        speed: Number = number("0.02", "1/day", "of a pool's TAO that is moved a day where value is twice too low, or nothing", ge="0", le="0.5")
        half_life: Number = number("180", "day", "days in which half of a subnet's appeal is forgotten", gt="0")
        spread: Number = number("1", "1", "standard deviation of appeal", ge="0")
        root_share: Number = number("0.6", "1", "share of free TAO and root that the crowd wants on root", ge="0", le="1")
        root_speed: Number = number("0.01", "1/day", "share of that gap that a day closes", ge="0", le="1")
        reserve: Number = number("0.1", "1", "share of its free TAO that the crowd stakes in one call, at most", ge="0", le="1")
        fee: Number = number("0.00050354772259098", "1", "share of what is paid in, 33 of 65535", ge="0", lt="1", source=CODE, date=DATE)
        par: Number = number("1", "crowd/alpha", "shares that an alpha receives where nobody has any", gt="0")
        root_par: Number = number("1", "roots/money", "shares that a TAO on root receives where nobody has any", gt="0")
        slots: int = count(128, "subnets there are rows for", ge=1, le=4096)
        deviation: Number = number(UNIFORM_SPREAD, "1", "of the noise: sqrt 12", gt="0", source="definition: a uniform on [0, 1] has deviation 1 / sqrt 12")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.positions: p.slots} if p.positions else {}

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"ln2": xp.log(xp.num(2)), "half": xp.num("0.5")}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, tao, alpha, staked = ctx.xp, state[p.tao], state[p.alpha], state[p.staked]
        crowd, to_buy, to_sell = state[p.crowd], *leans(p, signals)
        others = p.positions and state[p.positions].shape[-2] > 1  # without members there is one row, which is nobody's
        shares = crowd + xp.total(state[p.positions])[:, 0] if others else crowd
        held = staked * xp.div(crowd, shares, 0) if others else staked
        price = spot(xp, tao, alpha, signals[p.weight] if p.weight else None)
        appeal = moved(p, signals[p.appeal], ctx)
        wish = wished(p, state, signals, ctx, appeal, held * price)
        bids = xp.maximum(wish, 0)
        asks = xp.minimum(xp.div(bids - wish, price, 0), held * p.half)
        bids = bids * xp.minimum(xp.div(p.reserve * state[p.money], xp.total(bids), 1), 1)

        flows, by_cash = [Flow(p.staked, p.alpha, asks, "unstake")], {(p.money, "sold"): asks}
        for s in p.sellers:
            part, at = state[s.place] * xp.minimum(s.share * ctx.dt, 1), None if s.subnet < 0 else slice(s.subnet, s.subnet + 1)
            flows.append(Flow(s.place, p.alpha, part, "sell", None, at))
            key = s.cash, "paid" if s.reward else "sold"
            if at is None:
                by_cash[key] = by_cash[key] + part if key in by_cash else part
            else:
                by_cash[key] = xp.add_at(by_cash.get(key, 0 * alpha), at, xp.total(part))
        amount = total_of(list(by_cash.values()))
        each = given(xp, alpha, tao, amount, to_sell)
        fetched, paid = amount * each, bids * (1 - p.fee)
        got = swapped(xp, tao - fetched, alpha + amount, paid, to_buy)
        per_alpha, spent = rate(xp, shares, staked, p.par), xp.total(bids)

        cash = {key: part * each for key, part in by_cash.items()}
        flows += [Flow(p.tao, place, part, reason) for (place, reason), part in cash.items()]
        flows += [Flow(place, p.authors, xp.total(part) * p.fee, "fee") for (place, _), part in cash.items()]
        flows += [Flow(p.money, p.authors, spent * p.fee, "fee"), Flow(p.money, p.tao, paid, "stake"), Flow(p.alpha, p.staked, got, "bought")]
        flows += [burn(p.crowd, asks * per_alpha, "share"), mint(p.crowd, got * per_alpha, "share")]
        shown = {p.appeal: appeal}
        if p.earned:
            shown[p.earned] = total_of([0 * spent, *(xp.total(part) for (_, reason), part in cash.items() if reason == "paid")]) * (1 - p.fee) / ctx.dt
        return flows + to_root(p, state, ctx, spent), shown


def moved(p: Any, appeal: Any, ctx: Any) -> Any:
    """Appeal after a call: it forgets, and is stirred."""
    kept = ctx.xp.exp(-p.ln2 * ctx.dt / p.half_life)
    stir = p.spread * p.deviation * ctx.xp.sqrt(1 - kept * kept)
    return appeal * kept + (ctx.noise["stir"] - p.half) * stir


def wished(p: Any, state: State, signals: Mapping[str, Any], ctx: Any, appeal: Any, value: Any) -> Any:
    """TAO that the crowd would move into each pool, below 0 out of it [TAO]; `value` is what its alpha there is worth."""
    xp, weight = ctx.xp, ctx.xp.exp(appeal)
    if p.running:
        weight = weight * signals[p.running]
    wanted = (xp.total(state[p.money]) + xp.total(state[p.root])) * p.exposure
    if p.mood:
        wanted = wanted * signals[p.mood]
    ratio = xp.minimum(xp.div(weight * xp.div(wanted, xp.total(weight), 0), value, 2), 2)
    return (ratio - 1) * state[p.tao] * (p.speed * ctx.dt)


def to_root(p: Any, state: State, ctx: Any, spent: Any) -> list[Flow]:
    """Flows between the crowd's free TAO, of which `spent` is gone, and root."""
    xp, money, root = ctx.xp, state[p.money], state[p.root]
    shares = state[p.roots] + xp.total(state[p.root_positions]) if p.root_positions else state[p.roots]
    gap = ((money + root) * p.root_share - root) * xp.minimum(p.root_speed * ctx.dt, 1)
    bought, left = xp.minimum(xp.maximum(gap, 0), money - spent), xp.minimum(xp.maximum(-gap, 0), xp.div(root, shares, 0) * state[p.roots])
    per_tao = rate(xp, shares, root, p.root_par)
    return [
        Flow(p.money, p.root, bought, "root"),
        mint(p.roots, bought * per_tao, "share"),
        Flow(p.root, p.money, left, "root"),
        burn(p.roots, xp.minimum(left * per_tao, state[p.roots]), "share"),
    ]
