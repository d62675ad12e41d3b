"""Calling the command line: inside this process, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mintage.cli import main

ROOT = Path(__file__).parents[2]
DOCUMENTED = {0, 1, 2, 3, 5, 130}
START = [sys.executable, "-c", "from mintage.cli import main; main()"]
ENV = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR")} | {"PYTHONPATH": str(ROOT / "src")}


def call(*args: str) -> int:
    """The exit status of `mintage args` in this process."""
    with pytest.raises(SystemExit) as left:
        main(list(args))
    return int(left.value.code or 0)


def spawn(*args: str, cwd: Path | None = None, **options: object) -> subprocess.Popen[bytes]:
    """`mintage args` as a process of its own."""
    return subprocess.Popen([*START, *args], cwd=cwd, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]
