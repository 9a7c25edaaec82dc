"""Which events have no place in a tree yet.

Rows are numbered before they are committed, so "the numbers after the last one" would miss what
commits late. Instead: every event whose transaction is older than all that were running at some
earlier look was visible then. Only younger ones have to be looked at again; a transaction that
stays open, anywhere in the cluster, only makes there be more of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import psycopg

__all__ = ["Event", "Finder"]

_MOST = 20_000
_HORIZON = "SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text"
_WITHOUT_LEAF = """
    SELECT e.id, e.stream_id, e.at, e.entry
    FROM audit.event e
    WHERE e.xid >= %s::xid8
      AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_row = e.id AND l.at = e.at)
    ORDER BY e.id
    LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Event:
    """A row without a leaf."""

    row: int
    stream: int
    at: dt.datetime
    entry: bytes


@dataclass
class Finder:
    """Looks for events; `low` is the transaction id below which all have a leaf."""

    low: str = "0"
    _next: str = field(default="0", repr=False)

    def find(self, connection: psycopg.Connection[Any]) -> list[Event]:
        """Events without a leaf, in the order of their rows; at most 20,000."""
        # The horizon first: what is younger than it may be visible below or not, never older.
        horizon = str((connection.execute(_HORIZON).fetchone() or ("0",))[0])
        rows = connection.execute(_WITHOUT_LEAF, [self.low, _MOST], binary=True).fetchall()
        self._next = horizon if len(rows) < _MOST else self.low
        return [Event(row, stream, at, bytes(entry)) for row, stream, at, entry in rows]

    def done(self) -> None:
        """What was found has its leaves, and they are committed."""
        self.low = self._next
