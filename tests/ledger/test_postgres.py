"""Several processes, one ledger in PostgreSQL: the laws hold between them, through lost connections and crashes of the server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg
import pytest

from mintage.ledger.codec import decode
from mintage.ledger.postgres import PostgresStore
from mintage.ledger.postgres_projection import PostgresProjection
from mintage.ledger.writer import Ledger

from .postgres import Server
from .postgres_worker import FUNDS, PURSES

ROOT = Path(__file__).parents[2]


class Worker:
    """A process of its own with the ledger open."""

    def __init__(self, dsn: str, number: int, task: str) -> None:
        command = [sys.executable, "-m", "tests.ledger.postgres_worker", dsn, str(number), task]
        self.process = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": "src"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.heard: list[dict[str, Any]] = []
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._listen, daemon=True)  # at once, for a full pipe would end the load
        self._reader.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, word: str) -> dict[str, Any]:
        """The next line with this word; those before it are kept."""
        while line := self._lines.get(timeout=60):
            self.heard.append(json.loads(line))
            if word in self.heard[-1]:
                return self.heard[-1]
        raise AssertionError(f"it ended with {self.process.wait()} after {self.heard[-3:]}")

    def end(self) -> None:
        self.process.kill()
        self._reader.join()
        self.process.communicate()

    def tell(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


@contextmanager
def workers(dsn: str, count: int, task: str) -> Iterator[list[Worker]]:
    """All of them with the ledger open, begun at one moment."""
    found = [Worker(dsn, number, task) for number in range(count)]
    try:
        for worker in found:
            worker.until("ready")
        for worker in found:
            worker.tell("begin")
        yield found
    finally:
        for worker in found:
            worker.end()


def ended(found: list[Worker], dsn: str) -> Counter[int]:
    """Let all see the end and see that it is the same, and that of the journal. Returns how often each id stands there."""
    for worker in found:
        worker.until("done")
    for worker in found:
        worker.tell("look")
    seen = [worker.until("head") for worker in found]
    assert all(view == seen[0] for view in seen)
    with Ledger(PostgresStore(dsn)) as ledger:
        assert [ledger.head[0], ledger.head[1].hex()] == seen[0]["head"]
        assert [list(ledger.balance(account)) for account in ledger.accounts()] == seen[0]["balances"]
        assert ledger.total("T") == 0
        assert sum(ledger.balance(n).posted for n in range(2, PURSES + 2)) == PURSES * FUNDS
        assert min(ledger.balance(n).posted for n in range(2, PURSES + 2)) >= 0
        ids = Counter(t.id for record in ledger.records() for t in decode(record.body).transfers)
        with closing(PostgresProjection(dsn)) as index:
            index.catch_up(ledger.store)
            assert [list(index.balance_at(n)) for n in range(1, PURSES + 2)] == seen[0]["balances"]
    assert max(ids.values()) == 1
    return ids


@pytest.fixture
def dsn(postgres_server: Server) -> str:
    return postgres_server.fresh()


@pytest.mark.parametrize("count", [2, 3])
def test_what_every_process_sends_happens_once(dsn: str, count: int) -> None:
    with workers(dsn, count, "shared") as found:
        said = [worker.until("ok") for worker in found]
        assert sum(words["ok"] for words in said) == said[0]["all"]
        assert sum(words["exists"] for words in said) == (count - 1) * said[0]["all"]
        ended(found, dsn)


@pytest.mark.parametrize("count", [2, 3])
def test_one_hot_account_gives_what_it_has_and_no_more(dsn: str, count: int) -> None:
    with workers(dsn, count, "hot") as found:
        said = [worker.until("ok") for worker in found]
        assert sum(words["ok"] for words in said) == FUNDS
        assert sum(words["refused"] for words in said) == count * 800 - FUNDS
        ended(found, dsn)


def test_connections_that_are_ended_again_and_again_lose_nothing_and_double_nothing(dsn: str, postgres_server: Server) -> None:
    with workers(dsn, 2, "load") as found, psycopg.connect(postgres_server.dsn(""), autocommit=True) as admin:
        for _ in range(30):
            acknowledged(found, 2)
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mintage'")
        acknowledged_once(found, dsn)


def test_a_server_that_crashes_under_load_loses_nothing_and_doubles_nothing(dsn: str, postgres_server: Server) -> None:
    with workers(dsn, 2, "load") as found:
        for _ in range(3):
            acknowledged(found, 10)
            postgres_server.crash()
            postgres_server.start()
        acknowledged(found, 10)
        acknowledged_once(found, dsn)


def test_a_process_that_is_killed_takes_nothing_of_others_with_it(dsn: str) -> None:
    with workers(dsn, 3, "load") as found:
        acknowledged(found, 10)
        found[0].process.kill()
        acknowledged(found[1:], 20)
        acknowledged_once(found[1:], dsn)


def acknowledged(found: list[Worker], batches: int) -> None:
    """Let each be at work until it has been answered so often."""
    for worker in found:
        for _ in range(batches):
            worker.until("kept")


def acknowledged_once(found: list[Worker], dsn: str) -> None:
    for worker in found:
        worker.tell("look")
    ids = ended(found, dsn)
    for worker in found:
        kept = [id for words in worker.heard for id in words.get("kept", ())]
        assert len(kept) > 1000  # so much was at stake
        assert {ids[id] for id in kept} == {1}
        assert all("another process was first" in words["failed"] for words in worker.heard if "failed" in words)
