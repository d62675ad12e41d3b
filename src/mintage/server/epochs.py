"""`/v1/epochs`: run epochs by hand, without waiting for the clock."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from .edge import Ask, Edge
from .records import Receipt
from .refused import refuse
from .text import Body
from .write import Write, add


class Ticking(Body):
    """Run epochs."""

    steps: int = Field(1, ge=1, le=100, description="how many")
    step: int | None = Field(None, ge=0, lt=10**9, description="the first one's step: sent again, the request is refused and nothing runs twice")


class Ticked(BaseModel):
    """What the epochs did."""

    receipts: list[Receipt]


async def run(edge: Edge, steps: int) -> list[Any]:
    """Run epochs, away from the loop that answers, and take their time."""
    begun = time.perf_counter()
    async with edge.turn:
        receipts = await asyncio.shield(asyncio.to_thread(edge.live.tick, steps))
    edge.counts.epochs.observe((time.perf_counter() - begun) / steps)
    return receipts


async def tick(ask: Ask[Ticking]) -> dict[str, Any]:
    """Run what was asked for."""
    ask.caller.needs("epochs")
    edge, body = ask.edge, ask.body
    if body.step is not None and body.step != edge.live.step:
        raise refuse("MT918", "step", str(body.step), f"{edge.live.step}, the next epoch")
    return {"receipts": [Receipt.of(r) for r in await run(edge, body.steps)]}


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["operators"])
    doc = "Run the next epochs now. One that breaks a law, a cap or a bound is refused whole, and the breaker opens."
    add(router, edge, Write(path="/v1/epochs", name="tick", doc=doc, right="scope `epochs`", act=tick, body=Ticking, answer=Ticked))
    return router
