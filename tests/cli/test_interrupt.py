"""Ctrl-C and kill: the status says so, what was finished is kept and labelled, and a run folder goes on."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
from contextlib import suppress

import numpy as np
import pytest

import mintage as mt
from mintage.cli import judge
from mintage.runs import CHUNK
from tests.cli.command import ENV, START, call, spawn

PATHS = 60 * CHUNK
LONG = ["simulate", "town.toml", "--steps", "14", "--paths", str(PATHS), "--var", "price", "--out", "run"]


def after_two_chunks(child, folder):
    """Wait until the run has stored two chunks."""
    until = time.monotonic() + 60
    while len(list(folder.glob("chunk-*"))) < 2:
        assert child.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(town, how, capsys):
    with spawn(*LONG, cwd=town) as child:
        after_two_chunks(child, town / "run")
        child.send_signal(how)
        out, err = child.communicate()
    if how == signal.SIGINT:
        assert child.returncode == 130
        assert err.startswith(b"partial: ")
        assert f"of {PATHS:,} paths; the same command with --resume goes on".encode() in err
        assert b"price" in out
    else:
        assert child.returncode == -signal.SIGKILL
    assert 2 <= len(list((town / "run").glob("chunk-*"))) < 60
    assert call(*LONG, "--resume", "--export", "resumed.npz", "--workers", "2") == 0
    whole = mt.simulate(mt.load("town.toml"), PATHS, 14, save=mt.Save(vars=("price",)))
    with np.load("resumed.npz", allow_pickle=False) as npz:
        assert np.array_equal(npz["end:price"], whole.end["price"])


def test_ctrl_c_before_anything_was_finished_is_130_without_a_traceback(town):
    with spawn("simulate", "town.toml", "--paths", str(10**8), "--steps", str(10**6), cwd=town) as child:
        time.sleep(1.5)  # past the imports, far from the end of the first chunk
        child.send_signal(signal.SIGINT)
        _, err = child.communicate()
    assert child.returncode == 130
    assert b"Traceback" not in err


def test_a_watched_run_without_a_folder_keeps_an_eighth_when_it_is_stopped_there(town):
    master, slave = pty.openpty()
    args = [*START, "simulate", "town.toml", "--paths", "40000", "--steps", "6000", "--var", "price"]
    child = subprocess.Popen(args, cwd=town, env=ENV | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen, stopped = b"", False
    with suppress(OSError):  # a closed terminal
        while block := os.read(master, 4096):
            seen += block
            if not stopped and max(map(int, re.findall(rb"(\d+)%", seen)), default=0) >= 15:
                child.send_signal(signal.SIGINT)
                stopped = True
    os.close(master)
    assert child.communicate()[0]
    assert child.returncode == 130
    kept = re.search(rb"partial: ([\d,]+) of 40,000 paths", seen)
    assert kept
    assert 2048 <= int(kept[1].replace(b",", b"")) < 40_000


def stop_in(run):
    """A progress that presses Ctrl-C in the run of that name."""

    def tick(name, done, total):
        if name == run:
            raise KeyboardInterrupt

    return tick


def test_an_interrupted_judgement_keeps_whole_runs_and_is_labelled():
    whole = mt.evaluate(mt.load("town.toml"), 16, beside=8)
    cut = mt.evaluate(mt.load("town.toml"), 16, beside=8, progress=stop_in("scenario bear"))
    assert (whole.manifest.partial, cut.manifest.partial) == (False, True)
    assert list(whole.manifest.runs) == [*cut.manifest.runs, "bear"]
    assert cut.metrics == whole.metrics
    with pytest.raises(mt.MintageError, match="MT505"):
        mt.evaluate(mt.load("town.toml"), 16, progress=stop_in("base"))


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_commands_that_judge_exit_with_130_when_cut_short(command, monkeypatch, capsys, town):
    document = mt.evaluate(mt.load("town.toml"), 16, beside=8, progress=stop_in("scenario bear"))
    monkeypatch.setattr(judge, "judge", lambda *args: document)
    assert call(command, "town.toml") == 130
    out, err = capsys.readouterr()
    assert document.headline in " ".join(out.split())
    assert "partial: an interrupt left out runs" in err
