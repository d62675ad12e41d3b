"""The documentation is true: its Python runs, its commands print what it says, its TOML parses and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.snippets import NOT_RUN, ROOT, Command, Snippet, commands, pages, snippets

KNOWN = {"python", "console", "toml", "json", "text", "sh"}
KINDS = ("tutorial", "how-to", "reference", "explanation", "decisions")
RUN = "import sys; from mintage.cli import main; sys.argv[0] = 'mintage'; main()"


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` as a reader would, with this checkout's `mintage` on the path."""
    home = cwd / ".bin"
    home.mkdir(exist_ok=True)
    tool = home / "mintage"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{RUN}" "$@"\n', "utf-8")
    tool.chmod(0o755)
    env = os.environ | {"PATH": f"{home}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "160"}
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


def follow(snippet: Snippet, namespace: dict[str, object], where: str, cwd: Path) -> None:
    """Do what the block says."""
    if snippet.language == "python":
        exec(compile("\n" * (snippet.line - 1) + snippet.body, where, "exec", dont_inherit=True), namespace)
    elif snippet.language == "console":
        for command in commands(snippet.body):
            done = shell(command.text, cwd)
            said = f"{where}:{snippet.line} $ {command.text}\n{done.stdout}{done.stderr}"
            assert done.returncode == command.status, said
            assert not command.missing(done.stdout + done.stderr), f"{command.missing(done.stdout + done.stderr)} not in\n{said}"
    elif snippet.language == "toml":
        tomllib.loads(snippet.body)


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_snippet_of_a_page_does_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__page__"}
    for snippet in snippets(page.read_text("utf-8")):
        assert snippet.language in KNOWN, f"{name(page)}:{snippet.line}"
        if snippet.file:
            (tmp_path / Path(snippet.file).name).write_text(snippet.body, "utf-8")
        if snippet.runs:
            follow(snippet, namespace, name(page), tmp_path)


def test_few_snippets_are_left_out_and_each_says_why() -> None:
    left_out = [s.note for page in pages() for s in snippets(page.read_text("utf-8")) if not s.runs]
    assert all(len(note.removeprefix(NOT_RUN)) > 15 for note in left_out)
    assert len(left_out) <= 8


@pytest.mark.parametrize("page", [*pages(), ROOT / "CHANGELOG.md"], ids=name)
def test_links_between_pages_lead_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_documentation_comes_in_its_kinds_and_each_kind_has_a_page() -> None:
    assert {p.name for p in (ROOT / "docs").iterdir() if p.is_dir()} <= {*KINDS, "images", "__pycache__"}
    assert all(any((ROOT / "docs" / kind).glob("*.md")) for kind in KINDS)


def test_a_command_that_prints_something_else_is_noticed() -> None:
    first, second = commands("$ mintage check a.toml  # exits 3\nMT104 a.toml:3 ...\n\n$ echo two\n")
    assert first == Command("mintage check a.toml", 3, ("MT104 a.toml:3 ...",))
    assert second == Command("echo two", 0, ())
    assert first.missing("one\nMT104   a.toml:3 price: unknown\n") == []
    assert first.missing("MT105 a.toml:3 price: unknown\n") == ["MT104 a.toml:3 ..."]


def test_a_block_under_a_comment_keeps_its_note() -> None:
    found = snippets("# T\n\n<!-- not run: it needs a machine -->\n```console\n$ rm x\n```\n\n```python\n1 / 1\n```\n")
    assert [(s.language, s.runs, s.line) for s in found] == [("console", False, 5), ("python", True, 9)]
