"""Entries: what can happen to a live network, each one note of the journal. All state follows from them in order.

An entry carries decimal text, never a float; times are the journal's. `id` is the caller's and makes a repeat harmless: the same
entry sent again answers with the first receipt. `by` is who caused it: an owner, or an operator's name. `key` and `nonce` are those of a
signed request: of one key the nonces rise, so nothing that was signed can be replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar

from ..errors import Fault, RunError

KINDS: dict[str, type[Entry]] = {}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Anything that can happen."""

    topic: ClassVar[str] = ""
    id: str
    by: str = ""
    key: str = ""
    nonce: int = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        KINDS[cls.topic] = cls

    def encode(self) -> bytes:
        """JSON with sorted keys; what is left at its default is not written."""
        plain = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default and (value or f.default_factory is MISSING)}
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(topic: str, body: bytes) -> Entry:
    """The entry of a note. Errors: RunError MT801 for one that this version does not know."""
    try:
        plain: dict[str, Any] = json.loads(body)
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
        return KINDS[topic](**given)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        found = f"{type(error).__name__}: {str(error)[:120]}"
        raise RunError(Fault("MT801", f"an entry of topic '{topic[:40]}'", found, "an entry that this version of Mintage wrote")) from None


@dataclass(frozen=True, kw_only=True)
class Genesis(Entry):
    """The first entry: the spec's text, and the decimals of its assets for whoever reads amounts."""

    topic: ClassVar[str] = "genesis"
    text: str
    file: str
    values: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    decimals: Mapping[str, int] = field(default_factory=dict)
    version: str = ""
    seed: str = ""  # the commitment to the seed of step 0


@dataclass(frozen=True, kw_only=True)
class Join(Entry):
    """An owner asks for a row of an open kind, as one of its class (a row of the spec); they have it from the next epoch on."""

    topic: ClassVar[str] = "join"
    kind: str
    owner: str
    row: int = 0


@dataclass(frozen=True, kw_only=True)
class Event(Entry):
    """A named event of a mechanism. `roles` names an owner for each role, `arguments` amounts as decimal text."""

    topic: ClassVar[str] = "event"
    call: str
    event: str
    roles: Mapping[str, str]
    arguments: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Report(Entry):
    """A reporter's value of a measured signal, one text for each of its rows or one for all. `signature` stands for whoever wants to check."""

    topic: ClassVar[str] = "report"
    signal: str
    values: tuple[str, ...]
    signature: str = ""


@dataclass(frozen=True, kw_only=True)
class Epoch(Entry):
    """A step of the network, with all it read: measured signals, the revealed seed of its noise and the commitment to the next one."""

    topic: ClassVar[str] = "epoch"
    step: int
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: str = ""
    commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class Change(Entry):
    """Parameters take other values before `step` runs: by an operator with a reason, or by a proposal that passed."""

    topic: ClassVar[str] = "change"
    values: Mapping[str, str]
    reason: str
    step: int = 0
    proposal: str = ""


@dataclass(frozen=True, kw_only=True)
class Proposal(Entry):
    """What the proposal in a slot would change, tied to the event that opened it."""

    topic: ClassVar[str] = "proposal"
    call: str
    slot: int
    values: Mapping[str, str]
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Move(Entry):
    """An operator's transfer between accounts of the chart: how a mistake is corrected."""

    topic: ClassVar[str] = "move"
    debit: str
    credit: str
    amount: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Key(Entry):
    """A key may act for an owner, or with scopes; an API key is named by the SHA-256 of its secret. `revoked` ends it."""

    topic: ClassVar[str] = "key"
    name: str
    owner: str = ""
    scopes: tuple[str, ...] = ()
    revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class Trip(Entry):
    """The breaker: no epoch runs until it is reset. `code` is that of the refusal that tripped it."""

    topic: ClassVar[str] = "trip"
    reason: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Reset(Entry):
    """An operator lets epochs run again; a new `commitment` when the secret behind the seeds was lost."""

    topic: ClassVar[str] = "reset"
    reason: str
    commitment: str = ""
