"""A path is the same in any chunking, order, process count, horizon and interruption; N paths are N distinct paths."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import RunError, UsageError
from mintage.flows import burn
from mintage.mechanisms.base import Mechanism, Noise, Parameters, Use, account
from mintage.save import Save
from mintage.simulate import Job, plan, run_chunk, simulate

from .town import town

SAVE = Save(every=7, paths=True, moments=True, quantiles=(0.1, 0.5))


def same(a, b):
    assert a.end.keys() == b.end.keys()
    for name in a.end:
        assert np.array_equal(a.end[name], b.end[name]), name
        assert np.array_equal(a.series[name], b.series[name]), name
        assert np.array_equal(a.mean[name], b.mean[name]), name
        assert np.array_equal(a.quantiles[0.1][name], b.quantiles[0.1][name]), name


@settings(max_examples=8, deadline=None)
@given(chunk=st.integers(1, 2000), paths=st.integers(1, 1100))
def test_any_chunking_gives_bit_identical_paths_moments_and_quantiles(chunk, paths):
    economy = town()
    same(simulate(economy, paths, 15, save=SAVE), simulate(economy, paths, 15, save=SAVE, chunk=chunk))


def test_processes_and_executors_give_bit_identical_paths():
    economy = town()
    alone = simulate(economy, 700, 20, save=SAVE)
    same(alone, simulate(economy, 700, 20, save=SAVE, workers=2, chunk=256))
    with ThreadPoolExecutor(3) as pool:
        same(alone, simulate(economy, 700, 20, save=SAVE, executor=pool, chunk=256))


def test_chunks_in_reverse_order_give_the_same_paths():
    job = Job(town(), 12, 1, SAVE)
    parts = plan(900, 1, 256)
    forward = [run_chunk(job, *p).end["price"] for p in parts]
    backward = [run_chunk(job, *p).end["price"] for p in reversed(parts)][::-1]
    assert np.array_equal(np.concatenate(forward), np.concatenate(backward))


@pytest.mark.parametrize(("workers", "chunk"), [(1, None), (1, 256), (2, 256)])
def test_distinct_paths_equal_n_in_every_execution_mode(workers, chunk):
    run = simulate(town(), 1000, 8, workers=workers, chunk=chunk)
    assert len(set(run.end["price"].tolist())) == 1000


def test_more_paths_and_a_longer_horizon_leave_the_first_paths_as_they_were():
    economy = town()
    small = simulate(economy, 300, 14, save=SAVE)
    large = simulate(economy, 900, 28, save=SAVE)
    for name in small.series:
        if not name.startswith("flow:"):
            assert np.array_equal(small.series[name], large.series[name][:3, :300]), name


def test_seeds_and_names_give_other_noise():
    a, b = (simulate(town(), 10, 5, seed=s).end["price"] for s in (1, 2))
    assert not np.any(a == b)


def test_an_interrupt_keeps_what_was_finished_and_resuming_gives_the_whole():
    economy, kept = town(), {}

    def stop_after_two(chunk):
        kept[chunk.first] = chunk
        if len(kept) == 2:
            raise KeyboardInterrupt

    part = simulate(economy, 1000, 20, save=SAVE, chunk=256, on_chunk=stop_after_two)
    assert part.manifest.partial
    assert part.manifest.paths == 512
    assert part.manifest.asked_paths == 1000
    fresh = []
    whole = simulate(economy, 1000, 20, save=SAVE, chunk=256, finished=kept, on_chunk=fresh.append)
    assert [c.first for c in fresh] == [512, 768]
    same(whole, simulate(economy, 1000, 20, save=SAVE))
    assert np.array_equal(part.end["price"], whole.end["price"][:512])


def test_an_interrupt_before_the_first_chunk_is_a_clear_error():
    def at_once(done, total):
        raise KeyboardInterrupt

    with pytest.raises(UsageError, match="MT505"):
        simulate(town(), 10, 5, progress=at_once)


@pytest.mark.parametrize("wrong", [{"paths": 0}, {"paths": -3}, {"steps": 0}, {"seed": -1}, {"engine": "abacus"}])
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(UsageError, match="MT50"):
        simulate(town(), **{"paths": 10, "steps": 5, **wrong})


def test_moments_and_quantiles_are_those_of_the_paths():
    run = simulate(town(), 2000, 21, save=SAVE)
    x = run["price"]
    assert np.allclose(run.mean["price"], x.mean(axis=1), rtol=1e-12)
    assert np.allclose(run.variance["price"], x.var(axis=1, ddof=1), rtol=1e-9, atol=1e-15)
    ranked = np.sort(x, axis=1)
    assert np.all(np.abs(run.quantiles[0.5]["price"] / ranked[:, 999] - 1) < 2.5e-3)


def test_summary_of_100_000_paths_does_not_keep_paths():
    run = simulate(town(), 100_000, 2, save=Save(every=1, vars=("price",), moments=True, quantiles=(0.05, 0.95)))
    assert not run.series
    assert len(run.mean["price"]) == 3
    assert len(run.end["price"]) == 100_000


def test_labels_and_manifest_travel_with_the_result():
    data = simulate(town(), 20, 14, seed=9, save=SAVE).to_xarray()
    assert data["price"].dims == ("day", "path")
    assert list(data["day"].values) == [0, 7, 14]
    assert data.attrs["seed"] == "9"
    assert len(data.attrs["spec_hash"]) == 64


def test_a_path_that_nobody_asked_for_breaks_no_run():
    """Some path overdraws; a run of the paths before it must not hear of it, whatever width it is simulated in."""

    class Doomed(Mechanism):
        noise = {"u": Noise("uniform")}

        class Params(Parameters):
            liquid: str = account("liquid/TOK", "who pays")

        def step(self, p, state, signals, ctx):
            unlucky = ctx.xp.gt(ctx.noise["u"], ctx.xp.num("0.97"))
            return [burn(p.liquid, state[p.liquid] * ctx.xp.where(unlucky, 2, 0))], {}

    base = town()
    economy = type(base)("d", base.assets, base.kinds, base.signals, [Use("doom", Doomed(), Doomed.Params())], base.dt, opening=base.opening)
    with pytest.raises(RunError, match="MT302") as error:
        simulate(economy, 256, 1)
    first = int(str(error.value).split("path ")[1].split(":")[0].split(" ")[0])
    assert simulate(economy, first, 1).manifest.paths == first
    assert simulate(economy, first, 1, engine="jax").manifest.paths == first
    with pytest.raises(RunError, match=f"path {first}"):
        simulate(economy, first + 1, 1)
    with pytest.raises(RunError, match="MT307"):
        simulate(economy, first + 1, 1, engine="jax")
