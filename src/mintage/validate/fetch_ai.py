"""Fetch.ai: supply from the native chain's inflation to the mergers, and an agent's token on its launch curve."""

from __future__ import annotations

from functools import cache

from .anchor import anchor
from .runs import Acts, Array, only, preset, series

MEDIUM, MERGER, TOOLKIT = "Fetch.ai on Medium, 2021-04-08", "fetch.ai blog, 2024-05-03", "agent-launch-toolkit, 2026-04-24"
THREE_YEARS, MERGED, BUYS, A_BUY = 3 * 365, 1130, 40, 1000  # days, days; as many buys as close a launch


@cache
def _supply(limit: str, steps: int) -> Array:
    """Supply by day since 2021-03-31."""
    history = preset("fetch_ai").scenario("history").with_values({"native_inflation.limit": limit})
    return series(only(history, "vesting", "native_inflation", "mergers"), steps, "supply/FET")[0]


def _deployed() -> Acts:
    return Acts(only(preset("fetch_ai"), "vesting", "launch")).act("launch", "deploy", creator=0)


@cache
def _launch() -> dict[str, float]:
    """What the curve of an agent's token has come to when it was listed; where it began."""
    acts = _deployed().act("launch", "buy", trader=0, amount=1e-6)
    first = acts.signal("launch_price")
    for _ in range(BUYS):
        if not acts.signal("launched"):
            acts.act("launch", "buy", trader=0, amount=A_BUY)
    return {"reserve": acts.held("launch_pool/FET"), "sold": acts.held("traders/AGENT"), "rise": acts.signal("launch_price") / first}


@anchor("F1", "fetch_ai", "native supply after three years at 3 %", 1_152_997_577, "FET", source=MEDIUM, standing="primary", within=1)
def _inflation() -> float:
    return float(_supply("none", THREE_YEARS)[THREE_YEARS])


@anchor("F1b", "fetch_ai", "native supply, held at the ERC-20's", 1_152_997_575, "FET", source=MEDIUM, standing="primary", within=1e-3)
def _met() -> float:
    return float(_supply("issued", MERGED)[MERGED - 1])


@anchor("F2", "fetch_ai", "FET for 2,000,000,000 AGIX at the ratio", 866_700_000, "FET", source=MERGER, standing="primary", within=1e-6)
def _for_agix() -> float:
    return Acts(SWAP).act("swap", "upgrade", owner=0, amount=2_000_000_000).held("holders/FET")


@anchor("F3", "fetch_ai", "supply after the mint of 2024-05-03", 2_630_547_141, "FET", source=MERGER, standing="primary", within=1e-3)
def _merged() -> float:
    return float(_supply("issued", MERGED)[MERGED])


@anchor("F4", "fetch_ai", "FET in the reserve of a launch as it closes", 30_000, "FET", source=TOOLKIT, standing="primary", within=1e-3)
def _reserve() -> float:
    return _launch()["reserve"]


@anchor("F4b", "fetch_ai", "tokens that it has sold by then", 800_000_000, "AGENT", source=TOOLKIT, standing="primary", within=1)
def _sold() -> float:
    return _launch()["sold"]


@anchor("F5", "fetch_ai", "last price of a launch over its first", 10, source=TOOLKIT, standing="primary", within=1e-6)
def _tenfold() -> float:
    return _launch()["rise"]


@anchor("F6", "fetch_ai", "lost when 1,000 FET buy and sell at once", 1000 * (1 - 0.98**2), "FET", source="two fees of 2 %", standing="derived", within=1e-9)
def _round_trip() -> float:
    acts = _deployed()
    before = acts.held("traders/FET")
    acts.act("launch", "buy", trader=0, amount=A_BUY)
    acts.act("launch", "sell", trader=0, amount=acts.held("traders/AGENT"))
    return before - acts.held("traders/FET")


SWAP = """
[network]
name = "swap"
token = "FET"
step = "1 day"
horizon = "1 day"

[assets.FET]
decimals = 18

[assets.AGIX]
decimals = 8

[assets.USD]
form = "fiat"

[accounts.holders]
holds = ["FET", "AGIX"]
opening = { AGIX = 2_000_000_000 }

[accounts.swapped]
holds = ["AGIX"]

[[mechanism]]
use = "upgrade"
name = "swap"
legacy = "holders/AGIX"
locked = "swapped/AGIX"
rate = 0.433350
places = 18
"""
