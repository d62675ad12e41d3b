"""`/v1/oracle`: reports of what is measured outside, and what the network makes of them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from ..live.entries import Report
from .edge import Ask, Edge
from .problem import problems
from .records import Receipt
from .refused import refuse
from .text import Body, Value
from .write import Write, add


class Reported(Body):
    """A reporter's value of a signal."""

    values: Annotated[list[Value], Field(min_length=1, max_length=4096)] = Field(description="one for each row of the signal, or one for all")


async def report(ask: Ask[Reported]) -> dict[str, Any]:
    """Take a report. What a reporter signed is kept with it when the body was in canonical form, so that anybody can check it."""
    signal = ask.request.path_params["signal"]
    ask.caller.needs(f"oracle:{signal}")
    if signal not in ask.edge.live.feeds():
        raise refuse("MT906", "signal", signal[:60], "a signal that is reported", "/v1/oracle lists them")
    values = tuple(ask.body.values)
    canonical = json.dumps({"values": list(values)}, separators=(",", ":")).encode()
    proof = ask.caller.proof if ask.raw == canonical else ""
    return Receipt.of(await ask.edge.do(Report(**ask.mark(), signal=signal, values=values, signature=proof)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["oracle"])
    where = {"name": "signal", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_]{1,64}$"}}
    doc = "Report a signal. The next epoch reads the median of fresh reports, within the deviation that the spec allows."
    right = "scope `oracle:SIGNAL`"
    add(router, edge, Write(path="/v1/oracle/{signal}", name="report", doc=doc, right=right, act=report, body=Reported, parameters=(where,)))

    @router.get("/v1/oracle", operation_id="oracle", responses=problems(429, 431, 503))
    async def oracle() -> dict[str, Any]:
        """Signals that are reported: the value in force, the reports there are, how they are judged."""
        return edge.live.feeds()

    return router
