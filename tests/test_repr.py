"""What a notebook or a traceback shows of a result is one line that says what it is."""

from __future__ import annotations

import mintage as mt


def test_results_say_what_they_are_in_one_line():
    render = mt.load("render")
    shown = {
        repr(render): ["render", "1,095 steps", "bear"],
        repr(mt.simulate(render, 8, 10)): ["8 paths x 10 steps", "seed 1"],
        repr(mt.evaluate(render, 8, beside=8)): ["fail", "does not sustain itself"],
        repr(mt.compare(render, "render:bear", 8, steps=30)): ["render:bear against render", "2 values differ"],
    }
    for text, said in shown.items():
        assert "\n" not in text
        assert len(text) < 260
        assert all(s in text for s in said), text
