"""The journal as server-sent events: no gap and no repeat, whatever the consumer does.

The journal is the truth and the hub only its newest end: a ring of records that a stream reads from while it keeps up. A stream that begins,
or that fell behind the ring, reads the journal. So memory is bounded, and a consumer that does not read is dropped: it comes back with
`Last-Event-ID` and goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .records import Record, page

if TYPE_CHECKING:
    from ..live.service import Happened
    from .edge import Edge

PAGE = 256
Line = tuple[int, bytes]


class Hub:
    """Takes records from the network's writer, on its thread, and wakes the streams, on theirs."""

    def __init__(self, size: int) -> None:
        self.ring: deque[Line] = deque(maxlen=size)
        self.floor: int | None = None  # every record behind this one is in the ring; None: nothing came yet
        self.streams = 0
        self.stopping = False
        self.woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on records are passed on to `loop`."""
        self._loop = loop

    def publish(self, record: Happened) -> None:
        """A durable record; called by the network, in order, on a thread of its own."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(self._take, record)
        except RuntimeError:  # the loop closed in between: the server has stopped
            return

    def _take(self, record: Happened) -> None:
        last = self.ring[-1][0] if self.ring else self.floor
        if not self.streams or record.seq - 1 != last:  # nobody listens, or another process wrote in between: streams read the journal first
            self.ring.clear()
            self.floor = record.seq if not self.streams else record.seq - 1
        if self.streams:
            if len(self.ring) == self.ring.maxlen:
                self.floor = self.ring[0][0]
            self.ring.append((record.seq, event(record)))
            self.wake()

    def wake(self) -> None:
        """Let every stream look again."""
        self.woken.set()
        self.woken = asyncio.Event()

    def stop(self) -> None:
        """End every stream, so that the server can."""
        self.stopping = True
        self.wake()

    def after(self, seq: int) -> list[Line] | None:
        """Lines behind `seq`, or None when the journal must be asked."""
        if self.floor is None or seq < self.floor:
            return None
        out: list[Line] = []
        for line in reversed(self.ring):
            if line[0] <= seq:
                break
            out.append(line)
        return out[::-1]


def event(record: Happened) -> bytes:
    """One record as a server-sent event."""
    data = json.dumps(Record.of(record), ensure_ascii=True, separators=(",", ":"))
    return f"id: {record.seq}\nevent: record\ndata: {data}\n\n".encode()


class Stream(Response):
    """The response: it sends by itself, because it must know when a consumer does not read."""

    def __init__(self, edge: Edge, after: int) -> None:
        super().__init__(media_type="text/event-stream")
        self.edge, self.last = edge, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hub, settings = self.edge.hub, self.edge.settings
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        gone = asyncio.ensure_future(_gone(receive))
        hub.streams += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._send(send, b": mintage\nretry: 1000\n\n")
            quiet = False
            while not (hub.stopping or gone.done()):
                woken = hub.woken  # taken before looking: what comes while we look wakes us all the same
                lines = await self._next(quiet)
                if lines:
                    await self._send(send, b"".join(text for _, text in lines))
                    self.last = lines[-1][0]
                elif quiet:
                    await self._send(send, b": still here\n\n")
                quiet = not lines and not await _first(gone, woken, settings.heartbeat)
            if not gone.done():
                await self._send(send, b"", more=False)
        except TimeoutError:
            self.edge.counts.dropped.inc()
        finally:
            hub.streams -= 1
            gone.cancel()

    async def _next(self, quiet: bool) -> list[Line]:
        """What comes next, out of the ring; out of the journal when the ring does not reach back, or when it was quiet: another process may write."""
        lines = self.edge.hub.after(self.last)
        if lines is None or (quiet and not lines):
            past = await asyncio.to_thread(page, self.edge.live, self.last, PAGE)
            lines = [(r.seq, event(r)) for r in past]
        return lines

    async def _send(self, send: Send, body: bytes, more: bool = True) -> None:
        """Errors: TimeoutError when the consumer leaves it unread for too long."""
        message: Message = {"type": "http.response.body", "body": body, "more_body": more}
        await asyncio.wait_for(send(message), self.edge.settings.stream_patience)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _first(gone: asyncio.Future[None], woken: asyncio.Event, seconds: float) -> bool:
    """Wait until one of them happens. False when neither did in time."""
    waiting = asyncio.ensure_future(woken.wait())
    both: set[asyncio.Future[Any]] = {gone, waiting}
    done, _ = await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return bool(done)
