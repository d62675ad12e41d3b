"""The address of a ledger in PostgreSQL: postgresql://user:password@host:port/database?schema=name, or libpq's `key=value` form."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from ..errors import Fault, ServiceError

URI = re.compile(r"postgres(?:ql)?://([^/?#]*)([^?#]*)(?:\?([^#]*))?")
# How soon a server that has gone silent counts as lost [s, tcp_user_timeout in ms]; what the address says comes first.
PROBES = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 15_000}
FORM = "postgresql://user:password@host:port/database?schema=name"


class Address(NamedTuple):
    """`conninfo` may hold a password; `name` is for messages and does not."""

    conninfo: str
    schema: str
    name: str


def address(dsn: str, schema: str | None) -> Address:
    """Take an address apart. Errors: ServiceError MT703, without a word of the address: what libpq says of a malformed one repeats it."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # here, so that `postgres` can say that the extra is missing

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
