"""Pages of the vocabulary: one a mechanism, made from its declaration and from a run of its example, and one that lists them all."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_args

from mintage.cli.vocabulary import KNOWN_AS, NEAREST, chapter, chapters, sentence
from mintage.mechanisms import load_builtin
from mintage.mechanisms.base import REGISTRY, Mechanism, Parameters

from .exhibits import LIVE_STEPS, PATHS, Exhibit, exhibit, svg, table
from .markdown import first, page, rows

LEAD = "What `use` may name in a spec, by chapter. `mintage mechanisms NAME` prints the same; [how to add one](../../how-to/add-a-mechanism.md)."
OTHERWISE = "`mintage mechanisms veToken` finds the same."
NOT_HERE = "These are no rules of their own here; what comes nearest:"
UNITS = "A default without a source is an assumption. In a unit, the name of an account parameter stands for that account's asset."
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "items at least", "max_length": "items at most"}


def ours() -> dict[str, type[Mechanism]]:
    """Mechanisms and processes that ship, by name."""
    load_builtin()
    return {name: kind for name, kind in sorted(REGISTRY.items()) if kind.__module__.startswith("mintage.")}


def pages() -> dict[str, str]:
    """Every page of the folder, name -> text."""
    return {"README.md": index(), **{f"{name}.md": mechanism(name, kind) for name, kind in ours().items()}}


def pictures() -> Iterator[tuple[str, str]]:
    """(file name, SVG) of every example."""
    for name in ours():
        if shown := exhibit(name):
            yield f"{name}.svg", svg(shown)


def index() -> str:
    kinds = ours()
    parts = ["## By the name you know\n\n" + OTHERWISE, rows(("what the field says", "here"), [(said, linked(names)) for said, names in KNOWN_AS.items()])]
    parts += [NOT_HERE, rows(("not here", "nearest"), [(said, linked(names)) for said, names in NEAREST.items()])]
    parts += [f"## {title}\n\n" + "\n".join(f"- [`{n}`]({n}.md): {sentence(kinds[n])}" for n in names) for title, names in chapters(kinds).items()]
    return page(f"Mechanisms and processes: {len(kinds)} names", LEAD, parts)


def linked(names: str) -> str:
    return ", ".join(f"[`{name}`]({name}.md)" for name in names.split())


def mechanism(name: str, kind: type[Mechanism]) -> str:
    """Formula, picture, what breaks it, parameters, events."""
    parts, shown = [prose(inspect.getdoc(kind) or "")], exhibit(name)
    if shown:
        parts += list(behaviour(shown))
    if kind.breaks:
        parts.append(f"## What breaks it\n\n{kind.breaks}")
    if kind.Params.model_fields:
        told = rows(("parameter", "unit", "default", "range", "meaning", "source"), list(parameters(kind.Params)))
        parts.append(f"## Parameters\n\n{UNITS}\n\n{told}")
    events = [
        (f"`{e.name}`", e.authority, ", ".join(e.roles), ", ".join(f"{a} [{u}]" for a, u in e.arguments.items()), first(e.doc)) for e in kind.events.values()
    ]
    if events:
        parts.append("## Events\n\n" + rows(("event", "who may", "roles", "arguments", "meaning"), events))
    return page(f"{name}", f"{kind.family.capitalize()}, in `{kind.__module__}`. Chapter: {chapter(kind)}. [All names](README.md).", parts)


def behaviour(shown: Exhibit) -> Iterator[str]:
    """The picture, what to see in it, and its numbers."""
    how = f"A live run of {LIVE_STEPS} steps with people in it" if shown.live else f"Median of {PATHS} futures, and the band that holds nine tenths of them"
    file = f"examples/mechanisms/{shown.file.name}"
    yield f"## What it does\n\n![{shown.caption}]({shown.name}.svg)\n\n{shown.caption} {how}; the network is [{file}](../../../{file})."
    yield rows(("series", "first", "middle", "last"), table(shown))


def prose(doc: str) -> str:
    """A docstring as Markdown: its indented formulas become text blocks."""
    parts = []
    for part in doc.split("\n\n"):
        parts.append(f"```text\n{inspect.cleandoc(part)}\n```" if part.startswith("    ") else part)
    return "\n\n".join(parts)


def parameters(params: type[Parameters], prefix: str = "") -> Iterator[tuple[str, ...]]:
    """A row a parameter, and those of the rows of its tables after it."""
    for name, field in params.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        default = "required" if field.is_required() else told(field.default)
        source = " ".join(str(extra.get(k, "")) for k in ("source", "date")).strip()
        unit = str(extra.get("unit", extra.get("kind", "")))
        yield f"`{prefix}{name}`", unit, default, bounds(field), field.description or "", source
        inner = next((c for c in get_args(field.annotation) if isinstance(c, type) and issubclass(c, Parameters)), None)
        if inner is not None and extra.get("kind") != "schedule":
            yield from parameters(inner, f"{prefix}{name}[].")


def told(value: Any) -> str:
    """A default as the spec would hold it, without commas of Python."""
    if isinstance(value, tuple):
        return ", ".join(told(v) for v in value) or "none"
    if isinstance(value, Parameters):
        return "; ".join(f"{k} {told(v)}" for k, v in value)
    return str(value) or "none"


def bounds(field: Any) -> str:
    choices = get_args(field.annotation)
    if choices and all(isinstance(c, str) for c in choices):
        return " or ".join(choices)
    return ", ".join(f"{words} {getattr(m, k)}" for m in field.metadata for k, words in BOUNDS.items() if getattr(m, k, None) is not None)
