"""The JSON Schema says what the reader does; that the committed file is it, `tests/test_reference.py` holds."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import Any

import jsonschema
import pytest

from mintage.spec import schema
from tests.spec.cases import TOWN, faulty

SCHEMA = json.loads(schema())
VALID = jsonschema.Draft202012Validator(SCHEMA)


def plain(value: Any) -> Any:
    """As a TOML editor hands it to a JSON Schema: dates are texts."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value.isoformat() if isinstance(value, date) else value


def test_the_schema_is_a_schema_and_accepts_the_town() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert [e.message for e in VALID.iter_errors(plain(tomllib.loads(TOWN)))] == []


@pytest.mark.parametrize(
    "name",
    [
        "a key mistyped",
        "a section mistyped",
        "a number where a text belongs",
        "an unknown mechanism",
        "a process among mechanisms",
        "a signal without a start",
        "no network",
        "a reserved name",
    ],
)
def test_the_schema_refuses_faulty_tables(name: str) -> None:
    refused = not VALID.is_valid(plain(tomllib.loads(faulty(name))))
    assert refused is (name != "a reserved name")  # that a word is taken is beyond a schema


def test_every_shipped_mechanism_is_in_it_with_units_and_numbers_in_three_forms() -> None:
    mechanisms = {part["properties"]["use"]["const"]: part for part in SCHEMA["properties"]["mechanism"]["items"]["oneOf"]}
    assert {"burn_mint", "emission_schedule", "vesting"} <= mechanisms.keys()
    share = mechanisms["burn_mint"]["properties"]["burn_share"]
    assert "[1]" in share["description"]
    assert share["$ref"] == "#/$defs/number"
    assert [form["type"] for form in SCHEMA["$defs"]["number"]["oneOf"]] == ["number", "string", "object"]
    assert {"gbm", "history"} <= {part["properties"]["use"]["const"] for part in SCHEMA["properties"]["process"]["items"]["oneOf"]}
