"""`make bench-presets`: what a step of a path costs in each preset, and the Bittensor run that the product promises.

    python -m bench.presets             every preset -> bench/presets.json and a table
    python -m bench.presets bittensor   only these

Each preset runs in a process of its own on one thread, so that its peak memory is its own. CPU time of the simulation call is taken, best of three at
1,000 paths; the base economy that every ratio is against is Render's, in the same run. The Bittensor run is 1,000 paths over four years of daily steps.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PATHS, STEPS, ROUNDS = 1000, 364, 3
LONG = ("bittensor", 4 * 365)  # and its goals: seconds of the wall clock, MiB
GOALS = {"seconds": 30.0, "mib": 1024.0}


def child(name: str, paths: int, steps: int, rounds: int) -> dict[str, float]:
    """CPU and wall seconds of the best of some runs, and the peak of the process [MiB]."""
    import mintage as mt

    spec = mt.load(name)
    economy, save = spec.economy(), mt.Save(vars=(f"supply/{spec.economy().token}",))
    mt.simulate(economy, 64, 2, save=save)
    cpu, wall = float("inf"), float("inf")
    for seed in range(rounds):
        before, begun = time.process_time(), time.perf_counter()
        mt.simulate(economy, paths, steps, seed + 1, save)
        cpu, wall = min(cpu, time.process_time() - before), min(wall, time.perf_counter() - begun)
    rows = sum(economy.holders(a) * economy.lots.get(a, 1) for a in economy.accounts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": cpu, "wall": wall, "mib": peak, "mechanisms": len([u for u in economy.uses if u.active]), "rows": rows}


def measured(name: str, paths: int, steps: int, rounds: int) -> dict[str, float]:
    """`child` in a process of its own, on one thread."""
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    code = f"import json; from bench.presets import child; print(json.dumps(child({name!r}, {paths}, {steps}, {rounds})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, env=env, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(names: list[str]) -> None:
    """Measure, print and write."""
    from mintage.spec import presets

    out: dict[str, dict[str, float]] = {}
    for name in names or presets():
        one = measured(name, PATHS, STEPS, ROUNDS)
        each = one["cpu"] / (PATHS * STEPS) * 1e9
        out[name] = {
            "ns_per_step_and_path": round(each, 1),
            "ns_per_mechanism": round(each / one["mechanisms"], 2),
            "mib": round(one["mib"]),
            **{k: one[k] for k in ("mechanisms", "rows")},
        }
        print(
            f"{name:20} {each:10,.0f} ns a step and path, {each / one['mechanisms']:8,.1f} a mechanism ({one['mechanisms']:.0f}), {one['mib']:,.0f} MiB",
            flush=True,
        )
    base = out.get("render", {}).get("ns_per_step_and_path")
    for row in out.values():
        if base:
            row["over_render"] = round(row["ns_per_step_and_path"] / base, 2)
    result: dict[str, object] = {"paths": PATHS, "steps": STEPS, "presets": out}
    if LONG[0] in out:
        long = measured(LONG[0], PATHS, LONG[1], 1)
        met = long["wall"] < GOALS["seconds"] and long["mib"] < GOALS["mib"]
        result["bittensor, 1,000 paths x 4 years"] = {
            "seconds": round(long["wall"], 1),
            "cpu_seconds": round(long["cpu"], 1),
            "mib": round(long["mib"]),
            "goals": GOALS,
            "met": met,
        }
        print(f"bittensor, {PATHS:,} paths x {LONG[1]:,} days: {long['wall']:.1f} s (goal 30), {long['mib']:,.0f} MiB (goal 1,024)")
    if not names:
        (HERE / "presets.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
