"""Run folders and files: an edge. A finished chunk is stored at once, so that an interrupted or killed run can go on."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .errors import Fault, ServiceError, UsageError
from .save import Save
from .sketch import QuantileSketch
from .trajectory import Chunk, Trajectory

FORM = "mintage.run.v1"


def atomically(path: Path, data: bytes) -> None:
    """Write all of a file or nothing: a scratch file beside it, flushed, then renamed."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with scratch.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


class Folder:
    """The folder of one run: `run.json` says which run, `chunk-FIRST.npz` holds each finished chunk with its checksum.

    Errors: UsageError MT530 when the folder holds another run, or a run and no `resume`.
    """

    def __init__(self, path: Path, spec: Any, paths: int, steps: int, seed: int, save: Save, engine: str, resume: bool) -> None:
        self.path = path
        self.about = {
            "form": FORM,
            "version": __version__,
            "spec": spec.hash,
            "paths": paths,
            "steps": steps,
            "seed": str(seed),
            "save": _save(save),
            "engine": engine,
        }
        record = path / "run.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
            known = json.loads(record.read_text("utf-8")) if record.exists() else None
        except (OSError, ValueError) as error:
            raise UsageError(Fault("MT530", str(path), f"can not be used as a run folder ({type(error).__name__})", "a folder you may write to")) from None
        if known is None:
            atomically(record, json.dumps(self.about, indent=1).encode())
        elif not resume:
            raise UsageError(Fault("MT530", str(path), "holds a run already", "a new folder", "--resume goes on with it"))
        elif known != self.about:
            differs = [k for k in self.about if known.get(k) != self.about[k]]
            raise UsageError(Fault("MT530", str(path), f"holds another run: {', '.join(differs)} differ", "the same spec, sizes, seed, engine and version"))

    def store(self, chunk: Chunk) -> None:
        """Keep a finished chunk."""
        body = pack(chunk)
        atomically(self.path / f"chunk-{chunk.first}.npz", hashlib.sha256(body).digest() + body)

    def finished(self) -> dict[int, Chunk]:
        """All stored chunks that are whole; a torn or altered file is passed over, so its paths run again."""
        out = {}
        for file in sorted(self.path.glob("chunk-*.npz")):
            raw = file.read_bytes()
            if hashlib.sha256(raw[32:]).digest() == raw[:32]:
                chunk = unpack(raw[32:])
                out[chunk.first] = chunk
        return out


def _save(save: Save) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(save).items()}


def pack(chunk: Chunk) -> bytes:
    """A chunk as npz bytes: plain arrays and one JSON text, nothing that executes."""
    import io

    arrays: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    for part in ("end", "series", "moments"):
        values = getattr(chunk, part)
        names[part] = list(values)
        arrays |= {f"{part}{i}": v for i, v in enumerate(values.values())}
    names["sketches"] = list(chunk.sketches)
    for i, rows in enumerate(chunk.sketches.values()):
        for j, sketch in enumerate(rows):
            arrays |= {f"sketch{i}_{j}_{k}": v for k, v in sketch.state().items()}
    meta = {"first": chunk.first, "paths": chunk.paths, "steps": chunk.steps, "names": names, "rows": {n: len(r) for n, r in chunk.sketches.items()}}
    out = io.BytesIO()
    np.savez(out, meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8), **arrays)
    return out.getvalue()


def unpack(body: bytes) -> Chunk:
    """The chunk of `pack`."""
    import io

    with np.load(io.BytesIO(body), allow_pickle=False) as npz:
        meta = json.loads(bytes(npz["meta"]).decode())
        chunk = Chunk(meta["first"], meta["paths"], meta["steps"], {})
        for part in ("end", "series", "moments"):
            setattr(chunk, part, {n: npz[f"{part}{i}"] for i, n in enumerate(meta["names"][part])})
        for i, name in enumerate(meta["names"]["sketches"]):
            rows = []
            for j in range(meta["rows"][name]):
                head = f"sketch{i}_{j}_"
                rows.append(QuantileSketch.from_state({k[len(head) :]: npz[k] for k in npz.files if k.startswith(head)}))
            chunk.sketches[name] = rows
    return chunk


def write(run: Trajectory, path: Path) -> None:
    """A result as .npz (base install), .zarr or .parquet (extra [data]), or .csv of the ends. Errors: UsageError MT531, ServiceError MT532."""
    form = path.suffix
    if form == ".npz":
        arrays = {f"end:{k}": v for k, v in run.end.items()} | {f"series:{k}": v for k, v in run.series.items()}
        arrays |= {f"mean:{k}": v for k, v in run.mean.items()} | {f"q{q}:{k}": v for q, x in run.quantiles.items() for k, v in x.items()}
        np.savez_compressed(path, day=run.day, manifest=np.array(json.dumps(asdict(run.manifest))), **arrays)  # type: ignore[arg-type]
    elif form == ".zarr":
        _need("zarr")
        dataset = run.to_xarray()
        dataset.rename({k: str(k).replace("/", "|") for k in dataset.data_vars}).to_zarr(path, mode="w-", zarr_format=3, consolidated=False)
    elif form in (".parquet", ".csv"):
        rows = [{"path": i, **{k: float(v[i]) for k, v in run.end.items()}} for i in range(run.manifest.paths)]
        write_table(rows, path)
    else:
        raise UsageError(Fault("MT531", str(path), f"ends in '{form}'", ".npz, .zarr, .parquet or .csv"))


def write_table(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Rows as .csv, or .parquet with the extra [data]."""
    if path.suffix == ".parquet":
        _need("pyarrow")
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = {k: [_cell(r[k]) for r in rows] for k in (rows[0] if rows else {})}
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["empty"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    else:
        raise UsageError(Fault("MT531", str(path), f"ends in '{path.suffix}'", ".csv or .parquet"))


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | float | int) else float(value)


def _need(module: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise ServiceError(Fault("MT532", module, "is not installed", "the extra", "pip install 'mintage[data]'"))
