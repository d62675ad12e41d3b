"""Allocation and vesting: who gets how much of the genesis supply, and when."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ..accounts import ISSUANCE, Account, Role
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, Tag, account, number, option
from .sharing import spread


class Tranche(Parameters):
    """One holder's allocation: `amount` for `account`, `tge` of it at once, the rest after a cliff, over `duration`, in steps of `period`."""

    holder: str = option(..., "who gets it, for the reader")
    account: Ref = account(None, "where unlocked tokens arrive")
    amount: Number = number(None, "account", "tokens allocated at genesis", ge="0")
    role: Role = option("public", "who stands behind the holder")
    price: Number = number("0", "fiat/account", "what each token cost its holder; 0: nothing, or not known", ge="0")
    tge: Number = number("0", "1", "share unlocked at the start", ge="0", le="1")
    begin: Number = number("0", "day", "day from which cliff and duration count", ge="-36500", le="36500")
    cliff: Number = number("0", "day", "nothing unlocks before, then all that has accrued", ge="0", le="36500")
    duration: Number = number("0", "day", "length of linear unlocking, the cliff included; 0: all at the cliff", ge="0", le="36500")
    period: Number = number("0", "day", "unlock in equal parts of this length; 0: at every call", ge="0", le="36500")


class Vesting(Mechanism):
    """Unlock each tranche by its schedule.

    Unlocked share at time x since begin: V(x) = tge + (1 - tge) r(x), r = 0 before the cliff, then min(1, k / n) with k = floor(x / period)
    whole parts of n = duration / period, or x / duration when period is 0. A call moves the part of what is left that the
    schedule says, left x (V(now) - V(last)) / (1 - V(last)): so the last unlock empties the lot exactly, and no memory mirrors money.
    """

    name = "vesting"
    breaks = "A cliff that many share is a day on which float jumps. Locked tokens that are lent against, or still vote, are not locked in effect."
    tags: Mapping[str, Tag] = {"unlock": "unlock"}

    class Params(Parameters):
        locked: Ref = account("locked/token", "where tokens wait, one lot a tranche")
        tranches: tuple[Tranche, ...] = option((), "the allocation table")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.locked: len(p.tranches)} if p.tranches else {}

    def genesis(self, p: Any, xp: Any) -> list[Flow]:
        source = Account(ISSUANCE, p.locked.asset)
        out = []
        for i, t in enumerate(p.tranches):
            open_ = t.amount * unlocked(t, xp.num(0), xp)
            shape = xp.zeros((1, 1))
            out.append(Flow(source, p.locked, shape + (t.amount - open_), "genesis", None, i))
            out.append(Flow(source, t.account, shape + open_, "genesis"))
        return out

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        late = [i for i, t in enumerate(p.tranches) if t.cliff > t.duration > 0]
        return [(f"tranches[{i}].cliff", f"{p.tranches[i].cliff} days of {p.tranches[i].duration} days in all", "a cliff within the duration") for i in late]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        """Tranches that are not all there from the start: the others have nothing to unlock."""
        return {"waiting": tuple(i for i, t in enumerate(p.tranches) if not whole(t.tge))}

    def step(self, p: Any, state: Any, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        flows = []
        for i, t in ((i, p.tranches[i]) for i in p.waiting):
            before, after = unlocked(t, ctx.day - ctx.dt, xp), unlocked(t, ctx.day, xp)
            part = xp.div(after - before, 1 - before, xp.num(1))
            flows.append(Flow(p.locked, t.account, spread(xp, state, t.account, state[p.locked][i] * part), "unlock", i, None))
        return flows, {}


def whole(share: Any) -> bool:
    """Whether a share is 1, known now; a traced one is not."""
    value = getattr(share, "value", share)
    return isinstance(value, int | float | Decimal | np.ndarray) and bool(value == 1)


def unlocked(t: Any, time: Any, xp: Any) -> Any:
    """V: share of a tranche unlocked at `time` [day since the network's start]."""
    x = time - t.begin
    whole = xp.floor(xp.div(x, t.period, 0)) * t.period  # days in whole parts, 0 when unlocking is continuous
    days = xp.where(xp.eq(t.period, 0), x, whole)
    accrued = xp.div(days, t.duration, xp.num(1))
    ripe = xp.after(x, t.cliff, 0)
    return t.tge + (1 - t.tge) * ripe * xp.clip(accrued, xp.num(0), xp.num(1))
