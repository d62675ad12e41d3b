"""The journal as beancount text: a transaction for each transfer or chain, and at the end the balance of each account to be checked.

`issuance`, `burned` and `external` stand under Equity, all else under Assets; what is credited here is positive there. A pending transfer
moves nothing until it is posted, so it is left out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from ..errors import Fault, UsageError
from .types import Account
from .walk import Step, Walk, clock, units

OUTSIDE = {"issuance", "burned", "external"}
DIGITS = 28  # beancount adds with so many: a longer amount does not come out even there, a longer balance is not checked


class Names:
    """Names that beancount takes, one for each of ours."""

    def __init__(self) -> None:
        self._accounts: dict[Account, str] = {}
        self._assets: dict[str, str] = {}
        self._used: set[str] = set()

    def account(self, account: Account) -> str:
        if account not in self._accounts:
            # Always four parts: an account below another would be counted in the other's balance.
            owner = (account.owner or "All") + (f"-lot{account.lot}" if account.lot >= 0 else "")
            root = "Equity" if account.kind in OUTSIDE else "Assets"
            self._accounts[account] = self._new(":".join([root, *map(component, (account.kind, account.asset, owner))]))
        return self._accounts[account]

    def asset(self, asset: str) -> str:
        if asset not in self._assets:
            name = re.sub(r"[^A-Z0-9'._-]", "-", asset.upper())
            name = name if name[:1].isalpha() else f"X{name}"
            self._assets[asset] = self._new(name if name[-1].isalnum() else f"{name}0")
        return self._assets[asset]

    def _new(self, name: str) -> str:
        """`name`, or with a number behind it when another of ours has that name."""
        found, n = name, 2
        while found in self._used:
            found, n = f"{name}-{n}", n + 1
        self._used.add(found)
        return found


def component(text: str) -> str:
    """A part of an account's name: a capital or digit, then letters, digits and dashes."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", text)
    name = name[:1].upper() + name[1:]
    return name if name[:1].isalnum() else f"X{name}"


def quoted(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'


def day(time_ns: int) -> str:
    return clock(time_ns)[:10]


class Writer:
    """Writes what a walk comes by."""

    def __init__(self, walk: Walk, file: IO[str]) -> None:
        self.walk, self.file, self.names = walk, file, Names()
        self.opened: set[int] = set()
        self.chain: list[Step] = []
        self.count = 0

    def number(self, value: int, account: Account) -> str:
        """With the asset's decimals and its commodity."""
        return f"{units(value, self.walk.decimals.get(account.asset, 0))} {self.names.asset(account.asset)}"

    def open(self, number: int, time_ns: int) -> None:
        if number not in self.opened:
            self.opened.add(number)
            account = self.walk.accounts[number]
            line = f"{day(time_ns)} open {self.names.account(account)} {self.names.asset(account.asset)}"
            self.file.write(f"{line}\n  ledger: {quoted(str(account))}\n")

    def step(self, step: Step) -> None:
        """Gather a chain; write it when it ends."""
        self.count += 1
        if step.moved:
            self.chain.append(step)
        if not step.linked and self.chain:
            self.transaction(self.chain)
            self.chain = []

    def transaction(self, chain: list[Step]) -> None:
        for number in (n for s in chain for n in (s.debit, s.credit)):
            self.open(number, chain[0].time_ns)
        reasons = dict.fromkeys(s.reason for s in chain if s.reason)
        first, lines = chain[0], []
        lines.append(f"{day(first.time_ns)} * {quoted(', '.join(reasons))}")
        lines += [f'  id: "{first.id:032x}"', f'  place: "{first.seq}.{first.idx}"', f'  time: "{clock(first.time_ns)}"', f'  epoch: "{first.epoch}"']
        for s in chain:
            if len(str(s.moved).rstrip("0")) > DIGITS:
                place = f"record {s.seq}, transfer {s.idx}"
                raise UsageError(Fault("MT711", place, f"moves {s.moved} units", f"at most {DIGITS} digits", "export it as .csv or .parquet"))
            debit, credit = self.walk.accounts[s.debit], self.walk.accounts[s.credit]
            lines.append(f"  {self.names.account(debit)}  {self.number(-s.moved, debit)}")
            lines.append(f"  {self.names.account(credit)}  {self.number(s.moved, credit)}")
        self.file.write("\n".join(lines) + "\n\n")

    def balances(self) -> None:
        """What each account holds at the end, as beancount is to find it the day after."""
        if not self.opened:
            return
        after = (datetime.fromtimestamp(self.walk.time_ns // 10**9, UTC) + timedelta(days=1)).date().isoformat()
        for number in sorted(self.opened):
            account, totals = self.walk.accounts[number], self.walk.unfold.running[number]
            if len(str(max(totals[:2]))) <= DIGITS:
                amount, _, commodity = self.number(totals[1] - totals[0], account).partition(" ")
                self.file.write(f"{after} balance {self.names.account(account)}  {amount} ~ 0 {commodity}\n")


def write_beancount(walk: Walk, path: Path) -> int:
    """Returns the number of transfers, those left out too."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('option "title" "A ledger of Mintage"\n\n')
        writer = Writer(walk, file)
        for step in walk.steps():
            writer.step(step)
        writer.balances()
        return writer.count
