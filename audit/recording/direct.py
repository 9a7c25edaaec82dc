"""One event on a connection of the log's own logins, for commands: they append to `platform`."""

from __future__ import annotations

import getpass
from typing import Any

from psycopg.pq import TransactionStatus

from audit.core.tags import Tag
from audit.recording.pending import Pending, Unit
from audit.recording.unit_record import UnitRecord

__all__ = ["record_on"]


def record_on(  # noqa: PLR0913 -- an event has that many parts
    connection: Any,
    tag: Tag,
    *,
    reason: str = "",
    text: str = "",
    rows: int | None = None,
    subjects: tuple[tuple[str, str], ...] = (),
) -> None:
    """Append one event, in the connection's transaction if it is in one, else at once.

    Who is at work is the operating system's user; `text` is sealed.

    Raises:
        AuditRefusedError: it was not stored.
    """
    unit = Unit(surface="command", policy="", actor=lambda: f"os:{getpass.getuser()}")
    record = UnitRecord(unit, _nothing_to_borrow)
    pending = Pending(
        tag=tag,
        outcome="committed",
        reason=reason,
        text=text,
        rows=rows,
        subjects=list(subjects),
        is_write=True,
    )
    record.add(pending, connection)
    if connection.pgconn.transaction_status == TransactionStatus.INTRANS:
        with connection.lock:
            connection.wait(record.before_commit(connection))
    else:
        record.release([connection])


def _nothing_to_borrow() -> Any:
    message = "an event of a command is appended on the command's own connection"
    raise RuntimeError(message)
