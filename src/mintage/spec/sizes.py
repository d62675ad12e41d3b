"""How much memory a spec asks for, counted before any of it is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from ..accounts import Account
from ..arithmetic import NUMPY
from ..binding import Binder, resolve_account
from ..economy import Economy
from ..holds import held
from ..mechanisms.base import Mechanism, Use
from . import hostile
from .faults import Faults
from .lines import Path
from .model import Contents

BLOCK = 256  # paths that the least run takes memory for
CELL = 8  # [byte]
ROWS = hostile.MEMORY // (BLOCK * CELL)


def sizes(c: Contents, economy: Economy, faults: Faults) -> bool:
    """Whether there is a fault: MT102 when rows of balances, signals, memory and noise are too many for memory, at the table that brings the most."""
    found: Counter[Path] = Counter()
    owners = {held(Account(kind, "")).kind: kind for kind in c.accounts} | {kind: kind for kind in c.accounts}
    for place in economy.accounts:
        at: Path = ("accounts", owners[place.kind], "holders") if place.kind in owners else ()
        found[at] += economy.kinds[place.kind].holders
    for name, signal in c.signals.items():
        kind = c.accounts.get(signal.per)
        found[("accounts", signal.per, "holders") if kind else ("signals", name)] += kind.holders if kind else 1
    homes = {p.name: p.at for p in c.parts}
    names, numbers = economy.binder(None), economy.binder(NUMPY)
    for use in economy.uses:
        for at, rows in _rows(c, economy, use, homes.get(use.name, ("allocation",)), names, numbers):
            found[at] += rows
    total = sum(found.values())
    if total <= ROWS:
        return False
    at, most = found.most_common(1)[0]
    told = f"{total:,} rows of balances, signals, memory and noise, {most:,} of them from here"
    faults.add("MT102", at, f"{told}: {total * BLOCK * CELL >> 20:,} MiB for {BLOCK} paths", f"at most {hostile.MEMORY >> 20} MiB, {ROWS:,} rows")
    return True


def _rows(c: Contents, economy: Economy, use: Use, home: Path, names: Binder, numbers: Binder) -> Iterator[tuple[Path, int]]:
    """(place, rows) of what a mechanism keeps: lots, noise and memory. One whose code fails on its parameters takes none; that has its own fault."""

    def population(place: Account | None) -> tuple[Path, int]:
        kind = economy.kinds.get(place.kind) if place else None
        return (("accounts", kind.name, "holders") if kind and kind.name in c.accounts else home), kind.holders if kind else 1

    kind = type(use.mechanism)
    if kind.lots is not Mechanism.lots:
        for place, number in use.mechanism.lots(names.bind(use.params)).items():
            yield home, (number - 1) * population(place)[1]
    for noise in use.mechanism.noise.values():
        yield population(resolve_account(getattr(use.params, noise.per), economy.aliases) if noise.per else None)
    if kind.memory is Mechanism.memory:
        return
    made: list[tuple[Path, int]] = []

    def make(value: Any, unit: str = "1", of: Account | None = None, lots: int = 0) -> Any:
        home, rows = population(of)
        made.append((home, rows * max(lots, 1)))
        return np.broadcast_to(NUMPY.num(value), (lots, rows, 1) if lots else (rows, 1))  # takes no memory

    with suppress(Exception), np.errstate(all="ignore"):
        p = numbers.bind(use.params)
        vars(p).update(use.mechanism.derive(p, NUMPY))
        use.mechanism.memory(p, make)
    yield from made
