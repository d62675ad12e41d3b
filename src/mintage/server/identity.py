"""Which network this is: the digest that signatures name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..live.service import LiveNetwork


def network_digest(live: LiveNetwork) -> bytes:
    """Hash of the journal's first record: it holds the spec, the opening balances and the time, so no two networks share it."""
    return bytes(next(iter(live.ledger.records(0))).hash)
