"""An assembly of owners with neurons, maturity and proposals, played by the events of `village.Play`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.mechanisms.base import Use

from .network import D

OWNERS, SLOTS = 4, 3
LIQUID, STAKED = Account("holders", "TOK"), Account("staked", "TOK")
FREE, KEPT, MATURING = (Account(k, "MATURITY") for k in ("maturity", "staked_maturity", "maturing"))
DEPOSITS, MARKET, TREASURY, BURNED = (Account(k, "TOK") for k in ("proposals", "market", "treasury", "burned"))
FUND, CASH = Account("treasury", "USD"), Account("holders", "USD")
ROWED = {"power": "TOK", "potential": "TOK", "delays": "day", "senior": "1", "voted": "1", "yields": "1", "disbursing": "1/day", "turnout": "1", "support": "1"}
SINGLE = {"rate": "1", "modulation": "1", "motion": "1", "ask": "TOK", "level": "1"}
SLOTTED = {"proposal_status": "1", "proposal_asks": "TOK", "proposers": "1", "vetoes": "1"}


def assembly(*uses: Use, owners: int = OWNERS, opening: dict[Account, Any] | None = None, signals: dict[str, Any] | None = None, dt: str = "1") -> Economy:
    """Owners with 1000 TOK each and as much staked, unless `opening` says otherwise; `signals` are other starts, one for all rows or one a row."""
    assets = {"TOK": Asset("TOK", 8), "MATURITY": Asset("MATURITY", 8, "share"), "USD": Asset("USD", 6, "fiat")}
    kinds = {
        "holders": Kind("holders", ("TOK", "USD"), owners, members="open"),
        "staked": Kind("staked", ("TOK",), owners, role="staked", members="holders"),
        "maturity": Kind("maturity", ("MATURITY",), owners, members="holders"),
        "staked_maturity": Kind("staked_maturity", ("MATURITY",), owners, members="holders"),
        "maturing": Kind("maturing", ("MATURITY",), owners, members="holders"),
        "proposals": Kind("proposals", ("TOK",), SLOTS, role="escrow"),
        "market": Kind("market", ("TOK", "USD")),
        "treasury": Kind("treasury", ("TOK", "USD"), role="treasury"),
    }
    starts = {"delays": 365, "senior": 1, **(signals or {})}
    declared = {}
    for table, kind in ((ROWED, "staked"), (SINGLE, ""), (SLOTTED, "proposals")):
        for name, unit in table.items():
            start = starts.get(name, 0)
            declared[name] = SignalDecl(name, unit, tuple(map(D, start)) if isinstance(start, Sequence) else D(start), per=kind)
    rested = {LIQUID: 1000 * owners, STAKED: 1000 * owners, **(opening or {})}
    return Economy("assembly", assets, kinds, declared, uses, D(dt), opening={k: D(v) for k, v in rested.items()})
