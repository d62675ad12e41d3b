"""`/v1/proposals`: what a proposal would change, tied to the event that opened it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from ..live.entries import Proposal
from .changes import Values
from .edge import Ask, Edge
from .records import Receipt
from .text import Body, Name
from .write import Write, add


class Proposing(Body):
    """The parameters that take other values if the proposal in `slot` of `call` passes."""

    call: Name
    slot: int = Field(ge=0, lt=10**6)
    values: Values
    text: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{0,4000}$", strict=True)] = ""


async def propose(ask: Ask[Proposing]) -> dict[str, Any]:
    """Note it."""
    ask.caller.needs("proposals")
    b = ask.body
    return Receipt.of(await ask.edge.do(Proposal(**ask.mark(), call=b.call, slot=b.slot, values=dict(b.values), text=b.text)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["operators"])
    doc = "Say what a proposal would change."
    add(router, edge, Write(path="/v1/proposals", name="propose", doc=doc, right="scope `proposals`", act=propose, body=Proposing))
    return router
