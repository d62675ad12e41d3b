"""The population's way to a network over HTTP: every owner signs with a key of its own, an operator's API key does what operators do.

Private keys follow from the seed, so that a population comes back to a network that it has lived in. They are for demonstrations and tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import httpx

from ..errors import Fault, RunError
from ..live.catalog import EventInfo
from .answers import ConflictError, Movement, Receipt
from .sync import Client

if TYPE_CHECKING:
    from ..spec import Spec


class OverHttp:
    """A `Door` (see `live.driver`) onto the API at `url`. `attempts` is how often a request is sent until it is answered."""

    def __init__(self, url: str, operator: str, spec: Spec, *, seed: int = 1, attempts: int = 5) -> None:
        self.url, self.seed, self.attempts = url, seed, attempts
        self.classes = {name: kind.holders for name, kind in spec.economy().kinds.items()}
        self.transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=8))  # shared: a client of its own for each key is cheap then
        self.operator = Client(url, api_key=operator, attempts=attempts, transport=self.transport)
        self.digest = self.operator.network()["digest"]
        self.clients: dict[str, Client] = {}

    def close(self) -> None:
        """Let the connections go."""
        self.transport.close()

    # --- who acts ----------------------------------------------------------------------------------------------------

    def private(self, name: str) -> str:
        """The private key that goes with a name."""
        return "0x" + hashlib.sha256(f"mintage population {self.seed} {name}".encode()).hexdigest()

    def owner(self, number: int) -> str:
        """The address of an owner."""
        return self._client(f"owner {number}").address

    def _client(self, name: str) -> Client:
        if name not in self.clients:
            made = Client(self.url, key=self.private(name), network=self.digest, attempts=self.attempts, transport=self.transport)
            self.clients[name] = self.clients[made.address] = made
        return self.clients[name]

    def enrolled(self, name: str, **rights: Any) -> Client:
        """The client of a name that an operator vouches for: a reporter, or who acts for a row of the spec."""
        known = name in self.clients
        client = self._client(name)
        if not known:
            self.operator.post("/v1/keys", {"address": client.address, **rights}, idempotency_key=f"population {client.address}")
        return client

    def acting(self, actor: str) -> Client:
        """The client of an owner, or of who acts for a row of the spec."""
        return self.enrolled(actor, owner=actor) if actor.startswith("@") else self._client(actor)

    # --- the door ----------------------------------------------------------------------------------------------------

    def catalog(self) -> Sequence[EventInfo]:
        """Every event, as the API's own description has it."""
        kinds, paths = self.operator.network()["kinds"], self.operator.get("/openapi.json")["paths"]
        out = []
        for operation in (o for methods in paths.values() for o in methods.values()):
            if told := operation.get("x-mintage-event"):
                authority: Literal["operator", "owner"] = "operator" if operation["x-mintage-right"].startswith("scope") else "owner"
                rows = {role: row_of(kinds, account.partition("/")[0]) for role, account in told["roles"].items()}
                names = (told["call"], told["event"], told["mechanism"], told["roles"])
                out.append(EventInfo(*names, rows, told["arguments"], authority, operation["description"]))
        return out

    def kinds(self) -> Mapping[str, int]:
        """Open kinds, and how many classes each has."""
        return {kind: self.classes[kind] for kind in self.operator.network()["kinds_open"]}

    def step(self) -> int:
        """The step of the next epoch."""
        return int(self.operator.network()["step"])

    def join(self, kind: str, owner: str, row: int) -> None:
        """The owner asks for a row."""
        self._client(owner).join(kind, row=row)

    def balances(self, owner: str) -> Mapping[str, Decimal]:
        """What an owner has."""
        return self.operator.balances(owner)

    def event(self, info: EventInfo, roles: Mapping[str, str], arguments: Mapping[str, str], actor: str) -> Sequence[Movement]:
        """Cause an event, as an operator where the event needs one."""
        client = self.acting(actor) if info.authority == "owner" else self.operator
        return Receipt.of(client.post(f"/v1/events/{info.call}/{info.event}", {**roles, **arguments})).flows

    def feeds(self) -> Mapping[str, int]:
        """Signals that are reported, and how many reporters each needs."""
        return {name: told["reporters"] for name, told in self.operator.get("/v1/oracle").items()}

    def report(self, signal: str, values: Sequence[str], reporter: str) -> None:
        """A signed report."""
        self.enrolled(reporter, scopes=["oracle:*"]).post(f"/v1/oracle/{signal}", {"values": list(values)})

    def tick(self) -> None:
        """Run the next epoch, once: sent again after a lost answer, it is refused, and that is as good. Errors: RunError MT812; ApiError."""
        told = self.operator.network()
        if told["tripped"]:
            raise RunError(Fault("MT812", "epoch", f"the breaker is open: {told['tripped']}", "an operator who resets it"))
        try:
            self.operator.post("/v1/epochs", {"step": told["step"]})
        except ConflictError as error:
            if error.faults[0].code != "MT918":
                raise


def row_of(kinds: Mapping[str, Any], kind: str) -> Literal["owner", "slot", "one"]:
    """Whether rows of a kind have owners, are numbered, or are one."""
    name, seen = kind, set[str]()
    while name in kinds and name not in seen and (members := kinds[name]["members"]):
        if members == "open":
            return "owner"
        seen.add(name)
        name = members
    return "slot" if kinds.get(kind, {}).get("rows", 1) > 1 else "one"
