"""Small economies around one mechanism, and one that holds every family of this network at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact, to_exact
from mintage.economy import Economy, SignalDecl, World
from mintage.mechanisms import find
from mintage.mechanisms.base import Context, State, Use

D = Decimal
TIERS = 3
MARKET, MARKET_USD = Account("market", "TOK"), Account("market", "USD")
POOL, POOL_USD = Account("pool", "TOK"), Account("pool", "USD")
PROVIDERS, PROVIDERS_USD = Account("providers", "TOK"), Account("providers", "USD")
OUTSIDE_USD, ISSUED, BURNED = Account("external", "USD"), Account("issuance", "TOK"), Account("burned", "TOK")


def use(name: str, mechanism: str, every: int = 1, offset: int = 0, **params: Any) -> Use:
    """A mechanism by its registered name."""
    found = find(mechanism)
    assert found is not None, mechanism
    return Use(name, found(), found.Params(**params), every, offset)


def economy(
    *uses: Use, signals: dict[str, tuple[str, Any]], holders: int = 1, opening: dict[Account, Any] | None = None, cap: Decimal | None = None, dt: str = "1"
) -> Economy:
    """Market, pool and providers, with signals name -> (unit, start); a tuple of starts has a row for each provider."""
    assets = {"TOK": Asset("TOK", 8, cap=cap), "USD": Asset("USD", 6, "fiat")}
    both = ("TOK", "USD")
    kinds = {"market": Kind("market", both), "pool": Kind("pool", both, role="treasury"), "providers": Kind("providers", both, holders, role="provider")}
    declared = {
        name: SignalDecl(name, unit, tuple(map(D, start)) if isinstance(start, tuple) else D(start), "", "providers" if isinstance(start, tuple) else "")
        for name, (unit, start) in signals.items()
    }
    rested = {MARKET: D(1_000_000)} if opening is None else {k: D(v) for k, v in opening.items()}
    return Economy("small", assets, kinds, declared, uses, D(dt), opening=rested)


def emitted(
    e: Economy,
    name: str,
    *,
    t: int = 0,
    xp: Any = NUMPY,
    before: dict[Account, Any] | None = None,
    event: str = "",
    rows: dict[str, Any] | None = None,
    **arguments: Any,
) -> Any:
    """(flows, updates) of one call at step t from the opening; `before` are opening balances that differ from those now."""
    bound = e.bind(xp)
    call = next(c for c in bound.calls if c.name == name)
    world = bound.start(1)
    state, opened = State(world.balances, world.memory[name]), {**world.balances, **{k: xp.full((1, 1), xp.num(v)) for k, v in (before or {}).items()}}
    ctx = Context(xp, t, call.dt, {}, opened, (t + 1) * bound.dt, call.every, call.offset)
    if event:
        return getattr(call.use.mechanism, event)(call.p, state, world.signals, ctx, rows, **arguments)
    return call.step(call.p, state, world.signals, ctx)


def amounts(flows: list[Any], reason: str) -> float:
    """Sum of the flows of one reason."""
    return float(sum(np.sum(np.asarray(f.amount, dtype=float)) for f in flows if f.reason == reason))


def signals(flows_and_updates: Any) -> dict[str, list[float]]:
    """Updates as lists of floats over holders."""
    return {k: np.asarray(v, dtype=float).reshape(-1).tolist() for k, v in flows_and_updates[1].items()}


def exactly(e: Economy, name: str, **where: Any) -> Any:
    """`emitted` in Decimals."""
    with exact():
        return emitted(e, name, xp=EXACT, **where)


def converted(world: World, turn: Any) -> World:
    """A world in another arithmetic."""
    return World(
        {k: turn(v) for k, v in world.balances.items()},
        {k: turn(v) for k, v in world.signals.items()},
        {c: {k: turn(v) for k, v in m.items()} for c, m in world.memory.items()},
    )


def settled_alike(a: Any, b: Any) -> bool:
    """Two lists of flows move the same sums between the same places."""

    def sums(flows: list[Any]) -> dict[Any, float]:
        out: dict[Any, float] = {}
        for f in flows:
            out[f.src, f.dst] = out.get((f.src, f.dst), 0.0) + float(np.sum(np.asarray(f.amount, dtype=float)))
        return out

    left, right = sums(a), sums(b)
    return left.keys() == right.keys() and all(abs(left[k] - right[k]) <= 1e-9 * max(1.0, abs(left[k])) for k in left)


TIER_SIGNALS = {
    "price": ("USD/TOK", "2"),
    "outside": ("USD/TOK", "2"),
    "pool_price": ("USD/TOK", "2"),
    "level": ("USD/day", "4000"),
    "demand": ("USD/day", "4000"),
    "fee": ("USD/job", "0.5"),
    "served": ("USD/day", "4000"),
    "utilisation": ("1", "0.5"),
    "quality": ("1", "0.9"),
    "work": ("job/day", ("1000", "2000", "3000")),
    "nodes": ("node", ("40", "60", "200")),
    "score": ("1", ("0.4", "0.5", "0.6")),
    "job_rate": ("TOK/day", ("10", "20", "30")),
    "idle_rate": ("TOK/day", ("1", "2", "3")),
    "cost_index": ("1", "1.2"),
}


def whole(**changes: Any) -> Economy:
    """Every mechanism of this network at work on three tiers."""
    clients = tuple({"bandwidth": b, "gpu": g, "uptime": u} for b, g, u in (("0.2", "0.5", "1"), ("0.6", "0.8", "0.9"), ("0.8", "1", "0.7")))
    tiers = tuple(
        {"throughput": t, "price": pr, "latency": la, "reliability": r}
        for t, pr, la, r in (("30", "2", "0.5", "0.999"), ("25", "1", "2", "0.98"), ("20", "0.5", "12", "0.9"))
    )
    uses = (
        use(
            "emission",
            "emission_schedule",
            budgets=({"day": 0, "value": 7000}, {"day": 20, "value": 3000}),
            tail=20,
            decay=D("0.9"),
            recipients=({"to": "pool/TOK", "share": "0.9"}, {"to": "providers/TOK", "share": "0.1"}),
            limit="outstanding",
            cap=1_210_000,
            remint_share="0.5",
        ),
        use("wish", "elastic_demand", level="level", quality="quality", reference="0.4", quality_elasticity="0.5"),
        use("schedule", "scheduler", tiers=tiers, served="served", work="work", utilisation="utilisation", quality="quality"),
        use(
            "jobs",
            "burn_mint",
            demand="served",
            burn_share="0.95",
            payees=({"to": "pool/USD", "share": "0.05"},),
            work="work",
            rewards="providers/TOK",
            reward_share="0.1",
        ),
        use("rewards", "work_rewards", every=7, offset=6, budget=({"value": 1500},), work="work", rate="job_rate"),
        use("grade", "compute_score", every=7, offset=6, earned="job_rate", clients=clients),
        use(
            "idle", "availability_rewards", every=7, offset=6, budget=({"value": 280},), per_node=1, score="score", rate="idle_rate", tiers=({"uptime": "0.9"},)
        ),
        use(
            "entry",
            "provider_entry",
            every=7,
            offset=6,
            income=("job_rate", "idle_rate"),
            index="cost_index",
            tokens="providers/TOK",
            sell_share="0.3",
            speed="0.05",
            tiers=({"cost": 2, "floor": 10}, {"cost": 1, "floor": 5}, {"cost": "0.5", "floor": 5}),
        ),
        use("listing", "dynamic_fee", every=7, offset=6, low="0.25", high=1),
        use("impact", "impact_price", outside="outside"),
        use("amm", "order_flow_price", price="pool_price"),
    )
    opening = {MARKET: D(1_000_000), POOL: D(100_000), POOL_USD: D(200_000), MARKET_USD: D(0)}
    parts: dict[str, Any] = {"signals": TIER_SIGNALS, "holders": TIERS, "opening": opening, "cap": D(1_210_000)}
    return economy(*uses, **{**parts, **changes})


def to_decimals(world: World, paths: int) -> World:
    return converted(world, lambda v: to_exact(v[..., :paths]))


def minted_by_call(e: Economy, name: str, steps: range) -> list[Decimal]:
    """What a mint emits at each of `steps`, from the opening, in Decimals."""
    with exact():
        bound = e.bind(EXACT)
        call, world = next(c for c in bound.calls if c.name == name), bound.start(1)
        return [bound.emit(call, world, t, {}, world.balances)[0][0].amount for t in steps]


def exact_sum(parts: list[Decimal]) -> Decimal:
    with exact():
        return sum(parts, Decimal(0))
