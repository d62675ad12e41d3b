"""Measured signals: what a process or a behaviour writes in simulation and the world tells live.

All state is plain: reports by signal and reporter, sums of flows by step. A measured value is cut to 34 digits, recorded as text in the epoch's
entry, and read back from there: so whoever replays the journal reads what the live epoch read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from ..economy import Economy
from ..errors import Fault, RunError, nearest
from ..mechanisms.base import runs
from ..spec.live import Live, Measure

CUT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=999_999, Emin=-999_999)
Values = tuple[Decimal, ...]


def plan(economy: Economy, live: Live) -> dict[str, Measure]:
    """How each measured signal is measured. Not measured is what a running rule writes, or what a behaviour's events keep."""
    binder = economy.binder(None)
    writers = {signal: use for use in economy.uses if use.active for signal in binder.writes(use.params)}
    declared = {m.signal: m for m in live.measure}
    out = {}
    for signal in economy.signals:
        writer = writers.get(signal)
        if signal in declared:
            out[signal] = declared[signal]
        elif writer is None or not (runs(writer) or writer.mechanism.events):
            out[signal] = Measure(signal=signal)
    return out


class Measures:
    """Reports and sums of flows, and the values that follow from them."""

    def __init__(self, economy: Economy, live: Live) -> None:
        self.economy, self.plan = economy, plan(economy, live)
        self.reports: dict[str, dict[str, tuple[Values, int]]] = {}
        self.sums: dict[str, dict[int, Decimal]] = {flow: {} for m in self.plan.values() if m.by == "flow" for flow in m.flows}

    def again(self, economy: Economy, live: Live) -> Measures:
        """The same reports and sums under another economy or another plan."""
        out = Measures(economy, live)
        out.reports = {s: dict(r) for s, r in self.reports.items() if s in out.plan}
        out.sums = {flow: dict(self.sums.get(flow, {})) for flow in out.sums}
        return out

    def dump(self) -> dict[str, Any]:
        return {
            "reports": {s: {by: [list(map(str, v)), step] for by, (v, step) in r.items()} for s, r in self.reports.items()},
            "sums": {flow: {str(step): str(v) for step, v in by.items()} for flow, by in self.sums.items()},
        }

    def load(self, plain: Mapping[str, Any]) -> None:
        for signal, by in plain["reports"].items():
            self.reports[signal] = {who: (tuple(map(Decimal, values)), step) for who, (values, step) in by.items()}
        for flow, by in plain["sums"].items():
            self.sums[flow] = {int(step): Decimal(v) for step, v in by.items()}

    def rows(self, signal: str) -> int:
        declared = self.economy.signals[signal]
        return self.economy.kinds[declared.per].holders if declared.per else 1

    def checked(self, signal: str, values: tuple[str, ...]) -> Values:
        """The numbers of a report. Errors: RunError MT805 for a signal that is no feed, MT806 for values that are none."""
        feeds = [s for s, m in self.plan.items() if m.by == "feed"]
        if signal not in feeds:
            raise RunError(Fault("MT805", f"signal '{signal[:60]}'", "is not reported", "a feed", nearest(signal, feeds)))
        rows = self.rows(signal)
        out = tuple(map(number, values))
        if len(out) not in (1, rows):
            raise RunError(Fault("MT806", f"report of '{signal}'", f"{len(out)} values", f"1 or {rows}"))
        return out

    def report(self, signal: str, who: str, values: Values, step: int) -> None:
        self.reports[signal] = {**self.reports.get(signal, {}), who: (values, step)}

    def count(self, flow: str, amount: Decimal, step: int) -> None:
        """A flow moved `amount` [asset] in `step`."""
        if flow in self.sums:
            by = self.sums[flow]
            by[step] = by.get(step, Decimal(0)) + amount

    def forget(self, step: int) -> None:
        """Drop sums that no measure looks back to any more."""
        longest = max((m.over for m in self.plan.values() if m.by == "flow"), default=Decimal(1))
        for by in self.sums.values():
            for old in [s for s in by if (step - s) * self.economy.dt >= longest]:
                del by[old]

    def measured(self, signals: Mapping[str, Any], step: int) -> dict[str, tuple[str, ...]]:
        """Text of every measured signal that the epoch of `step` finds changed. `signals` are the values in force [row, 1].

        One value stands for all rows where they are the same. Errors: RunError MT807.
        """
        out = {}
        for name, m in self.plan.items():
            now = signals[name][:, 0].tolist()
            found = [CUT.plus(v) for v in self.value(m, now, step)]
            if found != now:
                out[name] = tuple(map(text, found[:1] if len(set(found)) == 1 else found))
        return out

    def value(self, m: Measure, in_force: list[Decimal], step: int) -> Iterable[Decimal]:
        rows = self.rows(m.signal)
        if m.by == "fixed":
            start = self.economy.signals[m.signal].start if m.value is None else m.value
            return start if isinstance(start, tuple) else (start,) * rows
        if m.by == "flow":
            # what moved since the epoch before counts in this step, and what this epoch moves in the next: so many steps are whole
            moved = sum((v for flow in m.flows for s, v in self.sums[flow].items() if (step - s) * self.economy.dt < m.over), Decimal(0))
            return [moved / m.over / rows] * rows
        return self.median(m, in_force, step)

    def median(self, m: Measure, now: list[Decimal], step: int) -> list[Decimal]:
        fresh = [v for v, at in self.reports.get(m.signal, {}).values() if (step - at) * self.economy.dt <= m.stale]
        if len(fresh) < m.reporters:
            if m.required:
                raise RunError(Fault("MT807", f"signal '{m.signal}'", f"{len(fresh)} fresh reports", f"{m.reporters} of at most {text(m.stale)} days"))
            return now
        return [toward(old, middle(sorted(v[min(i, len(v) - 1)] for v in fresh)), m.deviation) for i, old in enumerate(now)]


def middle(ordered: list[Decimal]) -> Decimal:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def toward(old: Decimal, new: Decimal, deviation: Decimal) -> Decimal:
    """`new`, but no further from `old` than its share `deviation`; the rest of the way is gone in the next epochs."""
    if not deviation or not old:
        return new
    most = abs(old) * deviation
    return min(max(new, old - most), old + most)


def number(value: str) -> Decimal:
    """A decimal text of at most 80 digits. Errors: RunError MT806."""
    try:
        out = Decimal(value)
    except ArithmeticError:
        out = Decimal("NaN")
    if not isinstance(value, str) or len(value) > 100 or not out.is_finite() or (out and not -60 <= out.adjusted() <= 80):
        raise RunError(Fault("MT806", "a number", f"{str(value)[:40]!r}", "decimal text of at most 100 characters, from 1e-60 to 1e80"))
    return out


def text(value: Decimal) -> str:
    return f"{CUT.plus(value):f}" if abs(value.adjusted()) < 60 else str(CUT.plus(value))
