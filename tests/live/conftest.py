"""The real PostgreSQL of the ledger's tests, here too."""

from __future__ import annotations

from tests.ledger.postgres import postgres_server

__all__ = ["postgres_server"]
