"""Golden scorecards: what the judgement said of an economy when a person last read it. A change of any verdict or value must be meant.

`python -m tests.evaluate.test_golden [NAME ...]` writes them anew, all or those; read the difference before you commit it.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import mintage as mt
from mintage.spec import load, loads, presets

from .economies import SOUND

FOLDER = Path(__file__).parent / "golden"
ECONOMIES = {"sound": lambda: loads(SOUND)} | {name: partial(load, name) for name in presets()}
FUTURES = dict.fromkeys(("render", "sound"), (200, 100)) | {"bittensor": (60, 30)}  # and beside: large networks take their time


def scorecard(name: str) -> dict[str, Any]:
    """What is judged, to six digits."""
    paths, beside = FUTURES.get(name, (300, 60))
    d = mt.evaluate(ECONOMIES[name](), paths, 1, beside=beside)
    return {
        "verdict": d.verdict,
        "headline": d.headline,
        "grade": rounded(d.grade),
        "points": {p.title: [p.verdict, rounded(p.score)] for p in d.points},
        "flags": {f.code: f.raised for f in d.flags},
        "tests": {t.code: [t.verdict, rounded(t.value)] for t in d.tests},
        "metrics": {m.name: [rounded(m.median), rounded(m.low), rounded(m.high)] for m in d.metrics},
    }


def rounded(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def differences(found: Any, golden: Any, place: str = "") -> list[str]:
    """Places where they differ by more than a digit of the sixth; libraries of mathematics differ by less."""
    if isinstance(golden, dict):
        return [d for k in found.keys() | golden.keys() for d in differences(found.get(k), golden.get(k), f"{place}.{k}")]
    if isinstance(golden, list):
        return [d for i, (a, b) in enumerate(zip(found, golden, strict=True)) for d in differences(a, b, f"{place}[{i}]")]
    same = found == pytest.approx(golden, rel=2e-5, abs=1e-9) if isinstance(golden, float) and isinstance(found, float | int) else found == golden
    return [] if same else [f"{place}: {found!r}, golden {golden!r}"]


@pytest.mark.parametrize("name", ECONOMIES)
def test_the_scorecard_is_the_golden_one(name: str):
    golden = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert differences(scorecard(name), golden) == []


def test_a_changed_digit_is_seen():
    assert differences({"a": [1.0, "x"]}, {"a": [1.0001, "x"]}) == [".a[0]: 1.0, golden 1.0001"]
    assert differences({"a": 1.0}, {"a": 1.0, "b": True}) == [".b: None, golden True"]


if __name__ == "__main__":
    for name in sys.argv[1:] or ECONOMIES:
        (FOLDER / f"{name}.json").write_text(json.dumps(scorecard(name), indent=1) + "\n", "utf-8")
