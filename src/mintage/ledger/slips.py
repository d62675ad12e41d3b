"""What waits for the writer: a slip is one caller's work, and where its answer goes."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mintage.ledger.draft import Draft
from mintage.ledger.types import Transfer


class Slip:
    """Transfers, or a command, of one caller. `loop` is None when the caller is a thread."""

    __slots__ = ("command", "error", "future", "joins", "loop", "result", "transfers")

    def __init__(self, transfers: Sequence[Transfer], command: Callable[[Draft], Any] | None, future: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self.transfers = list(transfers)  # the caller's list may change while it waits
        self.command, self.future, self.loop = command, future, loop
        self.joins = command is None and bool(transfers) and not self.transfers[-1].linked  # may be applied in one go with others
        self.result: Any = None
        self.error: BaseException | None = None


def answer(slips: Sequence[Slip]) -> None:
    """Hand out results: to threads one by one, to an event loop all of its own in one call."""
    loops: dict[asyncio.AbstractEventLoop, list[Slip]] = {}
    for slip in slips:
        if slip.loop is not None:
            loops.setdefault(slip.loop, []).append(slip)
        elif slip.error is not None:
            slip.future.set_exception(slip.error)
        else:
            slip.future.set_result(slip.result)
    for loop, theirs in loops.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits there
            loop.call_soon_threadsafe(_deliver, theirs)


def _deliver(slips: Sequence[Slip]) -> None:
    for slip in slips:
        if slip.future.done():  # the caller gave up waiting; what was written stands
            continue
        if slip.error is not None:
            slip.future.set_exception(slip.error)
        else:
            slip.future.set_result(slip.result)


class Gate:
    """Gathers the calls that an event loop makes in one of its turns, and hands them over together."""

    def __init__(self, put: Callable[[list[Slip]], None]) -> None:
        self.put = put
        self.slips: list[Slip] = []

    def enter(self, loop: asyncio.AbstractEventLoop, transfers: Sequence[Transfer], command: Callable[[Draft], Any] | None) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = loop.create_future()
        if not self.slips:
            loop.call_soon(self._hand)
        self.slips.append(Slip(transfers, command, future, loop))
        return future

    def _hand(self) -> None:
        slips, self.slips = self.slips, []
        try:
            self.put(slips)
        except BaseException as error:
            for slip in slips:
                slip.error = error
            _deliver(slips)


def thread_slip(transfers: Sequence[Transfer], command: Callable[[Draft], Any] | None) -> tuple[Slip, concurrent.futures.Future[Any]]:
    """A slip of a thread. Its future cannot be cancelled: once it waits, it is done."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    return Slip(transfers, command, future, None), future
