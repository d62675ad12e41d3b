"""Pairs of a miner and a validator as rows, which signals and noise have, and as matrices, which the epoch reckons with."""

from __future__ import annotations

from typing import Any

import numpy as np


def by_pair(xp: Any, rows: Any, miners: int, validators: int) -> Any:
    """Rows [pair, path], miner by miner, as [miner, validator, path]; validators beyond those that the rows speak of have 0."""
    known = rows.shape[-2] // miners
    matrix = rows[np.arange(miners * known).reshape(miners, known)]
    more = validators - known
    return matrix if more <= 0 else xp.concatenate([matrix, xp.zeros((miners, more, rows.shape[-1]))], 1)


def as_rows(xp: Any, matrix: Any) -> Any:
    """[miner, validator, path] as [pair, path], miner by miner."""
    return xp.concatenate([matrix[j] for j in range(matrix.shape[0])])
