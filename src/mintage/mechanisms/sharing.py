"""Between holders: recipients with shares, one row a tier, an even spread, what there is of an asset. Helpers of the families; no mechanism of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..accounts import BURNED, ISSUANCE, Account
from ..flows import Flow
from .base import Number, Parameters, Ref, State, account, number


class Share(Parameters):
    """A recipient and its share of a whole."""

    to: Ref = account(None, "who receives")
    share: Number = number(None, "1", "share of the whole", ge="0", le="1")


def not_one(field: str, total: Any) -> list[tuple[str, str, str]]:
    """The fault of shares that do not sum to one."""
    return [] if total == 1 else [(field, f"the shares sum to {total}", "exactly 1")]


def column(xp: Any, values: Sequence[Any]) -> Any:
    """Parameters of tiers as [tier, 1]; a single one stays a scalar, which costs nothing."""
    return values[0] if len(values) == 1 else xp.concatenate([xp.full((1, 1), v) for v in values], 0)


def spread(xp: Any, state: State, place: Account, amount: Any) -> Any:
    """`amount` [1, path] in equal parts over the holders of `place`: [holder, path]."""
    holders = state[place].shape[-2]
    return amount if holders == 1 else amount * xp.full((holders, 1), xp.num(1) / holders)


def pro_rata(xp: Any, state: State, place: Account, amount: Any) -> Any:
    """`amount` [1, path] over the holders of `place` in proportion to what they have, in equal parts where nobody has any: [holder, path]."""
    held = state[place]
    return amount if held.shape[-2] == 1 else amount * xp.div(held, xp.total(held), xp.num(1) / held.shape[-2])


def by_owner(xp: Any, state: State, place: Account, rows: Any, amount: Any) -> list[tuple[Any, Any]]:
    """`amount` [owner, path] as (rows, amount) of flows between owners' rows and `place`: one flow for all where it has one holder, else a flow an
    owner, in proportion to what the holders of `place` have."""
    if state[place].shape[-2] == 1:
        return [(rows, amount)]
    each = [slice(i, i + 1) for i in range(amount.shape[-2])]
    return [(i if rows is None else rows[i], pro_rata(xp, state, place, amount[i])) for i in each]


def peak(xp: Any, x: Any) -> Any:
    """Largest value over holders [1, path], by halving."""
    while x.shape[-2] > 1:
        half = x.shape[-2] // 2
        top = xp.maximum(x[:half], x[half : 2 * half])
        x = top if x.shape[-2] == 2 * half else xp.concatenate([top, x[2 * half :]], 0)
    return x


def to_payees(xp: Any, state: State, source: Account, payees: Sequence[Any], amount: Any, at: Any, reason: str = "fee") -> list[Flow]:
    """The flows of `amount` [payer, path] in its shares to `payees`: of one payer to all holders of each, of several to accounts with one holder."""
    one = amount.shape[-2] == 1
    return [Flow(source, s.to, spread(xp, state, s.to, amount * s.share) if one else amount * s.share, reason, at) for s in payees]


def to_owner(xp: Any, state: State, src: Account, dst: Account, amount: Any, owner: Any, reason: str, by_row: bool = False) -> list[Flow]:
    """The flows of `amount` [slot, path] out of the slots of `src`, each to the row of `dst` that `owner` [slot, path] names.

    A flow a slot, or `by_row` a flow a row of `dst`. What leaves a slot settles to the base unit together if all its flows are made alike.
    """
    slots, owners = amount.shape[-2], state[dst].shape[-2]
    if by_row:
        parts = [(None, amount)] if owners == 1 else [(slice(i, i + 1), amount * (1 - xp.minimum(xp.abs(owner - i), 1))) for i in range(owners)]
        return [Flow(src, dst, part, reason, None, at) for at, part in parts]
    at = [slice(i, i + 1) for i in range(slots)]
    return [Flow(src, dst, amount[i] if owners == 1 else amount[i] * chosen(xp, owners, owner[i]), reason, i) for i in at]


def chosen(xp: Any, number: int, row: Any) -> Any:
    """1 in the row of `number` that `row` [1, path] names, a whole number, and 0 in the others: [number, path]."""
    rows = xp.cumsum(xp.full((number, 1), xp.num(1)), -2) - 1
    return 1 - xp.minimum(xp.abs(rows - row), 1)


def passed(xp: Any, state: State, src: Account, dst: Account, amount: Any, reason: str) -> list[Flow]:
    """The flows of `amount` [recipient, path] out of all rows of `src`, by what each has."""
    givers = state[src].shape[-2]
    if givers == 1 or state[dst].shape[-2] == 1:
        whole = amount if givers == 1 else pro_rata(xp, state, src, xp.total(amount))
        return [Flow(src, dst, whole, reason)]
    part = pro_rata(xp, state, src, xp.full((1, 1), xp.num(1)))
    return [Flow(src, dst, amount * part[i : i + 1], reason, slice(i, i + 1)) for i in range(givers)]


def supply(state: State, place: Account) -> Any:
    """All there is of an account's asset, whoever has it: minted less burned [asset], [1, path]."""
    return -state[Account(ISSUANCE, place.asset)] - state[Account(BURNED, place.asset)]


def flag(xp: Any, mask: Any) -> Any:
    """1 where the mask holds, else 0, as numbers of the arithmetic."""
    return xp.where(mask, xp.num(1), xp.num(0))


def total_of(parts: Sequence[Any]) -> Any:
    """The sum of several arrays."""
    out = parts[0]
    for part in parts[1:]:
        out = out + part
    return out
