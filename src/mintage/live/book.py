"""Live flows as movements: whole base units from rows to rows, for the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from ..accounts import Account
from ..amounts import from_units
from ..economy import Balances, Bound, Call
from ..exact import ExactBook
from ..flows import Flow

Cell = tuple[int, int]  # lot (-1: none), row


@dataclass(frozen=True, slots=True)
class Movement:
    """One flow of one call: `units[i]` base units move from `src_cells[i]` of `src` to `dst_cells[i]` of `dst`. Nothing moves nowhere."""

    name: str
    src: Account
    dst: Account
    src_cells: list[Cell]
    dst_cells: list[Cell]
    units: list[int]

    def total(self, decimals: int) -> Decimal:
        return from_units(sum(self.units), decimals)


class LiveBook(ExactBook):
    """`apply` for `Bound.step` on one path: as `ExactBook`, and `movements` says from which row to which."""

    def __init__(self, bound: Bound) -> None:
        super().__init__(bound)
        self.movements: list[Movement] = []

    def __call__(self, balances: Balances, call: Call, flows: list[Flow]) -> None:
        first = len(self.posted)
        super().__call__(balances, call, flows)
        for name, flow, units in self.posted[first:]:
            moved = movement(f"{name}.{flow.reason}", balances, flow, units)
            if moved.units:
                self.movements.append(moved)


def movement(name: str, balances: Balances, flow: Flow, units: Any) -> Movement:
    """The movement of a settled flow; rows that move nothing are left out."""
    amounts = units[:, 0].tolist()
    sides = []
    for place, at in ((flow.src, flow.src_at), (flow.dst, flow.dst_at)):
        cells = cells_of(balances[place].shape, at)
        sides.append(cells * len(amounts) if len(cells) == 1 else cells)
    kept = [i for i, u in enumerate(amounts) if u]
    src, dst = ([side[i] for i in kept] for side in sides)
    return Movement(name, flow.src, flow.dst, src, dst, [amounts[i] for i in kept])


def cells_of(shape: tuple[int, ...], at: Any) -> list[Cell]:
    """(lot, row) of what an index of an account [lot, holder, path] or [holder, path] names."""
    if at is None and len(shape) == 2:
        return [(-1, row) for row in range(shape[0])]
    if isinstance(at, np.ndarray) and at.dtype.kind == "i" and len(shape) == 2:  # an event's rows: no need to number all others
        return [(-1, row) for row in at.tolist()]
    numbers = np.arange(int(np.prod(shape[:-1]))).reshape((*shape[:-1], 1))
    rows, lots = shape[-2], len(shape) > 2
    return [(n // rows if lots else -1, n % rows) for n in numbers[... if at is None else at].reshape(-1).tolist()]
