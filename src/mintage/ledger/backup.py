"""Copies of a ledger: taken while it is in use, proved before they get their name, restored up to any record.

A copy is made record by record. Records never change, so what was the head at the beginning is a consistent whole, the writer is never held
up, and a ledger on PostgreSQL is copied to the same kind of file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ..errors import Fault, UsageError
from .audit import Audit, Journal, audit
from .look import Look, ReadOnly
from .migrations import migrate
from .projection import remove
from .sqlite import PAGE_SIZE
from .views import Progress


def backup(name: str, file: Path | str, progress: Progress | None = None) -> Audit:
    """Copy the ledger `name` (a file or an address) to a new `file`. Returns what the audit of the copy found: nothing, or the copy is not made.

    Errors: UsageError MT519 when the file is there or cannot be written, MT709 when there is no ledger; LedgerError MT702, MT706 when it is not sound.
    """
    with Look(name) as look:
        return copy(look.journal, Path(file), None, progress)


def restore(file: Path | str, to: Path | str, upto: int | None = None, progress: Progress | None = None) -> Audit:
    """Make a new ledger `to` from a backup, up to record `upto` when given. Errors: as for `backup`; UsageError MT710 for a record it does not have."""
    with closing(ReadOnly(file)) as journal:
        head = journal.head()[0]
        if upto is not None and not 0 < upto <= head:
            raise UsageError(Fault("MT710", f"record {upto}", f"is not in {file}", f"a number from 1 to {head}"))
        return copy(journal, Path(to), upto, progress)


def copy(journal: Journal, to: Path, upto: int | None, progress: Progress | None) -> Audit:
    """A new file with the records up to `upto`, or to the head as it is now, proved by an audit of its own."""
    if to.exists():
        raise UsageError(Fault("MT519", str(to), "is there already", "a new name: a ledger is never overwritten"))
    part = to.with_name(to.name + ".part")
    try:
        remove(part)
        _write(journal, part, journal.head()[0] if upto is None else upto)
        with closing(ReadOnly(part)) as made:
            found = audit(made, progress=progress)
        found.name = str(to)
        found.demand()
        os.link(part, to)  # unlike a rename, it never replaces what somebody put there meanwhile
        return found
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(Fault("MT519", str(to), f"cannot be written ({why})", "a new file in a folder you may write to, with room for it")) from None
    finally:
        if part.parent.is_dir():
            remove(part)


def _write(journal: Journal, part: Path, upto: int) -> None:
    """Records and the snapshots that fit them, flushed once at the end."""
    with closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA synchronous = OFF")
        migrate(db, str(part))
        db.execute("BEGIN")
        db.executemany("INSERT INTO journal VALUES (?, ?, ?)", journal.read(0, upto))
        db.executemany("INSERT INTO snapshots VALUES (?, ?, ?)", [tuple(kept) for kept in journal.snapshots() if kept.seq <= upto])
        db.execute("COMMIT")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
