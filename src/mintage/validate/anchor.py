"""An anchor: a published number, and how this project computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Standing = Literal["primary", "third party", "article", "derived", "closed form"]
Compute = Callable[[], float]


@dataclass(frozen=True)
class Anchor:
    """A number that a preset or a mechanism must reproduce within `tolerance` [unit of the number].

    `standing` says who published it: the network itself, the press, a source article, arithmetic on those, or a formula's closed form.
    `compute` runs the preset or the mechanism; it never holds the number.
    """

    code: str
    network: str
    title: str
    unit: str
    published: float
    tolerance: float
    source: str
    standing: Standing
    compute: Compute


@dataclass(frozen=True)
class Finding:
    """An anchor beside what was computed for it. `difference` is computed - published."""

    code: str
    network: str
    title: str
    unit: str
    published: float
    computed: float
    difference: float
    tolerance: float
    holds: bool
    source: str
    standing: Standing

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


ANCHORS: dict[str, Anchor] = {}


def anchor(
    code: str, network: str, title: str, published: float, unit: str = "1", *, source: str, standing: Standing, within: float = 0.0, relative: float = 0.0
) -> Callable[[Compute], Compute]:
    """Register a function as the computation of an anchor. `within` is the tolerance in the number's unit, `relative` one in parts of it."""

    def register(compute: Compute) -> Compute:
        assert code not in ANCHORS, f"anchor {code} is there twice"
        ANCHORS[code] = Anchor(code, network, title, unit, published, max(within, relative * abs(published)), source, standing, compute)
        return compute

    return register


def closed(code: str, title: str, published: float, unit: str = "1", *, form: str, within: float = 0.0, relative: float = 0.0) -> Callable[[Compute], Compute]:
    """Register the computation of a number that has a closed form, called `theory`."""
    return anchor(code, "theory", title, published, unit, source=form, standing="closed form", within=within, relative=relative)


def found(a: Anchor) -> Finding:
    """The anchor, computed now. A computation that is not a number does not hold."""
    computed = float(a.compute())
    difference = computed - a.published
    return Finding(a.code, a.network, a.title, a.unit, a.published, computed, difference, a.tolerance, abs(difference) <= a.tolerance, a.source, a.standing)
