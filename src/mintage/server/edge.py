"""What all routes share: the network, the settings, who comes in, what is counted, and the one way in which a request becomes an entry."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from ..errors import MintageError
from ..live.entries import Entry, Event
from ..live.service import EventInfo, LiveNetwork, Receipt
from .auth import Doors
from .counts import Asked, Counts
from .identity import network_digest
from .limits import Buckets
from .logs import Log
from .permit import Caller
from .refused import refuse
from .settings import Settings
from .stream import Hub
from .text import Body

B = TypeVar("B", bound=Body)


class Edge:
    """The state of one server. All of it may be lost: what matters is in the journal."""

    def __init__(self, live: LiveNetwork, settings: Settings) -> None:
        self.live, self.settings = live, settings
        self.digest = network_digest(live)
        self.doors = Doors(live, self.digest, settings.expiry, settings.clock)
        self.known = Buckets(settings.key_rate, settings.key_burst)
        self.strangers = Buckets(settings.address_rate, settings.address_burst)
        self.log, self.counts, self.hub = Log(settings.log), Counts(), Hub(settings.stream_records)
        self.name, self.numbers = secrets.token_hex(4), count(1)  # together the ids of requests: random enough to tell servers apart
        self.in_flight = 0
        self.turn = asyncio.Lock()  # one caller at a time runs epochs
        self.catalog: dict[tuple[str, str], EventInfo] = {(i.call, i.event): i for i in live.catalog()}
        self.assets = tuple(live.network.economy.assets)
        self.counts.registry.register(Asked(self))
        self._unsubscribe = live.subscribe(self.hub.publish)

    def trouble(self) -> str:
        """Why the network takes nothing now; "" when it does."""
        if self.live.ledger.failed:
            return "the ledger failed"
        due = self.live.due()
        return f"{due} epochs are overdue" if due > self.settings.overdue and not self.live.tripped else ""

    def close(self) -> None:
        """Stop listening to the network."""
        self.hub.stop()
        self._unsubscribe()

    async def do(self, entry: Entry) -> Receipt:
        """Have the network do it. A caller who went away or lost patience changes nothing: it is done, or it is not, and its id tells."""
        name = f"{entry.call}.{entry.event}" if isinstance(entry, Event) else ""
        try:
            receipt = await asyncio.shield(self.live.do_async(entry))
        except MintageError as error:
            self.counts.entry(entry.topic, name, error.faults[0].code)
            raise
        self.counts.entry(entry.topic, name, "repeated" if receipt.repeated else "ok")
        return receipt

    def admit(self, request: Request, body: bytes) -> Caller:
        """Who asks. Errors: 401s of `Doors`, MT911."""
        caller = self.doors.caller(request, body)
        request.scope["mintage.caller"] = caller.by
        self.known.take(caller.key)
        return caller


@dataclass(frozen=True)
class Ask(Generic[B]):
    """A request to change something, from a known caller, read and found well-formed."""

    edge: Edge
    caller: Caller
    body: B
    request: Request
    raw: bytes

    def mark(self) -> dict[str, Any]:
        """What every entry bears: id, by, key, nonce."""
        return {"id": self.id, "by": self.caller.by, "key": self.caller.key, "nonce": self.caller.nonce}

    @property
    def id(self) -> str:
        """The caller's name and their key for this request, so that no two callers meet in one id."""
        given = self.request.headers.get("idempotency-key")
        if given is None:
            own = f"n/{self.caller.nonce}" if self.caller.nonce else f"r/{secrets.token_hex(12)}"
        elif 0 < len(given) <= 128 and given.isascii() and given.isprintable():
            own = f"k/{given}"
        else:
            raise refuse("MT917", "Idempotency-Key", "of another form", "1 to 128 printable ASCII characters")
        return f"{self.caller.key}/{own}"
