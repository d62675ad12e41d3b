"""Formulas of our own beside theory: what articles' numbers imply, parity, votes, tails, and pay for answers that agree."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from .. import metrics
from ..data.articles import about
from ..mechanisms.feedback.scoring import correlated_agreement_pay
from .anchor import anchor, closed
from .runs import Array

EEC_1958 = [4, 4, 4, 2, 2, 1]
FOUNDATION = [42, 10, 8, 6, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 2]  # and fourteen holders
MAJORITY, AGREEING = 51, [[0.4, 0.1], [0.1, 0.4]]
ARTICLE = "article 001: 250 USD, 10.83M, 2.75 to 2.82bn"
PARITY = "ln rho / (g + ln 2 / H), rho = 52 / 2.4"
WILKS = "ln beta / ln(1 - epsilon), Wilks 1941"
GAME = "a foundation of 42 % and fourteen holders"


# --- A1, A3, A4 ----------------------------------------------------------------------------------------------------


def _said(quantity: str) -> float:
    """What article 001 prints of Bittensor, the middle of a range."""
    return next(c for c in about("Bittensor", quantity) if c.article == "001").middle


@anchor("A1", "theory", "TAO's market cap by the article's price and supply", 2.7075e9, "USD", source=ARTICLE, standing="article", within=1)
def _product() -> float:
    return float(metrics.market_cap(_said("Price (USD)"), _said("Circulating Supply")))


@anchor("A1b", "theory", "the cap it prints, over that: two to four per cent off", 1.03, source=ARTICLE, standing="article", within=0.01)
def _printed() -> float:
    return _said("market cap") / _product()


@anchor("A1c", "theory", "a year's emission over what circulates", 0.121, source=ARTICLE + ", 3,600 a day", standing="article", within=5e-4)
def _issued() -> float:
    return float(metrics.annual_issuance(3600, _said("Circulating Supply")))


@closed("A3", "years to parity, smooth halvings every 4, no growth", 17.75, "year", form=PARITY, within=5e-3)
def _parity() -> float:
    return metrics.parity_closed_form(52 / 2.4, 0, 4)


@closed("A3b", "the same with revenue growing by half a year", 5.314, "year", form=PARITY, within=5e-4)
def _parity_with_growth() -> float:
    return metrics.parity_closed_form(52 / 2.4, math.log(1.5), 4)


@closed("A3c", "the same with halvings in steps", 5.876, "year", form=PARITY, within=5e-4)
def _parity_in_steps() -> float:
    return metrics.parity_stepped(52 / 2.4, math.log(1.5), 4)


@closed("A4", "Mann-Kendall Z of ten values that only rise", 3.935, form="(S - 1) / sqrt(var)", within=5e-4)
def _rising() -> float:
    return float(metrics.mann_kendall(np.arange(10.0)).z)


# --- A27 to A30: votes ---------------------------------------------------------------------------------------------


@closed("A27", "swings of the smallest member, EEC 1958", 0, form="[12; 4, 4, 4, 2, 2, 1]")
def _luxembourg() -> float:
    return float(metrics.banzhaf(EEC_1958, 12).swings[-1])


@closed("A27b", "swings of a large member", 10, form="[12; 4, 4, 4, 2, 2, 1]")
def _large_member() -> float:
    return float(metrics.banzhaf(EEC_1958, 12).swings[0])


@closed("A27c", "its Shapley-Shubik index", 14 / 60, form="[12; 4, 4, 4, 2, 2, 1]", within=1e-12)
def _pivots() -> float:
    return float(metrics.shapley_shubik(EEC_1958, 12)[0])


@closed("A28", "power of 42 % in an ocean", 0.7241, form="w / (1 - w)", within=5e-5)
def _ocean() -> float:
    return float(metrics.ocean_power(0.42))


@closed("A28b", "share of the vote of 42 %, when a fifth of the others vote", 0.784, form="w / (w + tau (1 - w))", within=5e-4)
def _apathy() -> float:
    return float(metrics.vote_share(0.42, 0.2))


@closed("A29", "foundation's Banzhaf index", 0.8948, form=GAME, within=5e-5)
def _banzhaf() -> float:
    return float(metrics.banzhaf(FOUNDATION, MAJORITY).normalised[0])


@closed("A29b", "foundation's Penrose index", 0.9879, form=GAME, within=5e-5)
def _penrose() -> float:
    return float(metrics.banzhaf(FOUNDATION, MAJORITY).penrose[0])


@closed("A29c", "foundation's Shapley-Shubik index", 0.6597, form=GAME, within=5e-5)
def _shapley() -> float:
    return float(metrics.shapley_shubik(FOUNDATION, MAJORITY)[0])


@closed("A29d", "Nakamoto number", 2, form=GAME)
def _nakamoto() -> float:
    return float(metrics.nakamoto(FOUNDATION))


@closed("A29e", "Gini of votes", 0.5053, form=GAME, within=5e-5)
def _gini() -> float:
    return float(metrics.gini(FOUNDATION))


@closed("A29f", "Herfindahl of votes", 0.2078, form=GAME, within=5e-5)
def _herfindahl() -> float:
    return float(metrics.herfindahl(FOUNDATION))


@closed("A30", "a tenth captures a vote of which a tenth turns out", 0.886143, form="P(Bin(1000, 0.1) <= 111)", within=5e-7)
def _captured() -> float:
    return metrics.capture_probability(0.10, 1000, 0.0009, 0.10)


# --- A35, A41, A43, A44 --------------------------------------------------------------------------------------------


@closed("A35", "pay for agreement: truth", 0.30, form="sum of (J - p q')+", within=1e-12)
def _truth() -> float:
    return correlated_agreement_pay(AGREEING)


@closed("A35b", "pay for agreement: always the same answer", 0, form="exactly nothing", within=1e-12)
def _always() -> float:
    return correlated_agreement_pay(AGREEING, [[1, 0], [1, 0]])


def _normal() -> Array:
    return np.asarray(norm.ppf((np.arange(400_000) + 0.5) / 400_000))


@closed("A41", "value at risk of a normal loss, 95 %", 1.644854, form="N(0, 1)", within=2e-5)
def _value_at_risk() -> float:
    return metrics.value_at_risk(_normal()).value


@closed("A41b", "its conditional value at risk", 2.062713, form="N(0, 1)", within=2e-5)
def _tail_mean() -> float:
    return metrics.conditional_value_at_risk(_normal()).value


@closed("A43", "runs without a failure for 95 / 95", 59, "run", form=WILKS)
def _runs() -> float:
    return metrics.wilks_runs(0.05, 0.05)


@closed("A43b", "runs without a failure for 95 / 99", 299, "run", form=WILKS)
def _more_runs() -> float:
    return metrics.wilks_runs(0.01, 0.05)


@closed("A43c", "runs with one failure for 95 / 95", 93, "run", form=WILKS)
def _forgiving_runs() -> float:
    return metrics.wilks_runs(0.05, 0.05, failures=1)


@closed("A44", "scenarios for a design of 5 parameters, 5 % at 1e-6", 459, "run", form="Campi and Garatti 2008")
def _scenarios() -> float:
    return metrics.wilks_runs(0.05, 1e-6, failures=4)
