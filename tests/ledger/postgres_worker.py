"""One of several processes that write to one ledger in PostgreSQL: `python -m tests.ledger.postgres_worker ADDRESS NUMBER TASK`.

It says what it was answered, a line of JSON each, and waits for the word `look` before it tells what it sees at the end.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from itertools import count

from mintage.errors import LedgerError
from mintage.ledger.postgres import PostgresStore
from mintage.ledger.types import Account, Limit, Result, Transfer
from mintage.ledger.writer import Ledger

PURSES = 20
FUNDS = 1_000
SHARED = 400  # ids from 1 on that every process sends
BATCH = 100


def accounts(ledger: Ledger) -> tuple[int, list[int]]:
    """Issuance and the purses, opened and filled by whoever comes first."""

    def begin(draft):
        source = draft.open(Account("T", "issuance"), Limit.NONE)
        purses = [draft.open(Account("T", "purse", str(n))) for n in range(PURSES)]
        draft.post([Transfer(10**30 + n, source, purse, FUNDS) for n, purse in enumerate(purses)])
        return source, purses

    return ledger.execute(begin)


def own(number: int) -> count:
    """Ids that no other process has."""
    return count((number + 1) * 10**12)


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def shared(ledger: Ledger, purses: list[int]) -> None:
    """The same transfers as all others, in another order."""
    order = [Transfer(n, purses[n % PURSES], purses[(n + 1 + n // PURSES) % PURSES], 1) for n in range(1, SHARED + 1) if (1 + n // PURSES) % PURSES]
    random.shuffle(order)
    results = [result for at in range(0, len(order), BATCH) for result in ledger.transfer(order[at : at + BATCH])]
    say(ok=results.count(Result.OK), exists=results.count(Result.EXISTS), all=len(order))


def hot(ledger: Ledger, purses: list[int], number: int) -> None:
    """Take from one purse, as much as it will give: more than it has."""
    ids = own(number)
    results = [result for _ in range(8) for result in ledger.transfer([Transfer(next(ids), purses[0], purses[1 + number], 1) for _ in range(BATCH)])]
    say(ok=results.count(Result.OK), refused=results.count(Result.EXCEEDS_CREDITS))


def load(ledger: Ledger, purses: list[int], number: int) -> None:
    """Batches without an end, until `look`: each is sent again with the same ids when the store failed."""
    ids, dice = own(number), random.Random(number)
    while not WORDS:
        batch = [Transfer(next(ids), *dice.sample(purses, 2), 1) for _ in range(BATCH)]
        for again in range(100):
            try:
                results = ledger.transfer(batch)
                break
            except LedgerError as error:
                say(failed=str(error))
                if error.faults[0].code != "MT703" or again == 99:
                    raise
                if error.faults[0].code == "MT705":  # this ledger will not answer again: without an end the parent would fill its memory with our complaints
                    raise
        say(kept=[t.id for t, result in zip(batch, results, strict=True) if result in (Result.OK, Result.EXISTS)], again=results.count(Result.EXISTS))


WORDS: list[str] = []


def main() -> None:
    address, number, task = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with Ledger(PostgresStore(address)) as ledger:
        _, purses = accounts(ledger)
        say(ready=True)
        sys.stdin.readline()
        if task == "load":
            listener = threading.Thread(target=lambda: WORDS.append(sys.stdin.readline()), daemon=True)
            listener.start()
            load(ledger, purses, number)
            listener.join()
        else:
            shared(ledger, purses) if task == "shared" else hot(ledger, purses, number)
        say(done=True)
        sys.stdin.readline()
        ledger.execute(lambda draft: None)  # what others wrote
        seq, last = ledger.head
        say(head=[seq, last.hex()], balances=[list(ledger.balance(account)) for account in ledger.accounts()])


if __name__ == "__main__":
    main()
