"""The record of one unit of work: what is not in the log yet, and when it must be.

Rules:

1. What changes rows is appended in its own transaction, just before COMMIT. No append, no commit.
2. Reads, refusals and attempts that were rolled back are appended before anything leaves the unit
   (`release`), outside any transaction, so that they are stored whatever is rolled back later.
3. What was appended in a transaction that was then rolled back is appended again, as rolled back.
   Where the server did not answer COMMIT, it is appended again as unknown and says which event it
   repeats: the write was committed if and only if that one is in the log.
4. Every append that fails raises `AuditRefusedError`; nothing is dropped to go on.

One record serves all threads and tasks of its unit; a connection is used by one of them at a time.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from audit import conf
from audit.core.tags import Tag
from audit.exceptions import AuditRefusedError
from audit.recording import wire
from audit.recording.lanes import Lane, closed_lanes, drop_key, forget_closed, lane_of
from audit.recording.pending import Pending, Unit, formatted
from audit.recording.refusal_counts import admitted, due
from audit.statements import describe

__all__ = ["UnitRecord"]

_KEY_CHANGED = "AU001"
_SAVEPOINT = re.compile(rb'(SAVEPOINT|RELEASE|ROLLBACK TO) "((?:[^"]|"")+)"')
_MOST_IN_ONE = 1_000
_OPEN_TO_ALL = frozenset({"request", "socket"})


@dataclass(slots=True)
class _Transaction:
    """A connection's open transaction: what waits for COMMIT, and what goes in the log with it."""

    connection: Any
    waiting: list[Pending] = field(default_factory=list)
    appended: list[Pending] = field(default_factory=list)
    savepoints: list[tuple[str, int]] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)
    lane: Lane | None = None
    count_before: int = 0

    @property
    def has_writes(self) -> bool:
        return any(each.is_write for each in self.waiting)

    def take_reads(self) -> list[Pending]:
        """What changed no rows; savepoints keep their places among the rest."""
        self.savepoints = [
            (name, sum(each.is_write for each in self.waiting[:begin]))
            for name, begin in self.savepoints
        ]
        reads = [each for each in self.waiting if not each.is_write]
        self.waiting = [each for each in self.waiting if each.is_write]
        return reads

    def undo_from(self, begin: int) -> None:
        """The transaction went back to a savepoint: what came after did not change rows."""
        for each in self.waiting[begin:]:
            _undone(each)


class UnitRecord:
    """Collects a unit's events and appends them.

    Args:
        unit: what its events share.
        borrow: gives a connection of the unit's login that is in no transaction, for a moment.
        place: whose refusals are counted together.
    """

    def __init__(
        self, unit: Unit, borrow: Callable[[], AbstractContextManager[Any]], *, place: str = ""
    ) -> None:
        self.unit, self.place = unit, place
        self.borrowed = borrow
        self._waiting: list[Pending] = []
        self._since = 0.0
        self._transactions: dict[int, _Transaction] = {}
        self._expected: list[tuple[str, tuple[str, str]]] = []
        self._lock = threading.RLock()

    def add(self, pending: Pending, connection: Any = None) -> None:
        """Take an event; of a statement, with the connection that sent it."""
        with self._lock:
            if connection is not None and _is_in_transaction(connection):
                self._transaction(connection).waiting.append(pending)
                return
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(pending)

    def refused(self, pending: Pending) -> None:
        """Take a refusal; those of a caller that nobody knows are counted, not listed."""
        if not self.is_anonymous:
            self.add(pending)
            return
        pending.calls = admitted(self.place, pending.reason)
        if pending.calls:
            self.add(pending)

    @property
    def is_anonymous(self) -> bool:
        """Whether anybody could have sent this: a request or socket of nobody who is known."""
        return self.unit.surface in _OPEN_TO_ALL and self.unit.actor() in {"", "anonymous"}

    def expect(self, table: str, subject: tuple[str, str]) -> None:
        """The next write to `table` is about this (model, pk)."""
        with self._lock:
            self._expected.append((table, subject))

    def expected_for(self, tables: tuple[str, ...]) -> list[tuple[str, str]]:
        """Whom the writes to `tables` are about, as far as was said; asked once."""
        with self._lock:
            found = [subject for table, subject in self._expected if table in tables]
            self._expected = [each for each in self._expected if each[0] not in tables]
        return found

    @property
    def is_due(self) -> bool:
        """Whether a long unit of work has held back enough, in number or time."""
        settings = conf.audit()
        with self._lock:
            return len(self._waiting) >= settings.flush_events or (
                bool(self._waiting) and time.monotonic() - self._since >= settings.flush_seconds
            )

    def savepoint(self, connection: Any, command: str, name: str) -> None:
        """Follow a savepoint: what is rolled back to one did not happen."""
        with self._lock:
            own = self._transaction(connection)
            if command == "SAVEPOINT":
                own.savepoints.append((name, len(own.waiting)))
                return
            places = [place for place, (each, _) in enumerate(own.savepoints) if each == name]
            if not places:
                return
            _name, begin = own.savepoints[places[-1]]
            if command.startswith("ROLLBACK"):
                del own.savepoints[places[-1] + 1 :]
                own.undo_from(begin)
            else:
                del own.savepoints[places[-1] :]

    def commanded(self, connection: Any, command: bytes) -> None:
        """A driver's command about a savepoint was done."""
        found = _SAVEPOINT.fullmatch(command)
        if found is not None:
            self.savepoint(connection, found[1].decode(), found[2].decode())

    def needs_transaction(self, statement: str, *, has_params: bool) -> bool:
        """Whether rows may be changed by it, so that its event must share its transaction."""
        return describe(statement, has_params=has_params).kind.is_write

    def before_commit(self, connection: Any) -> Generator[Any, Any, None]:
        """Append what the transaction wrote, and what waits, inside the transaction.

        Raises:
            AuditRefusedError: it was not stored, so the transaction must not be committed.
        """
        with self._lock:
            own = self._transactions.get(id(connection))
            failed = connection.pgconn.transaction_status == TransactionStatus.INERROR
            if own is None or failed or not own.has_writes:
                return
            own.waiting, self._waiting = [*self._waiting, *own.waiting], []
        while own.waiting:
            yield from self._append(connection, own.waiting[:_MOST_IN_ONE], own)

    def ended(self, connection: Any, *, committed: bool | None) -> None:
        """The transaction ended: committed, rolled back, or not answered (None)."""
        with self._lock:
            own = self._transactions.pop(id(connection), None)
            if own is None:
                return
            if committed:
                if own.lane is not None:
                    forget_closed(own.lane.key.stream, own.told)
                self._waiting = [*own.waiting, *self._waiting]
                return
            again = own.appended
            if committed is None:
                again = [_unknown(each) for each in again]
            if own.lane is not None:
                # Without an answer too: what is certain is that the lane came that far.
                own.lane.count = own.count_before
            for each in (*again, *own.waiting):
                _undone(each)
            self._waiting = [*again, *own.waiting, *self._waiting]

    def release(self, connections: list[Any]) -> None:
        """Append everything that is not in the log yet, before something leaves the unit.

        `connections` are the unit's own. Reads of a transaction that is still open are appended
        beside it, on a borrowed connection; its writes stay with it.

        Raises:
            AuditRefusedError: it was not stored, so nothing may leave.
        """
        batch = self._to_release()
        if not batch:
            return
        try:
            idle = next((each for each in connections if _is_idle(each)), None)
            if idle is not None:
                self._append_on(idle, batch)
            else:
                with self.borrowed() as borrowed:
                    self._append_on(borrowed, batch)
        except BaseException:
            with self._lock:
                self._waiting = [*batch, *self._waiting]
            raise

    def _to_release(self) -> list[Pending]:
        with self._lock:
            for own in list(self._transactions.values()):
                if own.connection.closed:
                    self.ended(own.connection, committed=False)
            batch = [*self._waiting, *map(_counted, due(self.place))]
            self._waiting = []
            for own in self._transactions.values():
                batch += own.take_reads()
            return batch

    def _append_on(self, connection: Any, batch: list[Pending]) -> None:
        for begin in range(0, len(batch), _MOST_IN_ONE):
            part = batch[begin : begin + _MOST_IN_ONE]
            with connection.lock:
                connection.wait(self._append(connection, part, None))

    def _append(
        self, connection: Any, batch: list[Pending], own: _Transaction | None
    ) -> Generator[Any, Any, None]:
        try:
            lane = yield from lane_of(connection)
            closes = closed_lanes(lane.key.stream)
            try:
                yield from self._send(connection, batch, lane, closes)
            except psycopg.Error as error:
                if error.sqlstate != _KEY_CHANGED:
                    raise
                drop_key(connection)
                # In a transaction nothing can be tried again: the server has given it up.
                if own is not None:
                    raise
                lane = yield from lane_of(connection)
                yield from self._send(connection, batch, lane, closes)
        except psycopg.Error as error:
            raise _refusal(error, len(batch)) from error
        if own is None:
            lane.count += len(batch)
            forget_closed(lane.key.stream, closes)
            return
        if own.lane is None:
            own.lane, own.count_before, own.told = lane, lane.count, closes
        own.appended += batch
        del own.waiting[: len(batch)]
        lane.count += len(batch)

    def _send(
        self, connection: Any, batch: list[Pending], lane: Lane, closes: list[tuple[str, int]]
    ) -> Generator[Any, Any, None]:
        yield from wire.append(connection, formatted(batch, self.unit, lane, closes))

    def _transaction(self, connection: Any) -> _Transaction:
        return self._transactions.setdefault(id(connection), _Transaction(connection))


def _undone(each: Pending) -> None:
    if each.is_write:
        each.is_write = False
        if each.outcome == "committed":
            each.outcome = "rolled_back"


def _unknown(each: Pending) -> Pending:
    again = Pending(
        **{
            name: getattr(each, name)
            for name in Pending.__slots__
            if name not in {"id", "repeats"}
        },
        repeats=each.id,
    )
    if again.is_write:
        again.outcome = "unknown"
    return again


def _counted(refusals: tuple[str, int]) -> Pending:
    reason, count = refusals
    tag = Tag.REFUSALS_COUNTED
    return Pending(tag=tag, outcome="refused", reason=reason, calls=count, rows=0)


def _refusal(error: psycopg.Error, count: int) -> AuditRefusedError:
    message = (
        f"refused: an access whose record was not stored. Found: {count} events, and "
        f"{type(error).__name__} ({error.sqlstate or 'no answer'}) from the server. "
        "Needed: the log's append function (audit_setup), and a server that answers."
    )
    return AuditRefusedError(message)


def _is_in_transaction(connection: Any) -> bool:
    return connection.pgconn.transaction_status in {
        TransactionStatus.INTRANS,
        TransactionStatus.INERROR,
    }


def _is_idle(connection: Any) -> bool:
    return not connection.closed and connection.pgconn.transaction_status == TransactionStatus.IDLE
