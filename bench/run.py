"""`make bench`: Mintage beside its peers on one economy, in one run, as ratios.

    python bench/run.py                 all of it -> bench/results.json and a table
    python bench/run.py --quick         fewer repeats, small sizes, no cadCAD/radCAD set-up if their environments are missing

Peers live in throw-away environments (PyPI) under the system's temp directory. CPU time of the simulation call is compared, best of
several, peers and Mintage interleaved, because the machine is shared. Only ratios of one run mean anything.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
ENVS = {
    "numba": ["numpy", "numba==0.68.1"],
    "radcad": ["radcad==0.14.0", "typing_extensions"],
    "cadcad": ["cadcad==0.5.3"],
}
GOALS = {  # of the issue: name -> (goal, whether the figure must be at most it)
    "mintage / hand NumPy": (1.3, True),
    "mintage / block Numba": (1.7, True),
    "radCAD default / mintage": (700, False),
    "cadCAD single / mintage": (500, False),
    "two processes, speed-up": (1.7, False),
    "mintage --help, s": (0.35, True),
    "100,000 paths, MB": (400, True),
    "report render, s": (30, True),
}


def environment(name: str, folder: Path) -> str:
    """The interpreter of a peer's throw-away environment, made on first use."""
    home = folder / name
    if not (home / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/pip"), "-q", "install", "--disable-pip-version-check", *ENVS[name]], check=True)
    return str(home / "bin/python")


def call(python: str, script: str, variant: str, runs: int, threads: int = 1, repeat: int = 3, steps: int = 1095, silent_noise: bool = False) -> dict:
    """One script, one process: its own report."""
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND="Agg")
    if silent_noise:
        env["BME_DET"] = "1"
    args = ["--runs", str(runs), "--variant", variant, "--threads", str(threads), "--repeat", str(repeat), "--steps", str(steps)]
    done = subprocess.run([python, f"peer_{script}.py", *args], cwd=PEERS, env=env, capture_output=True, text=True, timeout=900)
    lines = [x for x in done.stdout.splitlines() if x.startswith("BMEJSON ")]
    if not lines:
        raise SystemExit(f"{script} {variant} failed:\n{done.stderr[-2000:]}")
    return json.loads(lines[0][8:])


def best(rounds: int, jobs: dict[str, tuple]) -> dict[str, dict]:
    """Best CPU figure of each job over interleaved rounds."""
    out: dict[str, dict] = {}
    for _ in range(rounds):
        for name, job in jobs.items():
            got = call(*job)
            if name not in out or got["cpu_ns_per_step_run"] < out[name]["cpu_ns_per_step_run"]:
                out[name] = got
    return out


def speed(py: dict[str, str], rounds: int) -> tuple[dict, dict]:
    """ns per step and path, and the ratios the goals speak of."""
    me = sys.executable
    jobs = {
        "hand NumPy, final": (me, "numpy", "final", 10_000),
        "mintage, final": (me, "mintage", "final", 10_000),
        "block Numba, final": (py["numba"], "numba", "zig", 10_000),
        "mintage, 1,000 paths": (me, "mintage", "final", 1_000),
        "hand NumPy, 1,000 paths": (me, "numpy", "final", 1_000),
        "mintage, moments each step": (me, "mintage", "moments", 10_000, 1, 1),
        "mintage, paths each step": (me, "mintage", "full", 10_000, 1, 1),
        "hand NumPy, paths each step": (me, "numpy", "full", 10_000, 1, 1),
        "block Numba, paths each step": (py["numba"], "numba", "zigfull", 10_000, 1, 1),
    }
    rows = best(rounds, jobs)
    slow = {"radCAD default": (py["radcad"], "radcad", "default", 10, 1, 1), "cadCAD single": (py["cadcad"], "cadcad", "single", 10, 1, 1)}
    rows |= best(1, slow)
    ns = {k: v["cpu_ns_per_step_run"] for k, v in rows.items()}
    mine = ns["mintage, final"]
    ratios = {
        "mintage / hand NumPy": mine / ns["hand NumPy, final"],
        "mintage / block Numba": mine / ns["block Numba, final"],
        "radCAD default / mintage": ns["radCAD default"] / mine,
        "cadCAD single / mintage": ns["cadCAD single"] / mine,
        "paths kept: mintage / hand NumPy": ns["mintage, paths each step"] / ns["hand NumPy, paths each step"],
        "1,000 paths: mintage / hand NumPy": ns["mintage, 1,000 paths"] / ns["hand NumPy, 1,000 paths"],
    }
    return rows, ratios


def processes() -> tuple[dict, float]:
    """Wall time of one process against two, on enough paths that starting them does not count."""
    one = min(call(sys.executable, "mintage", "final", 245_760, 1, 1)["wall_s"] for _ in range(2))
    two = min(call(sys.executable, "mintage", "final", 245_760, 2, 1)["wall_s"] for _ in range(2))
    return {"one process, wall s": one, "two processes, wall s": two}, one / two


def equal() -> float:
    """Largest relative difference to the plain loop with the noise off: the same model is timed."""
    return call(sys.executable, "mintage", "final", 2, silent_noise=True)["max_rel_err"]


def growth() -> dict[str, dict[str, float]]:
    """Cost against paths, steps and mechanisms; memory against paths."""
    cost = {str(n): call(sys.executable, "mintage", "final", n, 1, 1)["cpu_ns_per_step_run"] for n in (256, 1_000, 4_000, 16_000, 64_000)}
    steps = {str(s): call(sys.executable, "mintage", "final", 10_000, 1, 1, s)["cpu_ns_per_step_run"] for s in (365, 1_095, 3_650)}
    memory = {str(n): call(sys.executable, "mintage", "final", n, 1, 1, 100)["peak_rss_mb"] for n in (1_000, 10_000, 100_000)}
    code = "import sys; sys.path.insert(0, sys.argv[1]); import growth; print(growth.by_mechanisms())"
    done = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, text=True, check=True)
    return {"ns by paths": cost, "ns by steps": steps, "MB by paths": memory, "ns by mechanisms": json.loads(done.stdout.replace("'", '"'))}


def command(*args: str, repeat: int = 5) -> float:
    """Best wall time of a mintage command [s]."""
    exe = Path(sys.executable).with_name("mintage")
    times = []
    for _ in range(repeat):
        t0 = time.perf_counter()
        subprocess.run([exe, *args], capture_output=True, check=True)
        times.append(time.perf_counter() - t0)
    return min(times)


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--quick", action="store_true")
    ap.add_argument("--dir", default=str(Path(tempfile.gettempdir()) / "mintage-peers"))
    ap.add_argument("--out", default=str(HERE / "results.json"))
    o = ap.parse_args()
    py = {name: environment(name, Path(o.dir)) for name in ENVS}
    error = equal()
    rows, figures = speed(py, 1 if o.quick else 4)
    walls, figures["two processes, speed-up"] = processes()
    figures["mintage --help, s"] = command("--help")
    grown = growth()
    figures["100,000 paths, MB"] = grown["MB by paths"]["100000"]
    with tempfile.TemporaryDirectory() as scratch:
        figures["report render, s"] = command("report", "render", "--out", f"{scratch}/r.html", repeat=1)
    table = {
        k: {"figure": round(v, 3), "goal": GOALS.get(k, (None,))[0], "met": None if k not in GOALS else (v <= GOALS[k][0]) == GOALS[k][1]}
        for k, v in figures.items()
    }
    record = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}",
        "max relative error against the plain loop, noise off": error,
        "figures": table,
        "rows": {k: {n: v[n] for n in ("peer", "version", "runs", "cpu_ns_per_step_run", "ns_per_step_run", "peak_rss_mb")} for k, v in rows.items()},
        "processes": walls,
        "growth": grown,
    }
    Path(o.out).write_text(json.dumps(record, indent=1) + "\n")
    for k, v in table.items():
        goal = "" if v["goal"] is None else f"  goal {'<=' if GOALS[k][1] else '>='} {v['goal']}: {'met' if v['met'] else 'MISSED'}"
        print(f"{k:42s}{v['figure']:>12.3f}{goal}")
    print(f"same model: {error:.1e}; written to {o.out}")


if __name__ == "__main__":
    main()
