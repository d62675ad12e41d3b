"""How much memory a spec asks for, counted before any of it is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..accounts import Account
from ..arithmetic import NUMPY
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
    for use in economy.uses:
        for at, rows in _rows(c, economy, use):
            found[at] += rows
    total = sum(found.values())
    if total <= ROWS:
        return False
    at, most = found.most_common(1)[0]
    told = f"{total:,} rows of balances, signals, memory and noise, {most:,} of them from here"
    faults.add("MT102", at, f"{told}: {total * BLOCK * CELL >> 20:,} MiB for {BLOCK} paths", f"at most {hostile.MEMORY >> 20} MiB, {ROWS:,} rows")
    return True


def _rows(c: Contents, economy: Economy, use: Use) -> Iterator[tuple[Path, int]]:
    """(place, rows) of what a mechanism keeps: lots, noise and memory."""
    home: Path = next((p.at for p in c.parts if p.name == use.name), ("allocation",))

    def population(place: Account | None) -> tuple[Path, int]:
        kind = economy.kinds.get(place.kind) if place else None
        return (("accounts", kind.name, "holders") if kind and kind.name in c.accounts else home), kind.holders if kind else 1

    p = economy.binder(None).bind(use.params)
    for place, number in use.mechanism.lots(p).items():
        yield home, (number - 1) * population(place)[1]
    for noise in use.mechanism.noise.values():
        yield population(getattr(p, noise.per) if noise.per else None)
    if type(use.mechanism).memory is Mechanism.memory:
        return
    p = economy.binder(NUMPY).bind(use.params)
    vars(p).update(use.mechanism.derive(p, NUMPY))
    made: list[tuple[Path, int]] = []

    def make(value: Any, unit: str = "1", of: Account | None = None) -> Any:
        made.append(population(of))
        return np.broadcast_to(NUMPY.num(value), (made[-1][1], 1))  # takes no memory

    use.mechanism.memory(p, make)
    yield from made
