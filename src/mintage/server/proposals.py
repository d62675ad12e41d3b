"""`/v1/proposals`: what a proposal would change, tied to the event that opened it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from ..live.entries import Proposal
from .changes import Values
from .edge import Ask, Edge
from .records import Receipt
from .refused import refuse
from .text import Body, Name
from .write import Write, add


class Proposing(Body):
    """The parameters that take other values if the proposal in `slot` of `call` passes."""

    call: Name
    slot: int = Field(ge=0, lt=10**6)
    values: Values
    text: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{0,4000}$", strict=True)] = ""


async def propose(ask: Ask[Proposing]) -> dict[str, Any]:
    """Note it, for who acts for an owner; that it is the owner who opened the proposal, the network knows."""
    b, caller = ask.body, ask.caller
    if not caller.acts_for(caller.owner, "proposals"):
        raise refuse("MT905", caller.by, "acts for no owner", "the owner who opened the proposal")
    return Receipt.of(await ask.edge.do(Proposal(**ask.mark(), call=b.call, slot=b.slot, values=dict(b.values), text=b.text)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["events"])
    doc = "Say what your proposal would change, once; votes are then about that."
    add(router, edge, Write(path="/v1/proposals", name="propose", doc=doc, right="the owner who opened it", act=propose, body=Proposing))
    return router
