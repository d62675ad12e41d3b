"""What may stand in a request: amounts as decimal text, owners, names; and a reader of JSON that takes nothing for something else.

A number with a fraction is refused where an amount belongs: most JSON libraries make a binary float of it, and money must not depend on that.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from .refused import refuse

AMOUNT = r"^[0-9]{1,60}(\.[0-9]{1,20})?$"
VALUE = r"^-?[0-9]{1,60}(\.[0-9]{1,20})?$"
OWNER = r"^([A-Za-z0-9][A-Za-z0-9._@-]{0,79}|@[0-9]{1,9})$"
NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
DIGITS = 80


class Fraction(float):
    """A JSON number that was written with a point or an exponent; it is kept only to be refused by name."""


def _amount(value: Any) -> Any:
    if isinstance(value, Fraction):
        raise ValueError("a text such as '12.5': a JSON number with a fraction becomes a binary float on its way")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a decimal number as text, such as '12.5'")
    if isinstance(value, int):
        if not 0 <= value < 10**60:
            raise ValueError("0 or more, of at most 60 digits")
        return str(value)
    return value


def _signed(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**60 else _amount(value)


def _owner(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"@{value}" if 0 <= value < 10**9 else value
    return value.lower() if isinstance(value, str) and ADDRESS.fullmatch(value) else value


def _schema(pattern: str, doc: str) -> WithJsonSchema:
    integer: dict[str, Any] = {"type": "integer", "maximum": 10**15} | ({} if pattern == VALUE else {"minimum": 0})
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern, "format": "decimal", "maxLength": 81}, integer], "description": doc})


Amount = Annotated[str, StringConstraints(pattern=AMOUNT, max_length=81, strict=True), BeforeValidator(_amount), _schema(AMOUNT, "0 or more")]
Value = Annotated[str, StringConstraints(pattern=VALUE, max_length=82, strict=True), BeforeValidator(_signed), _schema(VALUE, "a decimal number")]
Owner = Annotated[
    str,
    StringConstraints(pattern=OWNER, strict=True),
    BeforeValidator(_owner),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": OWNER}, {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}]}),
]
Name = Annotated[str, StringConstraints(pattern=NAME, strict=True)]
Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./#-]{1,200}$", strict=True)]
Reason = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,500}$", strict=True)]
Account = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}/[A-Za-z0-9_]{1,64}(:[A-Za-z0-9#._@-]{1,80})?(#[0-9]{1,9})?$", strict=True)]


class Body(BaseModel):
    """Base of every request body: no field that is not known, nothing taken for something else."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_json(raw: bytes, depth: int) -> Any:
    """The JSON value of a body. Errors: MT909 for what is none: bad syntax or UTF-8, NaN, a key twice, too deep."""
    if raw.count(b"[") + raw.count(b"{") > depth:  # cheap, and true of every harmless body; only then is depth counted
        _shallow(raw, depth)
    try:
        return json.loads(raw.decode("utf-8"), parse_float=Fraction, parse_constant=_constant, object_pairs_hook=_pairs)
    except UnicodeDecodeError:
        raise refuse("MT909", "body", "bytes that are not UTF-8", "JSON in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise refuse("MT909", "body", str(error)[:120], "one JSON value (RFC 8259)") from None


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a key stands there twice")
    return out


def _shallow(raw: bytes, most: int) -> None:
    depth, inside, escaped = 0, False, False
    for byte in raw:
        if inside:
            inside, escaped = escaped or byte != 0x22, not escaped and byte == 0x5C
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            depth += 1
            if depth > most:
                raise refuse("MT909", "body", f"more than {most} levels of brackets", "what the route's schema shows")
        elif byte in b"]}":
            depth -= 1
