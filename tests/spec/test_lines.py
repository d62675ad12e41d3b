"""The line of every key, against tomllib: the same paths, and each line holds what it is said to hold."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.spec.lines import Path, locate, tokens
from tests.spec.cases import TOWN

BARE = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: f"{x:.3f}"),
    st.booleans().map(lambda b: str(b).lower()),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(lambda t: json.dumps(t, ensure_ascii=False)),
    st.sampled_from(["'a # b'", '"""x\n[y]\n"q" = 1"""', "'''\n= {'''", '""""quoted""""', "2023-12-20", "2023-12-20 10:00:00", r'"\"["', "[]", "{}"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda x: "[" + ", # c ]\n ".join(x) + ("" if not x else ",\n") + "]"),
        st.dictionaries(BARE, inner.filter(lambda v: "#" not in v and "\n" not in v), max_size=3).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=6,
)
PAIRS = st.dictionaries(st.one_of(BARE, BARE.map(lambda k: f'"{k} x"'), st.tuples(BARE, BARE).map(" . ".join)), VALUES, max_size=4)
BLOCKS = st.lists(st.tuples(st.sampled_from(["[{}]", "[[{}]]", "[ {}.sub ] # x"]), BARE, PAIRS), max_size=5)


def render(top: dict[str, str], blocks: list[tuple[str, str, dict[str, str]]]) -> str:
    lines = [f"{k} = {v}" for k, v in top.items()]
    for form, name, pairs in blocks:
        lines += ["", "# a comment [not a table]", form.format(name), *(f"  {k}={v} # tail" for k, v in pairs.items())]
    return "\n".join(lines)


def paths(value: Any, at: Path = ()) -> set[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {at} | {p for key, v in inner for p in paths(v, (*at, key))}


@settings(max_examples=300, deadline=None)
@given(PAIRS, BLOCKS)
def test_paths_are_tomllibs_and_keys_stand_on_their_lines(top: dict[str, str], blocks: list[tuple[str, str, dict[str, str]]]) -> None:
    text = render(top, blocks)
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        return  # keys that collide: not TOML
    found, rows = locate(text), text.split("\n")
    assert set(found) == paths(tree) - {()}
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in rows[line - 1]


def test_every_key_of_the_town_stands_where_a_reader_finds_it() -> None:
    found, rows = locate(TOWN), TOWN.split("\n")
    assert rows[found["mechanism", 0, "burn_share"] - 1].startswith("burn_share")
    assert rows[found["mechanism", 1] - 1] == "[[mechanism]]"
    assert found["mechanism", 0] < found["mechanism", 0, "payees", 0, "to"] < found["mechanism", 1]
    assert rows[found["scenario", "bear", "set", "price", "drift"] - 1] == "set.price.drift = -0.5"


def test_the_last_line_of_a_dotted_array_of_tables_counts() -> None:
    found = locate("[[a]]\nx = 1\n[[a.b]]\n[[a]]\n[[a.b]]\ny = [\n1,\n2]\n[a.c]\nz = 3")
    assert found["a", 1, "b", 0, "y", 1] == 8
    assert found["a", 1, "c", "z"] == 10
    assert found["a", 0, "b", 0] == 3


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="\"'[]{}=.,#\\\n ab1", max_size=60))
def test_tokens_of_any_text_end_and_cover_it_in_order(text: str) -> None:
    found = list(tokens(text))
    assert [t.line for t in found] == sorted(t.line for t in found)
    assert len("".join(t.text for t in found)) <= len(text)


def test_quotes_inside_a_long_string_end_nothing_and_what_is_cut_off_ends_too() -> None:
    """Python 3.11.2 read this string as open, and the list behind it was then read for ever."""
    assert set(locate('a = """x\n[y]\n"q" = 1"""\nb = [1, # c ]\n 2]')) == {("a",), ("b",), ("b", 0), ("b", 1)}
    for cut in ("b = [1,", "b = [[", "b = [}", "b = {x = [1", "b = [1}, 2"):
        assert ("b",) in locate(cut)
