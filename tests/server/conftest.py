"""One town for the tests of a file; those that need other settings make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.town import Town, town


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(f"{tmp_path_factory.mktemp('town')}/town.db") as running:
        yield running
