"""Do providers stay. `active` [step, holder] or [step, holder, path] says who worked in which step (boolean or 0 and 1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .checks import Array, Bools, numbers, ratio, refuse


def retention(active: ArrayLike, lag: int) -> Array:
    """Of those active in a step, the share active `lag` steps later [1], pooled over steps: -> [path]; 0 where nobody ever was. Errors: MT420-MT424."""
    on = _active(active, lag + 1)
    before, after = on[: len(on) - lag], on[lag:]
    return ratio((before & after).sum(axis=(0, 1)), before.sum(axis=(0, 1)))


def stickiness(active: ArrayLike, window: int) -> Array:
    """Mean active per step over distinct active per window [1], mean over whole windows with any: -> [path]. Steps of a day and a window of 30 give
    the DAU/MAU ratio: 1, all come each day; 1/window, each comes once. Errors: MT420-MT424."""
    on = _active(active, window)
    whole = on[: len(on) // window * window]
    blocks = whole.reshape(-1, window, *on.shape[1:])
    distinct = blocks.any(axis=1).sum(axis=1)
    return ratio(ratio(blocks.sum(axis=(1, 2)) / window, distinct).sum(axis=0), (distinct > 0).sum(axis=0))


def _active(active: ArrayLike, steps: int) -> Bools:
    numbers(steps, "span", low=1)
    x = numbers(active, "active", low=0, high=1, least=steps)
    if x.ndim not in (2, 3):
        refuse("MT423", "active", f"shape {x.shape}", "[step, holder] or [step, holder, path]")
    return np.asarray(x > 0)
