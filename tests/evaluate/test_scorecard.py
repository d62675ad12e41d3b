"""From tests to points, flags and a verdict: laws that hold whatever the tests found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.evaluate.criteria import all_criteria
from mintage.evaluate.document import Test as NamedTest
from mintage.evaluate.red_flags import FLAGS, flags
from mintage.evaluate.scorecard import GATE, TITLES, grade, grade_range, point, scores, verdict

CRITERIA = all_criteria()
VERDICTS = st.lists(st.sampled_from(["pass", "fail", "not_shown"]), min_size=len(CRITERIA), max_size=len(CRITERIA))


def made(verdicts: list[str]) -> list[NamedTest]:
    shared = ("code", "title", "point", "unit", "threshold", "weight", "source")
    return [
        NamedTest(**{k: getattr(c, k) for k in shared}, verdict=v, value=None, sentence=f"{c.code} {v}.", evidence={})
        for c, v in zip(CRITERIA, verdicts, strict=True)
    ]


def judged(tests: list[NamedTest]) -> str:
    return verdict([point(n, tests) for n in TITLES], flags(tests), tests)


def all_of(verdict: str, **other: str) -> list[NamedTest]:
    return made([other.get(c.code, verdict) for c in CRITERIA])


ORDER = {"fail": 0, "not_shown": 1, "warn": 1, "pass": 2}


@given(VERDICTS, st.integers(0, len(CRITERIA) - 1))
def test_passing_one_more_test_never_worsens_anything(verdicts: list[str], i: int):
    worse, better = made(verdicts), made([*verdicts[:i], "pass", *verdicts[i + 1 :]])
    assert grade(better) >= grade(worse) - 1e-12
    assert ORDER[judged(better)] >= ORDER[judged(worse)]
    n = CRITERIA[i].point
    assert point(n, better).score >= point(n, worse).score


@given(VERDICTS)
def test_what_is_not_shown_scores_as_what_failed(verdicts: list[str]):
    hidden, failed = ([b if v != "pass" else v for v in verdicts] for b in ("not_shown", "fail"))
    for n in TITLES:
        a, b = ([t for t in made(v) if t.point == n] for v in (hidden, failed))
        assert scores(a)[0] == scores(b)[0]


@given(VERDICTS)
def test_the_grade_lies_between_its_ends_and_in_the_unit_interval(verdicts: list[str]):
    tests = made(verdicts)
    low, high = grade_range(tests, 40)
    assert 0 <= low <= high <= 1
    assert 0 <= grade(tests) <= 1


def test_all_passed_is_a_pass_of_grade_one():
    tests = all_of("pass")
    assert judged(tests) == "pass"
    assert grade(tests) == pytest.approx(1)
    assert grade_range(tests) == pytest.approx((1, 1))


def test_nothing_shown_is_never_a_pass():
    tests = all_of("not_shown")
    assert {point(n, tests).verdict for n in TITLES} == {"not_shown"}
    assert judged(tests) == "warn"
    assert grade(tests) == 0
    assert all(f.raised is None for f in flags(tests))


@pytest.mark.parametrize("code", GATE)
def test_the_audit_gate_closes_everything(code: str):
    tests = all_of("pass", **{code: "fail"})
    assert grade(tests) == 0
    assert judged(tests) == "fail"


@pytest.mark.parametrize("code", [c.code for c in CRITERIA if c.weight >= 3])
def test_a_failed_key_test_fails_its_point(code: str):
    tests = all_of("pass", **{code: "fail"})
    assert point(int(code[1]), tests).verdict == "fail"
    assert judged(tests) != "pass"


@pytest.mark.parametrize(("flag", "code"), [(f, c) for f, (_, codes) in FLAGS.items() for c in codes])
def test_a_flag_rises_with_one_of_its_tests_and_is_open_without(flag: str, code: str):
    def state(**other: str) -> Any:
        return next(f for f in flags(all_of("pass", **other)) if f.code == flag)

    assert state().raised is False
    assert state(**{code: "not_shown"}).raised is None
    risen = state(**{code: "fail"})
    assert risen.raised is True
    assert risen.sentence == f"{code} fail."
    assert code in risen.evidence
    assert judged(all_of("pass", **{code: "fail"})) == "fail"
    assert judged(all_of("pass", **{code: "not_shown"})) != "pass"


@dataclass
class Weighted:
    code: str
    verdict: str
    weight: float
    point: int = 1
    sentence: str = "So."
    evidence: dict[str, Any] = field(default_factory=dict)


def test_a_point_by_hand():
    mine: Any = [Weighted("T101", "pass", 2), Weighted("T102", "fail", 1), Weighted("T103", "not_shown", 1)]
    found = point(1, mine)
    assert (found.score, found.shown, found.verdict) == (0.5, 0.75, "warn")
    assert found.sentence == "1 of 3 tests pass, 1 not shown; the heaviest failure: so."


def test_the_grade_by_hand():
    half = {1: 0.5, 2: 1.0, 3: 1.0, 4: 0.25, 5: 1.0, 6: 1.0}
    mine: Any = [Weighted(f"T{n}0{i}", "pass" if i < share * 4 else "fail", 1, n) for n, share in half.items() for i in range(4)]
    assert grade(mine) == pytest.approx((0.5 * (0.25 * 1.0) ** 0.5) ** 0.5)
