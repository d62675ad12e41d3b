"""The file format: TOML in, a checked Spec out. Loading never executes code; a fault has a code, a line and a way out."""

from __future__ import annotations

from .load import check, load, loads, presets, source
from .schema import schema
from .spec import Spec
from .values import Provenance

__all__ = ["Provenance", "Spec", "check", "load", "loads", "presets", "schema", "source"]
