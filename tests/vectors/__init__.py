"""Test vectors of other systems: from `MINTAGE_VECTORS` where that names a folder, else from the project's own copy."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any


@cache
def vectors(name: str) -> dict[str, Any]:
    """The whole file of Bittensor vectors `name`: its cases, tolerance, units and source."""
    folder = Path(os.environ.get("MINTAGE_VECTORS") or Path(__file__).parent) / "bittensor"
    file = folder / f"{name}.json"
    if not file.is_file():
        known = ", ".join(sorted(f.stem for f in folder.glob("*.json"))) or "no vectors at all"
        raise FileNotFoundError(f"no vectors '{name}' in {folder}, which holds {known}; MINTAGE_VECTORS names the folder above it")
    return json.loads(file.read_text("utf-8"))  # type: ignore[no-any-return]


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of vectors `name`."""
    found = vectors(name)["cases"]
    assert found, name
    return list(found)
