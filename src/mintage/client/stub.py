"""A typed Python module for one network, so that editors and type checkers know its events."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from itertools import groupby

from .wire import Event

HEAD = '''"""The events of network {name}, typed. Written by `Client.stub()`; write it anew when the network changes."""

from __future__ import annotations

from typing import Protocol

from mintage.client import Amount, Owner, Receipt, TypedAsyncClient, TypedClient
'''


def write_stub(name: str, events: Iterable[Event], title: str = "Network", taken: Iterable[str] = ()) -> str:
    """The module's text: a protocol for each call, a client and an async client with one attribute for each.

    A call whose name is `taken` by a method of the client is left out: `client.event(call, ...)` reaches it.
    """
    # Names come from a server and become code: only those that are names may.
    known = sorted((e for e in events if all(n.isidentifier() for n in (e.call, e.event, *e.roles, *e.arguments))), key=lambda e: (e.call, e.event))
    calls = [(call, list(of)) for call, of in groupby(known, lambda e: e.call)]
    parts = [HEAD.format(name=_safe(name))]
    for call, of in calls:
        for prefix, wait in (("", ""), ("Async", "async ")):
            parts.append("\n".join([f"class {prefix}{_title(call)}(Protocol):", *(line for e in of for line in _method(e, wait))]))
    for prefix, base in (("", "TypedClient"), ("Async", "TypedAsyncClient")):
        body = [f"    {call}: {prefix}{_title(call)}" for call, _ in calls if call not in taken] or ["    pass"]
        parts.append("\n".join([f"class {prefix}{title}({base}):", f'    """A client of {_safe(name)}."""', "", *body]))
    return "\n\n".join(parts) + "\n"


def _method(e: Event, wait: str) -> Iterator[str]:
    roles = [f"{_word(r)}: Owner" for r in e.roles]
    arguments = [f"{_word(a)}: Amount" for a in e.arguments]
    signature = ", ".join(["self", "*", *roles, *arguments, "idempotency_key: str | None = None"])
    yield f"    {wait}def {_word(e.event)}({signature}) -> Receipt:"
    yield f'        """{_safe(e.doc)}"""'
    yield "        ..."
    yield ""


def _title(call: str) -> str:
    return "".join(part.capitalize() for part in call.split("_")) + "Events"


def _word(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _safe(text: str) -> str:
    """Text that stays within its docstring: it comes from a server."""
    return text.replace("\\", "\\\\").replace('"""', "'''").replace('"', "'").strip()
