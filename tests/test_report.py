"""The page as text: whole, alone, escaped, and readable by a program."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from mintage.charts import names
from mintage.evaluate.document import Document
from mintage.report import MOST_DAYS, SCRIPTS, render, schema, thinned

from .report import sample

VOID = {"meta", "input", "br", "hr", "img", "link"}
ORDER = ["verdict", "paths", "flows", "supply", "parity", "unlocks", "points", "flags", "tests", "scenarios", "assumptions", "market", "manifest"]


class Page(HTMLParser):
    """Tags in order, with attributes; text by script element; fails on a tag that is closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            about, text = self.scripts[-1]
            self.scripts[-1] = about, text + data
        else:
            self.words += data

    def json(self, name: str) -> object:
        return next(json.loads(text) for about, text in self.scripts if about.get("id") == name)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(sample.document()))


def test_the_verdict_comes_first_and_the_manifest_last(page: Page) -> None:
    assert [a["id"] for tag, a in page.tags if tag == "section"] == ORDER
    assert page.words.index("does not sustain itself") < page.words.index("Where the paths go")


def test_headings_step_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_chart_has_a_name_and_every_table_a_caption(page: Page) -> None:
    charts = [a for _, a in page.tags if "data-chart" in a]
    assert {a["data-chart"] for a in charts} == set(names(sample.document()))
    assert all(a["aria-label"] and a["role"] == "group" for a in charts)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") > 8


def test_the_page_names_no_address_to_load_from(page: Page) -> None:
    loading = [(tag, a) for tag, a in page.tags if "src" in a or tag in ("link", "iframe", "img", "object")]
    assert loading == []
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_page_is_small_enough_to_send() -> None:
    assert len(render(sample.document()).encode()) < 2.5e6


def test_a_program_reads_the_same_document_from_the_page(page: Page) -> None:
    found = Document.model_validate(page.json("document"))
    assert found == thinned(sample.document())


def test_long_series_are_thinned_to_their_ends_and_evenly() -> None:
    long = sample.band("price", "p", "1", 1.0, 0.1, 0.1)
    days = [float(d) for d in range(5000)]
    values = dict.fromkeys(("q05", "q25", "q50", "q75", "q95", "mean"), [1.0] * 5000)
    band = thinned(sample.document(bands=[long.model_copy(update={"day": days, **values})])).bands[0]
    assert len(band.day) == MOST_DAYS
    assert (band.day[0], band.day[-1]) == (0, 4999)
    assert {round((b - a) / 31.4) for a, b in zip(band.day, band.day[1:], strict=False)} == {1}


def everywhere(text: str) -> Document:
    """The sample with `text` in every string that a document can carry freely."""

    def spoil(value: object, key: str = "") -> object:
        if isinstance(value, str):
            return value if key in ("form", "verdict", "start", "date") else text
        if isinstance(value, list):
            return [spoil(v, key) for v in value]
        return {k: spoil(v, k) for k, v in value.items()} if isinstance(value, dict) else value

    return Document.model_validate(spoil(sample.document().model_dump(mode="json")))


def test_no_string_of_the_document_becomes_markup() -> None:
    plain, spoiled = Page(render(sample.document())), Page(render(everywhere(sample.HOSTILE)))
    assert len(spoiled.scripts) == len(plain.scripts)
    assert {tag for tag, _ in spoiled.tags} <= {tag for tag, _ in plain.tags}
    assert {k for _, a in spoiled.tags for k in a if k.startswith("on")} == set()
    assert sample.HOSTILE in spoiled.words  # shown as written: neither executed nor evaluated
    assert Document.model_validate(spoiled.json("document")).title == sample.HOSTILE


def test_only_web_addresses_become_links() -> None:
    for source in ("javascript:alert(1)", "data:text/html,x", " https://x", "JAVASCRIPT:x"):
        links = [a["href"] or "" for tag, a in Page(render(everywhere(source))).tags if tag == "a"]
        assert all(x.startswith("#") for x in links)
    found = [a["href"] for tag, a in Page(render(sample.document())).tags if tag == "a"]
    assert "https://example.org/rnp-006" in found


def test_missing_and_infinite_numbers_are_written_as_dashes() -> None:
    document = sample.bare(metrics=sample.metrics(), tests=sample.tests()[:3], flags=sample.flags())
    document.metrics[0].median = math.inf
    document.flags[0].evidence["x"] = {"a": [math.nan, None, True]}
    page = Page(render(document))
    assert not re.search(r"\b(nan|inf)\b", page.words, re.IGNORECASE)
    assert "–, –, yes" in page.words
    assert "No grade" in page.words


def test_a_partial_run_says_so() -> None:
    manifest = sample.manifest().model_copy(update={"partial": True})
    assert "stopped early" in render(sample.document(manifest=manifest))
    assert "stopped early" not in render(sample.document())


def test_vendored_scripts_are_the_ones_that_their_readme_names() -> None:
    vendor = files("mintage").joinpath("vendor")
    readme = vendor.joinpath("README.md").read_text("utf-8")
    for name in SCRIPTS:
        digest = hashlib.sha256(vendor.joinpath(name).read_bytes()).hexdigest()
        assert re.search(rf"\| {re.escape(name)} \|.*\| {digest} \|", readme)
        assert vendor.joinpath(f"LICENSE.{name.removesuffix('.min.js')}").is_file()


def test_the_page_and_the_pictures_are_drawn_by_the_same_versions() -> None:
    import vl_convert

    from mintage.charts.still import VERSION

    readme = files("mintage").joinpath("vendor", "README.md").read_text("utf-8")
    assert f"| vega | {vl_convert.get_vega_version()} |" in readme
    assert f"| vega-lite | {VERSION}." in readme
    assert VERSION in vl_convert.get_vegalite_versions()
    assert f"| vega-embed | {vl_convert.get_vega_embed_version()} |" in readme


def test_the_committed_schema_is_the_one_the_code_makes() -> None:
    path = Path(__file__).parents[1] / "docs" / "reference" / "document.schema.json"
    assert path.read_text("utf-8") == schema()


def test_a_document_passes_its_own_schema_and_a_broken_one_does_not() -> None:
    import jsonschema

    rules = json.loads(schema())
    document = sample.document().model_dump(mode="json")
    jsonschema.validate(document, rules)
    with pytest.raises(jsonschema.ValidationError, match="pass"):
        jsonschema.validate(document | {"verdict": "splendid"}, rules)
