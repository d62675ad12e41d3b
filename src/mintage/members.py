"""Who has which row: owners join open kinds, and the economy grows by their rows.

In the spec a kind has as many rows as it declares; live, owners join behind them. A newcomer belongs to a class, a row of the spec, and takes
that row's entry of every list that has one entry a row (`option(..., rows=...)`). Rows are never taken back: a row is bound for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .accounts import Account
from .binding import field_kind, resolve_account
from .economy import Bound, Economy, World, memory_shape
from .errors import Fault, RunError, nearest
from .mechanisms.base import Use

OPEN = "open"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII)  # so that `@0`, the first rows' name, and the ledger's `#` stay apart


class Members:
    """Owners and classes by row of each open kind; a kind that follows another has the same."""

    def __init__(self, spec: Economy) -> None:
        self.spec = spec
        kinds = [k for k in spec.kinds.values() if k.members == OPEN]
        self.owners: dict[str, list[str]] = {k.name: [f"@{i}" for i in range(k.holders)] for k in kinds}
        self.classes: dict[str, list[int]] = {k.name: list(range(k.holders)) for k in kinds}
        self.rows: dict[tuple[str, str], int] = {(k, owner): i for k, owners in self.owners.items() for i, owner in enumerate(owners)}

    def copy(self) -> Members:
        out = object.__new__(Members)
        out.spec, out.rows = self.spec, dict(self.rows)
        out.owners, out.classes = {k: list(v) for k, v in self.owners.items()}, {k: list(v) for k, v in self.classes.items()}
        return out

    def root(self, kind: str) -> str:
        """The open kind whose members `kind` has; "" when nobody joins it."""
        name, seen = kind, set[str]()
        while name in self.spec.kinds and name not in seen and (members := self.spec.kinds[name].members):
            if members == OPEN:
                return name
            seen.add(name)
            name = members
        return ""

    def check(self, kind: str, owner: str, row: int) -> None:
        """Whether `owner` may join `kind`. Errors: RunError MT802 for a kind that is not open or a class it does not have, MT803 for a second row."""
        if kind not in self.owners:
            raise RunError(Fault("MT802", f"kind '{kind[:60]}'", "nobody may join it", "an open kind", nearest(kind, self.owners)))
        classes = self.spec.kinds[kind].holders
        if not 0 <= row < classes:
            raise RunError(Fault("MT802", f"kind '{kind}'", f"class {row}", f"a row of the spec, 0 to {classes - 1}"))
        if not NAME.fullmatch(owner):
            raise RunError(Fault("MT802", f"owner '{owner[:60]}'", "is no name", "1 to 128 letters, digits, _ . -, a letter or digit first"))
        if (kind, owner) in self.rows:
            raise RunError(Fault("MT803", f"'{owner}'", f"has a row of '{kind}' already", "an owner without one"))

    def join(self, kind: str, owner: str, row: int) -> None:
        """Give `owner`, who was checked, the next row of `kind`."""
        self.rows[kind, owner] = len(self.owners[kind])
        self.owners[kind].append(owner)
        self.classes[kind].append(row)

    def row(self, kind: str, owner: str) -> int:
        """The row of `owner` in `kind`; of a kind that nobody joins a row's name is `@` and its number, or "" where there is one only.

        Errors: RunError MT804.
        """
        root = self.root(kind)
        if root:
            if (root, owner) in self.rows:
                return self.rows[root, owner]
            raise RunError(Fault("MT804", f"'{owner[:80]}'", f"has no row of '{kind}'", f"an owner who joined '{root}' before this epoch"))
        holders = self.spec.kinds[kind].holders
        number = owner.removeprefix("@")
        if holders == 1:
            return 0
        if number.isascii() and number.isdigit() and len(number) < 10 and int(number) < holders:
            return int(number)
        raise RunError(Fault("MT804", f"'{owner[:80]}'", f"is no row of '{kind}'", f"@0 to @{holders - 1}"))

    def names(self, kind: str) -> list[str]:
        """Owners of all rows of a kind, in order."""
        root, holders = self.root(kind), self.spec.kinds[kind].holders
        return self.owners[root] if root else [""] if holders == 1 else [f"@{i}" for i in range(holders)]

    def economy(self) -> Economy:
        """The spec's economy with a row for every member."""
        old = self.spec
        kinds = {n: replace(k, holders=len(self.owners[root])) if (root := self.root(n)) else k for n, k in old.kinds.items()}
        signals = {n: replace(s, start=self.spread(s.per, s.start)) if s.per else s for n, s in old.signals.items()}
        uses = [replace(u, params=u.params.model_copy(update=dict(self.lists(u)))) for u in old.uses]
        return Economy(old.name, old.assets, kinds, signals, uses, old.dt, old.start, old.opening, old.token, old.fiat)

    def lists(self, use: Use) -> Iterator[tuple[str, Any]]:
        """(field, entries) of the lists that have one entry a row of an open kind."""
        for field in type(use.params).model_fields:
            named = field_kind(type(use.params), field).get("rows")
            value = getattr(use.params, field)
            if named and isinstance(value, tuple) and (kind := self.behind(use, str(named))):
                yield field, self.spread(kind, value)

    def behind(self, use: Use, named: str) -> str:
        """The kind whose rows the parameter `named` stands for: an account's, or a signal's."""
        told = getattr(use.params, named)
        if field_kind(type(use.params), named).get("kind") == "account":
            return resolve_account(told, self.spec.aliases).kind if told else ""
        return self.spec.signals[told].per if told in self.spec.signals else ""

    def spread(self, kind: str, entries: Any) -> Any:
        """One entry a row of the spec, as one a member by class."""
        root = self.root(kind)
        many = root and isinstance(entries, tuple) and len(entries) == self.spec.kinds[kind].holders > 1
        return tuple(entries[c] for c in self.classes[root]) if many else entries


def grown(bound: Bound, world: World) -> World:
    """`world` with new rows where `bound`'s economy has more: nothing on accounts, `join` in signals, what it begins with in memory."""
    e, xp = bound.economy, bound.xp
    out = world.copy()
    for place, old in world.balances.items():
        more = e.holders(place) - old.shape[-2]
        if more:
            out.balances[place] = xp.freeze(np.concatenate([old, xp.zeros((*old.shape[:-2], more, old.shape[-1]))], axis=-2))
    for name, old in world.signals.items():
        declared = e.signals[name]
        more = (e.kinds[declared.per].holders if declared.per else 1) - old.shape[-2]
        if more:
            out.signals[name] = xp.freeze(np.concatenate([old, xp.full((more, old.shape[-1]), xp.num(declared.join))], axis=-2))
    for call in bound.calls:
        fresh = call.use.mechanism.memory(call.p, maker(bound))
        for name, old in world.memory[call.name].items():
            if name in fresh and any(n > o for n, o in zip(fresh[name].shape, old.shape, strict=True)):  # rows, and what has a lot for each of them
                more = fresh[name].copy()
                more[tuple(slice(n) for n in old.shape)] = old
                out.memory[call.name][name] = xp.freeze(more)
    return out


def maker(bound: Bound) -> Any:
    """`make` for memory on one path."""

    def make(value: Any, unit: str = "1", of: Account | None = None, lots: int = 0) -> Any:
        return bound.xp.full(memory_shape(bound.economy, of, lots, 1), bound.xp.num(value))

    return make
