"""A network as a process: its ledger, its secrets, its clock, its HTTP server, its voice."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import Fault, MintageError, RunError, ServiceError, UsageError

if TYPE_CHECKING:
    from ..live.service import LiveNetwork
    from ..server import Settings
    from ..spec import Spec

POLL = 0.1  # seconds between two looks at the clock
MEMORY = "memory:"


class Voice:
    """Says things on stderr: as text, or as the JSON lines of the server's log."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.echo: Callable[[str], None] = lambda text: click.echo(text, err=True)

    def say(self, event: str, text: str, **fields: Any) -> None:
        """One message."""
        if self.as_json:
            click.echo(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event, "message": text, **fields}), err=True)
        else:
            self.echo(text)


class Trouble(io.StringIO):
    """Where the server's log goes when nobody asked for it: errors of ours are said in plain words, the rest is dropped."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self.voice = voice

    def write(self, text: str) -> int:
        told = json.loads(text)
        if told.get("event") == "error":
            self.voice.echo(f"MT914 a mistake of ours: {told.get('kind')} at {', '.join(told.get('places', [])[-2:])}")
        return len(text)


# --- ledger and secrets ----------------------------------------------------------------------------------------------


def beside(url: str, name: str) -> Path:
    """Where a network's secrets lie: beside the file of its ledger, or in this folder; without an ending."""
    if url == MEMORY or url.startswith(("postgres://", "postgresql://")):
        return Path(name)
    path = Path(url.removeprefix("sqlite:"))
    return path.with_suffix("") if path.suffix == ".db" else path


def private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read. Errors: UsageError MT519."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise UsageError(Fault("MT519", str(path), f"cannot be written ({error.strerror})", "a folder you may write to")) from None


def opened(url: str, spec: Spec | None, stem: Path, seconds: float | None) -> LiveNetwork:
    """The network of a ledger, new or going on, with the secret that its noise follows from. Errors: UsageError MT534; as `LiveNetwork.open`."""
    from ..live import seeds
    from ..live.service import LiveNetwork

    path, made = stem.with_name(stem.name + ".secret"), False
    if url == MEMORY:
        return LiveNetwork.open(url, spec, seconds_per_step=seconds, index=True)
    if not path.exists():
        private(path, os.urandom(32).hex())
        made = True
    try:
        secret = bytes.fromhex(path.read_text("utf-8").strip())
        live = LiveNetwork.open(url, spec, seconds_per_step=seconds, secret=secret, index=True)
        promised = live.network.commitment
        if promised and promised != seeds.commitment(seeds.seed_of(secret, live.step)):
            live.close()
            hint = "put the file back that was made with the ledger, or reset the breaker with a new commitment"
            raise UsageError(Fault("MT534", str(path), "is not what this network's noise was promised from", "the secret of this network", hint))
    except BaseException as error:
        if made:
            path.unlink(missing_ok=True)
        if isinstance(error, ValueError | OSError):
            raise UsageError(Fault("MT534", str(path), "cannot be read", "64 hex digits")) from None
        raise
    return live


def operator_key(live: LiveNetwork, path: Path, *, store: bool, new: bool) -> tuple[str, bool]:
    """The operator's key, and whether it was made now; "" when there is one that only its holder knows."""
    from ..live.entries import Key
    from ..server import hash_secret, new_secret

    if path.exists() and not new:
        secret = path.read_text("utf-8").strip()
        if "*" in live.scopes(hash_secret(secret)):
            return secret, False
    if not new and not store and any("*" in k.scopes and not k.revoked for k in live.network.keys.values()):
        return "", False
    secret = new_secret()
    if store:
        path.unlink(missing_ok=True)
        private(path, secret)
    name = hash_secret(secret)
    live.do(Key(id=f"operator key {name}", by="mintage serve", name=name, scopes=("*",)))
    return secret, True


# --- clock -----------------------------------------------------------------------------------------------------------


class Clock(threading.Thread):
    """Runs epochs when they are due. `state` says why none runs though one is due; an epoch that was missed is run once, whoever missed it."""

    def __init__(self, live: LiveNetwork, voice: Voice, observe: Callable[[float], None]) -> None:
        super().__init__(name="clock", daemon=True)
        self.live, self.voice, self.observe = live, voice, observe
        self.ended = threading.Event()
        self.state, self.behind = "", 0

    def run(self) -> None:
        try:
            while not self.ended.wait(POLL):
                self.turn()
        except MintageError as error:
            self._state(str(error))

    def turn(self) -> None:
        """Run what is due, as far as it can."""
        due = self.live.due()
        if due > 1 and not self.live.tripped and not self.state:
            self.behind = due
            self.voice.say("behind", f"catching up: {due} epochs are due", due=due)
        told = time.monotonic()
        while due and not self.ended.is_set() and self.once():
            due = self.live.due()
            if self.behind and time.monotonic() - told > 2:
                told = time.monotonic()
                self.voice.say("behind", f"catching up: {due} epochs to go", due=due)
        if self.behind and not due:
            self.behind = 0
            self.voice.say("caught-up", f"caught up: the next epoch is {self.live.step}", step=self.live.step)

    def once(self) -> bool:
        """One epoch; False when none can be run now."""
        if self.live.tripped:
            self._state(f"the breaker is open: {self.live.tripped}")
            return False
        begun, step = time.perf_counter(), self.live.step
        try:
            self.live.tick()
        except RunError as error:
            from ..live.service import WAITS

            fault = error.faults[0]
            waits = fault.code in WAITS
            self._state(
                f"epoch {step} waits: {fault.where} has {fault.found}, needs {fault.expected} ({fault.code})" if waits else f"the breaker opened: {error}"
            )
            return False
        self.observe(time.perf_counter() - begun)
        self._state("")
        return True

    def _state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            if state:
                self.voice.say("epoch", state)

    def stop(self) -> None:
        """Let an epoch that runs end."""
        self.ended.set()
        if self.is_alive():
            self.join()


# --- HTTP ------------------------------------------------------------------------------------------------------------


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens. Errors: UsageError MT533."""
    sock: socket.socket | None = None
    try:
        family, kind, proto, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        sock = socket.socket(family, kind, proto)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(where)
        sock.listen(1024)  # at once: two sockets may be bound to one port as long as neither listens
    except OSError as error:
        if sock is not None:
            sock.close()
        taken = error.errno == errno.EADDRINUSE
        found = "is in use by another program" if taken else f"cannot be listened on ({error.strerror})"
        hint = "is a network running already? --port names another" if taken else ""
        raise UsageError(Fault("MT533", f"{host}:{port}", found, "a free port of this machine", hint)) from None
    return sock


class Host:
    """The HTTP server, in a thread of its own, so that signals and the terminal stay with the command."""

    def __init__(self, live: LiveNetwork, sock: socket.socket, settings: Settings) -> None:
        from ..server import create_app, server
        from ..server.logs import Handler, Log

        self.app = create_app(live, settings)
        self.sock = sock
        name, port = sock.getsockname()[:2]
        self.url = f"http://{f'[{name}]' if ':' in name else name}:{port}"
        self.server = server(self.app, name, port)
        logger = logging.getLogger("uvicorn.error")
        logger.handlers, logger.propagate = [Handler(Log(settings.log))], False
        logger.setLevel(logging.INFO)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [sock]}, name="http", daemon=True)

    def start(self) -> None:
        """Return when requests are answered. Errors: ServiceError MT930 when the server ends at once."""
        self.thread.start()
        while not self.server.started:
            if not self.thread.is_alive():
                raise ServiceError(Fault("MT930", self.url, "the server ended as it began", "a server that runs"))
            time.sleep(0.005)

    def observe(self, seconds: float) -> None:
        """An epoch took so long."""
        self.app.state.edge.counts.epochs.observe(seconds)

    def stop(self) -> None:
        """Answers in flight are finished."""
        self.server.should_exit = True
        if self.thread.is_alive():
            self.thread.join()
        self.sock.close()
