"""An epoch of Yuma Consensus beside the Python package yuma-simulation: one process, one thread, in turns, as ratios.

    python bench/yuma/run.py --peer DIR              -> bench/yuma/results.json and a table
    python bench/yuma/run.py --peer DIR --rounds 3 --out /tmp/quick.json

DIR is the folder `src` of bactensor/yuma-simulation at 2b976fd5 (package 0.1.1), which no index offers. What it needs besides (PyTorch for
processors, pandas, matplotlib) is installed into a throw-away environment under the system's temp directory and seen from here behind our own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mintage.arithmetic import NUMPY
from mintage.mechanisms.yuma.consensus import normalised
from mintage.mechanisms.yuma.epoch import Rules, epoch
from mintage.mechanisms.yuma.reference import Reference, reference_epoch

HERE = Path(__file__).parent
NEEDS = ["torch==2.13.0", "numpy", "pandas", "matplotlib"]
SIZES = ((64, 256), (256, 1024))
VERSIONS = {1: ("YumaRust", 0.9, 1.0), 2: ("Yuma", 0.9, 1.0), 3: ("Yuma3", 0.975, 0.0)}
GOAL = 5.0
ONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def peer(source: str, home: Path) -> Any:
    """The package and PyTorch, importable here; what it imports and never uses for numbers is an empty stand-in."""
    if not (home / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/pip"), "-q", "install", "--disable-pip-version-check", *NEEDS], check=True)
    empty = Path(tempfile.mkdtemp(prefix="yuma-empty-"))
    for name, text in {"bittensor": "", "IPython": "", "IPython/display": "class HTML:\n    pass\n"}.items():
        place = empty / (f"{name}.py" if "/" in name else f"{name}/__init__.py")
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
    sys.path += [source, str(empty), *map(str, (home / "lib").glob("python*/site-packages"))]
    import torch
    from yuma_simulation._internal import yumas

    torch.set_num_threads(1)
    return torch, yumas


class Theirs:
    """Epochs of the package, each on the bonds that the last one left."""

    def __init__(self, torch: Any, yumas: Any, version: int, weights: Any, stake: Any) -> None:
        name, average, penalty = VERSIONS[version]
        self.rule, self.size = getattr(yumas, name), weights[0].T.shape
        self.weights, self.stake = [torch.tensor(np.ascontiguousarray(w.T), dtype=torch.float32) for w in weights], torch.tensor(stake, dtype=torch.float32)
        hyper = yumas.SimulationHyperparameters(bond_penalty=penalty)
        self.config = yumas.YumaConfig(simulation=hyper, yuma_params=yumas.YumaParams(bond_moving_avg=average))
        self.bonds = self.agreed = None

    def epoch(self, t: int) -> Any:
        v, m = self.size
        state = {"B_old": self.bonds, "C_old": self.agreed, "config": self.config}
        out = self.rule(self.weights[t % 4], self.stake, num_servers=m, num_validators=v, use_full_matrices=False, **state)
        self.bonds, self.agreed = out["validator_bonds" if "validator_bonds" in out else "validator_ema_bond"], out["server_consensus_weight"]
        return out["server_incentive"].numpy(), out["validator_reward_normalized"].numpy()


class Ours:
    """Epochs of Mintage: by the package's rule, or by the chain's, which also stores bonds in 16 bits."""

    def __init__(self, version: int, chain: bool, weights: Any, stake: Any) -> None:
        _, average, penalty = VERSIONS[version]
        self.weights, self.stake, self.chain = [w[..., None] for w in weights], stake[:, None], chain
        self.rules: Any = Reference(0.5, penalty, 1 - average, version)  # type: ignore[arg-type]
        if chain:
            self.rules = Rules(32767 / 65535, penalty, 1 - average, "relative" if version == 3 else "original")
        self.bonds: Any = np.zeros(self.weights[0].shape) if chain else None

    def epoch(self, t: int) -> Any:
        if self.chain:
            out = epoch(NUMPY, self.weights[t % 4], normalised(NUMPY, self.stake, -2), self.bonds, self.rules)
        else:
            out = reference_epoch(NUMPY, self.weights[t % 4], self.stake, self.bonds, self.rules)
        self.bonds = out.bonds
        return out.incentive.reshape(-1), out.dividends.reshape(-1)


def spent(run: Callable[[int], Any], epochs: int) -> float:
    """Processor time of an epoch [ms], the best of so many: the machine is shared, and whoever comes between empties the caches."""
    each = []
    for t in range(epochs):
        begun = time.process_time_ns()
        run(t)
        each.append(time.process_time_ns() - begun)
    return min(each) / 1e6


def measure(torch: Any, yumas: Any, size: tuple[int, int], rounds: int) -> list[dict[str, Any]]:
    """Rows of one size: in each round every rule runs in turn, and a ratio is of one round."""
    validators, miners = size
    rng = np.random.default_rng(1)
    weights, stake = [rng.random((miners, validators)) ** 4 for _ in range(4)], rng.random(validators) ** 3 + 1e-3
    epochs = 40 if validators < 100 else 12
    rows: list[dict[str, Any]] = []
    runs = {v: (Theirs(torch, yumas, v, weights, stake), Ours(v, False, weights, stake), Ours(v, True, weights, stake)) for v in VERSIONS}
    for version, (theirs, ours, _) in runs.items():
        apart = [np.abs(a - b).max() for t in range(8) for a, b in zip(theirs.epoch(t), ours.epoch(t), strict=True)]
        if max(apart) > 2e-4:
            raise SystemExit(f"Yuma {version}: results differ by {max(apart)}; what is timed must be the same")
        rows.append({"validators": validators, "miners": miners, "rule": f"Yuma {version}", "apart": float(max(apart)), "ms": [], "theirs": [], "chain": []})
    for _ in range(rounds):
        for row, trio in zip(rows, runs.values(), strict=True):
            for key, who in zip(("theirs", "ms", "chain"), trio, strict=True):
                row[key].append(spent(who.epoch, epochs))
    return rows


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is kept: medians, and ratios with their range."""
    out = {k: row[k] for k in ("validators", "miners", "rule", "apart")}
    out |= {
        f"{name} [ms]": round(statistics.median(row[key]), 4) for key, name in (("theirs", "yuma-simulation"), ("ms", "mintage"), ("chain", "mintage, chain"))
    }
    for key, name in (("ms", "yuma-simulation / mintage"), ("chain", "yuma-simulation / mintage, chain")):
        ratios = [a / b for a, b in zip(row["theirs"], row[key], strict=True)]
        out[name] = {"median": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2), "highest": round(max(ratios), 2)}
    return out


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--peer", required=True, help="folder src of bactensor/yuma-simulation at 2b976fd5")
    ap.add_argument("--rounds", type=int, default=11)
    ap.add_argument("--dir", default=str(Path(tempfile.gettempdir()) / "mintage-peers"))
    ap.add_argument("--out", default=str(HERE / "results.json"))
    o = ap.parse_args()
    torch, yumas = peer(o.peer, Path(o.dir) / "yuma")
    rows = [told(row) for size in SIZES for row in measure(torch, yumas, size, o.rounds)]
    about = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}"
    record = {"date": time.strftime("%Y-%m-%d"), "machine": f"{about}, load {os.getloadavg()[0]:.1f}", "rounds": o.rounds, "goal": GOAL, "rows": rows}
    Path(o.out).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    for row in rows:
        for name in ("yuma-simulation / mintage", "yuma-simulation / mintage, chain"):
            r = row[name]
            note = "it stores bonds in 16 bits as well" if name.endswith("chain") else f"goal >= {GOAL}: {'met' if r['median'] >= GOAL else 'MISSED'}"
            size = f"{row['validators']} x {row['miners']}"
            print(f"{size:12s}{row['rule']:8s}{name:36s}{r['median']:6.2f}  ({r['lowest']} to {r['highest']})  {note}")


if __name__ == "__main__":
    if not ONE.items() <= os.environ.items():  # libraries read them as they are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE})
    main()
