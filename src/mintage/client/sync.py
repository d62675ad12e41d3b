"""The client for programs that wait."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx

from .answers import Receipt, Record, error_of
from .calls import Calls
from .stub import write_stub
from .wire import Event, Lines, Talk, Wire


class TypedClient:
    """A client whose event methods a type checker knows when a stub declares them (`Client.stub()`). Safe to share between threads.

    `key` is a private key in hex, which signs each request; `api_key` an operator's. `network` pins the digest of the network that is signed
    for; without it the server is asked, and trusted. Errors: ApiError, ServiceError MT930, UsageError.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        api_key: str | None = None,
        network: str | None = None,
        timeout: float = 35.0,
        attempts: int = 5,
        scheme: str = "eip712",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._wire = Wire(base_url, key, api_key, network, attempts, scheme)
        self._http = httpx.Client(timeout=timeout, transport=transport)

    @property
    def address(self) -> str:
        """The signing address, in lower case; empty without a private key."""
        return self._wire.signer.address if self._wire.signer else ""

    def _run(self, talk: Talk) -> Any:
        sent: Any = None
        try:
            while True:
                step = talk.send(sent)
                if isinstance(step, httpx.Request):
                    try:
                        sent = self._http.send(step)
                    except httpx.TransportError as error:
                        sent = error
                else:
                    time.sleep(step)
                    sent = None
        except StopIteration as done:
            return done.value

    def event(self, call: str, event: str, *, idempotency_key: str | None = None, **values: Any) -> Receipt:
        """Cause an event: roles are owners, arguments Decimal, int or text."""
        receipt: Receipt = self._run(self._wire.cause(call, event, values, idempotency_key))
        return receipt

    def events(self) -> dict[tuple[str, str], Event]:
        """Every event of the network."""
        known: dict[tuple[str, str], Event] = self._run(self._wire.catalog())
        return known

    def get(self, path: str, **params: Any) -> Any:
        """Any read, as JSON."""
        return self._run(self._wire.get(path, params))

    def post(self, path: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Any:
        """Any change, as JSON."""
        return self._run(self._wire.post(path, body, idempotency_key))

    def delete(self, path: str, *, idempotency_key: str | None = None) -> Any:
        """Any end, as JSON."""
        return self._run(self._wire.post(path, None, idempotency_key, "DELETE"))

    def join(self, kind: str, *, owner: str | None = None, row: int = 0) -> Receipt:
        """Join an open kind; by default as oneself."""
        receipt: Receipt = self._run(self._wire.change("/v1/members", {"kind": kind, "owner": owner or self.address, "row": row}))
        return receipt

    def network(self) -> dict[str, Any]:
        """Name, digest, step, breaker, assets, kinds."""
        told: dict[str, Any] = self.get("/v1/network")
        return told

    def balances(self, owner: str | None = None) -> dict[str, Decimal]:
        """What an owner has, by kind/ASSET; by default oneself."""
        told: dict[str, Decimal] = self._run(self._wire.accounts(owner or self.address))
        return told

    def supply(self) -> dict[str, Decimal]:
        """What is outstanding of each asset."""
        told: dict[str, Decimal] = self._run(self._wire.amounts("/v1/supply"))
        return told

    def totals(self) -> dict[str, Decimal]:
        """All owners together, by kind/ASSET."""
        told: dict[str, Decimal] = self._run(self._wire.amounts("/v1/totals"))
        return told

    def journal(self, after: int = 0, limit: int = 100) -> list[Record]:
        """A page of the journal."""
        told: list[Record] = self._run(self._wire.history(after, limit))
        return told

    def stream(self, after: int = 0, *, quiet: float = 45.0) -> Iterator[Record]:
        """Records as they happen, from behind `after` on, for ever: a broken connection is opened again where it was.

        Without a sign of life for `quiet` seconds the connection counts as broken.
        """
        failures = 0
        while True:
            lines = Lines()
            try:
                answer = self._http.send(self._wire.stream_request(after, quiet), stream=True)
                try:
                    if not answer.is_success:
                        answer.read()
                        raise error_of(answer.status_code, answer.json())
                    for line in answer.iter_lines():
                        if (record := lines.take(line)) is not None and record.seq > after:
                            after, failures = record.seq, 0
                            yield record
                finally:
                    answer.close()
            except httpx.TransportError:
                failures += 1
                time.sleep(min(10.0, 0.1 * 2 ** min(failures, 7)))

    def stub(self, name: str = "Network") -> str:
        """A Python module with this network's events typed; save it beside your program and use its class."""
        return write_stub(self.network()["name"], list(self.events().values()), name, dir(TypedClient))

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    if not TYPE_CHECKING:

        def __getattr__(self, call):
            if call.startswith("_"):
                raise AttributeError(call)
            return Calls(call, self.event)


class Client(TypedClient):
    """The client of any network: `client.CALL.EVENT(...)` for each event that it has."""

    def __enter__(self) -> Client:
        return self

    if TYPE_CHECKING:

        def __getattr__(self, call: str) -> Any: ...
