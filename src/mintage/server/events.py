"""Events of the mechanisms, one route each: made from what a mechanism declares, so that a new one needs nothing here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field, create_model

from ..live.entries import Event
from ..live.service import EventInfo
from .edge import Ask, Edge
from .permit import allow_event
from .records import Receipt
from .text import Amount, Body, Owner
from .write import Write, add

ROWS = {
    "owner": "an owner who joined (an address in lower case, or a name), or @n for a row of the spec",
    "slot": "number of a row, as an integer or '@n'",
    "one": "the one row there is; any name",
}


def routes(edge: Edge) -> APIRouter:
    """A route for every event of the network."""
    router = APIRouter(tags=["events"])
    for info in edge.catalog.values():
        add(router, edge, route(info))
    return router


def model(info: EventInfo) -> type[Body]:
    """The request of an event: roles, then arguments."""
    fields: dict[str, Any] = {}
    for role, account in info.roles.items():
        fields[role] = (Owner, Field(description=f"row of {account}: {ROWS[info.rows[role]]}", examples=["@0"]))
    for argument, unit in info.arguments.items():
        extra: dict[str, Any] = {"x-unit": unit}
        fields[argument] = (Amount, Field(description=f"[{unit}] decimal text, or a whole number", examples=["12.5"], json_schema_extra=extra))
    # A role or argument may have any name, those of pydantic's own methods too; the field then goes by an alias.
    safe: dict[str, Any] = {f"{name}_" if hasattr(Body, name) else name: (kind, _named(spec, name)) for name, (kind, spec) in fields.items()}
    words = "".join(part.capitalize() for part in f"{info.call}_{info.event}".split("_"))
    return create_model(words, __base__=Body, __doc__=info.doc, **safe)


def _named(spec: Any, name: str) -> Any:
    spec.alias, spec.validation_alias, spec.serialization_alias, spec.alias_priority = name, name, name, 2
    return spec


def route(info: EventInfo) -> Write[Any]:
    """The route of an event."""

    async def cause(ask: Ask[Body]) -> dict[str, Any]:
        told = ask.body.model_dump(by_alias=True)
        roles = {role: told[role] for role in info.roles}
        allow_event(ask.caller, info, roles)
        arguments = {name: told[name] for name in info.arguments}
        return Receipt.of(await ask.edge.do(Event(**ask.mark(), call=info.call, event=info.event, roles=roles, arguments=arguments)))

    first = next(iter(info.roles), "")
    owner = info.authority == "owner" and first and info.rows[first] == "owner"
    named = {"call": info.call, "event": info.event, "mechanism": info.mechanism, "roles": dict(info.roles), "arguments": dict(info.arguments)}
    return Write(
        path=f"/v1/events/{info.call}/{info.event}",
        name=f"{info.call}.{info.event}",
        doc=info.doc or f"{info.event} of {info.call}",
        right=f"the {first}" if owner else f"scope `events:{info.call}.{info.event}`",
        act=cause,
        body=model(info),
        extra={"x-mintage-event": named},
    )
