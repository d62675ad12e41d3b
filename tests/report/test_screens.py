"""The page as a browser shows it: every chart drawn, nothing on the console, no side-scrolling on a phone, no network, switches that work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mintage.charts import names
from mintage.evaluate.document import Document
from mintage.report import render

from . import sample

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
    "--virtual-time-budget=30000",
    "--enable-logging=stderr",
    "--dump-dom",
]

# The page stands in a frame of the width under test, because a headless window cannot be as narrow as a phone.
# The probe is outside the page, so the page runs as it is.
FRAME = """<!doctype html><iframe id="f" src="page.html" style="border:0;width:{width}px;height:900px"></iframe><pre id="out"></pre><script>
const frame = document.getElementById("f");
const wait = () => {{
  const page = frame.contentDocument;
  if (!page || !page.documentElement || !("drawn" in page.documentElement.dataset)) return setTimeout(wait, 50);
  const root = page.documentElement;
  const all = (s) => [...page.querySelectorAll(s)];
  const wide = (svg) => svg.getBoundingClientRect().right - svg.closest(".chart").getBoundingClientRect().right;
  const found = {{
    drawn: all("[data-chart] svg.marks").map((s) => s.closest("[data-chart]").dataset.chart),
    overflow: root.scrollWidth - frame.contentWindow.innerWidth,
    wide: all("[data-chart] svg.marks").filter((s) => wide(s) > 1).map((s) => s.closest("[data-chart]").dataset.chart),
    broken: "broken" in frame.contentWindow,
    loaded: frame.contentWindow.performance.getEntriesByType("resource").map((r) => r.name),
  }};
  {probe}
  document.getElementById("out").textContent = JSON.stringify(found);
}};
wait();
</script>"""


@dataclass
class Seen:
    found: dict[str, Any]
    console: list[str]


def look(folder: Path, document: Document, width: int, probe: str = "", *flags: str) -> Seen:
    """Open the report of `document` in a frame `width` [px] wide, with no name resolvable, and read what the probe found."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert browser, "chromium is needed to look at the page: install the package chromium"
    (folder / "page.html").write_text(render(document), encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format(width=width, probe=probe), encoding="utf-8")
    own = [f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND", *flags]
    environment = {**os.environ, "TZ": "America/Los_Angeles"}  # dates must not move with the reader
    run = subprocess.run([browser, *FLAGS, *own, (folder / "frame.html").as_uri()], capture_output=True, text=True, timeout=120, check=True, env=environment)
    text = re.search(r'<pre id="out">(.*?)</pre>', run.stdout, re.DOTALL)
    assert text, run.stdout[-2000:]
    assert text[1], run.stderr[-2000:]
    plain = text[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return Seen(json.loads(plain), [x for x in run.stderr.splitlines() if "CONSOLE" in x])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("make", [sample.document, sample.bare], ids=["full", "bare"])
def test_the_page_draws_every_chart_and_fits_the_screen(tmp_path: Path, make: Any, width: int) -> None:
    document = make()
    seen = look(tmp_path, document, width)
    assert sorted(seen.found["drawn"]) == sorted(names(document))
    assert seen.found["overflow"] <= 0
    assert set(seen.found["wide"]) <= {"sankey"}  # it scrolls in its own frame instead of squeezing its labels
    assert seen.console == []
    assert seen.found["loaded"] == []


def test_a_hostile_document_runs_nothing_and_still_fits_a_phone(tmp_path: Path) -> None:
    bad = sample.HOSTILE
    changes = {"title": bad, "headline": bad, "token": bad, "fiat": bad, "sankey_title": bad, "reasons": [bad * 5], "sources": {bad: bad}}
    flat = [x.model_copy(update={"source": bad + x.source}) for x in sample.sankey()]
    seen = look(tmp_path, sample.document(sankey=flat, bands=[sample.band(bad, bad, bad, 1, 0, 0.1)], **changes), 360)
    assert not seen.found["broken"]
    assert seen.found["overflow"] <= 0
    assert seen.console == []


def test_the_switches_work(tmp_path: Path) -> None:
    """Filter by verdict, search, sort, change the mode: each does what it says."""
    probe = """
      const click = (s) => page.querySelector(s).click();
      const shown = (s) => all(s).filter((x) => !x.hidden).length;
      const ground = () => getComputedStyle(page.body).backgroundColor;
      const ink = () => getComputedStyle(page.querySelector(".chart svg text")).fill;
      click('.filter input[value="pass"]');
      found.tests = shown(".tests > li");
      found.said = page.getElementById("tests-shown").textContent;
      const search = page.getElementById("search");
      search.value = "BURN_share"; search.dispatchEvent(new Event("input"));
      found.searched = shown("#assumption-table tbody tr");
      search.value = ""; click("#assumed");
      found.assumed = shown("#assumption-table tbody tr");
      const first = () => page.querySelector("#assumption-table tbody td").textContent;
      click("#assumption-table th:nth-child(2) button"); found.low = first();
      click("#assumption-table th:nth-child(2) button"); found.high = first();
      found.sort = page.querySelector("#assumption-table th:nth-child(2)").getAttribute("aria-sort");
      found.before = [ground(), ink()]; click("#mode"); found.after = [ground(), ink()];
    """
    found = look(tmp_path, sample.document(), 1280, probe).found
    passed = sum(t.verdict == "pass" for t in sample.tests())
    assert found["tests"] == 54 - passed
    assert found["said"] == f"{54 - passed} of 54 tests"
    assert (found["searched"], found["assumed"]) == (1, 1)
    assert (found["low"], found["high"], found["sort"]) == ("0.95", "644168762", "descending")
    assert found["before"] == ["rgb(246, 247, 249)", "rgb(87, 96, 107)"]
    assert found["after"] == ["rgb(18, 22, 28)", "rgb(163, 173, 185)"]


def test_dates_stand_where_they_are_in_every_time_zone(tmp_path: Path) -> None:
    """The first label of a series that begins on 1 January 2024 says so, also west of Greenwich."""
    probe = """found.labels = all('[data-chart="fan:price"] .role-axis-label text').map((t) => t.textContent);"""
    labels = look(tmp_path, sample.document(), 1280, probe).found["labels"]
    assert "Jan 2024" in labels
    assert not {"2023", "December"} & set(labels)
