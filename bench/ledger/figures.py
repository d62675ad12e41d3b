"""What the rows say: ratios within one state of the disk, beside the issue's goals, and the table of the README."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from .disk import Row

Sections = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """`goal` is met by at least that much, by at most that much when `most`."""

    name: str
    section: str
    row: str
    of: str = "per_s"
    peer: str = ""
    goal: float | None = None
    most: bool = False
    cpu: str = ""  # the field that says the same in processor time: what a machine of our own would show


FIGURES = (
    Figure("SQLite, batches of 8,000 / TPC-B", "durable", "SQLite, batches of 8,000", peer="pgbench TPC-B", goal=60),
    Figure("SQLite, batches of 1,000 / TPC-B", "durable", "SQLite, batches of 1,000", peer="pgbench TPC-B"),
    Figure("SQLite, batches of 8,000, transfers/s", "durable", "SQLite, batches of 8,000", goal=50_000),
    Figure("SQLite, 200 callers, one transfer a call / TPC-B", "durable", "SQLite, 200 callers", peer="pgbench TPC-B", goal=15),
    Figure("SQLite, 200 callers, p99 [ms]", "durable", "SQLite, 200 callers", "p99_ms"),
    Figure("PostgreSQL, batches of 8,000 / naive", "durable", "PostgreSQL, batches of 8,000", peer="naive transfer", goal=10),
    Figure("PostgreSQL, batches of 1,000 / naive", "durable", "PostgreSQL, batches of 1,000", peer="naive transfer"),
    Figure("PostgreSQL, batches of 8,000, hot / naive, hot", "durable", "PostgreSQL, batches of 8,000, hot", peer="naive transfer, hot", goal=40),
    Figure("PostgreSQL, 200 callers, one transfer a call / naive", "durable", "PostgreSQL, 200 callers", peer="naive transfer"),
    Figure("epoch of 100,000 stakers [s]", "epoch", "epoch, 100,000 stakers", "epoch_s", goal=2, most=True, cpu="epoch_cpu_s"),
    Figure("signed payments over HTTP, each second", "payments", "signed payments over HTTP", cpu="per_core_s"),
    Figure("signed payments over HTTP, p50 [ms]", "payments", "signed payments over HTTP", "p50_ms"),
    Figure("signed payments over HTTP, p99 [ms]", "payments", "signed payments over HTTP", "p99_ms"),
    Figure("verify 3 million transfers [s]", "life", "verify 3,000,000", "verify_s", cpu="verify_cpu_s"),
    Figure("verify 10 million transfers [s]", "life", "verify 10,000,000", "verify_s", cpu="verify_cpu_s"),
    Figure("memory after 1 million transfers [MB]", "life", "post to 1,000,000", "rss_mb"),
    Figure("memory after 5 million transfers [MB]", "life", "post to 5,000,000", "rss_mb"),
    Figure("memory after 5 million transfers, index kept behind [MB]", "life", "post to 5,000,000, index kept behind", "rss_mb"),
    Figure("restart after a kill, 1 million transfers [s]", "life", "restart at 1,000,000", "restart_s", cpu="restart_cpu_s"),
    Figure("restart after a kill, 5 million transfers [s]", "life", "restart at 5,000,000", "restart_s", cpu="restart_cpu_s"),
)


def ratios(rows: list[Row], name: str, peer: str) -> Iterator[tuple[float, str]]:
    """Each row over the mean of the nearest peers before and after it that saw the same state of the disk."""
    for at, row in enumerate(rows):
        if row["row"] != name or row.get("state") not in ("fast", "slow"):
            continue
        alike = [i for i, r in enumerate(rows) if r["row"] == peer and r.get("state") == row["state"]]
        near = [max((i for i in alike if i < at), default=None), min((i for i in alike if i > at), default=None)]
        rates = [rows[i]["per_s"] for i in near if i is not None]
        if rates:
            yield row["per_s"] * len(rates) / sum(rates), row["state"]


def told(figure: Figure, sections: Sections) -> Iterator[dict[str, Any]]:
    """A line for each state of the disk; none when nothing was measured."""
    rows = sections.get(figure.section, {}).get("rows", [])
    mine = [r for r in rows if r["row"] == figure.row and "skipped" not in r]
    alone = [(r[figure.of], r["state"] if figure.section == "durable" else "") for r in mine]
    values = list(ratios(rows, figure.row, figure.peer)) if figure.peer else alone
    for state in sorted(Counter(state for _, state in values)):
        if state == "mixed":
            continue
        some = [value for value, at in values if at == state]
        middle = median(some)
        line: dict[str, Any] = {"figure": figure.name, "median": short(middle), "low": short(min(some)), "high": short(max(some)), "times": len(some)}
        line |= {
            "disk": state,
            "load": [min(r["load"] for r in mine), max(r["load"] for r in mine)],
            "others": [min(min(r["others"]) for r in mine), max(max(r["others"]) for r in mine)],
        }
        if figure.cpu:
            line["in processor time"] = short(median(r[figure.cpu] for r in mine))
        if figure.goal is not None:
            line |= {"goal": figure.goal, "met": (middle <= figure.goal) == figure.most or middle == figure.goal}
        yield line


def short(value: float) -> float:
    """Three digits are more than the noise leaves."""
    return round(value) if value >= 100 else round(value, 1) if value >= 10 else round(value, 2)


def all_told(sections: Sections) -> list[dict[str, Any]]:
    return [line for figure in FIGURES for line in told(figure, sections)]


def table(record: dict[str, Any]) -> str:
    """The figures, then how the rest grows, as markdown."""
    out = ["| figure | median | lowest to highest | times | disk | load | others [%] | goal |", "|---|---|---|---|---|---|---|---|"]
    for f in record["figures"]:
        least = "at most" if any(x.name == f["figure"] and x.most for x in FIGURES) else "at least"
        goal = f"{least} {f['goal']:,}: {'met' if f['met'] else '**missed**'}" if "goal" in f else ""
        own = f" (processor: {f['in processor time']:,})" if "in processor time" in f else ""
        load, others = f"{f['load'][0]} to {f['load'][1]}", f"{f['others'][0]} to {f['others'][1]}"
        out.append(f"| {f['figure']} | {f['median']:,}{own} | {f['low']:,} to {f['high']:,} | {f['times']} | {f['disk']} | {load} | {others} | {goal} |")
    for name, fields in GROWTH.items():
        rows = [r for r in record["sections"].get(name, {}).get("rows", []) if "skipped" not in r]
        if rows:
            heads = list(fields.values())
            out += ["", f"| {name} | {' | '.join(heads)} | load | others [%] |", "|---" * (len(heads) + 3) + "|"]
            out += [f"| {r['row']} | {' | '.join(cell(r, key) for key in fields)} | {r['load']} | {max(r['others'])} |" for r in rows]
    return "\n".join(out) + "\n"


GROWTH = {
    "growth": {"per_s": "transfers/s", "cpu_us": "processor us each", "p50_ms": "p50 [ms]", "stall_s": "a caller waits [s]", "state": "disk"},
    "life": {
        "per_s": "transfers/s",
        "p99_ms": "p99 [ms]",
        "restart_s": "restart [s]",
        "verify_s": "verify [s]",
        "cpu_us": "processor us each",
        "rss_mb": "memory [MB]",
        "behind_s": "index behind [s]",
    },
    "epoch": {"epoch_s": "epoch [s]", "epoch_cpu_s": "processor [s]", "first_s": "the first [s]", "restart_s": "restart [s]", "rss_mb": "memory [MB]"},
    "payments": {"per_s": "payments/s", "cpu_us": "processor us each", "p50_ms": "p50 [ms]", "p99_ms": "p99 [ms]"},
}


def cell(row: Row, key: str) -> str:
    if key == "cpu_us":
        return f"{row['cpu_s'] / row['n'] * 1e6:,.1f}" if "cpu_s" in row and "n" in row else ""
    value = row.get(key, "")
    return value if isinstance(value, str) else f"{value:,}"
