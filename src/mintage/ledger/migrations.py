"""The schema of a SQLite ledger, as the steps that led to it. A step is never changed once it was released; a new one is added behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mintage.errors import Fault, LedgerError

APPLICATION_ID = 0x4D544731  # "MTG1"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE journal(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32), "
        "body BLOB NOT NULL CHECK (typeof(body) = 'blob'))",
        "CREATE TABLE snapshots(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, body BLOB NOT NULL)",
        "CREATE TRIGGER journal_gapless BEFORE INSERT ON journal WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM journal) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: a record does not follow the last one'); END",
        "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only: no record changes'); END",
        "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only: no record goes'); END",
    ),
)


def migrate(db: sqlite3.Connection, where: str, steps: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the schema up to the last step, all in one transaction. Errors: LedgerError MT708 for a newer schema or another program's file."""
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db, where)
        if version > len(steps):
            raise LedgerError(Fault("MT708", where, f"has schema {version}", f"at most {len(steps)}", "open it with the Mintage that wrote it, or a newer one"))
        if version < len(steps):
            db.execute("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
            for statement in (statement for step in steps[version:] for statement in step):
                db.execute(statement)
            db.execute("INSERT INTO meta VALUES ('schema', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", (str(len(steps)),))
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, where: str) -> int:
    """The schema a file has; 0: an empty file."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return 0
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID or "meta" not in tables:
        raise LedgerError(Fault("MT708", where, "is a database of another program", "a ledger of Mintage, or a name that is not taken"))
    row = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    if row is None or not row[0].isdigit():
        raise LedgerError(Fault("MT702", where, "does not say which schema it has"))
    return int(row[0])
