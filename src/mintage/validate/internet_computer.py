"""Internet Computer: rewards and power of neurons, what cycles cost, supply since genesis, and Mission 70's own sum."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from .anchor import Standing, anchor
from .runs import end, only, preset, series, told

GENESIS, START, MISSION, YEAR_ON = date(2021, 5, 10), date(2026, 1, 1), date(2026, 4, 23), date(2027, 1, 1)
YEAR, EIGHT_YEARS = 365, "2922"
CALCULATION = "dfinity/ic, reward/calculation.rs"
POWER = "dfinity/ic, neuron/voting_power.rs"
COSTS = "dfinity/developer-docs, cycle-costs, 2026-08-18"
PAPER = "press on the Mission 70 paper, 2026-01-14"
COIN_METRICS = "Coin Metrics icp.csv, single values"
PRESS: Standing = "third party"


def _rate(days: str, **values: Any) -> float:
    """Voting rewards over supply, a year, at so many days since genesis."""
    spec = preset("internet_computer").with_values({"rewards.age": days, **{f"rewards.{k}": v for k, v in values.items()}})
    return end(only(spec, "rewards"), 1, "reward_rate")


@anchor("C1", "internet_computer", "voting rewards at genesis, a year", 0.10, source=CALCULATION, standing="primary", within=1e-9)
def _rate_at_genesis() -> float:
    return _rate("0")


@anchor("C1b", "internet_computer", "voting rewards at 8 years", 0.05, source=CALCULATION, standing="primary", within=1e-9)
def _rate_at_eight_years() -> float:
    return _rate(EIGHT_YEARS)


@anchor("C1c", "internet_computer", "voting rewards at 12 years", 0.05, source=CALCULATION, standing="primary", within=1e-9)
def _rate_after() -> float:
    return _rate("4383")


@anchor("C2", "internet_computer", "voting rewards on 2026-01-01", 0.0588, source=PAPER, standing=PRESS, within=5e-5)
def _rate_of_2026() -> float:
    return _rate(str((START - GENESIS).days))


@cache
def _supply() -> Any:
    """Supply by day since genesis, as the preset's rules made it."""
    return series(preset("internet_computer").scenario("from_genesis"), (date(2023, 12, 14) - GENESIS).days, "supply/ICP")[0]


@anchor("C3", "internet_computer", "supply on 2021-05-10", 469_213_710, "ICP", source="DefiLlama adapter, 2026-04-03", standing=PRESS, within=1)
def _genesis() -> float:
    return float(_supply()[0])


@anchor(
    "C3b",
    "internet_computer",
    "supply on 2021-10-27; fitted: how much is disbursed",
    474_137_538,
    "ICP",
    source=COIN_METRICS,
    standing=PRESS,
    relative=0.01,
)
def _supply_of_2021() -> float:
    return float(_supply()[(date(2021, 10, 27) - GENESIS).days])


@anchor(
    "C3c",
    "internet_computer",
    "supply on 2023-12-14; fitted: how much is disbursed",
    511_194_887,
    "ICP",
    source=COIN_METRICS,
    standing=PRESS,
    relative=0.01,
)
def _supply_of_2023() -> float:
    return float(_supply()[-1])


@cache
def _bonus(delay: str) -> float:
    """Voting power over stake of a new neuron with this dissolve delay, by the rules since 2026-04-23."""
    values = {"neurons.classes": [{"delay": delay}] * 10, "neurons.age_bonus": 0}
    e = only(preset("internet_computer").with_values(values), "neurons", opening={"neurons/ICP": 10_000})
    return end(e, (MISSION - START).days + 1, "potential[0]") / 1000


@anchor("C4", "internet_computer", "power of a delay of 2 years, since 2026-04-23", 3, source=POWER, standing="primary", within=1e-9)
def _two_years() -> float:
    return _bonus("730.5")


@anchor("C4b", "internet_computer", "power of a delay of 1 year", 1.5, source=POWER, standing="primary", within=1e-9)
def _one_year() -> float:
    return _bonus("365.25")


@anchor("C4c", "internet_computer", "power of a delay of 6 months", 1.125, source=POWER, standing="primary", within=1e-9)
def _six_months() -> float:
    return _bonus("182.625")


@anchor("C5", "internet_computer", "a GiB for 30 days on 13 nodes", 329.2e9, "cycles", source=COSTS, standing="primary", within=5e7)
def _storage() -> float:
    return 30 * _load(stored=1)


@anchor("C5b", "internet_computer", "the same in XDR", 0.329, "XDR", source=COSTS, standing="primary", within=5e-4)
def _storage_in_xdr() -> float:
    spec = preset("internet_computer")
    return 30 * _load(stored=1) / float(told(spec, "operations").cycle) * float(spec.value("signals.xdr.start"))


@anchor("C6", "internet_computer", "1e9 instructions and an update on 13 nodes", 1.005e9, "cycles", source=COSTS, standing="primary", within=1)
def _update() -> float:
    return _load(updates=1, instructions=1_000_000_000)


def _load(**counts: int) -> float:
    """Cycles that these operations take in a day, by the preset's list."""
    p = told(preset("internet_computer"), "operations")
    lines = "\n".join(f'{name} = {{ unit = "{"1" if name == "stored" else "1/day"}", start = {count} }}' for name, count in counts.items())
    names = "\n".join(f'{name} = "{name}"' for name in counts)
    return end(CANISTER.format(signals=lines, names=names, nodes=p.nodes), 1, "demand") * float(p.cycle)


@anchor("C7", "internet_computer", "burned in a year at 0.77 XDR a second", 24.3e6, "XDR", source="0.77 x 31.5M seconds", standing="derived", within=5e4)
def _burned() -> float:
    return _spent("0.77")


@cache
def _spent(a_second: str) -> float:
    """XDR that buy ICP to burn for cycles, in a year at an even use."""
    demand = Decimal(a_second) * 86_400
    e = only(preset("internet_computer").with_values({"signals.demand.start": demand}), "cycles", opening={"market/ICP": 500_000_000})
    return end(e, YEAR, "tag:revenue/XDR")


@cache
def _nodes(level: str = "1") -> float:
    """Node providers' pay over supply, a year."""
    spec = preset("internet_computer").with_values({"signals.node_level.start": level})
    return end(only(spec, "node_pay", opening={"market/ICP": spec.value("assets.ICP.genesis")}), 1, "node_rate")


@cache
def _minted(when: date, mission: bool = True) -> tuple[float, float]:
    """Voting and node rewards over supply on a day, a year: as they were, or as Mission 70 has them."""
    spec = preset("internet_computer").scenario("mission_70")
    days, factor = str((when - GENESIS).days), told(spec, "rewards").factor[-1].value
    return _rate(days, factor=factor if mission else 1), _nodes(str(told(spec, "electorate").low) if mission else "1")


@anchor("C8", "internet_computer", "all rewards over supply, January 2026", 0.0972, source=PAPER, standing=PRESS, within=1e-4)
def _all_rewards() -> float:
    return sum(_minted(START, mission=False))


@anchor("C9", "internet_computer", "Mission 70: voting rewards a year later; its factor alone takes 37 %", -0.41, source=PAPER, standing=PRESS, within=0.01)
def _voting_cut() -> float:
    return _minted(YEAR_ON)[0] / _minted(START, mission=False)[0] - 1


@anchor("C10", "internet_computer", "Mission 70: nodes' pay over supply", 0.0197, source=PAPER, standing=PRESS, within=1e-4)
def _node_pay() -> float:
    return _minted(YEAR_ON)[1]


@anchor("C11", "internet_computer", "Mission 70: all rewards, a year later", -0.44, source=PAPER, standing=PRESS, within=0.01)
def _rewards_cut() -> float:
    return sum(_minted(YEAR_ON)) / _all_rewards() - 1


@anchor(
    "C12",
    "internet_computer",
    "Mission 70: off by 0.72 XDR a second more burned, at 1.65 XDR",
    -0.26,
    source=PAPER,
    standing=PRESS,
    within=0.01,
)
def _demand_side() -> float:
    spec = preset("internet_computer")
    tokens = (_spent("0.77") - _spent("0.05")) / float(spec.value("signals.price.start"))
    return -tokens / float(spec.value("assets.ICP.genesis")) / _all_rewards()


@anchor("C13", "internet_computer", "Mission 70: both sides together", -0.70, source=PAPER, standing=PRESS, within=0.01)
def _both_sides() -> float:
    return _rewards_cut() + _demand_side()


CANISTER = """
[network]
name = "canister"
token = "ICP"
fiat = "XDR"
[assets.ICP]
[assets.CYCLES]
form = "share"
decimals = 12
[assets.XDR]
form = "fiat"
[accounts.canisters]
holds = ["CYCLES"]
[signals]
demand = {{ unit = "CYCLES/day", start = 0 }}
{signals}
[[mechanism]]
use = "cycle_costs"
name = "operations"
demand = "demand"
nodes = {nodes}
{names}
"""
