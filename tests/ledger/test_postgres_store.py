"""The journal in PostgreSQL: what the database itself refuses, and what is left of a record when the connection breaks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from mintage.errors import LedgerError, ServiceError
from mintage.ledger.postgres import PostgresStore
from mintage.ledger.store import GENESIS, Record

from .postgres import Server

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mintage'"


@pytest.fixture
def dsn(postgres_server: Server) -> str:
    return postgres_server.fresh()


@pytest.fixture
def journal(dsn: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(dsn)) as store:
        yield store


def after(head: tuple[int, bytes], body: bytes) -> Record:
    return Record(head[0] + 1, hashlib.sha256(head[1] + body).digest(), body)


def add(store: PostgresStore, *bodies: bytes) -> None:
    for body in bodies:
        with store.turn():
            store.append(after(store.head(), body))


def bodies(store: PostgresStore) -> list[bytes]:
    return [record.body for record in store.read()]


def kill(connection: object) -> None:
    """End a session from the server's side, as an administrator or a failover does."""
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:  # type: ignore[attr-defined]
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])  # type: ignore[attr-defined]
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [connection.info.backend_pid]).fetchone():  # type: ignore[attr-defined]
            pass


class Cut:
    """The connection of a store, ended by the server when it is asked for `word`: before the server does it, or after, with the answer lost."""

    def __init__(self, connection: object, word: str, late: bool) -> None:
        self.connection, self.word, self.late, self.then = connection, word, late, lambda: None

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def execute(self, query: str, *args: object, **kwargs: object) -> object:
        if query.startswith(self.word):
            if self.late:
                self.connection.execute(query, *args, **kwargs)  # type: ignore[attr-defined]
            kill(self.connection)
            self.then()
            return self.connection.execute("SELECT 1")  # type: ignore[attr-defined]
        return self.connection.execute(query, *args, **kwargs)  # type: ignore[attr-defined]


CUTS = [("INSERT", False, False), ("INSERT", True, False), ("COMMIT", False, False), ("COMMIT", True, True)]


@pytest.mark.parametrize(("word", "late", "kept"), CUTS)
def test_a_connection_lost_around_the_commit_leaves_the_record_whole_or_not_at_all_and_the_store_can_tell(dsn: str, word: str, late: bool, kept: bool) -> None:
    with closing(PostgresStore(dsn, patience=0)) as journal:
        add(journal, b"first")
        with journal.turn():
            second = after(journal.head(), b"second")
            journal._link.connection = Cut(journal._link.connection, word, late)
            with pytest.raises(LedgerError, match="MT703"):
                journal.append(second)
            assert journal.head()[0] == (2 if kept else 1)
        assert bodies(journal) == [b"first", b"second"][: 1 + kept]
        add(journal, b"third")
        assert bodies(journal) == [b"first", *([b"second"] if kept else []), b"third"]


@pytest.mark.parametrize(("word", "late", "kept"), CUTS)
def test_with_patience_it_is_written_once_all_the_same(journal: PostgresStore, dsn: str, word: str, late: bool, kept: bool) -> None:
    add(journal, b"first")
    with closing(PostgresStore(dsn)) as other:
        with journal.turn():
            second = after(journal.head(), b"second")
            journal._link.connection = Cut(journal._link.connection, word, late)
            if kept:  # and another process may have gone on from it meanwhile
                journal._link.connection.then = lambda: add(other, b"third")
            journal.append(second)
        assert bodies(journal) == [b"first", b"second", *([b"third"] if kept else [])]


def test_what_the_store_reads_after_a_lost_commit_is_final(journal: PostgresStore, postgres_server: Server) -> None:
    """The old session is still about to commit: the new connection must not say that the record is not there."""
    journal.head()
    old = journal._link.connection
    with journal.turn():
        record = after(journal.head(), b"slow")
        old.execute("INSERT INTO journal VALUES (%s, %s, %s)", tuple(record))
        journal._link.connection, journal._last, journal._doubt = None, None, True  # the client has lost it; the server has not noticed
        commit = threading.Timer(0.3, lambda: old.execute("COMMIT"))
        commit.start()
        assert journal.head()[0] == 1
        commit.join()
    old.close()


def test_a_session_ended_between_turns_is_not_noticed(journal: PostgresStore) -> None:
    add(journal, b"first")
    kill(journal._link.connection)
    add(journal, b"second")
    assert bodies(journal) == [b"first", b"second"]
    kill(journal._view.connection)
    assert bodies(journal) == [b"first", b"second"]
    kill(journal._view.connection)
    assert journal.head()[0] == 2


def test_a_server_that_crashes_keeps_every_record_that_was_acknowledged(journal: PostgresStore, postgres_server: Server) -> None:
    add(journal, b"first", b"second")
    with journal.turn():
        postgres_server.crash()
        postgres_server.start()
        with suppress(LedgerError):
            journal.append(after((2, b""), b"third"))
    assert bodies(journal) == [b"first", b"second"]


def test_a_server_that_stays_away_is_told_after_the_patience_and_found_when_it_is_back(postgres_server: Server) -> None:
    with closing(PostgresStore(postgres_server.fresh(), patience=0.1)) as store:
        add(store, b"first")
        postgres_server.crash()
        with pytest.raises(LedgerError, match="MT703"):
            store.head()
        with pytest.raises(LedgerError, match="MT703"), store.turn():
            pass
        postgres_server.start()
        add(store, b"second")
        assert bodies(store) == [b"first", b"second"]


def test_a_turn_keeps_others_out_until_it_ends(journal: PostgresStore, dsn: str) -> None:
    order: list[str] = []
    with closing(PostgresStore(dsn)) as other:
        with journal.turn():
            thread = threading.Thread(target=lambda: (add(other, b"theirs"), order.append("theirs")))
            thread.start()
            thread.join(0.1)
            order.append("ours")
            journal.append(after(journal.head(), b"ours"))
        thread.join()
        assert order == ["ours", "theirs"]
        assert bodies(journal) == bodies(other) == [b"ours", b"theirs"]


def test_a_turn_that_was_lost_to_another_process_is_an_error_and_never_a_fork(journal: PostgresStore, dsn: str) -> None:
    add(journal, b"first")
    with closing(PostgresStore(dsn)) as other, journal.turn():
        record = after(journal.head(), b"ours")
        kill(journal._link.connection)
        add(other, b"theirs")
        with pytest.raises(LedgerError, match="MT703"):
            journal.append(record)
        with pytest.raises(LedgerError, match="another process was first"):
            journal.append(record)
    assert bodies(journal) == [b"first", b"theirs"]


def test_who_only_reads_does_not_wait_for_the_turn(journal: PostgresStore) -> None:
    add(journal, b"first")
    seen: list[object] = []
    with journal.turn():
        reader = threading.Thread(target=lambda: seen.extend([journal.head()[0], bodies(journal)]))
        reader.start()
        reader.join()
    assert seen == [1, [b"first"]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {}.journal SET body = ''",
        "DELETE FROM {}.journal",
        "TRUNCATE {}.journal",
        "SET session_replication_role = replica; DELETE FROM {}.journal",
        "INSERT INTO {}.journal SELECT seq, hash, body FROM {}.journal",
        "INSERT INTO {}.journal SELECT seq + 2, hash, body FROM {}.journal",
        "INSERT INTO {}.journal SELECT seq + 1, hash, body FROM {}.journal",
    ],
)
def test_the_database_refuses_to_change_the_journal_or_to_take_what_does_not_follow(journal: PostgresStore, postgres_server: Server, statement: str) -> None:
    add(journal, b"first")
    with pytest.raises(psycopg.errors.RaiseException, match=r"append-only|does not follow"):
        postgres_server.sql(statement.replace("{}", journal.schema))
    assert bodies(journal) == [b"first"]


def test_a_long_journal_is_read_in_pages_and_between_bounds(journal: PostgresStore) -> None:
    add(journal, *(bytes([n]) for n in range(50)))
    assert bodies(journal) == [bytes([n]) for n in range(50)]
    assert [r.seq for r in journal.read(14, 33)] == list(range(15, 34))
    assert list(journal.read(50)) == []


def test_the_last_two_snapshots_are_kept_whole_however_large(journal: PostgresStore) -> None:
    large = bytes(range(256)) * 2**17  # 32 MiB: several parts
    for seq, body in ((1, b""), (2, large), (3, b"small")):
        journal.save_snapshot(seq, GENESIS, body)
    journal.save_snapshot(3, GENESIS, b"another of the same record")
    assert list(journal.snapshots()) == [Record(3, GENESIS, b"small"), Record(2, GENESIS, large)]


def test_several_ledgers_lie_in_one_database(postgres_server: Server) -> None:
    with closing(PostgresStore(postgres_server.dsn('a "ledger"; x'))) as one, closing(PostgresStore(postgres_server.dsn(""), schema="Übung")) as two:
        add(one, b"one")
        assert two.head() == (0, GENESIS)
        assert one.head()[0] == 1


def test_processes_that_begin_a_ledger_at_once_make_it_once(dsn: str) -> None:
    errors: list[BaseException] = []

    def begin() -> None:
        try:
            with closing(PostgresStore(dsn)) as store:
                add(store, b"hello")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=begin) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(PostgresStore(dsn)) as store:
        assert bodies(store) == [b"hello"] * 5


def test_a_newer_schema_is_refused_and_left_alone(journal: PostgresStore, dsn: str, postgres_server: Server) -> None:
    postgres_server.sql(f"UPDATE {journal.schema}.meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(LedgerError, match=r"MT708 .*has schema 99"):
        PostgresStore(dsn)
    assert postgres_server.sql(f"SELECT value FROM {journal.schema}.meta") == [("99",)]


def test_a_user_without_the_right_to_make_tables_can_use_a_ledger_that_is_there(journal: PostgresStore, postgres_server: Server) -> None:
    schema, user = journal.schema, f"app_{journal.schema}"
    postgres_server.sql(f"CREATE ROLE {user} LOGIN PASSWORD 'sesame'; GRANT USAGE ON SCHEMA {schema} TO {user}")
    postgres_server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}; GRANT INSERT ON {schema}.journal TO {user}")
    with closing(PostgresStore(postgres_server.dsn(schema, user, "sesame"))) as store:
        add(store, b"hello")
        assert bodies(journal) == [b"hello"]
    with pytest.raises(ServiceError, match=r"MT703 .*permission denied"):
        PostgresStore(postgres_server.dsn("elsewhere", user, "sesame"))


def test_no_message_holds_the_password(postgres_server: Server) -> None:
    with pytest.raises(ServiceError, match="MT703") as wrong:
        PostgresStore(postgres_server.dsn("x", "nobody", "sesame"))
    with pytest.raises(ServiceError, match="MT703") as malformed:
        PostgresStore("postgresql://me:ses@me@127.0.0.1/ledger")
    with pytest.raises(ServiceError, match="MT703") as slash:
        PostgresStore("postgresql://me:sesa/me@127.0.0.1/ledger")
    with pytest.raises(ServiceError, match="MT703") as words:
        PostgresStore("host=127.0.0.1 password=sesa me")
    for error in (wrong, malformed, slash, words):
        assert "ses" not in str(error.value)
    assert "password authentication failed" in str(wrong.value)


def test_no_server_at_the_address_is_said_at_once() -> None:
    with pytest.raises(ServiceError, match=r"MT703 .*127\.0\.0\.1:9.*refused") as error:
        PostgresStore("postgresql://me:sesame@127.0.0.1:9/ledger")
    assert error.value.exit_status == 5
    assert "sesame" not in str(error.value)


def test_a_server_that_may_lose_commits_is_refused_and_a_lax_user_is_made_strict(dsn: str, postgres_server: Server) -> None:
    postgres_server.sql("CREATE ROLE lax LOGIN SUPERUSER PASSWORD 'lax'; ALTER ROLE lax SET synchronous_commit = off")
    with closing(PostgresStore(postgres_server.dsn("lax", "lax", "lax"))) as store:
        assert store._link.connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    careless = Server("fsync=off")
    try:
        with pytest.raises(ServiceError, match=r"MT703 .*fsync is off"):
            PostgresStore(careless.fresh())
    finally:
        careless.stop()
