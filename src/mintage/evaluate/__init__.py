"""Judgement: a spec's runs measured, tested against public thresholds, and put into one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .document import Document

if TYPE_CHECKING:
    from ..spec import Spec
    from .evidence import Report

__all__ = ["Document", "evaluate"]


def evaluate(
    spec: Spec | str, paths: int = 10_000, seed: int = 1, *, beside: int = 2000, workers: int = 1, progress: Report | None = None, created: str = ""
) -> Document:
    """Simulate, measure and judge a spec (or a preset's name).

    `paths` futures of the base run; `beside` of each comparison run (usage, stablecoin, scenarios) under common random numbers.
    `progress(run, done, total)` counts path-steps of each run. `created` is the caller's clock, kept in the manifest.
    """
    from .build import build
    from .evidence import gather

    if isinstance(spec, str):
        from ..spec import load

        spec = load(spec)
    return build(gather(spec, paths, beside, seed, workers=workers, progress=progress), created)
