"""`/healthz`, `/readyz` and `/metrics`: for whoever runs the process, not for whoever uses the network."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from .edge import Edge
from .problem import problems
from .refused import refuse


class Health(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """The network takes requests."""

    status: str
    step: int
    due: int
    tripped: str


def routes(edge: Edge) -> APIRouter:
    """Their routes."""
    router, live = APIRouter(tags=["process"]), edge.live

    @router.get("/healthz", operation_id="healthz", responses=problems(431))
    async def healthz() -> Health:
        """The process is there."""
        return Health(status="ok")

    @router.get("/readyz", operation_id="readyz", responses=problems(431, 503))
    async def readyz() -> Ready:
        """The ledger can be written to, and epochs are not far behind. A tripped breaker is no failure: events go on, and an operator decides."""
        trouble = edge.trouble()
        if trouble:
            raise refuse("MT912", "the network", trouble, "a ledger that takes entries, and epochs that keep up")
        return Ready(status="ready", step=live.step, due=live.due(), tripped=live.tripped)

    @router.get("/metrics", operation_id="metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **problems(431)})
    async def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(edge.counts.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
