"""Parameter paths: how scenarios, sweeps and the command line name one value of a spec.

jobs.burn_share                    a parameter of the process or mechanism `jobs`
fleet.tiers.0.cost                 inside a list, by position
price.start, signals.price.start   a signal's opening value
accounts.customers.opening.USD     an opening balance
allocation.team.cliff              a tranche, by holder or position
assets.RENDER.cap, network.horizon, evaluation.epoch, disclosure.governance.quorum
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from ..errors import Fault, UsageError, nearest
from .lines import Path
from .model import AccountTable, Contents, Part, SignalTable

OWN = ("every", "offset", "active")
INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)  # a position in a list: no sign, no digits of other scripts, none too long for an int
SECTIONS = ("network", "assets", "accounts", "signals", "allocation", "evaluation", "disclosure")


def resolve(c: Contents, path: str) -> Path:
    """Where the value that `path` names stands in the file. Errors: UsageError MT510 with the nearest path."""
    at = find(c, path)
    if at is None:
        raise UsageError(Fault("MT510", path[:80], "no such parameter", "a parameter path", nearest(path[:80], known(c))))
    return at


def find(c: Contents, path: str) -> Path | None:
    """As `resolve`, but None for an unknown path."""
    parts, holders = [(p.name, p.at) for p in c.parts], {i: t.holder for i, t in c.allocation.items()}
    for at in _places(parts, holders, c.signals, path):
        try:
            reach(c, at)
        except (LookupError, AttributeError):
            continue
        return at
    return None


def written(tree: Mapping[str, Any], path: str) -> Iterator[Path]:
    """Where the value that `path` names may stand in a raw file, sound or not."""
    tables = {s: list(enumerate(t)) if isinstance(t := tree.get(s), list) else [] for s in ("process", "mechanism", "allocation")}
    parts = [(t.get("name", t.get("use")), (s, i)) for s in ("process", "mechanism") for i, t in tables[s] if isinstance(t, dict)]
    holders = {i: t.get("holder") for i, t in tables["allocation"] if isinstance(t, dict)}
    signals = tree.get("signals")
    return _places(parts, holders, signals if isinstance(signals, dict) else (), path)


def _places(parts: Iterable[tuple[Any, Path]], holders: Mapping[int, Any], signals: Container[str], path: str) -> Iterator[Path]:
    head, *rest = path.split(".")
    inner = [int(k) if INDEX.fullmatch(k) else k for k in rest]
    if not rest or len(rest) > 16:
        return
    yield from ((*at, *inner) for name, at in parts if name == head)
    if head == "allocation":
        yield from (("allocation", i, *inner[1:]) for i, holder in holders.items() if holder == rest[0])
    if head in SECTIONS:
        yield (head, *rest[:1], *inner[1:]) if head != "allocation" else (head, *inner)
    if head in signals:
        yield ("signals", head, *inner)


def reach(c: Contents, at: Path) -> Any:
    """The checked value at a place. Errors: LookupError or AttributeError when there is none."""
    here: Any = c
    for key in at:
        here = _inside(c, here, key)
    if isinstance(here, BaseModel | Part | Mapping):
        raise KeyError(at)
    return here


def _inside(c: Contents, here: Any, key: str | int) -> Any:
    if isinstance(here, Part):
        return getattr(here, str(key)) if key in OWN else _inside(c, here.params, key)
    if isinstance(here, BaseModel):
        if key not in type(here).model_fields:
            raise KeyError(key)
        if isinstance(here, AccountTable) and key == "opening":
            return {a: Decimal(0) for a in (*here.holds, *map(c.asset, here.holds))} | here.opening
        return getattr(here, str(key))
    if isinstance(here, Contents):
        return getattr(here, str(key))
    if isinstance(here, Mapping):
        return here[key]
    if isinstance(here, tuple) and isinstance(key, int) and 0 <= key < len(here):
        return here[key]
    raise KeyError(key)


def known(c: Contents) -> list[str]:
    """The paths of all parameters, one level deep: what a typo is compared with."""
    out = [f"{p.name}.{field}" for p in c.parts for field in (*type(p.params).model_fields, *OWN)]
    out += [f"{name}.start" for name in c.signals] + [f"assets.{name}.cap" for name in c.assets]
    out += [f"accounts.{name}.opening.{c.asset(asset)}" for name, table in c.accounts.items() for asset in table.holds]
    out += [f"allocation.{t.holder}.{field}" for t in c.allocation.values() for field in type(t).model_fields]
    return out + ["network.horizon", "network.step", "network.start"] + [f"signals.{n}.{f}" for n in c.signals for f in SignalTable.model_fields]


def assign(tree: dict[str, Any], at: Path, value: Any) -> None:
    """Write a raw value into a raw file at a place that `resolve` gave. Errors: UsageError MT511 inside something left at its default."""
    here: Any = tree
    for key, following in pairwise(at):
        if isinstance(here, dict) and key not in here and isinstance(following, str):
            here[key] = {}
        try:
            here = here[key]
        except (LookupError, TypeError):
            here = None
        if not isinstance(here, dict | list) or (isinstance(here, dict) and "value" in here and following not in here):
            raise _unwritten(at, key)
    if isinstance(here, list) != isinstance(at[-1], int) or (isinstance(here, list) and at[-1] not in range(len(here))):
        raise _unwritten(at, at[-1])
    here[at[-1]] = value


def _unwritten(at: Path, key: str | int) -> UsageError:
    whole = ".".join(map(str, at))
    return UsageError(Fault("MT511", whole, f"'{key}' is not written out in the file", "a list or table that can be changed in one place"))


def flat(values: Mapping[str, Any], prefix: str = "", at: Path = ()) -> Iterator[tuple[str, Any, Path]]:
    """(path, value, place) of each entry of a scenario's `set`: "price.drift" = 1 and price.drift = 1 are the same."""
    for key, value in values.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and "value" not in value:
            yield from flat(value, path, (*at, key))
        else:
            yield path, value, (*at, key)
