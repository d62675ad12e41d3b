"""Journals made by hand, record by record, with no ledger in between: what readers of a journal are tested on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from hypothesis import strategies as st

from mintage.ledger.codec import Batch, Limiting, Note, Opened, encode
from mintage.ledger.store import GENESIS, Record
from mintage.ledger.types import Account, Form, Limit, Transfer

BEGIN = 1_795_000_000 * 10**9  # 2026-11-18
DAY = 86_400 * 10**9
ISSUANCE, ALICE, BOB, BURNED, WORLD, SHOP = range(1, 7)
MINT, PAY, BURN, HOLD = range(1, 5)
TOKEN = 10**8


class Journal:
    """A list of records that reads like a store."""

    name = "by hand"

    def __init__(self, records: list[Record] | None = None) -> None:
        self.records = records or []
        self.kept: list[Record] = []

    def add(self, batch: Batch) -> Record:
        """The next record, with the hash that is right for it."""
        seq, last = self.head()
        body = encode(batch)
        self.records.append(Record(seq + 1, sha256(last + body).digest(), body))
        return self.records[-1]

    def move(self, *transfers: Transfer, days: int = 0) -> Record:
        """A record of transfers only."""
        return self.add(Batch(BEGIN + days * DAY, [], [], [], list(transfers), []))

    def head(self) -> tuple[int, bytes]:
        return (self.records[-1].seq, self.records[-1].hash) if self.records else (0, GENESIS)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        return (r for r in self.records if r.seq > after and (upto is None or r.seq <= upto))

    def snapshots(self) -> Iterator[Record]:
        return iter(self.kept)


def expiry(pending: int) -> int:
    """The id of the EXPIRE of a pending transfer."""
    return int.from_bytes(sha256(b"mintage expire" + pending.to_bytes(16, "big") + bytes(2)).digest()[:16], "big")


def genesis() -> Batch:
    """Six accounts of two assets, four reasons, 1,000 tokens for Alice and 500 dollars for the shop."""
    opened = [
        Opened(ISSUANCE, Account("RENDER", "issuance"), Limit.NONE),
        Opened(ALICE, Account("RENDER", "users", "alice"), Limit.NO_OVERDRAFT),
        Opened(BOB, Account("RENDER", "users", "bob"), Limit.NO_OVERDRAFT),
        Opened(BURNED, Account("RENDER", "burned"), Limit.CREDITS_ONLY),
        Opened(WORLD, Account("USD", "external"), Limit.NONE),
        Opened(SHOP, Account("USD", "shop", "anna b", 3), Limit.NO_OVERDRAFT),
    ]
    reasons = [(MINT, "mint"), (PAY, "jobs.pay"), (BURN, "jobs.burn"), (HOLD, "hold")]
    note = Note("genesis", json.dumps({"decimals": {"RENDER": 8, "USD": 2}}).encode(), 0, 2)
    moved = [Transfer(1, ISSUANCE, ALICE, 1000 * TOKEN, MINT), Transfer(2, WORLD, SHOP, 50_000, PAY)]
    return Batch(BEGIN, opened, reasons, [], moved, [note])


def town() -> Journal:
    """Four days with every form of transfer, a chain, and a limit that changes."""
    journal = Journal()
    journal.add(genesis())
    journal.move(
        Transfer(3, ALICE, BOB, 30 * TOKEN, PAY, 1), Transfer(4, ALICE, BURNED, 5 * TOKEN, BURN, 1, linked=True), Transfer(5, WORLD, SHOP, 250, PAY, 1), days=1
    )
    journal.move(
        Transfer(6, ALICE, BOB, 40 * TOKEN, HOLD, 2, Form.PENDING),
        Transfer(7, ALICE, BOB, 8 * TOKEN, HOLD, 2, Form.PENDING, timeout=3600),
        Transfer(8, ALICE, BOB, 2 * TOKEN, HOLD, 2, Form.PENDING),
        days=2,
    )
    ends = [
        Transfer(expiry(7), ALICE, BOB, 0, 0, 0, Form.EXPIRE, pending=7),
        Transfer(9, ALICE, BOB, 25 * TOKEN + 1, PAY, 3, Form.POST, pending=6),
        Transfer(10, ALICE, BOB, 0, PAY, 3, Form.VOID, pending=8),
    ]
    journal.add(Batch(BEGIN + 3 * DAY, [], [], [Limiting(BOB, Limit.NO_OVERDRAFT | Limit.FROZEN, "asked to", 3)], ends, [Note("freeze", b"{}")]))
    return journal


@st.composite
def journals(draw: st.DrawFn, most: int = 2**240) -> Journal:
    """A short journal of moves, holds and their ends between five accounts without limits."""
    journal = Journal()
    opened = [Opened(n, Account("T", "users", f"u{n}"), Limit.NONE) for n in range(1, 6)]
    journal.add(Batch(BEGIN, opened, [(1, "a"), (2, "b")], [], [], []))
    fresh, open_ = 0, dict[int, Transfer]()
    for record in range(draw(st.integers(0, 5))):
        transfers = []
        for _ in range(draw(st.integers(0, 6))):
            fresh += 1
            form = draw(st.sampled_from(Form if open_ else [Form.MOVE, Form.PENDING]))
            amount = draw(st.one_of(st.integers(1, 100), st.integers(most >> 10, most)))
            debit, credit = draw(st.permutations(range(1, 6)))[:2]
            pending = 0
            if form > Form.PENDING:
                begun = open_.pop(draw(st.sampled_from(sorted(open_))))
                pending, debit, credit = begun.id, begun.debit, begun.credit
                amount = draw(st.integers(1, begun.amount)) if form == Form.POST else 0
            t = Transfer(fresh * 2**90 + 7, debit, credit, amount, draw(st.integers(0, 2)), draw(st.sampled_from([0, 1, 2**64 - 1])), form, False, pending)
            if form == Form.PENDING:
                open_[t.id] = t
            transfers.append(t)
        journal.add(Batch(BEGIN + DAY * (record + 1), [], [], [], transfers, []))
    return journal
