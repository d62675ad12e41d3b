"""Routes that change something: who asks, what they ask, whether they may, and then one entry of the journal.

One path for all of them, in this order: the key (401), its rate (429), the form of the body (400, 422), the right (403), the network's own
rules (409, 422). A route says what its body is, which answer it gives, and what it does.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from .edge import Ask, Edge
from .problem import invalid, problems
from .records import Receipt
from .refused import Refused, refuse
from .text import Body, read_json

B = TypeVar("B", bound=Body)
STATUSES = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 431, 503)
SECURITY: list[dict[str, list[str]]] = [{"ApiKey": []}, {"Signature": []}]
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same key and request again: the first receipt; the same key and another request: 409. Default: the nonce of a signed request",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}

HEADERS = {
    "Authorization": "`Bearer mk_...`: an API key",
    "Mintage-Address": "the signer's address, in lower case",
    "Mintage-Signature": "65 bytes in hex: r, the lower s, v of 27 or 28",
    "Mintage-Nonce": "above every nonce that this key used, below 2^63",
    "Mintage-Expires": "Unix seconds, at most five minutes ahead",
    "Mintage-Scheme": "`eip712` or `eip191`",
    "Idempotency-Key": "1 to 128 printable characters: the same again is answered with the first receipt; default: the nonce",
    "Last-Event-ID": "stream: the record behind which to begin",
    "Mintage-Request": "in answers: the id that the server's log has",
    "Retry-After": "in 429 and 503: seconds to wait",
}


class Nothing(Body):
    """A request without a body."""


@dataclass(frozen=True, kw_only=True)
class Write(Generic[B]):
    """A route that changes something. `right` says in words who may; `act` sees to it, and answers with JSON."""

    path: str
    name: str
    doc: str
    right: str
    act: Callable[[Ask[B]], Awaitable[dict[str, Any]]]
    body: type[B]
    answer: type[BaseModel] = Receipt
    method: str = "POST"
    extra: dict[str, Any] = field(default_factory=dict)
    parameters: tuple[dict[str, Any], ...] = ()


def add(router: APIRouter, edge: Edge, write: Write[B]) -> None:
    """Give the route to `router`."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        caller = edge.admit(request, raw)
        ask = Ask(edge, caller, read(request, raw, write.body, edge.settings.json_depth), request, raw)
        told = await write.act(ask)
        return Response(json.dumps(told, ensure_ascii=True, separators=(",", ":")), media_type="application/json")

    extra: dict[str, Any] = {"security": SECURITY, "parameters": [KEY, *write.parameters], "x-mintage-right": write.right, **write.extra}
    if write.body is not Nothing:
        schema = write.body.model_json_schema(ref_template="#/components/schemas/{model}")
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    router.add_api_route(
        write.path,
        endpoint,
        methods=[write.method],
        name=write.name,
        operation_id=write.name,
        summary=write.doc.partition("\n")[0],
        description=write.doc,
        response_model=write.answer,
        responses=problems(*STATUSES),
        openapi_extra=extra,
    )


def read(request: Request, raw: bytes, body: type[B], depth: int) -> B:
    """The body as a model. Errors: MT915, MT909, MT910."""
    if body is Nothing:
        if raw:
            raise refuse("MT910", "body", "is not empty", "no body")
        return body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refuse("MT915", "Content-Type", kind[:60] or "none", "application/json")
    try:
        return body.model_validate(read_json(raw, depth))
    except ValidationError as error:
        raise Refused(*(invalid({**e, "loc": ("body", *e["loc"])}) for e in error.errors(include_url=False)[:20])) from None
