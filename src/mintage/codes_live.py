"""Codes of what runs: the ledger (MT7), the live network (MT8), the server (MT9)."""

from __future__ import annotations

LIVE: dict[str, tuple[str, str]] = {
    "MT701": (
        "The ledger is in use",
        "Another process has this ledger open. One process at a time writes to a SQLite ledger; stop the other, or use PostgreSQL, which several may share.",
    ),
    "MT702": (
        "The ledger is damaged",
        "A record of the journal does not have the hash that its content demands, or a record is missing. Nothing was changed. Restore the last backup, "
        "or `mintage ledger verify` to see where the chain breaks.",
    ),
    "MT703": (
        "The store failed",
        "The disk is full, the database went away, or the store could not write. What was acknowledged before is safe; the batch at hand was not "
        "written. Retry with the same ids: nothing is posted twice.",
    ),
    "MT704": (
        "A transfer was refused",
        "The ledger checks every transfer before it writes; the message names the rule it breaks, and what the accounts hold.",
    ),
    "MT705": ("The ledger is closed", "It was closed, or its writer stopped after a failure. Open it again; every acknowledged transfer is there."),
    "MT706": (
        "The ledger does not balance",
        "The auditor recomputed everything from the journal and found a difference. The message names where.",
    ),
    "MT707": ("No such account", "The account was never opened in this ledger. The message names the nearest that was."),
    "MT708": (
        "Another format of ledger",
        "The file was written by a version of Mintage with another schema. A newer one migrates when it opens; an older one must not write to it.",
    ),
    "MT709": ("No ledger there", "The file or database does not exist, or holds something else. A query, a check or a backup never makes a new ledger."),
    "MT710": (
        "Nothing to ask for",
        "A cursor is one that a page of this ledger ended with; a time is a date or 2026-11-21T12:00:00Z; the message says what fits.",
    ),
}
