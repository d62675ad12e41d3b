"""`make docs`: the pages of docs/reference that follow from the code. A test holds that the committed pages are these."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
from mintage.server import create_app
from mintage.server.permit import SCOPES
from mintage.server.refused import STATUS
from mintage.server.write import HEADERS

from . import networks, vocabulary
from .markdown import first, page, rows

HOME = Path(__file__).parent / "reference"
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
API = (
    "What `mintage serve` answers to, beside one route for each event of the network's mechanisms. A running server tells its own on `/docs` "
    "and in `/openapi.json`; "
    "[how to call it](../how-to/call-the-api.md), [how it is guarded](../explanation/api-security.md)."
)


def pages() -> dict[str, str]:
    """Every generated file of docs/reference, name -> text."""
    return {
        "errors.md": page("Error codes", "`mintage explain CODE` prints the same. A code keeps its meaning for ever.", _errors()),
        "tests.md": page("Tests of the judgement", "Each is public: its threshold, its weight within its point, its source.", _tests()),
        "metrics.md": page("Metrics", "One number per path each; a judgement shows the median and its interval.", _metrics()),
        "commands.md": page("Commands", "What `mintage COMMAND --help` says.", _commands()),
        "api.md": page("HTTP API", API, _api()),
        "document.schema.json": report.schema(),
        "spec.schema.json": spec.schema(),
        **{f"mechanisms/{name}": text for name, text in vocabulary.pages().items()},
        **{f"networks/{name}": text for name, text in networks.pages().items()},
    }


def _errors() -> Iterator[str]:
    for digit, title in RANGES.items():
        yield f"## {title}"
        for code, (name, why) in CODES.items():
            if code[2] == digit:
                yield f"### {code} {name}\n\n{why}"


def _tests() -> Iterator[str]:
    criteria = all_criteria()
    for number, title in TITLES.items():
        yield f"## {number}. {title}"
        yield rows(
            ("code", "test", "threshold", "unit", "weight", "source"),
            [(c.code, c.title, c.threshold, c.unit, f"{c.weight:g}", c.source) for c in criteria if c.point == number],
        )


def _metrics() -> Iterator[str]:
    better = {"up": "higher", "down": "lower", "": "neither"}
    yield rows(("name", "what it is", "unit", "better when"), [(f"`{m.name}`", m.title, m.unit, better[m.better]) for m in METRICS.values()])


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
    changes = [(r, o["x-mintage-right"], first(o["description"])) for r, o in operations if "x-mintage-right" in o]
    caused = (
        event,
        "the owner of the first role's row, or scope `events:CALL.EVENT`",
        "Cause an event of a mechanism: roles and arguments as it declares them.",
    )
    yield rows(("route", "who may", "what it does"), [caused, *changes])
    yield "## Routes that tell\n\nAnybody may read them."
    yield rows(("route", "what it tells"), [(r, first(o.get("description", ""))) for r, o in operations if "x-mintage-right" not in o])
    yield "## Scopes\n\nA star at the end stands for whatever follows: `events:jobs.*`, `*`."
    yield rows(("scope", "allows to"), [(f"`{name}`", words) for name, words in SCOPES.items()])
    yield "## Headers"
    yield rows(("header", "holds"), [(f"`{name}`", words) for name, words in HEADERS.items()])
    yield "## Statuses of codes\n\nA code that is not here is answered with 503 when the ledger or a service failed, else with 422."
    yield rows(("status", "codes"), [(str(n), ", ".join(f"`{c}` {CODES[c][0]}" for c, s in STATUS.items() if s == n)) for n in sorted(set(STATUS.values()))])


def main() -> None:
    """Write every page."""
    made = pages()
    stale = [file for folder in ("mechanisms", "networks") for file in (HOME / folder).glob("*.md") if f"{folder}/{file.name}" not in made]
    for file in stale:
        file.unlink()
    pictures = {f"mechanisms/{name}": text for name, text in vocabulary.pictures()}
    for name, text in {**made, **pictures}.items():
        (HOME / name).parent.mkdir(exist_ok=True)
        (HOME / name).write_text(text, "utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
