"""The server as a process: uvicorn, its log in ours, and an orderly end."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from .app import create_app
from .logs import Handler, Log
from .settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..live.service import LiveNetwork
    from .edge import Edge


class Server(uvicorn.Server):
    """Ends streams before it waits for answers in flight: a stream has no end of its own."""

    def __init__(self, config: uvicorn.Config, edge: Edge) -> None:
        super().__init__(config)
        self.edge = edge

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again at the end: it would kill the process before its ledger is closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers in flight are finished, for as long as the settings allow."""
        self.edge.hub.stop()
        await super().shutdown(sockets)


def server(app: FastAPI, host: str = "127.0.0.1", port: int = 8000) -> Server:
    """A server of an app, not yet running: `run()` it; `should_exit = True` ends it."""
    edge: Edge = app.state.edge
    settings = edge.settings
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=settings.stop_patience,
        limit_concurrency=settings.connections,
        h11_max_incomplete_event_size=4 * settings.header_bytes,  # what is a little too long gets an answer in our words
        ws="none",
    )
    return Server(config, edge)


def serve(live: LiveNetwork, host: str = "127.0.0.1", port: int = 8000, settings: Settings | None = None) -> None:
    """Serve a network until SIGINT or SIGTERM: answers in flight are finished, then its ledger is closed."""
    chosen = settings or Settings()
    log = Log(chosen.log)
    logger = logging.getLogger("uvicorn.error")
    handler = Handler(log)
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    try:
        running = server(create_app(live, chosen), host, port)
        log.write("start", network=live.network.economy.name, host=host, port=port, step=live.step)
        running.run()
        log.write("stop", network=live.network.economy.name, step=live.step)
    finally:
        logger.removeHandler(handler)
        live.close()
