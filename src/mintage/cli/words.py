"""What a shell completes: names that are valid in a place, looked up only when somebody presses Tab."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.shell_completion import CompletionItem

Items = list[CompletionItem[str]]


def beginning(words: Iterable[str], incomplete: str) -> Items:
    return [CompletionItem(w) for w in words if w.startswith(incomplete)]


def presets(ctx: Any, param: Any, incomplete: str) -> Items:
    """The networks that ship."""
    from importlib.resources import files  # not `spec.presets`: reading a folder need not load a validator

    return beginning(sorted(f.name.removesuffix(".toml") for f in files("mintage.networks").iterdir() if f.name.endswith(".toml")), incomplete)


def specs(ctx: Any, param: Any, incomplete: str) -> Items:
    """Presets and spec files; where there are none, whatever the shell finds, such as folders on the way to one."""
    folder = incomplete[: incomplete.rfind("/") + 1]
    try:
        files = sorted(f"{folder}{f.name}" for f in Path(folder).iterdir() if f.suffix == ".toml" and f.is_file())
    except OSError:
        files = []
    return [*presets(ctx, param, incomplete), *beginning(files, incomplete)] or [CompletionItem(incomplete, type="file")]


def explained(ctx: Any, param: Any, incomplete: str) -> Items:
    """Codes, tests, flags, metrics and the names of their lists; only what can begin so is loaded."""
    found = beginning(("errors", "tests", "flags", "metrics"), incomplete)
    begin = incomplete[:1]
    if begin in ("", "M"):
        from ..codes import CODES

        found += beginning(CODES, incomplete)
    if begin == "T":
        from ..evaluate.criteria import all_criteria

        found += beginning((c.code for c in all_criteria()), incomplete)
    if begin == "R":
        from ..evaluate.red_flags import FLAGS

        found += beginning(FLAGS, incomplete)
    return found + metrics(ctx, param, incomplete) if begin.islower() else found


def metrics(ctx: Any, param: Any, incomplete: str) -> Items:
    """Metrics of a judgement."""
    from ..evaluate.figures import METRICS

    return beginning(METRICS, incomplete)


def mechanisms(ctx: Any, param: Any, incomplete: str) -> Items:
    """Mechanisms and processes, installed ones too."""
    from ..mechanisms import names

    return beginning(names(), incomplete)


def validated(ctx: Any, param: Any, incomplete: str) -> Items:
    """Networks whose published numbers are known."""
    from ..validate import anchors

    return beginning(sorted({a.network for a in anchors()}), incomplete)


def charts(ctx: Any, param: Any, incomplete: str) -> Items:
    """Charts by name."""
    from ..charts import CHARTS

    return beginning(CHARTS, incomplete)
