"""What `mintage serve --demo` adds: a population that uses the API, and the twin, which replays the journal while it grows."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ..errors import MintageError

if TYPE_CHECKING:
    from ..ledger import Ledger
    from ..live.driver import Driver
    from ..spec import Spec


class Population(threading.Thread):
    """Seeded owners, reporters and an operator, each with a key of its own, over HTTP. A step takes `pace` seconds, or longer when it must."""

    def __init__(self, url: str, key: str, spec: Spec, *, seed: int, owners: int, events: int, pace: float, steps: int | None) -> None:
        super().__init__(name="population", daemon=True)
        self.url, self.key, self.spec, self.seed, self.owners, self.events, self.pace, self.steps = url, key, spec, seed, owners, events, pace, steps
        self.ended = threading.Event()
        self.driver: Driver | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        from ..client.door import OverHttp
        from ..live.driver import Driver

        try:
            door = OverHttp(self.url, self.key, self.spec, seed=self.seed)
            try:
                made = Driver(
                    door, self.spec, seed=self.seed, owners=self.owners, events=self.events, name=door.owner, arriving=max(1, self.owners // 6), joins=0.6
                )
                self.driver = made
                while not self.ended.is_set() and (self.steps is None or made.tally.epochs < self.steps):
                    self.day(made)
            finally:
                door.close()
        except BaseException as error:  # said by whoever waits for us
            self.error = error

    def day(self, driver: Driver) -> None:
        """One step, its requests spread over its time."""
        begun, before = time.monotonic(), driver.tally.epochs

        def between(done: float) -> bool:
            wait = begun + done * self.pace - time.monotonic()
            return not (self.ended.wait(wait) if wait > 0 else self.ended.is_set())

        driver.once(between)
        if driver.tally.epochs == before:  # the breaker is open, or reports were refused: people go on, slowly
            self.ended.wait(0.5)

    def refused(self) -> dict[str, int]:
        """Refusals so far, by code."""
        return dict(self.driver.tally.refused) if self.driver else {}

    def stop(self) -> None:
        """Let the request that is on its way end. Errors: what the population ended with."""
        self.ended.set()
        if self.is_alive():
            self.join()
        if isinstance(self.error, MintageError):
            raise self.error


class Twin(threading.Thread):
    """Replays every record of a journal by the simulator, while it is written."""

    def __init__(self, ledger: Ledger) -> None:
        from ..live.replay import Replay

        super().__init__(name="twin", daemon=True)
        self.ledger, self.replay, self.seq = ledger, Replay(), 0
        self.ended = threading.Event()
        self.error: Any = None

    def run(self) -> None:
        try:
            while not self.ended.wait(0.2):
                self.follow()
        except Exception as error:
            self.error = error

    def follow(self, until: float | None = None) -> None:
        """Replay what is there, until a time of `monotonic`."""
        from ..ledger import decode

        for record in self.ledger.records(self.seq):
            self.replay.feed(record.seq, decode(record.body))
            self.seq = record.seq
            if (until is None and self.ended.is_set()) or (until is not None and time.monotonic() > until):
                return

    def finish(self, seconds: float) -> None:
        """Replay the rest, as far as `seconds` allow."""
        self.ended.set()
        if self.is_alive():
            self.join()
        if self.error is None:
            self.follow(time.monotonic() + seconds)

    @property
    def whole(self) -> bool:
        """Whether the journal was replayed to its end."""
        return self.seq == self.ledger.head[0]

    def line(self) -> str:
        """What was found."""
        if self.error is not None:
            return f"stopped: {type(self.error).__name__}: {self.error}"[:200]
        s = self.replay.summary
        many = len(s.differences)
        return f"{s.entries:,} entries replayed, {many} difference{'' if many == 1 else 's'}"
