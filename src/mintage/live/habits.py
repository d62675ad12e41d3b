"""What the population knows of an event: what its declaration says, and what its first transfers showed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from .catalog import EventInfo

Nature = Literal["new", "earn", "leave", "move"]  # not seen yet; makes revenue; leaves for an account that is no owner's; stays with its owner
OFTEN: dict[Nature, float] = {"new": 3.0, "earn": 6.0, "leave": 0.7, "move": 2.0}


class Habit:
    """How often an event is caused, out of which account, and what for."""

    def __init__(self, info: EventInfo, assets: Mapping[str, Any]) -> None:
        self.info = info
        self.place = next(iter(info.roles.values()), "")
        self.source = self.place  # the account that it debits, once that was seen
        self.asset = next((unit for unit in info.arguments.values() if unit in assets), "")
        self.brings = bool(self.asset) and info.authority == "operator"
        self.nature: Nature = "new"

    @property
    def weight(self) -> float:
        """Customers pay often; operators seldom take a share away or end something by hand."""
        if self.brings:
            return 3.0
        if self.asset:
            return OFTEN[self.nature]
        heavy = self.info.authority == "operator" and all(unit == "1" for unit in self.info.arguments.values())
        return 0.05 if heavy else 1.0

    def learn(self, flows: Sequence[Any], owner: str, places: Collection[str], revenue: Collection[str]) -> None:
        """Look at what the event just moved. `places` are the owner's: a slot of a kind that nobody joins may bear the same name."""
        if self.brings or not self.asset:
            return
        place, _, whose = flows[0].debit.partition(":")
        if whose == owner and place in places:
            self.source = place
        paid = any(f.reason in revenue for f in flows)
        stays = any(f.credit.partition(":")[2].partition("#")[0] == owner for f in flows)
        self.nature = "earn" if paid else "move" if stays else "leave"
