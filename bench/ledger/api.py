"""Signed payments over HTTP: a server in a process of its own, and a crowd of keys that each wait for an answer before they send again.

The requests are signed beforehand (EIP-712), so what is timed is the server: parsing, the signature, the event, the durable record, the receipt.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from mintage.client.sign import Signer

from .posting import Watch

PATH = "/v1/events/jobs/pay"


def keys(count: int) -> list[str]:
    return [f"0x{i + 1:064x}" for i in range(count)]


def serve(url: str, owners: int) -> dict[str, Any]:
    """A network whose `owners` customers are keys, until stdin ends. Each line of stdin is answered with the processor time so far."""
    from mintage.server import Settings, create_app, server

    from .network import BROUGHT, check, opened

    crowd = [Signer(k).address for k in keys(owners)]
    live = opened(url, "jobs", "customers", crowd, str(BROUGHT))
    with open(os.devnull, "w") as log:
        app = create_app(live, replace(Settings(), key_rate=1e6, key_burst=10**6, address_rate=1e6, address_burst=10**6, run_epochs=False, log=log))
        running = server(app, port=0)
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            while not running.started:
                assert thread.is_alive()
                time.sleep(0.01)
            say(port=running.servers[0].sockets[0].getsockname()[1], digest="0x" + app.state.edge.digest.hex())
            for line in sys.stdin:
                if asked := int(line):
                    check(live, owners, asked)
                say(cpu=time.process_time())
        finally:
            running.should_exit = True
            thread.join()
            live.close()
    return {}


def say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


def payments(url: str, owners: int, each: int) -> dict[str, Any]:
    """`owners` connections, each with `each` payments of a key of its own, one after another. Money is checked, then some are sent again."""
    child = [sys.executable, "-m", "bench.ledger.child", "api", "serve", json.dumps({"url": url, "owners": owners})]
    with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout

        def ask(number: int = 0) -> float:
            print(number, file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())["cpu"]

        begun = json.loads(process.stdout.readline())
        signed = [prepared(k, begun["digest"], each) for k in keys(owners)]
        watch, before = Watch(), ask()
        with watch.running():
            asyncio.run(crowd(begun["port"], signed, watch))
        cpu = ask(owners * each) - before
        asyncio.run(crowd(begun["port"], [s[-1:] for s in signed], Watch()))
        ask(owners * each)
        process.stdin.close()
        assert process.wait(30) == 0
    told = watch.told(owners * each) | {"callers": owners}
    return told | {"client_cpu_s": told["cpu_s"], "cpu_s": round(cpu, 2), "per_core_s": round(owners * each / cpu)}


def prepared(key: str, digest: str, count: int) -> list[bytes]:
    """Whole requests, signed."""
    signer, out = Signer(key), []
    body = json.dumps({"payer": signer.address, "amount": "0.5"}).encode()
    for _ in range(count):
        headers = signer.headers(digest, "POST", PATH, body, signer.nonce(), int(time.time()) + 290)
        lines = [f"POST {PATH} HTTP/1.1", "Host: bench", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        out.append("\r\n".join([*lines, *(f"{k}: {v}" for k, v in headers.items()), "", ""]).encode() + body)
    return out


async def crowd(port: int, signed: list[list[bytes]], watch: Watch) -> None:
    """A connection for each list of requests."""

    async def caller(requests: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests:
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(size)
            watch.calls.append(time.perf_counter() - begun)
            assert head.startswith(b"HTTP/1.1 200"), head + body
        writer.close()

    await asyncio.gather(*(caller(requests) for requests in signed))
