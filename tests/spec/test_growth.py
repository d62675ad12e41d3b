"""Accounts that must grow together are found before anybody joins: live, the first newcomer would end every epoch after it."""

from __future__ import annotations

import pytest

import mintage as mt
from mintage.errors import MintageError
from tests.laws.test_exhibits import FOLDER

UNPAIRED = [("annotation_rewards", "annotators"), ("dataset_market", "data_stakes"), ("infernet", "bonds")]


@pytest.mark.parametrize(("name", "kind"), UNPAIRED)
def test_an_open_kind_whose_partner_does_not_grow_is_a_fault(name, kind):
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    with pytest.raises(MintageError) as fault:
        mt.loads(text.replace(f"[accounts.{kind}]\n", f'[accounts.{kind}]\nmembers = "open"\n', 1))
    assert "once somebody joins" in str(fault.value)
