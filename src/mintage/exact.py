"""Exact settlement: flows become whole base units after every mechanism call, before the next one reads a balance.

Each source's total rounds down and its parts follow by largest remainder, so that what leaves equals what arrives. Run it inside
`arithmetic.exact()`; the same mechanisms then need no change.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from . import amounts
from .accounts import ISSUANCE
from .economy import Balances, Bound, Call, post, supply
from .errors import Fault, RunError
from .flows import Flow


def settle(bound: Bound, balances: Balances, flows: list[Flow]) -> list[Flow]:
    """The flows of one call, amounts in whole base units (still Decimals [asset])."""
    spread = [np.array(np.broadcast_to(np.asarray(f.amount, dtype=object), _shape(balances, f))) for f in flows]
    for path in range(spread[0].shape[-1] if spread else 0):
        for asset in sorted({f.src.asset for f in flows}):
            decimals = bound.economy.assets[asset].decimals
            parts = list(_parts(balances, flows, spread, asset, path))
            whole = amounts.settle([(source, row, amount) for source, row, amount, _ in parts], decimals)
            for (_, _, _, (i, holder)), units in zip(parts, whole, strict=True):
                spread[i][holder, path] = amounts.from_units(units, decimals)
    return [f._replace(amount=a) for f, a in zip(flows, spread, strict=True)]


def _shape(balances: Balances, flow: Flow) -> tuple[int, int]:
    """[holder, path] of the larger side of a flow."""
    sides = [balances[a][at].shape if at is not None else balances[a].shape for a, at in ((flow.src, flow.src_at), (flow.dst, flow.dst_at))]
    return max(s[-2] for s in sides), sides[0][-1]


def _parts(balances: Balances, flows: list[Flow], spread: list[Any], asset: str, path: int) -> Iterator[tuple[Any, Any, Decimal, tuple[int, int]]]:
    """(source, row, amount, where) of each single movement of one asset on one path."""
    for i, flow in enumerate(flows):
        if flow.src.asset == asset:
            single = (balances[flow.src] if flow.src_at is None else balances[flow.src][flow.src_at]).shape[-2] == 1
            rows = range(spread[i].shape[0])
            for holder in rows:
                yield (flow.src, repr(flow.src_at), 0 if single else holder), (i, holder), spread[i][holder, path], (i, holder)


class ExactBook:
    """`apply` for `Bound.step` on EXACT: settles, posts, and compares whole units; keeps what was posted."""

    def __init__(self, bound: Bound) -> None:
        self.bound, self.posted = bound, []  # type: tuple[Bound, list[tuple[str, Flow]]]

    def __call__(self, balances: Balances, call: Call, flows: list[Flow]) -> None:
        xp, bound = self.bound.xp, self.bound
        for flow in flows:
            xp.check_values(flow.amount)
        for flow in settle(bound, balances, flows):
            post(xp, balances, flow)
            low = min(balances[flow.src].reshape(-1))
            if flow.src not in bound.overdraft and low < 0:
                found = f"{flow.src} would fall to {low} {flow.src.asset}"
                raise RunError(Fault("MT302", f"{call.name}.{flow.reason} ({flow.src} to {flow.dst})", found, "a balance that covers the flow"))
            if flow.src.kind == ISSUANCE and flow.src.asset in bound.caps and max(supply(balances, flow.src.asset).reshape(-1)) > bound.caps[flow.src.asset]:
                found = f"supply would pass the cap {bound.caps[flow.src.asset]} {flow.src.asset}"
                raise RunError(Fault("MT304", f"{call.name}.{flow.reason}", found, "at most the cap"))
            self.posted.append((call.name, flow))
