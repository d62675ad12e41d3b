"""`/v1/keys`: make an API key, bind a signing address, revoke either."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from ..live.entries import Key
from .edge import Ask, Edge
from .permit import SCOPE, covers
from .records import Receipt
from .refused import refuse
from .secret import hash_secret, new_secret
from .text import Body, Owner
from .write import Nothing, Write, add

Scope = Annotated[str, StringConstraints(pattern=f"^({SCOPE.pattern})$", max_length=140, strict=True)]
ADDRESS = r"0x[0-9a-f]{40}"
NAME = re.compile(f"{ADDRESS}|[0-9a-f]{{64}}")


class Making(Body):
    """A new key. It may do what its scopes say; with an owner it acts for them, within its scopes or, without any, in all they may."""

    scopes: Annotated[list[Scope], Field(max_length=64)] = Field(default=[], description="such as events:jobs.* or oracle:price")
    owner: Owner | None = Field(None, description="whom it acts for")
    address: Annotated[str, StringConstraints(pattern=f"^{ADDRESS}$", strict=True)] | None = Field(
        None, description="a signing address that becomes the key; without one an API key is made"
    )


class Made(BaseModel):
    """The key. `secret` is shown this once; the network knows its SHA-256 only."""

    name: str = Field(description="the address, or the SHA-256 of the secret: what the journal calls it")
    secret: str = Field(description="the API key; empty for an address")
    receipt: Receipt


async def make(ask: Ask[Making]) -> dict[str, Any]:
    """An operator makes keys with no scope beyond their own; an owner makes API keys that act for themselves, for events only."""
    body, caller = ask.body, ask.caller
    owner = body.owner or ""
    if owner and body.address is None and caller.acts_for(owner, "keys"):
        narrow = caller.bound and bool(caller.scopes)
        wrong = [s for s in body.scopes if not s.startswith("events:") or (narrow and not covers(caller.scopes, s))]
        wrong += ["*"] if narrow and not body.scopes else []  # without scopes a key may do everything: more than this one
    else:
        caller.needs("keys")
        if owner:
            caller.needs(f"custody:{owner}")
        wrong = [s for s in body.scopes if not owner and not covers(caller.scopes, s)]
    if wrong:
        raise refuse("MT905", caller.by, f"may not give the scope '{wrong[0]}'", "scopes of one's own")
    if not owner and not body.scopes:
        raise refuse("MT910", "body", "a key that may do nothing", "scopes, or an owner")
    if body.address and ask.edge.live.revoked(body.address):
        raise refuse("MT910", "address", "was revoked", "another one: a revoked key never comes back")
    secret = "" if body.address else new_secret()
    name = body.address or hash_secret(secret)
    receipt = await ask.edge.do(Key(**ask.mark(), name=name, owner=owner, scopes=tuple(sorted(set(body.scopes)))))
    return {"name": name, "secret": secret, "receipt": Receipt.of(receipt)}


async def revoke(ask: Ask[Nothing]) -> dict[str, Any]:
    """End a key: an operator any, an owner those bound to them."""
    name, live = ask.request.path_params["name"], ask.edge.live
    if not NAME.fullmatch(name):
        raise refuse("MT910", "name", name[:70], "an address, or 64 small hex digits")
    owner = live.owner_of(name)
    if not (owner and ask.caller.acts_for(owner, "keys")) and ask.caller.key != name:
        ask.caller.needs("keys")
    if not owner and not live.scopes(name) and not live.revoked(name) and not name.startswith("0x"):
        raise refuse("MT906", "key", name[:16], "a key of this network")
    scopes = tuple(sorted(live.scopes(name)))
    return Receipt.of(await ask.edge.do(Key(**ask.mark(), name=name, owner=owner, scopes=scopes, revoked=True)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["keys"])
    doc = "Make an API key, or bind a signing address. The secret is shown once."
    right = "scope `keys` (and `custody:OWNER`), or the owner for themselves"
    add(router, edge, Write(path="/v1/keys", name="make_key", doc=doc, right=right, act=make, body=Making, answer=Made))
    where = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^({NAME.pattern})$"}}
    doc, right = "Revoke a key, for ever.", "scope `keys`, the key's owner, or the key itself"
    add(
        router,
        edge,
        Write(path="/v1/keys/{name}", name="revoke_key", doc=doc, right=right, act=revoke, body=Nothing, method="DELETE", parameters=(where,)),
    )
    return router
