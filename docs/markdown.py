"""What generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable

NOTE = "<!-- Written by `make docs`; change the code, not this page. -->"


def page(title: str, lead: str, body: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", NOTE, lead, *body]) + "\n"


def rows(head: tuple[str, ...], cells: list[tuple[str, ...]]) -> str:
    """A table."""
    lines = [head, tuple("---" for _ in head), *cells]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def first(text: str) -> str:
    """The first line."""
    return text.partition("\n")[0]
