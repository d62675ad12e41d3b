"""JSON Schema of the file, built from the same parameter sets that read it: editors complete and check by it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from .. import mechanisms
from ..binding import field_kind
from ..mechanisms.base import REGISTRY, Mechanism, Parameters, Point
from ..mechanisms.vesting import Tranche
from .disclosure import Disclosure
from .history import History
from .model import ASSET, KIND, NAME, AccountTable, AssetTable, Evaluation, Network, ScenarioTable, SignalTable, Source
from .reader import MOMENTS, inner_set, many
from .values import QUANTITY

Json = dict[str, Any]
ORIGIN: Json = {
    "unit": {"type": "string"},
    "source": {"type": "string", "description": "a key of [sources]"},
    "date": {"type": "string", "format": "date"},
    "assumption": {"type": ["boolean", "string"]},
    "note": {"type": "string"},
}
QUANTITY_TEXT: Json = {"type": "string", "pattern": f"^{QUANTITY.pattern}$", "description": "a number with its unit, such as '3 years'"}


def schema(names: Iterable[str] | None = None) -> str:
    """The schema as JSON text, for the mechanisms `names`; without them, for all that ship with Mintage."""
    mechanisms.load_builtin()
    kinds = [REGISTRY[n] for n in names] if names is not None else [k for k in REGISTRY.values() if k.__module__.startswith("mintage.")]
    parts = {
        section: [_part(k) for k in sorted(kinds, key=lambda k: k.name) if (k.family == "process") == (section == "process")]
        for section in ("process", "mechanism")
    }
    properties: Json = {
        "network": _set(Network),
        "assets": _named(AssetTable, ASSET),
        "accounts": _named(AccountTable, KIND),
        "signals": _named(SignalTable, NAME),
        "process": {"type": "array", "items": {"oneOf": parts["process"]}},
        "allocation": {"type": "array", "items": _set(Tranche)},
        "mechanism": {"type": "array", "items": {"oneOf": parts["mechanism"]}},
        "scenario": _named(ScenarioTable, NAME),
        "evaluation": _set(Evaluation),
        "disclosure": _set(Disclosure),
        "sources": _named(Source, NAME),
    }
    whole = _object(properties, ["network", "assets"], "A token economy for Mintage.")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Mintage spec", **whole, "$defs": _defs()}, indent=1) + "\n"


def _object(properties: Json, required: list[str], doc: str = "") -> Json:
    return {"type": "object", "description": doc, "properties": properties, "required": required, "additionalProperties": False}


def _named(cls: type[Parameters], pattern: str) -> Json:
    return {"type": "object", "patternProperties": {pattern: _set(cls)}, "additionalProperties": False}


def _set(cls: type[Parameters]) -> Json:
    required = [n for n, info in cls.model_fields.items() if info.is_required()]
    return _object({n: _field(cls, n) for n in cls.model_fields}, required, _first(cls))


def _part(kind: type[Mechanism]) -> Json:
    """One mechanism's table, told apart by `use`."""
    inner = _set(kind.Params)
    own: Json = {
        "use": {"const": kind.name},
        "name": {"type": "string", "pattern": NAME},
        "every": {
            "oneOf": [{"type": "integer", "minimum": 1}, _ref("duration"), _ref("sourced")],
            "description": "time between two calls: a duration, or steps",
        },
        "offset": {"type": "integer", "minimum": 0, "description": "step of the first call"},
        "active": {"type": "boolean", "description": "whether it takes part; a scenario may switch it on or off"},
        "doc": {"type": "string"},
    }
    if {"values", "hold"} <= inner["properties"].keys():
        own["history"] = _set(History)
        inner["required"] = [n for n in inner["required"] if n != "values"]
    return _object(own | inner["properties"], ["use", *inner["required"]], _first(kind))


def _field(cls: type[Parameters], name: str) -> Json:
    info, extra = cls.model_fields[name], field_kind(cls, name)
    kind, inner = extra.get("kind"), inner_set(info.annotation)
    about: Json = {"description": f"{info.description} [{extra['unit']}]" if "unit" in extra else str(info.description)}
    if not info.is_required() and isinstance(info.default, str | int) and info.default != "":
        about["default"] = info.default
    if inner is Point:
        return about | {"oneOf": [_ref("number"), {"type": "array", "items": _ref("point")}]}
    if inner is not None:
        return about | ({"type": "array", "items": _set(inner)} if many(info.annotation) else _set(inner))
    if kind == "number":
        return about | _ref("moment" if name in MOMENTS else "numbers" if many(info.annotation) else "number")
    if kind in ("amounts", "values"):
        return about | {"type": "object", **({"additionalProperties": _ref("number")} if kind == "amounts" else {})}
    plain = _plain(info.annotation) | ({"pattern": m.pattern} if (m := next((m for m in info.metadata if hasattr(m, "pattern")), None)) else {})
    forms = [plain, _ref("sourced")] if kind in ("count", "size", "option") else [plain]
    if extra.get("unit") == "step":
        forms.append(_ref("duration"))
    return about | ({"oneOf": forms} if len(forms) > 1 else plain)


def _defs() -> Json:
    """The forms of a number: bare, a text with unit, a table with its origin; a moment may be a date; a list has these as items."""
    bare: list[Json] = [{"type": "number"}, QUANTITY_TEXT]
    items: Json = {"type": "array", "items": {"$ref": "#/$defs/number"}}
    return {
        "number": {"oneOf": [*bare, _table({"oneOf": bare})]},
        "moment": {"oneOf": [{"type": "number"}, {"type": "string"}, _table({"type": ["number", "string"]})]},
        "numbers": {"oneOf": [*bare, items, _table({"oneOf": [*bare, items]})]},
        "duration": QUANTITY_TEXT,
        "sourced": _table({}),
        "point": _set(Point),
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _table(value: Json) -> Json:
    return _object({"value": value, **ORIGIN}, ["value"])


def _plain(annotation: Any) -> Json:
    """Pydantic's own schema of a plain type, without `null`, which TOML does not have."""
    found = TypeAdapter(annotation).json_schema()
    kept = [part for part in found.get("anyOf", [found]) if part != {"type": "null"}]
    return dict(kept[0])


def _first(thing: type) -> str:
    return (thing.__doc__ or "").strip().split("\n")[0]
