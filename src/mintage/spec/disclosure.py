"""Declared facts for the judgement. Everything is optional: what is not declared is not shown, never fine."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Any, Literal

from pydantic import Field

from ..mechanisms.base import Number, Parameters, number, option

Weight = Annotated[Number, Field(ge=0)]


def share(doc: str) -> Any:
    """A declared share of a whole."""
    return Field(None, description=doc, ge=0, le=1, json_schema_extra={"kind": "number", "unit": "1"})


def amount(doc: str, unit: str = "1") -> Any:
    """A declared number, not negative."""
    return Field(None, description=doc, ge=0, json_schema_extra={"kind": "number", "unit": unit})


def whole(doc: str) -> Any:
    """A declared whole number."""
    return Field(None, description=doc, ge=0, le=10**9, json_schema_extra={"kind": "count", "unit": "1"})


class Audit(Parameters):
    """Who looked at the code, and what became of it."""

    auditors: tuple[str, ...] | None = option(None, "names of independent auditors")
    audited_share: Number | None = share("share of supply-changing code that is audited")
    open_criticals: int | None = whole("critical findings still open")
    changed_since_audit: bool | None = option(None, "audited code was changed afterwards")
    mint_authority_audited: bool | None = option(None, "the right to mint was part of an audit")
    date: Date | None = option(None, "date of the last audit")
    bug_bounty: Number | None = amount("largest bounty", "fiat")


class Proposal(Parameters):
    """A passed proposal that moved emission [token]: in all, and to affiliates of its proposers."""

    id: str = option(..., "its name")
    moved_to_affiliates: Number = number(None, "token", "moved to affiliates", ge="0")
    moved_total: Number = number(None, "token", "moved in all", ge="0")


class Governance(Parameters):
    """Who decides, how fast, and against what resistance."""

    quorum: Number | None = share("share of supply that a vote needs")
    timelock_days: Number | None = amount("wait between decision and change", "day")
    proposer_threshold: Number | None = share("share of supply that may propose")
    turnout: Number | None = share("usual share of supply that votes")
    holders: tuple[Weight, ...] | None = Field(None, description="voting weights", json_schema_extra={"kind": "number", "unit": "1"})
    upgrade_key: Literal["multisig", "single", "none", "dao"] | None = option(None, "who can change the code")
    multisig_threshold: int | None = whole("signatures needed")
    emergency_pause: bool | None = option(None, "someone can pause in an emergency")
    affiliates_quality: Number | None = share("share of emission that affiliates of proposers earn by the quality of their work")
    proposals: tuple[Proposal, ...] | None = option(None, "passed proposals that moved emission")


class Market(Parameters):
    """Where the token trades and where its price comes from."""

    daily_volume_usd: Number | None = amount("traded a day", "fiat")
    pool_depth_usd: Number | None = amount("depth of the pools", "fiat")
    market_cap_usd: Number | None = amount("market value as published", "fiat")
    venues: tuple[str, ...] | None = option(None, "where it trades")
    oracle_sources: int | None = whole("independent sources of the price")
    oracle_staleness_s: Number | None = amount("age at which a price is refused", "s")


class Cluster(Parameters):
    """Accounts that belong to one insider or group."""

    name: str = option(..., "who")
    share: Number | None = share("share of supply")


class Team(Parameters):
    """Who is behind it."""

    named: bool | None = option(None, "its members are known by name")
    clusters: tuple[Cluster, ...] | None = option(None, "insiders with their shares")


class Legal(Parameters):
    """Under which law it stands."""

    entity: str | None = option(None, "the legal person")
    jurisdiction: str | None = option(None, "its seat")
    opinion: bool | None = option(None, "a legal opinion on the token is public")


class Disclosure(Parameters):
    """The declared facts."""

    audit: Audit | None = option(None, "audit status")
    governance: Governance | None = option(None, "governance")
    market: Market | None = option(None, "market")
    team: Team | None = option(None, "team")
    legal: Legal | None = option(None, "legal")
