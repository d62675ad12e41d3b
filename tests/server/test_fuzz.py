"""Strangers' bytes and Schemathesis' imagination: no answer is ever a 500, and what is answered is what the document promises."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.server.town import Town

SKIP = "/v1/journal/stream"  # has no end; test_stream holds it
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def test_schemathesis_finds_no_500_and_no_answer_beside_the_document(here: Town) -> None:
    schema = schemathesis.openapi.from_url(f"{here.url}/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == SKIP:
            continue
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            tried += attack(here, operation, mode)
    assert tried > 300


def attack(here: Town, operation: object, mode: object) -> int:
    count = 0

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=QUIET)
    @given(case=operation.as_strategy(generation_mode=mode))  # type: ignore[attr-defined]
    def run(case: object) -> None:
        nonlocal count
        count += 1
        case.call_and_validate(headers={"Authorization": f"Bearer {here.root}"}, checks=CHECKS)  # type: ignore[attr-defined]

    try:
        run()
    except Unsatisfiable:  # nothing about this operation can be wrong
        assert mode is schemathesis.GenerationMode.NEGATIVE
    return count


@settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
@given(
    path=st.sampled_from(["/v1/events/square/pay", "/v1/events/square/deposit", "/v1/members", "/v1/changes", "/v1/moves", "/v1/keys", "/v1/oracle/price"]),
    raw=st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8),
    kind=st.sampled_from(["application/json", "application/json; charset=utf-7", "text/plain", ""]),
)
def test_no_bytes_make_a_500(here: Town, path: str, raw: object, kind: str) -> None:
    import json

    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    answer = here.http.post(path, content=body, headers={"Content-Type": kind, "Authorization": f"Bearer {here.root}"})
    assert answer.status_code in (400, 403, 415, 422), answer.text
    assert answer.json()["code"].startswith("MT")


@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "Mintage-Address",
                "Mintage-Signature",
                "Mintage-Nonce",
                "Mintage-Expires",
                "Mintage-Scheme",
                "Authorization",
                "Idempotency-Key",
                "Last-Event-ID",
                "Content-Length-X",
            ]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=140).map(lambda t: t.strip().encode("latin-1")),
    )
)
def test_no_headers_make_a_500(here: Town, headers: dict[str, bytes]) -> None:
    sent = [(k.encode(), v) for k, v in headers.items()] + [(b"Content-Type", b"application/json")]
    answer = here.http.post("/v1/epochs", content=b'{"steps": 0}', headers=sent)
    assert answer.status_code in (400, 401), answer.text
