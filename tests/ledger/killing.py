"""Kill -9 under load: a process that writes transfers and tells which were acknowledged, and what must be true after it was killed.

    python -m tests.ledger.killing URL SEED     writes until it is killed; a line on stdout for each answered request
    python -m tests.ledger.killing ROUNDS       kills so often on each store and writes bench/soak.json

Accounts: 0 is the mint (may overdraw), 1 a hot one, the others random. Moves, pending amounts and their ends, linked pairs, refusals: each id is
derived from (seed, thread, number), so that the parent knows every transfer without being told.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mintage.ledger import Form, Ledger, Limit, Result, Transfer, open_ledger
from mintage.ledger.audit import Claim, audit
from mintage.ledger.codec import decode
from mintage.ledger.types import Account

ROOT = Path(__file__).parents[2]
THREADS, ACCOUNTS = 4, 50


def numbers(ledger: Ledger) -> list[int]:
    """The accounts, opened the first time."""

    def opened(draft) -> list[int]:
        mint = draft.open(Account("TOK", "issuance"), Limit.NONE)
        return [mint, *(draft.open(Account("TOK", "purse", f"p{i}")) for i in range(1, ACCOUNTS))]

    return ledger.execute(opened)


def group(rng: random.Random, name: int, accounts: list[int], open_: list[int]) -> list[Transfer]:
    """One request: a payment in, a move, a linked pair, a pending amount, or its end."""
    first, amount = name * 8 + 1, rng.randrange(1, 10 ** rng.randrange(1, 60))
    a, b = rng.sample(accounts[1:], 2)
    kind = rng.randrange(6)
    if kind == 0:
        return [Transfer(first, accounts[0], accounts[1], amount)]
    if kind == 1:
        return [Transfer(first, accounts[1], b, rng.randrange(1, 1000))]
    if kind == 2:
        return [Transfer(first, accounts[0], a, amount, linked=True), Transfer(first + 1, a, b, rng.randrange(1, 2 * amount + 1))]
    if kind == 3 or not open_:
        open_.append(first)
        return [Transfer(first, accounts[0], a, amount, form=Form.PENDING, timeout=rng.choice([0, 1, 3600]))]
    return [Transfer(first, 0, 0, 1 if kind == 4 else 0, form=Form.POST if kind == 4 else Form.VOID, pending=open_.pop(rng.randrange(len(open_))))]


def work(ledger: Ledger, seed: int, thread: int, accounts: list[int]) -> None:
    """Requests one after another, each told when it was answered."""
    rng, open_, n = random.Random(f"{seed} {thread}"), list[int](), 0
    while True:
        n += 1
        wanted = group(rng, (seed * THREADS + thread) * 2**40 + n, accounts, open_)
        results = ledger.transfer(wanted)
        told = " ".join(f"{t.id}:{int(r)}" for t, r in zip(wanted, results, strict=True))
        os.write(1, f"{told}\n".encode())


def child(url: str, seed: int) -> None:
    ledger = open_ledger(url, snapshot_every=500)
    accounts = numbers(ledger)
    os.write(1, b"begun\n")
    for thread in range(THREADS):
        threading.Thread(target=work, args=(ledger, seed, thread, accounts), daemon=True).start()
    signal.pause()


@dataclass
class Found:
    """What a soak saw."""

    rounds: int = 0
    acknowledged: int = 0
    journal: int = 0
    unanswered: int = 0  # in the journal, killed before the answer: allowed, and found again by their ids
    wrong: list[str] = field(default_factory=list)


def soak(url: str, rounds: int, seed: int = 1, longest: float = 0.25) -> Found:
    """Kill the writer `rounds` times on one ledger, and look after each."""
    found, answers, rng = Found(), dict[int, int](), random.Random(seed)
    for round_ in range(rounds):
        killed(url, seed * 100_000 + round_, rng.uniform(0, longest), answers)
        found.rounds += 1
        check(url, answers, found)
        if found.wrong:
            break
    found.acknowledged = sum(r in (Result.OK, Result.EXISTS) for r in answers.values())
    return found


def killed(url: str, seed: int, after: float, answers: dict[int, int]) -> None:
    """Let a writer run, kill it, and take down what it had answered."""
    process = subprocess.Popen([sys.executable, "-m", "tests.ledger.killing", url, str(seed)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout
    assert process.stdout.readline() == b"begun\n"
    timer = threading.Timer(after, process.kill)
    timer.start()
    for line in process.stdout.read().split(b"\n")[:-1]:  # a line that was cut off was not told
        answers.update((int(i), int(r)) for i, _, r in (pair.partition(b":") for pair in line.split()))
    timer.cancel()
    process.wait()
    process.stdout.close()


def check(url: str, answers: dict[int, int], found: Found) -> None:
    """Every acknowledged transfer is there and none twice; every refused one is not; the auditor finds nothing; memory says what the journal says."""
    with open_ledger(url) as ledger:
        there = Counter(t.id for record in ledger.records(0) for t in decode(record.body).transfers if t.form != Form.EXPIRE)
        found.journal = sum(there.values())
        found.wrong += [f"{i} is there {n} times" for i, n in there.items() if n > 1]
        for i, r in answers.items():
            if (r in (Result.OK, Result.EXISTS)) != (i in there):
                found.wrong.append(f"{i} was answered {Result(r).name} and is {'' if i in there else 'not '}there")
        found.unanswered = len(there.keys() - answers.keys())
        if ledger.total("TOK"):
            found.wrong.append(f"accounts sum to {ledger.total('TOK')}")
        found.wrong += [str(f) for f in audit(ledger.store, ledger=Claim(ledger.head[0], dict(enumerate(map(ledger.balance, ledger.accounts()), 1)))).faults]


def main(rounds: int) -> None:
    """`make soak`: every store, its result in bench/soak.json."""
    from tests.ledger.postgres import Server

    server, out = Server(), {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            for store, url in (("sqlite", str(Path(folder) / "soak.db")), ("postgres", server.fresh())):
                start = time.monotonic()
                found = soak(url, rounds)
                out[store] = {**asdict(found), "seconds": round(time.monotonic() - start)}
                print(store, out[store], flush=True)
    finally:
        server.stop()
    (ROOT / "bench" / "soak.json").write_text(json.dumps(out, indent=1) + "\n")
    sys.exit(any(found["wrong"] for found in out.values()))


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else main(int(sys.argv[1]))
