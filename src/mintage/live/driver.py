"""A population for a live network: seeded owners who join, act and report, so that a network can be watched, tested and replayed.

It knows no mechanism by name. What can be done it reads from the catalogue, and what an event does it learns from the first transfers that the
event leads to. How large the world is it reads from one simulated path of the same spec: reporters tell that path's prices, customers bring
and spend what its customers spent. Some requests are wrong on purpose, too large for who makes them: a network must refuse them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from ..errors import MintageError
from ..spec import Spec
from .catalog import EventInfo
from .habits import Habit
from .world import Path

WRONG = 0.03  # share of requests that ask for more than there is
ROW_SLOTS = 4
AGAIN, RECENT = 0.7, 4  # how often a slot is one of those last used, and how many these are
OTHERS = 0.5  # of an event's further roles, those that somebody else may stand in
TRIES = 8  # events thought of before nothing is done
FLOAT = 3.0  # days of spending that customers hold ready
PART = 0.05  # of what an owner has, at most leaves the network or changes its place at once


class Flow(Protocol):
    """A transfer as a receipt shows it; accounts are written `kind/ASSET:owner`."""

    @property
    def reason(self) -> str: ...
    @property
    def debit(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def amount(self) -> Decimal | str: ...


class Door(Protocol):
    """How the population reaches the network: over HTTP, or in process."""

    def catalog(self) -> Sequence[EventInfo]: ...

    def kinds(self) -> Mapping[str, int]:
        """Open kinds, and how many classes each has."""
        ...

    def step(self) -> int:
        """The step of the next epoch."""
        ...

    def join(self, kind: str, owner: str, row: int) -> None: ...

    def balances(self, owner: str) -> Mapping[str, Decimal | str]: ...

    def event(self, info: EventInfo, roles: Mapping[str, str], arguments: Mapping[str, str], actor: str) -> Sequence[Flow]: ...

    def feeds(self) -> Mapping[str, int]:
        """Signals that are reported, and how many reporters each needs."""
        ...

    def report(self, signal: str, values: Sequence[str], reporter: str) -> None: ...

    def tick(self) -> None: ...


@dataclass
class Tally:
    """What became of the requests."""

    done: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # by code
    epochs: int = 0


class Driver:
    """`owners` join open kinds, `arriving` of them a step (0: all at once); each step brings about `events` requests."""

    def __init__(
        self,
        door: Door,
        spec: Spec,
        *,
        seed: int = 1,
        owners: int = 8,
        events: int = 40,
        name: Callable[[int], str] | None = None,
        arriving: int = 0,
        joins: float = 1.0,
    ) -> None:
        self.door, self.spec, self.events, self.joins = door, spec, events, joins
        self.assets, self.step = spec.economy().assets, door.step()
        self.rng = np.random.default_rng((seed, self.step))
        self.habits = [Habit(info, self.assets) for info in door.catalog()]
        self.kinds, self.needed = dict(door.kinds()), dict(door.feeds())
        self.owners = [(name or "owner-{}".format)(i) for i in range(owners)]
        self.arriving = arriving or owners
        # who is there from the start acts too
        self.actors = sorted({f"@{i}" for classes in self.kinds.values() for i in range(classes)})
        self.path = Path(spec, sorted(self.needed), seed)
        self.tally, self.has, self.seen = Tally(), dict[str, dict[str, Decimal]](), dict[str, int]()
        self.earned, self.wanted, self.left = 0.0, 0.0, 1
        self.used: dict[str, list[str]] = {}

    # --- a step ------------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> Tally:
        for _ in range(steps):
            self.once()
        return self.tally

    def once(self, between: Callable[[float], bool] = lambda done: True) -> None:
        """One step: newcomers, reports, requests, the epoch. `between` is told how much of the step is done, and may end it."""
        self.arrive()
        for signal, reporters in self.needed.items():
            for i in range(reporters):
                self.attempt(self.door.report, signal, self.path.values(signal, self.step, self.rng), f"reporter-{i}")
        self.wanted += self.path.spent(self.step)
        count = int(self.rng.poisson(self.events)) if self.habits else 0
        for self.left in range(count, 0, -1):
            if not between(1 - self.left / (count + 1)):
                return
            self.request()
        if between(1.0) and self.attempt(self.door.tick) is not None:
            self.tally.epochs += 1
            self.step += 1

    def arrive(self) -> None:
        """Newcomers join, a class drawn for each; they have their rows after the next epoch. Who has been here before acts at once."""
        for actor in self.actors:
            if not self.has.get(actor):  # nobody has a row before the epoch after they joined
                self.look(actor)
        waiting = [o for o in self.owners if o not in self.has]
        for owner in waiting[: self.arriving]:
            known = self.look(owner)
            self.actors.append(owner)
            if known:
                continue
            kinds = [kind for kind in self.kinds if self.rng.random() < self.joins] or list(self.kinds)[:1]
            for kind in kinds:
                self.attempt(self.door.join, kind, owner, int(self.rng.integers(self.kinds[kind])))

    def look(self, owner: str) -> dict[str, Decimal]:
        """What an owner has now."""
        self.has[owner] = {place: Decimal(value) for place, value in self.door.balances(owner).items()}
        self.seen[owner] = self.step
        return self.has[owner]

    # --- a request ---------------------------------------------------------------------------------------------------

    def request(self) -> None:
        """One owner does something that it can, as a rule."""
        weights = np.array([h.weight for h in self.habits])
        habit, owner = self.habits[0], ""
        for _ in range(TRIES):
            habit = self.habits[int(self.rng.choice(len(weights), p=weights / weights.sum()))]
            if owner := self.chosen(habit):
                break
        else:
            return
        info = habit.info
        roles = {role: self.named(info, role, owner) for role in info.roles}
        share = habit.weight / weights.sum()
        arguments = {name: self.amount(habit, unit, owner, max(1.0, self.left * share)) for name, unit in info.arguments.items()}
        flows = self.attempt(self.door.event, info, roles, arguments, owner)
        if flows is not None:
            self.remember(info, roles)
        if flows:
            habit.learn(flows, owner, self.has[owner], self.path.revenue)
            self.earned += float(sum(Decimal(f.amount) for f in flows if f.reason in self.path.revenue))
            self.moved(flows)
        elif habit.nature == "new" and habit.asset:  # perhaps it takes from another of the owner's accounts: money that was set aside
            places = [place for place, has in self.has[owner].items() if place.endswith(f"/{habit.asset}") and has] or [habit.place]
            habit.source = places[int(self.rng.integers(len(places)))]

    def remember(self, info: EventInfo, roles: Mapping[str, str]) -> None:
        """Keep the slots in which something just happened: an order, a proposal or a lease is gone on with."""
        for role, place in info.roles.items():
            if info.rows[role] == "slot":
                self.used[place] = [*self.used.get(place, [])[1 - RECENT :], roles[role]]

    def chosen(self, habit: Habit) -> str:
        """Who acts: somebody with a row and, as a rule, with the means; "" when there is nobody."""
        able = [o for o in self.actors if habit.place in self.has[o]]
        if habit.asset and not habit.brings and self.rng.random() > WRONG:
            able = [o for o in able if self.has[o].get(habit.source)]
        owner = able[int(self.rng.integers(len(able)))] if able else ""
        if owner and self.seen.get(owner) != self.step:  # an epoch has paid and taken since
            self.look(owner)
        return owner

    def moved(self, flows: Sequence[Flow]) -> None:
        """Keep in mind what a receipt says, instead of asking again."""
        for f in flows:
            for account, sign in ((f.debit, -1), (f.credit, 1)):
                place, _, rest = account.partition(":")
                has = self.has.get(rest.partition("#")[0])
                if has is not None and place in has:  # `@0` may also be a slot of a kind that nobody joins
                    has[place] += sign * Decimal(f.amount)

    def named(self, info: EventInfo, role: str, owner: str) -> str:
        """Who stands in a role: who acts in the first, in another sometimes somebody else, such as who is paid or whom one backs."""
        if info.rows[role] == "slot":
            used = self.used.get(info.roles[role], [])
            again = used and self.rng.random() < AGAIN
            return used[int(self.rng.integers(len(used)))] if again else f"@{int(self.rng.integers(ROW_SLOTS))}"
        if info.rows[role] == "one":
            return "@0"
        others = [o for o in self.actors if info.roles[role] in self.has[o]] if role != next(iter(info.roles)) else []
        return others[int(self.rng.integers(len(others)))] if others and self.rng.random() < OTHERS else owner

    def amount(self, habit: Habit, unit: str, owner: str, times: float) -> str:
        """How much: such that what all do in a step, `times` of this kind, comes near to what the path did."""
        draw = float(self.rng.random())
        if unit not in self.assets:
            small = draw**6 if habit.info.authority == "operator" else draw
            return text(small, 6) if unit == "1" else text(max(1.0, round(2 * draw * self.path.usual(unit) / (50 * times))), 0)
        decimals, fiat = self.assets[unit].decimals, self.assets[unit].form == "fiat"
        if habit.brings:
            return text((0.5 + draw) * (self.needed_cash(habit) / times if fiat else self.path.handful(unit)), decimals)
        has = self.has[owner].get(habit.source, Decimal(0))
        if not has or self.rng.random() < WRONG:
            return f"{has + 1:f}"
        if habit.nature == "earn" or (fiat and habit.nature == "move"):
            wish = self.path.spent(self.step) if habit.nature == "move" else max(self.wanted - self.earned, 0.05 * self.path.spent(self.step))
            return f"{min(has, Decimal(text((0.5 + draw) * wish / times, decimals))):f}"
        most = PART if habit.nature == "leave" else 0.5
        return f"{(has * Decimal(repr(round(most * draw**2, 9)))).quantize(Decimal(1).scaleb(-decimals)):f}"

    def needed_cash(self, habit: Habit) -> float:
        """What customers bring in this step: what they want to spend and hold ready, less what they have."""
        spent = self.path.spent(self.step)
        ready = float(sum(has.get(habit.place, Decimal(0)) for has in self.has.values()))
        return max(self.wanted - self.earned + FLOAT * spent - ready, 0.02 * spent)

    def attempt(self, run: Callable[..., Any], *arguments: Any) -> Any:
        """Count what is done and what is refused; a refusal is an answer, not a failure, and comes back as None."""
        try:
            done = run(*arguments)
        except MintageError as error:
            code = error.faults[0].code
            self.tally.refused[code] = self.tally.refused.get(code, 0) + 1
            return None
        self.tally.done += 1
        return () if done is None else done


def text(value: float, decimals: int) -> str:
    """A number as decimal text."""
    return f"{Decimal(repr(float(value))):.{min(decimals, 12)}f}"
