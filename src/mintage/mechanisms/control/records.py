"""The record of each decision: what was seen, what was wanted and why, what was allowed and which bound decided, chained by hashes.

A record is made from the series of a run, simulated or live, and never written beside it: who replays the run makes the same records, and an
edited one breaks the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .shield import BINDING

GENESIS = "0" * 64


@dataclass(frozen=True)
class Decision:
    """One call of a controller. `seen` are the observations; `because` what each of them asked for, as a change of the error (their sum is the error);
    `proposed` and `allowed` [level]; `binding` a word of BINDING; `before` the record before this one, `digest` this one's SHA-256."""

    step: int
    controller: str
    policy: str
    seen: tuple[tuple[str, float], ...]
    because: tuple[tuple[str, float], ...]
    level: float
    proposed: float
    allowed: float
    binding: str
    before: str = GENESIS
    digest: str = ""

    def sealed(self) -> Decision:
        """The same record with its own digest."""
        plain = {k: v for k, v in asdict(self).items() if k != "digest"}
        return replace(self, digest=hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest())

    def __str__(self) -> str:
        """The decision in a sentence, made from the record and from nothing else."""
        name, most = max(self.because, key=lambda item: abs(item[1]))
        way = "up" if self.proposed > self.level else "down" if self.proposed < self.level else "nowhere"
        why = "" if self.binding == "none" else f"; {self.binding} decided"
        wanted = f"wanted to go {way}, to {self.proposed:.6g} from {self.level:.6g}, most of all for {name} ({most:+.3g})"
        return f"step {self.step}: {self.controller} {wanted}; went to {self.allowed:.6g}{why}"


def decisions(use: Any, order: Mapping[str, int], series: Mapping[str, Any], path: int = 0) -> list[Decision]:
    """The records of one controller on one path.

    `use` is the controller in its economy; `order` gives the place in the step at which it, and whoever writes an observed signal, is called; `series`
    [step, path] holds, from the start on, every observed signal, the level and the signals `proposed` and `binding`.
    """
    p, out, before = use.params, [], GENESIS
    steps = len(series[p.level]) - 1
    for t in range(steps):
        if (t - use.offset) % use.every:
            continue
        at = {o.signal: t + 1 if order.get(o.signal, -1) < order[use.name] else t for o in p.observations}
        seen = tuple((o.signal, float(series[o.signal][at[o.signal]][path])) for o in p.observations)
        because = tuple((o.signal, float(o.weight) * (x / float(o.target) - 1)) for o, (_, x) in zip(p.observations, seen, strict=True))
        level, allowed = (float(series[p.level][i][path]) for i in (t, t + 1))
        bound = BINDING[round(float(series[p.binding][t + 1][path]))]
        made = Decision(t, use.name, p.policy, seen, because, level, float(series[p.proposed][t + 1][path]), allowed, bound, before).sealed()
        out.append(made)
        before = made.digest
    return out


def broken(chain: Sequence[Decision]) -> int | None:
    """The place of the first record that was edited, left out or put in; None where the chain is whole."""
    before = GENESIS
    for i, made in enumerate(chain):
        if made.before != before or made.sealed().digest != made.digest:
            return i
        before = made.digest
    return None
