"""Transfers through the ledger: in batches, one a call by many callers, and over a long life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from mintage.ledger import Ledger, Result, Transfer, open_ledger
from mintage.ledger.audit import audit
from mintage.ledger.follow import Follower
from mintage.ledger.look import ReadOnly

from .workload import ACCOUNTS, Row, accounts, checked, parts, rows, totals


class Watch:
    """Wall and processor seconds of what was timed, and the latency of each call."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.calls: list[float] = []
        self.window = (float("inf"), 0.0)  # when it ran, on the clock that all processes share

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu, since = time.perf_counter(), time.process_time(), time.monotonic()
        yield
        self.window = (min(self.window[0], since), time.monotonic())
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu

    def told(self, count: int) -> dict[str, Any]:
        calls = sorted(self.calls)
        at = {f"p{p}_ms": round(calls[min(len(calls) - 1, len(calls) * p // 100)] * 1e3, 2) for p in (50, 99)} if calls else {}
        return {"n": count, "wall_s": round(self.wall, 3), "cpu_s": round(self.cpu, 3), "per_s": round(count / self.wall), **at, "window": self.window}


def post(ledger: Ledger, whole: list[Row], size: int, watch: Watch) -> None:
    """One caller, one batch at a time, each durable before the next is sent. Making the transfers is timed too."""
    with watch.running():
        for part in parts(whole, size):
            begun = time.perf_counter()
            results = ledger.transfer([Transfer(*row) for row in part])
            watch.calls.append(time.perf_counter() - begun)
            assert results.count(Result.OK) == len(part)


async def call(ledger: Ledger, whole: list[Row], callers: int, watch: Watch) -> None:
    """`callers` tasks of one event loop, each sends one transfer and awaits it before the next."""
    queue = iter(whole)

    async def caller() -> None:
        for row in queue:
            begun = time.perf_counter()
            result = await ledger.transfer_async([Transfer(*row)])
            watch.calls.append(time.perf_counter() - begun)
            assert result == [Result.OK]

    with watch.running():
        await asyncio.gather(*(caller() for _ in range(callers)))


def batched(url: str, count: int, size: int, hot: bool = False, owners: int = ACCOUNTS) -> dict[str, Any]:
    """Batches of `size` on a new ledger at `url`, checked afterwards and once more after it was opened again."""
    watch = Watch()
    with open_ledger(url) as ledger:
        numbers = accounts(ledger, owners)
        whole = rows(count, numbers, hot)
        post(ledger, whole, size, watch)
        before = checked(ledger, numbers, whole)
    with open_ledger(url) as ledger:
        assert totals(ledger, numbers) == before
    return watch.told(count) | {"batch": size, "accounts": owners}


def stalled(url: str, owners: int) -> dict[str, Any]:
    """How long a caller waits whose transfer comes while a snapshot is taken, which happens every half a million transfers."""
    with open_ledger(url, snapshot_every=1) as ledger:
        numbers = accounts(ledger, owners)
        first, second = rows(2, numbers)
        ledger.transfer([Transfer(*first)])
        begun = time.perf_counter()
        ledger.transfer([Transfer(*second)])
        return {"stall_s": round(time.perf_counter() - begun, 2), "accounts": owners}


def single(url: str, count: int, callers: int, owners: int = ACCOUNTS) -> dict[str, Any]:
    """One transfer a call by concurrent callers."""
    watch = Watch()
    with open_ledger(url) as ledger:
        numbers = accounts(ledger, owners)
        whole = rows(count, numbers)
        asyncio.run(call(ledger, whole, callers, watch))
        before = checked(ledger, numbers, whole)
    with open_ledger(url) as ledger:
        assert totals(ledger, numbers) == before
    return watch.told(count) | {"callers": callers}


def grow(url: str, start: int, upto: int, owners: int = ACCOUNTS) -> dict[str, Any]:
    """Bring a ledger from `start` transfers to `upto`. It is not closed: this process ends as if it were killed."""
    ledger, watch = open_ledger(url), Watch()
    numbers = accounts(ledger, owners)
    for at in range(start, upto, 200_000):
        post(ledger, rows(min(200_000, upto - at), numbers, start=at), 8_000, watch)
    return watch.told(upto - start) | {"transfers": upto, "rss_mb": rss()}


def followed(url: str, upto: int, owners: int = ACCOUNTS) -> dict[str, Any]:
    """A new ledger with the index kept behind it, so that memory lets go of old ids: `behind_s` is how long the index still needs at the end."""
    ledger, watch = open_ledger(url), Watch()
    follower = Follower(ledger, url)
    numbers = accounts(ledger, owners)
    for at in range(0, upto, 200_000):
        post(ledger, rows(min(200_000, upto - at), numbers, start=at), 8_000, watch)
    begun, head = time.perf_counter(), ledger.head[0]
    while follower.index.mark()[0] < head:
        time.sleep(0.05)
    return watch.told(upto) | {"transfers": upto, "behind_s": round(time.perf_counter() - begun, 1), "rss_mb": rss()}


def restart(url: str, owners: int = ACCOUNTS) -> dict[str, Any]:
    """Open a ledger in a new process, and say what that took."""
    watch, before = Watch(), rss()
    with watch.running():
        ledger = open_ledger(url)
    numbers = accounts(ledger, owners)
    debits, credits, _ = totals(ledger, numbers)
    assert debits == credits
    return {"restart_s": round(watch.wall, 2), "restart_cpu_s": round(watch.cpu, 2), "rss_mb": rss(), "rss_before_mb": before}


def verify(url: str, upto: int, owners: int = ACCOUNTS) -> dict[str, Any]:
    """The auditor reads the whole journal beside its snapshots."""
    watch, journal = Watch(), ReadOnly(url)
    with watch.running():
        found = audit(journal)
    journal.close()
    assert found.sound and found.transfers == upto + owners, f"{found.faults[:3]} {found.transfers}"
    return {"verify_s": round(watch.wall, 2), "verify_cpu_s": round(watch.cpu, 2), "rss_mb": rss()}


def rss() -> int:
    return round(psutil.Process().memory_info().rss / 1e6)
