"""The state of a ledger and how a record changes it: pure, so that the same records lead to the same state everywhere.

A record is open between `begin` and `settle`. What is done in it may be undone down to a `mark`; what others may read (`settled`) is the
state before it. Balances are Python ints in lists indexed by account number.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from mintage.errors import Fault, LedgerError
from mintage.ledger.codec import TRANSFER, ZERO16, Batch, Limiting, Note, Opened, damaged, pack
from mintage.ledger.past import Filter, Nothing, Past
from mintage.ledger.rules import CREDITS_ONLY, DEBITS_ONLY, FROZEN, NO_OVERDRAFT, judge
from mintage.ledger.types import AMOUNT_MAX, Account, Balance, Form, Limit, Result, Transfer

SECOND = 10**9
_PENDING_ID = slice(48, 64)  # of a packed transfer


class Hold(NamedTuple):
    """What an open pending transfer has set aside, until `deadline` [ns]; 0: for ever."""

    debit: int
    credit: int
    amount: int
    deadline: int


class Mark(NamedTuple):
    """How much of the open record there was."""

    opened: int
    named: int
    limitings: int
    accepted: int
    notes: int


class Books:
    """Accounts, balances, pending transfers and recent ids. One thread at a time."""

    def __init__(self) -> None:
        self.time_ns = self.now = 0  # of the last record; of the open one
        self.accounts: list[Account] = [Account("", "")]  # by number; 0 is none
        self.numbers: dict[Account, int] = {}
        self.limits: list[int] = [FROZEN]
        self.assets: list[int] = [-1]  # a number for each asset
        self.debits, self.credits = [0], [0]
        self.debits_pending, self.credits_pending = [0], [0]
        self.reasons: list[str] = [""]  # by number; 0 is none
        self.reason_numbers: dict[str, int] = {"": 0}
        self.holds: dict[int, Hold] = {}
        self.ended: dict[int, int] = {}  # pending id -> form of what ended it, as long as that is recent
        self.recent: dict[int, bytes] = {}  # id -> packed transfer
        self.old = Filter()
        self.past: Past = Nothing()
        self.forgotten = 0  # records up to this one are in `old`, not in `recent`
        self._window: deque[tuple[int, list[bytes]]] = deque()
        self._codes: dict[str, int] = {}
        self._deadlines: list[tuple[int, int]] = []
        # the asset's number where a plain move may debit or credit, else a number of no asset: one comparison tells that nothing is in the way
        self._out, self._into = [-1], [-2]
        self._start()

    def _start(self) -> None:
        """An empty record."""
        self.opened: list[Opened] = []
        self.named: list[tuple[int, str]] = []
        self.limitings: list[Limiting] = []
        self.accepted: list[Transfer] = []
        self.packed: list[bytes] = []
        self.notes: list[Note] = []
        self._limits_before: list[int] = []
        self._closed: dict[int, Hold] = {}
        self._moved: dict[int, list[int]] | None = None

    # --- the open record

    def begin(self, time_ns: int) -> None:
        """Open a record at this time; pending transfers that are due expire first."""
        assert time_ns > self.time_ns and not self.dirty
        self.now = time_ns
        due = self._deadlines
        while due and due[0][0] <= time_ns:
            deadline, id = heappop(due)
            hold = self.holds.get(id)
            if hold and hold.deadline == deadline:
                t = Transfer(self._expiry_id(id), hold.debit, hold.credit, 0, form=int(Form.EXPIRE), pending=id)
                self._enter(t, pack(t))

    def _expiry_id(self, pending: int) -> int:
        """Derived from the pending one's, so that a replay finds the same; counted on when someone has taken it."""
        for tried in range(2**16):
            id = int.from_bytes(sha256(b"mintage expire" + pending.to_bytes(16, "big") + tried.to_bytes(2, "big")).digest()[:16], "big")
            if id and id not in self.recent and not (self.old and self.old.perhaps(id.to_bytes(16, "big")) and self.past.find(id)):
                return id
        raise AssertionError("65,536 hashes are taken")

    @property
    def dirty(self) -> bool:
        """Whether the open record holds anything."""
        return bool(self.accepted or self.opened or self.named or self.limitings or self.notes)

    @property
    def next_deadline(self) -> int:
        """When the next pending transfer may be due [ns]; 0: none."""
        return self._deadlines[0][0] if self._deadlines else 0

    def batch(self) -> Batch:
        """The open record."""
        return Batch(self.now, self.opened, self.named, self.limitings, self.accepted, self.notes)

    def settle(self, seq: int) -> None:
        """The open record is durable as number `seq`."""
        self.time_ns = self.now
        if self.packed:
            self._window.append((seq, self.packed))
        self._start()

    def mark(self) -> Mark:
        return Mark(len(self.opened), len(self.named), len(self.limitings), len(self.accepted), len(self.notes))

    def undo(self, mark: Mark) -> None:
        """Take back what was done since the mark."""
        for t in reversed(self.accepted[mark.accepted :]):
            self._leave(t)
        del self.accepted[mark.accepted :], self.packed[mark.accepted :], self.notes[mark.notes :]
        while len(self.limitings) > mark.limitings:
            self._limit(self.limitings.pop().number, self._limits_before.pop())
        while len(self.named) > mark.named:
            self.named.pop()
            del self.reason_numbers[self.reasons.pop()]
        for number, account, _ in reversed(self.opened[mark.opened :]):
            del self.numbers[account]
            for column in (self.accounts, self.limits, self.assets, self.debits, self.credits):
                del column[number]
            for column in (self.debits_pending, self.credits_pending, self._out, self._into):
                del column[number]
        del self.opened[mark.opened :]

    # --- accounts, reasons, notes

    def open(self, account: Account, limits: Limit) -> int:
        """The number of the account, opened now when it is new. Errors: LedgerError MT704."""
        number = self.numbers.get(account)
        if number is not None:
            return number
        _name_fits(account)
        number = self.numbers[account] = len(self.accounts)
        self.accounts.append(account)
        self.assets.append(self._codes.setdefault(account.asset, len(self._codes)))
        for totals in (self.debits, self.credits, self.debits_pending, self.credits_pending, self.limits, self._out, self._into):
            totals.append(0)
        self._limit(number, limits)
        self.opened.append(Opened(number, account, Limit(limits)))
        return number

    def limit(self, number: int, limits: Limit, why: str) -> None:
        """Change what an account refuses, from here on. Errors: LedgerError MT704 when it is overdrawn and may no longer be."""
        before = self.limits[number]
        if before == limits:
            return
        balance = self.balance(number)
        if limits & ~before & NO_OVERDRAFT and balance.available < 0:
            raise LedgerError(Fault("MT704", str(self.accounts[number]), f"is overdrawn by {-balance.available} base units", "cover it before it is limited"))
        _text_fits(why, "the reason of a limit")
        self._limit(number, limits)
        self._limits_before.append(before)
        self.limitings.append(Limiting(number, Limit(limits), why, len(self.accepted)))

    def limits_before(self) -> Iterator[tuple[Limiting, int]]:
        """The changes of limits of the open record, each with what held before it."""
        return zip(self.limitings, self._limits_before, strict=True)

    def _limit(self, number: int, limits: int) -> None:
        self.limits[number] = int(limits)
        self._out[number] = -1 if limits & (FROZEN | CREDITS_ONLY) else self.assets[number]
        self._into[number] = -2 if limits & (FROZEN | DEBITS_ONLY) else self.assets[number]

    def reason(self, text: str) -> int:
        """The number of a reason, named now when it is new; 0 is the empty one."""
        number = self.reason_numbers.get(text)
        if number is None:
            _text_fits(text, "a reason")
            number = self.reason_numbers[text] = len(self.reasons)
            self.reasons.append(text)
            self.named.append((number, text))
        return number

    # --- transfers

    def apply(self, transfers: Sequence[Transfer]) -> list[Result]:
        """Judge and enter transfers in order. The answers' order of rules stands in `rules`."""
        revived = self._revive(transfers) if self.old else ()
        try:
            return self._apply(transfers)
        finally:
            for id in revived:
                del self.recent[id]

    def _apply(self, transfers: Sequence[Transfer]) -> list[Result]:
        """The loop. A plain move with nothing in its way is entered right here: that is what most transfers are."""
        out, into, limits, recent, reasons = self._out, self._into, self.limits, self.recent, len(self.reasons)
        debits, credits, debits_pending, credits_pending = self.debits, self.credits, self.debits_pending, self.credits_pending
        struct_pack, zero, top, strict, good = TRANSFER.pack, ZERO16, AMOUNT_MAX, NO_OVERDRAFT, Result.OK
        accept, keep = self.accepted.append, self.packed.append
        results: list[Result] = []
        answer = results.append
        rest = iter(transfers)
        for t in rest:
            id, debit, credit, amount, reason, epoch, form, linked, pending, timeout = t
            try:
                if not (form or linked or pending or timeout or id in recent or out[debit] != into[credit] or debit == credit or reason >= reasons):
                    less = debits[debit] + amount
                    more = credits[credit] + amount
                    if (
                        amount
                        and id
                        and less + debits_pending[debit] <= (credits[debit] if limits[debit] & strict else top)
                        and more + credits_pending[credit] <= top
                    ):
                        packed = struct_pack(id.to_bytes(16, "big"), amount.to_bytes(32, "big"), zero, debit, credit, epoch, reason, 0, 0, 0)
                        debits[debit] = less
                        credits[credit] = more
                        recent[id] = packed
                        accept(t)
                        keep(packed)
                        answer(good)
                        continue
            except (IndexError, OverflowError, struct.error):
                pass  # a field out of bounds: `judge` says which
            if not linked:
                answer(self._one(t))
                continue
            chain = [t]
            for t in rest:
                chain.append(t)
                if not t.linked:
                    break
            results += self._chain(chain)
        return results

    def _one(self, t: Transfer) -> Result:
        result, t = judge(self, t)
        if result is Result.OK:
            self._enter(t, pack(t))
        return result

    def _chain(self, chain: list[Transfer]) -> list[Result]:
        """All of them or none."""
        if chain[-1].linked:
            return [Result.LINKED_FAILED] * (len(chain) - 1) + [Result.CHAIN_OPEN]
        mark, results = self.mark(), list[Result]()
        for t in chain:
            results.append(self._one(t))
            if results[-1] not in (Result.OK, Result.EXISTS):
                break
        if len(set(results)) == 1 and len(results) == len(chain) and results[0] in (Result.OK, Result.EXISTS):
            return results
        self.undo(mark)
        results += [Result.LINKED_FAILED] * (len(chain) - len(results))
        return [Result.LINKED_FAILED if r is Result.OK else r for r in results]

    def _enter(self, t: Transfer, packed: bytes) -> None:
        """Change the totals by a transfer that was judged good."""
        debit, credit, amount = t.debit, t.credit, t.amount
        if t.form == Form.PENDING:
            deadline = self.now + t.timeout * SECOND if t.timeout else 0
            self.debits_pending[debit] += amount
            self.credits_pending[credit] += amount
            self.holds[t.id] = Hold(debit, credit, amount, deadline)
            if deadline:
                heappush(self._deadlines, (deadline, t.id))
        else:
            if t.form != Form.MOVE:
                hold = self._closed[t.pending] = self.holds.pop(t.pending)
                self.debits_pending[debit] -= hold.amount
                self.credits_pending[credit] -= hold.amount
                self.ended[t.pending] = int(t.form)
            self.debits[debit] += amount  # VOID and EXPIRE: 0
            self.credits[credit] += amount
        self.recent[t.id] = packed
        self.accepted.append(t)
        self.packed.append(packed)

    def _leave(self, t: Transfer) -> None:
        """The reverse of `_enter`."""
        debit, credit, amount = t.debit, t.credit, t.amount
        del self.recent[t.id]
        if t.form == Form.PENDING:
            self.debits_pending[debit] -= amount
            self.credits_pending[credit] -= amount
            del self.holds[t.id]  # its deadline is skipped when it comes
            return
        self.debits[debit] -= amount
        self.credits[credit] -= amount
        if t.form != Form.MOVE:
            hold = self.holds[t.pending] = self._closed.pop(t.pending)
            self.debits_pending[debit] += hold.amount
            self.credits_pending[credit] += hold.amount
            del self.ended[t.pending]

    # --- ids

    def _revive(self, transfers: Sequence[Transfer]) -> list[int]:
        """Bring back what was let go and is used again; a vectorised look at the filter finds nearly all that are new."""
        ids = [t.id for t in transfers if 0 < t.id < 2**128 and t.id not in self.recent]
        revived = []
        for at in self.old.perhaps(b"".join(id.to_bytes(16, "big") for id in ids)):
            found = self.past.find(ids[at])
            if found is not None and found.id not in self.recent:
                self.recent[found.id] = pack(found)
                revived.append(found.id)
        return revived

    def how_ended(self, pending: int) -> int:
        """The form of what ended this pending transfer; -1 when there is none of this id."""
        form = self.ended.get(pending)
        if form is None and pending and self.old and self.old.perhaps(pending.to_bytes(16, "big")):
            ending = self.past.ending(pending)
            form = ending and int(ending.form)
        return -1 if form is None else form

    def restore_deadlines(self) -> None:
        """Know again when open pending transfers are due."""
        self._deadlines = [(hold.deadline, id) for id, hold in self.holds.items() if hold.deadline]
        heapify(self._deadlines)

    def recall(self, seq: int, packed: list[bytes]) -> None:
        """Know the ids of a record again whose effects are in the balances already."""
        whole, recent = int.from_bytes, self.recent
        for p in packed:
            recent[whole(p[:16], "big")] = p
            if p[-2] >= Form.POST:
                self.ended[whole(p[_PENDING_ID], "big")] = p[-2]
        if packed:
            self._window.append((seq, packed))

    def forget(self, upto: int) -> None:
        """Let go of the ids of records up to this one: they are asked of `past` from now on."""
        whole = int.from_bytes
        while self._window and self._window[0][0] <= upto:
            _, packed = self._window.popleft()
            self.old.add(b"".join([p[:16] for p in packed]))
            for p in packed:
                del self.recent[whole(p[:16], "big")]
                if p[-2] >= Form.POST:
                    del self.ended[whole(p[_PENDING_ID], "big")]
        self.forgotten = max(self.forgotten, upto)

    # --- reading

    def balance(self, number: int) -> Balance:
        """The totals with the open record."""
        return Balance(self.debits[number], self.credits[number], self.debits_pending[number], self.credits_pending[number])

    def settled(self, number: int) -> Balance:
        """The totals without the open record."""
        balance = self.balance(number)
        if not self.accepted:
            return balance
        if self._moved is None:
            self._moved = self._movements()
        moved = self._moved.get(number)
        return Balance(*(a - b for a, b in zip(balance, moved, strict=True))) if moved else balance

    def _movements(self) -> dict[int, list[int]]:
        """What the open record did to each account."""
        out: dict[int, list[int]] = {}
        for t in self.accepted:
            debit, credit = out.setdefault(t.debit, [0, 0, 0, 0]), out.setdefault(t.credit, [0, 0, 0, 0])
            if t.form == Form.PENDING:
                aside, amount = t.amount, 0
            else:
                aside, amount = (-self._closed[t.pending].amount if t.form != Form.MOVE else 0), t.amount
            debit[0] += amount
            credit[1] += amount
            debit[2] += aside
            credit[3] += aside
        return out

    # --- replay

    def replay(self, batch: Batch, seq: int) -> None:
        """Enter a record of the journal. Errors: LedgerError MT702 when it could not have been accepted; this state is then of no use."""
        where = f"record {seq}"
        if batch.time_ns <= self.time_ns:
            raise damaged("is not later than the one before", where)
        self.begin(batch.time_ns)
        done = len(self.accepted)
        if self.accepted != batch.transfers[:done]:
            raise damaged("does not expire the pending transfers that are due", where)
        try:
            for number, account, limits in batch.opened:
                if account in self.numbers or self.open(account, limits) != number:
                    raise damaged(f"does not open {account} with the next number", where)
            for number, text in batch.reasons:
                if text in self.reason_numbers or self.reason(text) != number:
                    raise damaged("does not name a reason with the next number", where)
            for number, limits, why, at in batch.limits:
                if not (done <= at and 0 < number < len(self.accounts)):
                    raise damaged("changes limits out of order, or of no account", where)
                self._again(batch.transfers[done:at], where)
                done = at
                self.limit(number, limits, why)
            self._again(batch.transfers[done:], where)
        except LedgerError as error:
            raise error if error.faults[0].code == "MT702" else damaged(error.faults[0].found, where) from None
        if len(self.limitings) != len(batch.limits):
            raise damaged("changes limits to what they were", where)
        self.notes += batch.notes
        self.settle(seq)

    def _again(self, transfers: list[Transfer], where: str) -> None:
        for t, result in zip(transfers, self.apply(transfers), strict=True):
            if result is not Result.OK:
                raise damaged(f"transfer {t.id:032x} breaks the rule {result.name}", where)


def _name_fits(account: Account) -> None:
    asset, kind, owner, lot = account
    names: Iterable[str] = (asset, kind)
    if not all(0 < len(name) <= 64 and name.isprintable() and not set(name) & set("/:# ") for name in names) or not -1 <= lot < 2**31:
        raise LedgerError(
            Fault("MT704", repr(str(account)), "cannot be opened", "asset and kind of 1 to 64 characters, none of / : # or space; lot from 0, or -1")
        )
    if len(owner) > 255 or not owner.isprintable() or "#" in owner:
        raise LedgerError(Fault("MT704", repr(str(account)), "cannot be opened", "an owner of at most 255 printable characters, without #"))


def _text_fits(text: str, what: str) -> None:
    if len(text) > 1000 or not text.isprintable():
        raise LedgerError(Fault("MT704", repr(text[:60]), f"cannot be {what}", "at most 1,000 printable characters"))
