"""An exact double-entry ledger: append-only, hash-chained, one writer, group commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mintage.ledger.codec import Batch, Limiting, Note, Opened, decode, encode
from mintage.ledger.draft import Draft
from mintage.ledger.memory import MemoryStore
from mintage.ledger.opening import Machine
from mintage.ledger.past import Past
from mintage.ledger.sqlite import SqliteStore
from mintage.ledger.store import GENESIS, Record, Store
from mintage.ledger.types import AMOUNT_MAX, ID_MAX, Account, Balance, Form, Limit, Result, Transfer
from mintage.ledger.writer import Ledger

__all__ = [
    "AMOUNT_MAX",
    "GENESIS",
    "ID_MAX",
    "Account",
    "Balance",
    "Batch",
    "Draft",
    "Form",
    "Ledger",
    "Limit",
    "Limiting",
    "Machine",
    "MemoryStore",
    "Note",
    "Opened",
    "Past",
    "Record",
    "Result",
    "SqliteStore",
    "Store",
    "Transfer",
    "decode",
    "encode",
    "open_ledger",
    "open_store",
]


def open_ledger(url: str, clock: Callable[[], int] = time.time_ns, machine: Machine | None = None, **options: Any) -> Ledger:
    """The ledger at `url`, made when it is not there: `path.db`, `sqlite:path`, `postgres://...`, `memory:`. `options` as of `Ledger`."""
    return Ledger(open_store(url), clock, machine, **options)


def open_store(url: str) -> Store:
    """The store at `url`. Errors: LedgerError MT701, MT702, MT703, MT708."""
    if url == "memory:":
        return MemoryStore()
    if url.startswith(("postgres://", "postgresql://")):
        from mintage.ledger.postgres import PostgresStore

        return PostgresStore(url)
    return SqliteStore(url.removeprefix("sqlite:"))
