"""Every store there is. A new one is a line in STORES: then all laws of a ledger run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mintage.ledger.memory import MemoryStore
from mintage.ledger.sqlite import SqliteStore
from mintage.ledger.store import Store

from .stores import Open

Make = Callable[[pytest.FixtureRequest, Path], Open]


def _memory(request: pytest.FixtureRequest, folder: Path) -> Open:
    store = MemoryStore()
    return lambda: store


def _sqlite(request: pytest.FixtureRequest, folder: Path) -> Open:
    return lambda: SqliteStore(folder / "ledger.db")


STORES: dict[str, Make] = {"memory": _memory, "sqlite": _sqlite}


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
