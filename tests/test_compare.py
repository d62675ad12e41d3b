"""Designs on the same futures: what is paired, what the interval says, what differs, and what an interrupt leaves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mintage as mt
from mintage.compare import compare, compare_all, resolve, row
from mintage.errors import Interrupted, UsageError
from mintage.evaluate.figures import METRICS
from mintage.evaluate.measure import measure
from tests.spec.cases import TOWN

PATHS, STEPS = 48, 84
town = mt.loads(TOWN, "town.toml")


class Fixed:
    """A measured run whose one metric is given."""

    token, fiat = "TOK", "USD"

    def __init__(self, values):
        self.values = np.asarray(values, float)

    def metric(self, name):
        return self.values


def test_a_design_against_itself_differs_in_nothing():
    found = compare(town, town, PATHS, steps=STEPS)
    assert [r.metric for r in found.rows] == list(METRICS)
    assert {(r.difference, r.low, r.high, r.middle) for r in found.rows if r.difference is not None} == {(0.0, 0.0, 0.0, 0.0)}
    assert {r.variance_kept for r in found.rows} <= {0.0, None}
    assert found.changed == ()


def test_twice_the_price_on_the_same_dice_is_twice_the_price_on_every_path():
    dear = town.with_values({"signals.price.start": 4})
    found = compare(town, dear, PATHS, seed=3, steps=STEPS)["price_end"]
    a, b = (measure(s, PATHS, 3, STEPS).metric("price_end") for s in (town, dear))
    np.testing.assert_allclose(b, 2 * a, rtol=1e-12)
    assert found.a == pytest.approx(np.median(a))
    assert found.b == pytest.approx(np.median(b))
    assert found.difference == pytest.approx(a.mean())
    assert found.middle == pytest.approx(np.median(a))
    assert found.correlation == pytest.approx(1)
    assert found.variance_kept == pytest.approx(1 / 5)  # Var a / (Var a + Var 2a)


def test_the_interval_is_student_s_of_the_paired_differences():
    other = town.with_values({"jobs.burn_share": "0.5", "jobs.payees.0.share": "0.5"})
    found = compare(town, other, PATHS, steps=STEPS)["burned"]
    gap = np.subtract(*(measure(s, PATHS, 1, STEPS).metric("burned") for s in (other, town)))
    low, high = stats.t.interval(0.95, PATHS - 1, gap.mean(), gap.std(ddof=1) / PATHS**0.5)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert low < gap.mean() < high < 0


def test_pairing_takes_noise_away_where_the_dice_move_both():
    dear = town.with_values({"price.drift": 1})
    found = compare(town, dear, PATHS, steps=STEPS)["price_end"]
    assert found.correlation > 0.99
    assert found.variance_kept < 0.2


def test_better_counts_paths_by_the_direction_that_is_good():
    up, down = (next(n for n, m in METRICS.items() if m.better == way) for way in ("up", "down"))
    neither = next(n for n, m in METRICS.items() if not m.better)
    a, b = Fixed([1, 1, 1, 1]), Fixed([2, 2, 0, 1])
    assert row(up, a, b).better == 0.5
    assert row(down, a, b).better == 0.25
    assert row(neither, a, b).better is None


def test_only_paths_on_which_both_have_the_metric_are_paired():
    found = row("price_end", Fixed([1, np.nan, 3, 5]), Fixed([2, 9, np.nan, 8]))
    assert (found.difference, found.a, found.b) == (2, 3, 8)
    alone = row("price_end", Fixed([1, np.nan]), Fixed([np.nan, 2]))
    assert (alone.a, alone.b, alone.difference, alone.better) == (1, 2, None, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=2, max_size=30))
def test_swapping_the_designs_turns_the_difference_round(pairs):
    x, y = (Fixed(v) for v in zip(*pairs, strict=True))
    there, back = row("revenue", x, y), row("revenue", y, x)
    assert there.difference == pytest.approx(-back.difference, abs=1e-2)
    assert there.low <= there.difference <= there.high
    assert there.better + back.better <= 1
    assert there.correlation is None or -1 <= there.correlation <= 1


def test_rounding_alone_is_no_difference():
    found = row("revenue", Fixed([1e6, 2e6]), Fixed([1e6 * (1 + 1e-15), 2e6 * (1 - 1e-15)]))
    assert (found.difference, found.better) == (0, 0)


def test_what_differs_in_the_specs_is_listed_by_path():
    other = town.with_values({"jobs.burn_share": "0.5", "jobs.payees.0.share": "0.5", "signals.price.start": 4})
    changed = {path: (a, b) for path, a, b in compare(town, other, 4, steps=14).changed}
    assert changed == {"jobs.burn_share": ("0.95", "0.5"), "jobs.payees.0.share": ("0.05", "0.5"), "signals.price.start": ("2 USD/TOK", "4 USD/TOK")}


def test_designs_come_as_files_presets_scenarios_and_specs(tmp_path):
    file = tmp_path / "town.toml"
    file.write_text(TOWN, "utf-8")
    label, bull = resolve(f"{file}:bull")
    assert label == f"{file}:bull"
    assert bull.hash == town.scenario("bull").hash
    assert resolve(str(file))[1].hash == resolve(file)[1].hash == town.hash
    assert resolve("render:base")[1].hash == mt.load("render").hash
    with pytest.raises(UsageError, match="MT512"):
        resolve("render:nowhere")


def test_the_first_of_several_is_the_reference_and_the_shortest_horizon_counts():
    short = town.with_values({"network.horizon": "6 weeks"})
    found = compare_all([town, short, town.scenario("bull")], 8)
    assert [(c.a, c.b) for c in found] == [("town", "town")] * 2
    assert found[0]["revenue"].a == found[1]["revenue"].a
    assert found[0]["revenue"].a == pytest.approx(np.median(measure(town, 8, 1, 42).metric("revenue")))
    assert found[1]["revenue"].better > 0.5 > found[0]["revenue"].better


def test_to_dict_is_plain_data():
    found = compare(town, town, 4, steps=14, metrics=["revenue"]).to_dict()
    assert [r["metric"] for r in found["rows"]] == ["revenue"]
    assert (found["paths"], found["seed"], found["partial"]) == (4, 1, False)


@pytest.mark.parametrize(
    ("designs", "options", "code"),
    [
        ([town], {}, "MT507"),
        ([town, town], {"metrics": ["revenu"]}, "MT506"),
        ([town, town.with_values({"network.step": "7 days"})], {}, "MT513"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_runs(designs, options, code):
    ticks = []
    with pytest.raises(UsageError, match=code):
        compare_all(designs, 8, progress=lambda *a: ticks.append(a), **options)
    assert ticks == []


def stop_in(design: int):
    """A progress that presses Ctrl-C while the design of that number runs."""

    def tick(done, total):
        assert 0 <= done <= total
        if done > design * 8 * STEPS:
            raise KeyboardInterrupt

    return tick


def test_an_interrupt_keeps_the_designs_that_were_finished():
    found = compare_all([town, town, town.scenario("bull")], 8, steps=STEPS, progress=stop_in(2))
    assert [(c.partial, len(c.rows)) for c in found] == [(True, len(METRICS))]
    with pytest.raises(Interrupted) as caught:
        compare(town, town, 8, steps=STEPS, progress=stop_in(1))
    assert caught.value.exit_status == 130


def test_a_design_that_never_reaches_parity_loses_to_one_that_does():
    """Infinite days are no missing days: they count in `better`, and the difference says over how many pairs it is."""
    poor = mt.load("render")
    rich = poor.with_values({"signals.demand_level.start": poor.value("signals.demand_level.start") * 4})
    found = mt.compare(poor, rich, 64, metrics=["parity_day"])["parity_day"]
    a, b = (measure(s, 64, 1).metric("parity_day") for s in (poor, rich))
    assert np.isinf(a).sum() > np.isinf(b).sum() > 0
    assert found.better == pytest.approx((b < a).mean())
    assert found.pairs == (np.isfinite(a) & np.isfinite(b)).sum()
