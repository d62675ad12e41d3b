"""The peer: a PostgreSQL of our own with fsync on, on a socket in a folder of its own, and pgbench against it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ledger.postgres import OWNER, Server

HERE = Path(__file__).parent / "peers"
NAIVE = {"naive": "naive_uncontended.sql", "naive, hot": "naive_hot.sql"}
CLIENTS = 8


class Peer:
    """A server with pgbench's tables (scale 10) and those of the naive ledger."""

    def __init__(self, server: Server, scale: int = 10) -> None:
        self.server = server
        server.sql("CREATE DATABASE bench")
        self._run("pgbench", "-i", "-s", str(scale), "-q", "bench")
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(HERE / "schema.sql"), "bench")

    def _run(self, program: str, *arguments: str) -> str:
        command = [self.server.bin / program, "-h", self.server.folder, "-U", OWNER, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout

    def tpc_b(self, seconds: int) -> dict[str, Any]:
        """pgbench's own transaction."""
        return self._bench(seconds)

    def naive(self, which: str, seconds: int) -> dict[str, Any]:
        """Two rows updated under their locks and one inserted, a transfer a transaction; money is checked afterwards."""
        told = self._bench(seconds, "-M", "prepared", "-f", str(HERE / NAIVE[which]))
        query = "SELECT sum(debits), sum(credits) - 100000 * 1000000000000000000000000, (SELECT sum(amount) FROM transfer) FROM account"
        money = self._run("psql", "-At", "-c", query, "bench").strip().split("|")
        assert len(set(money)) == 1, money
        return told

    def _bench(self, seconds: int, *options: str) -> dict[str, Any]:
        text = self._run("pgbench", "-n", "-T", str(seconds), "-c", str(CLIENTS), "-j", "2", *options, "bench")
        rate, latency, failed = (re.search(p, text) for p in (r"tps = ([\d.]+)", r"latency average = ([\d.]+)", r"number of failed transactions: (\d+)"))
        assert rate and latency and (not failed or failed[1] == "0"), text
        return {"per_s": round(float(rate[1])), "mean_ms": float(latency[1]), "clients": CLIENTS}


@contextmanager
def peer(scale: int = 10) -> Iterator[Peer]:
    """The peer, ended with the block."""
    server = Server("shared_buffers=1GB", "max_wal_size=4GB")
    try:
        yield Peer(server, scale)
    finally:
        server.stop()
