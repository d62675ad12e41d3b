"""What four articles claim of AI networks: every table they print and the figures in their text, read into numbers, and checked against themselves.

A claim is not a fact: several contradict each other. A volatility belongs to the window it was measured over, and is never set beside one of another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import sqrt

from ..errors import Fault, UsageError
from . import read

SCALE = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}
NUMBER = r"[~>]?\$?([+-]?[0-9][0-9,]*\.?[0-9]*)([kMB]?)(%?)"
RANGE = re.compile(rf"{NUMBER}(?:\s*[-–]\s*{NUMBER})?\+?(?:\s*\(.*\))?(?:\s+(?:seconds|miners|agents|stakers|WLD))?")
QUANTITIES = {  # how a column's or row's words are said once and for all
    "market cap": "market cap",
    "daily active": "daily users",
    "daily volume": "daily volume",
    "volatility": "volatility",
    "hard cap": "hard cap",
    "latency": "block time",
    "token reserve": "token reserve",
}
WINDOWS = {"6-month": 182.5, "30-day": 30.0}
YEAR = 365.0


@dataclass(frozen=True)
class Claim:
    """One printed number, from `low` to `high` (equal unless a range was printed): USD, a fraction, or a count. `window` [day] of a volatility, None where
    the article names none; `period` is the year, quarter or projection it speaks of, "" when it says none."""

    article: str
    table: str
    subject: str
    quantity: str
    printed: str
    low: float
    high: float
    unit: str
    period: str = ""
    window: float | None = None

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Check:
    """What a claim implies beside what was printed. `holds` within rounding of what was printed."""

    what: str
    printed: str
    computed: str
    holds: bool
    note: str = ""


@cache
def claims() -> tuple[Claim, ...]:
    """Every printed cell that is a number, tables first, then figures of the running text."""
    tables, text = read("article_tables"), read("article_figures")
    rows = [*zip(*(tables[c] for c in ("article", "table", "row", "column", "value_as_printed")), strict=True)]
    rows += [(a, "running text", r, c, v) for a, r, c, v in zip(*(map(str, text[k]) for k in ("article", "row", "column", "value_as_printed")), strict=True)]
    return tuple(claim for row in rows if (claim := parsed(*(str(cell or "") for cell in row))) is not None)


def parsed(article: str, table: str, row: str, column: str, printed: str) -> Claim | None:
    """A cell as a claim; None where it holds words."""
    found = RANGE.fullmatch(printed)
    if not found:
        return None
    first, scale, percent, last, last_scale, last_percent = found.groups(default="")
    scale, percent = scale or last_scale, percent or last_percent  # "$45-60B" says its unit once
    low = value(first, scale, percent)
    high = value(last, last_scale or scale, last_percent or percent) if last else low
    about_row = any(word in row.lower() for word in QUANTITIES) or table in ("Growth Metrics", "Funding Metrics", "Market Data and Post-IPO Projection")
    head, subject, period = (row, "AI tokens", column) if about_row else (column, row, "")
    quantity = next((name for word, name in QUANTITIES.items() if word in head.lower()), head)
    window = next((days for word, days in WINDOWS.items() if word in head), None) if quantity == "volatility" else None
    unit = "fraction" if percent else "USD" if "$" in printed else "seconds" if "seconds" in printed else "count"
    return Claim(article.partition("_")[0].zfill(3), table, subject, quantity, printed, low, high, unit, period, window)


def value(digits: str, scale: str, percent: str) -> float:
    return float(Decimal(digits.replace(",", "")) * SCALE[scale] / (100 if percent else 1))


def about(subject: str = "", quantity: str = "") -> list[Claim]:
    """The claims of a subject, of a quantity, or of both; names as `claims` has them, and "" for any."""
    return [c for c in claims() if (not subject or c.subject == subject) and (not quantity or c.quantity == quantity)]


def annualised(claim: Claim) -> float:
    """A volatility [1/year^0.5] from one over its window: sd sqrt(365 / window), for returns that are independent.

    Errors: UsageError MT412 without a window.
    """
    if claim.quantity != "volatility" or claim.window is None:
        raise UsageError(Fault("MT412", f"{claim.subject}, article {claim.article}: {claim.printed}", "names no window", "a volatility over a stated window"))
    return claim.middle * sqrt(YEAR / claim.window)


def compared(a: Claim, b: Claim) -> float:
    """Volatility a over volatility b. Errors: UsageError MT412 unless both are over the same stated window."""
    if a.window is None or a.window != b.window:
        told = " and ".join(f"{c.printed} over {f'{c.window:g} days' if c.window else 'no stated window'}" for c in (a, b))
        raise UsageError(Fault("MT412", "volatilities", told, "volatilities over the same window", "`annualised` converts one, if returns are independent"))
    return a.middle / b.middle


def checks() -> list[Check]:
    """The tables against themselves: printed changes, price x supply against the cap, caps that contradict each other."""
    return [*changes(), *caps(), *contradictions()]


def changes() -> list[Check]:
    """Every "change" of the growth table from its two quarters; 1 % of a printed change is rounding."""
    out = []
    growth = [c for c in claims() if c.table == "Growth Metrics"]
    for change in (c for c in growth if c.period == "Change"):
        before, after = ((next(c for c in growth if c.quantity == change.quantity and c.period == q)) for q in ("Q1 2024", "Q1 2025"))
        computed = after.low / before.low - 1
        out.append(Check(f"{change.quantity}, Q1 2024 to Q1 2025", change.printed, f"{computed:+.2%}", abs(computed - change.low) <= 0.01))
    return out


def caps() -> list[Check]:
    """Market cap = price x circulating supply; a treasury's price = its value over its tokens."""

    def one(subject: str, quantity: str, article: str, unit: str = "") -> Claim:
        return next(c for c in about(subject, quantity) if c.article == article and (not unit or c.unit == unit))

    price, supply, cap = one("Bittensor", "Price (USD)", "001"), one("Bittensor", "Circulating Supply", "001"), one("Bittensor", "market cap", "001")
    product = price.low * supply.low
    held, worth = one("Worldcoin", "token reserve", "003", "count"), one("Worldcoin", "token reserve", "003", "USD")
    return [
        Check(
            "Bittensor, article 001: market cap = price x circulating supply",
            cap.printed,
            f"${product / 1e9:.4f}B",
            cap.low <= product <= cap.high,
            f"{cap.low / product - 1:.1%} to {cap.high / product - 1:.1%} above the product",
        ),
        Check(
            "Worldcoin, article 003: price = treasury in USD / tokens",
            f"{worth.printed} / {held.printed}",
            f"${worth.low / held.low:.0f} a token",
            worth.low / held.low <= 12,
            "the highest price ever paid was about 12 USD",
        ),
    ]


def contradictions() -> list[Check]:
    """Subjects of several claims, and whether these put the market cap within a quarter of each other."""
    out = []
    for subject in dict.fromkeys(c.subject for c in about(quantity="market cap") if not c.period):
        said = [c for c in about(subject, "market cap") if not c.period]
        low, high = min(c.high for c in said), max(c.low for c in said)
        if len(said) > 1:
            printed = ", ".join(f"{c.printed} ({c.article})" for c in said)
            out.append(Check(f"{subject}: market caps of {len(said)} claims agree", printed, f"largest over smallest {high / low:.2f}", high <= 1.25 * low))
    return out
