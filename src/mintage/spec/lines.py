"""Where a key stands: tomllib gives values without positions, so this small scanner finds the line of every key and item.

`tokens` is linear in the text, whatever the text; `locate` is for text that tomllib has accepted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]

# no possessive repeats: on groups they fail in Python 3.11.2, which Debian 12 ships; the alternatives begin differently, so none backtracks far
TOKEN = re.compile(
    r"""(?P<long>\"{3}(?:\\.|[^"\\]|"(?!""))*"{3,5}|'{3}(?:[^']|'(?!''))*'{3,5})
    |(?P<text>(?!\"{3}|'{3})(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'))
    |(?P<open>["'])
    |(?P<skip>\#[^\n]*|[ \t\r]+)
    |(?P<newline>\n)
    |(?P<mark>[\[\]{}=,.])
    |(?P<bare>[^\s"'\#\[\]{}=,.]+)
    |(?P<odd>.)""",
    re.DOTALL | re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of TOML: `kind` is long, text, newline, mark, bare or odd."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, without comments and spaces; ends early at a string that nobody closes."""
    line = 1
    for match in TOKEN.finditer(text):
        kind, piece = match.lastgroup or "", match.group()
        if kind == "open":
            return
        if kind != "skip":
            yield Token(kind, piece, line)
        if kind in ("long", "newline"):
            line += piece.count("\n")


def locate(text: str) -> dict[Path, int]:
    """The line of every table, key and array item, by its path in the parsed value: ("mechanism", 0, "burn_share") -> 12."""
    return _Locator(text).run()


class _Locator:
    """A recursive descent over tokens that writes down lines; depth was bounded before."""

    def __init__(self, text: str) -> None:
        self.rest = list(tokens(text))
        self.at = 0
        self.found: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # an array of tables -> index of its newest table

    def run(self) -> dict[Path, int]:
        base: Path = ()
        while self.at < len(self.rest):
            token = self.rest[self.at]
            if token.kind == "newline":
                self.at += 1
            elif token.text == "[" and token.kind == "mark":
                base = self.header()
            else:
                self.pair(base)
        return self.found

    def take(self) -> Token:
        self.at += 1
        return self.rest[self.at - 1]

    def sees(self, marks: str) -> bool:
        token = self.rest[self.at] if self.at < len(self.rest) else Token("newline", "", 0)
        return token.kind == "newline" if marks == "\n" else token.kind == "mark" and token.text in marks

    def keys(self) -> list[str]:
        out = [_name(self.take())]
        while self.sees("."):
            self.at += 1
            out.append(_name(self.take()))
        return out

    def header(self) -> Path:
        line = self.take().line
        many = self.sees("[")
        self.at += many
        *outer, name = self.keys()
        self.at += 1 + many
        base: Path = ()
        for key in outer:
            base = self.newest(self.mark((*base, key), line))
        base = (*base, name)
        if not many:
            base = self.newest(base)
            self.found[base] = line
            return base
        self.last[base] = self.last.get(base, -1) + 1
        self.mark(base, line)
        base = (*base, self.last[base])
        self.found[base] = line
        return base

    def newest(self, base: Path) -> Path:
        return (*base, self.last[base]) if base in self.last else base

    def mark(self, path: Path, line: int) -> Path:
        self.found.setdefault(path, line)
        return path

    def pair(self, base: Path) -> None:
        line = self.rest[self.at].line
        for key in self.keys():
            base = self.mark((*base, key), line)
        self.at += 1  # the =
        self.value(base)

    def value(self, path: Path) -> None:
        if self.sees("["):
            self.items(path)
        elif self.sees("{"):
            self.inline(path)
        else:
            while self.at < len(self.rest) and not self.sees("\n") and not self.sees(",]}"):
                self.at += 1

    def items(self, path: Path) -> None:
        self.at += 1
        index = 0
        while not self.closes("]"):
            before = self.at
            self.mark((*path, index), self.rest[before].line)
            self.value((*path, index))
            self.at = max(self.at, before + 1)  # never stand still, whatever the text
            index += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while not self.closes("}"):
            self.pair(path)

    def closes(self, mark: str) -> bool:
        """Skip commas and line ends; True, and past it, at the closing mark or at the end of a text that lacks it."""
        while self.at < len(self.rest) and (self.sees("\n") or self.sees(",")):
            self.at += 1
        shut = self.at >= len(self.rest) or self.sees(mark)
        self.at += shut
        return shut


def _name(token: Token) -> str:
    return str(tomllib.loads(f"key = {token.text}")["key"]) if token.kind == "text" else token.text
