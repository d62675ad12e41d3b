"""From tests to points, flags to a verdict, points to a grade. The vector is the result; the grade is a summary with its range.

A point's score is the weight of its passed tests over the weight of all its tests, so what was not shown costs as much as what
failed. A key test (weight 3 or more) that fails, fails its point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .document import Flag, Point, Test, Verdict

TITLES = {
    1: "Utility depth",
    2: "Emission sustainability",
    3: "Vesting and allocation",
    4: "Demand and supply aligned",
    5: "Governance quality",
    6: "Audit status",
}
KEY_WEIGHT = 3.0
PASS, SHOWN, HALF = 0.75, 0.5, 0.5  # our choice: three quarters to pass, half of the weight shown to judge at all
GATE = ("T603", "T606")  # no open critical finding; the mint authority is audited


def point(number: int, tests: list[Test], weights: Mapping[str, float] | None = None) -> Point:
    """One of the six points, from its tests."""
    mine = [t for t in tests if t.point == number]
    score, shown = scores(mine, weights)
    verdict = point_verdict(mine, score, shown)
    failed = sorted((t for t in mine if t.verdict == "fail"), key=lambda t: -t.weight)
    missing = sum(t.verdict == "not_shown" for t in mine)
    passed = sum(t.verdict == "pass" for t in mine)
    said = f"{passed} of {len(mine)} tests pass"
    if missing:
        said += f", {missing} not shown"
    if failed:
        said += f"; the heaviest failure: {failed[0].sentence[:1].lower()}{failed[0].sentence[1:]}"
    evidence = {"passed": passed, "failed": len(failed), "not_shown": missing, "tests": [t.code for t in mine]}
    return Point(number=number, title=TITLES[number], verdict=verdict, score=score, shown=shown, sentence=f"{said.rstrip('.')}.", evidence=evidence)


def scores(tests: list[Test], weights: Mapping[str, float] | None = None) -> tuple[float, float]:
    """(weight passed, weight shown) as shares of all weight."""
    weight = {t.code: (weights or {}).get(t.code, t.weight) for t in tests}
    total = sum(weight.values())
    if not total:
        return 0.0, 0.0
    return sum(weight[t.code] for t in tests if t.verdict == "pass") / total, sum(weight[t.code] for t in tests if t.verdict != "not_shown") / total


def point_verdict(tests: list[Test], score: float, shown: float) -> Verdict:
    """Fail on a failed key test or under half of what was shown; not shown under half of the weight; pass from three quarters on."""
    if any(t.verdict == "fail" and t.weight >= KEY_WEIGHT for t in tests):
        return "fail"
    if shown < SHOWN:
        return "not_shown"
    if score < HALF * shown:
        return "fail"
    return "pass" if score >= PASS else "warn"


def grade(tests: list[Test], weights: Mapping[str, float] | None = None) -> float:
    """In 0..1: the audit gate, then sqrt(m g), m the least of points 1-3, g the geometric mean of points 4 and 5.

    An open critical finding or an unaudited mint authority gives 0. The first three points weigh most, as the framework ranks them.
    """
    if any(t.code in GATE and t.verdict == "fail" for t in tests):
        return 0.0
    s = {n: scores([t for t in tests if t.point == n], weights)[0] for n in TITLES}
    return math.sqrt(min(s[1], s[2], s[3]) * math.sqrt(s[4] * s[5]))


def grade_range(tests: list[Test], draws: int = 400) -> tuple[float, float]:
    """5 % and 95 % of the grade when each weight is multiplied by a factor between 1/2 and 2 (log-uniform, fixed seed)."""
    factors = 2.0 ** np.random.default_rng(0).uniform(-1, 1, (draws, len(tests)))
    grades = [grade(tests, {t.code: t.weight * f for t, f in zip(tests, row, strict=True)}) for row in factors]
    low, high = np.quantile(grades, [0.05, 0.95])
    return float(low), float(high)


def verdict(points: list[Point], flags: list[Flag], tests: list[Test]) -> Verdict:
    """Fail: a raised flag, the gate, or a failing point among the first three. Pass: all six points pass and no flag is open."""
    if any(f.raised for f in flags) or any(p.verdict == "fail" and p.number <= 3 for p in points):
        return "fail"
    if any(t.code in GATE and t.verdict == "fail" for t in tests):
        return "fail"
    if all(p.verdict == "pass" for p in points) and all(f.raised is False for f in flags):
        return "pass"
    return "warn"
