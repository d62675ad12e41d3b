"""The bench of the live half runs, in a tiny size; its ratios stay within one state of the disk; its page shows what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench.ledger.disk import state
from bench.ledger.figures import FIGURES, all_told, ratios, table
from bench.ledger.plan import TINY

from mintage.ledger import Transfer, open_ledger

ROOT = Path(__file__).parents[2]
PAGE, RESULTS = ROOT / "bench/ledger/README.md", ROOT / "bench/ledger/results.json"


def test_every_section_runs_and_checks_what_it_moved(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    done = subprocess.run([sys.executable, "-m", "bench.ledger", "--tiny", "--out", str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    sections = json.loads(out.read_text("utf-8"))["sections"]
    rows = {name: section["rows"] for name, section in sections.items()}
    assert {name: len(r) for name, r in rows.items()} == {"durable": 12, "epoch": 1, "payments": 2, "growth": 3, "life": 4}
    for row in (row for section in rows.values() for row in section):
        assert "skipped" not in row
        assert sorted(row["flush_ms"]) == row["flush_ms"] and row["load"] >= 0 and row["state"] in ("fast", "slow", "mixed")
    assert not [p for p in PAGE.parent.iterdir() if p.name.startswith("bench-")]


def test_the_disk_has_a_state() -> None:
    assert state([0.2] * 7 + [4] * 3) == "fast"
    assert state([0.2] * 3 + [4] * 7) == "slow"
    assert state([0.2] * 5 + [4] * 5) == "mixed"


def row(name: str, per_s: int, state: str = "fast") -> dict[str, object]:
    return {"row": name, "per_s": per_s, "state": state}


def test_a_row_is_divided_by_the_nearest_peers_of_its_own_state() -> None:
    rows = [row("peer", 1), row("peer", 10), row("peer", 3, "slow"), row("mine", 100), row("mine", 30, "slow"), row("peer", 30), row("peer", 7), row("mine", 7)]
    assert list(ratios(rows, "mine", "peer")) == [(100 / 20, "fast"), (30 / 3, "slow"), (7 / 7, "fast")]
    assert list(ratios([row("peer", 1), row("mine", 9, "mixed"), row("peer", 1, "mixed")], "mine", "peer")) == []
    assert list(ratios([row("peer", 1), row("mine", 9, "slow")], "mine", "peer")) == []


def test_the_bench_fails_when_money_is_missing(tmp_path: Path) -> None:
    from bench.ledger.workload import accounts, checked, rows

    with open_ledger(str(tmp_path / "x.db")) as ledger:
        numbers = accounts(ledger, 20)
        whole = rows(50, numbers)
        ledger.transfer([Transfer(*r) for r in whole[:-1]])
        with pytest.raises(AssertionError, match="was sent"):
            checked(ledger, numbers, whole)
        ledger.transfer([Transfer(*whole[-1])])
        checked(ledger, numbers, whole)


def test_the_page_shows_the_committed_results() -> None:
    record = json.loads(RESULTS.read_text("utf-8"))
    assert record["figures"] == json.loads(json.dumps(all_told(record["sections"])))
    assert table(record) in PAGE.read_text("utf-8")
    shown = {line["figure"] for line in record["figures"]}
    assert {f.name for f in FIGURES if f.goal is not None} <= shown
    assert not any("skipped" in r for section in record["sections"].values() for r in section["rows"])


def test_a_tiny_run_is_tiny() -> None:
    assert TINY.count <= 2_000 and TINY.seconds == 1
