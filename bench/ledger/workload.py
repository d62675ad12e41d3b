"""One workload for every row: deterministic, 18 decimals, 100,000 accounts unless said otherwise."""

from __future__ import annotations

import random
from collections.abc import Iterator

from mintage.ledger import Ledger, Limit, Result, Transfer
from mintage.ledger.types import Account

ACCOUNTS = 100_000
OPENING = 10**24
SCALE = 10**15
HOT = 5
Row = tuple[int, int, int, int]  # id, debit, credit, amount


def rows(count: int, numbers: list[int], hot: bool = False, start: int = 0) -> list[Row]:
    """Payments of 0.001 to 1 from the lower half of the accounts, or from one of them, to the upper half."""
    rng, half, last = random.Random(start + 7), len(numbers) // 2, len(numbers) - 1
    pick = rng.random
    out = []
    for i in range(start, start + count):
        debit = HOT if hot else 1 + int(pick() * (half - 1))
        out.append(((7 << 64) + i + 1, numbers[debit], numbers[half + int(pick() * (last - half))], (1 + int(pick() * 999)) * SCALE))
    return out


def parts(whole: list[Row], size: int) -> Iterator[list[Row]]:
    for at in range(0, len(whole), size):
        yield whole[at : at + size]


def accounts(ledger: Ledger, count: int = ACCOUNTS) -> list[int]:
    """Numbers of the mint, which may overdraw, and `count` purses that may not and hold OPENING each; made the first time."""
    mint = ledger.number(Account("TOK", "issuance"))
    if mint is not None:
        return list(range(mint, mint + count + 1))

    def opened(draft):
        first = draft.open(Account("TOK", "issuance"), Limit.NONE)
        return [first, *(draft.open(Account("TOK", "purse", f"p{i}"), Limit.NO_OVERDRAFT) for i in range(count))]

    numbers = ledger.execute(opened)
    results = ledger.transfer([Transfer(i, numbers[0], number, OPENING) for i, number in enumerate(numbers[1:], 1)])
    assert set(results) == {Result.OK}
    ledger.execute(lambda draft: None)  # behind the snapshot that so many transfers may bring
    return numbers


def totals(ledger: Ledger, numbers: list[int]) -> tuple[int, int, int]:
    """Debits and credits of all purses without their opening, and the last record."""
    found = [ledger.balance(n) for n in numbers[1:]]
    assert ledger.total("TOK") == 0
    return sum(b.debits for b in found), sum(b.credits for b in found) - OPENING * len(found), ledger.head[0]


def checked(ledger: Ledger, numbers: list[int], whole: list[Row]) -> tuple[int, int, int]:
    """Debits = credits = what was sent, and the first thousand sent again change nothing. AssertionError when not so."""
    wanted, before = sum(r[3] for r in whole), totals(ledger, numbers)
    assert before[:2] == (wanted, wanted), f"{before} where {wanted} was sent"
    again = ledger.transfer([Transfer(*r) for r in whole[:1000]])
    assert set(again) == {Result.EXISTS}, f"sent again: {set(again)}"
    assert totals(ledger, numbers) == before
    return before
