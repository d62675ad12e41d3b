"""Noise that anyone can redraw: a seed is committed to before an epoch and revealed in it.

A uniform is k / 2^32 with k the first four bytes of SHA-256("seed|call|name|row"). The commitment to a seed is SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import numpy as np

from ..arithmetic_exact import EXACT
from ..economy import Bound, Economy
from ..errors import Fault, RunError
from ..mechanisms.base import runs
from .entries import Epoch


def seed_of(secret: bytes, step: int) -> str:
    """The seed of a step, from a secret that only the operator has."""
    return hmac.new(secret, f"epoch {step}".encode(), hashlib.sha256).hexdigest()


def needed(economy: Economy) -> bool:
    """Whether any rule draws noise."""
    return any(use.mechanism.noise and runs(use) for use in economy.uses)


def commitment(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()


def check(committed: str, epoch: Epoch) -> None:
    """Errors: RunError MT819 when the revealed seed is not the one that was committed to."""
    if committed and commitment(epoch.seed) != committed:
        raise RunError(Fault("MT819", f"epoch {epoch.step}", "reveals a seed that was not committed to", f"the seed whose SHA-256 is {committed[:16]}..."))


class Noise:
    """`noise.take(call)` for `Bound.step`: uniforms [row, 1] of each name that the call declares."""

    def __init__(self, bound: Bound, epoch: Epoch) -> None:
        self.bound, self.seed = bound, epoch.seed
        self.declared = bound.noise()

    def take(self, call: str) -> dict[str, Any]:
        return {name: EXACT.full((rows, 1), 0) + self.draw(call, name, rows) for name, (_, rows) in self.declared[call].items()}

    def draw(self, call: str, name: str, rows: int) -> Any:
        drawn = [hashlib.sha256(f"{self.seed}|{call}|{name}|{row}".encode()).digest()[:4] for row in range(rows)]
        out = np.empty((rows, 1), dtype=object)
        out[:, 0] = [EXACT.uniform(EXACT.num(int.from_bytes(d, "big"))) for d in drawn]
        return out
