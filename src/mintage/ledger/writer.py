"""The ledger: one writer thread, group commit. It takes all that waits, applies it, appends one record, and only then answers.

What was answered is durable. When the store fails, nobody knows at first whether the record is there; so the writer looks. If it is there,
the answers go out; if not, memory is made again from the store and the callers get MT703: with the same ids they may safely try again. If
the store cannot be read either, the ledger answers MT705 and tries once a second to make its memory again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from hashlib import sha256
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from mintage.errors import Fault, LedgerError, MintageError
from mintage.ledger import opening, snapshot
from mintage.ledger.codec import Batch, damaged, encode
from mintage.ledger.draft import Draft
from mintage.ledger.opening import Machine
from mintage.ledger.past import Past
from mintage.ledger.reading import Reading
from mintage.ledger.slips import Gate, Slip, answer, thread_slip
from mintage.ledger.store import Record, Store
from mintage.ledger.types import Result, Transfer

T = TypeVar("T")
Commit = Callable[[Record, Batch], None]
GROUP = 8_000  # transfers of a record, unless one caller sends more
MOST = 1_000_000  # transfers one caller may send at once: a record of 98 MB
RETRY = 1.0  # [s] between attempts to go on after a failure
IDLE = 0.25  # [s] how often a writer with nothing to do looks for pending transfers that are due

__all__ = ["Draft", "Ledger", "Machine"]
log = logging.getLogger("mintage.ledger")


class Ledger(Reading):
    """An open ledger. Every method may be called from any thread; none but those that answer later may be called from within a command.

    `clock` [ns] is asked once a record; time never goes back. A snapshot is taken every `snapshot_every` transfers and at the end. Errors
    of opening: LedgerError MT701, MT702, MT703, MT708, and what the machine raises; the store is closed then.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int] = time.time_ns,
        machine: Machine | None = None,
        snapshot_every: int = 500_000,
        past: Past | None = None,
    ) -> None:
        self.store, self.clock, self.machine, self.snapshot_every = store, clock, machine, snapshot_every
        self.failed: LedgerError | None = None
        self._past, self._next_try = past, 0.0
        self._callbacks: list[Commit] = []
        self._state = threading.Lock()
        self._door = threading.Lock()  # so that nothing enters behind the end
        self._closed = False
        self._queue: SimpleQueue[list[Slip] | None] = SimpleQueue()
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()
        try:
            self._take(opening.restore(store, machine, past))
        except BaseException:
            store.close()
            raise
        self._writer = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._writer.start()

    def _take(self, state: opening.State) -> None:
        self._books, self._seq, self._hash, self._kept, self._since, self._foreign = state

    # --- sending work

    def transfer(self, transfers: Sequence[Transfer]) -> list[Result]:
        """Post transfers and wait until they are durable. Errors: LedgerError MT703, MT704 for more than a million, MT705."""
        return self.submit(transfers).result()

    def submit(self, transfers: Sequence[Transfer]) -> Future[list[Result]]:
        """The same, answered later."""
        return self._submit(_bounded(transfers), None)

    async def transfer_async(self, transfers: Sequence[Transfer]) -> list[Result]:
        """The same for an event loop; thousands of callers with one transfer each share a record. Giving up the wait takes nothing back."""
        results: list[Result] = await self._enter(_bounded(transfers), None)
        return results

    def execute(self, command: Callable[[Draft], T]) -> T:
        """Run a command in the writer, wait until what it did is durable. When it raises, nothing of it is done. Errors: also its own."""
        return self.submit_command(command).result()

    def submit_command(self, command: Callable[[Draft], T]) -> Future[T]:
        """The same, answered later."""
        return self._submit((), command)

    async def execute_async(self, command: Callable[[Draft], T]) -> T:
        """The same for an event loop."""
        result: T = await self._enter((), command)
        return result

    def _submit(self, transfers: Sequence[Transfer], command: Callable[[Draft], Any] | None) -> Future[Any]:
        assert threading.current_thread() is not self._writer, "a command must not wait for the writer that runs it"
        slip, future = thread_slip(transfers, command)
        self._put([slip])
        return future

    def _enter(self, transfers: Sequence[Transfer], command: Callable[[Draft], Any] | None) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            gate = self._gates[loop] = Gate(self._put)
        return gate.enter(loop, transfers, command)

    def _put(self, slips: list[Slip]) -> None:
        with self._door:
            if self._closed:
                raise self._gone()
            self._queue.put(slips)

    def _gone(self) -> LedgerError:
        why = f"it failed: {self.failed.faults[0].found}" if self.failed else "it was closed"
        hint = "every acknowledged transfer is there; " + ("send this again" if self.failed else "open it again")
        return LedgerError(Fault("MT705", self.store.name, why, "an open ledger", hint))

    # --- the journal

    def records(self, after: int = 0) -> Iterator[Record]:
        """The journal behind `after`, its chain checked on the way. Errors: LedgerError MT702, MT703."""
        return opening.records(self.store, after)

    def on_commit(self, callback: Commit) -> Callable[[], None]:
        """Call back, in the writer's thread, after each durable record, those of other processes too. The returned function ends it.

        A callback that raises is logged and called again at the next record: it cannot make undone what is durable.
        """
        self._callbacks = [*self._callbacks, callback]

        def end() -> None:
            self._callbacks = [c for c in self._callbacks if c is not callback]

        return end

    # --- ids that memory may let go

    def attach(self, past: Past) -> None:
        """Ask `past` for transfers that memory has let go, instead of reading the journal through."""
        self._past = self._books.past = past

    def forget(self, upto: int) -> Future[None]:
        """Let go of the ids of records up to `upto`, which `past` must have."""
        return self.submit_command(lambda draft: self._books.forget(min(upto, self._seq)))

    # --- the writer

    def _run(self) -> None:
        left: list[Slip] = []
        while True:
            left, ended = self._gather(left)
            group, left = _cut(left)
            if group or self._due() or self.failed:
                left = self._serve(group) + left
            if ended and not left:
                return

    def _gather(self, slips: list[Slip]) -> tuple[list[Slip], bool]:
        """All that waits, at least one unless a second passes; and whether the end was asked for."""
        count, wait = sum(len(s.transfers) for s in slips), not slips
        while count <= GROUP and len(slips) <= GROUP:
            try:
                more = self._queue.get(timeout=IDLE) if wait else self._queue.get_nowait()
            except Empty:
                break
            if more is None:
                self._queue.put(None)  # it stays the last, however often one looks
                return slips, True
            slips += more
            count += sum(len(s.transfers) for s in more)
            wait = False
        return slips, False

    def _due(self) -> bool:
        """Whether a pending transfer is to expire though nobody sends anything."""
        deadline = self._books.next_deadline
        try:
            return bool(deadline) and not self.failed and deadline <= self.clock()
        except Exception:
            return True  # the clock fails: the next record says so

    def _serve(self, slips: list[Slip]) -> list[Slip]:
        """One record for this group: answer when it is durable, or why it is not. Returns those that found no room in it."""
        done: list[tuple[Record, Batch]] = []
        served = len(slips)
        try:
            if self.failed:
                self._heal()
            with self.store.turn():
                self._catch_up(done)
                served = self._write(slips, done)
        except BaseException as error:
            why = self._recover(error)
            for slip in slips:
                slip.result, slip.error = None, why
        answer(slips[:served])
        for record, batch in done:
            self._tell(record, batch)
        if self._since >= self.snapshot_every and not self.failed:
            self._keep()
        return slips[served:]

    def _heal(self) -> None:
        """Make memory again after a failure, so that a store that was away for a while needs no restart. Errors: MT705 as long as that fails."""
        now = time.monotonic()
        if now < self._next_try:
            raise self._gone()
        self._next_try = now + RETRY
        try:
            self._restore()
        except Exception as error:
            raise self._gone() from error
        log.warning("the ledger goes on after it failed: %s", self.failed and self.failed.faults[0].found)
        self.failed = None

    def _recover(self, error: BaseException) -> BaseException:
        """No record came of a group: see that nothing of it is left in memory, and say why."""
        if not isinstance(error, MintageError):
            log.exception("the writer met what nobody foresaw")
            self._fail(error)
            return self._gone()
        if self._books.dirty and not self.failed:
            try:
                self._restore()
            except Exception as worse:
                self._fail(worse)
                return self._gone()
        return error

    def _catch_up(self, done: list[tuple[Record, Batch]]) -> None:
        """Follow what other processes wrote since."""
        head, hash = self.store.head()
        if (head, hash) == (self._seq, self._hash):
            return
        try:
            with self._state:
                for record in self.store.read(self._seq, head):
                    batch = opening.follow(self._books, record, (self._seq, self._hash), self.machine)
                    self._advance(record, batch)
                    done.append((record, batch))
                if (self._seq, self._hash) != (head, hash):
                    raise damaged("is not the one that this ledger wrote or read", f"record {head}")
        except MintageError as error:
            if error.faults[0].code != "MT703":
                self._fail(error)
            else:
                self._restore()  # half of it may have been followed
            raise

    def _advance(self, record: Record, batch: Batch) -> None:
        self._seq, self._hash = record.seq, record.hash
        self._since += len(batch.transfers)

    def _write(self, slips: list[Slip], done: list[tuple[Record, Batch]]) -> int:
        """Apply and append; how many slips are in the record."""
        books = self._books
        with self._state:
            books.begin(max(books.time_ns + 1, self.clock()))
            served = self._apply(slips)
            if not books.dirty:
                return served
            batch = books.batch()
            body = encode(batch, books.packed)
        record = Record(self._seq + 1, sha256(self._hash + body).digest(), body)
        try:
            self.store.append(record)
        except BaseException as error:
            self._look_after(record, error)
        with self._state:
            books.settle(record.seq)
            self._advance(record, batch)
        done.append((record, batch))
        return served

    def _look_after(self, record: Record, error: BaseException) -> None:
        """An append failed: return when the record is there after all, else raise MT703, or MT705 when the store cannot say."""
        try:
            there = self.store.head() == (record.seq, record.hash)
        except BaseException as worse:
            self._fail(worse)
            raise self._gone() from error
        if there:
            return
        if isinstance(error, MintageError):
            raise error
        found = f"{type(error).__name__}: {error}"
        raise LedgerError(Fault("MT703", self.store.name, found, hint="retry with the same ids: nothing is posted twice")) from error

    def _restore(self) -> None:
        state = opening.restore(self.store, self.machine, self._past)
        with self._state:
            self._take(state)

    def _fail(self, error: BaseException) -> None:
        found = f"{error}" if isinstance(error, MintageError) else f"{type(error).__name__}: {error}"
        self.failed = self.failed or LedgerError(Fault("MT705", self.store.name, found))

    def _apply(self, slips: list[Slip]) -> int:
        """Transfers of many callers at once where they can neither hurt nor join each other; commands and open chains one by one.

        Commands say only as they run how much they post: when the record is full, the rest waits for the next.
        """
        run: list[Slip] = []
        for served, slip in enumerate(slips):
            if len(self._books.accepted) > GROUP:
                return served
            if slip.joins:
                run.append(slip)
                continue
            self._together(run)
            run = []
            self._alone(slip)
        self._together(run)
        return len(slips)

    def _together(self, run: list[Slip]) -> None:
        if len(run) < 2:
            for slip in run:
                self._alone(slip)
            return
        mark = self._books.mark()
        try:
            results = self._books.apply([t for slip in run for t in slip.transfers])
        except Exception:  # one of them sent something that is no transfer: find out who
            self._books.undo(mark)
            for slip in run:
                self._alone(slip)
            return
        at = 0
        for slip in run:
            end = at + len(slip.transfers)
            slip.result = results[at:end]
            at = end

    def _alone(self, slip: Slip) -> None:
        mark = self._books.mark()
        draft = Draft(self._books, self._seq + 1)
        try:
            slip.result = self._books.apply(slip.transfers) if slip.command is None else slip.command(draft)
        except BaseException as error:
            self._books.undo(mark)
            slip.error = error
        draft.end()

    def _tell(self, record: Record, batch: Batch) -> None:
        for callback in self._callbacks:
            try:
                callback(record, batch)
            except Exception:
                log.exception("a callback failed after record %s", record.seq)

    # --- snapshots and the end

    def _keep(self) -> None:
        """Take a snapshot. One that cannot be written is logged: it is an aid, the journal is the truth."""
        self._since = 0
        if self._foreign or self._seq <= self._kept:
            return  # without its machine a newer one would hide the machine's part
        try:
            body = snapshot.seal(snapshot.dump(self._books), self.machine.dump() if self.machine is not None else None)
            self.store.save_snapshot(self._seq, self._hash, body)
            self._kept = self._seq
        except Exception as error:
            log.warning("no snapshot was kept: %s", error)

    def close(self, keep: bool = True) -> None:
        """Finish what waits, take a snapshot unless `keep` is false, release the store. A second call does nothing."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        if keep and not self.failed:
            self._keep()
        self.store.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _bounded(transfers: Sequence[Transfer]) -> Sequence[Transfer]:
    if len(transfers) > MOST:
        raise LedgerError(Fault("MT704", "transfer", f"has {len(transfers):,} transfers", f"at most {MOST:,} at once"))
    return transfers


def _cut(slips: list[Slip]) -> tuple[list[Slip], list[Slip]]:
    """The slips of the next record, and those of later ones."""
    count = 0
    for i, slip in enumerate(slips):
        count += len(slip.transfers)
        if i and count > GROUP:
            return slips[:i], slips[i:]
    return slips, []
