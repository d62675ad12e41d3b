"""Sizes, rates, patience, forms: what a stranger may send, and what the server says to the rest."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from mintage.codes import CODES
from mintage.server.limits import Buckets
from mintage.server.refused import Refused
from tests.server.town import SPEEDY, Town, town, until

DEPOSIT = "/v1/events/square/deposit"
JSON = {"Content-Type": "application/json"}


def test_a_body_is_bounded_whether_its_length_is_told_or_not(here: Town) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    auth = {"Authorization": f"Bearer {here.root}"}
    told = here.http.post(DEPOSIT, content=b" " * (64 * 1024 + 1), headers=JSON | auth)
    assert (told.status_code, told.json()["code"]) == (413, "MT908")
    untold = here.http.post(DEPOSIT, content=pieces(), headers=JSON | auth)
    assert (untold.status_code, untold.json()["code"]) == (413, "MT908")
    body = b'{"wallet": "@0", "amount": "1"}'
    assert here.http.post(DEPOSIT, content=body + b" " * (64 * 1024 - len(body)), headers=JSON | auth).status_code == 200
    assert here.http.post(DEPOSIT, content=iter([body[:9], body[9:]]), headers=JSON | auth).status_code == 200


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "MT915"),
        (b"{", "MT909"),
        (b"[]", "MT910"),
        (b"null", "MT910"),
        (b'{"wallet": "@0", "amount": "1", "amount": "2"}', "MT909"),
        (b'{"wallet": "@0", "amount": NaN}', "MT909"),
        (b'{"wallet": "@0", "amount": "1", "note": 1}', "MT910"),
        (b'{"wallet": "@0"}', "MT910"),
        (b'{"wallet": "\\ud800", "amount": "1"}', "MT910"),
        (b'{"wallet": "@0", "amount": "1", "\\ud800": 1}', "MT910"),
        (b'{"wallet": "\\u0000", "amount": "1"}', "MT910"),
        (b"\xff\xfe", "MT909"),
        (b"[" * 60_000, "MT909"),
        (b'{"a":' * 10_000, "MT909"),
        (b'{"wallet": "@0", "amount": ' + b"9" * 5000 + b"}", "MT909"),
        (b'{"wallet": "@0", "amount": 1e400}', "MT910"),
        (b'{"wallet": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "amount": "1"}', "MT910"),
    ],
)
def test_what_is_no_request_is_refused_in_words(here: Town, raw: bytes, code: str) -> None:
    headers = {"Authorization": f"Bearer {here.root}"} | (JSON if raw else {})
    answer = here.http.post(DEPOSIT, content=raw, headers=headers)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code in (400, 415, 422)


def test_a_problem_says_what_where_and_why_and_its_type_is_a_page(here: Town) -> None:
    answer = here.http.get("/v1/nothing", headers={"x-a": "b"})
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"], told["status"]) == (404, "application/problem+json", 404)
    assert answer.headers["mintage-request"] == told["instance"]
    page = here.http.get(told["type"]).json()
    assert page["title"] == told["title"] == CODES["MT906"][0]
    assert here.http.get("/errors/MT302").json()["detail"] == CODES["MT302"][1]
    assert here.http.get("/errors/MT999").status_code == 404
    wrong = here.http.put("/v1/network")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["code"]) == (405, "GET", "MT907")
    many = here.post(DEPOSIT, {"wallet": {}, "amount": {}}, secret=here.root).json()
    assert [f["where"] for f in many["faults"]] == ["body.wallet", "body.amount"]


def test_headers_are_bounded(here: Town) -> None:
    assert here.http.get("/v1/network", headers={"x": "a" * 15_000}).status_code == 200
    assert here.http.get("/v1/network?" + "a" * 9_000, headers={"x": "a" * 9_000}).json()["code"] == "MT916"


def test_a_mistake_of_ours_says_nothing_but_its_id_which_the_log_explains(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise KeyError("a secret of the inside")

    monkeypatch.setattr(here.live, "signals", broken)
    answer = here.http.get("/v1/signals")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    line = next(json.loads(x) for x in here.log.getvalue().splitlines() if answer.json()["instance"] in x and '"error"' in x)
    assert line["kind"] == "KeyError"
    assert any("broken" in p for p in line["places"])
    assert "secret" not in json.dumps(line)


def test_buckets_fill_by_their_rate_and_forget_the_oldest() -> None:
    now = [0.0]
    buckets = Buckets(2, 3, lambda: now[0], most=2)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(Refused, match="MT911"):
        buckets.take("a")
    buckets.take("b")
    now[0] = 0.5
    buckets.take("a")
    with pytest.raises(Refused):
        buckets.take("a")
    buckets.take("c")
    assert list(buckets.levels) == ["a", "c"]


def test_each_key_and_each_address_has_its_rate(tmp_path: Path) -> None:
    slow = replace(SPEEDY, key_rate=0.5, key_burst=4, address_rate=5.0, address_burst=30)
    with town(f"{tmp_path}/town.db", slow) as here:
        secret = here.api_key("epochs")
        statuses = [here.post("/v1/epochs", {"steps": 0}, secret=secret) for _ in range(6)]
        assert [a.status_code for a in statuses] == [422] * 4 + [429] * 2
        assert int(statuses[-1].headers["retry-after"]) in (1, 2)
        assert here.post("/v1/epochs", {"steps": 0}, secret=here.root).status_code == 422, "another key has its own"
        assert 429 in [here.http.get("/v1/network").status_code for _ in range(40)]
        assert here.http.get("/healthz").status_code == 200, "whoever watches the process is not counted"


def test_a_full_server_says_so_and_a_slow_body_does_not_hold_it(tmp_path: Path) -> None:
    small = replace(SPEEDY, in_flight=2, read_patience=1.5)
    with town(f"{tmp_path}/town.db", small) as here:
        host, port = here.url.removeprefix("http://").split(":")
        with ExitStack() as open_:
            waiting = [open_.enter_context(socket.create_connection((host, int(port)))) for _ in range(2)]
            for s in waiting:
                s.sendall(b"POST /v1/epochs HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
            until(lambda: here.app.state.edge.in_flight == 2)
            full = here.http.get("/v1/network")
            assert (full.status_code, full.json()["code"]) == (503, "MT912")
            assert full.headers["retry-after"]
            assert here.http.get("/readyz").status_code == 200
            assert b"MT913" in b"".join(iter(lambda: waiting[0].recv(65536), b""))
            until(lambda: here.app.state.edge.in_flight == 0)


def test_health_readiness_and_metrics(here: Town) -> None:
    here.person(dollars="1")
    here.post("/v1/events/square/pay", {"payer": "@0", "payee": "@0", "amount": "1"}, secret=here.root)
    here.post(DEPOSIT, {"wallet": "nobody", "amount": "1"}, secret=here.root)
    assert here.http.get("/healthz").json() == {"status": "ok"}
    assert here.http.get("/readyz").json()["step"] == here.live.step
    text = here.http.get("/metrics").text
    assert f"mintage_epoch_step {float(here.live.step)}" in text
    assert 'mintage_entries_total{code="ok",name="square.deposit",topic="event"}' in text
    assert 'mintage_entries_total{code="MT804",name="square.deposit",topic="event"}' in text
    assert 'mintage_requests_total{method="POST",route="/v1/events/square/deposit",status="200"}' in text
    assert 'mintage_supply{asset="TOWN"} 1e+06' in text
    assert "mintage_epoch_seconds_bucket" in text
    assert "mintage_breaker_tripped 0.0" in text
    here.post("/v1/breaker", {"action": "trip", "reason": "a test"}, secret=here.root)
    assert "mintage_breaker_tripped 1.0" in here.http.get("/metrics").text
    refused = here.post("/v1/epochs", {}, secret=here.root)
    assert (refused.status_code, refused.json()["code"]) == (503, "MT812")
    assert here.http.get("/readyz").json()["tripped"] == "a test"
    assert here.post(DEPOSIT, {"wallet": "@0", "amount": "1"}, secret=here.root).status_code == 200, "events go on"
    here.post("/v1/breaker", {"action": "reset", "reason": "a test"}, secret=here.root)


def test_epochs_run_by_the_clock_and_readiness_says_when_they_do_not(tmp_path: Path) -> None:
    with town(f"{tmp_path}/town.db", replace(SPEEDY, run_epochs=True)) as here:
        here.live.seconds = 0.05
        until(lambda: here.live.step >= 3)
    with town(f"{tmp_path}/other.db") as here:
        here.live.seconds = 0.01
        until(lambda: here.live.due() > 3)
        late = here.http.get("/readyz")
        assert (late.status_code, late.json()["code"]) == (503, "MT912")


SERVE = """
import sys
from mintage import spec
from mintage.live.service import LiveNetwork
from mintage.server import serve
import tests.server.town
serve(LiveNetwork.open(sys.argv[1], spec.load(tests.server.town.TOWN), seconds_per_step=0), port=0)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_when_answers_are_given_and_the_ledger_is_closed(tmp_path: Path, how: signal.Signals) -> None:
    root = Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    command = [sys.executable, "-c", SERVE, f"{tmp_path}/town.db"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = ""
    while not (ready := re.search(r"running on (http://127.0.0.1:[0-9]+)", said)):
        said = process.stderr.readline()
        assert said, f"it ended with {process.wait()}"
    url = ready[1]
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(httpx.get, f"{url}/v1/network") for _ in range(4)]
        time.sleep(0.02)
        process.send_signal(how)
        statuses = [a.result().status_code if not a.exception() else 0 for a in asked]
    _, log = process.communicate(timeout=90)
    assert process.returncode == 0, log
    assert json.loads(log.splitlines()[-1])["event"] == "stop", log
    assert set(statuses) <= {200, 0}
