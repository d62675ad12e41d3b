"""Every published number is reproduced by a preset or a mechanism, within the tolerance stated beside it."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mintage.errors import UsageError
from mintage.spec import load, presets
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


NUMBERS = {"R": 9, "K": 8, "I": 7, "F": 6, "C": 7, "T": 3, "W": 6, "A": 45}  # of the reference on networks, and of that on risk
MISSING = {
    "I7": "what was staked in a week of 2024 is an observation: no rule says how many suppliers would come",
    "A16": "a detector of crashes is not built: the controllers that are have no learned part",
    "A18": "nor is a barrier function: the shield bounds level, rate and window",
    "A19": "gains of all loops of an economy are not computed yet; A20 is one such loop, run",
    "A21": "no mechanism has positions that are sold at a trigger",
    "A23": "runs are those of soft_run, which has a queue and no insurance of the Diamond-Dybvig kind",
    "A24": "no mechanism redeems by minting without bound: compute_credits halts at a ratio",
    "A25": "no process has trades that cause trades",
    "A32": "no detector of wash trades is built: revenue of related parties is declared, not found",
    "A33": "as A32",
    "A34": "crowd-kit, an extra that brings much, is needed: tests/mechanisms/test_feedback.py",
    "A39": "no seller here learns",
    "A42": "no tail is fitted: value at risk is that of the sample, with its interval",
    "A45": "sweeps draw Sobol samples and leave the indices to SALib",
}


def test_every_number_of_the_references_is_computed_or_named_as_missing():
    wanted = {f"{letter}{i}" for letter, last in NUMBERS.items() for i in range(1, last + 1)}
    computed = {re.match(r"[A-Z]\d+", a.code)[0] for a in ALL}
    assert computed & set(MISSING) == set()
    assert wanted - computed == set(MISSING)


def test_the_page_on_sources_names_numbers_that_exist():
    page = (Path(__file__).parents[1] / "docs" / "explanation" / "where-sources-disagree.md").read_text("utf-8")
    named = set(re.findall(r"\b[RKIFCTWAB]\d{1,2}[a-z]?\b", page))
    assert len(named) > 20
    assert named <= {a.code for a in ALL} | set(MISSING)


CHANGED = {
    "render": ("emission_nodes.base", "R1"),
    "akash": ("white_paper.half_life", "K1"),
    "io_net": ("emission.fall", "I1"),
    "fetch_ai": ("launch.fee", "F6"),
    "internet_computer": ("rewards.last", "C1b"),
    "ritual": ("answers.fee", "T1"),
    "worldcoin": ("allocation.investors.duration", "W2"),
    "bittensor": ("split.owner_cut", "B6"),
}


@pytest.fixture
def spoiled(request, monkeypatch) -> Iterator[str]:
    """The code of an anchor whose network has one parameter a per cent lower than its file says."""
    network = request.param
    path, code = CHANGED[network]
    module = importlib.import_module(f"mintage.validate.{network}")
    wrong = load(network).with_values({path: f"{float(load(network).value(path)) * 0.99:.25f}"})
    monkeypatch.setattr(module, "preset" if hasattr(module, "preset") else "load", lambda name: wrong)
    forget(module)
    yield code
    forget(module)


def forget(module) -> None:
    """What was computed of a network's file."""
    for thing in vars(module).values():
        if hasattr(thing, "cache_clear") and thing.__module__ == module.__name__:
            thing.cache_clear()


@pytest.mark.parametrize("spoiled", presets(), indirect=True)
def test_a_parameter_that_is_wrong_by_a_percent_is_found_out(spoiled):
    assert not found(next(a for a in ALL if a.code == spoiled)).holds


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
