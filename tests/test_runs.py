"""Run folders: a run that was interrupted, killed or torn goes on to the same bits; files read back as what was written."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.errors import Interrupted, UsageError
from mintage.noise import BLOCK
from mintage.runs import CHUNK, Folder, pack, unpack, write, write_table
from mintage.save import Save
from mintage.simulate import CHUNK_BLOCKS, Job, plan, run_chunk, simulate, watched
from tests.spec.cases import TOWN

town = mt.loads(TOWN, "town.toml").economy()
SAVE = Save(every=4, vars=("price", "providers/TOK", "flow:jobs.pay"), paths=True, moments=True, quantiles=(0.1, 0.5))
PATHS, STEPS, SEED = 5 * BLOCK + 17, 12, 7


def folder(path, resume=False, **other):
    about = {"economy": town, "paths": PATHS, "steps": STEPS, "seed": SEED, "save": SAVE} | other
    return Folder(path, **about, resume=resume)


def run(where=None, on_chunk=None, workers=1):
    """The run, by chunks of one block; `on_chunk` sees each after it was stored."""

    def keep(chunk):
        if where:
            where.store(chunk)
        if on_chunk:
            on_chunk(chunk)

    return simulate(town, PATHS, STEPS, SEED, SAVE, chunk=BLOCK, workers=workers, finished=where.finished() if where else None, on_chunk=keep)


def same(a, b):
    """Bit-identical in everything a run keeps."""
    assert a.manifest == b.manifest
    for part in ("end", "series", "mean", "variance"):
        assert getattr(a, part).keys() == getattr(b, part).keys()
        for name, value in getattr(a, part).items():
            assert np.array_equal(value, getattr(b, part)[name]), (part, name)
    assert a.quantiles.keys() == b.quantiles.keys() == {0.1, 0.5}
    assert all(np.array_equal(v, b.quantiles[q][n]) for q, x in a.quantiles.items() for n, v in x.items())


WHOLE = run()


def interrupt_after(chunks):
    seen = count(1)

    def stop(chunk):
        if next(seen) == chunks:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("chunks", [1, 3, 5])
def test_an_interrupted_run_goes_on_to_the_same_bits_and_runs_only_what_was_missing(tmp_path, chunks):
    broken = run(folder(tmp_path), interrupt_after(chunks))
    assert (broken.manifest.partial, broken.manifest.paths, broken.manifest.asked_paths) == (True, chunks * BLOCK, PATHS)
    rerun = []
    same(run(folder(tmp_path, resume=True), rerun.append), WHOLE)
    assert [c.first for c in rerun] == [f for f, _ in plan(PATHS, 1, BLOCK)][chunks:]


def test_a_finished_run_resumes_at_once_and_with_any_number_of_workers(tmp_path):
    run(folder(tmp_path), interrupt_after(2))
    same(run(folder(tmp_path, resume=True), workers=2), WHOLE)
    again = []
    same(run(folder(tmp_path, resume=True), again.append), WHOLE)
    assert again == []


def test_an_interrupt_before_the_first_chunk_is_an_interrupt():
    def tick(done, total):
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        simulate(town, 10, 100, progress=tick)
    assert caught.value.exit_status == 130


def damage(file, how):
    body = file.read_bytes()
    file.write_bytes({"torn": body[: len(body) // 2], "empty": b"", "altered": body[:99] + bytes([body[99] ^ 1]) + body[100:]}[how])


@pytest.mark.parametrize("how", ["torn", "empty", "altered"])
def test_a_damaged_chunk_is_seen_and_runs_again(tmp_path, how):
    run(folder(tmp_path), interrupt_after(3))
    damage(next(tmp_path.glob(f"chunk-{BLOCK}-*")), how)
    rerun = []
    same(run(folder(tmp_path, resume=True), rerun.append), WHOLE)
    assert [c.first // BLOCK for c in rerun] == [1, 3, 4, 5]


def test_a_chunk_of_another_run_is_refused(tmp_path):
    run(folder(tmp_path / "mine"), interrupt_after(2))
    other = folder(tmp_path / "other", seed=SEED + 1)
    other.store(run_chunk(Job(town, STEPS, SEED + 1, SAVE), 0, BLOCK))
    (stray,) = (tmp_path / "other").glob("chunk-*")
    (tmp_path / "mine" / stray.name).write_bytes(stray.read_bytes())
    with pytest.raises(UsageError, match=rf"MT530 .*{stray.name}: is a chunk of another run"):
        folder(tmp_path / "mine", resume=True).finished()
    (tmp_path / "mine" / stray.name).unlink()
    same(run(folder(tmp_path / "mine", resume=True)), WHOLE)


def test_a_chunk_that_cannot_be_stored_is_named(tmp_path):
    where = folder(tmp_path / "run")
    (tmp_path / "run/manifest.json").unlink()
    (tmp_path / "run").rmdir()
    with pytest.raises(UsageError, match=r"MT519 .*chunk-0-"):
        where.store(CHUNKS[0])


def test_a_chunk_that_cannot_be_read_is_named(tmp_path):
    where = folder(tmp_path)
    (tmp_path / "chunk-0-0.npz").mkdir()
    with pytest.raises(UsageError, match=r"MT530 .*chunk-0-0\.npz: cannot be read"):
        where.finished()


CHUNKS = [run_chunk(Job(town, STEPS, SEED, save), 0, 20) for save in (SAVE, Save(), replace(SAVE, paths=False, quantiles=()))]


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_chunk_survives_packing_to_the_bit_without_pickle(chunk):
    body = pack(chunk)
    again = unpack(body)
    assert pack(again) == body
    assert (again.first, again.paths, again.steps) == (0, 20, STEPS)
    assert all(np.array_equal(v, again.end[k]) for k, v in chunk.end.items())
    assert {k: len(v) for k, v in again.sketches.items()} == {k: len(v) for k, v in chunk.sketches.items()}


def test_a_stored_chunk_is_a_plain_npz(tmp_path):
    folder(tmp_path).store(CHUNKS[0])
    (file,) = tmp_path.glob("chunk-*")
    with np.load(file, allow_pickle=False) as npz:
        assert json.loads(str(npz["meta"]))["paths"] == 20


OTHERS = {
    "spec": {"economy": mt.loads(TOWN).with_values({"price.drift": 1}).economy()},
    "seed": {"seed": SEED + 1},
    "steps": {"steps": STEPS + 1},
    "paths": {"paths": PATHS + 1},
    "save": {"save": replace(SAVE, every=3)},
    "engine": {"engine": "jax"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_folder_of_another_run_is_refused_and_says_what_differs(tmp_path, what):
    folder(tmp_path)
    with pytest.raises(UsageError, match=rf"MT530.*another run: {what}(\.every)? is") as caught:
        folder(tmp_path, resume=True, **OTHERS[what])
    assert caught.value.faults[0].found.count(" is ") == 1


@pytest.mark.parametrize("key", ["version", "numpy", "machine"])
def test_a_folder_of_another_version_or_machine_is_refused(tmp_path, key):
    record = tmp_path / "manifest.json"
    folder(tmp_path)
    record.write_text(json.dumps(json.loads(record.read_text("utf-8")) | {key: "other"}), "utf-8")
    with pytest.raises(UsageError, match=f"MT530.*{key} is other"):
        folder(tmp_path, resume=True)


@pytest.mark.parametrize("text", ["[]", "{}", "{", '{"form": "mine"}', ""])
def test_a_folder_with_a_strange_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="MT530"):
        folder(tmp_path, resume=True)


def test_a_folder_that_holds_a_run_is_not_written_over(tmp_path):
    folder(tmp_path)
    with pytest.raises(UsageError, match=r"MT530.*--resume"):
        folder(tmp_path)
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match="MT530"):
        folder(tmp_path / "file")


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    """kill -9 while chunks are being stored: whatever was left is whole, or is seen not to be."""
    script = tmp_path / "long.py"
    script.write_text(
        "import sys, mintage.runs as runs\nimport tests.test_runs as t\nfrom pathlib import Path\n"
        "where = t.folder(Path(sys.argv[1]), paths=4000 * t.BLOCK)\n"
        "t.simulate(t.town, 4000 * t.BLOCK, t.STEPS, t.SEED, t.SAVE, chunk=t.BLOCK, on_chunk=where.store)\n",
        "utf-8",
    )
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    env = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.path.join(root, "src")])}
    out = tmp_path / "out"
    child = subprocess.Popen([sys.executable, str(script), str(out)], env=env)
    try:
        until = time.monotonic() + 60
        while len(list(out.glob("chunk-*"))) < 3 and child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    left = folder(out, resume=True, paths=4000 * BLOCK).finished()
    assert 3 <= len(left) < 4000
    n = (max(left) // BLOCK + 2) * BLOCK
    done = simulate(town, n, STEPS, SEED, SAVE, chunk=BLOCK, finished=left)
    same(done, simulate(town, n, STEPS, SEED, SAVE))


@pytest.mark.parametrize("form", [".npz", ".zarr", ".parquet", ".csv"])
def test_what_is_exported_reads_back(tmp_path, form):
    path = tmp_path / f"run{form}"
    write(WHOLE, path)
    price = WHOLE.end["price"]
    if form == ".npz":
        with np.load(path, allow_pickle=False) as npz:
            assert np.array_equal(npz["end:price"], price)
            assert np.array_equal(npz["series:providers/TOK"], WHOLE["providers/TOK"])
            assert np.array_equal(npz["q0.1:price"], WHOLE.quantiles[0.1]["price"])
            assert json.loads(str(npz["manifest"])) == asdict(WHOLE.manifest)
    elif form == ".zarr":
        import xarray

        with xarray.open_zarr(path, consolidated=False) as stored:
            assert np.array_equal(stored["end:price"], price)
            assert np.array_equal(stored["providers|TOK"], WHOLE["providers/TOK"])
            assert stored.attrs["spec_hash"] == town.digest()
    elif form == ".parquet":
        import pyarrow.parquet as pq

        stored = pq.read_table(path)
        assert stored.column_names == ["step", "day", "path", *SAVE.vars]
        assert stored["step"].to_pylist() == np.repeat([0, 4, 8, 12], PATHS).tolist()
        assert stored["path"].to_pylist() == [*range(PATHS)] * 4
        assert all(np.array_equal(stored[name], WHOLE[name].reshape(-1)) for name in SAVE.vars)
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [float(r["price"]) for r in rows] == WHOLE["price"].reshape(-1).tolist()
        assert [(int(r["step"]), float(r["day"]), int(r["path"])) for r in rows] == [(s, s, p) for s in (0, 4, 8, 12) for p in range(PATHS)]


@pytest.mark.parametrize("form", [".parquet", ".csv"])
def test_without_series_a_table_holds_the_ends_a_row_a_path(tmp_path, form):
    ends = replace(WHOLE, series={})
    write(ends, tmp_path / f"run{form}")
    if form == ".parquet":
        import pyarrow.parquet as pq

        stored = pq.read_table(tmp_path / "run.parquet").to_pydict()
    else:
        with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        stored = {k: [float(r[k]) for r in rows] for k in rows[0]}
    assert stored == {"path": list(range(PATHS)), **{k: v.tolist() for k, v in WHOLE.end.items()}}


def test_a_variable_called_like_a_key_hides_none(tmp_path):
    write(replace(WHOLE, series={"step": WHOLE["price"], "path": WHOLE["price"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8").startswith("step,day,path,signal:step,signal:path\n0,0.0,0,")


def test_a_folder_of_zarr_is_not_written_over(tmp_path):
    path = tmp_path / "run.zarr"
    path.mkdir()
    (path / "mine").write_text("keep", "utf-8")
    with pytest.raises(UsageError, match="MT519"):
        write(WHOLE, path)
    assert (path / "mine").read_text("utf-8") == "keep"


@pytest.mark.parametrize(("name", "code"), [("run.xlsx", "MT531"), ("run", "MT531"), ("none/run.csv", "MT519"), ("none/run.npz", "MT519")])
def test_files_that_cannot_be_written_are_refused_and_nothing_is_left(tmp_path, name, code):
    with pytest.raises(UsageError, match=code):
        write(WHOLE, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({"a": st.floats(allow_nan=False), "b": st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))})))
def test_a_table_survives_csv_whatever_its_texts(tmp_path, rows):
    path = tmp_path / "t.csv"
    write_table(rows, path)
    with path.open(encoding="utf-8", newline="") as file:
        assert [{"a": float(r["a"]), "b": r["b"]} for r in csv.DictReader(file)] == rows


def test_chunks_of_a_folder_are_whole_blocks():
    assert CHUNK % BLOCK == 0


@given(st.integers(1, 10**6), st.integers(1, 40))
def test_a_watched_run_has_eight_chunks_none_below_2048_paths(paths, workers):
    found = plan(paths, workers, watched(paths, workers))
    assert sum(n for _, n in found) == paths
    if paths > CHUNK_BLOCKS * BLOCK:
        assert len(found) >= min(8, -(-paths // BLOCK) // 8)
        assert max(n for _, n in found) <= CHUNK_BLOCKS * BLOCK
        assert min(n for _, n in found[:-1]) >= 2048 or watched(paths, workers) is None
    else:
        assert found == plan(paths, workers)
