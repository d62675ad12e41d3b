"""The auditor's look at a projection: every row that it answers with, against the journal. It asks as any reader would, so any store's projection will do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from .codec import decode
from .store import GENESIS, Record
from .types import Form, Transfer
from .views import Known, Line, Page, Posted, Progress, Views, Written

PAGE = 5_000
REBUILD = "`mintage ledger rebuild` makes it anew from the journal"


class Found(Protocol):
    """Where faults are gathered."""

    seq: int

    def fault(self, code: str, where: str, found: str, expected: str = "", hint: str = "") -> None: ...


class Source(Protocol):
    """The journal."""

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Record]: ...


def compare_index(found: Found, journal: Source, index: Views, progress: Progress | None = None) -> None:
    """All rows up to the record that the index stands at now; it may go on meanwhile."""

    def fault(where: str, what: str, expected: str) -> None:
        found.fault("MT706", f"index, {where}", what, expected, REBUILD)

    mark = index.mark()
    if mark[0] > found.seq:
        fault(f"record {mark[0]}", "stands at a record that was not read", f"at most record {found.seq}")
        return
    here = next(iter(journal.read(mark[0] - 1, mark[0])), None) if mark[0] else Record(0, GENESIS, b"")
    if here is None or here.hash != mark[1]:
        fault(f"record {mark[0]}", "was made from another journal", "the hash of that record")
        return
    check = _Check(index, mark[0], fault)
    if check.rows(journal, progress):
        check.names()
        check.entries()
        check.sums()


class _Check:
    """One comparison, up to record `upto`."""

    def __init__(self, index: Views, upto: int, fault: Any) -> None:
        self.index, self.upto, self.fault = index, upto, fault
        self.transfers = 0
        self.accounts: dict[int, Known] = {}
        self.reasons: dict[int, str] = {}
        self.open: dict[int, Transfer] = {}
        self.moved: dict[str, dict[tuple[int, str], list[int]]] = {"reason": {}, "epoch": {}}

    def rows(self, journal: Source, progress: Progress | None) -> bool:
        """Transfers and notes in order. False after the first difference: the rest would only repeat it."""
        rows, notes = self._upto(self._pages_of_transfers()), self._upto(self._pages_of_notes())
        for record in journal.read(0, self.upto):
            batch = decode(record.body)
            for number, account, limits in batch.opened:
                self.accounts[number] = Known(number, account, limits)
            for number, limits, _, _ in batch.limits:
                self.accounts[number] = self.accounts[number]._replace(limit=limits)
            self.reasons.update(batch.reasons)
            for idx, t in enumerate(batch.transfers):
                expected = Posted(record.seq, idx, batch.time_ns, self._whole(t))
                row = next(rows, None)
                if row != expected:
                    self.fault(f"record {record.seq}, transfer {idx}", f"has {row}", f"{expected}")
                    return False
                self._sum(expected.transfer)
            for note in batch.notes:
                written, wanted = next(notes, None), Written(record.seq, note.topic, note.body, note.first, note.count)
                if written != wanted:
                    self.fault(f"record {record.seq}, note '{note.topic}'", f"has {written}", f"{wanted}")
                    return False
            self.transfers += len(batch.transfers)
            if progress:
                progress(record.seq, self.upto)
        for extra in (next(rows, None), next(notes, None)):
            if extra is not None:
                self.fault(f"record {extra.seq}", f"has {extra}", "nothing more")
                return False
        return True

    def _whole(self, t: Transfer) -> Transfer:
        """With the accounts of the pending transfer that it ends."""
        if t.form == Form.PENDING:
            self.open[t.id] = t
        elif t.form > Form.PENDING:
            begun = self.open.pop(t.pending, t)
            return t._replace(debit=begun.debit, credit=begun.credit)
        return t

    def _sum(self, t: Transfer) -> None:
        if t.form in (Form.MOVE, Form.POST):
            asset = self.accounts[t.debit].account.asset
            for by, key in (("reason", t.reason), ("epoch", t.epoch)):
                total = self.moved[by].setdefault((key, asset), [0, 0])
                total[0] += 1
                total[1] += t.amount

    def _upto(self, rows: Iterator[Any]) -> Iterator[Any]:
        for row in rows:
            if row.seq > self.upto:
                return
            yield row

    def _pages_of_transfers(self) -> Iterator[Posted]:
        page: Page[Posted] = self.index.transfers(limit=PAGE)
        yield from page.rows
        while page.cursor:
            page = self.index.transfers(limit=PAGE, cursor=page.cursor)
            yield from page.rows

    def _pages_of_notes(self) -> Iterator[Written]:
        page = self.index.notes(limit=PAGE)
        yield from page.rows
        while page.cursor:
            page = self.index.notes(limit=PAGE, cursor=page.cursor)
            yield from page.rows

    def _lines(self, account: int) -> Iterator[Line]:
        page = self.index.statement(account, limit=PAGE)
        yield from page.rows
        while page.cursor:
            page = self.index.statement(account, limit=PAGE, cursor=page.cursor)
            yield from page.rows

    def names(self) -> None:
        """Accounts with their limits, and reasons. What came meanwhile is behind ours."""
        known = {row.number: row for row in self.index.accounts()}
        for number, ours in self.accounts.items():
            if known.get(number) != ours and self._still():
                self.fault(f"account {number}", f"has {known.get(number)}", f"{ours}")
        reasons = self.index.reasons()
        for number, text in self.reasons.items():
            if reasons.get(number) != text:
                self.fault(f"reason {number}", f"has '{reasons.get(number)}'", f"'{text}'")

    def entries(self) -> None:
        """Each running total is the one before and what its transfer did."""
        seen = 0
        for number, known in self.accounts.items():
            totals = (0, 0, 0, 0)
            for line in self._upto(self._lines(number)):
                seen += 1
                totals = self._after(totals, line)
                if tuple(line.after) != totals:
                    self.fault(f"record {line.seq}, transfer {line.idx}", f"leaves {known.account} with {tuple(line.after)}", f"{totals}")
                    break
            else:
                continue
            return
        if seen != 2 * self.transfers:
            self.fault("entries", f"are {seen}", f"{2 * self.transfers}: two of each transfer")

    def _after(self, totals: tuple[int, ...], line: Line) -> tuple[int, int, int, int]:
        side = 0 if line.sign < 0 else 1
        new = list(totals)
        if line.form in (Form.MOVE, Form.POST):
            new[side] += line.amount
        if line.form == Form.PENDING:
            new[2 + side] += line.amount
        elif line.form > Form.PENDING:
            own = self.index.where(line.id)
            begun = self.index.where(own.transfer.pending) if own else None
            new[2 + side] -= begun.transfer.amount if begun else 0
        return new[0], new[1], new[2], new[3]

    def sums(self) -> None:
        """Totals by reason and epoch, when the index has not gone on since."""
        for by, ours in self.moved.items():
            rows = {(total.key, total.asset): [total.count, total.debits] for total in self.index.totals(by)}
            for key in sorted(rows.keys() | ours.keys()):
                if rows.get(key) != ours.get(key) and self._still():
                    self.fault(f"total of {by} {key[0]} in {key[1]}", f"is {rows.get(key)}", f"{ours.get(key)}")

    def _still(self) -> bool:
        return self.index.mark()[0] == self.upto
