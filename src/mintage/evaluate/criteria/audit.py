"""Point 6, audit status, and what the judgement itself stands on. Declared facts only; what is not declared is not shown."""

from __future__ import annotations

from datetime import date

from ..evidence import Evidence
from . import Finding, at_least, at_most, criterion, not_shown
from .declared import declared

FRAMEWORK = "six-point framework, point 6"


@criterion("T601", "Supply-changing code is audited", unit="1", threshold=">= 0.9", weight=2, source=FRAMEWORK)
def audited(e: Evidence) -> Finding:
    value = declared(e, "audit.audited_share")
    return at_least(None if value is None else float(value), 0.9, "{value:.0%} of supply-changing code is audited.", "audit.audited_share is not declared")


@criterion("T602", "Independent auditors", unit="auditors", threshold=">= 2", source=FRAMEWORK)
def auditors(e: Evidence) -> Finding:
    names = declared(e, "audit.auditors")
    return at_least(
        None if names is None else float(len({n.strip().casefold() for n in names} - {""})),
        2,
        "{value:.0f} independent auditors looked at the code.",
        "audit.auditors is not declared",
    )


@criterion("T603", "No open critical finding", unit="findings", threshold="0", weight=3, source=f"{FRAMEWORK}, gate")
def criticals(e: Evidence) -> Finding:
    value = declared(e, "audit.open_criticals")
    return at_most(None if value is None else float(value), 0, "{value:.0f} critical findings are open.", "audit.open_criticals is not declared")


@criterion("T604", "Unchanged since the audit", unit="", threshold="no change to audited code", source=FRAMEWORK)
def unchanged(e: Evidence) -> Finding:
    value = declared(e, "audit.changed_since_audit")
    if value is None:
        return not_shown("audit.changed_since_audit is not declared")
    return Finding(str(value), not value, f"The code {'changed' if value else 'did not change'} since its audit.", {})


@criterion("T605", "The audit is fresh", unit="day", threshold="<= 365 days before the start of the run", source="our choice")
def fresh(e: Evidence) -> Finding:
    when, start = declared(e, "audit.date"), e.base.economy.start
    if not isinstance(when, date) or start is None:
        return not_shown("audit.date or network.start is not declared")
    age = float((start - when).days)
    if age < 0:
        return Finding(age, False, f"The audit is dated {-age:.0f} days after the start, so at the start there was none.", {})
    return at_most(age, 365, "The last audit is {value:.0f} days old.", "")


@criterion("T606", "The mint authority is audited", unit="", threshold="declared yes", weight=3, source=f"{FRAMEWORK}, gate")
def mint(e: Evidence) -> Finding:
    value = declared(e, "audit.mint_authority_audited")
    if value is None:
        return not_shown("audit.mint_authority_audited is not declared")
    return Finding(str(value), bool(value), f"The mint authority is {'audited' if value else 'not audited'}.", {})


@criterion("T607", "Independent oracle sources", unit="sources", threshold=">= 3", source="our choice; a median needs three")
def oracle(e: Evidence) -> Finding:
    value = declared(e, "market.oracle_sources")
    return at_least(None if value is None else float(value), 3, "The price comes from {value:.0f} sources.", "market.oracle_sources is not declared")


@criterion("T608", "The oracle refuses stale prices", unit="s", threshold="<= 3600 s", source="Chainlink heartbeat of ETH/USD, 3,600 s")
def stale(e: Evidence) -> Finding:
    value = declared(e, "market.oracle_staleness_s")
    return at_most(float(value) if value else None, 3600, "Prices older than {value:,.0f} s are refused.", "market.oracle_staleness_s is not declared")


@criterion("T609", "A bug bounty", unit="fiat", threshold=">= 50,000", weight=0.5, source="our choice")
def bounty(e: Evidence) -> Finding:
    value = declared(e, "audit.bug_bounty")
    return at_least(None if value is None else float(value), 50_000, "A bounty of {value:,.0f} is offered for bugs.", "audit.bug_bounty is not declared")


@criterion("T610", "Numbers have sources", unit="1", threshold=">= 0.5 of the spec's numbers", source="our choice")
def sourced(e: Evidence) -> Finding:
    known = e.spec.provenance
    share = sum(not p.assumed for p in known) / len(known) if known else None
    return at_least(share, 0.5, "{value:.0%} of the spec's numbers name a source; the rest is assumed.", "the spec has no numbers")
