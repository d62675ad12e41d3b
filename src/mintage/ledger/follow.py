"""The index kept behind a running ledger by a thread of its own; in return the ledger lets go of ids that the index knows, and asks it for them.

The thread reads the journal and writes the index through connections of its own, so that it never waits for the writer, nor the writer for it.
Ids are only let go up to the record that the index stands at, and an index never goes back: so what it does not find was never posted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any

from ..errors import MintageError
from .codec import Batch
from .look import Look
from .store import Record
from .views import Views
from .writer import Ledger

KEEP = 2_000_000  # transfers whose ids stay in memory
log = logging.getLogger("mintage.ledger")


class Follower:
    """Follows `ledger`, which is open at `name` (a file or an address), until `close`. `index` answers queries meanwhile.

    Opening brings the index up to the journal. Errors: of `Look` and of the index.
    """

    def __init__(self, ledger: Ledger, name: str, keep: int = KEEP) -> None:
        self.ledger, self.keep = ledger, keep
        self.index: Views  # its own connection, for questions: also those of the writer
        self._held: deque[tuple[int, int]] = deque()  # records whose ids may be in memory, and how many they are
        self._count = 0
        self._lock = threading.Lock()
        self._wake, self._ended = threading.Event(), False
        self._end_calls = ledger.on_commit(self._committed)
        self._look, reader = Look(name), Look(name)
        self._reader = reader
        try:
            self._look.index()
            self.index = reader.index()
        except BaseException:
            self._end_calls()
            self._look.__exit__()
            reader.__exit__()
            raise
        ledger.attach(self.index)
        self._thread = threading.Thread(target=self._run, name="ledger-index", daemon=True)
        self._thread.start()

    def _committed(self, record: Record, batch: Batch) -> None:
        """In the writer's thread: only take note."""
        with self._lock:
            self._held.append((record.seq, len(batch.transfers)))
            self._count += len(batch.transfers)
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait()
            self._wake.clear()
            try:
                self._follow()
            except MintageError as error:  # the next record tries again; meanwhile memory keeps what the index lacks
                if not self._ended:
                    log.warning("the index does not follow: %s", error)

    def _follow(self) -> None:
        views: Any = self._look.views
        views.catch_up(self._look.journal)
        at, upto = views.mark()[0], 0
        with self._lock:
            while self._held and self._held[0][0] <= at and self._count - self._held[0][1] >= self.keep:
                upto, count = self._held.popleft()
                self._count -= count
        if upto:
            self.ledger.forget(upto)

    def close(self) -> None:
        """Stop following. Close the ledger first: as long as it runs, it asks the index for ids. The index goes on from where it stands next time."""
        self._end_calls()
        self._ended = True
        self._wake.set()
        self._thread.join()
        self._look.__exit__()
        self._reader.__exit__()
