"""Sweeps: which variants there are, that all see the same futures, on any executor, and what bad variants and interrupts leave."""

from __future__ import annotations

import csv
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from math import prod
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.errors import Interrupted, UsageError
from mintage.evaluate.measure import measure
from mintage.sweep import MOST, sweep, variants
from tests.spec.cases import TOWN

town = mt.loads(TOWN, "town.toml")
SMALL = {"paths": 16, "steps": 28, "metrics": ("price_end", "burned")}
OVER = {"price.volatility": [Decimal("0.1"), Decimal("0.9")], "signals.price.start": [1, 4]}
axes = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=4)


@given(axes)
def test_a_grid_is_every_combination_once_the_last_path_fastest(over):
    found = variants(over)
    assert len(found) == prod(map(len, over.values()))
    assert [list(v) for v in found] == [list(over)] * len(found)
    assert found[0] == {k: v[0] for k, v in over.items()}
    assert found[-1] == {k: v[-1] for k, v in over.items()}
    assert all({f[k] for f in found} == set(v) for k, v in over.items())


@given(st.lists(st.tuples(st.integers(), st.integers()), min_size=1, max_size=9))
def test_a_list_goes_row_by_row(rows):
    a, b = zip(*rows, strict=True)
    assert [(v["a"], v["b"]) for v in variants({"a": a, "b": b}, "list")] == rows


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 6), st.integers(0, 2**32), st.integers(1, 4))
def test_a_sobol_sample_is_balanced_within_its_ranges_and_follows_its_seed(power, seed, dims):
    over = {f"p{i}": (-1.0, 3.0 + i) for i in range(dims)}
    found = variants(over, "sobol", 2**power, seed)
    assert found == variants(over, "sobol", 2**power, seed)
    for i, name in enumerate(over):
        values = np.array([float(v[name]) for v in found])
        assert len(values) == 2**power
        assert ((values >= -1) & (values <= 3 + i)).all()
        cells = np.floor((values + 1) / (4 + i) * 2**power)
        assert power == 0 or len(set(cells.tolist())) >= 2**power - 2  # one to a cell, but for rounding at an edge
    assert power == 0 or found != variants(over, "sobol", 2**power, seed + 1)


@pytest.mark.parametrize(
    ("over", "sample", "points", "code"),
    [
        ({}, "grid", 1, "MT514"),
        ({"a": []}, "grid", 1, "MT514"),
        ({f"p{i}": range(1000) for i in range(9)}, "grid", 1, "MT514"),
        ({"a": (0, 1)}, "sobol", MOST + 1, "MT514"),
        ({"a": (0, 1)}, "sobol", 0, "MT514"),
        ({"a": [1, 2], "b": [1, 2, 3]}, "list", 1, "MT515"),
        ({"a": (1, 1)}, "sobol", 4, "MT516"),
        ({"a": (0, 1, 2)}, "sobol", 4, "MT516"),
        ({"a": [1]}, "gird", 1, "MT516"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_it_is_made(over, sample, points, code):
    with pytest.raises(UsageError, match=code):
        variants(over, sample, points)


def test_lists_of_different_lengths_point_to_the_grid():
    with pytest.raises(UsageError, match=r"lengths 2, 3.*grid"):
        variants({"a": [1, 2], "b": [1, 2, 3]}, "list")


def test_every_variant_is_measured_on_the_same_futures_as_a_run_of_its_own():
    found = sweep(town, OVER, **SMALL, seed=5)
    assert [r.parameters for r in found.rows] == variants(OVER)
    for row in found.rows:
        value = measure(town.with_values(row.parameters), 16, 5, 28).metric("price_end")
        assert row.metrics["price_end"] == tuple(float(v) for v in np.quantile(value, [0.5, 0.05, 0.95]))
    cheap, dear = found.rows[0].metrics["price_end"], found.rows[1].metrics["price_end"]
    assert dear == pytest.approx([4 * x for x in cheap])  # the same dice


def test_initial_balances_can_be_swept():
    over = {"accounts.market.opening.TOK": [10, 10**6], "assets.TOK.genesis": [100_010, 1_100_000]}
    found = sweep(town, over, "list", **SMALL)
    few, many = (r.metrics["burned"][0] for r in found.rows)
    assert few <= 10 < many


def test_threads_processes_and_dask_give_the_same_table():
    alone = sweep(town, OVER, **SMALL).table()
    with ThreadPoolExecutor(2) as pool:
        assert sweep(town, OVER, **SMALL, executor=pool).table() == alone
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert sweep(town, OVER, **SMALL, executor=pool).table() == alone
    from distributed import Client

    with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None, set_as_default=False) as client:
        assert sweep(town, OVER, **SMALL, executor=client.get_executor()).table() == alone


def test_own_workers_give_the_same_table():
    assert sweep(town, OVER, **SMALL, workers=2).table() == sweep(town, OVER, **SMALL).table()


def test_a_variant_that_is_not_sound_is_a_row_with_its_error():
    found = sweep(town, {"jobs.burn_share": [Decimal("0.95"), 2]}, **SMALL)
    good, bad = found.rows
    assert (good.error, set(good.metrics)) == ("", {"price_end", "burned"})
    assert bad.metrics == {}
    assert "MT109" in bad.error
    assert "burn_share" in bad.error
    assert np.isnan(found.table()[1]["burned"])


def test_unknown_paths_and_metrics_are_the_caller_s_mistake():
    with pytest.raises(UsageError, match=r"MT510.*jobs\.burn_share"):
        sweep(town, {"jobs.burn_shar": [1]}, **SMALL)
    with pytest.raises(UsageError, match=r"MT506.*burned"):
        sweep(town, OVER, metrics=["burnd"])


def test_one_value_under_two_paths_is_refused():
    with pytest.raises(UsageError, match=r"MT516 signals\.price\.start: is the same value as price\.start"):
        sweep(town, {"price.start": [1], "signals.price.start": [2]}, **SMALL)


def test_the_table_survives_csv_parquet_and_xarray(tmp_path):
    import pyarrow.parquet as pq

    found = sweep(town, OVER, **SMALL)
    table = found.table()
    found.to_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert [{k: float(v) for k, v in r.items() if k != "error"} for r in csv.DictReader(file)] == [
            {k: float(v) for k, v in r.items() if k != "error"} for r in table
        ]
    found.to_parquet(tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet")["burned_high"].to_pylist() == [r["burned_high"] for r in table]
    labelled = found.to_xarray()
    assert labelled["signals.price.start"].values.tolist() == [1, 4, 1, 4]
    assert labelled["burned"].values.tolist() == [r["burned"] for r in table]


def test_an_interrupt_keeps_the_finished_variants_in_order():
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    found = sweep(town, OVER, **SMALL, progress=stop)
    assert (found.partial, len(found.rows)) == (True, 3)
    assert found.rows == sweep(town, OVER, **SMALL).rows[:3]


def test_an_interrupt_before_the_first_variant_says_so():
    class Stopped(ThreadPoolExecutor):
        def submit(self, *args, **kwargs):
            raise KeyboardInterrupt

    with Stopped(1) as pool, pytest.raises(Interrupted, match="MT505"):
        sweep(town, OVER, **SMALL, executor=pool)
