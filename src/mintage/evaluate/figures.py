"""Every metric of a measured run, one function each: Measured -> [path]. The formulas are `mintage.metrics`'s; here they meet the run.

Values over a period use the price at the period's end. `last_*` means the run's last year in whole epochs (52 weeks).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import metrics as M
from .measure import METRICS, YEAR, Array, Measured, metric, straight, subsidy, to_insiders, to_providers

__all__ = ["METRICS", "quarterly", "quarterly_ratio", "signal", "totals"]

QUARTER = 91.0


def totals(m: Measured, series: Array, span: slice | None = None) -> Any:
    """Sum over periods [path]."""
    return series[span or slice(None)].sum(axis=0)


def ratio(a: Array, b: Array) -> Array:
    """a / b; infinite without b, NaN without both or where either is missing."""
    with np.errstate(all="ignore"):
        return np.where(np.isnan(a + b) | (b < 0) | ((a == 0) & (b == 0)), np.nan, np.where(b > 0, a / b, np.inf))


def quarterly(m: Measured, series: Array) -> Array:
    """Sums over whole quarters of 91 days [quarter, path]."""
    marks = np.searchsorted(m.run.day, np.arange(0.0, m.horizon + 1e-9, QUARTER) - 1e-9)
    return np.array([series[a:b].sum(axis=0) for a, b in itertools.pairwise(marks)]).reshape(-1, m.paths)


def quarterly_ratio(m: Measured) -> Any:
    """Emission to external revenue by quarter [quarter, path]; NaN without a price and with nothing to compare, empty in a run of less than a quarter."""
    emitted, earned = quarterly(m, m.emission_value), quarterly(m, m.revenue)
    if not emitted.size or not np.isfinite(emitted).all():
        return np.full(emitted.shape, np.nan)
    return np.where(emitted + earned > 0, M.emission_ratio(emitted, earned), np.nan)


def signal(m: Measured, role: str) -> Array:
    """[save, path] of a watched signal; NaN when the spec names none."""
    series = m.signal(role)
    return series if series is not None else np.full((len(m.run.day), m.paths), np.nan)


# the market


@metric("Price at the end", "fiat/token", "up")
def price_end(m: Measured) -> Any:
    return m.price[-1]


@metric("Price at the end over price at the start", "1", "up")
def price_multiple(m: Measured) -> Any:
    return signal(m, "price")[-1] / signal(m, "price")[0]


@metric("Realised volatility, annualised", "1", "down")
def volatility(m: Measured) -> Any:
    if m.signal("price") is None or len(m.days) < 3:
        return np.full(m.paths, np.nan)
    return M.realised_volatility(signal(m, "price")[:-1], float(m.days[0]))


@metric("Largest drawdown of the price", "1", "down")
def max_drawdown(m: Measured) -> Any:
    return M.max_drawdown(signal(m, "price")) if m.signal("price") is not None else np.full(m.paths, np.nan)


@metric("Market capitalisation at the end", "fiat", "up")
def market_cap_end(m: Measured) -> Any:
    return m.price[-1] * m.level(f"circulating/{m.token}")[-1]


@metric("Circulating over fully diluted value, at the start", "1", "up")
def float_share_start(m: Measured) -> Any:
    cap = m.economy.assets[m.token].cap
    return m.run[f"circulating/{m.token}"][0] / (float(cap) if cap else m.run[f"supply/{m.token}"][0])


@metric("Velocity: yearly service spend over circulating value, last year", "1/year")
def velocity(m: Measured) -> Any:
    held = (m.price * m.level(f"circulating/{m.token}"))[m.last_year].mean(axis=0)
    return ratio(last_revenue(m), held)


# supply


@metric("Supply at the end", "token")
def supply_end(m: Measured) -> Any:
    return m.level(f"supply/{m.token}")[-1]


@metric("Growth of supply, a year", "1/year", "down")
def supply_growth(m: Measured) -> Any:
    s = m.run[f"supply/{m.token}"]
    return (s[-1] / s[0]) ** (YEAR / m.horizon) - 1


@metric("Growth of the float, a month, at most", "1", "down")
def float_growth(m: Measured) -> Any:
    c = m.run[f"circulating/{m.token}"]
    step = max(1, round(365 / 12 / float(m.days[0])))
    return ratio(c[step:], c[:-step]).max(axis=0) - 1 if len(c) > step else np.full(m.paths, np.nan)


@metric("Tokens minted", "token")
def minted(m: Measured) -> Any:
    return totals(m, m.minted)


@metric("Tokens burned", "token", "up")
def burned(m: Measured) -> Any:
    return totals(m, m.burned)


@metric("Share of what is minted that goes to team and investors", "1", "down")
def insider_mint(m: Measured) -> Any:
    return ratio(totals(m, m.arrows(lambda i: to_insiders(m.economy, i))), totals(m, m.minted))


@metric("Burned over minted, last year", "1", "up")
def burn_to_mint(m: Measured) -> Any:
    return ratio(totals(m, m.burned, m.last_year), totals(m, m.minted, m.last_year))


@metric("Emitted in the last year over the first", "1", "down")
def emission_decline(m: Measured) -> Any:
    return ratio(totals(m, m.emitted, m.last_year), totals(m, m.emitted, m.first_year)) if m.two_years else np.full(m.paths, np.nan)


@metric("Yearly issuance over supply, last year", "1/year", "down")
def issuance_rate(m: Measured) -> Any:
    length = m.days[m.last_year].sum()
    return M.annual_issuance(totals(m, m.minted, m.last_year) / length, np.maximum(supply_end(m), 1e-300))


# emission against revenue


@metric("External revenue", "fiat", "up")
def revenue(m: Measured) -> Any:
    return totals(m, m.revenue)


@metric("External revenue, last year", "fiat", "up")
def last_revenue(m: Measured) -> Any:
    return totals(m, m.revenue, m.last_year) * YEAR / m.days[m.last_year].sum()


@metric("Value of emission, last year", "fiat", "down")
def last_emission(m: Measured) -> Any:
    return totals(m, m.emission_value, m.last_year) * YEAR / m.days[m.last_year].sum()


@metric("Emission to external revenue, whole run", "1", "down")
def ratio_total(m: Measured) -> Any:
    return ratio(totals(m, m.emission_value), totals(m, m.revenue))


@metric("Emission to external revenue, last year", "1", "down")
def ratio_last_year(m: Measured) -> Any:
    return ratio(last_emission(m), last_revenue(m))


@metric("Change of that ratio a year (Theil-Sen over quarters)", "1/year", "down")
def ratio_slope(m: Measured) -> Any:
    q = quarterly_ratio(m)
    if len(q) < 2 or not np.isfinite(q).all():
        return np.full(m.paths, np.nan)
    return M.theil_sen(q, QUARTER / YEAR)


@metric("Revenue covers emission, in quarters, to the end (1 or 0)", "1", "up")
def parity_reached(m: Measured) -> Any:
    day = parity(m)
    return np.where(np.isnan(day), np.nan, np.isfinite(day) * 1.0)


@metric("Parity: from this day on revenue covers emission", "day", "down")
def parity_day(m: Measured) -> Any:
    return parity(m)


def parity(m: Measured) -> Any:
    """[day], infinite when never; by quarters, so that a good week is not parity. NaN without a price, and with nothing to compare."""
    emitted, earned = quarterly(m, m.emission_value), quarterly(m, m.revenue)
    if not len(emitted) or np.isnan(emitted).any():
        return np.full(m.paths, np.nan)
    return np.where((emitted + earned).any(axis=0), M.parity_time(emitted, earned, QUARTER), np.nan)


@metric("Subsidy (emission less revenue) of the last year over market value", "1", "down")
def subsidy_share(m: Measured) -> Any:
    return (last_emission(m) - last_revenue(m)) / market_cap_end(m)


@metric("Best profit from faking one's own demand, last year, over revenue", "1", "down")
def self_dealing(m: Measured) -> Any:
    """(sqrt E - sqrt B)^2 / B where E > B, else 0. E is what providers are paid out of new tokens or reserves: faked demand wins no other emission."""
    paid = m.arrows(lambda i: subsidy(m.economy, i)) * m.price if rewards_have_a_price(m) else np.full_like(m.price, np.nan)
    e, b = totals(m, paid, m.last_year) * YEAR / m.days[m.last_year].sum(), last_revenue(m)
    return ratio(np.where(e <= b, 0.0, (np.sqrt(e) - np.sqrt(b)) ** 2), b)


@metric("Treasury runway at the last year's spending", "day", "up")
def treasury_runway(m: Measured) -> Any:
    spends = {i.src for i in m.economy.flow_table}  # what nothing can leave pays for nothing
    places = [a for a in m.economy.accounts if m.economy.kinds[a.kind].role == "treasury" and a.asset in (m.token, m.fiat) and a in spends]
    if not places or not (m.worth("treasury") > 0).all():
        return np.full(m.paths, np.nan)
    value, spent = np.zeros(m.paths), np.zeros(m.paths)
    for a in places:
        worth = m.price if a.asset == m.token else np.ones_like(m.price)
        value += (m.level(str(a)) * worth)[-1]
        spent += totals(m, m.amount(f"out:{a}") * worth, m.last_year) / m.days[m.last_year].sum()
    return M.runway(np.maximum(value, 0), spent) if np.isfinite(value).all() else np.full(m.paths, np.nan)


# use and providers


@metric("Share of token demand that is functional", "1", "up")
def functional_share(m: Measured) -> Any:
    """Token legs of service payments over those plus what the float takes in besides, valued at the price."""
    growth = np.maximum(np.diff(m.run[f"circulating/{m.token}"], axis=0), 0)
    use, rest = m.amount(f"functional/{m.token}") * m.price, growth * m.price
    return M.functional_share(use, rest) if np.isfinite(m.price).all() else np.full(m.paths, np.nan)


@metric("Yearly token demand from use over circulating value, last year", "1/year", "up")
def use_intensity(m: Measured) -> Any:
    held = m.level(f"circulating/{m.token}")[m.last_year].mean(axis=0)
    return ratio(totals(m, m.amount(f"functional/{m.token}"), m.last_year) * YEAR / m.days[m.last_year].sum(), held)


@metric("Revenue of the last year over the first", "1", "up")
def revenue_growth(m: Measured) -> Any:
    return ratio(totals(m, m.revenue, m.last_year), totals(m, m.revenue, m.first_year)) if m.two_years else np.full(m.paths, np.nan)


@metric("Variation of quarterly revenue (sd over mean)", "1", "down")
def revenue_variation(m: Measured) -> Any:
    q = quarterly(m, m.revenue)
    return ratio(q.std(axis=0), q.mean(axis=0)) if len(q) > 1 else np.full(m.paths, np.nan)


@metric("Share of periods with revenue", "1", "up")
def revenue_presence(m: Measured) -> Any:
    return (m.revenue > 0).mean(axis=0)


@metric("Providers at the end over the start", "1", "up")
def provider_retention(m: Measured) -> Any:
    p = signal(m, "providers")
    return p[-1] / p[0]


@metric("Fewest providers over the start", "1", "up")
def provider_low(m: Measured) -> Any:
    p = signal(m, "providers")
    return p.min(axis=0) / p[0]


@metric("Utilisation, mean", "1", "")
def utilisation(m: Measured) -> Any:
    return signal(m, "utilisation")[1:].mean(axis=0)


def rewards_have_a_price(m: Measured) -> bool:
    """Whether all that providers are rewarded in is the token or fiat."""
    return all(i.src.asset in (m.token, m.fiat) for i in m.economy.flow_table if to_providers(m.economy, i))


def last_spending(m: Measured) -> Any:
    """What service cost its providers in the last year [fiat]; NaN when the spec names no signal for it, or one that says service is free."""
    cost = totals(m, signal(m, "spending")[1:] * m.days[:, None], m.last_year)
    return np.where(cost > 0, cost, np.nan)


@metric("Providers' reward over their cost, last year", "1", "up")
def provider_cover(m: Measured) -> Any:
    """Rewards in tokens at the price, and fiat as a reward or straight from customers, over what service costs, paid or not: who can not pay is not
    covered. NaN where they are rewarded in another asset, whose price nobody told, and nothing says what it fetched."""
    if not rewards_have_a_price(m) and not any(to_providers(m.economy, i) and i.src.asset in (m.token, m.fiat) for i in m.economy.flow_table):
        return np.full(m.paths, np.nan)
    direct = m.arrows(lambda i: straight(m.economy, i), m.fiat)
    earned = m.arrows(lambda i: to_providers(m.economy, i)) * m.price + m.amount(f"tag:reward/{m.fiat}") + direct
    return ratio(totals(m, earned, m.last_year), last_spending(m))


@metric("External revenue over providers' cost, last year", "1", "up")
def service_cover(m: Measured) -> Any:
    return ratio(totals(m, m.revenue, m.last_year), last_spending(m))


@metric("Staked over supply, at the end", "1", "")
def staking_ratio(m: Measured) -> Any:
    return m.held("staked")[-1] / supply_end(m) if m.by_role("staked") else np.full(m.paths, np.nan)
