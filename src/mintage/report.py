"""A document as one HTML file that needs nothing else: no network, no server, no font. Scripts, styles and numbers are inside it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import charts
from .charts.tables import TABLES, Table, fan
from .charts.theme import VERDICTS, config
from .charts.values import finite, short
from .evaluate.document import Document

SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")
MOST_DAYS = 160  # of each series: a fan of 720 px shows no more, and the file stays small
MARKS = {"pass": "✓", "warn": "!", "fail": "✕", "not_shown": "○"}
SERIES = ("day", "q05", "q25", "q50", "q75", "q95", "mean")


def render(document: Document) -> str:
    """The report as HTML text.

    The page holds the document itself, as JSON in the element `document`, with series thinned to MOST_DAYS days: a program reads the
    same numbers as the reader. A policy in the page forbids every connection.
    """
    slim = thinned(document)
    specs = {name: charts.chart(slim, name) for name in charts.names(slim)}
    titles = {name: spec.pop("title", {}) for name, spec in specs.items()}  # set as text: it wraps, and is read aloud
    page = environment().get_template("report.html.j2")
    return page.render(
        d=slim,
        specs=embed(json.dumps(specs, allow_nan=False)),
        config=embed(json.dumps(config("light"))),
        tables=tables(slim),
        titles=titles,
        returns="back to " in json.dumps(specs.get("sankey", {})),
        raw=embed(slim.model_dump_json()),
        **own(),
    )


def schema() -> str:
    """The JSON Schema of a document, as `docs/reference/document.schema.json` holds it."""
    return json.dumps(Document.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def thinned(document: Document) -> Document:
    """The same document with evenly spaced days, the first and last among them, and seven digits to a number."""
    return document.model_copy(update={"bands": [thin(b) for b in document.bands]})


def thin(band: Any) -> Any:
    count = len(band.day)
    keep = range(count) if count <= MOST_DAYS else sorted({round(i * (count - 1) / (MOST_DAYS - 1)) for i in range(MOST_DAYS)})
    return band.model_copy(update={name: [finite(getattr(band, name)[i]) for i in keep] for name in SERIES})


def tables(document: Document) -> dict[str, Table]:
    """The table behind each chart that has one."""
    return {f"fan:{b.name}": fan(document, b) for b in document.bands} | {name: make(document) for name, make in TABLES.items()}


def embed(text: str) -> Markup:
    """JSON inside a script element: `<` must not end it, `&` and the line separators must not be read as anything else."""
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def own() -> dict[str, Any]:
    """Our own files as they go into the page; trusted, therefore not escaped."""
    here = files(__package__)
    # The last line of a minified script names a map file, which a browser's tools would try to fetch.
    scripts = [here.joinpath("vendor", name).read_text("utf-8").partition("\n//# sourceMappingURL")[0] for name in SCRIPTS]
    return {
        "scripts": [Markup(s) for s in scripts],
        **{name: Markup(here.joinpath("templates", f"report.{name}").read_text("utf-8")) for name in ("css", "js")},
    }


def environment() -> Environment:
    """Jinja with every value escaped, and a name it does not know an error."""
    env = Environment(loader=PackageLoader("mintage"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters |= {"short": short, "said": said}
    env.globals |= {"words": {k: v[0] for k, v in VERDICTS.items()}, "marks": MARKS, "chart_title": {name: title for name, (title, _) in charts.CHARTS.items()}}
    return env


def said(value: Any) -> str:
    """A piece of evidence in words: whole numbers in full, others short, lists and mappings spelled out."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) < 1e9:
        return f"{value:,}"
    if isinstance(value, int | float):
        return short(value)
    if isinstance(value, dict):
        return "; ".join(f"{k}: {said(v)}" for k, v in value.items())
    return ", ".join(said(v) for v in value) if isinstance(value, list | tuple) else str(value)
