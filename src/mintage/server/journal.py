"""`/v1/journal`: everything that happened, page by page or as it happens."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from .edge import Edge
from .problem import problems
from .records import Record, page
from .refused import refuse
from .stream import Stream

Seq = Annotated[int, Query(ge=0, lt=2**63, description="records behind this one")]


class Page(BaseModel):
    """Records in order. `next` is the `after` of the page that follows."""

    records: list[Record]
    next: int = Field(description="the last record here, or `after` when there is none")


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["journal"])

    @router.get("/v1/journal", operation_id="journal", response_model=Page, responses=problems(422, 429, 431, 503))
    async def journal(after: Seq = 0, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
        """Records of the journal, a page; a page without any is the end, a short one need not be."""
        found = await asyncio.to_thread(lambda: [Record.of(r) for r in page(edge.live, after, limit)])
        return {"records": found, "next": found[-1]["seq"] if found else after}

    @router.get(
        "/v1/journal/stream",
        operation_id="stream",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}, "description": "records as server-sent events, without end"}, **problems(422, 429, 431, 503)},
    )
    async def stream(
        after: Seq = 0,
        last: Annotated[str | None, Header(alias="Last-Event-ID", pattern="^[0-9]{1,18}$", description="where a broken stream goes on")] = None,
    ) -> Any:
        """Records as they happen, from behind `after` or `Last-Event-ID` on: none is left out and none comes twice."""
        if edge.hub.streams >= edge.settings.streams:
            raise refuse("MT912", "streams", f"{edge.hub.streams} open", "fewer", headers={"Retry-After": "10"})
        return Stream(edge, int(last) if last is not None else after)

    return router
