"""The generated pages of the reference are the ones the code makes, and they name everything a spec may use."""

from __future__ import annotations

import pytest
from docs.exhibits import exhibit
from docs.generate import HOME, pages

from mintage.codes import CODES
from mintage.mechanisms.base import REGISTRY
from mintage.spec import presets

MADE = pages()


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_committed_page_is_the_one_the_code_makes(name: str) -> None:
    assert (HOME / name).read_text("utf-8") == MADE[name], "run `make docs`"


def test_every_code_mechanism_and_process_has_its_place() -> None:
    assert all(f"### {code} " in MADE["errors.md"] for code in CODES)
    ours = [name for name, kind in REGISTRY.items() if kind.__module__.startswith("mintage.")]
    assert len(ours) > 20
    assert [name for name in ours if f"mechanisms/{name}.md" not in MADE] == []


def test_a_parameter_is_shown_with_unit_range_and_source() -> None:
    row = "| `per_node` | providers/node | 75 | at least 0 | at most this for each qualified node and call | RNP-006 2023-12-20 |"
    assert row in MADE["mechanisms/availability_rewards.md"]
    assert "| `settlement` | option | burn | burn or pay_providers or stablecoin |" in MADE["mechanisms/burn_mint.md"]


def test_every_mechanism_has_an_example_a_picture_and_a_word_on_what_breaks_it() -> None:
    ours = {name: kind for name, kind in REGISTRY.items() if kind.__module__.startswith("mintage.")}
    assert [name for name in ours if exhibit(name) is None] == []
    assert [name for name, kind in ours.items() if len(kind.breaks) < 40] == []
    drawn = {file.stem for file in (HOME / "mechanisms").glob("*.svg")}
    assert drawn == set(ours), "run `make docs`"


def test_every_network_has_its_page_with_rules_assumptions_scorecard_and_published_numbers() -> None:
    for name in presets():
        page = MADE[f"networks/{name}.md"]
        assert all(f"## {part}" in page for part in ("What it does", "What we know, and what we assume", "Scorecard", "Published numbers it reproduces")), name
