"""Killed at a random moment under load, a ledger has every acknowledged transfer, none twice, and balances. `make soak` does it 200 times a store."""

from __future__ import annotations

import pytest

from tests.ledger.killing import soak

ROUNDS = 20


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(store, tmp_path, request):
    url = str(tmp_path / "killed.db") if store == "sqlite" else request.getfixturevalue("postgres_server").fresh()
    found = soak(url, ROUNDS, longest=0.15)
    assert found.wrong == []
    assert found.rounds == ROUNDS
    assert found.acknowledged > 500
