"""No file of vectors is left out: each is read by a test of this folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
COPY = sorted(f.stem for f in (HERE / "bittensor").glob("*.json"))


def test_every_file_of_vectors_is_run_and_none_is_empty():
    told = "\n".join(f.read_text("utf-8") for f in HERE.glob("test_*.py") if f.name != Path(__file__).name)
    named = set(re.findall(r"\w+", told))
    assert [name for name in COPY if name not in named] == []
    assert len(COPY) == 21
    assert sum(len(json.loads((HERE / "bittensor" / f"{name}.json").read_text("utf-8"))["cases"]) for name in COPY) == 218
