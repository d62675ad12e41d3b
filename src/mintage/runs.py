"""Run folders and files: an edge. A finished chunk is stored at once, so that an interrupted or killed run can go on."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
from collections.abc import Callable, Sequence
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


class Folder:
    """The folder of one run: `manifest.json` says which run; `chunk-FIRST-SUM.npz` holds the finished chunk that begins at path FIRST.

    SUM is the start of the file's SHA-256, so a torn or altered file is seen and its paths run again. The rest of a run goes
    `simulate(..., chunk=CHUNK, finished=folder.finished(), on_chunk=folder.store)`, and ends bit-identical to one that never stopped.

    Errors: UsageError MT530 when the folder cannot be used, holds another run, or a run and no `resume`.
    """

    def __init__(self, path: Path, economy: Any, paths: int, steps: int, seed: int, save: Save, engine: str = "numpy", resume: bool = False) -> None:
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
                }
            )
        )
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
        """Keep a finished chunk."""
        body = pack(chunk)
        atomically(self.path / f"chunk-{chunk.first}-{checksum(body)}.npz", body)

    def finished(self) -> dict[int, Chunk]:
        """All stored chunks that are whole, by first path; others are passed over, so that their paths run again."""
        out = {}
        for file in sorted(self.path.glob("chunk-*-*.npz")):
            body = file.read_bytes()
            if file.stem.rpartition("-")[2] == checksum(body):
                chunk = unpack(body)
                out[chunk.first] = chunk
        return out


def differences(known: Any, wanted: dict[str, Any]) -> str:
    """What differs between two manifests, in words."""
    if not isinstance(known, dict) or known.get("form") != FORM:
        return "its manifest is not one of ours"
    return ", ".join(f"{k} is {str(known.get(k))[:60]} and not {str(v)[:60]}" for k, v in wanted.items() if known.get(k) != v)


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


def pack(chunk: Chunk) -> bytes:
    """A chunk as npz bytes: plain arrays and one JSON text, nothing that executes."""
    names: dict[str, list[str]] = {part: list(getattr(chunk, part)) for part in PARTS}
    arrays: dict[str, Any] = {f"{part}{i}": v for part in PARTS for i, v in enumerate(getattr(chunk, part).values())}
    for i, rows in enumerate(chunk.sketches.values()):
        for j, sketch in enumerate(rows):
            arrays |= {f"sketch{i}_{j}_{k}": v for k, v in sketch.state().items()}
    rows_of = {n: len(r) for n, r in chunk.sketches.items()}
    meta = {"first": chunk.first, "paths": chunk.paths, "steps": chunk.steps, "names": names, "sketches": rows_of}
    out = io.BytesIO()
    np.savez(out, meta=np.array(json.dumps(meta)), **arrays)
    return out.getvalue()


def unpack(body: bytes) -> Chunk:
    """The chunk of `pack`, to the bit."""
    with np.load(io.BytesIO(body), allow_pickle=False) as npz:
        meta = json.loads(str(npz["meta"]))
        end, series, moments = ({n: npz[f"{part}{i}"] for i, n in enumerate(meta["names"][part])} for part in PARTS)

        def sketch(head: str) -> QuantileSketch:
            return QuantileSketch.from_state({k: npz[f"{head}_{k}"] for k in ("keys", "counts", "ends")})

        sketches = {n: [sketch(f"sketch{i}_{j}") for j in range(rows)] for i, (n, rows) in enumerate(meta["sketches"].items())}
    return Chunk(meta["first"], meta["paths"], meta["steps"], end, series, moments, sketches)


def write(run: Trajectory, path: Path) -> None:
    """A result as .npz (base install), .zarr (extra [data]), or its ends, a row a path, as .csv or .parquet (extra [data]).

    Errors: UsageError MT519 (cannot be written), MT531 (another ending), ServiceError MT532 (the extra is missing).
    """
    if path.suffix == ".npz":
        arrays: dict[str, Any] = {f"end:{k}": v for k, v in run.end.items()} | {f"series:{k}": v for k, v in run.series.items()}
        arrays |= {f"mean:{k}": v for k, v in run.mean.items()} | {f"variance:{k}": v for k, v in run.variance.items()}
        arrays |= {f"q{q:g}:{k}": v for q, x in run.quantiles.items() for k, v in x.items()}
        out = io.BytesIO()
        np.savez_compressed(out, day=run.day, manifest=np.array(json.dumps(asdict(run.manifest))), **arrays)
        put(path, out.getvalue())
    elif path.suffix == ".zarr":
        need("zarr")
        if path.exists():
            raise UsageError(Fault("MT519", str(path), "is there already", "a new folder"))
        dataset = run.to_xarray()
        # zarr reads a slash as a group: providers/RENDER becomes providers|RENDER
        renamed = dataset.rename({k: str(k).replace("/", "|") for k in dataset.data_vars})
        writing(path, lambda: renamed.to_zarr(path, mode="w-", zarr_format=3, consolidated=False))
    else:
        columns = {"path": range(run.manifest.paths), **{k: v.tolist() for k, v in run.end.items()}}
        write_table([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], path)


def write_table(rows: Sequence[dict[str, Any]], path: Path, form: str = "") -> None:
    """Rows as .csv, or .parquet with the extra [data]; `form` overrules the file's ending. Errors: as for `write`."""
    form = form or path.suffix
    if form == ".parquet":
        need("pyarrow")
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = {k: [_cell(r[k]) for r in rows] for k in (rows[0] if rows else {})}
        writing(path, lambda: pq.write_table(pa.table(columns), path))
    elif form == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else ["empty"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        put(path, text.getvalue().encode())
    else:
        raise UsageError(Fault("MT531", str(path), f"ends in '{form}'", ".npz, .zarr, .parquet or .csv for a run, .parquet or .csv for a table"))


def writing(path: Path, act: Callable[[], Any]) -> None:
    """Write, and say in plain words why that failed."""
    try:
        act()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(Fault("MT519", str(path), f"cannot be written ({why})", "a file in a folder you may write to")) from None


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | float | int) else float(value)


def need(module: str) -> None:
    """Errors: ServiceError MT532 when a module of the extra [data] is missing."""
    if find_spec(module) is None:
        raise ServiceError(Fault("MT532", module, "is not installed", "the extra [data]", "install it with: pip install 'mintage[data]'"))
