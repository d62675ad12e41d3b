"""Networks side by side: each judged on its own futures, by the same tests and the same definitions of every metric.

Networks with tokens of their own share no futures, so nothing is paired: what stands side by side is what the judgement says of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .compare import known, resolve
from .errors import Fault, Interrupted, UsageError
from .evaluate import evaluate
from .evaluate.document import Document
from .evaluate.evidence import Report
from .evaluate.figures import METRICS


@dataclass(frozen=True)
class Line:
    """One thing that is said of every network: `cells` has what is shown, `values` the number behind it (None: not shown), one a network.

    `better` says which direction is good: "up", "down" or neither ("").
    """

    group: str
    name: str
    title: str
    unit: str
    better: str
    cells: tuple[str, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Scoreboard:
    """`names` are the columns; `documents` what was judged, in the same order. `partial`: an interrupt left out those after."""

    names: tuple[str, ...]
    days: float
    paths: int
    seed: int
    lines: tuple[Line, ...]
    documents: tuple[Document, ...]
    partial: bool = False

    def __repr__(self) -> str:
        return f"<Scoreboard of {', '.join(self.names)} over {self.days:g} days, {self.paths:,} paths, {len(self.lines)} lines>"

    def __getitem__(self, name: str) -> Line:
        """A line by name: a point's number, a flag's code, a metric. Errors: KeyError."""
        return {line.name: line for line in self.lines}[name]

    def to_dict(self) -> dict[str, Any]:
        """Columns and lines as plain data; the whole judgement of one is `evaluate`'s."""
        return {
            "names": list(self.names),
            "days": self.days,
            "paths": self.paths,
            "seed": self.seed,
            "headlines": [d.headline for d in self.documents],
            "lines": [asdict(line) for line in self.lines],
            "partial": self.partial,
        }


def apart(designs: Sequence[Any]) -> bool:
    """Whether designs are networks of their own, with different tokens: then they are judged side by side instead of paired."""
    return len({resolve(d)[1].economy().token for d in designs}) > 1


def scoreboard(
    designs: Sequence[Any],
    paths: int = 2000,
    seed: int = 1,
    *,
    beside: int = 500,
    metrics: Sequence[str] | None = None,
    steps: int | None = None,
    workers: int = 1,
    progress: Report | None = None,
) -> Scoreboard:
    """Judge each design over the shortest horizon of them, or over `steps` of each.

    An interrupt keeps those that were judged. Errors: UsageError MT507 (fewer than two), MT506 (no such metric); Interrupted MT505.
    """
    if len(designs) < 2:
        raise UsageError(Fault("MT507", "compare", f"{len(designs)} design", "two or more"))
    for name in metrics or ():
        known(name)
    named = [resolve(d) for d in designs]
    days = min(spec.economy().dt * (steps or spec.steps) for _, spec in named)
    judged: list[Document] = []
    for _, spec in named:
        span = days - days % spec.economy().dt
        try:
            judged.append(
                evaluate(spec.with_values({"network.horizon": str(span)}), paths, seed, beside=min(beside, paths), workers=workers, progress=progress)
            )
        except Interrupted:
            break
    if len(judged) < 2:
        raise Interrupted(Fault("MT505", "compare", "interrupted before two networks were judged", "at least two"))
    names = tuple(name for name, _ in named[: len(judged)])
    return Scoreboard(names, float(days), paths, seed, tuple(lines(judged, metrics)), tuple(judged), len(judged) < len(named))


def lines(judged: Sequence[Document], metrics: Sequence[str] | None) -> list[Line]:
    """Verdict and grade, six points, red flags, tests, metrics."""
    said = {True: "raised", False: "no", None: "undecided"}
    out = [
        Line("judgement", "verdict", "Verdict", "", "", tuple(d.verdict.replace("_", " ") for d in judged), (None,) * len(judged)),
        _numbers("judgement", "grade", "Grade", "1", "up", [d.grade for d in judged]),
        _numbers("judgement", "tests_passed", "Tests passed, of those shown", "1", "up", [_passed(d) for d in judged]),
    ]
    for i, point in enumerate(judged[0].points):
        same = [d.points[i] for d in judged]
        cells = tuple(f"{p.verdict.replace('_', ' ')} {p.score:.0%}" for p in same)
        out.append(Line("points", str(point.number), point.title, "1", "up", cells, tuple(p.score for p in same)))
    for i, flag in enumerate(judged[0].flags):
        raised = [d.flags[i].raised for d in judged]
        out.append(Line("flags", flag.code, flag.title, "", "down", tuple(said[r] for r in raised), tuple(None if r is None else float(r) for r in raised)))
    for name in metrics or METRICS:
        medians = [next((m.median for m in d.metrics if m.name == name), None) for d in judged]
        if any(m is not None for m in medians):
            meta = METRICS[name]
            out.append(_numbers("metrics", name, meta.title, meta.unit, meta.better, medians))
    return out


def _passed(d: Document) -> float | None:
    shown = [t.verdict for t in d.tests if t.verdict != "not_shown"]
    return shown.count("pass") / len(shown) if shown else None


def _numbers(group: str, name: str, title: str, unit: str, better: str, values: Sequence[float | None]) -> Line:
    return Line(group, name, title, unit, better, tuple("" if v is None else f"{v:,.4g}" for v in values), tuple(values))
