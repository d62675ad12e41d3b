"""A second ledger, written from the words of `types` and `rules` alone: it keeps a list and adds it up anew for every question."""

from __future__ import annotations

from dataclasses import dataclass, field

from mintage.ledger.types import AMOUNT_MAX, ID_MAX, Balance, Form, Limit, Result, Transfer

R = Result


@dataclass
class Naive:
    assets: list[str] = field(default_factory=lambda: [""])  # of each account
    limits: list[Limit] = field(default_factory=lambda: [Limit.FROZEN])
    reasons: int = 0
    entries: list[tuple[Transfer, int]] = field(default_factory=list)  # with the time
    last: int = 0

    def copy(self) -> Naive:
        return Naive(list(self.assets), list(self.limits), self.reasons, list(self.entries), self.last)

    def find(self, id: int) -> Transfer | None:
        return next((t for t, _ in self.entries if t.id == id and t.form != Form.EXPIRE), None)

    def ending(self, pending: int) -> Transfer | None:
        return next((t for t, _ in self.entries if t.form >= Form.POST and t.pending == pending), None)

    def balance(self, number: int) -> Balance:
        out = [0, 0, 0, 0]
        for t, _ in self.entries:
            for side, account in enumerate((t.debit, t.credit)):
                if account != number:
                    continue
                if t.form == Form.PENDING:
                    out[2 + side] += 0 if self.ending(t.id) else t.amount
                else:
                    out[side] += t.amount
        return Balance(*out)

    def submit(self, transfers: list[Transfer], clock: int) -> list[Result]:
        now, before = max(self.last + 1, clock), len(self.entries)
        for t, at in list(self.entries):
            if t.form == Form.PENDING and t.timeout and at + t.timeout * 10**9 <= now and not self.ending(t.id):
                self.entries.append((Transfer(0, t.debit, t.credit, 0, form=Form.EXPIRE, pending=t.id), now))
        results: list[Result] = []
        chain: list[Transfer] = []
        for t in transfers:
            chain.append(t)
            if not t.linked:
                results += self._chain(chain, now)
                chain = []
        if chain:
            results += [R.LINKED_FAILED] * (len(chain) - 1) + [R.CHAIN_OPEN]
        if len(self.entries) > before:
            self.last = now
        return results

    def _chain(self, chain: list[Transfer], now: int) -> list[Result]:
        before = len(self.entries)
        results = []
        for t in chain:
            r = self._judge(t)
            results.append(r)
            if r == R.OK:
                if t.form >= Form.POST:
                    hold = self.find(t.pending)
                    assert hold
                    t = t._replace(debit=hold.debit, credit=hold.credit)
                self.entries.append((t, now))
            elif r != R.EXISTS:
                break
        if len(results) == len(chain) and (all(r == R.OK for r in results) or all(r == R.EXISTS for r in results)):
            return results
        del self.entries[before:]
        results += [R.LINKED_FAILED] * (len(chain) - len(results))
        return [R.LINKED_FAILED if r == R.OK else r for r in results]

    def _judge(self, t: Transfer) -> Result:
        if not 1 <= t.id <= ID_MAX:
            return R.ID_INVALID
        if old := self.find(t.id):
            new = t._replace(debit=t.debit or old.debit, credit=t.credit or old.credit) if t.form in (Form.POST, Form.VOID) else t
            return R.EXISTS if new == old else R.EXISTS_DIFFERENT
        if (
            t.form not in (0, 1, 2, 3)
            or t.reason > self.reasons
            or (t.timeout and t.form != Form.PENDING)
            or (t.pending and t.form in (Form.MOVE, Form.PENDING))
            or (t.form == Form.VOID and t.amount)
        ):
            return R.FIELD_INVALID
        if t.form != Form.VOID and not 1 <= t.amount <= AMOUNT_MAX:
            return R.AMOUNT_INVALID
        return self._end(t) if t.form in (Form.POST, Form.VOID) else self._begin(t)

    def _begin(self, t: Transfer) -> Result:
        if not all(1 <= n < len(self.assets) for n in (t.debit, t.credit)):
            return R.NO_ACCOUNT
        if t.debit == t.credit:
            return R.SAME_ACCOUNT
        if self.assets[t.debit] != self.assets[t.credit]:
            return R.ASSETS_DIFFER
        if r := self._limited(t.debit, t.credit):
            return r
        d, c = self.balance(t.debit), self.balance(t.credit)
        if Limit.NO_OVERDRAFT in self.limits[t.debit] and d.available < t.amount:
            return R.EXCEEDS_CREDITS
        if max(d.debits + d.debits_pending, c.credits + c.credits_pending) + t.amount > AMOUNT_MAX:
            return R.OVERFLOW
        return R.OK

    def _limited(self, debit: int, credit: int) -> Result | None:
        if Limit.FROZEN in self.limits[debit] or Limit.FROZEN in self.limits[credit]:
            return R.FROZEN
        if Limit.CREDITS_ONLY in self.limits[debit]:
            return R.CREDITS_ONLY
        return R.DEBITS_ONLY if Limit.DEBITS_ONLY in self.limits[credit] else None

    def _end(self, t: Transfer) -> Result:
        hold = self.find(t.pending)
        if hold is None or hold.form != Form.PENDING:
            return R.PENDING_NOT_FOUND
        if end := self.ending(t.pending):
            return {Form.POST: R.PENDING_POSTED, Form.VOID: R.PENDING_VOIDED, Form.EXPIRE: R.PENDING_EXPIRED}[Form(end.form)]
        if t.debit not in (0, hold.debit) or t.credit not in (0, hold.credit):
            return R.PENDING_DIFFERENT
        if t.amount > hold.amount:
            return R.PENDING_EXCEEDED
        return (self._limited(hold.debit, hold.credit) if t.form == Form.POST else None) or R.OK
