"""The auditor's own reading of the rules: it replays the journal with nothing of `books`, and says where a transfer breaks one.

Written from the words of `types`, not from the state machine, so that a mistake in one is not in the other.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from .codec import Batch
from .types import AMOUNT_MAX, ID_MAX, Account, Balance, Form, Limit, Transfer

SECOND = 10**9
NO_OVERDRAFT, CREDITS_ONLY, DEBITS_ONLY, FROZEN = (int(limit) for limit in (Limit.NO_OVERDRAFT, Limit.CREDITS_ONLY, Limit.DEBITS_ONLY, Limit.FROZEN))
Totals = list[int]  # debits, credits, debits pending, credits pending, number of the asset, limits


class Aside(NamedTuple):
    """A pending transfer that has not ended."""

    debit: int
    credit: int
    amount: int
    until_ns: int  # 0: for ever


class Replay:
    """All balances, recomputed. `fault(where, found, expected)` is called for every rule that is broken."""

    def __init__(self, fault: Callable[[str, str, str], None]) -> None:
        self._fault = fault
        self.accounts: list[Account] = [Account("", "", "")]  # by number; 0 is none
        self.totals: list[Totals] = [[0, 0, 0, 0, 0, 0]]
        self.names: set[Account] = set()
        self.assets: dict[str, int] = {}
        self.reasons, self.texts = 0, set[str]()
        self.open: dict[int, Aside] = {}
        self._deadlines: list[tuple[int, int]] = []
        self._due: set[int] = set()
        self.time_ns = 0
        self.seq = 0
        self.count = 0

    def balance(self, number: int) -> Balance:
        d, c, dp, cp, _, _ = self.totals[number]
        return Balance(d, c, dp, cp)

    def add(self, seq: int, batch: Batch) -> None:
        """Replay record `seq`."""
        self.seq = seq
        if batch.time_ns <= self.time_ns:
            self._say(None, f"its time {batch.time_ns} is not later than that of record {seq - 1}", f"more than {self.time_ns}")
        self.time_ns = max(self.time_ns, batch.time_ns)
        while self._deadlines and self._deadlines[0][0] <= self.time_ns:
            id = heappop(self._deadlines)[1]
            if id in self.open:
                self._due.add(id)
        self._open(batch)
        self.count += len(batch.transfers)
        if batch.limits:
            done = 0
            for number, limits, _, at in batch.limits:
                if at < done:
                    self._say(None, f"limits change at transfer {at} behind one at {done}", "changes in order")
                self._move(batch.transfers[done:at], done)
                done = max(at, done)
                self._limit(number, int(limits))
            self._move(batch.transfers[done:], done)
        else:
            self._move(batch.transfers, 0)
        if batch.transfers and batch.transfers[-1].linked:
            self._say(len(batch.transfers) - 1, "is linked to nothing", "a chain that ends in its record")
        for id in sorted(self._due):
            self._say(None, f"leaves pending {id:x}, whose time is over", "an EXPIRE of it")
        self._due.clear()

    def _say(self, idx: int | None, found: str, expected: str) -> None:
        self._fault(f"record {self.seq}" + ("" if idx is None else f", transfer {idx}"), found, expected)

    def _open(self, batch: Batch) -> None:
        for number, account, limits in batch.opened:
            if number != len(self.accounts):
                self._say(None, f"opens account number {number}", f"number {len(self.accounts)}")
            if account in self.names:
                self._say(None, f"opens {account} again", "a new account")
            self.names.add(account)
            self.accounts.append(account)
            self.totals.append([0, 0, 0, 0, self.assets.setdefault(account.asset, len(self.assets)), int(limits)])
        for number, text in batch.reasons:
            self.reasons += 1
            if number != self.reasons or text in self.texts:
                self._say(None, f"names reason {number} '{text}'", f"a new text with number {self.reasons}")
            self.texts.add(text)

    def _limit(self, number: int, limits: int) -> None:
        if not 0 < number < len(self.totals):
            self._say(None, f"limits account {number}", "an account that was opened")
            return
        totals = self.totals[number]
        if limits & NO_OVERDRAFT and totals[0] + totals[2] > totals[1]:
            self._say(None, f"forbids {self.accounts[number]} to be overdrawn, which it is", "a limit that holds")
        totals[5] = limits

    def _move(self, transfers: list[Transfer], first: int) -> None:
        totals, count, reasons = self.totals, len(self.totals), self.reasons
        for idx, t in enumerate(transfers, first):
            id, debit, credit, amount, reason, _, form, _, pending, timeout = t
            if form or pending or timeout or not (0 < debit < count and 0 < credit < count and id):
                self._seldom(idx, t)
                continue
            d, c = totals[debit], totals[credit]
            d[0] = more = d[0] + amount
            c[1] = also = c[1] + amount
            if d[5] | c[5] or debit == credit or d[4] != c[4] or not amount or reason > reasons or more > AMOUNT_MAX or also > AMOUNT_MAX:
                self._judge(idx, t, debit, credit)

    def _judge(self, idx: int, t: Transfer, debit: int, credit: int) -> None:
        """Say what is wrong with a transfer that has been entered."""
        d, c = self.totals[debit], self.totals[credit]
        names = (self.accounts[debit], self.accounts[credit])
        if debit == credit:
            self._say(idx, f"debits and credits {names[0]}", "two accounts")
        if d[4] != c[4]:
            self._say(idx, f"moves {names[0].asset} to {names[1].asset}", "one asset")
        if t.form <= Form.POST and not 0 < t.amount <= AMOUNT_MAX:
            self._say(idx, f"has the amount {t.amount}", "from 1 to 2^256 - 1")
        if t.reason > self.reasons:
            self._say(idx, f"has reason {t.reason}, which no record names", f"at most {self.reasons}")
        for totals, name in ((d, names[0]), (c, names[1])):
            if totals[0] + totals[2] > AMOUNT_MAX or totals[1] + totals[3] > AMOUNT_MAX:
                self._say(idx, f"brings a total of {name} past 2^256 - 1", "totals that fit 256 bits")
            if totals[5] & FROZEN and t.form not in (Form.VOID, Form.EXPIRE):
                self._say(idx, f"moves on {name}, which is frozen", "no transfer")
        if t.form in (Form.VOID, Form.EXPIRE):
            return
        if d[5] & NO_OVERDRAFT and d[0] + d[2] > d[1]:
            self._say(idx, f"overdraws {names[0]} by {d[0] + d[2] - d[1]}", "debits within credits")
        if d[5] & CREDITS_ONLY:
            self._say(idx, f"debits {names[0]}, which takes credits only", "no debit")
        if c[5] & DEBITS_ONLY:
            self._say(idx, f"credits {names[1]}, which takes debits only", "no credit")

    def _seldom(self, idx: int, t: Transfer) -> None:
        """A transfer that is no plain move, or not a whole one."""
        if not 0 < t.id <= ID_MAX:
            self._say(idx, f"has the id {t.id}", "from 1 to 2^128 - 1")
        if t.timeout and t.form != Form.PENDING:
            self._say(idx, f"has a timeout of {t.timeout} s", "none: it sets nothing aside")
        if t.form > Form.PENDING:
            self._end(idx, t)
            return
        if t.pending:
            self._say(idx, f"names the pending transfer {t.pending:x}", "none: it ends nothing")
        known = [0 < number < len(self.totals) for number in (t.debit, t.credit)]
        if not all(known):
            self._say(idx, f"moves from account {t.debit} to {t.credit}", f"numbers from 1 to {len(self.totals) - 1}")
            return
        d, c = self.totals[t.debit], self.totals[t.credit]
        if t.form == Form.PENDING:
            d[2] += t.amount
            c[3] += t.amount
            until_ns = self.time_ns + t.timeout * SECOND if t.timeout else 0
            self.open[t.id] = Aside(t.debit, t.credit, t.amount, until_ns)
            if until_ns:
                heappush(self._deadlines, (until_ns, t.id))
        else:
            d[0] += t.amount
            c[1] += t.amount
        self._judge(idx, t, t.debit, t.credit)

    def _end(self, idx: int, t: Transfer) -> None:
        """POST, VOID or EXPIRE."""
        aside = self.open.pop(t.pending, None)
        if aside is None:
            self._say(idx, f"ends {t.pending:x}", "a pending transfer that has not ended")
            return
        if (t.debit, t.credit) != (aside.debit, aside.credit):
            self._say(idx, f"moves from account {t.debit} to {t.credit}", f"those that were set aside: {aside.debit} and {aside.credit}")
        if (t.pending in self._due) != (t.form == Form.EXPIRE):
            found = "after the time of what it ends was over" if t.pending in self._due else "before the time of what it ends is over"
            self._say(idx, f"is a {Form(t.form).name} {found}", "an EXPIRE when the time is over, and only then")
        self._due.discard(t.pending)
        if t.amount and t.form != Form.POST:
            self._say(idx, f"has the amount {t.amount}", "none: it gives all back")
        d, c = self.totals[aside.debit], self.totals[aside.credit]
        d[2] -= aside.amount
        c[3] -= aside.amount
        if t.form == Form.POST:
            if t.amount > aside.amount:
                self._say(idx, f"posts {t.amount}", f"at most {aside.amount}, which was set aside")
            d[0] += t.amount
            c[1] += t.amount
        self._judge(idx, t, aside.debit, aside.credit)
