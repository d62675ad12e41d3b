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
        if self.every < 0:
            raise UsageError(Fault("MT501", "Save.every", f"{self.every}", "0 or a number of steps"))
        bad = [q for q in self.quantiles if not 0 <= q <= 1]
        if bad:
            raise UsageError(Fault("MT501", "Save.quantiles", f"{bad[0]}", "numbers from 0 to 1"))

    def steps(self, steps: int) -> list[int]:
        """Numbers of steps done at which series are kept: 0, every, 2 every, ... and the end."""
        if not self.every:
            return []
        return sorted({*range(0, steps + 1, self.every), steps})


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
        if name.startswith(("flow:", "tag:")) and name not in variables(e) and not any(in_group(name, f) for f in e.flow_table):
            raise self.unknown(name)
        keys = [f.key for f in e.flow_table if in_group(name, f)]
        self.wanted.update(keys)
        return lambda w, f: sum((f[k] for k in keys if k in f), np.zeros(1)).reshape(-1)

    def level(self, name: str) -> Observe:
        e = self.economy
        base, _, row = name.partition("[")
        pick = int(row[:-1]) if re.fullmatch(r"\d+\]", row) else None
        if base in e.signals:
            return lambda w, f: w.signals[base][pick] if pick is not None else w.signals[base].mean(axis=0) if len(w.signals[base]) > 1 else w.signals[base][0]
        head, _, asset = base.partition("/")
        if asset in e.assets and head == "supply":
            return lambda w, f: supply(w.balances, asset)[0]
        if asset in e.assets and head == "circulating":
            places = [a for a in e.accounts if a.asset == asset and e.kinds[a.kind].circulating and a.kind not in OUTSIDE]
            return lambda w, f: sum((_collapse(w.balances[a]) for a in places), np.zeros(1))
        if (place := Account(head, asset)) in e.accounts:
            return lambda w, f: _collapse(w.balances[place], pick)
        raise self.unknown(name)

    def unknown(self, name: str) -> UsageError:
        expected = "a signal, kind/ASSET, supply/ASSET, circulating/ASSET, mint/ASSET, burn/ASSET, flow:NAME or tag:NAME/ASSET"
        return UsageError(Fault("MT502", name, "no such variable", expected, nearest(name, variables(self.economy))))

    def __call__(self, world: World, flows: Mapping[FlowKey, Any]) -> dict[str, Any]:
        return {name: read(world, flows) for name, read in self.read.items()}


def _collapse(balance: Any, row: int | None = None) -> Any:
    """A balance [..., holder, path] as [path]: one row, or the sum over all."""
    flat = balance.reshape(-1, balance.shape[-1]) if row is None else balance.reshape(-1, balance.shape[-2], balance.shape[-1]).sum(axis=0)[row : row + 1]
    return flat[0] if len(flat) == 1 else flat.sum(axis=0)
