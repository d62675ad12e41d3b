"""`mintage serve` as a process of its own, to be stopped, killed and started again on the same ledger and port."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

from tests.cli.command import ENV, START


class Served:
    """A network in a folder. It is reached at `url` whenever it runs."""

    def __init__(self, folder: Path, *args: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.args = [*START, "serve", *args, "--port", str(port), "--store-key", "--no-ticker"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        self.process = subprocess.Popen(self.args, cwd=self.folder, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, self.process.communicate()[0].decode()
            assert time.monotonic() < until, "the server did not come"
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)

    def end(self, how: signal.Signals) -> tuple[int, str]:
        """The status it ended with, and all it said."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(how)
        said = process.communicate(timeout=30)[0].decode()
        return process.returncode, said

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.end(signal.SIGKILL)
