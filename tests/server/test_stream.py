"""The journal as a stream: complete and in order, whatever happens to the consumer."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from mintage.client import AsyncClient, BusyError
from tests.server.town import SPEEDY, Town, town, until

DEPOSIT = "/v1/events/square/deposit"


class Pour:
    """Someone who causes events as fast as it goes."""

    def __init__(self, here: Town, number: int) -> None:
        self.here, self.number = here, number
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with httpx.Client(base_url=self.here.url) as http:
            for i in range(self.number):
                answer = http.post(DEPOSIT, json={"wallet": "@0", "amount": i + 1}, headers={"Authorization": f"Bearer {self.here.root}"})
                assert answer.status_code == 200

    def __enter__(self) -> Pour:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()


class Breaking(httpx.BaseTransport):
    """A network that cuts every stream after some bytes, in the middle of whatever stands there."""

    def __init__(self, after: int) -> None:
        self.inner, self.after, self.cuts = httpx.HTTPTransport(), after, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if request.url.path.endswith("/stream"):
            return httpx.Response(answer.status_code, headers=answer.headers, stream=Cut(self, answer.stream, request))
        return answer

    def close(self) -> None:
        self.inner.close()


class Cut(httpx.SyncByteStream):
    def __init__(self, net: Breaking, stream: Any, request: httpx.Request) -> None:
        self.net, self.stream, self.request = net, stream, request

    def __iter__(self) -> Any:
        left = self.net.after
        for part in self.stream:
            yield part[:left]
            left -= len(part)
            if left <= 0:
                self.net.cuts += 1
                raise httpx.ReadError("cut", request=self.request)

    def close(self) -> None:
        self.stream.close()


def deposits(record: Any) -> list[int]:
    return [int(e["arguments"]["amount"]) for e in record.entries if e.get("event") == "deposit"]


def test_a_stream_that_is_cut_again_and_again_misses_nothing_and_repeats_nothing_under_load(here: Town) -> None:
    net, number = Breaking(7_000), 120
    begun = here.operator.journal(limit=1000)[-1].seq
    seen: list[int] = []
    with here.client(transport=net) as client, Pour(here, number):
        last = begun
        for record in client.stream(begun):
            assert record.seq == last + 1, "no gap, no repeat"
            last = record.seq
            seen += deposits(record)
            if len(seen) == number:
                break
    assert seen == list(range(1, number + 1))
    assert net.cuts > 3
    assert [r.seq for r in here.operator.journal(begun, 1000)] == list(range(begun + 1, last + 1))


def test_many_streams_see_the_same_in_the_same_order(here: Town) -> None:
    begun = here.operator.journal(limit=1000)[-1].seq

    async def follow(seen: list[int]) -> None:
        async with AsyncClient(here.url) as client:
            async for record in client.stream(begun):
                seen.extend(deposits(record))
                if len(seen) == 60:
                    return

    async def all_of_them(lists: list[list[int]]) -> None:
        async with anyio.create_task_group() as tasks:
            for one in lists:
                tasks.start_soon(follow, one)

    lists: list[list[int]] = [[] for _ in range(8)]
    with Pour(here, 60):
        anyio.run(all_of_them, lists)
    assert lists == [list(range(1, 61))] * 8
    until(lambda: here.app.state.edge.hub.streams == 0)


def test_a_quiet_stream_shows_signs_of_life_and_goes_on_after_last_event_id(here: Town) -> None:
    last = here.operator.journal(limit=1000)[-1].seq
    with httpx.stream("GET", f"{here.url}/v1/journal/stream", headers={"Last-Event-ID": str(last - 1)}, timeout=10) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines()
        for line in lines:
            if line.startswith("id: "):
                assert line == f"id: {last}"
            if line == ": still here":
                break
    assert here.http.get("/v1/journal/stream", headers={"Last-Event-ID": "x"}).json()["code"] == "MT910"


@pytest.fixture
def tight(tmp_path: Path) -> Any:
    """A town that bears little: two streams, a small ring, no patience."""
    with town(f"{tmp_path}/town.db", replace(SPEEDY, streams=2, stream_records=8, stream_patience=0.3)) as running:
        yield running


def test_streams_are_bounded_in_number_and_a_slow_consumer_is_dropped_while_others_go_on(tight: Town) -> None:
    host, port = tight.url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((host, int(port)))
        slow.sendall(b"GET /v1/journal/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: tight.app.state.edge.hub.streams == 1)
        with httpx.stream("GET", f"{tight.url}/v1/journal/stream", timeout=10) as _, tight.client(attempts=1) as client:
            until(lambda: tight.app.state.edge.hub.streams == 2)
            with pytest.raises(BusyError, match="MT912"):
                next(client.stream())
        until(lambda: tight.app.state.edge.hub.streams == 1)
        for i in range(100):  # more than the socket's buffers hold
            values = {f"price.{'x' * 190}{i}": "y" * 199}
            tight.post("/v1/changes", {"values": values, "reason": "r" * 500}, secret=tight.root)
            tight.live.do(long_note(i))
        until(lambda: tight.app.state.edge.hub.streams == 0)
        assert tight.app.state.edge.counts.dropped._value.get() == 1
    records = tight.operator.journal(limit=1000)
    followed = []
    with tight.client() as client:
        for record in client.stream():
            followed.append(record.seq)
            if record.seq == records[-1].seq:
                break
    assert followed == [r.seq for r in records], "who comes late reads the journal, not the ring"


def long_note(i: int) -> Any:
    from mintage.live.entries import Reset

    return Reset(id=f"long {i}", reason="r" * 60_000)


def test_stopping_ends_streams_and_finishes_answers(tmp_path: Path) -> None:
    with town(f"{tmp_path}/town.db") as running:
        ended: list[float] = []

        def listen() -> None:
            with httpx.stream("GET", f"{running.url}/v1/journal/stream", timeout=30) as answer:
                for _ in answer.iter_lines():
                    pass
            ended.append(time.monotonic())

        thread = threading.Thread(target=listen)
        thread.start()
        until(lambda: running.app.state.edge.hub.streams == 1)
    thread.join(10)
    assert ended, "a stream ends in an orderly way when the server stops"
