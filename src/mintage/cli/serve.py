"""`mintage serve`: a network as a running service, or a whole one to look at."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import Fault, ServiceError
from .common import twin
from .words import presets, specs

if TYPE_CHECKING:
    from ..live.service import LiveNetwork
    from ..spec import Spec
    from .demo import Population, Twin
    from .serving import Clock, Host, Voice
    from .ticker import Board

FRAME = 0.25  # seconds between two pictures
LIVE = ("fastapi", "uvicorn", "httpx", "eth_account", "prometheus_client")
IN_PYTHON = """
import mintage as mt
from mintage.live.service import LiveNetwork
with LiveNetwork.open("memory:", mt.load("render")) as live: print(live.network.economy.name, live.supply("RENDER"), len(live.catalog()))
"""


@dataclass
class Wanted:
    """The options, as they were given."""

    spec: str | None
    like: str | None
    ledger: str | None
    host: str
    port: int
    seconds: float | None
    demo: bool
    seed: int
    owners: int
    events: int
    shadow: bool
    steps: int | None
    ticker: bool
    json_logs: bool
    rate: float
    store_key: bool
    new_key: bool


@click.command("serve", epilog=twin(IN_PYTHON))
@click.argument("spec", required=False, metavar="[SPEC]", shell_complete=specs)
@click.option("--like", metavar="PRESET", shell_complete=presets, help="Run a preset, instead of a SPEC of your own.")
@click.option("--ledger", metavar="URL", help="FILE.db, or postgresql://user@host/database. Default: NAME.db in this folder, with --demo NAME-demo.db.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; any other than the default is seen by others.")
@click.option("--port", type=click.IntRange(0, 65535), default=8410, show_default=True, help="0: any that is free.")
@click.option(
    "--seconds-per-step", "seconds", type=click.FloatRange(0), help="Real seconds that a step lasts. Default: the spec's step, with --demo 1. 0: only by hand."
)
@click.option("--demo", is_flag=True, help="Bring a population that uses the network over its own API.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, show_default=True, help="Of the population.")
@click.option("--owners", type=click.IntRange(1, 10_000), default=36, show_default=True, help="How many come, one after another.")
@click.option("--events", type=click.IntRange(0, 100_000), default=16, show_default=True, help="What they do in a step, about.")
@click.option("--shadow", is_flag=True, help="Compute and show, keep nothing: the ledger is in memory.")
@click.option("--steps", type=click.IntRange(1), help="Stop after so many epochs.")
@click.option("--ticker/--no-ticker", default=True, help="Show what happens: a picture on a terminal, else a line an epoch.")
@click.option("--json-logs", is_flag=True, help="Log to stderr in JSON lines, every request too.")
@click.option(
    "--rate", type=click.FloatRange(1), default=50.0, show_default=True, help="Requests a second that a key may send; an address may four times as many."
)
@click.option("--store-key", is_flag=True, help="Write the operator's key to NAME.operator-key (mode 0600) instead of showing it.")
@click.option("--new-key", is_flag=True, help="Make another operator's key: the first was lost.")
def command(**options: Any) -> int:
    """Run SPEC as a live network: its HTTP API, its clock, its ledger.

    A first start makes the ledger, and an operator's key that is shown once. A later one goes on where the journal ends, with what is due.
    See it live at once: mintage serve --like render --demo
    """
    wanted = Wanted(**options)
    if wanted.spec and wanted.like:
        raise click.UsageError("SPEC and --like both name a network: give one")
    if wanted.shadow and wanted.ledger:
        raise click.UsageError("--shadow keeps nothing: leave --ledger out")
    if wanted.demo and not (wanted.spec or wanted.like):
        raise click.UsageError("--demo needs a network: mintage serve --like render --demo")
    if not (wanted.spec or wanted.like or wanted.ledger):
        raise click.UsageError("name a SPEC, a preset with --like, or a ledger with --ledger")
    missing = [name for name in LIVE if find_spec(name) is None]
    if missing:
        raise ServiceError(Fault("MT532", ", ".join(missing), "not installed", "the extra [live]", "install it with: pip install 'mintage[live]'"))
    return Running(wanted).run()


@dataclass
class Running:
    """The command at work: what it started, in the order in which it stops."""

    wanted: Wanted
    status: int = 0
    over: bool = False
    stack: ExitStack = field(default_factory=ExitStack)
    population: Population | None = None
    twin: Twin | None = None
    clock: Clock | None = None

    def run(self) -> int:
        """Start, watch, stop, tell."""
        from .serving import Voice, bind

        self.voice: Voice = Voice(self.wanted.json_logs)
        before = signal.signal(signal.SIGTERM, self._end)
        try:
            with self.stack:
                sock = self.stack.enter_context(bind(self.wanted.host, self.wanted.port))
                self.live = self._open()
                self.stack.callback(self.live.close)
                self._start(sock)
                usual = signal.signal(signal.SIGINT, self._interrupt)  # an exception in the midst of a picture would tear it
                try:
                    self._watch()
                    self._stop()
                finally:
                    signal.signal(signal.SIGINT, usual)
        finally:
            signal.signal(signal.SIGTERM, before)
        return self.status

    def _end(self, *_: object) -> None:
        self.over = True

    def _interrupt(self, *_: object) -> None:
        """The first Ctrl-C stops in order, the second at once."""
        if self.over:
            raise KeyboardInterrupt
        self.over, self.status = True, 130

    # --- starting ----------------------------------------------------------------------------------------------------

    def _open(self) -> LiveNetwork:
        from ..spec import load
        from .serving import MEMORY, beside, opened

        w = self.wanted
        named = w.spec or w.like
        self.spec: Spec | None = load(named) if named else None
        name = self.spec.name if self.spec else ""
        self.url = MEMORY if w.shadow else w.ledger or f"{name}{'-demo' if w.demo else ''}.db"
        self.stem = beside(self.url, name or "network")
        # The days of a demonstration pass while somebody watches: its population runs the epochs, and none is due for the time between.
        return opened(self.url, self.spec, self.stem, 0.0 if w.demo else w.seconds)

    def _start(self, sock: Any) -> None:
        from ..server import Settings
        from .serving import Clock, Host, Trouble, operator_key

        w, live = self.wanted, self.live
        path = self.stem.with_name(self.stem.name + ".operator-key")
        store = (w.demo or w.store_key) and not w.shadow
        key, made = operator_key(live, path, store=store, new=w.new_key)
        rate = max(w.rate, 1e5) if w.demo else w.rate  # a population is one address
        rates: Any = {"key_rate": rate, "key_burst": int(4 * rate), "address_rate": 4 * rate, "address_burst": int(16 * rate)}
        host = Host(live, sock, Settings(run_epochs=False, log=None if w.json_logs else Trouble(self.voice), **rates))
        self.host: Host = host
        host.start()
        self.stack.callback(host.stop)
        self._greet(key if made and not store and not w.demo else "", path if made and store else None)
        if w.demo:
            self._populate(key)
        else:
            self.clock = Clock(live, self.voice, host.observe)
            self.first = live.step
            self.clock.start()
            self.stack.callback(self.clock.stop)

    def _greet(self, key: str, path: Path | None) -> None:
        live, w = self.live, self.wanted
        name, step = live.spec.title, f"step {live.step}"
        where = "in memory: nothing is kept" if w.shadow else f"in {self.url.rpartition('@')[2]}"
        self.voice.say("start", f"{name} {'begins' if live.step == 0 else f'goes on at {step}'}, its ledger {where}", network=live.spec.name, step=live.step)
        self.voice.say("listen", f"API {self.host.url}  docs {self.host.url}/docs", url=self.host.url)
        if w.host not in ("127.0.0.1", "::1", "localhost"):
            self.voice.say("warning", f"warning: {w.host} can be reached by others. Put a proxy with TLS before it: keys travel in clear text.")
        if path:
            self.voice.say("key", f"the operator's key is in {path}, which only you may read")
        if key:
            click.echo(key)
            self.voice.say("key", "this is the operator's key. It is shown once: keep it.")

    def _populate(self, key: str) -> None:
        from .demo import Population, Twin

        w = self.wanted
        pace = 1.0 if w.seconds is None else w.seconds
        self.twin = Twin(self.live.ledger)
        self.population = Population(self.host.url, key, self.live.spec, seed=w.seed, owners=w.owners, events=w.events, pace=pace, steps=w.steps)
        self.twin.start()
        self.population.start()

    # --- watching ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        from rich.console import Console
        from rich.live import Live

        from .pulse import Pulse
        from .ticker import Board

        self.pulse = Pulse(self.live)
        self.begun, self.opening = time.monotonic(), (self.live.step, self.pulse.events)
        console = Console(stderr=True, highlight=False)
        drawn = self.wanted.ticker and console.is_terminal and not self.wanted.json_logs
        board = Board(
            self.pulse,
            self.host.url,
            "/docs · Ctrl-C stops",
            self.population.refused if self.population else None,
            self.twin.line if self.twin else None,
            lambda: self.clock.state if self.clock else "",
        )
        if not drawn:
            self._lines()
            return
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as screen:
            self.voice.echo = console.print
            try:
                while not self._finished():
                    self.pulse.catch_up()
                    screen.update(board.frame(), refresh=True)
                    time.sleep(FRAME)
            finally:
                self.voice.echo = lambda text: click.echo(text, err=True)
                self._last(screen, board)

    def _last(self, screen: Any, board: Board) -> None:
        """The picture that stays."""
        self.pulse.catch_up()
        screen.update(board.frame(), refresh=True)

    def _lines(self) -> None:
        from .ticker import plain

        said, going = self.pulse.step, True
        while going:
            going = not self._finished()
            self.pulse.catch_up()
            if self.wanted.ticker and self.pulse.step != said:
                said = self.pulse.step
                self.voice.say("step", plain(self.pulse), step=said)
            time.sleep(0.05)

    def _finished(self) -> bool:
        w = self.wanted
        if self.population:
            return self.over or not self.population.is_alive()
        return self.over or (w.steps is not None and self.live.step >= self.first + w.steps)

    # --- stopping ----------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Nothing new comes in; what was asked for is finished."""
        if self.population:
            self.population.stop()
        if self.clock:
            self.clock.stop()
        self.host.stop()
        if self.twin:
            from .summary import tell

            self.status = tell(self) or self.status
        self.voice.say("stop", f"stopped at step {self.live.step}", step=self.live.step)
        sys.stdout.flush()
