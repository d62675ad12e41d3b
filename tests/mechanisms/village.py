"""A village of owners for the mechanisms that people cause: wallets, legacy tokens, stake, proposals; and ways to play its events."""

from __future__ import annotations

from typing import Any

import numpy as np

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.economy import Economy, SignalDecl, World
from mintage.exact import ExactBook, settle
from mintage.guard import Guard
from mintage.mechanisms.base import Context, State, Use

from .network import D, use

OWNERS, SLOTS = 4, 3
HOLDERS, STAKED, UNBONDING = (Account(k, "TOK") for k in ("holders", "staked", "unbonding"))
OLD, LOCKED = Account("holders", "OLD"), Account("legacy", "OLD")
WALLETS, ASIDE = Account("wallets", "USD"), Account("wallets_held", "USD")
PROPOSALS, MARKET, TREASURY = (Account(k, "TOK") for k in ("proposals", "market", "treasury"))
OPENING = {HOLDERS: 4000, OLD: 4000, WALLETS: 4000, MARKET: 1_000_000, STAKED: 0}


def village(*uses: Use, owners: int = OWNERS, market: int = 1, opening: dict[Account, Any] | None = None, cap: str = "2000000") -> Economy:
    """Owners with tokens of both kinds and dollars, in equal parts."""
    assets = {"TOK": Asset("TOK", 8, cap=D(cap)), "OLD": Asset("OLD", 18), "USD": Asset("USD", 6, "fiat")}
    kinds = {
        "holders": Kind("holders", ("TOK", "OLD"), owners, members="open"),
        "wallets": Kind("wallets", ("USD",), owners, role="customer", members="open"),
        "staked": Kind("staked", ("TOK",), owners, role="staked", members="holders"),
        "unbonding": Kind("unbonding", ("TOK",), owners, members="holders"),
        "proposals": Kind("proposals", ("TOK",), SLOTS, role="escrow"),
        "legacy": Kind("legacy", ("OLD",), role="escrow"),
        "market": Kind("market", ("TOK", "USD"), market),
        "treasury": Kind("treasury", ("TOK", "USD"), role="treasury"),
    }
    declared = {
        "price": SignalDecl("price", "USD/TOK", D(2)),
        "demand": SignalDecl("demand", "USD/day", D(100)),
        "proposal_status": SignalDecl("proposal_status", "1", D(0), per="proposals"),
    }
    return Economy("village", assets, kinds, declared, uses, D(1), opening={k: D(v) for k, v in {**OPENING, **(opening or {})}.items()})


def everything(**changes: Any) -> Economy:
    """Each mechanism that people cause."""
    uses = (
        use("cash", "cash_desk", wallet="wallets/USD"),
        use("jobs", "burn_mint", wallets="wallets/USD", burn_share="0.95", payees=({"to": "treasury/USD", "share": "0.05"},)),
        use("swap", "upgrade", legacy="holders/OLD", locked="legacy/OLD", source="reserve", reserve="market/TOK"),
        use("stakes", "staking", every=2, offset=1, slots=3),
        use("votes", "governance", every=2, offset=1, period=3, timelock=2, minimum=10, unheard="burn"),
    )
    return village(*uses, **changes)


class Play:
    """A world whose events are caused one by one, in arrays or in Decimals; each flow is held to the laws."""

    def __init__(self, economy: Economy, xp: Any = NUMPY) -> None:
        self.economy, self.xp, self.t = economy, xp, 0
        with exact():
            self.bound = economy.bind(xp)
            self.world = self.bound.start(1, settle if xp is EXACT else None)
        self.book: Any = ExactBook(self.bound) if xp is EXACT else Guard(self.bound)

    def event(self, call: str, event: str, rows: dict[str, Any], **arguments: Any) -> list[Any]:
        """Cause an event, whole or not at all; its flows."""
        with exact():
            found = next(c for c in self.bound.calls if c.name == call)
            at = {role: np.atleast_1d(row) for role, row in rows.items()}
            given = {k: self.column(v) for k, v in arguments.items()}
            world = self.world.copy()
            ctx = Context(self.xp, self.t, found.dt, {}, world.balances, self.t * self.bound.dt, found.every, found.offset)
            flows, updates = getattr(found.use.mechanism, event)(found.p, State(world.balances, world.memory[call]), world.signals, ctx, at, **given)
            self.book(world.balances, found, flows)
            self.bound.keep(found, world, updates)
            self.world = world
            return list(flows)

    def column(self, value: Any) -> Any:
        values = value if isinstance(value, list | tuple) else [value]
        return self.xp.concatenate([self.xp.full((1, 1), self.xp.num(str(v) if self.xp is EXACT else float(v))) for v in values])

    def steps(self, number: int) -> Play:
        """Let time pass."""
        with exact():
            for _ in range(number):
                self.bound.step(self.world, self.t, Silent(), self.book)
                self.t += 1
        return self

    def __getitem__(self, place: Account) -> list[float]:
        """Balances by holder, those of lots together."""
        value = self.world.balances[place]
        rows = value if value.ndim == 2 else value.sum(axis=0)
        return [float(v) for v in rows[:, 0]]

    def signal(self, name: str) -> list[float]:
        return [float(v) for v in self.world.signals[name][:, 0]]

    def total(self, asset: str) -> Any:
        """What all accounts of an asset sum to: nothing."""
        return sum(v.sum() for a, v in self.world.balances.items() if a.asset == asset)


class Silent:
    """No noise."""

    def take(self, call: str) -> dict[str, Any]:
        return {}


def both(economy: Economy) -> list[Play]:
    """The same village in floats and in Decimals."""
    return [Play(economy), Play(economy, EXACT)]


def snapshot(world: World) -> dict[str, Any]:
    return {str(a): v for a, v in world.balances.items()}
