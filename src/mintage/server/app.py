"""The application: every resource, and what all of them share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from .. import __version__
from ..errors import MintageError
from ..live.service import LiveNetwork
from . import breaker, changes, epochs, events, health, journal, keys, members, moves, network, oracle, page, problem, proposals
from .edge import Edge
from .gate import Gate
from .settings import Settings

RESOURCES = (events, members, network, oracle, journal, epochs, changes, proposals, breaker, moves, keys, health)
SCHEMES = {
    "ApiKey": {"type": "http", "scheme": "bearer", "description": "an API key, mk_..."},
    "Signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Mintage-Signature",
        "description": "a signed request: with Mintage-Address, Mintage-Nonce, Mintage-Expires and Mintage-Scheme (eip712 or eip191)",
    },
}


def create_app(live: LiveNetwork, settings: Settings | None = None) -> FastAPI:
    """The HTTP API of a live network. It does not own the network: whoever opened it closes it."""
    edge = Edge(live, settings or Settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        edge.hub.start(asyncio.get_running_loop())
        clock = asyncio.create_task(keep_time(edge)) if edge.settings.run_epochs else None
        try:
            yield
        finally:
            if clock is not None:
                clock.cancel()
                with suppress(asyncio.CancelledError):
                    await clock
            async with edge.turn:  # an epoch that runs is let finish
                edge.close()

    app = FastAPI(
        title=f"Mintage: {live.network.economy.name}",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.edge = edge
    app.add_middleware(Gate, edge=edge)
    app.add_exception_handler(MintageError, problem.on_error)
    app.add_exception_handler(HTTPException, problem.on_http)
    app.add_exception_handler(RequestValidationError, problem.on_invalid)
    for resource in RESOURCES:
        app.include_router(resource.routes(edge))
    app.include_router(problem.routes())
    app.include_router(page.routes(app))
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's, with the ways to sign in and our problems in place of its own."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes, description="Amounts are decimal text; nothing is a float.")
        parts = made.setdefault("components", {})
        parts["securitySchemes"] = SCHEMES
        parts.setdefault("schemas", {})["Problem"] = problem.Problem.model_json_schema()
        app.openapi_schema = made
    return app.openapi_schema


async def keep_time(edge: Edge) -> None:
    """Run the epochs that are due. One that is refused trips the breaker, and then none is due until it is reset."""
    said = ""
    while True:
        await asyncio.sleep(edge.settings.poll)
        if edge.live.tripped or not edge.live.due():
            continue
        try:
            await epochs.run(edge, 1)
            said = ""
        except MintageError as error:
            if said != str(error):  # one that waits for reports is tried again and again, and said once
                said = str(error)
                edge.log.write("epoch", code=error.faults[0].code, refused=said[:500])
        except Exception as error:
            edge.log.unforeseen(error, task="epochs")
