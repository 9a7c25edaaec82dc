"""What leaves the log: whole months by policy, and keys by erasure. Never a row.

Pruning drops the partitions of a month that is older than the policy keeps, once every event of it
is in a tree; a statement signed by the log says from which index on each tree is kept. Erasing
destroys a stream's current key: what was sealed under it cannot be read again, and its tree still
verifies. Both are events of the platform's stream.

Limit: a backup still has what was pruned, and wrapped keys; it has to expire as well.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from audit import conf
from audit.connect import connect
from audit.core.prunes import Prune, sign_prune
from audit.core.tags import Tag
from audit.exceptions import AuditError, SetupError
from audit.recording.direct import record_on
from audit.roles import SCHEMA, Role
from audit.signing_keys import load_keys
from audit.stream_keys import new_wrapped

__all__ = ["Month", "erase", "prunable", "prune"]

_LEAST_MONTHS = 6

_MONTHS = """
    SELECT p.begins_at, p.ends_at FROM audit.partition p
    WHERE p.parent = 'event' AND p.ends_at <= %s ORDER BY p.begins_at
"""
_FIRST_KEPT = """
    SELECT i.stream_id, i.number, i.origin, coalesce(
        (SELECT min(l.index) FROM audit.leaf l
         WHERE l.stream_id = i.stream_id AND l.incarnation = i.number AND l.at >= %s),
        (SELECT max(c.size) FROM audit.checkpoint c
         WHERE c.stream_id = i.stream_id AND c.incarnation = i.number),
        0)
    FROM audit.incarnation i ORDER BY i.stream_id, i.number
"""


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month of the log that may be dropped; times are UTC."""

    begins_at: dt.datetime
    ends_at: dt.datetime
    events: int


def prunable(now: dt.datetime) -> list[Month]:
    """The months that are older than `AUDIT["RETENTION_MONTHS"]` keeps, the oldest first.

    Raises:
        SetupError: the policy keeps less than six months (Marco Civil da Internet, art. 15).
    """
    months = conf.audit().retention_months
    if months < _LEAST_MONTHS:
        message = f"nothing is pruned: a policy of {months} months. Needed: {_LEAST_MONTHS}."
        raise SetupError(message)
    with connect(Role.PRUNER) as connection:
        rows = connection.execute(_MONTHS, [_months_before(now, months)]).fetchall()
        return [
            Month(begins_at=begin, ends_at=end, events=_count(connection, begin, end))
            for begin, end in rows
        ]


def prune(months: list[Month]) -> Iterator[Month]:
    """Drop months, the oldest first, yielding each when it is gone.

    Raises:
        AuditError: an event of the month is in no tree yet; nothing of that month was dropped.
    """
    with connect(Role.PRUNER) as connection:
        for month in months:
            statements = json.dumps(list(_statements(connection, month)))
            query = "SELECT audit.prune_month(%s, %s::jsonb)"
            try:
                connection.execute(query, [month.begins_at, statements])
            except psycopg.Error as error:
                message = f"the month of {month.begins_at:%Y-%m} was not dropped: {error}"
                raise AuditError(message) from error
            text = f"{month.begins_at:%Y-%m}"
            record_on(
                connection, Tag.ENTRIES_PRUNED, reason=_policy(), rows=month.events, text=text
            )
            yield month


def erase(stream: str, *, request: str) -> int:
    """Destroy a stream's current key for `request` (a reference, no name); the key's version.

    Raises:
        AuditError: there is no stream of that name, or the request is empty.
    """
    if not request.strip():
        message = "nothing was erased: no request was named. Needed: a reference to it."
        raise AuditError(message)
    with connect(Role.PRUNER) as connection, connection.transaction():
        row = connection.execute(
            "SELECT s.key_version FROM audit.stream s WHERE s.name = %s", [stream]
        ).fetchone()
        if row is None:
            message = f"nothing was erased: there is no stream {stream!r}."
            raise AuditError(message)
        master, wrapped = new_wrapped(stream, row[0] + 1)
        query = sql.SQL("SELECT {}.destroy_key(%s, %s, %s, %s)").format(sql.Identifier(SCHEMA))
        found = connection.execute(query, [stream, request, master, wrapped]).fetchone()
        version = int(found[0]) if found else 0
        if version != row[0]:
            message = "nothing was erased: the key was destroyed meanwhile. Try again if needed."
            raise AuditError(message)
        record_on(connection, Tag.KEY_DESTROYED, reason=request, text=f"{stream} {version}")
    return version


def _statements(connection: psycopg.Connection[Any], month: Month) -> Iterator[dict[str, Any]]:
    keys = load_keys(conf.audit())
    for stream, number, origin, index in connection.execute(_FIRST_KEPT, [month.ends_at]):
        said = Prune(origin=origin, minimum_index=index, policy=_policy())
        note = sign_prune(said, *(key.under(origin) for key in keys))
        yield {
            "stream_id": stream,
            "incarnation": number,
            "minimum_index": index,
            "statement": note.decode(),
        }


def _policy() -> str:
    return f"{conf.audit().retention_months} months"


def _count(connection: psycopg.Connection[Any], begin: dt.datetime, end: dt.datetime) -> int:
    query = "SELECT count(*) FROM audit.event e WHERE e.at >= %s AND e.at < %s"
    row = connection.execute(query, [begin, end]).fetchone()
    return int(row[0]) if row else 0


def _months_before(now: dt.datetime, months: int) -> dt.datetime:
    number = now.year * 12 + now.month - 1 - months
    return dt.datetime(number // 12, number % 12 + 1, 1, tzinfo=dt.UTC)
