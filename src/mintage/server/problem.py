"""Errors as answers: RFC 9457 problem details with our code, place, and what would be right; and the pages their `type` names."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ..codes import CODES
from ..errors import Fault, MintageError
from .refused import AGAIN, Refused, refuse, status_of

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="path of a page about the code")
    title: str
    status: int
    detail: str
    code: str = Field(description="a code that keeps its meaning for ever", pattern="^MT[0-9]{3}$")
    where: str
    found: str
    expected: str
    hint: str
    instance: str = Field(description="id of the request, as the server's log has it")
    faults: list[dict[str, str]] = Field(default=[], description="all of them, when there are several")


class Explanation(BaseModel):
    """What a code means."""

    code: str
    title: str
    detail: str


def said(fault: Fault) -> dict[str, str]:
    """A fault in words, none of them about our files."""
    return {"code": fault.code, "where": fault.where, "found": fault.found, "expected": fault.expected, "hint": fault.hint}


def document(error: MintageError, status: int, instance: str) -> dict[str, Any]:
    """The problem details of an error."""
    first = error.faults[0]
    detail = f"{first.where}: {first.found}" + (f", expected {first.expected}" if first.expected else "")
    out = {"type": f"/errors/{first.code}", "title": CODES[first.code][0], "status": status, "detail": detail, **said(first), "instance": instance}
    return out | ({"faults": [said(f) for f in error.faults]} if len(error.faults) > 1 else {})


def answer(error: MintageError, instance: str) -> Response:
    """The response that an error becomes."""
    status, code = status_of(error), error.faults[0].code
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="mintage", Mintage realm="mintage"'
    if code in AGAIN or status == 503:
        headers.setdefault("Retry-After", "1")
    body = json.dumps(document(error, status, instance), ensure_ascii=True).encode()
    return Response(body, status, headers, MEDIA)


async def on_error(request: Request, error: Exception) -> Response:
    """Ours: a user's mistake, or the network's refusal."""
    assert isinstance(error, MintageError)
    request.scope["mintage.code"] = error.faults[0].code
    return answer(error, request.scope.get("mintage.id", ""))


async def on_http(request: Request, error: Exception) -> Response:
    """What routing refuses: no such page, no such method."""
    assert isinstance(error, HTTPException)
    path = request.url.path[:200]
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow") or (error.headers or {}).get("allow") or ""
        return await on_error(request, refuse("MT907", path, f"method {request.method[:20]}", allowed or "another method", headers=dict(error.headers or {})))
    if error.status_code == 404:
        return await on_error(request, refuse("MT906", path, "nothing is here", hint="/openapi.json lists every route"))
    return await on_error(request, refuse("MT909", path, str(error.detail)[:200]))


async def on_invalid(request: Request, error: Exception) -> Response:
    """Parameters of path and query that are not what the route takes."""
    assert isinstance(error, RequestValidationError)
    return await on_error(request, Refused(*(invalid(e) for e in error.errors()[:20])))


def invalid(error: Any) -> Fault:
    """A fault out of one of pydantic's errors: where it is, what stands there, what should."""
    where = ".".join(str(part) for part in error.get("loc", ()))[:200] or "body"
    kind, message = str(error.get("type", "")), str(error.get("msg", ""))
    if kind == "missing":
        return Fault("MT910", where, "is missing", "a value")
    if kind == "extra_forbidden":
        return Fault("MT910", where, "is no field of this request", "one that /openapi.json names")
    found = repr(error.get("input"))
    return Fault("MT910", where, found if len(found) <= 80 else found[:77] + "...", message.removeprefix("Value error, ")[:300])


def routes() -> APIRouter:
    """The pages that the `type` of a problem names."""
    router = APIRouter(tags=["errors"])

    @router.get("/errors/{code}", response_model=Explanation, responses={404: PROBLEM, 422: PROBLEM})
    async def error(code: str) -> Explanation:
        """What an error code means, and what to do."""
        if code not in CODES:
            raise refuse("MT906", "code", code[:40], "a code such as MT302")
        return Explanation(code=code, title=CODES[code][0], detail=CODES[code][1])

    return router


PROBLEM: dict[str, Any] = {
    "description": "refused; the problem says why",
    "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these statuses."""
    return dict.fromkeys(statuses, PROBLEM)
