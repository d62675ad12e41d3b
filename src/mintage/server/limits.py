"""How much one caller may ask: token buckets, for as many callers as there is room to remember."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from .refused import refuse


class Buckets:
    """One bucket a name: `burst` tokens, filled by `rate` a second. The least recently seen name is forgotten first, full or not."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self.rate, self.burst, self.clock, self.most = rate, burst, clock, most
        self.levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> None:
        """One token of `name`. Errors: MT911, with the seconds to wait, when there is none."""
        now = self.clock()
        level, then = self.levels.get(name, (float(self.burst), now))
        level = min(float(self.burst), level + (now - then) * self.rate)
        if level < 1:
            wait = ceil((1 - level) / self.rate)
            raise refuse("MT911", "requests", f"more than {self.rate:g} a second", f"wait {wait} s", headers={"Retry-After": str(wait)})
        self.levels[name] = (level - 1, now)
        self.levels.move_to_end(name)
        if len(self.levels) > self.most:
            self.levels.popitem(last=False)
