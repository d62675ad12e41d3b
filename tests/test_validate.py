"""Every published number is reproduced by a preset or a mechanism, within the tolerance stated beside it."""

from __future__ import annotations

import json

import pytest

from mintage.errors import UsageError
from mintage.spec import presets
from mintage.validate import anchors, validate
from mintage.validate.anchor import Anchor, found
from tests.cli.command import call

ALL = anchors()


@pytest.mark.parametrize("anchor", ALL, ids=lambda a: a.code)
def test_the_published_number_is_reproduced(anchor):
    said = found(anchor)
    assert said.holds, f"{said.title}: computed {said.computed}, published {said.published} ({said.source}), off by {said.difference}"


def test_every_preset_has_anchors():
    assert set(presets()) <= {a.network for a in ALL}


def test_a_number_that_is_missed_or_none_does_not_hold():
    for value in (1.2, float("nan"), float("inf")):
        said = found(Anchor("X1", "x", "t", "1", 1.0, 0.1, "s", "derived", lambda v=value: v))
        assert not said.holds
    assert found(Anchor("X1", "x", "t", "1", 1.0, 0.1, "s", "derived", lambda: 1.05)).holds


def test_the_command_prints_computed_published_difference_and_source(capsys):
    assert call("validate", "render", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [r["code"] for r in rows] == [a.code for a in anchors(["render"])]
    assert all({"computed", "published", "difference", "source"} <= r.keys() for r in rows)
    assert call("validate", "render") == 0
    table = capsys.readouterr().out
    assert all(text in table for text in ("9,126,804", "RNP-006", f"{len(rows)} of {len(rows)} published numbers are reproduced"))


def test_an_unknown_network_is_told_the_nearest():
    with pytest.raises(UsageError) as refused:
        validate(["rendr"])
    assert refused.value.faults[0].code == "MT523"
    assert "render" in str(refused.value)
