"""What a connection tells: its statements by signals, its transactions to who keeps the record.

A unit of work may have a `Recorder` (`tenancy.scopes`). Before COMMIT it may write into the
transaction, and an error of its own keeps the transaction from being committed; afterwards it
learns how the transaction ended. A statement in autocommit gets a transaction of its own where the
recorder has to share it. Without a recorder nothing is sent that the code did not ask for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import ConnStatus, TransactionStatus
from typing_extensions import override

from tenancy import signals

if TYPE_CHECKING:
    from tenancy.scopes import Recorder

__all__ = ["Counted", "FollowedConnection", "announce"]

_ENDS = (b"COMMIT", b"ROLLBACK")
_SAVEPOINTS = (b"SAVEPOINT ", b"RELEASE ", b"ROLLBACK TO ")
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


class FollowedConnection(psycopg.Connection[Any]):
    """A connection whose transactions the unit's recorder takes part in."""

    guard: Any = None
    lease: Any = None

    @property
    def recorder(self) -> Recorder | None:
        """Who keeps the record of the unit of work that has the connection."""
        unit = getattr(self.lease, "unit", None)
        return unit.recorder if unit is not None else None

    @override
    def pipeline(self) -> Any:
        """As psycopg's, but not where a record is kept: its events need the server's answers.

        Raises:
            psycopg.NotSupportedError: the unit of work is recorded.
        """
        if self.recorder is not None:
            message = (
                "refused: a pipeline in a unit of work that is recorded. Needed: executemany(), "
                "or statements one after the other."
            )
            raise psycopg.NotSupportedError(message)
        return super().pipeline()

    def followed(self, command: bytes, sent: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The driver's command `sent`, with what the recorder has to do before and after it."""
        recorder = self.recorder
        if recorder is None:
            return sent
        if command in _ENDS:
            return self._ending(recorder, command, sent)
        if command.startswith(_SAVEPOINTS):
            return self._at_savepoint(recorder, command, sent)
        return sent

    def _ending(
        self, recorder: Recorder, command: bytes, sent: Generator[Any, Any, Any]
    ) -> Generator[Any, Any, Any]:
        is_commit = command == b"COMMIT"
        if is_commit:
            yield from recorder.before_commit(self)
        # Whatever interrupts the answer to COMMIT leaves open whether the server did it.
        committed: bool | None = None if is_commit else False
        try:
            result = yield from sent
            # COMMIT of a transaction that has failed is answered with ROLLBACK.
            committed = result is not None and result.command_status == b"COMMIT"
        except psycopg.Error:
            if self.pgconn.status == ConnStatus.OK:
                committed = False
            raise
        finally:
            recorder.ended(self, committed=committed)
        return result

    def _at_savepoint(
        self, recorder: Recorder, command: bytes, sent: Generator[Any, Any, Any]
    ) -> Generator[Any, Any, Any]:
        result = yield from sent
        recorder.commanded(self, command)
        return result

    @contextmanager
    def recorded(self, text: str, *, has_params: bool) -> Iterator[None]:
        """Around one statement: a transaction of its own where the record has to share it."""
        if not self._is_to_be_wrapped(text, has_params=has_params):
            yield
            return
        self._command(b"BEGIN")
        try:
            yield
            self._command(b"COMMIT")
        except BaseException:
            self.roll_back()
            raise

    def _is_to_be_wrapped(self, text: str, *, has_params: bool) -> bool:
        recorder = self.recorder
        return (
            recorder is not None
            and self.guard is not None
            and self.autocommit
            and self.pgconn.transaction_status == TransactionStatus.IDLE
            and recorder.needs_transaction(text, has_params=has_params)
        )

    def roll_back(self) -> None:
        """Roll an open transaction back, whoever opened it; for the end of a unit of work."""
        if self.pgconn.transaction_status in _OPEN:
            self._command(b"ROLLBACK")

    def _command(self, command: bytes) -> None:
        with self.lock:
            self.wait(self._exec_command(command))


class Counted:
    """Sets of parameters, counted while the driver takes them."""

    def __init__(self, given: Iterable[Any]) -> None:
        self._given = given
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        """The sets, one after the other."""
        for each in self._given:
            self.count += 1
            yield each


def announce(cursor: Any, statement: str, *, has_params: bool, calls: int = 1) -> None:
    """Tell of a statement that the server has answered."""
    signals.statement_sent.send(
        sender=FollowedConnection,
        statement=statement,
        has_params=has_params,
        cursor=cursor,
        calls=calls,
    )
