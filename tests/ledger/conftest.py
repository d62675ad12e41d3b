"""Every store there is. A new one is a line in STORES: then all laws of a ledger run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mintage.ledger.memory import MemoryStore
from mintage.ledger.postgres import PostgresStore
from mintage.ledger.sqlite import SqliteStore
from mintage.ledger.store import Store

from .postgres import postgres_server
from .stores import Open

__all__ = ["open_store", "postgres_server", "store"]

Make = Callable[[pytest.FixtureRequest, Path], Open]


def _memory(request: pytest.FixtureRequest, folder: Path) -> Open:
    store = MemoryStore()
    return lambda: store


def _sqlite(request: pytest.FixtureRequest, folder: Path) -> Open:
    return lambda: SqliteStore(folder / "ledger.db")


def _postgres(request: pytest.FixtureRequest, folder: Path) -> Open:
    dsn = request.getfixturevalue("postgres_server").fresh()
    return lambda: PostgresStore(dsn)


STORES: dict[str, Make] = {"memory": _memory, "sqlite": _sqlite, "postgres": _postgres}


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens one and the same store again and again."""
    return STORES[request.param](request, tmp_path)


@pytest.fixture
def store(open_store: Open) -> Iterator[Store]:
    """A store that is open."""
    opened = open_store()
    yield opened
    opened.close()
