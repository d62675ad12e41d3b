"""`mintage calibrate`: fit demand and price to a record and forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import Fault, UsageError
from .common import AS_JSON, console, emit, figure, open_spec, twin
from .words import specs

RECORDED = "render"


@click.command("calibrate", epilog=twin("import mintage as mt\nfound = mt.calibrate()\nprint(found.overlay())"))
@click.argument("spec", metavar="SPEC", default="render", shell_complete=specs)
@click.option("--history", type=click.Path(dir_okay=False, path_type=Path), help="CSV with a row a period; only Render's record ships.")
@click.option("--fiat", default="burned_usd", show_default=True, help="Column of fiat burned in a period.")
@click.option("--price", default="implied_price_usd", show_default=True, help="Column of the price.")
@click.option("--period", type=click.FloatRange(min=0.01), default=7.0, show_default=True, help="Days of a row.")
@click.option("--burn-share", type=click.FloatRange(0, 1, min_open=True), default=0.95, show_default=True, help="Share of a payment that is burned.")
@click.option(
    "--at", type=click.Choice(["begin", "end"]), default="begin", show_default=True, help="Where the values start: the record's first row or its last."
)
@click.option("--curve", metavar="NAME", help="Fit this bonding curve of SPEC to the column of --fiat instead: the steepest that keeps --volatility.")
@click.option("--volatility", type=click.FloatRange(0, 10, min_open=True), default=0.15, show_default=True, help="Of the curve's price, over --window.")
@click.option("--window", type=click.FloatRange(1, 3650), default=182.5, show_default=True, help="Days that --volatility is over; 365: a year's.")
@click.option("--horizon", type=click.IntRange(1, 520), default=13, show_default=True, help="Periods to forecast.")
@AS_JSON
def command(spec: str, history: Path | None, fiat: str, price: str, period: float, burn_share: float, curve: str | None, as_json: bool, **how: Any) -> int:
    """Fit SPEC's demand and price processes to recorded periods, robust to odd rows, and forecast with 80 % intervals.

    Prints the fit, the rows it distrusts, how its intervals did in rolling forecasts inside the record, the forecast, and the values for the
    spec (`Spec.with_values`). With --curve it fits a bonding curve of SPEC to the record's spending instead.
    """
    from ..calibrate import calibrate

    loaded = open_spec(spec)  # before the fit, not after
    if history is None and loaded.name != RECORDED:
        none = f"no record of '{loaded.name}' ships"
        raise UsageError(Fault("MT434", "--history", none, "a CSV file with a row a period"))
    if curve:
        return fit_curve(
            spec, loaded, curve, history, as_json, usage=fiat, market=price, period_days=period, target=how["volatility"], window_days=how["window"]
        )
    found = calibrate(read(history) if history else None, fiat=fiat, price=price, period_days=period, burn_share=burn_share)
    if as_json:
        emit({**found.to_dict(), "overlay": {k: str(v) for k, v in found.overlay(how["at"]).items()}, "forecast": found.forecast(how["horizon"])})
    else:
        show(found, how["horizon"])
        usable(spec, loaded, found.overlay(how["at"]))
    return 0


def fit_curve(spec: str, loaded: Any, curve: str, history: Path | None, as_json: bool, **how: Any) -> int:
    """`--curve`: the steepness of a bonding curve."""
    from .. import data
    from ..calibrate.curve import fit_spec

    found = fit_spec(loaded, curve, read(history) if history else data.read("render_bme_weekly"), **how)
    if as_json:
        emit({**found.to_dict(), "overlay": {k: str(v) for k, v in found.overlay(curve).items()}})
        return 0
    out = console()
    out.print(f"[bold]{curve}[/]: a {found.shape.replace('_', ' ')} curve whose price moves by {found.elasticity:.3g} % for each % of supply")
    out.print(f"  volatility over {found.window_days:g} days: {found.over_window(found.volatility):.1%} in the middle, ", end="")
    out.print(f"at most {found.over_window(found.high):.1%} in {found.confidence:.0%} of futures; {found.over_window(found.market):.0%} of the recorded price")
    out.print(f"  in a year's terms {found.volatility:.1%}, {found.high:.1%} and {found.market:.0%}; the reserve it needs: {figure(found.reserve)}")
    if not found.bounded:
        out.print("  even the steepest curve that was tried stays within the bound")
    usable(spec, loaded, found.overlay(curve))
    return 0


def read(path: Path) -> dict[str, list[Any]]:
    """Columns of a CSV, at most 16 MiB."""
    import csv

    try:
        if path.stat().st_size > 2**24:
            raise UsageError(Fault("MT434", str(path), "is larger than 16 MiB", "a record of periods"))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(Fault("MT434", str(path), f"cannot be read ({type(error).__name__})", "a CSV file in UTF-8 with a header")) from None
    return {name: [r.get(name) for r in rows] for name in (rows[0] if rows else {})}


def show(found: Any, horizon: int) -> None:
    """Fit, distrusted rows, backtest, forecast."""
    from rich.table import Table

    out = console()
    for name, f, t in (("demand", found.demand, found.demand_test), ("price", found.price, found.price_test)):
        out.print(f"[bold]{name}[/]: walk {f.walk:.3f} (s.e. {f.walk_error:.3f}) and noise {f.noise:.3f} (s.e. {f.noise_error:.3f}) a period, {f.rows} rows")
        out.print(f"  distrusted rows: {', '.join(map(str, f.flagged)) or 'none'}")
        ratio = t.pinball / t.pinball_random_walk if t.pinball_random_walk > 0 else None
        gain = "that cannot be told from" if ratio is None else f"{abs(1 - ratio):.0%} {'below' if ratio <= 1 else 'above'}"
        out.print(f"  80 % intervals covered {t.coverage_all:.0%} in {t.origins} rolling forecasts and are widened by {t.widen:.2f}")
        out.print(f"  pinball loss {gain} a random walk's")
    table = Table(title=f"next {horizon} periods: 10 %, median, 90 %", title_justify="left", box=None, pad_edge=False)
    for head in ("period", "burned fiat", "price", "burned tokens"):
        table.add_column(head, justify="right")
    if found.passed_over:
        out.print(f"passed over, no positive numbers: {'; '.join(found.passed_over)}", markup=False)
    ahead = found.forecast(horizon)
    for i in range(horizon):
        table.add_row(f"+{i + 1}", *(three(ahead[k][i]) for k in ("burned_fiat", "price", "burned_tokens")))
    table.add_row("all", three(ahead["total"][0]), "", three(ahead["total"][1]))
    out.print(table)


def three(row: dict[str, float]) -> str:
    return f"{figure(row['q10'])}  {figure(row['q50'])}  {figure(row['q90'])}"


def usable(spec: str, loaded: Any, values: dict[str, Any]) -> None:
    """The values that the spec would take, and those it has no place for."""
    from ..errors import MintageError

    out = console()
    out.print(f"\nvalues for {spec}:")
    for path, value in values.items():
        try:
            was = loaded.value(path)
            out.print(f"  {path} = {value}   (now {was})")
        except MintageError:
            out.print(f"  {path} = {value}   (this spec has no such value)", style="dim")
