"""Worldcoin: what unlocks each day, what one human may claim, and the cap once inflation is on."""

from __future__ import annotations

from datetime import date
from functools import cache

from .anchor import anchor
from .runs import Acts, Array, only, preset, series

COMMUNITY, INSIDERS = ("community/WLD", "operations/WLD"), ("team/WLD", "investors/WLD")
START = date(2023, 7, 24)
PRESS = "signalplus.com and The Block, April 2026"
CHANGE = "press on the unlock change, July 2024"
CONTRACTS = "worldcoin-grants-contracts, WLDGrant, 2025-12-16"


def _day(*when: int) -> int:
    return (date(*when) - START).days


@cache
def _unlocked(scenario: str) -> dict[str, Array]:
    """Balances by day where tokens only unlock."""
    places = (*COMMUNITY, *INSIDERS)
    return dict(zip(places, series(only(preset("worldcoin").scenario(scenario), "vesting"), 1100, *places), strict=True))


def _rate(places: tuple[str, ...], at: int, scenario: str = "base") -> float:
    """Tokens unlocked on that day."""
    return float(sum(_unlocked(scenario)[p][at + 1] - _unlocked(scenario)[p][at] for p in places))


@anchor("W1", "worldcoin", "community unlock a day, years 1 to 3", 3_200_000, "WLD", source=PRESS, standing="third party", within=50_000)
def _years_1_to_3() -> float:
    return _rate(COMMUNITY, 500)


@anchor("W1b", "worldcoin", "community unlock a day, years 4 to 6", 1_600_000, "WLD", source=PRESS, standing="third party", within=50_000)
def _years_4_to_6() -> float:
    return _rate(COMMUNITY, _day(2026, 7, 24))


@anchor("W2", "worldcoin", "team and investors a day from 2024-07-24, new rule", 1_914_000, "WLD", source=CHANGE, standing="third party", relative=1e-3)
def _insiders() -> float:
    return _rate(INSIDERS, _day(2024, 7, 24))


@anchor("W2b", "worldcoin", "the same under the rule it replaced", 3_190_000, "WLD", source=CHANGE, standing="third party", relative=1e-3)
def _insiders_before() -> float:
    return _rate(INSIDERS, _day(2024, 7, 24), "old_unlocks")


@anchor("W3", "worldcoin", "all unlocks on the day before 2026-07-24", 5_100_000, "WLD", source=PRESS, standing="third party", within=50_000)
def _all() -> float:
    return _rate((*COMMUNITY, *INSIDERS), _day(2026, 7, 23))


@anchor("W4", "worldcoin", "claimable by one human, 2023-07-24 to 2023-08-14", 35, "WLD", source=CONTRACTS, standing="primary", within=1e-9)
def _launch_grants() -> float:
    return _claimed(date(2023, 7, 24), date(2023, 8, 13))


@anchor("W5", "worldcoin", "twelve monthly grants, August 2024 to July 2025", 47.20, "WLD", source=CONTRACTS, standing="primary", within=1e-6)
def _monthly_grants() -> float:
    return _claimed(*(date(2024 + (7 + month) // 12, (7 + month) % 12 + 1, 1) for month in range(12)))


@anchor("W6", "worldcoin", "cap in year 16 with inflation on", 10_150_000_000, "WLD", source="World white paper", standing="primary", relative=2e-5)
def _year_16() -> float:
    spec = preset("worldcoin").with_values({"inflation.active": True, "assets.WLD.cap": 10_200_000_000})
    total = sum(t.amount for t in spec.contents.allocation.values())
    return float(series(only(spec, "inflation", opening={"community/WLD": total}), _day(2039, 7, 24), "supply/WLD")[0][-1])


def _claimed(*days: date) -> float:
    """What one human has after claiming on each of these days by the preset's table."""
    acts = Acts(only(preset("worldcoin"), "grants", opening={"community/WLD": 1000, "operations/WLD": 1000}))
    acts.act("grants", "verify", human=0, operator=0)
    for when in days:
        acts.at((when - START).days).act("grants", "claim", human=0)
    return acts.held("humans/WLD")
