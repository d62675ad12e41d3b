"""The rules of the house, held by tests: sizes, docstrings, error codes, and nothing of one machine in what is committed."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mintage.codes import CODES

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src/mintage").rglob("*.py"))
RANGES = {1: "spec file", 2: "mechanism", 3: "run time", 4: "data", 5: "usage", 6: "report", 7: "ledger", 8: "live network", 9: "server"}
CODE = re.compile(r"MT\d{3}")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def tracked() -> list[Path]:
    """The files of the repository as git knows them: committed, staged, or new and not ignored."""
    done = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [f for f in (ROOT / p for p in done.stdout.split("\0") if p) if f.is_file()]


def definitions(tree: ast.AST) -> Iterator[Definition]:
    return (n for n in ast.walk(tree) if isinstance(n, Definition))


def public(trees: dict[Path, ast.Module]) -> Iterator[tuple[Path, Definition]]:
    """The classes, and the functions that another file imports by name: what a reader meets away from home."""
    imports = (n for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.ImportFrom))
    met = {((n.module or "").rpartition(".")[2], alias.name) for n in imports for alias in n.names}
    for path, tree in trees.items():
        home = path.parent.name if path.name == "__init__.py" else path.stem
        for node in tree.body:
            if isinstance(node, Definition) and (isinstance(node, ast.ClassDef) or (home, node.name) in met):
                yield path, node


def code_lines(node: Definition) -> int:
    """Lines of a definition without its docstring."""
    text = ast.get_docstring(node, clean=False)
    return (node.end_lineno or node.lineno) - node.lineno + 1 - (text.count("\n") + 1 if text else 0)


def place(path: Path, node: Definition) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def test_no_file_of_the_source_has_more_than_400_lines() -> None:
    sizes = {p.relative_to(ROOT).as_posix(): sum(bool(line.strip()) for line in p.read_text("utf-8").splitlines()) for p in SOURCES}
    assert {p: n for p, n in sizes.items() if n > 400} == {}
    assert len(sizes) > 20


def test_no_function_has_more_than_70_lines() -> None:
    functions = [(p, n) for p in SOURCES for n in definitions(ast.parse(p.read_text("utf-8"))) if not isinstance(n, ast.ClassDef)]
    assert [place(p, n) for p, n in functions if code_lines(n) > 70] == []


def test_every_module_and_public_name_says_what_it_is() -> None:
    trees = {p: ast.parse(p.read_text("utf-8")) for p in SOURCES}
    assert [p.relative_to(ROOT).as_posix() for p, tree in trees.items() if not ast.get_docstring(tree)] == []
    assert [place(p, n) for p, n in public(trees) if not ast.get_docstring(n)] == []


def test_every_error_code_that_is_used_is_explained_and_every_explained_one_is_used() -> None:
    used = {code for p in SOURCES if not p.name.startswith("codes") for code in re.findall(r'"(MT\d{3})\b', p.read_text("utf-8"))}
    assert used - CODES.keys() == set()
    assert CODES.keys() - used == set()


def test_codes_stand_in_order_in_their_ranges_and_say_why() -> None:
    keys = [k for name in ("codes", "codes_live") for k in re.findall(r'^ {4}"(MT\d{3})":', (ROOT / f"src/mintage/{name}.py").read_text("utf-8"), re.MULTILINE)]
    assert keys == sorted(set(keys))
    assert all(int(code[2]) in RANGES for code in keys)
    assert [code for code, (title, why) in CODES.items() if title.endswith(".") or len(why) < 40 or not why.endswith((".", "'"))] == []


def test_codes_named_in_explanations_exist() -> None:
    assert {code for _, why in CODES.values() for code in CODE.findall(why)} <= CODES.keys()


def test_nothing_committed_names_a_registry_or_a_place_on_one_machine() -> None:
    hosts = r"(?i)\b(?:files\.)?pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|npmjs\.com"
    places = r"(?<![\w.])/(?:work|farm|root|home/\w+|Users/\w+)/\w"
    wrong = re.compile(f"{hosts}|{places}")
    skip = {"vendor"}
    found = {}
    for path in tracked():
        if skip & set(path.parts) or path == Path(__file__) or path.suffix in {".png", ".npz"}:
            continue
        if match := wrong.search(path.read_text("utf-8", errors="replace")):
            found[path.relative_to(ROOT).as_posix()] = match[0]
    assert found == {}


def test_there_is_one_changelog_and_it_knows_this_version() -> None:
    logs = [p for p in tracked() if "reference" not in p.parts and re.search(r"change|history|news|release", p.name, re.IGNORECASE) and p.suffix == ".md"]
    assert [p.relative_to(ROOT).as_posix() for p in logs] == ["CHANGELOG.md"]
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version
    assert f"## {version[1]}" in logs[0].read_text("utf-8")
    assert f'__version__ = "{version[1]}"' in (ROOT / "src/mintage/__init__.py").read_text("utf-8")


def test_every_pin_is_exact_and_every_requirement_is_pinned() -> None:
    pins = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert [p for p in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.+!]+", p)] == []
    names = {_normal(p.partition("==")[0]) for p in pins}
    wanted = re.findall(
        r'^\s*(?:\w+ = \[)?"([A-Za-z][\w.-]*)(?=[>=\["])', (ROOT / "pyproject.toml").read_text("utf-8").split("[project.scripts]")[0], re.MULTILINE
    )
    assert {_normal(w) for w in wanted} - names - {"mintage", "license"} == set()
    assert {"numpy", "hatchling"} <= {_normal(w) for w in wanted} | names


def test_imports_that_the_cycle_contract_forgives_stand_inside_functions() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {c["id"]: c for c in config["tool"]["importlinter"]["contracts"]}
    forgiven = [rule.split(" -> ") for rule in contracts["no-cycles"]["ignore_imports"]]
    for importer, imported in forgiven:
        tree = ast.parse((ROOT / "src" / f"{importer.replace('.', '/')}.py").read_text("utf-8"))
        at_top = [n for n in tree.body if isinstance(n, ast.ImportFrom)]
        assert imported.rpartition(".")[2] not in {name for n in at_top for name in (n.module, *(a.name for a in n.names))}
    assert forgiven


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" + "XX"])
def test_no_source_file_leaves_work_for_later(word: str) -> None:
    assert [p.relative_to(ROOT).as_posix() for p in SOURCES if re.search(rf"\b{word}\b", p.read_text("utf-8"))] == []


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
