"""Whole base units: the only place money is rounded.

Each source's total rounds down, its parts follow by largest remainder, ties to the lower row; so what leaves equals what arrives and
no source ever pays more than the rule said. Rounding down favours the source; what is not paid stays with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_FLOOR, Context, Decimal
from functools import reduce
from typing import Any

from .errors import Fault, RunError

MAX = 2**256 - 1
SNAP = Decimal(f"1.{1:080}")  # three thirds of a unit, 0.999... to 100 digits, are the unit: work of that precision lost it
WIDE = Context(prec=200, rounding=ROUND_FLOOR, Emax=MAX_EMAX, Emin=MIN_EMIN)  # whatever the caller's context; cuts are downward


def to_units(amount: Decimal, decimals: int) -> int:
    """Base units of an amount [asset], rounded down; one that misses a whole unit by less than 10^-80 of itself is that unit.

    Errors: RunError MT309 unless the result is from 0 to 2^256 - 1.
    """
    if not amount:
        return 0
    if not amount.is_finite() or amount < 0 or amount.adjusted() + decimals > 77:  # 2^256 has 78 digits
        raise refused(amount, decimals)
    units = int(WIDE.multiply(WIDE.scaleb(amount, decimals), SNAP).to_integral_value(ROUND_FLOOR))
    if units > MAX:
        raise refused(amount, decimals)
    return units


def refused(amount: Decimal, decimals: int) -> RunError:
    why = "not finite" if not amount.is_finite() else "negative" if amount < 0 else f"more than 2^256 - 1 base units of {decimals} decimals"
    return RunError(Fault("MT309", "amount", f"{amount:.40g} is {why}", "0 to 2^256 - 1 base units"))


def from_units(units: int, decimals: int) -> Decimal:
    """The amount [asset] of whole base units, exactly."""
    return WIDE.scaleb(Decimal(units), -decimals)


def settle(parts: Sequence[tuple[Hashable, Any, Decimal]], decimals: int) -> list[int]:
    """Base units of each part (source, row, amount), in the order given.

    For each source: total = floor(sum of its amounts), parts = floor plus one unit for the largest remainders until they add up,
    ties by lower row. Errors: RunError MT309, as `to_units`.
    """
    groups: dict[Hashable, list[int]] = {}
    for i, (source, _, _) in enumerate(parts):
        groups.setdefault(source, []).append(i)
    out = [to_units(amount, decimals) for _, _, amount in parts]
    for members in groups.values():
        if len(members) == 1:
            continue
        total = to_units(reduce(WIDE.add, (parts[i][2] for i in members)), decimals)
        left = total - sum(out[i] for i in members)
        if left:
            by_remainder = sorted(members, key=lambda i: (WIDE.subtract(out[i], WIDE.scaleb(parts[i][2], decimals)), parts[i][1]))
            for i in by_remainder[:left]:
                out[i] += 1
    return out
