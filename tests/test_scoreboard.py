"""Networks with tokens of their own stand side by side: each column is what `evaluate` says of that network alone."""

from __future__ import annotations

import json
import sys

import pytest

import mintage as mt
from mintage.errors import Interrupted, UsageError
from mintage.evaluate.figures import METRICS
from mintage.scoreboard import apart, scoreboard
from tests.cli.command import call
from tests.spec.cases import TOWN

PATHS = 24
town = mt.loads(TOWN, "town.toml")
city = mt.loads(TOWN.replace("TOK", "CTY"), "city.toml").with_values({"jobs.burn_share": "0.5", "jobs.payees.0.share": "0.5", "network.horizon": "200"})


def test_every_cell_is_what_the_judgement_of_that_network_says():
    board = scoreboard([town, city], PATHS, seed=3, beside=12)
    assert board.days == 200
    for i, spec in enumerate((town, city)):
        alone = mt.evaluate(spec.with_values({"network.horizon": "200"}), PATHS, 3, beside=12)
        assert board["verdict"].cells[i] == alone.verdict.replace("_", " ")
        assert [board[str(p.number)].values[i] for p in alone.points] == [p.score for p in alone.points]
        assert [board[f.code].cells[i] for f in alone.flags] == [{True: "raised", False: "no", None: "undecided"}[f.raised] for f in alone.flags]
        assert {m.name: m.median for m in alone.metrics if m.median is not None} == {
            line.name: line.values[i] for line in board.lines if line.group == "metrics" and line.values[i] is not None
        }
    assert {line.name for line in board.lines if line.group == "metrics"} <= METRICS.keys()


def test_one_network_is_paired_and_several_are_put_side_by_side():
    assert not apart([town, town.scenario("bull")])
    assert apart([town, city])


def test_the_command_prints_both_networks_and_the_same_as_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "town.toml").write_text(TOWN, "utf-8")
    (tmp_path / "city.toml").write_text(TOWN.replace("TOK", "CTY"), "utf-8")
    words = ("compare", "town.toml", "city.toml", "--paths", "16", "--metric", "burned")
    assert call(*words) == 0
    table = capsys.readouterr().out
    assert all(word in table for word in ("town", "city", "Utility depth", "Emission grows faster", "Tokens burned"))
    assert call(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["names"] == ["town.toml", "city.toml"]
    assert [line["name"] for line in found["lines"] if line["group"] == "metrics"] == ["burned"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables_fit_their_width_and_cut_no_name(width, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "a_town_with_a_long_name.toml").write_text(TOWN, "utf-8")
    (folder / "city.toml").write_text(TOWN.replace("TOK", "CTY"), "utf-8")
    one = "experiments/a_town_with_a_long_name.toml"
    assert call("compare", one, "experiments/city.toml", "--paths", "8") == 0
    board = capsys.readouterr().out
    assert call("compare", one, f"{one}:bull", "--paths", "8") == 0
    paired = capsys.readouterr().out
    for table in (board, paired):
        assert max(map(len, table.split("\n"))) <= width
        assert "\u2026" not in table
        assert "[1]" not in table
    assert all(word in board for word in ("TOK", "CTY", "No grade where"))
    assert "B better" in paired and ":bull" in paired


def test_fewer_than_two_or_an_unknown_metric_is_refused():
    for wrong, code in ((lambda: scoreboard([town], PATHS), "MT507"), (lambda: scoreboard([town, city], PATHS, metrics=["x"]), "MT506")):
        with pytest.raises(UsageError) as refused:
            wrong()
        assert refused.value.faults[0].code == code


def test_an_interrupt_keeps_the_networks_that_were_judged(monkeypatch):
    module = sys.modules["mintage.scoreboard"]  # `mintage.scoreboard` is the function
    real, left = module.evaluate, [2]

    def twice(*args, **named):
        if not left[0]:
            raise Interrupted(*town_fault())
        left[0] -= 1
        return real(*args, **named)

    monkeypatch.setattr(module, "evaluate", twice)
    board = scoreboard([town, city, town], 8, beside=8, steps=14)
    assert board.partial and len(board.names) == 2
    with pytest.raises(Interrupted):
        scoreboard([town, city], 8, beside=8, steps=14)


def town_fault():
    from mintage.errors import Fault

    return (Fault("MT505", "run", "interrupted", "time"),)
