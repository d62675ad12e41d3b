"""What every request passes: an id, sizes, rates, the bound on requests in flight, patience; and the line of the log when it is answered.

Plain ASGI: a body is read here, whole and bounded, before anything looks at it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import MintageError
from .problem import answer
from .refused import refuse

if TYPE_CHECKING:
    from .edge import Edge

FREE = frozenset({"/healthz", "/readyz", "/metrics"})  # a full server still says how it is
STREAM = "/v1/journal/stream"  # has bounds of its own
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gate:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, edge: Edge) -> None:
        self.app, self.edge = app, edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        passage = Passage(self.edge, scope, send)
        try:
            await self._through(passage, scope, receive)
        except MintageError as error:
            scope["mintage.code"] = error.faults[0].code
            await passage.end(answer(error, passage.id), scope, receive)
        except Exception as error:
            self.edge.log.unforeseen(error, id=passage.id)
            await passage.end(answer(refuse("MT914", "the server", f"a mistake of ours, logged as {passage.id}"), passage.id), scope, receive)
        finally:
            passage.close()

    async def _through(self, passage: Passage, scope: Scope, receive: Receive) -> None:
        edge, path = self.edge, scope["path"]
        if sum(len(k) + len(v) for k, v in scope["headers"]) + len(scope.get("query_string", b"")) > edge.settings.header_bytes:
            raise refuse("MT916", "headers", "too long", f"at most {edge.settings.header_bytes} bytes with the query")
        if path in FREE:
            await self.app(scope, receive, passage.send)
            return
        client = scope.get("client")
        edge.strangers.take(client[0] if client else "")
        if path == STREAM:
            await self.app(scope, receive, passage.send)
            return
        if edge.in_flight >= edge.settings.in_flight:
            raise refuse("MT912", "the server", f"{edge.in_flight} requests in flight", "fewer at once", headers={"Retry-After": "1"})
        edge.in_flight += 1
        try:
            if scope["method"] in WRITES:
                receive = replay(await self._body(scope, receive))
            async with asyncio.timeout(edge.settings.patience):
                await self.app(scope, receive, passage.send)
        except TimeoutError:
            found = f"no answer within {edge.settings.patience:g} s"
            raise refuse("MT913", "the server", found, hint="send the same request again: it will not be done twice") from None
        finally:
            edge.in_flight -= 1

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The body. Errors: MT908 as soon as it is too large, said or sent in pieces; MT913 when it does not come."""
        most = self.edge.settings.body_bytes
        said = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
        if len(said) > 12 or not said.isdigit() or int(said) > most:
            raise refuse("MT908", "body", "too large", f"at most {most} bytes", headers={"Connection": "close"})
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.edge.settings.read_patience):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise refuse("MT909", "body", "the connection ended", "all of it")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise refuse("MT908", "body", "too large", f"at most {most} bytes", headers={"Connection": "close"})
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            hint = {"Connection": "close"}
            raise refuse("MT913", "body", f"not here after {self.edge.settings.read_patience:g} s", "all of it", headers=hint) from None


class Passage:
    """One request on its way: its id, what was answered, how long it took."""

    def __init__(self, edge: Edge, scope: Scope, send: Send) -> None:
        self.edge, self.scope, self._send = edge, scope, send
        self.id = scope["mintage.id"] = f"{edge.name}{next(edge.numbers):08x}"
        self.status, self.begun = 0, time.perf_counter()

    async def send(self, message: Message) -> None:
        """Passes a message on, with the request's id and headers that make browsers careful."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message.setdefault("headers", []).extend([(b"mintage-request", self.id.encode()), *CAREFUL])
        await self._send(message)

    async def end(self, response: Any, scope: Scope, receive: Receive) -> None:
        """Answer with `response`, unless an answer has begun."""
        if not self.status:
            await response(scope, receive, self.send)

    def close(self) -> None:
        """Count it and log it."""
        took = time.perf_counter() - self.begun
        route = getattr(self.scope.get("route"), "path", "none")
        method = self.scope["method"] if self.scope["method"] in KNOWN else "other"
        self.edge.counts.request(method, route, self.status, took)
        code = self.scope.get("mintage.code", "")
        caller = self.scope.get("mintage.caller", "")
        fields = {"id": self.id, "method": method, "route": route, "status": self.status, "ms": round(took * 1000, 2), "caller": caller}
        self.edge.log.write("request", **fields, **({"code": code} if code else {}))


CAREFUL = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


def replay(body: bytes) -> Receive:
    """A `receive` that hands out a body that was read."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
