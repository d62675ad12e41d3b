"""How a network shares its emission among subnets: five rules, each with its day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar, Literal

from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, number, option, reads, writes
from ..sharing import peak

Rule = Literal["price", "taoflow", "net_taoflow", "price_root_withheld", "price_withheld"]
FLOW: tuple[Rule, ...] = ("taoflow", "net_taoflow")
NET, ROOT = ("net_taoflow",), ("price_root_withheld",)
WITHHELD = ("price_root_withheld", "price_withheld")


class RuleVersion(Parameters):
    """A rule and the day from which it is in force."""

    day: Number = number("0", "day", "the rule's first day", ge="0")
    rule: Rule = option("price_withheld", "by what subnets share: price, taoflow, net_taoflow, price_root_withheld or price_withheld")


class SubnetShares(Mechanism):
    """Share emission among subnets by the rule in force: `versions` changes it on given days.

        price                 s_i = m_i / sum m,   m the average price
        taoflow               s_i = z_i^e / sum z^e,   z_i = max(S_i - L, 0),   L = max(cutoff, min(0, min S)),   S the average flow of users
        net_taoflow           the same of S_i - n P_i,   n = min(1, sum S+ / sum P+) where P_i > 0, else 1,   P the average flow of the protocol
        price_root_withheld   m_i rho_i (1 - b_i), normalised,   rho the root proportion, b what was withheld of miners' emission
        price_withheld        m_i (1 - b_i), normalised

    A rule by price whose weights are all 0 falls back to price alone; flows that are all negative pay nobody. What a subnet that is not
    `enabled` would get goes to the others in proportion. Shares [1], shape [subnet, path], sum to 1 or are all 0.

    Source: Bittensor, subtensor pallets/subtensor/src/coinbase/subnet_emissions.rs: prices since February 2025, flows from runtime 334, net flows from
    411, prices again from 421, without the root proportion from 425.
    """

    name = "subnet_shares"
    breaks: ClassVar[str] = (
        "Each rule pays for what it measures: a price can be held up by whoever owns most of the alpha, flow by staking in circles. Pay follows price "
        "and price follows pay, so that small leads grow; with flows, all pay can end at once."
    )

    class Params(Parameters):
        share: Ref = writes("share", "1", "each subnet's share of emission")
        versions: tuple[RuleVersion, ...] = option((RuleVersion(),), "rules by day, days strictly rising from 0")
        price: Ref = reads("ema_price", "*", "m: average price of alpha; needed by rules that read prices")
        user: Ref = reads("", "*", "S: average flow of users; needed by rules that read flows")
        protocol: Ref = reads("", "user", "P: average flow of the protocol; needed by net_taoflow")
        root: Ref = reads("", "1", "rho: root proportion; needed by price_root_withheld")
        withheld: Ref = reads("", "1", "b: share of miners' emission that was withheld; needed by rules that read it")
        running: Ref = reads("", "1", "1 for subnets that run; empty: all do")
        enabled: Ref = reads("", "1", "1 for subnets that may be paid TAO; empty: all")
        cutoff: Number = number("0", "user", "lowest L: a negative one pays subnets in proportion to how far they are above it")
        exponent: Number = number("1", "1", "e: above 1 large flows count for more", gt="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        days, rules = [v.day for v in p.versions], {v.rule for v in p.versions}
        faults = []
        if not days or days[0] != 0 or any(b <= a for a, b in pairwise(days)):
            faults.append(("versions", f"days {', '.join(map(str, days[:8]))}", "days strictly rising from 0"))
        needs = {"user": FLOW, "protocol": NET, "root": ROOT, "withheld": WITHHELD, "price": [r for r in rules if r not in FLOW]}
        for name, by in needs.items():
            if not getattr(p, name) and rules.intersection(by):
                faults.append((name, "no signal is named", f"one: {', '.join(sorted(rules.intersection(by)))} reads it"))
        return faults

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, on = ctx.xp, {name: in_force(p, ctx, rules) for name, rules in (("flow", FLOW), ("net", NET), ("root", ROOT), ("withheld", WITHHELD))}
        runs, by_flow, by_price = signals[p.running] if p.running else None, None, None
        if not known(on["flow"], 0):
            flow = signals[p.user] if known(on["net"], 0) else net_flow(xp, signals[p.user], signals[p.protocol], on["net"])
            by_flow = flow_shares(xp, flow, p.cutoff, p.exponent, runs)
        if not known(on["flow"], 1):
            price = signals[p.price] if runs is None else signals[p.price] * runs
            by_price = price_shares(xp, price, *(None if known(on[k], 0) else (signals[n], on[k]) for n, k in ((p.withheld, "withheld"), (p.root, "root"))))
        share = by_flow if by_price is None else by_price if by_flow is None else by_price + (by_flow - by_price) * on["flow"]
        return [], {p.share: redistributed(xp, share, signals[p.enabled]) if p.enabled else share}


def in_force(p: Any, ctx: Any, rules: Sequence[str]) -> Any:
    """1 while the version in force is one of `rules`, else 0: a plain int where that never changes."""
    hits = [int(v.rule in rules) for v in p.versions]
    return latest(ctx, p.versions, [ctx.xp.num(hit) for hit in hits]) if len(set(hits)) > 1 else hits[0]


def known(value: Any, number: int) -> bool:
    """Whether a value that changes by the day is known to be `number` now: then what it would multiply need not be computed. Never of a traced one."""
    return isinstance(value, int | float | Decimal) and value == number


def latest(ctx: Any, versions: Sequence[Any], values: Sequence[Any]) -> Any:
    """The value of the version in force: the last whose day came before the middle of this step."""
    return ctx.xp.lookup([v.day for v in versions], values, ctx.day - ctx.dt / (2 * ctx.every))


# --- the rules ----------------------------------------------------------------------------------------------------


def price_shares(xp: Any, price: Any, withheld: Any = None, root: Any = None) -> Any:
    """Shares by price, times 1 - withheld and the root proportion where given, each as (value, 0 or 1: whether it counts)."""
    plain = xp.div(price, xp.total(price), 0)
    weight = plain
    if withheld is not None:
        weight = weight * (1 - faded(xp.minimum(withheld[0], 1), withheld[1]))
    if root is not None:
        weight = weight * (1 - faded(1 - root[0], root[1]))
    if weight is plain:
        return plain
    whole = xp.total(weight)
    none = 1 - xp.minimum(xp.div(whole, whole, 0), 1)
    return xp.div(weight, whole, 0) + plain * none


def faded(value: Any, on: Any) -> Any:
    """value x on, at no cost where `on` is known to be 1."""
    return value if known(on, 1) else value * on


def flow_shares(xp: Any, flow: Any, cutoff: Any, exponent: Any, runs: Any = None) -> Any:
    """Shares by flows above the lower limit; all 0 where none is."""
    lowest = -peak(xp, -xp.minimum(flow, 0))
    above = xp.maximum(flow - xp.maximum(cutoff, lowest), 0)
    if runs is not None:
        above = above * runs
    weight = xp.power(xp.div(above, peak(xp, above), 0), exponent)
    return xp.div(weight, xp.total(weight), 0)


def net_flow(xp: Any, user: Any, protocol: Any, on: Any = 1) -> Any:
    """Users' flow less the protocol's, whose positive part is scaled so that in all it takes no more than users brought; `on` 0: users' alone."""
    gain = xp.maximum(protocol, 0)
    scale = xp.minimum(xp.div(xp.total(xp.maximum(user, 0)), xp.total(gain), 0), 1)
    return user - faded(protocol + gain * (scale - 1), on)


def redistributed(xp: Any, share: Any, enabled: Any) -> Any:
    """Shares of those that are enabled, in proportion, with what the others would get."""
    kept = share * enabled
    return xp.div(kept, xp.total(kept), 0)
