"""A slow flush: callers wait longer and share records; nothing is answered early, lost or doubled."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from mintage.ledger import Account, Ledger, Limit, MemoryStore, Record, Result, Transfer

FLUSH = 0.15


class Slow(MemoryStore):
    """A disk that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.durable = 0

    def append(self, record: Record) -> None:
        time.sleep(FLUSH)
        super().append(record)
        self.durable = record.seq


def test_callers_share_the_flush_and_none_is_answered_before_it() -> None:
    store = Slow()
    with Ledger(store) as ledger:
        source, sink = ledger.execute(lambda d: (d.open(Account("T", "issuance"), Limit.NONE), d.open(Account("T", "sink"))))
        before, seen = store.durable, []
        gate = threading.Barrier(40)

        def pay(i: int) -> Result:
            gate.wait()
            result = ledger.transfer([Transfer(i, source, sink, 1)])[0]
            seen.append(store.durable)  # whoever is answered finds the record it waited for
            return result

        with ThreadPoolExecutor(40) as pool:
            results = list(pool.map(pay, range(1, 41)))
        assert results == [Result.OK] * 40
        assert min(seen) > before
        assert store.durable - before <= 4, "forty callers, a few flushes"
        assert ledger.balance(sink).posted == 40
