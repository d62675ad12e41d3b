"""Mintage: design, prove and run the token economy of an AI network.

    import mintage as mt
    spec = mt.load("render")
    run = mt.simulate(spec, paths=1000, seed=1)

Names are imported when first used, so that starting is quick.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "load": "spec",
    "loads": "spec",
    "Spec": "spec",
    "simulate": "simulate",
    "Economy": "economy",
    "SignalDecl": "economy",
    "Save": "save",
    "Trajectory": "trajectory",
    "evaluate": "evaluate",
    "Document": "evaluate.document",
    "compare": "compare",
    "scoreboard": "scoreboard",
    "sweep": "sweep",
    "calibrate": "calibrate",
    "render": "report",
    "Mechanism": "mechanisms.base",
    "Use": "mechanisms.base",
    "Flow": "flows",
    "Account": "accounts",
    "MintageError": "errors",
}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mintage' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


class _Package(ModuleType):
    """Keeps `mintage.simulate` the function: Python would bind the submodule of that name here when it is first imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
