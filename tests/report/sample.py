"""A judged document made by hand, of the size and shape of a real one, for tests of charts and page. Its numbers describe no network."""

from __future__ import annotations

import math
from typing import Any

from mintage.evaluate.document import Assumption, Band, Bar, Claim, ClaimCheck, Comparison, Document, Flag, Interval, Link, Manifest, Point, Test, Unlock

POINTS = ("Utility depth", "Emission sustainability", "Vesting and allocation", "Demand-supply alignment", "Governance quality", "Audit status")
VERDICTS = ("pass", "warn", "fail", "not_shown", "pass", "warn")
DAYS = [float(d) for d in range(0, 1096, 7)]
HOSTILE = "</script><script>window.broken = 1</script> & \"quotes\" 'ü' {{ 7 * 7 }} ${x}"


def document(**changes: Any) -> Document:
    """The whole sample; `changes` replace fields."""
    fields: dict[str, Any] = {
        "network": "sample",
        "title": "Sample Network",
        "token": "SAM",
        "fiat": "USD",
        "start": "2024-01-01",
        "horizon_days": 1095.0,
        "verdict": "fail",
        "headline": "Sample does not sustain itself: emissions are worth nine times what customers pay.",
        "reasons": [
            "Emissions are worth 9.1 times external revenue at the median.",
            "Revenue covers emissions on no path within three years.",
            "Team unlocks begin at day 0.",
        ],
        "grade": 0.41,
        "grade_range": (0.33, 0.52),
        "points": points(),
        "flags": flags(),
        "tests": tests(),
        "metrics": metrics(),
        "bands": bands(),
        "sankey": sankey(),
        "claims": [
            Claim(article="000", subject="Sample", quantity="market cap", printed="$1B - $2B", low=1e9, high=2e9, unit="USD"),
            Claim(article="001", subject=HOSTILE, quantity="market cap", printed="$3B", low=3e9, high=3e9, unit="USD"),
            Claim(article="000", subject="Sample", quantity="volatility", printed="45%", low=0.45, high=0.45, unit="fraction", window=182.5),
            Claim(article="003", subject="Sample", quantity="volatility", printed="85%", low=0.85, high=0.85, unit="fraction", window=30),
        ],
        "claim_checks": [ClaimCheck(what="caps agree", printed="$1B - $2B, $3B", computed="1.50", holds=False, note=HOSTILE)],
        "sankey_title": "Mean flows of the week from 2024-07-01",
        "waterfall": waterfall(),
        "unlocks": unlocks(),
        "comparisons": comparisons(),
        "assumptions": assumptions(),
        "sources": {"RNP-006": "https://example.org/rnp-006", "price-feed": "weekly closes, archived 2025-11-03"},
        "manifest": manifest(),
    }
    return Document(**(fields | changes))


def bare(**changes: Any) -> Document:
    """The least a document can hold: nothing shown at all."""
    lists = (
        "reasons",
        "points",
        "flags",
        "tests",
        "metrics",
        "bands",
        "sankey",
        "waterfall",
        "unlocks",
        "comparisons",
        "assumptions",
        "claims",
        "claim_checks",
    )
    empty: dict[str, Any] = {name: [] for name in lists}
    return document(**({**empty, "verdict": "not_shown", "grade": None, "grade_range": None, "sources": {}} | changes))


def band(name: str, title: str, unit: str, start: float, growth: float, spread: float) -> Band:
    """A log-normal fan: median start x e^(growth t), widening with sqrt(t) [year]."""

    def quantile(z: float) -> list[float | None]:
        return [start * math.exp(growth * d / 365 + z * spread * math.sqrt(d / 365)) for d in DAYS]

    quantiles = {f"q{q:02d}": quantile(z) for q, z in ((5, -1.645), (25, -0.674), (50, 0.0), (75, 0.674), (95, 1.645))}
    return Band(name=name, title=title, unit=unit, day=DAYS, mean=quantile(spread / 2), **quantiles)


def bands() -> list[Band]:
    return [
        band("price", "Token price", "USD/SAM", 4.2, 0.1, 0.95),
        band("supply", "Circulating supply", "SAM", 5.32e8, 0.02, 0.003),
        band("emission_value", "Value of emissions", "USD/day", 60_000, -0.45, 0.35),
        band("revenue", "External revenue", "USD/day", 7_000, 0.65, 0.25),
        band("ratio", "Emissions to revenue", "1", 9.1, -1.1, 0.4),
        band("utilisation", "Utilisation", "1", 0.41, 0.1, 0.1),
    ]


def points() -> list[Point]:
    rows = zip(POINTS, VERDICTS, (0.82, 0.55, 0.2, 0.0, 0.9, 0.5), (1.0, 0.9, 0.8, 0.1, 0.95, 0.6), strict=True)
    evidence = {"share_functional": 0.62, "paths": 10_000, "series": [1, 2, 3]}
    return [
        Point(number=i, title=t, verdict=v, score=s, shown=shown, sentence=f"{t} has a score of {s:.0%} on {shown:.0%} of its evidence.", evidence=evidence)  # type: ignore[arg-type]
        for i, (t, v, s, shown) in enumerate(rows, 1)
    ]


def flags() -> list[Flag]:
    rows = (("F1", "Team holds over a fifth", False), ("F2", "Insiders unlock early", True), ("F3", "Usage does not reach the token", None))
    return [Flag(code=c, title=t, raised=r, sentence=f"{t}: measured on the allocation table.", evidence={"team_share": 0.18}) for c, t, r in rows]


def tests() -> list[Test]:
    made = []
    for i in range(54):
        verdict = VERDICTS[(i * 7 + i // 9) % 6]
        about = {"code": f"T{1 + i // 9}{i % 9 + 1:02d}", "title": f"Named test number {i + 1}", "sentence": f"Found {i / 10:.1f} against a threshold of 3."}
        value = None if verdict == "not_shown" else i / 10
        made.append(
            Test(
                **about,
                point=1 + i // 9,
                verdict=verdict,  # type: ignore[arg-type]
                value=value,
                unit="1",
                threshold="at least 3",
                weight=1.0 + i % 3,
                source="evaluation reference, 1",
                evidence={"n": i},
            )
        )
    return made


def metrics() -> list[Interval]:
    rows = (
        ("price_end", "Token price at the end", "USD/SAM", 5.6),
        ("supply_end", "Supply at the end", "SAM", 5.6e8),
        ("revenue", "External revenue", "USD/day", 19_000.0),
    )
    found = [Interval(name=n, title=t, unit=u, median=m, low=m / 2, high=m * 2) for n, t, u, m in rows]
    return [*found, Interval(name="runway", title="Runway of the treasury", unit="day", median=None, low=None, high=None, note="no treasury is declared")]


def sankey() -> list[Link]:
    rows = (
        ("external", "customers", "USD", "income", 49_000.0),
        ("customers", "market", "USD", "jobs.buy", 47_000.0),
        ("market", "customers", "SAM", "jobs.buy", 46_800.0),
        ("customers", "burned", "SAM", "jobs.burn", 44_500.0),
        ("customers", "treasury", "SAM", "jobs.fee", 2_300.0),
        ("issuance", "providers", "SAM", "emission.work", 310_000.0),
        ("issuance", "foundation", "SAM", "emission.grant", 105_000.0),
        ("providers", "market", "SAM", "providers.sell", 220_000.0),
        ("market", "providers", "USD", "providers.sell", 219_000.0),
        ("providers", "external", "USD", "providers.cost", 190_000.0),
        ("speculators", "market", "USD", "trade.buy", 60_000.0),
    )
    return [Link(source=f"{s}/{a}", target=f"{t}/{a}", asset=a, reason=r, amount=v / (4.2 if a == "SAM" else 1), value_fiat=v) for s, t, a, r, v in rows]


def waterfall() -> list[Bar]:
    rows = (
        ("Supply at the start", 5.32e8, True),
        ("Emission to providers", 1.8e7, False),
        ("Emission to the foundation", 9e6, False),
        ("Burned by jobs", -4.1e6, False),
        ("Supply at the end", 5.549e8, True),
    )
    return [Bar(label=name, amount=amount, total=total) for name, amount, total in rows]


def unlocks(holders: tuple[str, ...] = ("team", "investors", "community")) -> list[Unlock]:
    made = []
    for period in range(24):
        for i, holder in enumerate(holders):
            amount = 1e6 * (i + 1) * (0 if period < min(6 * i, 18) else 1)
            made.append(Unlock(day=30.0 * period, date="2024-01-01", holder=holder, role="insider", amount=amount))
    return made


def comparisons() -> list[Comparison]:
    rows = (
        ("base", "Base", 1.0, 1.0),
        ("bull", "Bull market", 3.1, 1.4),
        ("bear", "Bear market", 0.22, 0.7),
        ("compute_spike", "Compute costs double", 0.8, 0.95),
        ("collapse", "Demand collapses", 0.35, 0.1),
        ("stablecoin", "Paid in stablecoins", 0.6, 1.0),
    )
    return [
        Comparison(name=n, title=t, paths=2000, metrics={"price_end": 5.6 * p, "supply_end": 5.6e8 * (2 - p / 3), "revenue": 19_000 * r, "runway": None})
        for n, t, p, r in rows
    ]


def assumptions() -> list[Assumption]:
    rows = (
        ("jobs.burn_share", "0.95", "1", "RNP-006", "2023-12-20", False),
        ("providers.cost", "2.1", "USD/unit/day", "", "", True),
        ("supply.cap", "644168762", "SAM", "https://example.org/cap", "2025-11-01", False),
    )
    return [Assumption(path=p, value=v, unit=u, source=s, date=d, assumed=a, doc="what it stands for") for p, v, u, s, d, a in rows]


def manifest() -> Manifest:
    about = {
        "spec_name": "sample",
        "spec_hash": "0" * 64,
        "version": "0.1.0",
        "engine": "numpy",
        "platform": "Linux x86_64",
        "python": "3.11",
        "numpy": "2.0",
        "created": "2025-11-21T08:00:00Z",
    }
    return Manifest(**about, seed=1, paths=10_000, steps=1095, step_days=1.0, runs={"base": 10_000, "bull": 2_000}, seconds=21.5)  # type: ignore[arg-type]
