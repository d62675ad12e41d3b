"""Evidence to Document: every part of the result put together, and the words a reader sees first."""

from __future__ import annotations

import math
import platform
from dataclasses import asdict

import numpy as np

from .. import __version__
from ..data import articles
from .allocation import unlocks
from .bands import bands, sankey, waterfall
from .criteria import all_criteria
from .document import Assumption, Claim, ClaimCheck, Comparison, Document, Flag, Interval, Manifest, Point, Test
from .evidence import Evidence
from .figures import METRICS
from .measure import YEAR, Measured, finite, quantiles, summary
from .red_flags import flags
from .scorecard import GATE, grade, grade_range, point, verdict

CLAIMED = ("market cap", "volatility")  # what reports draw of the articles


def build(e: Evidence, created: str = "", seconds: float = 0.0) -> Document:
    """Judge the evidence. `created` and `seconds` come from the edge that has a clock."""
    tests = [c.judge(e) for c in all_criteria()]
    points = [point(n, tests) for n in range(1, 7)]
    raised = flags(tests)
    m, spec = e.base, e.spec
    final = verdict(points, raised, tests)
    # no grade where a point, or the gate, could not be judged
    blank = any(p.verdict == "not_shown" for p in points) or any(t.code in GATE and t.verdict == "not_shown" for t in tests)
    return Document(
        network=spec.name,
        title=spec.title,
        token=m.token,
        fiat=m.fiat,
        start=str(m.economy.start or ""),
        horizon_days=m.horizon,
        verdict=final,
        headline=so_far(m) if e.recorded and m.horizon < YEAR else headline(m),
        reasons=reasons(e, points, raised, tests),
        grade=None if blank else grade(tests),
        grade_range=None if blank else grade_range(tests),
        points=points,
        flags=raised,
        tests=tests,
        metrics=[interval(m, name) for name in METRICS],
        bands=bands(m),
        sankey=sankey(m, m.run.manifest.seed),
        sankey_title=f"Mean flows of one epoch ({m.days[0]:g} days) in the last year of the run",
        waterfall=waterfall(m),
        unlocks=unlocks(spec, m.economy, m.horizon),
        comparisons=comparisons(e),
        assumptions=[
            Assumption(path=p.path, value=str(p.value), unit=p.unit, source=p.source, date=str(p.date or ""), assumed=p.assumed, doc=p.doc)
            for p in spec.provenance
        ],
        sources={k: str(v) for k, v in spec.sources.items()},
        claims=[Claim(**{k: getattr(c, k) for k in Claim.model_fields}) for c in articles.claims() if c.quantity in CLAIMED and c.period != "Change"],
        claim_checks=[ClaimCheck(**asdict(c)) for c in articles.checks()],
        manifest=manifest(e, created, seconds),
    )


def interval(m: Measured, name: str) -> Interval:
    """A metric's median and 5-95 % range over the paths where it is defined."""
    meta, value = METRICS[name], m.metric(name)
    low, mid, high = (finite(x) for x in quantiles(value, (0.05, 0.5, 0.95)))
    unit = meta.unit.replace("token", m.token).replace("fiat", m.fiat)
    counts = {"without a value": np.isnan(value).sum(), "never, or without bound,": np.isinf(value).sum()}
    note = "; ".join(f"{what} on {n} of {len(value)} paths" for what, n in counts.items() if n)
    return Interval(name=name, title=meta.title, unit=unit, median=mid, low=low, high=high, note=note)


def comparisons(e: Evidence) -> list[Comparison]:
    """Medians of every run on the same paths, the base first."""
    runs = {
        "base": (e.beside, "From today on, the same paths" if e.recorded else "Base run, the same paths"),
        "stablecoin": (e.ablated, "Service paid in a stablecoin"),
    }
    runs |= {"usage -5 %": (e.usage_down, "Usage 5 % lower"), "usage +5 %": (e.usage_up, "Usage 5 % higher")}
    runs |= {name: (m, e.spec.scenarios[name].doc or name) for name, m in e.scenarios.items()}
    return [Comparison(name=n, title=title, paths=m.paths, metrics=summary(m)) for n, (m, title) in runs.items() if m is not None]


def headline(m: Measured) -> str:
    """One sentence: does this economy sustain itself?"""
    ratio, parity = m.median("ratio_last_year"), m.median("parity_reached")
    years = m.horizon / 365
    span = f"{years:.0f} years" if years >= 1.5 else f"{m.horizon:.0f} days"
    if m.price.size and np.isnan(m.price).all():
        return f"{m.spec.title} names no price for its token, so whether it sustains itself is not shown."
    if ratio is None:
        return f"{m.spec.title} emits nothing and earns nothing in its last year: there is nothing to sustain."
    if math.isinf(ratio):
        return f"{m.spec.title} does not sustain itself: it emits tokens against no outside revenue."
    share = float(np.nanmean(m.metric("parity_reached"))) if parity is not None else 0.0
    if ratio <= 1:
        return f"{m.spec.title} sustains itself: at the end of {span} it emits {ratio:.2f} {m.fiat} for each {m.fiat} of outside revenue (median path)."
    tail = f"and revenue overtakes emission within {span} on {share:.0%} of paths"
    return f"{m.spec.title} does not sustain itself: it emits {ratio:.1f} {m.fiat} for each {m.fiat} of outside revenue, {tail}."


def so_far(m: Measured) -> str:
    """The headline of a live network that has not run for a year."""
    said = f"{m.spec.title} has run live for {m.horizon:g} days, too short to show whether it sustains itself"
    ratio = m.median("ratio_total")
    if ratio is None:
        return f"{said}; so far it names no price, or has emitted and earned nothing."
    if math.isinf(ratio):
        return f"{said}; so far it emitted tokens against no outside revenue."
    return f"{said}; so far it emitted {ratio:.2f} {m.fiat} for each {m.fiat} of outside revenue."


def reasons(e: Evidence, points: list[Point], raised: list[Flag], tests: list[Test]) -> list[str]:
    """Three to six sentences, the heaviest first: raised flags, failed key tests, then what speaks for it."""
    out = [f.sentence for f in raised if f.raised]
    failed, passed = (sorted((t for t in tests if t.verdict == v), key=lambda t: (-t.weight, t.code)) for v in ("fail", "pass"))
    heaviest = {t.point: t for t in reversed(failed)}  # one a point, so that no fact is told twice
    out += [t.sentence for t in sorted(heaviest.values(), key=lambda t: (-t.weight, t.code)) if t.sentence not in " ".join(out)][: max(0, 4 - len(out))]
    out = out[:4] + [t.sentence for t in passed[:1]]
    unknown = sum(t.verdict == "not_shown" for t in tests)
    return out[:5] + ([f"{unknown} of {len(tests)} tests could not be shown from the declared facts."] if unknown else [])


def manifest(e: Evidence, created: str, seconds: float) -> Manifest:
    """What ran."""
    r = e.base.run.manifest
    return Manifest(
        spec_name=e.spec.name,
        spec_hash=e.spec.hash,
        version=__version__,
        seed=r.seed,
        engine=r.engine,
        paths=r.paths,
        steps=r.steps,
        step_days=r.step_days,
        platform=r.platform,
        python=platform.python_version(),
        numpy=r.numpy,
        created=created,
        partial=e.partial,
        runs=e.counts,
        seconds=seconds,
    )
