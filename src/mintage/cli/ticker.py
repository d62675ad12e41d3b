"""The ticker of `mintage serve`: a network's figures and its last events, drawn for the terminal that there is.

Only the terminal's own colours are used, so that it reads on dark and on light ground; its size follows the terminal's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .pulse import WEEK, Line, Pulse, clock, short, spark

WIDE = 116  # from here on the events stand beside the figures
MOST = 132  # wider lines are hard to read
LEFT = 64
COURSE = 24  # bars of a sparkline
Row = tuple[str, Text]


@dataclass(frozen=True)
class Frame:
    """All that one picture shows."""

    title: str
    url: str
    note: str
    rows: Sequence[Row]
    lines: Sequence[Line]
    good: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = min(options.max_width, MOST), (options.height or console.size.height) - 1
        border = "green" if self.good else "red"
        if width >= WIDE:
            grid = Table.grid(padding=(0, 2), expand=True)
            grid.add_column(width=LEFT, no_wrap=True, overflow="ellipsis")
            grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
            fit = max(1, height - 2)
            rows = self.rows[:fit]
            grid.add_row(figures(rows, LEFT), events(self.lines, max(1, min(fit, len(self.rows)))))
            body: Any = grid
        else:
            fit = max(1, height - 2)
            rows = self.rows[:fit]
            body = Table.grid(expand=True)
            body.add_column(no_wrap=True, overflow="ellipsis")
            body.add_row(figures(rows, width - 4))
            left = min(fit - len(rows) - 1, 8)
            if left > 0:
                body.add_row(Text("─" * (width - 4), style="dim"))
                body.add_row(events(self.lines, left))
        below = Text.assemble((self.url, "bold"), (f"  {self.note}", "dim"))
        yield Panel(
            body, title=Text(f" {self.title} ", style="bold"), title_align="left", subtitle=below, subtitle_align="left", border_style=border, width=width
        )


def figures(rows: Sequence[Row], width: int) -> Table:
    """Name and value, line by line; a value that is too long ends in an ellipsis."""
    out = Table.grid(padding=(0, 2))
    out.add_column(width=9, style="dim", no_wrap=True)
    out.add_column(width=width - 11, no_wrap=True, overflow="ellipsis")
    for name, value in rows:
        out.add_row(name, value)
    return out


def events(lines: Sequence[Line], most: int) -> Table:
    """The last things that happened, the newest at the end; the place is kept when there are fewer, so that nothing jumps."""
    out = Table.grid(padding=(0, 1), expand=True)
    out.add_column(style="dim", width=8)
    out.add_column(width=11, no_wrap=True)
    out.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    shown = list(lines)[-most:]
    for line in shown:
        what = Text.assemble((line.what, "bold" if line.epoch else ""), ("  " + line.amount, "" if line.epoch else "cyan"))
        out.add_row(clock(line.time), Text(line.who, style="green" if line.epoch else ""), what)
    for _ in range(most - len(shown)):
        out.add_row("", "", "")
    return out


@dataclass
class Board:
    """Makes frames out of a pulse. `refused` and `replayed` tell what only the population and the twin know."""

    pulse: Pulse
    url: str
    note: str
    refused: Callable[[], dict[str, int]] | None = None
    replayed: Callable[[], str] | None = None
    state: Callable[[], str] = lambda: ""

    def frame(self) -> Frame:
        """How things stand now."""
        live = self.pulse.live
        name = self.pulse.live.spec.title or live.network.economy.name
        title = " · ".join(filter(None, (name, f"day {self.pulse.day()}", self.pulse.date())))
        rows = list(self.rows())
        return Frame(title, self.url, self.note, rows, list(self.pulse.lines), not live.tripped and not self.pulse.unbalanced())

    def rows(self) -> Any:
        """The figures, the most telling first: a short terminal cuts the rest."""
        p, live = self.pulse, self.pulse.live
        token, fiat, week = p.token, p.fiat, p.window(WEEK)
        if p.price_name:
            yield "price", value(f"{short(p.price())} {fiat}", "", p.prices)
        yield "supply", value(f"{float(live.supply(token)):,.0f} {token}", "")
        yield "minted", value(short(p.minted), f"{short(sum(s.minted for s in week))} in 7 days")
        yield "burned", value(short(p.burned), f"{short(sum(s.burned for s in week))} in 7 days")
        if p.revenue:
            yield "paid", value(f"{short(p.per_week())} {fiat} a week", "by customers", p.weekly)
            ratio = p.ratio()
            told = f"{ratio:.1f} {fiat} emitted for 1 paid" if ratio is not None else "nothing emitted yet"
            yield "emission", value(told, "28 days" if ratio is not None else "", p.ratios)
        yield "people", value(" · ".join(f"{kind} {n}" for kind, n in p.members().items()), "")
        refused = self.refused() if self.refused else {}
        often = ", ".join(f"{code} {n}" for code, n in sorted(refused.items(), key=lambda kv: -kv[1])[:3])
        yield "events", value(f"{p.events:,} done", f"{sum(refused.values()):,} refused" + (f" ({often})" if often else "") if self.refused else "")
        epochs, done = p.pace()
        yield "pace", value(f"{epochs:.1f} epochs/s · {done:.0f} events/s", "")
        wrong = p.unbalanced()
        sums = Text(f"{', '.join(wrong)} does not balance", style="bold red") if wrong else Text("balanced", style="green")
        yield "ledger", Text.assemble(f"{p.transfers:,} transfers · ", sums, ("  each asset sums to 0", "dim") if not wrong else "")
        if self.replayed:
            yield "twin", value(self.replayed(), "")
        yield "breaker", Text(f"open: {live.tripped}", style="bold red") if live.tripped else Text("closed", style="green")
        if self.state():
            yield "waits", Text(self.state(), style="magenta")


def value(main: str, beside: str, series: Any = ()) -> Text:
    """A figure, what stands beside it, and its course as far as there is room."""
    bars = spark(series, min(COURSE, LEFT - 15 - len(main) - len(beside))) if series else ""
    return Text.assemble((main, "bold"), (f"  {beside}", "dim") if beside else "", (f"  {bars}", "cyan") if bars else "")


def plain(pulse: Pulse) -> str:
    """One line about the step that just ended, for a log."""
    p = pulse
    parts = [f"day {p.day()}"]
    if p.price_name:
        parts.append(f"price {short(p.price())} {p.fiat}")
    parts += [f"supply {float(p.live.supply(p.token)):,.0f}", f"minted {short(p.last.minted)}", f"burned {short(p.last.burned)}"]
    if p.revenue:
        ratio = p.ratio()
        parts += [f"paid {short(p.last.paid)} {p.fiat}"] + ([f"emission {ratio:.1f} to 1 paid"] if ratio is not None else [])
    wrong = p.unbalanced()
    return "  ".join([*parts, f"events {p.last.events}", f"not balanced: {', '.join(wrong)}" if wrong else "balanced"])
