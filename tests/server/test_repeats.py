"""A request that is sent again is done once, whoever sends it, however often, in whatever form."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx

from tests.server.town import Town

GIVE = "/v1/events/square/deposit"
MORE = {"Idempotency-Key": "one"}


def test_a_hundred_repeats_at_once_post_once(here: Town) -> None:
    body = {"wallet": "@0", "amount": "7"}
    before = here.operator.balances("@0")["wallets/USD"]
    secret = here.api_key("events:*")
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: here.post(GIVE, body, secret=secret, **MORE), range(100)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum(not a.json()["repeated"] for a in answers) == 1
    assert here.operator.balances("@0")["wallets/USD"] - before == 7


def test_the_same_key_with_another_body_is_a_conflict_and_keys_of_two_callers_are_two(here: Town) -> None:
    one, other = here.api_key("events:*"), here.api_key("events:*", "breaker")
    body = {"wallet": "@0", "amount": "1"}
    first = here.post(GIVE, body, secret=one, **MORE).json()
    conflict = here.post(GIVE, {"wallet": "@0", "amount": "2"}, secret=one, **MORE)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "MT808")
    assert here.post("/v1/breaker", {"action": "reset", "reason": "x"}, secret=other, **MORE).status_code == 200
    assert here.post(GIVE, body, secret=other, **MORE).json()["code"] == "MT808"
    assert here.post(GIVE, b'{ "amount": "1",\n"wallet": 0}', secret=one, **MORE).json()["id"] == first["id"], "another form of the same"
    assert here.post(GIVE, body, secret=here.api_key("events:*"), **MORE).json()["id"] != first["id"]


def test_without_a_key_of_its_own_each_request_of_an_api_key_is_another(here: Town) -> None:
    body = {"wallet": "@0", "amount": "1"}
    assert here.post(GIVE, body, secret=here.root).json()["id"] != here.post(GIVE, body, secret=here.root).json()["id"]
    for wrong in ("", "a" * 129):
        assert here.post(GIVE, body, secret=here.root, **{"Idempotency-Key": wrong}).json()["code"] == "MT917"


def test_epochs_run_once_for_one_step(here: Town) -> None:
    step = here.live.step
    assert here.post("/v1/epochs", {"step": step}, secret=here.root).json()["receipts"][0]["step"] == step + 1
    again = here.post("/v1/epochs", {"step": step}, secret=here.root)
    assert (again.status_code, again.json()["code"]) == (409, "MT918")
    assert here.live.step == step + 1


class Unlucky(httpx.BaseTransport):
    """A network that loses every first answer: the request arrives, the answer does not."""

    def __init__(self) -> None:
        self.inner, self.seen = httpx.HTTPTransport(), set[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        name = f"{request.method} {request.url} {request.headers.get('idempotency-key', '')}"
        if name not in self.seen:
            self.seen.add(name)
            answer.read()
            answer.close()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer

    def close(self) -> None:
        self.inner.close()


def test_a_client_that_loses_answers_pays_once(here: Town) -> None:
    key = here.person(dollars="10")
    options: dict[str, Any] = {"transport": Unlucky()}
    with here.client(key, **options) as own:
        receipt = own.square.pay(payer=own.address, payee="@0", amount="2.5")
        assert receipt.repeated
        assert own.balances()["wallets/USD"] == Decimal("7.5")
