"""`make docs`: the pages of docs/reference that follow from the code. A test holds that the committed pages are these."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click

from mintage import (
    processes as _processes,  # noqa: F401  (registers the processes)
)
from mintage import (
    report,
    spec,
)
from mintage.cli import cli
from mintage.codes import CODES
from mintage.evaluate import figures as _figures  # noqa: F401  (registers the metrics)
from mintage.evaluate.criteria import all_criteria
from mintage.evaluate.measure import METRICS
from mintage.evaluate.scorecard import TITLES
from mintage.live.service import LiveNetwork
from mintage.mechanisms import load_builtin
from mintage.mechanisms.base import REGISTRY, Mechanism, Parameters
from mintage.server import create_app
from mintage.server.permit import SCOPES
from mintage.server.refused import STATUS
from mintage.server.write import HEADERS

HOME = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `make docs`; change the code, not this page. -->"
RANGES = {
    "1": "Spec file",
    "2": "Mechanism and check",
    "3": "Run",
    "4": "Data and calibration",
    "5": "Usage",
    "6": "Report and charts",
    "7": "Ledger",
    "8": "Live network",
    "9": "Server",
}
WORDS = "What `use` may name in a spec. A default without source is an assumption. In a unit, the name of an account parameter stands for that account's asset."
API = (
    "What `mintage serve` answers to, beside one route for each event of the network's mechanisms. A running server tells its own on `/docs` "
    "and in `/openapi.json`; "
    "[how to call it](../how-to/call-the-api.md), [how it is guarded](../explanation/api-security.md)."
)
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "items at least", "max_length": "items at most"}


def pages() -> dict[str, str]:
    """Every generated file of docs/reference, name -> text."""
    return {
        "errors.md": _page("Error codes", "`mintage explain CODE` prints the same. A code keeps its meaning for ever.", _errors()),
        "mechanisms.md": _page(
            "Mechanisms and processes",
            WORDS,
            _mechanisms(),
        ),
        "tests.md": _page("Tests of the judgement", "Each is public: its threshold, its weight within its point, its source.", _tests()),
        "metrics.md": _page("Metrics", "One number per path each; a judgement shows the median and its interval.", _metrics()),
        "commands.md": _page("Commands", "What `mintage COMMAND --help` says.", _commands()),
        "api.md": _page("HTTP API", API, _api()),
        "document.schema.json": report.schema(),
        "spec.schema.json": spec.schema(),
    }


def _page(title: str, lead: str, body: Iterator[str]) -> str:
    return "\n\n".join([f"# {title}", NOTE, lead, *body]) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in cells)


def _errors() -> Iterator[str]:
    for digit, title in RANGES.items():
        yield f"## {title}"
        for code, (name, why) in CODES.items():
            if code[2] == digit:
                yield f"### {code} {name}\n\n{why}"


def _mechanisms() -> Iterator[str]:
    load_builtin()
    for family, title in (("mechanism", "Mechanisms"), ("process", "Processes")):
        yield f"## {title}"
        for name, kind in sorted(REGISTRY.items()):
            if kind.family == family and kind.__module__.startswith("mintage."):
                yield from _mechanism(name, kind)


def _mechanism(name: str, kind: type[Mechanism]) -> Iterator[str]:
    yield f"### {name}"
    yield _prose(inspect.getdoc(kind) or "")
    if kind.Params.model_fields:
        yield _table(("parameter", "unit", "default", "range", "meaning", "source"), [_row(n, f) for n, f in kind.Params.model_fields.items()])
    events = [(f"`{e.name}`", ", ".join(e.roles), ", ".join(f"{a} [{u}]" for a, u in e.arguments.items()), _first(e.doc)) for e in kind.events.values()]
    if events:
        yield _table(("event", "who", "arguments", "meaning"), events)


def _prose(doc: str) -> str:
    """A docstring as Markdown: its indented formulas become text blocks."""
    parts = []
    for part in doc.split("\n\n"):
        parts.append(f"```text\n{inspect.cleandoc(part)}\n```" if part.startswith("    ") else part)
    return "\n\n".join(parts)


def _row(name: str, field: Any) -> tuple[str, ...]:
    extra = field.json_schema_extra or {}
    default = "required" if field.is_required() else _shown(field.default)
    source = " ".join(str(extra.get(k, "")) for k in ("source", "date")).strip()
    return f"`{name}`", str(extra.get("unit", extra.get("kind", ""))), default, _range(field), field.description or "", source


def _shown(value: Any) -> str:
    """A default as the spec would hold it, without commas of Python."""
    if isinstance(value, tuple):
        return ", ".join(_shown(v) for v in value) or "none"
    if isinstance(value, Parameters):
        return "; ".join(f"{k} {_shown(v)}" for k, v in value)
    return str(value) or "none"


def _range(field: Any) -> str:
    choices = get_args(field.annotation)
    if choices and all(isinstance(c, str) for c in choices):
        return " or ".join(choices)
    return ", ".join(f"{words} {getattr(m, k)}" for m in field.metadata for k, words in BOUNDS.items() if getattr(m, k, None) is not None)


def _tests() -> Iterator[str]:
    criteria = all_criteria()
    for number, title in TITLES.items():
        yield f"## {number}. {title}"
        yield _table(
            ("code", "test", "threshold", "unit", "weight", "source"),
            [(c.code, c.title, c.threshold, c.unit, f"{c.weight:g}", c.source) for c in criteria if c.point == number],
        )


def _metrics() -> Iterator[str]:
    better = {"up": "higher", "down": "lower", "": "neither"}
    yield _table(("name", "what it is", "unit", "better when"), [(f"`{m.name}`", m.title, m.unit, better[m.better]) for m in METRICS.values()])


def _commands() -> Iterator[str]:
    context = click.Context(cli, info_name="mintage", **cli.context_settings)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            yield f"## mintage {name}"
            own = click.Context(command, info_name=name, parent=context, terminal_width=100)
            yield f"```text\n{command.get_help(own).rstrip()}\n```"
            for sub, part in command.commands.items() if isinstance(command, click.Group) else ():
                yield f"### mintage {name} {sub}"
                yield f"```text\n{part.get_help(click.Context(part, info_name=sub, parent=own, terminal_width=100)).rstrip()}\n```"


def _api() -> Iterator[str]:
    """Routes of any network: those of one in memory, without its own events."""
    with LiveNetwork.open("memory:", spec.load("render"), seconds_per_step=0) as live:
        document = create_app(live).openapi()
    operations = [(f"`{m.upper()} {p}`", o) for p, methods in document["paths"].items() for m, o in methods.items() if "x-mintage-event" not in o]
    event = "`POST /v1/events/{call}/{event}`"
    yield "## Routes that change something\n\nEach is one entry of the journal, and answers with its receipt."
    changes = [(r, o["x-mintage-right"], _first(o["description"])) for r, o in operations if "x-mintage-right" in o]
    caused = (
        event,
        "the owner of the first role's row, or scope `events:CALL.EVENT`",
        "Cause an event of a mechanism: roles and arguments as it declares them.",
    )
    yield _table(("route", "who may", "what it does"), [caused, *changes])
    yield "## Routes that tell\n\nAnybody may read them."
    yield _table(("route", "what it tells"), [(r, _first(o.get("description", ""))) for r, o in operations if "x-mintage-right" not in o])
    yield "## Scopes\n\nA star at the end stands for whatever follows: `events:jobs.*`, `*`."
    yield _table(("scope", "allows to"), [(f"`{name}`", words) for name, words in SCOPES.items()])
    yield "## Headers"
    yield _table(("header", "holds"), [(f"`{name}`", words) for name, words in HEADERS.items()])
    yield "## Statuses of codes\n\nA code that is not here is answered with 503 when the ledger or a service failed, else with 422."
    yield _table(("status", "codes"), [(str(n), ", ".join(f"`{c}` {CODES[c][0]}" for c, s in STATUS.items() if s == n)) for n in sorted(set(STATUS.values()))])


def _first(text: str) -> str:
    return text.partition("\n")[0]


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (HOME / name).write_text(text, "utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
