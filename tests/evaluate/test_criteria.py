"""Every named test has an economy that passes it and one that fails it; what is missing is not shown."""

from __future__ import annotations

import pytest

from mintage.evaluate.criteria import CRITERIA

from .economies import FAILING, MISSING, find

CODES = sorted(CRITERIA)


def test_there_are_at_least_fifty_and_each_says_its_threshold_weight_and_source():
    assert len(CODES) >= 50
    for c in CRITERIA.values():
        assert c.threshold
        assert c.weight > 0
        assert c.source
        assert c.title
        assert c.point == int(c.code[1])


def test_no_code_is_left_without_a_failing_economy():
    assert sorted(FAILING) == CODES


@pytest.mark.parametrize("code", CODES)
def test_the_sound_economy_passes(code):
    found = find(code)
    assert found.passed is True, found.sentence


@pytest.mark.parametrize("code", CODES)
def test_its_counterpart_fails(code):
    found = find(code, FAILING[code])
    assert found.passed is False, found.sentence
    assert found.sentence.endswith(".")
    assert "{" not in found.sentence


@pytest.mark.parametrize("code", sorted(MISSING))
def test_missing_data_is_not_shown(code):
    found = find(code, MISSING[code])
    assert found.passed is None, found.sentence
    assert found.value is None
    assert found.sentence.startswith("Not shown")
