"""`/v1/network` and what can be read of it: spec, signals, supply, totals, accounts. A ledger like this one is public."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from .edge import Edge
from .problem import problems
from .text import ADDRESS

READS = problems(429, 431, 503)


class Network(BaseModel):
    """What a newcomer needs to know."""

    name: str
    digest: str = Field(description="the salt of what is signed for this network: the hash of its journal's first record")
    spec_hash: str
    step: int = Field(description="the epoch that comes next")
    due: int = Field(description="epochs that the clock says should have run")
    tripped: str = Field(description="why no epoch runs; empty while they do")
    token: str
    fiat: str
    assets: dict[str, dict[str, Any]]
    kinds: dict[str, dict[str, Any]]
    kinds_open: list[str] = Field(description="kinds that anyone may join")


class Holdings(BaseModel):
    """What an owner has."""

    owner: str
    rows: dict[str, int] = Field(description="kind -> row")
    balances: dict[str, str] = Field(description="kind/ASSET -> decimal text")


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router, live = APIRouter(tags=["network"]), edge.live

    @router.get("/v1/network", operation_id="network", responses=READS)
    async def network() -> Network:
        """Name, step, breaker, assets and kinds."""
        e = live.network.economy
        return Network(
            name=e.name,
            digest="0x" + edge.digest.hex(),
            spec_hash=live.spec.hash,
            step=live.step,
            due=live.due(),
            tripped=live.tripped,
            token=e.token,
            fiat=e.fiat,
            assets={a.name: {"decimals": a.decimals, "form": a.form, "cap": None if a.cap is None else f"{a.cap:f}"} for a in e.assets.values()},
            kinds={k.name: {"assets": list(k.assets), "rows": k.holders, "role": k.role, "members": k.members} for k in e.kinds.values()},
            kinds_open=list(live.kinds_open()),
        )

    @router.get("/v1/spec", operation_id="spec", response_class=Response, responses={200: {"content": {"application/toml": {}}}, **READS})
    async def spec() -> Response:
        """The spec that runs, as TOML."""
        return Response(live.spec.text, media_type="application/toml")

    @router.get("/v1/signals", operation_id="signals", responses=READS)
    async def signals() -> dict[str, list[str]]:
        """Every signal, a value for each of its rows."""
        return live.signals()

    @router.get("/v1/supply", operation_id="supply", responses=READS)
    async def supply() -> dict[str, str]:
        """What is outstanding of each asset."""
        return {asset: live.supply(asset) for asset in edge.assets}

    @router.get("/v1/totals", operation_id="totals", responses=READS)
    async def totals() -> dict[str, str]:
        """All owners together, by kind/ASSET."""
        return live.totals()

    @router.get("/v1/accounts/{owner}", operation_id="account", responses=problems(422, 429, 431, 503))
    async def account(owner: Annotated[str, Path(pattern=r"^[A-Za-z0-9@][A-Za-z0-9._@-]{0,79}$")]) -> Holdings:
        """What an owner has; nothing, for one who never joined."""
        name = owner.lower() if ADDRESS.fullmatch(owner) else owner
        return Holdings(owner=name, rows=live.rows(name), balances=live.balances(name))

    return router
