"""The articles' tables: every number is read as printed, what they imply is computed, and volatilities of unlike windows are never compared."""

from __future__ import annotations

import csv
from math import sqrt

import pytest

from mintage import data
from mintage.data import articles
from mintage.errors import UsageError


def one(subject, quantity, article, period=""):
    return next(c for c in articles.about(subject, quantity) if c.article == article and c.period == period)


def test_every_cell_that_the_table_gives_as_a_number_is_read_as_that_number():
    with data.path("article_tables") as file, file.open(encoding="utf-8", newline="") as lines:
        told = [(r["article"][:3], r["table"], r["value_as_printed"], float(r["value_number"])) for r in csv.DictReader(lines) if r["value_number"]]
    read = {(c.article, c.table, c.printed): c.low for c in articles.claims()}
    assert len(told) > 40
    assert [(k[:3], read.get(k[:3]), k[3]) for k in told if read.get(k[:3]) != pytest.approx(k[3])] == []


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("$2.5B - $4B", 2.5e9, 4e9),
        ("$45-60B (within 12 months)", 45e9, 60e9),
        ("120-150% (post-IPO)", 1.2, 1.5),
        ("~1,200 miners", 1200, 1200),
        ("80+ (by end of 2026)", 80, 80),
    ],
)
def test_ranges_and_words_around_a_number_are_understood(printed, low, high):
    found = articles.parsed("000_x", "Key Metrics", "Somebody", "Token Market Cap (USD)", printed)
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize("words", ["No hard cap", "Bittensor (TAO) – 21M cap", "~2.3k GitHub stars, 500+ forks", "Yes", "", "42% of TAO supply"])
def test_words_are_no_number(words):
    assert articles.parsed("000_x", "t", "Somebody", "Hard Cap", words) is None


def test_a1_the_market_cap_of_article_001_is_two_to_four_percent_above_price_times_supply():
    check = next(c for c in articles.checks() if "price x circulating supply" in c.what)
    assert not check.holds
    assert check.computed == "$2.7075B"
    assert check.note == "1.6% to 4.2% above the product"


def test_the_growth_table_is_right_and_contradicting_caps_are_found():
    assert [c.holds for c in articles.changes()] == [True] * 5
    assert next(c.computed for c in articles.changes() if c.printed == "-56%") == "-56.25%"
    said = {c.what.partition(":")[0]: c.holds for c in articles.contradictions()}
    assert said == {"Bittensor": False, "Fetch.ai": True, "Akash Network": False, "Render Network": True}


def test_volatilities_of_unlike_windows_are_never_compared():
    half_year, month, unstated = (
        one("Bittensor", "volatility", "000"),
        one("AI tokens", "volatility", "003", "Current Value"),
        one("AI tokens", "volatility", "000", "Q1 2025"),
    )
    assert articles.compared(half_year, one("io.net", "volatility", "000")) == pytest.approx(0.45 / 0.35)
    assert articles.annualised(one("Fetch.ai", "volatility", "000")) == pytest.approx(0.15 * sqrt(2))
    for wrong in (lambda: articles.compared(half_year, month), lambda: articles.compared(unstated, unstated), lambda: articles.annualised(unstated)):
        with pytest.raises(UsageError) as refused:
            wrong()
        assert refused.value.faults[0].code == "MT412"
