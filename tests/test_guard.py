"""The laws of flows where floats run out of digits."""

from __future__ import annotations

import numpy as np
import pytest

from .mechanisms.estate import Stage, estate
from .mechanisms.network import use


@pytest.mark.parametrize("seed", range(60))
def test_an_account_that_is_emptied_again_and_again_stops_no_run(seed):
    weights = [f"{x:.17g}" for x in np.random.default_rng(seed).random(20)]
    signals = {"w": ("TOK", weights, "staked")}
    rule = use("rewards", "stake_rewards", weights=("w",), budget=({"value": 1000},))
    play = Stage(estate(rule, owners=20, signals=signals, opening={"staked/TOK": 20, "pool/TOK": 100})).steps(60)
    assert abs(play.row("pool/TOK")[0]) < 1e-12
