"""Point 3, vesting and allocation: who holds how much, since when, and how fast it comes to market."""

from __future__ import annotations

from ... import metrics as M
from ..allocation import INSIDERS, Held, largest_month, locked_for, mean_wait, share, table
from ..evidence import Evidence
from . import Finding, at_least, at_most, criterion, not_shown
from .declared import declared

FRAMEWORK = "six-point framework, point 3"
NO_TABLE = "the spec has no [[allocation]]"
NO_INSIDERS = "the allocation names no team or investors"


def insiders(e: Evidence) -> list[Held]:
    return [t for t in table(e.base.economy) if t.role in INSIDERS and t.amount > 0]


def of_insiders(e: Evidence, value: object, bound: float, said: str, *, most: bool = False) -> Finding:
    """A bound on a number per insider tranche: the worst one counts."""
    mine = insiders(e)
    if not mine:
        return not_shown(NO_INSIDERS if table(e.base.economy) else NO_TABLE)
    numbers = {t.holder: float(value(t)) for t in mine}  # type: ignore[operator]
    worst = max(numbers, key=lambda k: numbers[k]) if most else min(numbers, key=lambda k: numbers[k])
    return (at_most if most else at_least)(numbers[worst], bound, said.replace("{holder}", worst), "", by_holder=numbers)


@criterion("T301", "The team's share of total supply", unit="1", threshold="<= 0.20", weight=3, source="red flag 1")
def team(e: Evidence) -> Finding:
    tranches = table(e.base.economy)
    if not tranches:
        return not_shown(NO_TABLE)
    if not any(t.role == "insider" for t in tranches):
        return not_shown("the allocation names no team")
    return at_most(
        share(tranches, "insider"),
        0.20,
        "The team holds {value:.1%} of the opening supply.",
        "",
        holders={t.holder: t.share for t in tranches if t.role == "insider"},
    )


@criterion("T302", "Insiders (team and investors) together", unit="1", threshold="<= 0.40 of the opening supply, and of what is minted", source="our choice")
def all_insiders(e: Evidence) -> Finding:
    mine = insiders(e)
    minted = e.base.median("insider_mint")
    opening = sum(t.share for t in mine) if mine else None
    if minted is not None and minted > (opening or 0.0):
        return at_most(minted, 0.40, "Team and investors receive {value:.1%} of what is minted.", "", opening=opening)
    return at_most(opening, 0.40, "Team and investors hold {value:.1%} of the opening supply.", NO_INSIDERS, minted=minted)


@criterion("T303", "Insiders' cliff", unit="day", threshold=">= 365 days", weight=3, source="red flag 2")
def cliff(e: Evidence) -> Finding:
    return of_insiders(e, lambda t: t.cliff, 365 - 1e-9, "The shortest insider cliff ({holder}) is {value:.0f} days.")


@criterion(
    "T304", "Insiders' vesting is long", unit="day", threshold=">= 1,095 days (3 years)", source="article: good locks are 3 to 4 years, bad ones 6 months"
)
def long(e: Evidence) -> Finding:
    return of_insiders(e, lambda t: t.length, 1095 - 1e-9, "The shortest insider vesting ({holder}) is {value:.0f} days.")


@criterion("T305", "Nothing unlocks for insiders at generation", unit="1", threshold="0", weight=3, source="red flag 2")
def generation(e: Evidence) -> Finding:
    return of_insiders(e, lambda t: t.at_start, 0.0, "{holder} have {value:.0%} of theirs unlocked at the start.", most=True)


@criterion("T306", "The largest unlock in 30 days", unit="1", threshold="<= 0.05 of the float", source="our choice")
def largest(e: Evidence) -> Finding:
    if not table(e.base.economy):
        return not_shown(NO_TABLE)
    amount, day = largest_month(e.base.economy)
    floating = float(e.base.run[f"circulating/{e.base.token}"][0].mean())
    if floating <= 0:
        return not_shown("nothing circulates at the start")
    return at_most(amount / floating, 0.05, "The largest unlock of 30 days after the start is {value:.1%} of the opening float.", "", from_day=day)


@criterion("T307", "Float at the start against the maximum", unit="1", threshold=">= 0.2", weight=2, source="our choice: low float, high valuation")
def low_float(e: Evidence) -> Finding:
    if e.base.economy.assets[e.base.token].cap is None:
        return not_shown("no cap is declared, so there is no maximum supply")
    return at_least(e.base.median("float_share_start"), 0.2, "{value:.0%} of the maximum supply floats at the start.", "no supply")


@criterion("T308", "The float grows slowly", unit="1/month", threshold="<= 0.05 a month at most", source="our choice")
def growth(e: Evidence) -> Finding:
    return at_most(e.base.median("float_growth"), 0.05, "The float grows by at most {value:.1%} in a month.", "a run shorter than two months")


@criterion("T309", "Unlocks in days of trading", unit="day", threshold="largest 30-day unlock <= 5 days of volume", source="our choice")
def volume(e: Evidence) -> Finding:
    traded = declared(e, "market.daily_volume_usd")
    price = e.base.signal("price")
    if traded is None or price is None or not table(e.base.economy):
        return not_shown("market.daily_volume_usd is not declared, or there is no price or allocation")
    days = float(M.unlock_days_of_volume(largest_month(e.base.economy)[0] * float(price[0].mean()), float(traded)))
    return at_most(days, 5, "The largest month of unlocks is {value:.1f} days of trading.", "")


@criterion("T310", "The table adds up", unit="1", threshold="allocations + opening balances = opening supply", source="our choice")
def complete(e: Evidence) -> Finding:
    tranches = table(e.base.economy)
    if not tranches:
        return not_shown(NO_TABLE)
    told = sum(t.share for t in tranches)
    return at_least(told, 0.99, "The allocation table explains {value:.0%} of the opening supply.", "")


@criterion("T311", "The treasury does not dwarf the float", unit="1", threshold="<= 0.40 of the opening supply", source="our choice")
def treasury(e: Evidence) -> Finding:
    m = e.base
    if not m.by_role("treasury"):
        return not_shown("no account with role treasury")
    free, locked = sum(float(m.run[str(a)][0].mean()) for a in m.by_role("treasury")), locked_for(m.economy, "treasury")
    supply = float(m.run[f"supply/{m.token}"][0].mean())
    said = "The treasury opens with {value:.0%} of supply" + (f", {locked / supply:.0%} of it still locked." if locked else ".")
    return at_most((free + locked) / supply, 0.40, said, "")


@criterion("T313", "Insiders' share of the float", unit="1", threshold="<= 0.20 of what circulates at the start", source="our choice: red flag 1's bound")
def liquid(e: Evidence) -> Finding:
    mine, floating = insiders(e), float(e.base.run[f"circulating/{e.base.token}"][0].mean())
    if not mine or floating <= 0:
        return not_shown(NO_INSIDERS if floating > 0 else "nothing circulates at the start")
    free = sum(t.amount * t.at_start for t in mine if e.base.economy.kinds[t.kind].circulating)
    said = "Team and investors hold {value:.1%} of what circulates at the start."
    return at_most(float(M.insider_share(free, max(floating, free))), 0.20, said, "")


@criterion("T314", "Insiders wait", unit="day", threshold="mean time to unlock >= 540 days", source="our choice: 18 months, weighted by tokens")
def wait(e: Evidence) -> Finding:
    mine = insiders(e)
    return at_least(mean_wait(mine) if mine else None, 540, "The mean insider token unlocks after {value:.0f} days.", NO_INSIDERS)


@criterion("T312", "The declared market cap fits price times supply", unit="1", threshold="gap <= 1 %", source="consistency check A1")
def consistent(e: Evidence) -> Finding:
    said, price = declared(e, "market.market_cap_usd"), e.base.signal("price")
    if said is None or price is None:
        return not_shown("market.market_cap_usd is not declared")
    locked = [a for a in e.base.by_role("staked") if not e.base.economy.kinds[a.kind].circulating]  # published market values count stake
    staked = sum(float(e.base.run[str(a)][0].mean()) for a in locked)
    fit = M.cap_consistency(float(said), float(price[0].mean()), float(e.base.run[f"circulating/{e.base.token}"][0].mean()) + staked, 0.01)
    return at_most(abs(fit.gap), 0.01, "The declared market cap is {value:.1%} off price times circulating and staked supply.", "", implied=fit.implied)
