"""The client for programs that do other things meanwhile: the same methods, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx

from .answers import Receipt, Record, error_of
from .calls import Calls
from .wire import Event, Lines, Talk, Wire


class TypedAsyncClient:
    """As `TypedClient`, with methods to be awaited."""

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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._wire = Wire(base_url, key, api_key, network, attempts, scheme)
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport)

    @property
    def address(self) -> str:
        """The signing address, in lower case; empty without a private key."""
        return self._wire.signer.address if self._wire.signer else ""

    async def _run(self, talk: Talk) -> Any:
        sent: Any = None
        try:
            while True:
                step = talk.send(sent)
                if isinstance(step, httpx.Request):
                    try:
                        sent = await self._http.send(step)
                    except httpx.TransportError as error:
                        sent = error
                else:
                    await asyncio.sleep(step)
                    sent = None
        except StopIteration as done:
            return done.value

    async def event(self, call: str, event: str, *, idempotency_key: str | None = None, **values: Any) -> Receipt:
        """Cause an event: roles are owners, arguments Decimal, int or text."""
        receipt: Receipt = await self._run(self._wire.cause(call, event, values, idempotency_key))
        return receipt

    async def events(self) -> dict[tuple[str, str], Event]:
        """Every event of the network."""
        known: dict[tuple[str, str], Event] = await self._run(self._wire.catalog())
        return known

    async def get(self, path: str, **params: Any) -> Any:
        """Any read, as JSON."""
        return await self._run(self._wire.get(path, params))

    async def post(self, path: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Any:
        """Any change, as JSON."""
        return await self._run(self._wire.post(path, body, idempotency_key))

    async def delete(self, path: str, *, idempotency_key: str | None = None) -> Any:
        """Any end, as JSON."""
        return await self._run(self._wire.post(path, None, idempotency_key, "DELETE"))

    async def join(self, kind: str, *, owner: str | None = None, row: int = 0) -> Receipt:
        """Join an open kind; by default as oneself."""
        receipt: Receipt = await self._run(self._wire.change("/v1/members", {"kind": kind, "owner": owner or self.address, "row": row}))
        return receipt

    async def network(self) -> dict[str, Any]:
        """Name, digest, step, breaker, assets, kinds."""
        told: dict[str, Any] = await self.get("/v1/network")
        return told

    async def balances(self, owner: str | None = None) -> dict[str, Decimal]:
        """What an owner has, by kind/ASSET; by default oneself."""
        told: dict[str, Decimal] = await self._run(self._wire.accounts(owner or self.address))
        return told

    async def supply(self) -> dict[str, Decimal]:
        """What is outstanding of each asset."""
        told: dict[str, Decimal] = await self._run(self._wire.amounts("/v1/supply"))
        return told

    async def totals(self) -> dict[str, Decimal]:
        """All owners together, by kind/ASSET."""
        told: dict[str, Decimal] = await self._run(self._wire.amounts("/v1/totals"))
        return told

    async def journal(self, after: int = 0, limit: int = 100) -> list[Record]:
        """A page of the journal."""
        told: list[Record] = await self._run(self._wire.history(after, limit))
        return told

    async def stream(self, after: int = 0, *, quiet: float = 45.0) -> AsyncIterator[Record]:
        """Records as they happen, from behind `after` on, for ever: a broken connection is opened again where it was."""
        failures = 0
        while True:
            lines = Lines()
            try:
                answer = await self._http.send(self._wire.stream_request(after, quiet), stream=True)
                try:
                    if not answer.is_success:
                        await answer.aread()
                        raise error_of(answer.status_code, answer.json())
                    async for line in answer.aiter_lines():
                        if (record := lines.take(line)) is not None and record.seq > after:
                            after, failures = record.seq, 0
                            yield record
                finally:
                    await answer.aclose()
            except httpx.TransportError:
                failures += 1
                await asyncio.sleep(min(10.0, 0.1 * 2 ** min(failures, 7)))

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    if not TYPE_CHECKING:

        def __getattr__(self, call):
            if call.startswith("_"):
                raise AttributeError(call)
            return Calls(call, self.event)


class AsyncClient(TypedAsyncClient):
    """The client of any network: `await client.CALL.EVENT(...)` for each event that it has."""

    async def __aenter__(self) -> AsyncClient:
        return self

    if TYPE_CHECKING:

        def __getattr__(self, call: str) -> Any: ...
