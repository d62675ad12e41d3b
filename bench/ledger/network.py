"""A live network on its ledger: epochs, and payments within the process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from mintage import spec
from mintage.live.entries import Event, Join
from mintage.live.service import LiveNetwork, perform

from .posting import Watch, rss

SPECS = Path(__file__).parent / "specs"
BROUGHT = 1_000  # USD of each customer


def opened(url: str, name: str, kind: str, owners: list[str], each: str = "") -> LiveNetwork:
    """The network of spec `name` with owners who joined `kind`; with `each`, that many USD arrived for each of them."""
    live = LiveNetwork.open(url, spec.load(SPECS / f"{name}.toml"), seconds_per_step=0)
    _together(live, [Join(id=f"join {o}", kind=kind, owner=o) for o in owners])
    live.tick()
    if each:
        _together(live, [Event(id=f"cash {o}", call="cash", event="deposit", roles={"owner": o}, arguments={"amount": each}) for o in owners])
    return live


def _together(live: LiveNetwork, entries: list[Any]) -> None:
    for at in range(0, len(entries), 1_000):
        part = entries[at : at + 1_000]
        live.ledger.execute(lambda draft, part=part: [perform(live.machine, draft, entry) for entry in part])


def epochs(url: str, owners: int, times: int) -> dict[str, Any]:
    """Epochs that pay every staker, one transfer each. The first, which opens their accounts, is told apart."""
    told = {}
    with opened(url, "stakers", "holders", [f"o{i}" for i in range(owners)]) as live:
        before = live.totals()["pool/TOK"]
        first, rest = Watch(), Watch()
        for watch in (first, *[rest] * times):
            begun = time.perf_counter()
            with watch.running():
                (receipt,) = live.tick()
            watch.calls.append(time.perf_counter() - begun)
            assert receipt.transfers > owners
        assert live.totals()["pool/TOK"] == before and live.ledger.total("TOK") == 0
        told = {"owners": owners, "transfers": receipt.transfers, "first_s": round(first.wall, 2), "epoch_s": round(sorted(rest.calls)[times // 2], 2)}
        told |= {"longest_s": round(max(rest.calls), 2), "epoch_cpu_s": round(rest.cpu / times, 2), "rss_mb": rss()}
    begun = time.perf_counter()
    with LiveNetwork.open(url, seconds_per_step=0) as live:
        told["restart_s"] = round(time.perf_counter() - begun, 2)
        assert live.step == times + 2
    return told


def payments(url: str, owners: int, count: int, callers: int = 200) -> dict[str, Any]:
    """Pay events without HTTP or signatures, one a call."""
    names = [f"o{i}" for i in range(owners)]
    watch = Watch()
    with opened(url, "jobs", "customers", names, str(BROUGHT)) as live:
        queue = iter(range(count))

        async def caller() -> None:
            for i in queue:
                begun = time.perf_counter()
                await live.do_async(paid(f"pay {i}", names[i % owners]))
                watch.calls.append(time.perf_counter() - begun)

        async def crowd() -> None:
            await asyncio.gather(*(caller() for _ in range(callers)))

        with watch.running():
            asyncio.run(crowd())
        check(live, owners, count)
        assert live.do(paid("pay 0", names[0])).repeated
        check(live, owners, count)
    return watch.told(count) | {"owners": owners, "callers": callers}


def paid(id: str, payer: str) -> Event:
    return Event(id=id, call="jobs", event="pay", roles={"payer": payer}, arguments={"amount": "0.5"})


def check(live: LiveNetwork, owners: int, count: int) -> None:
    """Half a dollar went from the customers for each payment: nine tenths to the market, which burned tokens for it, one to the provider."""
    totals = {k: float(v) for k, v in live.totals().items()}
    wanted = {"customers/USD": owners * BROUGHT - count * 0.5, "market/USD": count * 0.45, "providers/USD": count * 0.05, "burned/TOK": count * 0.225}
    for place, amount in wanted.items():
        assert abs(totals[place] - amount) < 1e-6, f"{place}: {totals[place]} where {amount} is right"
    assert live.ledger.total("TOK") == live.ledger.total("USD") == 0
