"""A customer's own log, for its reviewer who is signed in: read as the customer's own login.

Reading is an event too (`log:entries:viewed`), stored before what was read leaves the unit.
Whether the person at work may review is the application's to ask before.

Limit: personal fields are opened under the current key only; after an erasure the rest is sealed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from audit.core.entries import Entry, parse_entry
from audit.core.tags import Tag
from audit.exceptions import AuditRefusedError
from audit.recording import wire
from audit.recording.current import current_record
from audit.recording.own_keys import own_key
from audit.recording.pending import Pending

__all__ = ["OwnEntry", "own_entries"]

_MOST = 1_000
_QUERY = b"""
    SELECT entry, incarnation, index FROM audit.own_event
    WHERE ($1 = 0 OR at < pg_catalog.to_timestamp($1::numeric / 1000000))
      AND ($2 = '' OR action = $2) AND ($3 = '' OR $3 = ANY (subjects))
    ORDER BY at DESC LIMIT $4
"""
_TYPES = (20, 25, 25, 20)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnEntry:
    """An entry, its place (None while it is in no tree), and its personal fields.

    `personal` has actor, address, agent and text; None if their key is gone.
    """

    entry: Entry
    incarnation: int | None
    index: int | None
    personal: dict[str, str] | None


def own_entries(
    *, limit: int = 100, before: int = 0, action: str = "", subject: tuple[str, str] | None = None
) -> list[OwnEntry]:
    """The newest entries of the current unit's own stream, the newest first.

    Args:
        limit: at most so many, and at most 1,000.
        before: only those of an earlier time, in microseconds since 1970; for paging.
        action: only those of one tag.
        subject: only those about a (model label, primary key): who looked at this lead?

    Raises:
        AuditRefusedError: there is no unit of work that is recorded.
    """
    record = current_record()
    if record is None:
        message = "refused: reading the log. Found: no unit of work. Needed: one that is recorded."
        raise AuditRefusedError(message, reason="log:entries:refused")
    with record.borrowed() as connection, connection.lock:
        found: list[OwnEntry] = connection.wait(
            _read(connection, limit=min(limit, _MOST), before=before, action=action, about=subject)
        )
    record.add(Pending(tag=Tag.ENTRIES_VIEWED, outcome="released", reason=action, rows=len(found)))
    return found


def _read(
    connection: Any, *, limit: int, before: int, action: str, about: tuple[str, str] | None
) -> Generator[Any, Any, list[OwnEntry]]:
    key = yield from own_key(connection)
    hashed = key.hashed("subject", *about) if about is not None else ""
    parameters = [str(before), action, hashed, str(limit)]
    result = yield from wire.fetch(connection, _QUERY, parameters, _TYPES)
    return [_entry(result, row, key) for row in range(result.ntuples)]


def _entry(result: Any, row: int, key: Any) -> OwnEntry:
    raw, incarnation, index = (result.get_value(row, column) for column in range(3))
    entry = parse_entry(bytes(raw))
    personal = None
    if entry.event.key == key.version and entry.event.sealed:
        personal = key.unseal(entry.event.sealed)
    return OwnEntry(
        entry=entry,
        incarnation=None if incarnation is None else int.from_bytes(incarnation),
        index=None if index is None else int.from_bytes(index),
        personal=personal,
    )
