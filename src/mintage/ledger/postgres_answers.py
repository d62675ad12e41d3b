"""Questions to the index of the journal in PostgreSQL. Each answer is read in one snapshot, so that it stands at one record."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from ..errors import Fault, UsageError
from .types import ID_MAX, Account, Balance, Form, Limit, Transfer
from .views import Known, Line, Moment, Page, Posted, Total, Written, at_cursor, no_account, readings

Place = tuple[int, int]  # seq and idx: where a transfer stands
BEFORE, END = (0, -1), (2**63 - 1, 2**31 - 1)
TRANSFER = "t.seq, t.idx, t.time_ns, t.id, t.debit, t.credit, t.amount, t.reason, t.epoch, t.form, t.linked, t.pending, t.timeout"
ENTRIES = "entries e JOIN transfers t ON (t.seq, t.idx) = (e.seq, e.idx)"
TOTALS = "debits, credits, debits_pending, credits_pending"
BY_ACCOUNT = """
SELECT account, asset, sum(n), sum(debits), sum(credits) FROM (
  SELECT debit AS account, count(*) AS n, sum(amount) AS debits, 0 AS credits FROM transfers WHERE form = ANY(%s){0} GROUP BY debit
  UNION ALL SELECT credit, count(*), 0, sum(amount) FROM transfers WHERE form = ANY(%s){0} GROUP BY credit
) sides JOIN accounts ON number = account GROUP BY account, asset
"""


class Answers:
    """The reading half of the projection."""

    def reading(self) -> AbstractContextManager[Any]:
        """One snapshot: what is read from this connection is of one moment."""
        raise NotImplementedError

    @staticmethod
    def stands(db: Any) -> tuple[int, bytes]:
        seq, last = db.execute("SELECT seq, hash FROM index_meta").fetchone()
        return seq, last

    def mark(self) -> tuple[int, bytes]:
        """Seq and hash of the record that the index stands at; (0, GENESIS) of an empty one."""
        with self.reading() as db:
            return self.stands(db)

    # --- one transfer

    def find(self, id: int) -> Transfer | None:
        """The transfer with this id in the records up to `mark()`, with the accounts of what it ends."""
        found = self.where(id)
        return found.transfer if found else None

    def ending(self, pending: int) -> Transfer | None:
        """The POST, VOID or EXPIRE that ended this pending transfer."""
        found = self._where("pending", pending)
        return found.transfer if found else None

    def where(self, id: int) -> Posted | None:
        """The transfer with this id, its place and time."""
        return self._where("id", id)

    def _where(self, column: str, id: int) -> Posted | None:
        if not 0 < id <= ID_MAX:
            return None
        with self.reading() as db:
            row = db.execute(f"SELECT {TRANSFER} FROM transfers t WHERE t.{column} = %s", [UUID(int=id)]).fetchone()
        return posted(row) if row else None

    # --- accounts and reasons

    def accounts(self) -> list[Known]:
        """All of them, by number."""
        with self.reading() as db:
            rows = db.execute("SELECT number, asset, kind, owner, lot, limits FROM accounts ORDER BY number").fetchall()
        return [Known(n, Account(asset, kind, owner, lot), Limit(limits)) for n, asset, kind, owner, lot, limits in rows]

    def number(self, text: str) -> int:
        """The number of the account written `kind/ASSET:owner#lot`. Errors: LedgerError MT707 with the nearest."""
        with self.reading() as db:
            for asset, kind, owner, lot in readings(text):
                values = (plain(asset), plain(kind), plain(owner), lot)
                row = db.execute("SELECT number FROM accounts WHERE asset = %s AND kind = %s AND owner = %s AND lot = %s", values).fetchone()
                if row:
                    return int(row[0])
        raise no_account(text, (known.account for known in self.accounts()))

    def reasons(self) -> dict[int, str]:
        with self.reading() as db:
            return dict(db.execute("SELECT number, text FROM reasons ORDER BY number").fetchall())

    # --- balances

    def balance_at(self, account: int, moment: Moment = None) -> Balance:
        """The totals of an account now, behind all records up to a time [ns], or behind the transfer at (seq, idx)."""
        with self.reading() as db:
            if not db.execute("SELECT 1 FROM accounts WHERE number = %s", [account]).fetchone():
                raise no_account(str(account), ())
            at = END
            if isinstance(moment, tuple):
                at = bounded(moment)
            elif moment is not None:
                at = (begin(db, moment + 1)[0], -1)
            row = db.execute(f"SELECT {TOTALS} FROM entries WHERE account = %s AND (seq, idx) <= (%s, %s) ORDER BY seq DESC, idx DESC LIMIT 1", (account, *at))
            found = row.fetchone()
        return Balance(*map(int, found)) if found else Balance()

    def statement(
        self, account: int, since: int | None = None, until: int | None = None, limit: int = 100, cursor: str = "", newest: bool = False
    ) -> Page[Line]:
        """What moved on an account, oldest first unless `newest`, each with the account's totals behind it."""
        with self.reading() as db:
            low, high = span(db, since, until, cursor, newest)
            rows = db.execute(
                f"SELECT {TRANSFER}, e.debits, e.credits, e.debits_pending, e.credits_pending FROM {ENTRIES} "
                f"WHERE e.account = %s AND (e.seq, e.idx) > (%s, %s) AND (e.seq, e.idx) < (%s, %s) {order('e', newest)} LIMIT %s",
                (account, *low, *high, limit + 1),
            ).fetchall()
            head = self.stands(db)[0]
        return page([line(row, account) for row in rows], limit, head)

    # --- transfers

    def transfers(
        self,
        account: int | None = None,
        reason: int | None = None,
        epoch: int | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 100,
        cursor: str = "",
        newest: bool = False,
    ) -> Page[Posted]:
        """Transfers that fit all that is given, oldest first unless `newest`."""
        source, by = ("transfers t", "t") if account is None else (ENTRIES, "e")
        asked = [("e.account", account), ("t.reason", reason), ("t.epoch", epoch)]
        where = (
            "".join(f"{name} = %s AND " for name, value in asked if value is not None) + f"({by}.seq, {by}.idx) > (%s, %s) AND ({by}.seq, {by}.idx) < (%s, %s)"
        )
        with self.reading() as db:
            low, high = span(db, since, until, cursor, newest)
            rows = db.execute(
                f"SELECT {TRANSFER} FROM {source} WHERE {where} {order(by, newest)} LIMIT %s",
                (*(value for _, value in asked if value is not None), *low, *high, limit + 1),
            ).fetchall()
            head = self.stands(db)[0]
        return page([posted(row) for row in rows], limit, head)

    def totals(self, by: str, reason: int | None = None, epoch: int | None = None) -> list[Total]:
        """What moved, `by` reason, epoch or account, of one reason or epoch when given. Errors: UsageError MT710 for another `by`."""
        if by not in ("reason", "epoch", "account"):
            raise UsageError(Fault("MT710", f"totals by '{by}'", "is not kept", "reason, epoch or account"))
        given = [(name, value) for name, value in (("reason", reason), ("epoch", epoch)) if value is not None]
        where, values = "".join(f" AND {name} = %s" for name, _ in given), [value for _, value in given]
        with self.reading() as db:
            if by == "account":
                moved = [int(Form.MOVE), int(Form.POST)]
                rows = db.execute(BY_ACCOUNT.format(where), [moved, *values, moved, *values]).fetchall()
            else:
                query = f"SELECT {by}, asset, sum(count), sum(amount), sum(amount) FROM sums WHERE true{where} GROUP BY {by}, asset"
                rows = db.execute(query, values).fetchall()
        return sorted(Total(int(key), asset, int(count), int(debits), int(credits)) for key, asset, count, debits, credits in rows)

    def notes(self, topic: str | None = None, limit: int = 100, cursor: str = "") -> Page[Written]:
        """What was noted, oldest first."""
        with self.reading() as db:
            low, _ = span(db, None, None, cursor, False)
            rows = db.execute(
                f"SELECT seq, idx, topic, body, first, count FROM notes WHERE (seq, idx) > (%s, %s) {'' if topic is None else 'AND topic = %s'} "
                "ORDER BY seq, idx LIMIT %s",
                (*low, *([] if topic is None else [plain(topic)]), limit + 1),
            ).fetchall()
            head = self.stands(db)[0]
        last = "{}.{}".format(*rows[limit - 1][:2]) if len(rows) > limit else ""
        return Page([Written(seq, *rest) for seq, _, *rest in rows[:limit]], last, head)


def order(table: str, newest: bool) -> str:
    return "ORDER BY " + ", ".join(f"{table}.{column}{' DESC' if newest else ''}" for column in ("seq", "idx"))


def bounded(place: Place) -> Place:
    return max(-1, min(place[0], END[0])), max(-1, min(place[1], END[1]))


def begin(db: Any, time_ns: int) -> Place:
    """The place before the first transfer of that time or later."""
    row = db.execute("SELECT seq FROM records WHERE time_ns >= %s ORDER BY time_ns, seq LIMIT 1", [max(-END[0], min(time_ns, END[0]))]).fetchone()
    return (row[0], -1) if row else END


def span(db: Any, since: int | None, until: int | None, cursor: str, newest: bool) -> tuple[Place, Place]:
    """The places between which to look, both left out."""
    low = BEFORE if since is None else begin(db, since)
    high = END if until is None else begin(db, until)
    if place := at_cursor(cursor):
        low, high = (low, min(high, place)) if newest else (max(low, place), high)
    return low, high


def page(rows: list[Any], limit: int, head: int) -> Page[Any]:
    """The first `limit` of rows that were read one too many."""
    return Page(rows[:limit], f"{rows[limit - 1].seq}.{rows[limit - 1].idx}" if len(rows) > limit else "", head)


def posted(row: tuple[Any, ...]) -> Posted:
    seq, idx, time_ns, id, debit, credit, amount, reason, epoch, form, linked, pending, timeout = row[:13]
    ends = pending.int if pending else 0
    return Posted(seq, idx, time_ns, Transfer(id.int, debit, credit, int(amount), reason, int(epoch), form, linked, ends, timeout))


def line(row: tuple[Any, ...], account: int) -> Line:
    seq, idx, time_ns, t = posted(row)
    sign, counter = (-1, t.credit) if t.debit == account else (1, t.debit)
    return Line(seq, idx, time_ns, t.id, counter, t.reason, t.epoch, t.form, sign, t.amount, Balance(*map(int, row[13:])))


def plain(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
