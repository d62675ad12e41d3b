"""Faulty specs and the pages they give, compared whole: code, line, place, what was found, what was expected, what to do."""

from __future__ import annotations

import pytest

from mintage.errors import SpecError
from mintage.spec import check, loads
from tests.spec.cases import CASES, HERE, TOWN, faulty

PAGES = dict(part.split("\n", 1) for part in (HERE / "pages.txt").read_text("utf-8").removeprefix("## ").rstrip("\n").split("\n\n## "))


def test_every_case_has_a_page_and_every_page_a_case() -> None:
    assert list(PAGES) == list(CASES)
    assert len(CASES) >= 25


@pytest.mark.parametrize("name", CASES)
def test_a_faulty_spec_gives_its_page(name: str) -> None:
    found = check(faulty(name), "town.toml")
    assert "\n".join(map(str, found)) == PAGES[name]


@pytest.mark.parametrize("name", ["a key mistyped", "not TOML", "many at once"])
def test_loading_a_faulty_spec_raises_what_checking_finds(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(faulty(name), "town.toml")
    assert list(caught.value.faults) == check(faulty(name), "town.toml")
    assert caught.value.exit_status == 3


def test_the_sound_town_has_no_fault() -> None:
    assert check(TOWN) == []
