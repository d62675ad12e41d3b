"""What is run, in which order, and how large: each section gives rows, each row comes from a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .disk import Row, tagged
from .peer import Peer, peer

ROOT = Path(__file__).parents[2]
BATCHES = ("batches of 8,000", 8_000, False), ("batches of 1,000", 1_000, False), ("batches of 8,000, hot", 8_000, True)


@dataclass(frozen=True)
class Sizes:
    """How large a run is."""

    rounds: int = 6
    seconds: int = 2  # of each pgbench
    count: int = 120_000
    accounts: int = 100_000
    callers: int = 200
    scale: int = 10
    batches: tuple[int, ...] = (1, 10, 100, 1_000, 8_000, 64_000)
    owners: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    life: tuple[int, ...] = (1_000_000, 3_000_000)
    followed: tuple[int, ...] = ()
    stakers: tuple[int, ...] = (10_000, 30_000, 100_000)
    payers: tuple[int, ...] = (1_000, 10_000, 100_000)
    keys: int = 64
    each: int = 40
    limit: int = 600  # seconds for all of it
    patience: float = 3.0  # seconds that a row waits for a quiet machine


FULL = Sizes()
QUICK = Sizes(rounds=1, seconds=1, count=50_000, owners=(1_000, 100_000), life=(200_000, 600_000), stakers=(10_000,), payers=(1_000,), keys=16, each=20)
TINY = Sizes(1, 1, 2_000, 500, 20, 1, (1, 1_000), (200,), (2_000,), (2_000,), (50,), (50,), 2, 2, 300, 0.0)
LONG = Sizes(life=(1_000_000, 3_000_000, 5_000_000, 10_000_000), followed=(5_000_000,), limit=3_600)


class Bench:
    """One run: its time, its folder."""

    def __init__(self, sizes: Sizes, say: Callable[[Row], None]) -> None:
        self.sizes, self.say, self.end, self._names = sizes, say, time.monotonic() + sizes.limit, 0

    def child(self, module: str, function: str, **arguments: Any) -> Row:
        """A row from a process of its own."""
        command = [sys.executable, "-m", "bench.ledger.child", module, function, json.dumps(arguments)]
        left = max(1.0, self.end - time.monotonic())
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=left)
        assert done.returncode == 0, done.stderr[-3000:]
        row: Row = json.loads(done.stdout.splitlines()[-1])
        return row

    def on_new(self, module: str, function: str, **arguments: Any) -> Row:
        """The same on a new SQLite ledger, which is thrown away."""
        with TemporaryDirectory(prefix="mintage-bench-") as folder:
            return self.child(module, function, url=f"{folder}/ledger.db", **arguments)

    def gather(self, jobs: Iterator[tuple[str, Callable[[], Row]]]) -> list[Row]:
        """The rows of a section. What no longer fits into the run's time is named, not measured."""
        rows = []
        for name, measure in jobs:
            try:
                left = self.end - time.monotonic()
                if left < 0:
                    raise TimeoutError
                row = tagged(name, measure, min(left / 10, self.sizes.patience))
            except (TimeoutError, subprocess.TimeoutExpired):
                row = {"row": name, "skipped": "out of time"}
            rows.append(row)
            self.say(row)
        return rows

    # --- the sections

    def durable(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """The ledger on both stores between rows of its peers, so that each has a peer near it in time."""
        s = self.sizes
        with ExitStack() as stack:
            other = stack.enter_context(peer(s.scale))
            for _ in range(s.rounds):
                yield "pgbench TPC-B", lambda: other.tpc_b(s.seconds)
                for name, size, hot in BATCHES:
                    if not hot:
                        yield f"SQLite, {name}", lambda size=size: self.on_new("posting", "batched", count=s.count, size=size, owners=s.accounts)
                yield f"SQLite, {s.callers} callers", lambda: self.on_new("posting", "single", count=s.count // 2, callers=s.callers, owners=s.accounts)
                yield "pgbench TPC-B", lambda: other.tpc_b(s.seconds)
                yield "naive transfer", lambda: other.naive("naive", s.seconds)
                yield f"PostgreSQL, {BATCHES[0][0]}", lambda: self._postgres(other, "batched", count=s.count, size=BATCHES[0][1])
                yield f"PostgreSQL, {BATCHES[1][0]}", lambda: self._postgres(other, "batched", count=s.count, size=BATCHES[1][1])
                yield "naive transfer, hot", lambda: other.naive("naive, hot", s.seconds)
                yield f"PostgreSQL, {BATCHES[2][0]}", lambda: self._postgres(other, "batched", count=s.count, size=BATCHES[2][1], hot=True)
                yield f"PostgreSQL, {s.callers} callers", lambda: self._postgres(other, "single", count=s.count // 2, callers=s.callers)
            yield "pgbench TPC-B", lambda: other.tpc_b(s.seconds)

    def _postgres(self, other: Peer, function: str, **arguments: Any) -> Row:
        url = other.server.fresh()
        try:
            return self.child("posting", function, url=url, owners=self.sizes.accounts, **arguments)
        finally:
            other.server.sql(f"DROP SCHEMA {url.rpartition('=')[2]} CASCADE")

    def epoch(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Epochs by number of stakers."""
        for owners in self.sizes.stakers:
            yield f"epoch, {owners:,} stakers", lambda owners=owners: self.on_new("network", "epochs", owners=owners, times=3)

    def payments(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Signed payments over HTTP, and pay events within the process by number of customers."""
        s = self.sizes
        for _ in range(min(3, s.rounds)):
            yield "signed payments over HTTP", lambda: self.on_new("api", "payments", owners=s.keys, each=s.each)
        for owners in s.payers:
            yield f"pay events in process, {owners:,} customers", lambda owners=owners: self.on_new("network", "payments", owners=owners, count=s.count // 100)

    def growth(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Rate by batch size and by number of accounts."""
        s = self.sizes
        for size in s.batches:
            count = min(s.count, 2_000 * size)
            yield f"batches of {size:,}", lambda size=size, count=count: self.on_new("posting", "batched", count=count, size=size, owners=s.accounts)
        for owners in s.owners:
            yield f"{owners:,} accounts", lambda owners=owners: self.on_new("posting", "batched", count=s.count, size=8_000, owners=owners)

        for owners in s.owners[1:]:
            yield f"a snapshot of {owners:,} accounts", lambda owners=owners: self.on_new("posting", "stalled", owners=owners)

    def life(self) -> Iterator[tuple[str, Callable[[], Row]]]:
        """One ledger that grows: rate and memory at its end, a restart after a kill, and the auditor."""
        s, before = self.sizes, 0
        with TemporaryDirectory(prefix="mintage-bench-") as folder:
            url = f"{folder}/ledger.db"
            for upto in s.life:
                yield f"post to {upto:,}", lambda start=before, upto=upto: self.child("posting", "grow", url=url, start=start, upto=upto, owners=s.accounts)
                yield f"restart at {upto:,}", lambda: self.child("posting", "restart", url=url, owners=s.accounts)
                yield f"verify {upto:,}", lambda upto=upto: self.child("posting", "verify", url=url, upto=upto, owners=s.accounts)
                before = upto
        for upto in s.followed:
            yield f"post to {upto:,}, index kept behind", lambda upto=upto: self.on_new("posting", "followed", upto=upto, owners=s.accounts)


SECTIONS = ("durable", "epoch", "payments", "growth", "life")
