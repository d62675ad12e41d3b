"""What the server tells of the network: receipts and records of the journal, as JSON and as the schemas of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from ..live.entries import Entry
    from ..live.service import Happened, LiveNetwork
    from ..live.service import Receipt as LiveReceipt

MOVEMENTS = 5_000


class Movement(BaseModel):
    """A transfer that was posted."""

    reason: str = Field(description="the flow it is, such as jobs.pay")
    debit: str = Field(description="account it left, kind/ASSET:owner")
    credit: str = Field(description="account it reached")
    amount: str = Field(description="decimal text, in whole units of the asset")

    @staticmethod
    def of(flows: Iterable[Any]) -> list[dict[str, str]]:
        """Movements of the network, as JSON."""
        return [{"reason": f.reason, "debit": f.debit, "credit": f.credit, "amount": f.amount} for f in flows]


class Receipt(BaseModel):
    """What became of a request: it is in the journal, and durable."""

    id: str = Field(description="caller and idempotency key; the same request sent again answers with this receipt")
    seq: int = Field(description="record of the journal")
    time_ns: str = Field(description="when, in nanoseconds since 1970: text, because a double cannot hold it", pattern="^[0-9]+$")
    step: int = Field(description="the epoch that comes next")
    transfers: int = Field(description="how many there were")
    flows: list[Movement] = Field(description="the first of them")
    repeated: bool = Field(description="true when it had been done before")

    @staticmethod
    def of(receipt: LiveReceipt) -> dict[str, Any]:
        """A receipt of the network, as JSON."""
        r = receipt
        told = {"id": r.id, "seq": r.seq, "time_ns": str(r.time_ns), "step": r.step}
        return {**told, "transfers": r.transfers, "flows": Movement.of(r.flows), "repeated": r.repeated}


class Record(BaseModel):
    """A record of the journal: what happened, one entry after another."""

    seq: int
    time_ns: str = Field(pattern="^[0-9]+$")
    entries: list[dict[str, Any]] = Field(description="each with its topic (event, epoch, join, report, change, ...), its fields, and the flows it led to")

    @staticmethod
    def of(record: Happened) -> dict[str, Any]:
        """A record as JSON."""
        entries = [{"topic": e.topic, **_fields(e), "flows": Movement.of(lines)} for e, lines in record.entries]
        return {"seq": record.seq, "time_ns": str(record.time_ns), "entries": entries}


def page(live: LiveNetwork, after: int, limit: int) -> list[Happened]:
    """Records behind `after`: at most `limit`, and no more once they hold more movements than one answer should."""
    out, moved = [], 0
    for record in live.history(after, limit):
        out.append(record)
        moved += sum(1 + len(lines) for _, lines in record.entries)
        if moved > MOVEMENTS:
            break
    return out


def _fields(entry: Entry) -> dict[str, Any]:
    """What an entry says; what is left at its default is not told, as in the journal."""
    return {k: v for k, v in asdict(entry).items() if v not in ("", 0, {}, [], ())}
