"""The tables of a ledger in PostgreSQL, and how an older schema becomes this one.

`journal` is the ledger; the database itself refuses to change a line of it, or to take one that does not follow from the last. The
other tables can be dropped: they are made anew from the journal.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..errors import Fault, LedgerError

VERSION = 1  # of the schema; STEPS[n] leads from n to n + 1

JOURNAL = """
CREATE TABLE journal (seq bigint PRIMARY KEY CHECK (seq > 0), hash bytea NOT NULL CHECK (length(hash) = 32), body bytea NOT NULL);
ALTER TABLE journal ALTER body SET STORAGE EXTERNAL;  -- packed numbers: compressing costs time and gains little
CREATE FUNCTION journal_never_changes() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP; END $$;
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_never_changes();
CREATE FUNCTION journal_follows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE last bigint; head bytea;
BEGIN
  SELECT journal.seq, journal.hash INTO last, head FROM journal ORDER BY journal.seq DESC LIMIT 1;
  IF NOT FOUND THEN
    last := 0; head := decode(repeat('00', 32), 'hex');
  END IF;
  IF NEW.seq <> last + 1 OR NEW.hash <> sha256(head || NEW.body) THEN
    RAISE EXCEPTION 'record % does not follow record %', NEW.seq, last;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_follows();
ALTER TABLE journal ENABLE ALWAYS TRIGGER never_changes;
ALTER TABLE journal ENABLE ALWAYS TRIGGER follows;
CREATE TABLE snapshots (seq bigint, part int, hash bytea NOT NULL, body bytea NOT NULL, PRIMARY KEY (seq, part));
ALTER TABLE snapshots ALTER body SET STORAGE EXTERNAL;
"""
STEPS = (JOURNAL,)


def lock_key(schema: str, purpose: str) -> int:
    """The number of an advisory lock. Those are of a database, so the schema is in it."""
    return int.from_bytes(hashlib.sha256(f"mintage {purpose} {schema}".encode()).digest()[:8], "big", signed=True)


def migrate(connection: Any, schema: str, where: str) -> None:
    """Make or raise the tables, in one transaction that one process at a time does. A ledger at this version needs no right to make tables.

    Errors: LedgerError MT708 when a newer Mintage wrote the schema.
    """
    if _version(connection, schema, where) == VERSION:
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(schema, "schema")])
        make_schema(connection, schema)
        found = _version(connection, schema, where)
        if not found:
            connection.execute("CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)")
        for step in STEPS[found:]:
            connection.execute(step)
        connection.execute("INSERT INTO meta VALUES ('schema', %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [str(VERSION)])


def _version(connection: Any, schema: str, where: str) -> int:
    """0: no ledger yet."""
    if not has_table(connection, schema, "meta"):
        return 0
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    found = int(row[0]) if row and row[0].isdecimal() else 0
    if found > VERSION:
        raise LedgerError(
            Fault("MT708", where, f"has schema {found}", f"at most {VERSION}", "open it with the version of Mintage that wrote it, or a newer one")
        )
    return found


def make_schema(connection: Any, schema: str) -> None:
    """When it is not there: `IF NOT EXISTS` would ask for a right that the owner of an empty schema need not have."""
    if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone():
        connection.execute(f"CREATE SCHEMA {quoted(schema)}")


def has_table(connection: Any, schema: str, table: str) -> bool:
    """Read from the catalogue itself: `to_regclass` may answer from before the lock that was just waited for."""
    query = "SELECT 1 FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = %s AND relname = %s"
    return connection.execute(query, [schema, table]).fetchone() is not None


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
