"""The vocabulary of an economy: one family per file. `find(name)` gives a mechanism by the name a spec uses.

Built-in families are the modules of this package; a user's own come from installed packages through the entry point group
`mintage.mechanisms`, loaded only when a spec asks for a name that is not built in.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

from ..errors import Fault, ServiceError
from .base import REGISTRY, Mechanism

GROUP = "mintage.mechanisms"


def load_builtin() -> None:
    """Import every family, so that its mechanisms are registered."""
    importlib.import_module("mintage.processes")
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def load_installed() -> None:
    """Import the mechanisms that other installed packages offer. Errors: ServiceError MT215 for one that cannot be imported."""
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:  # another's code: whatever it raises is its own, and the reader needs to know whose
            package = point.dist.name if point.dist else point.value
            found = f"its mechanisms cannot be imported ({type(error).__name__}: {error})"[:300]
            raise ServiceError(Fault("MT215", f"package {package}", found, f"a module {point.module}", "mend the package, or uninstall it")) from error


def find(name: str) -> type[Mechanism] | None:
    """The mechanism or process called `name`, or None."""
    for load in (load_builtin, load_installed):
        if name in REGISTRY:
            return REGISTRY[name]
        load()
    return REGISTRY.get(name)


def names() -> list[str]:
    """Every name a spec may use."""
    load_builtin()
    load_installed()
    return sorted(REGISTRY)


def offered() -> list[str]:
    """The names that Mintage and installed packages offer: those of `names` without what this process alone defined."""
    packages = {"mintage", *(point.module.partition(".")[0] for point in entry_points(group=GROUP))}
    return [name for name in names() if REGISTRY[name].__module__.partition(".")[0] in packages]
