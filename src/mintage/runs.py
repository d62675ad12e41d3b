"""Run folders and files: an edge. A finished chunk is stored at once, so that an interrupted or killed run can go on."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .errors import Fault, ServiceError, UsageError
from .save import Save
from .sketch import QuantileSketch
from .trajectory import Chunk, Trajectory

FORM = "mintage.run.v1"
CHUNK = 4096  # paths; smaller than the fastest, so that an interrupt loses little (measured: 52 ns a step and path against 44)
PARTS = ("end", "series", "moments")
TABLES = (".parquet", ".csv")
FILES = (".npz", ".zarr", *TABLES)
AT_ONCE = 65_536  # rows of a table turned into text at once


class Folder:
    """The folder of one run: `manifest.json` says which run; `chunk-FIRST-SUM.npz` holds the finished chunk that begins at path FIRST.

    SUM is the start of the file's SHA-256, so a torn or altered file is seen and its paths run again. Each chunk carries the digest of the
    manifest, so one that was copied from another run is refused. The rest of a run goes
    `simulate(..., chunk=CHUNK, finished=folder.finished(), on_chunk=folder.store)`, and ends bit-identical to one that never stopped.

    `start` is the digest of the Standing that the run goes on from.

    Errors: UsageError MT530 when the folder cannot be used, holds another run, or a run and no `resume`; MT519 when a chunk cannot be stored.
    """

    def __init__(
        self, path: Path, economy: Any, paths: int, steps: int, seed: int, save: Save, engine: str = "numpy", resume: bool = False, start: str = ""
    ) -> None:
        self.path = path
        self.about = json.loads(
            json.dumps(
                {
                    "form": FORM,
                    "network": economy.name,
                    "spec": economy.digest(),
                    "paths": paths,
                    "steps": steps,
                    "seed": str(seed),
                    "save": asdict(save),
                    "engine": engine,
                    "version": __version__,
                    "numpy": np.__version__,
                    "machine": platform.machine(),
                    "chunk": CHUNK,
                    **({"start": start} if start else {}),
                }
            )
        )
        self.run = checksum(json.dumps(self.about, sort_keys=True).encode())
        record = path / "manifest.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
            known = json.loads(record.read_bytes()) if record.exists() else None
            if known is None:
                atomically(record, json.dumps(self.about, indent=1).encode())
        except (OSError, ValueError) as error:
            raise UsageError(Fault("MT530", str(path), f"cannot be used as a run folder ({type(error).__name__})", "a folder you may write to")) from None
        if known is not None and not resume:
            raise UsageError(Fault("MT530", str(path), "holds a run already", "a new folder", "--resume goes on with it"))
        if known is not None and known != self.about:
            raise UsageError(Fault("MT530", str(path), f"holds another run: {differences(known, self.about)}", "the same run", "use a new folder"))

    def store(self, chunk: Chunk) -> None:
        """Keep a finished chunk. Errors: UsageError MT519, on a full disk for one."""
        body = pack(chunk, self.run)
        put(self.path / f"chunk-{chunk.first}-{checksum(body)}.npz", body)

    def finished(self) -> dict[int, Chunk]:
        """All stored chunks that are whole, by first path; torn ones are passed over, so that their paths run again.

        Errors: UsageError MT530 for a chunk of another run, and one that cannot be read.
        """
        out = {}
        for file in sorted(self.path.glob("chunk-*-*.npz")):
            try:
                body = file.read_bytes()
            except OSError as error:
                raise UsageError(Fault("MT530", str(file), f"cannot be read ({error.strerror})", "a file you may read")) from None
            if file.stem.rpartition("-")[2] == checksum(body):
                chunk = unpack(body, self.run)
                if chunk is None:
                    raise UsageError(Fault("MT530", str(file), "is a chunk of another run", "chunks of the run in manifest.json", "take it out of the folder"))
                out[chunk.first] = chunk
        return out


def differences(known: Any, wanted: dict[str, Any]) -> str:
    """What differs between two manifests, in words."""
    if not isinstance(known, dict) or known.get("form") != FORM:
        return "its manifest is not one of ours"
    flat, asked = ({**m, **{f"save.{k}": v for k, v in m.get("save", {}).items()}, "save": 0} for m in (known, wanted))
    return ", ".join(f"{k} is {str(flat.get(k))[:60]} and not {str(v)[:60]}" for k, v in asked.items() if flat.get(k) != v)


def checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def atomically(path: Path, data: bytes) -> None:
    """Write all of a file or nothing: a scratch file beside it, flushed, then renamed. Errors: OSError."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def put(path: Path, data: bytes) -> None:
    """Write a file that a user named. Errors: UsageError MT519."""
    writing(path, lambda: atomically(path, data))


def pack(chunk: Chunk, run: str = "") -> bytes:
    """A chunk of the run with that digest as npz bytes: plain arrays and one JSON text, nothing that executes."""
    names: dict[str, list[str]] = {part: list(getattr(chunk, part)) for part in PARTS}
    arrays: dict[str, Any] = {f"{part}{i}": v for part in PARTS for i, v in enumerate(getattr(chunk, part).values())}
    for i, rows in enumerate(chunk.sketches.values()):
        for j, sketch in enumerate(rows):
            arrays |= {f"sketch{i}_{j}_{k}": v for k, v in sketch.state().items()}
    rows_of = {n: len(r) for n, r in chunk.sketches.items()}
    meta = {"first": chunk.first, "paths": chunk.paths, "steps": chunk.steps, "run": run, "names": names, "sketches": rows_of}
    out = io.BytesIO()
    np.savez(out, meta=np.array(json.dumps(meta)), **arrays)
    return out.getvalue()


def unpack(body: bytes, run: str = "") -> Chunk | None:
    """The chunk of `pack`, to the bit; None when it is not of that run."""
    with np.load(io.BytesIO(body), allow_pickle=False) as npz:
        meta = json.loads(str(npz["meta"]))
        if meta.get("run") != run:
            return None
        end, series, moments = ({n: npz[f"{part}{i}"] for i, n in enumerate(meta["names"][part])} for part in PARTS)

        def sketch(head: str) -> QuantileSketch:
            return QuantileSketch.from_state({k: npz[f"{head}_{k}"] for k in ("keys", "counts", "ends")})

        sketches = {n: [sketch(f"sketch{i}_{j}") for j in range(rows)] for i, (n, rows) in enumerate(meta["sketches"].items())}
    return Chunk(meta["first"], meta["paths"], meta["steps"], end, series, moments, sketches)


def ending(path: Path, known: Sequence[str] = FILES) -> str:
    """What the file's ending says it is. Errors: UsageError MT531 for none of `known`."""
    if path.suffix not in known:
        expected = f"{', '.join(FILES[:-1])} or {FILES[-1]} for a run, {' or '.join(TABLES)} for a table"
        raise UsageError(Fault("MT531", str(path), f"ends in '{path.suffix}'", expected))
    return path.suffix


def write(run: Trajectory, path: Path) -> None:
    """A result as .npz (base install) or .zarr (extra [data]), whole; or as .csv or .parquet (extra [data]): its series, a row a kept step and path, when
    paths were kept, else its ends, a row a path. In series, an amount is what moved since the row of the step before.

    Errors: UsageError MT519 (cannot be written), MT531 (another ending), ServiceError MT532 (the extra is missing).
    """
    form = ending(path)
    if form == ".npz":
        arrays: dict[str, Any] = {f"end:{k}": v for k, v in run.end.items()} | {f"series:{k}": v for k, v in run.series.items()}
        arrays |= {f"mean:{k}": v for k, v in run.mean.items()} | {f"variance:{k}": v for k, v in run.variance.items()}
        arrays |= {f"q{q:g}:{k}": v for q, x in run.quantiles.items() for k, v in x.items()}
        out = io.BytesIO()
        np.savez_compressed(out, day=run.day, manifest=np.array(json.dumps(asdict(run.manifest))), **arrays)
        put(path, out.getvalue())
    elif form == ".zarr":
        need("zarr")
        if path.exists():
            raise UsageError(Fault("MT519", str(path), "is there already", "a new folder"))
        dataset = run.to_xarray()
        # zarr reads a slash as a group: providers/RENDER becomes providers|RENDER
        renamed = dataset.rename({k: str(k).replace("/", "|") for k in dataset.data_vars})
        writing(path, lambda: renamed.to_zarr(path, mode="w-", zarr_format=3, consolidated=False))
    else:
        write_columns(long(run), path, form)


def long(run: Trajectory) -> dict[str, Any]:
    """A run as columns: step, day, path and the series when paths were kept, else path and the ends."""
    paths = np.arange(run.manifest.paths)
    if run.series:
        steps = np.rint(run.day / run.manifest.step_days).astype(np.int64)
        key = {"step": np.repeat(steps, len(paths)), "day": np.repeat(run.day, len(paths)), "path": np.tile(paths, len(steps))}
        values = {k: v.reshape(-1) for k, v in run.series.items()}
    else:
        key, values = {"path": paths}, dict(run.end)
    return key | {f"signal:{k}" if k in key else k: v for k, v in values.items()}


def write_table(rows: Sequence[dict[str, Any]], path: Path, form: str = "") -> None:
    """Rows as .csv, or .parquet with the extra [data]; `form` overrules the file's ending. Errors: as for `write`."""
    write_columns({k: [r[k] for r in rows] for k in (rows[0] if rows else {})}, path, form or ending(path, TABLES))


def write_columns(columns: Mapping[str, Any], path: Path, form: str) -> None:
    """Columns (lists, or arrays of numbers) as a table."""
    if form == ".parquet":
        need("pyarrow")
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({k: v if isinstance(v, np.ndarray) else [_cell(x) for x in v] for k, v in columns.items()})
        writing(path, lambda: pq.write_table(table, path))
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns or ["empty"])
    for a in range(0, len(next(iter(columns.values()), ())), AT_ONCE):
        parts = [v[a : a + AT_ONCE] for v in columns.values()]
        writer.writerows(zip(*(p.tolist() if isinstance(p, np.ndarray) else p for p in parts), strict=True))
    put(path, text.getvalue().encode())


def writing(path: Path, act: Callable[[], Any]) -> None:
    """Write, and say in plain words why that failed."""
    try:
        act()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(Fault("MT519", str(path), f"cannot be written ({why})", "a file in a folder you may write to, with room for it")) from None


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | float | int) else float(value)


def need(module: str) -> None:
    """Errors: ServiceError MT532 when a module of the extra [data] is missing."""
    if find_spec(module) is None:
        raise ServiceError(Fault("MT532", module, "is not installed", "the extra [data]", "install it with: pip install 'mintage[data]'"))
