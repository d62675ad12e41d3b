"""What `evaluate`, `report` and `chart` share: a judged document, and how it reads on a terminal."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from .common import console, figure, one_of, open_spec, progress

MARKS = {
    "pass": ("[green]pass[/]", "pass"),
    "warn": ("[yellow]warn[/]", "warn"),
    "fail": ("[red]fail[/]", "fail"),
    "not_shown": ("[dim]not shown[/]", "not shown"),
}


def judge(spec: str | None, paths: int, beside: int, seed: int, workers: int, quiet: bool, ledger: str | None = None) -> Any:
    """The document of a spec, or of a live network's ledger, with the clock's readings."""
    one_of(spec, ledger, "--live")
    created = datetime.now(UTC).isoformat(timespec="seconds")
    loaded: Any = None if ledger else open_spec(str(spec))
    begun = time.perf_counter()
    with progress(quiet) as tick:
        if ledger:
            from ..live.judge import evaluate_live

            document = evaluate_live(ledger, beside, seed, workers=workers, progress=tick, created=created)
        else:
            from ..evaluate import evaluate

            document = evaluate(loaded, paths, seed, beside=beside, workers=workers, progress=tick, created=created)
    return document.model_copy(update={"manifest": document.manifest.model_copy(update={"seconds": round(time.perf_counter() - begun, 2)})})


def wanting(document: Any) -> bool:
    """Judged and found wanting: a failing verdict or a raised flag."""
    return document.verdict == "fail" or any(f.raised for f in document.flags)


def show(document: Any) -> None:
    """Headline, reasons, six points, verdict, flags, a few figures."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(f"[bold]{escape(document.headline)}[/]")
    for reason in document.reasons:
        out.print(f"  - {escape(reason)}")
    points = Table(box=None, pad_edge=False)
    for head in ("six points", "verdict", "score", "shown"):
        points.add_column(head, justify="right" if head in ("score", "shown") else "left")
    for p in document.points:
        points.add_row(f"{p.number} {p.title}", MARKS[p.verdict][0], f"{p.score:.0%}", f"{p.shown:.0%}")
    out.print()
    out.print(points)
    out.print(f"\nverdict: {MARKS[document.verdict][0]}")
    raised = [f for f in document.flags if f.raised]
    open_ = [f.code for f in document.flags if f.raised is None]
    for f in raised:
        out.print(f"[red]red flag {f.code}[/] {escape(f.title)}")
    out.print(f"{len(raised)} of {len(document.flags)} red flags raised" + (f", undecided for lack of data: {', '.join(open_)}" if open_ else ""))
    counts = {v: sum(t.verdict == v for t in document.tests) for v in ("pass", "fail", "not_shown")}
    grade = "" if document.grade is None else f"; grade {100 * document.grade:.0f} of 100"
    spread = f" ({100 * document.grade_range[0]:.0f} to {100 * document.grade_range[1]:.0f} as weights move)" if document.grade_range else ""
    out.print(f"{len(document.tests)} tests: {counts['pass']} pass, {counts['fail']} fail, {counts['not_shown']} not shown{grade}{spread}")
    shown = {m.name: m for m in document.metrics}
    for name in ("ratio_last_year", "price_multiple", "supply_end", "provider_retention"):
        m = shown.get(name)
        if m and m.median is not None:
            spread = f" (90 % of paths {figure(m.low)} to {figure(m.high)})" if document.manifest.paths > 1 else ""
            out.print(f"  {m.title}: {figure(m.median)} {'' if m.unit == '1' else m.unit}{spread}")
    m = document.manifest
    out.print(
        f"{sum(m.runs.values()):,} futures in {len(m.runs)} runs ({', '.join(f'{k} {v:,}' for k, v in m.runs.items())}), {m.seconds:.1f} s, seed {m.seed}",
        style="dim",
    )
