"""`/v1/moves`: an operator corrects a mistake by another transfer; nothing in the journal is ever changed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from ..live.entries import Move
from .edge import Ask, Edge
from .records import Receipt
from .text import Account, Amount, Body, Reason
from .write import Write, add


class Moving(Body):
    """A transfer between two accounts of one asset."""

    debit: Account = Field(description="account it leaves, kind/ASSET:owner")
    credit: Account = Field(description="account it reaches")
    amount: Amount
    reason: Reason


async def move(ask: Ask[Moving]) -> dict[str, Any]:
    """Post it."""
    ask.caller.needs("moves")
    b = ask.body
    return Receipt.of(await ask.edge.do(Move(**ask.mark(), debit=b.debit, credit=b.credit, amount=b.amount, reason=b.reason)))


def routes(edge: Edge) -> APIRouter:
    """Its routes."""
    router = APIRouter(tags=["operators"])
    doc = "Move money by hand, to correct a mistake. It stands in the journal with its reason."
    add(router, edge, Write(path="/v1/moves", name="move", doc=doc, right="scope `moves`", act=move, body=Moving))
    return router
