"""Voting power: what weights can decide, exactly, and what an absent crowd leaves to one large holder."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .checks import Array, numbers, refuse

LARGEST = 20_000_000  # entries of a coalition table, times members: some seconds


class Banzhaf(NamedTuple):
    """Swings of each [member], their share of all swings, and swings/2^(n-1) (Penrose): each [member]."""

    swings: tuple[int, ...]
    normalised: Array
    penrose: Array


def banzhaf(weights: ArrayLike, quota: float) -> Banzhaf:
    """Coalitions of the others in which a member's weight turns losing (below quota) into winning. Weights [member] are whole numbers.

    Exact, by the generating function prod(1 + y z^w). Source: Penrose 1946; Banzhaf 1965. Errors: MT420-MT422.
    """
    pivots = _pivots(weights, quota)
    swings = tuple(int(row.sum()) for row in pivots)
    total, coalitions = sum(swings), 2 ** (len(swings) - 1)
    return Banzhaf(swings, np.array([s / total for s in swings]), np.array([s / coalitions for s in swings]))


def shapley_shubik(weights: ArrayLike, quota: float) -> Array:
    """Share of all orders of joining in which a member is the one who makes the quota: sum_k k!(n-1-k)!/n! pivots_k -> [member].

    Exact, weights whole numbers. Source: Shapley and Shubik 1954. Errors: MT420-MT422.
    """
    pivots = _pivots(weights, quota)
    n = len(pivots)
    orders = [math.factorial(k) * math.factorial(n - 1 - k) for k in range(n)]
    return np.array([sum(int(c) * o for c, o in zip(row, orders, strict=True)) / math.factorial(n) for row in pivots])


def ocean_power(weight: ArrayLike) -> Array:
    """Shapley value w/(1 - w) of one holder of share w among infinitely many small ones, simple majority; 1 from w = 1/2 on.

    Source: Milnor and Shapley 1978. Errors: MT420-MT422.
    """
    w = numbers(weight, "weight", low=0, high=1)
    return np.minimum(w / np.maximum(1 - w, 0.5), 1.0)


def dictator_turnout(weight: ArrayLike) -> Array:
    """Turnout of the ocean below which a holder of share w outvotes it alone: w = (1 - w) tau, capped at 1. Errors: MT420-MT422.

    The same number as `ocean_power`, by another road: with uniform random turnout it is the chance of dictating.
    """
    return ocean_power(weight)


def vote_share(weight: ArrayLike, turnout: ArrayLike) -> Array:
    """w/(w + (1 - w) tau) [1]: share of the vote when the holder votes and the others turn out at tau; nobody voting is 0. Errors: MT420-MT422."""
    w, tau = numbers(weight, "weight", low=0, high=1), numbers(turnout, "turnout", low=0, high=1)
    cast = w + (1 - w) * tau
    return np.divide(w, cast, out=np.zeros(cast.shape), where=cast > 0)


def capture_probability(weight: float, holders: int, share_each: float, voting: float, quorum: float = 0.0) -> float:
    """P(No < w and w + No >= quorum), No = share_each Bin(holders, voting): an attacker of share w against independent voters [1].

    A tie does not capture. Shares are of total supply. Source: the binomial law. Errors: MT421, MT422.
    """
    w, each = float(numbers(weight, "weight", low=0, high=1)), float(numbers(share_each, "share_each", above=0, high=1))
    chance = float(numbers(voting, "voting", low=0, high=1))
    n = int(numbers(holders, "holders", low=1, high=1e15))
    most = math.ceil(w / each - 1e-9) - 1
    fewest = math.ceil((float(numbers(quorum, "quorum", low=0, high=1)) - w) / each - 1e-9)
    if most < fewest:
        return 0.0
    return float(stats.binom.cdf(most, n, chance) - stats.binom.cdf(fewest - 1, n, chance))


def redirect_surprise(moved_to_affiliates: ArrayLike, moved_total: ArrayLike, quality: float) -> float:
    """P(Bin(n, quality) >= k) [1], k the proposals that gave affiliates most of what they moved, of n that moved anything; 1 when none did.

    `quality` is the share that the affiliates' work deserves: a small value says that proposals favour them beyond it. Errors: MT420-MT422.
    """
    part, whole = numbers(moved_to_affiliates, "moved_to_affiliates", low=0), numbers(moved_total, "moved_total", low=0)
    favoured, n = int((part > 0.5 * whole).sum()), int((whole > 0).sum())
    return float(stats.binom.sf(favoured - 1, n, float(numbers(quality, "quality", low=0, high=1))))


def _pivots(weights: ArrayLike, quota: float) -> list[NDArray[Any]]:
    """For each member, how many coalitions of k others (k = 0..n-1) it turns from losing to winning; exact integers."""
    members = _whole(weights)
    n, total, q = len(members), sum(members), math.ceil(float(numbers(quota, "quota", above=0)) - 1e-9)
    if q > total:
        refuse("MT422", "quota", f"{quota:g}", f"at most the total weight {total}", "nobody can ever decide")
    if n * n * (total + 1) > LARGEST:
        refuse("MT422", "weights", f"{n} members with a total of {total}", "a smaller game", "round weights to per mille, or join small holders to blocs")
    table = np.zeros((n + 1, total + 1), object)  # [size, weight]: how many coalitions; Python integers cannot overflow
    table[0, 0] = 1
    for w in members:
        table[1:, w:] += table[:-1, : total + 1 - w].copy()
    distinct = {w: _without(table, w)[:, max(q - w, 0) : q].sum(axis=1) for w in set(members)}
    return [distinct[w] for w in members]


def _without(table: NDArray[Any], w: int) -> NDArray[Any]:
    """The coalition table of the others: the generating function divided by 1 + y z^w."""
    others = table[:-1].copy()
    for size in range(1, len(others)):
        others[size, w:] -= others[size - 1, : others.shape[1] - w]
    return others


def _whole(weights: ArrayLike) -> list[int]:
    w = numbers(weights, "weights", low=0, high=1e15)
    if w.ndim != 1 or (w != np.round(w)).any():
        refuse("MT422", "weights", "weights that are not a list of whole numbers", "whole numbers", "scale shares to per cent or per mille and round")
    return [int(v) for v in w]
