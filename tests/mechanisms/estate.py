"""An estate to try mechanisms of stake and access on: owners with tokens and dollars, whatever kinds and signals a test adds, and luck that it can set."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.economy import Economy, SignalDecl
from mintage.mechanisms.base import Use

from .village import Play

D = Decimal


def place(text: str) -> Account:
    return Account.parse(text)


def estate(
    *uses: Use,
    owners: int = 4,
    kinds: dict[str, Any] | None = None,
    signals: dict[str, Any] | None = None,
    opening: dict[str, Any] | None = None,
    dt: str = "1",
    decimals: int = 8,
) -> Economy:
    """Kinds as name -> holders (0: as many as there are owners, who are its members); signals as name -> (unit, start) or (unit, start, kind)."""
    assets = {"TOK": Asset("TOK", decimals), "USD": Asset("USD", 6, "fiat"), "LP": Asset("LP", 12, "share")}
    held = tuple(assets)
    own = {"holders": Kind("holders", held, owners, members="open")}
    own |= {n: Kind(n, held, owners, members="holders") for n in ("staked", "wallets")}
    own |= {n: Kind(n, held) for n in ("pool", "market", "treasury")}
    own |= {n: Kind(n, held, rows or owners, members="" if rows else "holders") for n, rows in (kinds or {}).items()}
    declared = {}
    for name, (unit, start, *per) in (signals or {}).items():
        begin = tuple(map(D, start)) if isinstance(start, tuple | list) else D(str(start))
        declared[name] = SignalDecl(name, unit, begin, per=per[0] if per else "")
    rested = {place(k): D(str(v)) for k, v in (opening if opening is not None else {"holders/TOK": 1000 * owners}).items()}
    return Economy("estate", assets, own, declared, uses, D(dt), opening=rested)


class Stage(Play):
    """As `Play`, with dice: `luck[call][name]` is the list of uniforms that a call's next steps see, one column each."""

    def __init__(self, economy: Economy, xp: Any = NUMPY) -> None:
        super().__init__(economy, xp)
        self.luck: dict[str, dict[str, Any]] = {}

    def take(self, call: str) -> dict[str, Any]:
        return {name: self.column([repr(u) for u in values]) for name, values in self.luck.get(call, {}).items()}

    def steps(self, number: int = 1) -> Stage:
        with exact():
            for _ in range(number):
                self.bound.step(self.world, self.t, self, self.book)
                self.t += 1
        return self

    def row(self, where: str) -> list[float]:
        return self[place(where)]

    def lots(self, where: str) -> list[list[float]]:
        """Balances by lot and holder."""
        return np.asarray(self.world.balances[place(where)][..., 0], dtype=float).tolist()

    def set(self, name: str, *values: Any) -> Stage:
        """What the world tells of a signal from here on."""
        column = self.column([str(v) for v in values])
        rows = self.world.signals[name].shape[-2]
        self.world.signals[name] = self.xp.freeze(self.xp.concatenate([column] * rows) if len(values) == 1 else column)
        return self

    def one(self, name: str, row: int = 0) -> float:
        return self.signal(name)[row]


def stages(economy: Economy) -> list[Stage]:
    """The same estate in floats and in Decimals."""
    return [Stage(economy), Stage(economy, EXACT)]
