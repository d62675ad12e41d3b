"""Cost against the number of mechanisms: one price and k payments in burn-mint, each with flows, double entry and checks."""

from __future__ import annotations

import resource
from decimal import Decimal

import mintage as mt
from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.mechanisms import find
from mintage.mechanisms.base import Use


def payments(k: int) -> Economy:
    """An economy with one process and k burn-mint mechanisms."""
    gbm, pay = find("gbm"), find("burn_mint")
    assert gbm and pay
    signals = {"price": SignalDecl("price", "USD/TOK", Decimal(2))}
    uses = [Use("price", gbm(), gbm.Params(signal="price"))]
    for i in range(k):
        signals[f"demand{i}"] = SignalDecl(f"demand{i}", "USD/day", Decimal(100))
        uses.append(Use(f"pay{i}", pay(), pay.Params(demand=f"demand{i}")))
    kinds = {"market": Kind("market", ("TOK", "USD")), "providers": Kind("providers", ("TOK", "USD"))}
    assets = {"TOK": Asset("TOK"), "USD": Asset("USD", 6, "fiat")}
    return Economy("payments", assets, kinds, signals, uses, Decimal(1), opening={Account("market", "TOK"): Decimal(10**9)})


def by_mechanisms(counts: tuple[int, ...] = (1, 2, 4, 8, 16, 32), paths: int = 10_240, steps: int = 200) -> dict[str, float]:
    """CPU ns per step and path, best of three, by number of mechanisms."""
    out = {}
    for k in counts:
        economy, times = payments(k), []
        save = mt.Save(vars=("price", "supply/TOK"))
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_SELF)
            mt.simulate(economy, paths, steps, save=save)
            after = resource.getrusage(resource.RUSAGE_SELF)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        out[str(k)] = round(min(times) / paths / steps * 1e9, 2)
    return out
