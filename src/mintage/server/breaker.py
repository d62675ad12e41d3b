"""`/v1/breaker`: stop epochs, and let them run again."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from ..live.entries import Entry, Reset, Trip
from .edge import Ask, Edge
from .records import Receipt
from .text import Body, Reason
from .write import Write, add


class Throw(Body):
    """Trip the breaker, or reset it."""

    action: Literal["trip", "reset"]
    reason: Reason = Field(description="why; it stands in the journal")


async def throw(ask: Ask[Throw]) -> dict[str, Any]:
    """Do it."""
    ask.caller.needs("breaker")
    entry: Entry = (Trip if ask.body.action == "trip" else Reset)(**ask.mark(), reason=ask.body.reason)
    return Receipt.of(await ask.edge.do(entry))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["operators"])
    doc = "Trip the breaker: no epoch runs until it is reset. Events go on."
    add(router, edge, Write(path="/v1/breaker", name="breaker", doc=doc, right="scope `breaker`", act=throw, body=Throw))
    return router
