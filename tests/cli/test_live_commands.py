"""Commands on the ledger of a live network: proof, shadow, futures from today, judgement."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mintage as mt
from mintage.live.reading import network_of
from mintage.live.standing import standing
from tests.cli.command import call
from tests.live.lived import bent, lived


@pytest.fixture
def net(town):
    with lived(town / "net.db"):
        pass
    return town


def test_replay_says_what_it_compared_and_json_says_all_of_it(net, capsys):
    assert call("replay", "net.db") == 0
    out, err = capsys.readouterr()
    assert out.startswith("net.db: equal to the base unit; ")
    assert "6 epochs, 10 events" in out
    assert "arrays: " in out
    assert err == ""
    assert call("replay", "net.db", "--json", "--no-arrays", "--epochs", "3") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["equal"], found["epochs"], found["calls"], found["differences"]) == (True, 3, 0, [])


def test_replay_of_a_network_that_runs_needs_no_lock(town, capsys):
    with lived(town / "net.db") as live:
        assert call("replay", "net.db") == 0
        assert live.tick()


def test_a_bent_journal_exits_with_4_and_names_entry_and_units(net, capsys):
    bent(net / "net.db", net / "bent.db")
    assert call("replay", "bent.db") == 4
    out = capsys.readouterr().out
    assert "1 differences" in out
    assert "exact simulator" in out
    assert "entry epoch" in out
    assert call("replay", "bent.db", "--json") == 4
    assert json.loads(capsys.readouterr().out)["equal"] is False
    assert call("evaluate", "--live", "bent.db", "--quiet") == 4
    assert "MT820" in capsys.readouterr().err


def test_shadow_shows_the_changed_flows_and_json_all(net, capsys):
    assert call("shadow", "net.db", "--set", "emission.tail=730", "--epochs", "2") == 0
    out = capsys.readouterr().out
    assert "2 epochs with emission.tail = 730" in out
    assert "emission.emit" in out
    assert "other flows are as they were" in out
    assert call("shadow", "net.db", "--set", "emission.budgets.0.value=3650000", "--epochs", "2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [r["why"][:5] for r in found["refused"]] == ["MT817", "MT817"]
    assert {f["flow"] for f in found["flows"]} >= {"jobs.pay", "emission.emit"}


def test_simulate_from_live_is_what_python_gives(net, capsys):
    assert call("simulate", "--from-live", "net.db", "--paths", "12", "--steps", "5", "--seed", "4", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    run = mt.simulate(standing(network_of("net.db")), 12, 5, 4)
    assert (found["manifest"]["first_step"], found["manifest"]["start"]) == (6, run.manifest.start)
    assert found["end"]["price"]["q50"] == np.median(run.end["price"])
    assert call("simulate", "--from-live", "net.db", "--paths", "12") == 0
    assert "12 futures of 60 steps from step 6 on" in capsys.readouterr().out


def test_a_run_folder_from_a_live_state_goes_on_only_from_that_state(net, capsys):
    size = ["--from-live", "net.db", "--paths", "300", "--steps", "4", "--out", "run", "--quiet"]
    assert call("simulate", *size) == 0
    assert call("simulate", *size, "--resume") == 0
    from mintage.live.service import LiveNetwork

    with LiveNetwork.open("net.db") as live:
        live.tick()
    capsys.readouterr()
    assert call("simulate", *size, "--resume") == 2
    assert "MT530 run: holds another run: start is 6:" in capsys.readouterr().err


def test_evaluate_and_report_judge_a_journal(net, capsys):
    assert call("evaluate", "--live", "net.db", "--beside", "8", "--quiet") in (0, 1)
    assert "has run live for 6 days, too short to show" in " ".join(capsys.readouterr().out.split())
    assert call("evaluate", "--live", "net.db", "--beside", "8", "--json", "--quiet") in (0, 1)
    assert json.loads(capsys.readouterr().out)["manifest"]["engine"] == "live"
    assert call("report", "--live", "net.db", "--beside", "8", "--quiet", "--out", "r.html") == 0
    assert (net / "r.html").stat().st_size > 100_000


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["replay", "none.db"], 2, "MT709"),
        (["replay", "town.toml"], 2, "MT709"),
        (["shadow", "net.db"], 2, "--set"),
        (["shadow", "net.db", "--set", "jobs.burn_share"], 2, "MT516"),
        (["shadow", "net.db", "--set", "a=1", "--set", "a=2"], 2, "MT516 a: is given twice"),
        (["shadow", "net.db", "--set", "jobs.burn_shar=1"], 2, "did you mean 'jobs.burn_share'?"),
        (["simulate"], 2, "Missing argument 'SPEC'"),
        (["evaluate"], 2, "Missing argument 'SPEC'"),
        (["report", "town.toml", "--live", "net.db"], 2, "leave SPEC out"),
        (["simulate", "town.toml", "--from-live", "net.db"], 2, "leave SPEC out"),
        (["simulate", "--from-live", "none.db"], 2, "MT709"),
        (["simulate", "--from-live", "net.db", "--var", "prise"], 2, "did you mean 'price'?"),
    ],
)
def test_wrong_words_say_what_to_do(args, status, says, net, capsys):
    assert call(*args) == status
    out, err = capsys.readouterr()
    assert says in err
    assert (out, "Traceback" in err) == ("", False)
