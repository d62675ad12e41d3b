"""What a transfer must satisfy, one by one and in a fixed order: the first rule it breaks is the answer.

1. ID_INVALID  2. EXISTS, EXISTS_DIFFERENT  3. FIELD_INVALID  4. AMOUNT_INVALID
5. MOVE, PENDING: NO_ACCOUNT, SAME_ACCOUNT, ASSETS_DIFFER, FROZEN, CREDITS_ONLY, DEBITS_ONLY, EXCEEDS_CREDITS, OVERFLOW
6. POST, VOID: PENDING_NOT_FOUND, PENDING_POSTED, PENDING_VOIDED, PENDING_EXPIRED, PENDING_DIFFERENT, PENDING_EXCEEDED; a POST then FROZEN,
   CREDITS_ONLY, DEBITS_ONLY. A POST takes nothing that was not set aside, so it can neither overdraw nor overflow.

In a chain the first transfer to break a rule has its answer, those that are in the journal say EXISTS, the others LINKED_FAILED; when the
chain has no end, its last says CHAIN_OPEN. A chain sent again whole answers EXISTS throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.ledger.codec import unpack
from mintage.ledger.types import AMOUNT_MAX, ID_MAX, Form, Limit, Result, Transfer

if TYPE_CHECKING:
    from mintage.ledger.books import Books

NO_OVERDRAFT, CREDITS_ONLY, DEBITS_ONLY, FROZEN = (int(limit) for limit in (Limit.NO_OVERDRAFT, Limit.CREDITS_ONLY, Limit.DEBITS_ONLY, Limit.FROZEN))
U32, U64 = 2**32, 2**64
ENDED = {int(Form.POST): Result.PENDING_POSTED, int(Form.VOID): Result.PENDING_VOIDED, int(Form.EXPIRE): Result.PENDING_EXPIRED}


def judge(books: Books, t: Transfer) -> tuple[Result, Transfer]:
    """The answer, and the transfer as it is to be journaled: a POST or VOID has the accounts of what it ends."""
    if not 0 < t.id <= ID_MAX:
        return Result.ID_INVALID, t
    known = books.recent.get(t.id)
    if known is not None:
        return (Result.EXISTS if same(t, unpack(known)[0]) else Result.EXISTS_DIFFERENT), t
    if not fields_fit(books, t):
        return Result.FIELD_INVALID, t
    if t.form != Form.VOID and not 0 < t.amount <= AMOUNT_MAX:
        return Result.AMOUNT_INVALID, t
    if t.form <= Form.PENDING:
        return _begins(books, t), t
    return _ends(books, t)


def same(t: Transfer, known: Transfer) -> bool:
    """Whether it is the transfer that was journaled, which has its accounts filled in."""
    if t.form >= Form.POST:
        t = t._replace(debit=t.debit or known.debit, credit=t.credit or known.credit)
    return t == known


def fields_fit(books: Books, t: Transfer) -> bool:
    """Whether each field is of its size, and its form has it."""
    if t.form not in (Form.MOVE, Form.PENDING, Form.POST, Form.VOID) or t.linked not in (False, True):
        return False
    if not (0 <= t.reason < len(books.reasons) and 0 <= t.epoch < U64 and 0 <= t.pending <= ID_MAX and 0 <= t.timeout < U32):
        return False
    if (t.timeout and t.form != Form.PENDING) or (t.pending and t.form <= Form.PENDING):
        return False
    return not (t.amount and t.form == Form.VOID)


def _begins(books: Books, t: Transfer) -> Result:
    """MOVE and PENDING."""
    debit, credit, amount = t.debit, t.credit, t.amount
    count = len(books.accounts)
    if not (0 < debit < count and 0 < credit < count):
        return Result.NO_ACCOUNT
    if debit == credit:
        return Result.SAME_ACCOUNT
    if books.assets[debit] != books.assets[credit]:
        return Result.ASSETS_DIFFER
    if limited := _limited(books, debit, credit):
        return limited
    out = books.debits[debit] + books.debits_pending[debit] + amount
    if books.limits[debit] & NO_OVERDRAFT and out > books.credits[debit]:
        return Result.EXCEEDS_CREDITS
    if max(out, books.credits[credit] + books.credits_pending[credit] + amount) > AMOUNT_MAX:
        return Result.OVERFLOW
    return Result.OK


def _limited(books: Books, debit: int, credit: int) -> Result:
    """What limits the two accounts have against any movement; OK (0) when none."""
    left, right = books.limits[debit], books.limits[credit]
    if (left | right) & FROZEN:
        return Result.FROZEN
    if left & CREDITS_ONLY:
        return Result.CREDITS_ONLY
    return Result.DEBITS_ONLY if right & DEBITS_ONLY else Result.OK


def _ends(books: Books, t: Transfer) -> tuple[Result, Transfer]:
    """POST and VOID."""
    hold = books.holds.get(t.pending)
    if hold is None:
        return ENDED.get(books.how_ended(t.pending), Result.PENDING_NOT_FOUND), t
    if t.debit not in (0, hold.debit) or t.credit not in (0, hold.credit):
        return Result.PENDING_DIFFERENT, t
    if t.amount > hold.amount:
        return Result.PENDING_EXCEEDED, t
    limited = _limited(books, hold.debit, hold.credit) if t.form == Form.POST else Result.OK
    return limited, t._replace(debit=hold.debit, credit=hold.credit)
