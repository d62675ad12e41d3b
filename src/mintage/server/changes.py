"""`/v1/changes`: parameters take other values from an epoch on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from ..live.entries import Change
from .edge import Ask, Edge
from .records import Receipt
from .text import Body, Path, Reason
from .write import Write, add

Written = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", strict=True)]
Values = Annotated[dict[Path, Written], Field(min_length=1, max_length=64)]


class Changing(Body):
    """New values, by path, such as jobs.burn_share."""

    values: Values = Field(description="path of the parameter -> value as the spec would write it")
    reason: Reason
    step: int = Field(0, ge=0, lt=10**9, description="the epoch before which they are made; 0: the next one")


async def change(ask: Ask[Changing]) -> dict[str, Any]:
    """Queue the change."""
    ask.caller.needs("changes")
    body = ask.body
    return Receipt.of(await ask.edge.do(Change(**ask.mark(), values=dict(body.values), reason=body.reason, step=body.step)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["operators"])
    doc = "Change parameters, from an epoch on. The spec with the new values is checked first, as a whole."
    add(router, edge, Write(path="/v1/changes", name="change", doc=doc, right="scope `changes`", act=change, body=Changing))
    return router
