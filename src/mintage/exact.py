"""Exact settlement: flows become whole base units after every mechanism call, before the next one reads a balance.

Each source's total rounds down and its parts follow by largest remainder, so that what leaves equals what arrives. Run it inside
`arithmetic.exact()`; the same mechanisms then need no change.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from . import amounts
from .accounts import ISSUANCE, Account
from .economy import Balances, Bound, Call, post, supply
from .errors import Fault, RunError
from .flows import Flow


def settle(bound: Bound, balances: Balances, flows: list[Flow]) -> list[Flow]:
    """The flows of one call, amounts in whole base units (still Decimals [asset])."""
    return [flow for flow, _ in whole(bound, balances, flows)]


def whole(bound: Bound, balances: Balances, flows: list[Flow]) -> list[tuple[Flow, Any]]:
    """The flows of one call in whole base units: amounts as Decimals [asset], and beside each the same as integers [holder, path]."""
    spread = [np.broadcast_to(np.asarray(f.amount, dtype=object), _shape(balances, f)) for f in flows]
    units = [np.empty(s.shape, dtype=object) for s in spread]
    for path in range(spread[0].shape[-1] if spread else 0):
        for asset, members in _sources(balances, flows):
            parts = [(0 if single else row, row, amount) for i, single in members for row, amount in enumerate(spread[i][:, path].tolist())]
            found = iter(amounts.settle(parts, bound.economy.assets[asset].decimals))
            for i, _ in members:
                units[i][:, path] = [next(found) for _ in range(len(units[i]))]
    return [(f._replace(amount=_amounts(u, bound.economy.assets[f.src.asset].decimals)), u) for f, u in zip(flows, units, strict=True)]


def _amounts(units: Any, decimals: int) -> Any:
    out = np.empty(units.shape, dtype=object)
    out.reshape(-1)[:] = [amounts.from_units(u, decimals) for u in units.reshape(-1)]
    return out


def _shape(balances: Balances, flow: Flow) -> tuple[int, int]:
    """[holder, path] of the larger side of a flow."""
    sides = [balances[a][at].shape if at is not None else balances[a].shape for a, at in ((flow.src, flow.src_at), (flow.dst, flow.dst_at))]
    return max(s[-2] for s in sides), sides[0][-1]


def _sources(balances: Balances, flows: list[Flow]) -> Iterator[tuple[str, list[tuple[int, bool]]]]:
    """Flows that draw on the same rows, by asset: (flow, whether they draw on one holder, whose total counts) in the order given."""
    out: dict[tuple[Account, Hashable], list[tuple[int, bool]]] = {}
    for i, flow in enumerate(flows):
        single = (balances[flow.src] if flow.src_at is None else balances[flow.src][flow.src_at]).shape[-2] == 1
        out.setdefault((flow.src, _where(flow.src_at)), []).append((i, single))
    return ((place.asset, members) for (place, _), members in out.items())


def _where(at: Any) -> Hashable:
    """An index as a key: of a long array `repr` shows the ends only."""
    if isinstance(at, tuple):
        return tuple(map(_where, at))
    return at.tobytes() if isinstance(at, np.ndarray) else repr(at)


class ExactBook:
    """`apply` for `Bound.step` on EXACT: settles, posts, and compares whole units; keeps what was posted.

    `posted` holds (call, flow, units [holder, path]) of each flow that was applied.
    """

    def __init__(self, bound: Bound) -> None:
        self.bound, self.posted = bound, []  # type: tuple[Bound, list[tuple[str, Flow, Any]]]

    def __call__(self, balances: Balances, call: Call, flows: list[Flow]) -> None:
        xp, bound = self.bound.xp, self.bound
        for flow in flows:
            xp.check_values(flow.amount)
        for flow, units in whole(bound, balances, flows):
            post(xp, balances, flow)
            left = balances[flow.src] if flow.src_at is None else balances[flow.src][flow.src_at]
            low = min(left.reshape(-1))
            if flow.src not in bound.overdraft and low < 0:
                found = f"{flow.src} would fall to {low} {flow.src.asset}"
                raise RunError(Fault("MT302", f"{call.name}.{flow.reason} ({flow.src} to {flow.dst})", found, "a balance that covers the flow"))
            if flow.src.kind == ISSUANCE and flow.src.asset in bound.caps and max(supply(balances, flow.src.asset).reshape(-1)) > bound.caps[flow.src.asset]:
                found = f"supply would pass the cap {bound.caps[flow.src.asset]} {flow.src.asset}"
                raise RunError(Fault("MT304", f"{call.name}.{flow.reason}", found, "at most the cap"))
            self.posted.append((call.name, flow, units))
