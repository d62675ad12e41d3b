"""Flows: an amount of one asset moving from one account to another, with a reason. Nothing else touches money."""

from __future__ import annotations

from typing import Any, NamedTuple

from .accounts import BURNED, ISSUANCE, Account


class Flow(NamedTuple):
    """`amount` [asset], shape [holder, path] of the larger side, moves from `src` to `dst`.

    A side with one holder takes the sum over the other's holders. `src_at` and `dst_at` index the leading axes of the account's
    array: rows of a population, a lot, or (lot, rows). `reason` is static (never computed from data); the engine writes it
    behind the mechanism's name: `jobs.burn`.
    """

    src: Account
    dst: Account
    amount: Any
    reason: str
    src_at: Any = None
    dst_at: Any = None


def mint(dst: Account, amount: Any, reason: str = "mint", dst_at: Any = None) -> Flow:
    """Issue `amount` of dst's asset: a transfer out of `issuance`."""
    return Flow(Account(ISSUANCE, dst.asset), dst, amount, reason, None, dst_at)


def burn(src: Account, amount: Any, reason: str = "burn", src_at: Any = None) -> Flow:
    """Destroy `amount` of src's asset: a transfer into `burned`."""
    return Flow(src, Account(BURNED, src.asset), amount, reason, src_at, None)
