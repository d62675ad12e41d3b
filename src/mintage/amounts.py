"""Whole base units: the only place money is rounded.

Each source's total rounds down, its parts follow by largest remainder, ties to the lower row; so what leaves equals what arrives and
no source ever pays more than the rule said. Rounding down favours the source; what is not paid stays with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from .errors import Fault, RunError

MAX = 2**256 - 1


def to_units(amount: Decimal, decimals: int) -> int:
    """Base units of an amount [asset], rounded down. Errors: RunError MT309 below zero or above 2^256 - 1."""
    units = int(amount.scaleb(decimals).to_integral_value(ROUND_FLOOR))
    if not 0 <= units <= MAX:
        raise RunError(Fault("MT309", "amount", f"{amount} is {'negative' if units < 0 else 'more than 2^256 - 1 base units'}", "0 to 2^256 - 1 base units"))
    return units


def from_units(units: int, decimals: int) -> Decimal:
    """The amount [asset] of whole base units, exactly."""
    return Decimal(units).scaleb(-decimals)


def settle(parts: Sequence[tuple[Hashable, Any, Decimal]], decimals: int) -> list[int]:
    """Base units of each part (source, row, amount), in the order given.

    For each source: total = floor(sum of its amounts), parts = floor plus one unit for the largest remainders until they add up,
    ties by lower row. Inputs are Decimals in the context of `arithmetic.exact()`.
    """
    groups: dict[Hashable, list[int]] = {}
    for i, (source, _, _) in enumerate(parts):
        groups.setdefault(source, []).append(i)
    out = [to_units(amount, decimals) for _, _, amount in parts]
    for members in groups.values():
        if len(members) == 1:
            continue
        total = to_units(sum((parts[i][2] for i in members), Decimal(0)), decimals)
        left = total - sum(out[i] for i in members)
        if left:
            by_remainder = sorted(members, key=lambda i: (out[i] - parts[i][2].scaleb(decimals), parts[i][1]))
            for i in by_remainder[:left]:
                out[i] += 1
    return out
