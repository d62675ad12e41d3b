"""Live networks on real ledgers, with something in their journals."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from pathlib import Path

import mintage as mt
from mintage.ledger import Batch, SqliteStore, decode, encode, open_store
from mintage.ledger.store import GENESIS, Record
from mintage.live.entries import Event, Join, Report
from mintage.live.service import LiveNetwork
from tests.live.town import TEXT


def lived(path: Path | str, steps: int = 6, text: str = TEXT) -> LiveNetwork:
    """The town on a ledger of its own, after some steps in which people joined, brought money, paid and reported; still open."""
    live, ids = LiveNetwork.open(str(path), mt.loads(text, "town.toml"), secret=b"town"), count()
    live.do(Join(id="j1", kind="customers", owner="ann"))
    live.do(Join(id="j2", kind="providers", owner="bob", row=1))
    for step in range(steps):
        for who, price in (("r1", "2.1"), ("r2", "2.3")):
            live.do(Report(id=f"r{next(ids)}", by=who, signal="price", values=(price,)))
        if step:
            live.do(Event(id=f"e{next(ids)}", call="cash", event="deposit", roles={"owner": "ann"}, arguments={"amount": "100"}))
            live.do(Event(id=f"e{next(ids)}", call="jobs", event="pay", roles={"payer": "ann"}, arguments={"amount": "60.5"}))
        live.tick()
    return live


def bent(source: Path, target: Path) -> None:
    """A journal with a sound chain in which the last transfer moved one unit more."""
    store, journal = open_store(str(source)), SqliteStore(target)
    records = [decode(r.body) for r in store.read()]
    last = max(i for i, b in enumerate(records) if b.transfers)
    batch = records[last]
    end = batch.transfers[-1]
    records[last] = Batch(*batch[:4], [*batch.transfers[:-1], end._replace(amount=end.amount + 1)], batch.notes)
    before = GENESIS
    for seq, changed in enumerate(records, 1):
        body = encode(changed)
        before = sha256(before + body).digest()
        with journal.turn():
            journal.append(Record(seq, before, body))
    store.close()
    journal.close()
