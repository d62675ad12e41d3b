"""Pages of the networks: what one does, what articles say, what is assumed, how it was judged; made from its file, the data and its golden scorecard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mintage as mt
from mintage import data
from mintage.charts.values import short
from mintage.cli.vocabulary import sentence
from mintage.evaluate.figures import METRICS
from mintage.evaluate.red_flags import FLAGS
from mintage.spec import Spec, presets
from mintage.spec.values import Provenance
from mintage.units import resolve
from mintage.validate import anchors

from .markdown import page, rows

GOLDEN = Path(__file__).parents[1] / "tests" / "evaluate" / "golden"
WORDS = {"pass": "passed", "warn": "warning", "fail": "failed", "not_shown": "not shown"}


def pages() -> dict[str, str]:
    """Every page of the folder, name -> text."""
    return {"README.md": index(), **{f"{name}.md": network(name) for name in presets()}}


def golden(name: str) -> dict[str, Any]:
    """The committed scorecard of a preset; nothing where it has not been judged yet."""
    file = GOLDEN / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found


def index() -> str:
    lead = "Data only: one file each in `src/mintage/networks`. `mintage report NAME` judges one, `mintage new mine --like NAME` makes it yours."
    cells = []
    for name in presets():
        spec, card = mt.load(name), golden(name)
        cells.append((f"[{spec.title}]({name}.md)", spec.economy().token, WORDS.get(card.get("verdict", ""), ""), card.get("headline", "")))
    return page("Networks", lead, [rows(("network", "token", "judged", "in a sentence"), cells)])


def network(name: str) -> str:
    spec = mt.load(name)
    parts = [*what_it_does(spec), *articles(spec), *assumptions(spec), *scorecard(golden(name), spec), *published(name)]
    return page(spec.title, f"{spec.contents.network.doc} [All networks](README.md).", parts)


def what_it_does(spec: Spec) -> Iterator[str]:
    """Who is there, by which rules, in which variants."""
    contents = spec.contents
    yield "## What it does"
    kinds = [(f"`{n}`", ", ".join(k.holds), k.role, f"{k.holders:,}", k.doc) for n, k in contents.accounts.items()]
    yield rows(("account", "holds", "who stands behind it", "holders", "what it is"), kinds)
    rules = [
        (f"`{p.name}`" + ("" if p.active else " (off)"), linked(p.mechanism.name), f"{p.every}", p.doc or sentence(type(p.mechanism))) for p in contents.parts
    ]
    yield rows(("name", "mechanism or process", "steps between calls", "what for"), rules)
    yield rows(("scenario", "what is different"), [(f"`{n}`", s.doc) for n, s in contents.scenario.items()])


def linked(mechanism: str) -> str:
    return f"[{mechanism}](../mechanisms/{mechanism}.md)"


def articles(spec: Spec) -> Iterator[str]:
    """The rows of the articles' tables that name the network or its token."""
    if "article_tables" not in data.names():
        return
    told = data.read("article_tables")
    names = {spec.title.lower(), spec.economy().token.lower(), spec.contents.network.name.replace("_", ".").lower(), spec.title.split()[0].lower()}
    cells = [
        (table, column, printed or "", article.partition("_")[0])
        for article, table, row, column, printed in zip(*(told[c] for c in ("article", "table", "row", "column", "value_as_printed")), strict=True)
        if names & {part.strip(" ()").lower() for part in (row, row.split(" (")[0], row.replace(" Network", ""))}
    ]
    if cells:
        yield "## What the articles say\n\nClaims as printed, none verified; several contradict each other."
        yield rows(("table", "what", "as printed", "article"), cells)


def assumptions(spec: Spec) -> Iterator[str]:
    """Numbers with a source, and those without one."""
    known, assumed = ([p for p in spec.provenance if p.assumed is told] for told in (False, True))
    yield f"## What we know, and what we assume\n\n{len(known)} of {len(spec.provenance)} numbers have a source; the others are assumptions of the file."
    yield "### With a source\n\n" + rows(("number", "value", "source"), [(f"`{p.path}`", quantity(p), vouched(p)) for p in known])
    yield "### Assumed\n\n" + rows(("number", "value", "why"), [(f"`{p.path}`", quantity(p), p.doc) for p in assumed])
    yield "### Sources\n\n" + "\n".join(f"- **{name}**: {source}" for name, source in spec.contents.sources.items())


def quantity(number: Provenance) -> str:
    return f"{number.value} {number.unit}".removesuffix(" 1")


def vouched(number: Provenance) -> str:
    return ", ".join(str(part) for part in (number.source, number.date or "", number.doc) if part)


def scorecard(card: dict[str, Any], spec: Spec) -> Iterator[str]:
    """What the judgement said when a person last read it."""
    if not card:
        return
    grade = "no grade: a point was not shown" if card["grade"] is None else f"grade {card['grade']:.2f}"
    yield f"## Scorecard\n\n**{WORDS[card['verdict']]}**, {grade}. {card['headline']}"
    yield rows(("point", "verdict", "score"), [(title, WORDS[verdict], f"{score:.2f}") for title, (verdict, score) in card["points"].items()])
    said = {True: "raised", False: "not raised", None: "cannot be told"}
    yield rows(("red flag", "", ""), [(code, FLAGS[code][0], said[raised]) for code, raised in card["flags"].items()])
    sure = {n: m for n, m in card["metrics"].items() if None not in m}
    own = {"token": spec.economy().token, "fiat": spec.economy().fiat}
    units = {n: "" if METRICS[n].unit == "1" else resolve(METRICS[n].unit, own) for n in sure}
    metrics = [(METRICS[n].title, short(m[0]), f"{short(m[1])} to {short(m[2])}", units[n]) for n, m in sure.items()]
    yield "Medians over futures, and the band that holds nine tenths of them:\n\n" + rows(("metric", "median", "band", "unit"), metrics)


def published(name: str) -> Iterator[str]:
    """Published numbers that it must reproduce."""
    if any(a.network == name for a in anchors()):
        cells = [(a.code, a.title, f"{a.published:,.10g}", a.unit, f"{a.tolerance:,.3g}", f"{a.source} ({a.standing})") for a in anchors([name])]
        yield f"## Published numbers it reproduces\n\n`mintage validate {name}` computes each."
        yield rows(("", "what", "published", "unit", "within", "source"), cells)
