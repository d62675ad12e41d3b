"""A session with PostgreSQL: its address, its bounds, what counts as lost.

The address is postgresql://user:password@host:port/database?schema=name, or libpq's `key=value` form. A connection through a pooler must
be pooled by session: the settings made here are the session's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from ..errors import Fault, LedgerError, ServiceError
from .postgres_schema import quoted

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as missing:  # the extra [postgres]
    raise ServiceError(Fault("MT532", "psycopg", "is not installed", "the extra [postgres]", "install it with: pip install 'mintage[postgres]'")) from missing

T = TypeVar("T")
DatabaseError = psycopg.Error
URI = re.compile(r"postgres(?:ql)?://([^/?#]*)([^?#]*)(?:\?([^#]*))?")
# How soon a server that has gone silent counts as lost [s, tcp_user_timeout in ms]; what the address says comes first.
PROBES = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 15_000}
# Bounds on every wait [ms]. Who stops inside a turn loses it before those who wait for it give up.
BOUNDS = {"idle_in_transaction_session_timeout": 10_000, "lock_timeout": 20_000, "statement_timeout": 30_000}
AGAIN = {"57P01", "57P02", "57P03", "57P05", "53300"}  # shut down, crashed, starting up, session ended, too many connections
FORM = "postgresql://user:password@host:port/database?schema=name"


class Address(NamedTuple):
    """`conninfo` may hold a password; `name` is for messages and does not."""

    conninfo: str
    schema: str
    name: str


def address(dsn: str, schema: str | None) -> Address:
    """Take an address apart. Errors: ServiceError MT703, without a word of the address: what libpq says of a malformed one repeats it."""
    if "://" in dsn:
        found = URI.fullmatch(dsn)
        if not found or dsn.count("@") > 1 or "@" in (found[2] + (found[3] or "")):
            raise wrong("in user and password write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23")
        options = [o for o in (found[3] or "").split("&") if o]
        asked = [unquote(o.removeprefix("schema=")) for o in options if o.startswith("schema=")]
        schema = schema or (asked[-1] if asked else None)
        rest = "&".join(o for o in options if not o.startswith("schema="))
        dsn = f"postgresql://{found[1]}{found[2]}" + (f"?{rest}" if rest else "")
    try:
        parts = conninfo_to_dict(dsn)
    except Exception:  # whatever it is, its message may hold the password
        raise wrong("") from None
    schema = schema or "mintage"
    if not 0 < len(schema.encode()) < 64 or "\0" in schema or schema.startswith("pg_"):
        raise ServiceError(Fault("MT703", "PostgreSQL", f"schema {schema!r} cannot be used", "a name of 1 to 63 bytes that does not begin with pg_"))
    host = str(parts.get("host") or parts.get("hostaddr") or "") + (f":{parts['port']}" if parts.get("port") else "")
    name = f"postgresql://{host}/{parts.get('dbname') or parts.get('user') or ''}?schema={schema}"
    probes: dict[str, Any] = {k: v for k, v in PROBES.items() if k not in parts}
    return Address(make_conninfo(dsn, **probes), schema, name)


def wrong(hint: str) -> ServiceError:
    return ServiceError(Fault("MT703", "PostgreSQL", "the address cannot be read", FORM, hint))


def connect(where: Address) -> Any:
    """A connection, each statement its own transaction, whose commits are on the disk when they return.

    Errors: psycopg's; ServiceError MT703 when the server does not write through to the disk.
    """
    connection = psycopg.connect(where.conninfo, autocommit=True, prepare_threshold=None)
    try:
        settings = "".join(f"SET {k} = {v};" for k, v in BOUNDS.items())
        connection.execute(
            f"SET search_path = {quoted(where.schema)}; SET default_transaction_isolation = 'read committed';"
            f"SET application_name = 'mintage'; SET client_min_messages = 'warning'; {settings}".encode()
        )
        row = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
        if not row or row[0] != "on":
            raise ServiceError(Fault("MT703", where.name, "fsync is off, so a power cut can lose what was acknowledged", "fsync = on"))
        if row[1] not in ("on", "remote_apply"):
            connection.execute("SET synchronous_commit = on")
    except BaseException:
        connection.close()
        raise
    return connection


class Link:
    """A connection that is made anew when it is lost. One thread at a time uses it: `lock`."""

    def __init__(self, where: Address, patience: float) -> None:
        self.where, self.patience, self.lock = where, patience, RLock()
        self.connection: Any = None
        self.closed = False

    def ask(self, act: Callable[[Any], T]) -> T:
        """Do what may be done twice; on a new connection when the old one is lost, for `patience` seconds. Errors: LedgerError MT703."""
        end, pause = time.monotonic() + self.patience, 0.02
        while True:
            if self.closed:
                raise failed(self.where, "this store is closed")
            try:
                if self.connection is None:
                    self.connection = connect(self.where)
                return act(self.connection)
            except (DatabaseError, ServiceError) as error:
                self.drop()
                if not lost(error) or time.monotonic() + pause > end:
                    raise failed(self.where, said(error)) from error
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
            except BaseException:
                self.drop()
                raise

    def drop(self) -> None:
        """The next `ask` makes a new one."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(DatabaseError):
                connection.close()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.drop()


def failed(where: Address, found: str) -> LedgerError:
    """MT703 of a store that was open."""
    return LedgerError(Fault("MT703", where.name, found, hint="retry with the same ids: nothing is posted twice"))


def unusable(where: Address, error: BaseException) -> ServiceError:
    """MT703 of a database that could not be opened."""
    return ServiceError(Fault("MT703", where.name, said(error), "a PostgreSQL that this user may use", "check address, user and password"))


def said(error: BaseException) -> str:
    """What the server or the driver said, in a line. libpq never repeats a password."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def lost(error: BaseException) -> bool:
    """Whether the connection is what failed, rather than what was asked of it."""
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith("08") or error.sqlstate in AGAIN
