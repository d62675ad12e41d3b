"""`mintage ledger`: look at a ledger, also while a network writes to it, prove it, copy it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .common import AS_JSON, QUIET, console, emit, progress, say, settle, twin, writable

LEDGER = click.argument("ledger", metavar="LEDGER")
SINCE = click.option("--since", metavar="TIME", help="From this time on: 2026-11-21 or 2026-11-21T12:00:00Z.")
UNTIL = click.option("--until", metavar="TIME", help="Before this time.")
LIMIT = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Rows of a page.")
CURSOR = click.option("--cursor", default="", help="Where the page before ended.")
NEWEST = click.option("--newest", is_flag=True, help="The newest first.")


@click.group(
    "ledger",
    epilog=twin(
        'from mintage.ledger import Account, open_ledger\nwith open_ledger("net.db") as ledger:\n'
        '    print(ledger.execute(lambda draft: draft.open(Account("USD", "users", "alice"))))'
    ),
)
def command() -> None:
    """Look at a ledger, also while a network writes to it, prove it, copy it.

    LEDGER is a file (net.db) or postgresql://user@host/database. Only `restore` and `rebuild` write, and none of them into a journal.
    """


@contextmanager
def opened(name: str, quiet: bool = True) -> Iterator[Any]:
    """A ledger to look at, with its index as far as the journal goes now."""
    from ..ledger.look import Look

    with Look(name) as look, progress(quiet) as tick:
        look.index(lambda done, total: tick("index", done, total))
        yield look


@command.command("verify")
@LEDGER
@click.option("--no-index", is_flag=True, help="Leave the index out: only the journal and its snapshots.")
@AS_JSON
@QUIET
def verify(ledger: str, no_index: bool, as_json: bool, quiet: bool) -> int:
    """Recompute everything from the journal and compare. Exits with 4 when something does not agree.

    Checked are the hash chain, every transfer by every rule, each balance, that the accounts of an asset sum to zero, the snapshots, and the index.
    """
    from ..ledger.audit import audit
    from ..ledger.look import Look

    with Look(ledger) as look, progress(quiet) as tick:
        index = None if no_index else look.index_as_it_is()
        found = audit(look.journal, index, progress=lambda done, total: tick("verify", done, total))
    status = settle(0 if found.sound else 4)
    if as_json:
        emit(verdict(found))
        return status
    for fault in found.faults:
        click.echo(str(fault))
    if found.more:
        click.echo(f"and {found.more:,} more")
    from ..ledger.walk import units

    for asset, supply in sorted(found.supply.items()):
        issued, burned, left = (units(value, found.decimals.get(asset, 0)) for value in supply)
        click.echo(f"{asset}: {issued} issued, {burned} burned, supply {left}")
    click.echo(f"{found.records:,} records, {found.transfers:,} transfers, {found.accounts:,} accounts, {found.pending:,} pending")
    click.echo(f"compared: {', '.join(found.compared) or 'nothing else'}")
    click.echo(f"record {found.seq} {found.hash.hex()}: {'it balances' if found.sound else 'the last that is sound'}")
    return status


def verdict(found: Any) -> dict[str, Any]:
    """An audit as JSON. Units are text: they may pass what JSON's readers hold."""
    return {
        "sound": found.sound,
        "head": {"seq": found.seq, "hash": found.hash.hex()},
        **{name: getattr(found, name) for name in ("records", "transfers", "accounts", "pending", "compared")},
        "supply": {asset: {k: str(v) for k, v in supply._asdict().items()} for asset, supply in found.supply.items()},
        "faults": [{"code": f.code, "where": f.where, "found": f.found, "expected": f.expected} for f in found.faults],
        "more_faults": found.more,
    }


@command.command("accounts")
@LEDGER
@click.option("--like", default="", metavar="TEXT", help="Only accounts with this in their name.")
@AS_JSON
def accounts(ledger: str, like: str, as_json: bool) -> int:
    """List the accounts with what they hold."""
    with opened(ledger) as look:
        rows = [balance_row(look, known) for known in look.views.accounts() if like in str(known.account)]
    return show(rows, as_json, right=("balance", "available"))


@command.command("balance")
@LEDGER
@click.argument("account")
@click.option("--at", metavar="TIME", help="As it was then: 2026-11-21 or 2026-11-21T12:00:00Z.")
@AS_JSON
def balance(ledger: str, account: str, at: str | None, as_json: bool) -> int:
    """Print what ACCOUNT (kind/ASSET:owner) holds, or held."""
    moment = when(at)
    with opened(ledger) as look:
        number = look.views.number(account)
        known = next(k for k in look.views.accounts() if k.number == number)
        row = balance_row(look, known, moment)
    if as_json:
        emit(row)
    else:
        click.echo(row["balance"])
    return 0


def balance_row(look: Any, known: Any, moment: int | None = None) -> dict[str, Any]:
    """An account and its totals, in whole units."""
    totals = look.views.balance_at(known.number, moment)
    amounts = {"balance": totals.posted, "available": totals.available, **totals._asdict()}
    limits = [limit.name.lower() for limit in type(known.limit) if limit and limit in known.limit]
    return {"account": str(known.account), **{k: look.units(v, known.account.asset) for k, v in amounts.items()}, "limits": ", ".join(limits)}


@command.command("statement")
@LEDGER
@click.argument("account")
@SINCE
@UNTIL
@LIMIT
@CURSOR
@NEWEST
@AS_JSON
@QUIET
def statement(ledger: str, account: str, since: str | None, until: str | None, limit: int, cursor: str, newest: bool, as_json: bool, quiet: bool) -> int:
    """List what moved on ACCOUNT, with the balance behind each line."""
    span = {"since": when(since), "until": when(until)}
    with opened(ledger, quiet) as look:
        number = look.views.number(account)
        page = look.views.statement(number, limit=limit, cursor=cursor, newest=newest, **span)
        rows = [look.line(line, look.accounts()[number].account.asset) for line in page.rows]
    return show(rows, as_json, page, quiet, right=("amount", "balance"))


@command.command("transfers")
@LEDGER
@click.option("--account", help="Only on this account.")
@click.option("--reason", help="Only for this reason, such as jobs.settle.")
@click.option("--epoch", type=click.IntRange(0, 2**64 - 1), help="Only of this epoch.")
@SINCE
@UNTIL
@LIMIT
@CURSOR
@NEWEST
@AS_JSON
@QUIET
def transfers(
    ledger: str,
    account: str | None,
    reason: str | None,
    epoch: int | None,
    since: str | None,
    until: str | None,
    limit: int,
    cursor: str,
    newest: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """List transfers that fit all that is given."""
    span = {"since": when(since), "until": when(until)}
    with opened(ledger, quiet) as look:
        asked = {"account": look.views.number(account) if account else None, "reason": look.reason(reason) if reason else None, "epoch": epoch}
        page = look.views.transfers(limit=limit, cursor=cursor, newest=newest, **asked, **span)
        rows = [look.transfer(row) for row in page.rows]
    return show(rows, as_json, page, quiet, right=("amount",))


@command.command("export")
@LEDGER
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@QUIET
def export(ledger: str, file: Path, quiet: bool) -> int:
    """Write all transfers to FILE: .csv, .parquet or .beancount."""
    from ..ledger.export import export as write
    from ..ledger.look import Look

    writable(file)
    with Look(ledger) as look, progress(quiet) as tick:
        count = write(look.journal, file, lambda done, total: tick("export", done, total))
    say(f"wrote {count:,} transfers to {file}", quiet)
    return 0


@command.command("backup")
@LEDGER
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@QUIET
def backup(ledger: str, file: Path, quiet: bool) -> int:
    """Copy a ledger that may be in use to FILE, and prove the copy. FILE must not be there yet."""
    from ..ledger.backup import backup as copy

    with progress(quiet) as tick:
        found = copy(ledger, file, lambda done, total: tick("backup", done, total))
    say(f"wrote {file}: {found.records:,} records to {found.seq} {found.hash.hex()}, and it balances", quiet)
    return 0


@command.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--upto", type=click.IntRange(1), metavar="SEQ", help="Only up to this record.")
@QUIET
def restore(file: Path, to: Path, upto: int | None, quiet: bool) -> int:
    """Make the ledger TO from the backup FILE, and prove it. TO must not be there yet."""
    from ..ledger.backup import restore as make

    with progress(quiet) as tick:
        found = make(file, to, upto, lambda done, total: tick("restore", done, total))
    say(f"wrote {to}: {found.records:,} records to {found.seq} {found.hash.hex()}, and it balances", quiet)
    return 0


@command.command("rebuild")
@LEDGER
@QUIET
def rebuild(ledger: str, quiet: bool) -> int:
    """Make the index anew from the journal: NAME.index.db, or the tables beside the journal."""
    from ..ledger.look import Look

    with Look(ledger) as look, progress(quiet) as tick:
        count = look.rebuild(lambda done, total: tick("rebuild", done, total))
    say(f"indexed {count:,} transfers", quiet)
    return 0


def when(text: str | None) -> int | None:
    """A time as nanoseconds since 1970; a date is its beginning in UTC."""
    from ..ledger.look import moment

    return None if text is None else moment(text)


def show(rows: list[dict[str, Any]], as_json: bool, page: Any = None, quiet: bool = True, right: tuple[str, ...] = ()) -> int:
    """Rows as JSON or as a table; the way to the next page goes to stderr."""
    if as_json:
        emit(rows if page is None else {"rows": rows, "cursor": page.cursor, "head": page.head})
        return 0
    from rich.table import Table

    hidden = {"id", "debits", "credits", "debits_pending", "credits_pending"} | ({"available"} if page else set())
    names = [name for name in (rows[0] if rows else {}) if name not in hidden]
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    if rows:
        console().print(table)
    if page is not None and page.cursor:
        say(f"more: --cursor {page.cursor}", quiet)
    return 0
