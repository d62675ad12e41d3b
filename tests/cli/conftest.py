"""A small town in a folder of its own, which is where every command runs."""

from __future__ import annotations

import pytest

from tests.spec.cases import TOWN


@pytest.fixture(autouse=True)
def town(tmp_path, monkeypatch):
    """The current folder, holding town.toml: 12 weeks of daily steps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "town.toml").write_text(TOWN.replace('horizon = "1 year"', 'horizon = "12 weeks"'), "utf-8")
    return tmp_path
