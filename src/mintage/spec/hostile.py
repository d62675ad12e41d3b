"""A spec is data from anywhere: read it within bounds before anything clever looks at it.

Every bound is checked before the work it bounds. The numbers are our choice: the largest shipped network needs a hundredth of them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path as File
from typing import Any

from ..errors import Fault, SpecError
from .lines import Path, tokens

BYTES = 1 << 20
KEYS, ITEMS, DEPTH, WORD = 10_000, 100_000, 32, 128
PARTS, SCENARIOS, CELLS, STEPS = 1000, 50, 1_000_000, 10_000_000
DIGITS, EXPONENT = 80, 60
MEMORY = 512 << 20  # [byte] of balances, signals, memory and noise in the smallest run
ONE_DAY = Decimal(1)
# what a terminal obeys instead of showing: control characters, ends of lines, and marks that turn the order of writing
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
PROSE = ("doc", "note", "assumption")  # texts of several lines


def read(path: File, limit: int = BYTES) -> str:
    """The text of a regular file of at most `limit` bytes. Errors: SpecError MT101, MT102, MT103."""
    name = str(path)
    try:
        # opened without blocking: a pipe that nobody writes to must not hang us
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise SpecError(Fault("MT101", name, "it is not a regular file", "a text file", file=name))
            if state.st_size > limit:
                raise SpecError(Fault("MT102", name, f"it has {state.st_size:,} bytes", f"at most {limit:,}", file=name))
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SpecError(Fault("MT101", name, f"it cannot be read ({reason})", "a file that exists and is yours to read", file=name)) from None
    return decode(data, name, limit)


def decode(data: bytes, name: str, limit: int = BYTES) -> str:
    """Bytes as plain UTF-8 text. Errors: SpecError MT102, MT103."""
    if len(data) > limit:  # a file may grow while it is read
        raise SpecError(Fault("MT102", name, f"it has more than {limit:,} bytes", f"at most {limit:,}", file=name))
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SpecError(Fault("MT103", name, f"byte {error.start} is not UTF-8", "text saved as UTF-8", file=name, line=line)) from None


def scan(text: str, file: str) -> Fault | None:
    """The first bound that a text breaks, or None. Linear in the text."""
    if len(text) > BYTES:
        return Fault("MT102", file, f"it has {len(text):,} characters", f"at most {BYTES:,}", file=file)
    if text.startswith("\ufeff"):
        return Fault("MT103", file, "it begins with a byte order mark", "plain UTF-8", "Save it as 'UTF-8', not 'UTF-8 with BOM'", file, 1)
    if "\0" in text:
        return Fault("MT103", file, "it contains a NUL character", "plain text", file=file, line=text[: text.index("\0")].count("\n") + 1)
    return _bounds(text, file)


def _bounds(text: str, file: str) -> Fault | None:
    depth = dots = keys = items = 0
    for token in tokens(text):
        if token.kind == "bare" and len(token.text) > WORD:
            return Fault("MT110", file, f"a word or number of {len(token.text):,} characters", f"at most {WORD}", file=file, line=token.line)
        if token.kind == "newline":
            dots = 0
        if token.kind != "mark":
            continue
        depth += (token.text in "[{") - (token.text in "]}")
        dots = dots + 1 if token.text == "." else 0
        keys += token.text == "="
        items += token.text == ","
        if max(depth, dots) > DEPTH:
            return Fault("MT106", file, f"more than {DEPTH} levels", "a flat file: four levels are enough", file=file, line=token.line)
        if keys > KEYS or items > ITEMS:
            return Fault("MT102", file, "too many keys or items", f"at most {KEYS:,} keys and {ITEMS:,} items", file=file, line=token.line)
    return None


def unreasonable(value: Decimal) -> str:
    """Why a number is refused (not finite, too long, too large), or nothing."""
    if not value.is_finite():
        return f"{value} is not a number of this world"
    if len(value.as_tuple().digits) > DIGITS:
        return f"a number of {len(value.as_tuple().digits):,} digits"
    if value and abs(value.adjusted()) > EXPONENT:
        return f"a number of size 10^{value.adjusted()}"
    return ""


def visible(text: str) -> str:
    """A text with what a terminal would obey written out: \\x1b, \\u202e. Tabs stay."""
    return UNSEEN.sub(lambda m: m[0] if m[0] == "\t" else m[0].encode("unicode_escape").decode(), text)


def unseen(tree: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(place, character) of each text with a character that a terminal would obey; what explains may have lines and tabs."""
    stack: list[tuple[Path, Any]] = [((), tree)]
    while stack:
        at, value = stack.pop()
        if isinstance(value, str):
            found = UNSEEN.search(value.replace("\n", "").replace("\t", "") if at and at[-1] in PROSE else value)
            if found:
                yield at, found[0]
        elif isinstance(value, Mapping | list | tuple) and len(at) <= DEPTH:
            inner = value.items() if isinstance(value, Mapping) else enumerate(value)
            stack += [((*at, key), item) for key, item in inner if isinstance(item, str | Mapping | list | tuple)]
