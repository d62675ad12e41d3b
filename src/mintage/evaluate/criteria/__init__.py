"""The named tests of the judgement: one file a point, one function a test, thresholds, weights and sources in the open.

A test reads the evidence and finds a value; it passes, fails, or was not shown. Data that is missing is never taken as fine.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..document import Test, Verdict
from ..evidence import Evidence

QUARTER, YEAR, MANY = 91, 365, 40  # days, and paths, that a test may need of a record


@dataclass(frozen=True)
class Finding:
    """What a test found: a value (None: not shown), whether it passes, one sentence, and what a reader can check it by."""

    value: float | str | None
    passed: bool | None
    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Criterion:
    """A named test: public threshold, weight within its point, source of the threshold ('our choice' when nobody published one).

    `days` and `paths` are what it needs of a live network's record: a test that speaks of a year is not judged by a month. A simulated horizon is
    the author's own choice, and is taken as it is.
    """

    code: str
    title: str
    point: int
    unit: str
    threshold: str
    weight: float
    source: str
    read: Callable[[Evidence], Finding]
    days: int = 0
    paths: int = 1

    def judge(self, evidence: Evidence) -> Test:
        found = self.too_little(evidence) or self.read(evidence)
        verdict: Verdict = "not_shown" if found.passed is None else "pass" if found.passed else "fail"
        shared = {k: getattr(self, k) for k in ("code", "title", "point", "unit", "threshold", "weight", "source")}
        return Test(**shared, verdict=verdict, value=found.value, sentence=found.sentence, evidence=found.evidence)

    def too_little(self, e: Evidence) -> Finding | None:
        """The finding of a test that the record cannot show; None when it can."""
        if e.recorded and e.base.horizon < self.days:
            return not_shown(f"the record is {e.base.horizon:g} days long, and {self.days} are needed")
        if e.recorded and e.base.paths < self.paths:
            return not_shown("the record is one path, and this speaks of many")
        return None


CRITERIA: dict[str, Criterion] = {}


def criterion(
    code: str, title: str, *, unit: str, threshold: str, weight: float = 1.0, source: str = "our choice", days: int = 0, paths: int = 1
) -> Callable[[Callable[[Evidence], Finding]], Callable[[Evidence], Finding]]:
    """Register a test; the first digit of its code is its point (T2xx: emission sustainability)."""

    def keep(read: Callable[[Evidence], Finding]) -> Callable[[Evidence], Finding]:
        if code in CRITERIA:
            raise AssertionError(f"two tests are called {code}")
        CRITERIA[code] = Criterion(code, title, int(code[1]), unit, threshold, weight, source, read, days, paths)
        return read

    return keep


def not_shown(what: str) -> Finding:
    """The finding when data is missing: it counts against the point as not shown."""
    return Finding(None, None, f"Not shown: {what}.")


def at_least(value: float | None, bound: float, sentence: str, missing: str, **evidence: Any) -> Finding:
    """Passes when value >= bound; `{value}` in the sentence is filled in."""
    return _against(value, lambda v: v >= bound, sentence, missing, evidence)


def at_most(value: float | None, bound: float, sentence: str, missing: str, **evidence: Any) -> Finding:
    """Passes when value <= bound."""
    return _against(value, lambda v: v <= bound, sentence, missing, evidence)


def _against(value: float | None, holds: Callable[[float], bool], sentence: str, missing: str, evidence: dict[str, Any]) -> Finding:
    if value is None or math.isnan(value):
        return not_shown(missing)
    shown: float | str = float(value) if math.isfinite(value) else "infinite"
    return Finding(shown, bool(holds(value)), sentence.format(value=value), evidence)


def all_criteria() -> list[Criterion]:
    """Every test, in order of its code."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return [CRITERIA[code] for code in sorted(CRITERIA)]
