"""The journal for other programs: CSV, Parquet, and text for beancount, which keeps books of its own and so checks ours.

Each is written in one pass in bounded memory, under another name first, so that a file with the right name is whole.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import Fault, ServiceError, UsageError
from .beancount import write_beancount
from .store import Record, Store
from .walk import Step, Walk, clock, units

COLUMNS = ("seq", "idx", "time", "id", "form", "debit", "credit", "asset", "amount", "units", "reason", "epoch", "linked", "pending", "timeout")
AT_ONCE = 20_000
Progress = Callable[[int, int], None]


def export(store: Store, path: Path | str, progress: Progress | None = None, upto: int | None = None) -> int:
    """Write all transfers up to record `upto` to a .csv, .parquet (extra [data]) or .beancount file, and return how many they are.

    `amount` is in whole units of its asset where the journal knows its decimals, `units` in base units; both are exact. A POST, VOID or EXPIRE
    has the accounts of the pending transfer it ends. Errors: UsageError MT519, MT531; ServiceError MT532; LedgerError MT702.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix)
    if writer is None:
        raise UsageError(Fault("MT531", str(path), f"ends in '{path.suffix}'", ", ".join(WRITERS)))
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise ServiceError(Fault("MT532", "pyarrow", "is not installed", "the extra [data]", "install it with: pip install 'mintage[data]'"))
    part = path.with_name(path.name + ".part")
    try:
        count = writer(Walk(watched(store, progress, upto)), part)
        os.replace(part, path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(Fault("MT519", str(path), f"cannot be written ({why})", "a file in a folder you may write to, with room for it")) from None
    finally:
        part.unlink(missing_ok=True)
    return count


def watched(store: Store, progress: Progress | None, upto: int | None = None) -> Iterator[Record]:
    """The records up to the head as it is now, each told to `progress`."""
    head = store.head()[0] if upto is None else min(upto, store.head()[0])
    for record in store.read(0, head):
        yield record
        if progress:
            progress(record.seq, head)


def row(walk: Walk, step: Step) -> tuple[Any, ...]:
    """A transfer as the columns say."""
    debit, credit = walk.accounts[step.debit], walk.accounts[step.credit]
    amount = units(step.amount, walk.decimals.get(debit.asset, 0))
    ids = f"{step.id:032x}", step.form.name, str(debit), str(credit), debit.asset
    pending = f"{step.pending:032x}" if step.pending else ""
    return (step.seq, step.idx, clock(step.time_ns), *ids, amount, str(step.amount), step.reason, step.epoch, step.linked, pending, step.timeout)


def write_csv(walk: Walk, path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        return sum(out.writerow(row(walk, step)) > 0 for step in walk.steps())


def write_parquet(walk: Walk, path: Path) -> int:
    """Amounts are text: no number of Parquet holds 2^256 - 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"seq": pa.int64(), "idx": pa.int32(), "time": pa.timestamp("ns", "UTC"), "epoch": pa.uint64(), "linked": pa.bool_(), "timeout": pa.uint32()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    count, steps = 0, walk.steps()
    with pq.ParquetWriter(path, schema) as out:
        while chunk := [(*cells[:2], step.time_ns, *cells[3:]) for step in islice(steps, AT_ONCE) for cells in [row(walk, step)]]:
            columns = [pa.array(column, field.type) for column, field in zip(zip(*chunk, strict=True), schema, strict=True)]
            out.write_batch(pa.record_batch(columns, schema=schema))
            count += len(chunk)
    return count


WRITERS: dict[str, Callable[[Walk, Path], int]] = {".csv": write_csv, ".parquet": write_parquet, ".beancount": write_beancount}
