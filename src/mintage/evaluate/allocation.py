"""The allocation table as the judgement reads it: shares by role, cliffs, and the calendar of unlocks. Exact, from the spec alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arithmetic import NUMPY
from ..economy import Economy
from ..mechanisms.vesting import Vesting, unlocked
from ..metrics import mean_time_to_unlock
from .document import Unlock

if TYPE_CHECKING:
    from ..spec import Spec

MONTH, LONGEST = 30, 36_500
INSIDERS = ("insider", "investor")


@dataclass(frozen=True)
class Held:
    """A tranche, bound to floats: `share` of all that is allocated or otherwise there at the start."""

    holder: str
    role: str
    amount: float
    share: float
    bound: Any
    kind: str

    @property
    def at_start(self) -> float:
        """Share unlocked at generation."""
        return float(unlocked(self.bound, 0.0, NUMPY))

    @property
    def cliff_end(self) -> float:
        """Days from the start to the cliff's end."""
        return float(self.bound.begin + self.bound.cliff)

    @property
    def cliff(self) -> float:
        """Days in which nothing unlocks: from the start, or from where the tranche begins if that was earlier."""
        return float(max(self.bound.begin, 0.0) + self.bound.cliff)

    @property
    def length(self) -> float:
        """Days until all is unlocked, counted from the same day; 0 where the cliff's end unlocks all at once."""
        return float(max(self.bound.begin, 0.0) + self.bound.duration) if self.bound.duration else 0.0

    @property
    def end(self) -> float:
        return float(self.bound.begin + max(self.bound.duration, self.bound.cliff))

    def unlocked(self, day: float) -> float:
        """Tokens unlocked by `day`."""
        return self.amount * float(unlocked(self.bound, day, NUMPY))


def table(economy: Economy) -> list[Held]:
    """All tranches of the token, with shares of the supply at the start (allocations and opening balances)."""
    binder = economy.binder(NUMPY)
    found = [t for u in economy.uses if isinstance(u.mechanism, Vesting) for t in binder.bind(u.params).tranches if t.account.asset == economy.token]
    total = sum(float(t.amount) for t in found) + sum(float(v) for a, v in economy.opening.items() if a.asset == economy.token)
    named = [(t.holder, role_of(economy, t), float(t.amount), t, t.account.kind) for t in found]
    for place, amount in economy.opening.items():  # what insiders simply have is theirs from the start, without cliff or vesting
        role = economy.kinds[place.kind].role
        if place.asset == economy.token and role in INSIDERS:
            named.append((place.kind, role, float(amount), SimpleNamespace(tge=1.0, begin=0.0, cliff=0.0, duration=0.0, period=0.0), place.kind))
    return [Held(holder, role, amount, amount / total if total else 0.0, t, kind) for holder, role, amount, t, kind in named]


def role_of(economy: Economy, tranche: Any) -> str:
    """Who stands behind a tranche: what it says, unless it says nothing or its account is an insider's."""
    role = economy.kinds[tranche.account.kind].role
    return role if tranche.role == "public" or role in INSIDERS else str(tranche.role)


def largest_month(economy: Economy) -> tuple[float, int]:
    """(tokens, first day) of the 30 days in which most unlocks after the start, over the whole of every schedule, whatever the run's horizon.

    What unlocks into a reserve is not on the market: it counts as emission when that spends it. What insiders get always counts.
    """
    tranches = [t for t in table(economy) if t.role in INSIDERS or economy.kinds[t.kind].circulating]
    end = int(max((t.end for t in tranches), default=0.0)) + 1
    if end <= 1:
        return 0.0, 0
    days = np.arange(0.0, min(end, LONGEST) + MONTH)
    by_day = np.sum([t.amount * np.broadcast_to(unlocked(t.bound, days, NUMPY), days.shape) for t in tranches], axis=0)
    moved = by_day[MONTH:] - by_day[:-MONTH]
    return float(moved.max()), int(moved.argmax())


def locked_for(economy: Economy, role: str) -> float:
    """Tokens that unlock for accounts of a role after the start."""
    return sum(t.amount * (1.0 - t.at_start) for t in table(economy) if economy.kinds[t.kind].role == role)


def mean_wait(tranches: list[Held]) -> float:
    """Days until the mean token of these tranches is unlocked, those of the start at day 0."""
    days = np.arange(0.0, min(max(0.0, *(t.end for t in tranches)), LONGEST) + 2)  # all may have ended before the start
    by_day = np.sum([t.amount * np.broadcast_to(unlocked(t.bound, days, NUMPY), days.shape) for t in tranches], axis=0)
    return mean_time_to_unlock(days, np.maximum(np.diff(by_day, prepend=0.0), 0.0))


def unlocks(spec: Spec, economy: Economy, horizon: float) -> list[Unlock]:
    """The calendar: what each tranche unlocks in each 30 days of the horizon, after what was unlocked at the start."""
    return list(_calendar(economy, horizon))


def _calendar(economy: Economy, horizon: float) -> Iterator[Unlock]:
    for held in table(economy):
        for day in range(0, int(horizon), MONTH):
            amount = held.unlocked(min(day + MONTH, horizon)) - held.unlocked(day)
            if amount > 0:
                date = str(economy.start + timedelta(days=day)) if economy.start else ""
                yield Unlock(day=day, date=date, holder=held.holder, role=held.role, amount=amount)


def share(tranches: list[Held], *roles: str) -> float:
    """Share of the opening supply that goes to these roles."""
    return sum(t.share for t in tranches if t.role in roles)
