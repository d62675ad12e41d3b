"""`make bench-ledger`: the live half beside its peers, in one run, as ratios.

python -m bench.ledger                   all of it, at most ten minutes -> bench/ledger/results.json and the table in README.md
python -m bench.ledger --quick           small sizes, one round, into a file of its own
python -m bench.ledger --only life --long   one section, up to ten million transfers; the other sections stay as they are
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .disk import Row
from .figures import all_told, table
from .plan import FULL, LONG, QUICK, SECTIONS, TINY, Bench

HERE = Path(__file__).parent
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def say(row: Row) -> None:
    seen = {k: v for k, v in row.items() if k in ("per_s", "epoch_s", "verify_s", "restart_s", "rss_mb", "flush_ms", "state", "others", "load", "skipped")}
    print(f"{row['row']:44s}", "  ".join(f"{k} {v}" for k, v in seen.items()), flush=True)


def machine() -> str:
    signatures = "libsecp256k1" if find_spec("coincurve") else "pure Python"
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, signatures by {signatures}"


def main() -> None:
    ap = argparse.ArgumentParser()
    for flag in ("quick", "tiny", "long"):
        ap.add_argument(f"--{flag}", action="store_true")
    ap.add_argument("--only", default=",".join(SECTIONS), help=", ".join(SECTIONS))
    ap.add_argument("--patience", type=float, help="seconds that each row waits for a quiet machine")
    ap.add_argument("--limit", type=int, help="seconds for all of it")
    ap.add_argument("--out", default="")
    o = ap.parse_args()
    committed = not (o.quick or o.tiny)
    out = Path(o.out or (HERE / "results.json" if committed else "bench-ledger.json"))
    record: dict[str, Any] = json.loads(out.read_text("utf-8")) if out.exists() else {"sections": {}}
    asked = {k: v for k in ("patience", "limit") if (v := getattr(o, k)) is not None}
    bench = Bench(replace(TINY if o.tiny else QUICK if o.quick else LONG if o.long else FULL, **asked), say)
    for name in o.only.split(","):
        begun = time.monotonic()
        rows = bench.gather(getattr(bench, name)())
        about = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "seconds": round(time.monotonic() - begun)}
        record["sections"][name] = about | {"rows": rows}
        record["figures"] = all_told(record["sections"])
        out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    text = table(record)
    print(f"\n{text}\nwritten to {out}")
    if out == HERE / "results.json":
        page = HERE / "README.md"
        head, _, rest = page.read_text("utf-8").partition(BEGIN)
        page.write_text(f"{head}{BEGIN}{text}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
