"""A series whose parameters are known."""

from __future__ import annotations

import numpy as np


def series(seed: int, rows: int = 300, walk: float = 0.1, persistence: float = 0.0, noise: float = 0.3) -> np.ndarray:
    """Logs of a level that walks and a swing around it, normal, from ln 22,000 on."""
    rng = np.random.default_rng(seed)
    level = 10 + np.cumsum(walk * rng.standard_normal(rows))
    swing, out = noise * rng.standard_normal(), np.empty(rows)
    for t in range(rows):
        out[t] = level[t] + swing
        swing = persistence * swing + noise * np.sqrt(1 - persistence**2) * rng.standard_normal()
    return out
