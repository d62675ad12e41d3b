"""`/v1/members`: join an open kind."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from ..live.entries import Join
from .edge import Ask, Edge
from .records import Receipt
from .refused import refuse
from .text import Body, Name, Owner
from .write import Write, add


class Joining(Body):
    """An owner asks for a row of an open kind."""

    kind: Name = Field(description="an open kind, as /v1/network lists them")
    owner: Owner = Field(description="who joins; a signed request: its own address")
    row: int = Field(0, ge=0, lt=10**9, description="the class they join: a row of the spec whose entries they take")


async def join(ask: Ask[Joining]) -> dict[str, Any]:
    """Owners join by themselves; an operator lets others in."""
    body = ask.body
    if body.owner.startswith("@"):
        raise refuse("MT910", "body.owner", body.owner, "an owner: a name with @ in front is that of a row of the spec")
    if not ask.caller.acts_for(body.owner, "members"):
        ask.caller.needs("members")
    return Receipt.of(await ask.edge.do(Join(**ask.mark(), kind=body.kind, owner=body.owner, row=body.row)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["members"])
    doc = "Join an open kind: the owner has a row of their own from the next epoch on."
    add(router, edge, Write(path="/v1/members", name="join", doc=doc, right="the owner, or scope `members`", act=join, body=Joining))
    return router
