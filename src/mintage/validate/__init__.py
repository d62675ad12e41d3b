"""Published numbers beside the ones this project computes: what a preset must reproduce before anybody believes the rest of it.

One file a network, and `theory` for what has a closed form. An anchor is a function that runs a preset or a mechanism, registered beside the
published number, its source and the tolerance within which the two must agree.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable

from ..errors import Fault, UsageError, nearest
from .anchor import ANCHORS, Anchor, Finding, found

__all__ = ["Anchor", "Finding", "anchors", "validate"]

Tick = Callable[[int, int], None]


def anchors(networks: Iterable[str] = ()) -> list[Anchor]:
    """All anchors, or those of some networks (`theory`: of formulas), by network and code. Errors: UsageError MT523 for a name without any."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    known = sorted({a.network for a in ANCHORS.values()})
    wanted = list(networks) or known
    for name in wanted:
        if name not in known:
            raise UsageError(Fault("MT523", f"'{name[:40]}'", "no anchors have this name", ", ".join(known), nearest(name, known)))
    return sorted(
        (a for a in ANCHORS.values() if a.network in wanted), key=lambda a: (a.network, a.code[0], int("0" + "".join(filter(str.isdigit, a.code))), a.code)
    )


def validate(networks: Iterable[str] = (), tick: Tick = lambda done, total: None) -> list[Finding]:
    """Every anchor of these networks (of all when none is named), computed now. Errors: UsageError MT523."""
    chosen, out = anchors(networks), []
    for i, a in enumerate(chosen):
        out.append(found(a))
        tick(i + 1, len(chosen))
    return out
