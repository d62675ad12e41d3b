"""What can be asked of a network: every event of its mechanisms, as they declare it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..accounts import OUTSIDE
from ..errors import MintageError
from ..mechanisms.base import Authority
from ..units import resolve
from .network import Network


@dataclass(frozen=True)
class EventInfo:
    """An event as its callers see it. `roles` maps a role to its account; `rows` says whether it names an owner or a row (`@3`)."""

    call: str
    event: str
    mechanism: str
    roles: Mapping[str, str]
    rows: Mapping[str, Literal["owner", "slot", "one"]]
    arguments: Mapping[str, str]
    authority: Authority
    doc: str


def catalog(n: Network) -> tuple[EventInfo, ...]:
    """Events whose accounts this network has. One that takes from outside the economy is an operator's."""
    out = []
    for call in n.calls.values():
        words = n.economy.binder(None).siblings(call.use.params)
        for name, declared in call.use.mechanism.events.items():
            try:
                places = {role: n.role(call, parameter) for role, parameter in declared.roles.items()}
            except MintageError:
                continue
            first = next(iter(places.values()), None)
            authority: Authority = "operator" if first is None or first.kind in OUTSIDE else declared.authority
            arguments = {a: resolve(unit, words) for a, unit in declared.arguments.items()}
            roles = {role: str(place) for role, place in places.items()}
            rows = {role: kind_of_row(n, place.kind) for role, place in places.items()}
            out.append(EventInfo(call.name, name, call.use.mechanism.name, roles, rows, arguments, authority, declared.doc))
    return tuple(out)


def kind_of_row(n: Network, kind: str) -> Literal["owner", "slot", "one"]:
    """An open kind's rows have owners; a closed population's are numbered; an aggregate has one."""
    return "owner" if n.members.root(kind) else "slot" if n.economy.kinds[kind].holders > 1 else "one"
