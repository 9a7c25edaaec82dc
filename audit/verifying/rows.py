"""The log's rows as the verifier reads them, in the order of their places, in one snapshot."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import psycopg

from audit.core.range_check import SYSTEM, Row, TreeName
from audit.core.tree_check import Signed

__all__ = [
    "Place",
    "checkpoints",
    "indexes",
    "orphans",
    "places",
    "rows",
    "stream_names",
    "unsequenced",
]

_AT_ONCE = 5_000
_COLUMNS = [
    "event_id",
    "action",
    "outcome",
    "allowed",
    "reason",
    "surface",
    "actor_hash",
    "role",
    "request_id",
    "fingerprint",
    "models",
    "tables",
    "calls",
    "rows",
    "subjects",
    "key_version",
]
_ROWS = """
    SELECT l.index, l.hash, e.entry, e.event_id, e.action, e.outcome, e.allowed, e.reason,
        e.surface, e.actor_hash, e.role, e.request_id, e.fingerprint, e.models, e.tables, e.calls,
        e.rows, e.subjects, e.key_version
    FROM audit.leaf l
    LEFT JOIN audit.event e
        ON e.stream_id = l.stream_id AND e.at = l.at AND e.id = l.event_row
    WHERE l.stream_id = %s AND l.incarnation = %s AND l.index >= %s AND l.index < %s
    ORDER BY l.index
"""
_PLACES = """
    SELECT s.id, s.name, i.number, i.origin, i.quotes,
        coalesce((SELECT max(c.size) FROM audit.checkpoint c
                  WHERE c.stream_id = i.stream_id AND c.incarnation = i.number), 0)
    FROM audit.incarnation i JOIN audit.stream s ON s.id = i.stream_id
    ORDER BY s.name, i.number
"""
_CHECKPOINTS = """
    SELECT c.size, c.root, c.note || coalesce((
        SELECT string_agg(w.line, '' ORDER BY w.witness) FROM audit.cosignature w
        WHERE w.stream_id = c.stream_id AND w.incarnation = c.incarnation AND w.size = c.size), '')
    FROM audit.checkpoint c
    WHERE c.stream_id = %s AND c.incarnation = %s AND c.size > %s ORDER BY c.size
"""
_INDEXES = """
    SELECT min(l.index), max(l.index) FROM audit.leaf l
    WHERE l.stream_id = %s AND l.incarnation = %s
"""
_ORPHANS = """
    SELECT DISTINCT coalesce(s.name, ''), l.incarnation FROM audit.leaf l
    LEFT JOIN audit.stream s ON s.id = l.stream_id
    WHERE NOT EXISTS (SELECT FROM audit.incarnation i
                      WHERE i.stream_id = l.stream_id AND i.number = l.incarnation)
"""
_LATE = """
    SELECT s.name, count(*), min(e.at) FROM audit.event e JOIN audit.stream s ON s.id = e.stream_id
    WHERE e.at < pg_catalog.clock_timestamp() - make_interval(secs => %s)
      AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_row = e.id AND l.at = e.at)
    GROUP BY s.name ORDER BY s.name
"""


class Place:
    """A tree in the database: its stream's row, its name, and its last checkpoint's size."""

    def __init__(self, stream: int, tree: TreeName, quotes: str, size: int) -> None:
        self.stream, self.tree, self.quotes, self.size = stream, tree, quotes, size


def places(connection: psycopg.Connection[Any]) -> list[Place]:
    """Every tree, by stream and incarnation."""
    return [
        Place(stream, TreeName(stream=name, incarnation=number, origin=origin), quotes, size)
        for stream, name, number, origin, quotes, size in connection.execute(_PLACES).fetchall()
    ]


def rows(
    connection: psycopg.Connection[Any], place: Place, begin: int, end: int
) -> Generator[Row, None, None]:
    """The rows of a range, read as they are asked for; in a transaction."""
    with connection.cursor(name="audit_rows", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_ROWS, [place.stream, place.tree.incarnation, begin, end])
        for index, hashed, entry, *values in cursor:
            raw = None if entry is None else bytes(entry)
            columns = None
            if raw is not None and place.tree.stream != SYSTEM:
                columns = dict(zip(_COLUMNS, values, strict=True))
                columns["event_id"] = columns["event_id"].hex
            yield Row(index, bytes(hashed), raw, columns)


def checkpoints(
    connection: psycopg.Connection[Any], place: Place, *, after: int = 0
) -> list[Signed]:
    """The tree's checkpoints beyond a size, with the witnesses' lines."""
    found = connection.execute(_CHECKPOINTS, [place.stream, place.tree.incarnation, after])
    return [Signed(size=size, root=bytes(root), note=note.encode()) for size, root, note in found]


def indexes(connection: psycopg.Connection[Any], place: Place) -> tuple[int | None, int | None]:
    """The first and the last index that have a leaf."""
    row = connection.execute(_INDEXES, [place.stream, place.tree.incarnation]).fetchone()
    return (row[0], row[1]) if row else (None, None)


def orphans(connection: psycopg.Connection[Any]) -> list[tuple[str, int]]:
    """(stream, incarnation) of leaves whose tree the database does not know of."""
    return connection.execute(_ORPHANS).fetchall()


def stream_names(connection: psycopg.Connection[Any]) -> list[str]:
    """The names of all streams."""
    rows = connection.execute("SELECT name FROM audit.stream ORDER BY name").fetchall()
    return [name for (name,) in rows]


def unsequenced(
    connection: psycopg.Connection[Any], older_than_seconds: float
) -> list[tuple[str, int, Any]]:
    """(stream, events, the oldest's time) of events that have had no leaf for that long."""
    return connection.execute(_LATE, [older_than_seconds]).fetchall()
