"""Declared facts: what the author states under `[disclosure]`. A fact that is not declared is None."""

from __future__ import annotations

from typing import Any

from ..evidence import Evidence


def declared(e: Evidence, path: str) -> Any:
    """The fact at `path` (`audit.open_criticals`), or None when it or its table is missing."""
    here: Any = e.spec.disclosure
    for word in path.split("."):
        here = getattr(here, word, None)
        if here is None:
            return None
    return here
