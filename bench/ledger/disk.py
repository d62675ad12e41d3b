"""What a figure hangs on beside the code: how long a flush takes while a row is measured, and who else is at work on the machine.

The disk may change between two states within seconds, so a probe before and after a row is not enough: one flush of one block is timed twenty
times a second all the while, in place, which costs the row next to nothing.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

Row = dict[str, Any]
EVERY = 0.05
SLOW_MS = 1.0
FAST, SLOW = 0.7, 0.3  # the disk is fast when at least so many flushes are, slow when at most so many; a row's own writes hold some of them up
QUIET = 15.0  # percent of the processors that others take: what is worth waiting for


class Sampler:
    """Times flushes in a thread, from when it is made until `end`."""

    def __init__(self, every: float = EVERY) -> None:
        self.times: list[tuple[float, float]] = []  # when, how many milliseconds
        self._every, self._over = every, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(AttributeError, OSError):  # where we may: so that it times the disk, not the queue for a processor
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        fd, path = tempfile.mkstemp(prefix="mintage-flush-")
        block = os.urandom(4096)
        try:
            while not self._over.is_set():
                begun = time.perf_counter()
                os.pwrite(fd, block, 0)
                os.fdatasync(fd)
                self.times.append((time.monotonic(), (time.perf_counter() - begun) * 1e3))
                self._over.wait(self._every)
        finally:
            os.close(fd)
            os.unlink(path)

    def end(self) -> list[tuple[float, float]]:
        self._over.set()
        self._thread.join()
        return self.times


def state(times: list[float]) -> str:
    """`fast`, `slow`, or `mixed` when it changed on the way."""
    share = sum(t <= SLOW_MS for t in times) / max(1, len(times))
    return "fast" if share >= FAST else "slow" if share <= SLOW else "mixed"


def others() -> float:
    """What others take of this machine's processors just now, in percent. To be asked when nothing of ours runs."""
    return psutil.cpu_percent(0.25)


def tagged(name: str, measure: Callable[[], Row], patience: float = 0.0) -> Row:
    """A row with the disk's state, and what others took of the machine before and after; it waits up to `patience` seconds for them to be quiet.

    Where a row says when its timed part was (`window`), only flushes in that count.
    """
    end = time.monotonic() + patience
    while (before := others()) > QUIET and time.monotonic() < end:
        time.sleep(0.5)
    sampler = Sampler()
    try:
        row = measure()
    finally:
        seen = sampler.end()
    crowd = [round(before), round(others())]
    since, until = row.pop("window", (0.0, float("inf")))
    times = sorted([ms for at, ms in seen if since <= at <= until + EVERY] or [ms for _, ms in seen])
    low, middle, high = (round(times[min(len(times) - 1, len(times) * p // 10)], 2) for p in (1, 5, 9))
    return {"row": name, **row, "flush_ms": [low, middle, high], "state": state(times), "others": crowd, "load": round(os.getloadavg()[0], 1)}
