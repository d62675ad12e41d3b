"""What the charts of series and amounts compute before they draw: scales, parity, stacks, changes, tables."""

from __future__ import annotations

import math

import pytest

from mintage.charts.fan import decades, span
from mintage.charts.fan import fan as picture
from mintage.charts.parity import parity_day, sentence
from mintage.charts.scenarios import changes, scenarios
from mintage.charts.tables import TABLES, fan, sampled
from mintage.charts.tests import WORST_FIRST, dots
from mintage.charts.theme import VERDICTS
from mintage.charts.unlocks import periods, unlocks
from mintage.charts.values import axis, date, finite, plain, short, times
from mintage.charts.waterfall import floor, steps
from mintage.evaluate.document import Band, Bar, Comparison

from ..report import sample

QUANTILES = ("q05", "q25", "q50", "q75", "q95")


def rows(*values: float) -> list[dict[str, float]]:
    return [dict.fromkeys(QUANTILES, v) for v in values]


@pytest.mark.parametrize(
    ("values", "scale", "note"),
    [
        ((1.0, 51.0), "log", "log scale"),
        ((1.0, 49.0), "zero", ""),
        ((0.0, 1000.0), "zero", ""),
        ((-1.0, 1000.0), "zero", ""),
        ((80.0, 100.0), "cut", "axis not from zero"),
        ((70.0, 100.0), "zero", ""),
    ],
)
def test_a_scale_is_logarithmic_only_when_wide_and_positive_and_a_cut_axis_says_so(values: tuple[float, ...], scale: str, note: str) -> None:
    found, said = span(rows(*values))
    assert said == note
    assert found == {"log": {"type": "log", "nice": False}, "zero": {"zero": True}, "cut": {"zero": False}}[scale]


def test_ticks_of_a_log_axis_are_few_at_any_range() -> None:
    for high in (60, 1e4, 1e30, 1e300):
        ticks = decades(rows(1.0, high), {"type": "log"})["values"]
        assert 3 <= len(ticks) <= 12
    assert decades(rows(1.0, 2.0), {"zero": True}) == {}


def flat(name: str, values: list[float | None]) -> Band:
    quantiles = dict.fromkeys((*QUANTILES, "mean"), values)
    return Band(name=name, title=name, unit="USD/day", day=[float(i) for i in range(len(values))], **quantiles)


def test_parity_is_the_first_day_that_revenue_covers_emissions() -> None:
    emitted = flat("emission_value", [5, 5, 5, 5])
    document = sample.document(bands=[flat("revenue", [None, 4, 5, 6]), emitted])
    assert parity_day(document) == 2
    assert "2024-01-03" in sentence(document)
    never = sample.document(bands=[flat("revenue", [1, 2, 3, 4]), emitted])
    assert parity_day(never) is None
    assert "does not cover emissions within 1,095 days" in sentence(never)


def test_nothing_emitted_and_nothing_earned_is_not_parity() -> None:
    assert parity_day(sample.document(bands=[flat("revenue", [0, 0]), flat("emission_value", [0, 0])])) is None


def test_changes_hang_on_the_end_of_the_last_bar_and_totals_stand_on_the_ground() -> None:
    found = steps(sample.document())
    assert [(r["start"], r["end"]) for r in found[:3]] == [(0, 5.32e8), (5.32e8, 5.5e8), (5.5e8, 5.59e8)]
    assert [r["kind"] for r in found] == ["stock", "adds", "adds", "removes", "stock"]
    assert 0 < floor(found) < 5.32e8
    assert floor(steps(sample.document(waterfall=[Bar(label="a", amount=1, total=True), Bar(label="b", amount=9)]))) == 0


def test_bars_with_the_same_label_keep_a_line_each() -> None:
    found = steps(sample.document(waterfall=[Bar(label="a", amount=1), Bar(label="a", amount=1), Bar(label="a", amount=math.nan)]))
    assert [r["label"] for r in found] == ["a", "a (2)"]


def test_unlocks_of_a_period_stack_without_gap_or_overlap() -> None:
    found = [r for r in periods(sample.document()) if r["time"] == "2025-06-24"]
    assert [(r["low"], r["high"]) for r in found] == [(0, 1e6), (1e6, 3e6), (3e6, 6e6)]
    assert not periods(sample.document(unlocks=sample.unlocks(())))


def test_more_holders_than_colours_become_a_heatmap() -> None:
    many = tuple(f"holder {i}" for i in range(9))
    assert "opacity" in unlocks(sample.document(unlocks=sample.unlocks(many)))["encoding"]
    assert "opacity" not in unlocks(sample.document(unlocks=sample.unlocks(many[:8])))["encoding"]


def test_dots_keep_every_test_and_put_the_worst_first() -> None:
    found = dots(sample.document())
    assert len(found) == 54
    words = [VERDICTS[v][0] for v in WORST_FIRST]
    for point in {r["point"] for r in found}:
        line = [r for r in found if r["point"] == point]
        assert [r["place"] for r in line] == list(range(1, 10))
        order = [words.index(r["word"]) for r in line]
        assert order == sorted(order)


def test_a_change_is_measured_against_the_size_of_the_base_and_a_zero_base_has_none() -> None:
    runs = [
        Comparison(name="base", title="Base", paths=1, metrics={"a": -2.0, "b": 0.0}),
        Comparison(name="s", title="S", paths=1, metrics={"a": -1.0, "b": 5.0}),
    ]
    assert [(r["metric"], r["scenario"], r["run"], r["change"]) for r in changes(sample.document(comparisons=runs))] == [("a", "s", "S", 50.0)]


def test_only_the_metrics_that_move_most_are_drawn_in_the_order_of_the_document() -> None:
    moves = {f"m{i:02d}": 1.0 + (i * 7 % 20) / 100 for i in range(20)}
    runs = [Comparison(name="base", title="Base", paths=1, metrics=dict.fromkeys(moves, 1.0)), Comparison(name="s", title="S", paths=1, metrics=dict(moves))]
    drawn = scenarios(sample.document(comparisons=runs))
    found = [r["metric"] for r in drawn["data"]["values"]]
    assert found == [m for m in moves if moves[m] > 1.075]
    assert drawn["title"]["text"] == "The 12 of 20 metrics that move most"


def test_tables_fit_their_heads_and_hold_the_numbers() -> None:
    document = sample.document()
    made = {name: make(document) for name, make in TABLES.items()} | {"fan": fan(document, document.bands[0])}
    assert all(len(row) == len(t.columns) for t in made.values() for row in t.rows)
    assert made["fan"].rows[0][:4] == ["2024-01-01", "4.2", "4.2", "4.2"]
    assert ["team", "insider", "2024-01-01", "2024-01-01", "24M"] in made["unlocks"].rows
    assert ["Runway of the treasury [day]", *["–"] * 6] in made["scenarios"].rows
    assert sampled(1000)[0] == 0
    assert sampled(1000)[-1] == 999
    assert len(sampled(1000)) == 12


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1234567.0, "1.23M"),
        (999.9, "1k"),
        (1000.0, "1k"),
        (-4.1e6, "-4.1M"),
        (0.00012, "0.00012"),
        (1e-9, "1e-09"),
        (2.5e15, "2.50e+15"),
        (None, "–"),
        (math.nan, "–"),
        (512.0, "512"),
    ],
)
def test_short_numbers_keep_three_digits(number: float | None, text: str) -> None:
    assert short(number) == text


def test_values_that_json_cannot_say_become_missing() -> None:
    assert [finite(x) for x in (math.nan, math.inf, None, 1.23456789)] == [None, None, None, 1.234568]
    assert plain(100.0) == "100"


def test_days_are_dates_only_when_all_of_them_can_be() -> None:
    document = sample.document()
    assert date(document, 366) == "2025-01-01"
    assert times(document, [0, 31]) == ["2024-01-01", "2024-02-01"]
    assert times(document, [0, 1e9]) == [0, 1e9]
    assert times(sample.document(start=""), [3.0]) == [3.0]
    assert axis([3.0])["type"] == "quantitative"
    assert axis(["2024-01-01"])["scale"] == {"type": "utc"}


def test_without_a_price_parity_is_not_shown_and_one_day_is_drawn_as_a_point() -> None:
    blank = sample.document(bands=[])
    assert "is not shown" in sentence(blank)
    one = sample.document(bands=[flat("price", [2.0])])
    marks = [layer["mark"]["type"] for layer in picture(one, "price")["layer"]]
    assert marks == ["rule", "rule", "point"]
