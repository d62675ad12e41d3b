"""The laws every flow is held to while it is applied: finite, not negative, no overdraft, no cap passed.

A breach stops the run and says which mechanism, step and path; it is never repaired. Rounding dust up to 1e-12 of the balances a
flow touches passes, because arrays do not round to whole units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .accounts import ISSUANCE, Account
from .economy import Balances, Bound, Call, post, supply
from .errors import Fault, RunError
from .flows import Flow

DUST = 1e-12
LEAST = float(np.finfo(float).tiny)  # below it a float has fewer digits, and an account that is emptied again and again gets there
FlowKey = tuple[str, str, Account, Account]


def lowest(a: Any) -> Any:
    """The least element; NaN if there is one. Found by its place, which on few paths takes a third of the time of `min`."""
    return a.item(a.argmin())


def cut(x: Any, number: int | None) -> Any:
    """The first `number` paths: those that were asked for. What surplus paths of the last vector do is nobody's breach."""
    return x[..., :number] if x.ndim and x.shape[-1] > 1 else x


class Guard:
    """`apply` for `Bound.step` on NumPy: posts flows, checks each, and sums those that somebody wants to see."""

    def __init__(self, bound: Bound, wanted: frozenset[FlowKey] = frozenset(), first_path: int = 0, number: int | None = None) -> None:
        self.bound, self.wanted, self.first_path, self.number = bound, wanted, first_path, number
        self.sums: dict[FlowKey, Any] = {}
        self.t = 0

    def __call__(self, balances: Balances, call: Call, flows: list[Flow]) -> None:
        bound, xp = self.bound, self.bound.xp
        for flow in flows:
            src, dst, amount = flow.src, flow.dst, flow.amount
            if src not in balances or dst not in balances:
                bound.economy.holders(src), bound.economy.holders(dst)  # raises, naming the nearest account
            before = balances[src]
            if not (lowest(amount) if type(amount) is np.ndarray else amount) >= 0:
                self.negative(call, flow, balances)
            post(xp, balances, flow)
            after = balances[src]
            if src not in bound.overdraft:
                if not lowest(after) >= 0:
                    self.overdrawn(call, flow, before, after)
            elif src.kind == ISSUANCE and src.asset in bound.caps:
                self.cap(call, flow, balances)
            if self.wanted:
                key = (call.name, flow.reason, src, dst)
                if key in self.wanted:
                    total = amount if np.ndim(amount) == 0 or amount.shape[-2] == 1 else xp.total(amount)
                    self.sums[key] = self.sums[key] + total if key in self.sums else total

    def negative(self, call: Call, flow: Flow, balances: Balances) -> None:
        amount = cut(np.asarray(flow.amount), self.number)
        if np.isnan(amount).any():
            raise self.breach("MT303", call, flow, amount, np.isnan(amount), "the amount is not a number", "a finite amount")
        allowed = DUST * max(np.abs(balances[flow.src]).max(), np.abs(balances[flow.dst]).max())
        if amount.min() < -allowed:
            raise self.breach("MT301", call, flow, amount, amount < -allowed, f"the amount is {amount.min():.6g}", "zero or more")

    def overdrawn(self, call: Call, flow: Flow, before: Any, after: Any) -> None:
        before, after = cut(before, self.number), cut(after, self.number)
        allowed = max(DUST * max(np.abs(before).max(), np.abs(cut(np.asarray(flow.amount), self.number)).max()), LEAST)
        bad = ~(after >= np.minimum(before, 0) - allowed)  # dust that an earlier flow left is not this one's breach
        if bad.any():
            found = f"{flow.src} would fall to {after[bad].min():.6g} {flow.src.asset}"
            raise self.breach("MT302", call, flow, after, bad, found, "a balance that covers the flow")

    def cap(self, call: Call, flow: Flow, balances: Balances) -> None:
        limit = self.bound.caps[flow.src.asset]
        total = cut(supply(balances, flow.src.asset), self.number)
        if not total.max() <= limit * (1 + DUST):
            found = f"supply would reach {total.max():.10g} {flow.src.asset}"
            raise self.breach("MT304", call, flow, total, ~(total <= limit * (1 + DUST)), found, f"at most the cap {limit:.10g}")

    def breach(self, code: str, call: Call, flow: Flow, values: Any, bad: Any, found: str, expected: str) -> RunError:
        path = self.first_path + int(
            np.argwhere(np.broadcast_to(bad, np.shape(values)).reshape(-1, np.shape(values)[-1] if np.ndim(values) else 1).any(axis=0))[0][0]
        )
        where = f"{call.name}.{flow.reason} ({flow.src} to {flow.dst}), step {self.t}, path {path}"
        return RunError(Fault(code, where, found, expected))
