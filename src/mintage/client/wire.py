"""The protocol without the network: what to send, when to send it again, what an answer means. Both clients run these conversations.

A conversation is a generator: it yields a request to send or seconds to wait, is sent the answer (or the exception there was instead), and
returns the result. So retrying is written once.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

import httpx

from ..errors import Fault, ServiceError, UsageError
from .answers import Receipt, Record, error_of
from .sign import VALID, Signer

Amount = Decimal | int | str
Owner = str | int
Talk = Generator["httpx.Request | float", "httpx.Response | Exception | None", Any]
AGAIN = {429, 503}
STALE = "MT810"  # a later nonce of the same key came first: nothing was done
LONGEST = 10.0


@dataclass
class Event:
    """An event that the network offers."""

    call: str
    event: str
    roles: Mapping[str, str]
    arguments: Mapping[str, str]
    doc: str


class Wire:
    """Everything of a client but its connection."""

    def __init__(self, base_url: str, key: str | None, api_key: str | None, network: str | None, attempts: int, scheme: str) -> None:
        if key and api_key:
            raise UsageError(Fault("MT932", "client", "a private key and an API key", "one of them"))
        self.base_url = httpx.URL(base_url.rstrip("/"))
        self.signer = Signer(key, scheme) if key else None
        self._api_key = api_key
        self.network, self.attempts = network, attempts
        self._events: dict[tuple[str, str], Event] | None = None

    def ask(self, method: str, path: str, body: Any = None, *, params: Mapping[str, Any] | None = None, idempotency_key: str | None = None) -> Talk:
        """One request until it is answered: what changes something is sent again with the same id, so that it happens once."""
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        if method != "GET":
            headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        url = self.base_url.copy_with(raw_path=self.base_url.raw_path.rstrip(b"/") + path.encode())
        request = httpx.Request(method, url, params=params or None, content=content, headers=headers)
        yield from self._authorise(request)
        answer: httpx.Response | Exception | None = None
        for attempt in range(self.attempts):
            answer = yield request
            if isinstance(answer, httpx.Response):
                if answer.is_success:
                    return answer
                error = error_of(answer.status_code, _json(answer))
                stale = error.faults[0].code == STALE and self.signer is not None
                if attempt + 1 == self.attempts or not (stale or answer.status_code in AGAIN):
                    raise error
                if stale:
                    yield from self._authorise(request)
                    continue
            yield self._pause(attempt, answer)
        raise ServiceError(Fault("MT930", str(self.base_url), f"{type(answer).__name__}: {str(answer)[:200]}", "a Mintage server"))

    def _pause(self, attempt: int, answer: httpx.Response | Exception | None) -> float:
        told = answer.headers.get("Retry-After", "") if isinstance(answer, httpx.Response) else ""
        least = float(told) if told.isdigit() else 0.0
        return float(min(LONGEST, max(least, 0.1 * 2**attempt * (0.5 + random.random()))))

    def _authorise(self, request: httpx.Request) -> Talk:
        """Sign, or show the API key. Reads need neither."""
        if request.method == "GET":
            return
        if self._api_key:
            request.headers["Authorization"] = f"Bearer {self._api_key}"
        elif self.signer:
            if self.network is None:
                self.network = (yield from self.ask("GET", "/v1/network")).json()["digest"]
            path = request.url.raw_path.decode("ascii")
            expires = int(time.time()) + VALID
            request.headers.update(self.signer.headers(self.network, request.method, path, request.content, self.signer.nonce(), expires))
        else:
            raise UsageError(Fault("MT932", "client", "no key", "key=... (a private key) or api_key=..."))

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Talk:
        """A read, as JSON."""
        return (yield from self.ask("GET", path, params=params)).json()

    def post(self, path: str, body: Any, idempotency_key: str | None = None, method: str = "POST") -> Talk:
        """A change, with its receipt as JSON."""
        return (yield from self.ask(method, path, body, idempotency_key=idempotency_key)).json()

    def change(self, path: str, body: Any, idempotency_key: str | None = None) -> Talk:
        """A change, with its receipt."""
        return Receipt.of((yield from self.post(path, body, idempotency_key)))

    def catalog(self) -> Talk:
        """The network's events, out of its OpenAPI document; asked for once."""
        if self._events is None:
            document = yield from self.get("/openapi.json")
            self._events = {}
            for methods in document.get("paths", {}).values():
                for operation in methods.values():
                    if told := operation.get("x-mintage-event"):
                        known = Event(told["call"], told["event"], told["roles"], told["arguments"], operation.get("description", ""))
                        self._events[known.call, known.event] = known
        return self._events

    def cause(self, call: str, event: str, values: Mapping[str, Any], idempotency_key: str | None) -> Talk:
        """Cause an event. Errors: UsageError MT931, MT932 before anything is sent."""
        events = yield from self.catalog()
        known = events.get((call, event))
        if known is None:
            names = [".".join(k) for k in events]
            close = get_close_matches(f"{call}.{event}", names, 1)
            raise UsageError(
                Fault("MT931", f"{call}.{event}", "is no event of this network", "one of its events", f"did you mean '{close[0]}'?" if close else "")
            )
        body = {}
        for name, value in values.items():
            plain = name if name in known.roles or name in known.arguments else name.removesuffix("_")
            body[plain] = value if plain in known.roles else text(plain, value)
        return Receipt.of((yield from self.post(f"/v1/events/{call}/{event}", body, idempotency_key)))

    def accounts(self, owner: str) -> Talk:
        """Balances of an owner, as Decimals."""
        told = yield from self.get(f"/v1/accounts/{quote(owner, safe='')}")
        return {name: Decimal(value) for name, value in told["balances"].items()}

    def amounts(self, path: str) -> Talk:
        """A table of amounts, as Decimals."""
        return {name: Decimal(value) for name, value in (yield from self.get(path)).items()}

    def history(self, after: int, limit: int) -> Talk:
        """A page of the journal."""
        told = yield from self.get("/v1/journal", {"after": after, "limit": limit})
        return [Record.of(r) for r in told["records"]]

    def stream_request(self, after: int, quiet: float) -> httpx.Request:
        """The request that opens a stream behind `after`."""
        url = self.base_url.copy_with(raw_path=self.base_url.raw_path.rstrip(b"/") + b"/v1/journal/stream")
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        return httpx.Request("GET", url, headers=headers, extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), quiet)})


class Lines:
    """Server-sent events out of the lines of a response; what is no record (signs of life, retry) is passed over."""

    def __init__(self) -> None:
        self.data: list[str] = []

    def take(self, line: str) -> Record | None:
        """A record, when this line ends one."""
        if line.startswith("data:"):
            self.data.append(line[5:].removeprefix(" "))
        elif not line and self.data:
            whole, self.data = "\n".join(self.data), []
            return Record.of(json.loads(whole))
        return None


def text(name: str, value: Any) -> str:
    """An amount as decimal text. Errors: UsageError MT932 for a float, or what is no number."""
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    if isinstance(value, int | str) and not isinstance(value, bool):
        return str(value)
    raise UsageError(Fault("MT932", name, f"{type(value).__name__} {str(value)[:40]}", "a Decimal, a whole number or decimal text", "write '0.1', not 0.1"))


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text[:200]
