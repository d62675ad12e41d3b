"""`mintage serve`: what it says, what it keeps secret, how it stops, what it makes up for; and the demonstration with its proof."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

import mintage as mt
from mintage.cli.serving import opened
from mintage.ledger import decode
from mintage.ledger.look import ReadOnly
from mintage.live.entries import decode as entry_of
from mintage.live.replay import Replay
from tests.cli.command import ENV, START, call, spawn
from tests.twin.test_twin import TOWN as LOTTERY

SECRET = re.compile(r"mk_[A-Za-z0-9_-]{43}|\b[0-9a-f]{64}\b")


@contextmanager
def serving(folder, *args, env=ENV, **options):
    """A running network; (process, url) once it listens. What it says goes to files, so that no pipe fills."""
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen([*START, "serve", *args, "--port", "0"], cwd=folder, env=env, stdout=out, stderr=err, **options)
    try:
        yield process, await_url(folder, process)
    finally:
        process.kill()
        process.wait()


def await_url(folder, process):
    until = time.monotonic() + 60
    while not (found := re.search(r"http://[\d.]+:\d+", (folder / "err").read_text("utf-8"))):
        assert process.poll() is None, (folder / "err").read_text("utf-8")
        assert time.monotonic() < until
        time.sleep(0.02)
    return found[0]


def said(folder):
    return (folder / "out").read_text("utf-8"), (folder / "err").read_text("utf-8")


def until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def replayed(path):
    return Replay(arrays=False).run((r.seq, decode(r.body)) for r in ReadOnly(path).read())


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        ([], 2, "name a SPEC"),
        (["town.toml", "--like", "render"], 2, "give one"),
        (["town.toml", "--shadow", "--ledger", "a.db"], 2, "keeps nothing"),
        (["--demo", "--ledger", "a.db"], 2, "--demo needs a network"),
        (["rendr"], 3, "did you mean 'render'?"),
        (["town.toml", "--port", "70000"], 2, "--port"),
        (["town.toml", "--seconds-per-step", "-1"], 2, "--seconds-per-step"),
        (["town.toml", "--host", "203.0.113.77"], 2, "MT533 203.0.113.77:8410: cannot be listened on"),
        (["--ledger", "none.db", "--port", "0"], 2, "MT821"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_is_kept(args, status, says, capsys, town):
    assert call("serve", *args) == status
    assert says in capsys.readouterr().err
    assert [p.name for p in town.iterdir() if p.suffix in (".secret", ".operator-key")] == []


def test_a_port_that_is_taken_is_named(capsys, town):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert call("serve", "town.toml", "--port", str(port)) == 2
    assert f"MT533 127.0.0.1:{port}: is in use by another program" in capsys.readouterr().err
    assert [p.name for p in town.iterdir()] == ["town.toml"]


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_stops_it_within_two_seconds_and_a_second_process_is_told(how, status, town):
    with serving(town, "town.toml") as (process, url):
        assert httpx.get(f"{url}/v1/network").json()["name"] == "town"
        with spawn("serve", "town.toml", "--port", "0", cwd=town) as second:
            out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (5, b"")
        assert err.startswith(b"MT701 ")
        begun = time.monotonic()
        process.send_signal(how)
        assert process.wait(10) == status
        assert time.monotonic() - begun < 20  # at once; a busy machine has its time
    out, err = said(town)
    assert "Traceback" not in err
    assert err.endswith("stopped at step 0\n")
    assert len(SECRET.findall(out)) == 1, "the operator's key is shown once, on stdout"
    assert SECRET.findall(err) == []


def test_the_key_that_is_shown_is_an_operators_and_a_second_start_shows_none(town):
    with serving(town, "town.toml", "--seconds-per-step", "0") as (_, url):
        key = said(town)[0].strip()
        sign = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        assert httpx.post(f"{url}/v1/epochs", headers=sign, content=b'{"steps":3}').status_code == 200
    with serving(town, "town.toml", "--seconds-per-step", "0") as (_, url):
        assert httpx.get(f"{url}/v1/network").json()["step"] == 3
        out, err = said(town)
    assert out == ""
    assert "town goes on at step 3" in err
    with serving(town, "--ledger", "town.db", "--new-key", "--store-key") as (_, url):
        again = (town / "town.operator-key").read_text("utf-8").strip()
        sign = {"Authorization": f"Bearer {again}", "Content-Type": "application/json"}
        assert httpx.post(f"{url}/v1/epochs", headers=sign, content=b"{}").status_code == 200
    assert again != key
    assert SECRET.findall("".join(said(town))) == []


def test_epochs_that_were_missed_are_run_once_each_and_it_says_so(town):
    with serving(town, "town.toml", "--seconds-per-step", "0.1", "--steps", "8") as (process, _):
        assert process.wait(60) == 0
    assert "stopped at step" in said(town)[1]
    time.sleep(1)
    with serving(town, "town.toml", "--seconds-per-step", "0.1", "--steps", "10") as (process, _):
        assert process.wait(60) == 0
    err = said(town)[1]
    assert re.search(r"catching up: \d+ epochs are due", err)
    found = replayed(town / "town.db")
    assert found.epochs >= 18
    assert found.differences == []
    entries = [entry_of(n.topic, n.body) for r in ReadOnly(town / "town.db").read() for n in decode(r.body).notes]
    assert [e.step for e in entries if e.topic == "epoch"] == list(range(found.epochs))


def test_an_epoch_that_waits_for_reports_says_for_which_and_says_it_once(town):
    with serving(town, "render", "--seconds-per-step", "0.05", "--shadow") as (process, _):
        until(lambda: "waits" in said(town)[1])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    err = said(town)[1]
    assert err.count("waits: signal 'price' has 0 fresh reports, needs 3 of at most 1 days (MT807)") == 1
    assert "in memory: nothing is kept" in err
    assert [p.name for p in town.iterdir() if p.suffix not in (".toml", "")] == []


def test_the_log_is_json_when_asked_and_holds_no_secret(town):
    with serving(town, "town.toml", "--json-logs", "--store-key", "--steps", "3", "--seconds-per-step", "0.3") as (process, url):
        key = (town / "town.operator-key").read_text("utf-8").strip()
        httpx.post(f"{url}/v1/epochs", headers={"Authorization": f"Bearer {key}"})
        assert process.wait(60) == 0
    out, err = said(town)
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert {"start", "listen", "request", "step", "stop"} <= set(events)
    assert SECRET.findall(out + err) == []


def test_a_demonstration_ends_with_its_proof_and_keeps_its_secrets(town):
    with serving(town, "--like", "render", "--demo", "--steps", "8", "--seconds-per-step", "0.05", "--events", "25") as (process, _):
        assert process.wait(120) == 0
    out, err = said(town)
    assert "Render, day 8\n" in out
    assert re.search(r"ran +8 epochs in", out)
    assert "audited: every rule holds, every asset sums to zero" in out
    assert re.search(r"twin +\d+ entries replayed, 0 differences: what was simulated is what ran", out)
    assert err.count("  balanced\n") >= 6
    assert [line for line in err.splitlines() if "MT" in line] == []
    assert SECRET.findall(out + err) == []
    for name in ("render-demo.secret", "render-demo.operator-key"):
        assert stat.S_IMODE((town / name).stat().st_mode) == 0o600
    found = replayed(town / "render-demo.db")
    assert (found.epochs, found.differences) == (8, [])
    assert found.events > 60
    with serving(town, "--like", "render", "--demo", "--steps", "2", "--seconds-per-step", "0") as (process, _):
        assert process.wait(120) == 0
    out, err = said(town)
    assert "goes on at step 8" in err
    assert "Render, day 10\n" in out
    assert replayed(town / "render-demo.db").differences == []


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_draws_within_the_width_and_leaves_the_picture_and_the_summary(columns, town):
    master, slave = pty.openpty()
    env = ENV | {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "24"}
    child = subprocess.Popen([*START, "serve", "render", "--demo", "--shadow", "--port", "0"], cwd=town, env=env, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen, begun, drawn = b"", 0.0, 0
    with suppress(OSError):  # a closed terminal
        while block := os.read(master, 65536):
            seen += block
            if not begun and b"day 2" in seen:
                begun, drawn = time.monotonic(), len(seen)
                child.send_signal(signal.SIGINT)
    os.close(master)
    out = child.communicate()[0].decode()
    assert child.returncode == 130
    assert time.monotonic() - begun < 20
    assert "0 differences: what was simulated is what ran" in out
    before, text = (re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", part.decode(errors="ignore")) for part in (seen[:drawn], seen))
    assert max(map(len, re.split(r"[\r\n]", before))) <= columns, "behind it Ctrl-C may tear a picture"
    for word in ("price", "emission", "balanced", "closed", "Ctrl-C stops"):
        assert word in text


def test_a_network_whose_noise_was_promised_from_another_secret_does_not_start(town):
    spec, stem = mt.loads(LOTTERY), town / "town"
    with opened("town.db", spec, stem, 0) as live:
        live.tick(2)
    with opened("town.db", spec, stem, 0) as live:
        live.tick()
        assert live.step == 3
    (town / "town.secret").unlink()
    with pytest.raises(mt.MintageError, match="MT534"):
        opened("town.db", spec, stem, 0)
    assert not (town / "town.secret").exists()
    (town / "town.secret").write_text("no hex\n", "utf-8")
    with pytest.raises(mt.MintageError, match="MT534"):
        opened("town.db", spec, stem, 0)
