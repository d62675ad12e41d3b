"""What each transfer of a batch did to its two accounts. The journal has been checked when it was written: nothing is judged here.

A projection and an export read the journal through this; the auditor does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .types import Form, Transfer

Totals = list[int]  # debits, credits, debits pending, credits pending
Aside = tuple[int, int, int]  # the debit and credit account of a pending transfer, and what it set aside


class Unfold:
    """Running totals, carried from batch to batch. What is not in memory is asked for: `totals` of an account, the `aside` of a pending id."""

    def __init__(self, totals: Callable[[int], Totals] = lambda number: [0, 0, 0, 0], aside: Callable[[int], Aside] | None = None) -> None:
        self._totals, self._aside = totals, aside
        self.running: dict[int, Totals] = {}
        self.open: dict[int, Aside] = {}

    def each(self, transfers: Iterable[Transfer]) -> Iterator[tuple[int, Transfer, int, int, Totals, Totals]]:
        """(idx, transfer, debit, credit, debit's totals, credit's totals), the accounts and totals as they are behind that transfer.

        The totals are the running ones: copy what is to be kept.
        """
        running, open_ = self.running, self.open
        for idx, transfer in enumerate(transfers):
            form, amount = transfer.form, transfer.amount
            if form <= Form.PENDING:
                debit, credit, aside = transfer.debit, transfer.credit, 0
            else:
                debit, credit, aside = self._end(transfer.pending)
            d = running.get(debit) or self._load(debit)
            c = running.get(credit) or self._load(credit)
            if form == Form.PENDING:
                d[2] += amount
                c[3] += amount
                open_[transfer.id] = (debit, credit, amount)
            else:
                if aside:
                    d[2] -= aside
                    c[3] -= aside
                if form <= Form.POST:
                    d[0] += amount
                    c[1] += amount
            yield idx, transfer, debit, credit, d, c

    def _load(self, number: int) -> Totals:
        found = self.running[number] = self._totals(number)
        return found

    def _end(self, pending: int) -> Aside:
        found = self.open.pop(pending, None)
        if found is None:
            assert self._aside is not None, "a pending transfer ends that never began"
            found = self._aside(pending)
        return found
