"""What is kept of a run, as an object apart from the run; and the names of what can be seen.

Names: `price` (a signal; `share[2]` its row 2), `providers/RENDER` (a balance, summed over holders; `providers/RENDER[0]` a row),
`supply/RENDER` (outstanding), `circulating/RENDER` (held by kinds that circulate). Amounts since the last save:
`flow:jobs.burn` (a flow by reason), `flow:jobs.burn:market/RENDER>burned/RENDER` (one arrow), `mint/RENDER`, `burn/RENDER`,
`tag:revenue/USD` (all flows with that tag), `out:treasury/USD` (all that left a kind), `functional/RENDER` (token legs of service
payments). Their end is the run's total.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from .accounts import BURNED, ISSUANCE, OUTSIDE, Account
from .economy import supply
from .errors import Fault, UsageError, nearest

if TYPE_CHECKING:
    from .check import FlowInfo
    from .economy import Economy, World
    from .guard import FlowKey

AMOUNT = re.compile(r"(flow:|tag:|out:|(mint|burn|functional)/)")
LEVEL = re.compile(r"([^\[\]]+)(?:\[([0-9]{1,9})\])?")
Observe = Callable[["World", Mapping["FlowKey", Any]], Any]


@dataclass(frozen=True)
class Save:
    """What to keep: `vars` at every `every`-th step (0: only the end).

    `paths` keeps each path (8 bytes a value), `moments` mean and variance, `quantiles` those quantiles to 0.1 % relative error
    whatever the number of paths. The end of every path is always kept. `vars` None: signals, balances and supplies, no flows.
    """

    every: int = 0
    vars: tuple[str, ...] | None = None
    paths: bool = False
    moments: bool = False
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "every", whole("MT501", "Save", "every", self.every, 0, 10**7))
        if self.vars is not None:
            object.__setattr__(self, "vars", several("vars", self.vars, lambda v: isinstance(v, str), "names, such as ('price',)"))
        object.__setattr__(self, "quantiles", several("quantiles", self.quantiles, probability, "numbers from 0 to 1, such as (0.05, 0.95)"))

    def steps(self, steps: int) -> list[int]:
        """Numbers of steps done at which series are kept: 0, every, 2 every, ... and the end."""
        if not self.every:
            return []
        return sorted({*range(0, steps + 1, self.every), steps})


def whole(code: str, where: str, name: str, value: Any, low: int, high: int, shown: str = "") -> int:
    """A whole number from low to high, NumPy's too, as a plain int; 5.0, "5" and True are none. Errors: UsageError with `code`."""
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        raise UsageError(Fault(code, where, f"{name} is {value!r:.60}", f"a whole number from {low} to {shown or f'{high:,}'}"))
    return number


def several(name: str, given: Any, fits: Callable[[Any], bool], expected: str) -> tuple[Any, ...]:
    """What was given as a tuple; a bare text is one name, not many letters. Errors: UsageError MT501."""
    items = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else None
    if items is None or not all(map(fits, items)):
        raise UsageError(Fault("MT501", "Save", f"{name} is {given!r:.60}", f"a tuple of {expected}"))
    return items


def probability(q: Any) -> bool:
    return isinstance(q, int | float) and 0 <= q <= 1


def variables(economy: Economy) -> list[str]:
    """Every name that can be saved, rows of populations and single arrows left out."""
    tokens = [f"{w}/{a}" for a in economy.assets for w in ("supply", "circulating", "mint", "burn", "functional")]
    flows = sorted({f"flow:{f.call}.{f.reason}" for f in economy.flow_table})
    tags = sorted({f"tag:{f.tag}/{f.src.asset}" for f in economy.flow_table if f.tag})
    return [*economy.signals, *(str(a) for a in economy.accounts), *tokens, *flows, *tags]


def in_group(name: str, flow: FlowInfo) -> bool:
    """Whether a flow counts towards the amount called `name`."""
    head, _, asset = name.partition("/")
    if name.startswith("flow:"):
        return name in (f"flow:{flow.call}.{flow.reason}", f"flow:{flow.arrow}")
    return flow.src.asset == asset and (
        (head == "mint" and flow.src.kind == ISSUANCE)
        or (head == "burn" and flow.dst.kind == BURNED)
        or (head == f"tag:{flow.tag}")
        or (head == f"out:{flow.src.kind}")
        or (head == "functional" and flow.functional)
    )


class Observer:
    """Computes the wanted variables of a world as [path] arrays; `amounts` are those that add up over time."""

    def __init__(self, economy: Economy, names: Iterable[str] | None) -> None:
        chosen = list(names) if names is not None else [v for v in variables(economy) if not AMOUNT.match(v)]
        self.economy = economy
        self.wanted: set[FlowKey] = set()
        self.amounts = frozenset(n for n in chosen if AMOUNT.match(n))
        self.read: dict[str, Observe] = {name: self.amount(name) if name in self.amounts else self.level(name) for name in dict.fromkeys(chosen)}

    def amount(self, name: str) -> Observe:
        e = self.economy
        keys = [f.key for f in e.flow_table if in_group(name, f)]
        if not keys and name not in self.named():
            raise self.unknown(name)
        self.wanted.update(keys)
        # dust below zero, which the guard lets pass, is no amount: metrics refuse a demand of -6e-14
        return lambda w, f: np.maximum(sum((f[k] for k in keys if k in f), np.zeros(1)).reshape(-1), 0)

    def level(self, name: str) -> Observe:
        e = self.economy
        base, row = found.groups() if (found := LEVEL.fullmatch(name)) else (name, None)
        pick = None if row is None else int(row)
        if base in e.signals:
            self.has_row(name, base, pick, e.kinds[e.signals[base].per].holders if e.signals[base].per else 1)
            return lambda w, f: w.signals[base][pick] if pick is not None else w.signals[base].mean(axis=0) if len(w.signals[base]) > 1 else w.signals[base][0]
        head, _, asset = base.partition("/")
        if asset in e.assets and head == "supply" and row is None:
            return lambda w, f: supply(w.balances, asset)[0]
        if asset in e.assets and head == "circulating" and row is None:
            places = [a for a in e.accounts if a.asset == asset and e.kinds[a.kind].circulating and a.kind not in OUTSIDE]
            return lambda w, f: sum((_collapse(w.balances[a]) for a in places), np.zeros(1))
        if (place := Account(head, asset)) in e.accounts:
            self.has_row(name, base, pick, e.holders(place))
            return lambda w, f: _collapse(w.balances[place], pick)
        raise self.unknown(name)

    def named(self) -> list[str]:
        """What can be saved, and what can leave an account: an amount that never moves is zero, not unknown."""
        return [*variables(self.economy), *(f"out:{a}" for a in self.economy.accounts)]

    def has_row(self, name: str, base: str, row: int | None, rows: int) -> None:
        """Errors: UsageError MT502 for a row beyond the last."""
        if row is not None and row >= rows:
            expected = f"{base}[0] to {base}[{rows - 1}]" if rows > 1 else f"{base}, which has one row"
            raise UsageError(Fault("MT502", name, "no such row", expected, f"did you mean '{f'{base}[{rows - 1}]' if rows > 1 else base}'?"))

    def unknown(self, name: str) -> UsageError:
        expected = (
            "a signal, kind/ASSET, supply/ASSET, circulating/ASSET, mint/ASSET, burn/ASSET, functional/ASSET, flow:NAME, tag:NAME/ASSET or out:KIND/ASSET"
        )
        return UsageError(Fault("MT502", name[:80], "no such variable", expected, nearest(name, self.named())))

    def __call__(self, world: World, flows: Mapping[FlowKey, Any]) -> dict[str, Any]:
        return {name: read(world, flows) for name, read in self.read.items()}


def _collapse(balance: Any, row: int | None = None) -> Any:
    """A balance [..., holder, path] as [path]: one row, or the sum over all."""
    flat = balance.reshape(-1, balance.shape[-1]) if row is None else balance.reshape(-1, balance.shape[-2], balance.shape[-1]).sum(axis=0)[row : row + 1]
    return flat[0] if len(flat) == 1 else flat.sum(axis=0)
